package apptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// Who starts the demo sees a company at work: leads with names on which robots work,
// what people have planned, what they talk about, rules without faults, a catalogue.
func TestDemoIsACompanyAtWork(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true, Change: func(c *config.Config) { c.Demo = true }})
	require.NoError(t, w.App.SeedDemo(t.Context()))
	require.NoError(t, w.App.SeedDemo(t.Context()), "a company that is there stays as it is")
	henrik, dana := w.As("henrik"), w.As("dana")
	leads := henrik.Get("/records/lead?q=wrona").Expect(200)
	require.Equal(t, []any{1, "Agnieszka Wrona"}, []any{leads.Len("items"), leads.Text("items.0.title")}, "%s", leads.Raw)
	rules := dana.Get("/stage-boards/leads").Expect(200)
	require.NotContains(t, string(rules.Raw), `"severity"`)
	require.Equal(t, 2, henrik.Get("/posts").Expect(200).Len("items"))
	require.Equal(t, 3, henrik.Get("/resources").Expect(200).Len("items"))
	require.GreaterOrEqual(t, henrik.Get("/products?limit=200").Expect(200).Len("items"), 15)
	require.Equal(t, 1, w.As("oscar").Get("/activities?type=task&person=me").Expect(200).Len("items"))
	w.Eventually("a robot plans the first call", 10*time.Millisecond, func() bool {
		calls := henrik.Get("/activities?type=call").Expect(200)
		return strings.Contains(string(calls.Raw), "Call Wrona Bakeries") && strings.Contains(string(calls.Raw), "Call Sigrid Halvorsen")
	})
	bruno := henrik.Get("/records/lead?q=bruno").Expect(200).Text("items.0.id")
	w.Eventually("a robot has noted that there is no number", 10*time.Millisecond, func() bool {
		return strings.Contains(string(henrik.Get("/records/lead/"+bruno+"/timeline").Expect(200).Raw), "No phone number: write to bruno@azevedo.test first.")
	})
	state := henrik.Get(fmt.Sprintf("/records/lead/%s/automation", bruno)).Expect(200)
	require.NotContains(t, string(state.Raw), `"failed"`)
}
