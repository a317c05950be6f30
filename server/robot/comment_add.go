package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// commentAdd comments on the run's record.
type commentAdd struct{ records Records }

// Descriptor implements robot.Performer.
func (*commentAdd) Descriptor() robot.Descriptor { return describe("comment.add", robot.Internal) }

// Perform adds the comment once per effect.
//
//
func (p *commentAdd) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	message, failure := text(req.Config, "text", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	id, err := p.records.Comment(ctx, change(req), req.Run.RecordType, req.Run.RecordID, message)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"id": id}}, nil
}
