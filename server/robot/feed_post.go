package robot

import (
	"context"
	"strings"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/access"
)

// Post is what a robot writes into the feed. No recipients = everybody.
type Post struct {
	RecordType, RecordID string
	Text                 string
	Users, Groups        []string
}

// Feed publishes posts; a known id is the same post. A *problem.Problem is the
// author's or the data's fault.
type Feed interface {
	Post(ctx context.Context, by Change, id string, p Post) (string, error)
}

// feedPost writes into the company's feed.
type feedPost struct {
	feed   Feed
	people func(ctx context.Context) (People, error)
}

// Descriptor implements robot.Performer.
func (*feedPost) Descriptor() robot.Descriptor { return describe("feed.post", robot.Internal) }

// Perform publishes once per step.
//
//
func (p *feedPost) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	message, failure := text(req.Config, "text", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	post := Post{RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Text: message}
	to := req.Config["to"]
	list, isList := to.([]any)
	if !isList && to != nil && to != "" {
		list = []any{to}
	}
	for _, element := range list {
		id, ok := person(element)
		if !ok {
			return robot.Result{}, badConfig("to", "a person or group is expected, this is %s", kindOf(element))
		}
		if _, known := people.User(id); known {
			post.Users = append(post.Users, id)
		} else if strings.HasPrefix(id, access.HoldersOf) {
			holders, failure := recipients(people, id)
			if failure != nil {
				return robot.Result{}, failure
			}
			post.Users = append(post.Users, holders...)
		} else {
			post.Groups = append(post.Groups, id)
		}
	}
	wait, _ := waitOf(req.EffectID)
	id, err := p.feed.Post(ctx, change(req), stableID(wait, "post"), post)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"id": id}}, nil
}

// LinkOf is where a record is shown that is named by type and id: "deal:<id>".
func LinkOf(record string) string {
	kind, id, _ := strings.Cut(record, ":")
	return recordLink(robot.Run{RecordType: kind, RecordID: id})
}
