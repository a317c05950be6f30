// Package resolve turns what authors wrote into a node's config (literals,
// {"expr": ...} values, texts with {{ }}) into what the engine stores: a task
// with its people and due time, an effect with its final config, a timer with
// its instant, a message with its key. It is asked once, when the wait opens;
// nothing is evaluated again later.
package resolve

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Directory knows people and groups.
type Directory interface {
	expr.Directory
	// IsGroup tells whether an id names a group.
	IsGroup(id string) bool
}

// Records gives CRM records as expressions see them.
type Records interface {
	View(ctx context.Context, recordType, id string) (map[string]any, error)
}

// Options are what a Service needs.
type Options struct {
	Compiler  *expr.Compiler
	Directory Directory
	Records   Records
	Zone      *time.Location
	// Calendars knows working time; nil = office hours, and nobody is ever absent.
	Calendars Calendars
	Format    expr.Format
	// Schema gives the JSON Schema of the config of a node kind or robot, nil when unknown.
	Schema func(subject string) map[string]any
}

// Service implements host.Facts and host.Resolver. Safe for concurrent use.
type Service struct{ Options }

// New makes a service.
func New(o Options) *Service { return &Service{o} }

var (
	_ host.Facts    = (*Service)(nil)
	_ host.Resolver = (*Service)(nil)
)

// facts is the evaluator of one step. The record is read when the first
// expression asks for anything: most steps of most runs evaluate none.
type facts struct {
	ctx     context.Context
	service *Service
	run     store.Run
	eval    *expr.Evaluator
	err     error
}

// Evaluator builds the evaluator of one step.
func (s *Service) Evaluator(ctx context.Context, run store.Run, version host.Version, at core.Instant) (core.Evaluator, error) {
	return &facts{ctx: ctx, service: s, run: run}, nil
}

func (f *facts) load() *expr.Evaluator {
	if f.eval == nil {
		var env expr.Env
		if env, f.err = f.service.env(f.ctx, f.run); f.err != nil {
			env = expr.Env{} // the step is dropped: see Err
		}
		// The whole step goes by one calendar, as it sees one record.
		if f.service.Calendars != nil {
			env.Working = sync.OnceValues(func() (*calendar.Calendar, error) {
				c, err := f.service.Calendars.Find(f.ctx, "")
				if err != nil {
					f.err = err
				}
				return c, err
			})
		}
		f.eval = &expr.Evaluator{Compiler: f.service.Compiler, Base: env}
	}
	return f.eval
}

// Err is why the facts could not be read; the host then tries the step again.
func (f *facts) Err() error { return f.err }

// Eval computes a value.
func (f *facts) Eval(source string, names core.Values, now core.Instant) (any, error) {
	return f.load().Eval(source, names, now)
}

// Bool computes a condition.
func (f *facts) Bool(source string, names core.Values, now core.Instant) (bool, error) {
	return f.load().Bool(source, names, now)
}

// Explain gives the values a condition used.
func (f *facts) Explain(source string, names core.Values, now core.Instant) core.Values {
	return f.load().Explain(source, names, now)
}

// Render writes a text with its placeholders.
func (f *facts) render(text string, names core.Values, now core.Instant) (string, error) {
	env := f.load().Base
	for name, value := range names {
		env = env.With(name, value)
	}
	env.Now = clock.Time(now)
	t, err := f.service.Compiler.Template(text, nil)
	if err != nil {
		return "", evalError(text, err)
	}
	out, err := t.Render(env)
	if err != nil {
		return "", evalError(text, err)
	}
	return out, nil
}

// renderMarkdown renders a markdown template with every value escaped.
func (f *facts) renderMarkdown(text string, names core.Values, now core.Instant) (string, error) {
	if _, err := f.service.Compiler.Template(text, nil); err != nil {
		return "", evalError(text, err)
	}
	var out strings.Builder
	for {
		i := strings.Index(text, "{{")
		if i < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		out.WriteString(text[:i])
		_, length, closed := expr.Placeholder(text[i+2:])
		if !closed {
			out.WriteString(text[i:])
			return out.String(), nil
		}
		value, err := f.render(text[i:i+2+length], names, now)
		if err != nil {
			return "", err
		}
		out.WriteString(markup.ReplaceAllString(value, `\$0`))
		text = text[i+2+length:]
	}
}

// markup are the characters that mean something in markdown.
var markup = regexp.MustCompile("[\\\\`*_{}\\[\\]()<>#+.!|~&-]")

func evalError(source string, err error) error {
	var e *expr.Error
	if errors.As(err, &e) {
		return &core.EvalError{Source: e.Source, Line: e.Line, Column: e.Column, Message: e.Message, Values: e.Values}
	}
	return &core.EvalError{Source: source, Message: err.Error()}
}

// env is what expressions of a run see besides its own variables. A record that
// is gone is null: what needs it becomes an incident that says so.
func (s *Service) env(ctx context.Context, run store.Run) (expr.Env, error) {
	var record any
	if run.RecordID != "" {
		view, err := s.Records.View(ctx, run.RecordType, run.RecordID)
		var p *problem.Problem
		switch {
		case err == nil:
			record = view
		case errors.As(err, &p) && p.Status() < 500:
		default:
			return expr.Env{}, err
		}
	}
	return s.Env(ctx, record, run.StartedBy, map[string]any{
		"id": string(run.ID), "definition": run.DefinitionKey, "version": int64(run.Version), "name": run.Name, "startedBy": run.StartedBy,
	}), nil
}

// Env is the environment of an expression about a record.
func (s *Service) Env(ctx context.Context, record any, actor string, run map[string]any) expr.Env {
	var person any
	if user, ok := s.Directory.User(actor); ok {
		person = user
	}
	env := expr.Env{Roots: map[string]any{"record": record, "actor": person, "run": run}, Location: s.Zone, Directory: s.Directory, Format: s.Format}
	if s.Calendars != nil {
		env.Working = func() (*calendar.Calendar, error) { return s.Calendars.Find(ctx, "") }
	}
	return env
}
