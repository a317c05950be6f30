package apptest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

// placed are the triggers of the sales pipeline.
type placed []trigger.Placed

func (p placed) Triggers(_ context.Context, recordType, pipeline string) ([]trigger.Placed, error) {
	if recordType != "deal" || pipeline != "sales" {
		return nil, nil
	}
	return p, nil
}

func at(stage, id, kind, config string, edit ...func(*trigger.Trigger)) trigger.Placed {
	p := trigger.Placed{Stage: stage, Trigger: trigger.Trigger{ID: id, Type: kind, Name: "name of " + id, Config: json.RawMessage(config)}}
	for _, e := range edit {
		e(&p.Trigger)
	}
	return p
}

func when(text string) func(*trigger.Trigger) { return func(t *trigger.Trigger) { t.When = text } }

// hooked is the address for calls.
func hooked(w *apptest.World) string {
	return w.As("dana").Get("/settings/trigger-hook").Expect(200).Text("path")
}

func stageOf(w *apptest.World, deal string) string {
	return w.As("marta").Get("/records/deal/" + deal).Expect(200).Text("stageId")
}

func dealOn(w *apptest.World, words string) string {
	return w.As("marta").Get("/records/deal?q=" + words).Expect(200).Text("items.0.id")
}

// reasons lists what the log of a record says, trigger by trigger, newest first.
func reasons(w *apptest.World, deal string) []string {
	log := w.As("marta").Get("/records/deal/" + deal + "/triggers").Expect(200)
	var out []string
	for i := range log.Len("items") {
		out = append(out, log.Text(fmt.Sprintf("items.%d.trigger", i))+" "+log.Text(fmt.Sprintf("items.%d.reason", i)))
	}
	return out
}

func said(w *apptest.World, deal, want string) {
	w.T.Helper()
	w.Eventually(want, 10*time.Millisecond, func() bool { return slices.Contains(reasons(w, deal), want) })
}

// covers G-01, G-02, G-03, G-05, G-06, G-14, B-67, B-69
func TestCallsFromOutsideMoveRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "low", trigger.Webhook, `{"code":"low"}`),
		at("contract", "asked", trigger.Webhook, `{"code":"both"}`, when(`record.amount.amount > 100000000`)),
		at("signed", "paid", trigger.Webhook, `{"code":"both"}`, when(`event.data.kind == "full"`)),
		at("lost", "cancel", trigger.Webhook, `{"code":"both"}`),
		at("new", "again", trigger.Webhook, `{"code":"again"}`, func(t *trigger.Trigger) { t.AllowBack, t.OnBehalf = true, "henrik" }),
	}})
	path := hooked(w)
	outside, deal := w.Anonymous(), dealOn(w, "scanners")
	call := func(code string, data any, headers ...string) *apptest.Answer {
		return outside.Post(path, map[string]any{"type": "deal", "id": deal, "code": code, "data": data}, headers...)
	}
	require.Equal(t, "qualified", stageOf(w, deal))
	call("low", nil).Expect(202)
	said(w, deal, "low alreadyThere")

	// Three hear it: one condition is false, the earlier of the others wins.
	first := call("both", map[string]any{"kind": "full"}, "Webhook-Id", "delivery-1").Expect(202)
	said(w, deal, "paid moved")
	require.Equal(t, "signed", stageOf(w, deal))
	require.Subset(t, reasons(w, deal), []string{"asked conditionFalse", "cancel earlierWins"})
	story := w.As("marta").Get("/records/deal/" + deal + "/triggers").Expect(200)
	for i := range story.Len("items") {
		if story.Text(fmt.Sprintf("items.%d.trigger", i)) == "asked" && story.Text(fmt.Sprintf("items.%d.reason", i)) == "conditionFalse" {
			require.NotEmpty(t, story.At(fmt.Sprintf("items.%d.values", i)), "the values of that moment")
			require.NotEmpty(t, story.Text(fmt.Sprintf("items.%d.text", i)))
			require.Equal(t, "Call from outside", story.Text(fmt.Sprintf("items.%d.kindTitle", i)))
		}
	}
	w.Eventually("the timeline tells who", 10*time.Millisecond, func() bool {
		lines := w.As("marta").Get("/records/deal/" + deal + "/timeline").Expect(200)
		return lines.Text("items.0.kind") == "stageChanged" && lines.Text("items.0.actor") == "marta" && lines.Text("items.0.text") == "name of paid"
	})

	// The same delivery again is the same call; G-03: what is below stays silent.
	require.Equal(t, first.Text("id"), call("both", map[string]any{"kind": "full"}, "Webhook-Id", "delivery-1").Expect(202).Text("id"))
	// Another call under its name is not taken for it.
	call("both", map[string]any{"kind": "part"}, "Webhook-Id", "delivery-1").Problem(409, "delivery_reused")
	call("both", nil, "Webhook-Id", "delivery-1").Problem(409, "delivery_reused")
	call("low", map[string]any{"kind": "full"}, "Webhook-Id", "delivery-1").Problem(409, "delivery_reused")
	other := map[string]any{"type": "deal", "id": dealOn(w, "tracking"), "code": "both", "data": map[string]any{"kind": "full"}}
	outside.Post(path, other, "Webhook-Id", "delivery-1").Problem(409, "delivery_reused")
	call("low", nil).Expect(202)
	said(w, deal, "low below")
	require.Equal(t, "signed", stageOf(w, deal))

	// B-67: back, for somebody else.
	call("again", nil).Expect(202)
	said(w, deal, "again moved")
	require.Equal(t, "new", stageOf(w, deal))
	w.Eventually("the timeline tells for whom", 10*time.Millisecond, func() bool {
		return w.As("marta").Get("/records/deal/"+deal+"/timeline").Expect(200).Text("items.0.actor") == "henrik"
	})
	call("unheard", nil).Expect(202)
	said(w, deal, "low notMeant")
}

// covers G-04: the entry that the trigger makes starts what belongs to that stage,
// and nothing of the stages between.
func TestJumpStartsNothingBetween(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{at("won", "signup", trigger.Webhook, `{"code":"x"}`)}})
	for _, stage := range []string{"qualified", "contract", "signed", "won"} {
		publish(t, w, "on-"+stage, `{"on":"stageEntered","pipeline":"sales","stage":"`+stage+`"}`, "")
	}
	deal := dealOn(w, "tracking")
	require.Equal(t, "new", stageOf(w, deal))
	w.Anonymous().Post(hooked(w), map[string]any{"id": deal, "code": "x"}).Expect(202)
	said(w, deal, "signup moved")
	w.Eventually("the rule of the stage runs", 10*time.Millisecond, func() bool { return runs(w, "recordId="+deal).Len("items") > 0 })
	all := runs(w, "recordId="+deal)
	require.Equal(t, 1, all.Len("items"))
	require.Equal(t, "on-won", all.Text("items.0.definitionKey"))
}

// covers B-68, B-67: what a shop or a telephone system reports by name brings the
// record to the stage that waits for it, told once however often it is repeated.
func TestWhatOthersReportMovesARecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "rings", trigger.Reported, `{"events":["missedCall"]}`),
		at("contract", "opened", trigger.Reported, `{"events":["documentOpened","codeScanned"]}`),
		at("signed", "paid", trigger.Reported, `{"events":["payment"]}`, when("event.data.amount >= 100")),
		at("won", "code", trigger.Webhook, `{"code":"payment"}`),
	}})
	path, outside, deal := hooked(w), w.Anonymous(), dealOn(w, "tracking")
	report := func(event string, amount int, headers ...string) *apptest.Answer {
		return outside.Post(path, map[string]any{"id": deal, "event": event, "data": map[string]any{"amount": amount}}, headers...)
	}
	outside.Post(path, map[string]any{"id": deal, "event": "missedCall"}).Expect(202)
	said(w, deal, "rings moved")
	report("codeScanned", 0).Expect(202)
	said(w, deal, "opened moved")
	report("shipment", 0).Expect(202)
	said(w, deal, "paid notMeant")
	report("payment", 99).Expect(202)
	said(w, deal, "paid conditionFalse")
	require.Equal(t, "contract", stageOf(w, deal))
	first := report("payment", 100, "Webhook-Id", "payment-1").Expect(202)
	said(w, deal, "paid moved")
	require.Equal(t, "signed", stageOf(w, deal), "a code of the same word is another thing")
	require.Equal(t, first.Text("id"), report("payment", 100, "Webhook-Id", "payment-1").Expect(202).Text("id"))
	report("shipment", 100, "Webhook-Id", "payment-1").Problem(409, "delivery_reused")

	for event, code := range map[string]string{"rain": "one_of", "Payment": "one_of"} {
		require.Equal(t, code, report(event, 1).Problem(422, "validation").Text("errors.0.code"))
	}
	both := outside.Post(path, map[string]any{"id": deal, "event": "payment", "code": "payment"}).Problem(422, "validation")
	require.Equal(t, "/event", both.Text("errors.0.path"))
	require.Equal(t, "/code", outside.Post(path, map[string]any{"id": deal}).Problem(422, "validation").Text("errors.0.path"))
}

// covers G-14: bad calls are refused, floods are slowed, and nothing accepted is lost.
func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{at("won", "x", trigger.Webhook, `{"code":"x"}`)}})
	path, outside, deal := hooked(w), w.Anonymous(), dealOn(w, "tracking")
	good := map[string]any{"id": deal, "code": "x"}
	outside.Post("/hooks/triggers/0123456789", good).Problem(404, "not_found")
	outside.Post(path, map[string]any{"id": "nothing", "code": "x"}).Problem(404, "not_found")
	outside.Post(path, map[string]any{"type": "house", "id": deal, "code": "x"}).Problem(404, "not_found")
	outside.Post(path, map[string]any{"type": "../etc", "id": "", "code": "<script>"}).Problem(422, "validation")
	for name, c := range map[string]struct{ body, at, code string }{
		"an unknown member":      {`{"id":"` + deal + `","code":"x","stage":"won"}`, "/stage", "unknown_field"},
		"a code in two writings": {`{"id":"` + deal + `","code":"unheard","CODE":"x"}`, "/CODE", "unknown_field"},
		"a number for an id":     {`{"id":7,"code":"x"}`, "/id", "wrong_type"},
		"a list for data":        {`{"id":"` + deal + `","code":"x","data":[1]}`, "/data", "wrong_type"},
		"a list of calls":        {`[{"id":"` + deal + `","code":"x"}]`, "", "wrong_type"},
		"nothing":                {`null`, "/id", "required"},
		"an id that is too long": {`{"id":"` + strings.Repeat("x", 101) + `","code":"x"}`, "/id", "too_long"},
		"a member twice":         {`{"id":"` + deal + `","code":"unheard","code":"x"}`, "/code", "duplicate_key"},
		"data without a bottom":  {`{"id":"` + deal + `","code":"x","data":{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}}`, "/data/a" + strings.Repeat("/0", 63), "too_deep"},
		"a number beyond all":    {`{"id":"` + deal + `","code":"x","data":{"a":1e400}}`, "/data/a", "out_of_range"},
	} {
		a := outside.Post(path, c.body).Problem(422, "validation")
		require.Equal(t, []string{c.at, c.code}, []string{a.Text("errors.0.path"), a.Text("errors.0.code")}, "%s: %s", name, a.Raw)
	}
	outside.Post(path, `{"id":`).Problem(400, "malformed_json")
	outside.Post(path, `{"id":"`+strings.Repeat("x", 70<<10)+`"}`).Problem(413, "too_large")
	outside.Post(path, good, "Webhook-Id", strings.Repeat("x", 201)).Problem(422, "validation")
	w.As("marta").Get("/settings/trigger-hook").Problem(403, "forbidden")
	w.As("dana").Post("/settings/trigger-hook/rotation", nil).Problem(403, "forbidden")
	require.Equal(t, "new", stageOf(w, deal))

	// A flood from one sender.
	accepted, slowed := 0, 0
	for range 200 {
		switch a := outside.Post(path, map[string]any{"id": deal, "code": "unheard"}); a.Status {
		case 202:
			accepted++
		case 429:
			slowed++
			require.NotEmpty(t, a.Header.Get("Retry-After"))
		default:
			t.Fatalf("%d %s", a.Status, a.Raw)
		}
	}
	require.Positive(t, accepted)
	require.Positive(t, slowed)
	w.Eventually("all that was accepted is told of", 10*time.Millisecond, func() bool {
		log := w.As("marta").Get("/records/deal/" + deal + "/triggers").Expect(200)
		times, _ := log.At("items.0.times").(float64)
		return int(times) == accepted
	})
	w.Clock.Advance(time.Minute)
	outside.Post(path, good).Expect(202)
	said(w, deal, "x moved")

	// A new address, and the old one is nobody's.
	w.As("ada").Post("/settings/trigger-hook/rotation", nil).Expect(200)
	outside.Post(path, good).Problem(404, "not_found")
	require.NotEqual(t, path, hooked(w))
}

// covers B-68: the new responsible person is meant by a role, a group or a department.
func TestTheNewResponsibleIsOneOfSeveral(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"role": "role:operator", "group": "purchasing", "department": "department:operations"} {
		w := apptest.New(t, apptest.Options{Boards: placed{at("contract", "given", trigger.ResponsibleChanged, `{"to":["anna","`+to+`"]}`)}})
		ada, deal := w.As("ada"), dealOn(w, "tracking")
		give := func(to string) {
			t.Helper()
			ada.Do("PATCH", "/records/deal/"+deal, map[string]any{"responsibleId": to}, "If-Match", ada.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
		}
		give("henrik")
		said(w, deal, "given notMeant")
		give("oscar")
		said(w, deal, "given moved")
		require.Equal(t, "contract", stageOf(w, deal), name)
	}
}

// covers B-68, B-15
func TestChangesMoveRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "said", trigger.FieldsChanged, `{"fields":["comment"]}`, when(`record.comment == "go"`)),
		at("contract", "given", trigger.ResponsibleChanged, `{"to":["henrik"]}`),
		at("signed", "checked", trigger.TaskStatus, `{"outcome":"approved"}`),
	}})
	publish(t, w, "write", `{"on":"stageEntered","pipeline":"sales","stage":"qualified"}`, "",
		`{"kind":"robot","robot":"record.setFields","config":{"fields":[{"field":"comment","value":"by a process"}]}}`)
	marta, deal := w.As("ada"), dealOn(w, "tracking")
	patch := func(values map[string]any) {
		t.Helper()
		marta.Do("PATCH", "/records/deal/"+deal, values, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
	}
	patch(map[string]any{"comment": "wait"})
	said(w, deal, "said conditionFalse")
	silent := marta.Get("/records/deal/" + deal + "/triggers").Expect(200) // covers U-36: what would have moved it
	require.Equal(t, []string{"record.comment", "equal", "wait", "go"}, []string{silent.Text("items.0.why.changes.0.path"), silent.Text("items.0.why.changes.0.relation"),
		silent.Text("items.0.why.changes.0.from"), silent.Text("items.0.why.changes.0.to")})
	patch(map[string]any{"comment": "go"})
	said(w, deal, "said moved")
	require.Equal(t, "qualified", stageOf(w, deal))
	w.Eventually("what a process writes is not meant", 10*time.Millisecond, func() bool { return slices.Contains(reasons(w, deal), "said notMeant") })
	patch(map[string]any{"responsibleId": "anna"})
	said(w, deal, "given notMeant")
	patch(map[string]any{"responsibleId": "henrik"})
	said(w, deal, "given moved")
	require.Equal(t, "contract", stageOf(w, deal))
}

func TestTriggerKindsInEveryLanguage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	seen := map[string]bool{}
	for _, language := range []string{"en", "pl", "pt-BR", "ru"} {
		kinds := w.As("marta").Do("GET", "/trigger-kinds", nil, "Accept-Language", language).Expect(200)
		require.Equal(t, 12, kinds.Len("items"))
		for i := range 12 {
			title := kinds.Text(fmt.Sprintf("items.%d.title", i))
			require.False(t, seen[title], title)
			seen[title] = true
			require.NotNil(t, kinds.At(fmt.Sprintf("items.%d.schema.properties", i)))
		}
	}
}
