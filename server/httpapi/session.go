package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
)

const sessionCookie = identity.CookieName

// Caller is who sent the request.
type Caller struct {
	ID string
	identity.Caller
	key   string // of the session
	token string // the API token, when there is no session
}

var nobody = &Caller{}

// callerOf is who sent the request, an empty caller when nobody is signed in.
func callerOf(ctx context.Context) *Caller {
	if c := requestOf(ctx).caller; c != nil {
		return c
	}
	return nobody
}

// authenticate finds out who asks. A wrong or expired key is not an error here:
// operations that need somebody refuse nobody.
func (a *API) authenticate(c *gin.Context) {
	ctx := c.Request.Context()
	if path := c.Request.URL.Path; !strings.HasPrefix(path, "/api/") && path != "/metrics" {
		c.Next()
		return
	}
	var found identity.Caller
	var key, token string
	var err error
	if header := c.GetHeader("Authorization"); header != "" {
		bearer, ok := strings.CutPrefix(header, "Bearer ")
		if !ok {
			fail(c, problem.New("unauthenticated"))
			return
		}
		token = strings.TrimSpace(bearer)
		if found, err = a.Identity.AuthenticateToken(ctx, token); err != nil {
			fail(c, err)
			return
		}
	} else if cookie, none := c.Request.Cookie(sessionCookie); none == nil && cookie.Value != "" {
		key = cookie.Value
		if found, err = a.Identity.Authenticate(ctx, key); err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) || p.Status() >= 500 {
				fail(c, err)
				return
			}
			key = ""
		}
	}
	if found.User.ID != "" {
		info := requestOf(ctx)
		info.caller = &Caller{ID: found.User.ID, Caller: found, key: key, token: token}
		// A page asks in the language that it is shown in, whatever the profile says: half a page in another would be worse.
		if !info.asked && slices.Contains(languages, found.User.Language) {
			info.language = found.User.Language
		}
		c.Request = c.Request.WithContext(access.With(ctx, found.Actor))
	}
	c.Next()
}

type sessionView struct {
	User        identity.User `json:"user"`
	Permissions []string      `json:"permissions"`
	Demo        bool          `json:"demo"`
	SetupNeeded bool          `json:"setupNeeded"`
}

type demoUser struct {
	Login string `json:"login"`
	Name  string `json:"name"`
	Title string `json:"title"`
	Role  string `json:"role"`
}

type sessionOptions struct {
	Demo        bool       `json:"demo"`
	SetupNeeded bool       `json:"setupNeeded"`
	DemoUsers   []demoUser `json:"demoUsers"`
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      sessionView
}

func (a *API) view(c identity.Caller) sessionView {
	return sessionView{User: c.User, Permissions: access.Permissions(c.Actor), Demo: a.Demo}
}

func (a *API) options(ctx context.Context) (sessionOptions, error) {
	out := sessionOptions{Demo: a.Demo, DemoUsers: []demoUser{}}
	var err error
	if out.SetupNeeded, err = a.Identity.SetupNeeded(ctx); err != nil || !a.Demo {
		return out, err
	}
	users, err := a.Identity.DemoUsers(ctx)
	for _, u := range users {
		role := access.Member
		if len(u.Roles) > 0 {
			role = u.Roles[0]
		}
		out.DemoUsers = append(out.DemoUsers, demoUser{Login: u.Login, Name: u.Name, Title: u.Title, Role: role})
	}
	return out, err
}

// Agent is what the browser says it is, for the list of sessions.
type Agent struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
}

func (a *API) signIn(ctx context.Context, in identity.SignIn, userAgent string) identity.SignIn {
	in.Address, in.Agent = addressOf(ctx), userAgent
	if len(in.Agent) > 300 {
		in.Agent = in.Agent[:300]
	}
	in.Previous = callerOf(ctx).key
	return in
}

func (a *API) sessionRoutes() {
	const tag = "session"
	route(a, spec{method: http.MethodGet, path: "/session", id: "readSession", summary: "Who is signed in", tag: tag, need: anyone},
		func(ctx context.Context, _ *struct{}) (*reply[sessionView], error) {
			c := callerOf(ctx)
			if c.ID == "" {
				o, err := a.options(ctx)
				if err != nil {
					return nil, err
				}
				return nil, problem.New("unauthenticated").With("demo", o.Demo).With("setupNeeded", o.SetupNeeded).With("demoUsers", o.DemoUsers)
			}
			return body(a.view(c.Caller)), nil
		})
	route(a, spec{method: http.MethodGet, path: "/session/options", id: "readSessionOptions", summary: "How one can sign in", tag: tag, need: anyone},
		func(ctx context.Context, _ *struct{}) (*reply[sessionOptions], error) {
			o, err := a.options(ctx)
			return body(o), err
		})
	route(a, spec{method: http.MethodPost, path: "/session", id: "signIn", summary: "Sign in with a password", tag: tag, need: anyone, status: 201, fresh: true},
		func(ctx context.Context, in *struct {
			Agent
			Body struct {
				Login    string `json:"login" minLength:"1" maxLength:"200"`
				Password string `json:"password" minLength:"1" maxLength:"1000"`
			}
		}) (*signedIn, error) {
			key, c, err := a.Identity.SignIn(ctx, a.signIn(ctx, identity.SignIn{Login: in.Body.Login, Password: in.Body.Password}, in.UserAgent))
			if err != nil {
				return nil, err
			}
			return &signedIn{SetCookie: *a.Identity.Cookie(key, a.Secure), Body: a.view(c)}, nil
		})
	route(a, spec{method: http.MethodPost, path: "/session/demo", id: "signInDemo", summary: "Sign in as a person of the demo company", tag: tag, need: anyone, status: 201, fresh: true},
		func(ctx context.Context, in *struct {
			Agent
			Body struct {
				Login string `json:"login" minLength:"1" maxLength:"200"`
			}
		}) (*signedIn, error) {
			key, c, err := a.Identity.SignInDemo(ctx, a.signIn(ctx, identity.SignIn{Login: in.Body.Login}, in.UserAgent))
			if err != nil {
				return nil, err
			}
			return &signedIn{SetCookie: *a.Identity.Cookie(key, a.Secure), Body: a.view(c)}, nil
		})
	type signedOut struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}
	route(a, spec{method: http.MethodDelete, path: "/session", id: "signOut", summary: "Sign out", tag: tag, need: anyone, status: 204},
		func(ctx context.Context, _ *struct{}) (*signedOut, error) {
			if key := callerOf(ctx).key; key != "" {
				if err := a.Identity.SignOut(ctx, key); err != nil {
					return nil, err
				}
			}
			return &signedOut{SetCookie: *identity.NoCookie(a.Secure)}, nil
		})
	route(a, spec{method: http.MethodPost, path: "/setup", id: "setUp", summary: "Make the first administrator", tag: tag, need: anyone, status: 201, fresh: true},
		func(ctx context.Context, in *struct {
			Agent
			Body struct {
				Login    string `json:"login" minLength:"1" maxLength:"60"`
				Name     string `json:"name" minLength:"1" maxLength:"200"`
				Email    string `json:"email" minLength:"3" maxLength:"320"`
				Password string `json:"password" minLength:"8" maxLength:"1000"`
				Code     string `json:"code" maxLength:"60" doc:"what the server printed when it started"`
			}
		}) (*signedIn, error) {
			language := requestOf(ctx).language // of the page that asked
			u, err := a.Identity.Setup(ctx, identity.NewUser{Login: in.Body.Login, Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password, Language: language}, in.Body.Code)
			if err != nil {
				return nil, err
			}
			if err := a.CRM.FirstPipeline(access.With(ctx, access.Actor{System: true}), crm.Change{Actor: u.ID}, language); err != nil {
				return nil, err
			}
			key, c, err := a.Identity.SignIn(ctx, a.signIn(ctx, identity.SignIn{Login: in.Body.Login, Password: in.Body.Password}, in.UserAgent))
			if err != nil {
				return nil, err
			}
			return &signedIn{SetCookie: *a.Identity.Cookie(key, a.Secure), Body: a.view(c)}, nil
		})
	route(a, spec{method: http.MethodPatch, path: "/session/preferences", id: "changePreferences", summary: "Change my language, my zone, and whether tasks are told by mail", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Body struct {
				Language string `json:"language,omitempty" enum:"en,pl,pt-BR,ru"`
				Zone     string `json:"zone,omitempty" maxLength:"60"`
				TaskMail *bool  `json:"taskMail,omitempty" doc:"new tasks are told by mail as well"`
			}
		}) (*reply[identity.User], error) {
			u, err := a.Identity.User(ctx, callerOf(ctx).ID)
			if err != nil {
				return nil, err
			}
			if in.Body.Language != "" || in.Body.Zone != "" {
				u, err = a.Identity.SetPreferences(ctx, u.ID, in.Body.Language, in.Body.Zone)
			}
			if err == nil && in.Body.TaskMail != nil {
				u, err = a.Identity.SetTaskMail(ctx, u.ID, *in.Body.TaskMail)
			}
			return body(u), err
		})
}
