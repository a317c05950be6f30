package apptest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

const computing = `{"format":"fluxo/process@1","key":"computing","name":"Computing","appliesTo":"deal",
	"parameters":[{"name":"rate","label":"Rate","type":"number","required":true}],"constants":[{"name":"limit","type":"number","value":100},{"name":"boss","type":"user","value":"henrik"}],
	"nodes":[{"id":"s","kind":"startEvent"},
	{"id":"begin","kind":"setVariables","config":{"set":[{"name":"price","value":{"expr":"200"}},{"name":"gross","value":{"expr":"round(vars.price * (1 + params.rate / 100), 2) - const.limit"}},
		{"name":"report","value":{"expr":"\"price \" + string(vars.price)"}}]}},
	{"id":"each","kind":"setVariables","each":{"items":{"expr":"[\"a\",\"b\"]"},"item":"letter"},"config":{"set":[{"name":"seen","value":{"expr":"vars.letter"}}]}},
	{"id":"end","kind":"setVariables","config":{"set":[{"name":"report","value":{"expr":"vars.report + \", gross \" + string(vars.gross)"}}]}},
	{"id":"mail","kind":"robot","robot":"comment.add","config":{"text":"{{ vars.report }} for {{ user(const.boss).name }}"}},
	{"id":"rest","kind":"userTask","name":"Rest","config":{"assignee":"marta"}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"begin"},{"id":"f2","from":"begin","to":"each"},{"id":"f3","from":"each","to":"end"},{"id":"f4","from":"end","to":"mail"},{"id":"f5","from":"mail","to":"rest"},{"id":"f6","from":"rest","to":"e"}]}`

// covers B-09, B-10, B-11, B-76, H-01: parameters are asked from whoever starts and
// stay, variables are computed with and change, constants are the same for all runs of
// a version, and a text that steps add to is told at the end.
func TestProcessesCompute(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal := aDeal(w, "Pumps")
	publishText(t, w, "computing", computing)
	oscar := w.As("oscar")
	missing := oscar.Post("/definitions/computing/runs", map[string]any{"recordType": "deal", "recordId": deal}).Problem(422, "validation")
	require.Contains(t, string(missing.Raw), "rate", "the parameter is asked for")
	run := oscar.Post("/definitions/computing/runs", map[string]any{"recordType": "deal", "recordId": deal, "parameters": map[string]any{"rate": 23}}).Expect(202).Text("id")
	w.Task("marta", "Rest")
	seen := oscar.Get("/runs/" + run).Expect(200)
	require.EqualValues(t, 200, seen.At("variables.price"))
	require.Equal(t, "146", fmt.Sprint(seen.At("variables.gross")))
	require.Equal(t, "price 200, gross 146", seen.Text("variables.report"))
	require.EqualValues(t, 23, seen.At("parameters.rate"))
	require.Equal(t, 1, comments(w, deal, "price 200, gross 146 for Henrik Lindqvist"))

	// Steps write variables and nothing else: a parameter or a constant is no target.
	for _, name := range []string{"params.rate", "const.limit"} {
		dana := w.As("dana")
		draft := dana.Get("/definitions/computing").Expect(200)
		var broken map[string]any
		require.NoError(t, json.Unmarshal([]byte(strings.Replace(computing, `"name":"price"`, `"name":"`+name+`"`, 1)), &broken))
		saved := dana.Do("PUT", "/definitions/computing/draft", broken, "If-Match", draft.ETag()).Expect(200)
		dana.Post("/definitions/computing/versions", map[string]any{"confirm": []any{}}, "If-Match", saved.ETag()).Problem(422, "findings")
	}
}

const choosing = `{"format":"fluxo/process@1","key":"choosing","name":"Choosing","appliesTo":"deal","parameters":[{"name":"urgent","label":"Urgent","type":"boolean"}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"set","kind":"setVariables","config":{"set":[{"name":"n","value":{"expr":"2"}}]}},{"id":"x","kind":"exclusiveGateway","default":"c"},
	{"id":"both","kind":"robot","robot":"comment.add","config":{"text":"first"}},{"id":"second","kind":"robot","robot":"comment.add","config":{"text":"second"}},{"id":"other","kind":"robot","robot":"comment.add","config":{"text":"else"}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f0","from":"s","to":"set"},{"id":"f1","from":"set","to":"x"},
	{"id":"a","from":"x","to":"both","when":"params.urgent || vars.n == 2 && record.amount.amount > 100"},
	{"id":"b","from":"x","to":"second","when":"record.title == \"Valves\" || vars.n == 2 && record.title != \"Pumps\" && record.title != \"Pipes\""},
	{"id":"c","from":"x","to":"other"},{"id":"g1","from":"both","to":"e"},{"id":"g2","from":"second","to":"e"},{"id":"g3","from":"other","to":"e"}]}`

// covers B-18, B-19, B-20: branches are asked in their order and the first that holds is
// taken, the default one when none does; conditions mix fields, variables and
// parameters, and "and" binds tighter than "or".
func TestConditionsChoose(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "choosing", choosing)
	marta, oscar := w.As("marta"), w.As("oscar")
	for _, c := range []struct {
		title  string
		amount int
		urgent bool
		want   string
	}{
		{"Pumps", 500, false, "first"}, {"Valves", 500, false, "first"}, {"Valves", 5, false, "second"}, {"Hoses", 5, false, "second"},
		{"Pipes", 5, false, "else"}, {"Pumps", 5, false, "else"}, {"Pumps", 5, true, "first"},
	} {
		deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": c.title, "amount": c.amount, "currency": "PLN"}).Expect(201).Text("id")
		ends(w, oscar.Post("/definitions/choosing/runs", map[string]any{"recordType": "deal", "recordId": deal, "parameters": map[string]any{"urgent": c.urgent}}).Expect(202).Text("id"))
		got := []int{comments(w, deal, "first"), comments(w, deal, "second"), comments(w, deal, "else")}
		want := map[string][]int{"first": {1, 0, 0}, "second": {0, 1, 0}, "else": {0, 0, 1}}[c.want]
		require.Equal(t, want, got, "%+v", c)
	}
}

// covers B-16: any number of processes waits on one record; each goes on by itself.
func TestManyProcessesWaitOnOneRecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal := aDeal(w, "Pumps")
	publishProcess(w, "waits", oneRobot("waits", "wait.until", `{"for":"PT2H"}`))
	var all []string
	for range 6 {
		all = append(all, runOn(w, "waits", deal))
	}
	w.Eventually("all of them wait", 0, func() bool {
		for _, run := range all {
			if w.As("oscar").Get("/runs/"+run).Expect(200).Len("waits") != 1 {
				return false
			}
		}
		return true
	})
	w.Clock.Advance(2*time.Hour + time.Second)
	for _, run := range all {
		ends(w, run)
	}
}

// covers B-60: a pause until a moment that is over is skipped and says so in the history;
// one that has begun ends at its moment, and before it only by an operator's repair.
func TestPausesAreSkippedOrKept(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal, oscar := aDeal(w, "Pumps"), w.As("oscar")
	publishProcess(w, "over", oneRobot("over", "wait.until", `{"until":"2026-11-01"}`))
	run := runOn(w, "over", deal)
	ends(w, run)
	require.Contains(t, string(oscar.Get("/runs/"+run+"/records?from=1&limit=200").Expect(200).Raw), `"skipped":true`, "the history says it")

	publishProcess(w, "ahead", oneRobot("ahead", "wait.until", `{"for":"PT2H"}`))
	waits := runOn(w, "ahead", deal)
	w.Eventually("it waits", 0, func() bool { return oscar.Get("/runs/"+waits).Expect(200).Len("waits") == 1 })
	w.As("marta").Post("/runs/"+waits+"/actions", map[string]any{"action": "move", "node": "r", "to": "e", "reason": "soon"}).Problem(403, "forbidden")
	w.Clock.Advance(119 * time.Minute)
	require.Equal(t, "active", oscar.Get("/runs/"+waits).Expect(200).Text("status"))
	oscar.Post("/runs/"+waits+"/actions", map[string]any{"action": "move", "node": "r", "to": "e", "reason": "They called"}).Expect(202)
	ends(w, waits)
	third := runOn(w, "ahead", deal)
	w.Eventually("it waits", 0, func() bool { return oscar.Get("/runs/"+third).Expect(200).Len("waits") == 1 })
	w.Clock.Advance(2*time.Hour + time.Second)
	ends(w, third)
	require.NotContains(t, string(oscar.Get("/runs/"+third+"/records?from=1&limit=200").Expect(200).Raw), `"skipped":true`)
}

// covers B-53, B-55: there is no least delay: a robot is on time to the minute; one that
// is "after the one before" waits for it, and one with a time of its own does not.
func TestThereIsNoLeastDelay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("soon", "comment.add", after(1, "minute"), comment("soon")), robot("then", "comment.add", afterIt, comment("then")),
		robot("beside", "comment.add", rightAway, comment("beside")), robot("later", "comment.add", after(3, "minute"), comment("later")),
	}}).Expect(200)
	deal := aDeal(w, "Machines")
	moveTo(w, deal, "qualified")
	inState(w, deal, "beside", "done", "")
	becomes(w, deal, "soon", "waiting")
	becomes(w, deal, "then", "waitingPrevious")
	w.Clock.Advance(59 * time.Second)
	becomes(w, deal, "soon", "waiting")
	w.Clock.Advance(time.Second)
	inState(w, deal, "soon", "done", "")
	inState(w, deal, "then", "done", "")
	becomes(w, deal, "later", "waiting")
	w.Clock.Advance(2 * time.Minute)
	inState(w, deal, "later", "done", "")
}

// covers B-59: a time of day is that of the process's or the company's zone, also on the
// days when clocks are changed, whatever zone a person or the server has.
func TestTimesAreThoseOfTheCompanysZone(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"contract": {robot("call", "comment.add",
		map[string]any{"mode": "date", "field": "expectedCloseAt", "direction": "at", "at": "10:00"}, comment("call"))}}).Expect(200)
	for date, until := range map[string]string{"2026-12-15": "2026-12-15T09:00:00.000Z", "2027-03-27": "2027-03-27T09:00:00.000Z", "2027-03-28": "2027-03-28T08:00:00.000Z"} {
		deal := w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Due " + date, "expectedCloseAt": date}).Expect(201).Text("id")
		moveTo(w, deal, "contract")
		w.Eventually("it waits until "+until, 0, func() bool {
			return w.As("henrik").Get("/records/deal/"+deal+"/automation").Expect(200).Text("items.0.until") == until
		})
	}
}

// covers S-11: robots are sorted by what they do, each in one category, and there are
// some for colleagues, for clients and for systems of one's own.
func TestRobotsHaveCategories(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	kinds := w.As("dana").Get("/node-kinds").Expect(200)
	of := map[string]string{}
	for i := range kinds.Len("items") {
		at := fmt.Sprintf("items.%d.", i)
		if key := kinds.Text(at + "robot"); key != "" {
			of[key] = kinds.Text(at + "category")
		}
	}
	require.Greater(t, len(of), 25)
	for key, category := range of {
		require.Contains(t, []string{"people", "communication", "record", "document", "data", "integration", "flow", "structure"}, category, key)
	}
	require.Equal(t, []string{"people", "communication", "integration", "record"}, []string{of["activity.task"], of["mail.send"], of["webhook.call"], of["record.repeatLead"]})
}

const asking = `{"format":"fluxo/process@1","key":"asking","name":"Asking","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"ok","kind":"approval","name":"Agree","config":{"approvers":["henrik","anna"],"rule":"vote","threshold":50,"waitForAll":true,"commentRequired":"always","due":"PT1H",
		"outcomes":[{"name":"approve","positive":true},{"name":"reject"}]}},
	{"id":"tell","kind":"robot","robot":"comment.add","config":{"text":"{{ len(steps.ok.votes) }} votes, {{ count(steps.ok.votes, .outcome == \"approve\") }} for it, last {{ steps.ok.by }}: {{ steps.ok.comment }}, {{ steps.ok.timedOut == true ? \"late\" : \"in time\" }}"}},
	{"id":"e","kind":"endEvent"}],"flows":[{"id":"f1","from":"s","to":"ok"},{"id":"f2","from":"ok","to":"tell","port":"approve"},{"id":"f4","from":"ok","to":"tell","port":"reject"},{"id":"f3","from":"tell","to":"e"}]}`

// covers B-39, B-41, B-42: a task that is due moves nothing and is shown as late; a
// comment can be demanded of every answer; later steps read who said what, how many,
// who was the last, and whether time ran out.
func TestWhatATaskResultsIn(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal := aDeal(w, "Pumps")
	publishText(t, w, "asking", asking)
	run := runOn(w, "asking", deal)
	task := w.Task("henrik", "Agree")
	w.Clock.Advance(3 * time.Hour)
	require.Equal(t, "active", w.As("oscar").Get("/runs/"+run).Expect(200).Text("status"), "what is due moves nothing")
	henrik := w.As("henrik")
	require.Equal(t, 1, henrik.Get("/tasks?view=overdue").Expect(200).Len("items"))
	require.Equal(t, "comment_required", henrik.Post("/tasks/"+task+"/completion", map[string]any{"outcome": "approve"}).Problem(422, "validation").Text("errors.0.code"))
	henrik.Post("/tasks/"+task+"/completion", map[string]any{"outcome": "reject", "comment": "too dear"}).Expect(200)
	w.As("anna").Post("/tasks/"+w.Task("anna", "Agree")+"/completion", map[string]any{"outcome": "approve", "comment": "fine"}).Expect(200)
	ends(w, run)
	require.Equal(t, 1, comments(w, deal, "2 votes, 1 for it, last anna: fine, in time"), "%s", w.As("marta").Get("/records/deal/"+deal+"/timeline").Raw)
}
