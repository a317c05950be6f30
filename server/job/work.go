package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	// Most bounds the lines of one job.
	Most = 200_000
	// batch is how many lines are treated before progress is told.
	batch = 32
	// atOnce is how many of them are treated at once. Few: people work meanwhile.
	atOnce = 4
	poll   = 2 * time.Second
	lease  = 5 * time.Second
)

// Run carries on with the open jobs until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		worked, err := s.work(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "job pass", "error", err)
		}
		if worked && err == nil {
			continue
		}
		waiting, cancel := s.Clock.WithTimeout(ctx, clock.Spread(s.Clock, poll, 0.2))
		select {
		case <-waiting.Done():
		case <-s.wake:
		}
		cancel()
	}
	return ctx.Err()
}

// Tick carries on with the open jobs until none is left, for tests.
func (s *Service) Tick(ctx context.Context) error {
	for {
		if worked, err := s.work(ctx); err != nil || !worked {
			return err
		}
	}
}

// work makes a move of the job that was touched least lately, so that a short one
// does not wait for the end of a long one. It tells whether there was anything to do.
func (s *Service) work(ctx context.Context) (bool, error) {
	open, _, err := s.jobs.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: true}}, Sort: "createdAt", Limit: 20})
	if err != nil || len(open) == 0 {
		return false, err
	}
	// For economy only: two that carry on with one job do nothing twice. Short, so
	// that jobs do not rest for long when their server has died.
	now, err := s.Leases.Now(ctx)
	if err != nil {
		return false, err
	}
	mine, err := s.Leases.AcquireLease(ctx, "jobs", s.Owner, now, now+core.Instant(lease.Milliseconds()))
	if err != nil || !mine {
		return false, err
	}
	slices.SortStableFunc(open, func(a, b Job) int { return a.UpdatedAt.Compare(b.UpdatedAt.Time) })
	var failed []error
	for _, j := range open { // one that cannot go on does not hold up the others
		if err := s.advance(ctx, j); err == nil {
			return true, errors.Join(failed...)
		} else if ctx.Err() != nil {
			return false, ctx.Err()
		} else {
			failed = append(failed, err)
		}
	}
	return false, errors.Join(failed...)
}

// advance makes one move: collect a page, or treat a batch.
func (s *Service) advance(ctx context.Context, j Job) error {
	kind := s.kinds[j.Kind]
	switch {
	case kind == nil:
		return s.end(ctx, j, Failed, problem.New("unavailable"))
	case j.Stop:
		return s.stop(ctx, j)
	}
	as, err := s.as(ctx, j)
	if err != nil {
		return err
	}
	if j.Status == Collecting {
		return s.collect(as, j, kind)
	}
	pending, _, err := s.lines.Find(ctx, docstore.Query{Filters: ofJob(j.ID, Pending), Sort: "n", Limit: batch})
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return s.end(ctx, j, Ended, nil)
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	if _, inOrder := kind.(Ordered); inOrder {
		group.SetLimit(1)
	}
	became := make([]string, len(pending))
	for i, l := range pending {
		group.Go(func() (err error) {
			became[i], err = s.treat(as, j, l, kind)
			return err
		})
	}
	err = group.Wait()
	return errors.Join(err, s.change(ctx, j.ID, func(j *Job) {
		for _, status := range became {
			if status != "" {
				j.count(status, 1)
			}
		}
	}))
}

// collect writes down a page of what the job is about, so that it means the same
// whatever happens meanwhile.
func (s *Service) collect(ctx context.Context, j Job, kind Kind) error {
	items, next, err := kind.Collect(ctx, j, j.Cursor)
	var p *problem.Problem
	if errors.As(err, &p) {
		return s.end(ctx, j, Failed, p)
	}
	if err != nil {
		return fmt.Errorf("collect for job %s: %w", j.ID, err)
	}
	lines := make([]Line, 0, len(items))
	for i, item := range items {
		if len(item.Key) > MaxKey {
			return fmt.Errorf("job %s: key %q is too long", j.ID, item.Key)
		}
		lines = append(lines, Line{Entity: docstore.Entity{ID: j.ID + "." + item.Key}, Job: j.ID, N: j.Total + i, Key: item.Key, Title: item.Title, Body: item.Body, Status: Pending})
	}
	if err := s.write(ctx, lines); err != nil {
		return err
	}
	return s.change(ctx, j.ID, func(j *Job) {
		j.Total += len(lines)
		if j.Cursor = next; next == "" || j.Total >= Most {
			j.Status = Running
		}
	})
}

// write stores new lines; those that are there already were written before a crash.
func (s *Service) write(ctx context.Context, lines []Line) error {
	if len(lines) > 1 && s.lines.CanInsertTogether() {
		if _, err := s.lines.InsertTogether(ctx, lines); !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
	for _, l := range lines {
		if _, err := s.lines.Save(ctx, l); err != nil && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
	return nil
}

// treat does one line and gives what became of it, "" when another server did it.
func (s *Service) treat(ctx context.Context, j Job, l Line, kind Kind) (string, error) {
	o, err := kind.Treat(ctx, j, l)
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && p.Status() < 500:
		l.Status, l.Why = Refused, refusal(p)
	case err != nil:
		return "", fmt.Errorf("job %s, line %s: %w", j.ID, l.Key, err)
	default:
		l.Status, l.Note, l.Result = o.Status, o.Note, o.Result
	}
	if o.Record != "" {
		l.Type, l.Record = o.Type, o.Record
	}
	if o.Title != "" {
		l.Title = o.Title
	}
	l.At = docstore.At(s.Clock.Now())
	_, err = s.lines.Save(ctx, l)
	if errors.Is(err, docstore.ErrConflict) {
		return "", nil
	}
	return l.Status, err
}

func (s *Service) change(ctx context.Context, id string, change func(*Job)) error {
	_, err := s.jobs.Update(ctx, id, func(j *Job) ([]docstore.Event, error) { change(j); return nil, nil })
	return err
}

// count adds lines of a status.
func (j *Job) count(status string, n int) {
	switch status {
	case Done:
		j.Changed += n
	case Same:
		j.Same += n
	case Refused:
		j.Refused += n
	}
	if status != Pending {
		j.Done += n
	}
}

// stop marks what is left and ends the job.
func (s *Service) stop(ctx context.Context, j Job) error {
	for {
		pending, _, err := s.lines.Find(ctx, docstore.Query{Filters: ofJob(j.ID, Pending), Sort: "n", Limit: docstore.MaxLimit})
		if err != nil {
			return err
		}
		for _, l := range pending {
			l.Status, l.At = Skipped, docstore.At(s.Clock.Now())
			if _, err := s.lines.Save(ctx, l); err != nil && !errors.Is(err, docstore.ErrConflict) {
				return err
			}
		}
		if len(pending) == 0 {
			return s.end(ctx, j, Canceled, nil)
		}
	}
}

// end counts the lines anew: after a crash some were done and not counted.
func (s *Service) end(ctx context.Context, j Job, status string, why *problem.Problem) error {
	groups, err := s.lines.Collection().Aggregate(ctx, docstore.Aggregate{Filters: ofJob(j.ID, ""), GroupBy: "status"})
	if err != nil {
		return err
	}
	j, err = s.jobs.Update(ctx, j.ID, func(j *Job) ([]docstore.Event, error) {
		j.Total, j.Done, j.Changed, j.Same, j.Refused = 0, 0, 0, 0, 0
		for _, g := range groups {
			status, _ := g.Key.(string)
			j.Total += int(g.Count)
			j.count(status, int(g.Count))
		}
		j.Status, j.Open, j.EndedAt = status, false, docstore.At(s.Clock.Now())
		if why != nil {
			j.Why = refusal(why)
		}
		return nil, nil
	})
	if err != nil || s.Ended == nil {
		return err
	}
	return s.Ended(ctx, j)
}
