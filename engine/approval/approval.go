package approval

import (
	"errors"
	"fmt"
	"slices"
)

// Rule says how votes become one outcome.
type Rule string

// The rules.
const (
	// All: the first negative vote wins at once under its own name. When all have
	// answered positively, the positive outcome with most votes wins.
	All Rule = "all"
	// Any: the first vote decides.
	Any Rule = "any"
	// Vote: a positive outcome wins when its share of all appointed is strictly
	// above the threshold. When no positive outcome can get there any more, or all
	// have voted, the negative outcome with most votes wins.
	Vote Rule = "vote"
)

// Outcome is one possible answer.
type Outcome struct {
	Name     string `json:"name"`
	Positive bool   `json:"positive,omitempty"`
}

// Ballot is what is voted on. It does not change while votes come in.
type Ballot struct {
	Rule      Rule
	Threshold int // percent, for Vote; 0 = the first positive vote wins
	Outcomes  []Outcome
	Appointed []string // who may vote; nobody twice
	// WaitForAll keeps a Vote open until everyone has voted (B-37).
	WaitForAll bool
}

// Cast is one person's vote, in the order of arrival.
type Cast struct {
	Voter   string
	Outcome string
}

// Errors that callers branch on.
var (
	// ErrNotAppointed: the voter may not vote.
	ErrNotAppointed = errors.New("not appointed")
	// ErrVotedBefore: one vote each.
	ErrVotedBefore = errors.New("voted before")
	// ErrUnknownOutcome: the ballot has no such outcome.
	ErrUnknownOutcome = errors.New("unknown outcome")
	// ErrDecided: the ballot was decided before this vote.
	ErrDecided = errors.New("already decided")
	// ErrBallot: the ballot itself cannot be decided.
	ErrBallot = errors.New("bad ballot")
)

// Result is the state of a ballot after some votes.
type Result struct {
	Decided bool
	Outcome string         // "" while open
	Counts  map[string]int // votes by outcome; every outcome is there
	Missing []string       // appointed who have not voted, in order
}

// Check tells whether a ballot can be decided at all.
func (b Ballot) Check() error {
	switch {
	case b.Rule != All && b.Rule != Any && b.Rule != Vote:
		return fmt.Errorf("%w: unknown rule %q", ErrBallot, b.Rule)
	case len(b.Outcomes) == 0:
		return fmt.Errorf("%w: no outcomes", ErrBallot)
	case len(b.Appointed) == 0:
		return fmt.Errorf("%w: nobody is appointed", ErrBallot)
	case b.Threshold < 0 || b.Threshold > 99:
		return fmt.Errorf("%w: threshold %d is not between 0 and 99", ErrBallot, b.Threshold)
	case b.Rule == Vote && !slices.ContainsFunc(b.Outcomes, func(o Outcome) bool { return !o.Positive }):
		return fmt.Errorf("%w: a vote needs a negative outcome", ErrBallot)
	}
	for i, o := range b.Outcomes {
		if o.Name == "" || b.index(o.Name) != i {
			return fmt.Errorf("%w: outcome %q is empty or named twice", ErrBallot, o.Name)
		}
	}
	for i, v := range b.Appointed {
		if slices.Index(b.Appointed, v) != i {
			return fmt.Errorf("%w: %s is appointed twice", ErrBallot, v)
		}
	}
	return nil
}

// Count counts votes in the order of arrival. It refuses votes that could not
// have been cast, so that a stored list of votes is either good or an error.
func (b Ballot) Count(votes []Cast) (Result, error) {
	if err := b.Check(); err != nil {
		return Result{}, err
	}
	r := Result{Counts: make(map[string]int, len(b.Outcomes)), Missing: slices.Clone(b.Appointed)}
	for _, o := range b.Outcomes {
		r.Counts[o.Name] = 0
	}
	for i, v := range votes {
		at := slices.Index(r.Missing, v.Voter)
		switch {
		case r.Decided:
			return r, fmt.Errorf("vote %d of %s: %w", i+1, v.Voter, ErrDecided)
		case !slices.Contains(b.Appointed, v.Voter):
			return r, fmt.Errorf("vote %d of %s: %w", i+1, v.Voter, ErrNotAppointed)
		case at < 0:
			return r, fmt.Errorf("vote %d of %s: %w", i+1, v.Voter, ErrVotedBefore)
		case b.index(v.Outcome) < 0:
			return r, fmt.Errorf("vote %d of %s: %q: %w", i+1, v.Voter, v.Outcome, ErrUnknownOutcome)
		}
		r.Missing = slices.Delete(r.Missing, at, at+1)
		r.Counts[v.Outcome]++
		r.Outcome = b.decide(r, v)
		r.Decided = r.Outcome != ""
	}
	return r, nil
}

// TimedOut is the outcome when time runs out: the configured one, else the first
// negative one, else the last.
func (b Ballot) TimedOut(configured string) string {
	if configured != "" {
		return configured
	}
	for _, o := range b.Outcomes {
		if !o.Positive {
			return o.Name
		}
	}
	return b.Outcomes[len(b.Outcomes)-1].Name
}

func (b Ballot) index(name string) int {
	return slices.IndexFunc(b.Outcomes, func(o Outcome) bool { return o.Name == name })
}

// decide gives the outcome after the latest vote, or "".
func (b Ballot) decide(r Result, latest Cast) string {
	switch b.Rule {
	case Any:
		return latest.Outcome
	case All:
		if !b.Outcomes[b.index(latest.Outcome)].Positive {
			return latest.Outcome
		}
		if len(r.Missing) == 0 {
			return b.most(r, true)
		}
		return ""
	}
	if len(r.Missing) > 0 && b.WaitForAll {
		return ""
	}
	possible := false
	winner := ""
	for _, o := range b.Outcomes {
		if !o.Positive {
			continue
		}
		if b.above(r.Counts[o.Name]) && (winner == "" || r.Counts[o.Name] > r.Counts[winner]) {
			winner = o.Name
		}
		possible = possible || b.above(r.Counts[o.Name]+len(r.Missing))
	}
	switch {
	case winner != "":
		return winner
	case !possible || len(r.Missing) == 0:
		// The negatives may have no vote at all, as when positives split evenly.
		return b.most(r, false)
	}
	return ""
}

// above compares a share of all appointed with the threshold, in whole numbers.
func (b Ballot) above(votes int) bool { return votes*100 > b.Threshold*len(b.Appointed) }

// most is the outcome of one sign with most votes; ties go by order.
func (b Ballot) most(r Result, positive bool) string {
	best := ""
	for _, o := range b.Outcomes {
		if o.Positive == positive && (best == "" || r.Counts[o.Name] > r.Counts[best]) {
			best = o.Name
		}
	}
	return best
}
