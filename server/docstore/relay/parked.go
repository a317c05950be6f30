package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Parked is a delivery that its consumer could not take, or that waits behind
// such a one of the same document.
type Parked struct {
	docstore.Entity
	Consumer   string           `json:"consumer"`
	Key        string           `json:"key"` // consumer and document
	Seq        int64            `json:"seq"`
	Collection string           `json:"collection"`
	DocumentID string           `json:"documentId"`
	WrittenRev int64            `json:"writtenRev"`
	WrittenAt  docstore.Instant `json:"writtenAt"`
	Event      docstore.Event   `json:"event"`
	Attempts   int              `json:"attempts"`
	Error      string           `json:"error,omitempty"`
	// NextAt is set on the delivery to retry, not on those behind it.
	NextAt docstore.Instant `json:"nextAt"`
}

var parkedSpec = docstore.Spec{Name: "parkedDeliveries", Indexes: []docstore.Index{
	{Paths: []string{"nextAt"}},
	{Paths: []string{"key", "seq"}},
}}

func (p Parked) delivery() docstore.Delivery {
	return docstore.Delivery{Collection: p.Collection, DocumentID: p.DocumentID, Seq: p.Seq,
		Rev: p.WrittenRev, At: p.WrittenAt.Time, Event: p.Event}
}

func key(consumer string, d docstore.Delivery) string {
	return consumer + "\n" + d.Collection + "\n" + d.DocumentID
}

// park keeps a delivery for later; failure is nil when it waits behind another.
// Parking the same delivery twice changes nothing.
func (r *Relay) park(ctx context.Context, consumer string, d docstore.Delivery, failure error) error {
	k := key(consumer, d)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", k, d.Seq))
	p := Parked{Entity: docstore.Entity{ID: hex.EncodeToString(sum[:16])}, Consumer: consumer, Key: k, Seq: d.Seq,
		Collection: d.Collection, DocumentID: d.DocumentID, WrittenRev: d.Rev, WrittenAt: docstore.At(d.At), Event: d.Event}
	if failure != nil {
		r.fail(ctx, &p, failure)
	}
	if _, err := r.parked.Save(ctx, p); err != nil && !errors.Is(err, docstore.ErrExists) {
		return fmt.Errorf("park a delivery for %s: %w", consumer, err)
	}
	return nil
}

// fail notes a failure and when to try again.
func (r *Relay) fail(ctx context.Context, p *Parked, failure error) {
	pause := r.options.MinBackoff
	for range p.Attempts {
		pause = min(2*pause, r.options.MaxBackoff)
	}
	p.Attempts++
	p.Error = failure.Error()
	p.NextAt = docstore.At(r.clock.Now().Add(pause))
	r.log.WarnContext(ctx, "delivery parked", "consumer", p.Consumer, "collection", p.Collection, "documentId", p.DocumentID,
		"seq", p.Seq, "kind", p.Event.Kind, "attempts", p.Attempts, "nextAt", p.NextAt.Format(time.RFC3339), "error", failure)
}

// first returns the earliest parked delivery of a consumer and document.
func (r *Relay) first(ctx context.Context, key string) (Parked, bool, error) {
	p, err := r.parked.One(ctx, docstore.Query{Sort: "seq", Filters: []docstore.Filter{{Path: "key", Op: docstore.Eq, Value: key}}})
	if errors.Is(err, docstore.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil, err
}

// retry tries what is due, each document's deliveries in their order.
func (r *Relay) retry(ctx context.Context) error {
	due, _, err := r.parked.Find(ctx, docstore.Query{Sort: "nextAt", Limit: r.options.Batch,
		Filters: []docstore.Filter{{Path: "nextAt", Op: docstore.Lte, Value: r.clock.Now()}}})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, p := range due {
		if seen[p.Key] {
			continue
		}
		seen[p.Key] = true
		if err := r.retryDocument(ctx, p.Key); err != nil {
			return err
		}
	}
	return nil
}

func (r *Relay) retryDocument(ctx context.Context, key string) error {
	for {
		p, found, err := r.first(ctx, key)
		if err != nil || !found {
			return err
		}
		consumer, ok := r.consumer(p.Consumer)
		if !ok {
			// Kept for the release that knows it again, or for Discard.
			p.NextAt = docstore.At(r.clock.Now().Add(r.options.MaxBackoff))
			_, err := r.parked.Save(ctx, p)
			return err
		}
		if failure := r.take(ctx, consumer, p.delivery()); failure != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.fail(ctx, &p, failure)
			_, err := r.parked.Save(ctx, p)
			return err
		}
		if err := r.remove(ctx, p); err != nil {
			return err
		}
	}
}

// remove forgets a parked delivery. The one behind it becomes due first, so that
// a crash in between leaves nothing that nobody would ever try.
func (r *Relay) remove(ctx context.Context, p Parked) error {
	next, _, err := r.parked.Find(ctx, docstore.Query{Sort: "seq", Limit: 1, Filters: []docstore.Filter{
		{Path: "key", Op: docstore.Eq, Value: p.Key}, {Path: "seq", Op: docstore.Gt, Value: p.Seq}}})
	if err != nil {
		return err
	}
	for _, n := range next {
		n.NextAt = docstore.At(r.clock.Now())
		if _, err := r.parked.Save(ctx, n); err != nil {
			return err
		}
	}
	return r.parked.Delete(ctx, p.ID, p.Rev)
}

func (r *Relay) consumer(name string) (Consumer, bool) {
	for _, c := range r.consumers {
		if c.Name == name {
			return c, true
		}
	}
	return Consumer{}, false
}

// Parked lists deliveries that failed, for an operator, soonest retry first.
func (r *Relay) Parked(ctx context.Context, cursor string) ([]Parked, string, error) {
	return r.parked.Find(ctx, docstore.Query{Sort: "nextAt", Cursor: cursor,
		Filters: []docstore.Filter{{Path: "nextAt", Op: docstore.Gt, Value: ""}}})
}

// Discard gives up a parked delivery by an operator's decision.
func (r *Relay) Discard(ctx context.Context, id string) error {
	p, err := r.parked.Get(ctx, id)
	if err != nil {
		return err
	}
	r.log.WarnContext(ctx, "delivery discarded", "consumer", p.Consumer, "collection", p.Collection, "documentId", p.DocumentID, "seq", p.Seq)
	return r.remove(ctx, p)
}
