package apptest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// unheard changes a stored deal without an event, as if the news of it were still
// on the way.
func unheard(w *apptest.World, deal string, change func(stored map[string]any)) {
	w.T.Helper()
	records, err := w.App.Stores.Documents.Collection(w.T.Context(), docstore.Spec{Name: "records"})
	require.NoError(w.T, err)
	d, err := records.Get(w.T.Context(), deal)
	require.NoError(w.T, err)
	var stored map[string]any
	require.NoError(w.T, json.Unmarshal(d.Body, &stored))
	change(stored)
	d.Body, err = json.Marshal(stored)
	require.NoError(w.T, err)
	_, err = records.Save(w.T.Context(), d)
	require.NoError(w.T, err)
}

// covers T-04, B-06: what goes by a date looks at it once more when it is due. The
// news of a change that came a moment before may still be on the way.
func TestDateThatChangesAMomentBefore(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	at := map[string]any{"mode": "date", "direction": "at", "field": "expectedCloseAt", "at": "10:00"}
	putBoard(w, map[string][]map[string]any{"contract": {robot("remind", "comment.add", at, comment("robot"))}}).Expect(200)
	w.As("ada").Post("/status-processes", template("Dated", aStatus("open", "delays", list{
		map[string]any{"id": "due", "name": "Due", "timing": at, "steps": list{says("late", "delay")}}}))).Expect(201)
	deal := aDeal(w, "Invoice")
	changeDeal(w, deal, map[string]any{"expectedCloseAt": "2026-12-10"})
	moveTo(w, deal, "contract")
	begun(w, deal, "dated")
	comes(w, deal, "open")
	until := func(want string) {
		t.Helper()
		w.Eventually("both wait until "+want, 0, func() bool {
			return w.As("marta").Get("/records/deal/"+deal+"/automation").Expect(200).Text("items.0.until") == want &&
				ofDeal(w, "marta", deal).Text("items.0.delays.0.until") == want
		})
	}
	until("2026-12-10T09:00:00.000Z")
	unheard(w, deal, func(stored map[string]any) { stored["expectedCloseAt"] = "2026-12-17T00:00:00.000Z" })
	later(w, time.Date(2026, 12, 10, 9, 0, 1, 0, time.UTC).Sub(w.Clock.Now()))
	until("2026-12-17T09:00:00.000Z")
	unheard(w, deal, func(stored map[string]any) { stored["expectedCloseAt"] = nil })
	later(w, 7*24*time.Hour)
	until("")
	inState(w, deal, "remind", "waiting", "noDate")
	require.Zero(t, comments(w, deal, "robot"))
	require.Zero(t, comments(w, deal, "delay"))
	changeDeal(w, deal, map[string]any{"expectedCloseAt": "2026-12-01"})
	w.Eventually("both run", 0, func() bool { return comments(w, deal, "robot") == 1 && comments(w, deal, "delay") == 1 })
}
