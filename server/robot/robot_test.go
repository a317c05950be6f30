package robot

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/problem"
)

var errDisk = errors.New("disk")

// world is every dependency, recording what was asked of it.
type world struct {
	err           error // of the next call
	fields        map[string]any
	stage, note   string
	comments      []string
	changes       []Change
	entries       []Entry
	notifications map[string]Notification
	messages      []mail.Message
	mailErr       error
	files         map[string]File
	contents      map[string][]byte
	puts          int
	convertErr    error
	requests      []webhook.Request
	answer        webhook.Answer
	callErr       error
	starts        []Start
	template      Document
	templateErr   error
}

func newWorld() *world {
	return &world{notifications: map[string]Notification{}, files: map[string]File{}, contents: map[string][]byte{}}
}

func (w *world) SetFields(_ context.Context, by Change, _, _ string, values map[string]any) error {
	w.changes, w.fields = append(w.changes, by), values
	return w.err
}
func (w *world) SetStage(_ context.Context, by Change, _, _, _, stage, note string) (string, string, error) {
	w.changes, w.stage, w.note = append(w.changes, by), stage, note
	return "contract", stage, w.err
}
func (w *world) Comment(_ context.Context, by Change, _, _, text string) (string, error) {
	w.changes, w.comments = append(w.changes, by), append(w.comments, text)
	return "c1", w.err
}
func (w *world) Add(_ context.Context, e Entry) error {
	w.entries = append(w.entries, e)
	return w.err
}
func (w *world) Known(_ context.Context, id string) (bool, error) {
	for _, e := range w.entries {
		if e.ID == id {
			return true, nil
		}
	}
	return false, nil
}
func (w *world) Head(string) (string, bool) { return "", false }
func (w *world) Notify(_ context.Context, n Notification) error {
	if w.err == nil {
		w.notifications[n.ID] = n
	}
	return w.err
}
func (w *world) User(id string) (map[string]any, bool) {
	switch id {
	case "u-ann":
		return map[string]any{"name": "Ann Żak", "email": "ann@example.com", "active": true}, true
	case "u-bob":
		return map[string]any{"name": "Bob", "email": "", "active": true}, true
	case "u-gone":
		return map[string]any{"name": "Gone", "email": "gone@example.com", "active": false}, true
	}
	return nil, false
}
func (w *world) Members(group string) []string {
	if group == "accounting" || group == "role:teller" {
		return []string{"u-bob", "u-ann"}
	}
	return nil
}
func (w *world) Send(ctx context.Context, m mail.Message) (mail.Result, error) {
	if m.Sending != nil {
		if err := m.Sending(ctx); err != nil {
			return mail.Result{}, err
		}
	}
	w.messages = append(w.messages, m)
	return mail.Result{Provider: "outbox"}, w.mailErr
}
func (w *world) Template(_ context.Context, key, recordType string) (string, Document, error) {
	if key != "contract" || recordType != "deal" {
		return "", nil, ErrTemplateMissing
	}
	return "Sales contract", w.template, w.templateErr
}
func (w *world) Environment(_ context.Context, run robot.Run, scope map[string]any, now time.Time) (expr.Env, error) {
	return expr.Env{Roots: map[string]any{"record": map[string]any{"id": run.RecordID}, "vars": scope["vars"]}, Now: now}, w.err
}
func (w *world) Put(_ context.Context, f File, content []byte) (File, error) {
	w.puts++
	if stored, ok := w.files[f.ID]; ok {
		return stored, nil
	}
	f.Size = int64(len(content))
	w.files[f.ID], w.contents[f.ID] = f, content
	return f, w.err
}
func (w *world) Read(_ context.Context, id string) (File, []byte, error) {
	f, ok := w.files[id]
	if !ok {
		return File{}, nil, ErrFileMissing
	}
	return f, w.contents[id], nil
}
func (w *world) Of(_ context.Context, owner string) ([]File, error) {
	var all []File
	for _, f := range w.files {
		if f.Owner == owner {
			all = append(all, f)
		}
	}
	return all, nil
}

func (w *world) Delete(_ context.Context, id string) error {
	delete(w.files, id)
	return nil
}
func (w *world) PDF(_ context.Context, docx []byte) ([]byte, error) {
	return append([]byte("%PDF-"), docx...), w.convertErr
}
func (w *world) Call(_ context.Context, r webhook.Request) (webhook.Answer, error) {
	w.requests = append(w.requests, r)
	return w.answer, w.callErr
}

// Secret gives the secrets of the world to every address that is not evil.
func (w *world) Secret(_ context.Context, id, address string) (string, error) {
	switch {
	case id == "away":
		return "", io.ErrUnexpectedEOF
	case id != "billing":
		return "", ErrSecretMissing
	case strings.Contains(address, "evil"):
		return "", ErrSecretElsewhere
	}
	return `Bearer s3cr"et-token`, nil
}

func (w *world) Start(_ context.Context, s Start) error {
	w.starts = append(w.starts, s)
	return w.err
}

type fixed string

func (f fixed) Render(_ context.Context, w io.Writer, env expr.Env) error {
	_, err := io.WriteString(w, string(f)+env.Now.Format("2006"))
	return err
}

func (w *world) catalog() *robot.Catalog {
	return robot.NewCatalog(All(Dependencies{Records: w, Timeline: w, Notifier: w, Mail: w, Templates: w, Environments: w, Files: w, Converter: w, Webhooks: w, Secrets: w, Starter: w,
		People: func(context.Context) (People, error) { return w, w.err }})...)
}

// attempt performs robot with a config written as JSON.
func (w *world) attempt(t *testing.T, key, config string, edit func(*robot.Request)) (robot.Result, error) {
	t.Helper()
	performer, ok := w.catalog().Performer(key)
	require.True(t, ok)
	req := robot.Request{EffectID: "r1:7:1", Attempt: 1, Node: "n", Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), OpenedAt: time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC),
		Run: robot.Run{ID: "r1", DefinitionKey: "contract-preparation", Version: 1, RecordType: "deal", RecordID: "d1", StartedBy: "u-ann", CauseDepth: 2}}
	decoder := json.NewDecoder(strings.NewReader(config))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&req.Config))
	if edit != nil {
		edit(&req)
	}
	return performer.Perform(context.Background(), req)
}

func requireFailure(t *testing.T, err error, kind robot.FailureKind, code string) *robot.Failure {
	t.Helper()
	var f *robot.Failure
	require.ErrorAs(t, err, &f)
	require.Equal(t, kind, f.Kind, f.Message)
	require.Equal(t, code, f.Code, f.Message)
	require.NotEmpty(t, f.Message)
	if kind == robot.Permanent {
		require.NotEmpty(t, f.Remedy)
	}
	return f
}

func TestDescriptorsComeFromSchemas(t *testing.T) {
	descriptors := newWorld().catalog().Descriptors()
	require.GreaterOrEqual(t, len(descriptors), 14)
	for _, d := range descriptors {
		require.NotEmpty(t, d.Category, d.Key)
		require.NotEmpty(t, d.Icon, d.Key)
		require.NotEmpty(t, d.Class, d.Key)
		require.NotEmpty(t, d.Results, d.Key)
		require.True(t, json.Valid(d.Schema), d.Key)
	}
}

//
func TestNotificationTellsEachPersonOnce(t *testing.T) {
	w := newWorld()
	for range 2 {
		result, err := w.attempt(t, "notification.send", `{"to":["u-ann",["accounting"],"role:teller",null,{"id":"u-gone"}],"text":"late"}`, nil)
		require.NoError(t, err)
		require.Equal(t, 2, result.Values["count"])
	}
	require.Len(t, w.notifications, 2)
	for _, n := range w.notifications {
		require.Equal(t, "late", n.Text)
		require.Equal(t, "/crm/deals/d1", n.Link)
		require.Equal(t, "process", n.Kind)
	}
	_, err := w.attempt(t, "notification.send", `{"to":"u-ann","text":"x","link":"/tasks"}`, func(r *robot.Request) { r.EffectID = "r1:8:1" })
	require.NoError(t, err)
	require.Len(t, w.notifications, 3)
}

func TestNotificationFailures(t *testing.T) {
	for _, c := range []struct {
		config string
		err    error
		kind   robot.FailureKind
		code   string
	}{
		{`{"to":["u-nobody"],"text":"x"}`, nil, robot.Permanent, "unknown_person"},
		{`{"to":["u-gone"],"text":"x"}`, nil, robot.Permanent, "no_recipient"},
		{`{"to":null,"text":"x"}`, nil, robot.Permanent, "no_recipient"},
		{`{"to":[3],"text":"x"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","text":" "}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","text":{}}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","text":"x","link":7}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","text":"x"}`, errDisk, robot.Temporary, "directory_unavailable"},
	} {
		w := newWorld()
		w.err = c.err
		_, err := w.attempt(t, "notification.send", c.config, nil)
		requireFailure(t, err, c.kind, c.code)
		require.Empty(t, w.notifications)
	}
}

// covers R-15, D-08
func TestMailSendsOneMessage(t *testing.T) {
	w := newWorld()
	w.files["f1"], w.contents["f1"] = File{ID: "f1", Name: "Umowa.pdf", Type: pdfType}, []byte("%PDF")
	w.files["f2"], w.contents["f2"] = File{ID: "f2", Name: "Umowa.docx", Type: docxType}, []byte("PK")
	announced := 0
	result, err := w.attempt(t, "mail.send", `{"to":"u-ann","subject":"Umowa","body":"Text","replyTo":"sales@example.com","attach":{"id":"f1","files":[{"id":"f2"},{"id":"f1"}]}}`,
		func(r *robot.Request) { r.Sending = func(context.Context) error { announced++; return nil } })
	require.NoError(t, err)
	require.Equal(t, 1, announced)
	m := w.messages[0]
	require.Equal(t, `=?utf-8?q?Ann_=C5=BBak?= <ann@example.com>`, m.To)
	require.Equal(t, "sales@example.com", m.ReplyTo)
	require.Equal(t, "Umowa", m.Subject)
	require.Equal(t, "Text", m.Text)
	require.Contains(t, m.HTML, `<p dir="auto">Text</p>`)
	require.Equal(t, "Umowa.docx", m.Attachments[0].Name)
	require.Equal(t, []byte("%PDF"), m.Attachments[1].Content)
	require.Equal(t, m.MessageID, result.Values["messageId"])
	require.Equal(t, "mail", w.entries[0].Kind)

	_, err = w.attempt(t, "mail.send", `{"to":["c@example.com"],"subject":"s","body":"b"}`, func(r *robot.Request) { r.EffectID, r.Attempt = "r1:7:3", 9 })
	require.NoError(t, err)
	require.Equal(t, m.MessageID, w.messages[1].MessageID, "an operator's retry is the same message")
	_, err = w.attempt(t, "mail.send", `{"to":["c@example.com"],"subject":"s","body":"b"}`, func(r *robot.Request) { r.EffectID = "r1:8:1" })
	require.NoError(t, err)
	require.NotEqual(t, m.MessageID, w.messages[2].MessageID)
}

func TestMailFailures(t *testing.T) {
	for _, c := range []struct {
		config  string
		mailErr error
		kind    robot.FailureKind
		code    string
	}{
		{`{"to":"","subject":"s","body":"b"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"not an address","subject":"s","body":"b"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":["a@example.com","b@example.com"],"subject":"s","body":"b"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-bob","subject":"s","body":"b"}`, nil, robot.Permanent, "no_address"},
		{`{"to":"u-ann","subject":"","body":"b"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","subject":"s"}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","subject":"s","body":"b","attach":"f9"}`, nil, robot.Permanent, "file_missing"},
		{`{"to":"u-ann","subject":"s","body":"b","attach":true}`, nil, robot.Permanent, "bad_value"},
		{`{"to":"u-ann","subject":"s","body":"b"}`, &mail.Error{Class: mail.Temporary, Code: mail.CodeUnreachable, Message: "down", Status: 421}, robot.Temporary, mail.CodeUnreachable},
		{`{"to":"u-ann","subject":"s","body":"b"}`, &mail.Error{Class: mail.Permanent, Code: mail.CodeAuth, Message: "password", Remedy: "fix"}, robot.Permanent, mail.CodeAuth},
		{`{"to":"u-ann","subject":"s","body":"b"}`, &mail.Error{Class: mail.Unknown, Code: mail.CodeUnknown, Message: "lost"}, robot.Unknown, mail.CodeUnknown},
		{`{"to":"u-ann","subject":"s","body":"b"}`, errDisk, robot.Temporary, "mail_failed"},
	} {
		w := newWorld()
		w.mailErr = c.mailErr
		_, err := w.attempt(t, "mail.send", c.config, nil)
		requireFailure(t, err, c.kind, c.code)
		require.Empty(t, w.entries)
	}
}

func TestMailIsNotSentAgainForTheTimeline(t *testing.T) {
	w := newWorld()
	d := Dependencies{Mail: w, Files: w, Timeline: failingTimeline{}, People: func(context.Context) (People, error) { return w, nil }}
	performer, _ := robot.NewCatalog(All(d)...).Performer("mail.send")
	_, err := performer.Perform(context.Background(), robot.Request{EffectID: "r:1:1", Run: robot.Run{RecordType: "deal", RecordID: "d1"},
		Config: map[string]any{"to": "a@example.com", "subject": "s", "body": "b"}})
	require.NoError(t, err)
	require.Len(t, w.messages, 1)
}

type failingTimeline struct{}

func (failingTimeline) Add(context.Context, Entry) error            { return errDisk }
func (failingTimeline) Known(context.Context, string) (bool, error) { return false, errDisk }

// covers D-06, D-07, D-10
func TestDocumentIsStoredOnce(t *testing.T) {
	w := newWorld()
	w.template = fixed("contract ")
	var first robot.Result
	for attempt := range 3 {
		result, err := w.attempt(t, "document.generate", `{"template":"contract","formats":["pdf","docx"],"into":"contract","name":"Umowa 1/2026"}`, func(r *robot.Request) {
			r.Now = r.Now.AddDate(attempt, 0, 0)
		})
		require.NoError(t, err)
		if attempt == 0 {
			first = result
		}
		require.Equal(t, first, result)
	}
	require.Len(t, w.files, 2)
	for _, f := range w.files {
		require.Equal(t, "deal:d1", f.Owner)
	}
	value := first.Variables["contract"].(map[string]any)
	require.Equal(t, "Umowa 1-2026.pdf", value["name"])
	require.Equal(t, "/api/v1/files/"+value["id"].(string), value["link"])
	require.Equal(t, "%PDF-contract 2026", string(w.contents[value["id"].(string)]))
	require.Len(t, value["files"], 2)
	require.Equal(t, value["link"], first.Values["link"])
	require.Equal(t, w.entries[0].ID, w.entries[2].ID)

	// An operator's retry replaces what the former try had stored.
	_, err := w.attempt(t, "document.generate", `{"template":"contract","formats":["docx"]}`, func(r *robot.Request) { r.EffectID = "r1:7:2" })
	require.NoError(t, err)
	require.Len(t, w.files, 1)
	for _, f := range w.files {
		require.Equal(t, "Sales contract.docx", f.Name)
	}
}

// covers D-07
func TestDocumentWithoutConverterKeepsTheWordFile(t *testing.T) {
	w := newWorld()
	w.template, w.convertErr = fixed("x"), document.ErrConverterMissing
	_, err := w.attempt(t, "document.generate", `{"template":"contract"}`, nil)
	f := requireFailure(t, err, robot.Permanent, "converter_missing")
	require.Contains(t, f.Message, "libreoffice-writer-nogui")
	require.Len(t, w.files, 1)
	w.convertErr = nil
	result, err := w.attempt(t, "document.generate", `{"template":"contract"}`, nil)
	require.NoError(t, err)
	require.Len(t, w.files, 2)
	require.Nil(t, result.Variables)
}

func TestDocumentFailures(t *testing.T) {
	broken := templateOf(t, "{{ 1 / vars.zero }}")
	for _, c := range []struct {
		name, config string
		edit         func(*world)
		kind         robot.FailureKind
		code         string
	}{
		{"no template", `{}`, nil, robot.Permanent, "bad_value"},
		{"unknown template", `{"template":"offer"}`, nil, robot.Permanent, "template_missing"},
		{"unknown format", `{"template":"contract","formats":["odt"]}`, nil, robot.Permanent, "bad_value"},
		{"formats no list", `{"template":"contract","formats":"pdf"}`, nil, robot.Permanent, "bad_value"},
		{"expression", `{"template":"contract"}`, func(w *world) { w.template = broken }, robot.Permanent, "template_failed"},
		{"broken template", `{"template":"contract"}`, func(w *world) { w.templateErr = document.Problems{{Message: "bad"}} }, robot.Permanent, "template_failed"},
		{"store", `{"template":"contract"}`, func(w *world) { w.templateErr = errDisk }, robot.Temporary, "template_unavailable"},
		{"record gone", `{"template":"contract"}`, func(w *world) { w.err = problem.NotFound("deal") }, robot.Permanent, "not_found"},
		{"conversion", `{"template":"contract"}`, func(w *world) { w.convertErr = document.ErrConversion }, robot.Temporary, "conversion_failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.template = fixed("x")
			if c.edit != nil {
				c.edit(w)
			}
			_, err := w.attempt(t, "document.generate", c.config, func(r *robot.Request) { r.Scope = map[string]any{"vars": map[string]any{"zero": 0}} })
			f := requireFailure(t, err, c.kind, c.code)
			if c.name == "expression" {
				require.Equal(t, "1 / vars.zero", f.Detail["placeholder"])
				require.Equal(t, map[string]any{"vars.zero": 0}, f.Detail["values"])
			}
		})
	}
}

// templateOf is a real template with one paragraph.
func templateOf(t *testing.T, paragraph string) *document.Template {
	t.Helper()
	var docx bytes.Buffer
	archive := zip.NewWriter(&docx)
	w, err := archive.Create("word/document.xml")
	require.NoError(t, err)
	_, err = io.WriteString(w, `<w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>`+paragraph+`</w:t></w:r></w:p></w:body></w:document>`)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	template, err := document.Parse(expr.New(expr.Options{}), nil, bytes.NewReader(docx.Bytes()), int64(docx.Len()))
	require.NoError(t, err)
	return template
}

// covers R-18, B-32
func TestSetFieldsWritesAll(t *testing.T) {
	w := newWorld()
	result, err := w.attempt(t, "record.setFields", `{"fields":[{"field":"comment","value":"x"},{"field":"amount","value":{"amount":5,"currency":"PLN"}},{"field":"custom.a","value":null}]}`, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"comment": "x", "amount": map[string]any{"amount": json.Number("5"), "currency": "PLN"}, "custom.a": nil}, w.fields)
	require.Equal(t, []any{"amount", "comment", "custom.a"}, result.Values["fields"])
	require.Equal(t, Change{Run: "r1", Effect: "r1:7:1", Depth: 2}, w.changes[0])
}

// covers R-11, B-30
func TestSetStageMoves(t *testing.T) {
	w := newWorld()
	result, err := w.attempt(t, "record.setStage", `{"stage":"signed","note":"done"}`, nil)
	require.NoError(t, err)
	require.Equal(t, "signed", w.stage)
	require.Equal(t, "done", w.note)
	require.Equal(t, map[string]any{"from": "contract", "to": "signed"}, result.Values)
}

//
func TestSetResponsible(t *testing.T) {
	w := newWorld()
	result, err := w.attempt(t, "record.setResponsible", `{"user":{"id":"u-bob"}}`, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"responsible": "u-bob"}, w.fields)
	require.Equal(t, "u-bob", result.Values["user"])
}

//
func TestCommentIsAdded(t *testing.T) {
	w := newWorld()
	result, err := w.attempt(t, "comment.add", `{"text":"approved"}`, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"approved"}, w.comments)
	require.Equal(t, "c1", result.Values["id"])
}

func TestRecordFailures(t *testing.T) {
	good := map[string]string{
		"record.setFields": `{"fields":[{"field":"comment","value":"x"}]}`, "record.setStage": `{"stage":"s"}`,
		"record.setResponsible": `{"user":"u-ann"}`, "comment.add": `{"text":"x"}`,
	}
	for key, config := range good {
		t.Run(key, func(t *testing.T) {
			w := newWorld()
			_, err := w.attempt(t, key, config, func(r *robot.Request) { r.Run.RecordID = "" })
			requireFailure(t, err, robot.Permanent, "no_record")
			if key != "record.setResponsible" { // its first question is to the directory, which fails too
				w.err = problem.Invalid("/comment", "too_long", "too long")
				_, err = w.attempt(t, key, config, nil)
				f := requireFailure(t, err, robot.Permanent, "validation")
				require.Contains(t, f.Message, "/comment: too long")
				w.err = problem.Stale(nil)
				_, err = w.attempt(t, key, config, nil)
				requireFailure(t, err, robot.Temporary, "stale")
				w.err = errDisk
				_, err = w.attempt(t, key, config, nil)
				requireFailure(t, err, robot.Temporary, "record_unavailable")
			}
		})
	}
	for _, c := range []struct{ key, config, code string }{
		{"record.setFields", `{"fields":[]}`, "bad_value"},
		{"record.setFields", `{"fields":[{"value":1}]}`, "bad_value"},
		{"record.setFields", `{"fields":[{"field":"a","value":1},{"field":"a","value":2}]}`, "bad_value"},
		{"record.setStage", `{"stage":3}`, "bad_value"},
		{"record.setStage", `{"stage":"s","note":[]}`, "bad_value"},
		{"record.setResponsible", `{"user":""}`, "bad_value"},
		{"record.setResponsible", `{"user":"u-gone"}`, "unknown_person"},
		{"record.setResponsible", `{"user":"u-nobody"}`, "unknown_person"},
		{"comment.add", `{"text":"  "}`, "bad_value"},
	} {
		w := newWorld()
		_, err := w.attempt(t, c.key, c.config, nil)
		requireFailure(t, err, robot.Permanent, c.code)
		require.Empty(t, w.changes)
	}
}

//
func TestWebhookCalls(t *testing.T) {
	w := newWorld()
	w.answer = webhook.Answer{Status: 201, Headers: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: []byte(`{"id": 9007199254740993}`)}
	result, err := w.attempt(t, "webhook.call", `{"url":"https://example.com/x","headers":[{"name":"x-key","value":"1"}],"body":{"deal":"d1","sum":1.10}}`, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"status": 201, "body": map[string]any{"id": json.Number("9007199254740993")}}, result.Values)
	r := w.requests[0]
	require.Equal(t, "POST", r.Method)
	require.JSONEq(t, `{"deal":"d1","sum":1.10}`, string(r.Body))
	require.Equal(t, map[string]string{"Content-Type": "application/json", "X-Key": "1"}, r.Headers)

	w.answer = webhook.Answer{Status: 200, Body: []byte("plain")}
	result, err = w.attempt(t, "webhook.call", `{"url":"https://example.com","method":"PUT","body":"a=b"}`, func(r *robot.Request) { r.EffectID = "r1:7:2" })
	require.NoError(t, err)
	require.Equal(t, "plain", result.Values["body"])
	require.Equal(t, "PUT", w.requests[1].Method)
	require.Equal(t, r.IdempotencyKey, w.requests[1].IdempotencyKey)

	w.answer.Body = make([]byte, maxKeptAnswer+1)
	result, err = w.attempt(t, "webhook.call", `{"url":"https://example.com","method":"GET"}`, nil)
	require.NoError(t, err)
	require.Nil(t, result.Values["body"])
}

func TestAnswersDoNotSpellOutSecrets(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("fluxo:pass/w0rd"))
	for said, kept := range map[string]string{
		`{"password":"pass\/w0rd"}`: `{"password":"[secret]"}`,
		`fluxo:pass/w0rd is wrong`:  `[secret] is wrong`,
		basic:                       "[secret]",
		`{"a":"<b>"} and more`:      `{"a":"<b>"} and more`,
		`{"a": 1`:                   `{"a": 1`,
	} {
		require.Equal(t, kept, string(hide([]byte(said), []string{basic})))
	}
	require.Equal(t, "abc", string(hide([]byte("abc"), []string{""})))
}

// covers X-01: a header may be a secret, which is opened for the address that is
// called; what the other system repeats of it does not come into the run.
func TestWebhookSendsSecrets(t *testing.T) {
	w := newWorld()
	w.answer = webhook.Answer{Status: 200, Headers: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"you":"Bearer s3cr\"et-token","token":"s3cr\"et-token"}`)}
	const config = `{"url":"https://%s","headers":[{"name":"Authorization","value":{"secret":"%s"}}]}`
	result, err := w.attempt(t, "webhook.call", fmt.Sprintf(config, "example.com", "billing"), nil)
	require.NoError(t, err)
	require.Equal(t, `Bearer s3cr"et-token`, w.requests[0].Headers["Authorization"])
	require.Equal(t, map[string]any{"you": "[secret]", "token": "[secret]"}, result.Values["body"])

	// However the other system writes it: JSON may escape any character.
	w.answer.Body = []byte(`{"you":"s3cr\u0022et\u002dtoken","s3cr\u0022\u0065t-token":[{"deep":"= \u0073\u0033cr\"et-token"}],"n":9007199254740993}`)
	result, err = w.attempt(t, "webhook.call", fmt.Sprintf(config, "example.com", "billing"), nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"you": "[secret]", "[secret]": []any{map[string]any{"deep": "= [secret]"}}, "n": json.Number("9007199254740993")}, result.Values["body"])

	w.answer.Status = 401
	_, err = w.attempt(t, "webhook.call", fmt.Sprintf(config, "example.com", "billing"), nil)
	refused := requireFailure(t, err, robot.Permanent, "webhook_refused")
	require.NotContains(t, fmt.Sprint(refused.Detail), "et-token")

	w.requests = nil
	for name, c := range map[string]struct {
		host, secret string
		kind         robot.FailureKind
		code         string
	}{
		"unknown":     {"example.com", "none", robot.Permanent, "secret_missing"},
		"elsewhere":   {"evil.example.com", "billing", robot.Permanent, "secret_elsewhere"},
		"not to read": {"example.com", "away", robot.Temporary, "secret_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.attempt(t, "webhook.call", fmt.Sprintf(config, c.host, c.secret), nil)
			requireFailure(t, err, c.kind, c.code)
			require.Empty(t, w.requests)
		})
	}
}

func TestWebhookFailures(t *testing.T) {
	for _, c := range []struct {
		name, config string
		answer       webhook.Answer
		err          error
		kind         robot.FailureKind
		code         string
		after        time.Duration
	}{
		{"no address", `{"url":""}`, webhook.Answer{}, nil, robot.Permanent, "bad_value", 0},
		{"bad header", `{"url":"https://e.com","headers":[{"name":"a","value":3}]}`, webhook.Answer{}, nil, robot.Permanent, "bad_value", 0},
		{"forbidden", `{"url":"http://169.254.169.254"}`, webhook.Answer{}, webhook.ErrForbiddenAddress, robot.Permanent, "webhook_forbidden", 0},
		{"invalid", `{"url":"ftp://e.com"}`, webhook.Answer{}, webhook.ErrBadRequest, robot.Permanent, "webhook_invalid", 0},
		{"too large", `{"url":"https://e.com"}`, webhook.Answer{}, webhook.ErrTooLarge, robot.Permanent, "webhook_invalid", 0},
		{"network", `{"url":"https://e.com"}`, webhook.Answer{}, io.ErrUnexpectedEOF, robot.Temporary, "webhook_unreachable", 0},
		{"refused", `{"url":"https://e.com"}`, webhook.Answer{Status: 422, Body: []byte("no")}, nil, robot.Permanent, "webhook_refused", 0},
		{"redirect", `{"url":"https://e.com"}`, webhook.Answer{Status: 304}, nil, robot.Permanent, "webhook_refused", 0},
		{"broken", `{"url":"https://e.com"}`, webhook.Answer{Status: 503, Headers: http.Header{"Retry-After": {"30"}}}, nil, robot.Temporary, "webhook_failed", 30 * time.Second},
		{"busy", `{"url":"https://e.com"}`, webhook.Answer{Status: 429, Headers: http.Header{"Retry-After": {"Sat, 21 Nov 2026 12:01:00 GMT"}}}, nil, robot.Temporary, "webhook_failed", time.Minute},
		{"very busy", `{"url":"https://e.com"}`, webhook.Answer{Status: 429, Headers: http.Header{"Retry-After": {"99999999999"}}}, nil, robot.Temporary, "webhook_failed", time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.answer, w.callErr = c.answer, c.err
			_, err := w.attempt(t, "webhook.call", c.config, nil)
			f := requireFailure(t, err, c.kind, c.code)
			require.Equal(t, c.after, f.RetryAfter)
		})
	}
}

// covers R-23, B-60
func TestWaitRestsUntil(t *testing.T) {
	for _, c := range []struct {
		config  string
		until   string
		skipped bool
	}{
		{`{"for":"PT2H"}`, "2026-11-21T13:00:00Z", false},
		{`{"for":{"amount":1,"unit":"workingDay"}}`, "2026-11-24T09:00:00Z", false},
		{`{"for":"PT30M"}`, "", false},
		{`{"until":"2026-11-22"}`, "2026-11-22T00:00:00Z", false},
		{`{"until":"2026-11-21T12:00:01.000Z"}`, "2026-11-21T12:00:01Z", false},
		{`{"until":"2026-11-20"}`, "", true},
	} {
		result, err := newWorld().attempt(t, "wait.until", c.config, nil)
		require.NoError(t, err, c.config)
		if c.until != "" {
			require.Equal(t, c.until, result.Until.UTC().Format(time.RFC3339), c.config)
			require.Nil(t, result.Values)
			continue
		}
		require.True(t, result.Until.IsZero(), c.config)
		require.Equal(t, c.skipped, result.Values["skipped"], c.config)
	}
	for _, config := range []string{`{}`, `{"for":"soon"}`, `{"for":3}`, `{"for":"P9000Y"}`, `{"until":"tomorrow"}`, `{"until":5}`} {
		_, err := newWorld().attempt(t, "wait.until", config, nil)
		requireFailure(t, err, robot.Permanent, "bad_value")
	}
}

// covers H-03, B-27
func TestProcessRunStartsOnce(t *testing.T) {
	w := newWorld()
	for range 2 {
		result, err := w.attempt(t, "process.run", `{"process":"onboarding","parameters":[{"name":"urgent","value":true}],"wait":true}`, nil)
		require.NoError(t, err)
		require.True(t, result.Pending)
		require.Equal(t, w.starts[0].ID, result.Values["runId"])
	}
	require.Equal(t, w.starts[0], w.starts[1])
	require.Equal(t, Start{ID: w.starts[0].ID, Process: "onboarding", Parameters: map[string]any{"urgent": true}, RecordType: "deal", RecordID: "d1",
		StartedBy: "u-ann", CauseRun: "r1", Depth: 3, ParentEffect: "r1:7:1"}, w.starts[0])
	result, err := w.attempt(t, "process.run", `{"process":"onboarding"}`, nil)
	require.NoError(t, err)
	require.False(t, result.Pending)
	require.Empty(t, w.starts[2].ParentEffect)
}

func TestProcessRunFailures(t *testing.T) {
	for _, c := range []struct {
		config string
		err    error
		depth  int
		kind   robot.FailureKind
		code   string
	}{
		{`{"process":""}`, nil, 0, robot.Permanent, "bad_value"},
		{`{"process":"contract-preparation"}`, nil, 0, robot.Permanent, "process_recursion"},
		{`{"process":"p","parameters":[{"value":1}]}`, nil, 0, robot.Permanent, "bad_value"},
		{`{"process":"p"}`, nil, maxDepth, robot.Permanent, "causal_chain"},
		{`{"process":"p"}`, ErrProcessMissing, 0, robot.Permanent, "process_missing"},
		{`{"process":"p"}`, errDisk, 0, robot.Temporary, "record_unavailable"},
	} {
		w := newWorld()
		w.err = c.err
		_, err := w.attempt(t, "process.run", c.config, func(r *robot.Request) { r.Run.CauseDepth = c.depth })
		requireFailure(t, err, c.kind, c.code)
	}
}
