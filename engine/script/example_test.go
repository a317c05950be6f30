package script

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/schemas"
)

// TestContractProcess walks the example process through its story: a rework,
// then the approval; and once to the refusal.
func TestContractProcess(t *testing.T) {
	text, err := schemas.FS.ReadFile("examples/contract-preparation.json")
	if err != nil {
		t.Fatal(err)
	}
	def, err := graph.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		t.Fatal(findings)
	}
	cases := []struct {
		name     string
		outcomes []string
		want     string
	}{
		{"reworked, then approved", []string{"rework", "approve"},
			"begin draft notify mail prepare ok prepare ok scan account advance done"},
		{"rejected", []string{"reject"}, "begin draft notify mail prepare ok lose rejected"},
		{"late", []string{"late", "approve"}, "begin draft notify mail prepare late tellHead told ok scan account advance done"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			driver := NewCoreDriver(t, g, "r", nil)
			var entered []string
			n := 0
			apply := func(kind core.EventKind, w core.WaitID, body any) {
				n++
				raw, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				out, err := driver.Apply(core.Event{ID: fmt.Sprint("e", n), Kind: kind, Wait: w, At: core.Instant(n), Actor: "olga", Body: raw})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range out.Records {
					if r.Kind == core.RecordNodeEntered {
						entered = append(entered, string(r.Node))
					}
				}
			}
			apply(core.RunStarted, "", core.StartBody{Record: &core.RecordRef{Type: "deal", ID: "d1"}})
			outcomes := slices.Clone(c.outcomes)
			for {
				s, err := driver.State()
				if err != nil {
					t.Fatal(err)
				}
				if s.Status() == core.Completed {
					break
				}
				if outcomes[0] == "late" && len(s.Waits()) == 2 {
					outcomes = outcomes[1:]
					apply(core.TimerFired, s.Waits()[1].ID, nil)
					continue
				}
				w := s.Waits()[len(s.Waits())-1]
				switch {
				case w.Kind == core.EffectWait:
					apply(core.EffectCompleted, w.ID, core.EffectBody{Variables: core.Values{"contract": []any{"file1"}}})
				case w.Node == "ok":
					apply(core.TaskCompleted, w.ID, core.TaskBody{Outcome: outcomes[0], Result: core.Values{"comment": "see page 2"}})
					outcomes = outcomes[min(1, len(outcomes)-1):]
				default:
					apply(core.TaskCompleted, s.Waits()[0].ID, core.TaskBody{})
				}
			}
			if got := strings.Join(entered, " "); got != c.want {
				t.Errorf("entered %s\nwant    %s", got, c.want)
			}
		})
	}
}
