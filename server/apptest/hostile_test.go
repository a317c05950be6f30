package apptest_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/document"
)

// A cursor that no list gave is the caller's mistake in every list.
func TestForgedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	for _, list := range []string{"/records/deal?", "/contacts?", "/companies?", "/definitions?", "/definitions/contract-preparation/versions?", "/runs?",
		"/incidents?", "/tasks?view=all&", "/tasks?view=mine&", "/notifications?", "/outbox?", "/audit?", "/users?"} {
		for _, forged := range []string{"x", "AAAA", "%00", "bnVsbA", "WzEsMl0", "eyJhIjoxfQ==", strings.Repeat("9", 400)} {
			w.As("ada").Get(list+"cursor="+forged).Problem(400, "bad_request")
		}
	}
}

// What is told of all runs together is not for those who see only their own.
func TestSummariesOfAllRunsNeedTheRightToAllRuns(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	for _, path := range []string{"/incidents", "/definitions/contract-preparation/counts"} {
		w.As("anna").Get(path).Problem(403, "forbidden")
		w.As("dana").Get(path).Expect(200)
		w.As("oscar").Get(path).Expect(200)
	}
}

// A token that may do less than its owner sees no more over a socket either.
func TestLiveKeepsToTheRolesOfAToken(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	oscar := ada.Get("/users/oscar").Expect(200)
	ada.Do("PATCH", "/users/oscar", map[string]any{"roles": []string{"operator", "member"}}, "If-Match", oscar.ETag()).Expect(200)
	subscribe := func(roles ...string) string {
		token := w.As("oscar").Post("/tokens", map[string]any{"name": "program", "roles": roles}).Expect(201)
		c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.URL, "http")+"/api/v1/live", http.Header{"Authorization": {"Bearer " + token.Text("token")}})
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": "definition:contract-preparation"}))
		var m live
		require.NoError(t, c.ReadJSON(&m))
		return m.Type
	}
	require.Equal(t, "snapshot", subscribe("operator"))
	require.Equal(t, "denied", subscribe("member"))
	// Nor does it once the token is revoked.
	token := w.As("oscar").Post("/tokens", map[string]any{"name": "program"}).Expect(201)
	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.URL, "http")+"/api/v1/live", http.Header{"Authorization": {"Bearer " + token.Text("token")}})
	require.NoError(t, err)
	defer c.Close()
	w.As("oscar").Do("DELETE", "/tokens/"+token.Text("id"), nil).Expect(204)
	_ = c.WriteJSON(map[string]any{"type": "subscribe", "topic": "board:sales"}) // it may be closed already
	for {
		var m live
		if err := c.ReadJSON(&m); err != nil {
			require.True(t, websocket.IsCloseError(err, websocket.ClosePolicyViolation), "%v", err)
			break
		}
		require.Equal(t, "denied", m.Type)
		require.Equal(t, "unauthenticated", m.Code)
	}
}

// Files belong to something that exists, arrive whole, and come with words of
// reasonable length.
func TestUploadsBelongSomewhere(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	text := []byte("hello")
	w.As("dana").Upload("/files", map[string]string{"owner": "template:none"}, "a.txt", text).Problem(404, "not_found")
	w.As("ada").Upload("/files", map[string]string{"owner": "mail:none"}, "a.txt", text).Problem(404, "not_found")
	deal := w.As("marta").Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	short := "--x\r\nContent-Disposition: form-data; name=\"owner\"\r\n\r\ndeal:" + deal +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"short.txt\"\r\n\r\nhel"
	broken := w.As("marta").Do("POST", "/files", short, "Content-Type", "multipart/form-data; boundary=x").Problem(400, "bad_request")
	require.Equal(t, "/file", broken.Text("errors.0.path"))
	require.Zero(t, w.As("marta").Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))

	for field, words := range map[string]string{"name": strings.Repeat("n", 201), "description": strings.Repeat("ż", 2001), "recordType": "../users",
		"extra": strings.Repeat("x", 17<<10)} {
		fields := map[string]string{"key": "mine", "name": "Mine"}
		fields[field] = words
		a := w.As("dana").Upload("/templates", fields, "t.docx", document.DemoContract()).Problem(422, "validation")
		require.Equal(t, "/"+field, a.Text("errors.0.path"))
		require.NotContains(t, string(a.Raw), words)
	}
	require.Equal(t, 1, w.As("dana").Get("/templates").Expect(200).Len("items"))
}

// Nobody makes a file disappear without a trace.
func TestFilesAreAudited(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal := marta.Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	kept := marta.Upload("/files", map[string]string{"owner": "deal:" + deal}, "offer.txt", []byte("hello")).Expect(201).Text("id")
	marta.Do("DELETE", "/files/"+kept, nil).Expect(204)
	entries := w.As("ada").Get("/audit?object=file:" + kept).Expect(200)
	require.Equal(t, 2, entries.Len("items"), "%s", entries.Raw)
	require.Equal(t, "file.deleted", entries.Text("items.0.action"))
	require.Equal(t, "marta", entries.Text("items.1.actor"))
	for _, at := range []string{entries.Text("items.0.at"), entries.Text("items.1.at")} {
		require.Regexp(t, `^20\d\d-`, at, "an act has the instant at which it was done")
	}
}

// What goes into a connection or a header of a mail is one line.
func TestMailSettingsAreOneLine(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	before := ada.Get("/settings/mail").Expect(200)
	for field, value := range map[string]string{"host": "mail\r\nQUIT", "user": "u\r\nQUIT", "from": "a@b.test\r\nBcc: x@y.test"} {
		settings := map[string]any{"provider": "smtp", "host": "mail.test", "port": 25, "tls": "none", "user": "u", "from": "a@b.test"}
		settings[field] = value
		a := ada.Do("PUT", "/settings/mail", settings).Problem(422, "validation")
		require.Equal(t, "/"+field, a.Text("errors.0.path"))
	}
	ada.Post("/settings/mail/test", map[string]any{"to": "a@b.test\r\nBcc: x@y.test"}).Problem(422, "validation")
	require.Equal(t, before.Raw, ada.Get("/settings/mail").Expect(200).Raw, "nothing was changed")
}

// One key is one deal however many ask at once, and nobody is told that it does
// not exist.
func TestOneIdempotencyKeyAtOnce(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{SQLite: true})
	marta := w.As("marta")
	var all sync.WaitGroup
	answers := make([]*apptest.Answer, 40)
	for i := range answers {
		all.Go(func() {
			answers[i] = marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "once only"}, "Idempotency-Key", "once")
		})
	}
	all.Wait()
	for _, a := range answers {
		if a.Status != 201 {
			a.Problem(409, "idempotency_pending")
		}
	}
	require.Equal(t, 1, marta.Get("/records/deal?q=once+only").Expect(200).Len("items"))
}

// huma's own limit for reading a body would outlive the body and cancel the
// operations that follow on the connection; ours is lifted when it has arrived.
func TestNoOperationKeepsAReadDeadline(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	seen := 0
	for path, item := range w.App.API.OpenAPI().Paths {
		if item.Post != nil && len(item.Post.Middlewares) > 0 {
			require.Negative(t, item.Post.BodyReadTimeout, path)
			seen++
		}
	}
	require.Greater(t, seen, 10)
}

// An address has one spelling: another one is a problem document, no redirect.
func TestNoRedirects(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	w.As("marta").Get("/records/deal/").Problem(404, "not_found")
	w.As("marta").Do("POST", "/records/deal/", bytes.Repeat([]byte("x"), 10)).Problem(404, "not_found")
}

// Whoever may see less than when a connection was opened hears less over it at once,
// not at the next heartbeat: of a board only hints, of what may not be seen any more
// nothing, and nothing at all once the account is locked.
func TestLiveTellsLessOnceRightsAreTaken(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Quiet takeover", "responsibleId": "henrik"}).Expect(201).Text("id")
	marta, _, err := dial(t, w, "marta", "")
	require.NoError(t, err)
	for _, topic := range []string{"board:sales", "record:deal:" + deal} {
		require.NoError(t, marta.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
		require.Equal(t, "snapshot", next(t, marta).Type)
	}
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	told := map[string]string{}
	for len(told) < 2 {
		m := next(t, marta)
		told[m.Topic] = m.Type
	}
	require.Equal(t, map[string]string{"board:sales": "resync", "record:deal:" + deal: "denied"}, told)
	require.NoError(t, marta.WriteJSON(map[string]any{"type": "subscribe", "topic": "board:sales"}))
	require.Equal(t, "snapshot", next(t, marta).Type)
	read := ada.Get("/records/deal/" + deal).Expect(200)
	ada.Do("PATCH", "/records/deal/"+deal, map[string]any{"title": "Loud takeover"}, "If-Match", read.ETag()).Expect(200)
	heard := next(t, marta)
	require.Equal(t, "event", heard.Type)
	require.NotContains(t, fmt.Sprint(heard.Events, heard.Data), "takeover")

	// The account is locked: the connection ends.
	user := ada.Get("/users/marta").Expect(200)
	ada.Do("PATCH", "/users/marta", map[string]any{"active": false}, "If-Match", user.ETag()).Expect(200)
	w.Eventually("the connection ends", 0, func() bool {
		select {
		case _, open := <-marta.messages:
			return !open
		default:
			return false
		}
	})
}

// Administrators who all step down at the same moment leave one behind, on one server
// as on two, and departments that go below each other do not both do so.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]apptest.Options{"one server": {}, "two servers": {Shared: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, o)
			other := w
			if o.Shared {
				other = apptest.New(t, apptest.Options{Beside: w})
			}
			first, second := w.As("ada"), other.As("ada")
			first.Do("PATCH", "/users/oscar", map[string]any{"roles": []string{"administrator", "member"}}, "If-Match", first.Get("/users/oscar").Expect(200).ETag()).Expect(200)
			w.Clock.Advance(time.Minute) // everybody has heard of it
			var all sync.WaitGroup
			read := map[string]string{}
			people := map[string]*apptest.Client{"ada": first, "oscar": second}
			for person, by := range people {
				read[person] = by.Get("/users/" + person).Expect(200).ETag()
			}
			for person, by := range people {
				all.Go(func() {
					by.Do("PATCH", "/users/"+person, map[string]any{"roles": []string{"member"}}, "If-Match", read[person])
				})
			}
			all.Wait()
			w.Clock.Advance(time.Minute)
			left := 0
			for _, person := range []string{"ada", "oscar"} {
				w.SignOutAll()
				if w.As(person).Get("/users").Status == 200 {
					left++
				}
			}
			require.NotZero(t, left, "somebody can still let others in")
		})
	}
	t.Run("departments", func(t *testing.T) {
		t.Parallel()
		w := apptest.New(t, apptest.Options{})
		ada := w.As("ada")
		listed := ada.Get("/departments").Expect(200)
		var all sync.WaitGroup
		var below atomic.Int32
		for i := range listed.Len("items") {
			at := fmt.Sprintf("items.%d.", i)
			id, under := listed.Text(at+"id"), map[string]string{"finance": "operations", "operations": "finance"}[listed.Text(at+"id")]
			if under == "" {
				continue
			}
			in := map[string]any{"name": listed.Text(at + "name"), "headId": listed.Text(at + "headId"), "parentId": under}
			all.Go(func() {
				if ada.Do("PATCH", "/departments/"+id, in, "If-Match", fmt.Sprintf(`"%v"`, listed.At(at+"rev"))).Status == 200 {
					below.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, below.Load())
	})
}

// A role goes on being edited when a group that holds it, or the pipeline of one of its
// lines, was deleted since: what is gone falls away. What was never there is refused.
func TestRolesForgetWhatIsGone(t *testing.T) {
	t.Parallel()
	ada := apptest.New(t, apptest.Options{}).As("ada")
	group := ada.Post("/groups", map[string]any{"name": "Short-lived"}).Expect(201)
	department := ada.Post("/departments", map[string]any{"name": "Short-lived"}).Expect(201)
	pipeline := ada.Post("/pipelines", map[string]any{"name": "Short-lived", "type": "deal"}).Expect(201)
	line := map[string]any{"action": "crm.view", "reach": "own", "pipeline": pipeline.Text("id")}
	all := map[string]any{"action": "crm.add", "reach": "all"}
	role := ada.Post("/roles", map[string]any{"name": "Keepers", "groupIds": []string{group.Text("id")}, "departmentIds": []string{department.Text("id")}, "rights": []any{line, all}}).Expect(201)
	at := "/roles/" + role.Text("id")
	ada.Do("DELETE", "/groups/"+group.Text("id"), nil, "If-Match", group.ETag()).Expect(204)
	ada.Do("DELETE", "/departments/"+department.Text("id"), nil, "If-Match", department.ETag()).Expect(204)
	ada.Do("DELETE", "/pipelines/"+pipeline.Text("id"), nil, "If-Match", pipeline.ETag()).Expect(204)
	for path, unknown := range map[string]map[string]any{"/groupIds": {"groupIds": []string{group.Text("id"), "nobody"}}, "/rights/0": {"rights": []any{map[string]any{"action": "crm.view", "reach": "own", "pipeline": "nowhere"}}}} {
		require.Equal(t, path, ada.Do("PATCH", at, unknown, "If-Match", role.ETag()).Problem(422, "validation").Text("errors.0.path"))
	}
	role = ada.Do("PATCH", at, map[string]any{"name": "Gatekeepers"}, "If-Match", role.ETag()).Expect(200)
	require.Equal(t, "Gatekeepers", role.Text("name"))
	require.Equal(t, []int{0, 0, 1}, []int{role.Len("groupIds"), role.Len("departmentIds"), role.Len("rights")})
	require.Equal(t, "crm.add", role.Text("rights.0.action"))
}

// Several files in one upload are refused: only the first would be kept.
func TestUploadsHoldOneFile(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal := aDeal(w, "Two files")
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	require.NoError(t, m.WriteField("owner", "deal:"+deal))
	for _, name := range []string{"one.txt", "two.txt"} {
		part, err := m.CreateFormFile("file", name)
		require.NoError(t, err)
		_, err = part.Write([]byte("hello"))
		require.NoError(t, err)
	}
	require.NoError(t, m.Close())
	refused := marta.Do("POST", "/files", b.Bytes(), "Content-Type", m.FormDataContentType()).Problem(422, "validation")
	require.Equal(t, "/file", refused.Text("errors.0.path"))
	require.Zero(t, marta.Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))
}

// What names a thing that is in the way says which, in the words of whoever asks.
func TestRefusalsNameWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	company := ada.Post("/companies", map[string]any{"name": "In the way"}).Expect(201)
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Names it", "companyId": company.Text("id")}).Expect(201)
	require.Contains(t, ada.Do("DELETE", "/companies/"+company.Text("id"), nil, "If-Match", company.ETag()).Problem(409, "company_in_use").Text("detail"), "1")
	levels := ada.Post("/dictionaries", map[string]any{"name": "Levels", "items": []any{map[string]any{"name": "Gold"}}}).Expect(201)
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Rank", "type": "list", "dictionary": levels.Text("id")}, "If-Match", `"0"`).Expect(201)
	require.Contains(t, ada.Do("DELETE", "/dictionaries/"+levels.Text("id"), nil, "If-Match", levels.ETag()).Problem(409, "in_use").Text("detail"), "Rank")
	marta.Upload("/files", map[string]string{"owner": "submission:s-1"}, "a.txt", []byte("x")).Problem(403, "submission_file")
}
