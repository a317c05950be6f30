package repair

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// actionPlan does several things to a run together, or none of them.
const actionPlan = "plan"

// planned are the actions of which a plan may consist.
var planned = []string{"move", "place", "skip", "retry", "cancelScope", "fire", "setVariables"}

// Step is one change of a plan. Its members mean what they mean in a Wish.
type Step struct {
	Action    string         `json:"action" enum:"move,place,skip,retry,cancelScope,fire,setVariables"`
	Incident  string         `json:"incident,omitempty" maxLength:"300"`
	Variables map[string]any `json:"variables,omitempty"`
	Port      string         `json:"port,omitempty" maxLength:"200"`
	Node      string         `json:"node,omitempty" maxLength:"200"`
	Token     string         `json:"token,omitempty" maxLength:"40"`
	To        string         `json:"to,omitempty" maxLength:"200"`
	Place     string         `json:"place,omitempty" enum:"before,after"`
	Flow      string         `json:"flow,omitempty" maxLength:"200"`
	Scope     string         `json:"scope,omitempty" maxLength:"40"`
	End       bool           `json:"end,omitempty"`
}

// wish is a step by itself, for the reason of its plan.
func (s Step) wish(reason string) Wish {
	return Wish{Action: s.Action, Incident: s.Incident, Variables: s.Variables, Port: s.Port, Node: s.Node, Token: s.Token, To: s.To,
		Place: s.Place, Flow: s.Flow, Scope: s.Scope, End: s.End, Reason: reason}
}

// checkPlan refuses plans that are incomplete in themselves.
func (w Wish) checkPlan() error {
	if len(w.Steps) == 0 {
		return problem.Invalid("/steps", "required", "")
	}
	if len(w.Steps) > core.MaxPlan {
		return problem.Invalid("/steps", "out_of_range", fmt.Sprint(core.MaxPlan))
	}
	for i, s := range w.Steps {
		at := fmt.Sprintf("/steps/%d", i)
		if !slices.Contains(planned, s.Action) {
			return problem.Invalid(at+"/action", "one_of", strings.Join(planned, ", "))
		}
		if missing := s.wish("").needs(); missing != "" {
			return problem.Invalid(at+missing, "required", "")
		}
	}
	return nil
}

// planActs are the events of the steps as one event.
func (w Wish) planActs(state *core.State, run store.Run, bulk bool) (acts []host.Act, why string) {
	var plan core.PlanBody
	for _, s := range w.Steps {
		parts, why := s.wish(w.Reason).acts(state, run, bulk)
		if why != "" {
			return nil, why
		}
		for _, part := range parts {
			body, err := json.Marshal(part.Body)
			if err != nil { // of values that were read from JSON
				return nil, "refused"
			}
			plan.Acts = append(plan.Acts, core.PlanAct{Kind: part.Kind, Body: body})
		}
	}
	return []host.Act{{Kind: core.PlanRequested, Body: plan}}, ""
}

// blocked is the number of the step that stands in the way of a plan, from 1.
func blocked(rec core.Record) int {
	var n int
	if _, err := fmt.Sscan(fmt.Sprint(rec.Body["act"]), &n); err != nil {
		return 0 // of no plan
	}
	return n
}

// told are the steps as the audit trail keeps them.
func (w Wish) told() []string {
	var out []string
	for _, s := range w.Steps {
		words := []string{s.Action}
		for _, word := range []string{s.Node, s.Incident, s.Token, s.Scope, s.Place, s.To, s.Flow, s.Port} {
			if word != "" {
				words = append(words, word)
			}
		}
		for _, name := range sortedNames(s.Variables) {
			value, err := json.Marshal(s.Variables[name])
			if err != nil {
				continue // read from JSON
			}
			words = append(words, name+"="+string(value))
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func sortedNames(values map[string]any) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
