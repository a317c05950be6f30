package expr

import (
	"errors"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Evaluator implements core.Evaluator for one step of a run. Base holds what the
// host loaded before the step: record, actor, run, the directory and the zone.
// The names of the core (vars, params, const, steps) are laid over it.
type Evaluator struct {
	Compiler *Compiler
	Scope    *Scope
	Base     Env
}

var _ core.Evaluator = (*Evaluator)(nil)

// Eval computes source; the result has the types of core.Values.
func (e *Evaluator) Eval(source string, names core.Values, now core.Instant) (any, error) {
	program, err := e.Compiler.Compile(source, e.Scope)
	if err != nil {
		return nil, coreError(err)
	}
	env := e.env(names, now)
	value, err := program.Eval(env)
	if err != nil {
		return nil, coreError(err)
	}
	return JSONValue(value, env.Location), nil
}

// Bool computes a condition.
func (e *Evaluator) Bool(source string, names core.Values, now core.Instant) (bool, error) {
	program, err := e.Compiler.Compile(source, e.Scope)
	if err != nil {
		return false, coreError(err)
	}
	truth, err := program.Bool(e.env(names, now))
	if err != nil {
		return false, coreError(err)
	}
	return truth, nil
}

func (e *Evaluator) env(names core.Values, now core.Instant) Env {
	env := e.Base
	env.Roots = make(map[string]any, len(e.Base.Roots)+len(names))
	for name, value := range e.Base.Roots {
		env.Roots[name] = value
	}
	for name, value := range names {
		env.Roots[name] = value
	}
	env.Now = time.UnixMilli(int64(now))
	return env
}

func coreError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	values, _ := JSONValue(e.Values, nil).(map[string]any)
	return &core.EvalError{Source: e.Source, Line: e.Line, Column: e.Column, Message: e.Message, Values: values}
}

// Explain gives the values that source reads, by path, so that a record can say
// why a flow was taken.
func (e *Evaluator) Explain(source string, names core.Values, now core.Instant) core.Values {
	program, err := e.Compiler.Compile(source, e.Scope)
	if err != nil {
		return nil
	}
	values, _ := JSONValue(program.valuesIn(e.env(names, now)), nil).(map[string]any)
	return values
}
