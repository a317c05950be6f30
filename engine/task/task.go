package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Acceptor takes the decisions.
type Acceptor interface {
	Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error)
}

// Store is the part of the store the service uses.
type Store interface {
	store.Tasks
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Service.
type Options struct {
	Store    Store
	Acceptor Acceptor
	Clock    clock.Clock
	Logger   *slog.Logger
	Sweep    time.Duration                           // how often held and undelivered decisions are looked for: 1 s
	Changed  func(ctx context.Context, t store.Task) // told of every change of a task document; may be nil
	Members  *share.Members                          // they share the tasks that are swept, by their runs; nil = alone
}

// Actor is who acts. Override lets an administrator act on anybody's task.
type Actor struct {
	User     string
	Groups   []string
	Override bool
}

// Answer completes a task or casts a vote.
type Answer struct {
	Outcome string // of an approval, or that a request is refused; else ""
	Comment string
	Result  core.Values   // what the form gave; becomes steps.<node>.*
	UndoFor time.Duration // how long the decision can be taken back
}

// Result is a task after an answer. Run is the run after the decision was
// delivered, nil while the task is undecided or the decision is held back.
type Result struct {
	Task store.Task
	Run  *store.Run
}

// Service acts on tasks. Safe for concurrent use.
type Service struct{ o Options }

const maxUndo = time.Minute

// New makes a service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Sweep <= 0 {
		o.Sweep = time.Second
	}
	if o.Changed == nil {
		o.Changed = func(context.Context, store.Task) {}
	}
	return &Service{o: o}
}

// Get reads a task.
func (s *Service) Get(ctx context.Context, id string) (store.Task, error) {
	t, err := s.o.Store.Task(ctx, id)
	if err != nil {
		return t, fmt.Errorf("task %s: %w", id, err)
	}
	return t, nil
}

// List pages tasks.
func (s *Service) List(ctx context.Context, q store.TaskQuery) (store.TaskPage, error) {
	return s.o.Store.ListTasks(ctx, q)
}

// Count counts tasks.
func (s *Service) Count(ctx context.Context, q store.TaskQuery) (int, error) {
	return s.o.Store.CountTasks(ctx, q)
}

// May tells whether somebody is among those who may act on a task. A task that
// somebody has claimed belongs to that person alone.
func May(t store.Task, a Actor) bool {
	if a.Override {
		return true
	}
	if t.ClaimedBy != "" {
		return t.ClaimedBy == a.User
	}
	return slices.Contains(seats(t), a.User) || slices.ContainsFunc(t.Groups, func(g string) bool { return slices.Contains(a.Groups, g) })
}

// seats is who is appointed by name after all delegations, in their order.
func seats(t store.Task) []string {
	people := slices.Clone(t.Users)
	for _, d := range t.Delegated {
		if i := slices.Index(people, d.From); i >= 0 {
			people[i] = d.To
		} else {
			people = append(people, d.To)
		}
	}
	return people
}

func allowed(t store.Task, a Actor) error {
	if May(t, a) {
		return nil
	}
	return &NotAllowedError{Task: t.ID, User: a.User, People: t.People(), Groups: t.Groups}
}

// errTakenBack says that a decision is no longer there to be put in force.
var errTakenBack = errors.New("the decision was taken back")

// errNothing says that a change has nothing to do.
var errNothing = errors.New("nothing to change")

// update changes a task under its compare-and-set; change sees the current task
// and may be called again.
func (s *Service) update(ctx context.Context, id string, change func(t *store.Task, now core.Instant) error) (store.Task, error) {
	const tries = 20
	for range tries {
		t, err := s.o.Store.Task(ctx, id)
		if err != nil {
			return t, fmt.Errorf("task %s: %w", id, err)
		}
		now, err := s.o.Store.Now(ctx)
		if err != nil {
			return t, fmt.Errorf("task %s: %w", id, err)
		}
		next := t
		next.Votes, next.Delegated = slices.Clone(t.Votes), slices.Clone(t.Delegated)
		if err := change(&next, now); err != nil {
			if errors.Is(err, errNothing) {
				return t, nil
			}
			return t, err
		}
		next, err = s.o.Store.UpdateTask(ctx, next)
		if errors.Is(err, store.ErrConflict) {
			continue // somebody was faster, perhaps the relay: look again
		}
		if err != nil {
			return t, fmt.Errorf("task %s: %w", id, err)
		}
		s.o.Changed(ctx, next)
		return next, nil
	}
	return store.Task{}, fmt.Errorf("task %s: %w", id, store.ErrConflict)
}

func open(t *store.Task) error {
	if t.Status == store.TaskOpen || t.Status == store.TaskClaimed {
		return nil
	}
	return &DecidedError{Task: *t}
}

// Claim takes a task for oneself; claiming one's own again changes nothing.
func (s *Service) Claim(ctx context.Context, id string, a Actor) (store.Task, error) {
	return s.update(ctx, id, func(t *store.Task, _ core.Instant) error {
		if err := open(t); err != nil {
			return err
		}
		if t.ClaimedBy == a.User {
			return errNothing
		}
		if err := allowed(*t, a); err != nil {
			return err
		}
		t.Status, t.ClaimedBy = store.TaskClaimed, a.User
		return nil
	})
}

// Release gives a claimed task back.
func (s *Service) Release(ctx context.Context, id string, a Actor) (store.Task, error) {
	return s.update(ctx, id, func(t *store.Task, _ core.Instant) error {
		if err := open(t); err != nil {
			return err
		}
		if t.ClaimedBy == "" {
			return errNothing
		}
		if err := allowed(*t, a); err != nil {
			return err
		}
		t.Status, t.ClaimedBy = store.TaskOpen, ""
		return nil
	})
}

// Delegate hands a task to somebody else. In an approval the seat of the one who
// hands over is taken; otherwise the task is the other's alone.
func (s *Service) Delegate(ctx context.Context, id string, a Actor, from, to, reason string) (store.Task, error) {
	if from == "" {
		from = a.User
	}
	return s.update(ctx, id, func(t *store.Task, now core.Instant) error {
		if err := open(t); err != nil {
			return err
		}
		if err := allowed(*t, a); err != nil {
			return err
		}
		if from != a.User && !a.Override {
			return &NotAllowedError{Task: t.ID, User: a.User, People: []string{from}}
		}
		appointed := seats(*t)
		refuse := func(why string) error { return &DelegationError{Task: t.ID, To: to, Reason: why} }
		switch {
		case to == "" || to == from:
			return refuse("name somebody else")
		case seated(t.Kind) && !slices.Contains(appointed, from):
			return refuse(from + " is not among those who are asked")
		case t.Kind == approvalKind && to == t.StartedBy && !slices.Contains(t.Users, to):
			return refuse("has asked for this and does not decide it")
		case seated(t.Kind) && slices.Contains(appointed, to):
			return refuse("is already among those who are asked")
		case slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == from }):
			return refuse(from + " has already answered")
		}
		t.Delegated = append(t.Delegated, store.Delegation{From: from, To: to, By: a.User, At: now, Reason: reason})
		if seated(t.Kind) {
			t.Status, t.ClaimedBy = store.TaskOpen, ""
		} else {
			t.Status, t.ClaimedBy = store.TaskClaimed, to
		}
		return nil
	})
}

// The kinds of tasks that more than one person answers.
const (
	approvalKind    = "approval"
	acknowledgeKind = "acknowledge"
	requestKind     = "requestInformation"
)

// seated tells whether each appointed person answers for themselves.
func seated(kind string) bool { return kind == approvalKind || kind == acknowledgeKind }

// TakeBack undoes one's own decision while it is held back, or one's own vote
// while the approval is undecided.
func (s *Service) TakeBack(ctx context.Context, id string, a Actor) (store.Task, error) {
	return s.update(ctx, id, func(t *store.Task, now core.Instant) error {
		own := func(v store.Vote) bool { return v.User == a.User }
		switch {
		case t.Decision != nil && (t.Status != store.TaskDecided || t.Decision.Delivered || t.Decision.NotBefore <= now):
			return &TooLateError{Task: *t}
		case t.Decision != nil && t.Decision.By != a.User:
			return &NotAllowedError{Task: t.ID, User: a.User, People: []string{t.Decision.By}}
		case t.Decision == nil && t.Status.Closed():
			return &DecidedError{Task: *t}
		case t.Decision == nil && !slices.ContainsFunc(t.Votes, own):
			return errNothing
		}
		t.Votes = slices.DeleteFunc(t.Votes, own)
		t.Decision, t.Status = nil, store.TaskOpen
		if t.ClaimedBy != "" {
			t.Status = store.TaskClaimed
		}
		return nil
	})
}

// inForce delivers a decision that is not held back.
func (s *Service) inForce(ctx context.Context, t store.Task) (Result, error) {
	if t.Decision == nil || t.Decision.NotBefore > 0 {
		return Result{Task: t}, nil
	}
	run, err := s.deliver(ctx, t)
	if err != nil {
		// Recorded is decided: the sweep delivers it.
		s.o.Logger.WarnContext(ctx, "deliver decision", "task", t.ID, "run", t.RunID, "error", err)
		return Result{Task: t}, nil
	}
	return Result{Task: t, Run: &run}, nil
}

func (s *Service) deliver(ctx context.Context, t store.Task) (store.Run, error) {
	d := t.Decision
	result := core.Values{}
	for k, v := range d.Result {
		result[k] = v
	}
	result["comment"] = d.Comment
	maps.Copy(result, told(t))
	body, err := json.Marshal(core.TaskBody{Outcome: d.Outcome, Result: result})
	if err != nil {
		return store.Run{}, fmt.Errorf("encode the decision of task %s: %w", t.ID, err)
	}
	run, err := s.o.Acceptor.Deliver(ctx, t.RunID, core.Event{ID: EventID(t.ID), Kind: core.TaskCompleted, Wait: core.WaitID(t.ID), Actor: d.By, Body: body})
	if errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrFinished) || errors.Is(err, store.ErrNotFound) {
		return run, nil // delivered before, or no longer wanted
	}
	return run, err
}

// told is what the answers of several people give to later steps.
func told(t store.Task) core.Values {
	votes := make([]any, 0, len(t.Votes))
	for _, v := range t.Votes {
		vote := map[string]any{"user": v.User, "comment": v.Comment, "at": clock.Time(v.At).Format("2006-01-02T15:04:05.000Z07:00")}
		if t.Kind == approvalKind {
			vote["outcome"] = v.Outcome
		}
		votes = append(votes, vote)
	}
	switch t.Kind {
	case approvalKind:
		return core.Values{"votes": votes}
	case requestKind:
		return core.Values{"refusals": votes}
	case acknowledgeKind:
		missing := []any{}
		for _, user := range seats(t) {
			if !slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == user }) {
				missing = append(missing, user)
			}
		}
		return core.Values{"acknowledged": votes, "missing": missing}
	}
	return nil
}

// EventID is the id of the event that a task's decision gives.
func EventID(task string) string { return "task:" + task }

// Run delivers held and left-over decisions until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	return clock.Every(ctx, s.o.Clock, s.o.Sweep, 0.2, func(ctx context.Context) {
		if _, err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.ErrorContext(ctx, "decision sweep", "error", err)
		}
	})
}

// Tick delivers decisions whose time to be taken back is over, and those that a
// crash left undelivered. It returns how many.
func (s *Service) Tick(ctx context.Context) (int, error) {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the time of the store: %w", err)
	}
	const page = 200
	due, err := s.o.Store.UndeliveredDecisions(ctx, now, page)
	if err != nil {
		return 0, fmt.Errorf("read undelivered decisions: %w", err)
	}
	if len(due) < page {
		due = slices.DeleteFunc(due, func(t store.Task) bool { return !s.mine(t, now) })
	} // else there is enough for everybody, and what is one's own may be on another page
	delivered := 0
	for _, t := range due {
		if t.Decision.NotBefore > 0 {
			// Put it in force first: from here on it cannot be taken back, also by
			// somebody who looked at the clock a moment ago.
			if t, err = s.enforce(ctx, t.ID, now); err != nil {
				continue
			}
		}
		if _, err := s.deliver(ctx, t); err != nil {
			s.o.Logger.WarnContext(ctx, "deliver decision", "task", t.ID, "run", t.RunID, "error", err)
			continue
		}
		delivered++
		// Normally the relay has closed the task by now. A run that keeps the event
		// for later (suspended) leaves it decided; note that there is nothing to do.
		_, err = s.update(ctx, t.ID, func(t *store.Task, _ core.Instant) error {
			if t.Status != store.TaskDecided || t.Decision == nil || t.Decision.Delivered {
				return errNothing
			}
			d := *t.Decision
			d.Delivered = true
			t.Decision = &d
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			s.o.Logger.WarnContext(ctx, "note delivery", "task", t.ID, "error", err)
		}
	}
	return delivered, nil
}

// mine tells whether a decision that is due is this process's to deliver: of its
// share, or left lying about.
func (s *Service) mine(t store.Task, now core.Instant) bool {
	return s.o.Members.Mine(share.Of(t.RunID)) || now-max(t.Decision.NotBefore, t.Decision.At) >= s.o.Members.Overdue()
}

// enforce ends the time in which a decision can be taken back.
// errTakenBack when there is no such decision any more.
func (s *Service) enforce(ctx context.Context, id string, now core.Instant) (store.Task, error) {
	return s.update(ctx, id, func(t *store.Task, _ core.Instant) error {
		if t.Status != store.TaskDecided || t.Decision == nil || t.Decision.NotBefore > now {
			return errTakenBack
		}
		d := *t.Decision
		d.NotBefore = 0
		t.Decision = &d
		return nil
	})
}
