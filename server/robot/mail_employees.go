package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// mailEmployees writes to the responsible person of the record and to whom else
// the step names, one message each.
type mailEmployees struct {
	mailSend
	activities Activities
}

// Descriptor implements robot.Performer.
func (*mailEmployees) Descriptor() robot.Descriptor { return describe("mail.employees", robot.Unkeyed) }

// Perform sends what has not been sent yet: the record's story tells who has the
// message, so an attempt after a failure goes on behind the last success.
//
//
func (p *mailEmployees) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	users, err := p.users(ctx, people, req)
	if err != nil {
		return robot.Result{}, err
	}
	for _, user := range users { // before anything is sent
		if _, failure := address(people, "to", user); failure != nil {
			return robot.Result{}, failure
		}
	}
	sent := make([]any, 0, len(users))
	for _, user := range users {
		to := req
		to.Config = map[string]any{"to": user}
		for _, name := range []string{"subject", "body", "attach", "replyTo"} {
			to.Config[name] = req.Config[name]
		}
		wait, _ := waitOf(req.EffectID)
		message, failure := p.message(ctx, to)
		if failure != nil {
			return robot.Result{}, failure
		}
		message.MessageID = digest(wait+"\x00"+user) + "@" + p.domain
		id := stableID(message.MessageID, "mail")
		known, err := p.timeline.Known(ctx, id)
		if err != nil {
			return robot.Result{}, temporary("record_unavailable", err, "the story of the record could not be read")
		}
		if !known {
			result, err := p.sender.Send(ctx, message)
			if err != nil {
				return robot.Result{}, mailFailure(err, message.To)
			}
			entry := Entry{ID: id, Kind: "mail", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID, Text: message.Subject,
				Data: map[string]any{"to": message.To, "messageId": message.MessageID, "provider": result.Provider}}
			if err := p.timeline.Add(ctx, entry); err != nil {
				p.log.WarnContext(ctx, "mail sent but not on the timeline", "runId", req.Run.ID, "effectId", req.EffectID, "error", err)
			}
		}
		sent = append(sent, message.To)
	}
	return robot.Result{Values: map[string]any{"to": sent, "count": len(sent)}}, nil
}

// users are the responsible person, unless the step says otherwise, and the others.
func (p *mailEmployees) users(ctx context.Context, people People, req robot.Request) ([]string, error) {
	var wanted []any
	if only, said := req.Config["responsible"].(bool); !said || only {
		id, err := p.activities.Responsible(ctx, req.Run.RecordType, req.Run.RecordID)
		if err != nil {
			return nil, recordFailure(err)
		}
		wanted = append(wanted, id)
	}
	wanted = append(wanted, req.Config["to"])
	users, failure := recipients(people, wanted)
	if failure != nil {
		return nil, failure
	}
	return users, nil
}
