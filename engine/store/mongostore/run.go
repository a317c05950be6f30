package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
)

// live are the statuses in which a run accepts events.
var live = bson.D{{Key: "$in", Value: bson.A{core.Active, core.Quarantined}}}

// Start implements store.Runs.
func (s *Store) Start(ctx context.Context, run store.Run) (store.Run, error) {
	if run.ReadyAt == 0 {
		run.ReadyAt = max(run.StartedAt, 1)
	}
	run.Outbox = nil
	return s.insert(ctx, run)
}

// StartCommitted implements store.FirstStep. Nothing is copied at once.
func (s *Store) StartCommitted(ctx context.Context, run store.Run, outbox []store.Outbox, readyAt core.Instant, _ bool) (store.Run, error) {
	run.ReadyAt, run.Outbox = readyAt, outbox
	return s.insert(ctx, run)
}

func (s *Store) insert(ctx context.Context, run store.Run) (store.Run, error) {
	err := store.Fits(run.Inbox)
	if err == nil {
		err = store.Commit{Run: run, Outbox: run.Outbox}.Check(nil)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	run.Rev = 1
	now, err := s.Now(ctx)
	if err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	doc := fromRun(run, "")
	doc.ChangedAt = bson.DateTime(now)
	if _, err = s.collection(runs).InsertOne(ctx, doc); mongo.IsDuplicateKeyError(err) {
		stored, err := s.Load(ctx, run.ID)
		if err != nil {
			return store.Run{}, err
		}
		return stored, fmt.Errorf("start run %s: %w", run.ID, store.ErrExists)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	// What was passed in is the caller's; what is returned is the caller's too.
	text, err := bson.Marshal(doc)
	if err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	var own runDoc
	if err := bson.Unmarshal(text, &own); err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	return toRun(own)
}

// Load implements store.Runs.
func (s *Store) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	doc, err := s.load(ctx, id)
	if err != nil {
		return store.Run{}, fmt.Errorf("load run %s: %w", id, err)
	}
	return toRun(doc)
}

func (s *Store) load(ctx context.Context, id core.RunID) (doc runDoc, err error) {
	err = s.collection(runs).FindOne(ctx, set("_id", id)).Decode(&doc)
	return doc, missing(err)
}

// Accept implements store.Runs.
func (s *Store) Accept(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	run, err := s.accept(ctx, id, events)
	if err != nil {
		return store.Run{}, fmt.Errorf("accept into run %s: %w", id, err)
	}
	return run, nil
}

func (s *Store) accept(ctx context.Context, id core.RunID, events []core.Event) (store.Run, error) {
	if err := store.Fits(events); err != nil {
		return store.Run{}, err
	}
	events = store.Unknown(nil, nil, events)
	for len(events) > 0 {
		doc, err := s.push(ctx, id, events, nil, nil)
		if err == nil {
			return toRun(doc)
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return store.Run{}, err
		}
		// One read tells why. When the reason has gone meanwhile, once more.
		if doc, err = s.load(ctx, id); err != nil {
			return store.Run{}, err
		}
		run, err := toRun(doc)
		if err != nil {
			return store.Run{}, err
		}
		if events = store.Unknown(run.Inbox, run.Recent, events); len(events) == 0 {
			break
		}
		if store.Ended(run.Status) {
			return store.Run{}, store.ErrFinished
		}
		if count, bytes := store.Room(events); len(run.Inbox) > count || run.InboxBytes >= bytes {
			return store.Run{}, store.ErrFull
		}
	}
	return store.Run{}, store.ErrDuplicate
}

// push appends events when none of them is known and there is room; what else
// must hold, and what else to set, is given.
func (s *Store) push(ctx context.Context, id core.RunID, events []core.Event, guard, change bson.D) (doc runDoc, err error) {
	count, bytes := store.Room(events)
	size := 0
	names := bson.A{}
	for _, e := range events {
		size += store.EventSize(e)
		names = append(names, e.ID)
	}
	filter := bson.D{
		{Key: "_id", Value: id},
		{Key: "status", Value: live},
		// Not $ne or $nin: into sub-documents they match everything on some servers.
		{Key: "$nor", Value: bson.A{set("inbox.id", set("$in", names)), set("recent", set("$in", names))}},
		{Key: "inbox." + strconv.Itoa(count), Value: set("$exists", false)},
		{Key: "inboxBytes", Value: set("$lt", bytes)},
	}
	filter = append(filter, guard...)
	update := bson.D{
		{Key: "$push", Value: set("inbox", set("$each", eventDocs(events)))},
		{Key: "$inc", Value: set("inboxBytes", size)},
		{Key: "$min", Value: set("readyAt", store.ReadySince(0, events))},
	}
	if len(change) > 0 {
		update = append(update, bson.E{Key: "$set", Value: change})
	}
	err = s.collection(runs).FindOneAndUpdate(ctx, filter, update, after()).Decode(&doc)
	return doc, err
}

// Commit implements store.Runs.
func (s *Store) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	run, err := s.commit(ctx, c)
	if err != nil {
		return store.Run{}, fmt.Errorf("commit run %s: %w", c.ID, err)
	}
	return run, nil
}

func (s *Store) commit(ctx context.Context, c store.Commit) (store.Run, error) {
	kept := slices.DeleteFunc(slices.Clone(c.Run.Outbox), func(o store.Outbox) bool { return slices.Contains(c.Relayed, o.Seq) })
	if err := c.Check(kept); err != nil {
		return store.Run{}, s.refused(ctx, c, err)
	}
	batch := bson.NewObjectID().Hex()
	changed := changes(c.Run, c.Rev+1, batch, c.Outbox)
	if c.Lease.Owner != "" {
		changed = append(changed, leased(c.Lease)...)
	}
	update := bson.D{{Key: "$set", Value: changed}, changedNow}
	consumed := consumed(c.Run.Inbox, c.Consumed)
	if len(consumed) > 0 {
		update = append(update, pull(consumed)...)
	}
	if unset := relayed(c); len(unset) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: unset})
	}
	if c.ReadyAt != 0 {
		update = append(update, bson.E{Key: "$min", Value: set("readyAt", c.ReadyAt)})
	}
	var doc runDoc
	err := s.collection(runs).FindOneAndUpdate(ctx, set("_id", c.ID, "rev", c.Rev), update, after()).Decode(&doc)
	if mongodb.Uncertain(err) && ctx.Err() == nil {
		doc, err = s.settled(ctx, c, batch, err)
	}
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return store.Run{}, s.refused(ctx, c, store.ErrConflict)
	case err != nil:
		return store.Run{}, err
	}
	if doc, err = s.drop(ctx, doc, c); err != nil {
		return store.Run{}, err
	}
	if doc, err = s.rest(ctx, doc, c, len(consumed)); err != nil {
		return store.Run{}, err
	}
	return toRun(doc)
}

// refused is ErrNotFound for a run that is not there, ErrConflict when the rev
// has gone, and reason otherwise.
func (s *Store) refused(ctx context.Context, c store.Commit, reason error) error {
	doc, err := s.load(ctx, c.ID)
	if err != nil {
		return err
	}
	if doc.Rev != c.Rev {
		return store.ErrConflict
	}
	return reason
}

// settled finds out whether a commit was applied whose answer was lost. It asks
// by a write that changes nothing, because only that waits until a majority has
// the commit: effects follow from it. When somebody has committed since, that
// cannot be known any more, and need not be: the caller loads the run anew in
// both cases.
func (s *Store) settled(ctx context.Context, c store.Commit, batch string, lost error) (doc runDoc, err error) {
	err = s.collection(runs).FindOneAndUpdate(ctx, set("_id", c.ID, "rev", c.Rev+1, "batch", batch), bson.D{{Key: "$set", Value: set("batch", batch)}}, after()).Decode(&doc)
	if !errors.Is(err, mongo.ErrNoDocuments) {
		if err != nil {
			err = errors.Join(lost, err)
		}
		return doc, err
	}
	if doc, err = s.load(ctx, c.ID); err != nil {
		return runDoc{}, errors.Join(lost, err)
	}
	if doc.Rev == c.Rev {
		return runDoc{}, lost
	}
	return runDoc{}, store.ErrConflict
}

// consumed are the inbox entries with these ids.
func consumed(inbox []core.Event, ids []string) []core.Event {
	var events []core.Event
	for _, e := range inbox {
		if slices.Contains(ids, e.ID) {
			events = append(events, e)
		}
	}
	return events
}

// pull removes inbox entries by their exact values: removing by a condition on
// sub-documents silently removes nothing on some compatible servers.
func pull(events []core.Event) bson.D {
	size := 0
	for _, e := range events {
		size += store.EventSize(e)
	}
	return bson.D{
		{Key: "$pullAll", Value: set("inbox", eventDocs(events))},
		{Key: "$inc", Value: set("inboxBytes", -size)},
	}
}

// relayed names the outbox fields to remove. An entry that is added under the
// same number is not one of them.
func relayed(c store.Commit) bson.D {
	var unset bson.D
	for _, seq := range c.Relayed {
		if !slices.ContainsFunc(c.Outbox, func(o store.Outbox) bool { return o.Seq == seq }) {
			unset = append(unset, bson.E{Key: "outbox." + key(seq), Value: ""})
		}
	}
	return unset
}

// drop removes consumed events that were accepted while their committer already
// had them from elsewhere, and the mark of an outbox that is empty now. Both are
// guarded by the rev, under which the outbox does not grow.
func (s *Store) drop(ctx context.Context, doc runDoc, c store.Commit) (runDoc, error) {
	update := bson.D{}
	run, err := toRun(doc)
	if err != nil {
		return doc, err
	}
	if late := consumed(run.Inbox, c.Consumed); len(late) > 0 {
		update = append(update, pull(late)...)
	}
	if doc.Unrelayed && len(doc.Outbox) == 0 {
		update = append(update, bson.E{Key: "$unset", Value: set("unrelayed", "")})
	}
	if len(update) == 0 {
		return doc, nil
	}
	return s.again(ctx, doc, set("_id", doc.ID, "rev", doc.Rev), update)
}

// rest writes readyAt as the commit asks, provided that the inbox holds nothing
// unseen; otherwise it sees to it that the run stays ready.
func (s *Store) rest(ctx context.Context, doc runDoc, c store.Commit, removed int) (runDoc, error) {
	for {
		left := len(doc.Inbox)
		want := c.ReadyAfter(removed, left, doc.ReadyAt)
		if want == doc.ReadyAt && (want != 0 || doc.LeaseOwner == "") {
			return doc, nil
		}
		update := bson.D{{Key: "$set", Value: set("readyAt", want)}}
		if want == 0 {
			update = bson.D{{Key: "$unset", Value: set("readyAt", "", "leaseOwner", "", "leaseUntil", "")}}
		}
		next, err := s.again(ctx, doc, bson.D{
			{Key: "_id", Value: doc.ID},
			{Key: "rev", Value: doc.Rev},
			{Key: "inbox." + strconv.Itoa(left), Value: set("$exists", false)},
		}, update)
		if err != nil || next.Rev != doc.Rev {
			return next, err
		}
		if len(next.Inbox) == left {
			return next, nil
		}
		doc = next // something arrived in between
	}
}

// again applies a guarded update; when the guard does not hold it returns the
// document as it is.
func (s *Store) again(ctx context.Context, doc runDoc, filter, update bson.D) (runDoc, error) {
	var next runDoc
	err := s.collection(runs).FindOneAndUpdate(ctx, filter, update, after()).Decode(&next)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return s.load(ctx, doc.ID)
	}
	return next, err
}

// Forget implements store.Runs.
func (s *Store) Forget(ctx context.Context, id core.RunID, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	unset := bson.D{}
	for _, seq := range seqs {
		unset = append(unset, bson.E{Key: "outbox." + key(seq), Value: ""})
	}
	var doc runDoc
	err := s.collection(runs).FindOneAndUpdate(ctx, set("_id", id), bson.D{{Key: "$unset", Value: unset}}, after()).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	if err == nil {
		_, err = s.drop(ctx, doc, store.Commit{})
	}
	return fail(err, "forget outbox of run %s", id)
}

// Ready implements store.Runs.
func (s *Store) Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error) {
	ids, err := s.runIDs(ctx, set("readyAt", set("$gt", 0, "$lte", before)), limit)
	return ids, fail(err, "list ready runs")
}

// Unrelayed implements store.Relay.
func (s *Store) Unrelayed(ctx context.Context, limit int) ([]core.RunID, error) {
	ids, err := s.runIDs(ctx, set("unrelayed", true), limit)
	return ids, fail(err, "list unrelayed runs")
}

func (s *Store) runIDs(ctx context.Context, filter bson.D, limit int) ([]core.RunID, error) {
	o := options.Find().SetProjection(set("_id", 1)).SetLimit(int64(store.Limited(limit)))
	return all(ctx, s.collection(runs), filter, o, func(d runDoc) (core.RunID, error) { return d.ID, nil })
}
