package apptest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/undo"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

var errPower = errors.New("the power is gone")

// outage is a store that loses its power at the n-th write: before it, or after it was
// written and before anybody heard of it. Nothing can be read or written from then on.
type outage struct {
	docstore.Store
	left  int
	after bool
	dead  bool
}

func (o *outage) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	c, err := o.Store.Collection(ctx, spec)
	return &outageIn{c, o}, err
}

// write carries out a write, or not.
func (o *outage) write(do func() error) error {
	if o.dead {
		return errPower
	}
	if o.left--; o.left >= 0 {
		return do()
	}
	o.dead = true
	if o.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errPower
}

type outageIn struct {
	docstore.Collection
	of *outage
}

func (c *outageIn) Save(ctx context.Context, doc docstore.Document, events ...docstore.Event) (saved docstore.Document, err error) {
	err = c.of.write(func() error { saved, err = c.Collection.Save(ctx, doc, events...); return err })
	return saved, err
}

func (c *outageIn) Delete(ctx context.Context, id string, rev int64, events ...docstore.Event) error {
	return c.of.write(func() error { return c.Collection.Delete(ctx, id, rev, events...) })
}

func (c *outageIn) Get(ctx context.Context, id string) (docstore.Document, error) {
	if c.of.dead {
		return docstore.Document{}, errPower
	}
	return c.Collection.Get(ctx, id)
}

func (c *outageIn) Find(ctx context.Context, q docstore.Query) (docstore.Page, error) {
	if c.of.dead {
		return docstore.Page{}, errPower
	}
	return c.Collection.Find(ctx, q)
}

// covers 5.7: the power goes at each write of an undoing in turn, before it or after
// it. Done again, as its job does after the start, it ends where it would have ended,
// and the story of the record tells each thing taken back once.
func TestUndoingGoesOnAfterACrashAtEachWrite(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{
		"qualified": {
			robot("set", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "wrong"}}}),
			robot("copy", "record.copy", rightAway, map[string]any{"title": "Copied"}),
		},
		"contract": {robot("bin", "record.delete", rightAway, map[string]any{})},
		"signed":   {robot("on", "record.setStage", rightAway, map[string]any{"stage": "lost"})},
	}).Expect(200)
	ctx := access.With(t.Context(), access.Actor{System: true})
	told := func() {
		w.Eventually("everything is told", 0, func() bool {
			left, err := w.App.Stores.Documents.Pending(ctx, 1)
			return err == nil && len(left) == 0
		})
	}
	service := func(docs docstore.Store) *undo.Service {
		records, err := crm.New(ctx, crm.Options{Store: docs, People: w.App.Identity, Now: w.Clock.Now})
		require.NoError(t, err)
		return undo.New(undo.Options{Store: w.App.Stores.Engine, CRM: records, Boards: w.App.Boards, Activities: w.App.Activities,
			May: func(context.Context, string, string, bool) error { return nil }})
	}
	by := board.By{Actor: "ada", Language: "en"}
	for _, c := range []struct {
		robot, stage string
		writes       int    // that taking back takes, at most
		tells        string // the line of the story
	}{
		{"set", "qualified", 1, "fieldChanged"},
		{"copy", "qualified", 1, "deleted"},
		{"bin", "contract", 1, "restored"},
		{"on", "signed", 1, "stageChanged"},
	} {
		for cut := range 2 * (c.writes + 1) {
			name := fmt.Sprintf("%s, write %d, after %v", c.robot, cut/2, cut%2 == 1)
			deal := aDeal(w, name)
			changeDeal(w, deal, map[string]any{"comment": "mine"})
			moveTo(w, deal, c.stage)
			rule, of, job := undo.Rule{Pipeline: "sales", Stage: c.stage, Robot: c.robot}, crm.Ref{Type: "deal", ID: deal}, fmt.Sprint("job-", c.robot, cut)
			whole := service(w.App.Stores.Documents)
			var before []undo.Item
			w.Eventually(name+": the robot has worked", 0, func() bool {
				var err error
				before, err = whole.Do(ctx, by, rule, of, job, true)
				return err == nil && len(before) == 1 && before[0].Verdict == undo.Back
			})
			told()

			power := &outage{Store: w.App.Stores.Documents, left: 100}
			cutOff := service(power)
			power.left, power.after = cut/2, cut%2 == 1
			_, err := cutOff.Do(ctx, by, rule, of, job, false)
			if cut/2 < c.writes {
				require.ErrorIs(t, err, errPower, name)
			} else {
				require.NoError(t, err, "%s: it takes more writes than the test cuts", name)
			}
			told()
			var items []undo.Item
			w.Eventually(name+": it is done again", 0, func() bool {
				items, err = whole.Do(ctx, by, rule, of, job, false)
				return !errors.Is(err, undo.ErrEarly)
			})
			require.NoError(t, err, name)
			told()
			require.Len(t, items, 1, name)
			require.Equal(t, undo.Back, items[0].Verdict, "%s: %+v", name, items[0])

			record := w.As("marta").Get("/records/deal/" + deal).Expect(200)
			require.Equal(t, c.stage, record.Text("stageId"), name)
			about := of
			switch c.robot {
			case "set":
				require.Equal(t, "mine", record.Text("comment"), name)
			case "copy":
				about.ID = before[0].ID
				w.As("marta").Get("/records/deal/"+about.ID).Problem(404, "not_found")
			}
			story, err := w.App.CRM.ToldOf(ctx, about.Type, about.ID)
			require.NoError(t, err)
			lines := 0
			for _, line := range story {
				if line.Led.Cause == crm.UndoCause+job {
					require.Equal(t, c.tells, line.Kind, name)
					lines++
				}
			}
			require.Equal(t, 1, lines, "%s: taken back once", name)
		}
	}
}
