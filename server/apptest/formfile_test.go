package apptest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
)

// chosen is a file that a client has chosen in a field.
type chosen struct{ field, name, content string }

// body is what a browser sends with files: hidden inputs first.
func (c *stranger) body(values map[string]string, files ...chosen) (content []byte, kind string) {
	c.w.T.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, all := range c.hidden {
		require.NoError(c.w.T, m.WriteField(name, all[0]))
	}
	for name, value := range values {
		if !strings.HasPrefix(name, "fluxo_") && name != "website_url" {
			name = "f." + name
		}
		require.NoError(c.w.T, m.WriteField(name, value))
	}
	for _, f := range files {
		part, err := m.CreateFormFile("f."+f.field, f.name)
		require.NoError(c.w.T, err)
		_, err = io.WriteString(part, f.content)
		require.NoError(c.w.T, err)
	}
	require.NoError(c.w.T, m.Close())
	return b.Bytes(), m.FormDataContentType()
}

func (c *stranger) posts(content []byte, kind string) (status int, page string) {
	c.w.T.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Post(c.w.URL+"/f/"+c.form, kind, bytes.NewReader(content))
	require.NoError(c.w.T, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(c.w.T, err)
	return answer.StatusCode, string(text)
}

func (c *stranger) sendsFiles(values map[string]string, files ...chosen) (status int, page string) {
	c.w.T.Helper()
	return c.posts(c.body(values, files...))
}

// asksFiles makes a form that asks for drawings, at most three, and one offer.
func asksFiles(w *apptest.World, edit func(drawings, offer map[string]any)) string {
	w.T.Helper()
	for i, f := range []map[string]any{{"label": "Drawings", "type": "file", "multiple": true}, {"label": "Offer", "type": "file"}} {
		w.As("ada").Post("/record-types/deal/fields", f, "If-Match", fmt.Sprintf(`"%d"`, i)).Expect(201)
	}
	drawings := map[string]any{"field": "record.drawings", "label": "Drawings", "accept": []string{"pdf", "image"}, "maxMegabytes": 1, "maxFiles": 3, "required": true}
	offer := map[string]any{"field": "record.offer", "label": "An offer you have"}
	if edit != nil {
		edit(drawings, offer)
	}
	return makes(w, signUp(func(f map[string]any) { f["fields"] = append(f["fields"].([]any), drawings, offer) }))
}

const aPDF = "%PDF-1.7\n"

var anna = map[string]string{"contact.lastName": "Berg", "contact.email": "anna@berg.test"}

// submission is the id under which a page is sent: its token names it.
func (c *stranger) submission() string {
	c.w.T.Helper()
	token, err := base64.RawURLEncoding.DecodeString(c.hidden.Get("fluxo_token"))
	require.NoError(c.w.T, err)
	sum := sha256.Sum256(append([]byte(c.form+"\x00"), token[:24]...))
	return fmt.Sprintf("s-%x", sum[:12])
}

// held counts the files that are kept of what was sent with a page.
func (c *stranger) held() int {
	c.w.T.Helper()
	files, err := c.w.App.Stores.Files.List(c.w.T.Context(), "submission:"+c.submission())
	require.NoError(c.w.T, err)
	return len(files)
}

// covers G-12: files of strangers come to the record that the form makes.
func TestFilesInForms(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form := asksFiles(w, nil)
	page := string(w.Anonymous().Do("GET", "//f/"+form, nil).Expect(200).Raw)
	for _, has := range []string{`enctype="multipart/form-data"`, `type="file"`, `accept=".pdf,image/*"`, " multiple required", "PDF, pictures; up to 1 MB each; at most 3 files"} {
		require.Contains(t, page, has)
	}
	c := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	files := []chosen{{"record.drawings", `C:\plans\front.pdf`, aPDF + "front"}, {"record.drawings", "side.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"}, {"record.offer", "", ""}}
	content, kind := c.body(anna, files...)
	for range 2 { // sending twice is sending once
		status, page := c.posts(content, kind)
		require.Equal(t, 303, status, page)
	}
	all := worked(w, form, "done", 1)
	require.Equal(t, "front.pdf, side.png", all.Text("items.0.answers.2.text"))
	deal := all.Text("items.0.record.id")
	require.Zero(t, c.held(), "they are the record's, and those of the second sending are gone")
	marta := w.As("marta")
	record := marta.Get("/records/deal/" + deal).Expect(200)
	require.Equal(t, 2, record.Len("fields.drawings"))
	require.Equal(t, "front.pdf", record.Text("names."+record.Text("fields.drawings.0")))
	require.Equal(t, 2, marta.Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))
	require.Contains(t, string(marta.Get("/records/deal/"+deal+"/timeline").Expect(200).Raw), `"side.png"`)
	require.Equal(t, aPDF+"front", string(marta.Get("/files/"+record.Text("fields.drawings.0")).Expect(200).Raw))
	w.Anonymous().Get("/files/"+record.Text("fields.drawings.0")).Problem(401, "unauthenticated")

	// She comes again while the deal is open: the files go to it, beside its field.
	c = opens(w, form, "")
	w.Clock.Advance(time.Minute)
	status, page := c.sendsFiles(anna, chosen{"record.drawings", "back.pdf", aPDF + "back"})
	require.Equal(t, 303, status, page)
	worked(w, form, "done", 2)
	require.Equal(t, 3, marta.Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))
	require.Equal(t, 2, marta.Get("/records/deal/"+deal).Expect(200).Len("fields.drawings"), "what is known of a client is not overwritten")
}

// A refused submission keeps nothing, tells what is wrong at its field, and that
// files have to be chosen anew.
func TestRefusedFilesInForms(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form := asksFiles(w, nil)
	good := chosen{"record.drawings", "front.pdf", aPDF}
	c := opens(w, form, "")
	status, page := c.sendsFiles(anna, good)
	require.Equal(t, 422, status, "too fast")
	require.Contains(t, page, "Please choose the file again.")
	require.Zero(t, c.held())
	w.Clock.Advance(5 * time.Second)
	for name, try := range map[string]struct {
		values map[string]string
		files  []chosen
		says   string
	}{
		"required":  {anna, nil, "Please fill this in."},
		"kind":      {anna, []chosen{{"record.drawings", "page.pdf", "<html><script>alert(1)</script></html>"}}, "Files of this kind are not taken here."},
		"too large": {anna, []chosen{{"record.drawings", "a.pdf", aPDF + strings.Repeat("x", 1<<20)}}, "larger than 1 MB"},
		"too many":  {anna, []chosen{good, good, good, good}, "at most 3 files"},
		"empty":     {anna, []chosen{{"record.offer", "a.txt", ""}, good}, "This file is empty."},
		"disguised": {anna, []chosen{{"record.drawings", "a\u202efdp.exe", aPDF}}, "cannot be used"},
		"other":     {map[string]string{"contact.lastName": "Berg", "contact.email": "no"}, []chosen{good}, "Please choose the file again."},
	} {
		w.Clock.Advance(10 * time.Minute) // no address sends so often
		c = opens(w, form, "")
		w.Clock.Advance(5 * time.Second)
		status, page := c.sendsFiles(try.values, try.files...)
		require.Equal(t, 422, status, name)
		require.Contains(t, page, try.says, name)
		require.Contains(t, page, `value="Berg"`, name)
		require.Zero(t, c.held(), name)
	}

	// More than all fields together may have, and what breaks off in the middle.
	w.Clock.Advance(10 * time.Minute)
	c = opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _ = c.sendsFiles(anna, good, chosen{"record.offer", "a.pdf", aPDF + strings.Repeat("x", 30<<20)})
	require.Equal(t, 413, status)
	require.Zero(t, c.held())
	content, kind := c.body(anna, good, chosen{"record.offer", "a.pdf", aPDF + strings.Repeat("x", 1<<20)})
	status, _ = c.posts(content[:len(content)-1000], kind)
	require.Equal(t, 400, status)
	require.Zero(t, c.held())
	// Robots fill in what nobody sees; nothing of their files stays, and letting them through later works.
	status, _ = c.sendsFiles(map[string]string{"contact.lastName": "Bot", "contact.email": "bot@bot.test", "website_url": "x"}, good)
	require.Equal(t, 303, status)
	require.Zero(t, c.held())
	spam := worked(w, form, "spam", 1)
	w.As("dana").Post("/submissions/"+spam.Text("items.0.id")+"/retry", nil).Expect(200)
	worked(w, form, "done", 1)

	// A form without such a field takes no files, whoever sends them.
	plain := opens(w, makes(w, signUp(nil)), "")
	status, _ = plain.sendsFiles(anna, good)
	require.Equal(t, 415, status)
}

// Files are taken slowly: from one address to one form.
func TestFilesInFormsAreLimited(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	c := opens(w, asksFiles(w, nil), "")
	content, kind := c.body(anna)
	got := map[int]int{}
	for range 8 {
		status, _ := c.posts(content, kind)
		got[status]++
	}
	require.Equal(t, map[int]int{422: 6, 429: 2}, got)
}

// What a form may say about its files.
func TestFormsOfFilesAreChecked(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form := asksFiles(w, nil)
	of := func(at int, values map[string]any) map[string]any {
		stored := w.As("dana").Get("/forms/" + form).Expect(200)
		f := signUp(nil)
		f["fields"] = stored.At("fields")
		for key, value := range values {
			f["fields"].([]any)[at].(map[string]any)[key] = value
		}
		return f
	}
	for path, bad := range map[string]map[string]any{
		"/fields/4/hidden": of(4, map[string]any{"hidden": true}), "/fields/5/maxFiles": of(5, map[string]any{"maxFiles": 2}),
		"/fields/0/accept": of(0, map[string]any{"maxFiles": 2}), "/fields": of(4, map[string]any{"maxFiles": 10, "maxMegabytes": 20}),
	} {
		p := w.As("dana").Do("PUT", "/forms/"+form, bad, "If-Match", `"1"`).Problem(422, "validation")
		require.Contains(t, string(p.Raw), `"`+path+`"`)
	}
}

// A process that ends in the middle of an upload leaves files that nobody waits
// for: they go. Those that a submission has taken stay.
func TestCutUploadsAreSwept(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	c := opens(w, asksFiles(w, nil), "")
	type upload struct {
		docstore.Entity
		Submission string           `json:"submission"`
		At         docstore.Instant `json:"at"`
	}
	uploads, err := docstore.NewTyped[upload](t.Context(), w.App.Stores.Documents, docstore.Spec{Name: "formUploads", Indexes: []docstore.Index{{Paths: []string{"at"}}}})
	require.NoError(t, err)
	_, err = uploads.Save(t.Context(), upload{docstore.Entity{ID: "cut"}, c.submission(), docstore.At(w.Clock.Now())})
	require.NoError(t, err)
	_, err = w.App.Stores.Files.Put(t.Context(), file.Put{ID: "cut-0", Name: "a.pdf", Owner: "submission:" + c.submission()}, strings.NewReader(aPDF))
	require.NoError(t, err)
	w.Clock.Advance(59 * time.Minute)
	n, err := w.App.Forms.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, 1, c.held())
	w.Clock.Advance(2 * time.Minute)
	n, err = w.App.Forms.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Zero(t, c.held())
}

// covers G-12, B-67: a condition of a trigger reads what the files are called that came
// with a form, not their ids.
func TestConditionsReadTheNamesOfFiles(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "signed", trigger.Form, `{}`, when(`"signed.pdf" in event.fields.record_drawings`)),
	}})
	form := asksFiles(w, nil)
	sends := func(name string, n int) {
		t.Helper()
		c := opens(w, form, "")
		w.Clock.Advance(time.Minute)
		status, page := c.sendsFiles(anna, chosen{"record.drawings", name, aPDF + name}, chosen{"record.drawings", "side.pdf", aPDF + "side"})
		require.Equal(t, 303, status, page)
		worked(w, form, "done", n)
	}
	sends("first.pdf", 1) // makes the deal
	deal := worked(w, form, "done", 1).Text("items.0.record.id")
	sends("draft.pdf", 2)
	said(w, deal, "signed conditionFalse")
	silent := w.As("ada").Get("/records/deal/" + deal + "/triggers").Expect(200)
	require.Equal(t, "list of 2", silent.At("items.0.values").(map[string]any)["event.fields.record_drawings"])
	require.Nil(t, silent.At("items.0.why.error"), "the names are not kept, which is no fault of the condition")
	sends("signed.pdf", 3)
	said(w, deal, "signed moved")
	require.Equal(t, "qualified", stageOf(w, deal))
	require.Equal(t, 6, w.As("ada").Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))
}

// covers G-12: where the record cannot be made, here because the person who would be
// responsible has left, its files are the submission's again until it can.
func TestFilesComeBackWhenTheRecordCannotBeMade(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form, ada := asksFiles(w, nil), w.As("ada")
	works := func(active bool) {
		t.Helper()
		ada.Do("PATCH", "/users/marta", map[string]any{"active": active}, "If-Match", ada.Get("/users/marta").Expect(200).ETag()).Expect(200)
	}
	works(false)
	c := opens(w, form, "")
	w.Clock.Advance(time.Minute)
	status, page := c.sendsFiles(anna, chosen{"record.drawings", "front.pdf", aPDF})
	require.Equal(t, 303, status, page)
	submissions := func(status string) *apptest.Answer {
		t.Helper()
		var all *apptest.Answer
		w.Eventually("it is "+status, 10*time.Millisecond, func() bool {
			all = ada.Get("/forms/" + form + "/submissions?status=" + status).Expect(200)
			return all.Len("items") == 1
		})
		return all
	}
	failed := submissions("failed")
	require.Contains(t, failed.Text("items.0.error"), "there is no such active user")
	require.Empty(t, failed.Text("items.0.record.id"))
	require.Equal(t, 1, c.held(), "they are not a record's that is not there")

	works(true)
	ada.Post("/submissions/"+failed.Text("items.0.id")+"/retry", nil).Expect(200)
	done := submissions("done")
	require.Zero(t, c.held())
	deal := ada.Get("/records/deal/" + done.Text("items.0.record.id")).Expect(200)
	require.Equal(t, "marta", deal.Text("responsibleId"))
	require.Equal(t, 1, deal.Len("fields.drawings"))
	require.Equal(t, 1, ada.Get("/records/deal/"+deal.Text("id")+"/files").Expect(200).Len("items"))
}
