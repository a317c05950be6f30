package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// stored reads what a write must know: no body, no outbox.
func (c *collection) stored(ctx context.Context, id string) (record, bool, error) {
	var r record
	err := c.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}, options.FindOne().SetProjection(bson.D{
		{Key: "rev", Value: 1}, {Key: "seq", Value: 1}, {Key: "live", Value: 1}, {Key: "createdAt", Value: 1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return r, false, nil
	}
	return r, err == nil, err
}

// Save implements docstore.Collection.
func (c *collection) Save(ctx context.Context, doc docstore.Document, events ...docstore.Event) (docstore.Document, error) {
	if err := docstore.CheckID(doc.ID); err != nil {
		return doc, fmt.Errorf("save %s: %w", c.name, err)
	}
	tree, err := docstore.ParseBody(doc.Body)
	if err != nil {
		return doc, fmt.Errorf("save %s %s: %w", c.name, doc.ID, err)
	}
	saved, err := c.save(ctx, doc, tree, events)
	if err != nil {
		return doc, fmt.Errorf("save %s %s at rev %d: %w", c.name, doc.ID, doc.Rev, err)
	}
	if len(events) > 0 {
		c.store.signal(c.name)
	}
	return saved, nil
}

func (c *collection) save(ctx context.Context, doc docstore.Document, tree docstore.Tree, events []docstore.Event) (docstore.Document, error) {
	old, found, err := c.stored(ctx, doc.ID)
	switch {
	case err != nil:
		return doc, err
	case doc.Rev == 0 && found && old.Live:
		return doc, docstore.ErrExists
	case doc.Rev != 0 && !old.Live:
		return doc, docstore.ErrNotFound
	case old.Live && doc.Rev != old.Rev:
		return doc, fmt.Errorf("stored is %d: %w", old.Rev, docstore.ErrConflict)
	}
	now := docstore.At(c.store.now())
	created := old.CreatedAt
	if !old.Live {
		created = now.String()
	}
	rev, token := old.Rev+1, uuid.NewString()
	set := bson.D{{Key: "write", Value: token}, {Key: "rev", Value: rev}, {Key: "seq", Value: old.Seq + int64(len(events))}, {Key: "live", Value: true},
		{Key: "createdAt", Value: created}, {Key: "updatedAt", Value: now.String()}, {Key: "body", Value: string(doc.Body)}}
	set = append(set, c.derived(doc.ID, tree, created, now.String())...)
	if found {
		err = c.write(ctx, doc.ID, old, set, nil, rev, now, events)
	} else {
		var outbox bson.D
		if outbox, err = entries(old.Seq, rev, now, events); err != nil {
			return doc, err
		}
		insert := append(bson.D{{Key: "_id", Value: doc.ID}, {Key: "outbox", Value: outbox}}, set...)
		if len(events) > 0 {
			insert = append(insert, bson.E{Key: "pendingAt", Value: now.String()})
		}
		_, err = c.c.InsertOne(ctx, insert)
	}
	if err = c.settle(ctx, doc.ID, token, err); duplicate(err) { // of the id, written meanwhile, or of a unique index
		err = docstore.ErrExists
	}
	if err != nil {
		return doc, err
	}
	at, err := docstore.ParseInstant(created)
	return docstore.Document{ID: doc.ID, Rev: rev, Body: doc.Body, CreatedAt: at.Time, UpdatedAt: now.Time}, err
}

// duplicate recognizes the refusal of a unique index. Compatible servers that
// keep their data in an SQL database report that of an update as its own error.
func duplicate(err error) bool {
	var server mongo.ServerError
	return mongo.IsDuplicateKeyError(err) ||
		errors.As(err, &server) && server.HasErrorMessage("UNIQUE constraint failed")
}

// settleTimeout bounds the look at what became of a write; it is not the
// caller's time, which may be what has just run out.
const settleTimeout = 5 * time.Second

// settle finds out what became of a write whose answer was lost, or which the
// driver repeated so that it met its own first try: the stored document carries
// the token of the last write. It is asked for by a write that changes nothing,
// because only that waits until a majority has what was found.
func (c *collection) settle(ctx context.Context, id, token string, failure error) error {
	if failure == nil || !mongodb.Uncertain(failure) && !duplicate(failure) &&
		!errors.Is(failure, docstore.ErrConflict) && !errors.Is(failure, docstore.ErrExists) {
		return failure
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	result, err := c.c.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "write", Value: token}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "write", Value: token}}}})
	if err == nil && result.MatchedCount > 0 {
		return nil
	}
	return failure
}

// write changes a stored document while its rev is the one read; the number of
// the last event goes with the rev, so the events' numbers hold too.
func (c *collection) write(ctx context.Context, id string, old record, set, unset bson.D, rev int64, at docstore.Instant, events []docstore.Event) error {
	outbox, err := entries(old.Seq, rev, at, events)
	if err != nil {
		return err
	}
	for _, e := range outbox {
		set = append(set, bson.E{Key: "outbox." + e.Key, Value: e.Value})
	}
	update := bson.D{{Key: "$set", Value: set}}
	if len(unset) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: unset})
	}
	if len(events) > 0 {
		// The oldest undelivered event counts, or a busy document would never
		// come first.
		update = append(update, bson.E{Key: "$min", Value: bson.D{{Key: "pendingAt", Value: at.String()}}})
	}
	result, err := c.c.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "rev", Value: old.Rev}}, update)
	if err != nil {
		return err
	}
	if result.MatchedCount == 0 {
		if old.Live {
			return docstore.ErrConflict
		}
		return docstore.ErrExists // somebody else made it anew
	}
	return nil
}

// entries writes events as the outbox holds them.
func entries(seq, rev int64, at docstore.Instant, events []docstore.Event) (bson.D, error) {
	out := bson.D{}
	for _, e := range events {
		seq++
		text, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.Kind, err)
		}
		out = append(out, bson.E{Key: strconv.FormatInt(seq, 10), Value: pending{Rev: rev, At: at.String(), Event: string(text)}})
	}
	return out, nil
}

// Delete implements docstore.Collection.
func (c *collection) Delete(ctx context.Context, id string, rev int64, events ...docstore.Event) error {
	err := c.remove(ctx, id, rev, events)
	if err != nil {
		return fmt.Errorf("delete %s %s at rev %d: %w", c.name, id, rev, err)
	}
	if len(events) > 0 {
		c.store.signal(c.name)
	}
	return nil
}

// remove leaves the identity, the numbers and the undelivered events.
func (c *collection) remove(ctx context.Context, id string, rev int64, events []docstore.Event) error {
	old, found, err := c.stored(ctx, id)
	switch {
	case err != nil:
		return err
	case !found || !old.Live:
		return docstore.ErrNotFound
	case old.Rev != rev:
		return fmt.Errorf("stored is %d: %w", old.Rev, docstore.ErrConflict)
	}
	token := uuid.NewString()
	set := bson.D{{Key: "write", Value: token}, {Key: "rev", Value: rev + 1}, {Key: "seq", Value: old.Seq + int64(len(events))}}
	for _, u := range c.spec.Spec.Indexes {
		if u.Unique {
			set = append(set, bson.E{Key: "u_" + indexName(u), Value: "id:" + id})
		}
	}
	unset := bson.D{}
	for _, f := range []string{"live", "createdAt", "updatedAt", "body", "x", "ix", "m", "t"} {
		unset = append(unset, bson.E{Key: f, Value: ""})
	}
	return c.settle(ctx, id, token, c.write(ctx, id, old, set, unset, rev+1, docstore.At(c.store.now()), events))
}
