package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Entry is what became of one trigger when something happened. A silence that
// repeats is one entry with the times it was so.
type Entry struct {
	At      docstore.Instant `json:"at"`
	Kind    string           `json:"kind"`
	Trigger string           `json:"trigger,omitempty"`
	Name    string           `json:"name,omitempty"`
	// From is the stage on which the record stood, Stage that of the trigger.
	From   string `json:"from"`
	Stage  string `json:"stage,omitempty"`
	Reason Reason `json:"reason"`
	// Values are what the condition read, Error why it or the move failed, Fields
	// what the stage asks for.
	Values map[string]any `json:"values,omitempty"`
	When   string         `json:"when,omitempty"`
	Error  string         `json:"error,omitempty"`
	Fields []string       `json:"fields,omitempty"`
	// Event is what the happening told, shortened.
	Event map[string]any `json:"event,omitempty"`
	Times int            `json:"times"`
	// Occurrence is the id of the happening, of the newest of several.
	Occurrence string `json:"occurrence"`
}

const (
	entriesKept = 60
	seenKept    = 200
)

// story is the log of one record, bounded.
type story struct {
	docstore.Entity
	Entries []Entry  `json:"entries"`
	Seen    []string `json:"seen"` // happenings that are done with
	// Moved are the triggers that have moved the record, however long ago.
	Moved []string `json:"moved,omitempty"`
}

// Moved pages the records that a trigger has moved, or has tried to.
func (s *Service) Moved(ctx context.Context, id string, limit int, cursor string) ([]core.RecordRef, string, error) {
	found, next, err := s.stories.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "moved", Op: docstore.Contains, Value: id}}, Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("records that trigger %s has moved: %w", id, err)
	}
	refs := make([]core.RecordRef, len(found))
	for i, f := range found {
		refs[i].Type, refs[i].ID, _ = strings.Cut(f.ID, ":")
	}
	return refs, next, nil
}

func storyID(r core.RecordRef) string { return r.Type + ":" + r.ID }

func (s *Service) story(ctx context.Context, r core.RecordRef) (story, error) {
	found, err := s.stories.Get(ctx, storyID(r))
	if errors.Is(err, docstore.ErrNotFound) {
		return story{Entity: docstore.Entity{ID: storyID(r)}}, nil
	}
	if err != nil {
		return found, fmt.Errorf("triggers of %s %s: %w", r.Type, r.ID, err)
	}
	return found, nil
}

// Story is what the triggers of a record did and did not do, newest first.
func (s *Service) Story(ctx context.Context, r core.RecordRef) ([]Entry, error) {
	found, err := s.story(ctx, r)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(found.Entries)
	for i := range out {
		if out[i].Reason == moving { // decided, and about to be done
			out[i].Reason = Moved
		}
	}
	slices.Reverse(out)
	return out, nil
}

func (l *story) add(e Entry) {
	e.Times = 1
	if e.Reason != Moved && e.Reason != moving && e.Reason != Refused {
		i := slices.IndexFunc(l.Entries, func(o Entry) bool {
			return o.Trigger == e.Trigger && o.Kind == e.Kind && o.Reason == e.Reason && o.From == e.From
		})
		if i >= 0 {
			e.Times = l.Entries[i].Times + 1
			l.Entries = slices.Delete(l.Entries, i, i+1)
		}
	}
	l.Entries = append(l.Entries, e)
	if extra := len(l.Entries) - entriesKept; extra > 0 {
		l.Entries = slices.Delete(l.Entries, 0, extra)
	}
}

func (l *story) done(occurrence string) {
	l.Seen = append(l.Seen, occurrence)
	if extra := len(l.Seen) - seenKept; extra > 0 {
		l.Seen = slices.Delete(l.Seen, 0, extra)
	}
}
