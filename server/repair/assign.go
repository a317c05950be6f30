package repair

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// actionAssign hands the open tasks of a run to another person.
const actionAssign = "assign"

// Tasks gives tasks to people; package worklist is it.
type Tasks interface {
	// Assign hands a task over for whoever has it; from is "" for a group's task.
	Assign(ctx context.Context, id, actor, from, to, reason string) error
}

// seat is somebody's part in an open task; of a group it is nobody's.
type seat struct{ task, from string }

// seats are the tasks that an assignment means, or the code of why there are none.
// Without a from a task has to be one person's, or exactly one of its people gone.
func (s *Service) seats(ctx context.Context, run store.Run, w Wish) (found []seat, why string, err error) {
	if _, active := s.People.Person(w.Person); !active {
		return nil, "person_unknown", nil
	}
	page, err := s.Engine.ListTasks(ctx, store.TaskQuery{RunID: run.ID, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed}, Limit: store.MaxLimit})
	if err != nil {
		return nil, "", fmt.Errorf("tasks of run %s: %w", run.ID, err)
	}
	why = "no_task"
	for _, t := range page.Tasks {
		if w.Node != "" && t.Node != core.NodeID(w.Node) {
			continue
		}
		people := slices.DeleteFunc(t.People(), func(id string) bool {
			return slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == id })
		})
		gone := slices.DeleteFunc(slices.Clone(people), func(id string) bool { _, active := s.People.Person(id); return active })
		from := w.From
		switch {
		case from != "" && !slices.Contains(people, from):
			continue
		case slices.Contains(t.People(), w.Person):
			why = "has_task_already"
			continue
		case t.Kind == "approval" && w.Person == t.StartedBy && !slices.Contains(t.Users, w.Person):
			why = "asked_for_it"
			continue
		case from != "":
		case len(people) == 1:
			from = people[0]
		case len(gone) == 1:
			from = gone[0]
		case len(people) > 1:
			why = "several_people"
			continue
		}
		found = append(found, seat{task: t.ID, from: from})
	}
	if len(found) > 0 {
		why = ""
	}
	return found, why, nil
}

// assign hands over what is meant. A repetition finds it done.
func (s *Service) assign(ctx context.Context, run store.Run, w Wish, actor string) (why string, err error) {
	found, why, err := s.seats(ctx, run, w)
	if err != nil {
		return "", err
	}
	for _, f := range found {
		if err := s.Tasks.Assign(ctx, f.task, actor, f.from, w.Person, w.Reason); err != nil {
			return "", err
		}
	}
	return why, nil
}
