package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/fluxo-app/fluxo/server/servertest"
)

// viewer is a browser that watches runs and goes to another server when its own
// does not answer. It is stricter than a browser: it mends nothing.
type viewer struct {
	name   string
	cookie string
	pick   func() *servertest.Server

	mu     sync.Mutex
	topics map[string]*watched
	fresh  []string // topics to subscribe
	faults []string
	moves  int
}

// watched is one topic as far as the viewer has seen it.
type watched struct {
	epoch string
	seq   int64
	sub   int64           // last number that came as an event of this subscription, 0 = none yet
	known map[string]bool // inbox events of this subscription
}

func newViewer(name, cookie string, pick func() *servertest.Server) *viewer {
	return &viewer{name: name, cookie: cookie, pick: pick, topics: map[string]*watched{}}
}

func (v *viewer) watch(topic string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.topics[topic] = &watched{}
	v.fresh = append(v.fresh, topic)
}

func (v *viewer) fault(format string, args ...any) {
	v.faults = append(v.faults, v.name+": "+fmt.Sprintf(format, args...))
}

// at is how far a topic has come.
func (v *viewer) at(topic string) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.topics[topic].seq
}

func (v *viewer) run(ctx context.Context) {
	for ctx.Err() == nil {
		v.session(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

type liveMessage struct {
	Type    string            `json:"type"`
	Topic   string            `json:"topic"`
	Epoch   string            `json:"epoch"`
	Seq     int64             `json:"seq"`
	FromSeq int64             `json:"fromSeq"`
	ToSeq   int64             `json:"toSeq"`
	Events  []json.RawMessage `json:"events"`
	Code    string            `json:"code"`
}

// session is one connection, until it breaks or stays silent.
func (v *viewer) session(ctx context.Context) {
	r := v.pick()
	dialer := websocket.Dialer{HandshakeTimeout: 5 * time.Second}
	ws, response, err := dialer.DialContext(ctx, "ws://"+r.Address()+"/api/v1/live", http.Header{"Cookie": {v.cookie}})
	if response != nil && response.Body != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		return
	}
	defer func() { _ = ws.Close() }()
	v.mu.Lock()
	v.moves++
	v.fresh = nil
	for topic, w := range v.topics {
		w.sub, w.known = 0, map[string]bool{}
		v.fresh = append(v.fresh, topic)
	}
	v.mu.Unlock()
	done := make(chan struct{})
	defer func() { <-done }()
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the writer: subscriptions and a sign of life every second
		defer close(done)
		defer func() { _ = ws.Close() }()
		for {
			v.mu.Lock()
			var send []map[string]any
			for _, topic := range v.fresh {
				w := v.topics[topic]
				send = append(send, map[string]any{"type": "subscribe", "topic": topic, "epoch": w.epoch, "seq": w.seq})
			}
			v.fresh = nil
			v.mu.Unlock()
			for _, m := range append(send, map[string]any{"type": "ping"}) {
				_ = ws.SetWriteDeadline(time.Now().Add(3 * time.Second))
				if ws.WriteJSON(m) != nil {
					return
				}
			}
			select {
			case <-stop.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}()
	for {
		_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		var m liveMessage
		if err := ws.ReadJSON(&m); err != nil {
			return
		}
		v.take(m)
	}
}

func (v *viewer) take(m liveMessage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.topics[m.Topic]
	if w == nil {
		return
	}
	run := strings.HasPrefix(m.Topic, "run:")
	switch m.Type {
	case "denied":
		if m.Code == "internal" { // the database was away: the page tries again
			v.fresh = append(v.fresh, m.Topic)
			return
		}
		v.fault("%s denied: %s", m.Topic, m.Code)
	case "resync":
		w.sub, w.epoch = 0, ""
		v.fresh = append(v.fresh, m.Topic)
	case "snapshot":
		if run && m.Seq < w.seq {
			v.fault("%s goes back from %d to %d", m.Topic, w.seq, m.Seq)
		}
		if w.sub > m.Seq {
			return // events of the subscription came first and hold it
		}
		w.epoch, w.seq = m.Epoch, m.Seq
	case "event":
		switch {
		case w.sub > 0 && m.FromSeq != w.sub+1:
			v.fault("%s jumps from %d to %d", m.Topic, w.sub, m.FromSeq)
		case w.sub == 0 && w.epoch == m.Epoch && w.seq > 0 && m.FromSeq > w.seq+1:
			v.fault("%s jumps from %d to %d after the snapshot", m.Topic, w.seq, m.FromSeq)
		case run && len(m.Events) != int(m.ToSeq-m.FromSeq)+1:
			v.fault("%s has %d events for %d to %d", m.Topic, len(m.Events), m.FromSeq, m.ToSeq)
		}
		for i, e := range m.Events {
			var body struct {
				Seq  int64  `json:"seq"`
				Kind string `json:"kind"`
				ID   string `json:"id"`
			}
			if err := json.Unmarshal(e, &body); err != nil {
				v.fault("%s: %v", m.Topic, err)
			}
			if run && body.Seq != m.FromSeq+int64(i) {
				v.fault("%s: record %d in the place of %d", m.Topic, body.Seq, m.FromSeq+int64(i))
			}
			if m.Topic == "inbox" && body.Kind != "taskChanged" {
				if key := body.Kind + " " + body.ID; w.known[key] {
					v.fault("%s twice", key)
				} else {
					w.known[key] = true
				}
			}
		}
		w.epoch, w.sub = m.Epoch, m.ToSeq
		w.seq = max(w.seq, m.ToSeq)
	}
}
