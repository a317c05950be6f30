package apptest_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// silent takes a letter and hangs up before it says that it has.
type silent struct{}

func (silent) NewSession(c *smtp.Conn) (smtp.Session, error) { return &hangUp{c: c}, nil }

type hangUp struct {
	letter
	c *smtp.Conn
}

func (h *hangUp) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return h.c.Conn().Close()
}

// shop has two branches, a join, a mail and a part of its own. %s is the task of the
// first branch, which another version calls by another id.
const shop = `{"format":"fluxo/process@1","key":"shop","name":"Shop","variables":[{"name":"to_whom","type":"string","default":"nobody"},{"name":"n","type":"number","default":1}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"both","kind":"parallelGateway"},
		{"id":"%[1]s","kind":"userTask","name":"Pack","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"bill","kind":"userTask","name":"Bill","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"meet","kind":"parallelGateway"},
		{"id":"part","kind":"subProcess","name":"Part","nodes":[{"id":"ps","kind":"startEvent"},{"id":"inner","kind":"userTask","name":"Inner","config":{"assignee":"anna"}}],
			"flows":[{"id":"i1","from":"ps","to":"inner"}]},
		{"id":"mail","kind":"robot","name":"Tell the client","robot":"mail.send","config":{"to":{"expr":"vars.to_whom"},"subject":"It comes","body":"Soon."},"policy":{"onUnknown":"ask"}},
		{"id":"last","kind":"userTask","name":"Last","config":{"assignee":"marta"}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"both"},{"id":"f2","from":"both","to":"%[1]s"},{"id":"f3","from":"both","to":"bill"},{"id":"f4","from":"%[1]s","to":"meet"},
		{"id":"f5","from":"bill","to":"meet"},{"id":"f6","from":"meet","to":"part"},{"id":"f7","from":"part","to":"mail"},{"id":"f8","from":"mail","to":"last"},{"id":"f9","from":"last","to":"e"}]}`

// Every action of an operator is looked at first, which stores nothing; done by a job
// that tells for each run where it stands afterwards; and written into the trail with
// who, why, before and after, from the first day on.
//
// covers U-16, U-21, U-44
func TestEveryActionIsLookedAtDoneToldAndAudited(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "shop", fmt.Sprintf(shop, "pack"))
	oscar, ada := w.As("oscar"), w.As("ada")
	postbox := smtp.NewServer(silent{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = postbox.Serve(listener) }()
	t.Cleanup(func() { _ = postbox.Close() })
	ada.Do("PUT", "/settings/mail", map[string]any{"provider": "smtp", "host": "127.0.0.1", "port": listener.Addr().(*net.TCPAddr).Port, "tls": "none", "from": "fluxo@demo.fluxo.test"}).Expect(200)

	act := func(run string, wish map[string]any) { oscar.Post("/runs/"+run+"/actions", wish).Expect(202) }
	get := func(run string) *apptest.Answer { return oscar.Get("/runs/" + run).Expect(200) }
	begin := func() string {
		return oscar.Post("/definitions/shop/runs", map[string]any{}).Expect(202).Text("id")
	}
	old := func() string {
		run := begin()
		publishText(t, w, "shop", fmt.Sprintf(shop, "wrap"))
		return run
	}
	// failing stands at the mail with an incident of a code.
	failing := func(code, to string) string {
		run := begin()
		act(run, map[string]any{"action": "setVariables", "variables": map[string]any{"to_whom": to}})
		act(run, map[string]any{"action": "move", "node": "pack", "to": "mail"})
		w.Eventually("the mail fails", time.Second, func() bool { return get(run).Len("incidents") == 1 })
		require.Equal(t, code, get(run).Text("incidents.0.code"))
		return run
	}
	unknown := func() string { return failing("outcome_unknown", "client@example.com") }
	rejected := func() string { return failing("bad_value", "nobody") }
	inside := func() string {
		run := begin()
		act(run, map[string]any{"action": "move", "node": "pack", "to": "part"})
		return run
	}
	parked := func() string {
		run := begin()
		act(run, map[string]any{"action": "move", "node": "pack", "to": "meet", "flow": "f4"})
		return run
	}
	held := func() string {
		run := begin()
		act(run, map[string]any{"action": "suspend"})
		return run
	}
	scopeOf := func(run string) string { return oscar.Get("/runs/" + run + "/outlook").Expect(200).Text("scopes.0.id") }
	plain := func(wish map[string]any) func(string) map[string]any {
		return func(string) map[string]any { return wish }
	}
	for _, c := range []struct {
		action string
		run    func() string
		wish   func(run string) map[string]any
		after  string // a node it stands on, or a status
	}{
		{"move", begin, plain(map[string]any{"node": "pack", "to": "last"}), "last"},
		{"place", begin, plain(map[string]any{"node": "last"}), "last"},
		{"fire", parked, plain(map[string]any{"node": "meet"}), "part"},
		{"cancelScope", inside, func(run string) map[string]any { return map[string]any{"scope": scopeOf(run)} }, "mail"},
		{"setVariables", begin, plain(map[string]any{"variables": map[string]any{"n": 7}}), "pack"},
		{"plan", begin, plain(map[string]any{"steps": []any{map[string]any{"action": "move", "node": "pack", "to": "pack", "place": "after"},
			map[string]any{"action": "fire", "node": "meet"}}}), "part"},
		{"suspend", begin, plain(map[string]any{}), "pack"},
		{"resume", held, plain(map[string]any{}), "pack"},
		{"cancel", begin, plain(map[string]any{}), "canceled"},
		{"assign", begin, plain(map[string]any{"node": "pack", "person": "marta"}), "pack"},
		{"retry", rejected, plain(map[string]any{"variables": map[string]any{"to_whom": "client@example.com"}}), "mail"},
		{"skip", rejected, plain(map[string]any{}), "last"},
		{"resend", unknown, plain(map[string]any{}), "mail"},
		{"drop", unknown, plain(map[string]any{}), "last"},
		{"migrate", old, plain(map[string]any{"version": 2, "nodes": map[string]any{"pack": "wrap"}}), "wrap"},
	} {
		run := c.run()
		wish := c.wish(run)
		wish["action"], wish["reason"] = c.action, "because of "+c.action
		before := get(run)
		seen := oscar.Post("/runs/"+run+"/actions/preview", wish).Expect(200)
		require.Contains(t, []string{"does", "moves"}, seen.Text("verdict"), "%s: %s", c.action, seen.Raw)
		stands := func(path string, a *apptest.Answer) bool {
			if a.Text(path+".status") == c.after {
				return true
			}
			for i := range a.Len(path + ".nodes") {
				if a.Text(fmt.Sprintf("%s.nodes.%d", path, i)) == c.after {
					return true
				}
			}
			return false
		}
		require.True(t, stands("after", seen), "%s would lead to %s", c.action, seen.Raw)
		require.Equal(t, before.At("seq"), get(run).At("seq"), "looking at %s stores nothing", c.action)
		w.As("marta").Post("/repairs/preview", map[string]any{"wish": wish, "select": map[string]any{"runs": []string{run}}}).Problem(403, "forbidden")

		job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": map[string]any{"runs": []string{run}}}).Expect(202).Text("id")
		ended(t, w, job)
		state := oscar.Get("/repairs/" + job).Expect(200)
		require.EqualValues(t, 1, state.At("total"), c.action)
		require.EqualValues(t, 1, state.At("changed"), "%s: %s", c.action, oscar.Get("/repairs/"+job+"/results").Raw)
		line := oscar.Get("/repairs/" + job + "/results").Expect(200)
		require.True(t, stands("items.0.outcome.after", line), "%s has led to %s", c.action, line.Raw)

		entries := ada.Get("/audit?limit=50&object=run:" + run).Expect(200)
		own := -1
		for i := range entries.Len("items") {
			if entries.Text(fmt.Sprintf("items.%d.action", i)) == "run."+c.action && strings.Contains(fmt.Sprint(entries.At(fmt.Sprintf("items.%d", i))), "because of "+c.action) {
				require.Equal(t, -1, own, "%s stands in the trail once", c.action)
				own = i
			}
		}
		require.GreaterOrEqual(t, own, 0, "%s stands in the trail", c.action)
		require.Equal(t, "Oscar Pereira", entries.Text(fmt.Sprintf("items.%d.actorName", own)))
		require.NotEmpty(t, entries.Text(fmt.Sprintf("items.%d.summary", own)), "in words")
	}
}

// An operator gives tasks to other people: one, those of a step of many runs, those of
// somebody who has left. What may not be is refused with the reason.
//
// covers U-16
func TestOperatorAssignsTasks(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "asked", asked)
	oscar, ada := w.As("oscar"), w.As("ada")
	var runs []string
	for range 3 {
		runs = append(runs, oscar.Post("/definitions/asked/runs", map[string]any{}).Expect(202).Text("id"))
	}
	w.Task("marta", "Approve it")
	preview := func(run string, wish map[string]any) *apptest.Answer {
		wish["action"] = "assign"
		return oscar.Post("/runs/"+run+"/actions/preview", wish).Expect(200)
	}
	oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "assign"}).Problem(422, "validation")
	require.Equal(t, "person_unknown", preview(runs[0], map[string]any{"person": "nobody"}).Text("why"))
	require.Equal(t, "no_task", preview(runs[0], map[string]any{"person": "dana", "node": "e"}).Text("why"))
	require.Equal(t, "has_task_already", preview(runs[0], map[string]any{"person": "marta", "node": "write"}).Text("why"))
	require.Equal(t, "several_people", preview(runs[0], map[string]any{"person": "dana", "node": "ok"}).Text("why"))
	require.Equal(t, "asked_for_it", preview(runs[0], map[string]any{"person": "oscar", "node": "ok", "from": "anna"}).Text("why"))
	w.As("marta").Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "assign", "person": "dana"}).Problem(403, "forbidden")

	// Whatever marta has in any run of the process goes to dana, who is told.
	wish := map[string]any{"action": "assign", "from": "marta", "person": "dana", "reason": "has left"}
	all := map[string]any{"filter": map[string]any{"definition": "asked", "person": "marta"}}
	dry := oscar.Post("/repairs/preview", map[string]any{"wish": wish, "select": all}).Expect(200)
	require.Equal(t, 3, dry.Len("items"))
	job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": all}).Expect(202).Text("id")
	ended(t, w, job)
	require.EqualValues(t, 3, oscar.Get("/repairs/"+job).Expect(200).At("changed"))
	require.Zero(t, w.As("marta").Get("/tasks?view=mine").Expect(200).Len("items"))
	require.Equal(t, 6, w.As("dana").Get("/tasks?view=mine").Expect(200).Len("items"))
	approve := w.Task("dana", "Approve it")
	seen := w.As("dana").Get("/tasks/" + approve).Expect(200)
	require.Equal(t, "Marta Nowak", seen.Text("delegated.0.fromName"), "both names stay")
	require.Equal(t, "has left", seen.Text("delegated.0.reason"))
	w.As("dana").Post("/tasks/"+approve+"/completion", map[string]any{"outcome": "yes"}).Expect(200)

	// A task of a disabled person needs no word of whose it is.
	one := ada.Get("/users/dana").Expect(200)
	ada.Do("PATCH", "/users/dana", map[string]any{"active": false}, "If-Match", one.ETag()).Expect(200)
	stuck := oscar.Get("/runs/" + runs[0] + "/outlook").Expect(200)
	repair, ok := stuck.At("findings.0.repairs.0").(map[string]any)
	require.True(t, ok, "%s", stuck.Raw)
	require.Equal(t, "assign", repair["action"])
	repair["person"], repair["reason"] = "henrik", "has left, too"
	oscar.Post("/runs/"+runs[0]+"/actions", repair).Expect(202)
	require.Equal(t, 1, w.As("henrik").Get("/tasks?view=mine").Expect(200).Len("items"))
	task := w.As("henrik").Get("/tasks?view=mine").Expect(200).Text("items.0.id")
	w.As("henrik").Get("/tasks/" + task).Expect(200)
}
