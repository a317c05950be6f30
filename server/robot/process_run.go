package robot

import (
	"context"
	"errors"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// processRun starts another process on the same record.
type processRun struct{ starter Starter }

// maxDepth ends chains of processes that start each other.
const maxDepth = 25

// Descriptor implements robot.Performer.
func (*processRun) Descriptor() robot.Descriptor { return describe("process.run", robot.Internal) }

// Perform starts the run under an id derived from the effect and, when asked to,
// leaves the effect open until that run ends.
//
// covers H-03, B-27
func (p *processRun) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	key, failure := text(req.Config, "process", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	if key == req.Run.DefinitionKey {
		return robot.Result{}, permanent("process_recursion", "choose another process", "a process cannot start itself")
	}
	if req.Run.CauseDepth+1 > maxDepth {
		return robot.Result{}, permanent("causal_chain", "look for processes that start each other", "%d processes and changes have led to one another; the chain ends here", req.Run.CauseDepth)
	}
	start := Start{ID: stableID(req.EffectID, "run"), Process: key, Parameters: map[string]any{}, RecordType: req.Run.RecordType, RecordID: req.Run.RecordID,
		StartedBy: req.Run.StartedBy, CauseRun: req.Run.ID, Depth: req.Run.CauseDepth + 1}
	rows, _ := req.Config["parameters"].([]any)
	for _, element := range rows {
		row, _ := element.(map[string]any)
		name, _ := row["name"].(string)
		if name == "" {
			return robot.Result{}, badConfig("parameters", "a row has no name")
		}
		start.Parameters[name] = row["value"]
	}
	wait, _ := req.Config["wait"].(bool)
	if wait {
		start.ParentEffect = req.EffectID
	}
	switch err := p.starter.Start(ctx, start); {
	case errors.Is(err, ErrProcessMissing):
		return robot.Result{}, permanent("process_missing", "publish the process or choose another one, then retry", "the process %q cannot be started: %v", key, err)
	case err != nil:
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"runId": start.ID}, Pending: wait}, nil
}
