package apptest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A run page leads to the run that has started it and to those it has started,
// whether it waits for them or not.
func TestARunKnowsItsRelatives(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{SQLite: true})
	publish(t, w, "helper", `{"on":"manual"}`, "", `{"kind":"catchEvent","trigger":{"timer":{"after":"PT1H"}}}`)
	publish(t, w, "main", `{"on":"manual"}`, "",
		`{"kind":"robot","robot":"process.run","config":{"process":"helper"}}`,
		`{"kind":"catchEvent","trigger":{"timer":{"after":"PT1S"}}}`, // the children do not begin in one moment, so one is newer
		`{"kind":"robot","robot":"process.run","config":{"process":"helper","wait":true}}`)
	oscar := w.As("oscar")
	id := w.As("ada").Post("/definitions/main/runs", map[string]any{}).Expect(202).Text("id")
	children := func() *apptest.Answer { return oscar.Get("/runs/" + id).Expect(200) }
	w.Eventually("both are started", time.Second, func() bool { return children().Len("children") == 2 })
	main := children()
	require.Equal(t, "user", main.Text("cause.kind"))
	require.Nil(t, main.At("parent"))
	require.Equal(t, false, main.At("moreChildren"))
	require.Equal(t, "step2", main.Text("children.0.node"), "the newest is first: %s", main.Raw)
	require.Equal(t, true, main.At("children.0.awaited"))
	require.Equal(t, "step0", main.Text("children.1.node"))
	require.Equal(t, false, main.At("children.1.awaited"))
	require.Equal(t, "helper", main.Text("children.1.definitionName"))
	require.Equal(t, 2, oscar.Get("/runs?causedBy="+id).Expect(200).Len("items"))

	for i, step := range []string{"step2", "step0"} {
		child := oscar.Get("/runs/" + main.Text("children."+itoa(i)+".id")).Expect(200)
		require.Equal(t, "run", child.Text("cause.kind"))
		require.Equal(t, id, child.Text("parent.id"))
		require.Equal(t, step, child.Text("parent.node"))
		require.Equal(t, 0, child.Len("children"))
	}
	// The first knew its node only after its effect had ended; the picture of the
	// run that waits keeps it when the run goes on.
	w.Eventually("the run ends", 10*time.Minute, func() bool { return children().Text("status") == "completed" })
	require.ElementsMatch(t, []string{"step0", "step2"}, strings.Fields(main.Text("children.0.node")+" "+children().Text("children.1.node")))
	// Who started the run sees it; others do not see the relatives either.
	w.As("marta").Get("/runs/"+id).Problem(403, "forbidden")
}
