package robot

import (
	"context"
	"time"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// Hold is a step that waits until something happens to its record.
type Hold struct {
	Effect               string
	RecordType, RecordID string
	For                  string // activity, comment or any
	Until                time.Time
	Since                time.Time
}

// Holds keeps them and ends their steps.
type Holds interface {
	// Hold begins to wait; by tells what has ended it already, "" when it goes on.
	Hold(ctx context.Context, h Hold) (by string, err error)
}

// recordWait puts the record on hold with an instruction.
type recordWait struct {
	holds    Holds
	timeline Timeline
	times    activityPlan // reads moments
}

// Descriptor implements robot.Performer.
func (*recordWait) Descriptor() robot.Descriptor { return describe("record.wait", robot.Internal) }

// Perform tells the story of the instruction and leaves the step open until a
// person does something about the record, writes a comment, or the moment comes.
//
//
func (p *recordWait) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	message, failure := text(req.Config, "text", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	what, failure := text(req.Config, "for", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	switch what {
	case "":
		what = "any"
	case "any", "activity", "comment":
	default:
		return robot.Result{}, badConfig("for", "%q is none of any, activity, comment", what)
	}
	until, err := p.times.begins(ctx, req)
	if err != nil {
		return robot.Result{}, err
	}
	if !until.IsZero() && !until.After(req.Now) {
		return robot.Result{Values: map[string]any{"by": "time"}}, nil
	}
	entry := Entry{ID: stableID(req.EffectID, "hold"), Kind: "hold", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID, Text: message, Data: map[string]any{"for": what}}
	if !until.IsZero() {
		entry.Data["until"] = until.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if err := p.timeline.Add(ctx, entry); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	by, err := p.holds.Hold(ctx, Hold{Effect: req.EffectID, RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, For: what, Until: until, Since: req.OpenedAt})
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	if by != "" {
		return robot.Result{Values: map[string]any{"by": by}}, nil
	}
	return robot.Result{Pending: true}, nil
}
