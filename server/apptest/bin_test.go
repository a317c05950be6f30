package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// What was deleted is found in the bin, restored or erased by whoever may, and erased
// with all that belongs to it when its time is over; the trail tells.
//
//
func TestTheBinForgetsInTheEnd(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, ada := w.As("marta"), w.As("ada")
	lead := func(title string) string {
		return marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": title, "responsibleId": "marta"}).Expect(201).Text("id")
	}
	remove := func(path string) {
		marta.Do("DELETE", path, nil, "If-Match", marta.Get(path).ETag()).Expect(204)
	}
	there := func(kind, title string) int {
		return w.As("marta").Get("/bin/" + kind + "?q=" + title).Expect(200).Len("items")
	}
	junk, old, kept := lead("Spam"), lead("Outdated"), lead("Kept")
	for _, id := range []string{junk, old, kept} {
		remove("/records/lead/" + id)
	}
	found := marta.Get("/bin/lead?q=outda").Expect(200)
	require.Equal(t, 1, found.Len("items"), "it is searched by words")
	require.Equal(t, "Marta Nowak", found.Text("items.0.deletedByName"))
	require.Equal(t, apptest.Start.AddDate(0, 0, 30).Format(time.DateOnly), found.Text("items.0.erasedAt")[:10])

	contact := marta.Post("/contacts", map[string]any{"lastName": "Gone", "email": "gone@test.test"}).Expect(201).Text("id")
	company := marta.Post("/companies", map[string]any{"name": "Gone & Co"}).Expect(201).Text("id")
	remove("/contacts/" + contact)
	remove("/companies/" + company)
	require.Equal(t, "gone@test.test", marta.Get("/bin/contact").Expect(200).Text("items.0.of"))
	marta.Post("/companies/"+company+"/restore", nil).Expect(200)
	marta.Do("DELETE", "/bin/contact/"+contact, nil).Expect(204)
	marta.Post("/contacts/"+contact+"/restore", nil).Problem(404, "not_found")

	w.As("anna").Do("DELETE", "/bin/lead/"+junk, nil).Problem(403, "forbidden")
	marta.Do("DELETE", "/bin/lead/"+junk, nil).Expect(204)
	marta.Do("DELETE", "/bin/lead/"+junk, nil).Problem(404, "not_found")
	marta.Post("/records/lead/"+junk+"/restore", nil).Problem(404, "not_found")
	live := lead("Still here")
	marta.Do("DELETE", "/bin/lead/"+live, nil).Problem(404, "not_found")

	rule := ada.Get("/settings/bin").Expect(200)
	marta.Do("PUT", "/settings/bin", map[string]any{"days": 7}, "If-Match", rule.ETag()).Problem(403, "forbidden")
	ada.Do("PUT", "/settings/bin", map[string]any{"days": 0}, "If-Match", rule.ETag()).Problem(422, "validation")
	ada.Do("PUT", "/settings/bin", map[string]any{"days": 7}, "If-Match", rule.ETag()).Expect(200)
	ada.Do("PUT", "/settings/bin", map[string]any{"days": 9}, "If-Match", rule.ETag()).Problem(409, "stale")
	marta.Post("/records/lead/"+kept+"/restore", nil).Expect(200)
	require.Equal(t, 1, there("lead", "outdated"))

	file := marta.Upload("/files", map[string]string{"owner": "lead:" + live}, "note.txt", []byte("secret")).Expect(201).Text("id")
	call := marta.Post("/activities", map[string]any{"type": "call", "title": "Ring", "records": []any{map[string]any{"type": "lead", "id": live}}}).Expect(201).Text("id")
	remove("/records/lead/" + live)
	w.Clock.Advance(8 * 24 * time.Hour)
	w.SignOutAll()
	w.Eventually("the bin is swept", time.Minute, func() bool { return there("lead", "outdated")+there("lead", "here") == 0 })
	marta, ada = w.As("marta"), w.As("ada")
	w.Eventually("files and plans are gone", 10*time.Millisecond, func() bool {
		return marta.Get("/files/"+file).Status == 404 && marta.Get("/activities/"+call).Status == 404
	})
	var erased *apptest.Answer
	w.Eventually("the trail tells", 10*time.Millisecond, func() bool {
		erased = ada.Get("/audit?action=record.erased").Expect(200)
		return erased.Len("items") == 3
	})
	names := map[string]string{}
	for i := range erased.Len("items") {
		names[erased.Text(fmt.Sprintf("items.%d.objectName", i))] = erased.Text(fmt.Sprintf("items.%d.actor", i))
	}
	require.Equal(t, map[string]string{"Spam": "marta", "Outdated": "", "Still here": ""}, names)
	require.Equal(t, 1, ada.Get("/audit?action=bin.ruleChanged").Expect(200).Len("items"))
	require.Equal(t, "Kept", marta.Get("/records/lead/"+kept).Expect(200).Text("title"))
}

// A copy is called one in the language of who makes it, whatever the process speaks.
//
// covers P-02
func TestACopyIsNamedInTheLanguageOfWhoMakesIt(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal, _ := newDeal(t, w, "Pumps")
	require.Equal(t, "Pumps (kopia)", marta.Post("/records/deal/"+deal+"/copies", map[string]any{}, "Accept-Language", "pl").Expect(201).Text("title"))
	made := marta.Post("/records/deal/"+deal+"/copies", map[string]any{}, "Accept-Language", "ru").Expect(201)
	require.Equal(t, "Pumps (копия)", made.Text("title"))
	require.Equal(t, "Olga Lis", made.Text("contacts.0.name"))
}
