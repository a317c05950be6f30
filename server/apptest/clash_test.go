package apptest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/docstore/mongostore"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Who changes another field than somebody else did meanwhile is not in the way; the
// same field shows both values, and nothing is written.
func TestChangesMeetByField(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Helper", "type": "user"}, "If-Match", `"0"`).Expect(201)
	ada.Post("/record-types/contact/fields", map[string]any{"label": "Size", "type": "number"}, "If-Match", `"0"`).Expect(201)
	change := func(c *apptest.Client, path, tag string, body map[string]any) *apptest.Answer {
		return c.Do("PATCH", path, body, "If-Match", tag)
	}

	made := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Pumps", "amount": 100, "currency": "PLN"}).Expect(201)
	deal, first := "/records/deal/"+made.Text("id"), made.ETag()
	change(ada, deal, first, map[string]any{"amount": 200}).Expect(200)
	merged := change(marta, deal, first, map[string]any{"comment": "Rings on Monday", "fields": map[string]any{"helper": "marta"}}).Expect(200)
	require.Equal(t, 200.0, merged.At("amount"), "what the other one wrote stays")
	require.Equal(t, "Rings on Monday", merged.Text("comment"))
	moved := marta.Post(deal+"/stage", map[string]any{"stage": "contract"}, "If-Match", first).Expect(200)
	require.Equal(t, 200.0, moved.At("record.amount"))
	change(marta, deal, first, map[string]any{"amount": 200}).Expect(200) // the same value twice is no clash

	clash := change(ada, deal, first, map[string]any{"amount": 300, "title": "Big pumps", "fields": map[string]any{"helper": "henrik"}}).Problem(409, "stale")
	require.Equal(t, []any{
		map[string]any{"field": "amount", "mine": map[string]any{"amount": 300.0, "currency": "PLN"}, "theirs": map[string]any{"amount": 200.0, "currency": "PLN"}},
		map[string]any{"field": "helper", "mine": "henrik", "theirs": "marta"},
	}, clash.At("clashes"))
	require.Equal(t, map[string]any{"henrik": "Henrik Lindqvist", "marta": "Marta Nowak"}, clash.At("names"))
	require.Equal(t, 200.0, clash.At("current.amount"))
	require.Equal(t, "Pumps", marta.Get(deal).Expect(200).Text("title"), "all or nothing")
	marta.Post(deal+"/stage", map[string]any{"stage": "won"}, "If-Match", first).Problem(409, "stale")
	change(ada, deal, "", map[string]any{"amount": 300}).Problem(428, "precondition_required")
	marta.Do("DELETE", deal, nil, "If-Match", first).Problem(409, "stale") // what was never seen is not deleted
	change(ada, deal, `"99"`, map[string]any{"title": "From the future"}).Problem(409, "stale")

	// Amounts follow from rows: who changes the one meets who changes the other.
	priced := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Priced", "amount": 100, "currency": "PLN"}).Expect(201)
	rows := []any{map[string]any{"name": "Pump", "quantity": "1", "price": map[string]any{"amount": 700, "currency": "PLN"}}}
	change(ada, "/records/deal/"+priced.Text("id"), priced.ETag(), map[string]any{"products": rows}).Expect(200)
	change(marta, "/records/deal/"+priced.Text("id"), priced.ETag(), map[string]any{"currency": "EUR"}).Problem(422, "validation") // rows have their currency
	other := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Other", "amount": 100, "currency": "PLN"}).Expect(201)
	change(ada, "/records/deal/"+other.Text("id"), other.ETag(), map[string]any{"amount": 200}).Expect(200)
	clash = change(marta, "/records/deal/"+other.Text("id"), other.ETag(), map[string]any{"products": rows}).Problem(409, "stale")
	require.Equal(t, "amount", clash.Text("clashes.0.field"))

	// Contacts and companies are merged alike.
	person := marta.Post("/contacts", map[string]any{"lastName": "Kowal", "email": "k@example.test", "fields": map[string]any{"size": 4}}).Expect(201)
	path := "/contacts/" + person.Text("id")
	change(ada, path, person.ETag(), map[string]any{"phone": "+48 601 111 222", "fields": map[string]any{"size": 5}}).Expect(200)
	both := change(marta, path, person.ETag(), map[string]any{"position": "Buyer"}).Expect(200)
	require.Equal(t, []any{"+48 601 111 222", "Buyer", 5.0}, []any{both.At("phone"), both.At("position"), both.At("fields.size")})
	clash = change(marta, path, person.ETag(), map[string]any{"phone": "+48 602", "fields": map[string]any{"size": 6}}).Problem(409, "stale")
	require.Equal(t, []any{
		map[string]any{"field": "phone", "mine": "+48 602", "theirs": "+48 601 111 222"}, map[string]any{"field": "size", "mine": 6.0, "theirs": 5.0},
	}, clash.At("clashes"))
	firm := marta.Post("/companies", map[string]any{"name": "Kowal Ltd"}).Expect(201)
	path = "/companies/" + firm.Text("id")
	change(ada, path, firm.ETag(), map[string]any{"taxId": "77"}).Expect(200)
	require.Equal(t, "77", change(marta, path, firm.ETag(), map[string]any{"address": "Rynek 1"}).Expect(200).Text("taxId"))
	change(marta, path, firm.ETag(), map[string]any{"taxId": "78"}).Problem(409, "stale")
}

type nobody struct{}

func (nobody) UserName(id string) (string, bool) { return id, true }

// Two people and three robots write one record at the same time, each its own field:
// nothing is lost and nobody is refused. Two who write the same field: one of them.
func TestFiveWritersOfOneRecord(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*testing.T) docstore.Store{
		"memory": func(*testing.T) docstore.Store { return memstore.New(time.Now) },
		"sqlite": func(t *testing.T) docstore.Store {
			db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"), sqlitedb.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			s, err := sqlitestore.New(t.Context(), db, time.Now)
			require.NoError(t, err)
			return s
		},
		"mongodb": func(t *testing.T) docstore.Store {
			return mongostore.New(mongotest.Open(t), time.Now, mongostore.Options{})
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := crm.New(t.Context(), crm.Options{Store: open(t), People: nobody{}, Now: time.Now})
			require.NoError(t, err)
			require.NoError(t, s.FirstPipelineOf(t.Context(), crm.Change{}, crm.TypeDeal, "en"))
			for i, label := range []string{"One", "Two", "Three"} {
				_, err = s.AddField(t.Context(), crm.Change{}, crm.TypeDeal, int64(i), field.Field{Label: label, Type: field.Number})
				require.NoError(t, err)
			}
			title := "Pumps"
			d, err := s.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: &title})
			require.NoError(t, err)

			const rounds = 6
			own := func(key string, n int) crm.RecordPatch { return crm.RecordPatch{Fields: map[string]any{key: n}} }
			text := func(put func(*crm.RecordPatch, *string)) func(int) crm.RecordPatch {
				return func(n int) crm.RecordPatch {
					var p crm.RecordPatch
					words := fmt.Sprint(n)
					put(&p, &words)
					return p
				}
			}
			// People write with the revision that they read once, robots whatever is stored.
			writers := []struct {
				rev   int64
				patch func(int) crm.RecordPatch
			}{
				{d.Rev, text(func(p *crm.RecordPatch, v *string) { p.Title = v })}, {d.Rev, text(func(p *crm.RecordPatch, v *string) { p.Comment = v })},
				{0, func(n int) crm.RecordPatch { return own("one", n) }}, {0, func(n int) crm.RecordPatch { return own("two", n) }}, {0, func(n int) crm.RecordPatch { return own("three", n) }},
			}
			failed := make([]error, len(writers))
			var all sync.WaitGroup
			for i, w := range writers {
				all.Go(func() {
					rev := w.rev
					for n := 1; n <= rounds && failed[i] == nil; n++ {
						saved, err := s.UpdateRecord(t.Context(), crm.Change{Effect: fmt.Sprintf("%d-%d", i, n)}, crm.TypeDeal, d.ID, rev, w.patch(n))
						if failed[i] = err; rev != 0 {
							rev = saved.Rev
						}
					}
				})
			}
			all.Wait()
			require.NoError(t, errors.Join(failed...))
			got, err := s.Record(t.Context(), crm.TypeDeal, d.ID)
			require.NoError(t, err)
			require.Equal(t, []any{"6", "6", 6.0, 6.0, 6.0, d.Rev + 5*rounds}, []any{got.Title, got.Comment, got.Fields["one"], got.Fields["two"], got.Fields["three"], got.Rev})

			// The same field: one of five wins, the others are shown what it wrote.
			results := make([]error, 5)
			for i := range results {
				all.Go(func() {
					mine := fmt.Sprintf("Writer %d", i)
					_, results[i] = s.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, got.Rev, crm.RecordPatch{Title: &mine})
				})
			}
			all.Wait()
			got, err = s.Record(t.Context(), crm.TypeDeal, d.ID)
			require.NoError(t, err)
			won := slices.Index(results, nil)
			require.GreaterOrEqual(t, won, 0)
			require.Equal(t, fmt.Sprintf("Writer %d", won), got.Title)
			for i, err := range results {
				if i == won {
					continue
				}
				var p *problem.Problem
				require.ErrorAs(t, err, &p)
				require.Equal(t, []crm.Clash{{Field: "title", Mine: fmt.Sprintf("Writer %d", i), Theirs: got.Title}}, p.Extra["clashes"])
			}
		})
	}
}
