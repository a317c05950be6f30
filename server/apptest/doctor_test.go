package apptest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// doctor looks at runs and does what it is told would move them.
type doctor struct {
	t    *testing.T
	w    *apptest.World
	name string
	did  map[string]int // events by kind
}

func (d *doctor) outlook(run string) *apptest.Answer {
	return d.w.As("oscar").Get("/runs/" + run + "/outlook").Expect(200)
}

func (d *doctor) seq(run string) any {
	return d.w.As("oscar").Get("/runs/" + run).Expect(200).At("seq")
}

// answer completes a task as each of the people it asks.
func (d *doctor) answer(m *apptest.Answer, at string) {
	task := m.Text(at + ".wait")
	for i := range m.Len(at + ".people") {
		id := m.Text(fmt.Sprintf("%s.people.%d.id", at, i))
		if strings.HasPrefix(id, "group:") {
			id = "anna" // of accounting
		}
		who := d.w.As(id)
		seen := who.Get("/tasks/" + task)
		if seen.Status != 200 || seen.At("canComplete") == false {
			continue // decided by those before
		}
		answer := map[string]any{"comment": "as asked"}
		if seen.Len("config.outcomes") > 0 {
			answer["outcome"] = seen.Text("config.outcomes.0.name")
		}
		values := map[string]any{}
		for k := range seen.Len("config.form") {
			field := fmt.Sprintf("config.form.%d.", k)
			switch seen.Text(field + "type") {
			case "number", "integer":
				values[seen.Text(field+"name")] = 3
			case "boolean":
				values[seen.Text(field+"name")] = true
			default:
				values[seen.Text(field+"name")] = "box"
				if o := seen.Text(field + "options.0.value"); o != "" {
					values[seen.Text(field+"name")] = o
				}
			}
		}
		answer["values"] = values
		who.Post("/tasks/"+task+"/completion", answer).Expect(200)
	}
}

// move does what one mover stands for.
func (d *doctor) move(run string, m *apptest.Answer, at string) {
	oscar := d.w.As("oscar")
	kind, name := m.Text(at+".kind"), m.Text(at+".name")
	d.did[kind]++
	before := d.seq(run)
	switch kind {
	case "task":
		d.answer(m, at)
	case "timer", "timeout":
		due, err := time.Parse(time.RFC3339, m.Text(at+".dueAt"))
		require.NoError(d.t, err)
		d.w.Clock.Advance(max(due.Sub(d.w.Clock.Now()), 0) + time.Second)
		d.w.SignOutAll()
	case "message":
		oscar.Post("/messages", map[string]any{"id": fmt.Sprint(d.name, d.did), "name": name, "key": m.Text(at + ".key"), "body": map[string]any{"no": 7}}).Expect(202)
	case "signal":
		oscar.Post("/signals", map[string]any{"name": name}).Expect(202)
	case "condition":
		variable, _, _ := strings.Cut(strings.TrimPrefix(name, "vars."), " ")
		value := any(true)
		if strings.Contains(name, ">") {
			value = 1000
		}
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{variable: value}}).Expect(202)
	case "child":
		child := m.Text(at + ".run")
		inner := d.outlook(child)
		d.move(child, inner, "movers.0")
	}
	d.w.Eventually(fmt.Sprintf("%s: %s %s moves it", d.name, kind, m.Text(at+".node")), 50*time.Millisecond, func() bool { return d.seq(run) != before })
}

// Every node kind of the documentation runs live: at each rest nothing is flagged, the
// events that are listed are at least one, and injecting one of them moves the run.
//
// covers 5.13, U-01
func TestEveryListedEventMovesAHealthyRun(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	files, err := fs.Glob(schemas.FS, "examples/semantics/*.json")
	require.NoError(t, err)
	crowd := strings.NewReplacer(`"ann"`, `"anna"`, `\"ann\"`, `\"anna\"`, `"ben"`, `"marta"`, `"bob"`, `"dana"`, `"cleo"`, `"ada"`, `"boss"`, `"henrik"`, `"guard"`, `"oscar"`, `"warehouse"`, `"accounting"`)
	did := map[string]int{}
	looked := 0
	for _, file := range files {
		base := strings.TrimSuffix(path.Base(file), ".json")
		if base == "robot" || strings.HasSuffix(base, ".texts") {
			continue // its robots call what is not there: an incident, which is told
		}
		text, err := fs.ReadFile(schemas.FS, file)
		require.NoError(t, err)
		key := strings.ToLower("healthy-" + base)
		var process map[string]any
		require.NoError(t, json.Unmarshal([]byte(crowd.Replace(string(text))), &process))
		process["key"] = key
		delete(process, "scenarios")
		for _, n := range process["nodes"].([]any) { // the examples are of robots as such, this is of ours
			if config, ok := n.(map[string]any)["config"].(map[string]any); ok && n.(map[string]any)["kind"] == "robot" {
				if to, is := config["to"].(string); is {
					config["to"] = []any{to}
				}
			}
		}
		mended, err := json.Marshal(process)
		require.NoError(t, err)
		mended = bytes.ReplaceAll(mended, []byte(`"semantics-callActivity"`), []byte(`"healthy-callactivity"`))
		publishText(t, w, key, string(mended))
		parameters := map[string]any{}
		given, _ := process["parameters"].([]any)
		for _, one := range given {
			of := one.(map[string]any)
			parameters[of["name"].(string)] = any(3)
			if of["type"] == "string" {
				parameters[of["name"].(string)] = "Alder"
			}
		}
		run := w.As("oscar").Post("/definitions/"+key+"/runs", map[string]any{"parameters": parameters}).Expect(202).Text("id")
		d := &doctor{t: t, w: w, name: base, did: did}
		for step := 0; ; step++ {
			require.Less(t, step, 40, "%s goes round", base)
			seen := d.outlook(run)
			looked++
			require.Zero(t, seen.Len("findings"), "%s: a false flag: %s", base, seen.Raw)
			verdict := seen.Text("verdict")
			if verdict == "ended" {
				break
			}
			require.Contains(t, []string{"waiting", "moving"}, verdict, "%s: %s", base, seen.Raw)
			open := []string{}
			for i := range seen.Len("movers") {
				at := fmt.Sprintf("movers.%d", i)
				require.Empty(t, seen.Text(at+".hopeless"), "%s: %s", base, seen.Raw)
				if seen.Text(at+".kind") != "join" { // what leads to it is listed by itself
					open = append(open, at)
				}
			}
			require.NotEmpty(t, open, "%s: nothing could move it: %s", base, seen.Raw)
			d.move(run, seen, open[step%len(open)])
		}
	}
	for _, kind := range []string{"task", "timer", "message", "signal", "condition"} {
		require.NotZero(t, did[kind], "no %s among what moved runs: %v", kind, did)
	}
	require.Greater(t, looked, 40)
}

// Planted: runs that nothing can move are told at once, each with what is wrong and
// with repairs of which the first that is complete does move it.
//
// covers 5.13, B-77
func TestPlantedDeadlocksAreFlagged(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, oscar := w.As("ada"), w.As("oscar")
	starved := func(kind string) string {
		return fmt.Sprintf(`{"format":"fluxo/process@1","key":"%%s","name":"Starved","variables":[{"name":"a","type":"boolean","default":true}],
			"nodes":[{"id":"s","kind":"startEvent"},{"id":"x","kind":%q,"default":"f3"},{"id":"b","kind":"task"},{"id":"c","kind":"task"},{"id":"j","kind":"parallelGateway"},{"id":"e","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"s","to":"x"},{"id":"f2","from":"x","to":"b","when":"vars.a"},{"id":"f3","from":"x","to":"c"},{"id":"f4","from":"b","to":"j"},{"id":"f5","from":"c","to":"j"},{"id":"f6","from":"j","to":"e"}]}`,
			kind)
	}
	one := func(task string) string {
		return `{"format":"fluxo/process@1","key":"%s","name":"One task","nodes":[{"id":"s","kind":"startEvent"},` + task + `,{"id":"e","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"s","to":"w"},{"id":"f2","from":"w","to":"e"}]}`
	}
	disable := func(login string) {
		user := ada.Get("/users/" + login).Expect(200)
		ada.Do("PATCH", "/users/"+login, map[string]any{"active": false}, "If-Match", user.ETag()).Expect(200)
	}
	for i, c := range []struct {
		code, text string
		plant      func()
	}{
		{"join_starved", starved("exclusiveGateway"), nil},
		{"join_starved", starved("inclusiveGateway"), nil},
		{"nobody_active", one(`{"id":"w","kind":"userTask","config":{"assignee":"anna"}}`), func() { disable("anna") }},
		{"nobody_active", strings.Replace(one(`{"id":"w","kind":"approval","config":{"approvers":["dana"],"outcomes":[{"name":"yes","positive":true},{"name":"no"}]}}`),
			`"from":"w","to":"e"}`, `"from":"w","port":"yes","to":"e"},{"id":"f3","from":"w","port":"no","to":"e"}`, 1), func() { disable("dana") }},
		{"timer_far", one(`{"id":"w","kind":"catchEvent","trigger":{"timer":{"at":"2090-01-01T00:00:00Z"}}}`), nil},
		{"incident", one(`{"id":"w","kind":"userTask","config":{"assignee":{"expr":"steps.s.nobody"}}}`), nil},
	} {
		key := fmt.Sprintf("planted-%d", i)
		publishByAda(t, w, key, fmt.Sprintf(c.text, key))
		run := oscar.Post("/definitions/"+key+"/runs", map[string]any{}).Expect(202).Text("id")
		if c.plant != nil {
			require.Equal(t, "waiting", oscar.Get("/runs/"+run+"/outlook").Expect(200).Text("verdict"), "%s: healthy before", c.code)
			c.plant()
		}
		began := time.Now()
		seen := oscar.Get("/runs/" + run + "/outlook").Expect(200)
		require.Less(t, time.Since(began), time.Second)
		require.Equal(t, "stuck", seen.Text("verdict"), "%s: %s", c.code, seen.Raw)
		codes := []string{}
		moved := false
		for f := range seen.Len("findings") {
			codes = append(codes, seen.Text(fmt.Sprintf("findings.%d.code", f)))
			for r := range seen.Len(fmt.Sprintf("findings.%d.repairs", f)) {
				repair, _ := seen.At(fmt.Sprintf("findings.%d.repairs.%d", f, r)).(map[string]any)
				preview := oscar.Post("/runs/"+run+"/actions/preview", repair)
				if moved || preview.Status != 200 || preview.Text("verdict") != "does" || repair["action"] == "retry" {
					continue // somebody has to be named, or the cause mended first
				}
				before := oscar.Get("/runs/" + run).Expect(200).At("seq")
				oscar.Post("/runs/"+run+"/actions", repair).Expect(202)
				require.NotEqual(t, before, oscar.Get("/runs/"+run).Expect(200).At("seq"))
				moved = true
			}
		}
		require.Contains(t, codes, c.code, "%s", seen.Raw)
		require.True(t, moved, "%s: no repair moves it: %s", c.code, seen.Raw)
	}
	// A record that is gone is told as well.
	publishByAda(t, w, "about", `{"format":"fluxo/process@1","key":"about","name":"About a deal","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
		{"id":"w","kind":"userTask","config":{"assignee":"marta"}},{"id":"e","kind":"endEvent"}],"flows":[{"id":"f1","from":"s","to":"w"},{"id":"f2","from":"w","to":"e"}]}`)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "To be thrown away"}).Expect(201)
	run := ada.Post("/definitions/about/runs", map[string]any{"recordType": "deal", "recordId": deal.Text("id")}).Expect(202).Text("id")
	require.Zero(t, ada.Get("/runs/"+run+"/outlook").Expect(200).Len("findings"))
	ada.Do("DELETE", "/records/deal/"+deal.Text("id"), nil, "If-Match", deal.ETag()).Expect(204)
	require.Equal(t, "record_gone", ada.Get("/runs/"+run+"/outlook").Expect(200).Text("findings.0.code"))
}

// publishByAda publishes a process as the administrator.
func publishByAda(t *testing.T, w *apptest.World, key, text string) {
	t.Helper()
	ada := w.As("ada")
	ada.Post("/definitions", map[string]any{"key": key, "name": key}).Expect(201)
	draft := ada.Get("/definitions/" + key).Expect(200)
	saved := ada.Do("PUT", "/definitions/"+key+"/draft", text, "If-Match", draft.ETag()).Expect(200)
	confirm := []any{}
	for i := range saved.Len("findings") {
		confirm = append(confirm, saved.Text(fmt.Sprintf("findings.%d.code", i)))
	}
	ada.Post("/definitions/"+key+"/versions", map[string]any{"confirm": confirm}, "If-Match", saved.ETag()).Expect(201)
}
