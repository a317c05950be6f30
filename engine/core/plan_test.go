package core_test

import (
	"encoding/json"
	"fmt"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
)

// wildPlan draws acts that may fit the run or not.
func wildPlan(t *rapid.T, s *core.State, nodes int) core.PlanBody {
	node := func(name string) core.NodeID {
		return core.NodeID(fmt.Sprintf("n%d", rapid.IntRange(1, nodes).Draw(t, name)))
	}
	var tokens []core.TokenID
	for _, token := range s.Tokens() {
		tokens = append(tokens, token.ID)
	}
	scopes := []core.ScopeID{"s1"}
	for _, sc := range s.Scopes() {
		scopes = append(scopes, sc.ID)
	}
	incidents := []string{"none"}
	for _, i := range s.Incidents() {
		incidents = append(incidents, i.ID)
	}
	var plan core.PlanBody
	for range rapid.IntRange(0, 4).Draw(t, "acts") {
		var kind core.EventKind
		var body any
		switch rapid.IntRange(0, 7).Draw(t, "act") {
		case 0, 1:
			move := core.MoveBody{Node: node("from"), To: node("to"), Place: rapid.SampledFrom([]core.Place{core.Before, core.After}).Draw(t, "place")}
			if len(tokens) > 0 {
				move.Token = rapid.SampledFrom(tokens).Draw(t, "token")
			}
			kind, body = core.MoveRequested, move
		case 2:
			kind, body = core.PlaceRequested, core.PlaceBody{Node: node("at")}
		case 3:
			kind, body = core.ScopeCancelRequested, core.ScopeBody{Scope: rapid.SampledFrom(scopes).Draw(t, "scope"), End: rapid.Bool().Draw(t, "end")}
		case 4:
			kind, body = core.FireRequested, core.FireBody{Node: node("join")}
		case 5:
			kind, body = core.SkipRequested, core.SkipBody{Incident: rapid.SampledFrom(incidents).Draw(t, "incident")}
		case 6:
			kind, body = core.RetryRequested, core.RetryBody{Incident: rapid.SampledFrom(incidents).Draw(t, "incident")}
		default:
			kind, body = core.VariablesChanged, core.VariablesBody{Set: core.Values{"v": true}}
		}
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		plan.Acts = append(plan.Acts, core.PlanAct{Kind: kind, Body: text})
	}
	return plan
}

// atOnce sends a plan. One that is refused does what any other event does that is
// ignored: what was under way goes on, and conditions are tested again.
func (p *played) atOnce(budget int, plan core.PlanBody) {
	before := p.state()
	out := p.apply(budget, core.PlanRequested, "", plan)
	refused := len(out.Records) > 0 && out.Records[0].Kind == core.RecordEventIgnored && out.Records[0].Body["kind"] == string(core.PlanRequested)
	if !refused {
		return
	}
	ignored := core.Event{ID: "nothing", Kind: core.ChildCompleted, Wait: "other:1", At: core.Instant(p.at), Body: []byte(`{}`)}
	next, other, err := core.Fold(p.g, before, []core.Event{ignored}, p.eval, budget)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(other.Commands) != len(out.Commands) || len(other.Records) != len(out.Records) {
		p.t.Fatalf("a refused plan does %v and tells %v", out.Commands, out.Records)
	}
	if was, is := bare(p.t, next), bare(p.t, p.state()); was != is {
		p.t.Fatalf("a refused plan has changed the run:\n%s\n%s", was, is)
	}
}

// bare is a state as text.
func bare(t *rapid.T, s *core.State) string {
	text, err := json.Marshal(s.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
