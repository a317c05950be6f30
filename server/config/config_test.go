package config_test

import (
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fluxo.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDefaultsAreSound(t *testing.T) {
	c, err := config.Load(config.Sources{})
	require.NoError(t, err)
	require.Equal(t, ":8080", c.Listen)
	require.Equal(t, "http://localhost:8080", c.PublicURL)
	require.Equal(t, "sqlite:data/fluxo.db", c.Database)
	require.Equal(t, "data/secret.key", c.KeyPath())
	require.Empty(t, c.Warnings)
	d, err := c.Store()
	require.NoError(t, err)
	require.Equal(t, config.Database{Kind: "sqlite", Path: "data/fluxo.db"}, d)
}

func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	path := write(t, `
listen: ":1"
database: sqlite:/file.db
log: {level: debug}
limits: {fileBytes: 10MiB, requestsPerMinute: 77}
session: {idle: 2h}
outgoing: {allow: [10.0.0.0/8, 192.168.1.5]}
`)
	c, err := config.Load(config.Sources{
		Environ: []string{"FLUXO_CONFIG=" + path, "FLUXO_LISTEN=:2", "FLUXO_DATABASE=mongodb://u:pw@db:27017/fluxo", "FLUXO_TRUSTED_PROXIES=10.1.0.0/16,::1",
			"FLUXO_LIMITS_BODY_BYTES=1048576", "FLUXO_TEST_MONGODB_URI=x", "FLUXO_PORT=tcp://10.0.0.1:80", "OTHER=1"},
		Flags: map[string]any{"listen": "127.0.0.1:3", "demo": true},
	})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3", c.Listen)
	require.True(t, c.Demo)
	require.Equal(t, slog.LevelDebug, c.Log.Level)
	require.EqualValues(t, 10<<20, c.Limits.FileBytes)
	require.EqualValues(t, 1<<20, c.Limits.BodyBytes)
	require.Equal(t, 77, c.Limits.RequestsPerMinute)
	require.Equal(t, 2*time.Hour, c.Session.Idle)
	require.Equal(t, 30*24*time.Hour, c.Session.Absolute, "a section keeps its other defaults")
	require.Equal(t, []string{"10.0.0.0/8", "192.168.1.5"}, c.Outgoing.Allow)
	require.Equal(t, []string{"10.1.0.0/16", "::1"}, c.TrustedProxies)
	require.Equal(t, []string{"environment variable FLUXO_PORT is not a setting and is ignored"}, c.Warnings)
	d, err := c.Store()
	require.NoError(t, err)
	require.Equal(t, "mongodb", d.Kind)

	lines := map[string]config.Setting{}
	for _, s := range c.Describe() {
		lines[s.Key] = s
	}
	require.Equal(t, config.Setting{Key: "listen", Value: "127.0.0.1:3", From: "--listen"}, lines["listen"])
	require.Equal(t, "mongodb://u:xxxxx@db:27017/fluxo", lines["database"].Value)
	require.Equal(t, "FLUXO_DATABASE", lines["database"].From)
	require.Equal(t, config.Setting{Key: "limits.fileBytes", Value: "10MiB", From: path}, lines["limits.fileBytes"])
	require.Equal(t, "default", lines["drain"].From)
}

func TestMistakesAreNamedAllAtOnce(t *testing.T) {
	path := write(t, `
lissten: ":1"
limits: {file-bytes: 1MiB, passwordHashes: many}
database: postgres://x
mail: {provider: smtp, port: 99999, tls: ssl, from: nobody}
log: {format: xml}
session: {idle: 1m}
drain: soon
outgoing: {allow: [localhost]}
publicUrl: fluxo.example
secretKey: short
`)
	_, err := config.Load(config.Sources{File: path, Environ: []string{"FLUXO_DEMO=true", "FLUXO_LISTEN=0.0.0.0:8080"}})
	require.Error(t, err)
	for _, want := range []string{
		"lissten (from " + path + ") is not a setting",
		"limits.file-bytes (from " + path + ") is not a setting; did you mean limits.fileBytes?",
		"limits.passwordHashes (from " + path + ") cannot be many",
		"listen (from FLUXO_LISTEN) must be an address of this machine with demo",
		"database (from " + path + ") must be sqlite:PATH",
		"mail.host must be set", "mail.port", "mail.tls", "mail.from", "log.format", "session.idle", "drain", `"localhost"`, "publicUrl", "openssl rand",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "short")
	require.GreaterOrEqual(t, len(strings.Split(err.Error(), "\n")), 15)
}

func TestFileMustBeThere(t *testing.T) {
	_, err := config.Load(config.Sources{File: filepath.Join(t.TempDir(), "absent.yaml")})
	require.ErrorContains(t, err, "absent.yaml")
	_, err = config.Load(config.Sources{File: write(t, "a: [")})
	require.Error(t, err)
}

func TestSecretsAreNotShown(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	c, err := config.Load(config.Sources{Environ: []string{"FLUXO_SECRET_KEY=" + key, "FLUXO_MAIL_PASSWORD=hunter2"}})
	require.NoError(t, err)
	for _, s := range c.Describe() {
		require.NotContains(t, s.Value, key)
		require.NotContains(t, s.Value, "hunter2")
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]config.Size{"0": 0, "17": 17, "5B": 5, "2KiB": 2048, "3 MB": 3e6, "1GiB": 1 << 30} {
		var s config.Size
		require.NoError(t, s.UnmarshalText([]byte(text)))
		require.Equal(t, want, s)
	}
	for _, text := range []string{"", "-1", "x", "1TiB", "9999999999GiB"} {
		var s config.Size
		require.Error(t, s.UnmarshalText([]byte(text)), text)
	}
	require.Equal(t, "25MiB", config.Size(25<<20).String())
	require.Equal(t, "1001", config.Size(1001).String())
}

func TestLinksKnowThePortThatZeroBecame(t *testing.T) {
	load := func(flags map[string]any) config.Config {
		c, err := config.Load(config.Sources{Flags: flags})
		require.NoError(t, err)
		require.True(t, c.AnyPort())
		c.ListensAt("[::]:45123")
		return c
	}
	require.Equal(t, "http://localhost:45123", load(map[string]any{"listen": ":0"}).PublicURL)
	require.Equal(t, "https://crm.example", load(map[string]any{"listen": ":0", "publicUrl": "https://crm.example"}).PublicURL)
	fixed, err := config.Load(config.Sources{Flags: map[string]any{"listen": ":8090"}})
	require.NoError(t, err)
	require.False(t, fixed.AnyPort())
}
