package core

import "slices"

// testConditions evaluates the open conditions whenever values have changed or a
// condition was opened, before the next token moves. A condition that holds
// fires; one that stays open (a boundary event that does not interrupt) fires
// again only after it has ceased to hold. What counts is the level, not the
// change: a condition that holds when it is opened fires at once (CND-03).
func (m *machine) testConditions() {
	for m.dirty && m.s.status == Active && m.err == nil {
		m.dirty = false
		var open []int64
		for i := range m.s.waits {
			if w := &m.s.waits[i]; w.kind == ConditionWait && w.failed == 0 {
				open = append(open, w.n)
			}
		}
		for _, n := range open {
			if w := m.s.waitByNumber(n); w != nil {
				m.testCondition(w)
			}
		}
	}
}

// recordChanged lets the conditions be tested again. What they see of the record
// are the facts of this step, so nothing is kept, and an event that makes none of
// them hold leaves no line in the history.
func (m *machine) recordChanged(ev *Event, body RecordBody) {
	if m.s.record == nil || m.s.record.Type != body.Type || m.s.record.ID != body.ID {
		m.ignore(ev, "the run is about another record")
		return
	}
	m.changed = body.Fields
}

// looksAgain marks that conditions on the record have to be tested: it may have
// changed since the step before, whatever brings this one about.
func (m *machine) looksAgain() {
	m.changed = nil
	if m.s.record == nil {
		return
	}
	for i := range m.s.waits {
		if w := &m.s.waits[i]; w.kind == ConditionWait && m.watched(w).Record {
			m.dirty = true
			return
		}
	}
}

// follows tells whether a wait has to hear of changes of the run's record.
func (m *machine) follows(w *wait) bool {
	return w.kind == ConditionWait && m.s.record != nil && m.watched(w).Record
}

func (m *machine) testCondition(w *wait) {
	source := m.watched(w).When
	sc := m.scopeOf(w)
	if m.eval == nil {
		w.failed = m.raise(w.node, m.runWait(w), -1, FailureBody{Code: "expression_failed", Message: "no evaluator for " + source})
		return
	}
	holds, err := m.eval.Bool(source, m.visible(sc), m.s.at)
	if err != nil {
		w.failed = m.raise(w.node, m.runWait(w), -1, *evalFailure(source, err))
		return
	}
	held := w.tested && w.held
	w.tested, w.held = true, holds
	if !holds || held {
		return
	}
	m.record(Record{Kind: RecordConditionHeld, Node: w.node, Scope: m.scope(sc).id, Wait: m.runWait(w), Body: m.heldBody(source)})
	m.fireEvent(w, m.node(w.node), m.ev, nil)
}

func (m *machine) heldBody(source string) Values {
	body := Values{"expression": source}
	if len(m.changed) > 0 {
		names := slices.Clone(m.changed)
		slices.Sort(names)
		fields := make([]any, len(names))
		for i, name := range names {
			fields[i] = name
		}
		body["fields"] = fields
	}
	return body
}
