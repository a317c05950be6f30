package core

import (
	"fmt"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// A state comes back from a database, where a disk, a restore or a person may
// have damaged it. What is checked here is what the rest of this package takes
// for granted; a state that fails is refused as a whole instead of going on
// wrongly.

// mostCounted is beyond every counter of a run that was really made, and counts
// on from it cannot overflow.
const mostCounted = 1 << 53

// sound checks that the parts of a state agree with each other.
func (s *State) sound() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: run %s: %s", ErrInvariant, s.runID, fmt.Sprintf(format, args...))
	}
	open := len(s.scopes) + len(s.tokens) + len(s.waits) + len(s.buckets) + len(s.moves) + len(s.throws) + len(s.issues) + len(s.undos)
	switch {
	case s.continues < 0 || s.block < 0 || s.block > mostCounted || min(s.seq, s.nextToken, s.nextWait, s.nextScope, s.nextIssue, s.nextEntry) < 0 ||
		max(s.seq, s.nextToken, s.nextWait, s.nextScope, s.nextIssue, s.nextEntry) > mostCounted:
		return bad("a counter is out of range")
	case s.status != Active && s.status != Completed && s.status != Canceled && s.status != Failed:
		return bad("status %q", s.status)
	case s.status != Active && open > len(s.scopes):
		return bad("something is open after the end")
	case !s.Started() && open > 0:
		return bad("something is open before the start")
	case s.Started() && s.status == Active && (len(s.scopes) == 0 || s.scopes[0].n != 0):
		return bad("the scope of the run is missing")
	}
	if err := s.counted(); err != nil {
		return err
	}
	has := func(sc int64) bool { return s.scopeByNumber(sc) != nil }
	rests := func(t int64) bool { return s.tokenIndex(t) >= 0 }
	for i := range s.scopes {
		c := &s.scopes[i]
		if c.n > s.nextScope || c.n < 0 || c.n > 0 && (c.parent >= c.n || !has(c.parent)) || c.host != 0 && !rests(c.host) ||
			c.pass < 0 || (c.n == 0) != (c.node == "") {
			return bad("scope %d", c.n)
		}
		if r := c.rep; r != nil && (r.done < 0 || r.started < r.done || r.total < 0 || r.total > maxPasses || r.total > 0 && r.started > r.total ||
			r.items != nil && len(r.items) != r.total || r.out != nil && len(r.out) != r.total) {
			return bad("the passes of scope %d", c.n)
		}
		if c.pass > 0 {
			if of := s.scopeByNumber(c.parent).rep; of == nil || of.total > 0 && c.pass > of.total {
				return bad("pass %d in scope %d", c.pass, c.n)
			}
		}
	}
	for i := range s.tokens {
		if t := &s.tokens[i]; t.n <= 0 || t.n > s.nextToken || !has(t.scope) || t.phase > phaseThrow {
			return bad("token %d", t.n)
		}
	}
	for i := range s.waits {
		w := &s.waits[i]
		if w.n <= 0 || w.n > s.nextWait || w.token != 0 && !rests(w.token) || w.token == 0 && !has(w.scope) || w.part < 0 || w.cycle < 0 {
			return bad("wait %d", w.n)
		}
	}
	for i := range s.buckets {
		b := &s.buckets[i]
		if !has(b.scope) {
			return bad("tokens parked at %s", b.node)
		}
		for _, edge := range b.edges {
			if len(edge) > bucketLimit {
				return bad("tokens parked at %s", b.node)
			}
			for _, t := range edge {
				if t.n <= 0 || t.n > s.nextToken {
					return bad("token %d parked at %s", t.n, b.node)
				}
			}
		}
	}
	for _, mv := range s.moves {
		if mv.n <= 0 || mv.n > s.nextToken || !has(mv.scope) {
			return bad("token %d in motion", mv.n)
		}
	}
	for _, t := range s.throws {
		if !rests(t) {
			return bad("token %d before a throw", t)
		}
	}
	for i := range s.issues {
		if is := &s.issues[i]; is.n <= 0 || is.n > s.nextIssue || i > 0 && is.n <= s.issues[i-1].n || is.scope >= 0 && !has(is.scope) {
			return bad("incident %d", is.n)
		}
	}
	for i := range s.entries {
		if e := &s.entries[i]; e.n <= 0 || !has(e.scope) {
			return bad("completion %d", e.n)
		}
	}
	for i := range s.undos {
		if u := &s.undos[i]; !has(u.scope) || u.token != 0 && !rests(u.token) {
			return bad("compensation %d", u.n)
		}
	}
	return nil
}

// counted compares how many tokens each scope says it has with those that are
// there.
func (s *State) counted() error {
	live, parked := map[int64]int{}, map[int64]int{}
	for i := range s.tokens {
		live[s.tokens[i].scope]++
	}
	for i := range s.moves {
		live[s.moves[i].scope]++
	}
	for i := range s.buckets {
		for _, edge := range s.buckets[i].edges {
			live[s.buckets[i].scope] += len(edge)
			parked[s.buckets[i].scope] += len(edge)
		}
	}
	for i := range s.scopes {
		if c := &s.scopes[i]; c.live != live[c.n] || c.parked != parked[c.n] {
			return fmt.Errorf("%w: run %s: scope %d counts %d tokens of %d", ErrInvariant, s.runID, c.n, c.live, live[c.n])
		}
	}
	return nil
}

// fits checks that a state that was restored belongs to a graph.
func (s *State) fits(g *graph.Graph) error {
	bad := func(what string, node NodeID) error {
		return fmt.Errorf("%w: run %s: %s at %q does not fit the process", ErrInvariant, s.runID, what, node)
	}
	find := func(id NodeID) *graph.Node {
		if n, ok := g.Node(string(id)); ok {
			return n
		}
		return nil
	}
	for i := range s.scopes {
		c := &s.scopes[i]
		if c.n == 0 {
			continue
		}
		n := find(c.node)
		if n == nil || (c.rep != nil || c.pass > 0) && n.Repeat == nil ||
			c.rep == nil && c.pass == 0 && n.Inner == graph.None && (!c.undo || n.Compensator == graph.None) {
			return bad("a scope", c.node)
		}
	}
	for i := range s.tokens {
		if find(s.tokens[i].node) == nil {
			return bad("a token", s.tokens[i].node)
		}
	}
	for i := range s.waits {
		w := &s.waits[i]
		n := find(w.node)
		if n == nil {
			return bad("a wait", w.node)
		}
		if k := s.tokenIndex(w.token); k >= 0 && s.tokens[k].node != w.node && (n.Host == graph.None || g.Nodes[n.Host].ID != string(s.tokens[k].node)) && len(n.In) != 1 {
			return bad("a wait of another node", w.node) // it is no boundary event there and stands behind no event gateway
		}
	}
	for i := range s.buckets {
		b := &s.buckets[i]
		if n := find(b.node); n == nil || len(b.edges) != max(len(n.In), 1) {
			return bad("a join", b.node)
		}
	}
	for i := range s.moves {
		if find(s.moves[i].node) == nil {
			return bad("a move", s.moves[i].node)
		}
	}
	var undone func(entries []entry) error
	undone = func(entries []entry) error {
		for i := range entries {
			n := find(entries[i].node)
			if n == nil || n.Compensator == graph.None && n.Inner == graph.None {
				return bad("a completion", entries[i].node)
			}
			if err := undone(entries[i].inner); err != nil {
				return err
			}
		}
		return nil
	}
	return undone(s.entries)
}
