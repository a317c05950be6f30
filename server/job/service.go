package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Leases say which of several servers works; the engine's store fits.
type Leases interface {
	Now(ctx context.Context) (core.Instant, error)
	AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error)
}

// People know what somebody may do now; identity fits.
type People interface {
	Actor(ctx context.Context, userID string) (access.Actor, error)
}

// Options of New. Ended, when set, is told of each job that has ended.
type Options struct {
	Store  docstore.Store
	Leases Leases
	People People
	Clock  clock.Clock
	Log    *slog.Logger
	Owner  string
	Ended  func(ctx context.Context, j Job) error
}

// Service keeps and carries out jobs. Safe for concurrent use once all kinds are
// registered.
type Service struct {
	Options
	jobs  docstore.Typed[Job]
	lines docstore.Typed[Line]
	kinds map[string]Kind
	wake  chan struct{}
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o, kinds: map[string]Kind{}, wake: make(chan struct{}, 1)}
	var err error
	if s.jobs, err = docstore.NewTyped[Job](ctx, o.Store, docstore.Spec{Name: "jobs", Indexes: []docstore.Index{
		{Paths: []string{"open", "createdAt"}}, {Paths: []string{"createdAt"}}, {Paths: []string{"actor", "createdAt"}}, {Paths: []string{"actor", "kind", "createdAt"}},
	}}); err != nil {
		return nil, err
	}
	s.lines, err = docstore.NewTyped[Line](ctx, o.Store, docstore.Spec{Name: "jobLines", Indexes: []docstore.Index{
		{Paths: []string{"job", "n"}}, {Paths: []string{"job", "status", "n"}},
	}})
	return s, err
}

// Register says who carries out a kind of jobs; before Run.
func (s *Service) Register(kind string, k Kind) { s.kinds[kind] = k }

// Start begins a job for the actor of the context.
func (s *Service) Start(ctx context.Context, j Job) (Job, error) {
	if s.kinds[j.Kind] == nil {
		return j, fmt.Errorf("no such kind of jobs: %s", j.Kind)
	}
	actor := access.From(ctx)
	j.Actor, j.Roles = actor.UserID, actor.Roles
	if j.ID == "" {
		j.ID = uuid.Must(uuid.NewV7()).String()
	}
	j.Status, j.Open = Collecting, true
	j, err := s.jobs.Save(ctx, j)
	if err != nil {
		return j, fmt.Errorf("start a job: %w", err)
	}
	s.nudge()
	return j, nil
}

// Get reads a job.
func (s *Service) Get(ctx context.Context, id string) (Job, error) {
	j, err := s.jobs.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return j, problem.NotFound("job")
	}
	return j, err
}

// List pages jobs, newest first; actor "" for those of everybody, kind "" for all.
func (s *Service) List(ctx context.Context, actor, kind string, limit int, cursor string) ([]Job, string, error) {
	q := docstore.Query{Sort: "-createdAt", Limit: limit, Cursor: cursor}
	if actor != "" {
		q.Filters = append(q.Filters, docstore.Filter{Path: "actor", Op: docstore.Eq, Value: actor})
	}
	if kind != "" {
		q.Filters = append(q.Filters, docstore.Filter{Path: "kind", Op: docstore.Eq, Value: kind})
	}
	return s.jobs.Find(ctx, q)
}

// Lines pages the lines of a job in their order, status "" for all.
func (s *Service) Lines(ctx context.Context, id, status string, limit int, cursor string) ([]Line, string, error) {
	return s.lines.Find(ctx, docstore.Query{Filters: ofJob(id, status), Sort: "n", Limit: limit, Cursor: cursor})
}

func ofJob(id, status string) []docstore.Filter {
	out := []docstore.Filter{{Path: "job", Op: docstore.Eq, Value: id}}
	if status != "" {
		out = append(out, docstore.Filter{Path: "status", Op: docstore.Eq, Value: status})
	}
	return out
}

// Cancel ends a job after the lines under way. What was done stays done.
func (s *Service) Cancel(ctx context.Context, id string) (Job, error) {
	j, err := s.jobs.Update(ctx, id, func(j *Job) ([]docstore.Event, error) { j.Stop = j.Open; return nil, nil })
	if errors.Is(err, docstore.ErrNotFound) {
		return j, problem.NotFound("job")
	}
	s.nudge()
	return j, err
}

// as is the context in which a job is carried out: its actor may do what they may
// now, with no more roles than at the start.
func (s *Service) as(ctx context.Context, j Job) (context.Context, error) {
	actor, err := s.People.Actor(ctx, j.Actor)
	if err != nil {
		return nil, err
	}
	actor.Roles = slices.DeleteFunc(slices.Clone(actor.Roles), func(r string) bool { return !slices.Contains(j.Roles, r) })
	return access.With(ctx, actor), nil
}

// kept is how long an ended job can be read.
const kept = 90 * 24 * time.Hour

// Sweep forgets jobs that ended long ago and their lines.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	old, _, err := s.jobs.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: false},
		{Path: "createdAt", Op: docstore.Lt, Value: s.Clock.Now().Add(-kept)}}, Sort: "createdAt", Limit: 10})
	if err != nil {
		return 0, err
	}
	for i, j := range old {
		for {
			lines, next, err := s.Lines(ctx, j.ID, "", docstore.MaxLimit, "")
			if err != nil {
				return i, err
			}
			for _, l := range lines {
				if err := s.lines.Delete(ctx, l.ID, l.Rev); err != nil {
					return i, err
				}
			}
			if next == "" {
				break
			}
		}
		if err := s.jobs.Delete(ctx, j.ID, j.Rev); err != nil {
			return i, err
		}
	}
	return len(old), nil
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
