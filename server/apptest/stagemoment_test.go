package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers T-04: a robot goes by a moment of the record's own, to the second, and
// by the new one when it is changed.
func TestRobotGoesByAMoment(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Due", "key": "due", "type": "dateTime"}, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
	putBoard(w, map[string][]map[string]any{"new": {robot("call", "comment.add", map[string]any{"mode": "date", "field": "due", "direction": "at"}, comment("call"))}}).Expect(200)
	at := func(d time.Duration) string { return w.Clock.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }
	due := at(90*time.Second + 250*time.Millisecond)
	deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Pumps", "responsibleId": "marta", "fields": map[string]any{"due": due}}).Expect(201).Text("id")
	waits := func() {
		w.T.Helper()
		w.Eventually("it waits for "+due, 0, func() bool {
			return w.As("marta").Get("/records/deal/"+deal+"/automation").Expect(200).Text("items.0.until") == due
		})
	}
	waits()
	w.Clock.Advance(time.Minute)
	due = at(time.Hour)
	changeDeal(w, deal, map[string]any{"fields": map[string]any{"due": due}})
	waits()
	later(w, 59*time.Minute)
	waits()
	require.Equal(t, 0, comments(w, deal, "call"))
	later(w, time.Minute)
	becomes(w, deal, "call", "done")
	require.Equal(t, 1, comments(w, deal, "call"))
}
