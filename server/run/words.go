package run

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/schemas"
)

// sentences are the texts of schemas/text/records.json: kind -> language -> text
// with {{node}}.
var sentences = sync.OnceValue(func() map[core.RecordKind]map[string]string {
	raw, err := schemas.FS.ReadFile("text/records.json")
	if err != nil {
		panic(err) // built in
	}
	var out map[core.RecordKind]map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
})

// words tells a record to people: what happened, with what, by whom, and why.
func words(r core.Record, nodes map[string]step, actor, language string) string {
	texts := sentences()[r.Kind]
	text, ok := texts[language]
	if !ok {
		text = texts["en"]
	}
	if text == "" {
		text = string(r.Kind)
	}
	node := ""
	if r.Node != "" {
		node = name(nodes, string(r.Node))
	}
	// A record of the run as a whole names no node.
	text = strings.TrimPrefix(strings.ReplaceAll(text, "{{node}}", node), ": ")
	first := []rune(text)
	if r.Node == "" && len(first) > 0 {
		text = strings.ToUpper(string(first[:1])) + string(first[1:])
	}
	if more := detail(r, nodes); more != "" {
		text += ": " + more
	}
	if actor != "" {
		text += " · " + actor
	}
	if actor != "" && r.Reason != "" { // what a person wrote; the engine's reasons are words of its own
		text += " · " + r.Reason
	}
	return text
}

// detail is what a record's kind leaves open: which outcome, signal, step, ...
func detail(r core.Record, nodes map[string]step) string {
	member := func(name string) string {
		v, _ := r.Body[name].(string)
		return v
	}
	switch r.Kind {
	case core.RecordTokenMoved:
		return name(nodes, member("to"))
	case core.RecordEscalationThrown:
		if by := member("by"); by != "" {
			return member("code") + " → " + name(nodes, by)
		}
		return member("code")
	case core.RecordCompensationThrown:
		return name(nodes, member("activity"))
	case core.RecordRunMigrated:
		return fmt.Sprintf("%v → %v", r.Body["fromVersion"], r.Body["toVersion"])
	case core.RecordScopeStarted:
		if number, ok := r.Body["loopCounter"]; ok {
			return fmt.Sprint(number)
		}
		return ""
	case core.RecordSignalAwaited, core.RecordSignalArrived, core.RecordSignalThrown:
		return member("signal")
	case core.RecordConditionAwaited, core.RecordConditionHeld:
		return member("expression")
	case core.RecordVariablesChanged:
		return "" // members are the variables
	}
	outcome := member("outcome")
	if outcome == "" {
		outcome = member("port")
	}
	if label := nodes[string(r.Node)].outcomes[outcome]; label != "" {
		return label
	}
	for _, found := range []string{outcome, member("message"), member("code")} {
		if found != "" {
			return found
		}
	}
	return ""
}

func name(nodes map[string]step, id string) string {
	if s, ok := nodes[id]; ok {
		return s.name
	}
	return id
}
