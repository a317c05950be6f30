package resolve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/resolve"
	"github.com/fluxo-app/fluxo/server/worklist"
)

type company struct{}

func (company) Head(id string) (string, bool) { return "henrik", id == "marta" }

func (company) Members(g string) []string {
	switch g {
	case "accounting":
		return []string{"anna", "adam"}
	case "role:signer":
		return []string{"henrik", "marta"}
	case "everybody", "role:anybody":
		out := make([]string, resolve.MaxPeople+1)
		for i := range out {
			out[i] = fmt.Sprintf("extra-%d", i)
		}
		return out
	}
	return nil
}

func (company) User(id string) (map[string]any, bool) {
	known := map[string]bool{"marta": true, "henrik": true, "anna": true, "adam": true}
	return map[string]any{"id": id, "name": id}, known[id] || strings.HasPrefix(id, "extra-")
}

func (company) IsGroup(id string) bool { return id == "accounting" || id == "everybody" }

type records map[string]map[string]any

func (r records) View(_ context.Context, _, id string) (map[string]any, error) {
	if v, ok := r[id]; ok {
		return v, nil
	}
	return nil, problem.NotFound("deal")
}

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func service() *resolve.Service {
	return resolve.New(resolve.Options{Compiler: expr.New(expr.Options{}), Directory: company{}, Zone: time.UTC,
		Records: records{"d1": {"title": "Big deal", "responsible": "marta"}},
		Schema: func(subject string) map[string]any {
			if subject != "mail.send" {
				return nil
			}
			return map[string]any{"properties": map[string]any{"subject": map[string]any{"anyOf": []any{map[string]any{"type": "string", "x-widget": "template"}}}, "raw": map[string]any{"type": "string"}}}
		}})
}

func opening(t *testing.T, s *resolve.Service, kind, config string) host.Opening {
	t.Helper()
	run := store.Run{ID: "r1", RecordType: "deal", RecordID: "d1", StartedBy: "marta"}
	facts, err := s.Evaluator(t.Context(), run, host.Version{}, clock.Instant(now))
	require.NoError(t, err)
	return host.Opening{Run: run, At: clock.Instant(now), Facts: facts, Command: core.Command{NodeKind: kind, Robot: kind, Config: []byte(config),
		Scope: core.Values{"vars": map[string]any{"note": "fix <b>this</b> *now*", "n": json.Number("3")}, "steps": map[string]any{}, "params": map[string]any{}}}}
}

func TestTaskFindsItsPeople(t *testing.T) {
	s := service()
	cases := []struct {
		name, kind, config string
		users, groups      []string
	}{
		{"an expression", "userTask", `{"assignee":{"expr":"record.responsible"}}`, []string{"marta"}, nil},
		{"the head", "userTask", `{"assignee":{"expr":"head(record.responsible)"}}`, []string{"henrik"}, nil},
		{"a literal and more", "userTask", `{"assignee":"marta","assignees":["anna","marta"]}`, []string{"marta", "anna"}, nil},
		{"a group", "userTask", `{"groups":["accounting"]}`, nil, []string{"accounting"}},
		{"a group where a person may stand", "userTask", `{"assignee":"accounting"}`, nil, []string{"accounting"}},
		{"a role is whoever holds it", "userTask", `{"assignee":"role:signer","groups":["accounting"]}`, []string{"henrik", "marta"}, []string{"accounting"}},
		{"a role in a place for groups", "userTask", `{"groups":["role:signer","accounting"]}`, []string{"henrik", "marta"}, []string{"accounting"}},
		{"a computed role", "approval", `{"approvers":[{"expr":"'role:' + 'signer'"},"anna"]}`, []string{"henrik", "marta", "anna"}, nil},
		{"a role named by an object", "userTask", `{"people":{"role":"signer"}}`, []string{"henrik", "marta"}, nil},
		{"approvers are the members of now", "approval", `{"approvers":["henrik","group:accounting"]}`, []string{"henrik", "anna", "adam"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			task, err := s.Task(t.Context(), opening(t, s, c.kind, c.config))
			require.NoError(t, err)
			require.Equal(t, c.users, nilled(task.Users))
			require.Equal(t, c.groups, nilled(task.Groups))
		})
	}
	_, err := s.Task(t.Context(), opening(t, s, "userTask", `{"assignee":{"expr":"head('nobody')"}}`))
	var refusal *host.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "nobody_assigned", refusal.Code)
	for kind, config := range map[string]string{"userTask": `{"assignee":"role:anybody"}`, "approval": `{"approvers":["everybody"]}`} {
		_, err = s.Task(t.Context(), opening(t, s, kind, config))
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, "too_many_assigned", refusal.Code)
	}
	task, err := s.Task(t.Context(), opening(t, s, "userTask", `{"assignee":"everybody"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"everybody"}, task.Groups, "a group of any size is one that takes it")
	_, err = s.Task(t.Context(), opening(t, s, "userTask", `{"assignee":{"expr":"record.responsible +"}}`))
	var failed *core.EvalError
	require.ErrorAs(t, err, &failed)
}

func nilled(ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	return ids
}

func TestTaskTextKeepsValuesAsText(t *testing.T) {
	s := service()
	task, err := s.Task(t.Context(), opening(t, s, "userTask", `{"assignee":"marta","due":"P2D","text":"**{{ record.title }}**: {{ vars.note }} [here](/x/{{ vars.n }})"}`))
	require.NoError(t, err)
	require.Equal(t, clock.Instant(now.Add(48*time.Hour)), task.DueAt)
	var config struct{ Text string }
	require.NoError(t, json.Unmarshal(task.Config, &config))
	html, err := worklist.Render(config.Text)
	require.NoError(t, err)
	require.Contains(t, html, "<strong>Big deal</strong>: fix &lt;b&gt;this&lt;/b&gt; *now*")
	require.Contains(t, html, `href="/x/3"`)
	html, err = worklist.Render("<script>alert(1)</script> ![x](http://evil.test/x.png) [y](javascript:alert(1))")
	require.NoError(t, err)
	require.NotContains(t, html, "script")
	require.NotContains(t, html, "<img")
}

func TestEffectRendersTemplateFieldsOnly(t *testing.T) {
	s := service()
	e, err := s.Effect(t.Context(), opening(t, s, "mail.send", `{"subject":"{{ record.title }} {{ vars.n }}","raw":"{{ kept }}","to":{"expr":"record.responsible"}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"subject":"Big deal 3","raw":"{{ kept }}","to":"marta"}`, string(e.Config))
}

func TestTimerAndMessage(t *testing.T) {
	s := service()
	o := opening(t, s, "boundaryEvent", "")
	o.Command.Trigger = []byte(`{"timer":{"after":{"expr":"\"P\" + \"1D\""}}}`)
	due, err := s.Timer(t.Context(), o)
	require.NoError(t, err)
	require.True(t, due.Armed)
	require.Equal(t, clock.Instant(now.Add(24*time.Hour)), due.At)
	o.Command.Trigger = []byte(`{"timer":{"after":"soon"}}`)
	_, err = s.Timer(t.Context(), o)
	var refusal *host.Refusal
	require.ErrorAs(t, err, &refusal)
	o.Command.Trigger = []byte(`{"message":{"name":"paid","key":{"expr":"record.title"}}}`)
	name, key, err := s.Message(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"paid", "Big deal"}, []string{name, key})
}
