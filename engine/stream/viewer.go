package stream

import (
	"errors"
	"strconv"
	"sync"
	"time"
)

// ErrClosed says that the viewer was closed.
var ErrClosed = errors.New("viewer is closed")

// Message is one encoded message for a viewer; Bytes is shared by all viewers
// and must not be changed.
type Message struct {
	Bytes []byte
	topic *topic
}

// Viewer is one connection with its subscriptions and its bounded queue.
type Viewer struct {
	hub  *Hub
	wake chan struct{} // capacity 1: the queue is not empty, or the viewer is closed

	mu     sync.Mutex
	queue  []Message
	taken  []Message // what Take gave last; its memory is the next queue
	subs   map[string]*topic
	paused map[*topic]bool // told to resync: nothing until it subscribes again
	closed bool
}

// Subscription is the answer to Subscribe. When Resumed, everything after the
// position asked for follows. Otherwise the caller sends a snapshot that it
// takes after Subscribe returned; the events after Position follow, and those
// that the snapshot already holds are dropped by their seq.
type Subscription struct {
	Position
	Resumed bool
}

// NewViewer opens a viewer; Close it when the connection ends.
func (h *Hub) NewViewer() *Viewer {
	return &Viewer{hub: h, wake: make(chan struct{}, 1), subs: map[string]*topic{}, paused: map[*topic]bool{}}
}

// Subscribe adds a topic, continuing from a position where that is possible.
func (v *Viewer) Subscribe(name string, from Position) Subscription {
	for {
		t := v.hub.topic(name)
		t.mu.Lock()
		if t.dropped { // between finding it and locking it
			t.mu.Unlock()
			continue
		}
		sub := v.join(name, t, from)
		t.mu.Unlock()
		return sub
	}
}

// join registers the viewer; t.mu is held.
func (v *Viewer) join(name string, t *topic, from Position) Subscription {
	v.hub.flush(t) // to those who were there before; the newcomer gets it from the ring
	v.mu.Lock()
	if v.closed {
		v.mu.Unlock()
		return Subscription{Position: Position{Epoch: t.epoch, Seq: t.seq}}
	}
	v.subs[name] = t
	delete(v.paused, t)
	v.mu.Unlock()
	t.viewers[v] = struct{}{}
	t.idleAt = time.Time{}
	sub := Subscription{Position: Position{Epoch: t.epoch, Seq: t.seq}}
	if from.Epoch != "" && from.Epoch == t.epoch && from.Seq > 0 {
		events, ok := t.since(from.Seq + 1)
		sub.Resumed = ok
		if len(events) > 0 {
			v.push(Message{Bytes: t.encode(from.Seq+1, t.seq, events), topic: t})
		}
	}
	return sub
}

func (h *Hub) topic(name string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil {
		h.created++
		t = &topic{
			name:    string(quote(h.o.Name(name))),
			epoch:   h.o.Epoch + "." + strconv.Itoa(h.created),
			viewers: map[*Viewer]struct{}{},
		}
		h.topics[name] = t
	}
	return t
}

// Unsubscribe removes a topic.
func (v *Viewer) Unsubscribe(name string) {
	v.mu.Lock()
	t := v.subs[name]
	delete(v.subs, name)
	v.mu.Unlock()
	if t != nil {
		t.leave(v)
		v.mu.Lock()
		delete(v.paused, t)
		v.mu.Unlock()
	}
}

func (t *topic) leave(v *Viewer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.viewers, v)
	if len(t.viewers) == 0 {
		t.idleAt = v.hub.o.Clock.Now()
	}
}

// Topics is how many topics the viewer has.
func (v *Viewer) Topics() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.subs)
}

// push queues a message, or drops the queue when it is full and leaves a
// resync message for every topic that lost something.
func (v *Viewer) push(m Message) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed || v.paused[m.topic] {
		return
	}
	if len(v.queue) >= v.hub.o.Queue {
		lost := append(v.queue, m)
		v.queue = nil
		for _, l := range lost {
			v.pause(l.topic)
		}
	} else {
		v.queue = append(v.queue, m)
	}
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// pause sends the viewer for a new snapshot of a topic and holds everything back
// until it has subscribed again; v.mu is held.
func (v *Viewer) pause(t *topic) {
	if !v.paused[t] {
		v.paused[t] = true
		v.queue = append(v.queue, Message{Bytes: []byte(`{"type":"resync","topic":` + t.name + `}`), topic: t})
	}
}

// resync is pause by the hub.
func (v *Viewer) resync(t *topic) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.pause(t)
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// Waiting has a value when Take may have something to give. It is meant for one
// goroutine, which may wait for other things beside it.
func (v *Viewer) Waiting() <-chan struct{} { return v.wake }

// Take gives the messages that are queued, none if there are none; ErrClosed
// when the viewer was closed. The list is the caller's until it takes again.
func (v *Viewer) Take() ([]Message, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, ErrClosed
	}
	clear(v.taken)
	v.taken, v.queue = v.queue, v.taken[:0]
	return v.taken, nil
}

// Close ends all subscriptions.
func (v *Viewer) Close() {
	v.mu.Lock()
	if v.closed {
		v.mu.Unlock()
		return
	}
	v.closed = true
	topics := make([]*topic, 0, len(v.subs))
	for _, t := range v.subs {
		topics = append(topics, t)
	}
	v.subs, v.queue, v.taken, v.paused = map[string]*topic{}, nil, nil, nil
	v.mu.Unlock()
	for _, t := range topics {
		t.leave(v)
	}
	select {
	case v.wake <- struct{}{}:
	default:
	}
}
