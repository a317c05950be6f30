package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// What a part of a step's time was spent on. Where several hold, the one that
// stands first here is told.
const (
	PartIncident = "incident"
	PartPerson   = "person"
	PartMessage  = "message"
	PartChild    = "child"
	PartJoin     = "join"
	PartTimer    = "timer"
	PartRunning  = "running"
)

var partOrder = []string{PartIncident, PartPerson, PartMessage, PartChild, PartJoin, PartTimer}

// How a bar ended.
const (
	BarDone     = "done"
	BarCanceled = "canceled"
)

// Part is a stretch of a bar: working, or waiting for something.
type Part struct {
	Kind string           `json:"kind" enum:"running,person,timer,message,child,join,incident"`
	From docstore.Instant `json:"from"`
	To   docstore.Instant `json:"to"` // null while it lasts
}

// Bar is one attempt of one step.
type Bar struct {
	Seq     int64            `json:"seq"` // of the record that began it
	EndSeq  int64            `json:"endSeq,omitempty"`
	Node    string           `json:"node"`
	Attempt int              `json:"attempt"` // the how-manieth visit of the node
	From    docstore.Instant `json:"from"`
	To      docstore.Instant `json:"to"` // null while it lasts
	End     string           `json:"end,omitempty" enum:"done,canceled"`
	Failed  bool             `json:"failed"` // it had an incident
	Parts   []Part           `json:"parts"`
	Actor   string           `json:"actor,omitempty"` // who completed its task
	By      string           `json:"by,omitempty"`    // the actor's name
	Outcome string           `json:"outcome,omitempty"`
	ByHand  bool             `json:"byHand"` // an operator put the token there, or took it away
}

// Intervention is something that a person did to the run beside its tasks.
type Intervention struct {
	Seq  int64            `json:"seq"`
	At   docstore.Instant `json:"at"`
	Kind core.RecordKind  `json:"kind"`
	Node string           `json:"node,omitempty"`
	By   string           `json:"by"`
	Text string           `json:"text"`
}

// Timeline is what happened when.
type Timeline struct {
	Seq           int64          `json:"seq"` // of the last record it knows
	Bars          []Bar          `json:"bars"`
	More          bool           `json:"more" doc:"older bars were left out"`
	Interventions []Intervention `json:"interventions"`
}

// barsShown bounds a timeline: the latest of them.
const barsShown = 3000

// stay is a bar in the making.
type stay struct {
	seq, endSeq int64
	node        string
	attempt     int
	token       core.TokenID
	from, to    core.Instant
	end         string
	failed      bool
	byHand      bool
	actor       string
	outcome     string
	parts       []stretch
	open        map[core.WaitID]string // what it waits for
	issues      int                    // open incidents
}

type stretch struct {
	kind     string
	from, to core.Instant
}

// kind is what the time is spent on now.
func (s *stay) kind() string {
	if s.issues > 0 {
		return PartIncident
	}
	best := len(partOrder)
	for _, k := range s.open {
		if i := slices.Index(partOrder, k); i >= 0 && i < best {
			best = i
		}
	}
	if best < len(partOrder) {
		return partOrder[best]
	}
	return PartRunning
}

// turn begins another part when the kind has changed.
func (s *stay) turn(at core.Instant) {
	kind := s.kind()
	if n := len(s.parts); n > 0 {
		last := &s.parts[n-1]
		if last.kind == kind {
			return
		}
		last.to = at
		if last.from == at { // no time was spent on it
			s.parts = s.parts[:n-1]
			if n > 1 && s.parts[n-2].kind == kind {
				s.parts[n-2].to = 0
				return
			}
		}
	}
	s.parts = append(s.parts, stretch{kind: kind, from: at})
}

func (s *stay) close(r core.Record, end string) {
	s.to, s.end, s.endSeq = r.At, end, r.Seq
	if n := len(s.parts); n > 0 {
		s.parts[n-1].to = r.At
	}
}

// stays folds records into bars; it can take more records later.
type stays struct {
	seq    int64
	all    []*stay
	visits map[string]int
	waits  map[core.WaitID]*stay
	issues map[string]*stay
	hand   []core.Record
	moved  map[core.TokenID]bool // by hand, and not yet where they go
}

func newStays() *stays {
	return &stays{visits: map[string]int{}, waits: map[core.WaitID]*stay{}, issues: map[string]*stay{}, moved: map[core.TokenID]bool{}}
}

// at is the open bar of a token at a node, the latest of the node otherwise.
func (f *stays) at(node core.NodeID, token core.TokenID) *stay {
	var other *stay
	for _, s := range slices.Backward(f.all) {
		if s.node != string(node) || s.end != "" {
			continue
		}
		if token == "" || s.token == token {
			return s
		}
		if other == nil {
			other = s
		}
	}
	return other
}

func (f *stays) begin(r core.Record) *stay {
	node := string(r.Node)
	f.visits[node]++
	s := &stay{seq: r.Seq, node: node, attempt: f.visits[node], token: r.Token, from: r.At, open: map[core.WaitID]string{}, byHand: f.moved[r.Token]}
	delete(f.moved, r.Token)
	f.all = append(f.all, s)
	return s
}

// parkedAt marks a token that waits at a join; no wait has this id.
const parkedAt core.WaitID = "\x00parked"

func (f *stays) add(r core.Record) {
	if r.Seq <= f.seq {
		return
	}
	f.seq = r.Seq
	if byHand(r) {
		f.hand = append(f.hand, r)
	}
	switch r.Kind {
	case core.RecordNodeEntered:
		if s := f.at(r.Node, r.Token); s != nil && s.token == r.Token && s.open[parkedAt] != "" {
			delete(s.open, parkedAt) // the join fires: its wait goes on as its work
			s.turn(r.At)
			return
		}
		f.begin(r).turn(r.At)
	case core.RecordTokenParked:
		s := f.begin(r)
		s.open[parkedAt] = PartJoin
		s.turn(r.At)
	case core.RecordTokenConsumed:
		if s := f.at(r.Node, r.Token); s != nil && s.token == r.Token {
			s.close(r, BarDone)
		}
	case core.RecordNodeLeft:
		if s := f.at(r.Node, r.Token); s != nil {
			s.close(r, BarDone)
		}
	case core.RecordNodeCanceled:
		if s := f.at(r.Node, r.Token); s != nil {
			s.byHand = s.byHand || r.Actor != ""
			s.close(r, BarCanceled)
		}
	case core.RecordTokenMoved:
		f.moved[r.Token] = true
		if s := f.at(r.Node, r.Token); s != nil {
			s.byHand = true
			if s.open[parkedAt] != "" {
				s.close(r, BarCanceled)
			}
		}
	case core.RecordTokenPlaced:
		f.moved[r.Token] = true
	case core.RecordTaskOpened:
		f.wait(r, PartPerson)
	case core.RecordTimerScheduled:
		f.wait(r, PartTimer)
	case core.RecordMessageAwaited, core.RecordSignalAwaited, core.RecordConditionAwaited:
		f.wait(r, PartMessage)
	case core.RecordChildStarted:
		f.wait(r, PartChild)
	case core.RecordTaskCompleted:
		if s := f.waits[r.Wait]; s != nil {
			s.actor = r.Actor
			s.outcome, _ = r.Body["outcome"].(string)
		}
		f.served(r)
	case core.RecordTimerFired, core.RecordMessageArrived, core.RecordSignalArrived, core.RecordConditionHeld, core.RecordChildCompleted:
		f.served(r)
	case core.RecordIncidentRaised:
		if s := f.at(r.Node, r.Token); s != nil {
			id, _ := r.Body["incident"].(string)
			f.issues[id] = s
			s.issues++
			s.failed = true
			s.turn(r.At)
		}
	case core.RecordIncidentResolved:
		id, _ := r.Body["incident"].(string)
		if s := f.issues[id]; s != nil {
			delete(f.issues, id)
			if s.issues--; s.end == "" {
				s.turn(r.At)
			}
		}
	case core.RecordRunMigrated:
		names, _ := r.Body["nodes"].(map[string]any)
		for _, s := range f.all {
			if to, ok := names[s.node].(string); ok {
				s.node = to
			}
		}
	case core.RecordRunCompleted, core.RecordRunCanceled, core.RecordRunFailed:
		for _, s := range f.all {
			if s.end == "" {
				s.close(r, BarCanceled)
			}
		}
	}
}

// wait notes what a step waits for. The waits of boundary events belong to no
// bar: nothing stands at them.
func (f *stays) wait(r core.Record, kind string) {
	s := f.at(r.Node, r.Token)
	if s == nil {
		return
	}
	s.open[r.Wait] = kind
	f.waits[r.Wait] = s
	s.turn(r.At)
}

func (f *stays) served(r core.Record) {
	s := f.waits[r.Wait]
	if s == nil || s.end != "" {
		return
	}
	delete(s.open, r.Wait)
	s.turn(r.At)
}

// byHand tells whether a record is of an operator's act.
func byHand(r core.Record) bool {
	switch r.Kind {
	case core.RecordTokenMoved, core.RecordTokenPlaced, core.RecordJoinForced, core.RecordRunSuspended, core.RecordRunResumed, core.RecordRunMigrated:
		return true
	case core.RecordVariablesChanged, core.RecordRunCanceled, core.RecordNodeCanceled:
		return r.Actor != ""
	case core.RecordIncidentResolved:
		return r.Body["by"] == "retry" || r.Body["by"] == "skip"
	default:
		return false
	}
}

// eachRecord reads the records of a run in order, up to a number or the first
// gap: the relay copies in any order.
func (s *Service) eachRecord(ctx context.Context, id core.RunID, until int64, take func(core.Record)) error {
	const pageSize = 1000
	for next := int64(1); next <= until; {
		records, err := s.Store.Records(ctx, id, next, pageSize)
		if err != nil {
			return fmt.Errorf("records of run %s: %w", id, err)
		}
		for _, r := range records {
			if r.Seq != next || r.Seq > until {
				return nil
			}
			take(r)
			next++
		}
		if len(records) < pageSize {
			return nil
		}
	}
	return nil
}

// Timeline reads what happened when.
func (s *Service) Timeline(ctx context.Context, id, language string) (Timeline, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Timeline{}, err
	}
	f := newStays()
	if err := s.eachRecord(ctx, r.ID, r.Seq, f.add); err != nil {
		return Timeline{}, err
	}
	people := []string{}
	for _, b := range f.all {
		people = append(people, b.actor)
	}
	names, err := s.People.Names(ctx, people)
	if err != nil {
		return Timeline{}, err
	}
	out := Timeline{Seq: f.seq, Bars: []Bar{}, More: len(f.all) > barsShown, Interventions: []Intervention{}}
	for _, b := range f.all[max(0, len(f.all)-barsShown):] {
		out.Bars = append(out.Bars, b.bar(names[b.actor]))
	}
	lines, err := s.Words(ctx, r.DefinitionKey, r.Version, f.hand, language)
	if err != nil {
		return Timeline{}, err
	}
	for i, l := range lines {
		node := l.Node
		if f.hand[i].Kind == core.RecordIncidentResolved && node == "" {
			continue
		}
		out.Interventions = append(out.Interventions, Intervention{Seq: l.Seq, At: l.At, Kind: l.Kind, Node: node, By: l.ActorName, Text: l.Text})
	}
	return out, nil
}

func (s *stay) bar(by string) Bar {
	b := Bar{Seq: s.seq, EndSeq: s.endSeq, Node: s.node, Attempt: s.attempt, From: instant(s.from), To: instant(s.to), End: s.end,
		Failed: s.failed, Parts: []Part{}, Actor: s.actor, By: by, Outcome: s.outcome, ByHand: s.byHand}
	for _, p := range s.parts {
		b.Parts = append(b.Parts, Part{Kind: p.kind, From: instant(p.from), To: instant(p.to)})
	}
	return b
}

func (s *Service) processOf(ctx context.Context, r store.Run) ([]byte, error) {
	return s.Definitions.Process(ctx, r.DefinitionKey, r.Version)
}
