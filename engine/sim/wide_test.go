package sim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Wide is the second simulated process: every run sends a message to the next
// one and waits for that of the one before, behind an event gateway without
// time limit; takes signals by a handler and by a catch event; has a boundary
// timer that repeats and one that interrupts; does something for each of three
// items at once; calls another process; and undoes what was done in the end.
const Wide = `{"format":"fluxo/process@1","key":"wide","name":"Wide","parameters":[{"name":"order","type":"string"},{"name":"next","type":"string"}],
	"variables":[{"name":"all","type":"any"},{"name":"from","type":"any"}],
	"nodes":[{"id":"begin","kind":"startEvent"},{"id":"fork","kind":"parallelGateway"},
		{"id":"hello","kind":"throwEvent","effect":{"message":{"name":"hello","key":{"expr":"params.next"},"body":[{"name":"from","value":{"expr":"params.order"}}]}}},
		{"id":"race","kind":"eventGateway"},
		{"id":"greeted","kind":"catchEvent","trigger":{"message":{"name":"hello","key":{"expr":"params.order"},"into":"from"}}},
		{"id":"never","kind":"catchEvent","trigger":{"timer":{"after":"P30D"}}},
		{"id":"met","kind":"exclusiveGateway"},
		{"id":"go","kind":"catchEvent","trigger":{"signal":{"code":"go"}}},
		{"id":"do","kind":"userTask","config":{"assignee":"ann"}},
		{"id":"remind","kind":"boundaryEvent","attachedTo":"do","interrupting":false,"trigger":{"timer":{"every":"PT1M","times":2}}},
		{"id":"reminded","kind":"endEvent"},
		{"id":"late","kind":"boundaryEvent","attachedTo":"do","trigger":{"timer":{"after":"PT10M"}}},
		{"id":"done","kind":"exclusiveGateway"},
		{"id":"each","kind":"robot","robot":"work","each":{"count":3,"parallel":true,"out":"all"}},
		{"id":"call","kind":"callActivity","config":{"process":"small"}},
		{"id":"book","kind":"robot","robot":"work","handler":"unbook"},{"id":"unbook","kind":"robot","robot":"work"},
		{"id":"join","kind":"parallelGateway"},
		{"id":"undo","kind":"throwEvent","effect":{"compensation":""}},{"id":"end","kind":"endEvent"},
		{"id":"heard","kind":"subProcess","event":true,"nodes":[{"id":"hs","kind":"startEvent","interrupting":false,"trigger":{"signal":{"code":"go"}}}],"flows":[]}],
	"flows":[{"id":"f1","from":"begin","to":"fork"},{"id":"f2","from":"fork","to":"hello"},{"id":"f3","from":"hello","to":"race"},{"id":"f4","from":"race","to":"greeted"},
		{"id":"f5","from":"race","to":"never"},{"id":"f6","from":"greeted","to":"met"},{"id":"f7","from":"never","to":"met"},{"id":"f8","from":"met","to":"join"},
		{"id":"f9","from":"fork","to":"go"},{"id":"f10","from":"go","to":"join"},{"id":"f11","from":"fork","to":"do"},{"id":"f12","from":"do","to":"done"},
		{"id":"f13","from":"late","to":"done"},{"id":"f14","from":"done","to":"join"},{"id":"f15","from":"remind","to":"reminded"},
		{"id":"f16","from":"fork","to":"each"},{"id":"f17","from":"each","to":"join"},{"id":"f18","from":"fork","to":"call"},{"id":"f19","from":"call","to":"join"},
		{"id":"f20","from":"fork","to":"book"},{"id":"f21","from":"book","to":"join"},{"id":"f22","from":"join","to":"undo"},{"id":"f23","from":"undo","to":"end"}]}`

// Small is what Wide calls.
const Small = `{"format":"fluxo/process@1","key":"small","name":"Small","nodes":[{"id":"in","kind":"startEvent"},{"id":"work","kind":"robot","robot":"work"},{"id":"out","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"in","to":"work"},{"id":"f2","from":"work","to":"out"}]}`

// request is what starts the i-th simulated run; those of Wide come last.
func (w *World) request(i int) host.StartRequest {
	if i < w.o.Runs {
		id := fmt.Sprintf("r%d", i)
		return host.StartRequest{ID: core.RunID(id), DefinitionKey: "sim", Parameters: core.Values{"order": id}}
	}
	i -= w.o.Runs
	id := fmt.Sprintf("w%d", i)
	return host.StartRequest{ID: core.RunID(id), DefinitionKey: "wide", Parameters: core.Values{"order": id, "next": fmt.Sprintf("w%d", (i+1)%w.o.Wide)}}
}

// broadcast throws a signal, a new one or, when the last time failed, that one
// again, and notes who has it for certain.
func (w *World) broadcast(p *process) error {
	if w.o.Wide == 0 {
		return nil
	}
	if w.signal == "" {
		w.signals++
		w.signal = fmt.Sprintf("g%d", w.signals)
	}
	id := w.signal
	receipt, err := p.messages.Broadcast(w.ctx, message.Signal{ID: id, Name: "go", Body: core.Values{"id": id}})
	if err != nil {
		return err
	}
	if w.signal == id {
		w.signal = ""
	}
	for _, run := range receipt.Runs {
		w.told[string(run)+" "+id] = true
	}
	return nil
}

// checkWide sees that a run of Wide went through everything once, whatever
// happened to the hosts.
func (w *World) checkWide(id core.RunID, records []core.Record) {
	entered, kinds := map[core.NodeID]int{}, map[core.RecordKind]int{}
	signals := map[string]int{}
	passes := 0
	for i := range records {
		r := &records[i]
		kinds[r.Kind]++
		switch r.Kind {
		case core.RecordNodeEntered:
			entered[r.Node]++
		case core.RecordSignalArrived:
			body, _ := r.Body["body"].(map[string]any)
			signals[fmt.Sprint(r.Node, " ", body["id"])]++
		case core.RecordEventIgnored:
			if event, _ := r.Body["event"].(string); strings.HasPrefix(event, "g") {
				signals["hs "+strings.TrimSuffix(event, ":"+string(id))]++ // it came when nothing waited any more
			}
		case core.RecordScopeCompleted:
			if r.Node == "each" {
				passes++
			}
		default:
		}
	}
	for _, node := range []core.NodeID{"begin", "fork", "hello", "greeted", "go", "do", "done", "each", "call", "book", "unbook", "undo", "end"} {
		if entered[node] != 1 {
			w.problem("run %s entered %s %d times", id, node, entered[node])
		}
	}
	if entered["never"] != 0 || entered["remind"] > 2 || entered["late"] > 1 {
		w.problem("run %s entered its timers %d, %d and %d times", id, entered["never"], entered["remind"], entered["late"])
	}
	for _, kind := range []core.RecordKind{core.RecordMessageArrived, core.RecordMessageThrown, core.RecordChildStarted, core.RecordChildCompleted, core.RecordCompensationThrown} {
		if kinds[kind] != 1 {
			w.problem("run %s has %d records %s", id, kinds[kind], kind)
		}
	}
	if passes != 3+1 {
		w.problem("run %s completed %d scopes of its passes and round them", id, passes)
	}
	caught := 0
	for signal, times := range signals {
		if times != 1 {
			w.problem("run %s has taken signal %s %d times", id, signal, times)
		}
		if strings.HasPrefix(signal, "go ") {
			caught++
		}
	}
	if caught != 1 {
		w.problem("run %s caught %d signals", id, caught)
	}
	for told := range w.told {
		if run, signal, _ := strings.Cut(told, " "); run == string(id) && signals["hs "+signal] != 1 {
			w.problem("run %s accepted signal %s and took it %d times", id, signal, signals["hs "+signal])
		}
	}
}

// checkChildren sees that each call led to one run, which has ended.
func (w *World) checkChildren(runs []store.Run) {
	children := map[string]int{}
	for i := range runs {
		if runs[i].DefinitionKey != "small" {
			continue
		}
		parent, _, _ := strings.Cut(strings.TrimPrefix(runs[i].Parent, "wait:"), ":")
		children[parent]++
		if runs[i].Status != core.Completed {
			w.problem("called run %s is %s", runs[i].ID, runs[i].Status)
		}
	}
	for i := range w.o.Wide {
		if parent := fmt.Sprintf("w%d", i); children[parent] != 1 {
			w.problem("run %s has called %d runs", parent, children[parent])
		}
	}
}

// checkClosed sees that nothing of a run is open and that its effects are done.
func (w *World) checkClosed(id core.RunID, entries []store.Outbox, want int) {
	tasks, err1 := w.shared.ListTasks(w.ctx, store.TaskQuery{RunID: id, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed, store.TaskDecided}})
	timers, err2 := w.shared.RunTimers(w.ctx, id)
	subs, err3 := w.shared.RunSubscriptions(w.ctx, id)
	effects, err4 := w.shared.RunEffects(w.ctx, id)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		w.problem("run %s: %w", id, err)
	}
	if len(tasks.Tasks)+len(timers)+len(subs) > 0 {
		w.problem("run %s has ended with %d tasks, %d timers, subscriptions %v; committed were %s", id, len(tasks.Tasks), len(timers), subs, closings(entries))
	}
	if len(effects) != want {
		w.problem("run %s has %d effects", id, len(effects))
	}
	for _, e := range effects {
		if e.Status != store.EffectFinished || w.performed[e.ID] < 1 {
			w.problem("effect %s is %s and was performed %d times", e.ID, e.Status, w.performed[e.ID])
		}
	}
}
