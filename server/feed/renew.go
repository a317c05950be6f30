package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Renew keeps one notification for something that grows: a new mark rewrites the
// line, dates it now and makes it unread again, a known mark changes nothing.
func (s *Service) Renew(ctx context.Context, n Notification, mark string) error {
	n.At, n.Rev = docstore.At(s.clock.Now()), 0
	_, err := s.kept.Save(ctx, stored{Notification: n, User: n.UserID, Mark: mark})
	rung := err == nil
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		_, err = s.kept.Update(ctx, n.ID, func(have *stored) ([]docstore.Event, error) {
			if rung = have.Mark != mark; rung {
				have.Text, have.Link, have.At, have.Read, have.Mark = n.Text, n.Link, n.At, false, mark
			}
			return nil, nil
		})
	}
	if err != nil {
		return fmt.Errorf("notify %s: %w", n.UserID, err)
	}
	if rung && s.teller != nil {
		s.teller.NotificationAdded(ctx, n.UserID, n.ID)
	}
	return nil
}

// Settle marks notifications as read, whosever they are, because what they told of
// is over; unknown ids are passed over.
func (s *Service) Settle(ctx context.Context, ids []string) error {
	found, err := s.kept.GetMany(ctx, ids)
	if err != nil {
		return fmt.Errorf("settle notifications: %w", err)
	}
	for _, n := range found {
		if n.Read {
			continue
		}
		if err := s.read(ctx, n.User, []stored{n}); err != nil {
			return err
		}
		if s.teller != nil {
			s.teller.NotificationAdded(ctx, n.User, n.ID+"#read")
		}
	}
	return nil
}
