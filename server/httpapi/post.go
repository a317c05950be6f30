package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/problem"
)

// shownPost is a post with the names that its reader sees.
type shownPost struct {
	feed.Post
	AuthorName string            `json:"authorName,omitempty"`
	Names      map[string]string `json:"names" doc:"of recipients by kind:id, and the title of the record as record"`
	Files      []FileInfo        `json:"files"`
	CanDelete  bool              `json:"canDelete"`
}

type shownComment struct {
	feed.Comment
	AuthorName string     `json:"authorName"`
	Files      []FileInfo `json:"files"`
	CanDelete  bool       `json:"canDelete"`
}

func (a *API) postRoutes() {
	const tag = "feed"
	route(a, spec{method: http.MethodGet, path: "/posts", id: "listPosts", summary: "The company's feed as the caller sees it, the newest word first", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Paging
			Q string `query:"q" maxLength:"200"`
		}) (*list[shownPost], error) {
			all, next, err := a.Posts.List(ctx, callerOf(ctx).ID, in.Q, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			shown, err := a.showPosts(ctx, all...)
			return page(shown, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/posts", id: "addPost", summary: "Write into the feed; @[Name](id) mentions somebody", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				Text string           `json:"text" minLength:"1" maxLength:"10000"`
				To   []feed.Recipient `json:"to,omitempty" maxItems:"50" doc:"left out: everybody"`
			}
		}) (*tagged[shownPost], error) {
			p, err := a.Posts.Add(ctx, feed.Author{ID: callerOf(ctx).ID}, "", in.Body.Text, in.Body.To, nil)
			return a.post(ctx, p, err)
		})
	route(a, spec{method: http.MethodGet, path: "/posts/{id}", id: "readPost", summary: "One post", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[shownPost], error) {
			p, err := a.Posts.Get(ctx, callerOf(ctx).ID, in.ID)
			return a.post(ctx, p, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/posts/{id}", id: "deletePost", summary: "Delete a post of one's own with its comments", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			p, err := a.Posts.Get(ctx, callerOf(ctx).ID, in.ID)
			if err != nil {
				return nil, err
			}
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if err := a.mayUnsay(ctx, p.AuthorID); err != nil {
				return nil, err
			}
			return nil, a.Posts.Delete(ctx, feed.Author{ID: callerOf(ctx).ID}, p, rev)
		})
	route(a, spec{method: http.MethodGet, path: "/posts/{id}/comments", id: "listPostComments", summary: "Comments on a post, the oldest first", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			ByID
			Paging
		}) (*list[shownComment], error) {
			if _, err := a.Posts.Get(ctx, callerOf(ctx).ID, in.ID); err != nil {
				return nil, err
			}
			all, next, err := a.Posts.Comments(ctx, in.ID, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			shown, err := a.showComments(ctx, all...)
			return page(shown, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/posts/{id}/comments", id: "commentPost", summary: "Comment on a post", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"10000"`
			}
		}) (*reply[shownComment], error) {
			p, err := a.Posts.Get(ctx, callerOf(ctx).ID, in.ID)
			if err != nil {
				return nil, err
			}
			c, err := a.Posts.Say(ctx, feed.Author{ID: callerOf(ctx).ID}, p, in.Body.Text)
			if err != nil {
				return nil, err
			}
			shown, err := a.showComments(ctx, c)
			if err != nil {
				return nil, err
			}
			return body(shown[0]), nil
		})
	route(a, spec{method: http.MethodDelete, path: "/posts/{id}/comments/{comment}", id: "deletePostComment", summary: "Delete a comment of one's own", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Comment string `path:"comment" maxLength:"100"`
		}) (*none, error) {
			if _, err := a.Posts.Get(ctx, callerOf(ctx).ID, in.ID); err != nil {
				return nil, err
			}
			c, err := a.Posts.Comment(ctx, in.Comment)
			if err == nil && c.Post != in.ID {
				err = problem.NotFound("comment")
			}
			if err != nil {
				return nil, err
			}
			if err := a.mayUnsay(ctx, c.AuthorID); err != nil {
				return nil, err
			}
			return nil, a.Posts.Unsay(ctx, feed.Author{ID: callerOf(ctx).ID}, c)
		})
}

// mayUnsay lets people take back their own words, and administrators those of others.
func (a *API) mayUnsay(ctx context.Context, author string) error {
	if author != "" && author == callerOf(ctx).ID {
		return nil
	}
	return a.decide(ctx, access.SettingsManage, access.Any)
}

// mayPost lets people see the files of posts that they see, and add some to their own.
func (a *API) mayPost(ctx context.Context, kind, id string, change bool) error {
	author := ""
	if kind == "postComment" {
		c, err := a.Posts.Comment(ctx, id)
		if err != nil {
			return err
		}
		author, id = c.AuthorID, c.Post
	}
	p, err := a.Posts.Get(ctx, callerOf(ctx).ID, id)
	if err != nil || !change {
		return err
	}
	if kind == "post" {
		author = p.AuthorID
	}
	return a.mayUnsay(ctx, author)
}

func (a *API) post(ctx context.Context, p feed.Post, err error) (*tagged[shownPost], error) {
	if err != nil {
		return nil, err
	}
	shown, err := a.showPosts(ctx, p)
	if err != nil {
		return nil, err
	}
	return withTag(p.Rev, shown[0]), nil
}

func (a *API) showPosts(ctx context.Context, all ...feed.Post) ([]shownPost, error) {
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, g := range directory.Groups() {
		names["group:"+g.ID] = g.Name
	}
	for _, d := range directory.Departments() {
		names["department:"+d.ID] = d.Name
	}
	out := make([]shownPost, 0, len(all))
	for _, p := range all {
		s := shownPost{Post: p, Names: map[string]string{}, CanDelete: a.mayUnsay(ctx, p.AuthorID) == nil}
		s.AuthorName, _ = directory.UserName(p.AuthorID)
		for _, r := range p.To {
			key := r.Kind + ":" + r.ID
			name, known := names[key]
			if r.Kind == feed.ToUser {
				name, _ = directory.UserName(r.ID)
				known = name != ""
			}
			if known {
				s.Names[key] = name
			}
		}
		if p.About != nil && a.maySee(ctx, p.About.Type, p.About.ID) == nil {
			if id, title, err := a.CRM.Standing(ctx, p.About.Type, p.About.ID); err == nil { // one that is gone has no title
				s.Names["record"], s.About = title, &feed.About{Type: p.About.Type, ID: id}
			}
		}
		if s.Files, err = a.filesOf(ctx, "post:"+p.ID); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (a *API) showComments(ctx context.Context, all ...feed.Comment) ([]shownComment, error) {
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]shownComment, 0, len(all))
	for _, c := range all {
		s := shownComment{Comment: c, CanDelete: a.mayUnsay(ctx, c.AuthorID) == nil}
		s.AuthorName, _ = directory.UserName(c.AuthorID)
		if s.Files, err = a.filesOf(ctx, "postComment:"+c.ID); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
