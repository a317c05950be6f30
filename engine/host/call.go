package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// MaxDepth bounds the chain of runs that lead to one another.
const MaxDepth = 25

// call adds the entry that starts the run of a call. The version is decided
// here, once: a repetition of the start after a crash starts the same.
func (w *work) call(ctx context.Context, c *core.Command) error {
	req, err := w.host.o.Resolver.Child(ctx, w.opening(c))
	if err != nil {
		return err
	}
	version, err := w.host.versions.get(ctx, req.DefinitionKey, req.Version)
	if errors.Is(err, store.ErrNotFound) {
		name := req.DefinitionKey
		if req.Version > 0 {
			name = fmt.Sprintf("%s, version %d", name, req.Version)
		}
		return refused("process_missing", "there is no published process "+name, "publish it, or change what names it, then retry")
	}
	if err != nil {
		return err
	}
	var cause core.Cause
	if len(w.run.Cause) > 0 {
		if err := json.Unmarshal(w.run.Cause, &cause); err != nil {
			return fmt.Errorf("%w: cause of run %s: %w", errBroken, w.run.ID, err)
		}
	}
	if cause.Depth+1 > MaxDepth {
		return refused("causal_chain", fmt.Sprintf("%d runs have led to one another; the chain ends here", cause.Depth), "look for processes that call each other without end")
	}
	node, ok := version.Graph.CalledStart()
	if !ok {
		return refused("callee_without_start", "the process "+version.Key+" has no start that a call could take", "give it one start event that people start, publish it and retry")
	}
	req.Node, req.DefinitionKey, req.Version = core.NodeID(node), version.Key, version.Number
	if err := divide(&req, version); err != nil {
		return err
	}
	req.ID, req.Parent = core.ChildID(c.Wait, c.Generation), ParentWait(c.Wait)
	req.Cause = &core.Cause{Kind: "run", ID: string(w.run.ID), Depth: cause.Depth + 1, Chain: append(cause.Chain, LinkOf(w.run))}
	if req.Record == nil && w.run.RecordID != "" {
		req.Record, req.RecordTitle = &core.RecordRef{Type: w.run.RecordType, ID: w.run.RecordID}, w.run.RecordTitle
	}
	if req.StartedBy == "" {
		req.StartedBy = w.run.StartedBy
	}
	return w.put(store.StartChildRun, string(req.ID), req)
}

// LinkOf is a run in the chain of what it leads to.
func LinkOf(r store.Run) core.Link {
	l := core.Link{Kind: "run", ID: string(r.ID), Key: r.DefinitionKey, At: r.StartedAt}
	if r.RecordID != "" {
		l.Record = r.RecordType + ":" + r.RecordID
	}
	return l
}

// Calling reads the config of a call once its values are evaluated, for
// implementations of Resolver.Child. What the call takes back is left out: the
// core evaluates it at the end.
func Calling(config []byte, evaluate func(raw []byte) (map[string]any, error)) (StartRequest, error) {
	const unreadable, again = "the call cannot be read", "correct it and publish the process again"
	var call map[string]json.RawMessage
	if err := json.Unmarshal(config, &call); err != nil {
		return StartRequest{}, refused("bad_config", unreadable, again)
	}
	delete(call, "out")
	raw, err := json.Marshal(call)
	if err != nil {
		return StartRequest{}, refused("bad_config", unreadable, again)
	}
	values, err := evaluate(raw)
	if err != nil {
		return StartRequest{}, err
	}
	req := StartRequest{Parameters: core.Values{}}
	if req.DefinitionKey, _ = values["process"].(string); req.DefinitionKey == "" {
		return req, refused("no_process", "the called process is not named", "choose the process to call, or change what names it, and retry")
	}
	if version := values["version"]; version != nil {
		text, err := json.Marshal(version)
		if err == nil {
			err = json.Unmarshal(text, &req.Version)
		}
		if err != nil || req.Version < 0 {
			return req, refused("bad_version", "the version of the called process is no whole number", "give a number, or nothing for the newest version, and retry")
		}
	}
	rows, _ := values["in"].([]any)
	for _, element := range rows {
		row, _ := element.(map[string]any)
		if name, _ := row["name"].(string); name != "" {
			req.Parameters[name] = row["value"]
		}
	}
	return req, nil
}

// divide gives the values of a call to the parameters and variables that the
// called process declares; nothing else crosses.
func divide(req *StartRequest, version Version) error {
	given := req.Parameters
	req.Parameters, req.Variables = core.Values{}, core.Values{}
	declared := version.Graph.Inputs()
	parameters := declared[:len(version.Graph.Parameters)]
	for name, value := range given {
		switch {
		case slices.Contains(parameters, name):
			req.Parameters[name] = value
		case slices.Contains(declared, name):
			req.Variables[name] = value
		default:
			return refused("unknown_input", "the process "+version.Key+" declares no "+name, "declare it there and publish, or do not give it, then retry")
		}
	}
	return nil
}

func refused(code, message, remedy string) error {
	return &Refusal{FailureBody: core.FailureBody{Code: code, Message: message, Remedy: remedy}}
}

// end is what a parent is told.
func (w *work) end(c *core.Command) core.ChildBody {
	e := core.ChildBody{Run: w.run.ID, Status: c.Status, Variables: w.state.Variables()}
	if c.Failure != nil {
		e.Code, e.Thrown, e.Message, e.Remedy = c.Failure.Code, c.Failure.Thrown, c.Failure.Message, c.Failure.Remedy
	}
	return e
}

func (h *Host) startChild(ctx context.Context, _ store.Run, entry store.Outbox) error {
	var req StartRequest
	if err := store.ReadJSON(entry.Body, &req); err != nil {
		return fmt.Errorf("read child: %w", err)
	}
	_, _, err := h.Start(ctx, req)
	if errors.Is(err, store.ErrNotFound) {
		// The definition has gone since the step; the parent has to know.
		_, wait := split(req.Parent)
		return h.tellParent(ctx, core.WaitID(wait), core.ChildBody{Run: req.ID, Status: core.Failed, Code: "process_missing",
			Message: "the process " + req.DefinitionKey + " has been deleted", Remedy: "publish it and retry, or skip the call"})
	}
	return err
}

// cancelChild cancels a called run. One that is not there yet will be, as long
// as its start has not left the outbox: the order of the two must not be lost.
func (h *Host) cancelChild(ctx context.Context, run store.Run, entry store.Outbox) error {
	_, err := h.Cancel(ctx, core.RunID(entry.ID), "parent:"+string(run.ID), "", entry.Reason)
	if errors.Is(err, store.ErrNotFound) && slices.ContainsFunc(run.Outbox, func(o store.Outbox) bool { return o.Kind == store.StartChildRun && o.ID == entry.ID }) {
		return err
	}
	return settledErr(err)
}

// notifyParent tells a call of the end of the run that it has started, and of
// escalations before that. These must not be overtaken by the end, which closes
// the call: they are told again first, which does no harm.
func (h *Host) notifyParent(ctx context.Context, run store.Run, entry store.Outbox) error {
	var end core.ChildBody
	if err := store.ReadJSON(entry.Body, &end); err != nil {
		return fmt.Errorf("read the end of a child: %w", err)
	}
	switch kind, id := split(entry.ID); kind {
	case "wait":
		if end.Escalation != "" {
			return h.escalate(ctx, core.WaitID(id), end)
		}
		for _, earlier := range run.Outbox {
			var told core.ChildBody
			if earlier.Kind != store.NotifyParentDone || earlier.Seq >= entry.Seq || store.ReadJSON(earlier.Body, &told) != nil || told.Escalation == "" {
				continue
			}
			if err := h.escalate(ctx, core.WaitID(id), told); err != nil {
				return err
			}
		}
		err := h.tellParent(ctx, core.WaitID(id), end)
		if errors.Is(err, store.ErrTooLarge) {
			end = core.ChildBody{Run: end.Run, Status: core.Failed, Code: "result_too_large",
				Message: "what the called process leaves is too large", Remedy: "keep large values in files; then retry to call it anew"}
			err = h.tellParent(ctx, core.WaitID(id), end)
		}
		return err
	case "effect":
		if h.o.Awaiting == nil || end.Escalation != "" {
			return nil
		}
		result := core.EffectBody{Result: core.Values{"run": string(end.Run), "status": string(end.Status)}}
		if end.Code != "" {
			result.Result["code"], result.Result["message"] = end.Code, end.Message
		}
		if end.Variables != nil {
			result.Result["variables"] = end.Variables
		}
		return h.o.Awaiting.Complete(ctx, id, result)
	}
	return nil
}

func (h *Host) escalate(ctx context.Context, wait core.WaitID, told core.ChildBody) error {
	body, err := marshal(core.EscalationBody{Run: told.Run, Code: told.Code})
	if err != nil {
		return err
	}
	_, err = h.Deliver(ctx, waitRun(string(wait)), core.Event{ID: "escalation:" + string(told.Escalation), Kind: core.ChildEscalated, Wait: wait, Body: body})
	return settledErr(err)
}

func (h *Host) tellParent(ctx context.Context, wait core.WaitID, end core.ChildBody) error {
	body, err := marshal(end)
	if err != nil {
		return err
	}
	_, err = h.Deliver(ctx, waitRun(string(wait)), core.Event{ID: "child:" + string(end.Run), Kind: core.ChildCompleted, Wait: wait, Body: body})
	return settledErr(err)
}
