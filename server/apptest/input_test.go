package apptest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// Everything that is wrong gets a problem document with code and place, and
// leaves no trace.
func TestBadInputIsExplained(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	before := dana.Get("/definitions/contract-preparation").Expect(200)
	tag := before.ETag()
	long := strings.Repeat("n", 10_000)
	cases := []struct {
		name, method, path string
		body               any
		headers            []string
		status             int
		code, field, sub   string
	}{
		{name: "malformed JSON", method: "POST", path: "/definitions", body: "{\n \"name\": nope}", status: 400, code: "malformed_json"},
		{name: "no JSON at all", method: "POST", path: "/definitions", body: "name=x", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "unsupported_type"},
		{name: "text after the end", method: "POST", path: "/definitions", body: `{"name":"x"} {}`, status: 400, code: "malformed_json"},
		{name: "10 MB", method: "POST", path: "/definitions", body: `{"name":"` + strings.Repeat("x", 10<<20) + `"}`, status: 413, code: "too_large"},
		{name: "10 MB draft", method: "PUT", path: "/definitions/contract-preparation/draft", body: `{"name":"` + strings.Repeat("x", 10<<20) + `"}`, headers: []string{"If-Match", tag}, status: 413, code: "too_large"},
		{name: "a name of 10,000 characters", method: "POST", path: "/definitions", body: map[string]any{"name": long}, status: 422, code: "validation", field: "/name", sub: "too_long"},
		{name: "a node name of 10,000 characters", method: "PATCH", path: "/definitions/contract-preparation/draft", body: map[string]any{"patches": []any{map[string]any{"element": "nodes/prepare", "path": []string{"name"}, "before": nil, "after": long}}},
			headers: []string{"If-Match", tag}, status: 422, code: "validation", field: "/nodes/4/name", sub: "too_long"},
		{name: "control characters", method: "POST", path: "/definitions", body: "{\"name\":\"a\\u0000b\"}", status: 422, code: "validation", field: "/name", sub: "control_character"},
		{name: "text that turns direction", method: "POST", path: "/definitions", body: "{\"name\":\"a\\u202eb\"}", status: 422, code: "validation", field: "/name", sub: "control_character"},
		{name: "a key given twice", method: "POST", path: "/definitions", body: `{"name":"a","name":"b"}`, status: 422, code: "validation", field: "/name", sub: "duplicate_key"},
		{name: "nesting without end", method: "POST", path: "/definitions", body: `{"name":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`, status: 422, code: "validation", sub: "too_deep"},
		{name: "an unknown field", method: "POST", path: "/definitions", body: `{"name":"a","color":"red"}`, status: 422, code: "validation", field: "/color", sub: "unknown_field"},
		{name: "a missing field", method: "POST", path: "/definitions", body: `{}`, status: 422, code: "validation", field: "/name", sub: "required"},
		{name: "the wrong type", method: "POST", path: "/definitions", body: `{"name":7}`, status: 422, code: "validation", field: "/name", sub: "wrong_type"},
		{name: "no body", method: "POST", path: "/definitions", status: 400, code: "bad_request"},
		{name: "a limit out of range", method: "GET", path: "/definitions?limit=9999", status: 422, code: "validation", field: "query.limit", sub: "out_of_range"},
		{name: "a cursor nobody gave", method: "GET", path: "/definitions?cursor=zzz", status: 400, code: "bad_request"},
		{name: "an unknown address", method: "GET", path: "/nowhere", status: 404, code: "not_found"},
		{name: "an unknown process", method: "GET", path: "/definitions/none", status: 404, code: "not_found"},
		{name: "no If-Match", method: "PUT", path: "/definitions/contract-preparation/draft", body: "{}", status: 428, code: "precondition_required"},
		{name: "a stale If-Match", method: "PUT", path: "/definitions/contract-preparation/draft", body: "{}", headers: []string{"If-Match", `"0"`}, status: 409, code: "stale"},
		{name: "If-Match that is none", method: "PUT", path: "/definitions/contract-preparation/draft", body: "{}", headers: []string{"If-Match", `"abc"`}, status: 422, code: "validation"},
		{name: "a taken key", method: "POST", path: "/definitions", body: `{"name":"x","key":"contract-preparation"}`, status: 409, code: "exists"},
		{name: "a key that is none", method: "POST", path: "/definitions", body: `{"name":"x","key":"A B"}`, status: 422, code: "validation", field: "/key", sub: "format"},
		{name: "a patch of nothing", method: "PATCH", path: "/definitions/contract-preparation/draft", body: map[string]any{"patches": []any{map[string]any{"element": "nodes/none", "path": []string{"name"}, "before": nil, "after": "x"}}},
			headers: []string{"If-Match", tag}, status: 422, code: "validation", field: "/patches/0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := dana.Do(c.method, c.path, c.body, c.headers...).Problem(c.status, c.code)
			require.NotContains(t, string(a.Raw), long[:100], "submitted values are never echoed")
			require.NotEmpty(t, a.Text("remedy"), "%s", a.Raw)
			if c.status != 404 && c.status != 409 || c.code == "stale" {
				require.NotNil(t, a.At("errors.0.path"), "%s", a.Raw)
			}
			if c.field != "" {
				require.Equal(t, c.field, a.Text("errors.0.path"), "%s", a.Raw)
			}
			if c.sub != "" {
				require.Equal(t, c.sub, a.Text("errors.0.code"), "%s", a.Raw)
				require.NotEmpty(t, a.Text("errors.0.message"))
			}
		})
	}
	position := dana.Post("/definitions", "{\n \"name\": nope}").Problem(400, "malformed_json")
	require.EqualValues(t, 2, position.At("line"))
	require.EqualValues(t, 11, position.At("column"), "%s", position.Raw)
	after := dana.Get("/definitions/contract-preparation").Expect(200)
	require.JSONEq(t, string(before.Raw), string(after.Raw), "nothing changed")
	require.Equal(t, 1, dana.Get("/definitions").Expect(200).Len("items"))
}

// Every broken definition of schemas/invalid can be saved as a draft, shows its
// findings, and cannot be published while one of them is an error.
func TestBrokenDefinitionsAreNotPublished(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	files, err := schemas.FS.ReadDir("invalid")
	require.NoError(t, err)
	tried := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		text, err := schemas.FS.ReadFile("invalid/" + f.Name())
		require.NoError(t, err)
		var doc struct {
			Definition json.RawMessage `json:"definition"`
			Findings   []struct{ Code, Severity string }
		}
		require.NoError(t, json.Unmarshal(text, &doc))
		if len(doc.Definition) == 0 || len(doc.Findings) == 0 {
			continue
		}
		var tree map[string]any
		if json.Unmarshal(doc.Definition, &tree) != nil {
			continue
		}
		name := strings.TrimSuffix(f.Name(), ".json")
		t.Run(name, func(t *testing.T) {
			tried++
			key := "broken-" + strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
			if len(key) > 60 {
				key = key[:60]
			}
			created := dana.Post("/definitions", map[string]any{"name": name, "key": key}).Expect(201)
			tree["key"] = key
			saved := dana.Do("PUT", "/definitions/"+key+"/draft", tree, "If-Match", created.ETag())
			if saved.Status == http.StatusUnprocessableEntity {
				return // refused already, with its place
			}
			saved.Expect(200)
			require.NotZero(t, saved.Len("findings"))
			published := dana.Post("/definitions/"+key+"/versions", map[string]any{"note": ""}, "If-Match", saved.ETag())
			require.Equal(t, 422, published.Status, "%s", published.Raw)
			require.NotZero(t, published.Len("findings"))
		})
	}
	require.Greater(t, tried, 3)
}

func TestFilesAreCheckedAndKept(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, dana := w.As("marta"), w.As("dana")
	deal := marta.Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	owner := map[string]string{"owner": "deal:" + deal}
	marta.Upload("/files", owner, "virus.exe", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff")).Problem(415, "file_type")
	marta.Upload("/files", owner, "offer.pdf.js", []byte("WScript.Echo(1)")).Problem(415, "file_type")
	marta.Upload("/files", owner, "big.pdf", append([]byte("%PDF-1.4\n"), make([]byte, 26<<20)...)).Problem(413, "file_too_large")
	marta.Upload("/files", map[string]string{}, "a.pdf", []byte("%PDF-1.4\n")).Problem(422, "validation")
	marta.Upload("/files", map[string]string{"owner": "deal:none"}, "a.pdf", []byte("%PDF-1.4\n")).Problem(404, "not_found")
	marta.Do("POST", "/files", "{}").Problem(415, "unsupported_type")
	dana.Upload("/files", owner, "a.pdf", []byte("%PDF-1.4\n")).Problem(403, "forbidden")
	require.Zero(t, marta.Get("/records/deal/"+deal+"/files").Expect(200).Len("items"), "a refused file leaves nothing")
	kept := marta.Upload("/files", owner, "umowa ąę.pdf", []byte("%PDF-1.4\n%%EOF\n")).Expect(201)
	read := marta.Get(kept.Text("url")).Expect(200)
	require.Equal(t, "%PDF-1.4\n%%EOF\n", string(read.Raw))
	require.Contains(t, read.Header.Get("Content-Disposition"), "inline")
	require.Contains(t, marta.Get(kept.Text("url")+"?download=1").Expect(200).Header.Get("Content-Disposition"), "attachment")
	require.Equal(t, 206, marta.Do("GET", kept.Text("url"), nil, "Range", "bytes=0-3").Status)
	w.Anonymous().Get(kept.Text("url")).Problem(401, "unauthenticated")
	marta.Do("DELETE", "/files/"+kept.Text("id"), nil).Expect(204)
	marta.Get(kept.Text("url")).Problem(404, "not_found")

	broken := dana.Upload("/templates", map[string]string{"key": "broken", "name": "Broken"}, "broken.docx", brokenTemplate(t)).Problem(422, "template_broken")
	require.NotEmpty(t, broken.Text("findings.0.placeholder"), "%s", broken.Raw)
	require.NotZero(t, broken.At("findings.0.paragraph"), "%s", broken.Raw)
	marta.Upload("/templates", map[string]string{"key": "mine", "name": "Mine"}, "t.docx", []byte("x")).Problem(403, "forbidden")
	dana.Upload("/templates", map[string]string{"key": "none", "name": "None"}, "t.docx", []byte("no document")).Problem(422, "validation")
	require.Equal(t, 1, dana.Get("/templates").Expect(200).Len("items"))
}

func TestProblemsSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	a := w.Anonymous().Do("GET", "/tasks", nil, "Accept-Language", "pl-PL,pl;q=0.9").Problem(401, "unauthenticated")
	require.Equal(t, "Nie jesteś zalogowany.", a.Text("detail"))
	marta := w.As("marta")
	marta.Do("PATCH", "/session/preferences", map[string]any{"language": "ru"}).Expect(200)
	denied := marta.Get("/users").Problem(403, "forbidden")
	require.Contains(t, denied.Text("detail"), "управление пользователями")
	shown := marta.Do("GET", "/users", nil, "Accept-Language", "pl").Problem(403, "forbidden")
	require.NotEqual(t, denied.Text("detail"), shown.Text("detail"), "a page in another language than the profile's is answered in its own")
	require.NotContains(t, shown.Text("detail"), "управление")
	kinds := marta.Get("/node-kinds").Expect(200)
	for i := range kinds.Len("items") {
		require.NotEmpty(t, kinds.Text("items."+itoa(i)+".title"))
		if kinds.Text("items."+itoa(i)+".key") == "userTask" {
			require.Equal(t, "assignee", kinds.Text("items."+itoa(i)+".schema.x-order.0"), "fields keep their order")
			require.Equal(t, "Исполнитель", kinds.Text("items."+itoa(i)+".schema.properties.assignee.title"))
		}
	}
}
