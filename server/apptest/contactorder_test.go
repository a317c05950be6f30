package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A deal has several contacts, the first of which is the primary one: whoever is put
// first becomes it.
//
// covers O-06, O-08
func TestTheFirstContactIsThePrimaryOne(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	person := func(name string) string {
		return marta.Post("/contacts", map[string]any{"lastName": name}).Expect(201).Text("id")
	}
	anna, olga, ewa := person("Anna"), person("Olga"), person("Ewa")
	deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Pumps", "contactIds": []string{anna, olga}}).Expect(201)
	path := "/records/deal/" + deal.Text("id")
	has := func(a *apptest.Answer, name string, ids ...any) {
		t.Helper()
		require.Equal(t, ids, a.Expect(200).At("contactIds"))
		require.Equal(t, []any{ids[0], name}, []any{a.At("contactId"), a.At("contactName")})
	}
	change := func(values map[string]any) *apptest.Answer {
		return marta.Do("PATCH", path, values, "If-Match", marta.Get(path).ETag())
	}
	has(marta.Get(path), "Anna", anna, olga)
	has(change(map[string]any{"contactIds": []string{olga, anna}}), "Olga", olga, anna)
	has(change(map[string]any{"contactIds": []string{olga, ewa, anna}}), "Olga", olga, ewa, anna)
	has(change(map[string]any{"contactIds": []string{ewa, anna}}), "Ewa", ewa, anna)
	change(map[string]any{"contactIds": []string{ewa, "nobody"}}).Problem(422, "validation")
	has(marta.Get(path), "Ewa", ewa, anna)
}

// A robot acts for whoever its rule names: the responsible person, who moved the
// record, or one person; nobody named, it is the automation itself.
//
// covers S-04
func TestARobotActsForWhoItsRuleNames(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("itself", "comment.add", rightAway, comment("itself")),
		robot("responsible", "comment.add", rightAway, comment("responsible"), "runAs", "responsible"),
		robot("mover", "comment.add", rightAway, comment("mover"), "runAs", "initiator"),
		robot("named", "comment.add", rightAway, comment("named"), "runAs", "anna"),
	}}).Expect(200)
	deal := aDeal(w, "Pumps")
	changeDeal(w, deal, map[string]any{"responsibleId": "henrik"})
	moveTo(w, deal, "qualified") // by marta
	for _, id := range []string{"itself", "responsible", "mover", "named"} {
		becomes(w, deal, id, "done")
	}
	said := map[string]string{}
	w.Eventually("all have spoken", 0, func() bool {
		story := w.As("marta").Get("/records/deal/" + deal + "/timeline?limit=200").Expect(200)
		for i := range story.Len("items") {
			if at := "items." + itoa(i) + "."; story.Text(at+"kind") == "comment" {
				said[story.Text(at+"text")] = story.Text(at + "actor")
			}
		}
		return len(said) == 4
	})
	require.Equal(t, map[string]string{"itself": "", "responsible": "henrik", "mover": "marta", "named": "anna"}, said)
}
