// Package undo takes back what a robot or a trigger of a stage, or a status-driven
// process or one of its steps, has done, record by record: it finds what was made and
// changed (blast radius), turns back what nobody has touched since, and lists what
// cannot be taken back.
//
// Everything is found from what is kept anyway: the effects and tasks of the runs of
// the stage, and the stories of records, which hold what each step has changed.
//
// Effects and tasks go some time after they were closed (cluster.retention), the
// histories of runs later: what is gone there is remembered from the histories.
//
// Reading order: undo.go (what is asked and told), find.go (what the robot has done),
// remember.go (what it had done before that went), status.go (status-driven processes),
// back.go (what is done about it).
package undo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/status"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Rule says whose work is looked at: that of one robot, of all versions of the board or
// of one, of one trigger, or of a status-driven process, as a whole or of one of its
// steps, in a period. A zero instant does not bound it.
type Rule struct {
	Pipeline string           `json:"pipeline,omitempty"`
	Stage    string           `json:"stage,omitempty"`
	Robot    string           `json:"robot,omitempty" doc:"of the stage, or step of the process"`
	Trigger  string           `json:"trigger,omitempty"`
	Process  string           `json:"process,omitempty" doc:"id of a status-driven process: all that its steps have done, and the period is that in which it began, or what the one named as robot has done"`
	Version  int              `json:"version,omitempty" minimum:"0" doc:"of the process of the stage, or of the status-driven one; 0 = all"`
	From     docstore.Instant `json:"from,omitempty"`
	To       docstore.Instant `json:"to,omitempty"`
}

// whole tells that a status-driven process is meant with all its steps.
func (r Rule) whole() bool { return r.Process != "" && r.Robot == "" }

func (r Rule) during(at core.Instant) bool {
	return (r.From.IsZero() || int64(at) >= r.From.UnixMilli()) && (r.To.IsZero() || int64(at) < r.To.UnixMilli())
}

// Verdicts of an item.
const (
	Back = "back" // it is taken back
	Kept = "kept" // it was touched since, and stays
	Left = "left" // it cannot be taken back
)

// Item is one thing that the robot has done.
type Item struct {
	Kind    string `json:"kind" enum:"field,stage,status,run,deleted,created,task,activity,waiting,unsent,mail,webhook,notification,post,comment,history,document,process,client,exception,other"`
	Verdict string `json:"verdict" enum:"back,kept,left"`
	// Because is why it stays.
	Because string `json:"because,omitempty" enum:"changed,stageGone,refused,touched,gone,done,underWay,outside,forbidden,ended"`
	Field   string `json:"field,omitempty"`
	Was     any    `json:"was,omitempty"`
	Is      any    `json:"is,omitempty"`
	Type    string `json:"type,omitempty" doc:"of a record that was made"`
	ID      string `json:"id,omitempty"`
	Title   string `json:"title,omitempty"`
	Run     string `json:"run,omitempty"`
	AtMs    int64  `json:"atMs,omitempty"`

	undo func(ctx context.Context) error
}

// Store is what the engine keeps, as far as it is looked at here.
type Store interface {
	List(ctx context.Context, q store.RunQuery) (store.RunPage, error)
	RunEffects(ctx context.Context, run core.RunID) ([]store.Effect, error)
	ListTasks(ctx context.Context, q store.TaskQuery) (store.TaskPage, error)
	Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error)
}

// Versions gives what processes were in each of their versions.
type Versions interface {
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
}

// Options are what a Service needs.
type Options struct {
	Store      Store
	Versions   Versions
	CRM        *crm.Service
	Boards     *board.Service
	Statuses   *status.Service
	Triggers   *trigger.Service
	Activities *activity.Service
	// May tells whether the person of the context may delete a record, or edit one.
	May func(ctx context.Context, recordType, id string, remove bool) error
}

// Service takes the work of robots back. Safe for concurrent use.
type Service struct{ Options }

// New makes a service.
func New(o Options) *Service { return &Service{o} }

// key is the definition of the rule's stage or status-driven process.
func (s *Service) key(ctx context.Context, r Rule) (string, error) {
	if r.Process != "" {
		return status.KeyOf(r.Process), nil
	}
	key, err := s.Boards.KeyOf(ctx, r.Pipeline, r.Stage)
	if err == nil && key == "" {
		err = problem.NotFound("stage")
	}
	return key, err
}

// Known refuses a rule whose robot never was: its work is not there, and to say that
// nothing was found would hide a slip of the pen.
func (s *Service) Known(ctx context.Context, r Rule) error {
	switch {
	case r.Trigger != "":
		return s.knownTrigger(ctx, r)
	case r.whole():
		return s.knownProcess(ctx, r)
	case r.Process != "":
		return s.knownStep(ctx, r)
	}
	if _, err := s.key(ctx, r); err != nil {
		return err
	}
	had, err := s.Boards.HasHad(ctx, r.Pipeline, r.Stage, r.Robot, r.Version)
	if err == nil && !had {
		err = problem.NotFound("robot")
	}
	return err
}

// knownTrigger refuses a trigger that neither stands on the stage nor has ever moved
// anything.
func (s *Service) knownTrigger(ctx context.Context, r Rule) error {
	placed, err := s.Boards.Triggers(ctx, "", r.Pipeline)
	if err != nil || slices.ContainsFunc(placed, func(t trigger.Placed) bool { return t.ID == r.Trigger && t.Stage == r.Stage }) {
		return err
	}
	moved, _, err := s.Triggers.Moved(ctx, r.Trigger, 1, "")
	if err == nil && len(moved) == 0 {
		err = problem.NotFound("trigger")
	}
	return err
}

// moved pages the records that a trigger has moved.
func (s *Service) moved(ctx context.Context, r Rule, cursor string) (refs []crm.Ref, titles []string, next string, err error) {
	found, next, err := s.Triggers.Moved(ctx, r.Trigger, pageOfRuns, cursor)
	for _, f := range found {
		title, titleErr := s.CRM.Title(ctx, f.Type, f.ID)
		if titleErr != nil && !gone(titleErr) {
			return nil, nil, "", titleErr
		}
		refs, titles = append(refs, crm.Ref{Type: f.Type, ID: f.ID}), append(titles, title)
	}
	return refs, titles, next, err
}

// pageOfRuns is how many runs are looked at for one page of records.
const pageOfRuns = 200

// Records pages the records on which the robot may have worked, each once: with the
// newest of its runs.
func (s *Service) Records(ctx context.Context, r Rule, cursor string) (refs []crm.Ref, titles []string, next string, err error) {
	if r.Trigger != "" {
		return s.moved(ctx, r, cursor)
	}
	key, err := s.key(ctx, r)
	if err != nil {
		return nil, nil, "", err
	}
	page, err := s.Store.List(ctx, s.runs(r, key, pageOfRuns, cursor))
	if err != nil {
		return nil, nil, "", fmt.Errorf("runs of %s: %w", key, err)
	}
	for _, one := range page.Runs {
		q := s.runs(r, key, 1, "")
		q.RecordType, q.RecordID = one.RecordType, one.RecordID
		newest, err := s.Store.List(ctx, q)
		if err != nil {
			return nil, nil, "", fmt.Errorf("runs of %s: %w", key, err)
		}
		if one.RecordID != "" && len(newest.Runs) == 1 && newest.Runs[0].ID == one.ID {
			refs, titles = append(refs, crm.Ref{Type: one.RecordType, ID: one.RecordID}), append(titles, one.RecordTitle)
		}
	}
	return refs, titles, page.Next, nil
}

// runs asks for the runs in which the robot may have worked in the period: those that
// had started by its end.
func (s *Service) runs(r Rule, key string, limit int, cursor string) store.RunQuery {
	q := store.RunQuery{DefinitionKey: key, Version: r.Version, Limit: limit, Cursor: cursor}
	if !r.To.IsZero() {
		q.StartedTo = core.Instant(r.To.UnixMilli())
	}
	if r.whole() && !r.From.IsZero() {
		q.StartedFrom = core.Instant(r.From.UnixMilli())
	}
	return q
}

// ErrEarly says that the story of a record does not tell everything yet.
var ErrEarly = errors.New("the story of the record is not told to its end yet")

// Do finds what the robot has done to a record and takes it back, or only tells what
// would become of it. job names the undoing; the same one again does the same once.
//
// covers 5.7
func (s *Service) Do(ctx context.Context, by board.By, r Rule, of crm.Ref, job string, dry bool) ([]Item, error) {
	w := &work{Service: s, by: by, rule: r, of: of, job: job, dry: dry, change: crm.Change{Actor: by.Actor, Cause: crm.UndoCause + job, Effect: "undo-" + job}}
	if err := w.find(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(w.record(ctx), w.changedClients(ctx)); err != nil {
		return nil, err
	}
	for i := range w.items {
		item := &w.items[i]
		if dry || item.undo == nil || item.Verdict != Back {
			continue
		}
		err := item.undo(ctx)
		var p *problem.Problem
		switch {
		case errors.As(err, &p) && p.Status() == http.StatusNotFound:
			item.Verdict, item.Because = Kept, "gone"
		case errors.As(err, &p) && p.Status() == http.StatusForbidden:
			item.Verdict, item.Because = Kept, "forbidden"
		case errors.As(err, &p) && p.Status() < 500:
			item.Verdict, item.Because = Kept, "touched"
		case err != nil:
			return nil, err
		}
	}
	return w.items, nil
}
