package trigger_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

var stages = []trigger.Stage{{ID: "new"}, {ID: "qualified"}, {ID: "contract"}, {ID: "signed"}, {ID: "won", Final: true}, {ID: "lost", Final: true}}

func on(stage string) trigger.Candidate {
	return trigger.Candidate{ID: "t-" + stage, Stage: stage, Meant: true, Holds: trigger.True}
}

func back(c trigger.Candidate) trigger.Candidate { c.AllowBack = true; return c }

// covers G-01, G-02, G-03, G-04, B-67, B-69
func TestDecide(t *testing.T) {
	with := func(c trigger.Candidate, edit func(*trigger.Candidate)) trigger.Candidate { edit(&c); return c }
	for name, c := range map[string]struct {
		present string
		given   []trigger.Candidate
		stage   string
		reasons []trigger.Reason
	}{
		"nothing is set up":                      {"new", nil, "", []trigger.Reason{}},
		"up by one":                              {"new", []trigger.Candidate{on("qualified")}, "qualified", []trigger.Reason{trigger.Moved}},
		"straight to the end, G-04":              {"new", []trigger.Candidate{on("won")}, "won", []trigger.Reason{trigger.Moved}},
		"where it stands":                        {"qualified", []trigger.Candidate{on("qualified")}, "", []trigger.Reason{trigger.AlreadyThere}},
		"not entered anew, also when back may":   {"qualified", []trigger.Candidate{back(on("qualified"))}, "", []trigger.Reason{trigger.AlreadyThere}},
		"never below, G-03":                      {"contract", []trigger.Candidate{on("qualified")}, "", []trigger.Reason{trigger.Below}},
		"below when it may, B-67":                {"contract", []trigger.Candidate{back(on("qualified"))}, "qualified", []trigger.Reason{trigger.Moved}},
		"the earlier of two, B-69":               {"new", []trigger.Candidate{on("signed"), on("qualified")}, "qualified", []trigger.Reason{trigger.EarlierWins, trigger.Moved}},
		"the earlier that may, B-69":             {"contract", []trigger.Candidate{on("qualified"), on("signed")}, "signed", []trigger.Reason{trigger.Below, trigger.Moved}},
		"back wins when it may, B-69":            {"contract", []trigger.Candidate{back(on("qualified")), on("signed")}, "qualified", []trigger.Reason{trigger.Moved, trigger.EarlierWins}},
		"the first of one stage":                 {"new", []trigger.Candidate{with(on("won"), func(c *trigger.Candidate) { c.ID = "a" }), with(on("won"), func(c *trigger.Candidate) { c.ID = "b" })}, "won", []trigger.Reason{trigger.Moved, trigger.EarlierWins}},
		"a condition that does not hold":         {"new", []trigger.Candidate{with(on("qualified"), func(c *trigger.Candidate) { c.Holds = trigger.False }), on("won")}, "won", []trigger.Reason{trigger.ConditionFalse, trigger.Moved}},
		"a condition that cannot be read":        {"new", []trigger.Candidate{with(on("qualified"), func(c *trigger.Candidate) { c.Holds = trigger.Failed })}, "", []trigger.Reason{trigger.ConditionFailed}},
		"switched off":                           {"new", []trigger.Candidate{with(on("qualified"), func(c *trigger.Candidate) { c.Disabled = true })}, "", []trigger.Reason{trigger.Disabled}},
		"another form":                           {"new", []trigger.Candidate{with(on("qualified"), func(c *trigger.Candidate) { c.Meant = false })}, "", []trigger.Reason{trigger.NotMeant}},
		"a stage that is gone":                   {"new", []trigger.Candidate{on("dropped")}, "", []trigger.Reason{trigger.StageGone}},
		"a record whose stage is gone":           {"dropped", []trigger.Candidate{on("new")}, "new", []trigger.Reason{trigger.Moved}},
		"from won to lost":                       {"won", []trigger.Candidate{on("lost")}, "", []trigger.Reason{trigger.OnFinal}},
		"out of a final stage when it may":       {"won", []trigger.Candidate{back(on("new"))}, "new", []trigger.Reason{trigger.Moved}},
		"from one final stage to a lower one":    {"lost", []trigger.Candidate{on("won")}, "", []trigger.Reason{trigger.Below}},
		"what is off is said before what is low": {"won", []trigger.Candidate{with(on("new"), func(c *trigger.Candidate) { c.Disabled = true })}, "", []trigger.Reason{trigger.Disabled}},
	} {
		t.Run(name, func(t *testing.T) {
			d := trigger.Decide(stages, c.present, c.given)
			require.Equal(t, c.stage, d.Stage)
			require.Equal(t, c.reasons, d.Reasons)
			require.Equal(t, c.stage == "", d.Trigger == "")
		})
	}
}

// Whatever is set up: at most one moves; it may; nothing that may is earlier; and
// without leave to go back a record never loses ground.
func TestDecideProperties(t *testing.T) {
	place := func(id string) int {
		return slices.IndexFunc(stages, func(s trigger.Stage) bool { return s.ID == id })
	}
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"new", "qualified", "contract", "signed", "won", "lost", "dropped"}
		present := rapid.SampledFrom(ids).Draw(t, "present")
		var all []trigger.Candidate
		for i := range rapid.IntRange(0, 8).Draw(t, "n") {
			all = append(all, trigger.Candidate{ID: strconv.Itoa(i), Stage: rapid.SampledFrom(ids).Draw(t, "stage"), AllowBack: rapid.Bool().Draw(t, "back"),
				Disabled: rapid.Bool().Draw(t, "off"), Meant: rapid.Bool().Draw(t, "meant"), Holds: trigger.Truth(rapid.IntRange(0, 3).Draw(t, "holds"))})
		}
		d := trigger.Decide(stages, present, all)
		moved := 0
		for i, r := range d.Reasons {
			c := all[i]
			may := !c.Disabled && c.Meant && c.Holds == trigger.True && place(c.Stage) >= 0 && c.Stage != present &&
				(c.AllowBack || place(c.Stage) > place(present) && (place(present) < 0 || !stages[place(present)].Final))
			if (r == trigger.Moved || r == trigger.EarlierWins) != may {
				t.Fatalf("candidate %d of %+v on %s: %s", i, all, present, r)
			}
			if r == trigger.Moved {
				moved++
				if d.Stage != c.Stage || d.Trigger != c.ID {
					t.Fatal("moved elsewhere")
				}
			}
			if may && place(c.Stage) < place(d.Stage) {
				t.Fatalf("%s is earlier than %s", c.Stage, d.Stage)
			}
		}
		if moved > 1 || (moved == 1) != (d.Stage != "") {
			t.Fatalf("%d moves", moved)
		}
	})
}

// covers G-12, G-13, G-14, G-15, B-68, B-15
func TestMeant(t *testing.T) {
	for name, c := range map[string]struct {
		kind, config string
		event        map[string]any
		byRun        bool
		meant        bool
	}{
		"its code":                     {trigger.Webhook, `{"code":"paid"}`, map[string]any{"code": "paid"}, false, true},
		"another code":                 {trigger.Webhook, `{"code":"paid"}`, map[string]any{"code": "Paid"}, false, false},
		"no code":                      {trigger.Webhook, `{}`, map[string]any{"code": ""}, false, false},
		"its form":                     {trigger.Form, `{"form":"a"}`, map[string]any{"form": "a"}, false, true},
		"another form":                 {trigger.Form, `{"form":"a"}`, map[string]any{"form": "b"}, false, false},
		"any form":                     {trigger.Callback, `{}`, map[string]any{"form": "b"}, false, true},
		"its page":                     {trigger.Visit, `{"page":"/Pricing "}`, map[string]any{"page": "https://x.test/pricing?a=1"}, false, true},
		"another page":                 {trigger.ReturningVisit, `{"page":"/pricing"}`, map[string]any{"page": "https://x.test/"}, false, false},
		"its field":                    {trigger.FieldsChanged, `{"fields":["title","amount"]}`, map[string]any{"fields": map[string]any{"amount": 1}}, false, true},
		"another field":                {trigger.FieldsChanged, `{"fields":["title"]}`, map[string]any{"fields": map[string]any{"amount": 1}}, false, false},
		"its field, by a process":      {trigger.FieldsChanged, `{"fields":["amount"]}`, map[string]any{"fields": map[string]any{"amount": 1}}, true, false},
		"by a process, which counts":   {trigger.FieldsChanged, `{"fields":["amount"],"byProcesses":true}`, map[string]any{"fields": map[string]any{"amount": 1}}, true, true},
		"anybody":                      {trigger.ResponsibleChanged, ``, map[string]any{"after": "marta"}, false, true},
		"somebody else":                {trigger.ResponsibleChanged, `{"to":["henrik"]}`, map[string]any{"after": "marta"}, false, false},
		"a holder of the role":         {trigger.ResponsibleChanged, `{"to":["henrik","role:seller"]}`, map[string]any{"after": "marta"}, false, true},
		"nobody of the role":           {trigger.ResponsibleChanged, `{"to":["role:seller"]}`, map[string]any{"after": "ivo"}, false, false},
		"its outcome":                  {trigger.TaskStatus, `{"name":"check","outcome":"approved"}`, map[string]any{"name": "Check", "outcome": "approved"}, false, true},
		"another outcome":              {trigger.TaskStatus, `{"outcome":"approved"}`, map[string]any{"name": "Check", "outcome": "rejected"}, false, false},
		"a call":                       {trigger.ActivityDone, `{"types":["call"]}`, map[string]any{"type": "call"}, false, true},
		"not a meeting":                {trigger.ActivityDone, `{"types":["call"]}`, map[string]any{"type": "meeting"}, false, false},
		"a payment":                    {trigger.Reported, `{"events":["shipment","payment"]}`, map[string]any{"event": "payment"}, false, true},
		"not a scanned code":           {trigger.Reported, `{"events":["payment"]}`, map[string]any{"event": "codeScanned"}, false, false},
		"whatever is reported":         {trigger.Reported, ``, map[string]any{"event": "missedCall"}, false, true},
		"its document":                 {trigger.DocumentCreated, `{"name":"contract"}`, map[string]any{"name": "Contract 7.pdf"}, false, true},
		"a config of another form":     {trigger.FieldsChanged, `{"fields":"amount"}`, map[string]any{"fields": map[string]any{"amount": 1}}, false, false},
		"a kind that nobody has heard": {"smoke", `{}`, nil, false, false},
	} {
		got := trigger.Trigger{Config: json.RawMessage(c.config)}.Meant(trigger.Occurrence{Kind: c.kind, Event: c.event, ByRun: c.byRun},
			func(who, user string) bool { return who == user || who == "role:seller" && user == "marta" })
		require.Equal(t, c.meant, got, name)
	}
}
