package apptest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// tried is a trial that was tried.
type tried struct{ *apptest.Answer }

// try plays acts on a board that is not saved.
func tryBoard(w *apptest.World, stages []map[string]any, record map[string]any, acts ...map[string]any) tried {
	w.T.Helper()
	return tried{w.As("ada").Post("/stage-boards/sales/trials", map[string]any{"stages": stages, "record": record, "at": "2026-03-02T09:00:00Z", "acts": acts})}
}

func onStage(stage string, robots []map[string]any, triggers ...map[string]any) map[string]any {
	if triggers == nil {
		triggers = []map[string]any{}
	}
	return map[string]any{"stage": stage, "robots": robots, "triggers": triggers}
}

// lines are the log in short: what happened to whom, and why.
func (p tried) lines() []string {
	var out []string
	for i := range p.Len("log") {
		at := fmt.Sprintf("log.%d.", i)
		words := []string{p.Text(at + "kind")}
		for _, name := range []string{"robot", "trigger", "to", "because"} {
			if text := p.Text(at + name); text != "" {
				words = append(words, text)
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// state of a robot of the trial.
func (p tried) state(id string) string {
	for i := range p.Len("stages") {
		for j := range p.Len(fmt.Sprintf("stages.%d.robots", i)) {
			if at := fmt.Sprintf("stages.%d.robots.%d.", i, j); p.Text(at+"id") == id {
				return p.Text(at + "state")
			}
		}
	}
	return ""
}

// outbox lists what robots did, with what would have left.
func (p tried) outbox() []string {
	var out []string
	for i := range p.Len("outbox") {
		at := fmt.Sprintf("outbox.%d.", i)
		out = append(out, fmt.Sprintf("%s %s leaves=%v", p.Text(at+"robot"), p.Text(at+"key"), p.At(at+"leaves")))
	}
	return out
}

func act(do string, more ...any) map[string]any {
	a := map[string]any{"do": do}
	for i := 0; i+1 < len(more); i += 2 {
		a[more[i].(string)] = more[i+1]
	}
	return a
}

// covers H-04, B-73, B-74, U-40, U-57: a board that is not saved is tried with a copy
// of a record: pauses are skipped, months pass, people decide, fields change, triggers
// are fired, letters land in the outbox, and nothing of it is there afterwards.
func TestPipelineIsTried(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal := aDeal(w, "Turbines")
	changeDeal(w, deal, map[string]any{"amount": 950_000, "currency": "EUR", "responsibleId": "marta"})
	before, deals := w.As("marta").Get("/records/deal/"+deal).Expect(200).At("rev"), w.As("marta").Get("/records/deal").Expect(200).Len("items")
	board := []map[string]any{
		onStage("qualified", []map[string]any{
			robot("hello", "comment.add", rightAway, comment("Welcome")),
			robot("tell", "notification.send", rightAway, map[string]any{"to": map[string]any{"expr": "record.responsible"}, "text": "A new one: {{ record.title }}"}),
			robot("call", "webhook.call", after(3, "day"), map[string]any{"url": "https://example.com/new", "method": "POST"}),
			robot("large", "record.setFields", afterIt, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "large"}}}, "when", `record.amount > money(10000, "EUR")`),
			robot("ask", "approval", rightAway, map[string]any{"approvers": []any{"marta"}, "outcomes": []any{map[string]any{"name": "yes", "label": "Yes", "positive": true}, map[string]any{"name": "no", "label": "No"}}}),
			robot("onward", "record.setStage", afterIt, map[string]any{"stage": "contract"}, "when", `steps.ask.outcome == 'yes'`),
			robot("year", "comment.add", after(365, "day"), comment("A year ago")),
		}),
		onStage("contract", []map[string]any{robot("draft", "comment.add", rightAway, comment("Draft it"))}),
		onStage("won", []map[string]any{robot("thanks", "comment.add", after(180, "day"), comment("Half a year ago"))},
			map[string]any{"id": "paid", "type": "webhook", "config": map[string]any{"code": "paid"}, "when": "event.data.amount > 100"}),
	}
	real := map[string]any{"id": deal, "stage": "qualified"}

	p := tryBoard(w, board, real)
	p.Expect(200)
	require.Equal(t, []string{"done", "done", "waiting", "waitingPrevious", "running", "waitingPrevious", "waiting", "notArmed", "notArmed"},
		[]string{p.state("hello"), p.state("tell"), p.state("call"), p.state("large"), p.state("ask"), p.state("onward"), p.state("year"), p.state("draft"), p.state("thanks")})
	require.Equal(t, []string{"hello comment.add leaves=false", "tell notification.send leaves=false"}, p.outbox())
	require.Equal(t, "A new one: Turbines", p.Text("outbox.1.items.0.text"))
	require.Equal(t, "2026-03-05T09:00:00Z", p.Text("next"))
	ask := p.Text("tasks.0.wait")
	require.Equal(t, "Yes", p.Text("tasks.0.outcomes.0.label"))

	// The pause is skipped, the clock stays; the condition of the next one is too small.
	p = tryBoard(w, board, real, act("skip", "stage", "qualified", "robot", "call"))
	p.Expect(200)
	require.Equal(t, []string{"done", "skipped"}, []string{p.state("call"), p.state("large")})
	require.Equal(t, "2026-03-02T09:00:00Z", p.Text("at"))
	require.Contains(t, p.lines(), "skipped call")
	require.Contains(t, p.lines(), "passed large condition")
	require.Contains(t, p.outbox(), "call webhook.call leaves=true")
	large := "stages.1.robots.3.why." // covers B-74: why not, and what would have to be otherwise
	require.Equal(t, []any{"record.amount", "moreThan", map[string]any{"amount": 1000001.0, "currency": "EUR"}},
		[]any{p.Text(large + "changes.0.path"), p.Text(large + "changes.0.relation"), p.At(large + "changes.0.to")})
	require.Equal(t, "https://example.com/new", p.Text("outbox.2.items.0.to.0"))

	// A field is changed by hand, somebody decides, a call comes from outside, months pass.
	acts := []map[string]any{
		act("set", "set", map[string]any{"amount": 1_200_000}), act("advance", "by", "P3D"), act("decide", "wait", ask, "outcome", "yes"),
		act("fire", "stage", "won", "trigger", "paid", "event", map[string]any{"code": "paid", "data": map[string]any{"amount": 50}}),
		act("fire", "stage", "won", "trigger", "paid", "event", map[string]any{"code": "paid", "data": map[string]any{"amount": 500}}), act("advance", "by", "P7M"),
	}
	p = tryBoard(w, board, real, acts...)
	p.Expect(200)
	require.Empty(t, p.At("problems"))
	require.Equal(t, []string{"done", "done", "done", "done", "canceled", "done", "done"},
		[]string{p.state("call"), p.state("large"), p.state("ask"), p.state("onward"), p.state("year"), p.state("draft"), p.state("thanks")})
	require.Equal(t, []string{"won", "large", "2026-10-05T08:00:00Z"}, []string{p.Text("stage"), p.Text("record.comment"), p.Text("at")})
	var short []string
	for _, l := range p.lines() {
		switch word, _, _ := strings.Cut(l, " "); word {
		case "entered", "moved", "changed", "decided", "happened", "reacted", "advanced":
			short = append(short, l)
		}
	}
	require.Equal(t, []string{"entered qualified", "changed", "advanced", "changed", "decided ask", "moved contract", "happened paid", "reacted paid conditionFalse",
		"happened paid", "reacted paid moved", "moved won", "advanced"}, short)

	// The same acts give the same trial.
	again := tryBoard(w, board, real, acts...)
	require.Equal(t, string(p.Raw), string(again.Raw))

	// Nothing has happened.
	after := w.As("marta").Get("/records/deal/" + deal).Expect(200)
	require.Equal(t, before, after.At("rev"))
	require.Equal(t, 0, comments(w, deal, "Welcome"))
	require.Equal(t, 0, w.As("ada").Get("/stage-boards/sales").Expect(200).Len("stages.1.robots"))
	require.Equal(t, deals, w.As("marta").Get("/records/deal").Expect(200).Len("items"))

	// What cannot be is said in the log, and an error of the board as when it is saved.
	p = tryBoard(w, board, real, act("move", "stage", "nowhere"), act("skip", "stage", "qualified", "robot", "hello"))
	p.Expect(200)
	require.Equal(t, 2, strings.Count(strings.Join(p.lines(), "\n"), "refused"))
	w.As("ada").Post("/record-types/deal/fields", map[string]any{"label": "Number", "type": "text",
		"requiredAt": []any{map[string]any{"pipeline": "sales", "stages": []string{"contract"}}}}, "If-Match", `"0"`).Expect(201)
	p = tryBoard(w, board, real, act("move", "stage", "contract"))
	last := fmt.Sprintf("log.%d.", p.Expect(200).Len("log")-1)
	require.Equal(t, []any{"refused", []any{"number"}}, []any{p.At(last + "kind"), p.At(last + "fields")}, "each field once, by its name")
	tryBoard(w, []map[string]any{onStage("qualified", []map[string]any{robot("x", "no.such", rightAway, nil)})}, real).Problem(422, "validation")
	tryBoard(w, board, map[string]any{"id": "nothing"}).Problem(404, "not_found")
	tryBoard(w, board, map[string]any{}).Problem(422, "validation")
	w.Anonymous().Post("/stage-boards/sales/trials", map[string]any{"record": real}).Expect(401)
}

// covers B-74, U-56, T-02: a robot that fails holds the next one and says why; rules
// that chase each other are cut when their budget is used up, and time does not help.
func TestTrialTellsOfFailuresAndLoops(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	made := map[string]any{"new": map[string]any{"title": "Made up", "amount": 100, "currency": "EUR"}}
	p := tryBoard(w, []map[string]any{onStage("new", []map[string]any{
		robot("move", "record.setStage", rightAway, map[string]any{"stage": "nowhere"}), robot("next", "comment.add", afterIt, comment("never")),
	})}, made)
	p.Expect(200)
	require.Equal(t, []string{"failed", "waitingPrevious"}, []string{p.state("move"), p.state("next")})
	require.NotEmpty(t, p.Text("stages.0.robots.0.reason"))
	p = tryBoard(w, []map[string]any{
		onStage("new", []map[string]any{robot("there", "record.setStage", rightAway, map[string]any{"stage": "qualified"}, "when", "record.title != ''")}),
		onStage("qualified", []map[string]any{robot("back", "record.setStage", rightAway, map[string]any{"stage": "new"})}),
	}, made)
	p.Expect(200)
	require.Contains(t, strings.Join(p.lines(), "\n"), "tooLong")
	require.Empty(t, p.At("problems"))
}

// covers B-73, H-03: a process that a robot starts is played in the trial: its robots
// work on the copy, its people are asked, and a robot that waits for its end goes on
// with what it leaves.
func TestStartedProcessIsPlayedInTheTrial(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "inspect", `{"format":"fluxo/process@1","key":"inspect","name":"Inspection","appliesTo":"deal","parameters":[{"name":"depth","type":"text"}],"nodes":[{"id":"s","kind":"startEvent"},
		{"id":"mark","kind":"robot","robot":"record.setFields","config":{"fields":[{"field":"comment","value":"inspected {{ params.depth }}"}]}},
		{"id":"look","kind":"approval","name":"Looks good?","config":{"approvers":["henrik"],"outcomes":[{"name":"yes","positive":true},{"name":"no"}]}},
		{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"mark"},{"id":"f2","from":"mark","to":"look"},{"id":"f3","from":"look","port":"yes","to":"e"},{"id":"f4","from":"look","port":"no","to":"e2"}]}`)
	board := []map[string]any{onStage("new", []map[string]any{
		robot("inspect", "process.run", rightAway, map[string]any{"process": "inspect", "wait": true, "parameters": []any{map[string]any{"name": "depth", "value": "deep"}}}),
		robot("then", "comment.add", afterIt, comment("It is {{ steps.inspect.status }}")),
		robot("never", "process.run", rightAway, map[string]any{"process": "nothing"}),
	})}
	deal := map[string]any{"new": map[string]any{"title": "Presses"}}
	before := tryBoard(w, board, deal)
	before.Expect(200)
	require.Equal(t, "inspected deep", before.Text("record.comment"), "%s", before.Raw)
	require.Equal(t, []string{"running", "waitingPrevious", "failed"}, []string{before.state("inspect"), before.state("then"), before.state("never")})
	require.Contains(t, before.lines(), "process")
	require.Equal(t, "Looks good?", before.Text("tasks.0.name"), "%v", before.At("tasks"))
	task := before.Text("tasks.0.wait")
	done := tryBoard(w, board, deal, act("decide", "wait", task, "outcome", "yes"))
	done.Expect(200)
	require.Equal(t, []string{"done", "done"}, []string{done.state("inspect"), done.state("then")}, "%v", done.lines())
	require.Zero(t, done.Len("tasks"))
	require.Contains(t, string(done.Raw), "It is completed")
	require.Zero(t, w.As("oscar").Get("/runs?definition=inspect").Expect(200).Len("items"), "nothing of it ran")
}

// covers B-73: a trial is saved as a scenario, and played again it ends as before while
// the rules are the same; with other rules it tells what ends otherwise.
func TestTrialIsSavedAndPlayedAgain(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	rules := []map[string]any{onStage("new", []map[string]any{
		robot("hello", "comment.add", rightAway, comment("Welcome")),
		robot("on", "record.setStage", after(2, "day"), map[string]any{"stage": "qualified"}, "when", "record.amount.amount > 1000"),
	})}
	const path = "/stage-boards/sales/trial-scenarios"
	in := map[string]any{"name": "Two days", "stages": rules, "record": map[string]any{"new": map[string]any{"title": "Presses", "amount": 5000, "currency": "EUR"}},
		"at": "2026-03-02T09:00:00Z", "acts": []any{act("advance", "by", "P3D")}}
	made := ada.Post(path, in).Expect(201)
	require.Equal(t, "qualified", made.Text("expect.stage"))
	require.Equal(t, map[string]any{"new/hello": "done", "new/on": "done"}, made.At("expect.robots"))
	ada.Post(path, in).Problem(422, "validation") // the name is taken
	w.As("marta").Post(path, in).Problem(403, "forbidden")
	require.Equal(t, "Two days", ada.Get(path).Expect(200).Text("items.0.name"))

	play := func(stages []map[string]any) *apptest.Answer {
		return ada.Post(path+"/"+made.Text("id")+"/runs", map[string]any{"stages": stages}).Expect(200)
	}
	same := play(rules)
	require.Zero(t, same.Len("differences"))
	require.Equal(t, "qualified", same.Text("report.stage"))
	other := play([]map[string]any{onStage("new", []map[string]any{
		robot("on", "record.setStage", after(2, "day"), map[string]any{"stage": "qualified"}, "when", "record.amount.amount > 9000"),
	})})
	var told []string
	for i := range other.Len("differences") {
		at := fmt.Sprintf("differences.%d.", i)
		told = append(told, strings.TrimSpace(strings.Join([]string{other.Text(at + "what"), other.Text(at + "robot"), other.Text(at + "was"), other.Text(at + "is")}, " ")))
	}
	require.Equal(t, []string{"stage  qualified new", "robot hello done", "robot on done skipped", "sent hello 1 0", "sent on 1 0"}, told)

	// With the saved board, which has no rules yet, and by whom it may be forgotten.
	ada.Post(path+"/"+made.Text("id")+"/runs", map[string]any{}).Expect(200)
	ada.Post(path+"/nothing/runs", map[string]any{}).Problem(404, "not_found")
	ada.Post("/stage-boards/leads/trial-scenarios/"+made.Text("id")+"/runs", map[string]any{}).Problem(404, "not_found")
	renamed := ada.Do("PATCH", path+"/"+made.Text("id"), map[string]any{"name": "Three days"}, "If-Match", made.ETag()).Expect(200)
	require.Equal(t, "Three days", renamed.Text("name"))
	require.Equal(t, made.At("expect"), renamed.At("expect"))
	ada.Do("PATCH", path+"/"+made.Text("id"), map[string]any{"name": "Four"}, "If-Match", made.ETag()).Problem(409, "stale")
	ada.Do("PATCH", path+"/"+made.Text("id"), map[string]any{"name": " "}, "If-Match", renamed.ETag()).Problem(422, "validation")
	w.As("marta").Do("PATCH", path+"/"+made.Text("id"), map[string]any{"name": "Mine"}, "If-Match", renamed.ETag()).Problem(403, "forbidden")
	second := ada.Post(path, in).Expect(201)
	ada.Do("PATCH", path+"/"+second.Text("id"), map[string]any{"name": "Three days"}, "If-Match", second.ETag()).Problem(422, "validation")
	ada.Do("DELETE", path+"/"+second.Text("id"), nil, "If-Match", second.ETag()).Expect(204)
	require.Contains(t, string(ada.Get("/audit?limit=20").Expect(200).Raw), "trial.renamed")
	made = renamed
	w.As("marta").Do("DELETE", path+"/"+made.Text("id"), nil, "If-Match", made.ETag()).Problem(403, "forbidden")
	ada.Do("DELETE", path+"/"+made.Text("id"), nil, "If-Match", made.ETag()).Expect(204)
	require.Zero(t, ada.Get(path).Expect(200).Len("items"))
}

// Trials that somebody drives to the end of the calendar, or fills with what no one
// can read again, are refused with the act that is too much; a name is taken once
// however many save at the same time.
func TestTrialsHaveLimits(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	rules := []map[string]any{onStage("new", []map[string]any{
		robot("far", "comment.add", map[string]any{"mode": "date", "direction": "after", "amount": 36_000, "unit": "day", "field": "expectedCloseAt"}, comment("far")),
		robot("write", "mail.send", rightAway, map[string]any{"to": "a@b.test", "subject": "s", "body": strings.Repeat("x", 3999) + "żółw"}),
	})}
	made := map[string]any{"new": map[string]any{"title": "Presses", "expectedCloseAt": "9999-12-31"}}
	last := map[string]any{"stages": rules, "record": made, "at": "9799-12-31T00:00:00Z", "acts": []any{act("advance", "by", "PT1H")}}
	p := tried{ada.Post("/stage-boards/sales/trials", last).Expect(200)}
	require.Equal(t, "failed", p.state("far"), "it would be due in the year 10098")
	require.Contains(t, string(p.Raw), "outside the years 1000 to 9999")
	require.NotContains(t, string(p.Raw), "\uFFFD", "a letter is not cut in two")
	last["acts"] = []any{act("advance", "by", "PT1H"), act("advance", "by", "P1D")}
	require.Equal(t, "/acts/1/to", ada.Post("/stage-boards/sales/trials", last).Problem(422, "validation").Text("errors.0.path"))
	last["at"] = "9999-12-31T23:59:59Z"
	require.Equal(t, "/at", ada.Post("/stage-boards/sales/trials", last).Problem(422, "validation").Text("errors.0.path"))

	const path = "/stage-boards/sales/trial-scenarios"
	in := map[string]any{"name": "Mine", "record": map[string]any{"new": map[string]any{"title": "Presses"}}, "acts": []any{act("advance", "by", "PT1H")}}
	var all sync.WaitGroup
	answers := make([]*apptest.Answer, 12)
	for i := range answers {
		all.Go(func() { answers[i] = ada.Post(path, in) })
	}
	all.Wait()
	saved := 0
	for _, a := range answers {
		if a.Status == 201 {
			require.NotContains(t, string(a.Raw), `"to":null`)
			saved++
			continue
		}
		require.Equal(t, "/name", a.Problem(422, "validation").Text("errors.0.path"))
	}
	require.Equal(t, 1, saved)
	in["name"], in["acts"] = "Large", []any{act("fire", "stage", "won", "trigger", "x", "event", map[string]any{"text": strings.Repeat("x", 257<<10)})}
	require.Equal(t, "/acts", ada.Post(path, in).Problem(422, "validation").Text("errors.0.path"))
	require.Equal(t, 1, ada.Get(path).Expect(200).Len("items"))
}

// A date at the end of the calendar and a robot long after it make an incident that
// says so, and a run that can be read.
func TestMomentAfterTheLastYearIsAnIncident(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"new": {
		robot("far", "comment.add", map[string]any{"mode": "date", "direction": "after", "amount": 36_000, "unit": "day", "field": "expectedCloseAt"}, comment("far")),
	}}).Expect(200)
	w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Far away", "expectedCloseAt": "9999-12-31"}).Expect(201)
	oscar := w.As("oscar")
	var run string
	w.Eventually("an incident", 0, func() bool {
		run = oscar.Get("/incidents").Expect(200).Text("items.0.runId")
		return run != ""
	})
	require.Contains(t, oscar.Get("/runs/"+run).Expect(200).Text("incidents.0.message"), "outside the years 1000 to 9999")
}

// A trial shows no more of clients than the person may see: those that are hidden
// cannot be named in it, and what a copied record names of them is covered, in the
// record, in what changes and in what robots write. A client made in the trial is seen.
func TestTrialsHideClients(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	hidden := ada.Post("/contacts", map[string]any{"firstName": "Zoe", "lastName": "Hushhush", "email": "zoe@hushhush.test", "responsibleId": "henrik"}).Expect(201).Text("id")
	other := ada.Post("/contacts", map[string]any{"lastName": "Loud", "responsibleId": "marta"}).Expect(201).Text("id")
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Named", "contactId": hidden, "responsibleId": "marta"}).Expect(201).Text("id")
	ada.Do("PATCH", "/roles/member", clientLines("crm.view", "own"), "If-Match", `"0"`).Expect(200)
	const path = "/stage-boards/sales/trials"
	for at, in := range map[string]map[string]any{
		"/record/new/contactId":    {"record": map[string]any{"new": map[string]any{"title": "Probe", "contactId": hidden}}},
		"/acts/1/set/contactIds/0": {"record": map[string]any{"id": deal}, "acts": []any{act("advance", "by", "PT1H"), act("set", "set", map[string]any{"contactIds": []string{hidden}})}},
	} {
		require.Equal(t, at, marta.Post(path, in).Problem(422, "validation").Text("errors.0.path"))
	}
	rules := []map[string]any{onStage("new", []map[string]any{robot("tell", "comment.add", rightAway, comment("To {{ record.contact.email }}{{ record.client.name }}"))})}
	in := map[string]any{"stages": rules, "record": map[string]any{"id": deal}, "acts": []any{act("set", "set", map[string]any{"contactId": other})}}
	shown := marta.Post(path, in).Expect(200)
	require.NotContains(t, strings.ToLower(string(shown.Raw)), "hushhush")
	require.Contains(t, string(shown.Raw), "Loud")
	require.Contains(t, string(ada.Post(path, in).Expect(200).Raw), "zoe@hushhush.test")
}
