package activity

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of the events of activities. The body of each is a Change.
const (
	EventPlanned  = "activity.planned"
	EventChanged  = "activity.changed"
	EventDone     = "activity.done"
	EventCanceled = "activity.canceled"
	EventReopened = "activity.reopened"
	EventDeleted  = "activity.deleted"
)

// Collection is the name under which activities are kept.
const Collection = "activities"

// Change is the body of every event: the activity before and after.
type Change struct {
	Before *Activity `json:"before,omitempty"`
	After  *Activity `json:"after,omitempty"`
}

// By says who changes an activity. The zero value is the installation itself.
type By struct {
	Actor string // user id
	Run   string // the run that does it, "" for a person
	Depth int    // length of the causal chain so far
}

func (by By) event(kind string, c Change) (docstore.Event, error) {
	event, err := docstore.NewEvent(kind, c)
	event.Actor, event.Depth = by.Actor, by.Depth
	if by.Run != "" {
		event.Cause = "run:" + by.Run
	}
	return event, err
}

// Records answers for what activities are about. A *problem.Problem that is not
// found tells that there is no such record.
type Records interface {
	Title(ctx context.Context, r Ref) (string, error)
	// Responsible gives the responsible person, "" for none.
	Responsible(ctx context.Context, r Ref) (string, error)
	// Stage tells on which stage a record is; the zero Stay for records without stages.
	Stage(ctx context.Context, r Ref) (Stay, error)
}

// People names users; false for one who is unknown or not active.
type People interface {
	UserName(id string) (name string, active bool)
}

// Files names files.
type Files interface {
	FileName(ctx context.Context, id string) (name string, known bool, err error)
}

// Options of New. Files nil = files are not looked up; Rooms nil = there are none.
type Options struct {
	Store   docstore.Store
	Records Records
	People  People
	Files   Files
	Rooms   Rooms
	Now     func() time.Time
}

// Service owns activities. Safe for concurrent use.
type Service struct {
	o    Options
	kept docstore.Typed[stored]
}

// New opens the collection.
func New(ctx context.Context, o Options) (*Service, error) {
	kept, err := docstore.NewTyped[stored](ctx, o.Store, docstore.Spec{Name: Collection, Text: []string{"title", "text", "place", "address"},
		Indexes: []docstore.Index{
			{Paths: []string{"keys"}, Multi: true}, {Paths: []string{"people"}, Multi: true},
			{Paths: []string{"from"}}, {Paths: []string{"until"}}, {Paths: []string{"status", "from"}}, {Paths: []string{"status", "due"}},
			{Paths: []string{"type", "from"}}, {Paths: []string{"calendar", "from"}}, {Paths: []string{"createdAt"}}, {Paths: []string{"updatedAt"}},
		}})
	return &Service{o: o, kept: kept}, err
}

// Plan keeps a new activity. With an id that is known already, which robots make
// of their effect, it is the same activity and nothing changes.
//
// covers O-13, O-20, P-06
func (s *Service) Plan(ctx context.Context, by By, id string, p Patch) (Activity, error) {
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	} else if known, err := s.kept.Get(ctx, id); err == nil {
		return known.Activity, nil
	} else if !errors.Is(err, docstore.ErrNotFound) {
		return Activity{}, err
	}
	a := stored{Activity: Activity{Entity: docstore.Entity{ID: id}, Type: Other, Status: Planned, Calendar: true, CreatedBy: by.Actor, Run: by.Run}}
	if p.ResponsibleID == nil || *p.ResponsibleID == "" {
		responsible, err := s.responsible(ctx, by, p.Records)
		if err != nil {
			return Activity{}, err
		}
		p.ResponsibleID = &responsible
	}
	if err := s.apply(ctx, &a, p); err != nil {
		return Activity{}, err
	}
	if err := s.enter(ctx, &a); err != nil {
		return Activity{}, err
	}
	undo, err := s.book(ctx, by, Activity{}, &a)
	if err != nil {
		return Activity{}, err
	}
	a.index()
	event, err := by.event(EventPlanned, Change{After: &a.Activity})
	if err != nil {
		return Activity{}, err
	}
	saved, err := s.kept.Save(ctx, a, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		saved, err = s.kept.Get(ctx, id)
	}
	if err != nil {
		undo()
		return Activity{}, fmt.Errorf("keep activity: %w", err)
	}
	return s.recheck(ctx, saved)
}

// responsible is who does an activity that names nobody: the responsible person
// of the first record that has one, else who plans it.
func (s *Service) responsible(ctx context.Context, by By, about *[]Ref) (string, error) {
	if about != nil {
		for _, r := range *about {
			id, err := s.o.Records.Responsible(ctx, r)
			var p *problem.Problem
			if errors.As(err, &p) && p.Status() == 404 {
				continue // told by the check
			}
			if err != nil {
				return "", err
			}
			if _, active := s.o.People.UserName(id); active {
				return id, nil
			}
		}
	}
	return by.Actor, nil
}

// Get reads one.
func (s *Service) Get(ctx context.Context, id string) (Activity, error) {
	a, err := s.kept.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		err = problem.NotFound("activity")
	}
	return a.Activity, err
}

// change reads, edits and saves; rev 0 means whatever is stored. edit tells the
// kind of the event, "" when nothing is to be written.
func (s *Service) change(ctx context.Context, by By, id string, rev int64, edit func(*stored) (kind string, err error)) (Activity, error) {
	for attempt := 1; ; attempt++ {
		a, err := s.kept.Get(ctx, id)
		if errors.Is(err, docstore.ErrNotFound) {
			return Activity{}, problem.NotFound("activity")
		}
		if err != nil {
			return Activity{}, err
		}
		if rev != 0 && rev != a.Rev {
			return Activity{}, problem.Stale(a.Activity)
		}
		before := a.Activity
		kind, err := edit(&a)
		if err != nil || kind == "" {
			return a.Activity, err
		}
		undo, err := s.book(ctx, by, before, &a)
		if err != nil {
			return Activity{}, err
		}
		a.index()
		after := a.Activity
		event, err := by.event(kind, Change{Before: &before, After: &after})
		if err != nil {
			return Activity{}, err
		}
		saved, err := s.kept.Save(ctx, a, event)
		if err != nil {
			undo()
		}
		if errors.Is(err, docstore.ErrConflict) && attempt < attempts {
			continue // with a rev it is told as stale in the next round
		}
		if err != nil {
			return Activity{}, fmt.Errorf("change activity %s: %w", id, err)
		}
		return saved.Activity, nil
	}
}

// attempts bounds change under contention on one activity.
const attempts = 20

// Edit changes a planned activity.
func (s *Service) Edit(ctx context.Context, by By, id string, rev int64, p Patch) (Activity, error) {
	return s.change(ctx, by, id, rev, func(a *stored) (string, error) {
		if a.Status != Planned {
			return "", problem.New("activity_closed")
		}
		before := a.Activity
		if err := s.apply(ctx, a, p); err != nil {
			return "", err
		}
		if reflect.DeepEqual(before, a.Activity) {
			return "", nil
		}
		if a.CloseOnStageChange && (!before.CloseOnStageChange || !reflect.DeepEqual(before.Records, a.Records)) {
			if err := s.enter(ctx, a); err != nil {
				return "", err
			}
		}
		return EventChanged, nil
	})
}

// Close ends an activity as done or canceled. One that has ended so already
// stays as it is.
func (s *Service) Close(ctx context.Context, by By, id string, rev int64, status, result string) (Activity, error) {
	if err := problem.Fields(words(nil, "/result", result)); err != nil {
		return Activity{}, err
	}
	return s.change(ctx, by, id, rev, func(a *stored) (string, error) {
		if a.Status == status {
			return "", nil
		}
		if a.Status != Planned {
			return "", problem.New("activity_closed")
		}
		return s.close(a, by, status, result), nil
	})
}

func (s *Service) close(a *stored, by By, status, result string) (kind string) {
	a.Status, a.Result, a.ClosedBy, a.ClosedAt = status, strings.TrimSpace(result), by.Actor, docstore.At(s.o.Now())
	if status == Canceled {
		return EventCanceled
	}
	return EventDone
}

// Reopen plans an activity again that was closed by mistake.
func (s *Service) Reopen(ctx context.Context, by By, id string, rev int64) (Activity, error) {
	return s.change(ctx, by, id, rev, func(a *stored) (string, error) {
		if a.Status == Planned {
			return "", nil
		}
		a.Status, a.Result, a.ClosedBy, a.ClosedAt = Planned, "", "", docstore.Instant{}
		return EventReopened, s.enter(ctx, a)
	})
}

// Delete forgets an activity.
func (s *Service) Delete(ctx context.Context, by By, id string, rev int64) error {
	a, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	event, err := by.event(EventDeleted, Change{Before: &a})
	if err != nil {
		return err
	}
	err = s.kept.Delete(ctx, id, rev, event)
	if errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(a)
	}
	return err
}
