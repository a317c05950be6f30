package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/feed"
)

// controlWatch tells the head that a record has not moved. When it does so, is
// the timing of the step; that the record still stands there, is its guard.
type controlWatch struct {
	notifier     Notifier
	activities   Activities
	environments Environments
	people       func(ctx context.Context) (People, error)
}

// Descriptor implements robot.Performer.
func (*controlWatch) Descriptor() robot.Descriptor { return describe("control.watch", robot.Internal) }

// Perform notifies the head of the responsible person, or whom the step names. It
// comes from the product: a sender cannot be chosen.
//
// covers R-12, B-65
func (p *controlWatch) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	message, failure := text(req.Config, "text", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	responsible, err := p.activities.Responsible(ctx, req.Run.RecordType, req.Run.RecordID)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	to := req.Config["to"]
	if list, isList := to.([]any); to == nil || to == "" || isList && len(list) == 0 {
		head, known := people.Head(responsible)
		if !known {
			return robot.Result{}, permanent("no_recipient", "appoint a head of the department, or name a recipient in the step, then retry", "the responsible person of the record has no head")
		}
		to = head
	}
	users, failure := recipients(people, to)
	if failure != nil {
		return robot.Result{}, failure
	}
	record := map[string]any{}
	if message == "" {
		env, err := p.environments.Environment(ctx, req.Run, req.Scope, req.Now)
		if err != nil {
			return robot.Result{}, recordFailure(err)
		}
		record, _ = env.Roots["record"].(map[string]any)
	}
	word := func(of map[string]any, name string) string { s, _ := of[name].(string); return s }
	agent, _ := people.User(responsible)
	for _, user := range users {
		said := message
		if said == "" {
			reader, _ := people.User(user)
			said = feed.Sentence(word(reader, "language"), "recordStands",
				map[string]string{"title": word(record, "title"), "stage": word(record, "stageName"), "actor": word(agent, "name")})
		}
		if err := p.notifier.Notify(ctx, Notification{ID: stableID(req.EffectID, user), UserID: user, Kind: "process", Text: said, Link: recordLink(req.Run)}); err != nil {
			return robot.Result{}, temporary("notification_failed", err, "the notification could not be stored")
		}
	}
	told := make([]any, 0, len(users))
	for _, user := range users {
		told = append(told, user)
	}
	return robot.Result{Values: map[string]any{"to": told}}, nil
}
