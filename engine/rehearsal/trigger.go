package rehearsal

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
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
		w.failf(i, "", "%s cannot be triggered now: %s", t.Node, waiting)
		return nil
	}
	if o.activity() {
		return w.reply(o, Reply{Target: t.Target, Result: t.Body})
	}
	event := core.Event{Wait: o.wait.ID, Kind: core.TimerFired}
	switch o.wait.Kind {
	case core.MessageWait:
		event.Kind = core.MessageArrived
		if event.Body, err = json.Marshal(core.MessageBody{Name: o.node.ID, Body: t.Body}); err != nil {
			return fmt.Errorf("%w: %w", ErrScenario, err)
		}
	default:
		event.ID = "timer:" + string(o.wait.ID)
	}
	return w.deliver(o.run, event)
}

// throw triggers an error boundary event: an open activity below its host fails
// with the code that the event catches.
func (w *world) throw(t Target) (bool, error) {
	for _, r := range w.runs {
		event, ok := r.graph.Node(string(t.Node))
		if !ok || !event.Errors || event.Host < 0 || r.status != core.Active {
			continue
		}
		all, err := w.waits()
		if err != nil {
			return false, err
		}
		for _, o := range all {
			if o.run != r || !o.activity() {
				continue
			}
			for at := o.node; ; at = &r.graph.Nodes[r.graph.Scopes[at.Scope].Host] {
				if at.Index == event.Host {
					code := event.Code
					if code == "" {
						code = "error"
					}
					return true, w.end(o, Reply{Error: code})
				}
				if r.graph.Scopes[at.Scope].Host < 0 {
					break
				}
			}
		}
	}
	return false, nil
}

// publish gives a message to whoever awaits its name and key.
func (w *world) publish(m Message) error {
	if _, err := w.messages.Publish(w.ctx, message.Publication{Name: m.Name, Key: m.Key, Body: m.Body}); err != nil {
		return err
	}
	return w.follow()
}

// broadcast gives a signal to whoever awaits it at this moment.
func (w *world) broadcast(s Signal) error { return nil }
