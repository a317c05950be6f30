package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Sources are the places a configuration is read from.
type Sources struct {
	File    string         // "" = FLUXO_CONFIG, else none
	Environ []string       // as os.Environ
	Flags   map[string]any // by key, only those that were given
}

const prefix = "FLUXO_"

// Variables that are ours but no configuration.
var otherVariables = []string{prefix + "CONFIG", prefix + "TEST_"}

// lists are the settings that the environment gives with commas.
var lists = []string{"trustedProxies", "outgoing.allow"}

// Load reads, completes and checks the configuration.
func Load(s Sources) (Config, error) {
	c := Default()
	c.sources = map[string]string{}
	k := koanf.New(".")
	known := keys()
	variables := map[string]string{}
	for _, key := range known {
		variables[variable(key)] = key
	}
	path := s.File
	for _, pair := range s.Environ {
		if value, ok := strings.CutPrefix(pair, prefix+"CONFIG="); ok && path == "" {
			path = value
		}
	}
	var problems []error
	if path != "" {
		fromFile := koanf.New(".")
		if err := fromFile.Load(file.Provider(path), yaml.Parser()); err != nil {
			return c, fmt.Errorf("read the configuration file %s: %w", path, err)
		}
		for _, key := range fromFile.Keys() {
			if !slices.Contains(known, key) {
				problems = append(problems, &Error{Key: key, From: path, Reason: "is not a setting" + resembling(key, known)})
			}
			c.sources[key] = path
		}
		if err := k.Merge(fromFile); err != nil {
			return c, fmt.Errorf("read the configuration file %s: %w", path, err)
		}
	}
	if err := k.Load(env.Provider(".", env.Opt{
		Prefix:      prefix,
		EnvironFunc: func() []string { return s.Environ },
		TransformFunc: func(name, value string) (string, any) {
			key, ok := variables[name]
			if !ok {
				if !slices.ContainsFunc(otherVariables, func(p string) bool { return strings.HasPrefix(name, p) }) {
					c.Warnings = append(c.Warnings, fmt.Sprintf("environment variable %s is not a setting and is ignored", name))
				}
				return "", nil
			}
			c.sources[key] = name
			if slices.Contains(lists, key) {
				return key, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
			}
			return key, value
		},
	}), nil); err != nil {
		return c, fmt.Errorf("read the environment: %w", err)
	}
	for key, value := range s.Flags {
		if err := k.Set(key, value); err != nil {
			return c, fmt.Errorf("flag for %s: %w", key, err)
		}
		c.sources[key] = "--" + strings.ToLower(strings.ReplaceAll(variable(key)[len(prefix):], "_", "-"))
	}
	// One key at a time, so that every mistake names its place.
	for _, key := range known {
		if !k.Exists(key) {
			continue
		}
		one := koanf.New(".")
		if err := one.Set(key, k.Get(key)); err != nil {
			return c, err
		}
		if err := one.Unmarshal("", &c); err != nil {
			problems = append(problems, &Error{Key: key, From: c.sources[key], Reason: fmt.Sprintf("cannot be %s", shown(key, k.Get(key)))})
		}
	}
	c.complete()
	return c, errors.Join(append(problems, c.check()...)...)
}

// LoadProcess reads the environment of this process.
func LoadProcess(path string, flags map[string]any) (Config, error) {
	return Load(Sources{File: path, Environ: os.Environ(), Flags: flags})
}

// complete fills in what follows from other settings.
func (c *Config) complete() {
	if c.Database == "" {
		c.Database = "sqlite:" + strings.TrimSuffix(c.DataDir, "/") + "/fluxo.db"
	}
	if c.Listen == "" {
		c.Listen = ":8080"
		if c.Demo {
			c.Listen = "127.0.0.1:8080"
		}
	}
	if c.PublicURL == "" {
		if host, port, err := net.SplitHostPort(c.Listen); err == nil {
			if ip := net.ParseIP(host); host == "" || ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
				host = "localhost"
			}
			c.PublicURL = "http://" + net.JoinHostPort(host, port)
		}
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
}

// AnyPort tells whether the system chooses the port to serve on (port 0).
func (c *Config) AnyPort() bool {
	_, port, err := net.SplitHostPort(c.Listen)
	return err == nil && port == "0"
}

// ListensAt is told the address that port 0 became: the public address follows it
// unless one was set.
func (c *Config) ListensAt(address string) {
	c.Listen = address
	if c.sources["publicUrl"] == "" {
		c.PublicURL = ""
		c.complete()
	}
}

// keys lists every setting, from the struct itself.
func keys() []string {
	var out []string
	var walk func(t reflect.Type, at string)
	walk = func(t reflect.Type, at string) {
		for i := range t.NumField() {
			f := t.Field(i)
			tag := f.Tag.Get("koanf")
			switch {
			case tag == "" || tag == "-":
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, at+tag+".")
			default:
				out = append(out, at+tag)
			}
		}
	}
	walk(reflect.TypeFor[Config](), "")
	slices.Sort(out)
	return out
}

// variable is the environment variable of a key.
func variable(key string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for _, r := range key {
		switch {
		case r == '.':
			b.WriteByte('_')
		case unicode.IsUpper(r):
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// resembling offers a known key that differs only in case, dots or dashes.
func resembling(key string, known []string) string {
	plain := strings.NewReplacer(".", "", "-", "", "_", "").Replace
	for _, k := range known {
		if strings.EqualFold(plain(k), plain(key)) {
			return fmt.Sprintf("; did you mean %s?", k)
		}
	}
	return ""
}
