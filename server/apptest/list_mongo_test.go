package apptest_test

import (
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Lists of 200,000 deals with filters, orders, words, totals, a board and a calendar,
// over the MongoDB wire protocol: what comes is what was written, and how long
// it took is told. The stand-in of the tests reads and sorts whole collections, so that it
// gets 5,000 and its times say nothing about MongoDB;
// FLUXO_TEST_MONGODB_URI names a real one, for all of them.
//
// covers L-01, O-06
func TestListsOnMongoDB(t *testing.T) {
	if os.Getenv("FLUXO_SOAK") == "" { // 40 s on the stand-in; the same lists run in memory and on SQLite in make test
		t.Skip("a long test: set FLUXO_SOAK=1, as make soak does")
	}
	deals, days := 200_000, 720
	if mongotest.Light() {
		deals = 5_000 // with many more a request takes longer than anybody waits
	}
	database := "lists_" + uuid.NewString()[:8]
	w := apptest.New(t, apptest.Options{MongoDB: mongotest.URI(t), Database: database})
	ada := w.As("ada")
	first := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Original", "amount": 1, "currency": "PLN", "responsibleId": "ada", "expectedCloseAt": "2030-12-31"}).Expect(201)
	before := ada.Get("/lists/deal/totals").Expect(200).At("count").(float64)
	people, towns := []string{"ada", "marta", "henrik", "oscar"}, []string{"Kraków", "Lublin", "Gdynia"}
	from := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	stages := []string{"new", "qualified", "contract"}
	began := time.Now()
	mongotest.Multiply(t, database, "doc_records", first.Text("id"), deals, func(i int, deal map[string]any) []string {
		stage := stages[i%len(stages)]
		deal["title"], deal["amount"], deal["stageId"], deal["sum"] = fmt.Sprintf("Machine %06d to %s", i, towns[i%len(towns)]), i, stage, stage+" PLN"
		deal["responsibleId"], deal["expectedCloseAt"] = people[i%len(people)], docstore.At(from.AddDate(0, 0, i%days)).String()
		return docstore.Words(deal["title"].(string))
	})
	t.Logf("%d deals written in %v", deals, time.Since(began).Round(time.Second))

	ask := func(what, path string) *apptest.Answer {
		t.Helper()
		began := time.Now()
		a := ada.Get(path).Expect(200)
		t.Logf("%s: %v", what, time.Since(began).Round(time.Millisecond))
		return a
	}
	filter := func(text string) string { return "filter=" + url.QueryEscape(text) }
	name := func(i int) string { return fmt.Sprintf("Machine %06d to %s", i, towns[i%len(towns)]) }

	page := ask("order by amount", "/records/deal?limit=50&sort=-amount&"+filter(`{"field":"title","op":"startsWith","value":"machine"}`))
	require.Equal(t, name(deals-1), page.Text("items.0.title"))
	require.Equal(t, name(deals-50), page.Text("items.49.title"))
	next := ask("the page after it", "/records/deal?limit=50&sort=-amount&"+filter(`{"field":"title","op":"startsWith","value":"machine"}`)+"&cursor="+url.QueryEscape(page.Text("next")))
	require.Equal(t, name(deals-51), next.Text("items.0.title"))

	// Henrik has every fourth, Lublin every third: the twelfth from the tenth on has both.
	nested := filter(`{"all":[{"field":"responsible","op":"eq","value":"henrik"},{"field":"amount","op":"lt","value":1200},{"any":[{"field":"title","op":"contains","value":"LUBLIN"},{"field":"stage","op":"eq","value":"won"}]},{"none":[{"field":"amount","op":"lt","value":600}]}]}`)
	found := ask("a nested filter", "/records/deal?limit=200&sort=amount&"+nested)
	require.Equal(t, 50, found.Len("items"))
	require.Equal(t, name(610), found.Text("items.0.title"))
	require.EqualValues(t, 50, ask("its totals", "/lists/deal/totals?"+nested).At("count"))
	require.EqualValues(t, int(before)+deals, ask("all totals", "/lists/deal/totals").At("count"))
	require.Equal(t, name(4_321), ask("a word", "/records/deal?q=004321").Text("items.0.title"))

	day := ask("a day of the calendar", "/lists/deal/calendar?by=expectedCloseAt&from=2031-03-01&to=2031-03-02")
	require.Equal(t, (deals-59+days-1)/days, day.Len("items"), "the 60th day of each round")
	require.Equal(t, false, day.At("more"))
	month := ask("a month of the calendar", "/lists/deal/calendar?by=expectedCloseAt&from=2031-03-01&to=2031-04-01")
	march := 0
	for i := range deals {
		if of := i % days; of >= 59 && of < 59+31 {
			march++
		}
	}
	require.Equal(t, []any{min(march, 1000), march > 1000}, []any{month.Len("items"), month.At("more")})
	ask("the board", "/board?pipeline=sales")
}
