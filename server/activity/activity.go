// Package activity keeps what people plan to do with records: calls, meetings,
// tasks and anything else, with a deadline, a place in the calendar, those who
// take part, and how it ended.
//
// Invariants: an activity is planned, done or canceled; only a planned one
// changes. Whoever is told of an activity is told by its events, so that a crash
// between the write and the telling loses nothing.
//
// Entry points: service.go writes and reads, follow.go is what happens because a
// record has left its stage, tell.go who is told.
package activity

import (
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Types of activities.
const (
	Call    = "call"
	Meeting = "meeting"
	Task    = "task"
	Other   = "other"
)

// Statuses of activities.
const (
	Planned  = "planned"
	Done     = "done"
	Canceled = "canceled"
)

// Ref names a record.
type Ref struct {
	Type string `json:"type" minLength:"1" maxLength:"40"`
	ID   string `json:"id" minLength:"1" maxLength:"100"`
}

// String is the form by which records are found: "deal:<id>".
func (r Ref) String() string { return r.Type + ":" + r.ID }

// Activity is one thing to be done.
type Activity struct {
	docstore.Entity
	Type          string           `json:"type" enum:"call,meeting,task,other"`
	Title         string           `json:"title"`
	Text          string           `json:"text,omitempty" doc:"what to do"`
	Records       []Ref            `json:"records" doc:"what it is about"`
	Deadline      docstore.Instant `json:"deadline" doc:"when it must be done"`
	Start         docstore.Instant `json:"start"`
	End           docstore.Instant `json:"end"`
	ResponsibleID string           `json:"responsibleId"`
	Participants  []string         `json:"participants" doc:"colleagues who take part"`
	Contacts      []string         `json:"contacts" doc:"contacts it is about or who come"`
	Color         string           `json:"color" enum:"yellow,green,blue,gray,red,orange,violet,teal" doc:"without a choice that of the type: calls yellow, meetings green"`
	Room          string           `json:"room,omitempty" doc:"a resource that is booked for it from its start to its end"`
	Booking       string           `json:"booking,omitempty" doc:"the booking of the room"`
	Place         string           `json:"place,omitempty" doc:"where it is, in words"`
	Address       string           `json:"address,omitempty"`
	Link          string           `json:"link,omitempty" doc:"of a video call"`
	Files         []string         `json:"files"`
	Calendar      bool             `json:"calendar" doc:"whether calendars show it"`
	// CloseOnStageChange: it closes when its record leaves the stage.
	CloseOnStageChange bool             `json:"closeOnStageChange"`
	Status             string           `json:"status" enum:"planned,done,canceled"`
	ClosedAt           docstore.Instant `json:"closedAt"`
	ClosedBy           string           `json:"closedBy,omitempty" doc:"empty when it closed by itself"`
	Result             string           `json:"result,omitempty" doc:"what came of it"`
	CreatedBy          string           `json:"createdBy,omitempty"`
	Run                string           `json:"run,omitempty" doc:"the run that planned it"`
}

// People lists those whose activity it is: the responsible person first, then
// those who take part.
func (a Activity) People() []string {
	out := make([]string, 0, 1+len(a.Participants))
	for _, id := range append([]string{a.ResponsibleID}, a.Participants...) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// Overdue tells whether it should have been done by now.
func (a Activity) Overdue(now time.Time) bool {
	return a.Status == Planned && a.due() != "" && a.due() < docstore.At(now).String()
}

// due is the moment after which a planned activity is late, "" for none.
func (a Activity) due() string {
	for _, at := range []docstore.Instant{a.Deadline, a.End, a.Start} {
		if !at.IsZero() {
			return at.String()
		}
	}
	return ""
}

// stored is an activity with what only the store needs.
type stored struct {
	Activity
	Keys   []string `json:"keys"`   // of its records
	People []string `json:"people"` // everybody whose activity it is
	// From and Until are the span that it takes in a calendar. What has no time
	// stands behind everything that has.
	From  string `json:"from"`
	Until string `json:"until"`
	// Due orders the late ones, DueBy is absent when it cannot be late.
	Due string `json:"due,omitempty"`
	// Entered is when the records that have stages entered the ones they were on
	// when CloseOnStageChange was set, by record.
	Entered map[string]Stay `json:"entered,omitempty"`
}

// Stay is the time that a record has been on a stage, seen at a revision of it.
type Stay struct {
	Stage string           `json:"stage"`
	Since docstore.Instant `json:"since"`
	Rev   int64            `json:"rev"`
}

// undated is later than every date.
const undated = "9999"

// index fills in what is searched by.
func (s *stored) index() {
	s.Keys, s.People = make([]string, 0, len(s.Records)), s.Activity.People()
	for _, r := range s.Records {
		s.Keys = append(s.Keys, r.String())
	}
	s.From, s.Until = undated, undated
	for _, at := range []docstore.Instant{s.Start, s.Deadline} {
		if !at.IsZero() {
			s.From = at.String()
			break
		}
	}
	for _, at := range []docstore.Instant{s.End, s.Deadline, s.Start} {
		if !at.IsZero() && at.String() >= s.From {
			s.Until = at.String()
			break
		}
	}
	s.Due = s.due()
}

// colorOf is the color of a type.
//
// covers P-07
func colorOf(kind string) string {
	switch kind {
	case Call:
		return "yellow"
	case Meeting:
		return "green"
	case Task:
		return "blue"
	}
	return "gray"
}
