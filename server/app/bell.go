package app

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
)

// bells tell people of tasks that become theirs, and operators of runs that stand.
// A notification is a hint: the inbox and the list of incidents hold the truth, so
// that what does not fit into the queue, or is lost in a crash, is only not rung.
type bells struct {
	feed   *feed.Service
	people *identity.Service
	store  bellStore
	clock  clock.Clock
	log    *slog.Logger

	queue chan ring
	mails *taskMails

	// The rest is touched by Trouble only.
	standing map[place]standing // places of which operators were told
}

type bellStore interface {
	store.Runs
	store.Tasks
	store.Incidents
}

// ring is a task that was opened or handed over to people, or one that is over.
type ring struct {
	task  *store.Task // the queue is long and mostly empty
	users []string
	over  string // the id of a task that nobody else need look at
}

// place is a step at which runs stand.
type place struct {
	definition string
	node       core.NodeID
}

// standing is what operators were told last of a place.
type standing struct {
	newest string
	ids    []string // of the notifications
}

const (
	bellPause = 200 * time.Millisecond
	// bellMost is how many tasks of one step are told of one by one at a time.
	bellMost = 3
	// troubleEvery is how often incidents are looked for.
	troubleEvery = 15 * time.Second
	// troubleGrace is how long an incident may be solved before anybody is told.
	troubleGrace = time.Minute
	// troubleMost is how many incidents are looked at, the newest.
	troubleMost  = 1000
	troublePage  = 200
	bellWaiting  = 4096
	bellApproval = "approval"
)

func newBells(f *feed.Service, p *identity.Service, s bellStore, c clock.Clock, log *slog.Logger) *bells {
	return &bells{feed: f, people: p, store: s, clock: c, log: log, queue: make(chan ring, bellWaiting), standing: map[place]standing{}}
}

func (b *bells) offer(r ring) {
	select {
	case b.queue <- r:
	default: // the inbox shows it all the same
	}
}

// observe is told of every committed step; it only hands over. Nobody is told of
// what follows at once from an own act.
func (b *bells) observe(_ context.Context, c host.Committed) {
	for _, t := range c.Tasks {
		users := t.People()
		for _, g := range t.Groups {
			users = append(users, b.people.Current().Members(g)...)
		}
		slices.Sort(users)
		users = slices.DeleteFunc(slices.Compact(users), func(user string) bool {
			return slices.ContainsFunc(c.Records, func(r core.Record) bool { return r.Actor == user })
		})
		if len(users) > 0 {
			b.offer(ring{task: &t, users: users})
		}
	}
	for _, e := range c.Entries {
		if e.Kind == store.EndTask {
			b.offer(ring{over: e.ID})
		}
	}
}

// after hears of changes of tasks when another has.
func (b *bells) after(other func(ctx context.Context, t store.Task)) func(ctx context.Context, t store.Task) {
	return func(ctx context.Context, t store.Task) {
		other(ctx, t)
		b.taskChanged(t)
	}
}

// taskChanged is told of claims, votes and delegations.
func (b *bells) taskChanged(t store.Task) {
	if t.ClaimedBy != "" || t.Status != store.TaskOpen {
		b.offer(ring{over: t.ID})
		return
	}
	if len(t.Delegated) == 0 {
		return
	}
	if last := t.Delegated[len(t.Delegated)-1]; last.To != last.By {
		b.offer(ring{task: &t, users: []string{last.To}})
	}
}

// Run serves the queue until ctx ends.
func (b *bells) Run(ctx context.Context) error {
	for {
		var batch []ring
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-b.queue:
			batch = append(batch, r)
		}
		for len(b.queue) > 0 {
			batch = append(batch, <-b.queue)
		}
		b.tasks(ctx, batch)
		if err := b.clock.Sleep(ctx, bellPause); err != nil {
			return err
		}
	}
}

type pile struct {
	user, definition string
	node             core.NodeID
}

func (b *bells) tasks(ctx context.Context, batch []ring) {
	piles := map[pile][]store.Task{}
	var order []pile
	over := map[string]bool{}
	for _, r := range batch {
		if r.over != "" {
			over[r.over] = true
		}
	}
	for _, r := range batch {
		if r.over != "" || over[r.task.ID] {
			continue
		}
		for _, user := range r.users {
			p := pile{user, r.task.DefinitionKey, r.task.Node}
			if piles[p] == nil {
				order = append(order, p)
			}
			piles[p] = append(piles[p], *r.task)
		}
	}
	for _, p := range order {
		b.warn(ctx, b.tell(ctx, p.user, piles[p]))
	}
	for id := range over {
		b.warn(ctx, b.settle(ctx, id))
	}
}

func (b *bells) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		b.log.WarnContext(ctx, "bell not rung", "error", err)
	}
}

func taskBell(task, user string) string { return "task:" + task + ":" + user }

// tell tells a person of new tasks of one step, of many in one line.
func (b *bells) tell(ctx context.Context, user string, tasks []store.Task) error {
	to, ok := b.people.Current().Find(user)
	if !ok || !to.Active {
		return nil
	}
	if first := tasks[0]; len(tasks) > bellMost {
		n := feed.Notification{UserID: user, Kind: "task", Link: "/tasks?definition=" + url.QueryEscape(first.DefinitionKey),
			Text: feed.Sentence(to.Language, "tasksOpened", map[string]string{"title": first.Name, "count": strconv.Itoa(len(tasks))})}
		n.ID = "tasks:" + first.ID + ":" + user
		b.mails.offer(to, n, "")
		return b.feed.Tell(ctx, n)
	}
	for _, t := range tasks {
		key := "taskOpened"
		if t.Kind == bellApproval {
			key = "approvalOpened"
		}
		n := feed.Notification{UserID: user, Kind: "task", Link: "/tasks?task=" + url.QueryEscape(t.ID),
			Text: feed.Sentence(to.Language, key, map[string]string{"title": titled(t.Name, t.RecordTitle)})}
		n.ID = taskBell(t.ID, user)
		b.mails.offer(to, n, t.ID)
		if err := b.feed.Tell(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func titled(name, record string) string {
	if record == "" {
		return name
	}
	return name + " · " + record
}

// settle marks as read what people were told of a task.
func (b *bells) settle(ctx context.Context, id string) error {
	t, err := b.store.Task(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was closed before anybody saw it
	}
	if err != nil {
		return err
	}
	users := append(t.People(), t.Users...)
	for _, d := range t.Delegated {
		users = append(users, d.From)
	}
	for _, g := range t.Groups {
		users = append(users, b.people.Current().Members(g)...)
	}
	slices.Sort(users)
	var ids []string
	for _, user := range slices.Compact(users) {
		ids = append(ids, taskBell(id, user))
	}
	if len(ids) == 0 {
		return nil
	}
	return b.feed.Settle(ctx, ids)
}

// Trouble looks for runs that stand until ctx ends.
func (b *bells) Trouble(ctx context.Context) error {
	for {
		b.warn(ctx, b.trouble(ctx))
		if err := b.clock.Sleep(ctx, troubleEvery); err != nil {
			return err
		}
	}
}

// trouble tells operators of the steps at which runs stand: one line per step, that
// is renewed when another run comes to stand there and settled when none does.
func (b *bells) trouble(ctx context.Context) error {
	late := clock.Now(b.clock) - core.Instant(troubleGrace/time.Millisecond)
	places := map[place][]store.OpenIncident{}
	var order []place
	for cursor, seen := "", 0; seen < troubleMost; {
		page, next, err := b.store.ListIncidents(ctx, "", troublePage, cursor)
		if err != nil {
			return err
		}
		for _, i := range page {
			if i.At > late {
				continue
			}
			p := place{i.DefinitionKey, i.Node}
			if places[p] == nil {
				order = append(order, p)
			}
			places[p] = append(places[p], i)
		}
		seen += len(page)
		if cursor = next; next == "" {
			break
		}
	}
	for _, p := range order {
		if b.standing[p].newest == places[p][0].ID {
			continue
		}
		ids, err := b.stand(ctx, p, places[p])
		if err != nil {
			return err
		}
		b.standing[p] = standing{places[p][0].ID, ids}
	}
	for p, was := range b.standing {
		if places[p] != nil {
			continue
		}
		if len(was.ids) > 0 {
			if err := b.feed.Settle(ctx, was.ids); err != nil {
				return err
			}
		}
		delete(b.standing, p)
	}
	return nil
}

// stand tells all who may repair of the runs that stand at a step, newest first.
func (b *bells) stand(ctx context.Context, p place, open []store.OpenIncident) ([]string, error) {
	newest := open[0]
	r, err := b.store.Load(ctx, newest.RunID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // it was removed meanwhile
	}
	if err != nil {
		return nil, err
	}
	runs := map[core.RunID]bool{}
	for _, i := range open {
		runs[i.RunID] = true
	}
	step := newest.NodeName
	if step == "" {
		step = string(p.node)
	}
	var ids []string
	directory := b.people.Current()
	for _, u := range directory.Users() {
		if !u.Active || directory.Actor(u.ID).Reach(access.RunsOperate) == access.Nothing {
			continue
		}
		n := feed.Notification{UserID: u.ID, Kind: "incident", Link: "/runs/" + url.PathEscape(string(newest.RunID)),
			Text: feed.Sentence(u.Language, "incidentOpened", map[string]string{"title": titled(r.Name, r.RecordTitle), "step": step})}
		if len(runs) > 1 {
			n.Link = "/runs?state=incident&definition=" + url.QueryEscape(p.definition) + "&node=" + url.QueryEscape(string(p.node))
			n.Text = feed.Sentence(u.Language, "incidentsOpened", map[string]string{"title": r.Name, "step": step, "count": strconv.Itoa(len(runs))})
		}
		n.ID = "incident:" + p.definition + "/" + string(p.node) + ":" + u.ID
		if err := b.feed.Renew(ctx, n, newest.ID); err != nil {
			return ids, err
		}
		ids = append(ids, n.ID)
	}
	return ids, nil
}
