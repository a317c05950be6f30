package host

import (
	"context"
	"encoding/json"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// subscribe stores the expectation of a message, a signal or a change of the record.
func (w *work) subscribe(ctx context.Context, c *core.Command) error {
	sub := store.Subscription{ID: string(c.Wait), RunID: w.run.ID, Wait: c.Wait, At: w.at}
	if c.Signal != nil {
		sub.Name = store.SignalName(c.Signal.Name)
		return w.put(store.PutSubscription, sub.ID, sub)
	}
	if c.Record != nil {
		sub.Name, sub.Key = store.RecordName(c.Record.Type), c.Record.ID
		return w.put(store.PutSubscription, sub.ID, sub)
	}
	var err error
	if sub.Name, sub.Key, err = w.host.o.Resolver.Message(ctx, w.opening(c)); err != nil {
		return err
	}
	return w.put(store.PutSubscription, sub.ID, sub)
}

// send hands a message or a signal of the run to whoever carries it, once the
// step is committed.
func (w *work) send(c *core.Command) error {
	s := store.Sending{ID: string(c.Wait), Run: w.run.ID, Actor: w.run.StartedBy, Depth: w.causeDepth(), At: w.at, Message: c.Message, Signal: c.Signal}
	if c.Kind == core.ReturnMessage {
		s.ID, s.Returned = c.Message.ID, c.Wait
	}
	return w.put(store.SendMessage, string(c.Kind)+":"+string(c.Wait)+":"+s.ID, s)
}

// giveBack returns the messages in the inbox of a run that has ended.
func (w *work) giveBack() error {
	for _, e := range w.events {
		var body core.MessageBody
		if e.Kind != core.MessageArrived || store.ReadJSON(e.Body, &body) != nil || body.ID == "" {
			continue
		}
		if err := w.send(&core.Command{Kind: core.ReturnMessage, Wait: e.Wait, Message: &body}); err != nil {
			return err
		}
	}
	return nil
}

// carry sends what a run has thrown.
func (h *Host) carry(ctx context.Context, _ store.Run, entry store.Outbox) error {
	var s store.Sending
	if err := entry.Decode(&s); err != nil {
		return err
	}
	return h.o.Messages.Send(ctx, s)
}

// causeDepth is the length of the causal chain that led to the run.
func (w *work) causeDepth() int {
	var cause core.Cause
	if len(w.run.Cause) == 0 || json.Unmarshal(w.run.Cause, &cause) != nil {
		return 0
	}
	return cause.Depth
}
