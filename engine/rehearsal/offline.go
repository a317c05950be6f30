package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// offline resolves configs without a server: records and people come from the
// scenario. What a task or a robot needs and the scenario does not give stays as
// it is written; timers, message keys and mappings steer the run, so there a
// failing expression is an incident, as it is live.
type offline struct {
	compiler *expr.Compiler
	people   directory
	zone     *time.Location
	record   map[string]any
}

var (
	_ host.Facts    = (*offline)(nil)
	_ host.Resolver = (*offline)(nil)
)

func (o *offline) env(run store.Run) expr.Env {
	var record, actor any
	if o.record != nil {
		record = o.record
	}
	if user, ok := o.people.User(run.StartedBy); ok {
		actor = user
	}
	return expr.Env{Directory: o.people, Location: o.zone, Roots: map[string]any{"record": record, "actor": actor, "run": map[string]any{
		"id": string(run.ID), "definition": run.DefinitionKey, "version": int64(run.Version), "name": run.Name, "startedBy": run.StartedBy,
	}}}
}

// Evaluator implements host.Facts.
func (o *offline) Evaluator(_ context.Context, run store.Run, _ host.Version, _ core.Instant) (core.Evaluator, error) {
	return &expr.Evaluator{Compiler: o.compiler, Base: o.env(run)}, nil
}

func decode(raw []byte) (any, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err
}

// resolve evaluates a config; the second result is what went wrong.
func (o *offline) resolve(opening host.Opening, raw []byte) (any, error) {
	config, err := decode(raw)
	if err != nil || config == nil {
		return config, err
	}
	env := o.env(opening.Run)
	for name, value := range opening.Command.Scope {
		env = env.With(name, value)
	}
	env.Now = clock.Time(opening.At)
	return o.compiler.Resolve(config, nil, env)
}

// lenient resolves member by member and keeps those that fail as they are.
func (o *offline) lenient(opening host.Opening) (json.RawMessage, error) {
	var config map[string]json.RawMessage
	if raw := opening.Command.Config; len(raw) > 0 {
		if err := json.Unmarshal(raw, &config); err != nil {
			return nil, refuse("bad_config", err)
		}
	}
	for name, raw := range config {
		value, err := o.resolve(opening, raw)
		if err != nil {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("config %s of %s: %w", name, opening.Command.Node, err)
		}
		config[name] = text
	}
	return json.Marshal(config)
}

func refuse(code string, err error) error {
	return &host.Refusal{FailureBody: core.FailureBody{Code: code, Message: err.Error()}}
}

// Task implements host.Resolver.
func (o *offline) Task(_ context.Context, opening host.Opening) (store.Task, error) {
	config, err := o.lenient(opening)
	users, groups := o.asked(config)
	if len(users)+len(groups) == 0 {
		users = []string{"rehearsal"} // whoever it will be: there are people to ask
	}
	return store.Task{Users: users, Groups: groups, Config: config}, err
}

// asked lists whom a task's config names, groups of acknowledgements and
// approvals with their members.
func (o *offline) asked(config json.RawMessage) (users, groups []string) {
	var c struct{ Assignee, Assignees, People, Approvers, Groups any }
	if json.Unmarshal(config, &c) != nil {
		return nil, nil
	}
	names := func(value any) (out []string) {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, one := range list {
			if name, ok := one.(string); ok && name != "" {
				out = append(out, name)
			}
		}
		return out
	}
	for _, value := range []any{c.Assignee, c.Assignees, c.People, c.Approvers} {
		for _, name := range names(value) {
			members := o.people.Members(name)
			if len(members) == 0 {
				members = []string{name}
			}
			for _, user := range members {
				if !slices.Contains(users, user) {
					users = append(users, user)
				}
			}
		}
	}
	return users, names(c.Groups)
}

// Effect implements host.Resolver.
func (o *offline) Effect(_ context.Context, opening host.Opening) (store.Effect, error) {
	config, err := o.lenient(opening)
	return store.Effect{Config: config}, err
}

// Timer implements host.Resolver.
func (o *offline) Timer(_ context.Context, opening host.Opening) (host.Due, error) {
	value, err := o.resolve(opening, opening.Command.Trigger)
	if err != nil {
		return host.Due{}, refuse("expression_failed", err)
	}
	object, _ := value.(map[string]any)
	rule, err := json.Marshal(object["timer"])
	if err != nil {
		return host.Due{}, refuse("timer_invalid", err)
	}
	due, more, err := timer.Resolve(rule, opening.At, o.zone, opening.Command.Cycle)
	if err != nil {
		return host.Due{}, refuse("timer_invalid", err)
	}
	return host.Due{At: due, Rule: rule, Armed: more}, nil
}

// Message implements host.Resolver.
func (o *offline) Message(_ context.Context, opening host.Opening) (name, key string, err error) {
	value, err := o.resolve(opening, opening.Command.Trigger)
	if err != nil {
		return "", "", refuse("expression_failed", err)
	}
	trigger, _ := value.(map[string]any)
	rule, _ := trigger["message"].(map[string]any)
	name, _ = rule["name"].(string)
	if k := rule["key"]; k != nil {
		key = fmt.Sprint(k)
	}
	return name, key, nil
}

// Child implements host.Resolver.
func (o *offline) Child(_ context.Context, opening host.Opening) (host.StartRequest, error) {
	return host.Calling(opening.Command.Config, func(raw []byte) (map[string]any, error) {
		value, err := o.resolve(opening, raw)
		if err != nil {
			return nil, refuse("expression_failed", err)
		}
		config, _ := value.(map[string]any)
		return config, nil
	})
}

// directory is the scenario's people.
type directory map[string]Person

// Head implements expr.Directory.
func (d directory) Head(user string) (string, bool) {
	p, ok := d[user]
	return p.Head, ok && p.Head != ""
}

// Members implements expr.Directory, in the order of the ids.
func (d directory) Members(group string) []string {
	var members []string
	for id, p := range d {
		if slices.Contains(p.Groups, group) {
			members = append(members, id)
		}
	}
	slices.Sort(members)
	return members
}

// User implements expr.Directory.
func (d directory) User(id string) (map[string]any, bool) {
	p, ok := d[id]
	if !ok {
		return nil, false
	}
	return map[string]any{"id": id, "name": p.Name, "email": p.Email}, true
}
