package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/wsapi"
)

// draftRooms tells the other servers who of this one has a draft open and what they have
// selected, and hears the same of them, by notices in the shared database. Who
// arrives asks the others; later changes are told only while somebody elsewhere is
// there, and now and then again, so that a server that fell silent is forgotten.
// While nobody has a draft open here, nothing is written and nothing asked.
type draftRooms struct {
	watch   *watch
	sockets *wsapi.Server

	mu      sync.Mutex
	changed map[string]bool // topic -> somebody arrived; guarded by mu

	// The rest is touched by the watch only.
	number int64                        // of the next notice
	beat   time.Time                    // when all rooms were last told again
	others map[string]map[string]*other // topic -> server
}

// other is what was heard of a room on another server.
type other struct {
	number int64
	at     time.Time
}

// roomNotice is what one server tells of one room.
type roomNotice struct {
	Server string         `json:"server"`
	Number int64          `json:"number"` // a later one replaces it
	Topic  string         `json:"topic"`
	Ask    bool           `json:"ask,omitempty"` // tell me who is there
	People []wsapi.Person `json:"people"`
}

const (
	// roomTopic is that of notices about rooms; nobody views it.
	roomTopic = "rooms"
	// roomBeat is how often a room is told again although nothing changed.
	roomBeat = 20 * time.Second
	// roomSilence is after how long a server that tells nothing is taken for gone,
	// beside the time that it takes to look.
	roomSilence = 50 * time.Second
)

func newDraftRooms(w *watch, sockets *wsapi.Server) *draftRooms {
	return &draftRooms{watch: w, sockets: sockets, changed: map[string]bool{}, others: map[string]map[string]*other{}}
}

// Changed implements wsapi.Others.
func (r *draftRooms) Changed(topic string, arrived bool) {
	r.mu.Lock()
	r.changed[topic] = r.changed[topic] || arrived
	r.mu.Unlock()
	r.watch.hurry()
}

// look tells what has changed here and forgets who fell silent.
func (r *draftRooms) look(ctx context.Context) error {
	now := r.watch.live.clock.Now()
	silence := roomSilence + 3*r.watch.poll
	for topic, servers := range r.others {
		for server, o := range servers {
			if now.Sub(o.at) > silence {
				r.forget(topic, server)
			}
		}
	}
	r.mu.Lock()
	changed := r.changed
	r.changed = map[string]bool{}
	r.mu.Unlock()
	again := now.Sub(r.beat) >= roomBeat
	if again {
		r.beat = now
		for _, topic := range r.sockets.Rooms() {
			if _, also := changed[topic]; !also {
				changed[topic] = false
			}
		}
	}
	for topic, arrived := range changed {
		people := r.sockets.Here(topic)
		if arrived || again || len(r.others[topic]) > 0 {
			if err := r.tell(ctx, roomNotice{Topic: topic, Ask: arrived, People: people}); err != nil {
				return err
			}
		}
		if len(people) == 0 { // what is told of it concerns nobody here any more
			for server := range r.others[topic] {
				r.forget(topic, server)
			}
		}
	}
	return nil
}

func (r *draftRooms) tell(ctx context.Context, t roomNotice) error {
	r.number++
	t.Server, t.Number = r.watch.owner, r.number
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("who is in %s: %w", t.Topic, err)
	}
	if err := r.watch.store.PutNotice(ctx, store.Notice{ID: roomTopic + "/" + t.Server + "/" + strconv.FormatInt(t.Number, 10), Topic: roomTopic, Body: body}); err != nil {
		return fmt.Errorf("tell other servers who is in %s: %w", t.Topic, err)
	}
	return nil
}

// heard takes in what another server tells.
func (r *draftRooms) heard(ctx context.Context, body []byte) {
	var t roomNotice
	if err := json.Unmarshal(body, &t); err != nil {
		r.watch.live.log.WarnContext(ctx, "who has a draft open elsewhere not read", "error", err)
		return
	}
	if t.Server == r.watch.owner || len(r.sockets.Here(t.Topic)) == 0 {
		return
	}
	if t.Ask {
		r.Changed(t.Topic, false)
	}
	known := r.others[t.Topic][t.Server]
	switch {
	case len(t.People) == 0:
		if known != nil && known.number < t.Number {
			r.forget(t.Topic, t.Server)
		}
		return
	case known == nil:
		known = &other{}
		if r.others[t.Topic] == nil {
			r.others[t.Topic] = map[string]*other{}
		}
		r.others[t.Topic][t.Server] = known
	case known.number > t.Number:
		return
	}
	known.number, known.at = t.Number, r.watch.live.clock.Now()
	r.sockets.Elsewhere(t.Server, t.Topic, t.People)
}

func (r *draftRooms) forget(topic, server string) {
	delete(r.others[topic], server)
	if len(r.others[topic]) == 0 {
		delete(r.others, topic)
	}
	r.sockets.Elsewhere(server, topic, nil)
}
