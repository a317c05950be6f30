package status

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/definition"
)

// Move is a change of status, by the names of both.
type Move struct{ From, To string }

// Course is the way that one process of a template has gone.
type Course struct {
	Name    string // of the template
	Current string // name of the status in which it is, or was when it ended
	Moves   []Move // each once, in the order in which they came first
	Reason  string // for which somebody has ended it
}

// CourseOf reads which way a process has gone. Statuses are called as they were in
// the version that it follows.
func (s *Service) CourseOf(ctx context.Context, runID string) (Course, error) {
	l, err := s.look(ctx, runID)
	if err != nil {
		return Course{}, err
	}
	names := map[string]string{}
	for _, status := range l.mark.Statuses {
		names[status.ID] = status.Name
	}
	out := Course{Name: l.mark.Name}
	for from := int64(1); ; from += recordsPage {
		records, err := s.Engine.Records(ctx, core.RunID(runID), from, recordsPage)
		if err != nil {
			return out, fmt.Errorf("history of run %s: %w", runID, err)
		}
		for _, r := range records {
			name, is := names[string(r.Node)]
			switch {
			case r.Kind == core.RecordRunCanceled:
				out.Reason = r.Reason
			case r.Kind != core.RecordNodeEntered || !is:
			default:
				if move := (Move{out.Current, name}); out.Current != "" && !slices.Contains(out.Moves, move) {
					out.Moves = append(out.Moves, move)
				}
				out.Current = name
			}
		}
		if len(records) < recordsPage {
			return out, nil
		}
	}
}

// Stop ends a process with all that waits in it: its tasks are closed, what it has not
// sent yet is not sent. reason names the stopping for ever.
func (s *Service) Stop(ctx context.Context, actor, runID, reason string) error {
	_, err := s.Host.Operate(ctx, core.RunID(runID), "stop:"+reason, actor, host.Act{Kind: core.CancelRequested, Body: core.ReasonBody{Reason: reason}})
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) {
		return fmt.Errorf("stop process %s: %w", runID, err)
	}
	return nil
}

// Withdraw ends what a step has begun and not finished in a run: its task is closed,
// what it has not sent yet is not sent, and the process goes on behind it. cause names
// the withdrawal for ever.
func (s *Service) Withdraw(ctx context.Context, actor, runID, step, cause string) error {
	run, err := s.Runs.Get(ctx, runID)
	if err != nil {
		return err
	}
	process, err := s.Definitions.Process(ctx, run.DefinitionKey, run.Version)
	if err != nil {
		return err
	}
	nodes, err := definition.Nodes(process)
	if err != nil {
		return fmt.Errorf("read version %d of %s: %w", run.Version, run.DefinitionKey, err)
	}
	flows := nodes[step].Beside
	next := slices.IndexFunc(flows, func(f graph.Flow) bool { return f.From == step })
	if next < 0 {
		return fmt.Errorf("nothing leads on from step %s in version %d of %s", step, run.Version, run.DefinitionKey)
	}
	_, err = s.Host.Operate(ctx, core.RunID(runID), "withdraw:"+step+":"+cause, actor,
		host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: core.NodeID(step), To: core.NodeID(flows[next].To)}})
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) {
		return fmt.Errorf("withdraw %s of run %s: %w", step, runID, err)
	}
	return nil
}

// HasHad tells whether a step stands in a template, or has stood in one of the versions
// of its process: in the one given, or in any for 0.
func (s *Service) HasHad(ctx context.Context, id, step string, version int) (bool, error) {
	kept, err := s.load(ctx, id)
	if err != nil {
		return false, err
	}
	stands := false
	for _, status := range kept.Statuses {
		status.each(func(_ string, steps []Step) {
			stands = stands || slices.ContainsFunc(steps, func(one Step) bool { return one.ID == step })
		})
	}
	if version == 0 && stands {
		return true, nil
	}
	return definition.HasNode(ctx, s.Definitions, KeyOf(id), step, version)
}
