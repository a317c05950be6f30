package stream

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
)

// Options of a Hub; zero values take the defaults of docs/execution.md.
type Options struct {
	Clock    clock.Clock
	Epoch    string                    // of this process, part of the epoch of topics numbered here
	Coalesce time.Duration             // 100 ms
	Queue    int                       // messages per viewer: 256
	Ring     int                       // events kept per topic for resuming and ranges: 256
	Keep     time.Duration             // how long a topic without viewers can still be resumed: 1 min
	Name     func(topic string) string // name of a topic on the wire; nil = the same
	// Missing is told of a topic numbered elsewhere of which events are missing
	// here: they passed before the topic had a beginning, or another process has
	// them. Whoever knows publishes them, and all after them, again. It must not
	// block.
	Missing func(topic string)
}

// Position is a place in a topic.
type Position struct {
	Epoch string
	Seq   int64
}

// Event is one item of a topic. Among the events that wait for one coalescing
// window only the last of each non-empty Key is sent: a count or a status that
// replaces the former.
type Event struct {
	Key  string
	Body json.RawMessage
}

// Hub distributes events to viewers. Safe for concurrent use.
type Hub struct {
	o    Options
	wake chan struct{} // capacity 1: some topic has events to flush

	mu      sync.RWMutex
	topics  map[string]*topic
	created int // makes the epoch of a topic that was dropped and made again new
}

type topic struct {
	name string // on the wire, JSON-encoded

	mu      sync.Mutex
	epoch   string
	seq     int64
	based   bool  // numbered elsewhere, and it is known where its viewers begin
	ahead   int64 // numbered elsewhere: the highest seq heard of
	dropped bool  // no longer in the hub
	ring    []numbered
	viewers map[*Viewer]struct{}
	idleAt  time.Time // since when nobody views it; zero = viewed
	openAt  time.Time // end of the coalescing window
	pending []numbered
	fromSeq int64 // of the first event in the window, replaced ones included
}

type numbered struct {
	seq int64
	Event
}

const maxPending = 1000

// New makes a hub.
func New(o Options) *Hub {
	if o.Coalesce <= 0 {
		o.Coalesce = 100 * time.Millisecond
	}
	if o.Queue <= 0 {
		o.Queue = 256
	}
	if o.Ring <= 0 {
		o.Ring = 256
	}
	if o.Keep <= 0 {
		o.Keep = time.Minute
	}
	if o.Name == nil {
		o.Name = func(topic string) string { return topic }
	}
	if o.Missing == nil {
		o.Missing = func(string) {}
	}
	return &Hub{o: o, wake: make(chan struct{}, 1), topics: map[string]*topic{}}
}

// Viewed tells whether anybody views a topic or may still resume it, so that a
// publisher can spare the work of building events nobody gets.
func (h *Hub) Viewed(topic string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.topics[topic] != nil
}

// Publish numbers events in a topic of this process and sends them.
func (h *Hub) Publish(topic string, events ...Event) {
	t := h.find(topic)
	if t == nil || len(events) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	h.append(t, t.seq+1, events)
}

// PublishAt sends events that are numbered elsewhere, from fromSeq on: the
// records of a run. Known ones are dropped, and nothing is sent past a hole:
// Missing is told, and the events come again. Before Base nobody can tell what
// is a hole; whoever subscribes gets those events with the snapshot. A new epoch
// starts the topic again.
func (h *Hub) PublishAt(topic, epoch string, fromSeq int64, events ...Event) {
	t := h.find(topic)
	if t == nil || len(events) == 0 {
		return
	}
	if h.publishAt(t, epoch, fromSeq, events) {
		h.o.Missing(topic)
	}
}

func (h *Hub) publishAt(t *topic, epoch string, fromSeq int64, events []Event) (missing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.based && t.epoch != epoch {
		h.restart(t)
	}
	t.ahead = max(t.ahead, fromSeq+int64(len(events))-1)
	if !t.based {
		return false
	}
	if fromSeq > t.seq+1 {
		return true
	}
	if known := t.seq - fromSeq + 1; known > 0 {
		if known >= int64(len(events)) {
			return false
		}
		events, fromSeq = events[known:], fromSeq+known
	}
	h.append(t, fromSeq, events)
	return false
}

// restart forgets where a topic was and sends its viewers for a new snapshot;
// t.mu is held.
func (h *Hub) restart(t *topic) {
	t.based, t.seq, t.ahead, t.ring, t.pending = false, 0, 0, nil, nil
	for v := range t.viewers {
		v.resync(t)
	}
}

// Base says where the viewer who has just subscribed to a topic numbered
// elsewhere begins: at the position of the snapshot. It is false when the
// events after that position have gone meanwhile; then a later snapshot is needed.
func (h *Hub) Base(topic string, at Position) bool {
	t := h.find(topic)
	if t == nil {
		return true
	}
	ok, missing := h.base(t, at)
	if missing {
		h.o.Missing(topic)
	}
	return ok
}

func (h *Hub) base(t *topic, at Position) (ok, missing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.based && t.epoch != at.Epoch {
		h.restart(t)
	}
	if !t.based {
		t.based, t.epoch, t.seq = true, at.Epoch, at.Seq
		return true, t.ahead > t.seq
	}
	if at.Seq > t.seq {
		t.ahead = max(t.ahead, at.Seq)
		return true, true // the snapshot is ahead of those who were here before
	}
	_, ok = t.since(at.Seq + 1)
	return ok, false
}

// At is how far a topic numbered elsewhere has come; false while nobody views
// it, or nobody knows.
func (h *Hub) At(topic string) (Position, bool) {
	t := h.find(topic)
	if t == nil {
		return Position{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return Position{Epoch: t.epoch, Seq: t.seq}, t.based
}

// Heard tells a topic numbered elsewhere that it has come to seq there.
func (h *Hub) Heard(topic string, seq int64) {
	t := h.find(topic)
	if t == nil {
		return
	}
	t.mu.Lock()
	t.ahead = max(t.ahead, seq)
	missing := t.based && t.ahead > t.seq
	t.mu.Unlock()
	if missing {
		h.o.Missing(topic)
	}
}

// Behind tells whether a topic numbered elsewhere lacks events it has heard of.
func (h *Hub) Behind(topic string) bool {
	t := h.find(topic)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.based && t.ahead > t.seq
}

// Names lists the topics with a prefix that are viewed or may still be resumed.
func (h *Hub) Names(prefix string) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var names []string
	for name := range h.topics {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (h *Hub) find(name string) *topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.topics[name]
}

// append adds events to the ring and to the window; t.mu is held.
func (h *Hub) append(t *topic, from int64, events []Event) {
	if len(t.pending) == 0 {
		t.fromSeq = from
	}
	for i, e := range events {
		n := numbered{seq: from + int64(i), Event: e}
		t.ring = append(t.ring, n)
		t.pending = replace(t.pending, n)
	}
	if extra := len(t.ring) - h.o.Ring; extra > 0 {
		t.ring = append(t.ring[:0:0], t.ring[extra:]...)
	}
	t.seq = from + int64(len(events)) - 1
	now := h.o.Clock.Now()
	if !now.Before(t.openAt) || len(t.pending) >= maxPending {
		h.flush(t)
		t.openAt = now.Add(h.o.Coalesce)
		return
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func replace(list []numbered, n numbered) []numbered {
	if n.Key != "" {
		for i := range list {
			if list[i].Key == n.Key {
				return append(append(list[:i:i], list[i+1:]...), n)
			}
		}
	}
	return append(list, n)
}

// flush encodes what is pending once and queues it for every viewer; t.mu is held.
func (h *Hub) flush(t *topic) {
	if len(t.pending) == 0 {
		return
	}
	pending := t.pending
	t.pending = nil
	if len(t.viewers) == 0 {
		return
	}
	m := Message{Bytes: t.encode(t.fromSeq, t.seq, pending), topic: t}
	for v := range t.viewers {
		v.push(m)
	}
}

// encode builds the event message; t.mu is held.
func (t *topic) encode(from, to int64, events []numbered) []byte {
	size := 96 + len(t.name)
	for _, e := range events {
		size += len(e.Body) + 1
	}
	b := make([]byte, 0, size)
	b = append(b, `{"type":"event","topic":`...)
	b = append(b, t.name...)
	b = append(b, `,"epoch":`...)
	b = append(b, quote(t.epoch)...)
	b = append(b, `,"fromSeq":`...)
	b = strconv.AppendInt(b, from, 10)
	b = append(b, `,"toSeq":`...)
	b = strconv.AppendInt(b, to, 10)
	b = append(b, `,"events":[`...)
	for i, e := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e.Body...)
	}
	return append(b, "]}"...)
}

func quote(s string) []byte {
	b, _ := json.Marshal(s) // a string always encodes
	return b
}

// Flush sends what waits for the end of a window that has passed and drops
// topics that nobody has viewed for a while. It returns when the next window
// ends, or the zero time.
func (h *Hub) Flush() time.Time {
	h.mu.RLock()
	topics := make([]*topic, 0, len(h.topics))
	names := make([]string, 0, len(h.topics))
	for name, t := range h.topics {
		topics, names = append(topics, t), append(names, name)
	}
	h.mu.RUnlock()
	now := h.o.Clock.Now()
	var next time.Time
	for i, t := range topics {
		t.mu.Lock()
		if len(t.pending) > 0 {
			if now.Before(t.openAt) {
				if next.IsZero() || t.openAt.Before(next) {
					next = t.openAt
				}
			} else {
				h.flush(t)
				t.openAt = now.Add(h.o.Coalesce)
			}
		}
		stale := !t.idleAt.IsZero() && now.Sub(t.idleAt) >= h.o.Keep
		t.mu.Unlock()
		if stale {
			h.drop(names[i], t, now)
		}
	}
	return next
}

func (h *Hub) drop(name string, t *topic, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.idleAt.IsZero() && now.Sub(t.idleAt) >= h.o.Keep && h.topics[name] == t {
		t.dropped = true
		delete(h.topics, name)
	}
}

// Run flushes windows until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := h.o.Keep
		if next := h.Flush(); !next.IsZero() {
			pause = next.Sub(h.o.Clock.Now())
		}
		if pause <= 0 {
			continue
		}
		waiting, cancel := h.o.Clock.WithTimeout(ctx, pause)
		select {
		case <-waiting.Done():
		case <-h.wake:
		}
		cancel()
	}
	return ctx.Err()
}

// Range gives the events from..to of a topic as one message, or false when they
// are no longer kept: then the viewer needs a snapshot.
func (h *Hub) Range(topic string, from, to int64) ([]byte, bool) {
	t := h.find(topic)
	if t == nil {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	to = min(to, t.seq)
	events, ok := t.since(from)
	if !ok || from > to {
		return nil, false
	}
	for len(events) > 0 && events[len(events)-1].seq > to {
		events = events[:len(events)-1]
	}
	return t.encode(from, to, events), true
}

// since gives the kept events with seq >= from, false when some are gone.
func (t *topic) since(from int64) ([]numbered, bool) {
	if from == t.seq+1 {
		return nil, true
	}
	if from > t.seq || len(t.ring) == 0 || t.ring[0].seq > from {
		return nil, false
	}
	return t.ring[from-t.ring[0].seq:], true
}
