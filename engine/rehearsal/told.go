package rehearsal

import (
	"maps"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
)

// told is the result of a task in the shape that it has live: what the scenario
// says, the values that a form stands at when nobody changes them, and who did
// what where several people are asked.
func (w *world) told(o open, r Reply, outcome string) core.Values {
	known := w.asked[o.wait.ID]
	out := core.Values{"comment": ""}
	if outcome != graph.PortRefused {
		for _, field := range graph.Form(known.config) {
			if value, err := decode(field.Default); err == nil && value != nil {
				if _, computed := expr.ExpressionIn(value); !computed {
					out[field.Name] = value
				}
			}
		}
	}
	act := func(user string, more map[string]any) map[string]any {
		vote := map[string]any{"user": user, "comment": "", "at": clock.Time(clock.Now(w.clock)).Format("2006-01-02T15:04:05.000Z07:00")}
		if text, ok := r.Result["comment"].(string); ok {
			vote["comment"] = text
		}
		maps.Copy(vote, more)
		return vote
	}
	by := r.By
	if by == "" && len(known.users) > 0 {
		by = known.users[0]
	}
	switch o.node.Kind.Key {
	case "approval":
		out["votes"] = []any{act(by, map[string]any{"outcome": outcome})}
	case "acknowledge":
		people := known.users
		if len(people) == 0 {
			people = []string{by}
		}
		read := make([]any, 0, len(people))
		for _, user := range people {
			read = append(read, act(user, nil))
		}
		out["acknowledged"], out["missing"] = read, []any{}
	case "requestInformation":
		refusals := []any{}
		if outcome == graph.PortRefused {
			refusals = append(refusals, act(by, nil))
		}
		out["refusals"] = refusals
	}
	maps.Copy(out, r.Result)
	return out
}
