package stream_test

import (
	"context"
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
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out []wire
	for {
		m, err := v.Next(ctx)
		if err != nil {
			// An ended context may win over a stale wake-up, never over a message.
			return out
		}
		var w wire
		require.NoError(t, json.Unmarshal(m.Bytes, &w))
		out = append(out, w)
	}
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
		_, err := v.Next(context.Background())
		ended <- err
	}()
	v.Close()
	require.ErrorIs(t, <-ended, stream.ErrClosed)
}

// A viewer that resumes, lags and resyncs at random never misses a number
// without being told.
func TestViewersNeverMissSilently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, f := newHub(stream.Options{Queue: 3, Ring: 8})
		const topic = "run:r1"
		var seq, have int64
		epoch := ""
		v := h.NewViewer()
		v.Subscribe(topic, stream.Position{})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "action") {
			case 0, 1:
				var events []stream.Event
				for range rapid.IntRange(1, 4).Draw(t, "events") {
					events = append(events, event(0))
				}
				h.PublishAt(topic, "e", seq+1, events...)
				seq += int64(len(events))
			case 2:
				f.Advance(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms")) * time.Millisecond)
				h.Flush()
			case 3:
				for _, w := range drain(t, v) {
					if w.Type == "resync" {
						sub := v.Subscribe(topic, stream.Position{})
						have, epoch = sub.Seq, sub.Epoch // the snapshot holds everything up to here
						continue
					}
					if w.ToSeq <= have {
						continue
					}
					if have > 0 {
						require.LessOrEqual(t, w.FromSeq, have+1, "a gap nobody announced")
					}
					have, epoch = w.ToSeq, w.Epoch
				}
			case 4:
				v.Close()
				v = h.NewViewer()
				if sub := v.Subscribe(topic, stream.Position{Epoch: epoch, Seq: have}); !sub.Resumed {
					have, epoch = sub.Seq, sub.Epoch
				}
			}
		}
		f.Advance(time.Second)
		h.Flush()
	})
}

func BenchmarkFanOut(b *testing.B) {
	h := stream.New(stream.Options{Clock: clock.System{}, Epoch: "boot", Coalesce: time.Nanosecond})
	const viewers = 1000
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan int, viewers)
	for range viewers {
		v := h.NewViewer()
		v.Subscribe("run:r1", stream.Position{})
		go func() {
			n := 0
			for {
				if _, err := v.Next(ctx); err != nil {
					done <- n
					return
				}
				n++
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
