package bpmn

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// TestTimersComeBack: every shape of a timer survives a file, also those that the
// standard has no words for, and a length beside a date is never written as a
// second rule, which importers refuse.
func TestTimersComeBack(t *testing.T) {
	for _, rule := range []string{
		`{"at":"2027-03-01T09:00:00Z"}`,
		`{"at":"2027-03-01T09:00:00Z","before":"P2D"}`,
		`{"at":"2027-03-01","before":{"amount":2,"unit":"workingDay","calendar":"company"}}`,
		`{"at":"2027-03-01","after":"PT4H"}`,
		`{"at":{"expr":"record.closeDate"},"before":{"amount":1,"unit":"workingDay"},"time":"09:30","within":"company"}`,
		`{"at":{"expr":"record.closeDate"},"after":{"amount":3,"unit":"day"},"time":"08:00"}`,
		`{"after":{"amount":2,"unit":"workingHour","calendar":"responsible"}}`,
		`{"after":{"amount":{"expr":"vars.days"},"unit":"workingDay"}}`,
		`{"after":{"amount":1,"unit":"day"}}`,
		`{"after":{"expr":"vars.pause"}}`,
		`{"every":{"amount":1,"unit":"workingDay"}}`,
		`{"after":"PT1S"}`,
		`{"every":"PT10S","times":4}`,
	} {
		for _, shape := range []string{
			`{"id":"wait","kind":"catchEvent","trigger":{"timer":%s}}],"flows":[`,
			`{"id":"wait","kind":"userTask"},{"id":"late","kind":"boundaryEvent","attachedTo":"wait","interrupting":false,"trigger":{"timer":%s}}],"flows":[{"id":"f3","from":"late","to":"e"},`,
		} {
			if strings.Contains(rule, "every") && strings.Contains(shape, "catchEvent") {
				continue // TMR-10
			}
			def, err := graph.Parse(fmt.Appendf(nil, `{"format":"fluxo/process@1","key":"timed","name":"Timed","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},{"id":"e","kind":"endEvent"},`+
				shape+`{"id":"f1","from":"s","to":"wait"},{"id":"f2","from":"wait","to":"e"}]}`, rule))
			if err != nil {
				t.Fatal(rule, err)
			}
			out, err := Export(def)
			if err != nil {
				t.Fatal(rule, err)
			}
			again := Import(out, Options{})
			if again.Refused() || len(again.Findings) > 0 {
				t.Errorf("%s: %v\n%s", rule, again.Findings, out)
				continue
			}
			again.Definitions[0].Layout = def.Layout // a diagram has a place for everything
			if diff := cmp.Diff(pretty(t, def), pretty(t, again.Definitions[0])); diff != "" {
				t.Errorf("%s comes back changed (-first +second):\n%s\n%s", rule, diff, out)
			}
		}
	}
}
