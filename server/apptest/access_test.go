package apptest_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/document"
)

func itoa(n int) string { return strconv.Itoa(n) }

// brokenTemplate is the demo contract with one placeholder misspelled.
func brokenTemplate(t *testing.T) []byte {
	t.Helper()
	good := document.DemoContract()
	in, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	require.NoError(t, err)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		if f.Name == "word/document.xml" {
			changed := strings.Replace(string(text), "<w:body>", "<w:body><w:p><w:r><w:t>{{ record.title + }}</w:t></w:r></w:p>", 1)
			require.NotEqual(t, string(text), changed)
			text = []byte(changed)
		}
		o, err := z.Create(f.Name)
		require.NoError(t, err)
		_, err = o.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

// Nobody is let in without a session, and every role meets its limits.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	nobody := w.Anonymous()
	public := map[string]bool{"/api/v1/session": true, "/api/v1/session/options": true}
	for _, r := range w.App.API.Routes() {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.Path, "/api/v1/") || public[r.Path] || strings.Contains(r.Path, "openapi") {
			continue
		}
		path := strings.NewReplacer(":key", "contract-preparation", ":version", "1", ":id", "x").Replace(r.Path)
		nobody.Get(path).Problem(401, "unauthenticated")
	}
	cases := []struct {
		who, method, path string
		body              any
	}{
		{"marta", "POST", "/definitions", map[string]any{"name": "x"}},
		{"marta", "GET", "/users", nil},
		{"marta", "GET", "/audit", nil},
		{"marta", "GET", "/settings/mail", nil},
		{"oscar", "POST", "/definitions/contract-preparation/versions", map[string]any{}},
		{"oscar", "POST", "/records/deal", map[string]any{"pipelineId": "sales"}},
		{"dana", "POST", "/runs/none/actions", map[string]any{"action": "cancel"}},
		{"anna", "PATCH", "/pipelines/sales", map[string]any{"name": "x"}},
		{"marta", "GET", "/tasks?view=all", nil},
	}
	for _, c := range cases {
		t.Run(c.who+" "+c.method+" "+c.path, func(t *testing.T) {
			a := w.As(c.who).Do(c.method, c.path, c.body, "If-Match", `"1"`).Problem(403, "forbidden")
			require.NotEmpty(t, a.Text("detail"))
			require.NotEmpty(t, a.Text("remedy"))
		})
	}
	// A deal of another department is out of a member's reach.
	deal := w.As("marta").Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	w.As("anna").Do("PATCH", "/records/deal/"+deal, map[string]any{"title": "Mine now"}, "If-Match", `"1"`).Problem(403, "forbidden")
	w.As("henrik").Do("PATCH", "/records/deal/"+deal, map[string]any{"title": "Scanners for Baltic Timber"}, "If-Match", `"1"`).Expect(200)
	w.As("henrik").Do("PATCH", "/records/deal/"+deal, map[string]any{"title": "Too late"}, "If-Match", `"1"`).Problem(409, "stale")
}

func TestForeignAndSecondCompletion(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	move(t, w)
	task := w.Task("marta", "Prepare the contract")
	foreign := w.As("anna").Post("/tasks/"+task+"/completion", map[string]any{}).Problem(403, "not_your_task")
	require.Contains(t, foreign.Text("detail"), "Marta Nowak")
	w.As("anna").Get("/tasks/"+task).Problem(403, "not_your_task")
	file := w.As("marta").Upload("/files", map[string]string{"owner": "task:" + task}, "scan.txt", []byte("signed")).Expect(201).Text("id")
	w.As("anna").Get("/files/"+file).Problem(403, "not_your_task")
	w.As("henrik").Get("/files/" + file).Expect(200)
	w.As("henrik").Get("/tasks/" + task).Expect(200) // her superior
	w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}, "If-Match", `"99"`).Problem(409, "stale")

	// Held back for its author, taken back, given again.
	held := w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{"undoSeconds": 6}).Expect(200)
	require.Equal(t, "decided", held.Text("task.status"))
	w.As("marta").Do("DELETE", "/tasks/"+task+"/completion", nil).Expect(200)
	done := w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{"comment": "ready"}).Expect(200)
	require.NotZero(t, done.Len("run.waits"), "the answer tells what the run waits for: %s", done.Raw)
	second := w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}).Problem(409, "already_decided")
	require.Equal(t, "marta", second.Text("decision.by"))
	require.Equal(t, "ready", second.Text("decision.comment"))
	late := w.As("anna").Post("/tasks/"+task+"/completion", map[string]any{}).Problem(403, "not_your_task")
	require.Nil(t, late.At("decision"), "how it ended is for those whose it was")
	w.As("marta").Do("DELETE", "/tasks/"+task+"/completion", nil).Problem(409, "not_undoable")
}

func TestDelegation(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	move(t, w)
	task := w.Task("marta", "Prepare the contract")
	w.As("anna").Post("/tasks/"+task+"/delegation", map[string]any{"to": "oscar"}).Problem(403, "not_your_task")
	w.As("marta").Post("/tasks/"+task+"/delegation", map[string]any{"to": "nobody"}).Problem(422, "validation")
	w.As("marta").Post("/tasks/"+task+"/delegation", map[string]any{"to": "oscar", "reason": "away"}).Expect(200)
	require.Equal(t, task, w.Task("oscar", "Prepare the contract"))
	require.EqualValues(t, 1, w.As("marta").Get("/tasks/counts").Expect(200).At("delegated"))
	require.Equal(t, task, w.As("marta").Get("/tasks?view=delegated").Expect(200).Text("items.0.id"))
	w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}).Problem(403, "not_your_task")
	w.As("oscar").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	first := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Once"}, "Idempotency-Key", "k1").Expect(201)
	again := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Once"}, "Idempotency-Key", "k1").Expect(201)
	require.JSONEq(t, string(first.Raw), string(again.Raw))
	require.Equal(t, first.ETag(), again.ETag())
	require.Equal(t, "true", again.Header.Get("Idempotent-Replay"))
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Twice"}, "Idempotency-Key", "k1").Problem(409, "idempotency_reused")
	w.As("henrik").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "His"}, "Idempotency-Key", "k1").Expect(201)
	marta.Post("/records/deal", map[string]any{"pipelineId": "none", "title": "x"}, "Idempotency-Key", "k2")
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Mended"}, "Idempotency-Key", "k2").Expect(201)
	require.Equal(t, 1, marta.Get("/records/deal?q=Once").Expect(200).Len("items"))
}

// A server that dies between a change and its answer has made the thing, and does not
// know it: who asks again under the key gets that thing and no second one.
func TestIdempotencyKeysOutliveTheAnswer(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	type unanswered struct {
		docstore.Entity
		Request string `json:"request"`
		AtMs    int64  `json:"atMs"`
		Status  int    `json:"status"`
	}
	answers, err := docstore.NewTyped[unanswered](t.Context(), w.App.Stores.Documents, docstore.Spec{Name: "answers", Indexes: []docstore.Index{{Paths: []string{"atMs"}}}})
	require.NoError(t, err)
	for path, body := range map[string]map[string]any{
		"/records/deal": {"pipelineId": "sales", "title": "Lost answer"},
		"/contacts":     {"lastName": "Lostanswer"},
		"/companies":    {"name": "Lost answer"},
	} {
		first := marta.Post(path, body, "Idempotency-Key", path).Expect(201)
		all, _, err := answers.Find(t.Context(), docstore.Query{Sort: "atMs", Limit: 100})
		require.NoError(t, err)
		for _, a := range all {
			a.Status, a.AtMs = 0, 1
			_, err := answers.Save(t.Context(), a)
			require.NoError(t, err)
		}
		again := marta.Post(path, body, "Idempotency-Key", path).Expect(201)
		require.Empty(t, again.Header.Get("Idempotent-Replay"))
		require.Equal(t, first.Text("id"), again.Text("id"))
	}
}

func TestCrossSiteRequestsAndLimits(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Limits.RequestsPerMinute = 240 }})
	marta := w.As("marta")
	marta.Do("POST", "/notifications/read", map[string]any{"all": true}, "Sec-Fetch-Site", "cross-site").Problem(403, "cross_origin")
	marta.Do("POST", "/notifications/read", map[string]any{"all": true}, "Sec-Fetch-Site", "same-origin").Expect(204)
	page := marta.Get("//").Expect(200)
	require.Contains(t, page.Header.Get("Content-Security-Policy"), "script-src 'self'")
	require.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"))
	limited := false
	for range 300 {
		if a := marta.Get("/notifications/count"); a.Status == 429 {
			a.Problem(429, "too_many_requests")
			require.NotEmpty(t, a.Header.Get("Retry-After"))
			limited = true
			break
		}
	}
	require.True(t, limited)
	w.Clock.Advance(time.Minute)
	marta.Get("/notifications/count").Expect(200)
}

func TestFirstAdministratorAndPasswords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true})
	c := w.Anonymous()
	require.Equal(t, true, c.Get("/session/options").Expect(200).At("setupNeeded"))
	c.Post("/session/demo", map[string]any{"login": "marta"}).Problem(401, "invalid_credentials")
	code, err := w.App.SetupCode(t.Context())
	require.NoError(t, err)
	c.Post("/setup", map[string]any{"login": "root", "name": "Root", "email": "root@example.test", "password": "correct horse battery", "code": "AAAA-BBBB-CCCC"}).Problem(403, "setup_code")
	c.Post("/setup", map[string]any{"login": "root", "name": "Root", "email": "root@example.test", "password": "correct horse battery", "code": code}).Expect(201)
	require.Equal(t, "root", c.Get("/session").Expect(200).Text("user.login"))
	require.Equal(t, 4, c.Get("/pipelines").Expect(200).Len("items"), "there is a board of each type to begin with")
	w.Anonymous().Post("/setup", map[string]any{"login": "evil", "name": "Evil", "email": "e@example.test", "password": "correct horse battery", "code": code}).Problem(409, "setup_done")
	w.Anonymous().Post("/session", map[string]any{"login": "root", "password": "wrong password"}).Problem(401, "invalid_credentials")
	other := w.Anonymous()
	other.Post("/session", map[string]any{"login": "root", "password": "correct horse battery"}).Expect(201)
	token := other.Post("/tokens", map[string]any{"name": "ci"}).Expect(201)
	require.NotEmpty(t, token.Text("token"))
	require.NotContains(t, string(other.Get("/tokens").Expect(200).Raw), token.Text("token"))
	w.Anonymous().Do("GET", "/users", nil, "Authorization", "Bearer "+token.Text("token")).Expect(200)
	other.Do("DELETE", "/tokens/"+token.Text("id"), nil).Expect(204)
	w.Anonymous().Do("GET", "/users", nil, "Authorization", "Bearer "+token.Text("token")).Expect(401)
	other.Do("DELETE", "/session", nil).Expect(204)
	other.Get("/users").Problem(401, "unauthenticated")
}

func TestSetupSpeaksTheLanguageOfItsPage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true})
	c := w.Anonymous()
	code, err := w.App.SetupCode(t.Context())
	require.NoError(t, err)
	typed := strings.ToLower(strings.ReplaceAll(code, "-", ""))
	c.Do("POST", "/setup", map[string]any{"login": "root", "name": "Root", "email": "root@example.test", "password": "correct horse battery", "code": typed},
		"Accept-Language", "ru").Expect(201)
	require.Equal(t, "ru", c.Get("/session").Expect(200).Text("user.language"))
	require.Equal(t, "Продажи", c.Get("/pipelines?type=deal").Expect(200).Text("items.0.name"))
}

// socket is a person's live connection; reading moves the clock while it waits,
// because followers of a first event are held back for a moment.
type socket struct {
	*websocket.Conn
	w        *apptest.World
	messages chan live
}

func dial(t *testing.T, w *apptest.World, login, origin string) (*socket, *http.Response, error) {
	t.Helper()
	h := http.Header{"Cookie": {w.As(login).Cookie()}}
	if origin != "" {
		h.Set("Origin", origin)
	}
	c, r, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.URL, "http")+"/api/v1/live", h)
	if err != nil {
		return nil, r, err
	}
	t.Cleanup(func() { _ = c.Close() })
	s := &socket{Conn: c, w: w, messages: make(chan live, 100)}
	go func() {
		defer close(s.messages)
		for {
			var m live
			if c.ReadJSON(&m) != nil {
				return
			}
			s.messages <- m
		}
	}()
	return s, r, nil
}

type live struct {
	Type, Topic, Code, Detail, Epoch string
	Seq, FromSeq, ToSeq              int64
	Data                             map[string]any
	Events                           []map[string]any
}

func next(t *testing.T, c *socket) live {
	t.Helper()
	var m live
	c.w.Eventually("a message arrives", 20*time.Millisecond, func() bool {
		select {
		case got, ok := <-c.messages:
			require.True(t, ok, "the connection was closed")
			m = got
			return true
		default:
			return false
		}
	})
	return m
}

func TestLiveTopics(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	_, r, err := dial(t, w, "marta", "http://evil.test")
	require.Error(t, err)
	require.Equal(t, 403, r.StatusCode)
	_, r, err = websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.URL, "http")+"/api/v1/live", nil)
	require.Error(t, err)
	require.Equal(t, 401, r.StatusCode)

	_, run := move(t, w)
	task := w.Task("marta", "Prepare the contract")

	anna, _, err := dial(t, w, "anna", "")
	require.NoError(t, err)
	for _, topic := range []string{"run:" + run, "definition:contract-preparation", "run:none", "audit"} {
		require.NoError(t, anna.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
		m := next(t, anna)
		require.Equal(t, "denied", m.Type, "%s: %v", topic, m)
		require.NotEmpty(t, m.Detail)
	}
	require.NoError(t, anna.WriteJSON(map[string]any{"type": "ping"}))
	require.Equal(t, "pong", next(t, anna).Type)
	require.NoError(t, anna.WriteMessage(websocket.TextMessage, []byte("{")))
	require.Equal(t, "error", next(t, anna).Type)

	oscar, _, err := dial(t, w, "oscar", w.URL)
	require.NoError(t, err)
	require.NoError(t, oscar.WriteJSON(map[string]any{"type": "subscribe", "topic": "run:" + run}))
	snapshot := next(t, oscar)
	require.Equal(t, "snapshot", snapshot.Type)
	require.NotEmpty(t, snapshot.Data["nodeStates"])
	henrik, _, err := dial(t, w, "henrik", "")
	require.NoError(t, err)
	require.NoError(t, henrik.WriteJSON(map[string]any{"type": "subscribe", "topic": "inbox"}))
	require.Equal(t, "snapshot", next(t, henrik).Type)

	w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
	seq := snapshot.Seq
	for entered := false; !entered; {
		m := next(t, oscar)
		require.Equal(t, "event", m.Type, "%v", m)
		require.Equal(t, seq+1, m.FromSeq, "contiguous")
		seq = m.ToSeq
		for _, e := range m.Events {
			entered = entered || e["kind"] == "nodeEntered" && e["node"] == "ok"
		}
	}
	opened := next(t, henrik)
	require.Equal(t, "inbox", opened.Topic)
	require.Equal(t, "taskOpened", opened.Events[0]["kind"])
	require.NoError(t, oscar.WriteJSON(map[string]any{"type": "range", "topic": "run:" + run, "from": snapshot.Seq + 1, "to": seq}))
	ranged := next(t, oscar)
	require.Equal(t, snapshot.Seq+1, ranged.FromSeq)
}

func TestBoardIsLive(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	oscar, _, err := dial(t, w, "oscar", "")
	require.NoError(t, err)
	require.NoError(t, oscar.WriteJSON(map[string]any{"type": "subscribe", "topic": "board:sales"}))
	require.Equal(t, "snapshot", next(t, oscar).Type)
	deal, _ := move(t, w)
	for {
		m := next(t, oscar)
		require.Equal(t, "event", m.Type)
		for _, e := range m.Events {
			if e["kind"] == "recordMoved" && e["record"].(map[string]any)["id"] == deal {
				return
			}
		}
	}
}

// Whoever signs out, or is signed out, sees nothing any more, also where a page stays open
// that answers nothing.
func TestLiveEndsWithTheSession(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	gone := func(what string, c *socket) {
		t.Helper()
		w.Eventually(what+" is cut off", 20*time.Millisecond, func() bool {
			select {
			case _, open := <-c.messages:
				return !open
			default:
				return false
			}
		})
	}
	watching := func(login string) *socket {
		t.Helper()
		c, _, err := dial(t, w, login, "")
		require.NoError(t, err)
		c.SetPingHandler(func(string) error { return nil }) // it gives no sign of life
		require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": "inbox"}))
		require.Equal(t, "snapshot", next(t, c).Type)
		return c
	}
	anna, marta, henrik := watching("anna"), watching("marta"), watching("henrik")
	w.As("anna").Do("DELETE", "/session", nil).Expect(204)
	gone("who signed out", anna)
	ada := w.As("ada")
	ada.Do("PATCH", "/users/henrik", map[string]any{"active": false}, "If-Match", ada.Get("/users/henrik").ETag()).Expect(200)
	gone("who has left", henrik)
	require.NoError(t, marta.WriteJSON(map[string]any{"type": "ping"}))
	require.Equal(t, "pong", next(t, marta).Type, "the others stay")
}

// Subscriptions count like requests: who asks too often waits in the socket, and nothing
// of it is lost.
func TestLiveIsAskedNoMoreThanTheRest(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Limits.RequestsPerMinute = 60 }})
	c, _, err := dial(t, w, "oscar", "")
	require.NoError(t, err)
	began := w.Clock.Now()
	const asked = 30
	for range asked {
		require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": "inbox"}))
		require.NoError(t, c.WriteJSON(map[string]any{"type": "unsubscribe", "topic": "inbox"}))
	}
	for range asked {
		require.Equal(t, "snapshot", next(t, c).Type)
	}
	require.GreaterOrEqual(t, w.Clock.Now().Sub(began), 10*time.Second, "a burst of fifteen, then one in a second")
}
