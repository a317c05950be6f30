package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// historyWrite adds a line to the story of the run's record.
type historyWrite struct{ timeline Timeline }

// Descriptor implements robot.Performer.
func (*historyWrite) Descriptor() robot.Descriptor { return describe("history.write", robot.Internal) }

// Perform writes the line once per step. Unlike a comment it is nobody's word and
// mentions nobody.
//
//
func (p *historyWrite) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	message, failure := text(req.Config, "text", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	wait, _ := waitOf(req.EffectID)
	entry := Entry{ID: stableID(wait, "history"), Kind: "history", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID, Text: message}
	if err := p.timeline.Add(ctx, entry); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"id": entry.ID}}, nil
}
