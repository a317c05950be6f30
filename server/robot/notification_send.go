package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// notificationSend puts a line under the bell of people.
type notificationSend struct {
	notifier Notifier
	people   func(ctx context.Context) (People, error)
}

// Descriptor implements robot.Performer.
func (*notificationSend) Descriptor() robot.Descriptor {
	return describe("notification.send", robot.Internal)
}

// Perform notifies each person once.
//
//
func (p *notificationSend) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	message, failure := text(req.Config, "text", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	link, failure := text(req.Config, "link", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	if link == "" {
		link = recordLink(req.Run)
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	to, failure := recipients(people, req.Config["to"])
	if failure != nil {
		return robot.Result{}, failure
	}
	for _, user := range to {
		err := p.notifier.Notify(ctx, Notification{ID: stableID(req.EffectID, user), UserID: user, Kind: "process", Text: message, Link: link})
		if err != nil {
			return robot.Result{}, temporary("notification_failed", err, "the notification could not be stored")
		}
	}
	return robot.Result{Values: map[string]any{"count": len(to)}}, nil
}

// recordLink is where the record of a run is shown.
func recordLink(run robot.Run) string {
	switch {
	case run.RecordType != "" && run.RecordType != "contact" && run.RecordType != "company" && run.RecordID != "":
		return "/crm/" + run.RecordType + "s/" + run.RecordID
	case run.ID != "":
		return "/runs/" + run.ID
	}
	return ""
}

// recipients resolves users, groups and lists of them to active users, each once.
func recipients(people People, value any) ([]string, *robot.Failure) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var users []string
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			users = append(users, id)
		}
	}
	for _, element := range list {
		if nested, isList := element.([]any); isList {
			inner, failure := recipients(people, nested)
			if failure != nil && failure.Code != "no_recipient" {
				return nil, failure
			}
			for _, id := range inner {
				add(id)
			}
			continue
		}
		if element == nil || element == "" {
			continue
		}
		id, ok := person(element)
		if !ok {
			return nil, badConfig("to", "a person or group is expected, this is %s", kindOf(element))
		}
		if user, known := people.User(id); known {
			if active, stated := user["active"].(bool); active || !stated {
				add(id)
			}
			continue
		}
		members := people.Members(id)
		if len(members) == 0 {
			return nil, permanent("unknown_person", fixStep, "there is no active person or group %q", id)
		}
		for _, member := range members {
			add(member)
		}
	}
	if len(users) == 0 {
		return nil, permanent("no_recipient", fixStep, "nobody is left to be told: the recipients are empty or not active")
	}
	return users, nil
}
