package vault_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/secret"
	"github.com/fluxo-app/fluxo/server/vault"
)

func open(t *testing.T) (*vault.Service, docstore.Store, *clock.Fake) {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	docs := memstore.New(c.Now)
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeyBytes), nil)
	require.NoError(t, err)
	v, err := vault.New(t.Context(), docs, box, c)
	require.NoError(t, err)
	return v, docs, c
}

func TestSecretIsKeptSealedAndOpenedForItsHosts(t *testing.T) {
	v, docs, c := open(t)
	made, err := v.Create(t.Context(), "ada", "  Billing, live key ", []string{"https://API.billing.test/v1", "*.partner.test", "*.partner.test"}, " Bearer s3cr3t\n")
	require.NoError(t, err)
	require.Equal(t, "billing-live-key", made.ID)
	require.Equal(t, "Billing, live key", made.Name)
	require.Equal(t, []string{"api.billing.test", "*.partner.test"}, made.Hosts)

	for _, address := range []string{"https://api.billing.test/x", "http://API.Billing.test/", "https://api.billing.test.:443", "https://eu.partner.test"} {
		value, err := v.Value(t.Context(), made.ID, address)
		require.NoError(t, err, address)
		require.Equal(t, "Bearer s3cr3t", value)
	}
	for _, address := range []string{"https://evil.test/api.billing.test", "https://api.billing.test.evil.test", "https://partner.test", "https://xpartner.test", "https://evil.test#.partner.test", ":",
		"https://api.billing.test:8443", "http://api.billing.test:443", "https://eu.partner.test:444", "ftp://api.billing.test"} {
		_, err := v.Value(t.Context(), made.ID, address)
		require.ErrorIs(t, err, vault.ErrElsewhere, address)
		require.NotContains(t, err.Error(), "s3cr3t")
	}
	_, err = v.Value(t.Context(), "nothing", "https://api.billing.test")
	require.ErrorIs(t, err, vault.ErrMissing)

	all, err := v.Secrets(t.Context())
	require.NoError(t, err)
	text, err := json.Marshal(all)
	require.NoError(t, err)
	require.NotContains(t, string(text), "s3cr3t")
	require.NotContains(t, string(text), "sealed")
	kept, err := docstore.NewTyped[struct {
		docstore.Entity
		Sealed string `json:"sealed"`
	}](t.Context(), docs, docstore.Spec{Name: vault.Collection, Indexes: []docstore.Index{{Paths: []string{"name"}}}})
	require.NoError(t, err)
	raw, err := kept.Get(t.Context(), made.ID)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(raw.Sealed, "v1."))
	require.NotContains(t, raw.Sealed, "s3cr3t")

	c.Advance(time.Hour)
	name, value := "Billing", "Bearer other"
	changed, err := v.Change(t.Context(), "dana", made.ID, made.Rev, vault.Change{Name: &name})
	require.NoError(t, err)
	require.Equal(t, made.ID, changed.ID, "processes hold the id")
	require.Equal(t, made.ValueAt, changed.ValueAt)
	require.Equal(t, "dana", changed.ChangedBy)
	changed, err = v.Change(t.Context(), "dana", made.ID, changed.Rev, vault.Change{Value: &value})
	require.NoError(t, err)
	require.Equal(t, "dana", changed.ValueBy)
	got, err := v.Value(t.Context(), made.ID, "https://api.billing.test")
	require.NoError(t, err)
	require.Equal(t, value, got)

	_, err = v.Change(t.Context(), "dana", made.ID, made.Rev, vault.Change{Name: &name})
	requireProblem(t, err, "stale", "")
	require.NoError(t, v.Delete(t.Context(), "ada", made.ID, changed.Rev))
	known, err := v.Known(t.Context(), made.ID)
	require.NoError(t, err)
	require.False(t, known)
}

func TestSecretsThatAreRefused(t *testing.T) {
	v, _, _ := open(t)
	_, err := v.Create(t.Context(), "ada", "Taken", []string{"*"}, "x")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		name  string
		hosts []string
		value string
		path  string
	}{
		"no name":               {" ", []string{"*"}, "x", "/name"},
		"the name of another":   {"Taken", []string{"*"}, "x", "/name"},
		"no host":               {"A", nil, "x", "/hosts"},
		"no host at all":        {"A", []string{"two words"}, "x", "/hosts/0"},
		"a star inside":         {"A", []string{"a.*.test"}, "x", "/hosts/0"},
		"no value":              {"A", []string{"*"}, "  ", "/value"},
		"two lines":             {"A", []string{"*"}, "a\r\nX-Other: b", "/value"},
		"longer than a header":  {"A", []string{"*"}, strings.Repeat("x", 5000), "/value"},
		"more hosts than fit":   {"A", strings.Split(strings.Repeat("a.test ", 21)[:21*7-1], " "), "x", "/hosts"},
		"a host with a path in": {"A", []string{"a.test/b"}, "x", "/hosts/0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Create(t.Context(), "ada", c.name, c.hosts, c.value)
			requireProblem(t, err, "validation", c.path)
		})
	}
}

// A port is matched exactly; a host without one means the usual ports.
func TestPortsOfHosts(t *testing.T) {
	v, _, _ := open(t)
	made, err := v.Create(t.Context(), "ada", "Ports", []string{"a.test:8443", "*.b.test:444", "[::1]:9", "[::2]"}, "x")
	require.NoError(t, err)
	for address, goes := range map[string]bool{
		"https://a.test:8443": true, "http://a.test:8443": true, "https://a.test": false, "https://a.test:443": false, "https://a.test:84430": false,
		"https://x.b.test:444": true, "https://x.b.test": false, "http://[::1]:9": true, "http://[::1]": false, "http://[::2]": true, "http://[::2]:9": false,
	} {
		_, err := v.Value(t.Context(), made.ID, address)
		require.Equal(t, goes, err == nil, address)
	}
}

// between seals as secret.Box does, and does something first: what happens between
// looking for the name and writing it.
type between struct {
	vault.Box
	once func()
}

func (b *between) Seal(purpose, text string) (string, error) {
	if f := b.once; f != nil {
		b.once = nil
		f()
	}
	return b.Box.Seal(purpose, text)
}

func TestSecretsOfOneNameAtTheSameMoment(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	sealer, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeyBytes), nil)
	require.NoError(t, err)
	box := &between{Box: sealer}
	v, err := vault.New(t.Context(), memstore.New(c.Now), box, c)
	require.NoError(t, err)
	add := func(name string) (vault.Secret, error) { return v.Create(t.Context(), "ada", name, []string{"*"}, "x") }
	box.once = func() {
		_, err := add("Billing")
		require.NoError(t, err)
	}
	_, err = add("Billing")
	requireProblem(t, err, "validation", "/name")
	other, err := add("Other")
	require.NoError(t, err)
	box.once = func() {
		_, err := add("Shop")
		require.NoError(t, err)
	}
	name, value := "Shop", "y"
	_, err = v.Change(t.Context(), "ada", other.ID, other.Rev, vault.Change{Name: &name, Value: &value})
	requireProblem(t, err, "validation", "/name")
	// Another name with the same id is no clash.
	box.once = func() {
		_, err := add("bank!")
		require.NoError(t, err)
	}
	again, err := add("Bank")
	require.NoError(t, err)
	require.Equal(t, "bank-2", again.ID)
	all, err := v.Secrets(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 5)
}

func requireProblem(t *testing.T, err error, code, path string) {
	t.Helper()
	var p *problem.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, code, p.Code)
	if path != "" {
		require.NotEmpty(t, p.Fields)
		require.Equal(t, path, p.Fields[0].Path)
	}
}
