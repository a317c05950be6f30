package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Boards gives the triggers of a pipeline: stage by stage, and on a stage in the
// order in which people arranged them.
type Boards interface {
	Triggers(ctx context.Context, recordType, pipeline string) ([]Placed, error)
}

// Record is a record as far as a trigger looks at it.
type Record struct {
	Title       string
	Pipeline    string
	Stage       string
	Responsible string
	Rev         int64
}

// Records is the CRM as far as triggers need it.
type Records interface {
	// Record reads a record; a problem not_found when it is gone.
	Record(ctx context.Context, r core.RecordRef) (Record, error)
	// Stages lists the stages of a pipeline in their order.
	Stages(ctx context.Context, pipeline string) ([]Stage, error)
	// View is the record as conditions see it.
	View(ctx context.Context, recordType, id string) (map[string]any, error)
	// Move puts the record on a stage, and gives the stage where it stands then.
	// rev is that of Record.
	Move(ctx context.Context, by crm.Change, r core.RecordRef, rev int64, stage, note string) (string, error)
}

// Environment builds what a condition sees.
type Environment interface {
	Env(ctx context.Context, record any, actor string, run map[string]any) expr.Env
}

// People knows who belongs where.
type People interface {
	// Among tells whether a choice of people, such as "role:operator", means a person.
	Among(who, user string) bool
}

// Options are what a Service needs.
type Options struct {
	Store    docstore.Store
	People   People
	Boards   Boards
	Records  Records
	Entries  Entries
	Causes   automation.Causes
	Facts    Environment
	Compiler *expr.Compiler
	Clock    clock.Clock
	Log      *slog.Logger
	// Random makes tokens; nil = the machine's.
	Random func() string
}

// Service lets triggers act. Safe for concurrent use.
type Service struct {
	Options
	stories docstore.Typed[story]
	calls   docstore.Typed[Call]
	hooks   docstore.Typed[hook]
}

// New opens the collections of triggers.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	if s.Random == nil {
		s.Random = randomToken
	}
	var err error
	if s.stories, err = docstore.NewTyped[story](ctx, o.Store, docstore.Spec{Name: "triggerLogs", Indexes: []docstore.Index{{Paths: []string{"moved"}, Multi: true}}}); err != nil {
		return nil, err
	}
	if s.calls, err = docstore.NewTyped[Call](ctx, o.Store, docstore.Spec{Name: Calls, Indexes: []docstore.Index{{Paths: []string{"atMs"}}}}); err != nil {
		return nil, err
	}
	s.hooks, err = docstore.NewTyped[hook](ctx, o.Store, docstore.Spec{Name: "triggerHooks"})
	return s, err
}

// attempts bounds how often a happening is decided anew because somebody changed
// the record meanwhile.
const attempts = 20

// Happened lets the triggers of a record's pipeline react to a happening, and
// tells whether one of them moved the record. It may be called any number of
// times with the same happening.
//
// covers G-05: whatever waits on the present stage, the trigger acts now.
func (s *Service) Happened(ctx context.Context, o Occurrence) (moved bool, err error) {
	for range attempts {
		moved, err = s.happened(ctx, o)
		var p *problem.Problem
		stale := errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) || errors.As(err, &p) && p.Code == "stale"
		if !stale {
			break
		}
	}
	if gone(err) {
		return false, nil // deleted meanwhile
	}
	return moved, err
}

func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == 404
}

func (s *Service) happened(ctx context.Context, o Occurrence) (bool, error) {
	r, err := s.Records.Record(ctx, o.Record)
	if err != nil {
		return false, err
	}
	placed, err := s.Boards.Triggers(ctx, o.Record.Type, r.Pipeline)
	if err != nil {
		return false, fmt.Errorf("triggers of %s: %w", r.Pipeline, err)
	}
	placed = slices.DeleteFunc(slices.Clone(placed), func(t Placed) bool { return t.Type != o.Kind })
	if len(placed) == 0 && o.Kind != Webhook {
		return false, nil // nobody has set up anything that could be silent
	}
	told, err := s.story(ctx, o.Record)
	if err != nil {
		return false, err
	}
	if slices.Contains(told.Seen, o.ID) {
		return slices.ContainsFunc(told.Entries, func(e Entry) bool { return e.Occurrence == o.ID && e.Reason == Moved }), nil
	}
	// Begun before, and cut short: the effect of the move tells whether it was made.
	i := slices.IndexFunc(told.Entries, func(e Entry) bool { return e.Occurrence == o.ID && e.Reason == moving })
	if i >= 0 {
		if told.Entries[i].Stage == r.Stage {
			told.Entries[i].Reason = Moved
			told.done(o.ID)
			_, err := s.stories.Save(ctx, told)
			return true, err
		}
		told.Entries = slices.DeleteFunc(told.Entries, func(e Entry) bool { return e.Occurrence == o.ID })
	}
	stages, err := s.Records.Stages(ctx, r.Pipeline)
	if err != nil {
		return false, err
	}
	d, entries, err := s.decide(ctx, o, r, stages, placed)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		told.add(e)
	}
	if d.Stage == "" {
		told.done(o.ID)
		_, err := s.stories.Save(ctx, told)
		return false, err
	}
	// What is about to be done is written down first: after a crash between here
	// and the end of the move the log is still right.
	if !slices.Contains(told.Moved, d.Trigger) {
		told.Moved = append(told.Moved, d.Trigger)
	}
	if told, err = s.stories.Save(ctx, told); err != nil {
		return false, err
	}
	return s.move(ctx, o, r, d, placed, told)
}

// decide asks conditions and writes down what each trigger does.
func (s *Service) decide(ctx context.Context, o Occurrence, r Record, stages []Stage, placed []Placed) (Decision, []Entry, error) {
	entries := make([]Entry, len(placed))
	candidates := make([]Candidate, len(placed))
	var env *expr.Env
	for i, t := range placed {
		c := Candidate{ID: t.ID, Stage: t.Stage, AllowBack: t.AllowBack, Disabled: t.Disabled, Meant: t.Meant(o, s.People.Among)}
		e := Entry{At: docstore.At(s.Clock.Now()), Kind: o.Kind, Trigger: t.ID, Name: t.Name, From: r.Stage, Stage: t.Stage, Occurrence: o.ID, Event: short(o.Event)}
		if Place(stages, r.Stage, c) == "" {
			if env == nil && t.When != "" {
				view, err := s.Records.View(ctx, o.Record.Type, o.Record.ID)
				if err != nil {
					return Decision{}, nil, err
				}
				made := s.Facts.Env(ctx, view, actor(t, r), nil).With("event", o.Event)
				made.Now = s.Clock.Now()
				env = &made
			}
			c.Holds = s.holds(t, env, &e)
		}
		candidates[i], entries[i] = c, e
	}
	if len(placed) == 0 {
		return Decision{}, []Entry{{At: docstore.At(s.Clock.Now()), Kind: o.Kind, From: r.Stage, Reason: NoTrigger, Occurrence: o.ID, Event: short(o.Event)}}, nil
	}
	d := Decide(stages, r.Stage, candidates)
	for i := range entries {
		entries[i].Reason = d.Reasons[i]
		if d.Reasons[i] != Moved {
			continue
		}
		entries[i].Reason = moving
		if o.Depth >= automation.MaxDepth {
			s.Log.WarnContext(ctx, "chain of triggers and processes is too long", "trigger", d.Trigger, "record", o.Record.ID, "depth", o.Depth)
			entries[i].Reason, d.Stage = ChainTooLong, ""
			if err := s.tooLong(ctx, o, placed[i]); err != nil {
				return d, nil, err
			}
		}
	}
	return d, entries, nil
}

// actor is on whose behalf a trigger moves a record.
func actor(t Placed, r Record) string {
	if t.OnBehalf == "" || t.OnBehalf == "responsible" {
		return r.Responsible
	}
	return t.OnBehalf
}

func (s *Service) holds(t Placed, env *expr.Env, e *Entry) Truth {
	if t.When == "" {
		return True
	}
	e.When = t.When
	program, err := s.Compiler.Compile(t.When, nil)
	if err == nil {
		e.Values = program.Values(*env)
		var ok bool
		if ok, err = program.Bool(*env); err == nil && ok {
			return True
		} else if err == nil {
			return False
		}
	}
	e.Error = err.Error()
	return Failed
}

func (s *Service) move(ctx context.Context, o Occurrence, r Record, d Decision, placed []Placed, told story) (bool, error) {
	i := slices.IndexFunc(placed, func(t Placed) bool { return t.ID == d.Trigger })
	by := crm.Change{Actor: actor(placed[i], r), Cause: crm.TriggerCause + d.Trigger, Effect: effect(o), Depth: o.Depth + 1,
		Chain: automation.Kept(append(o.ledTo(), s.link(o, placed[i], r)))}
	now, err := s.Records.Move(ctx, by, o.Record, r.Rev, d.Stage, placed[i].Name)
	var p *problem.Problem
	if err != nil && (!errors.As(err, &p) || p.Status() >= 500 || p.Code == "stale") {
		return false, err
	}
	if err == nil && now != d.Stage {
		// The effect was there already, and the record has been moved since.
		s.Log.InfoContext(ctx, "trigger had moved the record before", "trigger", d.Trigger, "record", o.Record.ID)
	}
	for j := range told.Entries {
		if e := &told.Entries[j]; e.Occurrence == o.ID && e.Reason == moving {
			e.Reason = Moved
			if p != nil {
				e.Reason, e.Error = Refused, p.Error()
				e.Fields, _ = p.Extra["fields"].([]string)
			}
		}
	}
	told.done(o.ID)
	_, saveErr := s.stories.Save(ctx, told)
	if saveErr == nil && p == nil {
		s.Log.InfoContext(ctx, "trigger moved a record", "trigger", d.Trigger, "kind", o.Kind, "record", o.Record.ID, "stage", d.Stage)
	}
	return p == nil && saveErr == nil, saveErr
}

func effect(o Occurrence) string {
	sum := sha256.Sum256([]byte(o.ID))
	return "trigger-" + hex.EncodeToString(sum[:12])
}

// short keeps what a log shows of a happening: texts of it may be as long as a
// client likes.
func short(event map[string]any) map[string]any {
	out := make(map[string]any, len(event))
	for name, value := range event {
		switch v := value.(type) {
		case string:
			out[name] = cut(v)
		case bool, int, int64, float64:
			out[name] = v
		case map[string]any:
			names := make([]string, 0, len(v))
			for n := range v {
				names = append(names, cut(n))
			}
			slices.Sort(names)
			out[name] = names[:min(len(names), 20)]
		}
	}
	return out
}

func cut(text string) string {
	const most = 120
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
