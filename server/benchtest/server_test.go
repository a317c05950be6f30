package benchtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/webui"
)

// server is the real application on SQLite and the machine's clock, in this
// process, so that its clients share the processors with it.
type server struct {
	*app.App
	url    string
	data   string
	http   *http.Client
	admin  identity.User
	system context.Context
	stop   func()
}

// noOffice is a machine without LibreOffice: nothing here makes a document.
type noOffice struct{}

func (noOffice) PDF(context.Context, []byte) ([]byte, error) {
	return nil, document.ErrConverterMissing
}
func (noOffice) Ready() error { return document.ErrConverterMissing }

const password = "a long enough passphrase"

// newServer starts a server with all its loops.
func newServer(b *testing.B) *server {
	b.Helper()
	s := newIdleServer(b)
	s.work(b)
	return s
}

// work starts the loops of an idle server.
func (s *server) work(b *testing.B) {
	b.Helper()
	work, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { s.Work(work) })
	closeIt := s.stop
	s.stop = sync.OnceFunc(func() {
		s.CloseSockets()
		cancel()
		all.Wait()
		closeIt()
	})
	b.Cleanup(s.stop)
}

// newIdleServer makes a server that answers requests and does nothing else.
func newIdleServer(b *testing.B) *server {
	b.Helper()
	s := newServerOn(b, b.TempDir())
	s.admin = s.user(b, "ada", access.Administrator)
	return s
}

// newServerOn makes an idle server on the data of another one, or on an empty folder.
func newServerOn(b *testing.B, data string) *server {
	b.Helper()
	s := &server{data: data, system: access.With(context.Background(), access.Actor{System: true})}
	c := config.Default()
	c.DataDir = s.data
	c.Database = "sqlite:" + filepath.Join(s.data, "fluxo.db")
	c.PublicURL = "http://fluxo.test"
	c.Limits.RequestsPerMinute = 0
	var err error
	s.App, err = app.New(s.system, c, app.Options{Version: "bench", Converter: noOffice{},
		UI: webui.New(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}),
		Identity: func(o *identity.Options) {
			o.Hash = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}
		}})
	require.NoError(b, err)
	web := httptest.NewServer(s.API.Handler())
	s.url = web.URL
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: time.Minute}
	s.stop = sync.OnceFunc(func() {
		s.http.CloseIdleConnections()
		web.Close()
		require.NoError(b, s.Close())
	})
	b.Cleanup(s.stop)
	return s
}

func (s *server) user(b *testing.B, login string, roles ...string) identity.User {
	b.Helper()
	u, err := s.Identity.CreateUser(s.system, identity.NewUser{Login: login, Name: login, Email: login + "@example.com", Roles: roles, Password: password})
	require.NoError(b, err)
	return u
}

// cookie is a new session of a user.
func (s *server) cookie(b *testing.B, login string) string {
	b.Helper()
	key, _, err := s.Identity.SignIn(s.system, identity.SignIn{Login: login, Password: password, Address: rand.Text()})
	require.NoError(b, err)
	return s.Identity.Cookie(key, false).String()
}

// publish makes a definition with one node between start and end.
func (s *server) publish(b *testing.B, key, node string) {
	b.Helper()
	d, err := s.Definitions.Create(s.system, definition.NewDefinition{Key: key, Name: key}, s.admin.ID)
	require.NoError(b, err)
	text := `{"format":"fluxo/process@1","key":"` + key + `","name":"` + key + `","nodes":[{"id":"start","kind":"startEvent","trigger":{"on":"manual"}},{"id":"wait",` + node +
		`},{"id":"end","kind":"endEvent"}],"flows":[{"id":"f1","from":"start","to":"wait"},{"id":"f2","from":"wait","to":"end"}]}`
	saved, err := s.Definitions.PutDraft(s.system, key, d.DraftRev, json.RawMessage(text), s.admin.ID)
	require.NoError(b, err)
	var warnings []string
	for _, f := range saved.Findings {
		warnings = append(warnings, f.Code)
	}
	_, err = s.Definitions.Publish(s.system, key, saved.DraftRev, "", warnings, s.admin.ID)
	require.NoError(b, err)
}

// call sends a request and reads its answer.
func (s *server) call(cookie, method, path string, body, into any) error {
	var text io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(method, s.url+"/api/v1"+path, text)
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, raw)
	}
	if into != nil {
		return json.Unmarshal(raw, into)
	}
	return nil
}

// socket opens a live connection.
func (s *server) socket(cookie string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{HandshakeTimeout: time.Minute, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}
	ws, answer, err := dialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/api/v1/live", http.Header{"Cookie": {cookie}})
	if answer != nil {
		answer.Body.Close()
	}
	return ws, err
}

// liveMessage is what a socket sends.
type liveMessage struct {
	Type    string            `json:"type"`
	Topic   string            `json:"topic"`
	FromSeq int64             `json:"fromSeq"`
	ToSeq   int64             `json:"toSeq"`
	Events  []json.RawMessage `json:"events"`
}

// subscribe asks for a topic and waits for its snapshot.
func subscribe(ws *websocket.Conn, topic string) error {
	if err := ws.WriteJSON(map[string]string{"type": "subscribe", "topic": topic}); err != nil {
		return err
	}
	for {
		var m liveMessage
		if err := ws.ReadJSON(&m); err != nil {
			return err
		}
		if m.Topic == topic && m.Type == "snapshot" {
			return nil
		}
		if m.Type == "denied" {
			return fmt.Errorf("subscription to %s was denied", topic)
		}
	}
}
