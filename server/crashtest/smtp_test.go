package crashtest

import (
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// mailbox is a real SMTP server that counts what it accepted by Message-ID.
type mailbox struct {
	port int

	mu       sync.Mutex
	byID     map[string]int
	subjects map[string]int
}

func startMailbox(t *testing.T) *mailbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m := &mailbox{port: listener.Addr().(*net.TCPAddr).Port, byID: map[string]int{}, subjects: map[string]int{}}
	server := smtp.NewServer(m)
	server.Domain = "localhost"
	server.MaxMessageBytes = 32 << 20
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return m
}

// NewSession accepts everybody.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }

func (m *mailbox) received(subject string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for s, count := range m.subjects {
		if strings.Contains(s, subject) {
			n += count
		}
	}
	return n
}

func (m *mailbox) twice() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for id, n := range m.byID {
		if n > 1 {
			out = append(out, id)
		}
	}
	return out
}

type delivery struct{ box *mailbox }

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d *delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (d *delivery) Reset()                               {}
func (d *delivery) Logout() error                        { return nil }

func (d *delivery) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, message.Body); err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.byID[message.Header.Get("Message-Id")]++
	d.box.subjects[message.Header.Get("Subject")]++
	return nil
}
