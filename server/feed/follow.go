package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// told is the body of the events of posts.
type told struct {
	Post    *Post    `json:"post,omitempty"`
	Comment *Comment `json:"comment,omitempty"`
}

// Word tells one person of a post or a comment; a known ID is the same word.
type Word struct {
	ID, User, Actor string
	// Key is postAdded, postMention or postCommented.
	Key   string
	Title string
	Post  string
}

// Listeners are those who hear of posts.
type Listeners struct {
	Notify func(ctx context.Context, w Word) error
	// Show refreshes what people have on the screen.
	Show func(ctx context.Context, event, post string) error
}

// Follow is the consumer of the events of posts: it keeps the count of comments
// and the order of the feed, tells people, and refreshes screens. It may see an
// event any number of times.
//
// Told are those to whom a post is addressed by name, group or department (not by
// "all"), whoever is mentioned, and of a comment the author and those who
// commented before.
func (p *Posts) Follow(to Listeners) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		var e told
		if err := json.Unmarshal(d.Event.Body, &e); err != nil {
			return fmt.Errorf("event %d of post %s: %w", d.Seq, d.DocumentID, err)
		}
		id := ""
		var err error
		switch d.Event.Kind {
		case EventPosted:
			id = e.Post.ID
			err = p.tell(ctx, to, d, p.addressed(*e.Post), "postAdded", e.Post.Text, id)
		case EventPostDeleted:
			id = e.Post.ID
			err = p.clear(ctx, id)
		case EventCommented:
			if id = e.Comment.Post; id != "" {
				err = p.commented(ctx, to, d, *e.Comment)
			}
		case EventCommentDeleted:
			id = e.Comment.Post
			_, err = p.count(ctx, id, docstore.Instant{})
		}
		if err != nil || id == "" {
			return err
		}
		return to.Show(ctx, d.DocumentID+"#"+strconv.FormatInt(d.Seq, 10), id)
	}
}

func (p *Posts) addressed(post Post) []string {
	var out []string
	for _, r := range post.To {
		switch r.Kind {
		case ToUser:
			out = append(out, r.ID)
		case ToGroup, ToDepartment:
			people, _ := p.staff.People(r.Kind, r.ID)
			out = append(out, people...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *Posts) commented(ctx context.Context, to Listeners, d docstore.Delivery, c Comment) error {
	post, err := p.count(ctx, c.Post, c.At)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil // it was deleted meanwhile
	}
	if err != nil {
		return err
	}
	others := []string{post.AuthorID}
	earlier, _, err := p.Comments(ctx, c.Post, docstore.MaxLimit, "")
	if err != nil {
		return err
	}
	for _, o := range earlier {
		others = append(others, o.AuthorID)
	}
	slices.Sort(others)
	return p.tell(ctx, to, d, slices.Compact(others), "postCommented", c.Text, c.Post)
}

// count sets what the post knows of its comments; the same event leads to the
// same count.
func (p *Posts) count(ctx context.Context, id string, last docstore.Instant) (Post, error) {
	n, err := p.comments.Count(ctx, docstore.Filter{Path: "post", Op: docstore.Eq, Value: id})
	if err != nil {
		return Post{}, fmt.Errorf("count comments of %s: %w", id, err)
	}
	saved, err := p.posts.Update(ctx, id, func(post *storedPost) ([]docstore.Event, error) {
		post.Comments = n
		if last.After(post.LastAt.Time) {
			post.LastAt = last
		}
		return nil, nil
	})
	if errors.Is(err, docstore.ErrNotFound) && last.IsZero() {
		return Post{}, nil
	}
	return saved.Post, err
}

func (p *Posts) tell(ctx context.Context, to Listeners, d docstore.Delivery, people []string, key, text, post string) error {
	called := Mentions(text)
	for i, user := range append(slices.Clone(called), people...) {
		if _, active := p.staff.UserName(user); !active || user == d.Event.Actor || i >= readersMost {
			continue
		}
		word := Word{ID: "post:" + d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10) + ":" + user, User: user, Actor: d.Event.Actor, Key: key, Title: Headline(text), Post: post}
		if i < len(called) {
			word.Key = "postMention"
		}
		if err := to.Notify(ctx, word); err != nil {
			return err
		}
	}
	return nil
}

func (p *Posts) clear(ctx context.Context, post string) error {
	for {
		page, next, err := p.Comments(ctx, post, docstore.MaxLimit, "")
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := p.comments.Delete(ctx, c.ID, c.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) {
				return fmt.Errorf("delete comment %s: %w", c.ID, err)
			}
		}
		if next == "" {
			return nil
		}
	}
}
