package rehearsal

import (
	"maps"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/message"
)

// change is somebody's work on the record that the first run is about. Whoever
// looks at the record hears of it, as live.
func (w *world) change(i int, patch map[string]any) error {
	if w.scenario.Start == nil || w.scenario.Start.Record == nil {
		w.fail(i, Failure{Code: NoRecord}, "there is no record that could change: /start/record says which one the run is about")
		return nil
	}
	for _, lay := range w.changes {
		lay(patch)
	}
	recordType, _ := w.scenario.Start.Record["type"].(string)
	id, _ := w.scenario.Start.Record["id"].(string)
	w.changed++
	err := w.messages.Changed(w.ctx, message.Change{ID: strconv.Itoa(w.changed), Type: recordType, Record: id, Fields: paths("", patch)})
	if err != nil {
		return err
	}
	return w.follow()
}

// paths names what a patch changes.
func paths(prefix string, patch map[string]any) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		if inner, ok := patch[name].(map[string]any); ok && len(inner) > 0 {
			out = append(out, paths(prefix+name+".", inner)...)
			continue
		}
		out = append(out, prefix+name)
	}
	return out
}

// Merge gives a value with a JSON merge patch applied (RFC 7396): objects are
// merged, null removes, everything else replaces. Neither is changed.
func Merge(value, patch map[string]any) map[string]any {
	out := make(map[string]any, len(value)+len(patch))
	maps.Copy(out, value)
	for name, change := range patch {
		switch change := change.(type) {
		case nil:
			delete(out, name)
		case map[string]any:
			inner, _ := out[name].(map[string]any)
			out[name] = Merge(inner, change)
		default:
			out[name] = change
		}
	}
	return out
}
