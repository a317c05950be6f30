package core_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/engine/script"
)

// TestMain makes what is drawn the same on every machine: a hundred draws from
// one seed, twenty times as many in make soak. Flags of rapid override both.
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": fmt.Sprint(times(100)), "rapid.nofailfile": "true"} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// played is a run of a random model: the driver checks each step, and what went in
// and came out is kept.
type played struct {
	t      *rapid.T
	g      *graph.Graph
	eval   core.Evaluator
	driver *script.CoreDriver
	events []core.Event
	told   []core.Record
	at     int
}

func play(t *rapid.T, g *graph.Graph, eval core.Evaluator) *played {
	return &played{t: t, g: g, eval: eval, driver: script.NewCoreDriver(t, g, "r", eval)}
}

// compiled makes a graph of nodes and flows in JSON.
func compiled(t *rapid.T, nodes, flows string) *graph.Graph {
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"m","name":"M","nodes":[` + nodes + `],"flows":[` + flows + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		t.Fatalf("%+v\n%s\n%s", findings, nodes, flows)
	}
	return g
}

// apply sends one event, within a budget of node entries.
func (p *played) apply(budget int, event core.EventKind, w core.WaitID, body any) core.Output {
	p.at++
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	ev := core.Event{ID: fmt.Sprint("e", p.at), Kind: event, Wait: w, At: core.Instant(p.at), Body: raw}
	out, err := p.driver.ApplyWithin(budget, ev)
	if err != nil {
		p.t.Fatal(err)
	}
	p.events = append(p.events, ev)
	p.told = append(p.told, out.Records...)
	if late := overdue(p.g, p.state()); late != "" {
		p.t.Fatalf("the inclusive join %s awaits nothing and has not fired", late)
	}
	return out
}

func (p *played) state() *core.State {
	s, err := p.driver.State()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// replay applies the events to a new run, several of them as one step: the history
// and the state have the same bytes.
func (p *played) replay() {
	s := core.NewState("r")
	var records []core.Record
	for rest := p.events; len(rest) > 0; {
		n := rapid.IntRange(1, min(5, len(rest))).Draw(p.t, "together")
		next, out, err := core.Fold(p.g, s, rest[:n], p.eval, core.StepBudget)
		if err != nil {
			p.t.Fatal(err)
		}
		s, rest, records = next, rest[n:], append(records, out.Records...)
	}
	again, first := inBytes(p.t, s, records), inBytes(p.t, p.state(), p.told)
	if !bytes.Equal(again, first) {
		p.t.Fatalf("the replay differs:\n%s\n%s", again, first)
	}
}

// inBytes is a run's state and history.
func inBytes(t *rapid.T, s *core.State, records []core.Record) []byte {
	state, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	history, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(state, '\n'), history...)
}

// overdue finds an inclusive join at which tokens stand although by the standard's
// sentence, told as a search over paths, it awaits nothing.
func overdue(g *graph.Graph, s *core.State) string {
	if s.Pending() || s.Status() != core.Active {
		return ""
	}
	for _, v := range s.Joins(g) {
		j, ok := g.Node(string(v.Node))
		if !ok || j.Kind.Enter != kind.JoinSome || len(v.Present) == 0 {
			continue
		}
		if !awaits(g, s, j, &v) {
			return string(v.Node)
		}
	}
	return ""
}

// awaits tells whether some other token of the scope can arrive on a missing flow
// without passing the join, and on none that has a token. One held by an incident
// may stand before or behind its node, so it counts as awaited.
func awaits(g *graph.Graph, s *core.State, j *graph.Node, v *core.JoinView) bool {
	for _, t := range s.Tokens() {
		if t.Scope != v.Scope || t.Parked && t.Node == v.Node {
			continue
		}
		n, ok := g.Node(string(t.Node))
		if t.Held || !ok {
			return true
		}
		exits := slices.Clone(n.Out)
		for _, b := range n.Boundaries {
			event := &g.Nodes[b]
			armed := slices.ContainsFunc(s.Waits(), func(w core.Wait) bool { return w.Token == t.ID && string(w.Node) == event.ID })
			if armed || event.Errors {
				exits = append(exits, event.Out...)
			}
		}
		if leads(g, exits, j, v.Missing, true) && !leads(g, n.Out, j, v.Present, false) {
			return true
		}
	}
	return false
}

// leads searches a path over flows to one of some flows, not through the join.
func leads(g *graph.Graph, from []int, j *graph.Node, to []core.FlowID, boundaries bool) bool {
	seen := make([]bool, len(g.Nodes))
	for work := slices.Clone(from); len(work) > 0; {
		e := &g.Edges[work[len(work)-1]]
		work = work[:len(work)-1]
		if slices.Contains(to, core.FlowID(e.ID)) {
			return true
		}
		n := &g.Nodes[e.To]
		if n == j || seen[n.Index] {
			continue
		}
		seen[n.Index] = true
		work = append(work, n.Out...)
		if boundaries {
			for _, b := range n.Boundaries {
				work = append(work, g.Nodes[b].Out...)
			}
		}
	}
	return false
}

// fitting is the event that a wait waits for.
func fitting(w core.Wait, g *graph.Graph, at int) (core.EventKind, core.WaitID, any) {
	switch w.Kind {
	case core.TimerWait, core.TimeoutWait:
		return core.TimerFired, w.ID, nil
	case core.MessageWait:
		return core.MessageArrived, w.ID, core.MessageBody{Name: "m", Body: core.Values{"at": json.Number(fmt.Sprint(at))}}
	case core.SignalWait:
		n, _ := g.Node(string(w.Node))
		return core.SignalArrived, "", core.SignalBody{Name: n.Watches[w.Part].Name, At: core.Instant(at), Body: core.Values{"at": json.Number(fmt.Sprint(at))}}
	case core.EffectWait:
		return core.EffectCompleted, w.ID, core.EffectBody{Variables: core.Values{"v": "x"}}
	case core.ChildWait:
		return core.ChildCompleted, w.ID, core.ChildBody{Status: core.Completed, Variables: core.Values{"v": "y"}}
	case core.ConditionWait:
		return core.VariablesChanged, "", core.VariablesBody{Set: core.Values{"at": json.Number(fmt.Sprint(at))}}
	default:
		return core.TaskCompleted, w.ID, core.TaskBody{Result: core.Values{"n": json.Number("1")}}
	}
}

// second is set in the second process of TestRandomModelsInTwoProcesses.
const second = "FLUXO_TEST_SECOND_PROCESS"

// TestRandomModelsInTwoProcesses plays random models here and in another process,
// which has other addresses and another order of maps: every state and record has
// the same bytes.
func TestRandomModelsInTwoProcesses(t *testing.T) {
	structured := rapid.Custom(func(t *rapid.T) []byte {
		p := structuredRun(t)
		return inBytes(t, p.state(), p.told)
	})
	wild := rapid.Custom(func(t *rapid.T) []byte {
		p := wildRun(t)
		return inBytes(t, p.state(), p.told)
	})
	all := sha256.New()
	for seed := range times(15) {
		all.Write(structured.Example(seed))
		all.Write(wild.Example(seed))
	}
	sum := fmt.Sprintf("sum %x\n", all.Sum(nil))
	if os.Getenv(second) != "" {
		if _, err := io.WriteString(os.Stdout, sum); err != nil {
			t.Fatal(err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestRandomModelsInTwoProcesses$") //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), second+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), sum) {
		t.Errorf("here %s, there\n%s", sum, out)
	}
}
