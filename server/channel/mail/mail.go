// Package mail sends e-mail: through an SMTP server, or into the test outbox
// that stores what would have been sent. A failure says whether the message may
// be sent again, see docs/execution.md, "Effects".
package mail

import (
	"context"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
)

// Attachment is a file of a message.
type Attachment struct {
	Name    string
	Type    string
	Content []byte
}

// Message goes to exactly one recipient, so that its outcome is one outcome.
type Message struct {
	// MessageID without angle brackets comes from the caller and stays the same
	// over retries, so that a repeated message is recognized.
	MessageID string
	From, To  string
	ReplyTo   string
	Subject   string
	Text      string
	HTML      string
	// Attachments together are limited by MaxBytes.
	Attachments []Attachment
	Date        time.Time
	// Sending is called once the server is connected and has let us in, right
	// before the message is handed over. Its error stops the attempt.
	Sending func(ctx context.Context) error
	// EffectID and RunID link the test outbox to what caused the message.
	EffectID string
	RunID    string
}

// MaxBytes is the largest sum of texts and attachments of a message.
const MaxBytes = 25 << 20

// Result is an accepted message.
type Result struct {
	// Provider is smtp or outbox.
	Provider string
	// Response is the server's last word, which often holds its queue id.
	Response string
}

// Sender hands a message over. Its error is an *Error.
type Sender interface {
	Send(ctx context.Context, message Message) (Result, error)
}

// Class says what a failure means for a retry.
type Class string

// The classes of failures.
const (
	// Temporary failures happened before the message was handed over and may go away.
	Temporary Class = "temporary"
	// Permanent failures need a person: a wrong address, password or setting.
	Permanent Class = "permanent"
	// Unknown means that the message was handed over and no answer came.
	Unknown Class = "unknown"
)

// Codes of failures.
const (
	CodeUnreachable   = "smtp_unreachable"
	CodeAuth          = "smtp_auth"
	CodeTLS           = "smtp_tls"
	CodeRejected      = "smtp_rejected"
	CodeUnknown       = "smtp_unknown"
	CodeBadMessage    = "mail_invalid"
	CodeNotConfigured = "mail_not_configured"
	CodeOutbox        = "mail_outbox"
)

// Error is a failed attempt in words for the operator.
type Error struct {
	Class   Class
	Code    string
	Message string
	Remedy  string
	// Status is the SMTP reply code when there was one.
	Status int
	Cause  error
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Providers of settings.
const (
	ProviderSMTP   = "smtp"
	ProviderOutbox = "outbox"
)

// Settings say how mail leaves.
type Settings struct {
	Provider string
	Host     string
	Port     int
	// TLS is none, starttls or tls.
	TLS      string
	User     string
	Password string
	// From is the sender of messages that name none.
	From string
}

// Modes of Settings.TLS.
const (
	TLSNone     = "none"
	TLSStart    = "starttls"
	TLSImplicit = "tls"
)

// Outbox stores messages instead of sending them. Storing a message with a known
// MessageID again changes nothing.
type Outbox interface {
	Store(ctx context.Context, message Message) error
}

// SettingsSource gives the current settings, so that a corrected one works at
// the next retry.
type SettingsSource interface {
	MailSettings(ctx context.Context) (Settings, error)
}

// Dispatcher is the Sender of an installation: it follows the settings.
type Dispatcher struct {
	Source  SettingsSource
	Outbox  Outbox
	Options SMTPOptions
}

// Send delivers by the provider of the current settings.
func (d *Dispatcher) Send(ctx context.Context, message Message) (Result, error) {
	settings, err := d.Source.MailSettings(ctx)
	if err != nil {
		return Result{}, &Error{Class: Temporary, Code: CodeNotConfigured, Message: "the mail settings could not be read", Cause: err}
	}
	if message.From == "" {
		message.From = settings.From
	}
	switch settings.Provider {
	case ProviderSMTP:
		return (&SMTP{Settings: settings, Options: d.Options}).Send(ctx, message)
	case ProviderOutbox:
		return d.store(ctx, message)
	}
	return Result{}, &Error{Class: Permanent, Code: CodeNotConfigured, Message: "no mail provider is configured",
		Remedy: "choose an SMTP server or the test outbox in Settings, Mail, then retry"}
}

func (d *Dispatcher) store(ctx context.Context, message Message) (Result, error) {
	if err := check(message); err != nil {
		return Result{}, err
	}
	if message.Sending != nil {
		if err := message.Sending(ctx); err != nil {
			return Result{}, &Error{Class: Temporary, Code: CodeOutbox, Message: "the attempt was stopped before sending", Cause: err}
		}
	}
	if err := d.Outbox.Store(ctx, message); err != nil {
		// Storing twice is harmless, so this may be tried again.
		return Result{}, &Error{Class: Temporary, Code: CodeOutbox, Message: "the test outbox could not store the message", Cause: err}
	}
	return Result{Provider: ProviderOutbox, Response: "stored"}, nil
}

// check refuses messages that no server could accept.
func check(m Message) error {
	bad := func(format string, args ...any) error {
		return &Error{Class: Permanent, Code: CodeBadMessage, Message: fmt.Sprintf(format, args...), Remedy: "correct the step's settings or the record's data, then retry"}
	}
	if m.From == "" {
		return &Error{Class: Permanent, Code: CodeNotConfigured, Message: "the message has no sender", Remedy: "set the sender's address in Settings, Mail, then retry"}
	}
	for _, field := range []struct{ name, address string }{{"sender", m.From}, {"recipient", m.To}, {"reply address", m.ReplyTo}} {
		if field.address == "" && field.name == "reply address" {
			continue
		}
		if field.address == "" {
			return bad("the message has no %s", field.name)
		}
		if _, err := netmail.ParseAddress(field.address); err != nil || strings.ContainsAny(field.address, "\r\n\x00") {
			return bad("the %s %q is not an e-mail address", field.name, field.address)
		}
	}
	if m.MessageID == "" || strings.ContainsAny(m.MessageID, "<> \r\n\t") {
		return bad("the message has no valid identifier")
	}
	if m.Text == "" && m.HTML == "" {
		return bad("the message has no text")
	}
	total := len(m.Text) + len(m.HTML)
	for _, a := range m.Attachments {
		total += len(a.Content)
	}
	if total > MaxBytes {
		return bad("the message is larger than %d MB", MaxBytes>>20)
	}
	return nil
}
