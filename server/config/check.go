package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/secret"
)

// Error is one wrong setting.
type Error struct {
	Key    string
	From   string // file, variable or flag; "" = the default
	Reason string
}

func (e *Error) Error() string {
	if e.From == "" {
		return fmt.Sprintf("%s %s", e.Key, e.Reason)
	}
	return fmt.Sprintf("%s (from %s) %s", e.Key, e.From, e.Reason)
}

// Database is where everything is stored.
type Database struct {
	Kind string // sqlite or mongodb
	Path string // of the sqlite file
	URI  string // of the mongodb deployment
}

// Store reads the database setting.
func (c Config) Store() (Database, error) {
	switch scheme, rest, _ := strings.Cut(c.Database, ":"); {
	case scheme == "sqlite" && strings.TrimPrefix(rest, "//") != "":
		return Database{Kind: "sqlite", Path: strings.TrimPrefix(rest, "//")}, nil
	case scheme == "mongodb" || scheme == "mongodb+srv":
		u, err := url.Parse(c.Database)
		if err != nil || u.Host == "" {
			return Database{}, fmt.Errorf("is not a MongoDB address; write mongodb://host:27017/fluxo?replicaSet=rs0")
		}
		return Database{Kind: "mongodb", URI: c.Database}, nil
	}
	return Database{}, fmt.Errorf("must be sqlite:PATH, or begin with mongodb:// or mongodb+srv://")
}

// check finds everything that is wrong.
func (c Config) check() []error {
	var out []error
	wrong := func(key, format string, args ...any) {
		out = append(out, &Error{Key: key, From: c.sources[key], Reason: fmt.Sprintf(format, args...)})
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 0 || n > 65535 {
		wrong("listen", "must be host:port, for example 127.0.0.1:8080 or :8080")
	} else if ip := net.ParseIP(host); c.Demo && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		wrong("listen", "must be an address of this machine with demo, because its users need no password; use 127.0.0.1:%s", port)
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		wrong("publicUrl", "must be http:// or https:// with a host")
	}
	if _, err := c.Store(); err != nil {
		wrong("database", "%s", err)
	}
	if c.DataDir == "" {
		wrong("dataDir", "must name a folder")
	}
	if c.SecretKey != "" {
		if _, err := secret.LoadKey(c.SecretKey, "", nil); err != nil {
			wrong("secretKey", "must be %d bytes in base64; make one with: openssl rand -base64 %d", secret.KeyBytes, secret.KeyBytes)
		}
	}
	if !slices.Contains([]string{"json", "text"}, c.Log.Format) {
		wrong("log.format", "must be json or text")
	}
	for _, list := range []struct {
		key    string
		values []string
	}{{"trustedProxies", c.TrustedProxies}, {"outgoing.allow", c.Outgoing.Allow}} {
		for _, v := range list.values {
			_, prefixErr := netip.ParsePrefix(v)
			_, addressErr := netip.ParseAddr(v)
			if prefixErr != nil && addressErr != nil {
				wrong(list.key, "has %q, which is neither a network (10.0.0.0/8) nor an address", v)
			}
		}
	}
	c.checkMail(wrong)
	for _, n := range []struct {
		key        string
		value      int64
		least, max int64
	}{
		{"limits.fileBytes", int64(c.Limits.FileBytes), 1 << 10, 1 << 30},
		{"limits.bodyBytes", int64(c.Limits.BodyBytes), 64 << 10, 64 << 20},
		{"limits.requestsPerMinute", int64(c.Limits.RequestsPerMinute), 10, 1_000_000},
		{"limits.passwordHashes", int64(c.Limits.PasswordHashes), 1, 64},
	} {
		if n.value < n.least || n.value > n.max {
			wrong(n.key, "is %d and must be from %d to %d", n.value, n.least, n.max)
		}
	}
	for _, d := range []struct {
		key         string
		value       time.Duration
		least, most time.Duration
	}{
		{"session.idle", c.Session.Idle, 10 * time.Minute, 365 * 24 * time.Hour},
		{"session.absolute", c.Session.Absolute, c.Session.Idle, 365 * 24 * time.Hour},
		{"drain", c.Drain, time.Second, 10 * time.Minute},
		{"cluster.poll", c.Cluster.Poll, 50 * time.Millisecond, time.Minute},
		{"cluster.sweep", c.Cluster.Sweep, 100 * time.Millisecond, 5 * time.Minute},
		{"cluster.lease", c.Cluster.Lease, 2 * c.Cluster.Poll, 5 * time.Minute},
		{"cluster.effectLease", c.Cluster.EffectLease, 5 * time.Second, time.Hour},
		{"cluster.retention", c.Cluster.Retention, time.Minute, 10 * 365 * 24 * time.Hour},
	} {
		if d.value < d.least || d.value > d.most {
			wrong(d.key, "is %s and must be from %s to %s", d.value, d.least, d.most)
		}
	}
	if c.Office.Command == "" {
		wrong("office.command", "must name the program, usually soffice")
	}
	return out
}

func (c Config) checkMail(wrong func(key, format string, args ...any)) {
	m := c.Mail
	if !slices.Contains([]string{"outbox", "smtp"}, m.Provider) {
		wrong("mail.provider", "must be outbox or smtp")
	}
	if m.Provider == "smtp" && m.Host == "" {
		wrong("mail.host", "must be set with mail.provider smtp")
	}
	if m.Port < 1 || m.Port > 65535 {
		wrong("mail.port", "is %d and must be from 1 to 65535", m.Port)
	}
	if !slices.Contains([]string{"none", "starttls", "tls"}, m.TLS) {
		wrong("mail.tls", "must be none, starttls or tls")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		wrong("mail.from", "must be a mail address, for example Fluxo <fluxo@example.com>")
	}
}
