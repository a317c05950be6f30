package board

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	graphcheck "github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
)

var (
	idForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)
	timeForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// Units of lengths of time.
var units = []string{"minute", "hour", "day", "workingHour", "workingDay"}

// checker collects what is wrong with the shape of a board.
type checker struct{ fields []problem.Field }

func (c *checker) add(path, code, format string, args ...any) {
	c.fields = append(c.fields, problem.Field{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// known is what a board may name.
type known struct {
	// trigger finds what is wrong with the config of a kind of trigger, false when
	// there is no such kind.
	trigger func(kind string, config []byte) ([]graph.ConfigProblem, bool)
	// condition tells what is wrong with an expression.
	condition func(source string) error
	robots    func(key string) bool
	person    func(id string) bool
	dates     []string // fields of the record that hold dates
}

// check finds what is wrong with a board before anything is compiled.
func check(p crm.Pipeline, stages []Stage, k known) []problem.Field {
	var c checker
	seen := map[string]bool{}
	for i, s := range stages {
		at := fmt.Sprintf("/stages/%d", i)
		if _, ok := p.Stage(s.Stage); !ok {
			c.add(at+"/stage", "unknown_reference", "the pipeline has no stage %q", s.Stage)
		}
		if seen[s.Stage] {
			c.add(at+"/stage", "duplicate", "the stage %q stands here twice", s.Stage)
		}
		seen[s.Stage] = true
		ids := map[string]bool{}
		for j, r := range s.Robots {
			c.robot(fmt.Sprintf("%s/robots/%d", at, j), r, ids, k)
		}
		for j, t := range s.Triggers {
			c.trigger(fmt.Sprintf("%s/triggers/%d", at, j), t, ids, k)
		}
	}
	return c.fields
}

func (c *checker) robot(at string, r Robot, ids map[string]bool, k known) {
	c.id(at, r.ID, ids)
	if !slices.Contains(human, r.Robot) && !k.robots(r.Robot) {
		c.add(at+"/robot", "unknown_kind", "there is no robot %q", r.Robot)
	}
	c.fields = problem.Line(c.fields, at+"/name", r.Name, false, 200)
	switch r.RunAs {
	case "", AsResponsible, AsInitiator:
	default:
		if !k.person(r.RunAs) {
			c.add(at+"/runAs", "unknown_user", "there is no active user %q", r.RunAs)
		}
	}
	c.timing(at+"/timing", r.Timing, k)
}

func (c *checker) id(at, id string, ids map[string]bool) {
	switch {
	case !idForm.MatchString(id):
		c.add(at+"/id", "bad_key", "a letter, then letters, digits and underscores, at most 40")
	case ids[id]:
		c.add(at+"/id", "duplicate", "another robot or trigger of the stage has the id %q", id)
	}
	ids[id] = true
}

func (c *checker) trigger(at string, t trigger.Trigger, ids map[string]bool, k known) {
	c.id(at, t.ID, ids)
	c.fields = problem.Line(c.fields, at+"/name", t.Name, false, 200)
	wrong, ok := k.trigger(t.Type, t.Config)
	if !ok {
		c.add(at+"/type", "unknown_kind", "there is no trigger %q", t.Type)
	}
	for _, w := range wrong {
		c.add(at+"/config"+w.Path, "invalid", "%s", w.Message)
	}
	if t.When != "" {
		if err := k.condition(t.When); err != nil {
			c.add(at+"/when", "bad_expression", "%s", err.Error())
		}
	}
	if t.OnBehalf != "" && t.OnBehalf != AsResponsible && !k.person(t.OnBehalf) {
		c.add(at+"/onBehalf", "unknown_user", "there is no active user %q", t.OnBehalf)
	}
}

func (c *checker) timing(at string, t Timing, k known) {
	offset := false
	switch t.Mode {
	case Immediate, AfterPrevious:
	case Delay:
		offset = true
	case Date:
		switch t.Direction {
		case "before", "after":
			offset = true
		case "at":
		default:
			c.add(at+"/direction", "one_of", "before, after, at")
		}
		if !slices.Contains(k.dates, t.Field) {
			c.add(at+"/field", "unknown_reference", "the record has no date %q; it has %s", t.Field, strings.Join(k.dates, ", "))
		}
	default:
		c.add(at+"/mode", "one_of", "immediate, afterPrevious, delay, date")
		return
	}
	if offset {
		if t.Amount < 0 || t.Amount > 100_000 {
			c.add(at+"/amount", "out_of_range", "between 0 and 100000")
		}
		if !slices.Contains(units, t.Unit) {
			c.add(at+"/unit", "one_of", "minute, hour, day, workingHour, workingDay")
		}
	}
	if t.At == "" {
		return
	}
	days := t.Unit == "day" || t.Unit == "workingDay" || t.Mode == Date
	switch {
	case t.Mode != Delay && t.Mode != Date, !days:
		c.add(at+"/at", "invalid", "a time of day goes with days")
	case !timeForm.MatchString(t.At):
		c.add(at+"/at", "format", "write the time as HH:MM")
	}
}

// settled warns of triggers whose conditions come out the same whatever happens.
func settled(c *expr.Compiler, triggers []trigger.Trigger) []graph.Finding {
	var out []graph.Finding
	for i, t := range triggers {
		out = append(out, graphcheck.Settled(c, t.When, fmt.Sprintf("/triggers/%d/when", i), t.ID)...)
	}
	return out
}

// translate turns findings about a compiled stage into findings about the board.
// What is said of generated parts alone, a person can do nothing about.
func translate(findings []graph.Finding, c compiled, at string) []graph.Finding {
	out := []graph.Finding{}
	for _, f := range findings {
		pointer := c.places[f.Node]
		if f.Flow != "" {
			pointer = c.places["flow:"+f.Flow]
		}
		if pointer == "" && f.Severity != graph.Error {
			continue
		}
		if strings.HasPrefix(f.Field, "/config") {
			pointer += f.Field
		}
		f.Path, f.Flow, f.Field = at+pointer, "", ""
		f.Node, _, _ = strings.Cut(f.Node, ".")
		out = append(out, f)
	}
	return out
}
