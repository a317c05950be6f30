// Package vault keeps named secrets: texts that robots send to other systems, such as
// the value of an Authorization header. Processes name a secret; its value is sealed at
// rest, is opened at the moment of sending, and never comes out of here otherwise.
//
// A secret says to which hosts it may be sent, so that whoever draws processes cannot
// read it by sending it to a system of their own.
package vault

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Collection is where secrets are kept.
const Collection = "vault"

// Errors that callers branch on.
var (
	// ErrMissing: there is no secret of the name.
	ErrMissing = errors.New("there is no such secret")
	// ErrElsewhere: the secret may not be sent to the address.
	ErrElsewhere = errors.New("the secret may not be sent there")
)

// Limits of a secret.
const (
	maxName  = 100
	maxValue = 4000
	maxHosts = 20
	maxHost  = 260  // a name of 253 with its port
	most     = 1000 // secrets of an installation
)

// Box seals texts at rest.
type Box interface {
	Seal(purpose, text string) (string, error)
	Open(purpose, sealed string) (string, error)
}

// Secret is what people see of a secret: everything but its value.
type Secret struct {
	docstore.Entity
	Name  string   `json:"name"`
	Hosts []string `json:"hosts" nullable:"false" doc:"to which it may be sent: api.example.com, *.example.com, or * for all"`
	// ValueAt and ValueBy tell of the newest value.
	ValueAt   docstore.Instant `json:"valueAt"`
	ValueBy   string           `json:"valueBy"`
	ChangedAt docstore.Instant `json:"changedAt"`
	ChangedBy string           `json:"changedBy"`
}

type stored struct {
	docstore.Entity
	Name      string           `json:"name"`
	Hosts     []string         `json:"hosts"`
	ValueAt   docstore.Instant `json:"valueAt"`
	ValueBy   string           `json:"valueBy"`
	ChangedAt docstore.Instant `json:"changedAt"`
	ChangedBy string           `json:"changedBy"`
	Sealed    string           `json:"sealed"`
	// Key is Name, in an index of its own: it is unique, also of secrets made at the same
	// moment. Those from before have none.
	Key string `json:"key,omitempty"`
}

func (s stored) shown() Secret {
	return Secret{Entity: s.Entity, Name: s.Name, Hosts: s.Hosts, ValueAt: s.ValueAt, ValueBy: s.ValueBy, ChangedAt: s.ChangedAt, ChangedBy: s.ChangedBy}
}

// told is what the trail keeps of a secret.
type told struct {
	Name  string   `json:"name"`
	Hosts []string `json:"hosts"`
	// Value is "replaced" when it got another value, which nobody is told.
	Value string `json:"value,omitempty"`
}

type edit struct {
	Before *told `json:"before,omitempty"`
	After  *told `json:"after,omitempty"`
}

// Service keeps secrets. Safe for concurrent use.
type Service struct {
	secrets docstore.Typed[stored]
	box     Box
	clock   clock.Clock
}

// New opens the collection.
func New(ctx context.Context, store docstore.Store, box Box, c clock.Clock) (*Service, error) {
	secrets, err := docstore.NewTyped[stored](ctx, store, docstore.Spec{Name: Collection, Indexes: []docstore.Index{{Paths: []string{"name"}}, {Paths: []string{"key"}, Unique: true}}})
	return &Service{secrets: secrets, box: box, clock: c}, err
}

func purpose(id string) string { return "vault." + id }

// Secrets lists all of them by name.
func (s *Service) Secrets(ctx context.Context) ([]Secret, error) {
	all, err := s.secrets.All(ctx, docstore.Query{Sort: "name"}, most)
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	out := make([]Secret, 0, len(all))
	for _, one := range all {
		out = append(out, one.shown())
	}
	return out, nil
}

func (s *Service) get(ctx context.Context, id string) (stored, error) {
	one, err := s.secrets.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return one, problem.NotFound("secret")
	}
	return one, err
}

// Secret reads one.
func (s *Service) Secret(ctx context.Context, id string) (Secret, error) {
	one, err := s.get(ctx, id)
	return one.shown(), err
}

// Known tells whether there is a secret.
func (s *Service) Known(ctx context.Context, id string) (bool, error) {
	_, err := s.secrets.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

var hostForm = regexp.MustCompile(`^(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?)$`)

// checked is a secret made tidy, or what is wrong with it. The value is looked at when
// there is one.
func checked(name string, hosts []string, value *string) (string, []string, error) {
	name = strings.TrimSpace(name)
	found := problem.Line(nil, "/name", name, true, maxName)
	tidy := make([]string, 0, len(hosts))
	for i, host := range hosts {
		host = strings.ToLower(strings.TrimSpace(host))
		if u, err := url.Parse(host); err == nil && u.Host != "" { // somebody pasted a whole address
			host = u.Host
		}
		switch {
		case len(host) > maxHost, !hostForm.MatchString(host):
			found = append(found, problem.Field{Path: "/hosts/" + strconv.Itoa(i), Code: "format", Message: "write a host such as api.example.com, *.example.com, or * for all"})
		case !slices.Contains(tidy, host):
			tidy = append(tidy, host)
		}
	}
	switch {
	case len(hosts) == 0:
		found = append(found, problem.Field{Path: "/hosts", Code: "required"})
	case len(hosts) > maxHosts:
		found = append(found, problem.Field{Path: "/hosts", Code: "too_many"})
	}
	if value != nil {
		*value = strings.TrimSpace(*value)
		found = problem.Line(found, "/value", *value, true, maxValue)
	}
	return name, tidy, problem.Fields(found)
}

// Create adds a secret. Its id is made of its name and stays: processes hold the id, so
// that the name can be changed.
func (s *Service) Create(ctx context.Context, actor, name string, hosts []string, value string) (Secret, error) {
	name, hosts, err := checked(name, hosts, &value)
	if err != nil {
		return Secret{}, err
	}
	if err := s.unique(ctx, name, ""); err != nil {
		return Secret{}, err
	}
	now := docstore.At(s.clock.Now())
	event, err := happened("secret.created", actor, edit{After: &told{Name: name, Hosts: hosts}})
	if err != nil {
		return Secret{}, err
	}
	base := idOf(name)
	for n := 1; n <= most; n++ {
		one := stored{Entity: docstore.Entity{ID: base}, Name: name, Key: name, Hosts: hosts, ValueAt: now, ValueBy: actor, ChangedAt: now, ChangedBy: actor}
		if n > 1 {
			one.ID += "-" + strconv.Itoa(n)
		}
		if one.Sealed, err = s.box.Seal(purpose(one.ID), value); err != nil {
			return Secret{}, fmt.Errorf("seal the secret %s: %w", one.ID, err)
		}
		saved, err := s.secrets.Save(ctx, one, event)
		if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
			if err := s.unique(ctx, name, ""); err != nil { // it was the name, not the id
				return Secret{}, err
			}
			continue
		}
		return saved.shown(), err
	}
	return Secret{}, problem.New("exists", "what", "A secret called "+name)
}

// Change is what becomes other of a secret; nil stays.
type Change struct {
	Name  *string  `json:"name,omitempty" maxLength:"100"`
	Hosts []string `json:"hosts,omitempty" maxItems:"20"`
	Value *string  `json:"value,omitempty" maxLength:"4000" writeOnly:"true"`
}

// Change renames a secret, gives it another value, or other hosts.
func (s *Service) Change(ctx context.Context, actor, id string, rev int64, c Change) (Secret, error) {
	one, err := s.get(ctx, id)
	if err != nil {
		return Secret{}, err
	}
	if one.Rev != rev {
		return Secret{}, problem.Stale(one.shown())
	}
	if c.Name == nil && c.Hosts == nil && c.Value == nil {
		return one.shown(), nil
	}
	before := told{Name: one.Name, Hosts: one.Hosts}
	name, hosts := one.Name, one.Hosts
	if c.Name != nil {
		name = *c.Name
	}
	if c.Hosts != nil {
		hosts = c.Hosts
	}
	if one.Name, one.Hosts, err = checked(name, hosts, c.Value); err != nil {
		return Secret{}, err
	}
	if err := s.unique(ctx, one.Name, id); err != nil {
		return Secret{}, err
	}
	one.Key = one.Name
	after := told{Name: one.Name, Hosts: one.Hosts}
	one.ChangedAt, one.ChangedBy = docstore.At(s.clock.Now()), actor
	if c.Value != nil {
		one.ValueAt, one.ValueBy, after.Value = one.ChangedAt, actor, "replaced"
		if one.Sealed, err = s.box.Seal(purpose(id), *c.Value); err != nil {
			return Secret{}, fmt.Errorf("seal the secret %s: %w", id, err)
		}
	}
	event, err := happened("secret.changed", actor, edit{Before: &before, After: &after})
	if err != nil {
		return Secret{}, err
	}
	saved, err := s.secrets.Save(ctx, one, event)
	if errors.Is(err, docstore.ErrExists) {
		return Secret{}, duplicate()
	}
	return saved.shown(), s.stale(ctx, id, err)
}

// Delete forgets a secret. Whoever calls has made sure that nothing uses it.
func (s *Service) Delete(ctx context.Context, actor, id string, rev int64) error {
	one, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	if one.Rev != rev {
		return problem.Stale(one.shown())
	}
	event, err := happened("secret.deleted", actor, edit{Before: &told{Name: one.Name, Hosts: one.Hosts}})
	if err != nil {
		return err
	}
	return s.stale(ctx, id, s.secrets.Delete(ctx, id, rev, event))
}

func (s *Service) stale(ctx context.Context, id string, err error) error {
	if !errors.Is(err, docstore.ErrConflict) {
		return err
	}
	current, err := s.Secret(ctx, id)
	if err != nil {
		return err
	}
	return problem.Stale(current)
}

// unique refuses a name that another secret has: people choose by it.
func (s *Service) unique(ctx context.Context, name, id string) error {
	same, err := s.secrets.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "name", Op: docstore.Eq, Value: name}}}, most)
	if err != nil {
		return fmt.Errorf("look for secrets called %q: %w", name, err)
	}
	if slices.ContainsFunc(same, func(one stored) bool { return one.ID != id }) {
		return duplicate()
	}
	return nil
}

func duplicate() error { return problem.Invalid("/name", "duplicate", "") }

// Goes tells whether a secret may be sent to an address; one that is not there may not.
func (s *Service) Goes(ctx context.Context, id, address string) (bool, error) {
	one, err := s.secrets.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && one.goes(address), err
}

func (s stored) goes(address string) bool {
	target, err := url.Parse(address)
	return err == nil && slices.ContainsFunc(s.Hosts, func(host string) bool { return goesTo(host, target) })
}

// Value opens a secret that is sent to an address.
func (s *Service) Value(ctx context.Context, id, address string) (string, error) {
	one, err := s.secrets.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return "", fmt.Errorf("%w: %s", ErrMissing, id)
	}
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", id, err)
	}
	if !one.goes(address) {
		return "", fmt.Errorf("%w: %q is for %s", ErrElsewhere, one.Name, strings.Join(one.Hosts, ", "))
	}
	value, err := s.box.Open(purpose(id), one.Sealed)
	if err != nil {
		return "", fmt.Errorf("open the secret %s: %w", id, err)
	}
	return value, nil
}

// usualPorts are those that an address means when it names none.
var usualPorts = map[string]string{"https": "443", "http": "80"}

// goesTo tells whether a host of a secret covers an address. A host without a port
// means the usual ones: what listens elsewhere on a machine may be somebody else's.
func goesTo(host string, target *url.URL) bool {
	if host == "*" {
		return true
	}
	at, usual := target.Port(), usualPorts[strings.ToLower(target.Scheme)]
	if at == "" {
		at = usual
	}
	port := usual
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	if at == "" || at != port {
		return false
	}
	is := strings.ToLower(target.Hostname())
	if strings.Contains(is, ":") {
		is = "[" + is + "]"
	}
	is = strings.TrimSuffix(is, ".")
	if below, any := strings.CutPrefix(host, "*."); any {
		return strings.HasSuffix(is, "."+below)
	}
	return is == host
}

// idOf is a name as a short word.
func idOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	if id := strings.Trim(b.String(), "-"); id != "" {
		return id
	}
	return "secret"
}

func happened(kind, actor string, body edit) (docstore.Event, error) {
	e, err := docstore.NewEvent(kind, body)
	e.Actor = actor
	return e, err
}
