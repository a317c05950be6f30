package task

import (
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/store"
)

// NotAllowedError says that a person may not act on a task.
type NotAllowedError struct {
	Task   string
	User   string
	People []string // who may
	Groups []string // whose members may
}

// Error names who may.
func (e *NotAllowedError) Error() string {
	who := strings.Join(e.People, ", ")
	if len(e.Groups) > 0 {
		if who != "" {
			who += " or "
		}
		who += "members of " + strings.Join(e.Groups, ", ")
	}
	return fmt.Sprintf("task %s belongs to %s, not to %s", e.Task, who, e.User)
}

// DecidedError says that a task was decided before, or closed; Task carries the
// recorded outcome.
type DecidedError struct{ Task store.Task }

// Error tells the recorded outcome.
func (e *DecidedError) Error() string {
	if d := e.Task.Decision; d != nil {
		if d.Outcome == "" {
			return fmt.Sprintf("task %s was completed by %s", e.Task.ID, d.By)
		}
		return fmt.Sprintf("task %s was decided by %s: %s", e.Task.ID, d.By, d.Outcome)
	}
	return fmt.Sprintf("task %s is %s", e.Task.ID, e.Task.Status)
}

// VotedError says that a person has voted before.
type VotedError struct {
	Task string
	Vote store.Vote
}

// Error tells the recorded vote.
func (e *VotedError) Error() string {
	return fmt.Sprintf("%s has already answered task %s: %s", e.Vote.User, e.Task, e.Vote.Outcome)
}

// OutcomeError says that an answer names an outcome that the task does not have.
type OutcomeError struct {
	Task    string
	Outcome string
	Allowed []string
}

// Error names the possible outcomes.
func (e *OutcomeError) Error() string {
	return fmt.Sprintf("task %s has no outcome %q; choose one of: %s", e.Task, e.Outcome, strings.Join(e.Allowed, ", "))
}

// CommentError says that an answer needs a comment.
type CommentError struct{ Task string }

// Error says so.
func (e *CommentError) Error() string { return fmt.Sprintf("task %s needs a comment", e.Task) }

// DelegationError says why a task cannot be handed over.
type DelegationError struct {
	Task   string
	To     string
	Reason string
}

// Error says why.
func (e *DelegationError) Error() string {
	return fmt.Sprintf("task %s cannot be handed to %s: %s", e.Task, e.To, e.Reason)
}

// TooLateError says that a decision can no longer be taken back.
type TooLateError struct{ Task store.Task }

// Error says so.
func (e *TooLateError) Error() string {
	return fmt.Sprintf("the decision on task %s is in force and cannot be taken back", e.Task.ID)
}
