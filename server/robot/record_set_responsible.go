package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// recordSetResponsible gives the run's record to another person.
type recordSetResponsible struct {
	records Records
	people  func(ctx context.Context) (People, error)
}

// Descriptor implements robot.Performer.
func (*recordSetResponsible) Descriptor() robot.Descriptor {
	return describe("record.setResponsible", robot.Internal)
}

// Perform sets the responsible person, who must exist and be active.
//
//
func (p *recordSetResponsible) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	id, ok := person(req.Config["user"])
	if !ok {
		return robot.Result{}, badConfig("user", "a person is expected, this is %s", kindOf(req.Config["user"]))
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	user, known := people.User(id)
	if active, stated := user["active"].(bool); !known || (stated && !active) {
		return robot.Result{}, permanent("unknown_person", fixStep, "there is no active person %q", id)
	}
	if err := p.records.SetFields(ctx, change(req), req.Run.RecordType, req.Run.RecordID, map[string]any{"responsible": id}); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"user": id}}, nil
}
