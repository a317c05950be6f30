// Package mongostore keeps documents in MongoDB, with classic operators on
// single documents only: no transaction, no pipeline update, no change stream.
//
// One MongoDB document holds a document with its outbox:
//
//	_id, rev, seq    identity, revision, number of the last event
//	write            token of the last write, by which a lost answer is settled
//	live             absent on what is left of a deleted document
//	createdAt, ...   the document's own instants
//	body             the JSON text as given; any JSON is allowed, dots in keys too
//	x                values of declared paths ("client/id"), for filters and sorts
//	ix               entries of array paths and custom fields, see entry.go
//	m                the same by path, as lists of values
//	t                folded words
//	u                one text per unique index; the id where a value is missing
//	outbox           undelivered events by number
//	pendingAt        when the oldest of them was written; absent when there is none
package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Options tunes a Store; the zero value is the default.
type Options struct {
	// Sweep is how often Pending looks into every collection, for events that
	// other processes wrote; those written here are found at once. Default 1 s.
	Sweep time.Duration
}

// Store implements docstore.Store on a database that stays the caller's to close.
type Store struct {
	db      *mongo.Database
	now     func() time.Time
	options Options
	wake    chan struct{}

	mu          sync.Mutex
	collections map[string]*collection // guarded by mu
	dirty       map[string]bool        // collections that may hold events; guarded by mu
	sweptAt     time.Time              // guarded by mu
}

// New returns a store on db that takes its time from now.
func New(db *mongodb.DB, now func() time.Time, o Options) *Store {
	if o.Sweep == 0 {
		o.Sweep = time.Second
	}
	return &Store{db: db.Database(), now: now, options: o, wake: make(chan struct{}, 1),
		collections: map[string]*collection{}, dirty: map[string]bool{}}
}

// record is a stored document.
type record struct {
	ID        string             `bson:"_id"`
	Rev       int64              `bson:"rev"`
	Seq       int64              `bson:"seq"`
	Live      bool               `bson:"live"`
	CreatedAt string             `bson:"createdAt"`
	UpdatedAt string             `bson:"updatedAt"`
	Body      string             `bson:"body"`
	Outbox    map[string]pending `bson:"outbox"`
}

// pending is an event in an outbox.
type pending struct {
	Rev   int64  `bson:"rev"`
	At    string `bson:"at"`
	Event string `bson:"event"` // JSON
}

func (r record) document() (docstore.Document, error) {
	created, err := docstore.ParseInstant(r.CreatedAt)
	if err != nil {
		return docstore.Document{}, err
	}
	updated, err := docstore.ParseInstant(r.UpdatedAt)
	return docstore.Document{ID: r.ID, Rev: r.Rev, Body: json.RawMessage(r.Body), CreatedAt: created.Time, UpdatedAt: updated.Time}, err
}

// look returns the collections in which Pending looks now.
func (s *Store) look() []*collection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); !now.Before(s.sweptAt.Add(s.options.Sweep)) {
		s.sweptAt = now
		for name := range s.collections {
			s.dirty[name] = true
		}
	}
	var out []*collection
	for name := range s.dirty {
		out = append(out, s.collections[name])
	}
	slices.SortFunc(out, func(a, b *collection) int { return slices.Compare([]byte(a.name), []byte(b.name)) })
	return out
}

func (s *Store) mark(name string, dirty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if dirty {
		s.dirty[name] = true
	} else {
		delete(s.dirty, name)
	}
}

// Pending implements docstore.Store.
func (s *Store) Pending(ctx context.Context, limit int) ([]docstore.Delivery, error) {
	var documents [][]docstore.Delivery
	for _, c := range s.look() {
		// Unmarked before reading: what is written meanwhile marks it again.
		s.mark(c.name, false)
		records, err := find[record](ctx, c.c, bson.D{{Key: "pendingAt", Value: bson.D{{Key: "$exists", Value: true}}}},
			options.Find().SetSort(bson.D{{Key: "pendingAt", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(int64(limit)).
				SetProjection(bson.D{{Key: "outbox", Value: 1}, {Key: "pendingAt", Value: 1}}))
		if err != nil {
			s.mark(c.name, true)
			return nil, fmt.Errorf("read pending events of %s: %w", c.name, err)
		}
		if len(records) > 0 {
			s.mark(c.name, true)
		}
		for _, r := range records {
			ds, err := deliveries(c.name, r)
			if err != nil {
				return nil, fmt.Errorf("read pending events of %s %s: %w", c.name, r.ID, err)
			}
			if len(ds) > 0 {
				documents = append(documents, ds)
			}
		}
	}
	slices.SortStableFunc(documents, func(a, b []docstore.Delivery) int { return a[0].At.Compare(b[0].At) })
	out := slices.Concat(documents...)
	return out[:min(limit, len(out))], nil
}

// deliveries lists the events in an outbox in their order.
func deliveries(collection string, r record) ([]docstore.Delivery, error) {
	var out []docstore.Delivery
	for number, p := range r.Outbox {
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, err
		}
		at, err := docstore.ParseInstant(p.At)
		if err != nil {
			return nil, err
		}
		d := docstore.Delivery{Collection: collection, DocumentID: r.ID, Seq: seq, Rev: p.Rev, At: at.Time}
		if err := json.Unmarshal([]byte(p.Event), &d.Event); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b docstore.Delivery) int { return int(a.Seq - b.Seq) })
	return out, nil
}

// Delivered implements docstore.Store.
func (s *Store) Delivered(ctx context.Context, ds []docstore.Delivery) error {
	type key struct{ collection, id string }
	gone := map[key]bson.D{}
	for _, d := range ds {
		k := key{d.Collection, d.DocumentID}
		gone[k] = append(gone[k], bson.E{Key: "outbox." + strconv.FormatInt(d.Seq, 10), Value: ""})
	}
	for k, fields := range gone {
		c := s.db.Collection(prefix + k.collection)
		var r record
		err := c.FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: k.id}}, bson.D{{Key: "$unset", Value: fields}},
			options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&r)
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err == nil && len(r.Outbox) == 0 {
			// Only while nobody added an event since: that would change the rev.
			_, err = c.UpdateOne(ctx, bson.D{{Key: "_id", Value: k.id}, {Key: "rev", Value: r.Rev}},
				bson.D{{Key: "$unset", Value: bson.D{{Key: "pendingAt", Value: ""}}}})
		}
		if err != nil {
			return fmt.Errorf("forget delivered events of %s %s: %w", k.collection, k.id, err)
		}
	}
	return nil
}

// Wake implements docstore.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signal(name string) {
	s.mark(name, true)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close implements docstore.Store; the connection is closed by its owner.
func (s *Store) Close() error { return nil }

// find reads all results of a query.
func find[T any](ctx context.Context, c *mongo.Collection, filter any, o *options.FindOptionsBuilder) ([]T, error) {
	cursor, err := c.Find(ctx, filter, o)
	if err != nil {
		return nil, err
	}
	var out []T
	err = cursor.All(ctx, &out)
	return out, err
}
