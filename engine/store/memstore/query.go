package memstore

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// List implements store.Runs.
func (s *Store) List(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	after, more, err := store.ParseCursor(store.RunList, q.Cursor)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	if err := s.lock(ctx); err != nil {
		return store.RunPage{}, err
	}
	defer s.mu.Unlock()
	var runs []store.Run
	for _, run := range s.runs {
		if s.matchRun(run, q) && (!more || newestFirst(run.StartedAt, string(run.ID), after.Key, after.ID) > 0) {
			runs = append(runs, *run)
		}
	}
	slices.SortFunc(runs, func(a, b store.Run) int {
		return newestFirst(a.StartedAt, string(a.ID), b.StartedAt, string(b.ID))
	})
	var page store.RunPage
	page.Runs = head(runs, q.Limit)
	for i, run := range page.Runs {
		run.State, run.Inbox, run.Outbox, run.Recent = nil, nil, nil, nil
		page.Runs[i] = cloneRun(run)
	}
	if len(runs) > len(page.Runs) {
		last := page.Runs[len(page.Runs)-1]
		page.Next = store.Position{Key: last.StartedAt, ID: string(last.ID)}.Cursor(store.RunList)
	}
	return page, nil
}

func newestFirst(at core.Instant, id string, otherAt core.Instant, otherID string) int {
	return cmp.Or(cmp.Compare(otherAt, at), cmp.Compare(otherID, id))
}

func (s *Store) matchRun(r *store.Run, q store.RunQuery) bool {
	return (q.DefinitionKey == "" || r.DefinitionKey == q.DefinitionKey) &&
		(q.Version == 0 || r.Version == q.Version) &&
		(len(q.Statuses) == 0 || slices.Contains(q.Statuses, r.Status)) &&
		(q.RecordType == "" || r.RecordType == q.RecordType) &&
		(q.RecordID == "" || r.RecordID == q.RecordID) &&
		(q.StartedBy == "" || r.StartedBy == q.StartedBy) &&
		(q.CausedBy == "" || r.CausedBy == q.CausedBy) &&
		(q.Node == "" || !store.Ended(r.Status) && slices.Contains(r.Nodes, q.Node)) &&
		(!q.WithIncident || r.Incidents > 0) &&
		(!q.Suspended || r.Suspended) &&
		(q.Text == "" || strings.HasPrefix(string(r.ID), q.Text) ||
			strings.HasPrefix(store.Fold(r.RecordTitle), store.Fold(q.Text))) &&
		(q.StartedFrom == 0 || r.StartedAt >= q.StartedFrom) &&
		(q.StartedTo == 0 || r.StartedAt < q.StartedTo) &&
		(q.IdleSince == 0 || r.UpdatedAt <= q.IdleSince) &&
		!slices.ContainsFunc(q.Marks, func(mark string) bool { return !slices.Contains(r.Marks, mark) }) &&
		(len(q.People)+len(q.Groups) == 0 || s.awaits(r.ID, q)) &&
		(q.IncidentText == "" || s.troubled(r.ID, store.Fold(q.IncidentText)))
}

// awaits tells whether a run has a live task of the query's people.
func (s *Store) awaits(run core.RunID, q store.RunQuery) bool {
	for _, c := range s.tasks {
		if c.there && !c.closed && c.doc.RunID == run &&
			(slices.ContainsFunc(c.doc.People(), func(user string) bool { return slices.Contains(q.People, user) }) ||
				slices.ContainsFunc(c.doc.Groups, func(group string) bool { return slices.Contains(q.Groups, group) })) {
			return true
		}
	}
	return false
}

// troubled tells whether a run has an open incident with this text.
func (s *Store) troubled(run core.RunID, text string) bool {
	for _, c := range s.incidents {
		if c.there && !c.closed && c.doc.RunID == run && strings.Contains(c.doc.IncidentFold(), text) {
			return true
		}
	}
	return false
}

// CountRuns implements store.Runs.
func (s *Store) CountRuns(ctx context.Context, q store.RunQuery, most int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := 0
	for _, run := range s.runs {
		if n < most && s.matchRun(run, q) {
			n++
		}
	}
	return n, nil
}

// Flow implements store.Runs.
func (s *Store) Flow(ctx context.Context, q store.FlowQuery) (store.Flow, error) {
	if err := s.lock(ctx); err != nil {
		return store.Flow{}, err
	}
	defer s.mu.Unlock()
	flow := store.Flow{Started: make([]int, q.Spans), Ended: make([]int, q.Spans), Statuses: map[core.Status]int{}}
	within := func(at core.Instant) bool { return at >= q.From && at < q.To }
	var completed []*store.Run
	for _, run := range s.runs {
		if run.DefinitionKey != q.DefinitionKey || q.Version != 0 && run.Version != q.Version {
			continue
		}
		if within(run.StartedAt) {
			flow.Started[q.Span(run.StartedAt)]++
		}
		if run.EndedAt == 0 || !within(run.EndedAt) {
			continue
		}
		flow.Ended[q.Span(run.EndedAt)]++
		flow.Statuses[run.Status]++
		if run.Status == core.Completed {
			completed = append(completed, run)
		}
	}
	slices.SortFunc(completed, func(a, b *store.Run) int { return newestFirst(a.EndedAt, string(a.ID), b.EndedAt, string(b.ID)) })
	for _, run := range completed[:min(len(completed), store.FlowDurations)] {
		flow.Durations = append(flow.Durations, int64(run.EndedAt-run.StartedAt))
	}
	return flow, nil
}

// Counts implements store.Runs.
func (s *Store) Counts(ctx context.Context, definitionKey string, version int) (store.Counts, error) {
	if err := s.lock(ctx); err != nil {
		return store.Counts{}, err
	}
	defer s.mu.Unlock()
	counts := store.Counts{Nodes: map[core.NodeID]int{}, Incidents: map[core.NodeID]int{}, Statuses: map[core.Status]int{}}
	for _, run := range s.runs {
		if run.DefinitionKey != definitionKey || version != 0 && run.Version != version {
			continue
		}
		counts.Statuses[run.Status]++
		if !store.Ended(run.Status) {
			for _, node := range run.Nodes {
				counts.Nodes[node]++
			}
		}
	}
	for _, c := range s.incidents {
		if c.there && !c.closed && c.doc.DefinitionKey == definitionKey && (version == 0 || c.doc.Version == version) {
			counts.Incidents[c.doc.Node]++
		}
	}
	return counts, nil
}

// Task implements store.Tasks.
func (s *Store) Task(ctx context.Context, id string) (store.Task, error) {
	if err := s.lock(ctx); err != nil {
		return store.Task{}, err
	}
	defer s.mu.Unlock()
	c := s.tasks[id]
	if c == nil || !c.there {
		return store.Task{}, fmt.Errorf("task %s: %w", id, store.ErrNotFound)
	}
	return cloneJSON(c.doc), nil
}

// UpdateTask implements store.Tasks.
func (s *Store) UpdateTask(ctx context.Context, t store.Task) (store.Task, error) {
	if err := t.CheckUpdate(); err != nil {
		return store.Task{}, fmt.Errorf("update: %w", err)
	}
	if err := s.lock(ctx); err != nil {
		return store.Task{}, err
	}
	defer s.mu.Unlock()
	c := s.tasks[t.ID]
	if c == nil || !c.there {
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, store.ErrNotFound)
	}
	if c.doc.Rev != t.Rev || c.closed {
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, store.ErrConflict)
	}
	c.doc = cloneJSON(c.doc.Owned(t))
	c.doc.Rev++
	s.taskChanged[t.ID] = s.now()
	return cloneJSON(c.doc), nil
}

// ListTasks implements store.Tasks.
func (s *Store) ListTasks(ctx context.Context, q store.TaskQuery) (store.TaskPage, error) {
	list, order := store.TaskList, func(a, b store.Task) int { return newestFirst(a.OpenedAt, a.ID, b.OpenedAt, b.ID) }
	position := func(t store.Task) store.Position { return store.Position{Key: t.OpenedAt, ID: t.ID} }
	if q.SortByDue {
		list = store.TaskDueList
		order = func(a, b store.Task) int { return cmp.Or(cmp.Compare(a.DueKey(), b.DueKey()), cmp.Compare(a.ID, b.ID)) }
		position = func(t store.Task) store.Position { return store.Position{Key: t.DueKey(), ID: t.ID} }
	}
	after, more, err := store.ParseCursor(list, q.Cursor)
	if err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	if err := s.lock(ctx); err != nil {
		return store.TaskPage{}, err
	}
	defer s.mu.Unlock()
	last := store.Task{ID: after.ID, OpenedAt: after.Key, DueAt: after.Key}
	tasks := find(s.tasks, func(c *copied[store.Task]) bool {
		return matchTask(c.doc, q) && (!more || order(c.doc, last) > 0)
	}, order)
	page := store.TaskPage{Tasks: head(tasks, q.Limit)}
	if len(tasks) > len(page.Tasks) {
		page.Next = position(page.Tasks[len(page.Tasks)-1]).Cursor(list)
	}
	return page, nil
}

// CountTasks implements store.Tasks.
func (s *Store) CountTasks(ctx context.Context, q store.TaskQuery) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.tasks {
		if c.there && matchTask(c.doc, q) {
			n++
		}
	}
	return n, nil
}

func matchTask(t store.Task, q store.TaskQuery) bool {
	return matchPerson(t, q) &&
		(q.RunID == "" || t.RunID == q.RunID) &&
		(len(q.Statuses) == 0 || slices.Contains(q.Statuses, t.Status)) &&
		(q.DueBefore == 0 || t.DueAt > 0 && t.DueAt <= q.DueBefore) &&
		(q.RecordID == "" || t.RecordID == q.RecordID) &&
		(q.DefinitionKey == "" || t.DefinitionKey == q.DefinitionKey) &&
		(q.Text == "" || slices.ContainsFunc([]string{t.Name, t.RecordTitle, t.DefinitionName}, func(text string) bool {
			return strings.Contains(store.Fold(text), store.Fold(q.Text))
		}))
}

func matchPerson(t store.Task, q store.TaskQuery) bool {
	groups := q.Groups
	if q.OnlyUser {
		groups = nil
	}
	if q.User == "" && len(groups) == 0 {
		return true
	}
	return q.User != "" && slices.Contains(t.People(), q.User) ||
		slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(t.Groups, g) })
}

// UndeliveredDecisions implements store.Tasks.
func (s *Store) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return head(find(s.tasks, func(c *copied[store.Task]) bool {
		d := c.doc.Decision
		return c.doc.Status == store.TaskDecided && d != nil && !d.Delivered && d.NotBefore <= before
	}, func(a, b store.Task) int { return cmp.Compare(a.ID, b.ID) }), limit), nil
}

// DueTimers implements store.Timers.
func (s *Store) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	list, err := s.timersWhere(ctx, func(t store.Timer) bool { return t.DueAt <= before })
	return head(list, limit), err
}

// TimersAfter implements store.Foresight.
func (s *Store) TimersAfter(ctx context.Context, after store.Position, before core.Instant, limit int) ([]store.Timer, error) {
	list, err := s.timersWhere(ctx, func(t store.Timer) bool {
		return t.DueAt <= before && cmp.Or(cmp.Compare(t.DueAt, after.Key), cmp.Compare(t.ID, after.ID)) > 0
	})
	return head(list, limit), err
}

// SharedTimers implements store.Sharing.
func (s *Store) SharedTimers(ctx context.Context, buckets []int, before, overdue core.Instant, limit int) ([]store.Timer, error) {
	list, err := s.timersWhere(ctx, func(t store.Timer) bool {
		return t.DueAt <= overdue || t.DueAt <= before && slices.Contains(buckets, t.Bucket)
	})
	return list[:min(len(list), store.Limited(limit))], err
}

// ArmedTimers implements store.Retiming.
func (s *Store) ArmedTimers(ctx context.Context, after store.Position, limit int) ([]store.Timer, error) {
	return s.TimersAfter(ctx, after, math.MaxInt64, limit)
}

// Retime implements store.Retiming.
func (s *Store) Retime(ctx context.Context, t store.Timer, due core.Instant) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	c := s.timers[t.ID]
	if c == nil || c.closed || c.doc.DueAt != t.DueAt {
		return fmt.Errorf("retime %s: %w", t.ID, store.ErrConflict)
	}
	c.doc.DueAt = due
	return nil
}

// RunTimers implements store.Timers.
func (s *Store) RunTimers(ctx context.Context, run core.RunID) ([]store.Timer, error) {
	return s.timersWhere(ctx, func(t store.Timer) bool { return t.RunID == run })
}

func (s *Store) timersWhere(ctx context.Context, match func(store.Timer) bool) ([]store.Timer, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return find(s.timers, func(c *copied[store.Timer]) bool { return !c.closed && match(c.doc) },
		func(a, b store.Timer) int { return cmp.Or(cmp.Compare(a.DueAt, b.DueAt), cmp.Compare(a.ID, b.ID)) }), nil
}

// RunIncidents implements store.Incidents.
func (s *Store) RunIncidents(ctx context.Context, run core.RunID) ([]store.OpenIncident, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return find(s.incidents, func(c *copied[store.OpenIncident]) bool { return c.doc.RunID == run },
		func(a, b store.OpenIncident) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) }), nil
}

// ListIncidents implements store.Incidents.
func (s *Store) ListIncidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]store.OpenIncident, string, error) {
	after, more, err := store.ParseCursor(store.IncidentList, cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	if err := s.lock(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	all := find(s.incidents, func(c *copied[store.OpenIncident]) bool {
		return !c.closed && (definitionKey == "" || c.doc.DefinitionKey == definitionKey) &&
			(!more || newestFirst(c.doc.At, c.doc.ID, after.Key, after.ID) > 0)
	}, func(a, b store.OpenIncident) int { return newestFirst(a.At, a.ID, b.At, b.ID) })
	page := head(all, limit)
	if len(all) == len(page) {
		return page, "", nil
	}
	last := page[len(page)-1]
	return page, store.Position{Key: last.At, ID: last.ID}.Cursor(store.IncidentList), nil
}
