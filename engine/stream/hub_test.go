package stream_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/stream"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type wire struct {
	Type    string            `json:"type"`
	Topic   string            `json:"topic"`
	Epoch   string            `json:"epoch"`
	FromSeq int64             `json:"fromSeq"`
	ToSeq   int64             `json:"toSeq"`
	Events  []json.RawMessage `json:"events"`
}

func event(n int) stream.Event {
	return stream.Event{Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n))}
}

// drain reads what is queued without waiting.
func drain(t require.TestingT, v *stream.Viewer) []wire {
	var out []wire
	all, err := v.Take()
	if err != nil {
		return nil
	}
	for _, m := range all {
		var w wire
		require.NoError(t, json.Unmarshal(m.Bytes, &w))
		out = append(out, w)
	}
	return out
}

func newHub(o stream.Options) (*stream.Hub, *clock.Fake) {
	f := clock.NewFake(start)
	o.Clock, o.Epoch = f, "boot"
	return stream.New(o), f
}

func TestHubSendsTheFirstAtOnceAndFollowersTogether(t *testing.T) {
	h, f := newHub(stream.Options{})
	v := h.NewViewer()
	sub := v.Subscribe("board:sales", stream.Position{})
	require.False(t, sub.Resumed)
	h.Publish("board:sales", event(1))
	h.Publish("board:sales", event(2))
	h.Publish("board:sales", event(3))
	got := drain(t, v)
	require.Len(t, got, 1)
	require.Equal(t, wire{Type: "event", Topic: "board:sales", Epoch: sub.Epoch, FromSeq: 1, ToSeq: 1, Events: []json.RawMessage{json.RawMessage(`{"n":1}`)}}, got[0])
	f.Advance(99 * time.Millisecond)
	require.Equal(t, start.Add(100*time.Millisecond), h.Flush())
	require.Empty(t, drain(t, v))
	f.Advance(time.Millisecond)
	h.Flush()
	got = drain(t, v)
	require.Len(t, got, 1)
	require.EqualValues(t, 2, got[0].FromSeq)
	require.EqualValues(t, 3, got[0].ToSeq)
	require.Len(t, got[0].Events, 2)
}

func TestHubConflatesByKey(t *testing.T) {
	h, f := newHub(stream.Options{})
	v := h.NewViewer()
	v.Subscribe("definition:a", stream.Position{})
	h.Publish("definition:a", event(0))
	for n := 1; n <= 50; n++ {
		h.Publish("definition:a", stream.Event{Key: "counts", Body: event(n).Body})
	}
	f.Advance(100 * time.Millisecond)
	h.Flush()
	got := drain(t, v)
	require.Len(t, got, 2)
	require.Equal(t, []json.RawMessage{json.RawMessage(`{"n":50}`)}, got[1].Events)
	require.EqualValues(t, 2, got[1].FromSeq)
	require.EqualValues(t, 51, got[1].ToSeq)
}

func TestViewerResumesWhereItWas(t *testing.T) {
	h, f := newHub(stream.Options{Ring: 4})
	first := h.NewViewer()
	at := first.Subscribe("run:r1", stream.Position{})
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "e"}))
	h.PublishAt("run:r1", "e", 1, event(1), event(2))
	first.Close()
	h.PublishAt("run:r1", "e", 3, event(3), event(4))

	again := h.NewViewer()
	require.True(t, again.Subscribe("run:r1", stream.Position{Epoch: "e", Seq: 2}).Resumed)
	got := drain(t, again)
	require.Len(t, got, 1)
	require.EqualValues(t, 3, got[0].FromSeq)
	require.EqualValues(t, 4, got[0].ToSeq)

	require.False(t, h.NewViewer().Subscribe("run:r1", stream.Position{Epoch: at.Epoch, Seq: 2}).Resumed, "another epoch")
	h.PublishAt("run:r1", "e", 5, event(5), event(6), event(7))
	require.False(t, h.NewViewer().Subscribe("run:r1", stream.Position{Epoch: "e", Seq: 2}).Resumed, "no longer kept")
	require.False(t, h.NewViewer().Subscribe("run:r1", stream.Position{Epoch: "e", Seq: 9}).Resumed, "from the future")

	again.Close()
	f.Advance(time.Minute)
	h.Flush()
	require.True(t, h.Viewed("run:r1"), "three viewers are still there")
}

func TestHubDropsTopicsNobodyViews(t *testing.T) {
	h, f := newHub(stream.Options{})
	v := h.NewViewer()
	old := v.Subscribe("inbox:ann", stream.Position{})
	v.Close()
	f.Advance(59 * time.Second)
	h.Flush()
	require.True(t, h.Viewed("inbox:ann"))
	f.Advance(time.Second)
	h.Flush()
	require.False(t, h.Viewed("inbox:ann"))
	require.NotEqual(t, old.Epoch, h.NewViewer().Subscribe("inbox:ann", stream.Position{}).Epoch)
}

func TestHubRange(t *testing.T) {
	h, _ := newHub(stream.Options{Ring: 3})
	h.NewViewer().Subscribe("run:r1", stream.Position{})
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "e"}))
	h.PublishAt("run:r1", "e", 1, event(1), event(2), event(3), event(4))
	bytes, ok := h.Range("run:r1", 2, 3)
	require.True(t, ok)
	require.JSONEq(t, `{"type":"event","topic":"run:r1","epoch":"e","fromSeq":2,"toSeq":3,"events":[{"n":2},{"n":3}]}`, string(bytes))
	_, ok = h.Range("run:r1", 1, 3)
	require.False(t, ok)
	_, ok = h.Range("run:unknown", 1, 3)
	require.False(t, ok)
}

func TestSlowViewerIsToldToResync(t *testing.T) {
	h, f := newHub(stream.Options{Queue: 3, Name: func(string) string { return "inbox" }})
	slow, quick := h.NewViewer(), h.NewViewer()
	slow.Subscribe("inbox:ann", stream.Position{})
	quick.Subscribe("inbox:ann", stream.Position{})
	seen := 0
	for n := range 10 {
		h.Publish("inbox:ann", event(n))
		f.Advance(100 * time.Millisecond)
		seen += len(drain(t, quick))
	}
	require.Equal(t, 10, seen)
	require.Equal(t, []wire{{Type: "resync", Topic: "inbox"}}, drain(t, slow))
	h.Publish("inbox:ann", event(10))
	require.Empty(t, drain(t, slow), "silent until it subscribes again")
	slow.Subscribe("inbox:ann", stream.Position{})
	f.Advance(100 * time.Millisecond)
	h.Publish("inbox:ann", event(11))
	require.Len(t, drain(t, slow), 1)
}

func TestClosedViewerWakesItsReader(t *testing.T) {
	h, _ := newHub(stream.Options{})
	v := h.NewViewer()
	v.Subscribe("run:r1", stream.Position{})
	ended := make(chan error, 1)
	go func() {
		<-v.Waiting()
		_, err := v.Take()
		ended <- err
	}()
	v.Close()
	require.ErrorIs(t, <-ended, stream.ErrClosed)
}

// TestEventsOfOthersAreFetched: events that another process has are never
// jumped over, and what passed before the snapshot was taken is asked for.
func TestEventsOfOthersAreFetched(t *testing.T) {
	var missing []string
	h, f := newHub(stream.Options{Ring: 4, Missing: func(topic string) { missing = append(missing, topic) }})
	v := h.NewViewer()
	v.Subscribe("run:r1", stream.Position{})
	_, based := h.At("run:r1")
	require.False(t, based)
	h.PublishAt("run:r1", "e", 8, event(8))
	require.Empty(t, missing, "a snapshot that is being taken may hold it")
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "e", Seq: 6}))
	require.Equal(t, []string{"run:r1"}, missing, "it does not")
	require.Empty(t, drain(t, v))

	h.PublishAt("run:r1", "e", 7, event(7), event(8))
	h.PublishAt("run:r1", "e", 11, event(11))
	require.Len(t, missing, 2, "9 and 10 are with somebody else")
	at, based := h.At("run:r1")
	require.True(t, based)
	require.Equal(t, stream.Position{Epoch: "e", Seq: 8}, at)
	h.PublishAt("run:r1", "e", 8, event(8), event(9), event(10), event(11))
	f.Advance(time.Second)
	h.Flush()
	next := int64(7)
	for _, w := range drain(t, v) {
		require.Equal(t, next, w.FromSeq)
		require.Len(t, w.Events, int(w.ToSeq-w.FromSeq)+1)
		next = w.ToSeq + 1
	}
	require.EqualValues(t, 12, next)

	late := h.NewViewer()
	late.Subscribe("run:r1", stream.Position{})
	require.False(t, h.Base("run:r1", stream.Position{Epoch: "e", Seq: 6}), "7 is no longer kept")
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "e", Seq: 9}))
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "e", Seq: 13}))
	require.Len(t, missing, 3, "12 and 13 are in the snapshot, but others have yet to see them")
	require.Equal(t, []string{"run:r1"}, h.Names("run:"))

	h.PublishAt("run:r1", "restored", 3, event(3))
	for _, viewer := range []*stream.Viewer{v, late} {
		got := drain(t, viewer)
		require.Equal(t, "resync", got[len(got)-1].Type)
	}
	v.Subscribe("run:r1", stream.Position{Epoch: "e", Seq: 11})
	require.True(t, h.Base("run:r1", stream.Position{Epoch: "restored", Seq: 3}))
	require.Empty(t, drain(t, late), "not before it has subscribed again")
}

// Viewers that resume, lag and resync at random, of a run whose records come from
// several processes in any order, get every number after their snapshot once.
func TestViewersNeverMissSilently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const topic = "run:r1"
		asked := false
		h, f := newHub(stream.Options{Queue: 3, Ring: 8, Missing: func(string) { asked = true }})
		var seq, have int64
		epoch := ""
		v := h.NewViewer()
		publish := func(from, to int64) {
			events := make([]stream.Event, 0, to-from+1)
			for n := from; n <= to; n++ {
				events = append(events, event(int(n)))
			}
			h.PublishAt(topic, "e", from, events...)
		}
		repair := func() {
			if at, based := h.At(topic); based && asked && at.Seq < seq {
				publish(at.Seq+1, seq)
			}
			asked = false
		}
		subscribe := func(from stream.Position) {
			if v.Subscribe(topic, from).Resumed {
				return
			}
			for {
				if rapid.Bool().Draw(t, "a step during the snapshot") {
					seq++
					publish(seq, seq)
				}
				snapshot := seq
				if rapid.Bool().Draw(t, "a step after the snapshot") {
					seq++
					publish(seq, seq)
				}
				if h.Base(topic, stream.Position{Epoch: "e", Seq: snapshot}) {
					have, epoch = snapshot, "e"
					return
				}
			}
		}
		read := func() {
			for _, w := range drain(t, v) {
				if w.Type == "resync" {
					subscribe(stream.Position{})
					continue
				}
				if w.ToSeq <= have {
					continue
				}
				require.LessOrEqual(t, w.FromSeq, have+1, "a gap")
				require.Len(t, w.Events, int(w.ToSeq-w.FromSeq)+1)
				have, epoch = w.ToSeq, w.Epoch
			}
		}
		subscribe(stream.Position{})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "action") {
			case 0, 1:
				n := rapid.Int64Range(1, 4).Draw(t, "events")
				if rapid.IntRange(0, 2).Draw(t, "where") > 0 { // else another process has them
					publish(seq+1, seq+n)
				}
				seq += n
			case 2:
				f.Advance(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms")) * time.Millisecond)
				h.Flush()
			case 3:
				read()
			case 4:
				v.Close()
				v = h.NewViewer()
				subscribe(stream.Position{Epoch: epoch, Seq: have})
			case 5:
				repair()
			}
		}
		// A poll finds what nobody told of, and everybody gets there.
		asked = true
		repair()
		f.Advance(time.Second)
		h.Flush()
		read()
		asked = true
		repair()
		f.Advance(time.Second)
		h.Flush()
		read()
		require.Equal(t, seq, have)
	})
}

func BenchmarkFanOut(b *testing.B) {
	h := stream.New(stream.Options{Clock: clock.System{}, Epoch: "boot", Coalesce: time.Nanosecond})
	const viewers = 1000
	for range viewers {
		v := h.NewViewer()
		v.Subscribe("run:r1", stream.Position{})
		defer v.Close()
		go func() {
			for range v.Waiting() {
				if _, err := v.Take(); err != nil {
					return
				}
			}
		}()
	}
	body := json.RawMessage(`{"seq":1,"kind":"nodeEntered","node":"prepare","token":"t1"}`)
	b.ReportAllocs()
	for b.Loop() {
		h.Publish("run:r1", stream.Event{Body: body})
	}
	b.ReportMetric(float64(b.N)*viewers/b.Elapsed().Seconds(), "deliveries/s")
}
