package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/schedule/cron"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// ErrZone says that a time zone is not known.
var ErrZone = errors.New("time zone is not known")

// Next lists the first n occurrences of a rule after a moment, for a preview
// and for validation. Fewer come back when the rule ends.
func Next(rule, zone string, after time.Time, n int) ([]time.Time, error) {
	parsed, err := parse(rule, zone)
	if err != nil {
		return nil, err
	}
	out := make([]time.Time, 0, n)
	for range n {
		after = parsed.Next(after)
		if after.IsZero() {
			break
		}
		out = append(out, after)
	}
	return out, nil
}

// New builds a schedule with its first instant after now. A timer rule counts
// from now.
func New(id, definition string, node core.NodeID, rule, zone string, now core.Instant) (store.Schedule, error) {
	return NewIn(id, definition, node, rule, zone, now, nil)
}

// NewIn is New with working time by calendars.
func NewIn(id, definition string, node core.NodeID, rule, zone string, now core.Instant, calendars span.Calendars) (store.Schedule, error) {
	parsed, err := parseRule(rule, zone, calendars)
	if err != nil {
		return store.Schedule{}, err
	}
	return store.Schedule{ID: id, DefinitionKey: definition, Node: node, Rule: rule, Zone: zone, NextAt: parsed.next(now, 0)}, nil
}

// recurrence gives the instant after one, 0 for none; fired counts the
// occurrences before.
type recurrence interface {
	next(after core.Instant, fired int) core.Instant
}

func parseRule(rule, zone string, calendars span.Calendars) (recurrence, error) {
	if isTimer(rule) {
		t, err := parseTimer(rule, zone)
		t.calendars = calendars
		return t, err
	}
	parsed, err := parse(rule, zone)
	return calendar{parsed}, err
}

// calendar is a cron rule.
type calendar struct{ rule cron.Rule }

func (c calendar) next(after core.Instant, _ int) core.Instant {
	at := c.rule.Next(clock.Time(after))
	if at.IsZero() {
		return 0
	}
	return clock.Instant(at)
}

func parse(rule, zone string) (cron.Rule, error) {
	location, err := locate(zone)
	if err != nil {
		return cron.Rule{}, err
	}
	return cron.Parse(rule, location)
}

func locate(zone string) (*time.Location, error) {
	if zone == "" {
		zone = "UTC"
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("%w: %q; use a name such as Europe/Warsaw", ErrZone, zone)
	}
	return location, nil
}

// RunID is the id of the run of one occurrence.
func RunID(schedule string, at core.Instant) core.RunID {
	sum := sha256.Sum256([]byte(schedule + "@" + clock.Time(at).Format(time.RFC3339Nano)))
	return core.RunID("occ-" + hex.EncodeToString(sum[:12]))
}

// Starter starts the run of an occurrence; a run that exists is success.
// store.ErrNotFound says that there is nothing to start any more, and the
// occurrence is passed over.
type Starter interface {
	StartOccurrence(ctx context.Context, s store.Schedule, run core.RunID, at core.Instant) error
}

// Store is the part of the store the loop uses.
type Store interface {
	store.Schedules
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Loop.
type Options struct {
	Store   Store
	Starter Starter
	Clock   clock.Clock
	Logger  *slog.Logger
	Poll    time.Duration  // 1 s
	CatchUp time.Duration  // how old a missed occurrence may be: 24 h
	Missed  int            // how many missed occurrences of one schedule are made up for: 1
	Page    int            // schedules at a time: 200
	Members *share.Members // one of them looks after the schedules; nil = alone

	Calendars span.Calendars // of working time; nil = an office's
}

// Loop starts due occurrences.
type Loop struct {
	o    Options
	now  *clock.Sampled
	duty *share.Duty
}

// NewLoop makes a loop.
func NewLoop(o Options) *Loop {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.CatchUp <= 0 {
		o.CatchUp = 24 * time.Hour
	}
	if o.Missed <= 0 {
		o.Missed = 1
	}
	if o.Page <= 0 {
		o.Page = 200
	}
	return &Loop{o: o, now: clock.NewSampled(o.Clock, o.Store.Now, 30*time.Second), duty: o.Members.Duty("schedules")}
}

// Run starts due occurrences until ctx ends.
func (l *Loop) Run(ctx context.Context) error {
	return clock.Every(ctx, l.o.Clock, l.o.Poll, 0.2, func(ctx context.Context) {
		if _, err := l.Tick(ctx); err != nil && ctx.Err() == nil {
			l.o.Logger.ErrorContext(ctx, "schedule pass", "error", err)
		}
	})
}

// Tick starts what is due and returns how many runs were asked for.
func (l *Loop) Tick(ctx context.Context) (int, error) {
	now, err := l.now.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the time of the store: %w", err)
	}
	until, mine := l.duty.Due(now)
	if !mine {
		return 0, nil
	}
	started := 0
	for {
		due, err := l.o.Store.DueSchedules(ctx, until, l.o.Page)
		if err != nil {
			return started, fmt.Errorf("read due schedules: %w", err)
		}
		moved := 0
		for _, s := range due {
			n, err := l.fire(ctx, s, now)
			started += n
			if err != nil {
				l.o.Logger.ErrorContext(ctx, "schedule", "schedule", s.ID, "definition", s.DefinitionKey, "error", err)
				continue
			}
			moved++
		}
		// A schedule that failed stays due; reading on without any that moved
		// would read the same ones for ever.
		if len(due) < l.o.Page || moved == 0 {
			return started, nil
		}
	}
}

// fire starts the occurrences of one schedule up to now and stores the next.
func (l *Loop) fire(ctx context.Context, s store.Schedule, now core.Instant) (int, error) {
	rule, err := parseRule(s.Rule, s.Zone, l.o.Calendars)
	if err != nil {
		// Stored rules were valid once; a zone may have gone from the zone data.
		s.Disabled = true
		return 0, errors.Join(err, l.advance(ctx, s))
	}
	started := 0
	due, next, fired := l.occurrences(rule, s, now)
	for _, at := range due {
		err := l.o.Starter.StartOccurrence(ctx, s, RunID(s.ID, at), at)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return started, fmt.Errorf("start the occurrence of %s: %w", clock.Time(at).Format(time.RFC3339), err)
		}
		if err == nil {
			started++
		}
	}
	s.NextAt, s.Fired = next, fired
	return started, l.advance(ctx, s)
}

// occurrences gives those of a schedule up to now that are still wanted, oldest
// first, and the instant of the next. The walk of a cron rule begins at the edge
// of the catch-up window, however long ago the first one was missed; that of a
// timer rule counts every one.
func (l *Loop) occurrences(rule recurrence, s store.Schedule, now core.Instant) (due []core.Instant, next core.Instant, fired int) {
	at, fired := s.NextAt, s.Fired
	edge := now - core.Instant(l.o.CatchUp.Milliseconds())
	if _, counted := rule.(timer); !counted && at < edge {
		at = rule.next(edge-1, 0)
	}
	for at != 0 && at <= now {
		if at >= edge {
			due = append(due, at)
		}
		if len(due) > l.o.Missed {
			due = due[1:]
		}
		fired++
		at = rule.next(at, fired)
	}
	return due, at, fired
}

// advance stores the schedule's next instant; a conflict means that another
// process did the same or that somebody changed the schedule, which wins.
func (l *Loop) advance(ctx context.Context, s store.Schedule) error {
	err := l.o.Store.AdvanceSchedule(ctx, s)
	if err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("store the next occurrence: %w", err)
}
