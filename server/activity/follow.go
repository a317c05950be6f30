package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// enter remembers on which stages the records of an activity are that closes
// when one of them leaves.
func (s *Service) enter(ctx context.Context, a *stored) error {
	a.Entered = nil
	if !a.CloseOnStageChange {
		return nil
	}
	a.Entered = map[string]Stay{}
	for _, r := range a.Records {
		stay, err := s.o.Records.Stage(ctx, r)
		if gone(err) || err == nil && stay.Stage == "" {
			continue
		}
		if err != nil {
			return fmt.Errorf("stage of %s: %w", r, err)
		}
		a.Entered[r.String()] = stay
	}
	return nil
}

// recheck closes what was planned while its record left the stage: the event of
// the move may have been delivered before the activity was there.
func (s *Service) recheck(ctx context.Context, a stored) (Activity, error) {
	for _, r := range a.Records {
		was, entered := a.Entered[r.String()]
		if !entered || a.Status != Planned {
			continue
		}
		stay, err := s.o.Records.Stage(ctx, r)
		if err != nil {
			return a.Activity, nil //nolint:nilerr // the activity is kept; a record that is gone leaves no stage
		}
		if stay.Stage != was.Stage || !stay.Since.Equal(was.Since.Time) {
			return s.leave(ctx, By{}, a.ID, r, stay.Rev)
		}
	}
	return a.Activity, nil
}

// leave closes an activity whose record has left its stage by the change with a
// revision; what was planned after that change stays.
func (s *Service) leave(ctx context.Context, by By, id string, r Ref, rev int64) (Activity, error) {
	return s.change(ctx, by, id, 0, func(a *stored) (string, error) {
		was, entered := a.Entered[r.String()]
		if a.Status != Planned || !a.CloseOnStageChange || !entered || rev <= was.Rev {
			return "", nil
		}
		return s.close(a, by, Done, ""), nil
	})
}

// Follow is the consumer of the events of records: activities that were planned
// to close with their stage are closed. It may see an event any number of times.
//
// covers P-15
func (s *Service) Follow(ctx context.Context, d docstore.Delivery) error {
	if !strings.HasSuffix(d.Event.Kind, ".stageChanged") {
		return nil
	}
	var moved struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(d.Event.Body, &moved); err != nil {
		return fmt.Errorf("event %d of record %s: %w", d.Seq, d.DocumentID, err)
	}
	if moved.Type == "" {
		moved.Type, _, _ = strings.Cut(d.Event.Kind, ".")
	}
	r := Ref{moved.Type, d.DocumentID}
	open, err := s.kept.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "keys", Op: docstore.Contains, Value: r.String()},
		{Path: "status", Op: docstore.Eq, Value: Planned}}}, openMost)
	if err != nil {
		return fmt.Errorf("planned activities of %s: %w", r, err)
	}
	run, _ := strings.CutPrefix(d.Event.Cause, "run:")
	for _, a := range open {
		// Who moved the record did not close the activity: it closed by itself.
		if _, err := s.leave(ctx, By{Run: run, Depth: d.Event.Depth}, a.ID, r, d.Rev); err != nil && !gone(err) {
			return err
		}
	}
	return nil
}

// openMost bounds the planned activities of one record.
const openMost = 10_000

func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == 404
}
