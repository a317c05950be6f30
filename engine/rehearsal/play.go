package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// Definition is one compiled definition that runs of a rehearsal may use.
type Definition struct {
	Key     string
	Name    string
	Version int // 0 stands for 1
	Graph   *graph.Graph
}

// Options of a rehearsal. Without Facts and Resolver the scenario's own record
// and people are all that there is.
type Options struct {
	Facts    host.Facts
	Resolver host.Resolver
	Logger   *slog.Logger
	// Find gives definitions that are called and are not among those that are
	// played, version 0 being the current one; nil = there are no others.
	// store.ErrNotFound.
	Find func(ctx context.Context, key string, version int) (Definition, error)
	// Change lays a change of the record, by a step of the scenario, over what Facts
	// and Resolver see of it from now on; see Merge. nil = they see what they see.
	Change func(patch map[string]any)

	// The following are for sessions, see Lead. Clock is the clock that is moved; nil =
	// one of its own. Perform does what a robot does. React lets happen what follows
	// from it outside of the runs, and tells whether anything did.
	Clock   *clock.Fake
	Perform func(ctx context.Context, e store.Effect) (Performed, error)
	React   func(ctx context.Context) (acted bool, err error)
}

// Play runs a scenario. The first definition is the one that is started; calls
// and messages find all of them. An error means that the rehearsal itself could
// not be carried out (ErrScenario, or the context's); what the process does
// wrong is in the result.
func Play(ctx context.Context, defs []Definition, s Scenario, o Options) (Result, error) {
	if len(defs) == 0 {
		return Result{}, fmt.Errorf("%w: there is no definition to play", ErrScenario)
	}
	w, err := newWorld(ctx, defs, &s, o)
	if err != nil {
		return Result{}, err
	}
	if err := w.play(); err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrScenario) {
			return Result{}, err
		}
		w.fail(-1, Failure{Code: FailedPlay}, "%s", err)
	}
	return w.result()
}

func (w *world) play() error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	w.mark()
	for i := range w.scenario.Steps {
		step := &w.scenario.Steps[i]
		for _, n := range step.named() {
			w.mentions[n]--
		}
		if err := w.step(i, step); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if err := w.settle(); err != nil {
			return fmt.Errorf("after step %d: %w", i+1, err)
		}
		w.mark()
	}
	for _, plans := range w.planned {
		for _, p := range plans {
			w.fail(p.step, Failure{Code: AnswerLeft, Data: about(p.reply.Node)}, "the answer for %s was never needed: it did not open again", p.reply.Node)
		}
	}
	for node, left := range w.choices.queue {
		if len(left) > 0 {
			w.fail(-1, Failure{Code: ChoicesLeft, Data: map[string]any{"node": node, "count": len(left)}}, "%d of the choices for %s were never asked for", len(left), node)
		}
	}
	slices.SortStableFunc(w.failures, func(a, b Failure) int {
		if a.Step != b.Step {
			return a.Step - b.Step
		}
		return strings.Compare(a.Message, b.Message)
	})
	if e := w.scenario.Expect; e != nil {
		return w.expect(-1, "/expect", e)
	}
	return nil
}

// named lists the nodes whose activities stay open until this step.
func (s *Step) named() []core.NodeID {
	switch {
	case s.Complete != nil && !s.Complete.Refused:
		return []core.NodeID{s.Complete.Node}
	case s.Answer != nil && !s.Answer.Refused:
		return []core.NodeID{s.Answer.Node}
	case s.Trigger != nil:
		return []core.NodeID{s.Trigger.Node}
	case s.Hold != nil:
		return *s.Hold
	case s.Release != nil:
		return *s.Release
	}
	return nil
}

// fail keeps a failure of a step; -1 is the scenario as a whole.
func (w *world) fail(step int, f Failure, format string, args ...any) {
	f.Step, f.Message = step+1, fmt.Sprintf(format, args...)
	w.failures = append(w.failures, f)
}

// about is what a failure says of one node.
func about(node core.NodeID) map[string]any { return map[string]any{"node": node} }

// begin starts the first run, unless something in the scenario does.
func (w *world) begin() error {
	s := w.scenario.Start
	if s == nil {
		if !w.startsItself() {
			return nil
		}
		s = &Start{}
	}
	key := s.Process
	if key == "" {
		key = w.keys[0]
	}
	if _, ok := w.versions[key]; !ok {
		return fmt.Errorf("%w: /start/process: there is no process %q; there are %s", ErrScenario, key, strings.Join(w.keys, ", "))
	}
	return w.start(key, s)
}

// startsItself tells whether the first definition can be started without a word.
func (w *world) startsItself() bool {
	g := w.versions[w.keys[0]].Graph
	for i := range w.scenario.Steps {
		if t := w.scenario.Steps[i].Trigger; t != nil {
			if n, ok := w.startNode(t.Target); ok && n.key == w.keys[0] {
				return false
			}
		}
	}
	starts := g.Starts()
	byHand := slices.ContainsFunc(starts, func(n *graph.Node) bool { return n.ByHand })
	return byHand || len(starts) == 0
}

func (w *world) start(key string, s *Start) error {
	if w.versions[key].Graph.Drawing {
		w.refused = true
		if e := w.scenario.Expect; e == nil || e.End != Refused {
			w.fail(-1, Failure{Code: IsDrawing, Data: map[string]any{"process": key}}, "the process %s is a drawing: it is not executable", key)
		}
		return nil
	}
	request := host.StartRequest{DefinitionKey: key, Node: s.Node, Parameters: s.Parameters, Variables: s.Variables, StartedBy: s.By}
	if s.Record != nil {
		kind, _ := s.Record["type"].(string)
		id, _ := s.Record["id"].(string)
		title, _ := s.Record["title"].(string)
		if kind == "" || id == "" {
			return fmt.Errorf("%w: /start/record: type and id say which record it is", ErrScenario)
		}
		request.Record, request.RecordTitle = &core.RecordRef{Type: kind, ID: id}, title
	}
	if _, _, err := w.host.Start(w.ctx, request); err != nil {
		return err
	}
	return w.follow()
}

// begun is a start event of one of the definitions.
type begun struct {
	key  string
	node *graph.Node
}

func (w *world) startNode(t Target) (begun, bool) {
	for _, key := range w.keys {
		if t.Process != "" && t.Process != key {
			continue
		}
		for _, n := range w.versions[key].Graph.Starts() {
			if n.ID == string(t.Node) {
				return begun{key, n}, true
			}
		}
	}
	return begun{}, false
}

func (w *world) step(i int, s *Step) error {
	switch {
	case s.Complete != nil:
		return w.answer(i, *s.Complete)
	case s.Answer != nil:
		return w.answer(i, *s.Answer)
	case s.Trigger != nil:
		return w.trigger(i, *s.Trigger)
	case s.Message != nil:
		return w.publish(*s.Message)
	case s.Signal != nil:
		return w.broadcast(*s.Signal)
	case s.Hold != nil:
		for _, n := range *s.Hold {
			w.held[n] = true
		}
	case s.Release != nil:
		for _, n := range *s.Release {
			delete(w.held, n)
		}
	case s.Advance != nil:
		return w.elapse(*s.Advance)
	case s.Set != nil:
		if len(w.runs) == 0 {
			w.fail(i, Failure{Code: NothingRuns}, "nothing runs whose variables could be set")
			return nil
		}
		return w.set(w.runs[0], s.Set, "")
	case s.Record != nil:
		return w.change(i, s.Record)
	case s.Cancel != nil:
		return w.cancel(i, *s.Cancel)
	case s.Expect != nil:
		return w.expect(i, fmt.Sprintf("/steps/%d/expect", i), s.Expect)
	}
	return nil // a choice is asked for by its gateway
}

// find looks for an open wait of a target that the filter admits.
func (w *world) find(t Target, admits func(open) bool) (open, []string, error) {
	all, err := w.waits()
	if err != nil {
		return open{}, nil, err
	}
	wanted := max(t.Index, 1)
	var names []string
	for _, o := range all {
		names = append(names, o.node.ID)
		if o.node.ID != string(t.Node) || t.Process != "" && o.run.process != t.Process || !admits(o) {
			continue
		}
		if wanted--; wanted == 0 {
			return o, names, nil
		}
	}
	return open{}, names, nil
}

// answer ends an activity that is open, or keeps the answer for the next time.
func (w *world) answer(i int, r Reply) error {
	o, _, err := w.find(r.Target, func(o open) bool { return o.activity() && !w.coming[o.wait.ID] })
	if err != nil {
		return err
	}
	switch {
	case r.Refused && o.run != nil:
		w.fail(i, Failure{Code: NotRefused, Data: about(r.Node)}, "%s should refuse an answer, but it is open", r.Node)
	case r.Refused:
	case o.run == nil && r.Index > 1:
		w.fail(i, Failure{Code: NotSoMany, Data: map[string]any{"node": r.Node, "count": r.Index}}, "there are not %d of %s open", r.Index, r.Node)
	case o.run == nil && !w.knows(r.Node):
		w.fail(i, Failure{Code: NoNode, Data: about(r.Node)}, "there is no node %s", r.Node)
	case o.run == nil:
		w.planned[r.Node] = append(w.planned[r.Node], planned{reply: r, step: i})
	default:
		return w.reply(o, r)
	}
	return nil
}

func (w *world) knows(id core.NodeID) bool {
	return slices.ContainsFunc(w.keys, func(key string) bool {
		_, ok := w.versions[key].Graph.Node(string(id))
		return ok
	})
}

func (w *world) elapse(a Advance) error {
	if a.To != nil {
		return w.advance(*a.To)
	}
	pause, err := length(a.By)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScenario, err)
	}
	return w.advance(pause.From(w.clock.Now().In(w.zone)))
}

func (w *world) cancel(i int, c Cancel) error {
	for _, r := range w.runs {
		if c.Process != "" && r.process != c.Process {
			continue
		}
		if _, err := w.host.Cancel(w.ctx, r.id, "", "", c.Reason); err != nil {
			w.fail(i, Failure{Code: FailedPlay}, "%s", err)
			return nil
		}
		return w.follow()
	}
	w.fail(i, Failure{Code: NothingRuns}, "nothing runs that could be canceled")
	return nil
}

// length reads an ISO 8601 duration.
func length(text string) (span.Span, error) {
	return span.Parse(text)
}
