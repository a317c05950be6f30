package core

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
	m.record(Record{Kind: RecordConditionHeld, Node: w.node, Scope: m.scope(sc).id, Wait: m.runWait(w), Body: Values{"expression": source}})
	m.fireEvent(w, m.node(w.node), m.ev, nil)
}
