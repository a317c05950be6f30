package access

import (
	"cmp"
	"fmt"
	"slices"
)

// Role is what the workspace decided of a role: one of its own, or the rights over
// records of a built-in one.
type Role struct {
	Name   string
	Rights []Right
}

// Right is one line of a role: an action on records, where, and how far. Without
// a type it holds for all types, without a pipeline for all pipelines, without a
// stage for all stages.
type Right struct {
	Action   Action `json:"action"`
	Type     string `json:"type,omitempty" maxLength:"100"`
	Pipeline string `json:"pipeline,omitempty" maxLength:"200"`
	Stage    string `json:"stage,omitempty" maxLength:"200"`
	Reach    Reach  `json:"reach"`
}

// Decidable lists the actions that rights of a workspace decide: those on records
// and on their automation.
func Decidable() []Action {
	return []Action{CRMView, CRMAdd, CRMEdit, CRMDelete, CRMExport, AutomationView, AutomationEdit}
}

// covers tells whether the right speaks of a place; "" is a place of its own, that
// of records of which nothing narrower is known.
func (r Right) covers(action Action, recordType, pipeline, stage string) bool {
	return r.Action == action && (r.Type == "" || r.Type == recordType) && (r.Pipeline == "" || r.Pipeline == pipeline) &&
		(r.Stage == "" || r.Stage == stage)
}

// depth is how narrow the place of a right is.
func (r Right) depth() int {
	switch {
	case r.Stage != "":
		return 3
	case r.Pipeline != "":
		return 2
	case r.Type != "":
		return 1
	}
	return 0
}

// reachOf is how far one role goes in a place: its narrowest right decides, and
// what the workspace decided of a built-in role replaces the table.
func (a Actor) reachOf(role string, action Action, recordType, pipeline, stage string) Reach {
	decided, own := a.Decided[role]
	best, found := Right{}, false
	for _, r := range decided.Rights {
		if r.covers(action, recordType, pipeline, stage) && (!found || r.depth() > best.depth()) {
			best, found = r, true
		}
	}
	switch {
	case found:
		return best.Reach
	case own && table[role] == nil:
		return Nothing
	}
	if usual := table[role][action]; usual == Nothing || !slices.Contains(clients, recordType) {
		return usual
	}
	return All // whoever may do something with records may do it with every client
}

// clients are the types of records that are clients.
var clients = []string{"contact", "company"}

// BeforeOwners gives lines that were decided when clients belonged to nobody, and any
// reach was all of them, the words that mean the same today.
func BeforeOwners(role string, lines []Right) []Right {
	actor := Actor{Roles: []string{role}, Decided: map[string]Role{role: {Rights: lines}}}
	out := slices.Clone(lines)
	for _, action := range Decidable() {
		for _, of := range clients {
			if reach := actor.ReachIn(action, of, "", ""); reach == Nothing || reach == All {
				continue
			}
			same := func(r Right) bool { return r.Action == action && r.Type == of && r.Pipeline == "" }
			out = append(slices.DeleteFunc(out, same), Right{Action: action, Type: of, Reach: All})
		}
	}
	return out
}

// ReachIn tells how far the actor goes with records of a type in a pipeline and
// stage: the widest of the roles.
//
// covers B-72
func (a Actor) ReachIn(action Action, recordType, pipeline, stage string) Reach {
	if a.System {
		return All
	}
	reach := Nothing
	for _, role := range a.Roles {
		reach = max(reach, a.reachOf(role, action, recordType, pipeline, stage))
	}
	return reach
}

// Place is a pipeline, or a stage of it, in which an actor's reach is not the one
// of the rest.
type Place struct {
	Pipeline string
	Stage    string
	Reach    Reach
}

// Places tells how far the actor goes with records of a type: everywhere but in
// the places, the narrower ones first.
func (a Actor) Places(action Action, recordType string) (rest Reach, places []Place) {
	rest = a.ReachIn(action, recordType, "", "")
	if a.System {
		return rest, nil
	}
	for _, role := range a.Roles {
		for _, r := range a.Decided[role].Rights {
			if r.Action == action && (r.Type == "" || r.Type == recordType) && r.Pipeline != "" {
				places = append(places, Place{Pipeline: r.Pipeline, Stage: r.Stage, Reach: a.ReachIn(action, recordType, r.Pipeline, r.Stage)})
			}
		}
	}
	slices.SortFunc(places, func(x, y Place) int {
		return cmp.Or(cmp.Compare(y.Stage, x.Stage), cmp.Compare(x.Pipeline, y.Pipeline))
	})
	return rest, slices.Compact(places)
}

// anywhere is the widest reach of an action in any place.
func (a Actor) anywhere(action Action) Reach {
	reach := a.ReachIn(action, "", "", "")
	for _, role := range a.Roles {
		for _, r := range a.Decided[role].Rights {
			if r.Action == action {
				reach = max(reach, a.ReachIn(action, r.Type, r.Pipeline, r.Stage))
			}
		}
	}
	return reach
}

// reachWords are how reaches are written.
var reachWords = map[Reach]string{Nothing: "none", Own: "own", Department: "department", Below: "below", All: "all"}

// String gives the word of a reach.
func (r Reach) String() string { return reachWords[r] }

// MarshalText implements encoding.TextMarshaler.
func (r Reach) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Reach) UnmarshalText(text []byte) error {
	for reach, word := range reachWords {
		if word == string(text) {
			*r = reach
			return nil
		}
	}
	return fmt.Errorf("%q is no reach: write none, own, department, below or all", text)
}
