package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Options of New. Store and Clock are required.
type Options struct {
	Store docstore.Store
	Clock clock.Clock
	Log   *slog.Logger
	// Demo lets demo users sign in without a password.
	Demo bool
	// SetupCode must be given by whoever makes the first administrator; "" asks for none.
	SetupCode string
	// Idle ends a session that nobody used, default 24 h; Absolute ends every
	// session, default 30 days.
	Idle, Absolute time.Duration
	// Hash is the cost of password hashes, default 46 MiB; HashSlots is how many
	// are computed at once, default 2: each needs its memory.
	Hash      *argon2id.Params
	HashSlots int64
	// DirectoryAge is how soon changes by another process are seen, default 5 s.
	DirectoryAge time.Duration
	Random       io.Reader // default crypto/rand
}

// Service keeps people. It is safe for concurrent use.
type Service struct {
	options Options // constant after New

	users       docstore.Typed[User]
	groups      docstore.Typed[Group]
	departments docstore.Typed[Department]
	roles       docstore.Typed[Role]
	credentials docstore.Typed[credential]
	sessions    docstore.Typed[Session]
	tokens      docstore.Typed[Token]
	throttles   docstore.Typed[throttle]
	marks       docstore.Typed[mark]

	hashing *semaphore.Weighted
	dummy   string // a hash that no password has, so that unknown logins take as long

	// order is held while a change is checked against everybody else and saved: who
	// steps down as administrator, which department goes below which.
	order sync.Mutex

	mu        sync.Mutex
	directory *Directory // guarded by mu
	markRev   int64      // of the directory mark the snapshot was read after; guarded by mu
	checkedAt time.Time  // guarded by mu
}

// mark is a document of its own per fact: "setup" exists once there has been a
// first administrator, the rev of "directory" grows with every change of people.
type mark struct {
	docstore.Entity
	UserID string `json:"userId,omitempty"`
}

// New opens the collections and loads the directory.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Idle == 0 {
		o.Idle = 24 * time.Hour
	}
	if o.Absolute == 0 {
		o.Absolute = 30 * 24 * time.Hour
	}
	if o.Hash == nil {
		o.Hash = &argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	}
	if o.HashSlots == 0 {
		o.HashSlots = 2
	}
	if o.DirectoryAge == 0 {
		o.DirectoryAge = 5 * time.Second
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	s := &Service{options: o, hashing: semaphore.NewWeighted(o.HashSlots)}
	var errs [9]error
	s.users, errs[0] = docstore.NewTyped[User](ctx, o.Store, docstore.Spec{Name: "users",
		Indexes: []docstore.Index{{Paths: []string{"login"}, Unique: true}, {Paths: []string{"name"}}, {Paths: []string{"departmentId"}}},
		Text:    []string{"name", "login", "email", "title"}})
	s.groups, errs[1] = docstore.NewTyped[Group](ctx, o.Store, docstore.Spec{Name: "groups",
		Indexes: []docstore.Index{{Paths: []string{"name"}, Unique: true}}})
	s.departments, errs[2] = docstore.NewTyped[Department](ctx, o.Store, docstore.Spec{Name: "departments",
		Indexes: []docstore.Index{{Paths: []string{"name"}}}})
	s.credentials, errs[3] = docstore.NewTyped[credential](ctx, o.Store, docstore.Spec{Name: "credentials"})
	s.sessions, errs[4] = docstore.NewTyped[Session](ctx, o.Store, docstore.Spec{Name: "sessions",
		Indexes: []docstore.Index{{Paths: []string{"userId", "createdAt"}}, {Paths: []string{"expiresAt"}}}})
	s.tokens, errs[5] = docstore.NewTyped[Token](ctx, o.Store, docstore.Spec{Name: "apiTokens",
		Indexes: []docstore.Index{{Paths: []string{"userId", "createdAt"}}, {Paths: []string{"createdAt"}}}})
	s.throttles, errs[6] = docstore.NewTyped[throttle](ctx, o.Store, docstore.Spec{Name: "signInThrottles",
		Indexes: []docstore.Index{{Paths: []string{"lastAt"}}}})
	s.roles, errs[8] = docstore.NewTyped[Role](ctx, o.Store, docstore.Spec{Name: "roles"})
	s.marks, errs[7] = docstore.NewTyped[mark](ctx, o.Store, docstore.Spec{Name: "identityMarks"})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	var err error
	if s.dummy, err = unmatched(o.Random, *o.Hash); err != nil {
		return nil, err
	}
	_, err = s.reload(ctx)
	return s, err
}

// unmatched is the text of a hash that no password is known for: comparing with
// it costs as much as with a real one, and making it costs nothing. A real one
// would take its memory at every start.
func unmatched(random io.Reader, p argon2id.Params) (string, error) {
	raw := make([]byte, p.SaltLength+p.KeyLength)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Iterations, p.Parallelism,
		text(raw[:p.SaltLength]), text(raw[p.SaltLength:])), nil
}

// secret makes a random text of 256 bits.
func (s *Service) secret() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.options.Random, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// fingerprint is what is stored of a secret of ours. A fast hash is enough: the
// secret has 256 random bits.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (s *Service) now() time.Time { return s.options.Clock.Now() }

// change describes a change for the audit trail and for other processes.
type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// event makes an event of the actor in ctx.
func event(ctx context.Context, kind string, before, after any) (docstore.Event, error) {
	e, err := docstore.NewEvent(kind, change{before, after})
	e.Actor = access.From(ctx).UserID
	return e, err
}
