// Package config reads and checks the one configuration of the server: built-in
// defaults, then a YAML file, then the environment (FLUXO_*), then flags, the
// later over the earlier. Everything that is wrong is reported at once, each
// with the key, the place it came from and what to do.
package config

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Config is the whole configuration. Its keys in the file are the koanf tags,
// joined with dots; in the environment FLUXO_ and the key in upper case with
// underscores (outgoing.allow = FLUXO_OUTGOING_ALLOW, dataDir = FLUXO_DATA_DIR).
type Config struct {
	// Listen is the address to serve on. Default ":8080", with demo "127.0.0.1:8080".
	Listen string `koanf:"listen"`
	// PublicURL is how people reach the server; links in mails begin with it.
	// Cookies are secure when it says https. Default: from the listen address.
	PublicURL string `koanf:"publicUrl"`
	// TrustedProxies are networks whose X-Forwarded-For is believed.
	TrustedProxies []string `koanf:"trustedProxies"`
	// Database is sqlite:PATH, mongodb://... or mongodb+srv://... Default: fluxo.db in DataDir.
	Database string `koanf:"database"`
	// DataDir holds the embedded database and the secret key.
	DataDir string `koanf:"dataDir"`
	// Demo seeds a demo company into an empty store and lets its users sign in
	// without a password; it serves this machine only.
	Demo bool `koanf:"demo"`
	// SecretKey encrypts credentials, 32 bytes in base64; default: DataDir/secret.key.
	SecretKey string `koanf:"secretKey"`

	Log      Log      `koanf:"log"`
	Outgoing Outgoing `koanf:"outgoing"`
	Mail     Mail     `koanf:"mail"`
	Limits   Limits   `koanf:"limits"`
	Session  Session  `koanf:"session"`
	Office   Office   `koanf:"office"`
	Cluster  Cluster  `koanf:"cluster"`
	// Drain is how long a stopping server waits for requests and steps under way.
	Drain time.Duration `koanf:"drain"`

	// Warnings are oddities that do not prevent a start.
	Warnings []string `koanf:"-"`
	sources  map[string]string
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level `koanf:"level"`  // debug, info, warn, error
	Format string     `koanf:"format"` // json or text
}

// Outgoing limits the requests that processes make.
type Outgoing struct {
	// Allow lists networks (10.0.0.0/8) and addresses that are allowed although
	// they are private; without it only public addresses are.
	Allow []string `koanf:"allow"`
}

// Mail is the sender used until an administrator sets one in the product.
type Mail struct {
	Provider string `koanf:"provider"` // outbox or smtp
	Host     string `koanf:"host"`
	Port     int    `koanf:"port"`
	TLS      string `koanf:"tls"` // none, starttls, tls
	User     string `koanf:"user"`
	Password string `koanf:"password"`
	From     string `koanf:"from"`
}

// Limits protect the server.
type Limits struct {
	FileBytes         Size `koanf:"fileBytes"`
	BodyBytes         Size `koanf:"bodyBytes"`
	RequestsPerMinute int  `koanf:"requestsPerMinute"` // per session, token or address
	PasswordHashes    int  `koanf:"passwordHashes"`    // computed at once; each takes 46 MiB
}

// Session says how long people stay signed in.
type Session struct {
	Idle     time.Duration `koanf:"idle"`
	Absolute time.Duration `koanf:"absolute"`
}

// Office is the converter of documents to PDF.
type Office struct {
	Command string `koanf:"command"` // soffice, or its path
}

// Default is the configuration of a server that was told nothing.
func Default() Config {
	return Config{
		DataDir:  "data",
		Log:      Log{Level: slog.LevelInfo, Format: "json"},
		Mail:     Mail{Provider: "outbox", Port: 587, TLS: "starttls", From: "Fluxo <fluxo@localhost>"},
		Limits:   Limits{FileBytes: 25 << 20, BodyBytes: 4 << 20, RequestsPerMinute: 1200, PasswordHashes: 2},
		Session:  Session{Idle: 24 * time.Hour, Absolute: 30 * 24 * time.Hour},
		Office:   Office{Command: "soffice"},
		Drain:    20 * time.Second,
		Cluster:  Cluster{Poll: time.Second, Sweep: 2 * time.Second, Lease: 5 * time.Second, EffectLease: 30 * time.Second, Retention: 30 * 24 * time.Hour},
		Outgoing: Outgoing{Allow: []string{}},
	}
}

// Cluster tunes what servers on one MongoDB do beside each other. The defaults
// suit a real deployment; a slow database wants longer ones. On the embedded
// database only Sweep and Retention matter.
type Cluster struct {
	// Poll is how often a server looks for what the others did: due timers, ready
	// effects, schedules, document events, changes for its viewers.
	Poll time.Duration `koanf:"poll"`
	// Sweep is how often it looks for what somebody left behind.
	Sweep time.Duration `koanf:"sweep"`
	// Lease is how long a server that is gone keeps its share of the work.
	Lease time.Duration `koanf:"lease"`
	// EffectLease is the same for a step of a robot that it has in hand.
	EffectLease time.Duration `koanf:"effectLease"`
	// Retention is how long closed tasks, timers and steps are kept for lists and
	// for late repeats; the history of a run is kept with the run.
	Retention time.Duration `koanf:"retention"`
}

// KeyPath is where the secret key lies unless it is given.
func (c Config) KeyPath() string { return filepath.Join(c.DataDir, "secret.key") }
