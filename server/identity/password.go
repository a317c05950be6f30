package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// credential is the password of the user with the same id. It is a document of
// its own, so that no listing of users can ever carry it.
type credential struct {
	docstore.Entity
	Hash string `json:"hash"`
}

// Lengths of a password. The upper one bounds the work of hashing.
const (
	minPasswordRunes = 10
	maxPasswordBytes = 256
)

// checkPassword follows NIST SP 800-63B: length, not classes of characters.
func checkPassword(password string, u User) error {
	switch {
	case len(password) > maxPasswordBytes:
		return problem.Invalid("/password", "too_long", "")
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return problem.Invalid("/password", "too_short", "")
	case !utf8.ValidString(password):
		return problem.Invalid("/password", "format", "")
	}
	for _, known := range []string{u.Login, u.Email, u.Name} {
		if known != "" && strings.EqualFold(strings.TrimSpace(password), known) {
			return problem.Invalid("/password", "invalid", "the password must not be the login, the name or the mail address")
		}
	}
	if strings.Count(password, password[:1]) == len(password) {
		return problem.Invalid("/password", "invalid", "the password must not repeat one character")
	}
	return nil
}

// hash computes a password hash when a slot is free: each takes its memory.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	if err := s.hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer s.hashing.Release(1)
	h, err := argon2id.CreateHash(password, s.options.Hash)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return h, nil
}

func (s *Service) storePassword(ctx context.Context, userID, password string) error {
	h, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	for {
		c, err := s.credentials.Get(ctx, userID)
		if errors.Is(err, docstore.ErrNotFound) {
			c.ID, err = userID, nil
		}
		if err != nil {
			return err
		}
		c.Hash = h
		e, err := event(ctx, "passwordChanged", nil, nil)
		if err != nil {
			return err
		}
		_, err = s.credentials.Save(ctx, c, e)
		if !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
}

// SetPassword gives a user a new password and ends the user's sessions except
// the one named keep ("" = none).
func (s *Service) SetPassword(ctx context.Context, userID, password, keep string) error {
	u, err := s.User(ctx, userID)
	if err != nil {
		return err
	}
	if err := checkPassword(password, u); err != nil {
		return err
	}
	if err := s.storePassword(ctx, userID, password); err != nil {
		return err
	}
	return s.RevokeSessions(ctx, userID, keep)
}

// matches compares a password, taking as long for a user without one. The
// caller holds a hashing slot.
func (s *Service) matches(ctx context.Context, userID, password string) (bool, error) {
	c := credential{Hash: s.dummy}
	if userID != "" {
		stored, err := s.credentials.Get(ctx, userID)
		switch {
		case err == nil:
			c = stored
		case !errors.Is(err, docstore.ErrNotFound):
			return false, err
		}
	}
	if len(password) > maxPasswordBytes {
		password = password[:maxPasswordBytes+1]
	}
	ok, params, err := argon2id.CheckHash(password, c.Hash)
	if err != nil {
		return false, fmt.Errorf("compare the password of user %s: %w", userID, err)
	}
	if ok && c.ID != "" && *params != *s.options.Hash {
		// The cost was changed: renew the hash while the password is at hand. It
		// matters little if that fails or somebody was faster.
		if h, err := argon2id.CreateHash(password, s.options.Hash); err == nil {
			c.Hash = h
			if _, err := s.credentials.Save(ctx, c); err != nil {
				s.options.Log.WarnContext(ctx, "renew a password hash", "userId", userID, "error", err)
			}
		}
	}
	return ok && c.ID != "", nil
}
