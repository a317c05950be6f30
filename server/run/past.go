package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Moment is a run as it was when a record was written.
type Moment struct {
	Picture
	At        docstore.Instant `json:"at"`
	Kind      core.RecordKind  `json:"kind"`
	Text      string           `json:"text"`
	Variables map[string]any   `json:"variables"`
	// Version is that of the process on which the run was then.
	Version int `json:"version"`
}

// Change is one value that a variable was given.
type Change struct {
	Seq    int64            `json:"seq"`
	At     docstore.Instant `json:"at"`
	Value  any              `json:"value"`
	Node   string           `json:"node,omitempty"`
	By     string           `json:"by,omitempty"`
	Reason string           `json:"reason,omitempty"`
}

// Variable is a variable with its values, oldest first.
type Variable struct {
	Name    string   `json:"name"`
	Value   any      `json:"value"`
	Changes []Change `json:"changes"`
	More    bool     `json:"more" doc:"older changes were left out"`
	// Parameter tells a value that was given at the start and never changes.
	Parameter bool `json:"parameter,omitempty" doc:"given at the start; it never changes"`
}

// changesShown bounds the changes of one variable: the latest of them.
const changesShown = 200

// past folds records into what was known at a moment.
type past struct {
	fold      *fold
	last      core.Record
	values    map[string]any
	changes   map[string][]core.Record // each with the one value as its body
	incidents []Incident
	given     *core.Record // the start, when it came with parameters
}

// newPast begins with what the process declares.
func newPast(process []byte) (*past, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("variables of a process: %w", err)
	}
	p := &past{fold: newFold(), values: map[string]any{}, changes: map[string][]core.Record{}}
	for _, v := range def.Variables {
		p.values[v.Name] = nil
		if len(v.Default) > 0 {
			if err := json.Unmarshal(v.Default, new(any)); err == nil {
				p.values[v.Name] = v.Default
			}
		}
	}
	return p, nil
}

func (p *past) add(r core.Record) {
	p.fold.add(r)
	p.last = r
	switch r.Kind {
	case core.RecordRunStarted:
		given, _ := r.Body["variables"].(map[string]any)
		p.set(r, given)
		if parameters, _ := r.Body["parameters"].(map[string]any); len(parameters) > 0 {
			p.given = &r
		}
	case core.RecordVariablesChanged:
		p.set(r, r.Body)
	case core.RecordIncidentRaised:
		text := func(name string) string { s, _ := r.Body[name].(string); return s }
		p.incidents = append(p.incidents, Incident{ID: text("incident"), Node: string(r.Node), At: instant(r.At), Code: text("code"), Message: text("message")})
	case core.RecordIncidentResolved:
		p.incidents = slices.DeleteFunc(p.incidents, func(i Incident) bool { return i.ID == r.Body["incident"] })
	case core.RecordRunCompleted, core.RecordRunCanceled, core.RecordRunFailed:
		p.incidents = nil
	}
}

func (p *past) set(r core.Record, values map[string]any) {
	for name, value := range values {
		p.values[name] = value
		one := r
		one.Body = core.Values{"value": value}
		p.changes[name] = append(p.changes[name], one)
	}
}

// At reads a run as it was when record seq was written; the number of the last
// record, or a higher one, is now.
func (s *Service) At(ctx context.Context, id string, seq int64, language string) (Moment, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Moment{}, err
	}
	if r.Version, err = s.versionAt(ctx, r, seq); err != nil {
		return Moment{}, err
	}
	process, err := s.processOf(ctx, r)
	if err != nil {
		return Moment{}, err
	}
	p, err := newPast(process)
	if err != nil {
		return Moment{}, err
	}
	if err := s.eachRecord(ctx, r.ID, min(seq, r.Seq), p.add); err != nil {
		return Moment{}, err
	}
	if p.last.Seq == 0 {
		return Moment{}, problem.NotFound("record")
	}
	lines, err := s.Words(ctx, r.DefinitionKey, r.Version, []core.Record{p.last}, language)
	if err != nil {
		return Moment{}, err
	}
	incidents := p.incidents
	if incidents == nil {
		incidents = []Incident{}
	}
	return Moment{Picture: p.fold.picture(incidents, nil, s.Clock.Now()), At: instant(p.last.At), Kind: p.last.Kind, Text: lines[0].Text, Variables: p.values, Version: r.Version}, nil
}

// versionAt is the version on which a run was when record seq had been written.
func (s *Service) versionAt(ctx context.Context, r store.Run, seq int64) (int, error) {
	version := 0
	err := s.eachRecord(ctx, r.ID, r.Seq, func(rec core.Record) {
		if rec.Kind != core.RecordRunMigrated {
			return
		}
		side := "toVersion"
		if rec.Seq > seq {
			if side = "fromVersion"; version != 0 {
				return
			}
		}
		if _, err := fmt.Sscan(fmt.Sprint(rec.Body[side]), &version); err != nil {
			version = 0
		}
	})
	if version == 0 {
		version = r.Version
	}
	return version, err
}

// parameters are the values given at the start, by name.
func (p *past) parameters(names map[string]string) []Variable {
	out := []Variable{}
	if p.given == nil {
		return out
	}
	values, _ := p.given.Body["parameters"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		given := Change{Seq: p.given.Seq, At: instant(p.given.At), Value: values[name], Node: string(p.given.Node), By: names[p.given.Actor]}
		out = append(out, Variable{Name: name, Value: values[name], Changes: []Change{given}, Parameter: true})
	}
	return out
}

// Variables reads the parameters of a run and, after them, the values of its
// variables over time, by name.
func (s *Service) Variables(ctx context.Context, id string) ([]Variable, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	process, err := s.processOf(ctx, r)
	if err != nil {
		return nil, err
	}
	p, err := newPast(process)
	if err != nil {
		return nil, err
	}
	if err := s.eachRecord(ctx, r.ID, r.Seq, p.add); err != nil {
		return nil, err
	}
	people := []string{}
	if p.given != nil {
		people = append(people, p.given.Actor)
	}
	for _, changes := range p.changes {
		for _, c := range changes {
			people = append(people, c.Actor)
		}
	}
	names, err := s.People.Names(ctx, people)
	if err != nil {
		return nil, err
	}
	out := p.parameters(names)
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		changes := p.changes[name]
		v := Variable{Name: name, Value: p.values[name], Changes: []Change{}, More: len(changes) > changesShown}
		for _, c := range changes[max(0, len(changes)-changesShown):] {
			v.Changes = append(v.Changes, Change{Seq: c.Seq, At: instant(c.At), Value: c.Body["value"], Node: string(c.Node), By: names[c.Actor], Reason: c.Reason})
		}
		out = append(out, v)
	}
	return out, nil
}
