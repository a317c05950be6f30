package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/emersion/go-message/charset"
	gomessage "github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// server is a real SMTP server on loopback.
type server struct {
	mu       sync.Mutex
	messages [][]byte
	rcptErr  error
	dataErr  error
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }

type session struct{ server *server }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "robot" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.server.rcptErr }
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.dataErr != nil {
		return s.server.dataErr
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.messages = append(s.server.messages, data)
	return nil
}

// listen starts backend and gives settings for it.
func listen(t *testing.T, backend *server, tlsConfig *tls.Config, implicit bool) Settings {
	t.Helper()
	s := smtp.NewServer(backend)
	s.Domain = "localhost"
	s.AllowInsecureAuth = true
	s.TLSConfig = tlsConfig
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, tlsConfig)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return Settings{Provider: ProviderSMTP, Host: "127.0.0.1", Port: port, TLS: TLSNone, User: "robot", Password: "secret", From: "Fluxo <fluxo@example.com>"}
}

func sample() Message {
	return Message{MessageID: "e1@fluxo.example.com", From: "Fluxo <fluxo@example.com>", To: "Żaneta <zaneta@example.com>", Subject: "Umowa\r\nBcc: x@example.com",
		Text: "Zażółć", HTML: "<p>Zażółć</p>", Date: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		Attachments: []Attachment{{Name: "umowa ł.pdf", Type: "application/pdf", Content: []byte("%PDF-1.7")}}}
}

func requireError(t *testing.T, err error, class Class, code string) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, class, e.Class, e.Message)
	require.Equal(t, code, e.Code, e.Message)
	return e
}

func TestSMTPDelivers(t *testing.T) {
	backend := &server{}
	settings := listen(t, backend, nil, false)
	sent := 0
	message := sample()
	message.Sending = func(context.Context) error { sent++; return nil }
	result, err := (&SMTP{Settings: settings}).Send(context.Background(), message)
	require.NoError(t, err)
	require.Equal(t, ProviderSMTP, result.Provider)
	require.Equal(t, 1, sent)
	require.Len(t, backend.messages, 1)

	reader, err := gomessage.CreateReader(bytes.NewReader(backend.messages[0]))
	require.NoError(t, err)
	subject, err := reader.Header.Subject()
	require.NoError(t, err)
	require.Equal(t, "Umowa Bcc: x@example.com", subject)
	require.Empty(t, reader.Header.Get("Bcc"))
	id, err := reader.Header.MessageID()
	require.NoError(t, err)
	require.Equal(t, "e1@fluxo.example.com", id)
	require.Equal(t, "auto-generated", reader.Header.Get("Auto-Submitted"))
	to, err := reader.Header.AddressList("To")
	require.NoError(t, err)
	require.Equal(t, "Żaneta", to[0].Name)
	var parts []string
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(part.Body)
		require.NoError(t, err)
		if header, ok := part.Header.(*gomessage.AttachmentHeader); ok {
			name, err := header.Filename()
			require.NoError(t, err)
			parts = append(parts, name)
		}
		parts = append(parts, strings.TrimSpace(string(content)))
	}
	require.Equal(t, []string{"Zażółć", "<p>Zażółć</p>", "umowa ł.pdf", "%PDF-1.7"}, parts)
}

func TestSMTPEncrypts(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate of 127.0.0.1
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	for _, mode := range []string{TLSStart, TLSImplicit} {
		t.Run(mode, func(t *testing.T) {
			backend := &server{}
			settings := listen(t, backend, &tls.Config{Certificates: web.TLS.Certificates}, mode == TLSImplicit)
			settings.TLS = mode
			_, err := (&SMTP{Settings: settings}).Send(context.Background(), sample())
			requireError(t, err, Permanent, CodeTLS)
			_, err = (&SMTP{Settings: settings, Options: SMTPOptions{RootCAs: roots}}).Send(context.Background(), sample())
			require.NoError(t, err)
			require.Len(t, backend.messages, 1)
		})
	}
}

func TestSMTPClassifiesRefusals(t *testing.T) {
	cases := []struct {
		name    string
		backend *server
		change  func(*Settings, *Message)
		class   Class
		code    string
		status  int
	}{
		{"unknown mailbox", &server{rcptErr: &smtp.SMTPError{Code: 550, Message: "no such user"}}, nil, Permanent, CodeRejected, 550},
		{"greylisted", &server{rcptErr: &smtp.SMTPError{Code: 451, Message: "try later"}}, nil, Temporary, CodeRejected, 451},
		{"spam", &server{dataErr: &smtp.SMTPError{Code: 554, Message: "spam"}}, nil, Permanent, CodeRejected, 554},
		{"disk full", &server{dataErr: &smtp.SMTPError{Code: 452, Message: "full"}}, nil, Temporary, CodeRejected, 452},
		{"wrong password", &server{}, func(s *Settings, _ *Message) { s.Password = "guess" }, Permanent, CodeAuth, 535},
		{"no encryption", &server{}, func(s *Settings, _ *Message) { s.TLS = TLSStart }, Permanent, CodeTLS, 0},
		{"bad mode", &server{}, func(s *Settings, _ *Message) { s.TLS = "ssl3" }, Permanent, CodeNotConfigured, 0},
		{"bad recipient", &server{}, func(_ *Settings, m *Message) { m.To = "a b" }, Permanent, CodeBadMessage, 0},
		{"two recipients", &server{}, func(_ *Settings, m *Message) { m.To = "a@example.com, b@example.com" }, Permanent, CodeBadMessage, 0},
		{"no recipient", &server{}, func(_ *Settings, m *Message) { m.To = "" }, Permanent, CodeBadMessage, 0},
		{"no sender", &server{}, func(_ *Settings, m *Message) { m.From = "" }, Permanent, CodeNotConfigured, 0},
		{"no text", &server{}, func(_ *Settings, m *Message) { m.Text, m.HTML = "", "" }, Permanent, CodeBadMessage, 0},
		{"no id", &server{}, func(_ *Settings, m *Message) { m.MessageID = "a b" }, Permanent, CodeBadMessage, 0},
		{"too large", &server{}, func(_ *Settings, m *Message) { m.Attachments[0].Content = make([]byte, MaxBytes) }, Permanent, CodeBadMessage, 0},
		{"stopped", &server{}, func(_ *Settings, m *Message) {
			m.Sending = func(context.Context) error { return errors.New("lease lost") }
		}, Temporary, CodeUnreachable, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			settings, message := listen(t, c.backend, nil, false), sample()
			if c.change != nil {
				c.change(&settings, &message)
			}
			_, err := (&SMTP{Settings: settings}).Send(context.Background(), message)
			e := requireError(t, err, c.class, c.code)
			require.Equal(t, c.status, e.Status)
			require.Empty(t, c.backend.messages)
		})
	}
}

func TestSMTPServerDownIsTemporary(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	_, err = (&SMTP{Settings: Settings{Host: "127.0.0.1", Port: port, TLS: TLSNone}}).Send(context.Background(), sample())
	e := requireError(t, err, Temporary, CodeUnreachable)
	require.Contains(t, e.Message, fmt.Sprintf("127.0.0.1:%d", port))
}

// scripted answers one conversation; the connection breaks at the given command.
func scripted(t *testing.T, breakAt string) Settings {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // test server
		fmt.Fprint(conn, "220 test\r\n")
		lines := bufio.NewScanner(conn)
		inData := false
		for lines.Scan() {
			line := lines.Text()
			command, _, _ := strings.Cut(line, " ")
			if inData {
				if line != "." {
					continue
				}
				command, inData = ".", false
			}
			if command == breakAt {
				return
			}
			switch command {
			case "DATA":
				inData = true
				fmt.Fprint(conn, "354 go\r\n")
			default:
				fmt.Fprint(conn, "250 ok\r\n")
			}
		}
	}()
	return Settings{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: TLSNone}
}

func TestSMTPLostAnswerIsUnknownOnlyAfterEndOfData(t *testing.T) {
	cases := []struct {
		breakAt string
		class   Class
		code    string
	}{
		{"EHLO", Temporary, CodeUnreachable},
		{"MAIL", Temporary, CodeUnreachable},
		{"RCPT", Temporary, CodeUnreachable},
		{"DATA", Temporary, CodeUnreachable},
		{".", Unknown, CodeUnknown},
	}
	for _, c := range cases {
		t.Run(c.breakAt, func(t *testing.T) {
			_, err := (&SMTP{Settings: scripted(t, c.breakAt)}).Send(context.Background(), sample())
			requireError(t, err, c.class, c.code)
		})
	}
	for _, breakAt := range []string{"RSET", "QUIT"} {
		t.Run("accepted before "+breakAt, func(t *testing.T) {
			_, err := (&SMTP{Settings: scripted(t, breakAt)}).Send(context.Background(), sample())
			require.NoError(t, err)
		})
	}
}

type fakeSource struct {
	settings Settings
	err      error
}

func (f *fakeSource) MailSettings(context.Context) (Settings, error) { return f.settings, f.err }

type fakeOutbox struct {
	stored []Message
	err    error
}

func (f *fakeOutbox) Store(_ context.Context, m Message) error {
	f.stored = append(f.stored, m)
	return f.err
}

func TestDispatcherFollowsTheSettings(t *testing.T) {
	backend := &server{}
	smtpSettings := listen(t, backend, nil, false)
	source, outbox := &fakeSource{}, &fakeOutbox{}
	d := &Dispatcher{Source: source, Outbox: outbox}

	_, err := d.Send(context.Background(), sample())
	e := requireError(t, err, Permanent, CodeNotConfigured)
	require.Contains(t, e.Remedy, "Settings")

	source.settings = Settings{Provider: ProviderOutbox, From: "demo@example.com"}
	message := sample()
	message.From = ""
	result, err := d.Send(context.Background(), message)
	require.NoError(t, err)
	require.Equal(t, ProviderOutbox, result.Provider)
	require.Equal(t, "demo@example.com", outbox.stored[0].From)

	outbox.err = errors.New("disk")
	_, err = d.Send(context.Background(), message)
	requireError(t, err, Temporary, CodeOutbox)

	source.settings = smtpSettings
	_, err = d.Send(context.Background(), message)
	require.NoError(t, err)
	require.Len(t, backend.messages, 1)

	source.err = errors.New("locked")
	_, err = d.Send(context.Background(), message)
	requireError(t, err, Temporary, CodeNotConfigured)
}
