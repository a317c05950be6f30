package benchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/server/access"
)

const (
	viewers   = 1000
	perViewer = 20               // sockets of one account at most
	paced     = 30               // events at ten a second
	flatOut   = 2 * time.Second  // of events as fast as they are stored
	patience  = 90 * time.Second // for the last event to reach everybody
)

// BenchmarkLiveViewers lets 1,000 sockets of 50 people watch one run that an
// operator changes, ten times a second and then without a pause. A delay is
// from the request to the socket: the durable write is in it.
func BenchmarkLiveViewers(b *testing.B) {
	for range b.N {
		liveViewers(b)
	}
}

func liveViewers(b *testing.B) {
	s := newServer(b)
	s.publish(b, "watched", `"kind":"userTask","name":"Wait","config":{"assignee":"`+s.admin.ID+`"}`)
	run, _, err := s.Host.Start(s.system, host.StartRequest{DefinitionKey: "watched"})
	require.NoError(b, err)

	before := heap()
	var sockets []*websocket.Conn
	for i := range viewers / perViewer {
		login := fmt.Sprintf("viewer%d", i)
		s.user(b, login, access.Operator)
		cookie := s.cookie(b, login)
		for range perViewer {
			ws, err := s.socket(cookie)
			require.NoError(b, err)
			require.NoError(b, subscribe(ws, "run:"+string(run.ID)))
			sockets = append(sockets, ws)
		}
	}
	b.ReportMetric(float64(heap()-before)/viewers, "heap-bytes/viewer")

	// When the request for a record was made, by the record's number.
	var mu sync.Mutex
	asked := map[int64]time.Time{}
	var delays []time.Duration
	var last atomic.Int64 // 0 until it is known which record is the last
	var messages, records atomic.Int64
	var readers sync.WaitGroup
	for _, ws := range sockets {
		readers.Go(func() {
			_ = ws.SetReadDeadline(time.Now().Add(patience))
			for {
				var m liveMessage
				if err := ws.ReadJSON(&m); err != nil {
					b.Errorf("a viewer fell off: %v", err)
					return
				}
				if m.Type != "event" {
					continue
				}
				at := time.Now()
				messages.Add(1)
				records.Add(int64(len(m.Events)))
				mu.Lock()
				for seq := m.FromSeq; seq <= m.ToSeq; seq++ {
					if from, ok := asked[seq]; ok {
						delays = append(delays, at.Sub(from))
					}
				}
				mu.Unlock()
				if end := last.Load(); end > 0 && m.ToSeq >= end {
					return
				}
			}
		})
	}
	change := func(value int) int64 {
		from := time.Now()
		mu.Lock()
		asked[run.Seq+1] = from // a change by hand is one record
		mu.Unlock()
		changed, err := s.Host.SetVariables(s.system, run.ID, "", "", core.VariablesBody{Set: core.Values{"x": json.Number(fmt.Sprint(value))}})
		require.NoError(b, err)
		require.Equal(b, run.Seq+1, changed.Seq)
		run = changed
		return changed.Seq
	}
	for i := range paced {
		change(i)
		time.Sleep(100 * time.Millisecond)
	}
	mu.Lock()
	asked = map[int64]time.Time{} // of the flat-out part only the rate counts
	slow := delays
	mu.Unlock()
	quantiles(b, "delay-", slow)
	require.Greater(b, len(slow), viewers*paced*9/10, "the viewers have missed events")

	// The last change makes the readers end; it comes when all before it are out.
	beganRecords, began := records.Load(), time.Now()
	for i := 0; time.Since(began) < flatOut; i++ {
		_, err := s.Host.SetVariables(s.system, run.ID, "", "", core.VariablesBody{Set: core.Values{"x": json.Number(fmt.Sprint(i))}})
		require.NoError(b, err)
	}
	end, err := s.Host.SetVariables(s.system, run.ID, "", "", core.VariablesBody{Set: core.Values{"x": json.Number("0")}})
	require.NoError(b, err)
	last.Store(end.Seq)
	// Whoever had the end before it was known to be the end gets one more.
	time.Sleep(300 * time.Millisecond)
	_, err = s.Host.SetVariables(s.system, run.ID, "", "", core.VariablesBody{Set: core.Values{"x": json.Number("1")}})
	require.NoError(b, err)
	readers.Wait()
	took := time.Since(began)
	b.ReportMetric(float64(records.Load()-beganRecords)/took.Seconds(), "deliveries/s")
	b.ReportMetric(float64(messages.Load())/viewers, "messages/viewer")
	for _, ws := range sockets {
		ws.Close()
	}
	s.stop()
}

// BenchmarkLimitFanOut is what sockets cost without a product: the same message
// written to 1,000 of them, ten times a second and then without a pause.
func BenchmarkLimitFanOut(b *testing.B) {
	for range b.N {
		limitFanOut(b)
	}
}

func limitFanOut(b *testing.B) {
	var mu sync.Mutex
	var served []*websocket.Conn
	// A dialer returns before the handler has noted its end of the socket.
	var noted sync.WaitGroup
	noted.Add(viewers)
	upgrader := websocket.Upgrader{ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		mu.Lock()
		served = append(served, ws)
		mu.Unlock()
		noted.Done()
	}))
	defer web.Close()
	const rounds = 100
	var readers sync.WaitGroup
	var delays []time.Duration
	for range viewers {
		ws, answer, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http"), nil)
		require.NoError(b, err)
		answer.Body.Close()
		readers.Go(func() {
			defer ws.Close()
			for range paced + rounds {
				var m struct {
					At    time.Time `json:"at"`
					Paced bool      `json:"paced"`
				}
				if err := ws.ReadJSON(&m); err != nil {
					b.Error(err)
					return
				}
				if m.Paced {
					at := time.Now()
					mu.Lock()
					delays = append(delays, at.Sub(m.At))
					mu.Unlock()
				}
			}
		})
	}
	noted.Wait()
	broadcast := func(paced bool) {
		text, err := json.Marshal(map[string]any{"type": "event", "topic": "run:0198c0de", "epoch": "1", "fromSeq": 1, "toSeq": 1, "at": time.Now(), "paced": paced,
			"events": []map[string]any{{"seq": 1, "kind": "variablesChanged", "body": map[string]any{"set": map[string]any{"x": 1}}}}})
		require.NoError(b, err)
		m, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
		require.NoError(b, err)
		for _, ws := range served {
			require.NoError(b, ws.WritePreparedMessage(m))
		}
	}
	for range paced {
		broadcast(true)
		time.Sleep(100 * time.Millisecond)
	}
	began := time.Now()
	for range rounds {
		broadcast(false)
	}
	readers.Wait()
	b.ReportMetric(rate(rounds*viewers, time.Since(began)), "deliveries/s")
	quantiles(b, "delay-", delays)
	for _, ws := range served {
		ws.Close()
	}
}

// BenchmarkDecide starts runs over HTTP, completes their task over HTTP, and
// waits until a socket that watches the run shows what came of it.
func BenchmarkDecide(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			for range b.N {
				decide(b, clients, 150)
			}
		})
	}
}

func decide(b *testing.B, clients, n int) {
	s := newServer(b)
	s.publish(b, "decided", `"kind":"userTask","name":"Decide","config":{"assignee":"`+s.admin.ID+`"}`)
	cookies, sockets := make([]string, clients), make([]*websocket.Conn, clients)
	for i := range clients {
		cookies[i] = s.cookie(b, "ada")
		if i > 0 && i%perViewer == 0 {
			s.user(b, fmt.Sprintf("operator%d", i), access.Operator)
		}
		login := "ada"
		if i >= perViewer {
			login = fmt.Sprintf("operator%d", i-i%perViewer)
		}
		ws, err := s.socket(s.cookie(b, login))
		require.NoError(b, err)
		sockets[i] = ws
	}
	started, answered, shown := make([]time.Duration, n), make([]time.Duration, n), make([]time.Duration, n)
	_, total := closedLoop(b, clients, n, func(client, i int) error {
		var run struct {
			ID core.RunID `json:"id"`
		}
		from := time.Now()
		if err := s.call(cookies[client], http.MethodPost, "/definitions/decided/runs", map[string]any{}, &run); err != nil {
			return err
		}
		started[i] = time.Since(from)
		topic := "run:" + string(run.ID)
		if err := subscribe(sockets[client], topic); err != nil {
			return err
		}
		view, err := s.Host.Inspect(context.Background(), run.ID)
		if err != nil {
			return err
		}
		from = time.Now()
		seen := make(chan error, 1)
		go func() {
			for {
				var m liveMessage
				if err := sockets[client].ReadJSON(&m); err != nil || m.Topic == topic && m.Type == "event" {
					shown[i] = time.Since(from)
					seen <- err
					return
				}
			}
		}()
		if err := s.call(cookies[client], http.MethodPost, "/tasks/"+string(view.State.Waits()[0].ID)+"/completion", map[string]any{}, nil); err != nil {
			return err
		}
		answered[i] = time.Since(from)
		if err := <-seen; err != nil {
			return err
		}
		return sockets[client].WriteJSON(map[string]string{"type": "unsubscribe", "topic": topic})
	})
	b.ReportMetric(rate(n, total), "runs/s")
	quantiles(b, "start-", started)
	quantiles(b, "decide-", answered)
	quantiles(b, "shown-", shown)
	for _, ws := range sockets {
		ws.Close()
	}
	s.stop()
}
