package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/feed"
)

// SeedDemo fills an empty installation with the demo company and with what its people
// are doing, so that who looks around sees a company at work; one that has people
// stays as it is.
func (a *App) SeedDemo(ctx context.Context) error {
	needed, err := a.Identity.SetupNeeded(ctx)
	if err != nil || !needed {
		return err
	}
	if err := a.Seed(ctx); err != nil {
		return err
	}
	ctx = access.With(ctx, access.Actor{System: true})
	for _, step := range []func(context.Context) error{a.seedRules, a.seedLeads, a.seedActivities, a.seedPosts, a.seedResources} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// demoRules are the robots and triggers of the leads' pipeline.
func demoRules() []board.Stage {
	now := board.Timing{Mode: board.Immediate}
	return []board.Stage{
		{Stage: "new", Robots: []board.Robot{
			{ID: "firstCall", Robot: "activity.call", Name: "Plan the first call", Timing: now,
				Config: json.RawMessage(`{"title":"Call {{ record.client.name }}","text":"Ask what they need and when.","in":{"amount":4,"unit":"hour"},"closeOnStageChange":true}`)},
			{ID: "noPhone", Robot: "comment.add", Name: "Note that there is no number", Timing: now, When: `record.client.phone == ""`,
				Config: json.RawMessage(`{"text":"No phone number: write to {{ record.client.email }} first."}`)},
			{ID: "waiting", Robot: "notification.send", Name: "Remind of a lead that waits", When: `record.responsible != ""`,
				Timing: board.Timing{Mode: board.Delay, Amount: 2, Unit: "workingDay", WorkingTime: &board.WorkingTime{Company: true}},
				Config: json.RawMessage(`{"to":[{"expr":"record.responsible"}],"text":"{{ record.title }} is still new after two working days."}`)},
		}},
		{Stage: "work", Triggers: []trigger.Trigger{
			{ID: "called", Type: "activityDone", Name: "Called", Config: json.RawMessage(`{"types":["call"]}`)},
		}, Robots: []board.Robot{
			{ID: "bigLead", Robot: "activity.task", Name: "Prepare an offer", Timing: now, When: `record.companyName != ""`,
				Config: json.RawMessage(`{"title":"Prepare an offer for {{ record.client.name }}","in":{"amount":2,"unit":"workingDay"}}`)},
			{ID: "quiet", Robot: "comment.add", Name: "Note that nothing happened", Timing: board.Timing{Mode: board.Delay, Amount: 14, Unit: "day"},
				Config: json.RawMessage(`{"text":"Two weeks in work without a result."}`)},
		}},
	}
}

// seedRules gives the leads' pipeline some rules.
func (a *App) seedRules(ctx context.Context) error {
	p, err := a.CRM.Pipeline(ctx, "leads")
	if err != nil {
		return fmt.Errorf("seed rules: %w", err)
	}
	rules := map[string]board.Stage{}
	for _, s := range demoRules() {
		rules[s.Stage] = s
	}
	stages := make([]board.Stage, len(p.Stages))
	for i, s := range p.Stages {
		stages[i] = rules[s.ID]
		stages[i].Stage = s.ID
	}
	if _, err := a.Boards.Put(ctx, board.By{Actor: "dana", Language: "en"}, p.ID, 0, stages); err != nil {
		return fmt.Errorf("seed rules of leads: %w", err)
	}
	return nil
}

// demoLeads came in after the rules were there: robots are at work on them.
var demoLeads = []struct {
	first, last, company, email, phone, source string
	amount                                     int64
}{
	{"Agnieszka", "Wrona", "Wrona Bakeries", "a.wrona@wrona.test", "+48 22 555 02 10", "site", 4_800_000},
	{"Bruno", "Azevedo", "Azevedo & Filhos", "bruno@azevedo.test", "", "email", 0},
	{"Sigrid", "Halvorsen", "", "sigrid@halvorsen.test", "+47 22 55 02 30", "exhibition", 950_000},
}

func (a *App) seedLeads(ctx context.Context) error {
	responsible, currency := "henrik", "EUR"
	for _, l := range demoLeads {
		fields := map[string]any{"firstName": l.first, "lastName": l.last, "email": []any{l.email}, "source": l.source}
		if l.company != "" {
			fields["companyName"] = l.company
		}
		if l.phone != "" {
			fields["phone"] = []any{l.phone}
		}
		if _, err := a.CRM.CreateRecord(ctx, crm.Change{Actor: responsible}, crm.TypeLead, "leads", "new",
			crm.RecordPatch{ResponsibleID: &responsible, Amount: &l.amount, Currency: &currency, Fields: fields}); err != nil {
			return fmt.Errorf("seed lead %s: %w", l.last, err)
		}
	}
	return nil
}

// demoActivities are planned by who does them. Hours count from the next full hour.
var demoActivities = []struct {
	deal, kind, title, text, place, who string
	with                                []string
	hours, lasts                        int
}{
	{"Warehouse scanners for Baltic Timber", activity.Call, "Agree on the delivery date", "They want it before the stocktaking.", "", "marta", nil, 3, 0},
	{"Robot cell maintenance 2027", activity.Meeting, "Walk through the maintenance plan", "", "Kraków, hall 3", "marta", []string{"oscar"}, 50, 2},
	{"Lens coating chamber", activity.Meeting, "Demonstration of LC-9", "Bring the samples.", "Showroom", "henrik", []string{"oscar"}, 26, 2},
	{"Cold chain sensors", activity.Call, "Ask about the gateways", "", "", "henrik", nil, 22, 0},
	{"Forklift fleet telemetry", activity.Task, "Check the invoice data", "The company has moved.", "", "anna", nil, 28, 0},
	{"Calibration contract", activity.Task, "Order the reference weights", "", "", "oscar", nil, 72, 0},
}

func (a *App) seedActivities(ctx context.Context) error {
	deals, _, err := a.CRM.Records(ctx, crm.TypeDeal, crm.ListQuery{Limit: 50})
	if err != nil {
		return fmt.Errorf("seed activities: %w", err)
	}
	ids := map[string]string{}
	for _, d := range deals {
		ids[d.Title] = d.ID
	}
	from := a.Clock.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	for _, one := range demoActivities {
		at := from.Add(time.Duration(one.hours) * time.Hour)
		start := at.Format(time.RFC3339)
		p := activity.Patch{Type: &one.kind, Title: &one.title, Text: &one.text, Place: &one.place, ResponsibleID: &one.who, Participants: &one.with,
			Records: &[]activity.Ref{{Type: crm.TypeDeal, ID: ids[one.deal]}}}
		if one.lasts > 0 {
			end := at.Add(time.Duration(one.lasts) * time.Hour).Format(time.RFC3339)
			p.Start, p.End = &start, &end
		} else {
			p.Deadline = &start
		}
		if _, err := a.Activities.Plan(ctx, activity.By{Actor: one.who}, "", p); err != nil {
			return fmt.Errorf("seed activity %s: %w", one.title, err)
		}
	}
	return nil
}

// seedResources gives the company what it books for meetings and visits.
func (a *App) seedResources(ctx context.Context) error {
	for _, r := range []booking.Rules{
		{Name: "Meeting room Vistula", Kind: booking.Room, Capacity: 1, Active: true, Note: "Ten seats, screen and camera"},
		{Name: "Demonstration kit", Kind: booking.Equipment, Capacity: 2, AnyTime: true, Active: true},
		{Name: "Company car", Kind: booking.Car, Capacity: 1, AnyTime: true, Active: true},
	} {
		if _, err := a.Bookings.AddResource(ctx, booking.By{Actor: "ada"}, r); err != nil {
			return fmt.Errorf("seed resource %s: %w", r.Name, err)
		}
	}
	return nil
}

// seedPosts lets the company talk.
func (a *App) seedPosts(ctx context.Context) error {
	post := func(who, text string) (feed.Post, error) {
		return a.Posts.Add(ctx, feed.Author{ID: who}, "", text, nil, nil)
	}
	if _, err := post("dana", "New leads are called within four hours from today: the robots of the leads' pipeline plan the call. See CRM, Leads, Automation."); err != nil {
		return fmt.Errorf("seed post: %w", err)
	}
	won, err := post("henrik", "Nordlys has signed for the spare parts. Well done, everybody!")
	if err != nil {
		return fmt.Errorf("seed post: %w", err)
	}
	if _, err := a.Posts.Say(ctx, feed.Author{ID: "anna"}, won, "The invoice goes out today."); err != nil {
		return fmt.Errorf("seed comment: %w", err)
	}
	return nil
}
