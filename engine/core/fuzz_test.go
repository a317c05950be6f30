package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/script"
)

// What one hostile input may cost: far more than an honest one, and far less
// than what hurts others.
const (
	mostTime   = 20 * time.Second
	mostMemory = 4 << 30 // allocated altogether, not at once
)

// bounded fails a test whose input took too much time or memory.
func bounded(t *testing.T, what []byte, work func()) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before, began := sample[0].Value.Uint64(), time.Now()
	work()
	took := time.Since(began)
	metrics.Read(sample)
	if grown := sample[0].Value.Uint64() - before; took > mostTime || grown > mostMemory {
		t.Fatalf("%v and %d MiB for\n%s", took, grown>>20, what)
	}
}

// corpus are definitions with every construct: those of the scripts.
func corpus(tb testing.TB) [][]byte {
	tb.Helper()
	texts, err := script.Definitions("../script/testdata/*.txt")
	if err != nil {
		tb.Fatal(err)
	}
	return append(texts, []byte(golden), []byte(undoing), []byte(loop))
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 5)) }

// anyEvent draws an event that more often than not fits something that is open.
func anyEvent(r *rand.Rand, g *graph.Graph, s *core.State, at int) core.Event {
	ev := core.Event{ID: fmt.Sprint("e", at), At: core.Instant(at), Actor: "ann"}
	var body any
	waits, incidents := s.Waits(), s.Incidents()
	var w core.Wait
	if len(waits) > 0 {
		w = waits[r.IntN(len(waits))]
	}
	ev.Wait = w.ID
	if r.IntN(10) == 0 {
		ev.Wait = core.WaitID(fmt.Sprint(s.RunID(), ":", r.IntN(9)))
	}
	incident := ""
	if len(incidents) > 0 {
		incident = incidents[r.IntN(len(incidents))].ID
	}
	node := func() core.NodeID { return core.NodeID(g.Nodes[r.IntN(len(g.Nodes))].ID) }
	scope := func() core.ScopeID {
		scopes := s.Scopes()
		if len(scopes) == 0 || r.IntN(4) == 0 {
			return ""
		}
		return scopes[r.IntN(len(scopes))].ID
	}
	kind := r.IntN(24)
	if incident != "" && r.IntN(2) == 0 {
		kind = 18 + r.IntN(2)
	}
	switch {
	case kind < 10: // what the wait waits for
		switch w.Kind {
		case core.TimerWait, core.TimeoutWait:
			ev.Kind = core.TimerFired
		case core.MessageWait:
			ev.Kind, body = core.MessageArrived, core.MessageBody{Name: "m", Key: "k", Body: core.Values{"a": json.Number("1")}, ID: "x", Until: 1 << 40}
		case core.SignalWait:
			ev.Kind, ev.Wait, body = core.SignalArrived, "", core.SignalBody{Name: "s", At: ev.At}
		case core.EffectWait:
			ev.Kind, body = core.EffectCompleted, core.EffectBody{Result: core.Values{"a": "x"}, Variables: core.Values{"v": json.Number("2")}}
		case core.ChildWait:
			ev.Kind, body = core.ChildCompleted, core.ChildBody{Status: core.Completed, Variables: core.Values{"v": "y"}}
		default:
			ev.Kind = core.TaskCompleted
			outcomes := []string{"", "", "approved", "rejected", "yes", "no"}
			body = core.TaskBody{Outcome: outcomes[r.IntN(len(outcomes))], Result: core.Values{"n": json.Number("1")}}
		}
	case kind < 12:
		ev.Kind, body = core.WaitFailed, core.FailureBody{Code: "late", Thrown: r.IntN(2) == 0, Message: "m"}
	case kind < 13:
		ev.Kind, body = core.ChildCompleted, core.ChildBody{Status: core.Failed, Code: "late", Thrown: r.IntN(2) == 0}
	case kind < 14:
		ev.Kind, body = core.ChildEscalated, core.ChildBody{Status: core.Active, Code: "late", Escalation: "x"}
	case kind < 16:
		ev.Kind, body = core.VariablesChanged, core.VariablesBody{Set: core.Values{"v": r.IntN(2) == 0, "n": json.Number(fmt.Sprint(r.IntN(5)))}, Scope: scope()}
	case kind < 17:
		ev.Kind = core.ContinueRequested
	case kind < 18:
		ev.Kind, ev.Wait, body = core.SignalArrived, "", core.SignalBody{Name: "S", At: ev.At}
	case kind < 19:
		ev.Kind, body = core.RetryRequested, core.RetryBody{Incident: incident}
	case kind < 20:
		ev.Kind, body = core.SkipRequested, core.SkipBody{Incident: incident, Port: []string{"", "", "approved", string(node())}[r.IntN(4)]}
	case kind < 21:
		ev.Kind, body = core.ScopeCancelRequested, core.ScopeBody{Scope: scope(), End: r.IntN(2) == 0}
	case kind < 22:
		ev.Kind, body = core.FireRequested, core.FireBody{Node: node(), Scope: scope()}
	default:
		move := core.MoveBody{To: node(), Place: []core.Place{core.Before, core.After}[r.IntN(2)]}
		if tokens := s.Tokens(); len(tokens) > 0 {
			move.Token = tokens[r.IntN(len(tokens))].ID
		}
		ev.Kind, body = core.MoveRequested, move
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err) // a test's own body
		}
		ev.Body = raw
	}
	return ev
}

var fuel = &expr.Evaluator{Compiler: expr.New(expr.Options{})}

// wander compiles a definition, if it is one, and leads a run through it at
// random. The driver checks every step; a cancel must end the run. It returns
// the states on the way.
func wander(t *testing.T, text []byte, seed uint64) (g *graph.Graph, states [][]byte) {
	t.Helper()
	bounded(t, text, func() {
		def, err := graph.Parse(text)
		if err != nil {
			var bad *graph.DecodeError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 {
				t.Fatalf("refused without a reason: %v\n%s", err, text)
			}
			return
		}
		var findings []graph.Finding
		if g, findings = lint.Check(def, graph.Options{}); g == nil {
			if len(findings) == 0 {
				t.Fatalf("refused without a finding:\n%s", text)
			}
			return
		}
		defer func() {
			if problem := recover(); problem != nil {
				t.Fatalf("seed %d: panic: %v\n%s\n%s", seed, problem, text, debug.Stack())
			}
		}()
		r := random(seed)
		driver := script.NewCoreDriver(t, g, "r", fuel)
		apply := func(ev core.Event) *core.State {
			if _, err := driver.ApplyWithin(500, ev); err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			s, err := driver.State()
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			if t.Failed() {
				t.Fatalf("seed %d\n%s", seed, text)
			}
			raw, err := codec.Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, raw)
			return s
		}
		start := core.StartBody{Parameters: core.Values{}}
		for _, p := range g.Parameters {
			start.Parameters[p.Name] = json.Number("1")
		}
		if starts := g.Starts(); len(starts) > 0 {
			start.Node = core.NodeID(starts[r.IntN(len(starts))].ID)
		}
		raw, err := json.Marshal(start)
		if err != nil {
			t.Fatal(err)
		}
		s := apply(core.Event{ID: "e1", Kind: core.RunStarted, At: 1, Body: raw})
		for at := 2; at < 26 && s.Status() == core.Active; at++ {
			s = apply(anyEvent(r, g, s, at))
		}
		if s = apply(core.Event{ID: "x", Kind: core.CancelRequested, At: 99}); s.Status() == core.Active || s.Pending() {
			t.Fatalf("seed %d: a cancel does not end the run:\n%s", seed, text)
		}
	})
	return g, states
}

// FuzzDefinition: any text is refused with reasons, or it is a process whose runs
// keep every promise of the core, whatever happens to them. With a seed above 0
// the text is changed as JSON first.
func FuzzDefinition(f *testing.F) {
	texts := corpus(f)
	for i, text := range texts {
		f.Add(text, uint64(i%3))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if seed > 0 {
			text = script.NewMutator(random(seed), text).Mutate(text)
		}
		wander(t, text, seed)
	})
}

// times is how often a test repeats what it does: as given, and twenty times that
// in make soak. It never depends on how fast the machine is.
func times(quick int) int {
	if os.Getenv("FLUXO_SOAK") != "" {
		return 20 * quick
	}
	return quick
}

// TestChangedDefinitions is the fuzzing of make test: some thousand changed
// definitions, always the same ones.
func TestChangedDefinitions(t *testing.T) {
	texts := corpus(t)
	m := script.NewMutator(random(1), texts...)
	r := random(2)
	ran := 0
	for i := range times(500) {
		text := texts[i%len(texts)]
		if i >= len(texts) {
			text = m.Mutate(texts[r.IntN(len(texts))])
		}
		if g, _ := wander(t, text, uint64(i)); g != nil {
			ran++
		}
	}
	if ran < 150 {
		t.Errorf("only %d definitions could be run", ran)
	}
}

// decodeAndGoOn reads a state, which somebody may have broken, and sends events
// to it: it is refused, or an event is, or the run goes on. It must not panic or
// hang, and what is encoded stays the same.
func decodeAndGoOn(t *testing.T, g *graph.Graph, state []byte, seed uint64) {
	t.Helper()
	bounded(t, state, func() {
		s, err := codec.Decode(state)
		if err != nil {
			return
		}
		defer func() {
			if problem := recover(); problem != nil {
				t.Fatalf("seed %d: panic: %v\n%s\n%s", seed, problem, state, debug.Stack())
			}
		}()
		r := random(seed)
		for at := range 12 {
			s.Scopes()
			s.Nodes()
			s.Joins(g)
			next, _, err := core.Fold(g, s, []core.Event{anyEvent(r, g, s, at+100)}, fuel, 500)
			if errors.Is(err, core.ErrInvariant) {
				continue
			}
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, state)
			}
			raw, err := codec.Encode(next)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, state)
			}
			if s, err = codec.Decode(raw); errors.Is(err, core.ErrInvariant) {
				return // what was wrong shows now
			} else if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, raw)
			}
			again, err := codec.Encode(s)
			if err != nil || !bytes.Equal(raw, again) {
				t.Fatalf("seed %d: encoding is not stable: %v\n%s\n%s", seed, err, raw, again)
			}
		}
		if _, _, err := core.Fold(g, s, []core.Event{{ID: "x", Kind: core.CancelRequested}}, fuel, 500); err != nil && !errors.Is(err, core.ErrInvariant) {
			t.Fatalf("seed %d: %v\n%s", seed, err, state)
		}
	})
}

// saved are states on the way through the corpus, with their graphs.
func saved(tb testing.TB, t *testing.T) (graphs []*graph.Graph, states [][][]byte) {
	tb.Helper()
	for i, text := range corpus(tb) {
		if g, found := wander(t, text, uint64(i)); g != nil {
			graphs, states = append(graphs, g), append(states, found)
		}
	}
	return graphs, states
}

// FuzzState: stored states that were damaged never bring the engine down.
func FuzzState(f *testing.F) {
	graphs, states := saved(f, &testing.T{})
	for i := range graphs {
		for k, state := range states[i] {
			if (i+k)%11 == 0 {
				f.Add(uint16(i), state, uint64(k))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, state []byte, seed uint64) {
		if seed > 0 && len(state) > 0 {
			state = append([]byte{state[0]}, script.NewMutator(random(seed), state[1:]).Mutate(state[1:])...)
		}
		decodeAndGoOn(t, graphs[int(which)%len(graphs)], state, seed)
	})
}

// TestChangedStates is the same in make test.
func TestChangedStates(t *testing.T) {
	graphs, states := saved(t, t)
	var words [][]byte
	for _, list := range states {
		for _, state := range list {
			words = append(words, state[1:])
		}
	}
	m := script.NewMutator(random(3), words...)
	r := random(4)
	for i := range times(400) {
		which := r.IntN(len(graphs))
		state := states[which][r.IntN(len(states[which]))]
		decodeAndGoOn(t, graphs[which], append([]byte{state[0]}, m.Mutate(state[1:])...), uint64(i))
	}
}
