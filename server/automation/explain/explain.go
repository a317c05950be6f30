// Package explain says why a condition was as it was: what each of its parts came to,
// with which values, and the smallest change of values that would turn it round.
//
// It computes with the same evaluator as everything else, and what it proposes it has
// tried: with the proposed values the condition is the other way round. That no change
// was found does not say that there is none.
//
// Entry points: Condition (explain.go), change.go (which values are tried), seen.go
// (the values of a past moment).
package explain

import (
	"cmp"
	"math"
	"slices"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// Part is one part of a condition.
type Part struct {
	Source string `json:"source"`
	// Op says how the parts of it go together; without it, it is a leaf.
	Op     string  `json:"op,omitempty" enum:"and,or,not"`
	Result bool    `json:"result"`
	Error  string  `json:"error,omitempty" doc:"why it could not be computed"`
	Values []Value `json:"values,omitempty" doc:"that a leaf has read"`
	Parts  []Part  `json:"parts,omitempty"`
	// Decides: without it the whole would not be as it is.
	Decides bool `json:"decides,omitempty"`
}

// Value is a value that was read.
type Value struct {
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Relations of a proposed value to the limit that a condition sets.
const (
	AtLeast  = "atLeast"
	AtMost   = "atMost"
	MoreThan = "moreThan"
	LessThan = "lessThan"
	Equal    = "equal"
	Not      = "not"
	OneOf    = "oneOf"
	Contains = "contains"
	Begins   = "begins"
	Ends     = "ends"
	Filled   = "filled"
	Empty    = "empty"
)

// Change is one value that would have to be another.
type Change struct {
	Path     string `json:"path"`
	From     any    `json:"from"`
	To       any    `json:"to" doc:"with this value it is turned round"`
	Relation string `json:"relation" enum:"atLeast,atMost,moreThan,lessThan,equal,not,oneOf,contains,begins,ends,filled,empty"`
	Limit    any    `json:"limit,omitempty" doc:"what the condition compares with"`

	cost float64
}

// Why explains a condition.
type Why struct {
	Part
	// Changes are the smallest set of changes that turns it round, nothing when none
	// was found.
	Changes []Change `json:"changes" nullable:"false"`
	// Exact: the values are those of the moment. Otherwise some were not kept, and
	// those of now stand for them.
	Exact bool `json:"exact"`
}

// Condition explains a condition with what it sees. The changes are such that it
// becomes the other way round.
func Condition(c *expr.Compiler, source string, env expr.Env) (Why, error) {
	anatomy, err := c.Anatomy(source)
	if err != nil {
		return Why{Changes: []Change{}}, err
	}
	e := explainer{compiler: c, env: env}
	out := Why{Part: e.part(anatomy), Changes: []Change{}, Exact: true}
	e.deciding(&out.Part)
	if out.Error != "" {
		return out, nil
	}
	want := !out.Result
	for _, sets := range []func() [][]Change{
		func() [][]Change { return e.single(anatomy) },
		func() [][]Change { return e.flip(anatomy, want) },
		func() [][]Change { return e.pairs(anatomy) },
	} {
		for _, set := range sets() {
			if is, err := e.truth(source, set); err == nil && is == want {
				out.Changes = set
				return out, nil
			}
		}
	}
	return out, nil
}

type explainer struct {
	compiler *expr.Compiler
	env      expr.Env
	tries    int
}

// maxTries bounds the work of one explanation.
const maxTries = 5000

// part evaluates every part by itself.
func (e *explainer) part(a expr.Part) Part {
	p := Part{Source: a.Source, Op: a.Op}
	is, err := e.truth(a.Source, nil)
	if err != nil {
		p.Error = err.Error()
	}
	p.Result = is
	for _, inner := range a.Parts {
		p.Parts = append(p.Parts, e.part(inner))
	}
	if len(a.Parts) == 0 {
		if program, err := e.compiler.Compile(a.Source, nil); err == nil {
			seen := program.Values(e.env)
			for _, path := range a.Paths {
				p.Values = append(p.Values, Value{path, seen[path]})
			}
		}
	}
	return p
}

// deciding marks the parts by which the whole is what it is.
func (e *explainer) deciding(p *Part) {
	p.Decides = true
	for i := range p.Parts {
		inner := &p.Parts[i]
		switch p.Op {
		case "and":
			// A false whole is so by its false parts, a true one by all.
			if !p.Result && inner.Result && inner.Error == "" {
				continue
			}
		case "or":
			if p.Result && !inner.Result {
				continue
			}
		}
		e.deciding(inner)
	}
}

// truth evaluates a source with changes laid over what is seen.
func (e *explainer) truth(source string, changes []Change) (bool, error) {
	program, err := e.compiler.Compile(source, nil)
	if err != nil {
		return false, err
	}
	env := e.env
	for _, c := range changes {
		env = With(env, c.Path, c.To)
	}
	return program.Bool(env)
}

// single are the changes of one value that any part may need, the cheapest first.
// What turns one part round may turn another one as well, so that all are tried.
func (e *explainer) single(a expr.Part) [][]Change {
	var out [][]Change
	var walk func(p expr.Part)
	walk = func(p expr.Part) {
		for _, inner := range p.Parts {
			walk(inner)
		}
		if len(p.Parts) > 0 {
			return
		}
		was, err := e.truth(p.Source, nil)
		for _, path := range p.Paths {
			from := read(e.env, path)
			for _, want := range []bool{true, false} {
				for _, c := range e.candidates(p, path, from, want) {
					c.Path, c.From = path, shown(from)
					c.cost = distance(path, from, c.To, e.env.Now)
					if is, err := e.truth(p.Source, []Change{c}); err != nil || is != want || same(from, c.To) || math.IsInf(c.cost, 1) {
						continue
					}
					if err == nil && was == want {
						c.cost += 1e-6 // a part that is right already says less about why
					}
					out = append(out, []Change{c})
				}
			}
		}
	}
	walk(a)
	slices.SortStableFunc(out, byCost)
	return out[:min(len(out), 300)]
}

// pairs are changes of two values.
func (e *explainer) pairs(a expr.Part) [][]Change {
	ones := e.single(a)
	ones = ones[:min(len(ones), 60)]
	var out [][]Change
	for i, one := range ones {
		for _, other := range ones[i+1:] {
			if one[0].Path != other[0].Path {
				out = append(out, []Change{one[0], other[0]})
			}
		}
	}
	slices.SortStableFunc(out, byCost)
	return out
}

// widest bounds the ways that are kept of each part.
const widest = 6

// flip finds sets of changes by which a part becomes what is wanted, the cheapest
// first. A part that is so already needs none.
func (e *explainer) flip(a expr.Part, want bool) [][]Change {
	is, err := e.truth(a.Source, nil)
	if err == nil && is == want {
		return [][]Change{{}}
	}
	switch a.Op {
	case "not":
		return e.flip(a.Parts[0], !want)
	case "and", "or":
		if (a.Op == "and") == want {
			return e.all(a.Parts, want)
		}
		var out [][]Change
		for _, inner := range a.Parts {
			out = append(out, e.flip(inner, want)...)
		}
		return cheapest(out)
	}
	return cheapest(e.leaf(a, want))
}

// all finds sets by which every part is what is wanted.
func (e *explainer) all(parts []expr.Part, want bool) [][]Change {
	sets := [][]Change{{}}
	for _, inner := range parts {
		var next [][]Change
		for _, set := range sets {
			// What the set brings counts for this part as well.
			with := explainer{compiler: e.compiler, env: e.env, tries: e.tries}
			for _, c := range set {
				with.env = With(with.env, c.Path, c.To)
			}
			for _, more := range with.flip(inner, want) {
				if joined, ok := join(set, more); ok {
					next = append(next, joined)
				}
			}
			e.tries = with.tries
		}
		sets = cheapest(next)
	}
	return sets
}

// join lays one set over another. A value that is changed again is that of the
// later one, from what it was at first.
func join(set, more []Change) ([]Change, bool) {
	out := slices.Clone(set)
	for _, c := range more {
		at := slices.IndexFunc(out, func(o Change) bool { return o.Path == c.Path })
		if at < 0 {
			out = append(out, c)
			continue
		}
		c.From = out[at].From
		out[at] = c
	}
	return out, len(out) <= 6
}

func byCost(a, b []Change) int {
	if d := cmp.Compare(len(a), len(b)); d != 0 {
		return d
	}
	total := func(set []Change) (sum float64) {
		for _, c := range set {
			sum += c.cost
		}
		return sum
	}
	return cmp.Compare(total(a), total(b))
}

func cheapest(sets [][]Change) [][]Change {
	slices.SortStableFunc(sets, byCost)
	return sets[:min(len(sets), widest)]
}
