package calendar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of absences.
const (
	Vacation  = "vacation"
	SickLeave = "sickLeave"
	Trip      = "trip"
	Other     = "other"
)

// AbsenceInput is what people say of an absence.
type AbsenceInput struct {
	UserID  string `json:"userId" minLength:"1" maxLength:"100"`
	Kind    string `json:"kind" enum:"vacation,sickLeave,trip,other"`
	From    string `json:"from" format:"date" doc:"first day, in the person's zone"`
	To      string `json:"to" format:"date" doc:"last day"`
	StandIn string `json:"standIn,omitempty" maxLength:"100" doc:"who does the person's tasks meanwhile"`
	Note    string `json:"note,omitempty" maxLength:"500"`
	// KeepTasks leaves the tasks that are open when the absence begins where they are.
	KeepTasks bool `json:"keepTasks,omitempty" doc:"tasks that are open when it begins stay with the person; otherwise the stand-in gets them"`
}

// Absence is a person's absence on whole days.
type Absence struct {
	docstore.Entity
	AbsenceInput
	By string `json:"by" doc:"who entered it"`
}

// keptAbsence is an absence as it is stored. No two of a person have the same turn, and
// each change takes the next one: of two at once, the later finds its turn taken and
// looks anew, so that both cannot enter the same days.
type keptAbsence struct {
	Absence
	Turn int64 `json:"turn,omitempty"` // absent in those that a former release stored
}

// Limits of absences.
const (
	absencesMost = 50_000
	absenceMost  = 3 * 366 // days
	ownMost      = 500     // of one person
)

// Absences lists absences that end on a date or later, by their first day; of one
// person, or of all.
func (s *Service) Absences(ctx context.Context, userID, since string) ([]Absence, error) {
	kept, err := s.keptAbsences(ctx, userID, since)
	if err != nil {
		return nil, err
	}
	all := make([]Absence, len(kept))
	for i, k := range kept {
		all[i] = k.Absence
	}
	slices.SortFunc(all, func(a, b Absence) int { return strings.Compare(a.From+a.ID, b.From+b.ID) })
	return all, nil
}

func (s *Service) keptAbsences(ctx context.Context, userID, since string) ([]keptAbsence, error) {
	filters := []docstore.Filter{{Path: "to", Op: docstore.Gte, Value: since}}
	if userID != "" {
		filters = append(filters, docstore.Filter{Path: "userId", Op: docstore.Eq, Value: userID})
	}
	all, err := s.absences.All(ctx, docstore.Query{Filters: filters}, absencesMost)
	if err != nil {
		return nil, fmt.Errorf("list absences: %w", err)
	}
	return all, nil
}

// Absence reads one.
func (s *Service) Absence(ctx context.Context, id string) (Absence, error) {
	k, err := s.absences.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return k.Absence, problem.NotFound("absence")
	}
	return k.Absence, err
}

// AddAbsence enters an absence.
func (s *Service) AddAbsence(ctx context.Context, by string, in AbsenceInput) (Absence, error) {
	return s.saveAbsence(ctx, Absence{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, AbsenceInput: in, By: by}, nil)
}

// PutAbsence changes an absence that stands at its Rev; whose it is stays.
func (s *Service) PutAbsence(ctx context.Context, before Absence, rev int64, in AbsenceInput) (Absence, error) {
	after := before
	after.AbsenceInput, after.Rev, after.UserID = in, rev, before.UserID
	return s.saveAbsence(ctx, after, before)
}

func (s *Service) saveAbsence(ctx context.Context, a Absence, before any) (Absence, error) {
	if err := s.checkAbsence(&a); err != nil {
		return a, err
	}
	kind := "absence.changed"
	if before == nil {
		kind = "absence.created"
	}
	e, err := event(ctx, kind, before, a)
	if err != nil {
		return a, err
	}
	for range ownMost {
		turn, err := s.free(ctx, a, before == nil)
		if err != nil {
			return a, err
		}
		saved, err := s.absences.Save(ctx, keptAbsence{a, turn}, e)
		switch {
		case errors.Is(err, docstore.ErrExists): // somebody has just entered another
			continue
		case errors.Is(err, docstore.ErrConflict):
			return a, problem.Stale(before)
		}
		s.forget()
		return saved.Absence, err
	}
	return a, fmt.Errorf("others enter absences of %s without end: %w", a.UserID, docstore.ErrExists)
}

// free tells the turn that an absence takes when its days are free.
func (s *Service) free(ctx context.Context, a Absence, added bool) (turn int64, err error) {
	own, err := s.keptAbsences(ctx, a.UserID, "")
	if err != nil {
		return 0, err
	}
	if added && len(own) >= ownMost {
		return 0, problem.Invalid("/userId", "too_many", fmt.Sprint(ownMost))
	}
	for _, o := range own {
		if o.ID != a.ID && o.From <= a.To && a.From <= o.To {
			return 0, problem.Invalid("/from", "exists", "an absence from "+o.From+" to "+o.To+" is entered already")
		}
		turn = max(turn, o.Turn)
	}
	return turn + 1, nil
}

// DeleteAbsence takes an absence back.
func (s *Service) DeleteAbsence(ctx context.Context, a Absence, rev int64) error {
	e, err := event(ctx, "absence.deleted", a, nil)
	if err != nil {
		return err
	}
	err = s.absences.Delete(ctx, a.ID, rev, e)
	if errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(a)
	}
	s.forget()
	return err
}

func (s *Service) checkAbsence(a *Absence) error {
	if _, ok := s.o.People.PersonOf(a.UserID); !ok {
		return problem.Invalid("/userId", "unknown_reference", "")
	}
	from, err := engine.ParseDate(a.From)
	if err != nil {
		return problem.Invalid("/from", "format", "")
	}
	to, err := engine.ParseDate(a.To)
	if err != nil {
		return problem.Invalid("/to", "format", "")
	}
	if to < from || to-from > absenceMost {
		return problem.Invalid("/to", "out_of_range", "")
	}
	if a.StandIn != "" {
		if p, ok := s.o.People.PersonOf(a.StandIn); !ok || !p.Active {
			return problem.Invalid("/standIn", "unknown_reference", "")
		}
		if a.StandIn == a.UserID {
			return problem.Invalid("/standIn", "invalid", "nobody stands in for themselves")
		}
	}
	a.Note = strings.TrimSpace(a.Note)
	if strings.ContainsFunc(a.Note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return problem.Invalid("/note", "control_character", "")
	}
	return nil
}
