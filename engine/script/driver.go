package script

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
)

// CoreDriver runs scripts on the pure core. It restarts the engine at every
// step, that is, it keeps only the encoded state, and it checks what must hold
// of every step: the input is unchanged, the same call gives the same result,
// records are numbered without gap, ids are unique, an ended run has nothing
// open.
type CoreDriver struct {
	tb     Reporter
	graph  *graph.Graph
	eval   core.Evaluator
	state  []byte
	seq    int64
	opened map[string]bool
}

// Facts is an evaluator in a world with one record, which scripts change.
type Facts struct{ expr.Evaluator }

// NewFacts makes one without a record.
func NewFacts() *Facts { return &Facts{expr.Evaluator{Compiler: expr.New(expr.Options{})}} }

// SetRecord lets expressions see these fields as the record; nil = there is none.
func (f *Facts) SetRecord(fields core.Values) {
	f.Base.Roots = map[string]any{"record": nil}
	if fields != nil {
		f.Base.Roots["record"] = fields
	}
}

// Reporter is what the driver needs of a test; *testing.T and *rapid.T are.
type Reporter interface {
	Error(args ...any)
	Fatal(args ...any)
}

// NewCoreDriver begins a run.
func NewCoreDriver(tb Reporter, g *graph.Graph, run core.RunID, eval core.Evaluator) *CoreDriver {
	state, err := codec.Encode(core.NewState(run))
	if err != nil {
		tb.Fatal(err)
	}
	return &CoreDriver{tb: tb, graph: g, eval: eval, state: state, opened: map[string]bool{}}
}

// SetRecord implements Recorder.
func (d *CoreDriver) SetRecord(fields core.Values) {
	if f, ok := d.eval.(*Facts); ok {
		f.SetRecord(fields)
	}
}

// State decodes the run.
func (d *CoreDriver) State() (*core.State, error) { return codec.Decode(d.state) }

// Apply advances the run.
func (d *CoreDriver) Apply(events ...core.Event) (core.Output, error) {
	return d.ApplyWithin(core.StepBudget, events...)
}

// ApplyWithin advances the run within a budget of node entries.
func (d *CoreDriver) ApplyWithin(budget int, events ...core.Event) (core.Output, error) {
	before, err := codec.Decode(d.state)
	if err != nil {
		return core.Output{}, err
	}
	next, out, err := core.Fold(d.graph, before, events, d.eval, budget)
	if err != nil {
		return core.Output{}, err
	}
	if err := d.check(before, next, out, budget, events); err != nil {
		d.tb.Error(err)
	}
	d.state, err = codec.Encode(next)
	return out, err
}

func (d *CoreDriver) check(before, next *core.State, out core.Output, budget int, events []core.Event) error {
	unchanged, err := codec.Encode(before)
	if err != nil {
		return err
	}
	if !bytes.Equal(unchanged, d.state) {
		return fmt.Errorf("the input state was changed:\n%s\n%s", d.state, unchanged)
	}
	again, outAgain, err := core.Fold(d.graph, before, events, d.eval, budget)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(out, outAgain) {
		return errors.New("the same step gave another result")
	}
	first, err := codec.Encode(next)
	if err != nil {
		return err
	}
	second, err := codec.Encode(again)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return errors.New("the same step gave another state")
	}
	decoded, err := codec.Decode(first)
	if err != nil {
		return err
	}
	third, err := codec.Encode(decoded)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, third) {
		return fmt.Errorf("encoding is not stable:\n%s\n%s", first, third)
	}
	for i := range out.Records {
		if d.seq++; out.Records[i].Seq != d.seq {
			return fmt.Errorf("record %d follows %d", out.Records[i].Seq, d.seq-1)
		}
	}
	if next.Seq() != d.seq {
		return fmt.Errorf("state says %d records, there are %d", next.Seq(), d.seq)
	}
	for i := range out.Commands {
		c := &out.Commands[i]
		switch c.Kind {
		case core.OpenTask, core.ScheduleTimer, core.StartEffect, core.Subscribe, core.StartChild:
			id := fmt.Sprintf("%s:%d", c.Wait, c.Generation)
			if d.opened[id] {
				return fmt.Errorf("wait %s opened twice", id)
			}
			d.opened[id] = true
		}
	}
	if next.Status() != core.Active && len(next.Waits())+len(next.Tokens())+len(next.Incidents()) > 0 {
		return fmt.Errorf("the run has ended with %v %v %v", next.Waits(), next.Tokens(), next.Incidents())
	}
	return nil
}
