package identity

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// CookieName is the name of the session cookie.
const CookieName = "fluxo_session"

// Session is a signed-in browser. Its id is a hash of the key in the cookie.
type Session struct {
	docstore.Entity
	UserID    string           `json:"userId"`
	Address   string           `json:"address"`
	Agent     string           `json:"agent"`
	SeenAt    docstore.Instant `json:"seenAt"`
	ExpiresAt docstore.Instant `json:"expiresAt"`
}

// seenEvery bounds how often the use of a session is written down.
const seenEvery = 5 * time.Minute

// SignIn is an attempt to sign in.
type SignIn struct {
	Login    string
	Password string
	Address  string // of the client, for throttling and for the list of sessions
	Agent    string
	Previous string // key of the session the browser had; it ends
}

// Caller is who sent a request.
type Caller struct {
	User      User
	Actor     access.Actor
	SessionID string // "" with an API token
	ExpiresAt time.Time
}

// SignIn checks a password and starts a session; the key goes into the cookie.
func (s *Service) SignIn(ctx context.Context, in SignIn) (key string, c Caller, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return "", c, err
	}
	// Counting inside the slot: however many guesses arrive together, only a few
	// are looked at before the count catches up with them.
	if err := s.hashing.Acquire(ctx, 1); err != nil {
		return "", c, err
	}
	u, ok, err := s.attempt(ctx, d, in)
	s.hashing.Release(1)
	if err != nil {
		return "", c, err
	}
	if !ok {
		return "", c, problem.New("invalid_credentials")
	}
	return s.begin(ctx, u, in)
}

// attempt checks one guess and counts it. The caller holds a hashing slot.
func (s *Service) attempt(ctx context.Context, d *Directory, in SignIn) (User, bool, error) {
	if err := s.throttled(ctx, in); err != nil {
		return User{}, false, err
	}
	u, known := d.FindLogin(in.Login)
	id := ""
	if known && u.Active {
		id = u.ID
	}
	ok, err := s.matches(ctx, id, in.Password)
	if err != nil {
		return u, false, err
	}
	if !ok || id == "" {
		return u, false, s.countFailure(ctx, in)
	}
	return u, true, s.forgive(ctx, in)
}

// SignInDemo signs a demo user in without a password.
func (s *Service) SignInDemo(ctx context.Context, in SignIn) (string, Caller, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return "", Caller{}, err
	}
	u, ok := d.FindLogin(in.Login)
	if !s.options.Demo || !ok || !u.Demo || !u.Active {
		return "", Caller{}, problem.New("invalid_credentials")
	}
	return s.begin(ctx, u, in)
}

// DemoUsers lists who can sign in without a password.
func (s *Service) DemoUsers(ctx context.Context) ([]User, error) {
	if !s.options.Demo {
		return nil, nil
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var out []User
	for _, u := range d.Users() {
		if u.Demo && u.Active {
			out = append(out, u)
		}
	}
	return out, nil
}

func (s *Service) begin(ctx context.Context, u User, in SignIn) (string, Caller, error) {
	if in.Previous != "" {
		if err := s.SignOut(ctx, in.Previous); err != nil {
			return "", Caller{}, err
		}
	}
	key, err := s.secret()
	if err != nil {
		return "", Caller{}, err
	}
	now := s.now()
	session := Session{Entity: docstore.Entity{ID: fingerprint(key)}, UserID: u.ID, Address: in.Address, Agent: clip(in.Agent, 300),
		SeenAt: docstore.At(now), ExpiresAt: docstore.At(now.Add(s.options.Absolute))}
	e, err := event(access.With(ctx, access.Actor{UserID: u.ID}), "signedIn", nil, map[string]string{"userId": u.ID, "address": in.Address})
	if err != nil {
		return "", Caller{}, err
	}
	if _, err := s.sessions.Save(ctx, session, e); err != nil {
		return "", Caller{}, err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return "", Caller{}, err
	}
	return key, Caller{User: u, Actor: d.Actor(u.ID), SessionID: session.ID, ExpiresAt: session.ExpiresAt.Time}, nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Authenticate tells who the session key belongs to.
func (s *Service) Authenticate(ctx context.Context, key string) (Caller, error) {
	if key == "" {
		return Caller{}, problem.New("unauthenticated")
	}
	session, err := s.sessions.Get(ctx, fingerprint(key))
	if errors.Is(err, docstore.ErrNotFound) {
		return Caller{}, problem.New("unauthenticated")
	}
	if err != nil {
		return Caller{}, err
	}
	now := s.now()
	if !now.Before(session.ExpiresAt.Time) || !now.Before(session.SeenAt.Add(s.options.Idle)) {
		return Caller{}, problem.New("unauthenticated")
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return Caller{}, err
	}
	u, ok := d.Find(session.UserID)
	if !ok || !u.Active {
		return Caller{}, problem.New("unauthenticated")
	}
	if !now.Before(session.SeenAt.Add(seenEvery)) {
		session.SeenAt = docstore.At(now)
		// Two requests at once: one of them writes it down, or the session was
		// just ended and stays so.
		if _, err := s.sessions.Save(ctx, session); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return Caller{}, err
		}
	}
	return Caller{User: u, Actor: d.Actor(u.ID), SessionID: session.ID, ExpiresAt: session.ExpiresAt.Time}, nil
}

// SignOut ends the session with this key; an unknown one is fine.
func (s *Service) SignOut(ctx context.Context, key string) error {
	return s.end(ctx, fingerprint(key))
}

func (s *Service) end(ctx context.Context, id string) error {
	for {
		session, err := s.sessions.Get(ctx, id)
		if errors.Is(err, docstore.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		e, err := event(ctx, "signedOut", map[string]string{"userId": session.UserID}, nil)
		if err != nil {
			return err
		}
		err = s.sessions.Delete(ctx, id, session.Rev, e)
		if !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return err
		}
	}
}

// Sessions lists a user's sessions, newest first.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	return s.sessions.All(ctx, docstore.Query{Sort: "-createdAt", Filters: []docstore.Filter{{Path: "userId", Op: docstore.Eq, Value: userID}}}, 10_000)
}

// RevokeSession ends one of a user's sessions.
func (s *Service) RevokeSession(ctx context.Context, userID, id string) error {
	session, err := s.sessions.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && session.UserID != userID {
		return problem.NotFound("session")
	}
	if err != nil {
		return err
	}
	return s.end(ctx, id)
}

// RevokeSessions ends all sessions of a user except keep.
func (s *Service) RevokeSessions(ctx context.Context, userID, keep string) error {
	sessions, err := s.Sessions(ctx, userID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if session.ID == keep {
			continue
		}
		if err := s.end(ctx, session.ID); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes what has expired and reports how much.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	n := 0
	expired, err := s.sessions.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "expiresAt", Op: docstore.Lte, Value: s.now()}}}, 1_000_000)
	if err != nil {
		return 0, err
	}
	for _, x := range expired {
		if err := s.sessions.Delete(ctx, x.ID, x.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) && !errors.Is(err, docstore.ErrConflict) {
			return n, err
		}
		n++
	}
	old, err := s.throttles.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "lastAt", Op: docstore.Lte, Value: s.now().Add(-forgetAfter)}}}, 1_000_000)
	if err != nil {
		return n, err
	}
	for _, x := range old {
		if err := s.throttles.Delete(ctx, x.ID, x.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) && !errors.Is(err, docstore.ErrConflict) {
			return n, err
		}
		n++
	}
	return n, nil
}

// Cookie is the cookie of a session; secure where the site is served over TLS.
func (s *Service) Cookie(key string, secure bool) *http.Cookie {
	return &http.Cookie{Name: CookieName, Value: key, Path: "/", HttpOnly: true, Secure: secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(s.options.Absolute.Seconds())}
}

// NoCookie removes the cookie from the browser.
func NoCookie(secure bool) *http.Cookie {
	return &http.Cookie{Name: CookieName, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: -1}
}
