package trigger

import "slices"

// Stage is one stage of a pipeline, in its order. Final stages end a record's
// way: success or failure.
type Stage struct {
	ID    string
	Name  string
	Final bool
}

// Truth is what became of a condition.
type Truth int

// Values of Truth. A trigger without a condition is True.
const (
	Unasked Truth = iota
	True
	False
	Failed
)

// Candidate is a trigger that hears of a happening.
type Candidate struct {
	ID        string
	Stage     string // it sits on
	AllowBack bool
	Disabled  bool
	// Meant: its config is about this very happening, this form, this code.
	Meant bool
	Holds Truth
}

// Reason says why a trigger moved the record, or why it did not. The texts are
// in schemas/text/triggers.json.
type Reason string

// Reasons.
const (
	Moved           Reason = "moved"
	Disabled        Reason = "disabled"
	NotMeant        Reason = "notMeant"
	StageGone       Reason = "stageGone"
	AlreadyThere    Reason = "alreadyThere"
	Below           Reason = "below"
	OnFinal         Reason = "onFinal"
	ConditionFalse  Reason = "conditionFalse"
	ConditionFailed Reason = "conditionFailed"
	EarlierWins     Reason = "earlierWins"
	// The following are found by the service, not by Decide.
	Refused      Reason = "refused"
	ChainTooLong Reason = "chainTooLong"
	NoTrigger    Reason = "noTrigger"
	moving       Reason = "moving"
)

// Place tells whether a trigger may act at all on a record that stands on a
// stage: "" when only its condition is left to ask.
//
// A record's path does not matter, only where it stands: a trigger of a stage
// below never acts, unless it may move back. On a final stage the record's way
// has ended, so that only triggers that may move back take it away.
//
// covers G-02, G-03
func Place(stages []Stage, present string, c Candidate) Reason {
	at := func(id string) int { return slices.IndexFunc(stages, func(s Stage) bool { return s.ID == id }) }
	here, there := at(present), at(c.Stage)
	switch {
	case c.Disabled:
		return Disabled
	case !c.Meant:
		return NotMeant
	case there < 0:
		return StageGone
	case here == there:
		return AlreadyThere
	case c.AllowBack:
		return ""
	case there < here:
		return Below
	case here >= 0 && stages[here].Final:
		return OnFinal
	}
	return ""
}

// Decision says where a record goes, "" when it stays, because of which trigger,
// and what became of each one, in the order of the candidates.
type Decision struct {
	Stage   string
	Trigger string
	Reasons []Reason
}

// Decide finds the one move that a happening makes: of the triggers that may act
// and whose condition holds, that of the earliest stage, and on one stage the
// first. Candidates are in the order in which people arranged them.
//
// covers G-01, G-04, B-67, B-69
func Decide(stages []Stage, present string, candidates []Candidate) Decision {
	d := Decision{Reasons: make([]Reason, len(candidates))}
	best, bestAt := -1, 0
	for i, c := range candidates {
		if d.Reasons[i] = Place(stages, present, c); d.Reasons[i] != "" {
			continue
		}
		switch c.Holds {
		case True:
			d.Reasons[i] = EarlierWins
			at := slices.IndexFunc(stages, func(s Stage) bool { return s.ID == c.Stage })
			if best < 0 || at < bestAt {
				best, bestAt = i, at
			}
		case Failed:
			d.Reasons[i] = ConditionFailed
		default:
			d.Reasons[i] = ConditionFalse
		}
	}
	if best >= 0 {
		d.Stage, d.Trigger, d.Reasons[best] = candidates[best].Stage, candidates[best].ID, Moved
	}
	return d
}
