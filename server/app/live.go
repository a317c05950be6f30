package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/stream"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/run"
)

// live carries what happens to those who watch. Everything in it is a hint: a
// page that missed an event sees a gap in the numbers, or reads again.
type live struct {
	hub    *stream.Hub
	clock  clock.Clock
	log    *slog.Logger
	tasks  store.Tasks
	store  engineStore
	people people
	runs   *run.Service
	story  timeline
	pages  *pages

	timers  *timer.Loop
	effects *effect.Executor

	// watch, in an installation of several servers, publishes what no other source
	// here may publish then: tasks, notices, and what others did.
	watch *watch

	closed chan string // tasks that were closed; bounded, see observe
	ended  chan string // runs that have ended; bounded
	dirty  chan string // definitions whose counts changed; bounded

	mu        sync.Mutex
	missing   map[string]bool // runs of which records are missing on the hub; guarded by mu
	repairing chan struct{}   // capacity 1: missing is not empty
}

// engineStore is the part of the engine's store that live views read.
type engineStore interface {
	store.Runs
	store.Records
}

const liveQueue = 1024

func newLive(hub *stream.Hub, c clock.Clock, log *slog.Logger, engine store.Store, p people) *live {
	l := &live{hub: hub, clock: c, log: log, tasks: engine, store: engine, people: p,
		closed: make(chan string, liveQueue), ended: make(chan string, liveQueue), dirty: make(chan string, liveQueue),
		missing: map[string]bool{}, repairing: make(chan struct{}, 1)}
	l.pages = newPages(l)
	return l
}

// wireName turns a person's inbox into what every browser calls its own.
func wireName(topic string) string {
	if strings.HasPrefix(topic, "inbox:") {
		return "inbox"
	}
	return topic
}

// record is a record of a run on the wire.
type record struct {
	Seq  int64            `json:"seq"`
	At   docstore.Instant `json:"at"`
	Kind string           `json:"kind"`
	Node string           `json:"node,omitempty"`
	Flow string           `json:"flow,omitempty"`
	Wait string           `json:"wait,omitempty"`
	By   string           `json:"actor,omitempty"`
	Name string           `json:"actorName,omitempty"`
	Body map[string]any   `json:"body,omitempty"`
}

// observe is told of every committed step; it only hands over.
func (l *live) observe(_ context.Context, c host.Committed) {
	for _, t := range c.Timers {
		l.timers.Armed(t)
	}
	for _, e := range c.Effects {
		if e.Status == store.EffectReady {
			l.effects.Wake()
			break
		}
	}
	for _, e := range c.Entries {
		switch e.Kind {
		case store.EndTimer:
			l.timers.Disarmed(e.ID)
		case store.EndTask:
			if l.watch == nil {
				offer(l.closed, e.ID)
			}
		}
	}
	if l.watch == nil {
		for _, t := range c.Tasks {
			l.tell(t, "taskOpened")
		}
		if store.Ended(c.Run.Status) && c.Run.RecordID != "" {
			offer(l.ended, string(c.Run.ID))
		}
	} else {
		l.watch.hurry()
	}
	if topic := "run:" + string(c.Run.ID); len(c.Records) > 0 && l.hub.Viewed(topic) {
		l.publishRecords(topic, c.Records)
	}
	if l.hub.Viewed("definition:" + c.Run.DefinitionKey) {
		offer(l.dirty, c.Run.DefinitionKey)
	}
}

// publishRecords sends contiguous records of a run to its viewers.
func (l *live) publishRecords(topic string, records []core.Record) {
	events := make([]stream.Event, 0, len(records))
	for _, r := range records {
		name := ""
		if r.Actor != "" {
			name, _ = l.people.UserName(r.Actor)
		}
		body, err := json.Marshal(record{Seq: r.Seq, At: docstore.At(clock.Time(r.At)), Kind: string(r.Kind), Node: string(r.Node), Flow: string(r.Flow),
			Wait: string(r.Wait), By: r.Actor, Name: name, Body: r.Body})
		if err != nil {
			l.log.Warn("record not sent", "topic", topic, "seq", r.Seq, "error", err)
			return // the viewers see that something is missing
		}
		events = append(events, stream.Event{Body: body})
	}
	l.hub.PublishAt(topic, run.Epoch, records[0].Seq, events...)
	l.pages.moves(strings.TrimPrefix(topic, "run:"), records)
}

// offer drops what does not fit: the reader is behind and reads again anyway.
func offer(queue chan string, v string) {
	select {
	case queue <- v:
	default:
	}
}

func (l *live) publish(topic, key string, v any) {
	if !l.hub.Viewed(topic) {
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		l.log.Warn("event not sent", "topic", topic, "error", err)
		return
	}
	l.hub.Publish(topic, stream.Event{Key: key, Body: body})
}

type inboxEvent struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// tell reaches the people of a task.
func (l *live) tell(t store.Task, kind string) {
	users := t.People()
	for _, g := range t.Groups {
		users = append(users, l.people.Members(g)...)
	}
	for _, user := range users {
		l.publish("inbox:"+user, "", inboxEvent{kind, t.ID})
	}
}

// taskChanged is told of claims, votes and delegations.
func (l *live) taskChanged(_ context.Context, t store.Task) {
	if l.watch != nil {
		l.watch.hurry()
		return
	}
	l.tell(t, "taskChanged")
}

// NotificationAdded rings a bell.
func (l *live) NotificationAdded(ctx context.Context, user, id string) {
	if l.watch == nil {
		l.publish("inbox:"+user, "", inboxEvent{"notification", id})
		return
	}
	if err := l.watch.spread(ctx, "notification:"+id, "inbox:"+user, inboxEvent{"notification", id}); err != nil {
		l.log.WarnContext(ctx, "notification not sent to viewers", "notification", id, "error", err)
	}
}

// boardEvents is the relay's consumer for boards.
func (l *live) boardEvents(ctx context.Context, d docstore.Delivery) error {
	kinds := map[string]string{crm.RecordCreated: "recordCreated", crm.RecordChanged: "recordChanged", crm.RecordStageChanged: "recordMoved", crm.RecordDeleted: "recordDeleted", crm.RecordRestored: "recordCreated"}
	kind, e, err := crm.EventOf(d)
	if err != nil {
		return err
	}
	id := d.Collection + "/" + d.DocumentID + "/" + strconv.FormatInt(d.Seq, 10)
	whole := map[string]any{"kind": kinds[kind], "record": e.Card, "from": e.From, "actor": d.Event.Actor}
	// Who may not see every record is told only which one to look for.
	hint := map[string]any{"kind": kinds[kind], "record": map[string]any{"id": d.DocumentID}}
	boards := []string{e.Pipeline}
	if e.FromPipeline != "" { // the board that the record left forgets it
		boards = append(boards, e.FromPipeline)
	}
	for _, board := range boards {
		if l.watch == nil {
			l.publish("board:"+board, "", whole)
			l.publish("boardHints:"+board, "", hint)
			continue
		}
		if err := l.watch.spread(ctx, id+"/"+board, "board:"+board, whole); err != nil {
			return err
		}
		if err := l.watch.spread(ctx, id+"/"+board+"/hint", "boardHints:"+board, hint); err != nil {
			return err
		}
	}
	return nil
}

// drafted tells those who have a draft open that it was saved.
func (l *live) drafted(ctx context.Context, key string, state definition.Drafted) {
	topic := "draft:" + key
	if l.watch == nil {
		l.publish(topic, "draft", state)
		return
	}
	id := topic + "/" + strconv.FormatInt(state.Rev, 10) + "/" + strconv.Itoa(state.Version)
	if err := l.watch.spread(ctx, id, topic, state); err != nil {
		l.log.WarnContext(ctx, "saved draft not told to viewers", "definition", key, "error", err)
	}
}

// countsPause keeps a busy definition from being counted more than ten times a second.
const countsPause = 100 * time.Millisecond

// lastEnded is how many ended runs are looked at again after a start.
const lastEnded = 200

// catchUp tells the ends that a crash kept from being told; what was told
// before stays as it is.
func (l *live) catchUp(ctx context.Context) {
	page, err := l.store.List(ctx, store.RunQuery{Limit: lastEnded,
		Statuses: []core.Status{core.Completed, core.Canceled, core.Failed}})
	if err != nil {
		l.log.WarnContext(ctx, "ended runs not read", "error", err)
		return
	}
	for _, r := range page.Runs {
		l.tellEnd(ctx, r)
	}
}

func (l *live) tellEnd(ctx context.Context, r store.Run) {
	if err := l.story.RunEnded(ctx, r); err != nil {
		l.log.WarnContext(ctx, "end of a run not in the timeline", "runId", r.ID, "error", err)
	}
}

func (l *live) tellCompletion(ctx context.Context, t store.Task) error {
	d := t.Decision
	if d == nil || t.Status != store.TaskCompleted {
		return nil
	}
	return l.story.TaskCompleted(ctx, t, d.By, d.Outcome, d.Comment)
}

// taskEnded is told of every closed task by the server that relays its closing.
func (l *live) taskEnded(ctx context.Context, id string) error {
	t, err := l.tasks.Task(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was closed before anybody saw it
	}
	if err != nil {
		return err
	}
	return l.tellCompletion(ctx, t)
}

// Run serves the queues until ctx ends.
func (l *live) Run(ctx context.Context) error {
	if l.watch == nil {
		l.catchUp(ctx) // with several servers the relay sees to it
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case id := <-l.ended:
			r, err := l.store.Load(ctx, core.RunID(id))
			if err != nil {
				l.log.WarnContext(ctx, "ended run not read", "runId", id, "error", err)
				continue
			}
			l.tellEnd(ctx, r)
		case id := <-l.closed:
			t, err := l.tasks.Task(ctx, id)
			if err != nil {
				l.log.DebugContext(ctx, "closed task not read", "task", id, "error", err)
				continue
			}
			l.tell(t, "taskClosed")
			if err := l.tellCompletion(ctx, t); err != nil {
				l.log.WarnContext(ctx, "completion not in the timeline", "task", id, "error", err)
			}
		case key := <-l.dirty:
			keys := map[string]bool{key: true}
			for len(l.dirty) > 0 {
				keys[<-l.dirty] = true
			}
			for key := range keys {
				counts, err := l.runs.Counts(ctx, key, 0)
				if err != nil {
					l.log.WarnContext(ctx, "counts not read", "definition", key, "error", err)
					continue
				}
				l.publish("definition:"+key, "counts", counts)
			}
			if err := l.clock.Sleep(ctx, countsPause); err != nil {
				return err
			}
		}
	}
}
