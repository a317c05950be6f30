package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/document"
)

// robot is one robot of a stage board: id, key, timing, config and what else there is.
func robot(id, key string, timing map[string]any, config map[string]any, more ...any) map[string]any {
	r := map[string]any{"id": id, "robot": key, "name": id, "timing": timing, "config": config}
	for i := 0; i+1 < len(more); i += 2 {
		r[more[i].(string)] = more[i+1]
	}
	return r
}

var (
	rightAway = map[string]any{"mode": "immediate"}
	afterIt   = map[string]any{"mode": "afterPrevious"}
)

func after(amount int, unit string) map[string]any {
	return map[string]any{"mode": "delay", "amount": amount, "unit": unit}
}

func comment(text string) map[string]any { return map[string]any{"text": text} }

// putBoard replaces the robots of stages of the sales pipeline.
func putBoard(w *apptest.World, stages map[string][]map[string]any) *apptest.Answer {
	w.T.Helper()
	ada := w.As("ada")
	have := ada.Get("/stage-boards/sales").Expect(200)
	var list []map[string]any
	for i := range have.Len("stages") {
		stage := have.Text(fmt.Sprintf("stages.%d.stage", i))
		robots := stages[stage]
		if robots == nil {
			robots = []map[string]any{}
		}
		list = append(list, map[string]any{"stage": stage, "robots": robots, "triggers": []any{}})
	}
	return ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": list}, "If-Match", have.ETag())
}

// aDeal of marta's on the first stage.
func aDeal(w *apptest.World, title string) string {
	w.T.Helper()
	return w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title}).Expect(201).Text("id")
}

func moveTo(w *apptest.World, deal, stage string) {
	w.T.Helper()
	marta := w.As("marta")
	marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": stage}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
}

// robotState reads state and reason of a robot of a deal.
func robotState(w *apptest.World, deal, id string, query ...string) (state, reason string) {
	w.T.Helper()
	path := "/records/deal/" + deal + "/automation"
	for _, q := range query {
		path += q
	}
	a := w.As("marta").Get(path).Expect(200)
	for i := range a.Len("items") {
		at := fmt.Sprintf("items.%d.", i)
		if a.Text(at+"id") == id {
			return a.Text(at + "state"), a.Text(at + "because")
		}
	}
	return "", ""
}

// becomes waits for the state of a robot without moving the clock on.
func becomes(w *apptest.World, deal, id, state string) {
	w.T.Helper()
	w.Eventually(id+" becomes "+state, 0, func() bool { s, _ := robotState(w, deal, id); return s == state })
}

// later moves the clock on; sessions do not outlive long steps.
func later(w *apptest.World, d time.Duration) {
	w.Clock.Advance(d)
	w.SignOutAll()
}

// inState waits for the state of a robot and its reason: one that waits goes on waiting
// for something else.
func inState(w *apptest.World, deal, id, state, because string) {
	w.T.Helper()
	w.Eventually(fmt.Sprintf("%s is %s because of %q", id, state, because), 0, func() bool {
		s, why := robotState(w, deal, id)
		return s == state && why == because
	})
}

func changeDeal(w *apptest.World, deal string, values map[string]any) {
	w.T.Helper()
	marta := w.As("marta")
	marta.Do("PATCH", "/records/deal/"+deal, values, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
}

// comments counts what robots wrote to a deal.
func comments(w *apptest.World, deal, text string) int {
	w.T.Helper()
	list, n := w.As("marta").Get("/records/deal/"+deal+"/timeline?limit=200").Expect(200), 0
	for i := range list.Len("items") {
		if list.Text(fmt.Sprintf("items.%d.text", i)) == text {
			n++
		}
	}
	return n
}

// covers S-01, S-02, S-03, S-04, S-05, T-01: entering a stage arms all of its robots;
// those of other stages, and what was there before, are left alone.
func TestRobotsOfAStageRunWhenItIsEntered(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	before := aDeal(w, "There before")
	moveTo(w, before, "qualified")
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("first", "comment.add", rightAway, comment("one")), robot("second", "comment.add", rightAway, comment("two")),
		robot("third", "comment.add", afterIt, comment("three")), robot("late", "comment.add", after(2, "day"), comment("four")),
	}, "contract": {robot("other", "comment.add", rightAway, comment("other"))}}).Expect(200)
	state, why := robotState(w, before, "first") // covers B-62, trap 2
	require.Equal(t, []string{"notArmed", "noEntry"}, []string{state, why})
	deal := aDeal(w, "Machines")
	moveTo(w, deal, "qualified")
	for _, id := range []string{"first", "second", "third"} {
		inState(w, deal, id, "done", "")
	}
	becomes(w, deal, "late", "waiting")
	later(w, 2*24*time.Hour+time.Second)
	becomes(w, deal, "late", "done")
	require.Equal(t, 0, comments(w, deal, "other"))
	require.Equal(t, 0, comments(w, before, "one"))
	// The definition is hidden among those that people draw, and cannot be drawn.
	ada := w.As("ada")
	for i, items := 0, ada.Get("/definitions?limit=200").Expect(200); i < items.Len("items"); i++ {
		require.NotContains(t, items.Text(fmt.Sprintf("items.%d.key", i)), "stage-")
	}
	d := ada.Get("/definitions/stage-sales-qualified").Expect(200)
	require.Equal(t, "sales", d.Text("board"))
	ada.Do("PATCH", "/definitions/stage-sales-qualified", map[string]any{"enabled": false}, "If-Match", d.ETag()).Problem(409, "action_refused")
}

// covers B-62: who comes to a stage before it has robots gets none, even when that
// is told only after the robots were there; who comes while they are changed gets them.
func TestEntriesToldLateDoNotArmNewRobots(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Shared: true})
	note := robot("note", "comment.add", rightAway, comment("hello"))
	before, between := aDeal(w, "Before"), aDeal(w, "Between")
	w.Behind(func() {
		moveTo(w, before, "qualified")
		w.Clock.Advance(time.Second)
		putBoard(w, map[string][]map[string]any{"qualified": {note}}).Expect(200)
		w.Clock.Advance(time.Second)
		_, err := w.App.CRM.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, "deal", between, 0, "qualified", "")
		require.NoError(t, err)
		w.Clock.Advance(time.Second)
		putBoard(w, map[string][]map[string]any{"qualified": {note, robot("more", "comment.add", rightAway, comment("again"))}}).Expect(200)
	})
	inState(w, between, "note", "done", "")
	state, why := robotState(w, before, "note")
	require.Equal(t, []string{"notArmed", "noEntry"}, []string{state, why})
	require.Equal(t, 0, comments(w, before, "hello"))
}

// covers T-03, B-63, trap 1, trap 5: the follow-up ladder: delays count from the
// entry; leaving cancels what has not started, and coming back arms it anew.
func TestFollowUpLadder(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("call", "comment.add", after(1, "day"), comment("call")), robot("mail", "comment.add", after(3, "day"), comment("mail")),
		robot("last", "comment.add", after(5, "day"), comment("last")), robot("and", "comment.add", afterIt, comment("and")),
	}}).Expect(200)
	deal := aDeal(w, "Ladder")
	moveTo(w, deal, "qualified")
	later(w, 24*time.Hour+time.Second)
	becomes(w, deal, "call", "done")
	later(w, 2*24*time.Hour)
	becomes(w, deal, "mail", "done")
	becomes(w, deal, "last", "waiting")
	becomes(w, deal, "and", "waitingPrevious")
	first := w.As("marta").Get("/records/deal/" + deal + "/automation").Expect(200).Text("run.id")
	moveTo(w, deal, "contract")
	w.Eventually("the run ends", 0, func() bool { return w.As("oscar").Get("/runs/"+first).Expect(200).Text("status") == "completed" })
	for _, id := range []string{"last", "and"} {
		state, why := robotState(w, deal, id, "?run="+first)
		require.Equal(t, []string{"canceled", "left"}, []string{state, why}, id)
	}
	later(w, 10*24*time.Hour)
	require.Equal(t, 0, comments(w, deal, "last"))
	moveTo(w, deal, "qualified")
	becomes(w, deal, "call", "waiting")
	later(w, 5*24*time.Hour+time.Second)
	for _, id := range []string{"call", "mail", "last", "and"} {
		becomes(w, deal, id, "done")
	}
	require.Equal(t, 2, comments(w, deal, "call"))
}

// covers S-10, B-54, trap 3, T-02: the condition is asked at run time, after the
// wait, and says what it saw; a robot that was skipped does not hold up the next.
func TestConditionIsAskedAfterTheWait(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("big", "comment.add", after(1, "hour"), comment("big"), "when", "record.amount.amount > 100000"),
		robot("next", "comment.add", afterIt, comment("next")),
		robot("off", "comment.add", rightAway, comment("off"), "disabled", true), // covers H-06
		robot("behind", "comment.add", afterIt, comment("behind")),
	}}).Expect(200)
	grows, stays := aDeal(w, "Grows"), aDeal(w, "Stays")
	moveTo(w, grows, "qualified")
	moveTo(w, stays, "qualified")
	inState(w, grows, "off", "disabled", "")
	becomes(w, grows, "behind", "done")
	changeDeal(w, grows, map[string]any{"amount": 200000})
	later(w, time.Hour+time.Second)
	inState(w, grows, "big", "done", "")
	inState(w, stays, "big", "skipped", "condition")
	inState(w, stays, "next", "done", "")
	a := w.As("marta").Get("/records/deal/" + stays + "/automation").Expect(200)
	require.Equal(t, false, a.At("items.0.asked.result"))
	require.Equal(t, "record.amount.amount", a.Text("items.0.values.0.name"))
	require.Equal(t, "0", a.Text("items.0.values.0.value"))
	require.Equal(t, 0, comments(w, grows, "off"))
}

// covers T-02, trap 4: what follows a robot that failed does not run. It waits as
// long as the incident is open.
func TestWhatFollowsAFailureDoesNotRun(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("write", "comment.add", rightAway, map[string]any{"text": map[string]any{"expr": "'x' + record.contact.missing"}}),
		robot("call", "comment.add", afterIt, comment("call")), robot("free", "comment.add", rightAway, comment("free")),
	}}).Expect(422)
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("write", "comment.add", rightAway, map[string]any{"text": map[string]any{"expr": "user(record.comment).name"}}),
		robot("call", "comment.add", afterIt, comment("call")), robot("free", "comment.add", rightAway, comment("free")),
	}}).Expect(200)
	failed, mended := aDeal(w, "Failed"), aDeal(w, "Mended")
	for _, deal := range []string{failed, mended} {
		moveTo(w, deal, "qualified")
		inState(w, deal, "write", "failed", "incident")
		becomes(w, deal, "call", "waitingPrevious")
		becomes(w, deal, "free", "done")
	}
	path := "/records/deal/" + failed + "/automation/write/failure"
	w.As("marta").Post(path, map[string]any{}).Problem(403, "forbidden")
	w.As("oscar").Post(path, map[string]any{"reason": "the address is wrong"}).Expect(200)
	inState(w, failed, "write", "failed", "error")
	inState(w, failed, "call", "canceled", "previous")
	changeDeal(w, mended, map[string]any{"comment": "marta"})
	run := w.As("oscar").Get("/records/deal/" + mended + "/automation").Expect(200).Text("run.id")
	incident := w.As("oscar").Get("/runs/" + run).Expect(200).Text("incidents.0.id")
	w.As("oscar").Post("/runs/"+run+"/actions", map[string]any{"action": "retry", "incident": incident}).Expect(202)
	inState(w, mended, "call", "done", "")
}

// covers T-01, B-30: robots that run at once all start, although one of them
// takes the record away; what had not started is canceled.
func TestRobotThatChangesTheStage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("move", "record.setStage", rightAway, map[string]any{"stage": "contract"}), robot("beside", "comment.add", rightAway, comment("beside")),
		robot("after", "comment.add", afterIt, comment("after")), robot("late", "comment.add", after(1, "minute"), comment("late")),
	}, "contract": {robot("there", "comment.add", rightAway, comment("there"), "runAs", "responsible")}}).Expect(200)
	deal := aDeal(w, "Passes through")
	changeDeal(w, deal, map[string]any{"responsibleId": "marta"})
	moveTo(w, deal, "qualified")
	inState(w, deal, "there", "done", "")
	earlier := w.As("marta").Get("/records/deal/" + deal + "/automation").Expect(200)
	require.Equal(t, "Qualified", earlier.Text("earlier.0.stageName"))
	run := "?run=" + earlier.Text("earlier.0.id")
	for id, want := range map[string]string{"move": "done", "beside": "done", "late": "canceled"} {
		w.Eventually(id+" is "+want, 0, func() bool { state, _ := robotState(w, deal, id, run); return state == want })
	}
	later(w, time.Hour)
	require.Equal(t, 1, comments(w, deal, "beside"))
	require.Equal(t, 0, comments(w, deal, "late"))
	list := w.As("marta").Get("/records/deal/" + deal + "/timeline?limit=200").Expect(200)
	for i := range list.Len("items") {
		if at := fmt.Sprintf("items.%d.", i); list.Text(at+"text") == "there" {
			require.Equal(t, "marta", list.Text(at+"actor"), "it ran as the responsible person")
		}
	}
}

// covers T-04, T-07, B-52, B-56, trap 6, trap 7: the payment reminder. The 15th is
// a holiday, so that one day before it is the 13th; a date that changes is counted
// anew, and one that is over runs at once.
func TestPaymentReminder(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	company := ada.Get("/calendars/company").Expect(200)
	rules := map[string]any{"name": "Company", "zone": "Europe/Warsaw", "week": [][]map[string]any{}, "days": []any{}, "sets": []any{}}
	for _, key := range []string{"name", "zone", "week"} {
		rules[key] = company.At(key)
	}
	rules["days"] = []map[string]any{{"date": "2026-12-15", "name": "Day off", "hours": []any{}}}
	ada.Do("PUT", "/calendars/company", rules, "If-Match", company.ETag()).Expect(200)
	before := map[string]any{"mode": "date", "direction": "before", "amount": 1, "unit": "day", "field": "expectedCloseAt", "workingTime": map[string]any{"company": true}}
	putBoard(w, map[string][]map[string]any{"contract": {robot("remind", "comment.add", before, comment("remind"))}}).Expect(200)
	deal := aDeal(w, "Invoice")
	moveTo(w, deal, "contract")
	inState(w, deal, "remind", "waiting", "noDate")
	due := func(date, until string) {
		t.Helper()
		changeDeal(w, deal, map[string]any{"expectedCloseAt": date})
		w.Eventually("it is due at "+until, 0, func() bool {
			return w.As("marta").Get("/records/deal/"+deal+"/automation").Expect(200).Text("items.0.until") == until
		})
	}
	due("2026-12-10", "2026-12-09T08:00:00.000Z") // nine o'clock of the day before
	due("2026-12-15", "2026-12-11T08:00:00.000Z") // Tuesday is off, counts as Monday; the Sunday before it is held on Friday
	due("2026-12-17", "2026-12-16T08:00:00.000Z")
	changeDeal(w, deal, map[string]any{"expectedCloseAt": "2026-11-01"})
	becomes(w, deal, "remind", "done")
}

// covers T-05, P-01, B-13, B-62, trap 19: a repeat lead 180 days after the deal was
// won, across an upgrade of the board and two restarts, the second of them over the
// moment itself: those who entered under the old rules keep them.
func TestLongDelayAcrossRestartsAndAnUpgrade(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := apptest.New(t, apptest.Options{SQLite: true})
	renewal := func(title string) map[string]any { return map[string]any{"title": title, "responsible": "henrik"} }
	putBoard(w, map[string][]map[string]any{"won": {robot("renew", "record.repeatLead", after(180, "day"), renewal("Old rule"))}}).Expect(200)
	deal, contact := newDeal(t, w, "Contract")
	moveTo(w, deal, "won")
	becomes(w, deal, "renew", "waiting")
	later(w, 90*day)
	putBoard(w, map[string][]map[string]any{"won": {robot("renew", "record.repeatLead", after(1, "day"), renewal("New rule")), robot("more", "comment.add", after(1, "day"), comment("more"))}}).Expect(200)
	w.Restart(89 * day)
	w.SignOutAll()
	inState(w, deal, "more", "notArmed", "later")
	becomes(w, deal, "renew", "waiting")
	require.Empty(t, linked(w, "lead", deal))
	w.Restart(day + time.Second)
	w.SignOutAll()
	becomes(w, deal, "renew", "done")
	leads := linked(w, "lead", deal)
	require.Len(t, leads, 1)
	lead := w.As("marta").Get("/records/lead/" + leads[0]).Expect(200)
	require.Equal(t, []any{"Old rule", "henrik", contact, true}, []any{lead.Text("title"), lead.Text("responsibleId"), lead.Text("contactId"), lead.At("repeat")})
	// A stage without robots starts nothing any more.
	putBoard(w, nil).Expect(200)
	next := aDeal(w, "Next")
	moveTo(w, next, "won")
	require.Equal(t, 0, w.As("marta").Get("/records/deal/"+next+"/automation").Expect(200).Len("items"))
}

// covers B-64: a robot that waits can be stopped for one record, and with it what
// follows.
func TestStopByHand(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("a", "comment.add", after(1, "day"), comment("a")), robot("b", "comment.add", afterIt, comment("b")), robot("c", "comment.add", after(1, "day"), comment("c")),
	}}).Expect(200)
	deal := aDeal(w, "Stopped")
	moveTo(w, deal, "qualified")
	becomes(w, deal, "a", "waiting")
	path := "/records/deal/" + deal + "/automation/"
	w.As("oscar").Do("DELETE", path+"a", nil).Problem(403, "forbidden")
	w.As("marta").Do("DELETE", path+"nothing", nil).Problem(404, "not_found")
	w.As("marta").Do("DELETE", path+"a", nil).Expect(200)
	inState(w, deal, "a", "canceled", "stopped")
	inState(w, deal, "b", "canceled", "previous")
	require.Equal(t, "marta", w.As("marta").Get("/records/deal/"+deal+"/automation").Expect(200).Text("items.0.by"))
	w.As("marta").Do("DELETE", path+"a", nil).Problem(409, "action_refused")
	later(w, 24*time.Hour+time.Second)
	becomes(w, deal, "c", "done")
	require.Equal(t, 0, comments(w, deal, "a"))
}

// covers B-57: a robot waits until the responsible person has begun the day; with
// the company's working time, until both hold.
func TestWorkingTimeOfTheResponsiblePerson(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	own := map[string]any{"mode": "immediate", "workingTime": map[string]any{"responsible": true}}
	both := map[string]any{"mode": "delay", "amount": 1, "unit": "minute", "workingTime": map[string]any{"responsible": true, "company": true}}
	putBoard(w, map[string][]map[string]any{"qualified": {robot("own", "comment.add", own, comment("own")), robot("both", "comment.add", both, comment("both"))}}).Expect(200)
	deal := aDeal(w, "Waits for marta")
	changeDeal(w, deal, map[string]any{"responsibleId": "marta"})
	moveTo(w, deal, "qualified")
	inState(w, deal, "own", "waiting", "day")
	later(w, 10*time.Hour) // in the evening
	inState(w, deal, "both", "waiting", "day")
	w.As("marta").Post("/me/day", map[string]any{"action": "start"}).Expect(200)
	becomes(w, deal, "own", "done")
	becomes(w, deal, "both", "waiting")
	later(w, 62*time.Hour) // Monday, nine in Warsaw: but the day begins anew
	inState(w, deal, "both", "waiting", "day")
	w.As("marta").Post("/me/day", map[string]any{"action": "start"}).Expect(200)
	becomes(w, deal, "both", "done")
}

// covers B-58: a condition on the time of day, a range over midnight included.
func TestTimeOfDayInAConditionOfARobot(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("day", "comment.add", rightAway, comment("day"), "when", `timeBetween(now, "09:00", "17:00")`),
		robot("night", "comment.add", rightAway, comment("night"), "when", `timeBetween(now, "22:00", "06:00")`),
	}}).Expect(200)
	deal := aDeal(w, "By day") // ten o'clock in Warsaw
	moveTo(w, deal, "qualified")
	becomes(w, deal, "day", "done")
	inState(w, deal, "night", "skipped", "condition")
	later(w, 13*time.Hour)
	deal = aDeal(w, "By night")
	moveTo(w, deal, "qualified")
	becomes(w, deal, "night", "done")
	inState(w, deal, "day", "skipped", "condition")
}

// covers S-12, S-13: the rules of a stage are opened in the designer as a process
// of their own, which may take their place.
func TestStageIsKeptAsProcess(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	putBoard(w, map[string][]map[string]any{"qualified": {robot("note", "comment.add", after(1, "hour"), comment("kept"))}}).Expect(200)
	path := "/stage-boards/sales/stages/qualified/process"
	draft := ada.Post(path, map[string]any{"name": "A copy"}).Expect(200)
	require.Equal(t, "A copy", ada.Get("/definitions/"+draft.Text("key")).Expect(200).Text("name"))
	deal := aDeal(w, "Once")
	moveTo(w, deal, "qualified")
	becomes(w, deal, "note", "waiting")
	made := ada.Post(path, map[string]any{"name": "Instead", "replace": true}).Expect(200)
	require.EqualValues(t, 1, made.At("version"))
	board := ada.Get("/stage-boards/sales").Expect(200)
	require.Equal(t, 0, board.Len("stages.1.robots"))
	require.Equal(t, "Instead", board.Text("stages.1.kept.1.name"))
	second := aDeal(w, "By the process")
	moveTo(w, second, "qualified")
	later(w, time.Hour+time.Second)
	w.Eventually("the process writes", 0, func() bool { return comments(w, second, "kept") == 1 && comments(w, deal, "kept") == 1 })
	ada.Post(path, map[string]any{}).Problem(409, "action_refused")
}

// A board tells where it is wrong, and whose change came first.
func TestStageBoardRefusals(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	w.As("marta").Do("PUT", "/stage-boards/sales", map[string]any{"stages": []any{}}, "If-Match", `"0"`).Problem(403, "forbidden")
	answer := putBoard(w, map[string][]map[string]any{"qualified": {
		robot("1x", "nonsense", map[string]any{"mode": "delay", "amount": 1, "unit": "fortnight"}, comment("a")),
		robot("ok", "comment.add", map[string]any{"mode": "date", "direction": "before", "amount": 1, "unit": "day", "field": "title"}, comment("a"), "runAs", "nobody"),
	}})
	answer.Expect(422)
	var paths []string
	for i := range answer.Len("errors") {
		paths = append(paths, answer.Text(fmt.Sprintf("errors.%d.path", i)))
	}
	require.NotEmpty(t, paths, "%s", answer.Raw)
	answer = putBoard(w, map[string][]map[string]any{"qualified": {
		robot("bad", "comment.add", rightAway, map[string]any{"text": ""}), robot("worse", "comment.add", rightAway, comment("x"), "when", "record.amount +"),
	}}).Problem(422, "board_findings")
	paths = nil
	for i := range answer.Len("errors") {
		paths = append(paths, answer.Text(fmt.Sprintf("errors.%d.path", i)))
	}
	require.ElementsMatch(t, []string{"/stages/1/robots/0/config/text", "/stages/1/robots/1/when"}, paths)
	putBoard(w, map[string][]map[string]any{"qualified": {robot("fine", "comment.add", rightAway, comment("x"))}}).Expect(200)
	stale := ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": []any{}}, "If-Match", `"0"`).Problem(409, "stale")
	require.Equal(t, "fine", stale.Text("current.stages.1.robots.0.id"))
}

// A stage that a process or a robot names is not taken away under it.
func TestStagesInUseStay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	without := func(gone string) *apptest.Answer {
		pipelines := ada.Get("/pipelines?type=deal").Expect(200)
		require.Equal(t, "sales", pipelines.Text("items.0.id"))
		var stages []any
		for _, stage := range pipelines.At("items.0.stages").([]any) {
			if stage.(map[string]any)["id"] != gone {
				stages = append(stages, stage)
			}
		}
		return ada.Do("PATCH", "/pipelines/sales", map[string]any{"stages": stages}, "If-Match", fmt.Sprintf(`"%v"`, pipelines.At("items.0.rev")))
	}
	deals := ada.Get("/records/deal?pipeline=sales&limit=200").Expect(200)
	for i := range deals.Len("items") {
		id := deals.Text(fmt.Sprintf("items.%d.id", i))
		ada.Do("DELETE", "/records/deal/"+id, nil, "If-Match", ada.Get("/records/deal/"+id).Expect(200).ETag()).Expect(204)
	}
	contract := without("contract").Problem(422, "validation")
	require.Equal(t, "stage_in_use", contract.Text("errors.0.code"))
	require.Contains(t, contract.Text("errors.0.message"), "Contract preparation", "the process that begins there")

	putBoard(w, map[string][]map[string]any{"qualified": {robot("r1", "comment.add", rightAway, comment("a"))}}).Expect(200)
	require.Contains(t, without("qualified").Problem(422, "validation").Text("errors.0.message"), "automation")
	putBoard(w, map[string][]map[string]any{"new": {robot("r2", "record.setStage", rightAway, map[string]any{"stage": "qualified"})}}).Expect(200)
	require.Contains(t, without("qualified").Problem(422, "validation").Text("errors.0.message"), "automation", "a robot of another stage leads there")
	putBoard(w, map[string][]map[string]any{}).Expect(200)
	form := w.As("dana").Post("/forms", signUp(func(f map[string]any) {
		f["name"], f["creates"] = "Fair", map[string]any{"type": "deal", "pipeline": "sales", "stage": "qualified"}
	})).Expect(201)
	require.Contains(t, without("qualified").Problem(422, "validation").Text("errors.0.message"), "Fair", "a form makes records there")
	w.As("dana").Do("DELETE", "/forms/"+form.Text("id"), nil, "If-Match", form.ETag()).Expect(204)
	without("qualified").Expect(200)
}

// A document template that a process fills in stays.
func TestTemplatesInUseStay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	template := w.As("dana").Get("/templates").Expect(200)
	path := "/templates/" + template.Text("items.0.id")
	tag := fmt.Sprintf(`"%v"`, template.At("items.0.rev"))
	refused := w.As("dana").Do("DELETE", path, nil, "If-Match", tag).Problem(409, "in_use")
	require.Equal(t, "contract-preparation", refused.Text("uses.0.key"))
	draft := w.As("dana").Upload("/templates", map[string]string{"key": "spare", "name": "Spare"}, "t.docx", document.DemoContract()).Expect(201)
	w.As("dana").Do("DELETE", "/templates/"+draft.Text("id"), nil, "If-Match", fmt.Sprintf(`"%v"`, draft.At("rev"))).Expect(204)
}
