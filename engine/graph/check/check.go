// Package check gives graph.Options their depth: configs are validated against
// the JSON Schemas of kinds and robots, expressions are compiled by package
// expr in the scope of the definition. It stands apart from graph so that graph
// needs no library.
package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/robot"
)

// Parts are what definitions are checked against. Constant after New.
type Parts struct {
	// Schema finds the schema of a node kind or robot.
	Schema func(key string) (json.RawMessage, bool)
	// Robots of the installation.
	Robots []robot.Descriptor
	// Compiler checks expressions; nil = they are not checked.
	Compiler *expr.Compiler
	// Record describes the fields of a record type; nil = any field.
	Record func(recordType string) expr.Type
}

// New gives options for graph.Compile and lint.Check. They may be used by
// several goroutines.
func New(p Parts) graph.Options {
	known := &configs{schema: p.Schema, compiled: map[string]*configSchema{}}
	opts := graph.Options{Configs: known, Times: known}
	if p.Robots != nil {
		opts.Robots = make(map[string]graph.Robot, len(p.Robots))
		for _, d := range p.Robots {
			opts.Robots[d.Key] = graph.Robot{Ports: d.Ports}
		}
	}
	if p.Compiler != nil {
		opts.Expressions = func(def *graph.Definition) graph.ExpressionChecker {
			return expressions{compiler: p.Compiler, scope: Scope(def, p)}
		}
	}
	return opts
}

type configs struct {
	schema func(key string) (json.RawMessage, bool)

	mu       sync.Mutex
	compiled map[string]*configSchema // guarded by mu; nil = has no schema
}

// configSchema is a schema with what it says beyond JSON Schema.
type configSchema struct {
	*jsonschema.Schema
	durations map[string]bool
}

func (c *configs) find(subject string) (*configSchema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, known := c.compiled[subject]; known {
		return s, nil
	}
	text, ok := c.schema(subject)
	if !ok {
		c.compiled[subject] = nil
		return nil, nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", subject, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // no files, no network
	url := "fluxo:///" + subject + ".json"
	if err := compiler.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("schema of %s: %w", subject, err)
	}
	s, err := compiler.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", subject, err)
	}
	found := &configSchema{Schema: s, durations: durations(text)}
	c.compiled[subject] = found
	return found, nil
}

// CheckConfig implements graph.ConfigChecker.
func (c *configs) CheckConfig(subject string, config []byte) []graph.ConfigProblem {
	s, err := c.find(subject)
	if err != nil {
		return []graph.ConfigProblem{{Keyword: "schema", Message: err.Error()}}
	}
	if s == nil {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(config))
	if err != nil {
		return []graph.ConfigProblem{{Keyword: "type", Message: "the config is not JSON"}}
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(s.Validate(value), &invalid) {
		return c.lengths(s.durations, config)
	}
	var out []graph.ConfigProblem
	collect(invalid, value, &out)
	return out
}

var english = message.NewPrinter(language.English)

// collect turns the tree of a failed validation into problems. Of the branches
// of an anyOf only the one that fits best is told. A value {"expr": ...} is
// right wherever it stands: its result is checked when it is used.
func collect(e *jsonschema.ValidationError, root any, out *[]graph.ConfigProblem) {
	if insideExpression(root, e.InstanceLocation) {
		return
	}
	keyword := ""
	if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
		keyword = path[len(path)-1]
	}
	switch {
	case len(e.Causes) == 0:
		problem := graph.ConfigProblem{Path: pointer(e.InstanceLocation), Keyword: keyword, Message: e.ErrorKind.LocalizedString(english)}
		empty := false
		switch k := e.ErrorKind.(type) { // point at the field, not at the object round it
		case *kind.AdditionalProperties:
			problem.Path += pointer(k.Properties[:1])
		case *kind.Required:
			problem.Path += pointer(k.Missing[:1])
		case *kind.MinLength:
			empty = k.Got == 0
		case *kind.MinItems:
			empty = k.Got == 0
		}
		if empty {
			problem.Keyword, problem.Message = required, "it is empty"
		}
		*out = append(*out, problem)
	case keyword == "anyOf" || keyword == "oneOf":
		best := e.Causes[0]
		for _, cause := range e.Causes[1:] {
			if depth(cause) > depth(best) {
				best = cause
			}
		}
		if before := len(*out); insideAny(root, e.Causes) {
			return
		} else if collect(best, root, out); len(*out) > before && (*out)[len(*out)-1].Keyword != required {
			(*out)[len(*out)-1].Remedy = "use one of the forms that the field allows"
		}
	default:
		for _, cause := range e.Causes {
			collect(cause, root, out)
		}
	}
}

// required is what is said of a field that is left out, and of one that is there
// and empty: to people both are the same.
const required = "required"

// insideAny tells whether some branch fails only inside an expression.
func insideAny(root any, causes []*jsonschema.ValidationError) bool {
	for _, cause := range causes {
		var out []graph.ConfigProblem
		collect(cause, root, &out)
		if len(out) == 0 {
			return true
		}
	}
	return false
}

func depth(e *jsonschema.ValidationError) int {
	deepest := len(e.InstanceLocation)
	for _, cause := range e.Causes {
		deepest = max(deepest, depth(cause))
	}
	return deepest
}

func insideExpression(value any, path []string) bool {
	for i := 0; ; i++ {
		if _, ok := expr.ExpressionIn(value); ok {
			return true
		}
		if i == len(path) {
			return false
		}
		switch v := value.(type) {
		case map[string]any:
			value = v[path[i]]
		case []any:
			at := 0
			if _, err := fmt.Sscan(path[i], &at); err != nil || at >= len(v) {
				return false
			}
			value = v[at]
		default:
			return false
		}
	}
}

func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

type expressions struct {
	compiler *expr.Compiler
	scope    *expr.Scope
}

// CheckExpression implements graph.ExpressionChecker.
func (x expressions) CheckExpression(source string, use graph.Use) []graph.ExpressionProblem {
	var found []expr.Finding
	switch use {
	case graph.UseCondition:
		found = x.compiler.CheckCondition(source, x.scope)
	case graph.UseResult:
		found = x.compiler.Check(source, x.scope.With(graph.ResultName, expr.Type{Kind: expr.Object, Open: true}))
	case graph.UseTemplate:
		// Where a secret may stand is for those to check who send it.
		found = x.compiler.CheckTemplate(expr.BlankSecrets(source), x.scope)
	default:
		found = x.compiler.Check(source, x.scope)
	}
	out := make([]graph.ExpressionProblem, 0, len(found))
	for _, f := range found {
		out = append(out, graph.ExpressionProblem{Code: "bad_expression", Message: f.Message, Texts: f.Texts,
			From: f.From.Offset, To: f.To.Offset, Line: f.From.Line, Column: f.From.Column})
	}
	if use == graph.UseCondition && len(out) == 0 {
		return settled(x.compiler, source)
	}
	return out
}

// Settled warns of a condition that no process holds and that comes out the same
// whatever the values are.
func Settled(c *expr.Compiler, source, path, node string) []graph.Finding {
	var out []graph.Finding
	for _, p := range settled(c, source) {
		out = append(out, graph.Finding{Code: p.Code, Severity: p.Severity, Message: p.Message, Path: path, Node: node, To: p.To, Remedy: p.Remedy,
			Data: map[string]any{"parts": p.Parts}})
	}
	return out
}

func settled(c *expr.Compiler, source string) []graph.ExpressionProblem {
	p := graph.ExpressionProblem{Severity: graph.Warning, To: len(utf16.Encode([]rune(source))), Line: 1, Column: 1}
	if told := c.Contradictions(source); len(told) > 0 {
		p.Code, p.Parts = "never_true", strings.Join(told, "; ")
		p.Message, p.Remedy = "this condition is never true, it contradicts itself: "+p.Parts, "change one of its parts; what may be one or the other is joined with or"
	} else if told := c.Tautologies(source); len(told) > 0 {
		p.Code, p.Parts = "always_true", strings.Join(told, "; ")
		p.Message, p.Remedy = "this condition is always true, one of its parts always holds: "+p.Parts, "change one of its parts; what must hold together is joined with and"
	} else {
		return nil
	}
	return []graph.ExpressionProblem{p}
}

// Scope is what expressions of a definition may name. The same scope serves the
// editor's completion.
func Scope(def *graph.Definition, p Parts) *expr.Scope {
	open := expr.Type{Kind: expr.Object, Open: true}
	record := open
	if p.Record != nil && def.AppliesTo != "" {
		record = p.Record(def.AppliesTo)
	}
	constants := make(map[string]expr.Type, len(def.Constants))
	for _, c := range def.Constants {
		constants[c.Name] = typeOf(c.Type, c.Label)
	}
	steps := map[string]expr.Type{}
	addSteps(steps, def.Nodes, p, map[string]map[string]expr.Type{})
	vars := types(def.Variables)
	addVariables(vars, def.Nodes)
	return expr.NewScope(map[string]expr.Type{
		"record": record,
		"vars":   {Kind: expr.Object, Fields: vars},
		"params": {Kind: expr.Object, Fields: types(def.Parameters)},
		"const":  {Kind: expr.Object, Fields: constants},
		"steps":  {Kind: expr.Object, Fields: steps},
		"run":    open,
		"actor":  open,
	})
}

func types(vars []graph.Variable) map[string]expr.Type {
	out := make(map[string]expr.Type, len(vars))
	for _, v := range vars {
		t := typeOf(v.Type, v.Label)
		if v.Multiple {
			of := t
			t = expr.Type{Kind: expr.List, Label: v.Label, Of: &of}
		}
		out[v.Name] = t
	}
	return out
}

// addVariables adds what nodes write without a declaration, and the variables of
// sub-processes.
func addVariables(vars map[string]expr.Type, nodes []graph.NodeDefinition) {
	for i := range nodes {
		var config struct {
			Set []struct {
				Name string `json:"name"`
			} `json:"set"`
			Out []struct {
				Name string `json:"name"`
			} `json:"out"`
			Into string `json:"into"`
		}
		if len(nodes[i].Config) > 0 && json.Unmarshal(nodes[i].Config, &config) == nil {
			names := []string{config.Into}
			if nodes[i].Kind == "setVariables" {
				for _, s := range config.Set {
					names = append(names, s.Name)
				}
			}
			if nodes[i].Kind == "callActivity" {
				for _, o := range config.Out {
					names = append(names, o.Name)
				}
			}
			for _, f := range formOf(&nodes[i]) {
				if name := f.Variable(nodes[i].Kind); name != "" {
					if _, known := vars[name]; !known {
						vars[name] = fieldType(f)
					}
				}
			}
			for _, name := range names {
				if _, known := vars[name]; !known && name != "" {
					vars[name] = expr.Type{Kind: expr.Any}
				}
			}
		}
		for name, t := range types(nodes[i].Variables) {
			vars[name] = t
		}
		addRepetition(vars, &nodes[i])
		addVariables(vars, nodes[i].Nodes)
	}
}

// addRepetition adds what the passes of a repeated node see, and what they leave.
func addRepetition(vars map[string]expr.Type, n *graph.NodeDefinition) {
	if n.Loop == nil && n.Each == nil {
		return
	}
	add := func(name string, t expr.Type) {
		if _, known := vars[name]; !known && name != "" {
			vars[name] = t
		}
	}
	for _, name := range graph.LoopNames() {
		add(name, expr.Type{Kind: expr.Integer})
	}
	if n.Each != nil {
		add(cmp.Or(n.Each.Item, graph.DefaultItem), expr.Type{Kind: expr.Any})
		add(n.Each.Out, expr.Type{Kind: expr.List, Of: &expr.Type{Kind: expr.Any}})
	}
}

// addSteps describes the results of nodes by their schemas; other fields may be
// there too. results remembers what a schema says: thousands of nodes share a few.
func addSteps(steps map[string]expr.Type, nodes []graph.NodeDefinition, p Parts, results map[string]map[string]expr.Type) {
	for i := range nodes {
		n := &nodes[i]
		subject := n.Kind
		if n.Robot != "" {
			subject = n.Robot
		}
		fields, known := results[subject]
		if !known {
			fields = resultsOf(subject, p)
			results[subject] = fields
		}
		if form := formOf(n); len(form) > 0 {
			fields = maps.Clone(fields)
			for _, f := range form {
				fields[f.Name] = fieldType(f)
			}
		}
		steps[n.ID] = expr.Type{Kind: expr.Object, Label: n.Name, Open: true, Fields: fields}
		addSteps(steps, n.Nodes, p, results)
	}
}

func resultsOf(subject string, p Parts) map[string]expr.Type {
	var described struct {
		Results []robot.Field `json:"x-results"`
	}
	fields := map[string]expr.Type{}
	if text, ok := p.Schema(subject); ok && json.Unmarshal(text, &described) == nil {
		for _, f := range described.Results {
			fields[f.Name] = typeOf(f.Type, "")
		}
	}
	return fields
}

// formOf is what a node asks people for.
func formOf(n *graph.NodeDefinition) []graph.FormField {
	if n.Kind != "userTask" && n.Kind != "requestInformation" {
		return nil
	}
	return graph.Form(n.Config)
}

// fieldType describes what a person fills in.
func fieldType(f graph.FormField) expr.Type {
	t := typeOf(f.ValueType(), f.Label)
	if f.Multiple {
		of := t
		t = expr.Type{Kind: expr.List, Label: f.Label, Of: &of}
	}
	return t
}

// typeOf describes a type by its name in definitions and schemas.
func typeOf(name, label string) expr.Type {
	t := expr.Type{Kind: kindOf(name), Label: label}
	switch t.Kind {
	case expr.Object:
		t.Open = true
	case expr.File: // as document.generate and file fields give it
		t.Kind, t.Open = expr.Object, true
		t.Fields = map[string]expr.Type{"id": {Kind: expr.Text}, "name": {Kind: expr.Text}, "link": {Kind: expr.Text}}
	}
	return t
}

func kindOf(name string) expr.Kind {
	switch k := expr.Kind(name); k {
	case expr.Text, expr.Number, expr.Integer, expr.Boolean, expr.Date, expr.DateTime, expr.Duration, expr.Money,
		expr.User, expr.Group, expr.File, expr.List, expr.Object:
		return k
	}
	return expr.Any
}
