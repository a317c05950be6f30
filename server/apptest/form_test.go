package apptest_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

// signUp is a form as people make it; edit changes it.
func signUp(edit func(map[string]any)) map[string]any {
	f := map[string]any{"name": "Event sign-up", "kind": "form", "active": true, "language": "en", "title": "Sign up", "text": "Meet us in **May**.", "style": map[string]any{"corner": 8},
		"fields": []any{
			map[string]any{"field": "contact.lastName", "label": "Your name", "required": true},
			map[string]any{"field": "contact.email", "label": "E-mail", "required": true},
			map[string]any{"field": "contact.phone", "label": "Phone", "half": true},
			map[string]any{"field": "record.comment", "label": "Questions"},
		},
		"creates": map[string]any{"type": "deal", "pipeline": "sales", "stage": "new", "responsible": "marta"}}
	if edit != nil {
		edit(f)
	}
	return f
}

// stranger is somebody's browser on the page of a form.
type stranger struct {
	w      *apptest.World
	form   string
	hidden url.Values
}

var hiddenInputs = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// opens a page and keeps what it would send unseen.
func opens(w *apptest.World, form, query string) *stranger {
	w.T.Helper()
	page := w.Anonymous().Do("GET", "//f/"+form+query, nil).Expect(200)
	c := &stranger{w, form, url.Values{}}
	for _, m := range hiddenInputs.FindAllStringSubmatch(string(page.Raw), -1) {
		c.hidden.Set(m[1], html.UnescapeString(m[2]))
	}
	return c
}

// sends what was filled in, without going on to the next page.
func (c *stranger) sends(values map[string]string) (status int, location, page string) {
	c.w.T.Helper()
	all := url.Values{}
	for name, value := range c.hidden {
		all[name] = value
	}
	for name, value := range values {
		if name == "fluxo_token" || name == "website_url" || name == "fluxo_consent" {
			all.Set(name, value)
		} else {
			all.Set("f."+name, value)
		}
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.PostForm(c.w.URL+"/f/"+c.form, all)
	require.NoError(c.w.T, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(c.w.T, err)
	return answer.StatusCode, answer.Header.Get("Location"), string(text)
}

func makes(w *apptest.World, f map[string]any) string {
	w.T.Helper()
	return w.As("dana").Post("/forms", f).Expect(201).Text("id")
}

// worked waits until a form has this many submissions in a state.
func worked(w *apptest.World, form, status string, n int) *apptest.Answer {
	w.T.Helper()
	var all *apptest.Answer
	w.Eventually(fmt.Sprintf("%d %s", n, status), 10*time.Millisecond, func() bool {
		all = w.As("marta").Get("/forms/" + form + "/submissions?status=" + status).Expect(200)
		return all.Len("items") == n
	})
	return all
}

// covers G-12, O-04: a stranger becomes a contact with a record; sending twice is
// sending once; the same person again is known.
func TestFormMakesClientAndRecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form := makes(w, signUp(nil))
	page := w.Anonymous().Do("GET", "//f/"+form, nil, "Accept-Language", "ru").Expect(200)
	for _, has := range []string{"<strong>May</strong>", "Your name", `lang="en"`, `autocomplete="email"`, "(optional)"} {
		require.Contains(t, string(page.Raw), has)
	}
	require.NotContains(t, string(page.Raw), "<script", "the page works without")
	policy := page.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "frame-ancestors *")
	require.Empty(t, page.Header.Get("X-Frame-Options"))

	anna := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	filled := map[string]string{"contact.lastName": "Anna Berg", "contact.email": "Anna@Berg.test", "contact.phone": "+46 8 555 01 90", "record.comment": "Is there parking?"}
	for range 3 {
		status, location, _ := anna.sends(filled)
		require.Equal(t, 303, status)
		require.Equal(t, "/f/"+form+"/thanks", location)
	}
	require.Contains(t, string(w.Anonymous().Do("GET", "//f/"+form+"/thanks", nil).Expect(200).Raw), "Thank you")
	all := worked(w, form, "done", 1)
	require.Equal(t, true, all.At("items.0.created"))
	require.Equal(t, false, all.At("items.0.known"))
	deal := w.As("marta").Get("/records/deal/" + all.Text("items.0.record.id")).Expect(200)
	require.Equal(t, "Event sign-up: Anna Berg", deal.Text("title"))
	require.Equal(t, "Is there parking?", deal.Text("comment"))
	require.Equal(t, "new", deal.Text("stageId"))
	require.Equal(t, "marta", deal.Text("responsibleId"))
	contact := w.As("marta").Get("/contacts/" + deal.Text("contactId")).Expect(200)
	require.Equal(t, "Anna@Berg.test", contact.Text("email"))
	story := w.As("marta").Get("/records/deal/" + all.Text("items.0.record.id") + "/timeline").Expect(200)
	require.Contains(t, string(story.Raw), "Is there parking?")

	// The same token with other answers is not quietly dropped.
	status, _, again := anna.sends(map[string]string{"contact.lastName": "Anna Berg", "contact.email": "anna@berg.test", "record.comment": "Another question"})
	require.Equal(t, 409, status)
	require.Contains(t, again, "Another question")

	// She comes again by phone number only, written in another way: no second
	// contact, and no second record while the first is open.
	back := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _, _ = back.sends(map[string]string{"contact.lastName": "A. Berg", "contact.email": "other@berg.test", "contact.phone": "0046 (8) 555-01-90"})
	require.Equal(t, 303, status)
	all = worked(w, form, "done", 2)
	require.Equal(t, true, all.At("items.0.known"))
	require.Equal(t, false, all.At("items.0.created"))
	require.Equal(t, deal.Text("contactId"), all.Text("items.0.contact"))
	require.Equal(t, "Anna@Berg.test", w.As("marta").Get("/contacts/"+deal.Text("contactId")).Expect(200).Text("email"), "strangers overwrite nothing")
}

// covers G-12, B-49: what a form makes belongs to the people of a group in turn, and who
// is absent is passed over; contact and record have the same responsible person.
func TestPeopleTakeTurnsAtWhatAFormMakes(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	gives := func(to string) map[string]any {
		return signUp(func(f map[string]any) { f["creates"].(map[string]any)["responsible"] = to })
	}
	for _, wrong := range []string{"group:nowhere", "role:nobody", "department:nowhere", "nobody"} {
		refused := dana.Post("/forms", gives(wrong)).Problem(422, "validation")
		require.Contains(t, string(refused.Raw), "/creates/responsible", wrong)
	}
	form := makes(w, gives("sales"))
	n, of := 0, map[string]int{}
	comes := func(form string) string {
		t.Helper()
		n++
		of[form]++
		c := opens(w, form, "")
		w.Clock.Advance(5 * time.Second)
		status, _, page := c.sends(map[string]string{"contact.lastName": "Client", "contact.email": fmt.Sprintf("client-%d@berg.test", n)})
		require.Equal(t, 303, status, page)
		all := worked(w, form, "done", of[form])
		deal := w.As("ada").Get("/records/deal/" + all.Text("items.0.record.id")).Expect(200)
		require.Equal(t, deal.Text("responsibleId"), all.Text("items.0.responsible"))
		contact := w.As("ada").Get("/contacts/" + deal.Text("contactId")).Expect(200)
		require.Equal(t, deal.Text("responsibleId"), contact.Text("responsibleId"))
		return deal.Text("responsibleId")
	}
	require.Equal(t, []string{"henrik", "marta", "henrik"}, []string{comes(form), comes(form), comes(form)})
	today := w.Clock.Now().Format(time.DateOnly)
	w.As("marta").Post("/absences", map[string]any{"userId": "marta", "kind": "vacation", "from": today, "to": today}).Expect(201)
	require.Equal(t, "henrik", comes(form), "marta is away")
	w.As("henrik").Post("/absences", map[string]any{"userId": "henrik", "kind": "vacation", "from": today, "to": today}).Expect(201)
	require.Equal(t, "marta", comes(form), "all are away: whose turn it is")
	require.Equal(t, "oscar", comes(makes(w, gives("role:operator"))))
	require.Equal(t, "ada", comes(makes(w, gives("department:operations"))))
}

// covers G-04, G-12, G-13: the worked example. The sign-up form sits on the last
// stage; a client of an early stage fills it in, goes straight there, and the
// rules of the stages between stay silent.
func TestSignUpFormOnTheLastStage(t *testing.T) {
	t.Parallel()
	triggers := placed{at("won", "signup", trigger.Form, `{}`), at("contract", "call", trigger.Callback, `{}`)}
	w := apptest.New(t, apptest.Options{Boards: triggers})
	for _, stage := range []string{"qualified", "contract", "signed", "won"} {
		publish(t, w, "on-"+stage, `{"on":"stageEntered","pipeline":"sales","stage":"`+stage+`"}`, "")
	}
	form := makes(w, signUp(nil))
	call := makes(w, signUp(func(f map[string]any) { f["name"], f["kind"] = "Call me", "callback" }))
	deal := dealOn(w, "tracking") // of Porto Azul, on the first stage
	contact := w.As("marta").Get("/records/deal/" + deal).Expect(200).Text("contactId")
	email := w.As("marta").Get("/contacts/" + contact).Expect(200).Text("email")

	miguel := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _, _ := miguel.sends(map[string]string{"contact.lastName": "Teixeira", "contact.email": strings.ToUpper(email)})
	require.Equal(t, 303, status)
	all := worked(w, form, "done", 1)
	require.Equal(t, true, all.At("items.0.moved"), "%s", all.Raw)
	require.Equal(t, false, all.At("items.0.created"))
	require.Equal(t, "won", stageOf(w, deal))
	w.Eventually("the rule of the last stage runs", 10*time.Millisecond, func() bool { return runs(w, "recordId="+deal).Len("items") > 0 })
	require.Equal(t, 1, runs(w, "recordId="+deal).Len("items"))
	require.Equal(t, "on-won", runs(w, "recordId="+deal).Text("items.0.definitionKey"))

	// G-13: another client orders a call.
	other := dealOn(w, "Roaster")
	mail := w.As("marta").Get("/contacts/" + w.As("marta").Get("/records/deal/"+other).Expect(200).Text("contactId")).Expect(200).Text("email")
	luiza := opens(w, call, "")
	w.Clock.Advance(5 * time.Second)
	luiza.sends(map[string]string{"contact.lastName": "Carvalho", "contact.email": mail})
	worked(w, call, "done", 1)
	require.Equal(t, "contract", stageOf(w, other))
	require.True(t, slices.Contains(reasons(w, other), "call moved"))
}

// Bad input of clients: scripts, huge fields, tokens of others, robots, floods,
// closed forms.
func TestFormsWithstandTheirClients(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	form := makes(w, signUp(func(f map[string]any) {
		f["consent"] = map[string]any{"ask": true, "required": true, "text": "I agree to the [rules](https://example.com/rules)<script>alert(1)</script>"}
		f["text"] = `<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3))`
		f["fields"] = append(f["fields"].([]any), map[string]any{"field": "record.title", "hidden": true, "value": "From the site", "parameter": "utm_campaign"})
		f["sites"] = []any{"https://shop.example.com"}
	}))
	raw := w.Anonymous().Do("GET", "//f/"+form, nil).Expect(200)
	for _, bad := range []string{"<script>alert", "onerror", "javascript:"} {
		require.NotContains(t, string(raw.Raw), bad)
	}
	require.Contains(t, raw.Header.Get("Content-Security-Policy"), "frame-ancestors 'self' https://shop.example.com")
	require.Contains(t, string(raw.Raw), `href="https://example.com/rules"`)

	good := map[string]string{"contact.lastName": "Eva", "contact.email": "eva@example.test", "fluxo_consent": "true"}
	with := func(name, value string) map[string]string {
		out := map[string]string{name: value}
		for n, v := range good {
			if n != name {
				out[n] = v
			}
		}
		return out
	}
	page := opens(w, form, "?utm_campaign=spring%3Cb%3E")
	// Faster than a person types.
	status, _, text := page.sends(good)
	require.Equal(t, 422, status)
	require.Contains(t, text, "once more")
	require.Contains(t, text, `value="eva@example.test"`, "what was written is not lost")
	page = opens(w, form, "?utm_campaign=spring%3Cb%3E")
	w.Clock.Advance(5 * time.Second)
	for name, values := range map[string]map[string]string{
		"no consent":     with("fluxo_consent", ""),
		"no address":     with("contact.email", "eva at example"),
		"a phone":        with("contact.phone", "call me"),
		"nothing":        with("contact.lastName", "   "),
		"no ink":         with("contact.lastName", "\u200b\u2060"),
		"turned around":  with("contact.lastName", "Eva \u202eliam"),
		"too long":       with("contact.lastName", strings.Repeat("x", 600)),
		"another's page": with("fluxo_token", "AAAA"),
	} {
		status, _, text := page.sends(values)
		require.Equal(t, 422, status, name)
		require.NotContains(t, text, "<script>", name)
	}
	status, _, text = page.sends(with("record.comment", strings.Repeat("x", 70<<10)))
	require.Equal(t, 413, status)
	require.Contains(t, text, "too long")
	status, _, text = page.sends(with("contact.lastName", `"><script>alert(1)</script>`+strings.Repeat("x", 600)))
	require.Equal(t, 422, status)
	require.NotContains(t, text, "<script>alert")

	// A robot fills in what nobody sees: kept apart, and nothing comes of it.
	robot := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _, _ = robot.sends(with("website_url", "http://spam.test"))
	require.Equal(t, 303, status)
	spam := worked(w, form, "spam", 1)
	require.Nil(t, spam.At("items.0.record"))
	w.As("dana").Post("/submissions/"+spam.Text("items.0.id")+"/retry", nil).Expect(200)
	worked(w, form, "done", 1)

	// A token of another form.
	other := makes(w, signUp(nil))
	foreign := opens(w, other, "")
	foreign.form = form
	w.Clock.Advance(5 * time.Second)
	status, _, _ = foreign.sends(good)
	require.Equal(t, 422, status)
	status, _, _ = page.sends(with("contact.email", "eva2@example.test"))
	require.Equal(t, 303, status)
	done := worked(w, form, "done", 2)
	deal := w.As("marta").Get("/records/deal/" + done.Text("items.0.record.id")).Expect(200)
	require.Equal(t, "spring<b>", deal.Text("title"), "the parameter of the address, as text")
	require.Equal(t, true, done.At("items.0.consent.given"))

	// A page that lay open for days.
	old := opens(w, form, "")
	w.Clock.Advance(25 * time.Hour)
	w.SignOutAll()
	status, _, _ = old.sends(good)
	require.Equal(t, 422, status)

	// A flood from one address.
	slow := 0
	for i := range 30 {
		if status, _, _ := old.sends(with("contact.lastName", fmt.Sprint(i))); status == 429 {
			slow++
		}
	}
	require.Positive(t, slow)

	// Closed, and gone.
	w.Clock.Advance(time.Hour)
	read := w.As("dana").Get("/forms/" + form).Expect(200)
	late := opens(w, form, "")
	closed := signUp(func(f map[string]any) { f["active"] = false })
	saved := w.As("dana").Do("PUT", "/forms/"+form, closed, "If-Match", read.ETag()).Expect(200)
	w.As("dana").Do("PUT", "/forms/"+form, closed, "If-Match", read.ETag()).Problem(409, "stale")
	w.Clock.Advance(5 * time.Second)
	status, _, text = late.sends(good)
	require.Equal(t, 410, status)
	require.Contains(t, text, "closed")
	require.Equal(t, 410, w.Anonymous().Do("GET", "//f/"+form, nil).Status)
	w.As("dana").Do("DELETE", "/forms/"+form, nil, "If-Match", saved.ETag()).Expect(204)
	require.Contains(t, string(w.Anonymous().Do("GET", "//f/"+form, nil, "Accept-Language", "pl").Expect(404).Raw), "Nie ma takiego formularza")
}

func TestFormsAreChecked(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	bad := dana.Post("/forms", signUp(func(f map[string]any) {
		f["redirect"], f["sites"] = "javascript:alert(1)", []any{"https://a.test; script-src *"}
		f["style"] = map[string]any{"corner": 8, "accent": "red;}body{display:none"}
		f["creates"] = map[string]any{"type": "deal", "pipeline": "nothing"}
		f["fields"] = []any{map[string]any{"field": "record.responsible", "label": "Who"}, map[string]any{"field": "contact.email", "label": ""}, map[string]any{"field": "contact.email", "label": "Twice"}}
	})).Problem(422, "validation")
	var paths []string
	for i := range bad.Len("errors") {
		paths = append(paths, bad.Text(fmt.Sprintf("errors.%d.path", i)))
	}
	for _, site := range []string{"*", "https://*", "https://*.test", "https://ada@a.test", "https://a.test?x", "https://:443"} {
		refused := dana.Post("/forms", signUp(func(f map[string]any) { f["sites"] = []any{site} })).Problem(422, "validation")
		require.Equal(t, "/sites/0", refused.Text("errors.0.path"), site)
	}
	require.ElementsMatch(t, []string{"/redirect", "/sites/0", "/style/accent", "/creates/pipeline", "/fields/0/field", "/fields/1/label", "/fields/2/field"}, paths)
	w.As("marta").Post("/forms", signUp(nil)).Problem(403, "forbidden")
	w.As("marta").Post("/form-preview", signUp(nil)).Problem(403, "forbidden")
	w.Anonymous().Get("/forms").Problem(401, "unauthenticated")
	require.Contains(t, dana.Post("/form-preview", signUp(nil)).Expect(200).Text("html"), "Meet us in <strong>May</strong>")
	asks := dana.Get("/form-fields?type=deal").Expect(200)
	require.Contains(t, string(asks.Raw), "contact.email")
	require.NotContains(t, string(asks.Raw), "record.responsible")
	script := w.Anonymous().Do("GET", "//f/"+makes(w, signUp(nil))+".js", nil).Expect(200)
	require.Contains(t, string(script.Raw), `origin = "http://fluxo.test"`)
	require.Equal(t, "cross-origin", script.Header.Get("Cross-Origin-Resource-Policy"))
	require.Equal(t, 404, w.Anonymous().Do("GET", "//f/nothing.js", nil).Status)
}

// covers G-15, G-16: strangers leave no trace; after a form a visit is a client's.
func TestVisitsOfKnownClients(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "looked", trigger.Visit, `{"page":"/pricing"}`), at("contract", "came", trigger.ReturningVisit, `{}`)}})
	form := makes(w, signUp(nil))
	visitor := strings.Repeat("ab", 16)
	visit := func(who, page string) *apptest.Answer {
		return w.Anonymous().Do("POST", "//visit", `{"visitor":"`+who+`","page":"`+page+`"}`, "Content-Type", "text/plain;charset=UTF-8", "Origin", "https://shop.test", "Sec-Fetch-Site", "cross-site")
	}
	visit(visitor, "https://shop.test/pricing").Expect(204)
	contact := opens(w, form, "?fluxo_embed=1&fluxo_page=https%3A%2F%2Fshop.test%2Fjoin&fluxo_visitor="+visitor)
	w.Clock.Advance(5 * time.Second)
	status, location, _ := contact.sends(map[string]string{"contact.lastName": "Ole", "contact.email": "ole@shop.test"})
	require.Equal(t, 303, status)
	require.Equal(t, "/f/"+form+"/thanks?fluxo_embed=1", location)
	all := worked(w, form, "done", 1)
	require.Equal(t, "https://shop.test/join", all.Text("items.0.page"))
	deal := all.Text("items.0.record.id")
	require.Equal(t, "new", stageOf(w, deal))

	visit(visitor, "https://shop.test/help?card=4111").Expect(204)
	said(w, deal, "looked notMeant")
	require.NotContains(t, string(w.As("marta").Get("/records/deal/"+deal+"/triggers").Raw), "4111", "queries of addresses are not kept")
	visit(visitor, "https://shop.test/pricing").Expect(204)
	said(w, deal, "looked moved")
	require.Equal(t, "qualified", stageOf(w, deal), "the visit of the form is no return")
	w.Clock.Advance(24 * time.Hour)
	w.SignOutAll()
	visit(visitor, "https://shop.test/").Expect(204)
	said(w, deal, "came moved")
	require.Equal(t, "contract", stageOf(w, deal))

	visit("nobody", "https://shop.test/").Expect(204)
	visit(visitor, "javascript:alert(1)").Expect(204)
	w.Anonymous().Do("POST", "//visit", strings.Repeat("x", 5<<10)).Problem(413, "too_large")
	w.Anonymous().Do("POST", "//visit", "{").Problem(400, "bad_request")
	slow := 0
	for range 80 {
		if visit(visitor, "https://shop.test/x").Status == 429 {
			slow++
		}
	}
	require.Positive(t, slow)
	script := string(w.Anonymous().Do("GET", "//visit.js", nil).Expect(200).Raw)
	require.Contains(t, script, "http://fluxo.test")
	require.NotContains(t, script, "ORIGIN")
}

// covers G-04, G-06, S-08, B-63, B-67: the worked example on a board that people
// arranged. What waits on the stage that is left is canceled, nothing between is
// armed, and what stands on the last stage runs.
func TestSignUpFormOnABoard(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, form := w.As("ada"), makes(w, signUp(nil))
	have := ada.Get("/stage-boards/sales").Expect(200)
	robots := map[string][]map[string]any{
		"new":      {robot("remind", "comment.add", after(2, "day"), comment("still new"))},
		"contract": {robot("between", "comment.add", rightAway, comment("between"))},
		"won":      {robot("welcome", "comment.add", rightAway, comment("welcome"))},
	}
	var list []map[string]any
	for i := range have.Len("stages") {
		stage := have.Text(fmt.Sprintf("stages.%d.stage", i))
		one := map[string]any{"stage": stage, "robots": robots[stage], "triggers": []any{}}
		if robots[stage] == nil {
			one["robots"] = []any{}
		}
		if stage == "won" {
			one["triggers"] = []any{map[string]any{"id": "signup", "type": "form", "name": "Signed up", "config": map[string]any{"form": form}, "when": `event.page != "" or record.stage == "new"`}}
		}
		list = append(list, one)
	}
	ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": list}, "If-Match", have.ETag()).Expect(200)
	contact := w.As("marta").Post("/contacts", map[string]any{"lastName": "Lis", "email": "olga@lis.test"}).Expect(201).Text("id")
	deal := w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Pumps", "responsibleId": "marta", "contactId": contact}).Expect(201).Text("id")
	becomes(w, deal, "remind", "waiting")

	olga := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _, _ := olga.sends(map[string]string{"contact.lastName": "Lis", "contact.email": "OLGA@lis.test"})
	require.Equal(t, 303, status)
	said(w, deal, "signup moved")
	require.Equal(t, "won", stageOf(w, deal))
	becomes(w, deal, "welcome", "done")
	later(w, 3*24*time.Hour)
	w.Eventually("comments are told", 10*time.Millisecond, func() bool {
		return strings.Contains(string(w.As("marta").Get("/records/deal/"+deal+"/timeline").Expect(200).Raw), `"welcome"`)
	})
	story := string(w.As("marta").Get("/records/deal/" + deal + "/timeline").Expect(200).Raw)
	require.NotContains(t, story, `"between"`)
	require.NotContains(t, story, "still new")
}

// covers B-72: who may edit the automation of leads may make forms that lead to leads,
// and no others.
func TestFormsAskForTheRightOverAutomation(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	fair := ada.Post("/pipelines", map[string]any{"type": "lead", "name": "Fair"}).Expect(201).Text("id")
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "automation.edit", "type": "lead", "reach": "all"}}}, "If-Match", `"0"`).Expect(200)
	leads := func(f map[string]any) { f["creates"] = map[string]any{"type": "lead", "pipeline": fair} }
	made := marta.Post("/forms", signUp(leads)).Expect(201)
	path := "/forms/" + made.Text("id")
	marta.Post("/forms", signUp(nil)).Problem(403, "forbidden")
	marta.Post("/forms", signUp(func(f map[string]any) { f["creates"] = map[string]any{} })).Problem(403, "forbidden")
	marta.Do("PUT", path, signUp(nil), "If-Match", made.ETag()).Problem(403, "forbidden")
	moved := w.As("dana").Do("PUT", path, signUp(nil), "If-Match", made.ETag()).Expect(200)
	marta.Do("PUT", path, signUp(leads), "If-Match", moved.ETag()).Problem(403, "forbidden") // not out of a pipeline either
	marta.Do("DELETE", path, nil, "If-Match", moved.ETag()).Problem(403, "forbidden")
}

// Moments are written without a zone: they are meant where the company is.
func TestFormsAskForMoments(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	w.As("ada").Post("/record-types/deal/fields", map[string]any{"label": "Visit", "type": "dateTime"}, "If-Match", `"0"`).Expect(201)
	form := makes(w, signUp(func(f map[string]any) {
		f["fields"] = append(f["fields"].([]any), map[string]any{"field": "record.visit", "label": "When", "required": true})
	}))
	require.Contains(t, string(w.Anonymous().Do("GET", "//f/"+form, nil).Expect(200).Raw), `type="datetime-local"`)
	visitor := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	told := map[string]string{"contact.lastName": "Kowal", "contact.email": "k@example.test", "fluxo_consent": "1", "record.visit": "soon"}
	status, _, page := visitor.sends(told)
	require.Equal(t, 422, status)
	require.Contains(t, page, `value="soon"`)
	told["record.visit"] = "2026-07-01T10:30"
	status, _, page = visitor.sends(told)
	require.Equal(t, 303, status, page)
	var sent *apptest.Answer
	w.Eventually("it is worked on", 10*time.Millisecond, func() bool {
		sent = w.As("marta").Get("/forms/" + form + "/submissions?status=done").Expect(200)
		return sent.Len("items") == 1
	})
	deal := w.As("marta").Get("/records/deal/" + sent.Text("items.0.record.id")).Expect(200)
	require.Equal(t, "2026-07-01T08:30:00.000Z", deal.Text("fields.visit"))
	require.Contains(t, string(sent.Raw), "2026-07-01 10:30")
}
