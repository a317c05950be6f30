package worklist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// People knows names, groups and who leads whom.
type People interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
	GroupNames(ctx context.Context, ids []string) (map[string]string, error)
	// Person gives a user's groups; false for an unknown or inactive one.
	Person(id string) (groups []string, active bool)
	// Subordinates lists those whom a person leads.
	Subordinates(id string) []string
}

// Engine votes, decides and delivers; package task of the engine is it.
type Engine interface {
	Claim(ctx context.Context, id string, a task.Actor) (store.Task, error)
	Release(ctx context.Context, id string, a task.Actor) (store.Task, error)
	Delegate(ctx context.Context, id string, a task.Actor, from, to, reason string) (store.Task, error)
	Complete(ctx context.Context, id string, a task.Actor, answer task.Answer) (task.Result, error)
	TakeBack(ctx context.Context, id string, a task.Actor) (store.Task, error)
	StandIn(ctx context.Context, id, from, to string, away store.AbsenceOf) (t store.Task, handed bool, err error)
}

// Definitions gives the text of a version.
type Definitions interface {
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
}

// Journal writes the timeline of a CRM record.
type Journal interface {
	TaskCompleted(ctx context.Context, t store.Task, by, outcome, comment string) error
}

// Options are what a Service needs.
type Options struct {
	Store       docstore.Store
	Tasks       store.Tasks
	Engine      Engine
	Definitions Definitions
	People      People
	Files       file.Store
	Journal     Journal
	Clock       clock.Clock
	Zone        *time.Location
}

// Service owns what people see of tasks. Safe for concurrent use.
type Service struct {
	Options
	comments  docstore.Typed[Comment]
	handovers docstore.Typed[handover]
}

// handover is kept to answer "what did I delegate".
type handover struct {
	docstore.Entity
	From string           `json:"from"`
	Task string           `json:"task"`
	At   docstore.Instant `json:"at"`
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	if s.comments, err = docstore.NewTyped[Comment](ctx, o.Store, docstore.Spec{Name: "taskComments",
		Indexes: []docstore.Index{{Paths: []string{"task", "at"}}}}); err != nil {
		return nil, err
	}
	s.handovers, err = docstore.NewTyped[handover](ctx, o.Store, docstore.Spec{Name: "handovers",
		Indexes: []docstore.Index{{Paths: []string{"from", "at"}}}})
	return s, err
}

var open = []store.TaskStatus{store.TaskOpen, store.TaskClaimed}

// Query filters the worklist of one person.
type Query struct {
	View       string
	Text       string
	Definition string
	RecordID   string
	SortByDue  bool
	// DueBefore limits to tasks with a deadline until then.
	DueBefore docstore.Instant
	Limit     int
	Cursor    string
}

func (s *Service) query(user string, q Query) store.TaskQuery {
	groups, _ := s.People.Person(user)
	tq := store.TaskQuery{User: user, Groups: groups, Statuses: open, DefinitionKey: q.Definition, RecordID: q.RecordID, Text: q.Text, SortByDue: q.SortByDue, Limit: q.Limit, Cursor: q.Cursor}
	if !q.DueBefore.IsZero() {
		tq.DueBefore = clock.Instant(q.DueBefore.Time)
	}
	now := s.Clock.Now()
	switch q.View {
	case "mine":
		tq.OnlyUser, tq.Groups = true, nil
	case "group":
		tq.User = ""
	case "today":
		local := now.In(s.Zone)
		tq.DueBefore = clock.Instant(time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, s.Zone))
		tq.SortByDue = true
	case "overdue":
		tq.DueBefore = clock.Instant(now)
		tq.SortByDue = true
	case "done":
		tq.Statuses = []store.TaskStatus{store.TaskDecided, store.TaskCompleted}
	case "all":
		tq.User, tq.Groups = "", nil
	}
	return tq
}

// List pages a person's tasks. The view "all" is for those who may see
// everybody's; the caller checks that.
func (s *Service) List(ctx context.Context, user string, q Query) ([]Summary, string, error) {
	if q.View == "delegated" {
		return s.delegated(ctx, user, q)
	}
	tq := s.query(user, q)
	if q.View == "group" && len(tq.Groups) == 0 {
		return []Summary{}, "", nil
	}
	page, err := s.Tasks.ListTasks(ctx, tq)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	out, err := s.summaries(ctx, page.Tasks)
	return out, page.Next, err
}

// delegated pages what a person has handed over and is still open. Most that was
// ever handed over is done, so it reads on until the page is full.
func (s *Service) delegated(ctx context.Context, user string, q Query) ([]Summary, string, error) {
	limit := min(max(q.Limit, 1), 100)
	var tasks []store.Task
	cursor := q.Cursor
	for {
		given, next, err := s.handovers.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "from", Op: docstore.Eq, Value: user}},
			Sort: "-at", Limit: limit - len(tasks), Cursor: cursor})
		if err != nil {
			return nil, "", fmt.Errorf("list delegated tasks: %w", err)
		}
		for _, h := range given {
			t, err := s.Tasks.Task(ctx, h.Task)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, "", err
			}
			known := slices.ContainsFunc(tasks, func(other store.Task) bool { return other.ID == t.ID })
			if !known && !t.Status.Closed() && !slices.Contains(t.People(), user) && q.matches(t) {
				tasks = append(tasks, t)
			}
		}
		if cursor = next; cursor == "" || len(tasks) == limit {
			break
		}
	}
	out, err := s.summaries(ctx, tasks)
	return out, cursor, err
}

// matches filters tasks that no query of the store has filtered.
func (q Query) matches(t store.Task) bool {
	text := strings.Join([]string{t.Name, t.RecordTitle, t.DefinitionName}, "\n")
	return (q.Definition == "" || t.DefinitionKey == q.Definition) && (q.RecordID == "" || t.RecordID == q.RecordID) &&
		(q.Text == "" || strings.Contains(store.Fold(text), store.Fold(q.Text)))
}

// Counts are the numbers beside the views.
type Counts struct {
	Mine      int `json:"mine"`
	Group     int `json:"group"`
	Today     int `json:"today"`
	Overdue   int `json:"overdue"`
	Delegated int `json:"delegated"`
}

// Count counts a person's open tasks per view.
func (s *Service) Count(ctx context.Context, user string) (Counts, error) {
	var c Counts
	for view, n := range map[string]*int{"mine": &c.Mine, "group": &c.Group, "today": &c.Today, "overdue": &c.Overdue} {
		q := s.query(user, Query{View: view})
		if view == "group" && len(q.Groups) == 0 {
			continue
		}
		var err error
		if *n, err = s.Tasks.CountTasks(ctx, q); err != nil {
			return c, fmt.Errorf("count tasks: %w", err)
		}
	}
	given, _, err := s.delegated(ctx, user, Query{Limit: 100})
	c.Delegated = len(given)
	return c, err
}

func (s *Service) load(ctx context.Context, id string) (store.Task, error) {
	t, err := s.Tasks.Task(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return t, problem.NotFound("task")
	}
	return t, err
}

// concerns tells whether a task is, was or is becoming a person's business.
func (s *Service) concerns(t store.Task, user string) bool {
	groups, _ := s.People.Person(user)
	return slices.Contains(t.People(), user) || slices.Contains(t.Users, user) || t.StartedBy == user ||
		slices.ContainsFunc(t.Groups, func(g string) bool { return slices.Contains(groups, g) }) ||
		slices.ContainsFunc(t.Delegated, func(d store.Delegation) bool { return d.From == user || d.By == user }) ||
		slices.ContainsFunc(t.People(), func(id string) bool { return slices.Contains(s.People.Subordinates(user), id) })
}

// MaySee refuses people whom a task does not concern.
func (s *Service) MaySee(ctx context.Context, id, user string, everything bool) error {
	t, err := s.load(ctx, id)
	if err != nil || everything || s.concerns(t, user) {
		return err
	}
	return s.notYours(ctx, t)
}

// MayAct refuses people who cannot answer a task.
func (s *Service) MayAct(ctx context.Context, id, user string) error {
	t, err := s.load(ctx, id)
	if err != nil {
		return err
	}
	return s.mayAct(ctx, t, user)
}

func (s *Service) mayAct(ctx context.Context, t store.Task, user string) error {
	if _, active := s.People.Person(user); !active || !task.May(t, s.actor(user)) {
		return s.notYours(ctx, t)
	}
	return nil
}

func (s *Service) actor(user string) task.Actor {
	groups, _ := s.People.Person(user)
	return task.Actor{User: user, Groups: groups}
}

func (s *Service) notYours(ctx context.Context, t store.Task) error {
	all, err := s.summaries(ctx, []store.Task{t})
	if err != nil {
		return err
	}
	var names []string
	for _, n := range append(all[0].Assignees, all[0].Groups...) {
		names = append(names, n.Name)
	}
	return problem.New("not_your_task", "people", strings.Join(names, ", ")).With("assignees", all[0].Assignees).With("groups", all[0].Groups)
}

// Concerned tells whether a person has or had a task about a CRM record.
func (s *Service) Concerned(ctx context.Context, user, recordID string) (bool, error) {
	groups, _ := s.People.Person(user)
	page, err := s.Tasks.ListTasks(ctx, store.TaskQuery{User: user, Groups: groups, RecordID: recordID, Limit: 1})
	return len(page.Tasks) > 0, err
}

// ConcernedByRun tells whether a person has or had a task of a run.
func (s *Service) ConcernedByRun(ctx context.Context, user, run string) (bool, error) {
	groups, _ := s.People.Person(user)
	page, err := s.Tasks.ListTasks(ctx, store.TaskQuery{User: user, Groups: groups, RunID: core.RunID(run), Limit: 1})
	return len(page.Tasks) > 0, err
}

// Get reads one task as a person sees it.
func (s *Service) Get(ctx context.Context, id, user string, everything bool) (Detail, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	if !everything && !s.concerns(t, user) {
		return Detail{}, s.notYours(ctx, t)
	}
	return s.detail(ctx, t, user)
}

func (s *Service) detail(ctx context.Context, t store.Task, user string) (Detail, error) {
	all, err := s.summaries(ctx, []store.Task{t})
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Summary: all[0], Votes: []Vote{}, Delegated: []Handover{}}
	var text string
	if d.Config, text, err = readConfig(t); err != nil {
		return Detail{}, err
	}
	if d.Text, err = Render(text); err != nil {
		return Detail{}, err
	}
	if d.Process, err = s.Definitions.Process(ctx, t.DefinitionKey, t.Version); err != nil {
		return Detail{}, err
	}
	if d.Next, err = next(d.Process, string(t.Node)); err != nil {
		return Detail{}, err
	}
	if err := s.story(ctx, t, &d); err != nil {
		return Detail{}, err
	}
	owners := []string{"task:" + t.ID}
	if t.RecordID != "" {
		owners = append(owners, t.RecordType+":"+t.RecordID)
	}
	for _, owner := range owners {
		files, err := s.Files.List(ctx, owner)
		if err != nil {
			return Detail{}, fmt.Errorf("files of %s: %w", owner, err)
		}
		d.Documents = append(d.Documents, files...)
	}
	d.CanComplete = true
	if err := s.answerable(ctx, t, user); err != nil {
		var p *problem.Problem
		if !errors.As(err, &p) {
			return Detail{}, err
		}
		d.CanComplete, d.Refusal = false, p
	}
	d.CanDelegate = !t.Status.Closed() && t.Status != store.TaskDecided && d.Config.Delegation != "nobody" && s.mayDelegate(t, user)
	return d, nil
}

// story fills in what happened on a task so far.
func (s *Service) story(ctx context.Context, t store.Task, d *Detail) error {
	comments, err := s.comments.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "task", Op: docstore.Eq, Value: t.ID}}, Sort: "at"}, 1000)
	if err != nil {
		return fmt.Errorf("comments of task %s: %w", t.ID, err)
	}
	var ids []string
	for _, c := range comments {
		ids = append(ids, c.User)
	}
	for _, v := range t.Votes {
		ids = append(ids, v.User)
	}
	for _, h := range t.Delegated {
		ids = append(ids, h.From, h.To)
	}
	if t.Decision != nil {
		ids = append(ids, t.Decision.By)
	}
	names, err := s.People.Names(ctx, ids)
	if err != nil {
		return err
	}
	d.Comments = make([]Comment, 0, len(comments))
	for _, c := range comments {
		c.UserName = names[c.User]
		d.Comments = append(d.Comments, c)
	}
	for _, v := range t.Votes {
		d.Votes = append(d.Votes, Vote{User: v.User, UserName: names[v.User], Outcome: v.Outcome, Comment: v.Comment, At: instant(v.At)})
	}
	for _, h := range t.Delegated {
		d.Delegated = append(d.Delegated, Handover{From: h.From, FromName: names[h.From], To: h.To, ToName: names[h.To], At: instant(h.At), Reason: h.Reason, Absence: h.Absence})
	}
	if c := t.Decision; c != nil {
		d.Decision = &Decision{Outcome: c.Outcome, By: c.By, ByName: names[c.By], At: instant(c.At), NotBefore: instant(c.NotBefore), Comment: c.Comment}
	}
	return nil
}

// answerable explains why a person cannot answer a task now.
func (s *Service) answerable(ctx context.Context, t store.Task, user string) error {
	switch {
	case (t.Decision != nil || t.Status.Closed()) && !s.concerns(t, user):
		return s.notYours(ctx, t) // how it ended is for those whose it was
	case t.Decision != nil:
		return s.decided(ctx, t)
	case t.Status.Closed():
		return problem.New("task_closed", "reason", t.Reason)
	}
	if err := s.mayAct(ctx, t, user); err != nil {
		return err
	}
	if slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == user }) {
		return problem.New("already_decided", "outcome", voteOf(t, user), "by", "you")
	}
	return nil
}

func voteOf(t store.Task, user string) string {
	for _, v := range t.Votes {
		if v.User == user {
			return v.Outcome
		}
	}
	return ""
}

// decided is the 409 that carries the recorded outcome.
func (s *Service) decided(ctx context.Context, t store.Task) error {
	names, err := s.People.Names(ctx, []string{t.Decision.By})
	if err != nil {
		return err
	}
	outcome := t.Decision.Outcome
	if outcome == "" {
		outcome = "completed"
	}
	return problem.New("already_decided", "outcome", outcome, "by", names[t.Decision.By]).
		With("decision", Decision{Outcome: t.Decision.Outcome, By: t.Decision.By, ByName: names[t.Decision.By], At: instant(t.Decision.At),
			NotBefore: instant(t.Decision.NotBefore), Comment: t.Decision.Comment})
}

// Claim takes a group's task for one person.
func (s *Service) Claim(ctx context.Context, id, user string) (Detail, error) {
	if err := s.MayAct(ctx, id, user); err != nil {
		return Detail{}, err
	}
	t, err := s.Engine.Claim(ctx, id, s.actor(user))
	if err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	return s.detail(ctx, t, user)
}

// Unclaim gives it back to the group.
func (s *Service) Unclaim(ctx context.Context, id, user string) (Detail, error) {
	if err := s.MayAct(ctx, id, user); err != nil {
		return Detail{}, err
	}
	t, err := s.Engine.Release(ctx, id, s.actor(user))
	if err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	return s.detail(ctx, t, user)
}

// refused explains what the engine did not take.
func (s *Service) refused(ctx context.Context, id string, err error) error {
	var p *problem.Problem
	if errors.As(err, &p) {
		return err
	}
	var voted *task.VotedError
	var outcome *task.OutcomeError
	var comment *task.CommentError
	var delegation *task.DelegationError
	var late *task.TooLateError
	switch {
	case errors.As(err, &voted):
		return problem.New("already_decided", "outcome", voted.Vote.Outcome, "by", "you").Because(err)
	case errors.As(err, &outcome):
		return problem.Invalid("/outcome", "one_of", strings.Join(outcome.Allowed, ", "))
	case errors.As(err, &comment):
		return problem.Invalid("/comment", "comment_required", "")
	case errors.As(err, &delegation):
		return problem.Invalid("/to", "invalid", delegation.Reason)
	case errors.As(err, &late):
		return problem.New("not_undoable").Because(err)
	}
	t, loadErr := s.load(ctx, id)
	if loadErr != nil {
		return loadErr
	}
	if t.Decision != nil {
		return s.decided(ctx, t)
	}
	if t.Status.Closed() {
		return problem.New("task_closed", "reason", t.Reason).Because(err)
	}
	var foreign *task.NotAllowedError
	if errors.As(err, &foreign) {
		return s.notYours(ctx, t)
	}
	return err
}

func (s *Service) mayDelegate(t store.Task, user string) bool {
	return slices.Contains(t.People(), user) ||
		slices.ContainsFunc(t.People(), func(id string) bool { return slices.Contains(s.People.Subordinates(user), id) })
}

// Delegate hands a task to another person. Its assignee may, and the assignee's
// superior; the step's setting says to whom.
func (s *Service) Delegate(ctx context.Context, id, user, to, reason string) (Detail, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	config, _, err := readConfig(t)
	if err != nil {
		return Detail{}, err
	}
	if !s.mayDelegate(t, user) {
		return Detail{}, s.notYours(ctx, t)
	}
	if config.Delegation == "nobody" {
		return Detail{}, problem.New("forbidden", "why", "this step cannot be delegated")
	}
	if _, active := s.People.Person(to); !active {
		return Detail{}, problem.Invalid("/to", "unknown_reference", "")
	}
	if slices.Contains(t.People(), to) {
		return Detail{}, problem.Invalid("/to", "invalid", "this person has the task already")
	}
	if config.Delegation == "subordinates" && !slices.Contains(s.People.Subordinates(user), to) {
		return Detail{}, problem.New("forbidden", "why", "this step can be delegated to subordinates only")
	}
	from := user
	if !slices.Contains(t.People(), user) {
		for _, id := range t.People() {
			if slices.Contains(s.People.Subordinates(user), id) {
				from = id
				break
			}
		}
	}
	now := s.Clock.Now()
	actor := s.actor(user)
	actor.Override = from != user // a superior acts for the one who has the task
	if t, err = s.Engine.Delegate(ctx, id, actor, from, to, reason); err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	h := handover{Entity: docstore.Entity{ID: fmt.Sprintf("%s/%s/%d", id, from, len(t.Delegated))}, From: from, Task: id, At: docstore.At(now)}
	if _, err := s.handovers.Save(ctx, h); err != nil && !errors.Is(err, docstore.ErrExists) {
		return Detail{}, fmt.Errorf("note delegation of %s: %w", id, err)
	}
	return s.detail(ctx, t, user)
}

// Assign hands a task over for whoever has it, as an operator does: the step's own
// rule of who may delegate is for the people that it asks.
func (s *Service) Assign(ctx context.Context, id, actor, from, to, reason string) error {
	if _, active := s.People.Person(to); !active {
		return problem.Invalid("/person", "unknown_reference", "")
	}
	a := s.actor(actor)
	a.Override = true
	t, err := s.Engine.Delegate(ctx, id, a, from, to, reason)
	if err != nil {
		return s.refused(ctx, id, err)
	}
	if from == "" {
		return nil
	}
	h := handover{Entity: docstore.Entity{ID: fmt.Sprintf("%s/%s/%d", id, from, len(t.Delegated))}, From: from, Task: id, At: docstore.At(s.Clock.Now())}
	if _, err := s.handovers.Save(ctx, h); err != nil && !errors.Is(err, docstore.ErrExists) {
		return fmt.Errorf("note that task %s was assigned: %w", id, err)
	}
	return nil
}

// AddComment adds a remark to a task.
func (s *Service) AddComment(ctx context.Context, id, user, text string, everything bool) (Comment, error) {
	if err := s.MaySee(ctx, id, user, everything); err != nil {
		return Comment{}, err
	}
	names, err := s.People.Names(ctx, []string{user})
	if err != nil {
		return Comment{}, err
	}
	c := Comment{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Task: id, At: docstore.At(s.Clock.Now()), User: user, UserName: names[user], Text: text}
	return s.comments.Save(ctx, c)
}

// TakeBack withdraws a decision that is not delivered yet.
func (s *Service) TakeBack(ctx context.Context, id, user string) (Detail, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	if t.Decision == nil || t.Status != store.TaskDecided || t.Decision.Delivered || t.Decision.NotBefore <= clock.Now(s.Clock) {
		return Detail{}, problem.New("not_undoable")
	}
	if t.Decision.By != user {
		return Detail{}, s.notYours(ctx, t)
	}
	if t, err = s.Engine.TakeBack(ctx, id, s.actor(user)); err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	return s.detail(ctx, t, user)
}

// copyFiles puts files of a task on its CRM record too; the ids are derived, so
// that a repeated completion copies once.
func (s *Service) copyFiles(ctx context.Context, t store.Task, files []file.Info) ([]any, error) {
	out := make([]any, 0, len(files))
	for _, f := range files {
		if t.RecordID != "" {
			content, _, err := s.Files.Open(ctx, f.ID)
			if err != nil {
				return nil, fmt.Errorf("open file %s: %w", f.ID, err)
			}
			f, err = s.Files.Put(ctx, file.Put{ID: "of-" + f.ID, Name: f.Name, Owner: t.RecordType + ":" + t.RecordID, CreatedBy: f.CreatedBy, Copy: true}, content)
			if closeErr := content.Close(); err == nil {
				err = closeErr
			}
			if err != nil {
				return nil, fmt.Errorf("attach file to %s %s: %w", t.RecordType, t.RecordID, err)
			}
		}
		out = append(out, map[string]any{"id": f.ID, "name": f.Name, "type": f.Type, "size": json.Number(fmt.Sprint(f.Size)),
			"link": "[" + f.Name + "](/api/v1/files/" + f.ID + ")"})
	}
	return out, nil
}

func exact(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	err = d.Decode(&out)
	return out, err
}
