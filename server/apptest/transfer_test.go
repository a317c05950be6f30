package apptest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// finished waits for the end of the job of an import.
func finished(w *apptest.World, c *apptest.Client, started *apptest.Answer) *apptest.Answer {
	w.T.Helper()
	var j *apptest.Answer
	w.Eventually("the import has ended", 100*time.Millisecond, func() bool {
		j = c.Get("/jobs/" + started.Text("id")).Expect(200)
		return j.Text("status") == "done"
	})
	return j
}

// covers L-04: a file becomes records, what is wrong comes back to be mended, and
// what went out can come in again.
func TestImportAndExport(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	file := "Imię;Nazwisko;Adres e-mail;Telefon;Firma;Notes\n" +
		"Ewa;Importowa;ewa@import.test;+48 58 555 11 01;Import Works;x\n" +
		"Jan;Importowy;jan@import.test;;import works;\n" +
		"Ewa;Druga;EWA@import.test;;;\n" +
		"Zły;Adres;nope;;;\n" +
		"=HYPERLINK(\"x\");Formuła;f@import.test;;;\n"
	d := marta.Upload("/imports", map[string]string{"type": "contact"}, "people.csv", []byte(file)).Expect(201)
	require.Equal(t, []any{"csv", "utf-8", ";", float64(5)}, []any{d.Text("format"), d.Text("encoding"), d.Text("delimiter"), d.At("rows")})
	require.Equal(t, []any{"firstName", "lastName", "email", "phone", "company", ""}, d.At("mapping"))
	path := "/imports/" + d.Text("id")
	shown := marta.Get(path + "/preview").Expect(200)
	for i, becomes := range []string{"new", "new", "known", "fault", "new"} {
		require.Equal(t, becomes, shown.Text(fmt.Sprintf("items.%d.becomes", i)), "%s", shown.Raw)
	}
	require.Equal(t, float64(1), shown.At("items.2.row"), "it is about the same as the first row")
	require.Equal(t, []string{"email", "bad_email"}, []string{shown.Text("items.3.wrongs.0.field"), shown.Text("items.3.wrongs.0.code")})
	marta.Do("PATCH", path, map[string]any{"mapping": []string{"firstName", "firstName", "", "", "", ""}}).Problem(422, "validation")
	marta.Do("PATCH", path, map[string]any{"rules": map[string]any{"duplicates": "update", "by": []string{"email"}}}).Expect(200)
	w.As("anna").Get(path).Problem(404, "not_found")

	started := marta.Post(path+"/start", nil).Expect(202)
	require.Equal(t, started.Text("id"), marta.Post(path+"/start", nil).Expect(202).Text("id"), "begun once")
	marta.Do("PATCH", path, map[string]any{"mapping": []string{"", "", "", "", "", ""}}).Problem(409, "import_started")
	j := finished(w, marta, started)
	require.Equal(t, []any{float64(5), float64(4), float64(1)}, []any{j.At("total"), j.At("changed"), j.At("refused")}, "%s", marta.Get("/jobs/"+j.Text("id")+"/lines?status=refused").Raw)
	require.Equal(t, []any{float64(5), float64(4), float64(1)}, []any{j.At("total"), j.At("changed"), j.At("refused")}, "%s", j.Raw)
	require.Equal(t, []any{float64(1), started.Text("id")}, []any{float64(marta.Get("/jobs?kind=import").Expect(200).Len("items")), marta.Get("/jobs?kind=import").Text("items.0.id")})
	require.Zero(t, marta.Get("/jobs?kind=records").Expect(200).Len("items"))
	made := marta.Get("/contacts?q=import.test").Expect(200)
	require.Equal(t, 3, made.Len("items"), "%s", made.Raw)
	require.Contains(t, string(made.Raw), `"Ewa Druga"`, "the later row has changed the same person")
	require.Equal(t, 1, marta.Get("/companies?q=Import%20Works").Expect(200).Len("items"), "one company, however it is written")
	faults := marta.Get(path + "/faults?format=csv").Expect(200)
	require.True(t, strings.HasPrefix(string(faults.Raw), "\ufeffImię,Nazwisko,Adres e-mail,Telefon,Firma,Notes,"), "%s", faults.Raw)
	require.Contains(t, string(faults.Raw), "Zły,Adres,nope")

	// The corrected file comes in, without its column of reasons.
	mended := strings.Replace(string(faults.Raw), "nope", "zly@import.test", 1)
	d = marta.Upload("/imports", map[string]string{"type": "contact"}, "people (2).csv", []byte(mended)).Expect(201)
	j = finished(w, marta, marta.Post("/imports/"+d.Text("id")+"/start", nil).Expect(202))
	require.Equal(t, []any{float64(1), float64(1)}, []any{j.At("total"), j.At("changed")})

	// A formula is a text, going in and going out.
	out := marta.Get("/transfer/contact/export?format=csv&columns=firstName,lastName,email,phone,company&q=import.test").Expect(200)
	require.Equal(t, "text/csv; charset=utf-8", out.Header.Get("Content-Type"))
	require.Contains(t, string(out.Raw), `"'=HYPERLINK(""x"")",Formuła,f@import.test`)
	require.Contains(t, string(out.Raw), "Ewa,Druga,EWA@import.test,'+48 58 555 11 01,Import Works")
	again := marta.Upload("/imports", map[string]string{"type": "contact"}, "people.txt", out.Raw).Expect(201)
	shown = marta.Get("/imports/" + again.Text("id") + "/preview").Expect(200)
	require.Equal(t, 4, shown.Len("items"))
	for i := range 4 {
		require.Equal(t, "known", shown.Text(fmt.Sprintf("items.%d.becomes", i)))
	}

	// Deals: amounts, dates, people and stages by name, out as a workbook and in again.
	book := marta.Get("/transfer/deal/export?format=xlsx&columns=title,stage,amount,responsible,expectedCloseAt,company").Expect(200)
	f, err := excelize.OpenReader(bytes.NewReader(book.Raw))
	require.NoError(t, err)
	rows, err := f.GetRows("Sheet1")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Greater(t, len(rows), 3)
	require.Len(t, rows[0], 7, "an amount has its currency beside it")
	d = marta.Upload("/imports", map[string]string{"type": "deal"}, "deals.csv", book.Raw).Expect(201)
	require.Equal(t, "xlsx", d.Text("format"), "a file is what is in it")
	marta.Do("PATCH", "/imports/"+d.Text("id"), map[string]any{"rules": map[string]any{"duplicates": "add"}}).Expect(200)
	j = finished(w, marta, marta.Post("/imports/"+d.Text("id")+"/start", nil).Expect(202))
	require.Equal(t, []any{float64(len(rows) - 1), float64(len(rows) - 1)}, []any{j.At("total"), j.At("changed")}, "%s", marta.Get("/jobs/"+j.Text("id")+"/lines?status=refused").Raw)

	marta.Upload("/imports", map[string]string{"type": "contact"}, "people.xlsx", []byte("\x00\x01")).Problem(415, "file_type")
	marta.Upload("/imports", map[string]string{"type": "nothing"}, "people.csv", []byte(file)).Problem(404, "not_found")
	marta.Get("/transfer/deal/export?columns=nothing").Problem(422, "validation")
	marta.Get("/transfer/deal/export?format=pdf").Problem(422, "validation")
}

// covers L-04: an import goes on after a crash and makes nothing twice.
func TestImportGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Shared: true})
	var file strings.Builder
	file.WriteString("title,amount,currency\n")
	for i := range 120 {
		fmt.Fprintf(&file, "Crash %03d,%d.50,EUR\n", i, i)
	}
	marta := w.As("marta")
	d := marta.Upload("/imports", map[string]string{"type": "deal"}, "deals.csv", []byte(file.String())).Expect(201)
	marta.Do("PATCH", "/imports/"+d.Text("id"), map[string]any{"rules": map[string]any{"duplicates": "add", "decimal": "."}}).Expect(200)
	started := marta.Post("/imports/"+d.Text("id")+"/start", nil).Expect(202)
	beside := apptest.New(t, apptest.Options{Shared: true, Beside: w}) // a second server carries on with the same lines
	finished(beside, beside.As("marta"), started)
	require.Equal(t, 120, marta.Get("/records/deal?q=Crash&limit=200").Expect(200).Len("items"))
}

// A group of duplicates becomes one, and two again.
func TestMergeOverTheAPI(t *testing.T) {
	t.Parallel()
	mergeOverTheAPI(t, apptest.New(t, apptest.Options{}))
}

func mergeOverTheAPI(t *testing.T, w *apptest.World) {
	t.Helper()
	marta := w.As("marta")
	contact := func(first, email, phone string) string {
		return marta.Post("/contacts", map[string]any{"firstName": first, "lastName": "Double", "email": email, "phone": phone}).Expect(201).Text("id")
	}
	a, b := contact("One", "double@example.com", ""), contact("Two", "DOUBLE@example.com", "+48 58 555 99 01")
	known := marta.Get("/matches?types=contact&email=double@example.com").Expect(200)
	require.Equal(t, []any{2, a, "email"}, []any{known.Len("items"), known.Text("items.0.id"), known.Text("items.0.by.0")})
	group := marta.Get("/duplicates/contact?by=email").Expect(200)
	require.Contains(t, string(group.Raw), "double@example.com")
	side := marta.Get("/duplicates/contact/comparison?id=" + a + "&id=" + b).Expect(200)
	require.Equal(t, []any{"firstName", "email", "phone"}, []any{side.Text("fields.0.key"), side.Text("fields.1.key"), side.Text("fields.2.key")})
	require.Equal(t, []any{"One Double", "", "+48 58 555 99 01", 3}, []any{side.Text("records.0.title"), side.Text("records.0.values.phone"), side.Text("records.1.values.phone"), side.Len("fields")})
	marta.Get("/duplicates/contact/comparison?id="+a+"&id=nobody").Problem(404, "not_found")
	marta.Get("/duplicates/contact/comparison?id="+a).Problem(422, "validation")
	require.Equal(t, 2, marta.Get("/matches?types=contact&email=nobody@example.com&email=double@example.com&phone=585559901").Expect(200).Len("items"))
	m := marta.Post("/duplicates/contact/merge", map[string]any{"into": a, "from": []string{b}, "take": map[string]string{"firstName": b}}).Expect(200)
	require.Equal(t, "done", m.Text("status"))
	one := marta.Get("/contacts/" + b).Expect(200)
	require.Equal(t, []string{a, "Two Double", "+48 58 555 99 01"}, []string{one.Text("id"), one.Text("name"), one.Text("phone")})
	require.NotContains(t, string(marta.Get("/duplicates/contact?by=email").Expect(200).Raw), "double@example.com")
	marta.Post("/merges/"+m.Text("id")+"/undo", nil).Expect(200)
	require.Equal(t, "One Double", marta.Get("/contacts/"+a).Expect(200).Text("name"))
	marta.Post("/duplicates/contact/dismiss", map[string]any{"key": "e:double@example.com"}).Expect(204)
	require.NotContains(t, string(marta.Get("/duplicates/contact?by=email").Expect(200).Raw), "double@example.com")
	marta.Post("/duplicates/deal/merge", map[string]any{"into": a, "from": []string{b}}).Expect(404)
}

// covers L-04, B-72: a column names who is responsible, by the name or by how they sign
// in; a name that is nobody's comes back. Without a name a client belongs to who imports, and
// a record to nobody.
func TestImportsNameTheResponsible(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	for recordType, list := range map[string]string{"deal": "/records/deal", "contact": "/contacts", "company": "/companies"} {
		title := map[string]string{"deal": "Title", "contact": "Last name", "company": "Name"}[recordType]
		table := title + ";Responsible\nTaken by name;Henrik Lindqvist\nTaken by login;anna\nTaken by none;\nTaken by nobody;Somebody Else\n"
		d := ada.Upload("/imports", map[string]string{"type": recordType}, "table.csv", []byte(table)).Expect(201)
		require.Equal(t, "responsible", d.Text("mapping.1"), "%s: %s", recordType, d.Raw)
		path := "/imports/" + d.Text("id")
		shown := ada.Get(path + "/preview").Expect(200)
		require.Equal(t, "responsible", shown.Text("items.3.wrongs.0.field"), "%s: %s", recordType, shown.Raw)
		j := finished(w, ada, ada.Post(path+"/start", nil).Expect(202))
		require.Equal(t, []any{3.0, 1.0}, []any{j.At("changed"), j.At("refused")}, "%s: %s", recordType, j.Raw)
		found := ada.Get(list + "?q=taken").Expect(200)
		got := map[string]string{}
		for i := range found.Len("items") {
			at := fmt.Sprintf("items.%d.", i)
			name := found.Text(at + "name")
			if recordType == "deal" {
				name = found.Text(at + "title")
			}
			got[name] = found.Text(at + "responsibleId")
		}
		require.Equal(t, map[string]string{"Taken by name": "henrik", "Taken by login": "anna", "Taken by none": map[string]string{"contact": "ada", "company": "ada"}[recordType]}, got, recordType)
	}
}
