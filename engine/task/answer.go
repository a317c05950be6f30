package task

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/approval"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
)

// config is what of a task's resolved config matters here.
type config struct {
	Rule            approval.Rule      `json:"rule"`
	Threshold       json.Number        `json:"threshold"`
	WaitForAll      bool               `json:"waitForAll"`
	Outcomes        []approval.Outcome `json:"outcomes"`
	Comment         string             `json:"comment"`         // of a user task: never | optional | required
	CommentRequired string             `json:"commentRequired"` // of an approval: never | negative | always
	Refusal         string             `json:"refusal"`         // of a request for information: never | any | all
	RefusalReason   bool               `json:"refusalReason"`   // a refusal needs a comment
}

// acknowledged is the one answer of an acknowledgement.
const acknowledged = "acknowledged"

func ballot(t store.Task) (approval.Ballot, config, error) {
	var c config
	if err := json.Unmarshal(t.Config, &c); err != nil {
		return approval.Ballot{}, c, fmt.Errorf("config of task %s: %w", t.ID, err)
	}
	b := approval.Ballot{Rule: c.Rule, Outcomes: c.Outcomes, Appointed: seats(t), WaitForAll: c.WaitForAll}
	if b.Rule == "" {
		b.Rule = approval.All
	}
	if t.Kind == acknowledgeKind {
		b.Outcomes = []approval.Outcome{{Name: acknowledged, Positive: true}}
	}
	if c.Threshold != "" {
		percent, err := c.Threshold.Int64()
		if err != nil {
			return b, c, fmt.Errorf("config of task %s: threshold: %w", t.ID, err)
		}
		b.Threshold = int(percent)
	}
	return b, c, nil
}

// Complete answers a task: a user task is decided by it, an approval or an
// acknowledgement when the rule says so, a request for information by an answer
// or by as many refusals as its rule asks for. Errors: *NotAllowedError, *DecidedError, *VotedError,
// *OutcomeError, *CommentError, store.ErrNotFound.
func (s *Service) Complete(ctx context.Context, id string, a Actor, answer Answer) (Result, error) {
	t, err := s.update(ctx, id, func(t *store.Task, now core.Instant) error {
		if err := open(t); err != nil {
			return err
		}
		if err := allowed(*t, a); err != nil {
			return err
		}
		switch t.Kind {
		case approvalKind:
			return s.vote(t, a, answer, now)
		case acknowledgeKind:
			return s.acknowledge(t, a, answer, now)
		case requestKind:
			return s.inform(t, a, answer, now)
		}
		b, c, err := ballot(*t)
		if err != nil {
			return err
		}
		if err := knownOutcome(t.ID, b, answer.Outcome, len(b.Outcomes) == 0); err != nil {
			return err
		}
		if c.Comment == "required" && answer.Comment == "" {
			return &CommentError{Task: t.ID}
		}
		decide(t, a.User, answer.Outcome, answer, now)
		return nil
	})
	if err != nil {
		return Result{Task: t}, err
	}
	return s.inForce(ctx, t)
}

func knownOutcome(id string, b approval.Ballot, outcome string, mayBeEmpty bool) error {
	if outcome == "" && mayBeEmpty {
		return nil
	}
	names := make([]string, 0, len(b.Outcomes))
	for _, o := range b.Outcomes {
		names = append(names, o.Name)
	}
	if slices.Contains(names, outcome) {
		return nil
	}
	return &OutcomeError{Task: id, Outcome: outcome, Allowed: names}
}

// vote casts one vote and decides the task when the rule says so.
func (s *Service) vote(t *store.Task, a Actor, answer Answer, now core.Instant) error {
	b, c, err := ballot(*t)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(t.Votes, func(v store.Vote) bool { return v.User == a.User }); i >= 0 {
		return &VotedError{Task: t.ID, Vote: t.Votes[i]}
	}
	if err := knownOutcome(t.ID, b, answer.Outcome, false); err != nil {
		return err
	}
	positive := slices.ContainsFunc(b.Outcomes, func(o approval.Outcome) bool { return o.Name == answer.Outcome && o.Positive })
	if answer.Comment == "" && (c.CommentRequired == "always" || c.CommentRequired == "negative" && !positive) {
		return &CommentError{Task: t.ID}
	}
	if a.Override && !slices.Contains(b.Appointed, a.User) {
		// An administrator who is not appointed decides at once, for all of them.
		decide(t, a.User, answer.Outcome, answer, now)
		return nil
	}
	t.Votes = append(t.Votes, store.Vote{User: a.User, Outcome: answer.Outcome, Comment: answer.Comment, At: now})
	casts := make([]approval.Cast, 0, len(t.Votes))
	for _, v := range t.Votes {
		casts = append(casts, approval.Cast{Voter: v.User, Outcome: v.Outcome})
	}
	counted, err := b.Count(casts)
	if err != nil {
		return fmt.Errorf("count the votes of task %s: %w", t.ID, err)
	}
	if counted.Decided {
		decide(t, a.User, counted.Outcome, answer, now)
	}
	return nil
}

// acknowledge notes that one person has read, and ends the task when the rule says so.
func (s *Service) acknowledge(t *store.Task, a Actor, answer Answer, now core.Instant) error {
	_, c, err := ballot(*t)
	switch {
	case err != nil:
		return err
	case answer.Outcome != "" && answer.Outcome != acknowledged:
		return &OutcomeError{Task: t.ID, Outcome: answer.Outcome, Allowed: []string{acknowledged}}
	case answer.Comment == "" && c.Comment == "required":
		return &CommentError{Task: t.ID}
	}
	answer.Outcome = acknowledged
	if err := s.vote(t, a, answer, now); err != nil {
		return err
	}
	if t.Decision != nil {
		t.Decision.Outcome = "" // it leaves by its only exit, as a user task does
	}
	return nil
}

// inform takes what was asked for, or a refusal where that is allowed.
func (s *Service) inform(t *store.Task, a Actor, answer Answer, now core.Instant) error {
	_, c, err := ballot(*t)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(t.Votes, func(v store.Vote) bool { return v.User == a.User }); i >= 0 {
		return &VotedError{Task: t.ID, Vote: t.Votes[i]}
	}
	refusable := c.Refusal == "any" || c.Refusal == "all"
	switch {
	case answer.Outcome == "":
		if answer.Comment == "" && c.Comment == "required" {
			return &CommentError{Task: t.ID}
		}
		decide(t, a.User, "", answer, now)
		return nil
	case answer.Outcome != graph.PortRefused || !refusable:
		allowed := []string{""}
		if refusable {
			allowed = append(allowed, graph.PortRefused)
		}
		return &OutcomeError{Task: t.ID, Outcome: answer.Outcome, Allowed: allowed}
	case answer.Comment == "" && c.RefusalReason:
		return &CommentError{Task: t.ID}
	}
	t.Votes = append(t.Votes, store.Vote{User: a.User, Outcome: graph.PortRefused, Comment: answer.Comment, At: now})
	waiting := slices.ContainsFunc(seats(*t), func(user string) bool {
		return !slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == user })
	})
	if c.Refusal == "all" && waiting && !a.Override {
		t.Status, t.ClaimedBy = store.TaskOpen, "" // another one may take it
		return nil
	}
	decide(t, a.User, graph.PortRefused, answer, now)
	return nil
}

func decide(t *store.Task, by, outcome string, answer Answer, now core.Instant) {
	t.Status = store.TaskDecided
	t.Decision = &store.Decision{Outcome: outcome, By: by, At: now, Comment: answer.Comment, Result: answer.Result}
	if answer.UndoFor > 0 {
		t.Decision.NotBefore = now + core.Instant(min(answer.UndoFor, maxUndo).Milliseconds())
	}
}
