package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// recordSetStage moves the run's record to a stage.
type recordSetStage struct{ records Records }

// Descriptor implements robot.Performer.
func (*recordSetStage) Descriptor() robot.Descriptor {
	return describe("record.setStage", robot.Internal)
}

// Perform moves the record; being there already is no failure. The run goes on.
//
// covers R-11, B-30
func (p *recordSetStage) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	stage, failure := text(req.Config, "stage", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	note, failure := text(req.Config, "note", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	pipeline, failure := text(req.Config, "pipeline", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	from, to, err := p.records.SetStage(ctx, change(req), req.Run.RecordType, req.Run.RecordID, pipeline, stage, note)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"from": from, "to": to}}, nil
}
