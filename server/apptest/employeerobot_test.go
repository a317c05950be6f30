package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// oneRobot is a process of one robot.
func oneRobot(key, robot, config string) string {
	return fmt.Sprintf(`{"format":"fluxo/process@1","key":%q,"name":%q,"appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"r","kind":"robot","robot":%q,"name":"Robot","config":%s},{"id":"e","kind":"endEvent"}],"flows":[{"id":"f1","from":"s","to":"r"},{"id":"f2","from":"r","to":"e"}]}`, key, key, robot, config)
}

func runOn(w *apptest.World, process, deal string) string {
	w.T.Helper()
	return w.As("oscar").Post("/definitions/"+process+"/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202).Text("id")
}

func hasEnded(w *apptest.World, run string) bool {
	return w.As("oscar").Get("/runs/"+run).Expect(200).Text("status") == "completed"
}

func ends(w *apptest.World, run string) {
	w.T.Helper()
	w.Eventually("the run ends", 10*time.Millisecond, func() bool { return hasEnded(w, run) })
}

func tales(w *apptest.World, deal, kind string) []string {
	a := w.As("marta").Get("/records/deal/" + deal + "/timeline").Expect(200)
	var out []string
	for i := range a.Len("items") {
		if a.Text(fmt.Sprintf("items.%d.kind", i)) == kind {
			out = append(out, a.Text(fmt.Sprintf("items.%d.text", i)))
		}
	}
	return out
}

// covers, C-03, B-65
func TestRobotsTellEmployeesAndTheClient(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		deal, _ := newDeal(t, w, "Pumps")
		publishText(t, w, "note", oneRobot("note", "history.write", `{"text":"Checked {{ record.title }}"}`))
		ends(w, runOn(w, "note", deal))
		require.Equal(t, []string{"Checked Pumps"}, tales(w, deal, "history"))

		publishText(t, w, "watch", oneRobot("watch", "control.watch", `{}`))
		ends(w, runOn(w, "watch", deal))
		told(t, w, "henrik", "Pumps still stands on “New”. Responsible: Marta Nowak")

		publishText(t, w, "staff", oneRobot("staff", "mail.employees", `{"to":["accounting","marta"],"subject":"About {{ record.title }}","body":"Look"}`))
		ends(w, runOn(w, "staff", deal))
		publishText(t, w, "client", oneRobot("client", "mail.send", `{"subject":"Your offer","body":"Dear {{ record.client.name }}"}`))
		ends(w, runOn(w, "client", deal))
		out := w.As("ada").Get("/outbox").Expect(200)
		sent := map[string]string{}
		for i := range out.Len("items") {
			sent[out.Text(fmt.Sprintf("items.%d.to", i))] = out.Text(fmt.Sprintf("items.%d.subject", i))
		}
		require.Equal(t, map[string]string{`"Marta Nowak" <marta@demo.fluxo.test>`: "About Pumps", `"Anna Kowalska" <anna@demo.fluxo.test>`: "About Pumps", `"Olga Lis" <olga@lis.test>`: "Your offer"}, sent)
		require.Len(t, tales(w, deal, "mail"), 3)
	})
}

// A step that holds a record ends when a person plans or finishes something,
// comments, or moves the record, or when its moment comes; what automation does
// ends nothing.
//
//
func TestARecordIsHeldUntilSomebodyCares(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, oscar := w.As("marta"), w.As("oscar")
		publishText(t, w, "hold", oneRobot("hold", "record.wait", `{"text":"Nobody has called yet","in":{"amount":5,"unit":"day"}}`))
		publishText(t, w, "hold-plan", oneRobot("hold-plan", "record.wait", `{"for":"activity"}`))
		publishText(t, w, "noise", oneRobot("noise", "activity.plan", `{"title":"By a robot"}`))
		hold := func(title, process string) (deal, run string) {
			deal, _ = newDeal(t, w, title)
			run = runOn(w, process, deal)
			w.Eventually("the record is on hold", time.Millisecond, func() bool { return len(tales(w, deal, "hold")) == 1 })
			return deal, run
		}
		why := func(run string) string {
			ends(w, run)
			records := oscar.Get("/runs/" + run + "/records").Expect(200)
			for i := range records.Len("items") {
				if by := records.Text(fmt.Sprintf("items.%d.body.result.by", i)); by != "" {
					return by
				}
			}
			return ""
		}
		deal, run := hold("Planned", "hold")
		require.Equal(t, []string{"Nobody has called yet"}, tales(w, deal, "hold"))
		ends(w, runOn(w, "noise", deal))
		require.False(t, hasEnded(w, run), "what automation does is no sign of life")
		marta.Post("/activities", map[string]any{"type": "call", "title": "Ring", "records": []any{map[string]any{"type": "deal", "id": deal}}}).Expect(201)
		require.Equal(t, "activity", why(run))

		deal, run = hold("Said", "hold")
		marta.Post("/records/deal/"+deal+"/comments", map[string]any{"text": "They called"}).Expect(201)
		require.Equal(t, "comment", why(run))

		deal, run = hold("Left", "hold-plan")
		marta.Post("/records/deal/"+deal+"/comments", map[string]any{"text": "A word is not enough"}).Expect(201)
		_, other := hold("Due", "hold")
		require.False(t, hasEnded(w, run))
		marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "qualified"}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
		require.Equal(t, "left", why(run))

		require.False(t, hasEnded(w, other))
		w.Clock.Advance(5 * 24 * time.Hour)
		w.SignOutAll()
		oscar = w.As("oscar")
		require.Equal(t, "time", why(other))
	})
}
