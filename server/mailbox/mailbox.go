// Package mailbox keeps the installation's mail settings, the password sealed,
// and the test outbox: what would have been sent, for people to look at.
package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/access"
	channel "github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Box seals secrets at rest.
type Box interface {
	Seal(purpose, text string) (string, error)
	Open(purpose, sealed string) (string, error)
}

// label binds a sealed text to its purpose.
const label = "mail.password"

// Settings are the mail settings as people see them: the password goes in and
// never comes out.
type Settings struct {
	Provider    string `json:"provider" enum:"outbox,smtp"`
	Host        string `json:"host,omitempty" maxLength:"255"`
	Port        int    `json:"port,omitempty" minimum:"0" maximum:"65535"`
	TLS         string `json:"tls,omitempty" enum:"none,starttls,tls"`
	User        string `json:"user,omitempty" maxLength:"320"`
	PasswordSet bool   `json:"passwordSet,omitempty" readOnly:"true"`
	Password    string `json:"password,omitempty" maxLength:"1000" writeOnly:"true"`
	From        string `json:"from,omitempty" maxLength:"320"`
	Rev         int64  `json:"rev,omitempty" readOnly:"true"`
}

type stored struct {
	docstore.Entity
	Settings Settings `json:"settings"`
	Sealed   string   `json:"sealed,omitempty"`
}

// Letter is a message in the test outbox.
type Letter struct {
	docstore.Entity
	At          docstore.Instant `json:"at"`
	From        string           `json:"from"`
	To          string           `json:"to"`
	Subject     string           `json:"subject"`
	RunID       string           `json:"runId,omitempty"`
	EffectID    string           `json:"effectId,omitempty"`
	Status      string           `json:"status"`
	Text        string           `json:"text,omitempty"`
	HTML        string           `json:"html,omitempty"`
	Attachments []Attachment     `json:"attachments,omitempty"`
}

// Attachment is a file of a letter.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	URL  string `json:"url"`
}

// Service owns mail settings and the test outbox. Safe for concurrent use.
type Service struct {
	settings docstore.Typed[stored]
	letters  docstore.Typed[Letter]
	files    file.Store
	box      Box
	clock    clock.Clock
	// fallback are the settings of the configuration, until somebody sets others.
	fallback channel.Settings
}

// New opens the collections. fallback are the settings before anybody set any.
func New(ctx context.Context, s docstore.Store, files file.Store, box Box, c clock.Clock, fallback channel.Settings) (*Service, error) {
	m := &Service{files: files, box: box, clock: c, fallback: fallback}
	var err error
	if m.settings, err = docstore.NewTyped[stored](ctx, s, docstore.Spec{Name: "mailSettings"}); err != nil {
		return nil, err
	}
	m.letters, err = docstore.NewTyped[Letter](ctx, s, docstore.Spec{Name: "letters", Indexes: []docstore.Index{{Paths: []string{"at"}}}})
	return m, err
}

var (
	_ channel.SettingsSource = (*Service)(nil)
	_ channel.Outbox         = (*Service)(nil)
)

const id = "mail"

func (m *Service) load(ctx context.Context) (stored, error) {
	v, err := m.settings.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		f := m.fallback
		return stored{Entity: docstore.Entity{ID: id}, Settings: Settings{Provider: f.Provider, Host: f.Host, Port: f.Port, TLS: f.TLS, User: f.User, From: f.From}}, nil
	}
	return v, err
}

// Get reads the settings without the password.
func (m *Service) Get(ctx context.Context) (Settings, error) {
	v, err := m.load(ctx)
	if err != nil {
		return Settings{}, fmt.Errorf("read mail settings: %w", err)
	}
	v.Settings.PasswordSet, v.Settings.Rev = v.Sealed != "", v.Rev
	return v.Settings, nil
}

// Put replaces the settings; an empty password keeps the stored one while host
// and user stay the same, so that it cannot be sent to another server.
func (m *Service) Put(ctx context.Context, s Settings) (Settings, error) {
	var fields []problem.Field
	if s.Provider == channel.ProviderSMTP {
		if s.Host == "" {
			fields = append(fields, problem.Field{Path: "/host", Code: "required"})
		}
		if s.Port == 0 {
			s.Port = 587
		}
		if strings.ContainsFunc(s.Host, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`/@?#"<>`, r)
		}) {
			fields = append(fields, problem.Field{Path: "/host", Code: "format"})
		}
		if strings.ContainsFunc(s.User, unicode.IsControl) {
			fields = append(fields, problem.Field{Path: "/user", Code: "control_character"})
		}
	}
	if s.From != "" {
		if _, err := mail.ParseAddress(s.From); err != nil {
			fields = append(fields, problem.Field{Path: "/from", Code: "format"})
		}
	}
	if len(fields) > 0 {
		return Settings{}, &problem.Problem{Code: "validation", Fields: fields}
	}
	v, err := m.load(ctx)
	if err != nil {
		return Settings{}, err
	}
	switch {
	case s.Password != "":
		if v.Sealed, err = m.box.Seal(label, s.Password); err != nil {
			return Settings{}, fmt.Errorf("seal password: %w", err)
		}
	case s.Host != v.Settings.Host || s.User != v.Settings.User:
		v.Sealed = ""
	}
	s.Password, s.PasswordSet, s.Rev = "", false, 0
	before := v.Settings
	v.Settings = s
	event, err := docstore.NewEvent("mailSettingsChanged", map[string]any{"before": before, "after": s})
	if err != nil {
		return Settings{}, err
	}
	event.Actor = access.From(ctx).UserID
	if _, err := m.settings.Save(ctx, v, event); err != nil {
		return Settings{}, fmt.Errorf("save mail settings: %w", err)
	}
	return m.Get(ctx)
}

// MailSettings gives the channel what it needs, the password opened.
func (m *Service) MailSettings(ctx context.Context) (channel.Settings, error) {
	v, err := m.load(ctx)
	if err != nil {
		return channel.Settings{}, err
	}
	s := channel.Settings{Provider: v.Settings.Provider, Host: v.Settings.Host, Port: v.Settings.Port, TLS: v.Settings.TLS, User: v.Settings.User, From: v.Settings.From}
	if v.Rev == 0 {
		s.Password = m.fallback.Password
	}
	if v.Sealed != "" {
		plain, err := m.box.Open(label, v.Sealed)
		if err != nil {
			return channel.Settings{}, fmt.Errorf("open mail password: %w", err)
		}
		s.Password = plain
	}
	return s, nil
}

// Store puts a message into the test outbox; a known message id changes nothing.
func (m *Service) Store(ctx context.Context, msg channel.Message) error {
	l := Letter{Entity: docstore.Entity{ID: msg.MessageID}, At: docstore.At(m.clock.Now()), From: msg.From, To: msg.To, Subject: msg.Subject,
		RunID: msg.RunID, EffectID: msg.EffectID, Status: "stored", Text: msg.Text, HTML: msg.HTML}
	for i, a := range msg.Attachments {
		info, err := m.files.Put(ctx, file.Put{ID: fmt.Sprintf("%s-%d", msg.MessageID, i), Name: a.Name, Owner: "mail:" + msg.MessageID, Copy: true}, bytes.NewReader(a.Content))
		if err != nil {
			return fmt.Errorf("store attachment %s: %w", a.Name, err)
		}
		l.Attachments = append(l.Attachments, Attachment{Name: info.Name, Type: info.Type, Size: info.Size, URL: "/api/v1/files/" + info.ID})
	}
	_, err := m.letters.Save(ctx, l)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return nil
	}
	return err
}

// Letters pages the outbox, newest first, without bodies.
func (m *Service) Letters(ctx context.Context, limit int, cursor string) ([]Letter, string, error) {
	all, next, err := m.letters.Find(ctx, docstore.Query{Sort: "-at", Limit: limit, Cursor: cursor})
	for i := range all {
		all[i].Text, all[i].HTML, all[i].Attachments = "", "", nil
	}
	return all, next, err
}

// Letter reads one message.
func (m *Service) Letter(ctx context.Context, id string) (Letter, error) {
	l, err := m.letters.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return l, problem.NotFound("message")
	}
	return l, err
}
