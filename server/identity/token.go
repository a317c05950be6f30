package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// tokenPrefix lets scanners of leaked secrets recognize our tokens.
const tokenPrefix = "fluxo_"

// Token is a key for programs that act for a user. Its id is a hash of the key.
type Token struct {
	docstore.Entity
	Name   string `json:"name"`
	UserID string `json:"userId"`
	// Roles limit what the token may do to those of the user's roles.
	Roles     []string         `json:"roles"`
	ExpiresAt docstore.Instant `json:"expiresAt"` // null = never
	UsedAt    docstore.Instant `json:"usedAt"`
}

// NewToken asks for a token.
type NewToken struct {
	Name      string     `json:"name"`
	Roles     []string   `json:"roles,omitempty"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}

// CreateToken makes a token for a user. The key is returned once and never again.
func (s *Service) CreateToken(ctx context.Context, userID string, n NewToken) (string, Token, error) {
	u, err := s.User(ctx, userID)
	if err != nil {
		return "", Token{}, err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return "", Token{}, err
	}
	held, _ := d.rolesOf(u)
	found := problem.Line(nil, "/name", n.Name, true, maxNameRunes)
	if len(n.Roles) == 0 {
		n.Roles = held
	}
	for _, r := range n.Roles {
		if !slices.Contains(held, r) {
			found = append(found, problem.Field{Path: "/roles", Code: "one_of"})
			break
		}
	}
	t := Token{Name: strings.TrimSpace(n.Name), UserID: userID, Roles: n.Roles}
	if n.ExpiresAt != nil {
		t.ExpiresAt = docstore.At(*n.ExpiresAt)
		if !s.now().Before(t.ExpiresAt.Time) {
			found = append(found, problem.Field{Path: "/expiresAt", Code: "out_of_range"})
		}
	}
	if err := problem.Fields(found); err != nil {
		return "", t, err
	}
	key, err := s.secret()
	if err != nil {
		return "", t, err
	}
	key = tokenPrefix + key
	t.ID = fingerprint(key)
	e, err := event(ctx, "tokenCreated", nil, t)
	if err != nil {
		return "", t, err
	}
	t, err = s.tokens.Save(ctx, t, e)
	return key, t, err
}

// Tokens lists a user's tokens, newest first.
func (s *Service) Tokens(ctx context.Context, userID string) ([]Token, error) {
	return s.tokens.All(ctx, docstore.Query{Sort: "-createdAt", Filters: []docstore.Filter{{Path: "userId", Op: docstore.Eq, Value: userID}}}, 10_000)
}

// RevokeToken ends one of a user's tokens.
func (s *Service) RevokeToken(ctx context.Context, userID, id string) error {
	for {
		t, err := s.tokens.Get(ctx, id)
		if errors.Is(err, docstore.ErrNotFound) || err == nil && t.UserID != userID {
			return problem.NotFound("token")
		}
		if err != nil {
			return err
		}
		e, err := event(ctx, "tokenRevoked", t, nil)
		if err != nil {
			return err
		}
		err = s.tokens.Delete(ctx, id, t.Rev, e)
		if !errors.Is(err, docstore.ErrConflict) {
			return err
		}
	}
}

// AuthenticateToken tells whom a bearer token acts for.
func (s *Service) AuthenticateToken(ctx context.Context, key string) (Caller, error) {
	if !strings.HasPrefix(key, tokenPrefix) {
		return Caller{}, problem.New("unauthenticated")
	}
	t, err := s.tokens.Get(ctx, fingerprint(key))
	if errors.Is(err, docstore.ErrNotFound) {
		return Caller{}, problem.New("unauthenticated")
	}
	if err != nil {
		return Caller{}, err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return Caller{}, err
	}
	now := s.now()
	u, ok := d.Find(t.UserID)
	if !ok || !u.Active || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt.Time) {
		return Caller{}, problem.New("unauthenticated")
	}
	if !now.Before(t.UsedAt.Add(seenEvery)) {
		t.UsedAt = docstore.At(now)
		if _, err := s.tokens.Save(ctx, t); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return Caller{}, err
		}
	}
	actor := d.Actor(u.ID)
	actor.ViaToken = true
	actor.Roles = slices.DeleteFunc(slices.Clone(actor.Roles), func(r string) bool { return !slices.Contains(t.Roles, r) })
	return Caller{User: u, Actor: actor, ExpiresAt: t.ExpiresAt.Time}, nil
}

// Actor is a user as package access sees people, nobody for an unknown or
// inactive one.
func (s *Service) Actor(ctx context.Context, userID string) (access.Actor, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return access.Actor{}, err
	}
	return d.Actor(userID), nil
}
