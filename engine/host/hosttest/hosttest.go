// Package hosttest is what a host needs around it in tests: definitions given
// as JSON, expressions by engine/expr, configs resolved by the conventions of
// the process format, robots that do what the test says.
package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// World implements host.Graphs, host.Facts and host.Resolver.
type World struct {
	compiler *expr.Compiler

	mu       sync.Mutex
	versions map[string][]host.Version
	// Roots are what expressions see besides the run's own values; constant while
	// a host uses the world.
	Roots map[string]any
	// Outage, while it returns an error, makes loading facts fail.
	Outage func() error
	// Trouble may make resolving a node panic or fail.
	Trouble func(node core.NodeID) error
}

// NewWorld makes a world without definitions.
func NewWorld() *World {
	return &World{compiler: expr.New(expr.Options{}), versions: map[string][]host.Version{}}
}

// Define compiles a definition as the next version of its key.
func (w *World) Define(text string) (host.Version, error) {
	def, err := graph.Parse([]byte(text))
	if err != nil {
		return host.Version{}, err
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		return host.Version{}, fmt.Errorf("definition %s: %v", def.Key, findings)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v := host.Version{Key: def.Key, Number: len(w.versions[def.Key]) + 1, Name: def.Name, Graph: g}
	w.versions[def.Key] = append(w.versions[def.Key], v)
	return v, nil
}

// Version implements host.Graphs.
func (w *World) Version(_ context.Context, key string, number int) (host.Version, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.versions[key]
	if number == 0 {
		number = len(all)
	}
	if number < 1 || number > len(all) {
		return host.Version{}, store.ErrNotFound
	}
	return all[number-1], nil
}

// Evaluator implements host.Facts.
func (w *World) Evaluator(context.Context, store.Run, host.Version, core.Instant) (core.Evaluator, error) {
	if w.Outage != nil {
		if err := w.Outage(); err != nil {
			return nil, err
		}
	}
	return &expr.Evaluator{Compiler: w.compiler, Base: expr.Env{Roots: w.Roots}}, nil
}

func (w *World) resolve(o host.Opening, raw []byte) (map[string]any, error) {
	if w.Trouble != nil {
		if err := w.Trouble(o.Command.Node); err != nil {
			return nil, err
		}
	}
	config := map[string]any{}
	if len(raw) > 0 {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&config); err != nil {
			return nil, &host.Refusal{FailureBody: core.FailureBody{Code: "bad_config", Message: err.Error()}}
		}
	}
	roots := map[string]any{}
	for k, v := range w.Roots {
		roots[k] = v
	}
	for k, v := range o.Command.Scope {
		roots[k] = v
	}
	out, err := w.compiler.Resolve(config, nil, expr.Env{Roots: roots, Now: clock.Time(o.At)})
	if err != nil {
		return nil, &host.Refusal{FailureBody: core.FailureBody{Code: "expression_failed", Message: err.Error()}}
	}
	return out.(map[string]any), nil
}

// Task implements host.Resolver: assignee, approvers and group name the people.
func (w *World) Task(_ context.Context, o host.Opening) (store.Task, error) {
	config, err := w.resolve(o, o.Command.Config)
	if err != nil {
		return store.Task{}, err
	}
	var t store.Task
	t.Users = texts(config["assignee"], config["assignees"], config["approvers"])
	t.Groups = texts(config["groups"])
	if len(t.Users)+len(t.Groups) == 0 {
		return t, &host.Refusal{FailureBody: core.FailureBody{Code: "nobody_assigned", Message: "nobody is assigned", Remedy: "Name a person or a group."}}
	}
	if due := config["due"]; due != nil {
		raw, err := json.Marshal(due)
		if err != nil {
			return t, err
		}
		if t.DueAt, _, err = timer.Resolve(raw, o.At, time.UTC, 0); err != nil {
			return t, &host.Refusal{FailureBody: core.FailureBody{Code: "bad_time", Message: err.Error()}}
		}
	}
	t.Config, err = json.Marshal(config)
	return t, err
}

func texts(values ...any) []string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if v != "" {
				out = append(out, v)
			}
		case []any:
			out = append(out, texts(v...)...)
		}
	}
	return out
}

// Effect implements host.Resolver.
func (w *World) Effect(_ context.Context, o host.Opening) (store.Effect, error) {
	config, err := w.resolve(o, o.Command.Config)
	if err != nil {
		return store.Effect{}, err
	}
	raw, err := json.Marshal(config)
	return store.Effect{Config: raw}, err
}

// Timer implements host.Resolver.
func (w *World) Timer(_ context.Context, o host.Opening) (host.Due, error) {
	config, err := w.resolve(o, o.Command.Trigger)
	if err != nil {
		return host.Due{}, err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return host.Due{}, err
	}
	at, armed, err := timer.Resolve(raw, o.At, time.UTC, o.Command.Cycle)
	if err != nil {
		return host.Due{}, &host.Refusal{FailureBody: core.FailureBody{Code: "bad_time", Message: err.Error()}}
	}
	return host.Due{At: at, Rule: raw, Armed: armed}, nil
}

// Message implements host.Resolver.
func (w *World) Message(_ context.Context, o host.Opening) (name, key string, err error) {
	config, err := w.resolve(o, o.Command.Trigger)
	if err != nil {
		return "", "", err
	}
	message, _ := config["message"].(map[string]any)
	name, _ = message["name"].(string)
	if message["key"] != nil {
		key = fmt.Sprint(message["key"])
	}
	return name, key, nil
}

// Child implements host.Resolver.
func (w *World) Child(_ context.Context, o host.Opening) (host.StartRequest, error) {
	return host.Calling(o.Command.Config, func(raw []byte) (map[string]any, error) { return w.resolve(o, raw) })
}

// Robot is a performer that does what its function says; nil does nothing.
type Robot struct {
	Key   string
	Class robot.Class
	Do    func(ctx context.Context, req robot.Request) (robot.Result, error)
}

// Descriptor implements robot.Performer.
func (r Robot) Descriptor() robot.Descriptor {
	return robot.Descriptor{Key: r.Key, Class: r.Class, Schema: json.RawMessage("{}")}
}

// Perform implements robot.Performer.
func (r Robot) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if r.Do == nil {
		return robot.Result{}, nil
	}
	return r.Do(ctx, req)
}

// ErrOutage is a failure of the infrastructure for tests.
var ErrOutage = errors.New("the store is away")
