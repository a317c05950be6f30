package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of recipients.
const (
	ToAll        = "all"
	ToUser       = "user"
	ToGroup      = "group"
	ToDepartment = "department"
)

// Recipient is to whom a post goes.
type Recipient struct {
	Kind string `json:"kind" enum:"all,user,group,department"`
	ID   string `json:"id,omitempty" maxLength:"100"`
}

func (r Recipient) key() string {
	if r.Kind == ToAll {
		return ToAll
	}
	return r.Kind + ":" + r.ID
}

// About names the record that a post is about.
type About struct {
	Type string `json:"type" maxLength:"40"`
	ID   string `json:"id" maxLength:"100"`
}

// Post is a message to colleagues that they can comment on.
type Post struct {
	docstore.Entity
	At       docstore.Instant `json:"at"`
	AuthorID string           `json:"authorId,omitempty" doc:"empty when a process wrote it"`
	Run      string           `json:"run,omitempty"`
	Text     string           `json:"text" doc:"@[Name](id) mentions somebody"`
	To       []Recipient      `json:"to"`
	About    *About           `json:"about,omitempty"`
	// LastAt is when it was written or last commented on; it orders the feed.
	LastAt   docstore.Instant `json:"lastAt"`
	Comments int64            `json:"comments"`
}

// Comment is a word on a post.
type Comment struct {
	docstore.Entity
	Post     string           `json:"post"`
	At       docstore.Instant `json:"at"`
	AuthorID string           `json:"authorId"`
	Text     string           `json:"text" doc:"@[Name](id) mentions somebody"`
}

// storedPost is a post with what only the store needs.
type storedPost struct {
	Post
	Keys []string `json:"keys"` // of those who see it
}

// Kinds of the events of posts.
const (
	EventPosted         = "post.added"
	EventPostDeleted    = "post.deleted"
	EventCommented      = "post.commented"
	EventCommentDeleted = "post.commentDeleted"
)

// Limits of posts.
const (
	postMost       = 10_000 // characters
	recipientsMost = 50
	readersMost    = 10_000 // that are told of one post
)

// Staff is the directory as the feed asks it.
type Staff interface {
	UserName(id string) (name string, active bool)
	// People lists the active people of a group or a department with those below;
	// known is false when there is none.
	People(kind, id string) (people []string, known bool)
	// Circles lists what a person belongs to: "group:<id>", "department:<id>".
	Circles(id string) []string
}

// Author says who writes; the zero value is the installation itself.
type Author struct {
	ID    string
	Run   string
	Depth int
}

func (by Author) event(kind string, body any) (docstore.Event, error) {
	event, err := docstore.NewEvent(kind, body)
	event.Actor, event.Depth = by.ID, by.Depth
	if by.Run != "" {
		event.Cause = "run:" + by.Run
	}
	return event, err
}

// Posts is the company's feed. Safe for concurrent use.
type Posts struct {
	posts    docstore.Typed[storedPost]
	comments docstore.Typed[Comment]
	clock    clock.Clock
	staff    Staff
}

// NewPosts opens the collections.
func NewPosts(ctx context.Context, s docstore.Store, c clock.Clock, staff Staff) (*Posts, error) {
	p := &Posts{clock: c, staff: staff}
	var err error
	if p.posts, err = docstore.NewTyped[storedPost](ctx, s, docstore.Spec{Name: "posts", Text: []string{"text"},
		Indexes: []docstore.Index{{Paths: []string{"keys"}, Multi: true}, {Paths: []string{"lastAt"}}}}); err != nil {
		return nil, err
	}
	p.comments, err = docstore.NewTyped[Comment](ctx, s, docstore.Spec{Name: "postComments", Indexes: []docstore.Index{{Paths: []string{"post", "at"}}, {Paths: []string{"at"}}}})
	return p, err
}

// Add publishes a post. A known id, which robots make of their step, is the same
// post.
//
// covers R-04, O-22
func (p *Posts) Add(ctx context.Context, by Author, id, text string, to []Recipient, about *About) (Post, error) {
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	} else if known, err := p.posts.Get(ctx, id); err == nil {
		return known.Post, nil
	} else if !errors.Is(err, docstore.ErrNotFound) {
		return Post{}, err
	}
	found := checkText(nil, text)
	if len(to) == 0 {
		to = []Recipient{{Kind: ToAll}}
	}
	if len(to) > recipientsMost {
		found = append(found, problem.Field{Path: "/to", Code: "too_many", Message: strconv.Itoa(recipientsMost)})
	}
	for i, r := range to {
		known := true
		switch r.Kind {
		case ToAll:
			to[i].ID = ""
		case ToUser:
			_, known = p.staff.UserName(r.ID)
		default:
			_, known = p.staff.People(r.Kind, r.ID)
		}
		if !known {
			found = append(found, problem.Field{Path: fmt.Sprintf("/to/%d", i), Code: "unknown_reference"})
		}
	}
	if err := problem.Fields(found); err != nil {
		return Post{}, err
	}
	now := docstore.At(p.clock.Now())
	post := storedPost{Post: Post{Entity: docstore.Entity{ID: id}, At: now, LastAt: now, AuthorID: by.ID, Run: by.Run, Text: strings.TrimSpace(text), To: to, About: about}}
	for _, r := range to {
		post.Keys = append(post.Keys, r.key())
	}
	for _, who := range append(Mentions(text), by.ID) {
		if who != "" {
			post.Keys = append(post.Keys, ToUser+":"+who)
		}
	}
	slices.Sort(post.Keys)
	post.Keys = slices.Compact(post.Keys)
	event, err := by.event(EventPosted, told{Post: &post.Post})
	if err != nil {
		return Post{}, err
	}
	saved, err := p.posts.Save(ctx, post, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		saved, err = p.posts.Get(ctx, id)
	}
	if err != nil {
		return Post{}, fmt.Errorf("keep post: %w", err)
	}
	return saved.Post, nil
}

func checkText(found []problem.Field, text string) []problem.Field {
	code := ""
	switch {
	case problem.Blank(text):
		code = "required"
	case utf8.RuneCountInString(text) > postMost:
		code = "too_long"
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		code = "control_character"
	}
	if code == "" {
		return found
	}
	return append(found, problem.Field{Path: "/text", Code: code})
}

func (p *Posts) keysOf(user string) []string {
	return append([]string{ToAll, ToUser + ":" + user}, p.staff.Circles(user)...)
}

// List pages the posts that a person sees, the one with the newest word first.
func (p *Posts) List(ctx context.Context, user, text string, limit int, cursor string) ([]Post, string, error) {
	filters := []docstore.Filter{{Path: "keys", Op: docstore.In, Value: p.keysOf(user)}}
	if len(docstore.Words(text)) > 0 {
		filters = append(filters, docstore.Filter{Op: docstore.Text, Value: text})
	}
	found, next, err := p.posts.Find(ctx, docstore.Query{Filters: filters, Sort: "-lastAt", Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list posts: %w", err)
	}
	out := make([]Post, 0, len(found))
	for _, post := range found {
		out = append(out, post.Post)
	}
	return out, next, nil
}

// Get reads a post that a person sees.
func (p *Posts) Get(ctx context.Context, user, id string) (Post, error) {
	post, err := p.posts.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return Post{}, problem.NotFound("post")
	}
	if err != nil {
		return Post{}, err
	}
	mine := p.keysOf(user)
	if !slices.ContainsFunc(post.Keys, func(key string) bool { return slices.Contains(mine, key) }) {
		return Post{}, problem.NotFound("post")
	}
	return post.Post, nil
}

// Delete removes a post with its comments.
func (p *Posts) Delete(ctx context.Context, by Author, post Post, rev int64) error {
	event, err := by.event(EventPostDeleted, told{Post: &post})
	if err != nil {
		return err
	}
	if err := p.posts.Delete(ctx, post.ID, rev, event); errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(post)
	} else if err != nil {
		return fmt.Errorf("delete post %s: %w", post.ID, err)
	}
	return nil
}

// Say adds a comment to a post.
func (p *Posts) Say(ctx context.Context, by Author, post Post, text string) (Comment, error) {
	if err := problem.Fields(checkText(nil, text)); err != nil {
		return Comment{}, err
	}
	c := Comment{Post: post.ID, At: docstore.At(p.clock.Now()), AuthorID: by.ID, Text: strings.TrimSpace(text)}
	c.ID = uuid.Must(uuid.NewV7()).String()
	event, err := by.event(EventCommented, told{Comment: &c})
	if err != nil {
		return c, err
	}
	saved, err := p.comments.Save(ctx, c, event)
	if err != nil {
		return c, fmt.Errorf("keep comment: %w", err)
	}
	return saved, nil
}

// Comments pages the comments of a post, the oldest first.
func (p *Posts) Comments(ctx context.Context, post string, limit int, cursor string) ([]Comment, string, error) {
	all, next, err := p.comments.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "post", Op: docstore.Eq, Value: post}}, Sort: "at", Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("comments of %s: %w", post, err)
	}
	return all, next, nil
}

// Comment reads one.
func (p *Posts) Comment(ctx context.Context, id string) (Comment, error) {
	c, err := p.comments.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		err = problem.NotFound("comment")
	}
	return c, err
}

// Unsay removes a comment.
func (p *Posts) Unsay(ctx context.Context, by Author, c Comment) error {
	event, err := by.event(EventCommentDeleted, told{Comment: &c})
	if err != nil {
		return err
	}
	if err := p.comments.Delete(ctx, c.ID, c.Rev, event); err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return fmt.Errorf("delete comment %s: %w", c.ID, err)
	}
	return nil
}
