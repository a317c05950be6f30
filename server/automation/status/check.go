package status

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	graphcheck "github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/problem"
)

var colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// known is what a template may name.
type known struct {
	condition func(source string) error
	robots    func(key string) bool
	person    func(id string) bool // an active user
	someone   func(id string) bool // a user or a group
	stages    map[string][]string  // by pipeline of the record type
	dates     []string             // fields of the record that hold dates
}

// checker collects what is wrong with the shape of a template.
type checker struct {
	known
	fields []problem.Field
	ids    map[string]bool
	of     Content
}

func (c *checker) add(path, code, format string, args ...any) {
	c.fields = append(c.fields, problem.Field{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// check finds what is wrong with a template before it is compiled.
func check(t Content, k known) []problem.Field {
	c := &checker{known: k, ids: map[string]bool{}, of: t}
	c.fields = problem.Line(c.fields, "/name", t.Name, true, 200)
	if len(t.Statuses) == 0 {
		c.add("/statuses", "required", "a process has at least one status")
	} else if _, ok := t.status(t.Initial); !ok {
		c.add("/initial", "unknown_reference", "there is no status %q", t.Initial)
	}
	for i, o := range t.Start.On {
		c.occasion(at("/start/on", i), o)
	}
	for i, s := range t.Statuses {
		c.status(at("/statuses", i), s)
	}
	return c.fields
}

func (c *checker) occasion(path string, o Occasion) {
	switch o.On {
	case "recordCreated", "recordChanged":
	case "stageEntered":
		stages, ok := c.stages[o.Pipeline]
		if !ok {
			c.add(path+"/pipeline", "unknown_reference", "records of the type have no pipeline %q", o.Pipeline)
		} else if !slices.Contains(stages, o.Stage) {
			c.add(path+"/stage", "unknown_reference", "the pipeline has no stage %q", o.Stage)
		}
	default:
		c.add(path+"/on", "one_of", "recordCreated, recordChanged, stageEntered")
	}
	c.condition(path+"/when", o.When)
}

func (c *checker) condition(path, source string) {
	if source == "" {
		return
	}
	if err := c.known.condition(source); err != nil {
		c.add(path, "bad_expression", "%s", err.Error())
	}
}

func (c *checker) id(path, id string) {
	switch {
	case !board.GoodID(id):
		c.add(path+"/id", "bad_key", "a letter, then letters, digits and underscores, at most 40")
	case c.ids[id]:
		c.add(path+"/id", "duplicate", "something else of the template has the id %q", id)
	}
	c.ids[id] = true
}

func (c *checker) status(path string, s Status) {
	c.id(path, s.ID)
	c.fields = problem.Line(c.fields, path+"/name", s.Name, true, 200)
	if s.Color != "" && !colorForm.MatchString(s.Color) {
		c.add(path+"/color", "bad_color", "write a color such as #1d5fd1")
	}
	c.steps(path+"/entry", s.Entry, true)
	c.steps(path+"/exit", s.Exit, false)
	for i, command := range s.Commands {
		p := at(path+"/commands", i)
		c.id(p, command.ID)
		c.fields = problem.Line(c.fields, p+"/name", command.Name, true, 200)
		for j, who := range command.Allowed {
			c.who(at(p+"/allowed", j), who)
		}
		c.condition(p+"/when", command.When)
		c.steps(p+"/steps", command.Steps, true)
	}
	for i, d := range s.Delays {
		p := at(path+"/delays", i)
		c.id(p, d.ID)
		c.fields = problem.Line(c.fields, p+"/name", d.Name, false, 200)
		switch {
		case d.Timing.Mode != board.Delay && d.Timing.Mode != board.Date:
			c.add(p+"/timing/mode", "one_of", "delay, date")
		case d.Timing.WorkingTime != nil && d.Timing.WorkingTime.Responsible:
			c.add(p+"/timing/workingTime/responsible", "invalid", "a delay of a status goes by the company's working time only")
		default:
			c.fields = append(c.fields, board.CheckTiming(p+"/timing", d.Timing, c.dates)...)
		}
		c.steps(p+"/steps", d.Steps, true)
	}
}

// who checks one of those who may press a button.
func (c *checker) who(path string, who json.RawMessage) {
	var id string
	if json.Unmarshal(who, &id) == nil {
		if !c.someone(id) {
			c.add(path, "unknown_user", "there is no active user or group %q", id)
		}
		return
	}
	var computed struct {
		Expr string `json:"expr"`
	}
	if json.Unmarshal(who, &computed) != nil || computed.Expr == "" {
		c.add(path, "invalid", "the id of a user or a group, or {\"expr\": \"...\"}")
		return
	}
	c.condition(path+"/expr", computed.Expr)
}

// steps checks a handler; sets: it may set the status.
func (c *checker) steps(path string, steps []Step, sets bool) {
	for i, s := range steps {
		p := at(path, i)
		c.id(p, s.ID)
		c.fields = problem.Line(c.fields, p+"/name", s.Name, false, 200)
		target, is := s.target()
		switch {
		case is && !sets:
			c.add(p+"/robot", "status_set_in_exit", "")
		case is:
			if _, ok := c.of.status(target.Status); !ok {
				c.add(p+"/config/status", "unknown_reference", "there is no status %q", target.Status)
			}
		case !board.Human(s.Robot) && !c.robots(s.Robot):
			c.add(p+"/robot", "unknown_kind", "there is no robot %q", s.Robot)
		}
		switch s.RunAs {
		case "", board.AsResponsible, board.AsInitiator, asCommander:
		default:
			if !c.person(s.RunAs) {
				c.add(p+"/runAs", "unknown_user", "there is no active user %q", s.RunAs)
			}
		}
	}
}

// Codes of what is said of a template beside what is wrong with a process.
const (
	findUnreachable = "status_unreachable"
	findNoExit      = "status_exit_never_runs"
	findDropped     = "status_step_dropped"
	findSkipped     = "status_wait_skipped"
)

// doubts are what is allowed and cannot be meant.
func doubts(t Content, compiler *expr.Compiler) []graph.Finding {
	var out []graph.Finding
	warn := func(code, path, node, format string, args ...any) {
		out = append(out, graph.Finding{Code: code, Severity: graph.Warning, Path: path, Node: node, Message: fmt.Sprintf(format, args...)})
	}
	reached := t.reachable()
	for i, s := range t.Statuses {
		p := at("/statuses", i)
		if !reached[s.ID] {
			warn(findUnreachable, p, s.ID, "no status leads to %q", s.Name)
		}
		if len(s.Exit) > 0 && len(s.targets()) == 0 {
			warn(findNoExit, p+"/exit", s.ID, "nothing leaves %q for another status, so its exit handler never runs", s.Name)
		}
		for j, c := range s.Commands {
			out = append(out, graphcheck.Settled(compiler, c.When, at(p+"/commands", j)+"/when", c.ID)...)
		}
		s.each(func(list string, steps []Step) {
			if n := lives(steps); n < len(steps) {
				warn(findDropped, at(p+list, n), steps[n].ID, "another status is always set at once before this step, so it never runs")
			}
		})
		if always(s.Entry) && len(s.Commands)+len(s.Delays) > 0 {
			warn(findSkipped, p, s.ID, "the entry handler of %q always sets another status, so nobody can give its commands and its delays never come", s.Name)
		}
	}
	return out
}

// always tells whether a handler sets a status whatever happens.
func always(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool {
		t, is := s.target()
		return is && t.Status != "" && !s.Disabled && s.When == ""
	})
}

// translate turns findings about a compiled template into findings about what
// people have drawn. What is said of generated parts alone, a person can do
// nothing about.
func translate(findings []graph.Finding, c compiled) []graph.Finding {
	out := []graph.Finding{}
	for _, f := range findings {
		pointer := c.places[f.Node]
		if f.Flow != "" {
			pointer = c.places["flow:"+f.Flow]
		}
		if f.Severity != graph.Error && (pointer == "" || !c.steps[f.Node] && f.Code != "never_true" && f.Code != "always_true") {
			continue
		}
		switch {
		case strings.HasPrefix(f.Field, "/config"):
			pointer += f.Field
		case f.Field == "/trigger/when": // of an occasion
			pointer += "/when"
		}
		f.Path, f.Flow, f.Field = pointer, "", ""
		f.Node, _, _ = strings.Cut(f.Node, ".")
		out = append(out, f)
	}
	return out
}
