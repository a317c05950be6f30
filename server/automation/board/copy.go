package board

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Copying asks for copies of rules of a stage on a stage of another board, or of the
// same one.
type Copying struct {
	// IDs are robots and triggers of the stage as it is saved; nil = all, an empty list = none.
	IDs []string `json:"ids,omitempty" maxItems:"200" doc:"robots and triggers; absent = all of the stage"`
	To  struct {
		Pipeline string `json:"pipeline" minLength:"1" maxLength:"40"`
		Stage    string `json:"stage" minLength:"1" maxLength:"40"`
	} `json:"to"`
	// Map says what names mean there: key of a reference -> field, stage or robot.
	Map    map[string]string `json:"map,omitempty" doc:"key of a reference -> what it is there"`
	Drop   []string          `json:"drop,omitempty" maxItems:"200" doc:"robots and triggers that are left out"`
	DryRun bool              `json:"dryRun,omitempty" doc:"only tell what would come of it"`
}

// Kinds of what a rule names of its own board or record type.
const (
	RefField = "field"
	RefStage = "stage"
	RefRobot = "robot"
)

// Reference is something that copied rules name, and what that is on the other board.
type Reference struct {
	Key  string   `json:"key" doc:"names it in the map"`
	Kind string   `json:"kind" enum:"field,stage,robot"`
	Name string   `json:"name" doc:"as people call it where it comes from"`
	ID   string   `json:"id" doc:"what it is there; empty: nothing, it is to be chosen"`
	Here string   `json:"here" doc:"what that is called there"`
	Uses []string `json:"uses" nullable:"false" doc:"the robots and triggers that name it"`
	// Type of a field: another one takes its place only when it is of the same.
	Type    string   `json:"type,omitempty"`
	Choices []Choice `json:"choices" nullable:"false" doc:"what may stand for it there"`
}

// Choice is one thing that may stand for a reference.
type Choice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Copy is one rule that is copied.
type Copy struct {
	From string `json:"from"`
	ID   string `json:"id" doc:"that the copy has"`
	Name string `json:"name"`
	// Alone: it ran after another one that is not copied, and runs at once now.
	Alone bool `json:"alone,omitempty"`
}

// Copied is what came of it, or would.
type Copied struct {
	Done       bool            `json:"done"`
	Rev        int64           `json:"rev" doc:"of the other board"`
	Copies     []Copy          `json:"copies" nullable:"false"`
	References []Reference     `json:"references" nullable:"false"`
	Missing    int             `json:"missing" doc:"how many references are nothing there"`
	Findings   []graph.Finding `json:"findings" nullable:"false"`
}

// side is one of the two boards.
type side struct {
	pipeline crm.Pipeline
	kept     stored
	stage    crm.Stage
	labels   map[string]string // of fields
	kinds    map[string]string // of fields
}

func (s *Service) side(ctx context.Context, pipeline, stage string) (side, error) {
	p, err := s.Records.Pipeline(ctx, pipeline)
	if err != nil {
		return side{}, err
	}
	out := side{pipeline: p}
	var ok bool
	if out.stage, ok = p.Stage(stage); !ok {
		return out, problem.NotFound("stage")
	}
	if out.kept, err = s.load(ctx, pipeline); err != nil {
		return out, err
	}
	fields, err := s.Records.Fields(ctx, p.Type)
	if err != nil {
		return out, err
	}
	of, err := s.Records.RecordType(ctx, p.Type)
	out.labels, out.kinds = map[string]string{}, map[string]string{}
	for _, f := range fields {
		out.kinds[f.Name] = f.Type
	}
	for _, f := range of.Fields {
		out.labels[f.Key], out.kinds[f.Key] = f.Label, string(f.Type)
		if f.Multiple {
			out.kinds[f.Key] += "s"
		}
		delete(out.kinds, f.Key+"Name")
	}
	return out, err
}

// label is a field as people call it.
func (s side) label(name string) string {
	key, _, _ := strings.Cut(name, ".")
	if l := s.labels[key]; l != "" {
		return l
	}
	return name
}

// choices are what may stand there for something that is missing.
func (s side) choices(kind, fieldType string, robot func(Robot) string) []Choice {
	out := []Choice{}
	switch kind {
	case RefField:
		for _, name := range slices.Sorted(maps.Keys(s.kinds)) {
			if s.kinds[name] == fieldType {
				out = append(out, Choice{name, s.label(name)})
			}
		}
	case RefStage:
		for _, stage := range s.pipeline.Stages {
			out = append(out, Choice{stage.ID, stage.Name})
		}
	case RefRobot:
		for _, r := range s.kept.of(s.stage.ID).Robots {
			out = append(out, Choice{r.ID, robot(r)})
		}
	}
	return out
}

// copier rewrites rules of one board for another.
type copier struct {
	*Service
	from, to side
	chosen   map[string]string
	drop     []string
	ids      map[string]string // of the copies, by what they are copies of
	refs     map[string]*Reference
	current  string // the rule that is being read
	language string
}

// Copy copies rules of a stage as it is saved to the end of another stage: all that were
// asked for, or nothing. What they name and the other board lacks has to be chosen, or
// the rule left out. rev is the revision of the other board.
func (s *Service) Copy(ctx context.Context, by By, pipeline, stage string, rev int64, in Copying) (Copied, error) {
	out := Copied{Copies: []Copy{}, References: []Reference{}, Findings: []graph.Finding{}}
	from, err := s.side(ctx, pipeline, stage)
	if err != nil {
		return out, err
	}
	to, err := s.side(ctx, in.To.Pipeline, in.To.Stage)
	if err != nil {
		return out, err
	}
	c := &copier{Service: s, from: from, to: to, chosen: in.Map, drop: in.Drop, ids: map[string]string{}, refs: map[string]*Reference{}, language: by.Language}
	robots, triggers, err := c.selected(in.IDs)
	if err != nil {
		return out, err
	}
	target := to.kept.of(to.stage.ID)
	if out.Copies, err = c.copies(robots, triggers, target); err != nil {
		return out, err
	}
	if robots, triggers, err = c.rewrite(robots, triggers); err != nil {
		return out, err
	}
	for _, key := range slices.Sorted(maps.Keys(c.refs)) {
		r := *c.refs[key]
		if r.Kind == RefField && r.ID == r.Key[len(RefField)+1:] && from.label(r.ID) == r.Here {
			continue // the same field is there
		}
		r.Choices = to.choices(r.Kind, r.Type, func(r Robot) string { return s.nameOf(r, by.Language) })
		out.References = append(out.References, r)
		if c.refs[key].ID == "" {
			out.Missing++
		}
	}
	out.Rev = to.kept.Rev
	if out.Missing > 0 {
		if in.DryRun {
			return out, nil
		}
		return out, problem.New("references_missing", "count", strconv.Itoa(out.Missing)).With("references", out.References)
	}
	stages := to.kept.with(to.stage.ID, robots, triggers)
	if in.DryRun {
		_, wrong, err := s.prepare(ctx, by, to.pipeline, to.kept, stages)
		if wrong != nil {
			out.Findings = wrong
		}
		return out, err
	}
	saved, err := s.Put(ctx, by, to.pipeline.ID, rev, stages)
	out.Done, out.Rev = err == nil, saved.Rev
	return out, err
}

// with is the board with rules added at the end of one of its stages.
func (s *stored) with(stage string, robots []Robot, triggers []trigger.Trigger) []Stage {
	var out []Stage
	found := false
	for _, c := range s.Stages {
		one := Stage{Stage: c.Stage, Robots: c.Robots, Triggers: c.Triggers}
		if c.Stage == stage {
			found = true
			one.Robots, one.Triggers = append(slices.Clone(c.Robots), robots...), append(slices.Clone(c.Triggers), triggers...)
		}
		out = append(out, one)
	}
	if !found {
		out = append(out, Stage{Stage: stage, Robots: robots, Triggers: triggers})
	}
	return out
}

// selected are the rules that were asked for and not left out, in the order of the stage.
func (c *copier) selected(ids []string) (robots []Robot, triggers []trigger.Trigger, err error) {
	own := c.from.kept.of(c.from.stage.ID)
	known := map[string]bool{}
	take := func(id string) bool {
		known[id] = true
		return (ids == nil || slices.Contains(ids, id)) && !slices.Contains(c.drop, id)
	}
	for _, r := range own.Robots {
		if take(r.ID) {
			robots = append(robots, r)
		}
	}
	for _, t := range own.Triggers {
		if take(t.ID) {
			triggers = append(triggers, t)
		}
	}
	var wrong []problem.Field
	for i, id := range ids {
		if !known[id] {
			wrong = append(wrong, problem.Field{Path: fmt.Sprintf("/ids/%d", i), Code: "unknown_reference"})
		}
	}
	return robots, triggers, problem.Fields(wrong)
}

// copies gives each copy an id that is free there, and tells which robots lose the one
// before them.
func (c *copier) copies(robots []Robot, triggers []trigger.Trigger, target content) ([]Copy, error) {
	taken := map[string]bool{}
	for _, r := range target.Robots {
		taken[r.ID] = true
	}
	for _, t := range target.Triggers {
		taken[t.ID] = true
	}
	out := make([]Copy, 0, len(robots)+len(triggers))
	add := func(id, name string) {
		free := id
		for n := 2; taken[free]; n++ {
			suffix := "_" + strconv.Itoa(n)
			free = id[:min(len(id), 40-len(suffix))] + suffix
		}
		taken[free], c.ids[id] = true, free
		out = append(out, Copy{From: id, ID: free, Name: name})
	}
	own := c.from.kept.of(c.from.stage.ID).Robots
	for i, r := range robots {
		add(r.ID, c.nameOf(r, c.language))
		at := slices.IndexFunc(own, func(o Robot) bool { return o.ID == r.ID })
		if r.Timing.Mode == AfterPrevious && (at == 0 || i == 0 || own[at-1].ID != robots[i-1].ID) {
			out[len(out)-1].Alone = true
		}
	}
	for _, t := range triggers {
		name := t.Name
		if name == "" {
			name = t.ID
		}
		add(t.ID, name)
	}
	if len(out) == 0 {
		return nil, problem.Invalid("/ids", "required", "there is nothing to copy")
	}
	for i := range out {
		if out[i].Alone {
			for j := range robots {
				if robots[j].ID == out[i].From {
					robots[j].Timing = Timing{Mode: Immediate, WorkingTime: robots[j].Timing.WorkingTime}
				}
			}
		}
	}
	return out, nil
}

func (c *copier) rewrite(robots []Robot, triggers []trigger.Trigger) ([]Robot, []trigger.Trigger, error) {
	outRobots, outTriggers := slices.Clone(robots), slices.Clone(triggers)
	for i := range outRobots {
		r := &outRobots[i]
		c.current = r.ID
		config, err := c.config(r.Config, r.Robot, c.Schema)
		if err != nil {
			return nil, nil, err
		}
		r.Config, r.When, r.ID = config, c.text(r.When), c.ids[r.ID]
		if r.Timing.Mode == Date {
			r.Timing.Field = c.field(r.Timing.Field)
		}
	}
	for i := range outTriggers {
		t := &outTriggers[i]
		c.current = t.ID
		config, err := c.config(t.Config, t.Type, c.TriggerSchema)
		if err != nil {
			return nil, nil, err
		}
		t.Config, t.When, t.ID = config, c.text(t.When), c.ids[t.ID]
	}
	return outRobots, outTriggers, nil
}

func (c *copier) config(raw json.RawMessage, subject string, schemas func(string) map[string]any) (json.RawMessage, error) {
	if len(raw) == 0 || schemas == nil {
		return raw, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var config map[string]any
	if err := d.Decode(&config); err != nil {
		return nil, fmt.Errorf("read the config of %s: %w", c.current, err)
	}
	c.ofThisBoard(config, subject)
	// A robot that names a record type means the fields and stages of that one.
	about, _ := config["type"].(string)
	foreign := about != "" && about != c.from.pipeline.Type
	portable.Picked(config, schemas(subject), func(widget string, holder map[string]any, value string) string {
		switch {
		case foreign:
		case widget == "field-picker", widget == "booking-field-picker":
			return c.field(value)
		case widget == "stage-picker":
			if in, _ := holder["pipeline"].(string); in == "" {
				return c.stage(value)
			}
		}
		return value
	}, c.text)
	return json.Marshal(config)
}

// ofThisBoard forgets a pipeline that is written down and is the robot's own, or one in
// which records of the other type cannot stand: its stage is looked for there.
func (c *copier) ofThisBoard(config map[string]any, subject string) {
	named, is := config["pipeline"].(string)
	moves := subject == "record.setStage" || subject == "record.move" || subject == "record.copy"
	if is && moves && (named == c.from.pipeline.ID || c.from.pipeline.Type != c.to.pipeline.Type) {
		delete(config, "pipeline")
	}
}

// ref notes a reference and gives what it is there, itself while that is not known.
func (c *copier) ref(kind, id, name string, found func(id string) (string, bool), guess string) string {
	key := kind + ":" + id
	r := c.refs[key]
	if r == nil {
		r = &Reference{Key: key, Kind: kind, Name: name, Uses: []string{}}
		for _, candidate := range []string{c.chosen[key], guess} {
			if here, ok := found(candidate); ok && candidate != "" {
				r.ID, r.Here = candidate, here
				break
			}
		}
		c.refs[key] = r
	}
	if !slices.Contains(r.Uses, c.current) {
		r.Uses = append(r.Uses, c.current)
	}
	if r.ID == "" {
		return id
	}
	return r.ID
}

func (c *copier) field(name string) string {
	kind, known := c.from.kinds[name]
	if !known {
		return name // it leads nowhere here either
	}
	out := c.ref(RefField, name, c.from.label(name), func(id string) (string, bool) {
		there, ok := c.to.kinds[id]
		return c.to.label(id), ok && there == kind
	}, name)
	c.refs[RefField+":"+name].Type = kind
	return out
}

func (c *copier) stage(id string) string {
	if c.from.pipeline.ID == c.to.pipeline.ID {
		return id
	}
	own, known := c.from.pipeline.Stage(id)
	if !known {
		return id
	}
	guess := ""
	for _, s := range c.to.pipeline.Stages {
		if s.ID == id || guess == "" && strings.EqualFold(s.Name, own.Name) {
			guess = s.ID
		}
	}
	return c.ref(RefStage, id, own.Name, func(id string) (string, bool) {
		there, ok := c.to.pipeline.Stage(id)
		return there.Name, ok
	}, guess)
}

// robot is the id of the robot there whose results are read.
func (c *copier) robot(id string) string {
	if copied, is := c.ids[id]; is {
		return copied
	}
	own := c.from.kept.of(c.from.stage.ID).Robots
	at := slices.IndexFunc(own, func(r Robot) bool { return r.ID == id })
	if at < 0 || c.from.pipeline.ID == c.to.pipeline.ID && c.from.stage.ID == c.to.stage.ID {
		return id
	}
	return c.ref(RefRobot, id, c.nameOf(own[at], c.language), func(id string) (string, bool) {
		there := c.to.kept.of(c.to.stage.ID).Robots
		i := slices.IndexFunc(there, func(r Robot) bool { return r.ID == id })
		if i < 0 {
			return "", false
		}
		return c.nameOf(there[i], c.language), true
	}, "")
}

// named finds what an expression reads of the record and of other robots.
var named = regexp.MustCompile(`\b(record|steps)(\s*\??\.\s*|\s*\[\s*["'])([A-Za-z_][A-Za-z0-9_]*)`)

// text rewrites an expression, or a text with expressions in it.
func (c *copier) text(source string) string {
	return named.ReplaceAllStringFunc(source, func(found string) string {
		m := named.FindStringSubmatch(found)
		to := m[3]
		if m[1] == "steps" {
			to = c.robot(to)
		} else if _, is := c.from.kinds[to]; is {
			to = c.field(to)
		} else if base, isName := strings.CutSuffix(to, "Name"); isName { // what an item of a list is called
			if _, is := c.from.kinds[base]; is {
				to = c.field(base) + "Name"
			}
		}
		return m[1] + m[2] + to
	})
}
