package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// watch looks at the shared database for what other servers have done and tells
// the viewers of this one. The database tells what changed by its own clock; the
// numbers of a run's records need no clock at all. While nobody views anything
// here, nothing is asked.
type watch struct {
	live  *live
	store watchedStore
	owner string
	poll  time.Duration

	wake chan struct{} // capacity 1: something was written here

	// The rest is touched by Run only.
	passes  int
	since   core.Instant            // up to here tasks and notices have been read; 0 = not reading
	changed map[string]core.Instant // definition -> last change told
	seen    map[string]seenTask     // tasks told, while they may still be read again
	told    map[string]core.Instant // notices told, likewise
	purged  core.Instant            // when notices were last purged
	rooms   *draftRooms
}

type watchedStore interface {
	store.Watching
	store.Leases
	Now(ctx context.Context) (core.Instant, error)
}

type seenTask struct {
	rev int64
	at  core.Instant
}

const (
	// watchOverlap is read again at every look: a write that was under way at the
	// last look may have an earlier instant than one that was seen.
	watchOverlap = core.Instant(2000)
	// noticesKept is how long notices stay for servers that look late.
	noticesKept = core.Instant(2 * 60 * 1000)
	// recountEvery is after how many looks definitions are counted although
	// nothing told of a change.
	recountEvery = 20
	watchPage    = 500
)

func newWatch(l *live, s watchedStore, owner string, poll time.Duration) *watch {
	return &watch{live: l, store: s, owner: owner, poll: poll, wake: make(chan struct{}, 1),
		changed: map[string]core.Instant{}, seen: map[string]seenTask{}, told: map[string]core.Instant{}}
}

// hurry has the next look come soon; it never blocks.
func (w *watch) hurry() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// spread gives an event to the viewers of every server, once.
func (w *watch) spread(ctx context.Context, id, topic string, event any) error {
	body, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("event of %s: %w", topic, err)
	}
	if err := w.store.PutNotice(ctx, store.Notice{ID: id, Topic: topic, Body: body}); err != nil {
		return err
	}
	w.hurry()
	return nil
}

// Run looks until ctx ends: every poll, and soon after a write by this server or
// a hint of the database, but not more often than five times per poll.
func (w *watch) Run(ctx context.Context) error {
	c := w.live.clock
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.live.log.WarnContext(ctx, "look for changes", "error", err)
		}
		if err := c.Sleep(ctx, w.poll/5); err != nil {
			return err
		}
		waiting, cancel := c.WithTimeout(ctx, clock.Spread(c, w.poll*4/5, 0.2))
		select {
		case <-waiting.Done():
		case <-w.wake:
		case <-w.store.Hints(ctx):
		}
		cancel()
	}
}

func (w *watch) look(ctx context.Context) error {
	w.passes++
	if err := w.runs(ctx); err != nil {
		return err
	}
	if err := w.definitions(ctx); err != nil {
		return err
	}
	if err := w.rooms.look(ctx); err != nil {
		return err
	}
	return w.inboxes(ctx)
}

// runs compares the numbers of the runs that are viewed here.
func (w *watch) runs(ctx context.Context) error {
	var ids []core.RunID
	for _, topic := range w.live.hub.Names("run:") {
		if _, based := w.live.hub.At(topic); based {
			ids = append(ids, core.RunID(strings.TrimPrefix(topic, "run:")))
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), watchPage)
		seqs, err := w.store.Seqs(ctx, ids[:n])
		if err != nil {
			return err
		}
		for id, seq := range seqs {
			w.live.hub.Heard("run:"+string(id), seq)
		}
		ids = ids[n:]
	}
	return nil
}

// definitions has those counted again whose runs have moved.
func (w *watch) definitions(ctx context.Context) error {
	for _, topic := range w.live.hub.Names("definition:") {
		key := strings.TrimPrefix(topic, "definition:")
		last, err := w.store.LastChange(ctx, key)
		if err != nil {
			return err
		}
		if last != w.changed[key] || w.passes%recountEvery == 0 {
			w.changed[key] = last
			offer(w.live.dirty, key)
		}
	}
	return nil
}

// inboxes tells people of their tasks and of what was spread.
func (w *watch) inboxes(ctx context.Context) error {
	now, err := w.store.Now(ctx)
	if err != nil {
		return err
	}
	if len(w.live.hub.Names("inbox:"))+len(w.live.hub.Names("board:"))+len(w.live.hub.Names("draft:")) == 0 {
		w.since = 0
		clear(w.seen)
		clear(w.told)
		return w.purge(ctx, now)
	}
	if w.since == 0 {
		w.since = now
	}
	since := w.since - watchOverlap
	if err := w.tasks(ctx, since); err != nil {
		return err
	}
	if err := w.notices(ctx, since); err != nil {
		return err
	}
	w.since = now
	for id, s := range w.seen {
		if s.at < since {
			delete(w.seen, id)
		}
	}
	for id, at := range w.told {
		if at < since {
			delete(w.told, id)
		}
	}
	return w.purge(ctx, now)
}

func (w *watch) tasks(ctx context.Context, since core.Instant) error {
	for {
		list, err := w.store.ChangedTasks(ctx, since, watchPage)
		if err != nil {
			return err
		}
		for _, t := range list {
			if known, ok := w.seen[t.ID]; ok && known.rev >= t.Rev {
				continue
			}
			w.seen[t.ID] = seenTask{rev: t.Rev, at: t.ChangedAt}
			kind := "taskChanged"
			switch {
			case t.Status.Closed():
				kind = "taskClosed"
			case t.Rev <= 1:
				kind = "taskOpened"
			}
			w.live.tell(t.Task, kind)
		}
		if len(list) < watchPage || list[len(list)-1].ChangedAt == since {
			return nil
		}
		since = list[len(list)-1].ChangedAt
	}
}

func (w *watch) notices(ctx context.Context, since core.Instant) error {
	for {
		list, err := w.store.Notices(ctx, since, watchPage)
		if err != nil {
			return err
		}
		for _, n := range list {
			if _, known := w.told[n.ID]; known {
				continue
			}
			w.told[n.ID] = n.At
			if n.Topic == roomTopic {
				w.rooms.heard(ctx, n.Body)
				continue
			}
			w.live.publish(n.Topic, "", json.RawMessage(n.Body))
		}
		if len(list) < watchPage || list[len(list)-1].At == since {
			return nil
		}
		since = list[len(list)-1].At
	}
}

// purge forgets old notices, one server at a time, every minute.
func (w *watch) purge(ctx context.Context, now core.Instant) error {
	const period = core.Instant(60 * 1000)
	if now-w.purged < period {
		return nil
	}
	w.purged = now
	if mine, err := w.store.AcquireLease(ctx, "notices", w.owner, now, now+period); err != nil || !mine {
		return err
	}
	return w.store.PurgeNotices(ctx, now-noticesKept)
}
