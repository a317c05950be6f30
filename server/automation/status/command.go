package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Press gives a command. Everything is asked again at this moment, whatever the
// button showed: that the process waits in the status, who may press it, and its
// condition. Turn is what the button was shown with; of several who press at once
// one has the turn and the others are told.
//
// covers B-08
func (s *Service) Press(ctx context.Context, by By, recordType, recordID, runID, command string, turn int) (State, error) {
	l, err := s.look(ctx, runID)
	if err != nil {
		return State{}, err
	}
	if l.mark.Template == "" || l.RecordType != recordType || l.RecordID != recordID {
		return State{}, problem.NotFound("process")
	}
	current, _ := l.current()
	at := slices.IndexFunc(current.Commands, func(c Command) bool { return c.ID == command })
	if at < 0 || l.Status != core.Active || turn != 0 && turn != l.turn(varTurn) {
		return State{}, gone(by.Language)
	}
	one, err := s.command(ctx, by, l, current, current.Commands[at], l.working())
	if err != nil {
		return State{}, err
	}
	if !one.Can {
		return State{}, refused(one)
	}
	turn = l.turn(varTurn)
	_, err = s.Host.Operate(ctx, core.RunID(runID), fmt.Sprintf("command:%d", turn), by.Actor, host.Act{Kind: core.VariablesChanged,
		Body: core.VariablesBody{Set: core.Values{varCommand: command, varCommandTurn: turn, varCommandBy: by.Actor}, Reason: current.Commands[at].Name}})
	switch {
	case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrFinished):
		return State{}, gone(by.Language)
	case err != nil:
		return State{}, fmt.Errorf("give command %s to run %s: %w", command, runID, err)
	}
	if l, err = s.look(ctx, runID); err != nil {
		return State{}, err
	}
	if l.turn(varTaken) < turn { // a delay was faster
		return State{}, gone(by.Language)
	}
	return s.State(ctx, by, runID)
}

// refused says why a button cannot be pressed: a matter of rights, or of the moment.
func refused(c CommandState) error {
	code := "action_refused"
	if c.Because == becauseNotAllowed {
		code = "forbidden"
	}
	p := problem.New(code, "why", c.Reason)
	p.Detail = c.Reason
	return p.With("because", c.Because).With("people", c.People)
}

func gone(language string) error {
	why := reasonIn(language, becauseGone)
	p := problem.New("action_refused", "why", why)
	p.Detail = why
	return p.With("because", becauseGone)
}

// command tells whether somebody may press a button now, and why not.
func (s *Service) command(ctx context.Context, by By, l looked, in Status, c Command, working []Work) (CommandState, error) {
	out := CommandState{ID: c.ID, Name: c.Name}
	env, err := s.env(ctx, l)
	if err != nil {
		return out, err
	}
	no := func(because, more string) (CommandState, error) {
		out.Because, out.Reason = because, reasonIn(by.Language, because)
		if more != "" {
			out.Reason += ": " + more
		}
		return out, nil
	}
	may, people, err := s.allowed(by, c, env)
	out.People = people
	if err != nil {
		return no(becauseUnreadable, err.Error())
	}
	if c.When != "" {
		out.Asked = &board.Asked{Expression: c.When}
		program, err := s.Compiler.Compile(c.When, nil)
		if err == nil {
			out.Values = values(program.Values(env))
			out.Asked.Result, err = program.Bool(env)
		}
		if err != nil {
			return no(becauseUnreadable, err.Error())
		}
		if !out.Asked.Result {
			// One that cannot be taken apart is told of with what it sees.
			if why, err := explain.Condition(s.Compiler, c.When, env); err == nil {
				out.Why = &why
			}
		}
	}
	switch {
	case !may:
		return no(becauseNotAllowed, "")
	case l.Suspended:
		return no(becauseHeld, "")
	case slices.ContainsFunc(working, func(w Work) bool { return w.Incident != nil }):
		return no(becauseIncident, working[0].Name)
	case !l.waits(in):
		names := make([]string, 0, len(working))
		for _, w := range working {
			names = append(names, w.Name)
		}
		return no(becauseBusy, strings.Join(names, ", "))
	case out.Asked != nil && !out.Asked.Result:
		return no(becauseCondition, "")
	}
	out.Can = true
	return out, nil
}

// env is what the conditions of a process see.
func (s *Service) env(ctx context.Context, l looked) (expr.Env, error) {
	var record any
	view, err := s.Records.View(ctx, l.RecordType, l.RecordID)
	var p *problem.Problem
	switch {
	case err == nil:
		record = view
	case errors.As(err, &p) && p.Status() < 500:
	default:
		return expr.Env{}, err
	}
	env := s.Facts.Env(ctx, record, l.StartedBy, map[string]any{"id": l.ID, "definition": l.DefinitionKey, "version": int64(l.Version), "name": l.DefinitionName, "startedBy": l.StartedBy})
	env.Now = s.Clock.Now()
	return env.With("vars", l.Variables), nil
}

// allowed tells whether somebody is among those who may press a button, and who
// they are: nobody in particular stands for all who may change the record.
func (s *Service) allowed(by By, c Command, env expr.Env) (may bool, people []string, err error) {
	if len(c.Allowed) == 0 {
		return by.Edits, nil, nil
	}
	for _, raw := range c.Allowed {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return false, nil, fmt.Errorf("read who may give the command: %w", err)
		}
		if computed, is := v.(map[string]any); is {
			source, _ := computed["expr"].(string)
			program, err := s.Compiler.Compile(source, nil)
			if err == nil {
				v, err = program.Eval(env)
			}
			if err != nil {
				return false, nil, err
			}
		}
		s.people(v, &people)
	}
	return slices.Contains(people, by.Actor), people, nil
}

// people reads users out of a value: ids of users, groups and roles ("role:<id>"),
// and lists of those.
func (s *Service) people(v any, into *[]string) {
	add := func(id string) {
		if _, known := s.Directory.User(id); known && !slices.Contains(*into, id) {
			*into = append(*into, id)
		}
	}
	switch v := v.(type) {
	case string:
		id := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(v), "user:"), "group:")
		if s.Directory.IsGroup(id) {
			for _, m := range s.Directory.Members(id) {
				add(m)
			}
			return
		}
		add(id)
	case []any:
		for _, inner := range v {
			s.people(inner, into)
		}
	case []string:
		for _, inner := range v {
			s.people(inner, into)
		}
	case map[string]any:
		s.people(v["id"], into)
	}
}

// values are what a condition sees, in the order of their names.
func values(seen map[string]any) []board.Value {
	out := make([]board.Value, 0, len(seen))
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		text := ""
		switch v := seen[name].(type) {
		case nil:
		case string:
			text = v
		default:
			raw, err := json.Marshal(v)
			if text = string(raw); err != nil {
				text = fmt.Sprint(v)
			}
		}
		out = append(out, board.Value{Name: name, Value: text})
	}
	return out
}
