package httpapi

import (
	"context"
	"errors"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
)

// taskRecord is what stands beside a decision: the record that it is about, as far as
// whoever decides may see it.
type taskRecord struct {
	Amount          crm.Money   `json:"amount"`
	CompanyName     string      `json:"companyName,omitempty"`
	ContactName     string      `json:"contactName,omitempty"`
	Pipeline        string      `json:"pipeline" doc:"its name"`
	Stage           crm.Stage   `json:"stage"`
	ResponsibleName string      `json:"responsibleName,omitempty"`
	Comments        []crm.Entry `json:"comments" doc:"the last ones, newest first"`
}

// commentsBeside is how many comments stand beside a decision, and how many lines of
// the record's story are looked through for them.
const (
	commentsBeside = 3
	linesRead      = 100
)

// besideTask reads the record of a task; nil when there is none, or none that the
// caller may see.
func (a *API) besideTask(ctx context.Context, recordType, id string) (*taskRecord, error) {
	if id == "" || clients(recordType) {
		return nil, nil
	}
	d, err := a.mayRecord(ctx, access.CRMView, recordType, id)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Status() < 500 { // it is gone, or not the caller's to see
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	card := d.Card()
	if err := a.coverCards(ctx, []*crm.Card{&card}); err != nil {
		return nil, err
	}
	out := taskRecord{Amount: crm.Money{Amount: card.Amount, Currency: card.Currency}, CompanyName: card.CompanyName, ContactName: card.ContactName,
		ResponsibleName: card.ResponsibleName, Comments: []crm.Entry{}}
	p, err := a.CRM.Pipeline(ctx, d.PipelineID)
	if err != nil {
		return nil, err
	}
	out.Pipeline = p.Name
	out.Stage, _ = p.Stage(d.StageID)
	lines, _, err := a.CRM.Timeline(ctx, d.Type, d.ID, linesRead, "")
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if line.Kind == "comment" && len(out.Comments) < commentsBeside {
			out.Comments = append(out.Comments, line)
		}
	}
	return &out, nil
}
