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
	r := Ref{typeOf(d), d.DocumentID}
	open, err := s.kept.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "keys", Op: docstore.Contains, Value: r.String()},
		{Path: "status", Op: docstore.Eq, Value: Planned}}}, openMost)
	if err != nil {
		return fmt.Errorf("planned activities of %s: %w", r, err)
	}
	run, byRun := strings.CutPrefix(d.Event.Cause, "run:")
	if !byRun {
		run = "" // a person or a trigger moved it
	}
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

// typeOf is the type of the record that an event is about.
func typeOf(d docstore.Delivery) string {
	var body struct {
		Type string `json:"type"`
	}
	// A body that cannot be read has no type; its kind then tells.
	if err := json.Unmarshal(d.Event.Body, &body); err == nil && body.Type != "" {
		return body.Type
	}
	kind, _, _ := strings.Cut(d.Event.Kind, ".")
	return kind
}

// recordsOf lists what the activity of an event is about.
func recordsOf(d docstore.Delivery) ([]Ref, error) {
	var c Change
	if err := json.Unmarshal(d.Event.Body, &c); err != nil {
		return nil, fmt.Errorf("event %d of activity %s: %w", d.Seq, d.DocumentID, err)
	}
	if c.After == nil {
		return nil, nil
	}
	return c.After.Records, nil
}

// entryOf reads the event of a line in a record's story.
func entryOf(d docstore.Delivery) (record, kind string, err error) {
	var e struct {
		Record string `json:"record"`
		Kind   string `json:"kind"`
	}
	if err := json.Unmarshal(d.Event.Body, &e); err != nil {
		return "", "", fmt.Errorf("event %d of entry %s: %w", d.Seq, d.DocumentID, err)
	}
	return e.Record, e.Kind, nil
}
