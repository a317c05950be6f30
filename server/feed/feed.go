// Package feed keeps what people are told: one notification document per person
// and reason, with a deterministic id, so that telling twice tells once.
package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Notification is one line under a person's bell.
type Notification struct {
	docstore.Entity
	UserID string           `json:"-"`
	At     docstore.Instant `json:"at"`
	Kind   string           `json:"kind"` // task, process, mention, incident, activity, post
	Text   string           `json:"text"`
	// Pattern is the text with {{when}} where a moment stands, and When the moment: who
	// knows the reader's clock writes it as the rest of what they read. Text has it in
	// the zone of their profile.
	Pattern string           `json:"pattern,omitempty" doc:"the text with {{when}} in the place of the moment"`
	When    docstore.Instant `json:"when,omitzero"`
	Link    string           `json:"link,omitempty"`
	Read    bool             `json:"read"`
}

// stored adds the owner, which no reader needs to see.
type stored struct {
	Notification
	User string `json:"user"`
	// Mark is what a renewed notification was told last, see Renew.
	Mark string `json:"mark,omitempty"`
}

// Teller is told about every new notification, and of those that are over.
type Teller interface {
	NotificationAdded(ctx context.Context, user, id string)
}

// Service owns notifications. Safe for concurrent use.
type Service struct {
	kept   docstore.Typed[stored]
	clock  clock.Clock
	teller Teller
}

// New opens the collection.
func New(ctx context.Context, s docstore.Store, c clock.Clock, t Teller) (*Service, error) {
	kept, err := docstore.NewTyped[stored](ctx, s, docstore.Spec{Name: "notifications",
		Indexes: []docstore.Index{{Paths: []string{"user", "at"}}, {Paths: []string{"user", "read", "at"}}}})
	return &Service{kept: kept, clock: c, teller: t}, err
}

// Tell adds a notification. ID "" makes a new one; a known id changes nothing.
func (s *Service) Tell(ctx context.Context, n Notification) error {
	if n.ID == "" {
		n.ID = uuid.Must(uuid.NewV7()).String()
	}
	n.At = docstore.At(s.clock.Now())
	n.Rev = 0
	_, err := s.kept.Save(ctx, stored{Notification: n, User: n.UserID})
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify %s: %w", n.UserID, err)
	}
	if s.teller != nil {
		s.teller.NotificationAdded(ctx, n.UserID, n.ID)
	}
	return nil
}

func mine(user string, unread bool) []docstore.Filter {
	f := []docstore.Filter{{Path: "user", Op: docstore.Eq, Value: user}}
	if unread {
		f = append(f, docstore.Filter{Path: "read", Op: docstore.Eq, Value: false})
	}
	return f
}

// List pages a person's notifications, newest first.
func (s *Service) List(ctx context.Context, user string, unread bool, limit int, cursor string) ([]Notification, string, error) {
	all, next, err := s.kept.Find(ctx, docstore.Query{Filters: mine(user, unread), Sort: "-at", Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list notifications: %w", err)
	}
	out := make([]Notification, 0, len(all))
	for _, n := range all {
		out = append(out, n.Notification)
	}
	return out, next, nil
}

// Unread counts what a person has not read.
func (s *Service) Unread(ctx context.Context, user string) (int64, error) {
	return s.kept.Count(ctx, mine(user, true)...)
}

// MarkRead marks some notifications of a person as read; nil ids mean all.
func (s *Service) MarkRead(ctx context.Context, user string, ids []string) error {
	if ids != nil {
		found, err := s.kept.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		return s.read(ctx, user, found)
	}
	for {
		page, _, err := s.kept.Find(ctx, docstore.Query{Filters: mine(user, true), Sort: "-at", Limit: docstore.MaxLimit})
		if err != nil {
			return err
		}
		if err := s.read(ctx, user, page); err != nil || len(page) < docstore.MaxLimit {
			return err
		}
	}
}

func (s *Service) read(ctx context.Context, user string, found []stored) error {
	for _, n := range found {
		if n.User != user || n.Read {
			continue
		}
		_, err := s.kept.Update(ctx, n.ID, func(n *stored) ([]docstore.Event, error) { n.Read = true; return nil, nil })
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return fmt.Errorf("mark notification %s: %w", n.ID, err)
		}
	}
	return nil
}
