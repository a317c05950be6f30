package httpapi

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// API is the REST surface, constant after New.
type API struct {
	Options
	huma    huma.API
	engine  *gin.Engine
	answers *answers
	limit   *throttle
	handler http.Handler
}

// setUp replaces what gin and huma keep per process: every API renders alike.
var setUp = sync.OnceFunc(func() {
	gin.SetMode(gin.ReleaseMode)
	huma.NewErrorWithContext = newDocument
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newDocument(nil, status, message, errs...)
	}
})

// New declares every route.
func New(ctx context.Context, o Options) (*API, error) {
	a := &API{Options: o}
	var err error
	if a.answers, err = openAnswers(ctx, o.Store, o.Clock); err != nil {
		return nil, err
	}
	setUp()
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.ContextWithFallback = true
	g.RedirectTrailingSlash = false // every address has one spelling; a page would answer where a problem document should
	if err := g.SetTrustedProxies(o.TrustedProxies); err != nil {
		return nil, err
	}
	a.engine = g
	a.limit = newThrottle(o.Limits, o.Clock)
	g.Use(identify, contain, secure, a.measure)
	g.NoRoute(a.notFound)
	g.NoMethod(func(c *gin.Context) { fail(c, problem.New("method_not_allowed")) })
	g.Use(address, patient(bodyWait, uploadWait), a.authenticate, a.limit.middleware)

	config := huma.DefaultConfig("Fluxo", o.Version)
	config.CreateHooks = nil
	config.DocsPath = ""
	config.SchemasPath = ""
	config.OpenAPIPath = base + "/openapi"
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[docstore.Instant](), reflect.TypeFor[instant]())
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	config.Info.Description = "Fluxo: processes, runs, tasks and CRM records. Errors are problem documents; their codes are in schemas/errors."
	a.CRM.SeenBy(a.mayRead)
	a.huma = humagin.New(g, config)
	a.sessionRoutes()
	a.peopleRoutes()
	a.nodeKindRoutes()
	a.nameRoutes()
	a.timeRoutes()
	a.definitionRoutes()
	a.bpmnRoutes()
	a.carryRoutes()
	a.runRoutes()
	a.repairRoutes()
	a.viewRoutes()
	a.calendarRoutes()
	a.operatorRoutes()
	a.eventRoutes()
	a.taskRoutes()
	a.fileRoutes()
	a.templateRoutes()
	a.crmRoutes()
	a.productRoutes()
	a.recordRoutes()
	a.clientRoutes()
	a.intakeRoutes()
	a.listRoutes()
	a.massRoutes()
	a.jobRoutes()
	a.chainRoutes()
	a.undoRoutes()
	a.transferRoutes()
	a.duplicateRoutes()
	a.fieldRoutes()
	a.boardRoutes()
	a.stageStartRoutes()
	a.statusRoutes()
	a.trialRoutes()
	a.feedRoutes()
	a.activityRoutes()
	a.bookingRoutes()
	a.postRoutes()
	a.mailRoutes()
	a.settingRoutes()
	a.secretRoutes()
	a.retentionRoutes()
	a.liveRoutes()
	a.auditRoutes()
	a.hookRoutes()
	a.triggerRoutes()
	a.formRoutes()
	a.siteRoutes()
	g.GET("/api/docs", a.docs)
	a.healthRoutes()

	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := gin.CreateTestContext(w)
		c.Request = r
		identify(c)
		fail(c, problem.New("cross_origin"))
	}))
	protection.AddInsecureBypassPattern("POST /visit") // of the sites that the script runs on; it changes nothing of whoever is signed in here
	a.handler, err = compressed(protection.Handler(g))
	return a, err
}

// Handler answers everything: the API and, for all other addresses, the interface.
func (a *API) Handler() http.Handler { return a.handler }

// OpenAPI is the description of the API.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Routes lists what the router answers, for the test that compares it with the description.
func (a *API) Routes() gin.RoutesInfo { return a.engine.Routes() }

// Sweep forgets old answers to idempotency keys.
func (a *API) Sweep(ctx context.Context) (int, error) { return a.answers.sweep(ctx) }

func (a *API) notFound(c *gin.Context) {
	if p := c.Request.URL.Path; p == "/api" || strings.HasPrefix(p, "/api/") {
		fail(c, problem.NotFound("address"))
		return
	}
	a.UI.ServeHTTP(c.Writer, c.Request)
	c.Abort()
}

// schemaName names component schemas by package and type, so that two
// capabilities may both have a Summary: run.Summary is RunSummary, a page of
// them PageOfRunSummary.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	name := t.Name()
	if pkg := t.PkgPath(); pkg != "" && !strings.Contains(name, "[") {
		name = pkg + "." + name
	}
	name = qualified.ReplaceAllStringFunc(name, func(s string) string {
		pkg, typ, _ := strings.Cut(s[strings.LastIndexByte(s, '/')+1:], ".")
		typ = strings.ToUpper(typ[:1]) + typ[1:]
		if i := strings.IndexRune(typ, '·'); i > 0 { // a type declared inside a function
			typ = typ[:i]
		}
		if pkg == "httpapi" || strings.HasPrefix(strings.ToLower(typ), pkg) {
			return typ
		}
		return strings.ToUpper(pkg[:1]) + pkg[1:] + typ
	})
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune("[],*. ", r) }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

var qualified = regexp.MustCompile(`[\w./~-]+/[\w-]+\.[\w·]+`)

// rawSpec describes a route that huma does not serve: streams, sockets, pages.
type rawSpec struct {
	id, summary, tag string
	need             string
	status           string
	produces         any
}

// raw declares such a route and its entry in the description.
func (a *API) raw(method, path string, s rawSpec, handler func(*gin.Context) error) {
	a.declare(method, base+path, s, handler)
}

// declare is raw for addresses outside of the API's own.
func (a *API) declare(method, path string, s rawSpec, handler func(*gin.Context) error) {
	a.engine.Handle(method, path, func(c *gin.Context) {
		err := a.allowed(c.Request.Context(), s.need)
		if err == nil {
			err = handler(c)
		}
		if err == nil {
			return
		}
		if c.Writer.Written() {
			slog.WarnContext(c.Request.Context(), "answer cut short", "requestId", requestOf(c.Request.Context()).id, "error", err)
			c.Abort()
			return
		}
		fail(c, err)
	})
	described := path
	op := &huma.Operation{Method: method, OperationID: s.id, Summary: s.summary, Tags: []string{s.tag}, Responses: map[string]*huma.Response{s.status: {Description: "done"}}}
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			described = strings.Replace(described, part, "{"+name+"}", 1)
			op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
	}
	if s.produces != nil {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(s.produces), true, "")
		op.Responses[s.status].Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
	}
	if s.need != anyone {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	}
	op.Path = described
	a.huma.OpenAPI().AddOperation(op)
}

// allowed asks the one permission decision. Members of an operation's "need" are
// the actions of package access; what depends on the object is asked again by
// the operation.
func (a *API) allowed(ctx context.Context, need string) error {
	if need == anyone {
		return nil
	}
	actor := access.From(ctx)
	if actor.UserID == "" {
		return problem.New("unauthenticated")
	}
	if need == member {
		return nil
	}
	return a.decide(ctx, access.Action(need), access.Any)
}

func (a *API) decide(ctx context.Context, action access.Action, object access.Object) error {
	if d := access.Decide(access.From(ctx), action, object); !d.Allowed {
		return problem.New("forbidden", "why", d.Why(requestOf(ctx).language)).With("needs", string(action))
	}
	return nil
}

// docsPage lists the operations; it needs no script and nothing from elsewhere.
var docsPage = template.Must(template.New("docs").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fluxo API</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a2230;background:#fff}
code{font:13px ui-monospace,monospace}h2{margin-top:2.5rem;text-transform:capitalize}details{border-top:1px solid #d8dee8;padding:.5rem 0}
summary{cursor:pointer}.m{display:inline-block;width:4.5rem;font-weight:600}pre{background:#f3f5f8;padding:.75rem;overflow:auto;border-radius:6px}
@media(prefers-color-scheme:dark){body{color:#e4e8ef;background:#12161d}details{border-color:#2c3442}pre{background:#1b212b}a{color:#8ab4ff}}
</style></head><body><h1>Fluxo API</h1>
<p>Base <code>/api/v1</code>. The full description: <a href="/api/v1/openapi.json">openapi.json</a>, <a href="/api/v1/openapi.yaml">openapi.yaml</a>.
Errors are <code>application/problem+json</code> with a stable <code>code</code>.</p>
{{range .}}<h2>{{.Tag}}</h2>{{range .Operations}}<details><summary><span class="m">{{.Method}}</span><code>{{.Path}}</code> {{.Summary}}</summary>
{{with .Description}}<p>{{.}}</p>{{end}}{{with .Parameters}}<table>{{range .}}<tr><td><code>{{.Name}}</code></td><td>{{.In}}</td><td>{{.Description}}</td></tr>{{end}}</table>{{end}}
</details>{{end}}{{end}}</body></html>`))

func (a *API) docs(c *gin.Context) {
	type group struct {
		Tag        string
		Operations []*huma.Operation
	}
	groups := map[string]*group{}
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || len(op.Tags) == 0 {
				continue
			}
			g := groups[op.Tags[0]]
			if g == nil {
				g = &group{Tag: op.Tags[0]}
				groups[op.Tags[0]] = g
			}
			g.Operations = append(g.Operations, op)
		}
	}
	all := make([]*group, 0, len(groups))
	for _, g := range groups {
		slices.SortFunc(g.Operations, func(x, y *huma.Operation) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
		all = append(all, g)
	}
	slices.SortFunc(all, func(x, y *group) int { return strings.Compare(x.Tag, y.Tag) })
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Status(http.StatusOK)
	if err := docsPage.Execute(c.Writer, all); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		slog.WarnContext(c.Request.Context(), "docs page cut short", "error", err)
	}
}
