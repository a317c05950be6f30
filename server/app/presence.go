package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/calendar"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// present is the directory with what it knows of people's days.
type present struct {
	people
	ctx       context.Context // of the application: expressions have none
	calendars *calendar.Service
}

// AtWork implements expr.Presence.
func (p present) AtWork(id string) bool {
	d, err := p.calendars.Workday(p.ctx, id)
	return err == nil && d.State == calendar.DayWorking
}

// arrived lets the runs about a person's records look again when the person
// begins to work: robots may wait for that.
func (a *App) arrived(to *message.Service) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		var e struct {
			After struct {
				State string `json:"state"`
			} `json:"after"`
		}
		if err := json.Unmarshal(d.Event.Body, &e); err != nil {
			return fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
		}
		if e.After.State != calendar.DayWorking {
			return nil
		}
		wait, err := a.Boards.AwaitPeople(ctx)
		if err != nil || !wait {
			return err
		}
		types, err := a.CRM.Types(ctx)
		if err != nil {
			return err
		}
		for _, t := range types {
			if staged, err := a.CRM.Staged(ctx, t); err != nil || !staged {
				if err != nil {
					return err
				}
				continue
			}
			if err := a.lookAgain(ctx, to, t, d); err != nil {
				return err
			}
		}
		return nil
	}
}

func (a *App) lookAgain(ctx context.Context, to *message.Service, recordType string, d docstore.Delivery) error {
	for q := (crm.ListQuery{Responsible: d.DocumentID, Limit: docstore.MaxLimit}); ; {
		records, next, err := a.CRM.Records(ctx, recordType, q)
		if err != nil {
			return err
		}
		for _, r := range records {
			c := message.Change{ID: fmt.Sprintf("day:%s:%d:%s", d.DocumentID, d.Seq, r.ID), Type: recordType, Record: r.ID, Actor: d.Event.Actor}
			if err := to.Changed(ctx, c); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}
