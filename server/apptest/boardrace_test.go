package apptest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
)

// cutIn lets somebody else act right after a process was copied or published.
type cutIn struct {
	board.Definitions
	copied, published func()
}

func (c cutIn) Copy(ctx context.Context, key string, version int, name, actor string) (definition.Detail, error) {
	d, err := c.Definitions.Copy(ctx, key, version, name, actor)
	c.copied()
	return d, err
}

func (c cutIn) Publish(ctx context.Context, key string, rev int64, note string, confirm []string, actor string) (definition.Published, error) {
	p, err := c.Definitions.Publish(ctx, key, rev, note, confirm, actor)
	c.published()
	return p, err
}

// A robot that somebody saves while the stage is replaced by a process is not lost,
// and the process does not run beside it.
func TestStageIsNotReplacedUnderANewRobot(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"before the process is published": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, apptest.Options{})
			ada := w.As("ada")
			note := robot("note", "comment.add", rightAway, comment("first"))
			putBoard(w, map[string][]map[string]any{"qualified": {note}}).Expect(200)
			processes := ada.Get("/definitions?limit=200").Expect(200).Len("items")
			nothing := func() {}
			other := func() {
				putBoard(w, map[string][]map[string]any{"qualified": {note, robot("more", "comment.add", rightAway, comment("second"))}}).Expect(200)
			}
			o := w.App.Boards.Options
			if late {
				o.Definitions = cutIn{o.Definitions, nothing, other}
			} else {
				o.Definitions = cutIn{o.Definitions, other, func() { t.Error("published although the robots are others") }}
			}
			boards, err := board.New(t.Context(), o)
			require.NoError(t, err)
			_, err = boards.Keep(t.Context(), board.By{Language: "en"}, "sales", "qualified", "Instead", true)
			var refused *problem.Problem
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "stale", refused.Code)
			now := ada.Get("/stage-boards/sales").Expect(200)
			require.Equal(t, 2, now.Len("stages.1.robots"))
			require.Equal(t, 0, now.Len("stages.1.kept"))
			require.Equal(t, processes, ada.Get("/definitions?limit=200").Expect(200).Len("items"), "nothing is left of the process")
			deal := aDeal(w, "Machines")
			moveTo(w, deal, "qualified")
			inState(w, deal, "more", "done", "")
			require.Equal(t, 1, comments(w, deal, "first"))
		})
	}
}
