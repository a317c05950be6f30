package apptest_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers L-01, O-06: records stand in a calendar by any date of theirs, standard or
// own, within the filter of the list and what the reader may see.
func TestRecordsStandByTheirDates(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		for _, f := range []map[string]any{{"label": "Due", "key": "due", "type": "date"}, {"label": "Visit", "key": "visit", "type": "dateTime"}} {
			ada.Post("/record-types/deal/fields", f, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
		}
		var first string
		for i, day := range []string{"2031-03-30", "2031-03-31", "2031-04-01"} {
			made := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Dated " + day, "responsibleId": []string{"marta", "henrik", "marta"}[i],
				"expectedCloseAt": day, "fields": map[string]any{"due": day, "visit": day + "T22:30:00Z"}}).Expect(201)
			if i == 0 {
				first = made.Text("id")
			}
		}
		marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Dated never"}).Expect(201)
		marta.Post("/records/lead", map[string]any{"pipelineId": ada.Get("/pipelines?type=lead").Expect(200).Text("items.0.id"), "title": "Dated lead", "expectedCloseAt": "2031-03-30"}).Expect(201)
		shown := func(c *apptest.Client, by, from, to string, more ...string) []string {
			path := "/lists/deal/calendar?by=" + by + "&from=" + url.QueryEscape(from) + "&to=" + url.QueryEscape(to)
			for _, m := range more {
				path += "&" + m
			}
			a := c.Get(path).Expect(200)
			require.Equal(t, false, a.At("more"))
			return titles(a, "items")
		}
		march := []string{"Dated 2031-03-30", "Dated 2031-03-31"}
		for _, by := range []string{"expectedCloseAt", "due"} {
			require.Equal(t, march, shown(marta, by, "2031-03-01", "2031-04-01"), by)
		}
		// A moment belongs to the day that the asker means by it: of the workspace, when it is only a day.
		require.Equal(t, march[:1], shown(marta, "visit", "2031-03-01", "2031-04-01"), "the other one is in April in Warsaw")
		require.Equal(t, march[:1], shown(marta, "visit", "2031-03-31T00:00:00+02:00", "2031-04-01T00:00:00+02:00"), "half past midnight there")
		at := marta.Get("/lists/deal/calendar?by=visit&from=2031-03-31&to=2031-04-01").Expect(200)
		require.Equal(t, "2031-03-30T22:30:00.000Z", at.Text("items.0.at"))
		require.Equal(t, "2031-03-30", marta.Get("/lists/deal/calendar?by=due&from=2031-03-30&to=2031-03-31").Expect(200).Text("items.0.at"))

		// With the filter and the words of the list.
		require.Equal(t, march[:1], shown(marta, "due", "2031-03-01", "2031-04-01", "filter="+url.QueryEscape(`{"field":"responsible","op":"eq","value":"me"}`)))
		require.Equal(t, march[1:], shown(marta, "expectedCloseAt", "2031-03-01", "2031-04-01", "q=03-31"))

		// A change of the field puts it on another day.
		changed := marta.Get("/records/deal/" + first).Expect(200)
		marta.Do("PATCH", "/records/deal/"+first, map[string]any{"fields": map[string]any{"due": "2031-04-02"}}, "If-Match", changed.ETag()).Expect(200)
		require.Equal(t, march[1:], shown(marta, "due", "2031-03-01", "2031-04-01"))

		for _, wrong := range []struct{ by, from, path string }{{"title", "2031-03-01", "query.by"}, {"ghost", "2031-03-01", "query.by"}, {"due", "2031-03-01T00:00:00Z", "query.from"}, {"visit", "soon", "query.from"}} {
			refused := marta.Get("/lists/deal/calendar?by="+wrong.by+"&from="+wrong.from+"&to=2031-04-01").Problem(422, "validation")
			require.Equal(t, wrong.path, refused.Text("errors.0.path"), wrong.by)
		}
		marta.Get("/lists/contact/calendar?by=createdAt&from=2031-03-01&to=2031-04-01").Problem(404, "not_found")

		ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
		require.Equal(t, []string{"Dated 2031-03-31"}, shown(w.As("henrik"), "visit", "2031-03-01", "2031-04-02"))
	})
}

// A period that holds too much says so, and is read to its bound.
func TestACrowdedPeriodSaysSo(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	for i := range 1001 {
		marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": fmt.Sprintf("Crowd %04d", i), "expectedCloseAt": "2031-05-06"}).Expect(201)
	}
	a := marta.Get("/lists/lead/calendar?by=expectedCloseAt&from=2031-05-01&to=2031-06-01").Expect(200)
	require.Equal(t, 1000, a.Len("items"))
	require.Equal(t, true, a.At("more"))
}
