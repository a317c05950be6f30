package core_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
)

// place says what may stand in a scope that is drawn.
type place struct {
	depth   int
	inside  bool // of another scope
	cancels bool // inside a transaction
}

func (p place) inner(transaction bool) place {
	return place{depth: p.depth - 1, inside: true, cancels: p.cancels || transaction}
}

// wildScope draws nodes of every kind with flows at random between them.
func wildScope(t *rapid.T, next *int, p place) (nodes, flows string) {
	var all, sources, targets []string
	add := func(kind, more string, in, out bool) string {
		*next++
		id := fmt.Sprintf("n%d", *next)
		all = append(all, fmt.Sprintf(`{"id":%q,"kind":%q%s}`, id, kind, more))
		if in {
			targets = append(targets, id)
		}
		if out {
			sources = append(sources, id)
		}
		return id
	}
	add("startEvent", "", false, true)
	add("userTask", "", true, true)
	kinds := []string{"task", "task", "robot", "set", "exclusive", "parallel", "inclusive", "timer", "message", "end", "terminate", "throw", "disabled", "call", "step",
		"escalate", "undo", "undo", "undoable", "undoable", "signal", "broadcast", "condition", "race", "complex", "complex"}
	if p.depth > 0 {
		kinds = append(kinds, "sub", "sub", "handler", "handler", "transaction")
	}
	if p.inside {
		kinds = append(kinds, "undoing")
	}
	if p.cancels {
		kinds = append(kinds, "cancel", "cancel")
	}
	undone := false
	var edges []string
	trigger := func(label string) string {
		return rapid.SampledFrom([]string{`{"timer":{"after":"PT1H"}}`, `{"timer":{"every":"PT1H","times":2}},"interrupting":false`,
			`{"message":{"name":"m","into":"v"}},"interrupting":false`, `{"message":{"name":"m"}}`, `{"error":{}}`, `{"error":{"code":"late"}}`,
			`{"escalation":{}}`, `{"escalation":{"code":"late"}},"interrupting":false`, `{"signal":{"code":"s","into":"v"}}`, `{"signal":{"code":"s"}},"interrupting":false`,
			`{"conditional":"record.c"}`, `{"conditional":"c"},"interrupting":false`, `{"all":[{"signal":{"code":"s","into":"v"}},{"message":{"name":"m"}}]}`,
			`{"any":[{"signal":{"code":"s"}},{"conditional":"c"}]},"interrupting":false`}).Draw(t, label)
	}
	for range rapid.IntRange(2, 8).Draw(t, "nodes") {
		host := ""
		switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
		case "task":
			host = add("userTask", repetition(t, next), true, true)
		case "call":
			host = add("callActivity", `,"config":{"process":"other","out":[{"name":"v","value":{"expr":"e"}}]}`+repetition(t, next), true, true)
		case "step":
			add("task", repetition(t, next), true, true)
		case "robot":
			policy := rapid.SampledFrom([]string{"", `,"policy":{"onError":"continue"}`}).Draw(t, "policy")
			host = add("robot", `,"robot":"x"`+policy+repetition(t, next), true, true)
		case "set":
			add("setVariables", `,"config":{"set":[{"name":"v","value":{"expr":"e"}}]}`, true, true)
		case "timer":
			add("catchEvent", `,"trigger":{"timer":{"after":"PT1H"}}`, true, true)
		case "message":
			add("catchEvent", `,"trigger":{"message":{"name":"m","into":"v"}}`, true, true)
		case "signal":
			add("catchEvent", `,"trigger":{"signal":{"code":"s","into":"v"}}`, true, true)
		case "broadcast":
			add("throwEvent", `,"effect":{"signal":{"code":"s"}}`, true, true)
		case "condition":
			add("catchEvent", fmt.Sprintf(`,"trigger":{"conditional":"record.c%d"}`, *next), true, true)
		case "race":
			gateway := add("eventGateway", "", true, false)
			for range rapid.IntRange(1, 3).Draw(t, "events") {
				trigger := rapid.SampledFrom([]string{`{"signal":{"code":"s"}}`, `{"message":{"name":"m","into":"v"}}`, `{"timer":{"after":"PT1H"}}`, `{"conditional":"c"}`}).Draw(t, "race")
				event := add("catchEvent", `,"trigger":`+trigger, false, true)
				*next++
				edges = append(edges, fmt.Sprintf(`{"id":"f%d","from":%q,"to":%q}`, *next, gateway, event))
			}
		case "complex":
			add("complexJoin", `,"need":1`, true, true)
		case "end":
			add("endEvent", "", true, false)
		case "terminate":
			add("endEvent", `,"effect":{"terminate":true}`, true, false)
		case "throw":
			add("endEvent", `,"effect":{"error":{"code":"late"}}`, true, false)
		case "escalate":
			add("throwEvent", `,"effect":{"escalation":{"code":"late"}}`, true, true)
		case "undo":
			wait := rapid.SampledFrom([]string{"true", "false"}).Draw(t, "wait")
			kind := rapid.SampledFrom([]string{"throwEvent", "endEvent"}).Draw(t, "at")
			add(kind, `,"effect":{"compensation":"","wait":`+wait+`}`, true, kind == "throwEvent")
		case "cancel":
			add("endEvent", `,"effect":{"cancel":true}`, true, false)
		case "undoable":
			handler := add("userTask", "", false, false)
			host = add(rapid.SampledFrom([]string{"userTask", "robot"}).Draw(t, "done"), `,"handler":"`+handler+`"`, true, true)
			last := &all[len(all)-1]
			*last = strings.Replace(*last, `"kind":"robot"`, `"kind":"robot","robot":"x"`, 1)
			if rapid.Bool().Draw(t, "repeats") {
				*last = strings.TrimSuffix(*last, "}") + `,"each":{"count":2}}`
			}
		case "undoing":
			if !undone {
				undone = true
				inner, innerFlows := wildScope(t, next, place{inside: true})
				inner = strings.Replace(inner, `"kind":"startEvent"`, `"kind":"startEvent","trigger":{"compensation":true}`, 1)
				add("subProcess", `,"event":true,"nodes":[`+inner+`],"flows":[`+innerFlows+`]`, false, false)
			}
		case "transaction":
			inner, innerFlows := wildScope(t, next, p.inner(true))
			host = add("subProcess", `,"transaction":true,"nodes":[`+inner+`],"flows":[`+innerFlows+`]`, true, true)
			add("boundaryEvent", fmt.Sprintf(`,"attachedTo":%q,"trigger":{"cancel":true}`, host), false, true)
		case "disabled":
			add("userTask", `,"disabled":true`, true, true)
		case "sub":
			inner, innerFlows := wildScope(t, next, p.inner(false))
			host = add("subProcess", `,"variables":[{"name":"v","type":"any"}],"nodes":[`+inner+`],"flows":[`+innerFlows+`]`+repetition(t, next), true, true)
		case "handler":
			inner, innerFlows := wildScope(t, next, p.inner(false))
			inner = strings.Replace(inner, `"kind":"startEvent"`, `"kind":"startEvent","trigger":`+trigger("handled"), 1)
			add("subProcess", `,"event":true,"variables":[{"name":"v","type":"any"}],"nodes":[`+inner+`],"flows":[`+innerFlows+`]`, false, false)
		default:
			add(kind+"Gateway", "", true, true)
		}
		if host != "" && rapid.Bool().Draw(t, "boundary") {
			add("boundaryEvent", fmt.Sprintf(`,"attachedTo":%q,"trigger":%s`, host, trigger("trigger")), false, true)
		}
	}
	for _, from := range sources {
		for range rapid.IntRange(0, 2).Draw(t, "outgoing") {
			*next++
			when := ""
			if rapid.Bool().Draw(t, "conditional") {
				when = fmt.Sprintf(`,"when":"c%d"`, *next)
			}
			edges = append(edges, fmt.Sprintf(`{"id":"f%d","from":%q,"to":%q%s}`, *next, from, rapid.SampledFrom(targets).Draw(t, "to"), when))
		}
	}
	for i, n := range all {
		if strings.Contains(n, `"need":1`) && strings.HasPrefix(n, `{"id":`) && rapid.Bool().Draw(t, "several") {
			id, _, _ := strings.Cut(strings.TrimPrefix(n, `{"id":"`), `"`)
			if into := strings.Count(strings.Join(edges, ","), fmt.Sprintf(`"to":%q`, id)); into > 1 && strings.HasPrefix(n, fmt.Sprintf(`{"id":%q,"kind":"complexJoin"`, id)) {
				all[i] = strings.Replace(n, `"need":1`, fmt.Sprintf(`"need":%d`, into), 1)
			}
		}
	}
	return strings.Join(all, ","), strings.Join(edges, ",")
}

// repetition draws whether and how an activity repeats.
func repetition(t *rapid.T, next *int) string {
	*next++
	drawn := rapid.SampledFrom([]string{"", "", `,"loop":{"while":"c%d","max":3}`, `,"loop":{"before":true,"while":"c%d"}`,
		`,"each":{"count":3,"parallel":true,"out":"v","until":"c%d"}`, `,"each":{"items":[1,2],"until":"c%d"}`,
		`,"each":{"count":{"expr":"e%d"},"parallel":true}`}).Draw(t, "repetition")
	return strings.Replace(drawn, "%d", fmt.Sprint(*next), 1)
}

// moody evaluates like chance, and now and then fails.
type moody struct{ chance }

func (m moody) Bool(source string, names core.Values, now core.Instant) (bool, error) {
	if now%7 == 3 {
		return false, &core.EvalError{Source: source, Line: 1, Column: 1, Message: "no such name", Values: core.Values{"vars.x": nil}}
	}
	return m.chance.Bool(source, names, now)
}

// wildRun draws an unstructured model and sends all kinds of events to a run of it,
// fitting or not: nothing is an error, and no inclusive join stands that awaits
// nothing.
func wildRun(t *rapid.T) *played {
	next := 0
	nodes, flows := wildScope(t, &next, place{depth: 2})
	p := play(t, compiled(t, nodes, flows), moody{chance{rapid.Uint32().Draw(t, "seed")}})
	const budget = 200
	p.apply(budget, core.RunStarted, "", core.StartBody{Record: &core.RecordRef{Type: "deal", ID: "d"}})
	for range rapid.IntRange(1, 30).Draw(t, "events") {
		s := p.state()
		waits := []core.WaitID{"r:1", "r:99", "r:2#2", "other:1", ""}
		for _, w := range s.Waits() {
			waits = append(waits, w.ID, w.ID)
		}
		incidents := []string{"r:i1", "none"}
		for _, i := range s.Incidents() {
			incidents = append(incidents, i.ID, i.ID)
		}
		w := rapid.SampledFrom(waits).Draw(t, "wait")
		switch rapid.IntRange(0, 18).Draw(t, "event") {
		case 0, 1:
			p.apply(budget, core.TaskCompleted, w, core.TaskBody{Outcome: rapid.SampledFrom([]string{"", "", "odd"}).Draw(t, "outcome")})
		case 2:
			p.apply(budget, core.TimerFired, w, nil)
		case 3:
			p.apply(budget, core.MessageArrived, w, core.MessageBody{Name: "m", Body: core.Values{"a": json.Number("1")}})
		case 4:
			p.apply(budget, core.EffectCompleted, w, core.EffectBody{Variables: core.Values{"v": "x"}})
		case 5:
			p.apply(budget, core.WaitFailed, w, core.FailureBody{Code: "late", Thrown: rapid.Bool().Draw(t, "thrown"), Message: "m"})
		case 6:
			p.apply(budget, core.RetryRequested, "", core.RetryBody{Incident: rapid.SampledFrom(incidents).Draw(t, "incident")})
		case 7:
			p.apply(budget, core.SkipRequested, "", core.SkipBody{Incident: rapid.SampledFrom(incidents).Draw(t, "incident"),
				Port: rapid.SampledFrom([]string{"", "", "odd", "f3", "n5"}).Draw(t, "port")})
		case 8:
			p.apply(budget, core.VariablesChanged, "", core.VariablesBody{Set: core.Values{"v": true}})
		case 9:
			p.apply(budget, core.ContinueRequested, "", nil)
		case 10:
			p.apply(budget, core.ChildCompleted, w, core.ChildBody{Status: rapid.SampledFrom([]core.Status{core.Completed, core.Failed, core.Canceled}).Draw(t, "status"),
				Code: "late", Thrown: rapid.Bool().Draw(t, "thrown"), Variables: core.Values{"v": "y"}})
		case 11:
			scopes := []core.ScopeID{"s1"}
			for _, sc := range s.Scopes() {
				scopes = append(scopes, sc.ID)
			}
			p.apply(budget, core.ScopeCancelRequested, "", core.ScopeBody{Scope: rapid.SampledFrom(scopes).Draw(t, "scope"), End: rapid.Bool().Draw(t, "end")})
		case 12:
			move := core.MoveBody{To: core.NodeID(fmt.Sprintf("n%d", rapid.IntRange(1, next).Draw(t, "to"))), Place: rapid.SampledFrom([]core.Place{core.Before, core.After}).Draw(t, "place")}
			for _, token := range s.Tokens() {
				if move.Token == "" || rapid.Bool().Draw(t, "this") {
					move.Token = token.ID
				}
			}
			p.apply(budget, core.MoveRequested, "", move)
		case 13:
			p.apply(budget, core.SignalArrived, "", core.SignalBody{Name: "s", At: core.Instant(p.at + 1), Body: core.Values{"a": "b"}})
		case 14:
			p.apply(budget, core.RecordChanged, "", core.RecordBody{Type: "deal", ID: rapid.SampledFrom([]string{"d", "d", "other"}).Draw(t, "record"), Fields: []string{"c"}})
		case 15, 16:
			p.atOnce(budget, wildPlan(t, s, next))
		default:
			if open := s.Waits(); len(open) > 0 {
				kind, wait, body := fitting(rapid.SampledFrom(open).Draw(t, "open"), p.g, p.at+1)
				p.apply(budget, kind, wait, body)
			}
		}
	}
	p.apply(budget, core.CancelRequested, "", nil)
	return p
}

// TestAnyEventIsApplied sends all kinds of events, fitting or not, to runs of
// wild models: nothing is an error, every step keeps the driver's invariants,
// and a cancel always ends the run.
func TestAnyEventIsApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if s := wildRun(t).state(); s.Status() == core.Active || s.Pending() {
			t.Fatal("not ended")
		}
	})
}
