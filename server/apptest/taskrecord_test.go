package apptest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Who decides sees what it is about: amount, client, stage, responsible person and the
// last comments; who may not see the record sees its title only.
func TestDecisionShowsItsRecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	firm := marta.Post("/companies", map[string]any{"name": "Beside Ltd"}).Expect(201).Text("id")
	deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Beside", "amount": 700000, "currency": "PLN", "companyId": firm, "responsibleId": "marta"}).Expect(201)
	path := "/records/deal/" + deal.Text("id")
	for i := range 4 {
		w.Clock.Advance(time.Second)
		marta.Post(path+"/comments", map[string]any{"text": fmt.Sprintf("Word %d", i)}).Expect(201)
	}
	marta.Post(path+"/stage", map[string]any{"stage": "contract"}, "If-Match", deal.ETag()).Expect(200)
	task := w.Task("marta", "Prepare the contract")
	shown := marta.Get("/tasks/" + task).Expect(200)
	require.Equal(t, map[string]any{"amount": 700000.0, "currency": "PLN"}, shown.At("record.amount"))
	require.Equal(t, []string{"Beside Ltd", "Marta Nowak", "contract"}, []string{shown.Text("record.companyName"), shown.Text("record.responsibleName"), shown.Text("record.stage.id")})
	require.NotEmpty(t, shown.Text("record.pipeline"))
	require.Equal(t, []any{3, "Word 3", "Marta Nowak"}, []any{shown.Len("record.comments"), shown.Text("record.comments.0.text"), shown.Text("record.comments.0.actorName")})

	// Calendars ask for tasks by their deadline.
	due := func(at time.Time) int {
		return marta.Get("/tasks?view=mine&dueBefore=" + url.QueryEscape(at.UTC().Format(time.RFC3339))).Expect(200).Len("items")
	}
	require.Equal(t, []int{0, 1}, []int{due(w.Clock.Now()), due(w.Clock.Now().AddDate(0, 1, 0))})
	marta.Get("/tasks?dueBefore=soon").Problem(422, "validation")

	marta.Post("/tasks/"+task+"/delegation", map[string]any{"to": "anna", "reason": "On holiday"}).Expect(200)
	anna := w.As("anna")
	require.NotNil(t, anna.Get("/tasks/"+task).Expect(200).At("record"))
	w.As("ada").Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	hidden := anna.Get("/tasks/" + task).Expect(200)
	require.NotContains(t, string(hidden.Raw), "Beside Ltd")
	require.NotContains(t, string(hidden.Raw), "Word 3")
}
