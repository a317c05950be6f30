package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTPOptions are what settings do not say; the zero value is good.
type SMTPOptions struct {
	// Timeout bounds each conversation, by default 30 s.
	Timeout time.Duration
	// RootCAs replace the system's certificates, for servers of a company's own.
	RootCAs *x509.CertPool
	// Helo is the name we give, by default localhost.
	Helo string
}

// SMTP sends through one server, a connection per message.
type SMTP struct {
	Settings Settings
	Options  SMTPOptions
}

// Send hands the message over. What the server refused before the end of the
// data was not accepted and may be tried again; a lost answer after it is Unknown.
func (s *SMTP) Send(ctx context.Context, m Message) (Result, error) {
	if err := check(m); err != nil {
		return Result{}, err
	}
	message, err := compose(m)
	if err != nil {
		return Result{}, &Error{Class: Permanent, Code: CodeBadMessage, Message: "the message could not be composed", Cause: err}
	}
	client, err := s.client()
	if err != nil {
		return Result{}, &Error{Class: Permanent, Code: CodeNotConfigured, Message: "the SMTP settings are not valid: " + err.Error(),
			Remedy: "correct Settings, Mail, then retry", Cause: err}
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return Result{}, s.dialError(err)
	}
	defer func() {
		// The message is decided by now; a server that hangs up first is no failure.
		_ = client.CloseWithSMTPClient(conversation)
	}()
	if m.Sending != nil {
		if err := m.Sending(ctx); err != nil {
			return Result{}, &Error{Class: Temporary, Code: CodeUnreachable, Message: "the attempt was stopped before sending", Cause: err}
		}
	}
	err = client.SendWithSMTPClient(conversation, message)
	if err != nil && !message.IsDelivered() {
		return Result{}, s.sendError(err)
	}
	return Result{Provider: ProviderSMTP, Response: message.ServerResponse()}, nil
}

func (s *SMTP) client() (*gomail.Client, error) {
	set := s.Settings
	timeout := s.Options.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	helo := s.Options.Helo
	if helo == "" {
		helo = "localhost"
	}
	options := []gomail.Option{gomail.WithTimeout(timeout), gomail.WithHELO(helo), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: set.Host, RootCAs: s.Options.RootCAs, MinVersion: tls.VersionTLS12})}
	port := set.Port
	authentication := gomail.SMTPAuthAutoDiscover
	switch set.TLS {
	case TLSImplicit:
		options = append(options, gomail.WithSSL())
		port = orDefault(port, 465)
	case TLSStart, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
		port = orDefault(port, 587)
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		port = orDefault(port, 25)
		authentication = gomail.SMTPAuthPlainNoEnc
	default:
		return nil, fmt.Errorf("unknown TLS mode %q", set.TLS)
	}
	options = append(options, gomail.WithPort(port))
	if set.User != "" {
		options = append(options, gomail.WithSMTPAuth(authentication), gomail.WithUsername(set.User), gomail.WithPassword(set.Password))
	}
	return gomail.NewClient(set.Host, options...)
}

func orDefault(port, standard int) int {
	if port == 0 {
		return standard
	}
	return port
}

func compose(m Message) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.From(m.From); err != nil {
		return nil, err
	}
	if err := message.To(m.To); err != nil {
		return nil, err
	}
	if m.ReplyTo != "" {
		if err := message.ReplyTo(m.ReplyTo); err != nil {
			return nil, err
		}
	}
	message.Subject(strings.Join(strings.Fields(m.Subject), " "))
	message.SetMessageIDWithValue(m.MessageID)
	message.SetDateWithValue(m.Date)
	// Other robots do not answer messages of robots (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	switch {
	case m.HTML == "":
		message.SetBodyString(gomail.TypeTextPlain, m.Text)
	case m.Text == "":
		message.SetBodyString(gomail.TypeTextHTML, m.HTML)
	default:
		message.SetBodyString(gomail.TypeTextPlain, m.Text)
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		options := []gomail.FileOption{}
		if a.Type != "" {
			options = append(options, gomail.WithFileContentType(gomail.ContentType(a.Type)))
		}
		if err := message.AttachReader(a.Name, bytes.NewReader(a.Content), options...); err != nil {
			return nil, err
		}
	}
	return message, nil
}

func (s *SMTP) address() string { return fmt.Sprintf("%s:%d", s.Settings.Host, s.Settings.Port) }

const fixSettings = "check the server, port, encryption, user and password in Settings, Mail, then retry"

// dialError explains a failure before any message was offered: always safe to retry.
func (s *SMTP) dialError(err error) *Error {
	var reply *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return &Error{Class: Permanent, Code: CodeTLS, Message: "the certificate of the mail server " + s.address() + " is not trusted: " + certificate.Err.Error(), Remedy: fixSettings, Cause: err}
	case errors.As(err, &reply):
		failed := &Error{Class: Temporary, Code: CodeRejected, Status: reply.Code, Cause: err, Remedy: fixSettings,
			Message: fmt.Sprintf("the mail server %s answered %d %s", s.address(), reply.Code, reply.Msg)}
		if reply.Code >= 500 {
			failed.Class = Permanent
		}
		if reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538 {
			failed.Code = CodeAuth
			failed.Message = fmt.Sprintf("the mail server %s refused the user name or password: %d %s", s.address(), reply.Code, reply.Msg)
		}
		return failed
	}
	var network net.Error
	text := err.Error()
	switch {
	case errors.As(err, &network), errors.Is(err, context.Canceled):
		return &Error{Class: Temporary, Code: CodeUnreachable, Message: "the mail server " + s.address() + " cannot be reached: " + text, Remedy: fixSettings, Cause: err}
	case strings.Contains(text, "STARTTLS"):
		return &Error{Class: Permanent, Code: CodeTLS, Message: "the mail server " + s.address() + " does not offer encryption (STARTTLS)", Remedy: fixSettings, Cause: err}
	case strings.Contains(text, "AUTH") || strings.Contains(text, "auth"):
		return &Error{Class: Permanent, Code: CodeAuth, Message: "signing in at the mail server " + s.address() + " failed: " + text, Remedy: fixSettings, Cause: err}
	}
	return &Error{Class: Temporary, Code: CodeUnreachable, Message: "the mail server " + s.address() + " cannot be reached: " + text, Remedy: fixSettings, Cause: err}
}

// sendError explains a failure after the connection stood.
func (s *SMTP) sendError(err error) *Error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return &Error{Class: Temporary, Code: CodeUnreachable, Message: "the mail server " + s.address() + " broke off: " + err.Error(), Remedy: fixSettings, Cause: err}
	}
	status := failed.ErrorCode()
	switch {
	case status >= 500:
		return &Error{Class: Permanent, Code: CodeRejected, Status: status, Message: "the mail server refused the message: " + failed.Error(),
			Remedy: "correct the address or the message, or ask the operator of the mail server, then retry", Cause: err}
	case status >= 400:
		return &Error{Class: Temporary, Code: CodeRejected, Status: status, Message: "the mail server deferred the message: " + failed.Error(), Cause: err}
	case failed.Reason == gomail.ErrSMTPDataClose:
		return &Error{Class: Unknown, Code: CodeUnknown, Message: "the message was handed to the mail server " + s.address() + ", but its answer was lost: it may have been sent",
			Remedy: "look into the recipient's mailbox or the server's log; retry sends it again under the same Message-ID", Cause: err}
	}
	return &Error{Class: Temporary, Code: CodeUnreachable, Message: "the connection to the mail server " + s.address() + " broke before the message was handed over", Remedy: fixSettings, Cause: err}
}
