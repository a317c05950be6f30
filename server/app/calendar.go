package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/calendar"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/resolve"
)

// colleagues is the directory as calendars ask it.
type colleagues struct{ *identity.Service }

func (p colleagues) PersonOf(id string) (calendar.Person, bool) {
	d := p.Current()
	u, ok := d.Find(id)
	return calendar.Person{ID: id, Active: u.Active, Departments: d.Above(u.DepartmentID)}, ok
}

func (p colleagues) HasDepartment(id string) bool    { return len(p.Current().Above(id)) > 0 }
func (p colleagues) Subordinates(id string) []string { return p.Current().Subordinates(id) }

// hours is working time as resolving asks for it.
type hours struct{ *calendar.Service }

func (h hours) Deputy(ctx context.Context, user string, at time.Time, refused func(string) bool) (resolve.Deputy, error) {
	to, a, err := h.StandIn(ctx, user, at, refused)
	return resolve.Deputy{To: to, From: a.From, Until: a.To}, err
}

// retimer counts the armed timers that go by a calendar again when calendars or
// absences have changed, and once when the server starts, because it may have
// stopped over a change.
type retimer struct {
	store    store.Retiming
	resolver *resolve.Service
	timers   *timer.Loop
	trail    *audit.Log
	clock    clock.Clock
	log      *slog.Logger
	wake     chan struct{} // capacity 1
}

func newRetimer(s store.Retiming, r *resolve.Service, t *timer.Loop, trail *audit.Log, c clock.Clock, log *slog.Logger) *retimer {
	m := &retimer{store: s, resolver: r, timers: t, trail: trail, clock: c, log: log, wake: make(chan struct{}, 1)}
	m.wake <- struct{}{}
	return m
}

// changed takes the events of calendars and absences.
func (m *retimer) changed(context.Context, docstore.Delivery) error {
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run waits for changes until ctx ends.
func (m *retimer) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.wake:
		}
		moved, err := m.pass(ctx)
		if err == nil && moved > 0 {
			err = m.trail.Append(ctx, audit.Entry{At: docstore.At(m.clock.Now()), Action: "timers.moved", Object: "calendars:all",
				Source: fmt.Sprintf("timers:%d", m.clock.Now().UnixNano()), Detail: fmt.Appendf(nil, `{"count":%d}`, moved)})
		}
		if err != nil && ctx.Err() == nil {
			m.log.ErrorContext(ctx, "count timers again", "error", err)
		}
	}
}

// pass looks at every armed timer and moves those that have another instant now.
func (m *retimer) pass(ctx context.Context) (moved int, err error) {
	var after store.Position
	for {
		page, err := m.store.ArmedTimers(ctx, after, store.MaxLimit)
		if err != nil {
			return moved, fmt.Errorf("list armed timers: %w", err)
		}
		for _, t := range page {
			after = store.Position{Key: t.DueAt, ID: t.ID}
			due, ok, err := m.resolver.Retime(ctx, t.Rule)
			if err != nil {
				// Its calendar is gone or closed for good: it keeps the instant that it has.
				m.log.WarnContext(ctx, "timer keeps its instant", "timer", t.ID, "run", t.RunID, "error", err)
				continue
			}
			if !ok || due == t.DueAt {
				continue
			}
			if err := m.store.Retime(ctx, t, due); err != nil {
				m.log.DebugContext(ctx, "timer not moved", "timer", t.ID, "error", err) // it has fired or was closed meanwhile
				continue
			}
			t.DueAt = due
			m.timers.Moved(t)
			moved++
		}
		if len(page) < store.MaxLimit {
			return moved, nil
		}
	}
}

func ofCalendars(d docstore.Delivery) bool {
	return slices.Contains([]string{"calendars", "calendarUses", "absences"}, d.Collection)
}
