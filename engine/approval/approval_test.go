package approval

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var threeWay = []Outcome{{Name: "approve", Positive: true}, {Name: "rework"}, {Name: "reject"}}

// covers B-35, B-36, B-37
func TestBallotCount(t *testing.T) {
	cases := []struct {
		name      string
		rule      Rule
		threshold int
		wait      bool
		people    string
		outcomes  []Outcome
		votes     string // voter=outcome ...
		want      string
	}{
		{"all open after one of two", All, 0, false, "a b", threeWay, "a=approve", ""},
		{"all positive", All, 0, false, "a b", threeWay, "a=approve b=approve", "approve"},
		{"all: first negative wins at once under its own name", All, 0, false, "a b c", threeWay, "b=rework", "rework"},
		{"all: positive with most votes", All, 0, false, "a b c", []Outcome{{"yes", true}, {"yesBut", true}, {"no", false}}, "a=yesBut b=yes c=yesBut", "yesBut"},
		{"all: a tie goes by order", All, 0, false, "a b", []Outcome{{"yes", true}, {"yesBut", true}, {"no", false}}, "a=yesBut b=yes", "yes"},
		{"any: first vote decides, negative", Any, 0, false, "a b", threeWay, "b=reject", "reject"},
		{"any: first vote decides, positive", Any, 0, false, "a b", threeWay, "a=approve", "approve"},
		{"vote: half is not above half", Vote, 50, false, "a b c d", threeWay, "a=approve b=approve", ""},
		{"vote: strictly above half of all appointed", Vote, 50, false, "a b c d", threeWay, "a=approve b=approve c=approve", "approve"},
		{"vote: share is of all appointed, not of those who voted", Vote, 50, false, "a b c d", threeWay, "a=approve", ""},
		{"vote: negative as soon as a majority is out of reach", Vote, 50, false, "a b c d", threeWay, "a=reject b=rework", "rework"},
		{"vote: two thirds are above 66", Vote, 66, false, "a b c", threeWay, "a=approve b=reject", ""},
		{"vote: negative with most votes", Vote, 67, false, "a b c", threeWay, "a=approve b=reject", "reject"},
		{"vote: threshold 0, first yes wins", Vote, 0, false, "a b c", threeWay, "a=reject b=approve", "approve"},
		{"vote: threshold 0, all no", Vote, 0, false, "a b", threeWay, "a=reject b=reject", "reject"},
		{"vote: waits for everyone", Vote, 50, true, "a b c", threeWay, "a=approve b=approve", ""},
		{"vote: waited for everyone", Vote, 50, true, "a b c", threeWay, "a=approve b=approve c=reject", "approve"},
		{"vote: positives that split evenly lose", Vote, 50, false, "a b", []Outcome{{"red", true}, {"blue", true}, {"no", false}}, "a=red b=blue", "no"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := Ballot{Rule: c.rule, Threshold: c.threshold, WaitForAll: c.wait, Outcomes: c.outcomes, Appointed: strings.Fields(c.people)}
			got, err := b.Count(parse(c.votes))
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != c.want || got.Decided != (c.want != "") {
				t.Errorf("got %+v, want %q", got, c.want)
			}
		})
	}
}

func parse(votes string) []Cast {
	var out []Cast
	for _, v := range strings.Fields(votes) {
		voter, outcome, _ := strings.Cut(v, "=")
		out = append(out, Cast{voter, outcome})
	}
	return out
}

func TestBallotRefusesVotes(t *testing.T) {
	b := Ballot{Rule: All, Outcomes: threeWay, Appointed: []string{"a", "b"}}
	cases := []struct {
		name, votes string
		want        error
	}{
		{"stranger", "z=approve", ErrNotAppointed},
		{"twice", "a=approve a=approve", ErrVotedBefore},
		{"unknown outcome", "a=maybe", ErrUnknownOutcome},
		{"after the decision", "a=reject b=approve", ErrDecided},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := b.Count(parse(c.votes)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestBallotCheck(t *testing.T) {
	good := Ballot{Rule: Vote, Threshold: 50, Outcomes: threeWay, Appointed: []string{"a"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Ballot){
		"rule":          func(b *Ballot) { b.Rule = "some" },
		"no outcomes":   func(b *Ballot) { b.Outcomes = nil },
		"nobody":        func(b *Ballot) { b.Appointed = nil },
		"threshold":     func(b *Ballot) { b.Threshold = 100 },
		"no negative":   func(b *Ballot) { b.Outcomes = []Outcome{{"yes", true}} },
		"outcome twice": func(b *Ballot) { b.Outcomes = append(slices.Clone(threeWay), Outcome{Name: "reject"}) },
		"person twice":  func(b *Ballot) { b.Appointed = []string{"a", "a"} },
	} {
		b := good
		spoil(&b)
		if err := b.Check(); !errors.Is(err, ErrBallot) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// covers B-38
func TestBallotTimedOut(t *testing.T) {
	b := Ballot{Outcomes: threeWay}
	if got := b.TimedOut(""); got != "rework" {
		t.Errorf("default is the first negative, got %q", got)
	}
	if got := b.TimedOut("reject"); got != "reject" {
		t.Errorf("configured outcome, got %q", got)
	}
	if got := (Ballot{Outcomes: []Outcome{{"seen", true}}}).TimedOut(""); got != "seen" {
		t.Errorf("without a negative, got %q", got)
	}
}

// TestBallotAlwaysEnds casts votes at random until the ballot is decided, and
// compares each decision with the rule told the long way.
func TestBallotAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := []Outcome{{"yes", true}, {"yesBut", true}, {"no", false}, {"never", false}}
		people := []string{"a", "b", "c", "d", "e", "f", "g"}[:rapid.IntRange(1, 7).Draw(t, "people")]
		b := Ballot{
			Rule: rapid.SampledFrom([]Rule{All, Any, Vote}).Draw(t, "rule"), Threshold: rapid.IntRange(0, 99).Draw(t, "threshold"),
			Outcomes: outcomes, Appointed: people, WaitForAll: rapid.Bool().Draw(t, "wait"),
		}
		var votes []Cast
		for _, p := range rapid.Permutation(people).Draw(t, "order") {
			votes = append(votes, Cast{p, rapid.SampledFrom(outcomes).Draw(t, "vote").Name})
			r, err := b.Count(votes)
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, n := range r.Counts {
				total += n
			}
			if total != len(votes) || len(r.Missing) != len(people)-len(votes) {
				t.Fatalf("votes lost: %+v", r)
			}
			if !r.Decided {
				if len(r.Missing) == 0 {
					t.Fatalf("all have voted and nothing is decided: %+v", r)
				}
				continue
			}
			positive := outcomes[b.index(r.Outcome)].Positive
			share := func(votes int) float64 { return 100 * float64(votes) / float64(len(people)) }
			switch {
			case b.Rule != Vote:
			case positive && share(r.Counts[r.Outcome]) <= float64(b.Threshold):
				t.Fatalf("%q won without the share: %+v at %d%%", r.Outcome, r, b.Threshold)
			case !positive && max(share(r.Counts["yes"]), share(r.Counts["yesBut"])) > float64(b.Threshold):
				t.Fatalf("%q won over a positive with the share: %+v at %d%%", r.Outcome, r, b.Threshold)
			}
			if b.Rule == All && positive && (r.Counts["no"]+r.Counts["never"] > 0 || len(r.Missing) > 0) {
				t.Fatalf("approved without everyone: %+v", r)
			}
			return
		}
		t.Fatal("not decided")
	})
}
