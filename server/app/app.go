// Package app wires the engine, the stores and the capabilities by
// configuration, and starts and stops them in order. It is the only package
// that names concrete stores and performers.
//
// Reading order: app.go (what is made from what), run.go (start and stop),
// bind.go (fitting capabilities to each other), live.go (what watchers see),
// seed.go (the demo company).
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	workingtime "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/message"
	enginerobot "github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/stream"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/schemas/node"
	triggerschema "github.com/fluxo-app/fluxo/schemas/trigger"
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
	"github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/relay"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/httpapi"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/intake"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/mailbox"
	"github.com/fluxo-app/fluxo/server/observe"
	"github.com/fluxo-app/fluxo/server/rehearsal"
	"github.com/fluxo-app/fluxo/server/repair"
	"github.com/fluxo-app/fluxo/server/resolve"
	"github.com/fluxo-app/fluxo/server/retention"
	"github.com/fluxo-app/fluxo/server/robot"
	"github.com/fluxo-app/fluxo/server/run"
	"github.com/fluxo-app/fluxo/server/secret"
	"github.com/fluxo-app/fluxo/server/template"
	"github.com/fluxo-app/fluxo/server/transfer"
	"github.com/fluxo-app/fluxo/server/vault"
	"github.com/fluxo-app/fluxo/server/view"
	"github.com/fluxo-app/fluxo/server/visit"
	"github.com/fluxo-app/fluxo/server/worklist"
	"github.com/fluxo-app/fluxo/server/wsapi"
)

// Options are what is not configuration.
type Options struct {
	Clock clock.Clock // nil = the machine's
	Log   *slog.Logger
	// Stores replaces the database of the configuration, for tests.
	Stores *Stores
	// UI serves everything that is not the API.
	UI      http.Handler
	Version string
	// Converter replaces LibreOffice, for tests.
	Converter document.Converter
	// Boards gives the triggers of pipelines instead of the stage boards, for tests.
	Boards trigger.Boards
	// Identity changes the cost of passwords, for tests.
	Identity func(*identity.Options)
	// SecretKey replaces the configured key, for tests.
	SecretKey []byte
}

// App is one server. Its exported capabilities are for tests and for commands.
type App struct {
	setupCode string

	Config      config.Config
	Clock       clock.Clock
	Log         *slog.Logger
	Stores      *Stores
	Identity    *identity.Service
	CRM         *crm.Service
	Calendars   *calendar.Service
	Activities  *activity.Service
	Bookings    *booking.Service
	Posts       *feed.Posts
	Definitions *definition.Service
	Boards      *board.Service
	Statuses    *status.Service
	Trials      *trial.Keeper
	Templates   *template.Service
	Mailbox     *mailbox.Service
	Vault       *vault.Service
	Retention   *retention.Service
	Host        *host.Host
	Triggers    *trigger.Service
	Forms       *form.Service
	Visits      *visit.Service
	Repairs     *repair.Service
	Jobs        *job.Service
	API         *httpapi.API

	health    *observe.Health
	sockets   *wsapi.Server
	converter document.Converter
	webhooks  *webhook.Client
	absences  *handsOn
	loops     []loop
}

// zone of dates without one, until it becomes a setting of the company.
const defaultZone = "Europe/Warsaw"

// New makes a server; Run starts it.
func New(ctx context.Context, c config.Config, o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{Config: c, Clock: o.Clock, Log: o.Log, Stores: o.Stores, converter: o.Converter}
	if a.Stores == nil {
		stores, err := Open(ctx, c, o.Clock, o.Log)
		if err != nil {
			return nil, err
		}
		a.Stores = stores
	}
	if err := a.wire(ctx, o); err != nil {
		return nil, errors.Join(err, a.Stores.Close())
	}
	if a.Stores.settle != nil {
		a.Stores.settle()
	}
	return a, nil
}

func (a *App) wire(ctx context.Context, o Options) error {
	c, docs := a.Config, a.Stores.Documents
	key := o.SecretKey
	if key == nil {
		var err error
		if key, err = secret.LoadKey(c.SecretKey, c.KeyPath(), rand.Reader); err != nil {
			return err
		}
	}
	box, err := secret.NewBox(key, nil)
	if err != nil {
		return err
	}
	if err := box.Check(ctx, docs); err != nil {
		return err
	}
	zone, err := time.LoadLocation(defaultZone)
	if err != nil {
		return fmt.Errorf("time zone %s: %w", defaultZone, err)
	}
	identities := identity.Options{Store: docs, Clock: a.Clock, Log: a.Log, Demo: c.Demo, Idle: c.Session.Idle, Absolute: c.Session.Absolute,
		HashSlots: int64(c.Limits.PasswordHashes), SetupCode: setupCode(key)}
	a.setupCode = identities.SetupCode
	if o.Identity != nil {
		o.Identity(&identities)
	}
	if a.Identity, err = identity.New(ctx, identities); err != nil {
		return err
	}
	directory := people{a.Identity}
	if a.Calendars, err = calendar.New(ctx, calendar.Options{Store: docs, People: colleagues{a.Identity}, Now: a.Clock.Now, Zone: defaultZone}); err != nil {
		return err
	}
	working := func(name string) (*workingtime.Calendar, error) {
		return a.Calendars.Find(context.WithoutCancel(ctx), name)
	}
	if a.CRM, err = crm.New(ctx, crm.Options{Store: docs, People: a.Identity, Files: fileNames{a.Stores.Files}, Now: a.Clock.Now}); err != nil {
		return err
	}
	trail, err := audit.New(ctx, audit.Options{Store: docs, Skip: unworthy})
	if err != nil {
		return err
	}
	compiler := expr.New(expr.Options{})
	knowledge := resolve.Options{Compiler: compiler, Directory: present{directory, context.WithoutCancel(ctx), a.Calendars}, Records: a.CRM, Zone: zone, Calendars: hours{a.Calendars}, Schema: schemaOf(node.Schema),
		Format: expr.Format{Locale: "en"}}
	facts := resolve.New(knowledge)

	owner := uuid.NewString()
	var watchers *live
	hub := stream.New(stream.Options{Clock: a.Clock, Epoch: owner[:8], Name: wireName, Missing: func(topic string) { watchers.miss(topic) }})
	watchers = newLive(hub, a.Clock, a.Log, a.Stores.Engine, directory)
	if shared, ok := a.Stores.Engine.(watchedStore); ok && a.Stores.Shared {
		watchers.watch = newWatch(watchers, shared, owner, c.Cluster.Poll)
	}
	bell, err := feed.New(ctx, docs, a.Clock, watchers)
	if err != nil {
		return err
	}
	ringing := newBells(bell, a.Identity, a.Stores.Engine, a.Clock, a.Log)
	if a.Mailbox, err = mailbox.New(ctx, docs, a.Stores.Files, box, a.Clock, mail.Settings{Provider: c.Mail.Provider, Host: c.Mail.Host, Port: c.Mail.Port,
		TLS: c.Mail.TLS, User: c.Mail.User, Password: c.Mail.Password, From: c.Mail.From}); err != nil {
		return err
	}
	if a.Vault, err = vault.New(ctx, docs, box, a.Clock); err != nil {
		return err
	}
	sender := &mail.Dispatcher{Source: a.Mailbox, Outbox: a.Mailbox}
	ringing.mailsTo(sender, c.PublicURL)
	templateScope := func(string) *expr.Scope { return nil }
	if a.Templates, err = template.New(ctx, docs, a.Stores.Files, compiler, templateScope); err != nil {
		return err
	}
	if a.converter == nil {
		office, err := document.NewLibreOffice(document.LibreOfficeOptions{Path: c.Office.Command})
		if err != nil {
			return err
		}
		a.converter = office
	}
	allow, err := networks(c.Outgoing.Allow)
	if err != nil {
		return err
	}
	a.webhooks = webhook.NewClient(webhook.Options{Allow: allow})

	if a.Bookings, err = a.newBookings(ctx, docs, a.CRM, a.Clock.Now); err != nil {
		return err
	}
	if a.Activities, err = activity.New(ctx, activity.Options{Store: docs, Records: staged{a.CRM}, People: a.Identity, Files: fileNames{a.Stores.Files}, Rooms: rooms{a.Bookings}, Now: a.Clock.Now}); err != nil {
		return err
	}

	posts, err := feed.NewPosts(ctx, docs, a.Clock, staff{a.Identity})
	if err != nil {
		return err
	}
	a.Posts = posts
	waits, err := newRecordHolds(ctx, a)
	if err != nil {
		return err
	}

	// The host, the executor and the task service need each other: they meet in link.
	engine := &link{}
	story := timeline{crm: a.CRM, clock: a.Clock}
	catalog := enginerobot.NewCatalog(robot.All(robot.Dependencies{
		Records: records{a.CRM}, Making: making{a.CRM}, Staff: askable{a.Calendars, a.CRM}, Activities: planner{a.Activities, a.CRM}, Bookings: booker{a.Bookings, a.CRM}, Holds: waits, Feed: poster{posts}, Timeline: story, Notifier: notifier{bell},
		People: func(ctx context.Context) (robot.People, error) { return a.Identity.Directory(ctx) },
		Mail:   sender, Templates: &templates{kept: a.Templates, compiler: compiler, parsed: map[string]*document.Template{}},
		Environments: environments{facts: facts, crm: a.CRM}, Files: files{a.Stores.Files}, Converter: a.converter, Webhooks: a.webhooks, Secrets: secrets{a.Vault},
		Starter: starter{host: engine, crm: a.CRM, causes: chains{a.Stores.Engine}}, Zone: zone, Calendars: a.Calendars.Find, Logger: a.Log,
	})...)
	known := recordTypes{ask: func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.WithoutCancel(ctx), fieldPatience)
	}, crm: a.CRM, log: a.Log}
	parts := check.Parts{Schema: node.Schema, Robots: catalog.Descriptors(), Compiler: compiler, Record: known.of}
	rules := check.New(parts)
	calls := rules // what is published already runs on, also when what it calls is withdrawn
	calls.Callee = func(key string, number int) (graph.Callee, bool) {
		return callee(context.WithoutCancel(ctx), a.Definitions, key, number)
	}
	examples, err := definition.ReadExamples(schemas.FS)
	if err != nil {
		return err
	}
	checked := func(d *graph.Definition) (*graph.Graph, []graph.Finding) { return lint.Check(d, calls) }
	tried := knowledge
	tried.Records = coveredRecords{a}
	rehearsals := &rehearsal.Service{Options: rehearsal.Options{Check: checked, Facts: tried, Log: a.Log}}
	if a.Definitions, err = definition.New(ctx, definition.Options{Store: docs, Clock: a.Clock, People: a.Identity, Runs: a.Stores.Engine,
		Check: checked, Directory: directory, Rehearse: rehearsals.Findings, Secret: known.secret(a.Vault), SecretGoes: known.secretGoes(a.Vault), Callable: callable(a.webhooks), Schema: knowledge.Schema, Places: a.places, Saved: watchers.drafted, Surroundings: known.mark,
		Compile:   func(d *graph.Definition) (*graph.Graph, []graph.Finding) { return graph.Compile(d, rules) },
		Scheduler: schedules{store: a.Stores.Engine, clock: a.Clock, zone: defaultZone, calendars: working}, Examples: examples}); err != nil {
		return err
	}
	rehearsals.Definitions = a.Definitions
	a.CRM.UsedBy(usage{a})
	executor := effect.New(effect.Options{Store: a.Stores.Engine, Acceptor: engine, Performers: catalog, Clock: a.Clock, Logger: a.Log, Owner: owner,
		Alone: !a.Stores.Shared, Lease: c.Cluster.EffectLease, Poll: c.Cluster.Poll})
	waits.executor = executor
	var members *share.Members
	if a.Stores.Shared {
		members = share.New(share.Options{Store: a.Stores.Engine, Clock: a.Clock, Logger: a.Log, Owner: owner, Lease: c.Cluster.Lease})
	}
	messages := message.New(message.Options{Store: a.Stores.Engine, Acceptor: engine, Clock: a.Clock, Logger: a.Log, Members: members,
		Starter: eventStarts{definitions: a.Definitions, host: engine, causes: chains{a.Stores.Engine}, crm: a.CRM, trail: trail, clock: a.Clock, log: a.Log}, Unclaimed: unclaimed(trail, a.Log)})
	timers := timer.New(timer.Options{Store: a.Stores.Engine, Acceptor: engine, Clock: a.Clock, Logger: a.Log, Poll: c.Cluster.Poll, Members: members,
		Warm: func(ctx context.Context, runs []core.RunID) { a.Host.Warm(ctx, runs) }})
	driving := host.Options{Store: a.Stores.Engine, Graphs: graphs{a.Definitions}, Resolver: facts, Facts: facts, Clock: a.Clock, Logger: a.Log,
		Held: engine.held, Observers: []host.Observer{watchers.observe, ringing.observe}, Effects: executor, Awaiting: executor, Messages: messages, Immediate: a.Stores.Immediate,
		Sweep: c.Cluster.Sweep, Grace: grace(a.Stores, c.Cluster), Retention: c.Cluster.Retention, Owner: owner, Members: members}
	if watchers.watch != nil {
		// Which server commits an end is chance, and it may die of it: the relay tells.
		driving.RunEnded, driving.TaskEnded = story.RunEnded, watchers.taskEnded
	}
	a.Host = host.New(driving)
	engine.Host = a.Host
	tasks := task.New(task.Options{Store: a.Stores.Engine, Acceptor: engine, Clock: a.Clock, Logger: a.Log, Changed: ringing.after(watchers.taskChanged), Sweep: c.Cluster.Poll, Members: members})
	occasions := schedule.NewLoop(schedule.Options{Store: a.Stores.Engine, Starter: occurrences{engine}, Clock: a.Clock, Logger: a.Log, Poll: c.Cluster.Poll, Members: members, Calendars: working})
	retimes := newRetimer(a.Stores.Engine, facts, timers, trail, a.Clock, a.Log)
	watchers.timers, watchers.effects, watchers.story = timers, executor, story

	runs := run.New(run.Options{Store: a.Stores.Engine, Definitions: a.Definitions, People: a.Identity, Files: a.Stores.Files, Clock: a.Clock})
	watchers.runs = runs
	if a.Retention, err = retention.New(ctx, retention.Options{Documents: docs, Runs: a.Stores.Engine, Known: a.Definitions.Known, Audit: trail, Owner: owner,
		Closed: c.Cluster.Retention}); err != nil {
		return err
	}
	if a.Jobs, err = job.New(ctx, job.Options{Store: docs, Leases: a.Stores.Engine, People: a.Identity, Clock: a.Clock, Log: a.Log, Owner: owner}); err != nil {
		return err
	}
	views, err := view.New(ctx, docs)
	if err != nil {
		return err
	}
	list, err := worklist.New(ctx, worklist.Options{Store: docs, Tasks: a.Stores.Engine, Engine: tasks, Definitions: a.Definitions,
		People: directory, Files: a.Stores.Files, Journal: story, Clock: a.Clock, Zone: zone})
	if err != nil {
		return err
	}
	repairs, err := repair.New(ctx, repair.Options{Documents: docs, Engine: a.Stores.Engine, Host: a.Host, Runs: runs, Definitions: a.Definitions, Tasks: list,
		People: directory, Records: a.CRM, Audit: trail, Clock: a.Clock, Log: a.Log, Owner: owner})
	if err != nil {
		return err
	}
	a.Repairs, engine.repairs = repairs, repairs
	starts := automation.New(automation.Options{Rules: a.Definitions, Records: a.CRM, Host: engine, History: a.Stores.Engine, Facts: facts, Compiler: compiler, Clock: a.Clock, Log: a.Log,
		Causes: chains{a.Stores.Engine}})
	a.Boards, err = board.New(ctx, board.Options{Store: docs, Records: a.CRM, Definitions: a.Definitions, Runs: runs, Engine: a.Stores.Engine, Host: a.Host,
		Robot: exits(catalog), Title: titleOf, Trigger: triggerConfigs(), Schema: knowledge.Schema, TriggerSchema: schemaOf(triggerschema.Schema), Compiler: compiler, Clock: a.Clock, Person: func(id string) bool { _, active := directory.Person(id); return active }})
	if err != nil {
		return err
	}
	a.CRM.ClearedBy(a.Boards.Clear)
	if a.Statuses, err = a.statuses(ctx, runs, starts, knowledge.Directory, facts, compiler, catalog); err != nil {
		return err
	}
	trials := trial.New(trial.Options{Boards: a.Boards, Definitions: a.Definitions, Compile: func(d *graph.Definition) (*graph.Graph, []graph.Finding) { return graph.Compile(d, rules) },
		World: a.worlds(knowledge, directory, compiler, zone), Compiler: compiler, Clock: a.Clock, Zone: zone, Log: a.Log})
	if a.Trials, err = trial.Keep(ctx, docs, trials); err != nil {
		return err
	}
	if a.Triggers, err = trigger.New(ctx, trigger.Options{Store: docs, People: a.Identity, Boards: a.boards(o.Boards), Records: triggered{a.CRM}, Entries: a.CRM, Causes: chains{a.Stores.Engine},
		Facts: facts, Compiler: compiler, Clock: a.Clock, Log: a.Log}); err != nil {
		return err
	}
	if a.Visits, err = visit.New(ctx, docs, clients{a.CRM}, a.Triggers, a.Clock); err != nil {
		return err
	}
	if a.Forms, err = form.New(ctx, form.Options{Store: docs, People: a.Identity, Staff: askable{a.Calendars, a.CRM}, Records: clients{a.CRM}, Triggers: a.Triggers, Visits: a.Visits, Files: a.Stores.Files, Render: worklist.Render,
		Clock: a.Clock, Zone: zone, Log: a.Log, Secret: formSecret(key)}); err != nil {
		return err
	}
	events, err := relay.New(ctx, docs, a.Clock, a.Log, []relay.Consumer{
		{Name: "identity", Wants: of("users", "groups", "departments"), Take: a.Identity.Deliver},
		{Name: "rights", Wants: of("users", "groups", "departments", "roles", "sessions", "apiTokens"), Take: a.recheck},
		{Name: "timeline", Wants: crm.Tells, Take: a.CRM.Consume},
		{Name: "board", Wants: crm.OfRecords, Take: watchers.boardEvents},
		{Name: "planned", Wants: crm.OfRecords, Take: a.Activities.Follow},
		{Name: "holds", Wants: func(d docstore.Delivery) bool {
			return crm.OfRecords(d) || d.Collection == "timeline" || d.Collection == activity.Collection
		}, Take: waits.holds.Take},
		{Name: "posts", Wants: of("posts", "postComments"), Take: posts.Follow(listeners(bell, a.Identity, watchers, zone))},
		{Name: "mentions", Wants: of("timeline"), Take: mentions(a.CRM, bell, a.Identity, zone)},
		{Name: "activities", Wants: of(activity.Collection), Take: a.Activities.Tell(told(a.CRM, bell, a.Identity, watchers, zone))},
		{Name: "rooms", Wants: of(activity.Collection), Take: a.Activities.FreeRooms},
		{Name: "bookings", Wants: of(booking.Ledgers), Take: bookedEvents(a.Bookings, a.CRM, bell, a.Identity, watchers, zone)},
		{Name: "booked", Wants: crm.OfRecords, Take: freeDeleted(a.Bookings)},
		{Name: "calendars", Wants: ofCalendars, Take: retimes.changed},
		{Name: "automation", Wants: starts.Wants, Take: starts.Take},
		{Name: "triggers", Wants: a.Triggers.Wants, Take: a.Triggers.Take},
		{Name: "forms", Wants: a.Forms.Wants, Take: a.Forms.Take},
		{Name: "visits", Wants: a.Visits.Wants, Take: a.Visits.Take},
		{Name: "conditions", Wants: func(d docstore.Delivery) bool {
			return crm.OfRecords(d) || d.Collection == "companies" || d.Collection == "contacts"
		}, Take: automation.Follow(messages, a.CRM)},
		{Name: "stageBoards", Wants: of(board.Collection), Take: a.Boards.Deliver},
		{Name: "statusProcesses", Wants: of(status.Collection), Take: a.Statuses.Deliver},
		{Name: "stageBoardsGone", Wants: of("pipelines"), Take: a.Boards.Pipelines},
		{Name: "erased", Wants: func(d docstore.Delivery) bool { _, is := crm.Erased(d); return is }, Take: a.forget},
		{Name: "arrivals", Wants: of("workdays"), Take: a.arrived(messages)},
		{Name: "definitions", Wants: of("definitions"), Take: func(ctx context.Context, d docstore.Delivery) error { return a.Definitions.Sync(ctx, d.DocumentID) }},
		{Name: "audit", Wants: func(d docstore.Delivery) bool { return !unworthy(d) }, Take: trail.Deliver},
	}, delivery(a.Stores, owner, c.Cluster.Poll))
	if err != nil {
		return err
	}
	metrics := observe.NewMetrics()
	a.health = observe.NewHealth(a.Clock, a.Log,
		observe.Check{Name: "database", Required: true, Probe: func(ctx context.Context) error { _, err := a.Stores.Engine.Now(ctx); return err }},
		observe.Check{Name: "relay", Required: true, Probe: func(ctx context.Context) error {
			lag, err := events.Lag(ctx)
			if err == nil && lag > time.Minute {
				err = fmt.Errorf("the oldest undelivered event waits for %s", lag.Round(time.Second))
			}
			return err
		}},
		observe.Check{Name: "soffice", Probe: func(context.Context) error { return a.converter.Ready() }})
	metrics.Gauge("fluxo_relay_lag_seconds", "age of the oldest undelivered document event", func() float64 {
		lag, err := events.Lag(context.WithoutCancel(ctx))
		if err != nil {
			return -1
		}
		return lag.Seconds()
	})
	options := httpapi.Options{Store: docs, Clock: a.Clock, Identity: a.Identity, People: a.Identity, CRM: a.CRM, Calendars: a.Calendars, Definitions: a.Definitions, Rehearsals: rehearsals, Runs: runs, Repairs: repairs, Jobs: a.Jobs, Views: views,
		Worklist: list, Automation: starts, Triggers: a.Triggers, Causes: chains{a.Stores.Engine}, Undo: undo.New(undo.Options{Store: a.Stores.Engine, Versions: a.Definitions, CRM: a.CRM, Boards: a.Boards, Statuses: a.Statuses, Triggers: a.Triggers, Activities: a.Activities}), Feed: bell, Activities: a.Activities, Posts: posts, Files: a.Stores.Files, Templates: a.Templates, Mailbox: a.Mailbox, Vault: a.Vault, Retention: a.Retention, Mail: sender, Audit: trail, Messages: messages,
		Compiler: compiler, Facts: facts, Zone: zone, Scope: func(d *graph.Definition) *expr.Scope { return check.Scope(d, parts) },
		System: a.system, Health: a.health, Metrics: metrics.Handler(), Measure: metrics.Request, UI: o.UI, Version: o.Version, Demo: c.Demo,
		Secure: strings.HasPrefix(c.PublicURL, "https:"), TrustedProxies: c.TrustedProxies,
		Limits: httpapi.Limits{PerSecond: float64(c.Limits.RequestsPerMinute) / 60, Burst: max(c.Limits.RequestsPerMinute/4, 1)}}
	options.Boards, options.Statuses, options.Bookings = a.Boards, a.Statuses, a.Bookings
	options.Trials = a.Trials
	if options.Transfer, err = transfer.New(ctx, transfer.Options{Store: docs, CRM: a.CRM, Files: a.Stores.Files, Jobs: a.Jobs, People: a.Identity, Now: a.Clock.Now, Zone: zone, Log: a.Log}); err != nil {
		return err
	}
	if options.Intake, err = intake.New(ctx, docs, a.CRM, a.Clock.Now); err != nil {
		return err
	}
	options.Forms, options.Visits, options.Origin = a.Forms, a.Visits, strings.TrimSuffix(c.PublicURL, "/")
	if a.API, err = httpapi.New(ctx, options); err != nil {
		return err
	}
	a.sockets = wsapi.New(hub, a.API.Topics(), a.Clock, a.Log)
	if watchers.watch != nil {
		watchers.watch.rooms = newDraftRooms(watchers.watch, a.sockets)
		a.sockets.Join(watchers.watch.rooms)
	}
	a.API.Live = a.sockets

	a.absences = &handsOn{list: list, calendars: a.Calendars, store: a.Stores.Engine, trail: trail, clock: a.Clock, log: a.Log, owner: owner}
	a.loops = []loop{
		{"host", a.Host.Run}, {"effects", executor.Run}, {"timers", timers.Run}, {"schedules", occasions.Run}, {"messages", messages.Run},
		{"tasks", tasks.Run}, {"documents", events.Run}, {"live", watchers.Run}, {"pages", watchers.pages.Run}, {"stream", hub.Run}, {"repair", watchers.Repair}, {"sweep", a.sweep}, {"operators", repairs.Run}, {"jobs", a.Jobs.Run},
		{"calendars", retimes.Run}, {"absences", a.absences.Run}, {"holds", waits.Run}, {"bells", ringing.Run}, {"task mails", ringing.Mails}, {"trouble", ringing.Trouble},
	}
	a.loops = append(a.loops, loop{"rooms", unusedRooms{a.Bookings, a.Activities, a.Clock, a.Log}.Run})
	a.loops = append(a.loops, loop{"leads", a.CRM.CompleteLeads})
	a.loops = append(a.loops, loop{"clients", func(ctx context.Context) error {
		if err := a.CRM.OwnClients(ctx, clientCreators(trail)); err != nil {
			return err
		}
		return a.CRM.KeepIndexed(ctx)
	}})
	if watchers.watch != nil {
		a.loops = append(a.loops, loop{"watch", watchers.watch.Run})
	}
	if members != nil {
		a.loops = append(a.loops, loop{"members", members.Run})
	}
	return nil
}

// grace is how long a ready run is left to the server that accepted its event.
func grace(s *Stores, c config.Cluster) time.Duration {
	if !s.Shared {
		return 0 // the default of the store
	}
	return c.Lease
}

// delivery lets one process at a time deliver events where several may share
// the database.
func delivery(s *Stores, owner string, poll time.Duration) relay.Options {
	if !s.Shared {
		return relay.Options{}
	}
	return relay.Options{Lease: 15 * time.Second, Owner: owner, Period: poll, Now: func(ctx context.Context) (time.Time, error) {
		at, err := s.Engine.Now(ctx)
		return clock.Time(at), err
	}}
}

// of picks the events of some collections.
func of(collections ...string) func(docstore.Delivery) bool {
	return func(d docstore.Delivery) bool {
		for _, c := range collections {
			if d.Collection == c {
				return true
			}
		}
		return false
	}
}

// unworthy are events that tell nothing the trail does not hold already.
func unworthy(d docstore.Delivery) bool {
	switch d.Collection {
	case "timeline", trigger.Calls, form.Submissions, visit.Visitors: // what comes of them is told by the record
		return true
	}
	return false
}

func networks(texts []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(texts))
	for _, t := range texts {
		if !strings.Contains(t, "/") {
			a, err := netip.ParseAddr(t)
			if err != nil {
				return nil, fmt.Errorf("outgoing.allow: %w", err)
			}
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(t)
		if err != nil {
			return nil, fmt.Errorf("outgoing.allow: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}
