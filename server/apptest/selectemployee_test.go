package apptest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Every way of choosing an employee, through the application: at random, by turns, by
// load, the head; who is absent is skipped, and a stand-in takes the place.
//
// covers B-49, S-09
func TestEmployeesAreSelectedInEveryWay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	deal, _ := newDeal(t, w, "Pumps")
	n := 0
	choose := func(config string) string {
		t.Helper()
		n++
		key := "choose-" + itoa(n)
		publishProcess(w, key, strings.NewReplacer("KEY", key, "CONFIG", config).Replace(`{"format":"fluxo/process@1","key":"KEY","name":"Choose","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
			{"id":"who","kind":"robot","robot":"employee.select","name":"Who","config":CONFIG},
			{"id":"say","kind":"robot","robot":"history.write","name":"Say","config":{"text":"KEY {{ steps.who.found ? steps.who.user : \"nobody\" }}"}},{"id":"e","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"s","to":"who"},{"id":"f2","from":"who","to":"say"},{"id":"f3","from":"say","to":"e"}]}`))
		ends(w, runOn(w, key, deal))
		for _, told := range tales(w, deal, "history") {
			if who, is := strings.CutPrefix(told, key+" "); is {
				return who
			}
		}
		require.Fail(t, "nobody was told of", key)
		return ""
	}
	require.Contains(t, []string{"anna", "oscar"}, choose(`{"from":["anna","oscar"],"how":"random"}`))
	require.Equal(t, "henrik", choose(`{"how":"head"}`), "the head of the responsible person")
	require.Equal(t, "nobody", choose(`{"from":["marta"],"how":"head","level":2}`), "nobody is above the head of all")
	require.Equal(t, "anna", choose(`{"from":["anna","marta"],"how":"load"}`), "who has no records has the least to do")

	ada.Post("/absences", map[string]any{"userId": "anna", "from": "2026-11-19", "to": "2026-11-27", "kind": "vacation"}).Expect(201)
	require.Equal(t, "marta", choose(`{"from":["anna","marta"],"how":"load"}`), "who is away is not asked")
	require.Equal(t, "anna", choose(`{"from":["anna"],"how":"random","absent":true}`), "unless the step says so")
	require.Equal(t, "oscar", choose(`{"from":["anna"],"how":"random","backup":["oscar"]}`), "a stand-in takes the place")
	require.Equal(t, "nobody", choose(`{"from":["anna"],"how":"random"}`))
}
