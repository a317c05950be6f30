package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// People names users and the members of groups.
type People interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
	GroupNames(ctx context.Context, ids []string) (map[string]string, error)
}

// Definitions gives the text of a version.
type Definitions interface {
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
}

// Files lists what belongs to an owner.
type Files interface {
	List(ctx context.Context, owner string) ([]file.Info, error)
}

// Options are what a Service needs.
type Options struct {
	Store       store.Store
	Definitions Definitions
	People      People
	Files       Files
	Clock       clock.Clock
}

// Service reads runs. Safe for concurrent use.
type Service struct {
	Options
	stats statistics
	mu    sync.Mutex
	folds map[core.RunID]*fold       // of runs looked at lately; never changed once in here
	steps map[string]map[string]step // of versions, by "key/version"; never changed once in here
}

// foldsKept bounds the memory of pictures; a page that is open asks often.
const foldsKept = 300

// New makes a service.
func New(o Options) *Service {
	return &Service{Options: o, folds: map[core.RunID]*fold{}, steps: map[string]map[string]step{}}
}

// Summary is a run in a list.
type Summary struct {
	ID             string           `json:"id"`
	DefinitionKey  string           `json:"definitionKey"`
	DefinitionName string           `json:"definitionName"`
	Version        int              `json:"version"`
	Status         core.Status      `json:"status"`
	Suspended      bool             `json:"suspended"`
	Incidents      int              `json:"incidents"`
	Nodes          []string         `json:"nodes"`
	RecordType     string           `json:"recordType,omitempty"`
	RecordID       string           `json:"recordId,omitempty"`
	RecordTitle    string           `json:"recordTitle,omitempty"`
	StartedBy      string           `json:"startedBy,omitempty"`
	StartedByName  string           `json:"startedByName,omitempty"`
	StartedAt      docstore.Instant `json:"startedAt"`
	UpdatedAt      docstore.Instant `json:"updatedAt"`
	EndedAt        docstore.Instant `json:"endedAt"`
}

// Wait is an open expectation of a run.
type Wait struct {
	ID     string           `json:"id"`
	Node   string           `json:"node"`
	Kind   string           `json:"kind"` // task, timer, message, effect, child
	People []Person         `json:"people,omitempty"`
	DueAt  docstore.Instant `json:"dueAt"`
	TaskID string           `json:"taskId,omitempty"`
	Effect *EffectState     `json:"effect,omitempty"`
}

// EffectState is the outside work a node waits for.
type EffectState struct {
	Status  store.EffectStatus `json:"status"`
	Attempt int                `json:"attempt"`
	Robot   string             `json:"robot"`
	// NotBefore is when the next attempt is due.
	NotBefore docstore.Instant `json:"notBefore"`
	Code      string           `json:"code,omitempty"`
	Message   string           `json:"message,omitempty"`
}

// Incident is a problem that waits for a decision.
type Incident struct {
	ID            string           `json:"id"`
	RunID         string           `json:"runId"`
	DefinitionKey string           `json:"definitionKey"`
	Node          string           `json:"node"`
	NodeName      string           `json:"nodeName"`
	At            docstore.Instant `json:"at"`
	Code          string           `json:"code"`
	Text          string           `json:"text,omitempty" doc:"the code in words of the reader: what is wrong and what to do"`
	Message       string           `json:"message" doc:"what the failing part said, in its own words"`
	Remedy        string           `json:"remedy,omitempty"`
	Detail        map[string]any   `json:"detail,omitempty"`
	Attempts      int              `json:"attempts,omitempty"`
	// Of the run, in lists over all runs.
	DefinitionName string `json:"definitionName,omitempty"`
	RecordTitle    string `json:"recordTitle,omitempty"`
}

// Detail is everything the run page shows.
type Detail struct {
	Summary
	Process    json.RawMessage       `json:"process"`
	Variables  map[string]any        `json:"variables"`
	Parameters map[string]any        `json:"parameters" doc:"the values given at the start, by name; they never change"`
	NodeStates map[string]*NodeState `json:"nodeStates"`
	FlowsTaken map[string]int        `json:"flowsTaken"`
	Waits      []Wait                `json:"waits"`
	// Incidents are the open ones; the member hides the summary's number.
	Incidents []Incident  `json:"incidents"`
	Seq       int64       `json:"seq"`
	Epoch     string      `json:"epoch"`
	Cause     *Cause      `json:"cause,omitempty" doc:"what led to the run; kind is user, trigger, run, schedule, webhook, message or signal"`
	Problem   string      `json:"problem,omitempty"`
	Documents []file.Info `json:"-"`
}

// Query filters runs.
type Query struct {
	Definition string
	Version    int
	Status     string
	RecordType string
	RecordID   string
	Node       string
	Incident   bool
	Text       string
	StartedBy  string
	CausedBy   string
	Search
	Limit  int
	Cursor string
}

// Cause is what led to a run; its chain is told apart, to those who may see what it names.
type Cause struct {
	Kind  string `json:"kind"`
	ID    string `json:"id,omitempty"`
	Depth int    `json:"depth,omitempty"`
}

// stored is the query of the store; false when no run can match.
func (q Query) stored() (store.RunQuery, bool) {
	rq := store.RunQuery{DefinitionKey: q.Definition, Version: q.Version, RecordType: q.RecordType, RecordID: q.RecordID, Node: core.NodeID(q.Node),
		WithIncident: q.Incident, Text: q.Text, StartedBy: q.StartedBy, CausedBy: core.RunID(q.CausedBy), Limit: q.Limit, Cursor: q.Cursor}
	if q.Status != "" {
		rq.Statuses = []core.Status{core.Status(q.Status)}
	}
	return rq, q.Narrow(&rq)
}

// List pages runs, newest first.
func (s *Service) List(ctx context.Context, q Query) ([]Summary, string, error) {
	rq, possible := q.stored()
	if !possible {
		return []Summary{}, "", nil
	}
	page, err := s.Store.List(ctx, rq)
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	out, err := s.summaries(ctx, page.Runs)
	return out, page.Next, err
}

func (s *Service) summaries(ctx context.Context, runs []store.Run) ([]Summary, error) {
	ids := make([]string, 0, len(runs))
	for _, r := range runs {
		ids = append(ids, r.StartedBy)
	}
	names, err := s.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, 0, len(runs))
	for _, r := range runs {
		v := Summary{ID: string(r.ID), DefinitionKey: r.DefinitionKey, DefinitionName: r.Name, Version: r.Version, Status: r.Status, Suspended: r.Suspended,
			Incidents: r.Incidents, Nodes: make([]string, 0, len(r.Nodes)), RecordType: r.RecordType, RecordID: r.RecordID, RecordTitle: r.RecordTitle,
			StartedBy: r.StartedBy, StartedByName: names[r.StartedBy], StartedAt: instant(r.StartedAt), UpdatedAt: instant(r.UpdatedAt), EndedAt: instant(r.EndedAt)}
		for _, n := range r.Nodes {
			v.Nodes = append(v.Nodes, string(n))
		}
		out = append(out, v)
	}
	return out, nil
}

func instant(i core.Instant) docstore.Instant {
	if i == 0 {
		return docstore.Instant{}
	}
	return docstore.At(clock.Time(i))
}

// Summaries reads a few runs by id.
func (s *Service) Summaries(ctx context.Context, ids []string) ([]Summary, error) {
	runs := make([]store.Run, 0, len(ids))
	for _, id := range ids {
		r, err := s.load(ctx, id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return s.summaries(ctx, runs)
}

// ActiveOf counts the active runs about a record, at most a page of them.
func (s *Service) ActiveOf(ctx context.Context, recordType, recordID string) (int, error) {
	page, err := s.Store.List(ctx, store.RunQuery{RecordType: recordType, RecordID: recordID, Statuses: []core.Status{core.Active}, Limit: 200})
	if err != nil {
		return 0, fmt.Errorf("count runs of %s %s: %w", recordType, recordID, err)
	}
	return len(page.Runs), nil
}

func (s *Service) load(ctx context.Context, id string) (store.Run, error) {
	r, err := s.Store.Load(ctx, core.RunID(id))
	if errors.Is(err, store.ErrNotFound) {
		return r, problem.NotFound("run")
	}
	return r, err
}

// Get reads one run.
func (s *Service) Get(ctx context.Context, id string) (Detail, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	v, parameters, err := s.live(ctx, r)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Summary: v.Summary, Variables: v.Variables, Parameters: parameters, NodeStates: v.NodeStates, FlowsTaken: v.FlowsTaken, Waits: v.Waits,
		Incidents: v.Incidents, Seq: v.Seq, Epoch: Epoch, Problem: v.Problem}
	if len(r.Cause) > 0 {
		if err := json.Unmarshal(r.Cause, &d.Cause); err != nil {
			return Detail{}, fmt.Errorf("cause of run %s: %w", id, err)
		}
	}
	if d.Process, err = s.Definitions.Process(ctx, r.DefinitionKey, r.Version); err != nil {
		return Detail{}, err
	}
	if r.RecordID != "" {
		if d.Documents, err = s.Files.List(ctx, r.RecordType+":"+r.RecordID); err != nil {
			return Detail{}, err
		}
	}
	return d, nil
}

// Epoch of the record numbers: history is never rewritten in place.
const Epoch = "1"

// Picture reads what a diagram of the run shows.
func (s *Service) Picture(ctx context.Context, id string) (Picture, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Picture{}, err
	}
	waits, err := s.waits(ctx, r)
	if err != nil {
		return Picture{}, err
	}
	return s.picture(ctx, r, waits)
}

func (s *Service) picture(ctx context.Context, r store.Run, waits []Wait) (Picture, error) {
	f, err := s.folded(ctx, r)
	if err != nil {
		return Picture{}, err
	}
	incidents, err := s.incidents(ctx, r)
	if err != nil {
		return Picture{}, err
	}
	people := map[string][]Person{}
	for _, w := range waits {
		if w.Kind == "task" {
			people[w.Node] = append(people[w.Node], w.People...)
		}
	}
	p := f.picture(incidents, people, s.Clock.Now())
	p.Status = r.Status
	return p, nil
}

// folded is the fold of a run's records up to what is stored now.
func (s *Service) folded(ctx context.Context, r store.Run) (*fold, error) {
	s.mu.Lock()
	f := s.folds[r.ID]
	s.mu.Unlock()
	if f != nil && f.seq >= r.Seq {
		return f, nil
	}
	if f == nil {
		f = newFold()
	} else {
		f = f.clone()
	}
	const pageSize = 1000
	for {
		records, err := s.Store.Records(ctx, r.ID, f.seq+1, pageSize)
		if err != nil {
			return nil, fmt.Errorf("records of run %s: %w", r.ID, err)
		}
		for _, rec := range records {
			if rec.Seq != f.seq+1 {
				break // the relay copies in any order: what follows a gap comes with the next look
			}
			f.add(rec)
		}
		if len(records) < pageSize {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.folds) >= foldsKept {
		for id := range s.folds {
			delete(s.folds, id) // any one: a miss costs one read of the records
			break
		}
	}
	s.folds[r.ID] = f
	return f, nil
}

// Waits lists what a run waits for now, with its status.
func (s *Service) Waits(ctx context.Context, id string) (core.Status, []Wait, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return "", nil, err
	}
	waits, err := s.waits(ctx, r)
	return r.Status, waits, err
}

// waits lists what the run waits for, from the derived copies.
func (s *Service) waits(ctx context.Context, r store.Run) ([]Wait, error) {
	out := []Wait{}
	if r.Status != core.Active {
		return out, nil
	}
	tasks, err := s.Store.ListTasks(ctx, store.TaskQuery{RunID: r.ID, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed, store.TaskDecided}, Limit: 200})
	if err != nil {
		return nil, fmt.Errorf("tasks of run %s: %w", r.ID, err)
	}
	var users, groups []string
	for _, t := range tasks.Tasks {
		users, groups = append(users, EffectiveUsers(t)...), append(groups, t.Groups...)
	}
	userNames, err := s.People.Names(ctx, users)
	if err != nil {
		return nil, err
	}
	groupNames, err := s.People.GroupNames(ctx, groups)
	if err != nil {
		return nil, err
	}
	nodes := map[core.WaitID]core.NodeID{}
	if len(r.State) > 0 {
		state, err := codec.Decode(r.State)
		if err != nil {
			state = core.NewState(r.ID) // Detail.Problem tells; the copies show what they know
		}
		for _, w := range state.Waits() {
			nodes[w.ID] = w.Node
			switch string(w.Kind) {
			case "message", "child":
				out = append(out, Wait{ID: string(w.ID), Node: string(w.Node), Kind: string(w.Kind)})
			}
		}
	}
	for _, t := range tasks.Tasks {
		w := Wait{ID: t.ID, Node: nodeOf(nodes, core.WaitID(t.ID), t.Node), Kind: "task", TaskID: t.ID, DueAt: instant(t.DueAt), People: []Person{}}
		for _, id := range EffectiveUsers(t) {
			w.People = append(w.People, Person{ID: id, Name: userNames[id]})
		}
		for _, id := range t.Groups {
			w.People = append(w.People, Person{ID: "group:" + id, Name: groupNames[id]})
		}
		out = append(out, w)
	}
	timers, err := s.Store.RunTimers(ctx, r.ID)
	if err != nil {
		return nil, fmt.Errorf("timers of run %s: %w", r.ID, err)
	}
	effects, err := s.Store.RunEffects(ctx, r.ID)
	if err != nil {
		return nil, fmt.Errorf("effects of run %s: %w", r.ID, err)
	}
	for _, t := range timers {
		out = append(out, Wait{ID: t.ID, Node: string(nodes[t.Wait]), Kind: "timer", DueAt: instant(t.DueAt)})
	}
	for _, e := range effects {
		if _, open := nodes[e.Wait]; !open {
			continue
		}
		state := &EffectState{Status: e.Status, Attempt: e.Attempt, Robot: e.Robot, NotBefore: instant(e.NotBefore)}
		if e.Failure != nil {
			state.Code, state.Message = e.Failure.Code, e.Failure.Message
		}
		out = append(out, Wait{ID: string(e.Wait), Node: nodeOf(nodes, e.Wait, e.Node), Kind: "effect", Effect: state})
	}
	return out, nil
}

// nodeOf is where a wait stands now: a migration may have given it another node
// than its document was written with.
func nodeOf(now map[core.WaitID]core.NodeID, wait core.WaitID, then core.NodeID) string {
	if n, ok := now[wait]; ok {
		return string(n)
	}
	return string(then)
}

// EffectiveUsers are the people of a task after its delegations.
func EffectiveUsers(t store.Task) []string {
	users := append([]string(nil), t.Users...)
	for _, d := range t.Delegated {
		kept := users[:0:0]
		for _, u := range users {
			if u != d.From && u != d.To {
				kept = append(kept, u)
			}
		}
		users = append(kept, d.To)
	}
	return users
}

func (s *Service) incidents(ctx context.Context, r store.Run) ([]Incident, error) {
	out := []Incident{}
	if r.Incidents == 0 {
		return out, nil
	}
	open, err := s.Store.RunIncidents(ctx, r.ID)
	if err != nil {
		return nil, fmt.Errorf("incidents of run %s: %w", r.ID, err)
	}
	for _, i := range open {
		if i.ResolvedAt == 0 {
			out = append(out, incident(i))
		}
	}
	return out, nil
}

func incident(i store.OpenIncident) Incident {
	v := Incident{ID: i.ID, RunID: string(i.RunID), DefinitionKey: i.DefinitionKey, Node: string(i.Node), NodeName: i.NodeName, At: instant(i.At),
		Code: i.Failure.Code, Message: i.Failure.Message, Remedy: i.Failure.Remedy, Detail: i.Failure.Detail}
	if n, ok := i.Failure.Detail["attempts"].(json.Number); ok {
		if attempts, err := n.Int64(); err == nil {
			v.Attempts = int(attempts)
		}
	}
	return v
}

// Incidents pages open incidents over all runs.
func (s *Service) Incidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]Incident, string, error) {
	open, next, err := s.Store.ListIncidents(ctx, definitionKey, limit, cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	out := make([]Incident, 0, len(open))
	for _, i := range open {
		out = append(out, incident(i))
	}
	return out, next, s.placed(ctx, out)
}

// NodeCounts are the active runs and open incidents on one node.
type NodeCounts struct {
	Active    int `json:"active"`
	Incidents int `json:"incidents"`
}

// Counts is the aggregated picture of a definition.
type Counts struct {
	Nodes    map[string]NodeCounts `json:"nodes"`
	Statuses map[string]int        `json:"statuses"`
}

// Counts aggregates all runs of a definition; version 0 means every version.
func (s *Service) Counts(ctx context.Context, key string, version int) (Counts, error) {
	c, err := s.Store.Counts(ctx, key, version)
	if err != nil {
		return Counts{}, fmt.Errorf("count runs of %s: %w", key, err)
	}
	out := Counts{Nodes: map[string]NodeCounts{}, Statuses: map[string]int{}}
	for _, status := range []core.Status{core.Active, core.Completed, core.Canceled, core.Failed, core.Quarantined} {
		out.Statuses[string(status)] = c.Statuses[status]
	}
	for node, n := range c.Nodes {
		out.Nodes[string(node)] = NodeCounts{Active: n, Incidents: c.Incidents[node]}
	}
	for node, n := range c.Incidents {
		if _, there := out.Nodes[string(node)]; !there {
			out.Nodes[string(node)] = NodeCounts{Incidents: n}
		}
	}
	return out, nil
}
