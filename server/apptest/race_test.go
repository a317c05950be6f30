package apptest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// atOnce sends n requests at the same moment and returns the answers.
func atOnce(n int, send func(i int) *apptest.Answer) []*apptest.Answer {
	answers := make([]*apptest.Answer, n)
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-gate
			answers[i] = send(i)
		})
	}
	close(gate)
	all.Wait()
	return answers
}

// statuses counts the answers by status.
func statuses(answers []*apptest.Answer) map[int]int {
	out := map[int]int{}
	for _, a := range answers {
		out[a.Status]++
	}
	return out
}

// The number of saved views holds also for requests of the same moment.
func TestViewsKeepTheirLimitAtTheSameMoment(t *testing.T) {
	t.Parallel()
	anna := apptest.New(t, apptest.Options{}).As("anna")
	view := func(i int) map[string]any {
		return map[string]any{"page": "runs", "name": fmt.Sprintf("View %d", i), "search": map[string]any{}, "shared": false}
	}
	require.Equal(t, map[int]int{201: 100, 422: 40}, statuses(atOnce(140, func(i int) *apptest.Answer { return anna.Post("/views", view(i)) })))
	all := anna.Get("/views").Expect(200)
	require.Equal(t, 100, all.Len("items"))
	// One that is deleted makes room for one.
	one := all.Text("items.17.id")
	anna.Do("DELETE", "/views/"+one, nil, "If-Match", `"1"`).Expect(204)
	require.Equal(t, map[int]int{201: 1, 422: 9}, statuses(atOnce(10, func(i int) *apptest.Answer { return anna.Post("/views", view(200+i)) })))
}

// What stands in everybody's list is in the trail; what is one's own is not.
func TestSharedViewsAreAudited(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	oscar, ada := w.As("oscar"), w.As("ada")
	view := func(name string, shared bool) map[string]any {
		return map[string]any{"page": "runs", "name": name, "search": map[string]any{"status": "active"}, "shared": shared}
	}
	change := func(id, rev, name string, shared bool) {
		body := view(name, shared)
		delete(body, "page")
		oscar.Do("PUT", "/views/"+id, body, "If-Match", rev).Expect(200)
	}
	own := oscar.Post("/views", view("Mine", false)).Expect(201).Text("id")
	change(own, `"1"`, "My own", false)
	require.Zero(t, ada.Get("/audit?object=view:"+own).Expect(200).Len("items"))
	change(own, `"2"`, "Ours", true)
	change(own, `"3"`, "Mine again", false)
	oscar.Do("DELETE", "/views/"+own, nil, "If-Match", `"4"`).Expect(204)
	require.Equal(t, 2, ada.Get("/audit?object=view:"+own).Expect(200).Len("items"), "shared, and not any more")

	made := ada.Post("/views", view("All active", true)).Expect(201)
	shared := made.Text("id")
	ada.Do("DELETE", "/views/"+shared, nil, "If-Match", made.ETag()).Expect(204)
	trail := ada.Get("/audit?object=view:" + shared).Expect(200)
	require.Equal(t, 2, trail.Len("items"))
	require.ElementsMatch(t, []string{"view.created", "view.deleted"}, []string{trail.Text("items.0.action"), trail.Text("items.1.action")})
}

// Ending a suspension that is not there is no act: it makes no job and no entry.
func TestResumeNeedsASuspension(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	oscar := w.As("oscar")
	for _, key := range []string{"contract-preparation", "*", "nonsense"} {
		oscar.Do("DELETE", "/suspensions/"+key, nil).Problem(404, "not_found")
	}
	oscar.Do("PUT", "/suspensions/contract-preparation", map[string]any{"reason": "stock taking"}).Expect(204)
	require.Equal(t, map[int]int{204: 1, 404: 7}, statuses(atOnce(8, func(int) *apptest.Answer { return oscar.Do("DELETE", "/suspensions/contract-preparation", nil) })))
	require.Equal(t, 1, oscar.Get("/repairs").Expect(200).Len("items"), "one job for one suspension")
	require.Equal(t, 2, w.As("ada").Get("/audit?object=suspension:contract-preparation").Expect(200).Len("items"))
}

// A name that nobody can read is refused wherever something gets a name.
func TestNamesCanBeRead(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana, marta := w.As("ada"), w.As("dana"), w.As("marta")
	pipeline := ada.Get("/pipelines").Expect(200)
	definition := dana.Get("/definitions/contract-preparation").Expect(200)
	for _, blank := range []string{" ", "\n\n", "\t\r\n", "\u00a0\u2003", "\u2028", "\u200b\ufeff"} {
		for path, answer := range map[string]*apptest.Answer{
			"group":           ada.Post("/groups", map[string]any{"name": blank, "memberIds": []string{}}),
			"department":      ada.Post("/departments", map[string]any{"name": blank}),
			"token":           ada.Post("/tokens", map[string]any{"name": blank, "roles": []string{"member"}}),
			"user":            ada.Post("/users", map[string]any{"login": "nobody", "name": blank, "email": "n@example.test", "password": "correct horse battery", "roles": []string{"member"}}),
			"pipeline":        ada.Post("/pipelines", map[string]any{"name": blank}),
			"stage":           ada.Do("PATCH", "/pipelines/"+pipeline.Text("items.0.id"), map[string]any{"name": "Sales", "stages": []map[string]any{{"id": "new", "name": blank, "kind": "normal", "color": "#111111"}}}, "If-Match", `"1"`),
			"definition":      dana.Post("/definitions", map[string]any{"name": blank}),
			"copy":            dana.Post("/definitions/contract-preparation/copies", map[string]any{"name": blank}),
			"renamed process": dana.Do("PATCH", "/definitions/contract-preparation", map[string]any{"name": blank}, "If-Match", definition.ETag()),
			"view":            dana.Post("/views", map[string]any{"page": "runs", "name": blank, "search": map[string]any{}, "shared": false}),
			"deal":            marta.Post("/records/deal", map[string]any{"title": blank, "pipelineId": "sales"}),
			"company":         marta.Post("/companies", map[string]any{"name": blank}),
			"contact":         marta.Post("/contacts", map[string]any{"firstName": blank, "lastName": blank}),
		} {
			require.Equal(t, 422, answer.Status, "%s named %q: %s", path, blank, answer.Raw)
			require.Equal(t, "validation", answer.Text("code"), "%s named %q", path, blank)
		}
	}
}

// Two people who open the page of a new installation at once: one becomes the
// first administrator, the other is told so and leaves no account.
func TestTwoFirstAdministratorsAtOnce(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true})
	code, err := w.App.SetupCode(t.Context())
	require.NoError(t, err)
	clients := make([]*apptest.Client, 8)
	for i := range clients {
		clients[i] = w.Anonymous()
	}
	answers := atOnce(len(clients), func(i int) *apptest.Answer {
		return clients[i].Post("/setup", map[string]any{"login": fmt.Sprintf("root%d", i), "name": "Root", "email": "root@example.test", "password": "correct horse battery", "code": code})
	})
	require.Equal(t, map[int]int{201: 1, 409: 7}, statuses(answers))
	for i, a := range answers {
		if a.Status == 201 {
			require.Equal(t, 1, clients[i].Get("/users").Expect(200).Len("items"))
			continue
		}
		a.Problem(409, "setup_done")
		clients[i].Get("/users").Problem(401, "unauthenticated")
	}
}

// Many small ranges of a file would each cost a chunk of it.
func TestManyRangesAreOneFile(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal := marta.Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	text := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	id := marta.Upload("/files", map[string]string{"owner": "deal:" + deal}, "long.txt", text).Expect(201).Text("id")
	ranges := func(header string) *apptest.Answer {
		return marta.Do(http.MethodGet, "/files/"+id, nil, "Range", header)
	}
	require.Equal(t, text[:16], ranges("bytes=0-15").Expect(206).Raw)
	require.Equal(t, text[len(text)-3:], ranges("bytes=-3").Expect(206).Raw)
	ranges("bytes=99999999-").Expect(416)
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("%d-%d", i*1024, i*1024))
	}
	for _, header := range []string{"bytes=" + strings.Join(many, ","), "bytes=0-0,2-2", "bytes=,,,"} {
		whole := ranges(header).Expect(200)
		require.Len(t, whole.Raw, len(text), header)
	}
}

// Two designers change one place at the same moment: one change is made, the
// other is a clash that names the place and both values; other places merge.
//
// covers U-09
func TestClashingPatchesOverHTTP(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	made := dana.Post("/definitions", map[string]any{"name": "Shared work"}).Expect(201)
	key, tag := made.Text("key"), made.ETag()
	patch := func(tag string, patches ...map[string]any) *apptest.Answer {
		return dana.Do("PATCH", "/definitions/"+key+"/draft", map[string]any{"patches": patches}, "If-Match", tag)
	}
	named := func(node string, value any) map[string]any {
		return map[string]any{"element": "nodes/" + node, "path": []string{"name"}, "before": nil, "after": value}
	}
	answers := atOnce(6, func(i int) *apptest.Answer { return patch(tag, named("start", fmt.Sprintf("Begin %d", i))) })
	require.Equal(t, map[int]int{200: 1, 409: 5}, statuses(answers))
	draft := dana.Get("/definitions/" + key).Expect(200)
	winner := draft.Text("draft.nodes.0.name")
	for i, a := range answers {
		if a.Status == 200 {
			require.Equal(t, fmt.Sprintf("Begin %d", i), winner)
			continue
		}
		a.Problem(409, "clash")
		require.Equal(t, "nodes/start", a.Text("clashes.0.element"))
		require.Equal(t, fmt.Sprintf("Begin %d", i), a.Text("clashes.0.mine"))
		require.Equal(t, winner, a.Text("clashes.0.theirs"))
		require.NotEmpty(t, a.At("draft"), "so that the author can merge")
	}
	// Different places from the same old state: all are merged. The same value in
	// the same place is no clash.
	answers = atOnce(2, func(i int) *apptest.Answer {
		return patch(tag, named("end", "Done"), map[string]any{"element": "layout/end", "path": []string{"at"}, "before": []int{240, 0}, "after": []int{300 + 0*i, 0}})
	})
	require.Equal(t, map[int]int{200: 2}, statuses(answers))
	// A clash changes nothing, also not the places that did not clash.
	rev := dana.Get("/definitions/" + key).Expect(200).At("draftRev")
	patch(tag, named("start", "Other"), map[string]any{"element": "nodes/note", "path": []string{}, "before": nil, "after": map[string]any{"id": "note", "kind": "userTask"}}).Problem(409, "clash")
	after := dana.Get("/definitions/" + key).Expect(200)
	require.Equal(t, rev, after.At("draftRev"))
	require.Equal(t, 2, after.Len("draft.nodes"))
	// Patches that lead nowhere are the caller's mistake and name their place.
	current := after.ETag()
	for _, bad := range []map[string]any{
		{"element": "nodes/nobody", "path": []string{"name"}, "before": nil, "after": "x"},
		{"element": "nonsense", "path": []string{"x"}, "before": nil, "after": "x"},
		{"element": "meta", "path": []string{}, "before": nil, "after": "x"},
		{"element": "meta", "path": []string{"nodes"}, "before": nil, "after": []any{}},
		{"element": "nodes/start", "path": []string{"name", "deeper"}, "before": nil, "after": "x"},
		{"element": "nodes/start", "path": []string{}, "before": nil, "after": "no object"},
	} {
		require.Equal(t, "/patches/0", patch(current, bad).Problem(422, "validation").Text("errors.0.path"), "%v", bad)
	}
	patch(`"999"`, named("start", "x")).Problem(409, "stale")
}

// Whatever has the shape of a draft is kept; what is wrong with it is a finding.
func TestDraftsKeepWhatTheFindingsSay(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	made := dana.Post("/definitions", map[string]any{"name": "Half done"}).Expect(201)
	key, tag := made.Text("key"), made.ETag()
	patch := func(patches ...map[string]any) *apptest.Answer {
		a := dana.Do("PATCH", "/definitions/"+key+"/draft", map[string]any{"patches": patches}, "If-Match", tag)
		tag = a.ETag()
		return a
	}
	add := func(list, id string, fields map[string]any) map[string]any {
		fields["id"] = id
		return map[string]any{"element": list + "/" + id, "path": []string{}, "before": nil, "after": fields}
	}
	remove := func(element string) map[string]any {
		return map[string]any{"element": element, "path": []string{}, "before": map[string]any{}, "after": nil}
	}
	patch(add("nodes", "gate", map[string]any{"kind": "exclusiveGateway", "default": "way"}), add("nodes", "step", map[string]any{"kind": "userTask"}),
		add("flows", "way", map[string]any{"from": "gate", "to": "step"})).Expect(200)
	saved := patch(remove("nodes/step"), remove("flows/way")).Expect(200)
	require.Contains(t, string(saved.Raw), "bad_default")
	require.Equal(t, "way", dana.Get("/definitions/"+key).Expect(200).Text("draft.nodes.2.default"))
	whole := dana.Get("/definitions/" + key).Expect(200)
	tag = dana.Do("PUT", "/definitions/"+key+"/draft", whole.At("draft"), "If-Match", whole.ETag()).Expect(200).ETag()
	// As the canvas sends it: the default goes in the same breath, before or after.
	patch(add("flows", "way", map[string]any{"from": "gate", "to": "end"})).Expect(200)
	patch(remove("nodes/end"), map[string]any{"element": "nodes/gate", "path": []string{"default"}, "before": "way", "after": nil}, remove("flows/way"), remove("flows/f1")).Expect(200)
	// Flows that lead nowhere, shapes without a step, a name of white space.
	saved = patch(add("flows", "loose", map[string]any{"from": "gate", "to": "nobody"}), map[string]any{"element": "layout/nobody", "path": []string{}, "before": nil, "after": map[string]any{"at": []int{1, 2}}},
		map[string]any{"element": "meta", "path": []string{"name"}, "before": "Half done", "after": " \n"}).Expect(200)
	require.Contains(t, string(saved.Raw), "missing_name")
	require.Equal(t, "Half done", dana.Get("/definitions/"+key).Expect(200).Text("name"), "lists keep the last name")
	dana.Post("/definitions/"+key+"/versions", map[string]any{}, "If-Match", tag).Problem(422, "findings")
}

// A process may start on the stage of a pipeline that is deleted afterwards: that
// disturbs nothing else, and is in force again with a pipeline of that key.
func TestRulesMayOutliveTheirPipeline(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana, marta := w.As("ada"), w.As("dana"), w.As("marta")
	made := ada.Post("/pipelines", map[string]any{"name": "Rentals", "key": "rentals"}).Expect(201)
	stage := made.Text("stages.0.id")
	text := `{"format":"fluxo/process@1","key":"rented","name":"Rented","appliesTo":"deal","nodes":[{"id":"begin","kind":"startEvent","trigger":{"on":"stageEntered","pipeline":"rentals","stage":"` + stage + `"}},{"id":"end","kind":"endEvent"}],"flows":[{"id":"f1","from":"begin","to":"end"}]}`
	publishText(t, w, "rented", text)
	ada.Do("DELETE", "/pipelines/rentals", nil, "If-Match", made.ETag()).Expect(204)

	dana.Get("/definitions/rented").Expect(200)
	dana.Post("/definitions/rented/check", map[string]any{}).Expect(200)
	deal := marta.Post("/records/deal", map[string]any{"title": "Crane", "pipelineId": "sales"}).Expect(201)
	require.NotEmpty(t, deal.Text("stageId"))
	marta.Post("/records/deal", map[string]any{"title": "Crane", "pipelineId": "rentals"}).Problem(422, "validation")
	ada.Get("/board?pipeline=rentals").Problem(404, "not_found")

	// With a pipeline of this key the rule is in force again.
	again := ada.Post("/pipelines", map[string]any{"name": "Rentals", "key": "rentals"}).Expect(201)
	require.Equal(t, stage, again.Text("stages.0.id"))
	marta.Post("/records/deal", map[string]any{"title": "Crane", "pipelineId": "rentals"}).Expect(201)
	w.Eventually("the run that the entry starts", 0, func() bool { return w.As("oscar").Get("/runs?definition=rented").Expect(200).Len("items") == 1 })
}
