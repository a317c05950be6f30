package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/stream"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
	"github.com/fluxo-app/fluxo/server/wsapi"
)

func (a *API) liveRoutes() {
	a.raw(http.MethodGet, "/live", rawSpec{id: "live", summary: "Live topics over one websocket", tag: "live", need: member, status: "101"},
		func(c *gin.Context) error {
			a.Live.Serve(c.Writer, c.Request, callerOf(c.Request.Context()).ID)
			return nil
		})
}

// Topics answers what a caller may watch.
func (a *API) Topics() wsapi.Topics { return topics{a} }

type topics struct{ a *API }

// Alive tells whether the caller's session or token still stands.
func (t topics) Alive(ctx context.Context) bool {
	_, err := t.caller(ctx)
	return err == nil
}

// Pause implements wsapi.Topics: a subscription costs what a request does.
func (t topics) Pause(ctx context.Context) time.Duration {
	wait, _ := t.a.limit.allow("user " + callerOf(ctx).ID)
	return wait
}

// caller asks again who holds the session or token that opened the connection,
// and what it may do now: a token may do less than its owner.
func (t topics) caller(ctx context.Context) (identity.Caller, error) {
	c := callerOf(ctx)
	if c.token != "" {
		return t.a.Identity.AuthenticateToken(ctx, c.token)
	}
	return t.a.Identity.Authenticate(ctx, c.key)
}

// denied is what a subscriber is told of a refusal, other errors stay what they are.
func denied(ctx context.Context, err error) error {
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Status() < 500 {
		return &wsapi.Denied{Code: refused.Code, Detail: refused.Text(requestOf(ctx).language)}
	}
	return err
}

// Topic resolves a topic for a caller; the permission is that of now.
func (t topics) Topic(ctx context.Context, user, name string) (wsapi.Topic, error) {
	who, err := t.caller(ctx)
	if err != nil {
		return wsapi.Topic{}, denied(ctx, err)
	}
	actor := who.Actor
	kind, id, _ := strings.Cut(name, ":")
	may := func(action access.Action) error {
		if d := access.Decide(actor, action, access.Any); !d.Allowed {
			return &wsapi.Denied{Code: "forbidden", Detail: d.Why(requestOf(ctx).language)}
		}
		return nil
	}
	hubNumbers := stream.Position{Seq: -1}
	switch {
	case name == "inbox":
		return wsapi.Topic{Name: "inbox:" + user, Snapshot: func(ctx context.Context) (any, stream.Position, error) {
			tasks, err := t.a.Worklist.Count(ctx, user)
			if err != nil {
				return nil, hubNumbers, err
			}
			unread, err := t.a.Feed.Unread(ctx, user)
			return map[string]any{"tasks": tasks, "unread": unread}, hubNumbers, err
		}}, nil
	case kind == "run" && id != "":
		if err := t.mayRun(access.With(ctx, actor), id, user); err != nil {
			return wsapi.Topic{}, err
		}
		return wsapi.Topic{Name: name, Snapshot: func(ctx context.Context) (any, stream.Position, error) {
			p, err := t.a.Runs.Picture(ctx, id)
			return p, stream.Position{Epoch: run.Epoch, Seq: p.Seq}, err
		}}, nil
	case kind == "runPage" && id != "":
		id, language := shownRun(name)
		if id == "" {
			break
		}
		if err := t.mayRun(access.With(ctx, actor), id, user); err != nil {
			return wsapi.Topic{}, err
		}
		return wsapi.Topic{Name: name, Snapshot: func(ctx context.Context) (any, stream.Position, error) {
			v, err := t.a.Runs.Live(ctx, id)
			return v.In(language).Whole(), hubNumbers, err
		}}, nil
	case kind == "definition" && id != "":
		if actor.Reach(access.RunsView) < access.All {
			return wsapi.Topic{}, &wsapi.Denied{Code: "forbidden", Detail: access.Decide(actor, access.RunsView, access.Object{Type: "runs"}).Why(requestOf(ctx).language)}
		}
		return wsapi.Topic{Name: name, Snapshot: func(ctx context.Context) (any, stream.Position, error) {
			c, err := t.a.Runs.Counts(ctx, id, 0)
			return c, hubNumbers, err
		}}, nil
	case kind == "draft" && id != "":
		if err := may(access.DefinitionsEdit); err != nil {
			return wsapi.Topic{}, err
		}
		return wsapi.Topic{Name: name, As: actor.Name, Snapshot: func(ctx context.Context) (any, stream.Position, error) {
			d, err := t.a.Definitions.Drafted(ctx, id)
			return d, hubNumbers, err
		}}, nil
	case name == "feed":
		return wsapi.Topic{Name: name, Snapshot: func(context.Context) (any, stream.Position, error) {
			return map[string]any{}, hubNumbers, nil // posts are read over REST, by those who may
		}}, nil
	case kind == "record" && id != "":
		recordType, of, _ := strings.Cut(id, ":")
		if err := t.a.maySee(access.With(ctx, actor), recordType, of); err != nil {
			return wsapi.Topic{}, denied(ctx, err)
		}
		return wsapi.Topic{Name: name, Snapshot: func(context.Context) (any, stream.Position, error) {
			return map[string]any{}, hubNumbers, nil // what happened to it is read over REST
		}}, nil
	case kind == "board" && id != "":
		if err := may(access.CRMView); err != nil {
			return wsapi.Topic{}, err
		}
		pipeline, err := t.a.CRM.Pipeline(ctx, id)
		if err != nil {
			return wsapi.Topic{}, &wsapi.Denied{Code: "not_found", Detail: "there is no such pipeline"}
		}
		if rest, places := actor.Places(access.CRMView, pipeline.Type); rest < access.All || len(places) > 0 || !seesClients(access.With(ctx, actor)) {
			name = "boardHints:" + id
		}
		return wsapi.Topic{Name: name, Snapshot: func(context.Context) (any, stream.Position, error) {
			return map[string]any{}, hubNumbers, nil // the board itself is read over REST
		}}, nil
	}
	return wsapi.Topic{}, &wsapi.Denied{Code: "not_found", Detail: "there is no such topic"}
}

// mayRun refuses a topic of a run that the caller may not see.
func (t topics) mayRun(ctx context.Context, id, user string) error {
	err := t.a.mayRun(ctx, id, user)
	if err == nil {
		return nil
	}
	p := asProblem(err)
	if p.Status() >= 500 {
		return err
	}
	return &wsapi.Denied{Code: p.Code, Detail: p.Text(requestOf(ctx).language)}
}

// RunPage is the topic of the pages that show a run in a language.
type RunPage struct{ Topic, Language string }

// RunPages are the topics of the pages that show a run.
func RunPages(run string) []RunPage {
	all := make([]RunPage, len(languages))
	for i, language := range languages {
		all[i] = RunPage{"runPage:" + run + ":" + language, language}
	}
	return all
}

// shownRun is the run of such a topic and the language, "" of any other.
func shownRun(topic string) (id, language string) {
	rest, _ := strings.CutPrefix(topic, "runPage:")
	i := strings.LastIndexByte(rest, ':')
	if i < 0 || !slices.Contains(languages, rest[i+1:]) {
		return "", ""
	}
	return rest[:i], rest[i+1:]
}

// mayRun lets people see all runs, or those they started or have tasks of.
func (a *API) mayRun(ctx context.Context, id, user string) error {
	actor := access.From(ctx)
	if actor.Reach(access.RunsView) == access.All {
		return nil
	}
	all, err := a.Runs.Summaries(ctx, []string{id})
	if err != nil {
		return err
	}
	object := access.Object{Type: "runs", ID: id, Owner: all[0].StartedBy}
	concerned, err := a.Worklist.ConcernedByRun(ctx, user, id)
	if err != nil {
		return err
	}
	if concerned {
		object.Participants = []string{user}
	}
	return a.decide(ctx, access.RunsView, object)
}

func (a *API) hookRoutes() {
	type started struct {
		Run string `json:"run"`
	}
	a.raw(http.MethodPost, "/hooks/:definitionKey/:token", rawSpec{id: "callHook", summary: "Start a run from outside; the address is the right to do so", tag: "hooks", need: anyone, status: "202", produces: started{}},
		func(c *gin.Context) error {
			text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
			if err != nil {
				return err
			}
			var payload any
			if len(text) > 0 {
				if p := inspect(text); p != nil {
					return p
				}
				d := json.NewDecoder(strings.NewReader(string(text)))
				d.UseNumber()
				if err := d.Decode(&payload); err != nil {
					return problem.New("bad_request").Because(err)
				}
			}
			delivery, err := deliveryOf(c)
			if err != nil {
				return err
			}
			id, err := a.Automation.Hook(c.Request.Context(), c.Param("definitionKey"), c.Param("token"), delivery, payload)
			if err != nil {
				return reusedBy(c, err)
			}
			respond(c, http.StatusAccepted, started{id})
			return nil
		})
}
