package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/robot"
)

// staged answers for records that activities are about.
type staged struct{ crm *crm.Service }

func (s staged) Title(ctx context.Context, r activity.Ref) (string, error) {
	return s.crm.Title(ctx, r.Type, r.ID)
}

func (s staged) Responsible(ctx context.Context, r activity.Ref) (string, error) {
	if is, err := s.crm.Staged(ctx, r.Type); err != nil || !is {
		return "", err
	}
	d, err := s.crm.Record(ctx, r.Type, r.ID)
	return d.ResponsibleID, err
}

func (s staged) Stage(ctx context.Context, r activity.Ref) (activity.Stay, error) {
	if is, err := s.crm.Staged(ctx, r.Type); err != nil || !is {
		return activity.Stay{}, err
	}
	d, err := s.crm.Record(ctx, r.Type, r.ID)
	return activity.Stay{Stage: d.StageID, Since: d.StageSince, Rev: d.Rev}, err
}

// told are the stories, bells and screens that hear of activities.
func told(c *crm.Service, bell *feed.Service, people *identity.Service, watchers *live, fallback *time.Location) activity.Told {
	return activity.Told{
		Story: func(ctx context.Context, l activity.Line) error {
			entry := crm.Entry{Record: l.Record.String(), At: l.At, Kind: "activity", Actor: l.Actor, Run: l.Run, Text: l.Text, Data: l.Data}
			entry.ID = l.ID
			_, err := c.AddEntry(ctx, entry)
			return err
		},
		Notify: func(ctx context.Context, n activity.Notice) error {
			key := n.Key
			if key == "activityPlanned" {
				key += "." + n.Activity.Type
			}
			return bell.Tell(ctx, notice(people, fallback, n.ID, n.User, key, "activity", "/calendar?open="+n.Activity.ID, n.Actor, n.Activity.Title, n.Activity.When()))
		},
		Show: watchers.activityChanged,
	}
}

// notice is a notification in the words of the person who is told.
func notice(people *identity.Service, fallback *time.Location, id, user, key, kind, link, actor, title string, at docstore.Instant) feed.Notification {
	to, _ := people.Current().Find(user)
	who, _ := people.UserName(actor)
	if who == "" {
		who = "Fluxo"
	}
	when := ""
	if !at.IsZero() {
		zone, err := time.LoadLocation(to.Zone)
		if err != nil || to.Zone == "" {
			zone = fallback
		}
		when = feed.Moment(to.Language, zone, at.Time)
	}
	words := map[string]string{"title": title, "actor": who, "when": when}
	n := feed.Notification{UserID: user, Kind: kind, Link: link, Text: feed.Sentence(to.Language, key, words)}
	if when != "" {
		words["when"] = feed.WhenMark
		n.Pattern, n.When = feed.Sentence(to.Language, key, words), at
	}
	n.ID = id
	return n
}

// activityChanged refreshes the screens of an activity's people, and those that
// show its records.
func (l *live) activityChanged(ctx context.Context, event, id string, people []string, records []activity.Ref) error {
	topics := make([]string, 0, len(people)+len(records))
	for _, user := range people {
		topics = append(topics, "inbox:"+user)
	}
	for _, r := range records {
		topics = append(topics, "record:"+r.String())
	}
	return l.show(ctx, event, topics, inboxEvent{"activity", id})
}

// show gives an event to the viewers of some topics, on every server.
func (l *live) show(ctx context.Context, event string, topics []string, body inboxEvent) error {
	for _, topic := range topics {
		if l.watch == nil {
			l.publish(topic, "", body)
			continue
		}
		if err := l.watch.spread(ctx, event+"/"+topic, topic, body); err != nil {
			return err
		}
	}
	return nil
}

// planner lets robots plan activities.
type planner struct {
	*activity.Service
	crm *crm.Service
}

func (p planner) Plan(ctx context.Context, by robot.Change, id string, in robot.Activity) (string, error) {
	about := make([]activity.Ref, 0, 1)
	if in.RecordID != "" {
		about = append(about, activity.Ref{Type: in.RecordType, ID: in.RecordID})
	}
	text := func(s string) *string { return &s }
	instant := func(t time.Time) *string { return text(docstore.At(t).String()) }
	planned, err := p.Service.Plan(ctx, activity.By{Run: by.Run, Depth: by.Depth}, id, activity.Patch{
		Type: &in.Type, Title: &in.Title, Text: &in.Text, Records: &about, Deadline: instant(in.Deadline), Start: instant(in.Start), End: instant(in.End),
		ResponsibleID: &in.Responsible, Participants: &in.Participants, Contacts: &in.Contacts, Color: &in.Color, Room: &in.Room, Place: &in.Place, Address: &in.Address,
		Link: &in.Link, Files: &in.Files, Calendar: &in.Calendar, CloseOnStageChange: &in.CloseOnStageChange})
	return planned.ID, err
}

// Contacts lists the contacts of a record.
func (p planner) Contacts(ctx context.Context, recordType, id string) ([]string, error) {
	if is, err := p.crm.Staged(ctx, recordType); err != nil || !is {
		return nil, err
	}
	d, err := p.crm.Record(ctx, recordType, id)
	if err != nil || d.ContactID == "" {
		return nil, err
	}
	return []string{d.ContactID}, nil
}

// Responsible is the responsible person of a record.
func (p planner) Responsible(ctx context.Context, recordType, id string) (string, error) {
	return staged{p.crm}.Responsible(ctx, activity.Ref{Type: recordType, ID: id})
}

// Known tells whether the story of a record has an entry.
func (t timeline) Known(ctx context.Context, id string) (bool, error) { return t.crm.HasEntry(ctx, id) }

// recordHolds lets robots wait for something to happen to a record. The executor that
// ends their steps is made after them.
type recordHolds struct {
	holds    *activity.Holds
	executor *effect.Executor
	clock    clock.Clock
	log      *slog.Logger
}

func newRecordHolds(ctx context.Context, a *App) (*recordHolds, error) {
	h := &recordHolds{clock: a.Clock, log: a.Log}
	var err error
	h.holds, err = activity.NewHolds(ctx, activity.HoldOptions{Store: a.Stores.Documents, Records: staged{a.CRM}, Planned: a.Activities, End: h.end, Now: a.Clock.Now,
		Commented: func(ctx context.Context, r activity.Ref, since time.Time) (bool, error) {
			newest, _, err := a.CRM.Timeline(ctx, r.Type, r.ID, docstore.DefaultLimit, "")
			return slices.ContainsFunc(newest, func(e crm.Entry) bool { return e.Kind == "comment" && e.Actor != "" && !e.At.Before(since) }), err
		}})
	return h, err
}

// Hold begins to wait.
func (h *recordHolds) Hold(ctx context.Context, in robot.Hold) (string, error) {
	hold := activity.Hold{For: in.For, Until: docstore.At(in.Until), Since: docstore.At(in.Since)}
	hold.ID = in.Effect
	return h.holds.Add(ctx, hold, activity.Ref{Type: in.RecordType, ID: in.RecordID})
}

func (h *recordHolds) end(ctx context.Context, id, by string, at time.Time) error {
	err := h.executor.Complete(ctx, id, core.EffectBody{Result: core.Values{"by": by, "at": docstore.At(at).String()}})
	switch {
	case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrNotFound):
		return nil // the step has ended otherwise
	case errors.Is(err, store.ErrConflict):
		return activity.ErrEarly
	}
	return err
}

// holdsPoll is how often moments of holds are looked for.
const holdsPoll = 2 * time.Second

// Run ends the holds whose moment has come until ctx ends.
func (h *recordHolds) Run(ctx context.Context) error {
	for {
		if _, err := h.holds.Due(ctx); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "end holds", "error", err)
		}
		if err := h.clock.Sleep(ctx, holdsPoll); err != nil {
			return err
		}
	}
}
