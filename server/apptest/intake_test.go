package apptest_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// pusher is a program with a token of its own, beside a person who looks.
func pusher(w *apptest.World) (program func(path string, body any, headers ...string) *apptest.Answer, marta *apptest.Client) {
	marta = w.As("marta")
	key := marta.Post("/tokens", map[string]any{"name": "Shop"}).Expect(201).Text("token")
	require.NotEmpty(w.T, key)
	anonymous := w.Anonymous()
	return func(path string, body any, headers ...string) *apptest.Answer {
		return anonymous.Post(path, body, append(headers, "Authorization", "Bearer "+key)...)
	}, marta
}

// covers O-05: sites push leads; the client is known again or made, and what is sent
// again is one lead.
func TestLeadsArePushed(t *testing.T) {
	t.Parallel()
	leadsArePushed(t, apptest.New(t, apptest.Options{}))
}

func leadsArePushed(t *testing.T, w *apptest.World) {
	t.Helper()
	push, marta := pusher(w)
	lead := map[string]any{"title": "Wants ten pumps", "comment": "Call after four", "amount": 120_000, "currency": "PLN",
		"contact": map[string]any{"firstName": "Ewa", "lastName": "Lis", "email": "Ewa.Lis@example.com", "phone": "+48 58 555 77 01"},
		"company": map[string]any{"name": "Lis Pumps", "taxId": "5550001"}}

	push("/intake/leads", lead).Problem(422, "validation")
	first := push("/intake/leads", lead, "Idempotency-Key", "form-1").Expect(201)
	require.Equal(t, false, first.At("contact.known"))
	require.Equal(t, false, first.At("company.known"))
	require.Equal(t, false, first.At("repeat"))
	again := push("/intake/leads", lead, "Idempotency-Key", "form-1").Expect(201)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replay"))
	require.JSONEq(t, string(first.Raw), string(again.Raw))
	stored := marta.Get("/records/lead/" + first.Text("record.id")).Expect(200)
	require.Equal(t, []string{"Wants ten pumps", "Call after four", "Ewa Lis", "Lis Pumps"},
		[]string{stored.Text("title"), stored.Text("comment"), stored.Text("contactName"), stored.Text("companyName")})

	other := map[string]any{"source": "fair", "externalId": "77", "contact": map[string]any{"phone": "0048 58 5557701", "position": "Owner", "lastName": "Changed"}}
	known := push("/intake/leads", other).Expect(201)
	require.Equal(t, []any{true, first.Text("contact.id"), true, "Changed"}, []any{known.At("contact.known"), known.Text("contact.id"), known.At("repeat"), known.Text("title")})
	ewa := marta.Get("/contacts/" + first.Text("contact.id")).Expect(200)
	require.Equal(t, []string{"Ewa Lis", "Owner"}, []string{ewa.Text("name"), ewa.Text("position")}, "only what was empty is filled in")
	require.Equal(t, "true", push("/intake/leads", other).Expect(201).Header.Get("Idempotent-Replay"))
	other["contact"] = map[string]any{"phone": "1"}
	push("/intake/leads", other).Problem(409, "idempotency_reused")

	for name, c := range map[string]struct {
		change map[string]any
		path   string
		code   string
	}{
		"nobody":             {map[string]any{"contact": nil, "company": nil}, "/contact", "required"},
		"no name":            {map[string]any{"contact": map[string]any{}, "company": nil}, "/contact/lastName", "required"},
		"an address":         {map[string]any{"contact": map[string]any{"lastName": "X", "email": "x"}}, "/contact/email", "bad_email"},
		"an unknown field":   {map[string]any{"fields": map[string]any{"nothing": 1}}, "/fields/nothing", "unknown_field"},
		"no such pipeline":   {map[string]any{"pipelineId": "nothing"}, "/pipelineId", "unknown_reference"},
		"another's":          {map[string]any{"pipelineId": "sales"}, "/pipelineId", "unknown_reference"},
		"no such person":     {map[string]any{"responsibleId": "nobody"}, "/responsibleId", "unknown_user"},
		"no such currency":   {map[string]any{"currency": "zlo"}, "/currency", "bad_currency"},
		"an unseen name":     {map[string]any{"title": "", "contact": map[string]any{"lastName": "\u200b"}}, "/contact/lastName", "required"},
		"a name too long":    {map[string]any{"title": "", "contact": map[string]any{"firstName": strings.Repeat("ż", 120), "lastName": strings.Repeat("ó", 120)}}, "/contact/lastName", "too_long"},
		"a title too long":   {map[string]any{"title": strings.Repeat("x", 201)}, "/title", "too_long"},
		"an unnamed company": {map[string]any{"company": map[string]any{"name": " "}}, "/company/name", "required"},
	} {
		sent := map[string]any{}
		for k, v := range lead {
			sent[k] = v
		}
		for k, v := range c.change {
			if v == nil {
				delete(sent, k)
			} else {
				sent[k] = v
			}
		}
		refused := push("/intake/leads", sent, "Idempotency-Key", "bad-"+name).Problem(422, "validation")
		require.Equal(t, []string{c.path, c.code}, []string{refused.Text("errors.0.path"), refused.Text("errors.0.code")}, "%s: %s", name, refused.Raw)
	}
	// What was refused may be mended under the same key.
	push("/intake/leads", lead, "Idempotency-Key", "bad-nobody").Expect(201)
	before := marta.Get("/contacts?q=Nowhere").Expect(200).Len("items")
	lead["contact"], lead["pipelineId"] = map[string]any{"lastName": "Nowhere", "email": "nowhere@example.com"}, "nothing"
	push("/intake/leads", lead, "Idempotency-Key", "no-rest").Problem(422, "validation")
	require.Equal(t, before, marta.Get("/contacts?q=Nowhere").Expect(200).Len("items"), "nothing is made of what is refused")
	w.Anonymous().Post("/intake/leads", lead, "Idempotency-Key", "x").Problem(401, "unauthenticated")
}

// covers B-61: a mail or a call of a client on the list of exceptions makes nothing, and
// the list says that it did so; what a client sends with a form is taken in.
func TestExceptionsKeepMailsAndCallsOut(t *testing.T) {
	t.Parallel()
	exceptionsKeepMailsAndCallsOut(t, apptest.New(t, apptest.Options{}))
}

func exceptionsKeepMailsAndCallsOut(t *testing.T, w *apptest.World) {
	t.Helper()
	push, marta := pusher(w)
	for _, value := range []string{"Spam@Example.com", "+48 58 555 77 02"} {
		w.As("ada").Post("/exceptions", map[string]any{"value": value}).Expect(201)
	}
	lead := func(channel, externalID string, contact map[string]any) map[string]any {
		return map[string]any{"source": "mailbox", "externalId": externalID, "channel": channel, "contact": contact}
	}
	spam, caller := map[string]any{"lastName": "Sender", "email": "spam@example.com"}, map[string]any{"lastName": "Caller", "phone": "0048 58 5557702"}
	records := func() int { return marta.Get("/records/lead?limit=100").Expect(200).Len("items") }
	before := records()

	out := push("/intake/leads", lead("mail", "1", spam)).Expect(200)
	require.Equal(t, []string{"email", "Spam@Example.com"}, []string{out.Text("excepted.kind"), out.Text("excepted.value")})
	require.Nil(t, out.At("record"))
	require.Equal(t, "phone", push("/intake/leads", lead("call", "2", caller)).Expect(200).Text("excepted.kind"))
	office := lead("mail", "3", map[string]any{"lastName": "Clean", "email": "clean@example.com"})
	office["company"] = map[string]any{"name": "Spam House", "email": "SPAM@example.com"}
	require.Equal(t, "email", push("/intake/leads", office).Expect(200).Text("excepted.kind"), "the address of the company counts too")
	require.Equal(t, before, records())
	require.Zero(t, marta.Get("/contacts?q=Sender").Expect(200).Len("items"), "nor is a client made")
	counts := map[string]any{}
	for _, one := range w.As("ada").Get("/exceptions").Expect(200).At("items").([]any) {
		counts[one.(map[string]any)["kind"].(string)] = one.(map[string]any)["blocked"]
	}
	require.Equal(t, map[string]any{"email": 2.0, "phone": 1.0}, counts)

	for _, wrong := range []string{"@", "a@@b", "/@..%2f", "12"} {
		w.As("ada").Post("/exceptions", map[string]any{"value": wrong}).Problem(422, "validation")
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() { push("/intake/leads", lead("mail", "at once", spam)).Expect(200) })
	}
	group.Wait()

	push("/intake/leads", lead("form", "4", spam)).Expect(201)
	push("/intake/leads", lead("chat", "5", caller)).Expect(201)
	untold := lead("", "6", spam)
	delete(untold, "channel")
	push("/intake/leads", untold).Expect(201)
	require.Equal(t, before+3, records())
	push("/intake/leads", lead("letter", "7", spam)).Problem(422, "validation")

	// Taken off the list, the same request is taken in.
	for _, one := range w.As("ada").Get("/exceptions").Expect(200).At("items").([]any) {
		w.As("ada").Do("DELETE", "/exceptions/"+url.PathEscape(one.(map[string]any)["id"].(string)), nil).Expect(204)
	}
	push("/intake/leads", lead("mail", "1", spam)).Expect(201)
	require.Equal(t, "true", push("/intake/leads", lead("mail", "1", spam)).Expect(201).Header.Get("Idempotent-Replay"))
}

// covers E-02, E-03: an order of a shop becomes a deal with its rows, the buyer its
// contact; a second order of the same person fills in only what is not known yet.
func TestOrdersBecomeDeals(t *testing.T) {
	t.Parallel()
	ordersBecomeDeals(t, apptest.New(t, apptest.Options{}))
}

func ordersBecomeDeals(t *testing.T, w *apptest.World) {
	t.Helper()
	push, marta := pusher(w)
	row := func(name, quantity string, price int) map[string]any {
		return map[string]any{"name": name, "quantity": quantity, "price": map[string]any{"amount": price, "currency": "PLN"}, "taxPercent": "23"}
	}
	order := map[string]any{"source": "shop.example.com", "number": "A-1001", "buyer": map[string]any{"firstName": "Jan", "lastName": "Nowicki", "email": "jan@example.com"},
		"rows": []any{row("Pump", "2", 100_00), row("Hose", "1.5", 10_00)}, "comment": "Leave at the gate"}
	made := push("/intake/orders", order).Expect(201)
	deal := marta.Get("/records/deal/" + made.Text("record.id")).Expect(200)
	require.Equal(t, []any{"shop.example.com A-1001", "Jan Nowicki", float64(246_00 + 18_45), "PLN", 2},
		[]any{deal.Text("title"), deal.Text("contactName"), deal.At("amount"), deal.Text("currency"), deal.Len("products")})
	require.Equal(t, "true", push("/intake/orders", order).Expect(201).Header.Get("Idempotent-Replay"), "the same order is one deal")
	order["comment"] = "Leave at the door"
	push("/intake/orders", order).Problem(409, "idempotency_reused")

	second := push("/intake/orders", map[string]any{"source": "shop.example.com", "number": "A-1002", "rows": []any{row("Filter", "1", 5_00)},
		"buyer": map[string]any{"firstName": "Janusz", "lastName": "Other", "email": "JAN@example.com", "phone": "+48 600 700 800"}}).Expect(201)
	require.Equal(t, []any{made.Text("contact.id"), true, true}, []any{second.Text("contact.id"), second.At("contact.known"), second.At("repeat")})
	jan := marta.Get("/contacts/" + made.Text("contact.id")).Expect(200)
	require.Equal(t, []string{"Jan Nowicki", "jan@example.com", "+48 600 700 800"}, []string{jan.Text("name"), jan.Text("email"), jan.Text("phone")})

	// Many orders of one new buyer at once are many deals and one contact.
	var all sync.WaitGroup
	contacts := make([]string, 8)
	for i := range contacts {
		all.Go(func() {
			answer := push("/intake/orders", map[string]any{"number": fmt.Sprintf("B-%d", i), "rows": []any{row("Valve", "1", 1_00)}, "buyer": map[string]any{"lastName": "Rush", "phone": "+48 601 601 602"}})
			contacts[i] = answer.Text("contact.id")
		})
	}
	all.Wait()
	for _, id := range contacts {
		require.Equal(t, contacts[0], id)
		require.NotEmpty(t, id)
	}

	refused := push("/intake/orders", map[string]any{"number": "C-1", "rows": []any{row("Pump", "-2", 1)}, "buyer": map[string]any{"lastName": "A", "email": "a@example.com"}}).Problem(422, "validation")
	require.Equal(t, "/rows/0/quantity", refused.Text("errors.0.path"))
	refused = push("/intake/orders", map[string]any{"number": "C-2", "rows": []any{row("Pump", "2", 1)}, "buyer": map[string]any{"lastName": "A"}}).Problem(422, "validation")
	require.Equal(t, "/buyer/email", refused.Text("errors.0.path"))
	refused = push("/intake/orders", map[string]any{"number": "C-3", "rows": []any{row("Pump", "2", 1)}, "buyer": map[string]any{"email": "no"}}).Problem(422, "validation")
	require.Equal(t, "/buyer/email", refused.Text("errors.0.path"))
	push("/intake/orders", map[string]any{"number": "C-4", "rows": []any{}, "buyer": map[string]any{"email": "a@example.com"}}).Problem(422, "validation")
	push("/intake/orders", map[string]any{"number": "C-5", "rows": []any{row("Pump", "2", 1)}, "buyer": map[string]any{"email": "a@example.com"}, "comment": strings.Repeat("x", 10_001)}).Problem(422, "validation")
	refused = push("/intake/orders", map[string]any{"source": "shop", "number": "  ", "rows": []any{row("Pump", "2", 1)}, "buyer": map[string]any{"email": "a@example.com"}}).Problem(422, "validation")
	require.Equal(t, "/number", refused.Text("errors.0.path"))
	long := map[string]any{"source": strings.Repeat("s", 100), "number": strings.Repeat("9", 200), "rows": []any{row("Pump", "2", 1)}, "buyer": map[string]any{"email": "long@example.com"}}
	require.Len(t, push("/intake/orders", long).Expect(201).Text("title"), 200)
	long["number"] = strings.Repeat("9", 199) + "8"
	require.Empty(t, push("/intake/orders", long).Expect(201).Header.Get("Idempotent-Replay"), "the whole number tells orders apart")
	many := make([]any, 501)
	for i := range many {
		many[i] = row("Pump", "1", 1)
	}
	push("/intake/orders", map[string]any{"number": "C-6", "rows": many, "buyer": map[string]any{"email": "a@example.com"}}).Problem(422, "validation")
	require.Equal(t, 0, marta.Get("/contacts?q=a@example.com").Expect(200).Len("items"))
}
