// Package apptest starts the real application with a fake clock and a chosen
// store, and talks to it over HTTP as the people of the demo company. Only
// tests use it.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/webui"
)

// Start of the fake clock: a Friday morning, so that working days matter.
var Start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// World is one running application.
type World struct {
	T     testing.TB
	App   *app.App
	Clock *clock.Fake
	URL   string

	converter *converter
	config    config.Config
	options   app.Options
	stop      func()
	behind    bool // the relay is held: what happens is told later

	mu      sync.Mutex
	clients map[string]*Client
}

// Options choose what differs from test to test; the zero value is a demo
// company in memory.
type Options struct {
	// SQLite keeps the data in a file of the test's folder.
	SQLite bool
	// MongoDB is the connection string of a server; the test's Database on it is
	// made and dropped.
	MongoDB, Database string
	// Lazy makes the memory store behave like one without transactions.
	Lazy bool
	// Shared makes the memory store one that several applications work on, without
	// transactions; Beside starts the next one on the store and clock of another.
	Shared bool
	Beside *World
	// Bare leaves the installation empty: nobody has an account.
	Bare bool
	// NoPDF is a machine without LibreOffice.
	NoPDF bool
	// Boards gives the triggers of pipelines.
	Boards trigger.Boards
	// Change edits the configuration.
	Change func(*config.Config)
}

// converter stands for LibreOffice: what it makes begins like a PDF.
type converter struct{ missing atomic.Bool }

func (c *converter) PDF(_ context.Context, docx []byte) ([]byte, error) {
	if err := c.Ready(); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%%PDF-1.4\n%% of %d bytes\n%%%%EOF\n", len(docx)), nil
}

func (c *converter) Ready() error {
	if c.missing.Load() {
		return document.ErrConverterMissing
	}
	return nil
}

// InstallConverter mends a machine without LibreOffice.
func (w *World) InstallConverter() { w.converter.missing.Store(false) }

// New starts an application that ends with the test.
func New(t testing.TB, o Options) *World {
	t.Helper()
	k := clock.NewFake(Start)
	if o.Beside != nil {
		k = o.Beside.Clock
	}
	c := config.Default()
	c.Demo = !o.Bare
	c.DataDir = t.TempDir()
	c.Database = "sqlite:" + c.DataDir + "/fluxo.db"
	c.PublicURL = "http://fluxo.test"
	c.Limits.RequestsPerMinute = 0
	c.Drain = time.Second
	if o.Change != nil {
		o.Change(&c)
	}
	pdf := &converter{}
	pdf.missing.Store(o.NoPDF)
	options := app.Options{Clock: k, Version: "test", Converter: pdf, SecretKey: bytes.Repeat([]byte{7}, 32), Boards: o.Boards,
		UI: webui.New(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}),
		Identity: func(i *identity.Options) {
			i.Hash = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}
		}}
	if o.MongoDB != "" {
		stores, err := app.OpenMongoDB(context.Background(), o.MongoDB, mongodb.Options{Database: o.Database}, k, file.Options{})
		require.NoError(t, err)
		options.Stores = stores
		t.Cleanup(func() {
			db, err := mongodb.Open(context.Background(), o.MongoDB, mongodb.Options{Database: o.Database})
			require.NoError(t, err)
			require.NoError(t, db.Drop(context.Background()))
			require.NoError(t, db.Close(context.Background()))
		})
	} else if o.Beside != nil {
		options.Stores = o.Beside.App.Stores
	} else if !o.SQLite {
		options.Stores = app.Memory(k, o.Lazy || o.Shared)
		options.Stores.Shared = o.Shared
	}
	w := &World{T: t, Clock: k, converter: pdf, config: c, options: options, clients: map[string]*Client{}}
	w.start(!o.Bare)
	t.Cleanup(func() { w.stop() })
	return w
}

// start opens the application on its stores and serves it.
func (w *World) start(seed bool) {
	ctx := context.Background()
	a, err := app.New(ctx, w.config, w.options)
	require.NoError(w.T, err)
	if seed {
		require.NoError(w.T, a.Seed(ctx))
	}
	server := httptest.NewServer(a.API.Handler())
	work, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { a.Work(work) })
	w.App, w.URL = a, server.URL
	if seed {
		w.told()
	}
	w.stop = func() {
		a.CloseSockets()
		stop()
		done.Wait()
		server.Close()
		require.NoError(w.T, a.Close())
	}
}

// told waits until what has happened so far is delivered. The clock stands still
// in a test, so that nobody could tell what came before a rule from what came after;
// only servers that share a store look for work as it moves.
func (w *World) told() {
	w.T.Helper()
	stores := w.App.Stores
	require.Eventually(w.T, func() bool {
		left, err := stores.Documents.Pending(w.T.Context(), 1)
		if err == nil && len(left) == 0 {
			return true
		}
		if stores.Shared {
			w.Clock.Advance(100 * time.Millisecond)
		}
		return false
	}, time.Minute, time.Millisecond, "what has happened is delivered")
}

// Behind lets things happen while nobody tells of them, as when the relay has much
// to do, and lets it tell of them afterwards. The world must be Shared.
func (w *World) Behind(happens func()) {
	w.T.Helper()
	require.True(w.T, w.options.Stores.Shared, "only servers that share a store take turns")
	leases, err := w.App.Stores.Documents.Collection(w.T.Context(), docstore.Spec{Name: "relayLeases"})
	require.NoError(w.T, err)
	pass := func(until time.Time) {
		w.T.Helper()
		require.Eventually(w.T, func() bool { // the server may be prolonging it
			d, err := leases.Get(w.T.Context(), "relay")
			if err != nil {
				return false
			}
			d.Body = fmt.Appendf(nil, `{"owner":"another","until":%q}`, docstore.At(until).String())
			_, err = leases.Save(w.T.Context(), d)
			return err == nil
		}, 20*time.Second, time.Millisecond, "the lease is another's")
	}
	w.told()
	pass(w.Clock.Now().Add(365 * 24 * time.Hour))
	w.behind = true
	happens()
	w.behind = false
	pass(w.Clock.Now().Add(-time.Second))
	w.Clock.Advance(2 * time.Second) // the server asks for the lease again
	w.told()
}

// makesRules tells of a request whose rules hear of what happens from then on.
func makesRules(method, path string) bool {
	return method == http.MethodPut && strings.HasPrefix(path, "/stage-boards/") ||
		method != http.MethodGet && strings.HasPrefix(path, "/status-processes") ||
		method == http.MethodPost && strings.HasSuffix(path, "/publish")
}

// Restart ends the application and starts it again on the same file (Options.SQLite),
// after as much time as the clock is moved by meanwhile. Browsers stay signed in.
func (w *World) Restart(meanwhile time.Duration) {
	w.T.Helper()
	require.Nil(w.T, w.options.Stores, "only what is kept in a file comes back")
	w.stop()
	w.Clock.Advance(meanwhile)
	w.start(false)
}

// Client is one person's browser.
type Client struct {
	w    *World
	http *http.Client
}

// Anonymous is a browser without a session.
func (w *World) Anonymous() *Client {
	jar, err := cookiejar.New(nil)
	require.NoError(w.T, err)
	return &Client{w: w, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// As is the browser of a demo user, signed in.
func (w *World) As(login string) *Client {
	w.T.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if c, ok := w.clients[login]; ok {
		return c
	}
	c := w.Anonymous()
	c.Post("/session/demo", map[string]any{"login": login}).Expect(201)
	w.clients[login] = c
	return c
}

// SignOutAll forgets the browsers: the next As signs in again.
func (w *World) SignOutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.clients)
}

// Cookie is the session of the browser, for websockets.
func (c *Client) Cookie() string {
	r, err := http.NewRequest(http.MethodGet, c.w.URL+"/api/v1/session", nil)
	require.NoError(c.w.T, err)
	var parts []string
	for _, cookie := range c.http.Jar.Cookies(r.URL) {
		parts = append(parts, cookie.String())
	}
	return strings.Join(parts, "; ")
}

// Answer is a response with its body read.
type Answer struct {
	T      testing.TB
	Status int
	Header http.Header
	Raw    []byte
	What   string
}

// Do sends a request; headers are name and value by turns. A []byte or string
// body goes as it is, anything else as JSON.
func (c *Client) Do(method, path string, body any, headers ...string) *Answer {
	t := c.w.T
	t.Helper()
	if makesRules(method, path) && !c.w.behind {
		c.w.told()
	}
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(t, err)
		reader = bytes.NewReader(text)
	}
	url := path
	if !strings.HasPrefix(path, "http") {
		if !strings.HasPrefix(path, "/api") && !strings.HasPrefix(path, "//") {
			path = "/api/v1" + path
		}
		url = c.w.URL + strings.TrimPrefix(path, "/") // "//x" is an address outside the API
		if !strings.HasPrefix(path, "//") {
			url = c.w.URL + path
		}
	}
	r, err := http.NewRequest(method, url, reader)
	require.NoError(t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return &Answer{T: t, Status: response.StatusCode, Header: response.Header, Raw: raw, What: method + " " + path}
}

// Get reads.
func (c *Client) Get(path string) *Answer { c.w.T.Helper(); return c.Do(http.MethodGet, path, nil) }

// Post sends JSON.
func (c *Client) Post(path string, body any, headers ...string) *Answer {
	c.w.T.Helper()
	return c.Do(http.MethodPost, path, body, headers...)
}

// Upload sends a file.
func (c *Client) Upload(path string, fields map[string]string, name string, content []byte) *Answer {
	c.w.T.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for key, value := range fields {
		require.NoError(c.w.T, m.WriteField(key, value))
	}
	part, err := m.CreateFormFile("file", name)
	require.NoError(c.w.T, err)
	_, err = part.Write(content)
	require.NoError(c.w.T, err)
	require.NoError(c.w.T, m.Close())
	return c.Do(http.MethodPost, path, b.Bytes(), "Content-Type", m.FormDataContentType())
}

// Expect checks the status and shows the body when it differs.
func (a *Answer) Expect(status int) *Answer {
	a.T.Helper()
	require.Equal(a.T, status, a.Status, "%s answered %s", a.What, a.Raw)
	return a
}

// Problem checks that the answer is a problem document with this code.
func (a *Answer) Problem(status int, code string) *Answer {
	a.T.Helper()
	a.Expect(status)
	require.Equal(a.T, "application/problem+json", a.Header.Get("Content-Type"), "%s", a.Raw)
	require.Equal(a.T, code, a.Text("code"), "%s", a.Raw)
	require.NotEmpty(a.T, a.Text("instance"), "the request id")
	require.NotRegexp(a.T, `\{[a-z]+\}`, a.Text("title")+a.Text("remedy"), "everything is filled in")
	return a
}

// At reads a value of the body by a path such as "items.0.id".
func (a *Answer) At(path string) any {
	a.T.Helper()
	var v any
	require.NoError(a.T, json.Unmarshal(a.Raw, &v), "%s: %s", a.What, a.Raw)
	for step := range strings.SplitSeq(path, ".") {
		switch c := v.(type) {
		case map[string]any:
			v = c[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(c) {
				return nil
			}
			v = c[i]
		default:
			return nil
		}
	}
	return v
}

// Text reads a text of the body.
func (a *Answer) Text(path string) string { a.T.Helper(); s, _ := a.At(path).(string); return s }

// Len is the length of a list of the body.
func (a *Answer) Len(path string) int { a.T.Helper(); l, _ := a.At(path).([]any); return len(l) }

// ETag is the version of the answer.
func (a *Answer) ETag() string { return a.Header.Get("ETag") }

// Eventually waits until the loops of the application have brought a condition
// about, moving the clock by step each time it does not hold yet. With no step the
// clock stands, unless nothing has come of it for long: whoever met another writer
// tries again by the clock.
func (w *World) Eventually(what string, step time.Duration, holds func() bool) {
	w.T.Helper()
	polls := 0
	require.Eventually(w.T, func() bool {
		if holds() {
			return true
		}
		if polls++; polls%200 == 0 {
			w.Clock.Advance(max(step, 1500*time.Millisecond))
		} else {
			w.Clock.Advance(step)
		}
		return false
	}, 20*time.Second, 5*time.Millisecond, what)
}

// Task waits for a person's open task of this name and returns its id.
func (w *World) Task(login, name string) string {
	w.T.Helper()
	id := ""
	w.Eventually(login+" gets the task "+name, 10*time.Millisecond, func() bool {
		for _, view := range []string{"mine", "group"} {
			list := w.As(login).Get("/tasks?view=" + view).Expect(200)
			for i := range list.Len("items") {
				if list.Text(fmt.Sprintf("items.%d.name", i)) == name {
					id = list.Text(fmt.Sprintf("items.%d.id", i))
					return true
				}
			}
		}
		return false
	})
	return id
}
