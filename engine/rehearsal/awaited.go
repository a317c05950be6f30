package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
)

// awaited is the end of a run for which a robot of another run waits.
type awaited struct {
	wait   core.WaitID
	result core.EffectBody
}

// completer hears of such ends while a commit is under way; they are delivered when
// what comes next is looked for.
type completer struct{ w *world }

// Complete implements host.Completer.
func (c completer) Complete(_ context.Context, effect string, result core.EffectBody) error {
	for wait, e := range c.w.effects {
		if e.ID == effect {
			c.w.ended = append(c.w.ended, awaited{wait, result})
		}
	}
	return nil
}

// childEnded delivers the oldest end of an awaited run; a wait that is closed is told nothing.
func (w *world) childEnded(all []open) error {
	one := w.ended[0]
	w.ended = w.ended[1:]
	for _, o := range all {
		if o.wait.ID != one.wait {
			continue
		}
		body, err := json.Marshal(one.result)
		if err != nil {
			return fmt.Errorf("result of %s: %w", o.node.ID, err)
		}
		return w.deliver(o.run, core.Event{Wait: o.wait.ID, Kind: core.EffectCompleted, Body: body})
	}
	return nil
}
