package activity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Line is one line of a record's story; an ID that is there already is the same
// line.
type Line struct {
	ID     string
	Record Ref
	At     docstore.Instant
	Actor  string
	Run    string
	Text   string
	Data   map[string]any
}

// Notice tells one person of an activity; an ID that is known already is the
// same notice.
type Notice struct {
	ID   string
	User string
	// Key says what happened: activityPlanned, activityInvited, activityMoved,
	// activityDone, activityCanceled.
	Key      string
	Actor    string
	Activity Activity
}

// Told are those who hear of activities.
type Told struct {
	Story  func(ctx context.Context, l Line) error
	Notify func(ctx context.Context, n Notice) error
	// Show refreshes what people have on the screen.
	Show func(ctx context.Context, event string, id string, people []string, records []Ref) error
}

// Tell is the consumer of the events of activities: it writes the stories of
// their records, rings the bells of their people and refreshes screens. It may see
// an event any number of times.
//
// covers R-19, K-02, P-10
func (s *Service) Tell(to Told) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		var c Change
		if err := json.Unmarshal(d.Event.Body, &c); err != nil {
			return fmt.Errorf("event %d of activity %s: %w", d.Seq, d.DocumentID, err)
		}
		now, was := c.After, c.Before
		if now == nil {
			now = was
		}
		if now == nil {
			return nil
		}
		if was == nil {
			was = &Activity{}
		}
		event := d.DocumentID + "#" + strconv.FormatInt(d.Seq, 10)
		if word := happened(d.Event.Kind, *was, *now); word != "" {
			run, _ := strings.CutPrefix(d.Event.Cause, "run:")
			for _, r := range now.Records {
				line := Line{ID: "activity:" + event + ":" + r.String(), Record: r, At: docstore.At(d.At), Actor: d.Event.Actor, Run: run, Text: now.Result,
					Data: map[string]any{"event": word, "id": now.ID, "type": now.Type, "title": now.Title, "responsible": now.ResponsibleID}}
				if at := now.When(); !at.IsZero() {
					line.Data["at"] = at.String()
				}
				if err := to.Story(ctx, line); err != nil {
					return err
				}
			}
		}
		for _, n := range notices(d.Event.Kind, *was, *now) {
			if n.User == "" || n.User == d.Event.Actor {
				continue
			}
			n.ID, n.Actor, n.Activity = "activity:"+event+":"+n.User, d.Event.Actor, *now
			if err := to.Notify(ctx, n); err != nil {
				return err
			}
		}
		return to.Show(ctx, event, now.ID, distinct(append(was.People(), now.People()...)), distinct(append(slices.Clone(was.Records), now.Records...)))
	}
}

// When is the moment at which people expect it: its start, else its deadline.
func (a Activity) When() docstore.Instant {
	if !a.Start.IsZero() {
		return a.Start
	}
	return a.Deadline
}

// happened is the word of an event in the story of a record, "" for what is not
// worth a line there.
func happened(kind string, was, now Activity) string {
	switch kind {
	case EventPlanned:
		return "planned"
	case EventDone:
		if now.ClosedBy == "" && now.CloseOnStageChange {
			return "closed"
		}
		return "done"
	case EventCanceled:
		return "canceled"
	case EventReopened:
		return "reopened"
	case EventDeleted:
		return "deleted"
	}
	if !was.When().Equal(now.When().Time) {
		return "moved"
	}
	return ""
}

// notices lists who hears of an event, and what.
func notices(kind string, was, now Activity) []Notice {
	var out []Notice
	all := func(key string) {
		for _, id := range now.People() {
			out = append(out, Notice{User: id, Key: key})
		}
	}
	switch kind {
	case EventPlanned, EventChanged:
		moved := kind == EventChanged && !was.When().Equal(now.When().Time)
		for _, id := range now.People() {
			switch known := slices.Contains(was.People(), id); {
			case id == now.ResponsibleID && id != was.ResponsibleID:
				out = append(out, Notice{User: id, Key: "activityPlanned"})
			case !known:
				out = append(out, Notice{User: id, Key: "activityInvited"})
			case moved:
				out = append(out, Notice{User: id, Key: "activityMoved"})
			}
		}
	case EventCanceled, EventDeleted:
		if was.Status == Planned {
			all("activityCanceled")
		}
	case EventDone:
		if now.ClosedBy != "" && now.CreatedBy != "" {
			out = append(out, Notice{User: now.CreatedBy, Key: "activityDone"})
		}
	}
	return out
}
