package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
)

// What follows is the part of the contract that is plain computation, so that
// every store computes it alike.

// EventSize is what an event counts for in InboxBytes.
func EventSize(e core.Event) int {
	return len(e.ID) + len(e.Kind) + len(e.Wait) + len(e.Actor) + len(e.Body) + 32
}

// Ended tells whether a run in this status accepts no more events.
func Ended(s core.Status) bool {
	return s == core.Completed || s == core.Canceled || s == core.Failed
}

// Room tells how full an inbox may be so that these events still fit: at most
// so many events in it, and fewer than so many bytes.
func Room(events []core.Event) (count, bytes int) {
	count, bytes = InboxEvents-len(events), InboxBytes
	for _, e := range events {
		if e.Kind != core.CancelRequested {
			return count, bytes
		}
	}
	return count + InboxReserve, 2 * InboxBytes
}

// Fits checks the hard limit of events that are accepted together.
func Fits(events []core.Event) error {
	total := 0
	for _, e := range events {
		if total += EventSize(e); total > EventHard {
			return fmt.Errorf("events of %d bytes up to %s: %w", total, e.ID, ErrTooLarge)
		}
	}
	return nil
}

// Unknown returns the events whose id is neither in the inbox nor in the recent
// ring nor earlier among themselves.
func Unknown(inbox []core.Event, recent []string, events []core.Event) []core.Event {
	var left []core.Event
	same := func(id string) func(core.Event) bool { return func(e core.Event) bool { return e.ID == id } }
	for _, e := range events {
		if !slices.Contains(recent, e.ID) && !slices.ContainsFunc(inbox, same(e.ID)) && !slices.ContainsFunc(left, same(e.ID)) {
			left = append(left, e)
		}
	}
	return left
}

// ReadySince is ReadyAt after events have been accepted.
func ReadySince(readyAt core.Instant, events []core.Event) core.Instant {
	at := max(events[0].At, 1)
	if readyAt == 0 || at < readyAt {
		return at
	}
	return readyAt
}

// ReadyAfter is ReadyAt after a commit that has removed so many events from the
// inbox of a run that was ready at readyAt, and has left others.
func (c Commit) ReadyAfter(removed, left int, readyAt core.Instant) core.Instant {
	if left <= max(0, c.Seen-removed) {
		return c.ReadyAt
	}
	if readyAt == 0 { // events that an earlier step had put aside
		readyAt = max(c.Run.UpdatedAt, 1)
	}
	if c.ReadyAt != 0 {
		readyAt = min(readyAt, c.ReadyAt)
	}
	return readyAt
}

// Check enforces the limits of a commit on a run whose outbox, after the relayed
// entries were dropped, is kept.
func (c Commit) Check(kept []Outbox) error {
	if len(c.Run.State) > StateHard {
		return fmt.Errorf("state of %d bytes: %w", len(c.Run.State), ErrTooLarge)
	}
	added := outboxBytes(c.Outbox)
	if added > OutboxHard {
		return fmt.Errorf("outbox entries of %d bytes: %w", added, ErrTooLarge)
	}
	if len(kept) > 0 && (len(kept)+len(c.Outbox) > OutboxMax || outboxBytes(kept)+added > OutboxHard) {
		return fmt.Errorf("outbox of %d and %d more entries: %w", len(kept), len(c.Outbox), ErrFull)
	}
	return nil
}

func outboxBytes(entries []Outbox) int {
	total := 0
	for _, o := range entries {
		total += len(o.ID) + len(o.Reason) + len(o.Body) + 32
	}
	return total
}

// Copied tells whether the relay copies entries of this kind; the others are
// performed by the host and stay in the outbox until it has done so.
func (k OutboxKind) Copied() bool {
	return k != StartChildRun && k != CancelChildRun && k != NotifyParentDone && k != SendMessage && k != TellRunEnded
}

// Cancels tells whether an End with this reason means that the document was
// canceled rather than completed.
func Cancels(reason string) bool { return reason != "" && reason != string(TaskCompleted) }

// ReadJSON decodes one JSON value; numbers in core.Values stay json.Number.
func ReadJSON(text []byte, document any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(document); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

// Decode reads the body of an entry into a document. ErrBadEntry.
func (o Outbox) Decode(document any) error {
	if err := ReadJSON(o.Body, document); err != nil {
		return fmt.Errorf("outbox entry %d (%s %s): %w: %w", o.Seq, o.Kind, o.ID, ErrBadEntry, err)
	}
	return nil
}

// Task reads the body of a PutTask as it is inserted.
func (o Outbox) Task() (Task, error) {
	var t Task
	if err := o.Decode(&t); err != nil {
		return Task{}, err
	}
	t.ID, t.Rev = o.ID, 1
	if t.Status == "" {
		t.Status = TaskOpen
	}
	return t, nil
}

// Effect reads the body of a PutEffect as it is inserted.
func (o Outbox) Effect() (Effect, error) {
	var e Effect
	if err := o.Decode(&e); err != nil {
		return Effect{}, err
	}
	e.ID = o.ID
	if e.Status == "" {
		e.Status = EffectReady
	}
	return e, nil
}

// Closed tells whether the relay has closed a task.
func (s TaskStatus) Closed() bool { return s == TaskCompleted || s == TaskCanceled }

// Ended is the status of a task after an End with this reason.
func (s TaskStatus) Ended(reason string) TaskStatus {
	switch {
	case s.Closed():
		return s
	case Cancels(reason):
		return TaskCanceled
	default:
		return TaskCompleted
	}
}

// Settled tells whether an effect has an outcome that a run can be told.
func (s EffectStatus) Settled() bool {
	return s == EffectFinished || s == EffectFailed || s == EffectUnknown
}

// Claimed tells whether a worker holds the effect.
func (s EffectStatus) Claimed() bool { return s == EffectRunning || s == EffectSending }

// Settleable tells whether SettleEffect may change it.
func (s EffectStatus) Settleable() bool { return s.Claimed() || s == EffectUnknown }

// CheckSettle refuses a status that is no outcome of an attempt.
func (e Effect) CheckSettle() error {
	switch e.Status {
	case EffectReady, EffectAwaiting, EffectFinished, EffectFailed, EffectUnknown:
		return nil
	default:
		return fmt.Errorf("effect %s settled as %q: %w", e.ID, e.Status, ErrBadEntry)
	}
}

// People is who may act on a task by name: Users after all delegations in their
// order, and whoever has claimed it.
func (t Task) People() []string {
	people := slices.Clone(t.Users)
	for _, d := range t.Delegated {
		people = slices.DeleteFunc(people, func(p string) bool { return p == d.From })
		people = append(people, d.To)
	}
	if t.ClaimedBy != "" {
		people = append(people, t.ClaimedBy)
	}
	slices.Sort(people)
	return slices.Compact(people)
}

// Owned returns t with the fields of package task taken from u.
func (t Task) Owned(u Task) Task {
	t.Status, t.ClaimedBy, t.Votes, t.Decision, t.Delegated = u.Status, u.ClaimedBy, u.Votes, u.Decision, u.Delegated
	return t
}

// CheckUpdate refuses what belongs to the relay.
func (t Task) CheckUpdate() error {
	if t.Status != TaskOpen && t.Status != TaskClaimed && t.Status != TaskDecided {
		return fmt.Errorf("task %s with status %q: %w", t.ID, t.Status, ErrBadEntry)
	}
	return nil
}

// DueKey is the sort key of SortByDue.
func (t Task) DueKey() core.Instant {
	if t.DueAt == 0 {
		return math.MaxInt64
	}
	return t.DueAt
}

// MarkSize bounds the bytes of a mark.
const MarkSize = 200

// Mark is the text by which lists find runs with this value of a variable; ok
// is false when it would be too long to be kept.
func Mark(name, value string) (mark string, ok bool) {
	mark = Fold(name) + "=" + Fold(value)
	return mark, len(mark) <= MarkSize
}

// IncidentFold is the text that IncidentText searches.
func (i OpenIncident) IncidentFold() string {
	return Fold(i.Failure.Code + "\n" + i.Failure.Message + "\n" + i.NodeName)
}

// Fold is the form in which texts are compared without regard to case.
func Fold(s string) string { return strings.ToLower(s) }

// Limited applies the default and the bound of pages.
func Limited(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

// Position is what a cursor holds: the sort key and the id of the last row.
type Position struct {
	Key core.Instant
	ID  string
}

// Cursor encodes a position for one kind of list.
func (p Position) Cursor(list string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d:%s", list, p.Key, p.ID))
}

// ParseCursor reads a cursor of one kind of list; ok is false for "". ErrBadCursor.
func ParseCursor(list, cursor string) (p Position, ok bool, err error) {
	if cursor == "" {
		return Position{}, false, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Position{}, false, ErrBadCursor
	}
	rest, found := strings.CutPrefix(string(text), list+":")
	key, id, cut := strings.Cut(rest, ":")
	if !found || !cut {
		return Position{}, false, ErrBadCursor
	}
	if _, err := fmt.Sscanf(key, "%d", &p.Key); err != nil {
		return Position{}, false, ErrBadCursor
	}
	p.ID = id
	return p, true, nil
}

// The kinds of lists that have cursors.
const (
	RunList      = "run"
	TaskList     = "task"
	TaskDueList  = "taskDue"
	IncidentList = "incident"
)
