package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/robot"
)

// staff is the directory as the feed asks it.
type staff struct{ *identity.Service }

func (s staff) People(kind, id string) (people []string, known bool) {
	return s.Chosen(kind + ":" + id)
}

func (s staff) Circles(id string) []string {
	d := s.Current()
	u, ok := d.Find(id)
	if !ok {
		return nil
	}
	out := make([]string, 0, len(u.GroupIDs)+2)
	for _, g := range u.GroupIDs {
		out = append(out, feed.ToGroup+":"+g)
	}
	for _, dep := range d.Above(u.DepartmentID) {
		out = append(out, feed.ToDepartment+":"+dep)
	}
	return out
}

// listeners are the bells and screens that hear of posts.
func listeners(bell *feed.Service, people *identity.Service, watchers *live, fallback *time.Location) feed.Listeners {
	return feed.Listeners{
		Notify: func(ctx context.Context, w feed.Word) error {
			return bell.Tell(ctx, notice(people, fallback, w.ID, w.User, w.Key, "post", "/feed?open="+w.Post, w.Actor, w.Title, docstore.Instant{}))
		},
		Show: func(ctx context.Context, event, post string) error {
			return watchers.show(ctx, event, []string{"feed"}, inboxEvent{"post", post})
		},
	}
}

// mentions is the consumer of the stories of records that tells whom a comment mentions.
func mentions(c *crm.Service, bell *feed.Service, people *identity.Service, fallback *time.Location) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		var told struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(d.Event.Body, &told); err != nil {
			return fmt.Errorf("event %d of entry %s: %w", d.Seq, d.DocumentID, err)
		}
		if told.Kind != "comment" {
			return nil
		}
		if known, err := c.HasEntry(ctx, d.DocumentID); err != nil || !known {
			return err
		}
		e, err := c.Entry(ctx, d.DocumentID)
		if err != nil {
			return err
		}
		for _, user := range feed.Mentions(e.Text) {
			if _, active := people.UserName(user); !active || user == e.Actor {
				continue
			}
			id := "mention:" + d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10) + ":" + user
			if err := bell.Tell(ctx, notice(people, fallback, id, user, "commentMention", "mention", robot.LinkOf(e.Record), e.Actor, feed.Headline(e.Text), docstore.Instant{})); err != nil {
				return err
			}
		}
		return nil
	}
}

// poster lets robots write into the feed.
type poster struct{ *feed.Posts }

func (p poster) Post(ctx context.Context, by robot.Change, id string, in robot.Post) (string, error) {
	var to []feed.Recipient
	for _, u := range in.Users {
		to = append(to, feed.Recipient{Kind: feed.ToUser, ID: u})
	}
	for _, g := range in.Groups {
		to = append(to, feed.Recipient{Kind: feed.ToGroup, ID: g})
	}
	var about *feed.About
	if in.RecordID != "" {
		about = &feed.About{Type: in.RecordType, ID: in.RecordID}
	}
	post, err := p.Add(ctx, feed.Author{Run: by.Run, Depth: by.Depth}, id, in.Text, to, about)
	return post.ID, err
}
