package app

import (
	"context"
	"time"

	"github.com/fluxo-app/fluxo/server/calendar"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/robot"
)

// making lets robots make records, clients and exceptions.
type making struct{ crm *crm.Service }

func (m making) Copy(ctx context.Context, by robot.Change, recordType, id string, c robot.Copy) (robot.Made, error) {
	d, err := m.crm.CopyRecord(ctx, change(by), recordType, id, crm.CopyOptions{Type: c.Type, Pipeline: c.Pipeline, Stage: c.Stage,
		Title: c.Title, Responsible: c.Responsible, Repeat: c.Repeat, Values: c.Values})
	return robot.Made{ID: d.ID, Title: d.Title, Created: true}, err
}

func (m making) Delete(ctx context.Context, by robot.Change, recordType, id string) error {
	return m.crm.DeleteByEffect(ctx, change(by), recordType, id)
}

func (m making) SetClient(ctx context.Context, by robot.Change, recordType, id string, c robot.Client) (robot.Made, error) {
	client, created, err := m.crm.SetClient(ctx, change(by), recordType, id, crm.ClientOptions{Type: c.Type, ID: c.ID, Values: c.Values,
		Create: c.Create, Update: c.Update, Add: c.Add})
	if err != nil || client == "" {
		return robot.Made{}, err
	}
	title, err := m.crm.Title(ctx, c.Type, client)
	return robot.Made{ID: client, Title: title, Created: created}, err
}

func (m making) HasClient(ctx context.Context, recordType, id string) (bool, error) {
	d, err := m.crm.Record(ctx, recordType, id)
	return d.CompanyID != "" || d.ContactID != "", err
}

func (m making) AddToExceptions(ctx context.Context, by robot.Change, recordType, id string) ([]string, error) {
	return m.crm.AddToExceptions(ctx, change(by), recordType, id)
}

func (m making) Convert(ctx context.Context, by robot.Change, recordType, id string, c robot.Conversion) (robot.Became, error) {
	if recordType != crm.TypeLead {
		return robot.Became{}, problem.Invalid("/record", "unknown_reference", "only a lead can be converted")
	}
	var deal *crm.ConvertDeal
	if c.Deal {
		deal = &crm.ConvertDeal{Pipeline: c.Pipeline, Stage: c.Stage, Title: c.Title, Responsible: c.Responsible}
	}
	made, err := m.crm.ConvertByRobot(ctx, change(by), id, c.Contact, c.Company, deal)
	became := robot.Became{Contact: made.Contact, Company: made.Company, Title: made.Title}
	if made.Deal != nil {
		became.Deal = made.Deal.ID
	}
	return became, err
}

func (m making) Value(ctx context.Context, recordType, id, field string) (any, error) {
	view, err := m.crm.View(ctx, recordType, id)
	return view[field], err
}

// askable tells robots who can be asked.
type askable struct {
	calendars *calendar.Service
	crm       *crm.Service
}

func (s askable) Absent(ctx context.Context, user string, at time.Time) (bool, error) {
	_, away, err := s.calendars.Absent(ctx, user, at)
	return away, err
}

func (s askable) OnDuty(ctx context.Context, user string) (bool, error) {
	day, err := s.calendars.Workday(ctx, user)
	return day.State == calendar.DayWorking, err
}

func (s askable) Load(ctx context.Context, user string) (int64, error) { return s.crm.Load(ctx, user) }

func (s askable) Turn(ctx context.Context, key, effect string, candidates []string) (string, error) {
	return s.crm.Turn(ctx, key, effect, candidates)
}

func (s askable) Responsible(ctx context.Context, recordType, id string) (string, error) {
	d, err := s.crm.Record(ctx, recordType, id)
	return d.ResponsibleID, err
}
