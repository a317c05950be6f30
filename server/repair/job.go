package repair

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Filter picks the runs of a bulk act, as the list of runs does.
type Filter struct {
	Definition string   `json:"definition,omitempty" maxLength:"63"`
	Version    int      `json:"version,omitempty" minimum:"0"`
	Statuses   []string `json:"statuses,omitempty" maxItems:"5"`
	RecordType string   `json:"recordType,omitempty" maxLength:"60"`
	RecordID   string   `json:"recordId,omitempty" maxLength:"100"`
	Node       string   `json:"node,omitempty" maxLength:"200"`
	Incident   bool     `json:"incident,omitempty"`
	Q          string   `json:"q,omitempty" maxLength:"200"`
	StartedBy  string   `json:"startedBy,omitempty" maxLength:"100"`
	run.Search
}

// query is the query of the store; false when no run can match.
func (f Filter) query(cursor string, limit int) (store.RunQuery, bool) {
	q := store.RunQuery{DefinitionKey: f.Definition, Version: f.Version, RecordType: f.RecordType, RecordID: f.RecordID, Node: core.NodeID(f.Node),
		WithIncident: f.Incident, Text: f.Q, StartedBy: f.StartedBy, Cursor: cursor, Limit: limit}
	for _, s := range f.Statuses {
		q.Statuses = append(q.Statuses, core.Status(s))
	}
	return q, f.Narrow(&q)
}

// Selection is the runs of a bulk act: those named, or all that match.
type Selection struct {
	Runs   []string `json:"runs,omitempty" maxItems:"1000"`
	Filter *Filter  `json:"filter,omitempty"`
}

func (s Selection) check() error {
	if len(s.Runs) == 0 && s.Filter == nil {
		return problem.Invalid("/select", "required", "")
	}
	return nil
}

// Job is a bulk act. It is carried on by whoever runs, also after a crash.
type Job struct {
	docstore.Entity
	Wish   Wish     `json:"wish"`
	Runs   []string `json:"runs,omitempty"`
	Filter *Filter  `json:"filter,omitempty"`
	Actor  string   `json:"actor,omitempty"`
	Status string   `json:"status" enum:"collecting,running,done,canceled"`
	Open   bool     `json:"open"`
	// Stop is a wish to end after the runs under way.
	Stop    bool             `json:"stop"`
	Total   int              `json:"total"`
	Done    int              `json:"done"`
	Changed int              `json:"changed"`
	Refused int              `json:"refused"`
	EndedAt docstore.Instant `json:"endedAt"`
	// TakeBackUntil is until when a migration can be taken back.
	TakeBackUntil docstore.Instant `json:"takeBackUntil"`
	Undoes        string           `json:"undoes,omitempty"`
	UndoneBy      string           `json:"undoneBy,omitempty"`

	Cursor string `json:"cursor,omitempty"` // of the collection of runs
}

// The life of a job and of its results.
const (
	jobCollecting = "collecting"
	jobRunning    = "running"
	jobDone       = "done"
	jobCanceled   = "canceled"

	resultPending = "pending"
	resultDone    = "done"
	resultRefused = "refused"
	resultSkipped = "skipped" // the job was canceled before
)

// Result is the line of one run in a job.
type Result struct {
	docstore.Entity
	Job     string           `json:"job"`
	N       int              `json:"n"`
	Run     string           `json:"run"`
	Status  string           `json:"status" enum:"pending,done,refused,skipped"`
	Outcome Outcome          `json:"outcome"`
	Added   []string         `json:"added,omitempty"`
	From    int              `json:"from,omitempty"` // version before a migration
	At      docstore.Instant `json:"at"`
}

const (
	// takeBack is how long a migration can be taken back.
	takeBack = 24 * time.Hour
	// most bounds one job.
	most  = 100_000
	page  = 100
	batch = 16
)

// Rehearse tells per run what a bulk act would do; nothing is stored.
func (s *Service) Rehearse(ctx context.Context, w Wish, sel Selection, cursor string, limit int, actor, language string) ([]Outcome, string, error) {
	if err := w.Check(); err != nil {
		return nil, "", err
	}
	if err := sel.check(); err != nil {
		return nil, "", err
	}
	ids, next, err := s.selected(ctx, sel.Runs, sel.Filter, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	out := make([]Outcome, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, id := range ids {
		group.Go(func() error {
			var err error
			out[i], err = s.preview(ctx, id, w, actor, language, true)
			var p *problem.Problem
			if errors.As(err, &p) && p.Code == "not_found" {
				out[i], err = Outcome{Run: id, Verdict: verdictCannot, Why: "run_gone"}, nil
			}
			return err
		})
	}
	return out, next, group.Wait()
}

// RehearseDraft tells, run by run, what a migration to the draft of a process
// would do, as if it were published.
func (s *Service) RehearseDraft(ctx context.Context, w Wish, sel Selection, cursor string, limit int, actor string) ([]Outcome, string, error) {
	if w.Action != "migrate" {
		return nil, "", problem.Invalid("/wish/action", "one_of", "migrate")
	}
	if sel.Filter == nil || sel.Filter.Definition == "" {
		return nil, "", problem.Invalid("/select/filter/definition", "required", "")
	}
	number, g, err := s.Definitions.DraftGraph(ctx, sel.Filter.Definition)
	if err != nil {
		return nil, "", err
	}
	w.draft = &host.Version{Key: sel.Filter.Definition, Number: number, Graph: g}
	return s.Rehearse(ctx, w, sel, cursor, limit, actor, "") // there is no version whose words could be told
}

// selected is a page of the runs that are meant.
func (s *Service) selected(ctx context.Context, runs []string, f *Filter, cursor string, limit int) ([]string, string, error) {
	if f == nil {
		from := 0
		if cursor != "" {
			if _, err := fmt.Sscan(cursor, &from); err != nil || from < 0 || from > len(runs) {
				return nil, "", store.ErrBadCursor
			}
		}
		end := min(from+limit, len(runs))
		next := ""
		if end < len(runs) {
			next = fmt.Sprint(end)
		}
		return runs[from:end], next, nil
	}
	q, possible := f.query(cursor, limit)
	if !possible {
		return nil, "", nil
	}
	list, err := s.Engine.List(ctx, q)
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	ids := make([]string, 0, len(list.Runs))
	for _, r := range list.Runs {
		ids = append(ids, string(r.ID))
	}
	return ids, list.Next, nil
}

// Start makes a job of a bulk act.
func (s *Service) Start(ctx context.Context, w Wish, sel Selection, actor string) (Job, error) {
	if err := w.Check(); err != nil {
		return Job{}, err
	}
	if err := sel.check(); err != nil {
		return Job{}, err
	}
	w.Back = nil
	return s.start(ctx, Job{Wish: w, Runs: sel.Runs, Filter: sel.Filter, Actor: actor})
}

// takenBack makes the ids of jobs that take others back.
var takenBack = uuid.MustParse("5d1b5f0e-5f0b-4a53-9c63-2f6b8f0a7d11")

func (s *Service) start(ctx context.Context, j Job) (Job, error) {
	if j.ID == "" {
		j.ID = uuid.Must(uuid.NewV7()).String()
	}
	j.Status, j.Open = jobCollecting, true
	j, err := s.jobs.Save(ctx, j)
	if err != nil {
		return j, fmt.Errorf("start a repair job: %w", err)
	}
	s.nudge()
	return j, nil
}

// TakeBack makes a job that takes a migration back, run by run, as far as each
// of them still can go back.
func (s *Service) TakeBack(ctx context.Context, id, actor, reason string) (Job, error) {
	j, err := s.Job(ctx, id)
	switch {
	case err != nil:
		return Job{}, err
	case j.Wish.Action != "migrate" || j.Open || j.UndoneBy != "":
		return Job{}, problem.New("action_refused", "why", "only a migration that has ended can be taken back, and once")
	case s.Clock.Now().After(j.TakeBackUntil.Time):
		return Job{}, problem.New("action_refused", "why", "the time for taking it back is over")
	}
	back := Wish{Action: "migrate", Nodes: turned(j.Wish.Nodes), Flows: turned(j.Wish.Flows), Reason: reason, Back: &Back{}}
	// Two who take it back at once make the same job; the store keeps one.
	undo := Job{Wish: back, Actor: actor, Undoes: j.ID}
	undo.ID = uuid.NewSHA1(takenBack, []byte(j.ID)).String()
	undo, err = s.start(ctx, undo)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return Job{}, problem.New("action_refused", "why", "only a migration that has ended can be taken back, and once")
	}
	if err != nil {
		return Job{}, err
	}
	_, err = s.jobs.Update(ctx, j.ID, func(j *Job) ([]docstore.Event, error) { j.UndoneBy = undo.ID; return nil, nil })
	return undo, err
}

func turned(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for from, to := range m {
		out[to] = from
	}
	return out
}

// Job reads one.
func (s *Service) Job(ctx context.Context, id string) (Job, error) {
	j, err := s.jobs.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return j, problem.NotFound("job")
	}
	return j, err
}

// Jobs pages jobs, newest first.
func (s *Service) Jobs(ctx context.Context, limit int, cursor string) ([]Job, string, error) {
	return s.jobs.Find(ctx, docstore.Query{Sort: "-createdAt", Limit: limit, Cursor: cursor})
}

// Results pages the lines of a job in the order of its runs.
func (s *Service) Results(ctx context.Context, id string, limit int, cursor string) ([]Result, string, error) {
	if _, err := s.Job(ctx, id); err != nil {
		return nil, "", err
	}
	return s.results.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "job", Op: docstore.Eq, Value: id}}, Sort: "n", Limit: limit, Cursor: cursor})
}

// CancelJob ends a job after the runs under way. What was done stays done.
func (s *Service) CancelJob(ctx context.Context, id string) (Job, error) {
	j, err := s.jobs.Update(ctx, id, func(j *Job) ([]docstore.Event, error) { j.Stop = j.Open; return nil, nil })
	if errors.Is(err, docstore.ErrNotFound) {
		return j, problem.NotFound("job")
	}
	s.nudge()
	return j, err
}

// work carries on with the oldest open job for a while. It tells whether there
// was anything to do.
func (s *Service) work(ctx context.Context) (bool, error) {
	open, _, err := s.jobs.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: true}}, Sort: "createdAt", Limit: 1})
	if err != nil || len(open) == 0 {
		return false, err
	}
	// For economy only: two that carry on with one job do nothing twice. Short, so
	// that a job does not rest for long when its server has died.
	now, err := s.Engine.Now(ctx)
	if err != nil {
		return false, err
	}
	const lease = 5 * time.Second
	mine, err := s.Engine.AcquireLease(ctx, "repair-jobs", s.Owner, now, now+core.Instant(lease.Milliseconds()))
	if err != nil || !mine {
		return false, err
	}
	return true, s.advance(ctx, open[0])
}

// Tick carries on with the open jobs until none is left, for tests.
func (s *Service) Tick(ctx context.Context) error {
	for {
		if worked, err := s.work(ctx); err != nil || !worked {
			return err
		}
	}
}

// advance makes one move of a job: collect a page, or treat a batch.
func (s *Service) advance(ctx context.Context, j Job) error {
	switch {
	case j.Stop:
		return s.stop(ctx, j)
	case j.Status == jobCollecting:
		return s.collect(ctx, j)
	}
	pending, _, err := s.results.Find(ctx, docstore.Query{Filters: []docstore.Filter{
		{Path: "job", Op: docstore.Eq, Value: j.ID}, {Path: "status", Op: docstore.Eq, Value: resultPending}}, Sort: "n", Limit: batch})
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return s.end(ctx, j, jobDone)
	}
	var group errgroup.Group
	group.SetLimit(4)
	for _, r := range pending {
		group.Go(func() error { return s.treat(ctx, j, r) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.progress(ctx, j.ID, nil)
}

// collect writes down a page of the runs that the job is about, so that it means
// the same runs whatever happens meanwhile.
func (s *Service) collect(ctx context.Context, j Job) error {
	if j.Undoes != "" {
		return s.collectUndo(ctx, j)
	}
	ids, next, err := s.selected(ctx, j.Runs, j.Filter, j.Cursor, page)
	if err != nil {
		return err
	}
	for i, id := range ids {
		r := Result{Entity: docstore.Entity{ID: j.ID + "." + id}, Job: j.ID, N: j.Total + i, Run: id, Status: resultPending}
		if _, err := s.results.Save(ctx, r); err != nil && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
	return s.progress(ctx, j.ID, func(j *Job) {
		if j.Cursor = next; next == "" || j.Total >= most {
			j.Status = jobRunning
		}
	})
}

// collectUndo takes the runs from the job that is taken back: those that moved.
func (s *Service) collectUndo(ctx context.Context, j Job) error {
	done, next, err := s.results.Find(ctx, docstore.Query{Filters: []docstore.Filter{
		{Path: "job", Op: docstore.Eq, Value: j.Undoes}, {Path: "status", Op: docstore.Eq, Value: resultDone}}, Sort: "n", Limit: page, Cursor: j.Cursor})
	if err != nil {
		return err
	}
	for i, was := range done {
		r := Result{Entity: docstore.Entity{ID: j.ID + "." + was.Run}, Job: j.ID, N: j.Total + i, Run: was.Run, Status: resultPending, From: was.From, Added: was.Added}
		if _, err := s.results.Save(ctx, r); err != nil && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
	return s.progress(ctx, j.ID, func(j *Job) {
		if j.Cursor = next; next == "" {
			j.Status = jobRunning
		}
	})
}

// treat carries the wish out on one run and writes its line. The event's id
// derives from the job, so that after a crash in between nothing is done twice.
func (s *Service) treat(ctx context.Context, j Job, r Result) error {
	w, actor := j.Wish, j.Actor
	if j.Undoes != "" {
		w.Version, w.Back = r.From, &Back{Forget: r.Added}
	}
	var o Outcome
	var err error
	if w.Action == actionStep {
		o, err = s.stepKept(ctx, r.Run)
	} else {
		o, err = s.treatOne(ctx, &r, w, actor, j.ID)
	}
	var p *problem.Problem
	switch {
	case errors.As(err, &p):
		o.Run, o.Verdict, o.Why = r.Run, verdictCannot, p.Code
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrTooLarge):
		o.Run, o.Verdict, o.Why = r.Run, verdictCannot, "no_room"
	case errors.Is(err, docstore.ErrConflict):
		return nil // another process treats it
	case err != nil:
		return fmt.Errorf("repair run %s: %w", r.Run, err)
	}
	r.Outcome, r.At = o, docstore.At(s.Clock.Now())
	r.Status = resultRefused
	if o.Verdict == verdictDoes || o.Verdict == verdictKept || o.Verdict == verdictMoves {
		r.Status = resultDone
		if w.Action != actionStep {
			if err := s.note(ctx, "repair:"+j.ID+":"+r.Run, "repair:"+j.ID, actor, w, o); err != nil {
				return err
			}
		}
	}
	if _, err := s.results.Save(ctx, r); err != nil && !errors.Is(err, docstore.ErrConflict) {
		return err
	}
	return nil
}

// treatOne looks first, so that what would be refused leaves no trace in the
// run, and what is needed to take it back is written down before it is done.
func (s *Service) treatOne(ctx context.Context, r *Result, w Wish, actor, job string) (Outcome, error) {
	key := "job:" + job
	known, err := s.applied(ctx, r.Run, key)
	if err != nil {
		return Outcome{}, err
	}
	if known { // done before a crash
		after, state, err := s.load(ctx, r.Run)
		o := Outcome{Run: r.Run, Title: title(after), Verdict: verdictDoes, After: stand(after, state)}
		if w.Action == "migrate" {
			o.Verdict = verdictMoves
		}
		if err != nil {
			return o, err
		}
		return o, s.call(ctx, &o, after)
	}
	o, err := s.preview(ctx, r.Run, w, actor, "", true)
	if err != nil || o.Verdict != verdictDoes && o.Verdict != verdictKept && o.Verdict != verdictMoves {
		return o, err
	}
	if w.Action == "migrate" && w.Back == nil {
		r.From, r.Added = o.Before.Version, o.added
		if *r, err = s.results.Save(ctx, *r); err != nil {
			return o, err
		}
	}
	return s.apply(ctx, r.Run, w, actor, key, true)
}

// applied tells whether a run has taken the events of a job already.
func (s *Service) applied(ctx context.Context, id, key string) (bool, error) {
	r, err := s.Engine.Load(ctx, core.RunID(id))
	if err != nil {
		return false, missing(err)
	}
	for _, known := range r.Recent {
		if known == "op:"+key {
			return true, nil
		}
	}
	return false, nil
}

// progress counts the lines anew and writes the job.
func (s *Service) progress(ctx context.Context, id string, change func(*Job)) error {
	groups, err := s.results.Collection().Aggregate(ctx, docstore.Aggregate{Filters: []docstore.Filter{{Path: "job", Op: docstore.Eq, Value: id}}, GroupBy: "status"})
	if err != nil {
		return err
	}
	_, err = s.jobs.Update(ctx, id, func(j *Job) ([]docstore.Event, error) {
		j.Total, j.Done, j.Changed, j.Refused = 0, 0, 0, 0
		for _, g := range groups {
			n := int(g.Count)
			j.Total += n
			switch g.Key {
			case resultDone:
				j.Done, j.Changed = j.Done+n, n
			case resultRefused:
				j.Done, j.Refused = j.Done+n, n
			case resultSkipped:
				j.Done += n
			}
		}
		if change != nil {
			change(j)
		}
		return nil, nil
	})
	return err
}

// stop marks what is left and ends the job.
func (s *Service) stop(ctx context.Context, j Job) error {
	for {
		pending, _, err := s.results.Find(ctx, docstore.Query{Filters: []docstore.Filter{
			{Path: "job", Op: docstore.Eq, Value: j.ID}, {Path: "status", Op: docstore.Eq, Value: resultPending}}, Sort: "n", Limit: page})
		if err != nil {
			return err
		}
		for _, r := range pending {
			r.Status, r.At = resultSkipped, docstore.At(s.Clock.Now())
			if _, err := s.results.Save(ctx, r); err != nil && !errors.Is(err, docstore.ErrConflict) {
				return err
			}
		}
		if len(pending) == 0 {
			return s.end(ctx, j, jobCanceled)
		}
	}
}

func (s *Service) end(ctx context.Context, j Job, status string) error {
	return s.progress(ctx, j.ID, func(j *Job) {
		j.Status, j.Open, j.EndedAt = status, false, docstore.At(s.Clock.Now())
		if j.Wish.Action == "migrate" && j.Undoes == "" {
			j.TakeBackUntil = docstore.At(s.Clock.Now().Add(takeBack))
		}
	})
}

// Sweep forgets jobs that ended long ago and what they wrote down.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	const kept = 90 * 24 * time.Hour
	old, _, err := s.jobs.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: false},
		{Path: "createdAt", Op: docstore.Lt, Value: s.Clock.Now().Add(-kept)}}, Sort: "createdAt", Limit: 10})
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, j := range old {
		for {
			lines, next, err := s.Results(ctx, j.ID, docstore.MaxLimit, "")
			if err != nil {
				return removed, err
			}
			for _, r := range lines {
				if err := s.results.Delete(ctx, r.ID, r.Rev); err != nil {
					return removed, err
				}
			}
			if next == "" {
				break
			}
		}
		if err := s.jobs.Delete(ctx, j.ID, j.Rev); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
