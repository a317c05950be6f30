package core_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
)

// holding is a world in which every condition is what it says.
type holding bool

func (holding) Eval(string, core.Values, core.Instant) (any, error)    { return json.Number("1"), nil }
func (h holding) Bool(string, core.Values, core.Instant) (bool, error) { return bool(h), nil }

// TestConditionTellsWhatChanged: the history says which fields made it hold.
func TestConditionTellsWhatChanged(t *testing.T) {
	g := compile(t, `{"format":"fluxo/process@1","key":"c","name":"C","nodes":[{"id":"s","kind":"startEvent"},
		{"id":"c","kind":"catchEvent","trigger":{"conditional":"record.amount > 100"}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"c"},{"id":"f2","from":"c","to":"e"}]}`)
	s, _, err := core.Advance(g, core.NewState("r1"), core.Event{ID: "start", Kind: core.RunStarted, At: 1, Body: []byte(`{"record":{"type":"deal","id":"d1"}}`)}, holding(false))
	if err != nil {
		t.Fatal(err)
	}
	_, out, err := core.Advance(g, s, core.Event{ID: "change", Kind: core.RecordChanged, At: 2, Body: []byte(`{"type":"deal","id":"d1","fields":["title","amount"]}`)}, holding(true))
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.Records {
		if r := &out.Records[i]; r.Kind == core.RecordConditionHeld {
			if got := fmt.Sprint(r.Body["fields"]); got != "[amount title]" {
				t.Errorf("it tells of %s", got)
			}
			return
		}
	}
	t.Errorf("no condition held: %v", out.Records)
}
