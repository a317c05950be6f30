package activity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// What ends a hold.
const (
	ByActivity = "activity" // a person has planned or done something
	ByComment  = "comment"  // a person has written a comment
	ByTime     = "time"     // its moment has come
	ByLeaving  = "left"     // the record has left the stage, or is in the bin
)

// Hold is a step that waits until something happens to a record. Its id is that
// of the step's effect.
type Hold struct {
	docstore.Entity
	Record string           `json:"record"` // "deal:<id>"
	For    string           `json:"for"`    // activity, comment, or any of both
	Until  docstore.Instant `json:"until"`  // zero = no moment ends it
	Since  docstore.Instant `json:"since"`
	Stay   Stay             `json:"stay"`
	Open   bool             `json:"open"`
	By     string           `json:"by,omitempty"`
}

// ErrEarly says that a step does not wait yet: it is asked again.
var ErrEarly = errors.New("the step does not wait yet")

// HoldOptions of NewHolds.
type HoldOptions struct {
	Store   docstore.Store
	Records Records
	Planned *Service
	// Commented tells whether a person has commented on a record since a moment.
	Commented func(ctx context.Context, r Ref, since time.Time) (bool, error)
	// End ends the step: ErrEarly while it does not wait yet, nil also when it has
	// ended otherwise.
	End func(ctx context.Context, effect, by string, at time.Time) error
	Now func() time.Time
}

// Holds keeps the steps that wait for something to happen to a record. Safe for
// concurrent use.
//
// What ends one is decided here: a plan or a result that a person enters, a
// comment that a person writes, the moment, and, whatever it waits for, that the
// record leaves the stage. What automation does by itself is no sign of life.
type Holds struct {
	o    HoldOptions
	kept docstore.Typed[Hold]
}

// NewHolds opens the collection.
func NewHolds(ctx context.Context, o HoldOptions) (*Holds, error) {
	kept, err := docstore.NewTyped[Hold](ctx, o.Store, docstore.Spec{Name: "recordHolds",
		Indexes: []docstore.Index{{Paths: []string{"record", "open"}}, {Paths: []string{"open", "until"}}}})
	return &Holds{o: o, kept: kept}, err
}

// Add begins a hold. by is what has ended it already, "" when it goes on.
func (h *Holds) Add(ctx context.Context, hold Hold, r Ref) (by string, err error) {
	known, err := h.kept.Get(ctx, hold.ID)
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return "", err
	}
	again := err == nil
	if again {
		if !known.Open {
			return known.By, nil
		}
		// It may have been kept just before a crash: nobody has looked then for what
		// happened before.
		hold = known
	}
	stay, err := h.o.Records.Stage(ctx, r)
	if err != nil && !gone(err) {
		return "", fmt.Errorf("stage of %s: %w", r, err)
	}
	if gone(err) || stay.Since.After(hold.Since.Time) {
		if again {
			return ByLeaving, h.close(ctx, hold.ID, ByLeaving)
		}
		return ByLeaving, nil
	}
	if !again {
		hold.Stay, hold.Record, hold.Open = stay, r.String(), true
		if _, err := h.kept.Save(ctx, hold); err != nil && !errors.Is(err, docstore.ErrExists) && !errors.Is(err, docstore.ErrConflict) {
			return "", fmt.Errorf("keep hold: %w", err)
		}
	}
	// Whatever happens from now on finds the hold. What happened before is looked for.
	if by, err = h.happened(ctx, hold, r); err != nil || by == "" {
		return by, err
	}
	return by, h.close(ctx, hold.ID, by)
}

func (h *Holds) happened(ctx context.Context, hold Hold, r Ref) (string, error) {
	if hold.For != ByComment {
		all, err := h.o.Planned.kept.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "keys", Op: docstore.Contains, Value: r.String()},
			{Path: "updatedAt", Op: docstore.Gte, Value: hold.Since.String()}}}, openMost)
		if err != nil {
			return "", fmt.Errorf("activities of %s: %w", r, err)
		}
		for _, a := range all {
			if a.CreatedBy != "" && !a.CreatedAt.Before(hold.Since.Time) || a.ClosedBy != "" && !a.ClosedAt.Before(hold.Since.Time) {
				return ByActivity, nil
			}
		}
	}
	if hold.For != ByActivity {
		said, err := h.o.Commented(ctx, r, hold.Since.Time)
		if err != nil || said {
			return ByComment, err
		}
	}
	return "", nil
}

func (h *Holds) close(ctx context.Context, id, by string) error {
	_, err := h.kept.Update(ctx, id, func(hold *Hold) ([]docstore.Event, error) {
		hold.Open, hold.By = false, by
		return nil, nil
	})
	return err
}

// Take is the consumer of what happens to records. It may see an event any
// number of times.
//
//
func (h *Holds) Take(ctx context.Context, d docstore.Delivery) error {
	switch {
	case d.Collection == Collection:
		if d.Event.Actor == "" || d.Event.Kind != EventPlanned && d.Event.Kind != EventDone {
			return nil
		}
		about, err := recordsOf(d)
		if err != nil {
			return err
		}
		for _, r := range about {
			if err := h.end(ctx, r.String(), ByActivity, d); err != nil {
				return err
			}
		}
	case d.Collection == "timeline":
		record, kind, err := entryOf(d)
		if err != nil || kind != "comment" || d.Event.Actor == "" {
			return err
		}
		return h.end(ctx, record, ByComment, d)
	case strings.HasSuffix(d.Event.Kind, ".stageChanged"), strings.HasSuffix(d.Event.Kind, ".deleted"):
		return h.end(ctx, typeOf(d)+":"+d.DocumentID, ByLeaving, d)
	}
	return nil
}

func (h *Holds) end(ctx context.Context, record, by string, d docstore.Delivery) error {
	open, err := h.kept.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "record", Op: docstore.Eq, Value: record},
		{Path: "open", Op: docstore.Eq, Value: true}}}, openMost)
	if err != nil {
		return fmt.Errorf("holds of %s: %w", record, err)
	}
	for _, hold := range open {
		switch {
		case by == ByLeaving && d.Rev <= hold.Stay.Rev, by != ByLeaving && hold.For != "any" && hold.For != by, d.At.Before(hold.Since.Time):
			continue
		}
		if err := h.finish(ctx, hold.ID, by, d.At); err != nil {
			return err
		}
	}
	return nil
}

func (h *Holds) finish(ctx context.Context, id, by string, at time.Time) error {
	if err := h.o.End(ctx, id, by, at); err != nil {
		return fmt.Errorf("end hold %s: %w", id, err)
	}
	return h.close(ctx, id, by)
}

// Due ends the holds whose moment has come and tells how many it found.
func (h *Holds) Due(ctx context.Context) (int, error) {
	now := h.o.Now()
	due, _, err := h.kept.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: true},
		{Path: "until", Op: docstore.Lte, Value: docstore.At(now).String()}}, Sort: "until", Limit: docstore.MaxLimit})
	if err != nil {
		return 0, fmt.Errorf("holds that are due: %w", err)
	}
	for _, hold := range due {
		if hold.Until.IsZero() {
			continue
		}
		if err := h.finish(ctx, hold.ID, ByTime, now); err != nil && !errors.Is(err, ErrEarly) {
			return len(due), err
		}
	}
	return len(due), nil
}
