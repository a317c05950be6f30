package apptest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation"
)

// edge is what the rule of a stage does: it moves the record itself, or writes a field
// to which a trigger listens.
type edge struct {
	to    int // -1 = the stage has no rule
	field string
}

// ruleGraph is a pipeline whose stages lead to one another.
type ruleGraph struct {
	key   string
	edges []edge
}

func (g ruleGraph) stage(i int) string { return fmt.Sprintf("s%d", i) }

// put makes the pipeline and its board.
func (g ruleGraph) put(w *apptest.World) {
	w.T.Helper()
	ada := w.As("ada")
	var stages, board []any
	listens := map[int][]any{}
	for i, e := range g.edges {
		kind := "normal"
		if i >= len(g.edges)-2 {
			kind = []string{"success", "failure"}[i-len(g.edges)+2]
		}
		stages = append(stages, map[string]any{"id": g.stage(i), "name": "Stage " + g.stage(i), "kind": kind, "color": "#4477aa"})
		if e.field != "" {
			listens[e.to] = append(listens[e.to], map[string]any{"id": "on_" + e.field, "type": "fieldsChanged", "allowBack": true,
				"config": map[string]any{"fields": []any{e.field}, "byProcesses": true}})
		}
	}
	ada.Post("/pipelines", map[string]any{"name": "Graph " + g.key, "key": g.key, "stages": stages}).Expect(201)
	for i, e := range g.edges {
		robots := []any{}
		switch {
		case e.to < 0:
		case e.field != "":
			robots = append(robots, robot("write", "record.setFields", rightAway, map[string]any{"fields": []any{
				map[string]any{"field": e.field, "value": map[string]any{"expr": "record." + e.field + " + '.'"}}}}))
		default:
			robots = append(robots, robot("move", "record.setStage", rightAway, map[string]any{"stage": g.stage(e.to)},
				"when", "record.title != ''")) // without a condition a circle is refused when it is saved
		}
		triggers := listens[i]
		if triggers == nil {
			triggers = []any{}
		}
		board = append(board, map[string]any{"stage": g.stage(i), "robots": robots, "triggers": triggers})
	}
	have := ada.Get("/stage-boards/" + g.key).Expect(200)
	ada.Do("PUT", "/stage-boards/"+g.key, map[string]any{"stages": board}, "If-Match", have.ETag()).Expect(200)
}

// expect walks the graph from a stage: the rules that work, in their order, where the
// record ends, and whether the chain is cut there.
func (g ruleGraph) expect(at int) (rules []string, end int, cut bool) {
	for {
		e := g.edges[at]
		switch {
		case e.to < 0:
			return rules, at, false
		case len(rules) >= automation.MaxDepth:
			return rules, at, true
		}
		rules = append(rules, "run:"+g.stage(at))
		if e.field != "" {
			if at == e.to { // a stage is not entered anew
				return rules, at, false
			}
			if len(rules) >= automation.MaxDepth {
				return rules, at, true
			}
			rules = append(rules, "trigger:"+g.stage(e.to))
		} else if e.to == at {
			return rules, at, false
		}
		at = e.to
	}
}

// covers 5.8, U-56: whatever rules lead to one another, they end within the budget; what
// is below it is never cut; and what is told of a chain is what happened.
func TestChainsOfRulesEndWithinTheirBudget(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	random := rand.New(rand.NewPCG(5, 8))
	line := func(key string, n int) ruleGraph {
		g := ruleGraph{key: key}
		for i := range n {
			g.edges = append(g.edges, edge{to: i + 1})
		}
		g.edges = append(g.edges, edge{to: -1}, edge{to: -1})
		return g
	}
	graphs := []ruleGraph{line("full", automation.MaxDepth), line("over", automation.MaxDepth+1)}
	for n := range 8 {
		g := ruleGraph{key: fmt.Sprintf("random%d", n)}
		fields := []string{"title", "comment"}
		for range 7 {
			e := edge{to: random.IntN(8) - 1}
			if e.to >= 0 && len(fields) > 0 && random.IntN(2) == 0 {
				e.field, fields = fields[0], fields[1:]
			}
			g.edges = append(g.edges, e)
		}
		graphs = append(graphs, g)
	}
	cutSeen, wholeSeen := 0, 0
	for _, g := range graphs {
		g.put(w)
		marta := w.As("marta")
		deal := marta.Post("/records/deal", map[string]any{"pipelineId": g.key, "title": "Chain", "stageId": g.stage(0)}).Expect(201).Text("id")
		rules, end, cut := g.expect(0)
		w.Eventually(g.key+" comes to its end", 0, func() bool {
			d := marta.Get("/records/deal/" + deal).Expect(200)
			if d.Text("stageId") != g.stage(end) {
				return false
			}
			runs := w.As("oscar").Get("/runs?limit=100&recordType=deal&recordId=" + deal).Expect(200)
			for i := range runs.Len("items") {
				if runs.Text(fmt.Sprintf("items.%d.status", i)) == "active" {
					return false
				}
			}
			wanted := 0
			for _, r := range rules {
				if r[0] == 'r' {
					wanted++
				}
			}
			return runs.Len("items") == wanted && storyHas(w, deal, "chainTooLong") == cut
		})
		if len(rules) == 0 {
			continue
		}
		if cut {
			cutSeen++
		} else {
			wholeSeen++
		}
		told := chainOf(w, deal, cut)
		require.Equal(t, cut, told.At("cut"), g.key)
		require.EqualValues(t, automation.MaxDepth, told.At("budget"))
		var got []string
		repeats := map[string]bool{}
		for i := range told.Len("links") {
			at := fmt.Sprintf("links.%d.", i)
			switch told.Text(at + "kind") {
			case "run":
				got = append(got, "run:"+told.Text(at + "key")[len("stage-"+g.key+"-"):])
			case "trigger":
				got = append(got, "trigger:"+told.Text(at+"stage"))
			default:
				continue
			}
			repeats[told.Text(at+"rule")] = told.At(at+"repeats") == true
		}
		require.Equal(t, rules, got, "%s: the picture is the chain", g.key)
		require.EqualValues(t, len(got), told.At("used"))
		require.Equal(t, "user", told.Text("links.0.kind"))
		require.Equal(t, "Marta Nowak", told.Text("links.0.name"))
		if cut && g.key != "over" {
			require.True(t, slices.Contains(slices.Collect(maps.Values(repeats)), true), "%s: the loop is marked", g.key)
		}
	}
	require.GreaterOrEqual(t, cutSeen, 3, "of chains that are cut there were some")
	require.GreaterOrEqual(t, wholeSeen, 3, "and of others")
}

func tellingOf(w *apptest.World, deal string) *apptest.Answer {
	w.T.Helper()
	return w.As("marta").Get("/records/deal/" + deal + "/timeline?limit=200").Expect(200)
}

func storyHas(w *apptest.World, deal, event string) bool {
	list := tellingOf(w, deal)
	for i := range list.Len("items") {
		if list.Text(fmt.Sprintf("items.%d.data.event", i)) == event {
			return true
		}
	}
	return false
}

// chainOf reads the chain of the entry that was cut, or else the longest of the story.
func chainOf(w *apptest.World, deal string, cut bool) *apptest.Answer {
	w.T.Helper()
	list := tellingOf(w, deal)
	var longest *apptest.Answer
	for i := range list.Len("items") {
		at := fmt.Sprintf("items.%d.", i)
		if cut && list.Text(at+"data.event") != "chainTooLong" {
			continue
		}
		one := w.As("marta").Get("/records/deal/" + deal + "/timeline/" + list.Text(at+"id") + "/chain").Expect(200)
		if longest == nil || one.Len("links") > longest.Len("links") {
			longest = one
		}
	}
	return longest
}

// The chain names nothing that its reader may not see, and is told of entries of the
// record only.
func TestChainShowsWhatItsReaderMaySee(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	deal, other := aDeal(w, "Pumps"), aDeal(w, "Valves")
	moveTo(w, deal, "qualified")
	w.Eventually("the story tells it", 0, func() bool { return tellingOf(w, deal).Len("items") == 2 })
	entry := tellingOf(w, deal).Text("items.0.id")
	led := w.As("marta").Get("/records/deal/" + deal + "/timeline/" + entry + "/chain").Expect(200)
	require.Equal(t, []any{1, "user", 0.0, false}, []any{led.Len("links"), led.Text("links.0.kind"), led.At("used"), led.At("cut")})
	w.As("marta").Get("/records/deal/"+other+"/timeline/"+entry+"/chain").Problem(404, "not_found")
	w.As("marta").Get("/records/deal/"+deal+"/timeline/nothing/chain").Problem(404, "not_found")
}

// covers 5.8: "why" names the process and the step of it that did it, at every place of
// the chain.
func TestWhyNamesTheStep(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{
		"qualified": {robot("say", "comment.add", rightAway, comment("x")), robot("on", "record.setStage", after(1, "hour"), map[string]any{"stage": "contract"}, "name", "Send it on")},
		"contract":  {robot("write", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "sent"}}}, "name", "Write it down")},
	}).Expect(200)
	deal := aDeal(w, "Pumps")
	moveTo(w, deal, "qualified")
	becomes(w, deal, "say", "done")
	later(w, time.Hour+time.Second)
	steps := func(kind string) (steps []string) {
		list := tellingOf(w, deal)
		for i := range list.Len("items") {
			at := fmt.Sprintf("items.%d.", i)
			if list.Text(at+"kind") != kind || list.Text(at+"run") == "" {
				continue
			}
			told := w.As("marta").Get("/records/deal/" + deal + "/timeline/" + list.Text(at+"id") + "/chain").Expect(200)
			for j := range told.Len("links") {
				if told.Text(fmt.Sprintf("links.%d.kind", j)) == "run" {
					steps = append(steps, told.Text(fmt.Sprintf("links.%d.step", j)))
				}
			}
			return steps
		}
		return nil
	}
	w.Eventually("both are told", 0, func() bool { return steps("fieldChanged") != nil })
	require.Equal(t, []string{"Send it on"}, steps("stageChanged"))
	require.Equal(t, []string{"Send it on", "Write it down"}, steps("fieldChanged"))
}
