package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/status"
	"github.com/fluxo-app/fluxo/server/automation/trial"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/automation/undo"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/calendar"
	channel "github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/intake"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/mailbox"
	"github.com/fluxo-app/fluxo/server/observe"
	"github.com/fluxo-app/fluxo/server/rehearsal"
	"github.com/fluxo-app/fluxo/server/repair"
	"github.com/fluxo-app/fluxo/server/retention"
	"github.com/fluxo-app/fluxo/server/run"
	"github.com/fluxo-app/fluxo/server/template"
	"github.com/fluxo-app/fluxo/server/transfer"
	"github.com/fluxo-app/fluxo/server/vault"
	"github.com/fluxo-app/fluxo/server/view"
	"github.com/fluxo-app/fluxo/server/visit"
	"github.com/fluxo-app/fluxo/server/worklist"
	"github.com/fluxo-app/fluxo/server/wsapi"
)

// People names users.
type People interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Facts builds the environment of expressions.
type Facts interface {
	Env(ctx context.Context, record any, actor string, run map[string]any) expr.Env
}

// Options are the capabilities behind the API and how it faces the network.
type Options struct {
	Store       docstore.Store
	Clock       clock.Clock
	Identity    *identity.Service
	People      People
	CRM         *crm.Service
	Calendars   *calendar.Service
	Definitions *definition.Service
	Rehearsals  *rehearsal.Service
	Runs        *run.Service
	Repairs     *repair.Service
	Jobs        *job.Service
	Views       *view.Service
	Worklist    *worklist.Service
	Automation  *automation.Service
	Boards      *board.Service
	Statuses    *status.Service
	Trials      *trial.Keeper
	Triggers    *trigger.Service
	Causes      automation.Causes
	Undo        *undo.Service
	Forms       *form.Service
	Intake      *intake.Service
	Transfer    *transfer.Service
	Visits      *visit.Service
	Feed        *feed.Service
	Activities  *activity.Service
	Bookings    *booking.Service
	Posts       *feed.Posts
	Files       file.Store
	Templates   *template.Service
	Mailbox     *mailbox.Service
	Vault       *vault.Service
	Retention   *retention.Service
	Mail        channel.Sender
	Audit       *audit.Log
	Messages    *message.Service
	Compiler    *expr.Compiler
	Facts       Facts
	// Scope is what expressions of a definition may name.
	Scope func(*graph.Definition) *expr.Scope
	// Live is set after New, because it asks the API for topics.
	Live *wsapi.Server
	// Zone is that of schedules and timers which name none.
	Zone *time.Location
	// System describes the installation.
	System func(ctx context.Context) (SystemInfo, error)
	Health *observe.Health
	// Metrics serves the metrics page; Measure notes one request. Both may be nil.
	Metrics http.Handler
	Measure func(method, route string, status int, took time.Duration)
	UI      http.Handler

	// Origin is the address under which sites reach this server.
	Origin         string
	Version        string
	Demo           bool
	Secure         bool // the site is served over TLS
	TrustedProxies []string
	Limits         Limits
}

// measure counts requests by route pattern, never by path.
func (a *API) measure(c *gin.Context) {
	if a.Measure == nil {
		c.Next()
		return
	}
	start := a.Clock.Now()
	c.Next()
	route := c.FullPath()
	if route == "" {
		route = "other"
	}
	a.Measure(c.Request.Method, route, c.Writer.Status(), a.Clock.Now().Sub(start))
}

// mayMeasure lets operators and administrators through, signed in or with an API
// token: routes and their counts tell what a company does.
func (a *API) mayMeasure(c *gin.Context) {
	if err := a.allowed(c.Request.Context(), string(access.RunsOperate)); err != nil {
		fail(c, err)
	}
}

// healthRoutes are for those who watch the process; they tell nothing secret.
func (a *API) healthRoutes() {
	a.engine.GET("/healthz", gin.WrapH(a.Health.Live()))
	a.engine.GET("/readyz", gin.WrapH(a.Health.Ready()))
	if a.Metrics != nil {
		a.engine.GET("/metrics", a.mayMeasure, gin.WrapH(a.Metrics))
	}
}
