// Package audit keeps the trail of who changed what: an append-only chain in
// which every entry carries the hash of the one before, so that an entry that
// was altered or removed afterwards is found by Verify.
//
// Entries come from the relay: every event that a document was written with is
// one entry, whatever package wrote it. What the relay repeats is kept once.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Entry is one line of the trail.
type Entry struct {
	docstore.Entity
	N      int64            `json:"n"` // from 1, without gaps
	At     docstore.Instant `json:"at"`
	Actor  string           `json:"actor"` // user id, "" for the product itself
	Action string           `json:"action"`
	Object string           `json:"object"` // "records:<id>"
	Cause  string           `json:"cause,omitempty"`
	// Source names the event, so that a repetition is recognized.
	Source string          `json:"source"`
	Detail json.RawMessage `json:"detail,omitempty"` // before and after, redacted
	Prev   string          `json:"prev"`             // hash of entry N-1, "" for the first
	Hash   string          `json:"hash"`
}

const collection = "auditEntries"

// MessageExpired is the action of a message that expired without receiver.
const MessageExpired = "message.expired"

// ChainCut is the action of a chain of messages that was cut and is about no record.
const ChainCut = "message.chainCut"

// Options of New. Store is required.
type Options struct {
	Store docstore.Store
	// Skip tells which deliveries are no changes worth keeping.
	Skip func(docstore.Delivery) bool
	// MaxDetailBytes: a longer detail is replaced by its size and hash. Default 16 KiB.
	MaxDetailBytes int
}

// Log is the trail. It is safe for concurrent use.
type Log struct {
	entries docstore.Typed[Entry]
	options Options

	mu   sync.Mutex // held while entries are written
	last Entry      // the newest entry this process knows; guarded by mu

	queueing sync.Mutex
	queue    []*waiting // entries that nobody writes yet; guarded by queueing
}

// New opens the trail.
func New(ctx context.Context, o Options) (*Log, error) {
	if o.MaxDetailBytes == 0 {
		o.MaxDetailBytes = 16 << 10
	}
	entries, err := docstore.NewTyped[Entry](ctx, o.Store, docstore.Spec{Name: collection, Indexes: []docstore.Index{
		{Paths: []string{"n"}, Unique: true},
		{Paths: []string{"n", "id"}}, // a unique index has no tie-break and serves no sort
		{Paths: []string{"source"}, Unique: true},
		{Paths: []string{"actor", "n"}},
		{Paths: []string{"action", "n"}},
		{Paths: []string{"object", "n"}},
		{Paths: []string{"at", "n"}},
	}})
	if err != nil {
		return nil, err
	}
	return &Log{entries: entries, options: o}, nil
}

// Deliver takes an event from the relay.
func (l *Log) Deliver(ctx context.Context, d docstore.Delivery) error {
	if d.Collection == collection || l.options.Skip != nil && l.options.Skip(d) {
		return nil
	}
	return l.Append(ctx, Entry{
		At: docstore.At(d.At), Actor: d.Event.Actor, Action: d.Event.Kind, Object: d.Collection + ":" + d.DocumentID, Cause: d.Event.Cause,
		Source: fmt.Sprintf("%s:%s#%d", d.Collection, d.DocumentID, d.Seq), Detail: d.Event.Body,
	})
}

// Append adds an entry; N, Prev and Hash are set here. An entry whose Source is
// there already is not added again. Entries that arrive while others are being
// written are written after them as one.
func (l *Log) Append(ctx context.Context, e Entry) error {
	if e.At.IsZero() {
		// The instant is part of the chain and cannot be mended afterwards.
		return fmt.Errorf("audit %s of %s: the entry has no instant", e.Action, e.Object)
	}
	detail, err := redact(e.Detail, l.options.MaxDetailBytes)
	if err != nil {
		return fmt.Errorf("audit %s of %s: %w", e.Action, e.Object, err)
	}
	e.Detail = detail
	mine := &waiting{Entry: e, done: make(chan error, 1)}
	l.queueing.Lock()
	l.queue = append(l.queue, mine)
	l.queueing.Unlock()

	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case err := <-mine.done: // whoever held mu has written ours too
		return err
	default:
	}
	l.queueing.Lock()
	batch := l.queue
	l.queue = nil
	l.queueing.Unlock()
	// The others in the batch do not end with our caller.
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendWait)
	defer cancel()
	for len(batch) > 0 {
		n := min(len(batch), maxBatch)
		l.write(shared, batch[:n])
		batch = batch[n:]
	}
	return <-mine.done
}

const (
	maxBatch   = 200              // entries written as one
	appendWait = 30 * time.Second // as long as the relay waits for a consumer
)

// waiting is an entry on its way; done takes its fate.
type waiting struct {
	Entry
	done chan error
}

// write adds entries to the chain and tells each its fate. The caller holds mu.
func (l *Log) write(ctx context.Context, batch []*waiting) {
	if len(batch) > 1 && l.last.N > 0 && l.entries.CanInsertTogether() {
		chain, last := make([]Entry, len(batch)), l.last
		for i, w := range batch {
			chain[i] = w.Entry
			chain[i].follow(last)
			last = chain[i]
		}
		saved, err := l.entries.InsertTogether(ctx, chain)
		if err == nil {
			l.last = saved[len(saved)-1]
		}
		if !errors.Is(err, docstore.ErrExists) {
			for _, w := range batch {
				w.done <- err
			}
			return
		}
		// Another process took a place, or the relay repeats one of them: find out which.
	}
	for _, w := range batch {
		w.done <- l.one(ctx, w.Entry)
	}
}

// one adds an entry. The caller holds mu.
func (l *Log) one(ctx context.Context, e Entry) error {
	// The end of the chain as this process knows it: mostly right, and when not,
	// the place is taken and the write refused.
	for known := l.last.N > 0; ; known = false {
		if !known {
			repeated, err := l.entries.Count(ctx, docstore.Filter{Path: "source", Op: docstore.Eq, Value: e.Source})
			if err != nil || repeated > 0 {
				return err
			}
			if err := l.catchUp(ctx); err != nil {
				return err
			}
		}
		e.follow(l.last)
		saved, err := l.entries.Save(ctx, e)
		if errors.Is(err, docstore.ErrExists) {
			continue // another process took the place, or the relay repeats this event
		}
		if err == nil {
			l.last = saved
		}
		return err
	}
}

// follow puts the entry at the end of the chain.
func (e *Entry) follow(last Entry) {
	e.N, e.Prev = last.N+1, last.Hash
	// The id is the number: two writers of the same place cannot both succeed.
	e.ID = fmt.Sprintf("%016d", e.N)
	e.Hash = e.hash()
}

// catchUp finds the end of the chain. The caller holds mu.
func (l *Log) catchUp(ctx context.Context) error {
	newest, _, err := l.entries.Find(ctx, docstore.Query{Sort: "-n", Limit: 1})
	if err != nil {
		return err
	}
	if len(newest) > 0 {
		l.last = newest[0]
	}
	return nil
}

// hash covers everything that is said, and the entry before.
func (e Entry) hash() string {
	h := sha256.New()
	for _, part := range []string{fmt.Sprint(e.N), e.At.String(), e.Actor, e.Action, e.Object, e.Cause, e.Source, canonical(e.Detail), e.Prev} {
		fmt.Fprintf(h, "%d:%s,", len(part), part) // lengths, so that no two entries read the same
	}
	return hex.EncodeToString(h.Sum(nil))
}

// canonical is a JSON text in which space and the order of keys do not matter.
func canonical(text json.RawMessage) string {
	if len(text) == 0 {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(text)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(text)
	}
	return string(out)
}

// Query asks for entries, newest first.
type Query struct {
	Actor, Action, Object string
	From, To              time.Time // To is exclusive
	Cursor                string
	Limit                 int
}

// Find returns a page of entries and the cursor of the next.
func (l *Log) Find(ctx context.Context, q Query) ([]Entry, string, error) {
	query := docstore.Query{Sort: "-n", Cursor: q.Cursor, Limit: q.Limit}
	add := func(path string, op docstore.Op, v any) {
		query.Filters = append(query.Filters, docstore.Filter{Path: path, Op: op, Value: v})
	}
	for _, f := range []struct{ path, value string }{{"actor", q.Actor}, {"action", q.Action}} {
		if f.value != "" {
			add(f.path, docstore.Eq, f.value)
		}
	}
	if q.Object != "" {
		op := docstore.Eq
		if strings.HasSuffix(q.Object, ":") { // all of a collection
			op = docstore.Prefix
		}
		add("object", op, q.Object)
	}
	if !q.From.IsZero() {
		add("at", docstore.Gte, q.From)
	}
	if !q.To.IsZero() {
		add("at", docstore.Lt, q.To)
	}
	return l.entries.Find(ctx, query)
}

// BrokenError says where the chain does not hold.
type BrokenError struct {
	N      int64
	Reason string
}

func (e *BrokenError) Error() string { return fmt.Sprintf("audit entry %d: %s", e.N, e.Reason) }

// Verify reads the whole chain and returns how many entries it has; a
// *BrokenError when one was altered, removed or put in. Compare the count and
// the hash of the end with a copy kept elsewhere to find a chain cut short.
func (l *Log) Verify(ctx context.Context) (entries int64, end string, err error) {
	q := docstore.Query{Sort: "n", Limit: docstore.MaxLimit}
	for {
		page, next, err := l.entries.Find(ctx, q)
		if err != nil {
			return entries, end, err
		}
		for _, e := range page {
			switch {
			case e.N != entries+1:
				return entries, end, &BrokenError{entries + 1, "is missing"}
			case e.Prev != end:
				return entries, end, &BrokenError{e.N, "does not follow the entry before"}
			case e.hash() != e.Hash:
				return entries, end, &BrokenError{e.N, "was altered"}
			}
			entries, end = e.N, e.Hash
		}
		if next == "" {
			return entries, end, nil
		}
		q.Cursor = next
	}
}
