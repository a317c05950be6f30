package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
)

// describe prints one record for people.
func describe(r *core.Record) string {
	var b strings.Builder
	word := map[core.RecordKind]string{
		core.RecordRunStarted: "run started", core.RecordNodeEntered: "enter", core.RecordNodeLeft: "leave", core.RecordNodeCanceled: "cancel",
		core.RecordTokenParked: "park before", core.RecordTokenConsumed: "consume at", core.RecordTaskOpened: "task", core.RecordTaskCompleted: "done",
		core.RecordTimerScheduled: "timer", core.RecordTimerFired: "fired", core.RecordMessageAwaited: "await", core.RecordMessageArrived: "arrived",
		core.RecordSignalAwaited: "await", core.RecordSignalArrived: "arrived", core.RecordSignalThrown: "throw", core.RecordMessageThrown: "throw",
		core.RecordConditionAwaited: "await", core.RecordConditionHeld: "holds",
		core.RecordEffectStarted: "effect", core.RecordEffectCompleted: "result", core.RecordEffectLate: "late result", core.RecordErrorThrown: "error",
		core.RecordChildStarted: "call", core.RecordChildCompleted: "called",
		core.RecordEscalationThrown: "escalation", core.RecordCompensationThrown: "compensate", core.RecordTransactionCanceled: "transaction canceled",
		core.RecordVariablesChanged: "variables", core.RecordConditionChosen: "choose at", core.RecordIncidentRaised: "incident",
		core.RecordIncidentResolved: "resolved", core.RecordEventIgnored: "ignored", core.RecordScopeStarted: "scope", core.RecordScopeCompleted: "scope completed",
		core.RecordScopeCanceled: "scope canceled", core.RecordTokenMoved: "moved", core.RecordTokenPlaced: "placed", core.RecordJoinForced: "forced", core.RecordRunMigrated: "run migrated",
		core.RecordRunSuspended: "run suspended", core.RecordRunResumed: "run resumed", core.RecordRunCompleted: "run completed", core.RecordRunCanceled: "run canceled", core.RecordRunFailed: "run failed",
	}[r.Kind]
	if word == "" {
		word = string(r.Kind)
	}
	b.WriteString(word)
	if r.Node != "" {
		b.WriteString(" " + string(r.Node))
	}
	if r.Flow != "" {
		b.WriteString(" by " + string(r.Flow))
	}
	switch r.Kind {
	case core.RecordNodeLeft:
		text(&b, " port=", r.Body["port"])
		if r.Body["skipped"] != nil {
			b.WriteString(" skipped")
		}
	case core.RecordNodeCanceled:
		text(&b, " by ", r.Body["by"])
	case core.RecordTaskCompleted, core.RecordVariablesChanged, core.RecordEffectCompleted:
		b.WriteString(" " + compact(r.Body))
	case core.RecordChildStarted:
		text(&b, " ", r.Body["run"])
	case core.RecordChildCompleted:
		text(&b, " ", r.Body["status"])
		text(&b, " ", r.Body["code"])
	case core.RecordMessageArrived:
		text(&b, " ", r.Body["message"])
	case core.RecordSignalAwaited, core.RecordSignalArrived:
		text(&b, " signal ", r.Body["signal"])
	case core.RecordSignalThrown:
		text(&b, " signal ", r.Body["signal"])
		sent(&b, r.Body["body"])
	case core.RecordMessageThrown:
		text(&b, " message ", r.Body["message"])
		if r.Body["key"] != "" {
			text(&b, " key=", r.Body["key"])
		}
		sent(&b, r.Body["body"])
	case core.RecordConditionAwaited:
		text(&b, " condition ", r.Body["expression"])
	case core.RecordConditionChosen:
		chosen, _ := r.Body["chosen"].([]any)
		b.WriteString(" " + strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(chosen), "["), "]"))
		if r.Body["default"] == true {
			b.WriteString(" (default)")
		}
	case core.RecordIncidentRaised:
		text(&b, " ", r.Body["code"])
	case core.RecordIncidentResolved:
		text(&b, " by ", r.Body["by"])
	case core.RecordTokenMoved:
		fmt.Fprintf(&b, " %v %v", r.Body["place"], r.Body["to"])
		text(&b, " by ", r.Body["flow"])
	case core.RecordTokenPlaced:
		text(&b, " by ", r.Body["flow"])
	case core.RecordRunMigrated:
		text(&b, " ", r.Body["fromVersion"])
		text(&b, " to ", r.Body["toVersion"])
		if r.Body["nodes"] != nil {
			b.WriteString(" " + compact(r.Body["nodes"]))
		}
	case core.RecordEventIgnored:
		text(&b, " ", r.Body["kind"])
		text(&b, " act ", r.Body["act"])
		text(&b, " ", r.Body["code"])
	case core.RecordEscalationThrown:
		text(&b, " ", r.Body["code"])
		text(&b, " to ", r.Body["by"])
	case core.RecordCompensationThrown:
		if r.Body["activity"] != "" {
			text(&b, " ", r.Body["activity"])
		}
	case core.RecordErrorThrown, core.RecordRunFailed:
		text(&b, " ", r.Body["code"])
	}
	if r.Reason != "" && r.Kind != core.RecordIncidentRaised {
		b.WriteString(" (" + r.Reason + ")")
	}
	if r.Token != "" {
		b.WriteString(" " + string(r.Token))
	}
	if r.Scope != "" {
		b.WriteString(" " + string(r.Scope))
	}
	b.WriteByte('\n')
	return b.String()
}

// sent prints the body of a message or signal, unless there is none.
func sent(b *strings.Builder, body any) {
	if line := compact(body); line != "null" && line != "{}" {
		b.WriteString(" " + line)
	}
}

func text(b *strings.Builder, before string, v any) {
	if v != nil {
		fmt.Fprintf(b, "%s%v", before, v)
	}
}

// describeCommand prints a command unless a record says the same: opening a
// task, a timer and so on is told by its record, unless it is a repetition.
func describeCommand(c *core.Command) string {
	opening := c.Kind == core.OpenTask || c.Kind == core.ScheduleTimer || c.Kind == core.StartEffect || c.Kind == core.Subscribe || c.Kind == core.StartChild
	switch {
	case c.Kind == core.RaiseIncident || c.Kind == core.ResolveIncident, c.Kind == core.PublishMessage || c.Kind == core.BroadcastSignal, opening && c.Generation < 2 && c.Cycle == 0:
		return ""
	case opening:
		return fmt.Sprintf("! %s %s generation=%d cycle=%d\n", c.Kind, c.Node, c.Generation, c.Cycle)
	case c.Kind == core.Finish:
		return fmt.Sprintf("! finish %s\n", c.Status)
	case c.Kind == core.Escalate:
		return fmt.Sprintf("! escalate %s %s\n", c.Node, c.Outcome)
	case c.Node == "":
		return fmt.Sprintf("! %s\n", c.Kind)
	}
	line := fmt.Sprintf("! %s %s (%s)", c.Kind, c.Node, c.Reason)
	if c.Outcome != "" {
		line += " outcome=" + c.Outcome
	}
	return line + "\n"
}

// summary prints what is open after a step.
func summary(s *core.State) string {
	var b strings.Builder
	b.WriteString("= " + string(s.Status()))
	if waits := s.Waits(); len(waits) > 0 {
		b.WriteString(" waiting for")
		for _, w := range waits {
			fmt.Fprintf(&b, " %s:%s", w.Node, w.Kind)
		}
	}
	for _, t := range s.Tokens() {
		if t.Parked {
			b.WriteString(" parked " + string(t.Node))
		}
	}
	for _, i := range s.Incidents() {
		fmt.Fprintf(&b, " incident %s %s", i.Node, i.Failure.Code)
	}
	if s.Pending() {
		b.WriteString(" to be continued")
	}
	b.WriteByte('\n')
	return b.String()
}

func values(v core.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v)) {
		fmt.Fprintf(&b, "%s = %s\n", name, compact(v[name]))
	}
	if b.Len() == 0 {
		return "none\n"
	}
	return b.String()
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
