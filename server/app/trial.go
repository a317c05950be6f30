package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/expr"
	enginerobot "github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/automation/trial"
	"github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore/scratch"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/file"
	filemem "github.com/fluxo-app/fluxo/server/file/memstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/resolve"
	"github.com/fluxo-app/fluxo/server/robot"
)

// This file makes the worlds of trials: everything can be read, what is written is
// forgotten, and what would leave is noted.

// worlds makes them.
func (a *App) worlds(knowledge resolve.Options, directory people, compiler *expr.Compiler, zone *time.Location) func(ctx context.Context, c *clock.Fake) (*trial.World, error) {
	base := scratch.Over(a.Stores.Documents)
	return func(ctx context.Context, c *clock.Fake) (*trial.World, error) {
		docs := base.New(c.Now)
		made := 0 // see coveredTrial
		records, err := crm.New(ctx, crm.Options{Store: docs, People: a.Identity, Files: fileNames{a.Stores.Files}, Now: c.Now,
			NewID: func() string { made++; return ofTrial + strconv.Itoa(made) }})
		if err != nil {
			return nil, err
		}
		booked, err := a.newBookings(ctx, docs, records, c.Now)
		if err != nil {
			return nil, err
		}
		planned, err := activity.New(ctx, activity.Options{Store: docs, Records: staged{records}, People: a.Identity, Files: fileNames{a.Stores.Files}, Rooms: rooms{booked}, Now: c.Now})
		if err != nil {
			return nil, err
		}
		day := &trialDay{people: directory, ctx: ctx, app: a, clock: c, arrived: map[string]bool{}}
		knowledge := knowledge
		seen := coveredTrial{a, records}
		knowledge.Records, knowledge.Directory = seen, day
		facts := resolve.New(knowledge)
		out := &trial.Outgoing{}
		story := timeline{crm: records, clock: c}
		catalog := enginerobot.NewCatalog(robot.All(robot.Dependencies{
			Records: recordsOf(records), Making: making{records}, Staff: onTrial{askable{a.Calendars, records}, day}, Activities: planner{planned, records}, Bookings: booker{booked, records},
			Holds: nothingHappens{}, Feed: postsNoted{out}, Timeline: story, Notifier: bellNoted{out},
			People: func(ctx context.Context) (robot.People, error) { return a.Identity.Directory(ctx) },
			Mail:   mailNoted{out}, Templates: &templates{kept: a.Templates, compiler: compiler, parsed: map[string]*document.Template{}},
			Environments: environments{facts: facts, crm: records}, Files: &trialFiles{files{filemem.New(c.Now, file.Options{})}, files{a.Stores.Files}, map[string]bool{}},
			Converter: unconverted{}, Webhooks: callsNoted{out}, Secrets: secretsNoted{secrets{a.Vault}}, Starter: startsNoted{out, a}, Zone: zone, Calendars: a.Calendars.Find, Logger: a.Log,
			Random: &sameEveryTime{},
		})...)
		return &trial.World{CRM: records, View: seen.View, Cover: a.cover, Documents: docs, Activities: planned, Triggered: triggered{records}, People: a.Identity, Catalog: catalog, Facts: facts, Outgoing: out,
			Arrive: func(user string) { day.arrived[user] = true }}, nil
	}
}

// ofTrial begins the ids of what is made in a trial.
const ofTrial = "trial-"

// coveredTrial are the records of a trial as whoever plays it may see them: without the
// clients that are hidden from them.
type coveredTrial struct {
	a       *App
	records *crm.Service
}

// View implements resolve.Records.
func (r coveredTrial) View(ctx context.Context, recordType, id string) (map[string]any, error) {
	view, err := r.records.View(ctx, recordType, id)
	if err != nil || access.From(ctx).UserID == "" {
		return view, err
	}
	return view, r.a.API.CoverView(ctx, view, func(client string) bool { return strings.HasPrefix(client, ofTrial) })
}

func (a *App) cover(ctx context.Context, recordType string, changes map[string]crm.FieldChange) error {
	return a.API.CoverChanges(ctx, recordType, changes)
}

func recordsOf(c *crm.Service) robot.Records { return records{c} }

// trialDay is the directory in which people work when their calendar says so:
// nobody begins a day in a trial.
type trialDay struct {
	people
	ctx     context.Context
	app     *App
	clock   clock.Clock
	arrived map[string]bool
}

// AtWork implements expr.Presence.
func (d *trialDay) AtWork(id string) bool {
	if d.arrived[id] {
		return true
	}
	name, err := d.app.Calendars.CalendarOf(d.ctx, id)
	if err != nil {
		return false
	}
	own, err := d.app.Calendars.Find(d.ctx, name)
	if err != nil || !own.Open(d.clock.Now()) {
		return false
	}
	_, away, err := d.app.Calendars.Absent(d.ctx, id, d.clock.Now())
	return err == nil && !away
}

// onTrial answers for people at the moment of the trial.
type onTrial struct {
	askable
	day *trialDay
}

func (s onTrial) OnDuty(_ context.Context, user string) (bool, error) { return s.day.AtWork(user), nil }

// nothingHappens keeps a hold until somebody ends it.
type nothingHappens struct{}

func (nothingHappens) Hold(context.Context, robot.Hold) (string, error) { return "", nil }

type mailNoted struct{ out *trial.Outgoing }

func (m mailNoted) Send(ctx context.Context, message mail.Message) (mail.Result, error) {
	if message.Sending != nil {
		if err := message.Sending(ctx); err != nil {
			return mail.Result{}, err
		}
	}
	text := message.Text
	for _, f := range message.Attachments {
		text += "\n[" + f.Name + "]"
	}
	m.out.Add(trial.Item{Kind: "mail", To: []string{message.To}, Subject: message.Subject, Text: text})
	return mail.Result{Provider: "outbox"}, nil
}

type bellNoted struct{ out *trial.Outgoing }

func (b bellNoted) Notify(_ context.Context, n robot.Notification) error {
	b.out.Add(trial.Item{Kind: "notification", To: []string{n.UserID}, Text: n.Text})
	return nil
}

type postsNoted struct{ out *trial.Outgoing }

func (p postsNoted) Post(_ context.Context, _ robot.Change, id string, in robot.Post) (string, error) {
	p.out.Add(trial.Item{Kind: "post", To: append(append([]string{}, in.Users...), in.Groups...), Text: in.Text})
	return id, nil
}

type callsNoted struct{ out *trial.Outgoing }

// Call answers as a service that has understood and has nothing to say.
func (c callsNoted) Call(_ context.Context, r webhook.Request) (webhook.Answer, error) {
	c.out.Add(trial.Item{Kind: "webhook", To: []string{r.URL}, Subject: r.Method, Text: string(r.Body)})
	return webhook.Answer{Status: 200, Body: []byte("{}")}, nil
}

type startsNoted struct {
	out *trial.Outgoing
	app *App
}

// Start asks the trial to play the process; one that cannot be started is told of as
// it is when it runs.
func (s startsNoted) Start(ctx context.Context, in robot.Start) error {
	var refused *problem.Problem
	if _, _, err := s.app.Definitions.Latest(ctx, in.Process); errors.As(err, &refused) && refused.Status() < 500 {
		return fmt.Errorf("%w: %w", robot.ErrProcessMissing, err)
	} else if err != nil {
		return err
	}
	text, err := json.Marshal(in.Parameters)
	if err != nil {
		return fmt.Errorf("parameters of %s: %w", in.Process, err)
	}
	s.out.Add(trial.Item{Kind: "process", To: []string{in.Process}, Text: string(text)})
	s.out.Starts = append(s.out.Starts, trial.Start{ID: in.ID, Process: in.Process, Parameters: in.Parameters, RecordType: in.RecordType, RecordID: in.RecordID,
		StartedBy: in.StartedBy, CauseRun: in.CauseRun, Depth: in.Depth, ParentEffect: in.ParentEffect})
	return nil
}

// unconverted leaves documents as they are filled: that takes no time.
type unconverted struct{}

func (unconverted) PDF(_ context.Context, docx []byte) ([]byte, error) { return docx, nil }

// trialFiles lays files of a trial over the stored ones.
type trialFiles struct {
	own, below files
	gone       map[string]bool
}

func (f *trialFiles) Put(ctx context.Context, in robot.File, content []byte) (robot.File, error) {
	return f.own.Put(ctx, in, content)
}

func (f *trialFiles) Read(ctx context.Context, id string) (robot.File, []byte, error) {
	info, content, err := f.own.Read(ctx, id)
	if err == nil {
		return info, content, nil
	}
	if f.gone[id] {
		return robot.File{}, nil, robot.ErrFileMissing
	}
	return f.below.Read(ctx, id)
}

func (f *trialFiles) Of(ctx context.Context, owner string) ([]robot.File, error) {
	all, err := f.own.Of(ctx, owner)
	if err != nil {
		return nil, err
	}
	below, err := f.below.Of(ctx, owner)
	for _, one := range below {
		if !f.gone[one.ID] {
			all = append(all, one)
		}
	}
	return all, err
}

// Delete only remembers what is gone in the trial.
func (f *trialFiles) Delete(ctx context.Context, id string) error {
	f.gone[id] = true
	return f.own.Delete(ctx, id)
}

// sameEveryTime gives the same bytes in each trial, so that one that is played again
// chooses the same people and makes the same codes.
type sameEveryTime struct {
	n    uint64
	left bytes.Buffer
}

// Read implements io.Reader.
func (s *sameEveryTime) Read(into []byte) (int, error) {
	for s.left.Len() < len(into) {
		s.n++
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("fluxo trial"), s.n))
		s.left.Write(sum[:])
	}
	return io.ReadFull(&s.left, into)
}
