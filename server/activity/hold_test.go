package activity_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
)

// standing is a record that tells since when it is on its stage.
type standing struct {
	activity.Records
	since time.Time
}

func (s *standing) Stage(context.Context, activity.Ref) (activity.Stay, error) {
	return activity.Stay{Stage: "new", Since: docstore.At(s.since)}, nil
}

// A step that asks again after a crash is told what happened before its hold was kept.
func TestAKnownHoldLooksAgain(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { return start }
	for by, happens := range map[string]func(*standing, *bool){
		activity.ByComment: func(_ *standing, said *bool) { *said = true },
		activity.ByLeaving: func(s *standing, _ *bool) { s.since = start.Add(time.Second) },
	} {
		t.Run(by, func(t *testing.T) {
			store := memstore.New(now)
			record, said := &standing{since: start.Add(-time.Hour)}, false
			planned, err := activity.New(t.Context(), activity.Options{Store: store, Records: record, Now: now})
			require.NoError(t, err)
			holds, err := activity.NewHolds(t.Context(), activity.HoldOptions{Store: store, Records: record, Planned: planned, Now: now,
				Commented: func(context.Context, activity.Ref, time.Time) (bool, error) { return said, nil }})
			require.NoError(t, err)
			hold := activity.Hold{Entity: docstore.Entity{ID: "step"}, For: "any", Since: docstore.At(start)}
			ref := activity.Ref{Type: "deal", ID: "d1"}
			add := func() string {
				ended, err := holds.Add(t.Context(), hold, ref)
				require.NoError(t, err)
				return ended
			}
			require.Empty(t, add())
			require.Empty(t, add())
			happens(record, &said)
			require.Equal(t, by, add())
			said, record.since = false, start.Add(-time.Hour)
			require.Equal(t, by, add(), "what has ended it stays")
		})
	}
}
