package benchtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// multiply writes copies of a deal past the server, without indexes; those are
// made when the next server starts, and so are the words, because those of its
// collection are of other fields.
func multiply(b *testing.B, s *server, id string, times int, change func(i int, deal map[string]any)) {
	b.Helper()
	bare, err := s.Stores.Documents.Collection(s.system, docstore.Spec{Name: "records", Text: []string{"title"}})
	require.NoError(b, err)
	together, ok := bare.(docstore.Together)
	require.True(b, ok)
	original, err := bare.Get(s.system, id)
	require.NoError(b, err)
	const portion = 1000
	for done := 0; done < times; done += portion {
		copies := make([]docstore.Document, portion)
		for i := range copies {
			var deal map[string]any
			require.NoError(b, json.Unmarshal(original.Body, &deal))
			change(done+i, deal)
			copies[i].ID = fmt.Sprintf("deal-%06d", done+i)
			if copies[i].Body, err = json.Marshal(deal); err != nil {
				b.Fatal(err)
			}
		}
		_, err := together.InsertTogether(s.system, copies)
		require.NoError(b, err)
	}
}

const (
	many       = 200_000
	manyStages = 8
)

// closing is the first day on which a deal is expected to close.
var closing = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkMany asks what pages ask of a company with 200,000 deals: the list in
// several orders, far into it, what somebody is responsible for, a search, a nested
// filter, five weeks of the calendar with 1,000 of their 9,800 deals, and the board.
// A filter that no index serves reads 27 deals for each that it finds: two clients
// keep two processors busy with that, and more would measure their queue.
func BenchmarkMany(b *testing.B) {
	s := newIdleServer(b)
	by := crm.Change{Actor: s.admin.ID}
	stages := []crm.Stage{{ID: "won", Name: "Won", Color: "#15803d", Kind: crm.Success}, {ID: "lost", Name: "Lost", Color: "#b91c1c", Kind: crm.Failure}}
	for i := range manyStages {
		stages = append(stages[:i:i], append([]crm.Stage{{ID: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("Stage %d", i), Color: "#64748b", Kind: crm.Normal}}, stages[i:]...)...)
	}
	pipeline, err := s.CRM.CreatePipeline(s.system, by, crm.Pipeline{Key: "sales", Name: "Sales", Type: crm.TypeDeal, Stages: stages})
	require.NoError(b, err)
	people := []string{s.admin.ID}
	for i := range 19 {
		people = append(people, s.user(b, fmt.Sprintf("seller%d", i)).ID)
	}
	title, currency := "Delivery", "EUR"
	first, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, pipeline.ID, stages[0].ID, crm.RecordPatch{Title: &title, ResponsibleID: &s.admin.ID, Currency: &currency})
	require.NoError(b, err)
	multiply(b, s, first.ID, many, func(i int, deal map[string]any) {
		deal["title"] = fmt.Sprintf("Delivery of %d machines to %s", i, []string{"Kraków", "Łódź", "Gdańsk", "Lublin"}[i%4])
		deal["amount"], deal["stageId"], deal["responsibleId"] = i%9973*3700, stages[i%manyStages].ID, people[i%len(people)]
		deal["expectedCloseAt"] = closing.AddDate(0, 0, i%720).Format(time.RFC3339) // 280 a day
	})
	data := s.data
	s.stop()
	s = newServerOn(b, data)
	cookie := s.cookie(b, "ada")
	get := func(path string, into any) error { return s.call(cookie, http.MethodGet, path, nil, into) }
	// A cursor some pages into the list.
	far := ""
	for range 20 {
		var page struct {
			Next string `json:"next"`
		}
		require.NoError(b, get("/records/deal?limit=200&sort=-amount&cursor="+url.QueryEscape(far), &page))
		far = page.Next
	}
	require.NotEmpty(b, far)
	var found struct {
		Items []json.RawMessage `json:"items"`
	}
	require.NoError(b, get("/records/deal?limit=200&q=1234", &found))
	require.Len(b, found.Items, 1+10+100, "deals whose number begins with 1234")

	for _, r := range []struct {
		name    string
		clients int
		n       int
		path    func(i int) string
	}{
		{"list", 16, 600, func(i int) string {
			return "/records/deal?limit=50&sort=" + []string{"-amount", "title", "-stageSince", "-createdAt"}[i%4]
		}},
		{"far", 16, 300, func(int) string { return "/records/deal?limit=50&sort=-amount&cursor=" + url.QueryEscape(far) }},
		{"own", 16, 300, func(i int) string { return "/records/deal?limit=50&responsible=" + people[i%len(people)] }},
		{"search", 16, 300, func(i int) string { return fmt.Sprintf("/records/deal?limit=50&q=%d", 1000+i) }},
		{"filtered", 2, 300, func(i int) string {
			return "/records/deal?limit=50&sort=-amount&filter=" + url.QueryEscape(fmt.Sprintf(`{"all":[{"field":"stage","op":"eq","value":"s%d"},{"field":"amount","op":"gte","value":%d},{"any":[{"field":"title","op":"contains","value":"kraków"},{"field":"responsible","op":"eq","value":%q}]}]}`, i%manyStages, 1_000_000+i, people[i%len(people)]))
		}},
		{"calendar", 16, 100, func(i int) string {
			from := closing.AddDate(0, 0, i%680)
			return "/lists/deal/calendar?by=expectedCloseAt&from=" + from.Format(time.DateOnly) + "&to=" + from.AddDate(0, 0, 35).Format(time.DateOnly)
		}},
		{"board", 16, 100, func(int) string { return "/board?pipeline=sales" }},
	} {
		b.Run(fmt.Sprintf("%s/clients=%d", r.name, r.clients), func(b *testing.B) {
			for range b.N {
				took, total := closedLoop(b, r.clients, r.n, func(_, i int) error { return get(r.path(i), nil) })
				b.ReportMetric(rate(r.n, total), "requests/s")
				quantiles(b, "", took)
			}
		})
	}
	s.stop()
}
