package status

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
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
