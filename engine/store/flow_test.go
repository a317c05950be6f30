package store_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Every instant of a period lies within the bounds of its span, and of no other.
func TestBoundsAreThoseOfTheSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := core.Instant(rapid.Int64Range(0, 1<<41).Draw(t, "from"))
		q := store.FlowQuery{From: from, To: from + core.Instant(rapid.Int64Range(40, 1<<34).Draw(t, "length")), Spans: rapid.IntRange(1, 40).Draw(t, "spans")}
		at := core.Instant(rapid.Int64Range(int64(q.From), int64(q.To)-1).Draw(t, "at"))
		for span := range q.Spans {
			first, end := q.Bounds(span)
			if inside := first <= at && at < end; inside != (q.Span(at) == span) {
				t.Fatalf("%d lies in span %d, and %d has %d to %d", at, q.Span(at), span, first, end)
			}
		}
		if first, _ := q.Bounds(0); first != q.From {
			t.Fatalf("the first span begins at %d", first)
		}
		if _, end := q.Bounds(q.Spans - 1); end != q.To {
			t.Fatalf("the last span ends at %d", end)
		}
	})
}
