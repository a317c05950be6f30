package apptest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// What cannot be taken is said, with its place: an archived product in a new row, an
// amount and a currency beside rows that decide them, numbers no member can hold.
func TestWhatIsNotTakenIsSaid(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	product := func(name string) (string, string) {
		made := ada.Post("/products", map[string]any{"name": name, "price": money(10_000, "PLN")}).Expect(201)
		return made.Text("id"), made.ETag()
	}
	kept, keptTag := product("Kept")
	gone, goneTag := product("Gone")
	ada.Post("/products/"+gone+"/archive", nil, "If-Match", goneTag).Expect(200)
	row := func(id string) map[string]any {
		return map[string]any{"name": "Row", "productId": id, "quantity": "2", "price": money(10_000, "PLN")}
	}
	deal := func(more map[string]any) map[string]any {
		body := map[string]any{"pipelineId": "sales", "title": "Rows"}
		for key, value := range more {
			body[key] = value
		}
		return body
	}
	first := func(a *apptest.Answer) []string {
		return []string{a.Text("errors.0.path"), a.Text("errors.0.code")}
	}
	require.Equal(t, []string{"/products/1/productId", "archived_product"},
		first(marta.Post("/records/deal", deal(map[string]any{"products": []any{row(kept), row(gone)}})).Problem(422, "validation")))
	made := marta.Post("/records/deal", deal(map[string]any{"products": []any{row(kept)}})).Expect(201)
	path := "/records/deal/" + made.Text("id")
	require.EqualValues(t, 20_000, made.At("amount"))

	// What stands there already stays when the product is archived, in copies as well.
	ada.Post("/products/"+kept+"/archive", nil, "If-Match", keptTag).Expect(200)
	more := row(kept)
	more["quantity"] = "3"
	changed := marta.Do("PATCH", path, map[string]any{"products": []any{more}}, "If-Match", made.ETag()).Expect(200)
	require.EqualValues(t, 30_000, changed.At("amount"))
	require.EqualValues(t, 30_000, marta.Post(path+"/copies", map[string]any{}).Expect(201).At("amount"))

	// Rows decide the amount and the currency.
	patch := func(body any) *apptest.Answer {
		return marta.Do("PATCH", path, body, "If-Match", changed.ETag())
	}
	require.Equal(t, []string{"/amount", "decided_by_rows"}, first(patch(map[string]any{"amount": 5}).Problem(422, "validation")))
	require.Equal(t, []string{"/currency", "decided_by_rows"}, first(patch(map[string]any{"currency": "EUR"}).Problem(422, "validation")))
	changed = patch(map[string]any{"amount": 30_000, "currency": "PLN", "title": "The same"}).Expect(200)
	changed = patch(map[string]any{"amount": 5, "products": []any{}}).Expect(200)
	require.EqualValues(t, 5, changed.At("amount"), "no rows decide it any more")

	// Numbers.
	for body, place := range map[string]string{
		`{"amount": 1e30}`:                  "/amount",
		`{"amount": 1e400}`:                 "/amount",
		`{"amount": 1e2}`:                   "/amount",
		`{"fields": {"a~/b": [0, -1e999]}}`: "/fields/a~0~1b/1",
		`{"products": [{"name": "a", "quantity": "1", "price": {"amount": 1, "currency": "PLN"}}, {"name": "b", "quantity": "1", "price": {"amount": 1e25, "currency": "PLN"}}]}`: "/products/1/price/amount",
	} {
		require.Equal(t, []string{place, "out_of_range"}, first(patch(json.RawMessage(body)).Problem(422, "validation")), body)
	}
}

// A record is not compared with itself, and what is never merged is told apart from
// what is not there.
func TestComparisonsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal, contact := newDeal(t, w, "Pumps")
	same := marta.Get("/duplicates/contact/comparison?id="+contact+"&id="+contact).Problem(422, "validation")
	require.Equal(t, []string{"query.id/1", "named_twice"}, []string{same.Text("errors.0.path"), same.Text("errors.0.code")})
	require.Contains(t, marta.Get("/duplicates/deal/comparison?id="+deal+"&id="+deal).Problem(422, "not_merged").Text("remedy"), "Contacts, companies and leads")
	marta.Get("/duplicates/nothing/comparison?id=a&id=b").Problem(404, "not_found")
	twice := marta.Post("/duplicates/contact/merge", map[string]any{"into": contact, "from": []string{contact}}).Problem(422, "validation")
	require.Equal(t, []string{"/from/0", "named_twice"}, []string{twice.Text("errors.0.path"), twice.Text("errors.0.code")})
}

// What is booked for a lead is for the lead that it became a part of, and its own again
// when the merge is taken back. Bookings are nothing to choose between.
func TestMergedRecordsKeepTheirBookings(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	room := aRoom(w, "Blue room")
	ada.Post("/record-types/lead/fields", map[string]any{"key": "visit", "label": "Visit", "type": "booking"}, "If-Match", ada.Get("/record-types/lead").Expect(200).ETag()).Expect(201)
	lead := func(title string) string {
		return marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": title}).Expect(201).Text("id")
	}
	stays, goes := lead("Stays"), lead("Goes")
	made := marta.Post("/bookings", map[string]any{"resourceId": room, "from": "2026-11-24T10:00:00Z", "to": "2026-11-24T11:00:00Z",
		"record": map[string]any{"type": "lead", "id": goes}, "field": "visit"}).Expect(201).Text("id")
	visit := func(id string) string { return marta.Get("/records/lead/" + id).Expect(200).Text("fields.visit") }
	require.Equal(t, made, visit(goes))
	require.NotContains(t, string(marta.Get("/duplicates/lead/comparison?id="+stays+"&id="+goes).Expect(200).Raw), `"visit"`)

	merge := marta.Post("/duplicates/lead/merge", map[string]any{"into": stays, "from": []string{goes}}).Expect(200).Text("id")
	require.Equal(t, made, visit(stays))
	w.Eventually("the story tells of it", 10*time.Millisecond, func() bool {
		story := marta.Get("/records/lead/" + stays + "/timeline").Expect(200)
		for i := range story.Len("items") {
			if story.At("items."+string(rune('0'+i))+".data.event") == "carried" {
				return true
			}
		}
		return false
	})
	require.Equal(t, []string{"2026-11-24T10:00 active"}, bookingsOf(w, "record=lead:"+stays+"&field=visit"), "going to the bin cancels nothing that was carried")

	marta.Post("/merges/"+merge+"/undo", nil).Expect(200)
	require.Equal(t, []string{"", made}, []string{visit(stays), visit(goes)})
	require.Equal(t, []string{"2026-11-24T10:00 active"}, bookingsOf(w, "record=lead:"+goes))
}

// Who may not change a booking learns who may, and not of a right that nobody needs.
func TestAnothersBookingIsRefusedInItsOwnWords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	room := aRoom(w, "Blue room")
	made := w.As("marta").Post("/bookings", map[string]any{"resourceId": room, "from": "2026-11-24T10:00:00Z", "to": "2026-11-24T11:00:00Z"}).Expect(201)
	path := "/bookings/" + made.Text("id")
	refused := w.As("anna").Do("PATCH", path, map[string]any{"note": "mine"}, "If-Match", made.ETag()).Problem(403, "booking_of_another")
	require.Contains(t, refused.Text("remedy"), "who booked it")
	w.As("anna").Post(path+"/cancellation", map[string]any{}, "If-Match", made.ETag()).Problem(403, "booking_of_another")
	w.As("ada").Post(path+"/cancellation", map[string]any{}, "If-Match", made.ETag()).Expect(200)
}

// A line of the bell has its moment apart, for the clock of who reads it.
func TestTheBellGivesMomentsApart(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	room := aRoom(w, "Blue room")
	w.As("marta").Post("/bookings", map[string]any{"resourceId": room, "from": "2026-11-24T10:00:00Z", "to": "2026-11-24T11:00:00Z", "userId": "henrik"}).Expect(201)
	told(t, w, "henrik", "Booked for you: Blue room 24 Nov 2026 11:00")
	line := w.As("henrik").Get("/notifications").Expect(200)
	require.Equal(t, []string{"Booked for you: Blue room {{when}}", "2026-11-24T10:00:00.000Z"}, []string{line.Text("items.0.pattern"), line.Text("items.0.when")})
}

// A record knows on which stages it was: what was skipped is not among them.
func TestRecordsKnowTheStagesTheyWereOn(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	pipelines := marta.Get("/pipelines?type=deal").Expect(200)
	require.Equal(t, "sales", pipelines.Text("items.0.id"))
	id := func(at string) string { return pipelines.Text("items.0.stages." + at + ".id") }
	made := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Skips"}).Expect(201)
	moved := made
	for _, to := range []string{id("2"), id("0"), id("2")} {
		moved = marta.Post("/records/deal/"+made.Text("id")+"/stage", map[string]any{"stage": to}, "If-Match", moved.ETag()).Expect(200)
	}
	require.Equal(t, []any{id("0"), id("2")}, moved.At("record.visitedStages"))
}

// An export has the columns that the list shows, in their order, whatever they are
// called there; an import tells what is wrong with a cell in the reader's language.
func TestTablesFollowTheListAndTheLanguage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	first := func(path string) string {
		head, _, _ := strings.Cut(string(marta.Get(path).Expect(200).Raw), "\n")
		return strings.TrimRight(strings.TrimPrefix(head, "\ufeff"), "\r")
	}
	for recordType, path := range map[string]string{"deal": "/lists/deal/fields", "contact": "/lists/contact/fields", "company": "/lists/company/fields"} {
		fields := marta.Get(path).Expect(200)
		var keys []string
		for i := range fields.Len("items") {
			keys = append(keys, fields.Text(fmt.Sprintf("items.%d.key", i)))
		}
		require.NotEmpty(t, first("/transfer/"+recordType+"/export?format=csv&columns="+strings.Join(keys, ",")), "all that a list can show")
	}
	require.Equal(t, "On the stage since,Title", first("/transfer/deal/export?format=csv&columns=stageSince,title"))
	require.Equal(t, "E-mail,Full name", first("/transfer/contact/export?format=csv&columns=email,name"))

	d := marta.Upload("/imports", map[string]string{"type": "deal"}, "deals.csv", []byte("Title;Amount;Expected close;Responsible;Stage\nA;many;soon;Nobody;Nowhere\n")).Expect(201)
	wrongs := func(language string) map[string]string {
		shown := marta.Do("GET", "/imports/"+d.Text("id")+"/preview", nil, "Accept-Language", language).Expect(200)
		out := map[string]string{}
		for i := range shown.Len("items.0.wrongs") {
			at := fmt.Sprintf("items.0.wrongs.%d.", i)
			out[shown.Text(at+"field")] = shown.Text(at + "message")
		}
		return out
	}
	require.Equal(t, map[string]string{"amount": "write an amount such as 1240.50", "expectedCloseAt": "write a date such as 2026-03-31",
		"responsible": "there is no active user “Nobody”", "stage": "the pipeline has no stage “Nowhere”"}, wrongs("en"))
	require.Equal(t, map[string]string{"amount": "wpisz kwotę, np. 1240,50", "expectedCloseAt": "wpisz datę, np. 2026-03-31",
		"responsible": "nie ma aktywnego użytkownika „Nobody”", "stage": "lejek nie ma etapu „Nowhere”"}, wrongs("pl"))
	refused := marta.Do("POST", "/contacts", map[string]any{"firstName": "A", "email": "nope"}, "Accept-Language", "ru").Problem(422, "validation")
	require.Equal(t, "это не адрес, например name@example.com", refused.Text("errors.0.message"))
}

// Two who change different fields of a product do not get into each other's way; who
// changes the same one is asked.
func TestProductsAreMergedByField(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana := w.As("ada"), w.As("dana")
	made := ada.Post("/products", map[string]any{"name": "Scanner", "unit": "pcs", "price": money(10_000, "PLN")}).Expect(201)
	path := "/products/" + made.Text("id")
	change := func(who *apptest.Client, tag string, body map[string]any) *apptest.Answer {
		return who.Do("PATCH", path, body, "If-Match", tag)
	}
	change(ada, made.ETag(), map[string]any{"unit": "box"}).Expect(200)
	both := change(dana, made.ETag(), map[string]any{"name": "Scanner 2"}).Expect(200)
	require.Equal(t, []string{"Scanner 2", "box"}, []string{both.Text("name"), both.Text("unit")})
	clash := change(dana, made.ETag(), map[string]any{"unit": "piece", "price": money(9_000, "PLN")}).Problem(409, "stale")
	require.Equal(t, []any{float64(1), "unit", "piece", "box", both.At("rev")},
		[]any{float64(clash.Len("clashes")), clash.At("clashes.0.field"), clash.At("clashes.0.mine"), clash.At("clashes.0.theirs"), clash.At("current.rev")})
	require.EqualValues(t, 10_000, ada.Get(path).Expect(200).At("price.amount"), "nothing of it is written")
}

// Who asks for it is told of new tasks by mail, with the way to the task; nobody else.
func TestTasksAreToldByMail(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	require.Nil(t, marta.Get("/session").Expect(200).At("user.taskMail"))
	marta.Do("PATCH", "/session/preferences", map[string]any{"taskMail": true}).Expect(200)
	require.Equal(t, true, marta.Get("/session").Expect(200).At("user.taskMail"))
	deal, _ := newDeal(t, w, "Mailed")
	publishText(t, w, "asks", `{"format":"fluxo/process@1","key":"asks","name":"Asks","appliesTo":"deal","nodes":[{"id":"start","kind":"startEvent"},
		{"id":"one","kind":"userTask","name":"Read it","config":{"assignees":["marta"]}},{"id":"two","kind":"userTask","name":"Read it, too","config":{"assignees":["henrik"]}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"a","from":"start","to":"two"},{"id":"b","from":"start","to":"one"},{"id":"c","from":"one","to":"end"},{"id":"d","from":"two","to":"end"}]}`)
	runOn(w, "asks", deal)
	told(t, w, "henrik", "New task: Read it, too · Mailed")
	var mails *apptest.Answer
	w.Eventually("the mail is sent", 100*time.Millisecond, func() bool {
		mails = w.As("ada").Get("/outbox").Expect(200)
		return mails.Len("items") > 0
	})
	require.Equal(t, 1, mails.Len("items"), "%s", mails.Raw)
	require.Equal(t, []string{`"Marta Nowak" <marta@demo.fluxo.test>`, "New task: Read it · Mailed"}, []string{mails.Text("items.0.to"), mails.Text("items.0.subject")})
	require.Contains(t, string(w.As("ada").Get("/outbox/"+mails.Text("items.0.id")).Expect(200).Raw), "/tasks?task=")
	marta.Do("PATCH", "/session/preferences", map[string]any{"taskMail": false}).Expect(200)
	require.Nil(t, marta.Get("/session").Expect(200).At("user.taskMail"))
}

// A mail server that cannot take a mail now is asked again, but not for a task that is
// over by then.
func TestMailsAboutTasksAreTriedAgain(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	marta.Do("PATCH", "/session/preferences", map[string]any{"taskMail": true}).Expect(200)
	busy := &busyMail{letters: make(letters, 10)}
	busy.closed.Store(true)
	server := smtp.NewServer(busy)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	ada.Do("PUT", "/settings/mail", map[string]any{"provider": "smtp", "host": "127.0.0.1", "port": listener.Addr().(*net.TCPAddr).Port, "tls": "none", "from": "fluxo@demo.fluxo.test"}).Expect(200)
	publishText(t, w, "asks", `{"format":"fluxo/process@1","key":"asks","name":"Asks","appliesTo":"deal","nodes":[{"id":"start","kind":"startEvent"},
		{"id":"one","kind":"userTask","name":"Read it","config":{"assignees":["marta"]}},{"id":"two","kind":"userTask","name":"Sign it","config":{"assignees":["marta"]}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"a","from":"start","to":"two"},{"id":"b","from":"start","to":"one"},{"id":"c","from":"one","to":"end"},{"id":"d","from":"two","to":"end"}]}`)
	deal, _ := newDeal(t, w, "Deferred")
	runOn(w, "asks", deal)
	w.Eventually("both were tried", 50*time.Millisecond, func() bool { return busy.deferred.Load() == 2 })
	marta.Post("/tasks/"+w.Task("marta", "Sign it")+"/completion", map[string]any{}).Expect(200)
	busy.closed.Store(false)
	var mails []string
	w.Eventually("the open one is mailed", 10*time.Second, func() bool {
		select {
		case mail := <-busy.letters:
			mails = append(mails, mail)
		default:
		}
		return len(mails) > 0
	})
	// What is offered later is sent after all that was due by then.
	next, _ := newDeal(t, w, "Taken")
	runOn(w, "asks", next)
	w.Eventually("later tasks are mailed", 10*time.Second, func() bool {
		select {
		case mail := <-busy.letters:
			mails = append(mails, mail)
		default:
		}
		return len(mails) == 3
	})
	for i, about := range []string{"Read it · Deferred", "it · Taken", "it · Taken"} {
		require.Contains(t, subjectOf(t, mails[i]), about, "the task that is over is not told of")
	}
}

// subjectOf is the subject of a mail.
func subjectOf(t *testing.T, text string) string {
	t.Helper()
	_, text, _ = strings.Cut(text, "\n")
	m, err := mail.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	return subject
}

// busyMail defers every message while it is closed.
type busyMail struct {
	letters
	closed   atomic.Bool
	deferred atomic.Int32
}

func (b *busyMail) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &busyLetter{letter{l: b.letters}, b}, nil
}

type busyLetter struct {
	letter
	busy *busyMail
}

func (s *busyLetter) Data(r io.Reader) error {
	if s.busy.closed.Load() {
		s.busy.deferred.Add(1)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come back later"}
	}
	return s.letter.Data(r)
}
