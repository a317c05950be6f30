package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// taskDoc is a task: what the relay wrote, what the owner wrote, and the fields
// of both that queries use.
type taskDoc struct {
	ID       string           `bson:"_id"`
	Body     []byte           `bson:"body"`
	Rev      int64            `bson:"rev"`
	Status   store.TaskStatus `bson:"status"`
	Owned    []byte           `bson:"owned,omitempty"`
	ClosedAt core.Instant     `bson:"closedAt,omitempty"`
	Reason   string           `bson:"reason,omitempty"`

	ChangedAt bson.DateTime `bson:"changedAt,omitempty"` // by the server's clock
}

// owned is what the owner of a task may change, as stored.
type owned struct {
	ClaimedBy string             `json:"claimedBy,omitempty"`
	Votes     []store.Vote       `json:"votes,omitempty"`
	Decision  *store.Decision    `json:"decision,omitempty"`
	Delegated []store.Delegation `json:"delegated,omitempty"`
}

func toTask(d taskDoc) (store.Task, error) {
	var (
		t store.Task
		o owned
	)
	err := store.ReadJSON(d.Body, &t)
	if err == nil && len(d.Owned) > 0 {
		err = store.ReadJSON(d.Owned, &o)
	}
	if err != nil {
		return store.Task{}, fmt.Errorf("stored task %s: %w", d.ID, err)
	}
	t.ID, t.Rev, t.Status, t.ClosedAt, t.Reason = d.ID, d.Rev, d.Status, d.ClosedAt, d.Reason
	t.ClaimedBy, t.Votes, t.Decision, t.Delegated = o.ClaimedBy, o.Votes, o.Decision, o.Delegated
	return t, nil
}

// people is everybody who may act: "u:" and a user, "g:" and a group.
func people(t store.Task) []string {
	list := []string{}
	for _, user := range t.People() {
		list = append(list, "u:"+user)
	}
	for _, group := range t.Groups {
		list = append(list, "g:"+group)
	}
	return list
}

// there excludes tombstones.
var there = bson.E{Key: "body", Value: bson.D{{Key: "$exists", Value: true}}}

// Task implements store.Tasks.
func (s *Store) Task(ctx context.Context, id string) (store.Task, error) {
	var doc taskDoc
	if err := s.collection(tasks).FindOne(ctx, bson.D{{Key: "_id", Value: id}, there}).Decode(&doc); err != nil {
		return store.Task{}, fmt.Errorf("task %s: %w", id, missing(err))
	}
	return toTask(doc)
}

// nameDefinitions writes beside the tasks of former versions of the program the
// field by which those of a definition are found.
func (s *Store) nameDefinitions(ctx context.Context) error {
	const most = 500
	for {
		list, err := all(ctx, s.collection(tasks), bson.D{{Key: "definitionKey", Value: set("$exists", false)}, there},
			options.Find().SetLimit(most), toTask)
		if err != nil {
			return fmt.Errorf("name the definitions of tasks: %w", err)
		}
		models := make([]mongo.WriteModel, len(list))
		for i, t := range list {
			models[i] = mongo.NewUpdateOneModel().SetFilter(set("_id", t.ID)).SetUpdate(bson.D{{Key: "$set", Value: set("definitionKey", t.DefinitionKey)}})
		}
		if len(models) == 0 {
			return nil
		}
		if _, err := s.collection(tasks).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
			return fmt.Errorf("name the definitions of tasks: %w", err)
		}
	}
}

// UpdateTask implements store.Tasks.
func (s *Store) UpdateTask(ctx context.Context, t store.Task) (store.Task, error) {
	if err := t.CheckUpdate(); err != nil {
		return store.Task{}, fmt.Errorf("update: %w", err)
	}
	stored, err := s.Task(ctx, t.ID) // for the people that the relay wrote
	if err != nil {
		return store.Task{}, fmt.Errorf("update %w", err)
	}
	text, err := json.Marshal(owned{t.ClaimedBy, t.Votes, t.Decision, t.Delegated})
	if err != nil {
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, err)
	}
	update := bson.D{
		{Key: "$set", Value: set("status", t.Status, "owned", text, "people", people(stored.Owned(t)), "rev", t.Rev+1)},
		{Key: "$unset", Value: set("deliverAt", "")},
	}
	if t.Status == store.TaskDecided && t.Decision != nil && !t.Decision.Delivered {
		update = bson.D{{Key: "$set", Value: append(update[0].Value.(bson.D), bson.E{Key: "deliverAt", Value: t.Decision.NotBefore})}} //nolint:forcetypeassert // from above
	}
	update = append(update, changedNow)
	var doc taskDoc
	err = s.collection(tasks).FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: t.ID}, {Key: "rev", Value: t.Rev}, {Key: "closedAt", Value: set("$exists", false)}}, update, after()).Decode(&doc)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, store.ErrConflict)
	case err != nil:
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, err)
	}
	return toTask(doc)
}

// taskFilter is the filter of a query, cursor aside.
func taskFilter(q store.TaskQuery) *filter {
	f := &filter{conditions: bson.A{bson.D{there}}}
	var who bson.A
	if q.User != "" {
		who = append(who, "u:"+q.User)
	}
	if !q.OnlyUser {
		for _, g := range q.Groups {
			who = append(who, "g:"+g)
		}
	}
	if len(who) > 0 {
		f.add("people", set("$in", who))
	}
	f.equal("runId", string(q.RunID))
	f.equal("recordId", q.RecordID)
	f.equal("definitionKey", q.DefinitionKey)
	if len(q.Statuses) > 0 {
		f.add("status", set("$in", q.Statuses))
	}
	if q.DueBefore != 0 {
		f.add("dueKey", set("$gt", 0, "$lte", q.DueBefore))
	}
	if q.Text != "" {
		f.add("textFold", set("$regex", regexp.QuoteMeta(store.Fold(q.Text))))
	}
	return f
}

// ListTasks implements store.Tasks.
func (s *Store) ListTasks(ctx context.Context, q store.TaskQuery) (store.TaskPage, error) {
	list, field, operator, sort := store.TaskList, "openedAt", "$lt", set("openedAt", -1, "_id", -1)
	position := func(t store.Task) store.Position { return store.Position{Key: t.OpenedAt, ID: t.ID} }
	if q.SortByDue {
		list, field, operator, sort = store.TaskDueList, "dueKey", "$gt", set("dueKey", 1, "_id", 1)
		position = func(t store.Task) store.Position { return store.Position{Key: t.DueKey(), ID: t.ID} }
	}
	after, more, err := store.ParseCursor(list, q.Cursor)
	if err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	f := taskFilter(q)
	if more {
		f.beyond(field, operator, after)
	}
	limit := store.Limited(q.Limit)
	page, err := all(ctx, s.collection(tasks), f.document(), options.Find().SetSort(sort).SetLimit(int64(limit+1)), toTask)
	if err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	if len(page) <= limit {
		return store.TaskPage{Tasks: page}, nil
	}
	page = page[:limit]
	return store.TaskPage{Tasks: page, Next: position(page[limit-1]).Cursor(list)}, nil
}

// CountTasks implements store.Tasks.
func (s *Store) CountTasks(ctx context.Context, q store.TaskQuery) (int, error) {
	n, err := s.collection(tasks).CountDocuments(ctx, taskFilter(q).document())
	return int(n), fail(err, "count tasks")
}

// UndeliveredDecisions implements store.Tasks.
func (s *Store) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	list, err := all(ctx, s.collection(tasks), set("deliverAt", set("$lte", before)), options.Find().SetLimit(int64(store.Limited(limit))), toTask)
	return list, fail(err, "list undelivered decisions")
}

// timerDoc is a timer or a subscription: nobody changes what the relay wrote.
type timerDoc struct {
	ID   string `bson:"_id"`
	Body []byte `bson:"body"`
}

func toTimer(d timerDoc) (t store.Timer, err error) {
	err = store.ReadJSON(d.Body, &t)
	t.ID = d.ID
	return t, fail(err, "stored timer %s", d.ID)
}

// DueTimers implements store.Timers.
func (s *Store) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	list, err := all(ctx, s.collection(timers), set("open", true, "dueAt", set("$lte", before)),
		options.Find().SetSort(set("dueAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toTimer)
	return list, fail(err, "list due timers")
}

// ArmedTimers implements store.Retiming.
func (s *Store) ArmedTimers(ctx context.Context, after store.Position, limit int) ([]store.Timer, error) {
	// Two questions, each served by the index: those of the same instant, and later ones.
	order := func(n int) *options.FindOptionsBuilder {
		return options.Find().SetSort(set("dueAt", 1, "_id", 1)).SetLimit(int64(n))
	}
	limit = store.Limited(limit)
	list, err := all(ctx, s.collection(timers), set("open", true, "dueAt", after.Key, "_id", set("$gt", after.ID)), order(limit), toTimer)
	if err == nil && len(list) < limit {
		var later []store.Timer
		later, err = all(ctx, s.collection(timers), set("open", true, "dueAt", set("$gt", after.Key)), order(limit-len(list)), toTimer)
		list = append(list, later...)
	}
	return list, fail(err, "list armed timers")
}

// Retime implements store.Retiming.
func (s *Store) Retime(ctx context.Context, t store.Timer, due core.Instant) error {
	from := t.DueAt
	t.DueAt = due
	body, err := json.Marshal(t)
	if err != nil {
		return fail(err, "retime %s", t.ID)
	}
	result, err := s.collection(timers).UpdateOne(ctx, set("_id", t.ID, "open", true, "dueAt", from), bson.D{{Key: "$set", Value: set("dueAt", due, "body", body)}})
	if err == nil && result.MatchedCount == 0 {
		err = store.ErrConflict
	}
	return fail(err, "retime %s", t.ID)
}

// RunTimers implements store.Timers.
func (s *Store) RunTimers(ctx context.Context, run core.RunID) ([]store.Timer, error) {
	list, err := all(ctx, s.collection(timers), set("runId", run, "open", true), options.Find().SetSort(set("dueAt", 1, "_id", 1)), toTimer)
	return list, fail(err, "timers of run %s", run)
}
