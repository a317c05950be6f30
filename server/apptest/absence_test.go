package apptest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// asked asks three people, two of them by approval.
const asked = `{"format":"fluxo/process@1","key":"asked","name":"Asked","nodes":[{"id":"s","kind":"startEvent"},{"id":"all","kind":"parallelGateway"},
	{"id":"write","kind":"userTask","name":"Write it","config":{"assignee":"marta"}},
	{"id":"ok","kind":"approval","name":"Approve it","config":{"approvers":["marta","anna"],"rule":"all","outcomes":[{"name":"yes","positive":true},{"name":"no"}]}},
	{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"all"},{"id":"f2","from":"all","to":"write"},{"id":"f3","from":"all","to":"ok"},{"id":"f4","from":"write","to":"e"},
		{"id":"f5","from":"ok","port":"yes","to":"e2"},{"id":"f6","from":"ok","port":"no","to":"e2"}]}`

// Tasks that are open when an absence begins go to the stand-in, who is told, by the
// rules that new tasks follow; both names stay on the task and the trail says how
// many went. Whoever wants to keep them says so in the absence.
//
// covers U-17, U-30, U-52
func TestOpenTasksFollowAnAbsence(t *testing.T) {
	for name, options := range map[string]apptest.Options{"memory": {}, "sqlite": {SQLite: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, options)
			publishText(t, w, "asked", asked)
			oscar := w.As("oscar")
			oscar.Post("/definitions/asked/runs", map[string]any{}).Expect(202)
			write, approve := w.Task("marta", "Write it"), w.Task("marta", "Approve it")
			tomorrow := w.Clock.Now().Add(24 * time.Hour).Format(time.DateOnly)
			enter := func(keep bool, standIn string) *apptest.Answer {
				return w.As("marta").Post("/absences", map[string]any{"userId": "marta", "kind": "vacation", "from": tomorrow, "to": tomorrow, "standIn": standIn, "keepTasks": keep}).Expect(201)
			}
			people := func(task string) string {
				a := w.As("ada").Get("/tasks/" + task).Expect(200)
				var names []string
				for i := range a.Len("assignees") {
					names = append(names, a.Text(fmt.Sprintf("assignees.%d.id", i)))
				}
				return strings.Join(names, " ")
			}
			kept := enter(true, "oscar")
			w.Clock.Advance(25 * time.Hour)
			w.SignOutAll()
			require.NoError(t, w.App.HandOnTasks(t.Context()))
			require.Equal(t, "marta", people(write), "kept")

			// Oscar has asked for the approval: he gets the task, and not a say in it.
			var input map[string]any
			require.NoError(t, json.Unmarshal(kept.Raw, &input))
			path := "/absences/" + kept.Text("id")
			now := w.As("marta").Get("/absences?userId=marta").Expect(200)
			require.Equal(t, true, now.At("items.0.keepTasks"))
			w.As("marta").Do("PUT", path, map[string]any{"userId": "marta", "kind": "vacation", "from": input["from"], "to": input["to"], "standIn": "oscar"}, "If-Match", kept.ETag()).Expect(200)
			w.Eventually("the task is handed on", 10*time.Second, func() bool { return people(write) == "oscar" })
			require.Equal(t, "anna marta", people(approve))
			seen := w.As("oscar").Get("/tasks/" + write).Expect(200)
			require.Equal(t, "Marta Nowak", seen.Text("delegated.0.fromName"))
			require.Equal(t, "Oscar Pereira", seen.Text("delegated.0.toName"))
			require.Equal(t, tomorrow, seen.Text("delegated.0.absence.to"))
			w.As("oscar").Post("/tasks/"+approve+"/completion", map[string]any{"outcome": "yes"}).Problem(403, "not_your_task")
			w.As("oscar").Post("/tasks/"+write+"/completion", map[string]any{}).Expect(200)
			w.Eventually("the stand-in was told", 10*time.Millisecond, func() bool {
				return strings.Contains(string(w.As("oscar").Get("/notifications").Expect(200).Raw), "Write it")
			})
			w.Eventually("the trail tells", 10*time.Millisecond, func() bool {
				return w.As("ada").Get("/audit?action=tasks.handedOn").Expect(200).Len("items") == 1
			})
			entry := w.As("ada").Get("/audit?action=tasks.handedOn").Expect(200)
			require.Contains(t, string(entry.Raw), `"count"`)
		})
	}
}

// What an absent person has delegated this way is found among what was delegated, and
// stays with the stand-in after the absence.
func TestWhoComesBackFindsWhatWasHandedOn(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "asked", asked)
	w.As("oscar").Post("/definitions/asked/runs", map[string]any{}).Expect(202)
	write := w.Task("marta", "Write it")
	today := w.Clock.Now().Format(time.DateOnly)
	w.As("marta").Post("/absences", map[string]any{"userId": "marta", "kind": "sickLeave", "from": today, "to": today, "standIn": "henrik"}).Expect(201)
	w.Eventually("henrik has it", 10*time.Second, func() bool {
		return w.As("ada").Get("/tasks/"+write).Expect(200).Text("assignees.0.id") == "henrik"
	})
	w.Clock.Advance(48 * time.Hour)
	w.SignOutAll()
	delegated := w.As("marta").Get("/tasks?view=delegated").Expect(200)
	require.Contains(t, string(delegated.Raw), write)
	require.Equal(t, "henrik", w.As("ada").Get("/tasks/"+write).Expect(200).Text("assignees.0.id"))
}

// Days are entered once, whoever is faster: of requests at the same moment one is kept,
// on one server and on two.
func TestAbsencesOfTheSameMomentDoNotOverlap(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]apptest.Options{"memory": {}, "sqlite": {SQLite: true}, "two servers": {Shared: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, o)
			other := w
			if o.Shared {
				other = apptest.New(t, apptest.Options{Beside: w})
			}
			clients := []*apptest.Client{w.As("marta"), other.As("marta")}
			in := func(from, to string) map[string]any {
				return map[string]any{"userId": "marta", "kind": "trip", "from": from, "to": to}
			}
			apart := clients[0].Post("/absences", in("2030-03-01", "2030-03-02")).Expect(201)
			for month := 1; month <= 6; month++ {
				var all sync.WaitGroup
				var kept atomic.Int32
				counts := func(a *apptest.Answer, done int) {
					if a.Status == done {
						kept.Add(1)
						return
					}
					a.Problem(422, "validation")
				}
				for i := range 8 {
					all.Go(func() {
						counts(clients[i%2].Post("/absences", in(fmt.Sprintf("2031-%02d-%02d", month, i+1), fmt.Sprintf("2031-%02d-20", month))), 201)
					})
				}
				all.Go(func() {
					moved := clients[1].Do("PUT", "/absences/"+apart.Text("id"), in(fmt.Sprintf("2031-%02d-10", month), fmt.Sprintf("2031-%02d-11", month)), "If-Match", apart.ETag())
					if counts(moved, 200); moved.Status == 200 {
						apart = moved
					}
				})
				all.Wait()
				require.EqualValues(t, 1, kept.Load())
			}
		})
	}
}
