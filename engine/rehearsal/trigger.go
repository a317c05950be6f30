package rehearsal

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/message"
)

// trigger lets happen what an element waits for: an open event, an activity, a
// start event, or an error that its host throws.
func (w *world) trigger(i int, t Trigger) error {
	o, names, err := w.find(t.Target, func(open) bool { return true })
	if err != nil {
		return err
	}
	if o.run == nil {
		if thrown, err := w.throw(t.Target); thrown || err != nil {
			return err
		}
		if s, ok := w.startNode(t.Target); ok {
			start := Start{Node: t.Node, Variables: t.Body}
			if w.scenario.Start != nil {
				start.Record, start.By = w.scenario.Start.Record, w.scenario.Start.By
			}
			return w.start(s.key, &start)
		}
		waiting := "nothing waits"
		if len(names) > 0 {
			waiting = "open are " + strings.Join(names, ", ")
		}
		w.fail(i, Failure{Code: NotOpen, Data: map[string]any{"node": t.Node, "open": names}}, "%s cannot be triggered now: %s", t.Node, waiting)
		return nil
	}
	if o.activity() {
		return w.reply(o, Reply{Target: t.Target, Result: t.Body})
	}
	event := core.Event{Wait: o.wait.ID}
	var body any
	switch o.wait.Kind {
	case core.TimerWait, core.TimeoutWait:
		event.ID, event.Kind = "timer:"+string(o.wait.ID), core.TimerFired
	case core.MessageWait:
		event.Kind, body = core.MessageArrived, core.MessageBody{Name: w.name(o), Body: t.Body}
	case core.SignalWait:
		event.Wait, event.Kind, body = "", core.SignalArrived, core.SignalBody{Name: w.name(o), Body: t.Body, At: clock.Now(w.clock)}
	case core.ConditionWait:
		return w.hold(o)
	default:
		w.fail(i, Failure{Code: NotTriggerable, Data: about(t.Node)}, "%s waits for something that cannot be triggered: %s", t.Node, o.wait.Kind)
		return nil
	}
	if body != nil {
		if event.Body, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%w: %w", ErrScenario, err)
		}
	}
	return w.deliver(o.run, event)
}

// name is the name of the message or signal of a wait.
func (w *world) name(o open) string {
	if o.wait.Part < len(o.node.Watches) {
		return o.node.Watches[o.wait.Part].Name
	}
	return o.node.ID
}

// nudge is the variable whose change lets the engine look at conditions again.
const nudge = "_rehearsal"

// hold lets the condition of an event hold for a moment.
func (w *world) hold(o open) error {
	node := core.NodeID(o.node.ID)
	w.choices.fired[node] = true
	err := w.set(o.run, core.Values{nudge: true}, "")
	delete(w.choices.fired, node)
	if err != nil || o.run.status != core.Active {
		return err
	}
	return w.set(o.run, core.Values{nudge: false}, "")
}

// throw triggers an event that catches errors: an open activity inside what it
// watches fails with the code that it catches.
func (w *world) throw(t Target) (bool, error) {
	for _, r := range w.runs {
		event, ok := r.graph.Node(string(t.Node))
		if !ok || !event.Errors || r.status != core.Active {
			continue
		}
		all, err := w.waits()
		if err != nil {
			return false, err
		}
		for _, o := range all {
			if o.run != r || !o.activity() || !watches(r.graph, event, o.node) {
				continue
			}
			code := event.Code
			if code == "" {
				code = "error"
			}
			return true, w.end(o, Reply{Error: code})
		}
	}
	return false, nil
}

// watches tells whether an error of a node reaches an event: from the host of a
// boundary event or from inside it, or from the scope of an event sub-process.
func watches(g *graph.Graph, event, n *graph.Node) bool {
	scope := -1
	if event.Host == graph.None {
		handler := g.Scopes[event.Scope].Host
		if handler == graph.None {
			return false
		}
		scope = g.Nodes[handler].Scope
	}
	for at := n; ; at = &g.Nodes[g.Scopes[at.Scope].Host] {
		if at.Index == event.Host || at.Scope == scope {
			return true
		}
		if g.Scopes[at.Scope].Host == graph.None {
			return false
		}
	}
}

// publish gives a message to whoever awaits its name and key.
func (w *world) publish(m Message) error {
	if _, err := w.messages.Publish(w.ctx, message.Publication{Name: m.Name, Key: m.Key, Body: m.Body}); err != nil {
		return err
	}
	return w.follow()
}

// broadcast gives a signal to whoever awaits it at this moment.
func (w *world) broadcast(s Signal) error {
	if _, err := w.messages.Broadcast(w.ctx, message.Signal{Name: s.Name, Body: s.Body}); err != nil {
		return err
	}
	return w.follow()
}
