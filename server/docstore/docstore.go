// Package docstore keeps typed collections of JSON documents with declared
// indexes, compare-and-set by rev, cursor pages, and an outbox inside the
// document: a change and its domain events are one atomic write.
package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Errors that callers branch on.
var (
	// ErrNotFound: no document with this id.
	ErrNotFound = errors.New("document not found")
	// ErrExists: a document with this id, or with the same unique key, is there.
	ErrExists = errors.New("document exists")
	// ErrConflict: the rev given is not the stored one; nothing was written.
	ErrConflict = errors.New("document changed meanwhile")
	// ErrNoIndex: a query that no declared index serves.
	ErrNoIndex = errors.New("no index serves the query")
	// ErrBadQuery: an unknown path, operator or cursor.
	ErrBadQuery = errors.New("bad query")
)

// Spec declares a collection: its name and its indexes. Only declared paths can
// be filtered, sorted and grouped by. "id" is always declared; "createdAt" and
// "updatedAt" name the document's own instants and are declared like any path.
type Spec struct {
	Name    string
	Indexes []Index
	// Text lists the paths whose folded words the Text filter searches.
	Text []string
	// Apart lists those of Text whose words are copies from other documents: the
	// OwnText filter leaves them out.
	Apart []string
	// Formerly is what the collection was in former releases.
	Formerly *Former
	// Tested lists further paths that filters may name, and nothing else: they are
	// looked at in the documents that an index gave.
	Tested []string
	// Kept lists aggregates that are asked for often: a store that can keeps their
	// answers up with every write; the others compute them each time.
	Kept []Kept
}

// Former is the collection of a former release that is taken over when a new one is
// opened: documents with their instants, revisions and undelivered events, and in
// each body the members of With that it lacks. An empty new collection gives way to
// it; when both hold documents, opening fails.
type Former struct {
	Name string
	With map[string]string
}

// Kept is an aggregate over all documents with certain values of By but the last,
// grouped by the last. All of By are paths of texts, or absent.
type Kept struct {
	By   []string
	Sums []string // paths of integers
}

// Index is an ordered list of document paths ("stageId", "client.id"). A path
// holds values of one type (string, number, boolean) or nothing.
//
// Multi indexes hold one entry per element of an array path (one path only).
// A path that ends in ".*" ("fields.*") declares every path below it, for
// custom fields; it stands alone in its index and is never unique.
// Unique binds only documents in which every path has a value.
type Index struct {
	Paths  []string
	Unique bool
	Multi  bool
}

// Document is one stored document. Rev 0 means not stored yet.
type Document struct {
	ID        string
	Rev       int64
	Body      json.RawMessage
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Event is a domain event written atomically with a document. Cause says who or
// what run made the change; Depth is the length of the causal chain.
type Event struct {
	Kind  string          `json:"kind"`
	Body  json.RawMessage `json:"body,omitempty"`
	Actor string          `json:"actor,omitempty"`
	Cause string          `json:"cause,omitempty"`
	Depth int             `json:"depth,omitempty"`
}

// Delivery is an event on its way to its consumers, at least once, in order per
// document. (Collection, DocumentID, Seq) identifies it for ever.
type Delivery struct {
	Collection string
	DocumentID string
	Seq        int64 // contiguous per document
	Rev        int64 // of the document the event was written with
	At         time.Time
	Event      Event
}

// Op compares a path with a value.
type Op string

// Operators of Filter.
const (
	Eq       Op = "eq" // a nil Value matches documents without a value
	In       Op = "in" // Value is a slice; on an array path: holds any of them
	Gt       Op = "gt"
	Gte      Op = "gte"
	Lt       Op = "lt"
	Lte      Op = "lte"
	Prefix   Op = "prefix"   // case-sensitive
	Contains Op = "contains" // an array path holds the value
	Exists   Op = "exists"   // Value is bool
	Has      Op = "has"      // a text with the Value in it, whatever the case
	Begins   Op = "begins"   // a text that begins with the Value, whatever the case
	Text     Op = "text"     // folded words, over Spec.Text; Path is ignored
	OwnText  Op = "ownText"  // the same, without Spec.Apart
	// Groups have no path and no value: they combine the filters Of, at least one,
	// at most MaxDepth groups inside each other. A group alone does not serve a query.
	AnyOf  Op = "any"  // one of them holds
	AllOf  Op = "all"  // each of them holds
	NoneOf Op = "none" // not one of them holds
)

// Filter is one condition; all filters of a query must hold.
type Filter struct {
	Path  string
	Op    Op
	Value any
	Of    []Filter
}

// Query asks for a page. Sort is one declared path (with "-" for descending) or
// "" for the id; equal keys are ordered by id in the same direction, documents
// without a value come first (last when descending). Limit is at most 200,
// default 50.
type Query struct {
	Filters []Filter
	Sort    string
	Limit   int
	Cursor  string
}

// Page is one page and the cursor of the next ("" at the end).
type Page struct {
	Documents []Document
	Next      string
}

// Aggregate groups the matching documents by a path and computes sums.
type Aggregate struct {
	Filters []Filter
	GroupBy string
	Sums    []string // paths of integers
}

// Group is one row of an aggregate.
type Group struct {
	Key   any
	Count int64
	Sums  map[string]int64
}

// Collection is one collection of documents.
type Collection interface {
	Get(ctx context.Context, id string) (Document, error)
	// GetMany returns the found ones, in the order of ids.
	GetMany(ctx context.Context, ids []string) ([]Document, error)
	// Save inserts (Rev 0) or replaces when the stored rev equals doc.Rev, and
	// adds the events to the document's outbox in the same write. Revs and event
	// numbers of an id are never reused, not even after a deletion.
	Save(ctx context.Context, doc Document, events ...Event) (Document, error)
	// Delete removes when the stored rev equals rev; events are still delivered.
	Delete(ctx context.Context, id string, rev int64, events ...Event) error
	Find(ctx context.Context, q Query) (Page, error)
	Count(ctx context.Context, filters []Filter) (int64, error)
	Aggregate(ctx context.Context, a Aggregate) ([]Group, error)
	// Shared lists values of an array path that begin with a prefix and that at least
	// two documents hold, in order, those behind after ("" for the first), at most limit.
	Shared(ctx context.Context, path, prefix, after string, limit int) ([]string, error)
}

// Together is a Collection that can write several new documents as one: all of
// them are stored, or none. Stores without transactions do not offer it.
type Together interface {
	// InsertTogether inserts documents of Rev 0 without events. ErrExists tells
	// that one of them, or its unique key, is there already.
	InsertTogether(ctx context.Context, docs []Document) ([]Document, error)
}

// Store opens collections and hands out undelivered events.
type Store interface {
	// Collection declares a collection and creates its indexes when missing.
	Collection(ctx context.Context, spec Spec) (Collection, error)
	// Pending lists undelivered events, oldest first per document.
	Pending(ctx context.Context, limit int) ([]Delivery, error)
	// Delivered forgets events after their consumers have taken them.
	Delivered(ctx context.Context, deliveries []Delivery) error
	// Wake is signaled (never blocking) after a write that added events here; a
	// hint only, polling Pending is the truth.
	Wake() <-chan struct{}
	Close() error
}
