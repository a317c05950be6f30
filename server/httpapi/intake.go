package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/intake"
	"github.com/fluxo-app/fluxo/server/problem"
)

// takenIn is the answer to a lead or an order: 201 for what was made, 200 when the
// list of exceptions kept it out. Replay tells that it was made before.
type takenIn struct {
	Status int
	Replay string `header:"Idempotent-Replay"`
	Body   intake.Result
}

func taken(r intake.Result, again bool, err error) (*takenIn, error) {
	if err != nil {
		return nil, err
	}
	out := &takenIn{Status: http.StatusCreated, Body: r}
	if r.Excepted != nil {
		out.Status = http.StatusOK
	}
	if again {
		out.Replay = "true"
	}
	return out, nil
}

// mayTakeIn decides about what is pushed: a record on a stage, and its client.
func (a *API) mayTakeIn(ctx context.Context, recordType string, p intake.Place, company bool) error {
	pipeline, stage, err := a.Intake.Where(ctx, recordType, p)
	if err != nil {
		return err
	}
	if err := a.mayAdd(ctx, recordType, pipeline, stage); err != nil {
		return err
	}
	if company {
		if err := a.mayClients(ctx, access.CRMAdd, crm.TypeCompany); err != nil {
			return err
		}
	}
	return a.mayClients(ctx, access.CRMAdd, crm.TypeContact)
}

func (a *API) intakeRoutes() {
	const tag = "intake"
	route(a, spec{method: http.MethodPost, path: "/intake/leads", id: "takeInLead", summary: "Push a lead: its client is known again or made", tag: tag, need: "crm.add", status: 201, fresh: true},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" doc:"the same key with the same request is the same lead for seven days; needed without externalId"`
			Body intake.Lead
		}) (*takenIn, error) {
			if len(in.Key) > 200 {
				return nil, problem.Invalid("header.Idempotency-Key", "too_long", "")
			}
			if err := a.mayTakeIn(ctx, crm.TypeLead, in.Body.Place, in.Body.Company != nil); err != nil {
				return nil, err
			}
			return taken(a.Intake.Lead(ctx, callerOf(ctx).ID, in.Key, in.Body))
		})
	route(a, spec{method: http.MethodPost, path: "/intake/orders", id: "takeInOrder", summary: "Push an order: it becomes a deal, its buyer the contact", tag: tag, need: "crm.add", status: 201, fresh: true},
		func(ctx context.Context, in *struct{ Body intake.Order }) (*takenIn, error) {
			if err := a.mayTakeIn(ctx, crm.TypeDeal, in.Body.Place, in.Body.Company != nil); err != nil {
				return nil, err
			}
			return taken(a.Intake.Order(ctx, callerOf(ctx).ID, in.Body))
		})
}
