package host

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// mostMarks bounds what is kept to find one run by.
const mostMarks = 40

// marks are the texts by which a list finds the run: its variables and
// parameters that are plain values, by name. They change only with a step that
// wrote variables, so that most steps keep what the run has.
func (w *work) marks() []string {
	had := w.run.Marks
	if w.run.Rev > 0 && !slices.ContainsFunc(w.plan.Records, func(r core.Record) bool {
		return r.Kind == core.RecordVariablesChanged || r.Kind == core.RecordRunStarted
	}) {
		return had
	}
	var marks []string
	for _, values := range []core.Values{w.state.Variables(), w.state.Parameters()} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			text, plain := plainText(values[name])
			if !plain || len(marks) == mostMarks {
				continue
			}
			if mark, fits := store.Mark(name, text); fits && !slices.Contains(marks, mark) {
				marks = append(marks, mark)
			}
		}
	}
	if slices.Equal(marks, had) {
		return had
	}
	return marks
}

// plainText is how people write a plain value.
func plainText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, v != ""
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
