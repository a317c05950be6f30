package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// says is a step that writes a comment, more its further members.
func says(id, text string, more ...any) map[string]any {
	s := map[string]any{"id": id, "robot": "comment.add", "name": id, "config": comment(text)}
	for i := 0; i+1 < len(more); i += 2 {
		s[more[i].(string)] = more[i+1]
	}
	return s
}

// sets is a step that sets a status.
func sets(id, status string, more ...any) map[string]any {
	s := says(id, "", more...)
	s["robot"], s["config"] = "status.set", map[string]any{"status": status}
	return s
}

// setsNow does it at once.
func setsNow(id, status string, more ...any) map[string]any {
	s := sets(id, status, more...)
	s["config"] = map[string]any{"status": status, "immediate": true}
	return s
}

type list = []map[string]any

// aStatus is a status with its handlers; parts are name and value by turns.
func aStatus(id string, parts ...any) map[string]any {
	s := map[string]any{"id": id, "name": "Status " + id, "color": "#1d5fd1", "entry": list{}, "exit": list{}, "commands": list{}, "delays": list{}}
	for i := 0; i+1 < len(parts); i += 2 {
		s[parts[i].(string)] = parts[i+1]
	}
	return s
}

func aCommand(id string, allowed []any, steps ...map[string]any) map[string]any {
	if steps == nil {
		steps = list{}
	}
	return map[string]any{"id": id, "name": "Do " + id, "allowed": allowed, "steps": steps}
}

func template(name string, statuses ...map[string]any) map[string]any {
	return map[string]any{"type": "deal", "name": name, "initial": statuses[0]["id"], "start": map[string]any{"byHand": true}, "statuses": statuses}
}

// begun starts a process by hand and tells its run.
func begun(w *apptest.World, deal, process string) string {
	w.T.Helper()
	return w.As("marta").Post("/records/deal/"+deal+"/status-processes", map[string]any{"process": process}).Expect(201).Text("run")
}

// ofDeal reads the newest process of a deal as somebody sees it.
func ofDeal(w *apptest.World, login, deal string) *apptest.Answer {
	w.T.Helper()
	return w.As(login).Get("/records/deal/" + deal + "/status-processes").Expect(200)
}

// comes waits until the newest process of a deal is in a status, and nothing of it
// is under way.
func comes(w *apptest.World, deal, status string) {
	w.T.Helper()
	w.Eventually("the process comes to "+status, 0, func() bool {
		a := ofDeal(w, "marta", deal)
		return a.Text("items.0.current.id") == status && a.Len("items.0.working") == 0
	})
}

func press(w *apptest.World, login, deal, run, command string) *apptest.Answer {
	w.T.Helper()
	return w.As(login).Post("/records/deal/"+deal+"/status-processes/"+run+"/commands", map[string]any{"command": command})
}

// story is what happened to the newest process of a deal, in short.
func story(w *apptest.World, deal string) []string {
	w.T.Helper()
	a := ofDeal(w, "marta", deal)
	var out []string
	for i := range a.Len("items.0.story") {
		at := fmt.Sprintf("items.0.story.%d.", i)
		out = append(out, a.Text(at+"what")+" "+a.Text(at+"id"))
	}
	return out
}

// covers B-02, B-03, B-04, B-05, B-06, B-08, B-25: a process goes round through its
// statuses by commands and delays; who may give a command is asked when it is given.
func TestStatusProcess(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	made := ada.Post("/status-processes", template("Order approval",
		aStatus("draft", "entry", list{says("hello", "draft in")}, "exit", list{says("bye", "draft out")}, "commands", list{
			aCommand("submit", nil, sets("s1", "closed"), says("after", "still said"), sets("s2", "review")),
			aCommand("note", nil, says("n", "noted"))}),
		aStatus("review", "entry", list{says("r", "review in")},
			"commands", list{aCommand("approve", []any{"henrik", map[string]any{"expr": "head(record.responsible)"}}, setsNow("a1", "closed"), says("never", "never said")),
				aCommand("rework", []any{map[string]any{"expr": "record.responsible"}}, sets("w1", "draft"))},
			"delays", list{map[string]any{"id": "remind", "name": "Reminder", "timing": after(1, "day"), "steps": list{says("late", "reminded")}}}),
		aStatus("closed", "entry", list{says("c", "closed in")}),
	)).Expect(201)
	require.Equal(t, "order-approval", made.Text("id"))
	require.Equal(t, 1, made.Len("findings"), "what stands behind an immediate change: %s", made.Raw)
	deal := aDeal(w, "Presses")
	changeDeal(w, deal, map[string]any{"responsibleId": "marta"})
	run := begun(w, deal, "order-approval")
	comes(w, deal, "draft")
	press(w, "marta", deal, run, "approve").Problem(409, "action_refused") // of another status
	press(w, "marta", deal, run, "note").Expect(200)
	w.Eventually("a command that sets nothing", 0, func() bool { return comments(w, deal, "noted") == 1 })
	comes(w, deal, "draft")
	require.Equal(t, 1, comments(w, deal, "draft in"), "the status was not left")
	press(w, "marta", deal, run, "submit").Expect(200)
	comes(w, deal, "review") // the last of two, and the rest of the handler has run
	require.Equal(t, 1, comments(w, deal, "still said"))
	require.Equal(t, 1, comments(w, deal, "draft out"))
	require.Zero(t, comments(w, deal, "closed in"))

	// The buttons tell who may press them, and the server asks again.
	seen := ofDeal(w, "marta", deal)
	require.Equal(t, []any{"approve", false, "notAllowed"}, []any{seen.At("items.0.commands.0.id"), seen.At("items.0.commands.0.can"), seen.At("items.0.commands.0.because")})
	require.Contains(t, seen.At("items.0.commands.0.people"), "henrik")
	require.NotEmpty(t, seen.Text("items.0.commands.0.reason"))
	require.Equal(t, true, seen.At("items.0.commands.1.can"), "%s", seen.Raw)
	require.Equal(t, "waiting", seen.Text("items.0.delays.0.state"))
	before := ofDeal(w, "ada", deal)
	require.Equal(t, false, before.At("items.0.commands.0.can"), "an administrator is not on the list either")
	for _, login := range []string{"marta", "ada"} {
		press(w, login, deal, run, "approve").Problem(403, "forbidden")
	}
	require.Equal(t, before.At("items.0.story"), ofDeal(w, "ada", deal).At("items.0.story"), "nothing has happened")

	later(w, 24*time.Hour+time.Second)
	w.Eventually("the reminder", 0, func() bool { return comments(w, deal, "reminded") == 1 })
	comes(w, deal, "review")
	require.Equal(t, "done", ofDeal(w, "marta", deal).Text("items.0.delays.0.state"))
	press(w, "marta", deal, run, "rework").Expect(200)
	comes(w, deal, "draft")
	require.Equal(t, 2, comments(w, deal, "draft in"), "a status may come again")
	press(w, "marta", deal, run, "submit").Expect(200)
	comes(w, deal, "review")
	require.Equal(t, "waiting", ofDeal(w, "marta", deal).Text("items.0.delays.0.state"), "each stay has its delays")
	press(w, "henrik", deal, run, "approve").Expect(200)
	w.Eventually("a status without a way out ends the process", 0, func() bool { return ofDeal(w, "marta", deal).Text("items.0.status") == "completed" })
	require.Zero(t, comments(w, deal, "never said"), "an immediate change drops the rest")
	require.Equal(t, []string{"entered draft", "command note", "command submit", "entered review", "delay remind", "command rework", "entered draft", "command submit", "entered review",
		"command approve", "entered closed", "completed "}, story(w, deal))
	require.Equal(t, "henrik", ofDeal(w, "marta", deal).Text("items.0.story.9.by"))
	press(w, "henrik", deal, run, "approve").Problem(409, "action_refused")
	// It is a run like any other, and hidden among the processes that people draw.
	require.Equal(t, "status-order-approval", w.As("ada").Get("/runs/"+run).Expect(200).Text("definitionKey"))
	require.NotContains(t, string(w.As("ada").Get("/definitions?limit=200").Expect(200).Raw), "status-order-approval")
}

// covers B-08: of several who press at once one has the turn, and a command is
// given once.
func TestCommandsAtOnce(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	w.As("ada").Post("/status-processes", template("Race", aStatus("open", "commands", list{
		aCommand("yes", []any{"marta", "henrik"}, says("y", "yes"), sets("y2", "done")), aCommand("no", []any{"marta", "henrik"}, says("n", "no"), sets("n2", "done"))}),
		aStatus("done"))).Expect(201)
	deal := aDeal(w, "Race")
	run := begun(w, deal, "race")
	comes(w, deal, "open")
	turn := int(ofDeal(w, "marta", deal).At("items.0.turn").(float64))
	w.As("henrik")
	require.Equal(t, map[int]int{200: 1, 409: 7}, statuses(atOnce(8, func(i int) *apptest.Answer {
		return w.As([]string{"marta", "henrik"}[i%2]).Post("/records/deal/"+deal+"/status-processes/"+run+"/commands", map[string]any{"command": []string{"yes", "no"}[i/4], "turn": turn})
	})))
	w.Eventually("the end", 0, func() bool { return ofDeal(w, "marta", deal).Text("items.0.status") == "completed" })
	require.Equal(t, 1, comments(w, deal, "yes")+comments(w, deal, "no"))
}

// A condition and a step that is under way keep a button from being pressed, and
// the page says so. A date of the record is waited for.
//
// covers B-04, B-08
func TestWhyAButtonCannotBePressed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	big := aCommand("big", nil, map[string]any{"id": "ask", "robot": "userTask", "name": "Look at it", "config": map[string]any{"assignee": "henrik"}})
	big["when"] = "record.amount.amount >= 1000"
	w.As("ada").Post("/status-processes", template("Why", aStatus("open", "commands", list{big}, "delays", list{
		map[string]any{"id": "close", "timing": map[string]any{"mode": "date", "direction": "at", "field": "expectedCloseAt"}, "steps": list{sets("x", "over")}}}), aStatus("over"))).Expect(201)
	deal := aDeal(w, "Why")
	run := begun(w, deal, "why")
	comes(w, deal, "open")
	seen := ofDeal(w, "marta", deal)
	require.Equal(t, "condition", seen.Text("items.0.commands.0.because"))
	require.Equal(t, "record.amount.amount", seen.Text("items.0.commands.0.values.0.name"))
	require.Equal(t, "noDate", seen.Text("items.0.delays.0.state"))
	press(w, "marta", deal, run, "big").Problem(409, "action_refused")
	changeDeal(w, deal, map[string]any{"amount": 100000, "expectedCloseAt": w.Clock.Now().Add(48 * time.Hour).Format(time.RFC3339)})
	press(w, "marta", deal, run, "big").Expect(200)
	task := w.Task("henrik", "Look at it")
	seen = ofDeal(w, "marta", deal)
	require.Equal(t, "busy", seen.Text("items.0.commands.0.because"))
	require.Equal(t, "Look at it", seen.Text("items.0.working.0.name"))
	press(w, "marta", deal, run, "big").Problem(409, "action_refused")
	later(w, 49*time.Hour) // the date passes while the step is under way: it comes after it
	w.Eventually("due", 0, func() bool { return ofDeal(w, "marta", deal).Text("items.0.delays.0.state") == "due" })
	require.Equal(t, "open", ofDeal(w, "marta", deal).Text("items.0.current.id"))
	w.As("henrik").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
	w.Eventually("over", 0, func() bool { return ofDeal(w, "marta", deal).Text("items.0.status") == "completed" })
	require.Equal(t, []string{"entered open", "command big", "delay close", "entered over", "completed "}, story(w, deal))
}

// Processes start by an event of a record and by a robot; what is under way keeps
// its rules, and keeps its template from being deleted.
//
// covers B-02, B-13, B-14, B-15
func TestStartsOfStatusProcesses(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	one := template("On entry", aStatus("open", "entry", list{says("e", "begun by the stage")}, "commands", list{aCommand("go", nil, sets("x", "done"))}), aStatus("done"))
	one["start"] = map[string]any{"byHand": false, "on": list{{"on": "stageEntered", "pipeline": "sales", "stage": "qualified"}}}
	made := ada.Post("/status-processes", one).Expect(201)
	deal := aDeal(w, "Staged")
	w.As("marta").Post("/records/deal/"+deal+"/status-processes", map[string]any{"process": "on-entry"}).Problem(409, "action_refused")
	require.Zero(t, ofDeal(w, "marta", deal).Len("startable"))
	moveTo(w, deal, "qualified")
	comes(w, deal, "open")
	require.Equal(t, 1, comments(w, deal, "begun by the stage"))
	ada.Do("DELETE", "/status-processes/on-entry", nil, "If-Match", made.ETag()).Problem(409, "action_refused")

	// New rules are for new processes.
	one["statuses"] = list{aStatus("open", "commands", list{aCommand("other", nil, sets("x", "done"))}), aStatus("done")}
	one["start"] = map[string]any{"byHand": true}
	ada.Do("PUT", "/status-processes/on-entry", one, "If-Match", `"7"`).Problem(409, "stale")
	next := ada.Do("PUT", "/status-processes/on-entry", one, "If-Match", made.ETag()).Expect(200)
	require.EqualValues(t, 2, next.At("process.version"))
	require.Equal(t, "go", ofDeal(w, "marta", deal).Text("items.0.commands.0.id"))
	run := ofDeal(w, "marta", deal).Text("items.0.run")
	press(w, "marta", deal, run, "go").Expect(200)
	w.Eventually("the end", 0, func() bool { return ofDeal(w, "marta", deal).Text("items.0.status") == "completed" })

	// The robot that runs a process.
	putBoard(w, map[string][]map[string]any{"contract": {robot("runs", "process.run", rightAway, map[string]any{"process": "status-on-entry"})}}).Expect(200)
	moveTo(w, deal, "contract")
	w.Eventually("started by the robot", 0, func() bool {
		a := ofDeal(w, "marta", deal)
		return a.Len("items") == 2 && a.Text("items.0.commands.0.id") == "other"
	})
	press(w, "marta", deal, ofDeal(w, "marta", deal).Text("items.0.run"), "other").Expect(200)
	w.Eventually("the end", 0, func() bool {
		a := ofDeal(w, "marta", deal)
		return a.Text("items.0.status") == "completed" && a.Text("items.1.status") == "completed"
	})
	ada.Do("DELETE", "/status-processes/on-entry", nil, "If-Match", next.ETag()).Expect(204)
	ada.Get("/status-processes/on-entry").Problem(404, "not_found")
}

// What is wrong is said at its place; what is allowed and cannot be meant is a warning.
//
// covers B-02, B-05
func TestFindingsOfStatusProcesses(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	at := func(a *apptest.Answer) map[string]string {
		out := map[string]string{}
		for i := range a.Len("errors") {
			out[a.Text(fmt.Sprintf("errors.%d.path", i))] = a.Text(fmt.Sprintf("errors.%d.code", i))
		}
		return out
	}
	bad := template("Bad", aStatus("a", "exit", list{sets("x", "a")}, "entry", list{sets("y", "nowhere"), says("y", "twice")},
		"commands", list{aCommand("c", []any{"nobody"}, says("z", "", "robot", "no.such"))},
		"delays", list{map[string]any{"id": "d", "timing": rightAway, "steps": list{}}}))
	bad["initial"] = "b"
	require.Equal(t, map[string]string{"/initial": "unknown_reference", "/statuses/0/exit/0/robot": "status_set_in_exit", "/statuses/0/entry/0/config/status": "unknown_reference",
		"/statuses/0/entry/1/id": "duplicate", "/statuses/0/commands/0/allowed/0": "unknown_user", "/statuses/0/commands/0/steps/0/robot": "unknown_kind",
		"/statuses/0/delays/0/timing/mode": "one_of"}, at(ada.Post("/status-processes", bad).Problem(422, "validation")))
	// What the checks of processes find stands at its place, too.
	wrong := template("Wrong", aStatus("a", "entry", list{says("x", "", "config", map[string]any{}), says("y", "z", "when", "record.nothing > 1")}))
	found := at(ada.Post("/status-processes", wrong).Problem(422, "findings"))
	require.Contains(t, found, "/statuses/0/entry/0/config/text")
	require.Contains(t, found, "/statuses/0/entry/1/when")
	odd := ada.Post("/status-processes", template("Odd",
		aStatus("a", "entry", list{setsNow("x", "b"), says("never", "z")}, "commands", list{aCommand("c", nil)}),
		aStatus("b", "exit", list{says("y", "z")}), aStatus("lost"))).Expect(201)
	var codes []string
	for i := range odd.Len("findings") {
		codes = append(codes, odd.Text(fmt.Sprintf("findings.%d.code", i))+" "+odd.Text(fmt.Sprintf("findings.%d.path", i)))
	}
	require.ElementsMatch(t, []string{"status_step_dropped /statuses/0/entry/1", "status_wait_skipped /statuses/0", "status_exit_never_runs /statuses/1/exit", "status_unreachable /statuses/2"}, codes)
	w.As("marta").Post("/status-processes", template("Mine", aStatus("a"))).Problem(403, "forbidden")
	require.Equal(t, 1, w.As("marta").Get("/status-processes?type=deal").Expect(200).Len("items"))
}
