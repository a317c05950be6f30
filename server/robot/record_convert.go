package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// Conversion says what a lead becomes.
type Conversion struct {
	Contact, Company, Deal              bool
	Pipeline, Stage, Title, Responsible string
}

// Became is what a lead has become, "" for what it has not.
type Became struct{ Contact, Company, Deal, Title string }

// recordConvert makes a contact, a company and a deal of the run's lead.
type recordConvert struct{ making Making }

// Descriptor implements robot.Performer.
func (*recordConvert) Descriptor() robot.Descriptor {
	return describe("record.convert", robot.Internal)
}

// Perform converts the lead once per step.
//
// covers R-13, O-03
func (p *recordConvert) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	made, failure := copyOf(req.Config)
	if failure != nil {
		return robot.Result{}, failure
	}
	c := Conversion{Contact: true, Company: true, Deal: true, Pipeline: made.Pipeline, Stage: made.Stage, Title: made.Title, Responsible: made.Responsible}
	for name, to := range map[string]*bool{"contact": &c.Contact, "company": &c.Company, "deal": &c.Deal} {
		if given, is := req.Config[name].(bool); is {
			*to = given
		}
	}
	became, err := p.making.Convert(ctx, once(req), req.Run.RecordType, req.Run.RecordID, c)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"contact": became.Contact, "company": became.Company, "id": became.Deal, "title": became.Title}}, nil
}
