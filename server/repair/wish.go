package repair

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Wish is what an operator asks for. Which members count depends on the action.
type Wish struct {
	Action    string            `json:"action" enum:"retry,skip,resend,drop,move,place,fire,cancelScope,cancel,suspend,resume,setVariables,migrate,dropEvent,assign,plan"`
	Incident  string            `json:"incident,omitempty" maxLength:"300" doc:"of retry, skip, resend and drop; needed when the run has several"`
	Variables map[string]any    `json:"variables,omitempty" doc:"of retry and setVariables"`
	Port      string            `json:"port,omitempty" maxLength:"200" doc:"outcome or flow by which the node is left: skip, drop, move after"`
	Node      string            `json:"node,omitempty" maxLength:"200" doc:"where the token to move stands, before which a new one begins, the join to fire, or whose task is assigned"`
	Token     string            `json:"token,omitempty" maxLength:"40" doc:"the token to move, when several stand at the node"`
	To        string            `json:"to,omitempty" maxLength:"200" doc:"node to which a token is moved"`
	Place     string            `json:"place,omitempty" enum:"before,after"`
	Flow      string            `json:"flow,omitempty" maxLength:"200" doc:"flow by which a moved or new token arrives at a join"`
	Scope     string            `json:"scope,omitempty" maxLength:"40" doc:"of cancelScope, fire, place and setVariables"`
	End       bool              `json:"end,omitempty" doc:"cancelScope: the token of the sub-process ends instead of going on"`
	Event     string            `json:"event,omitempty" maxLength:"300" doc:"dropEvent: the kept event"`
	Person    string            `json:"person,omitempty" maxLength:"100" doc:"assign: who gets the task"`
	From      string            `json:"from,omitempty" maxLength:"100" doc:"assign: whose task it is, when it is several people's"`
	Version   int               `json:"version,omitempty" minimum:"0" doc:"migrate: the version to move to, 0 = the published one"`
	Nodes     map[string]string `json:"nodes,omitempty" doc:"migrate: node of the run's version -> node of the other"`
	Flows     map[string]string `json:"flows,omitempty" doc:"migrate: flow of the run's version -> flow of the other"`
	Steps     []Step            `json:"steps,omitempty" maxItems:"100" doc:"plan: done together, in this order, or none of them; tokens move when all are done"`
	Reason    string            `json:"reason,omitempty" maxLength:"2000"`

	// Back is set by taking a migration back.
	Back *Back `json:"back,omitempty" readOnly:"true"`

	// draft, of a preview, is the version that would be published.
	draft *host.Version
}

// Back undoes what a migration did to one run.
type Back struct {
	Forget []string `json:"forget,omitempty"`
}

// Check refuses wishes that are incomplete in themselves.
func (w Wish) Check() error {
	switch w.Action {
	case "retry", "skip", "resend", "drop", "cancel", "suspend", "resume", "migrate", "move", "place", "fire", "cancelScope", "setVariables", actionDropEvent, actionAssign:
	case actionPlan:
		return w.checkPlan()
	default:
		return problem.Invalid("/action", "one_of", "retry, skip, resend, drop, move, place, fire, cancelScope, cancel, suspend, resume, setVariables, migrate, dropEvent, assign, plan")
	}
	if missing := w.needs(); missing != "" {
		return problem.Invalid(missing, "required", "")
	}
	return nil
}

// needs is the path of the member that an action lacks.
func (w Wish) needs() string {
	switch {
	case w.Action == "move" && w.To == "":
		return "/to"
	case w.Action == "move" && w.Node == "" && w.Token == "", (w.Action == "fire" || w.Action == "place") && w.Node == "":
		return "/node"
	case w.Action == "cancelScope" && w.Scope == "":
		return "/scope"
	case w.Action == "setVariables" && len(w.Variables) == 0:
		return "/variables"
	case w.Action == actionDropEvent && w.Event == "":
		return "/event"
	case w.Action == actionAssign && w.Person == "":
		return "/person"
	}
	return ""
}

// move is the migration that is wished for.
func (w Wish) move() host.Move {
	m := core.Mapping{}
	if len(w.Nodes) > 0 {
		m.Nodes = make(map[core.NodeID]core.NodeID, len(w.Nodes))
		for from, to := range w.Nodes {
			m.Nodes[core.NodeID(from)] = core.NodeID(to)
		}
	}
	if len(w.Flows) > 0 {
		m.Flows = make(map[core.FlowID]core.FlowID, len(w.Flows))
		for from, to := range w.Flows {
			m.Flows[core.FlowID(from)] = core.FlowID(to)
		}
	}
	if w.Back != nil {
		m.Forget = w.Back.Forget
	}
	return host.Move{Version: w.Version, Mapping: m, Reason: w.Reason, Draft: w.draft}
}

// outcomeUnknown is the incident of an effect of which nobody knows whether it
// happened.
const outcomeUnknown = "outcome_unknown"

// actionDropEvent forgets an event that a held run has kept.
const actionDropEvent = "dropEvent"

// dropping tells whether the kept event can be forgotten. Events are of one run:
// there is nothing to drop in many at once.
func (w Wish) dropping(run store.Run, bulk bool) (verdict, why string) {
	switch {
	case bulk:
		return verdictCannot, "one_only"
	case !run.Suspended && run.Status != core.Quarantined:
		return verdictCannot, "not_held"
	case !slices.ContainsFunc(run.Inbox, func(e core.Event) bool { return e.ID == w.Event }):
		return verdictCannot, "event_gone"
	}
	return verdictDoes, ""
}

// acts are the events of a wish for one run, or the code of why it has none.
func (w Wish) acts(state *core.State, run store.Run, bulk bool) (acts []host.Act, why string) {
	switch w.Action {
	case "retry", "skip", "resend", "drop":
		incidents, why := w.incidents(state, bulk)
		if why != "" {
			return nil, why
		}
		for i, id := range incidents {
			if w.Action == "retry" || w.Action == "resend" {
				b := core.RetryBody{Incident: id}
				if i == 0 {
					b.Variables = w.Variables
				}
				acts = append(acts, host.Act{Kind: core.RetryRequested, Body: b})
				continue
			}
			acts = append(acts, host.Act{Kind: core.SkipRequested, Body: core.SkipBody{Incident: id, Port: w.Port, Reason: w.Reason}})
		}
	case "move":
		acts = []host.Act{{Kind: core.MoveRequested, Body: core.MoveBody{Token: core.TokenID(w.Token), Node: core.NodeID(w.Node), To: core.NodeID(w.To),
			Place: core.Place(w.Place), Flow: core.FlowID(w.Flow), Port: w.Port, Reason: w.Reason}}}
	case "place":
		acts = []host.Act{{Kind: core.PlaceRequested, Body: core.PlaceBody{Node: core.NodeID(w.Node), Scope: core.ScopeID(w.Scope), Flow: core.FlowID(w.Flow), Reason: w.Reason}}}
	case actionPlan:
		return w.planActs(state, run, bulk)
	case "fire":
		acts = []host.Act{{Kind: core.FireRequested, Body: core.FireBody{Node: core.NodeID(w.Node), Scope: core.ScopeID(w.Scope), Reason: w.Reason}}}
	case "cancelScope":
		acts = []host.Act{{Kind: core.ScopeCancelRequested, Body: core.ScopeBody{Scope: core.ScopeID(w.Scope), End: w.End, Reason: w.Reason}}}
	case "cancel":
		acts = []host.Act{{Kind: core.CancelRequested, Body: core.ReasonBody{Reason: w.Reason}}}
	case "setVariables":
		acts = []host.Act{{Kind: core.VariablesChanged, Body: core.VariablesBody{Set: w.Variables, Scope: core.ScopeID(w.Scope), Reason: w.Reason}}}
	case "suspend":
		if run.Suspended {
			return nil, "is_suspended"
		}
		acts = []host.Act{{Kind: core.SuspendRequested, Body: core.ReasonBody{Reason: w.Reason}}}
	case "resume":
		if !run.Suspended && run.Status != core.Quarantined {
			return nil, "not_suspended"
		}
		acts = []host.Act{{Kind: core.ResumeRequested, Body: core.ReasonBody{Reason: w.Reason}}}
	}
	return acts, ""
}

// incidents are those that a wish means: the one named, the only one, in bulk
// all of them. Resend and drop mean effects of unknown outcome only.
func (w Wish) incidents(state *core.State, bulk bool) ([]string, string) {
	var open []string
	for _, i := range state.Incidents() {
		if w.Incident != "" && i.ID != w.Incident {
			continue
		}
		if (w.Action == "resend" || w.Action == "drop") && i.Failure.Code != outcomeUnknown {
			continue
		}
		open = append(open, i.ID)
	}
	switch {
	case len(open) == 0 && w.Incident != "":
		return nil, "incident_closed"
	case len(open) == 0:
		return nil, "no_incident"
	case len(open) > 1 && !bulk:
		return nil, "several_incidents"
	}
	return open, ""
}
