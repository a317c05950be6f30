package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/schemas/node"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/problem"
)

// NodeKind is one entry of the palette.
type NodeKind struct {
	Key       string          `json:"key"`
	Kind      string          `json:"kind"`
	Robot     string          `json:"robot,omitempty"`
	Category  string          `json:"category"`
	Icon      string          `json:"icon"`
	Title     string          `json:"title"`
	Help      string          `json:"help"`
	Schema    json.RawMessage `json:"schema"`
	Ports     []string        `json:"ports"`
	PortsFrom string          `json:"portsFrom,omitempty" doc:"\"outcomes\": one port per outcome of the config"`
	Results   []node.Result   `json:"results"`
	Boundary  bool            `json:"boundary" doc:"boundary events may be attached"`
	Trigger   []string        `json:"trigger,omitempty" doc:"what an event of this kind can wait for"`
}

// triggers per event kind; boundary tells who may carry boundary events.
var (
	triggers = map[string][]string{
		"startEvent":    {"manual", "stageEntered", "recordCreated", "recordChanged", "schedule", "webhook"},
		"catchEvent":    {"timer", "message"},
		"boundaryEvent": {"timer", "error"},
	}
	boundaries = []string{"userTask", "approval", "acknowledge", "requestInformation", "subProcess", "callActivity"}
)

// palettes are the node kinds per language, made on first use: schemas are constant.
var palettes = func() map[string]func() []NodeKind {
	out := map[string]func() []NodeKind{}
	for _, language := range languages {
		out[language] = sync.OnceValue(func() []NodeKind { return nodeKinds(language) })
	}
	return out
}()

func nodeKinds(language string) []NodeKind {
	keys := node.Keys()
	out := make([]NodeKind, 0, len(keys))
	for _, key := range keys {
		d, ok := node.Describe(key)
		if !ok {
			continue
		}
		text := d.Text(language)
		k := NodeKind{Key: key, Kind: key, Category: d.Category, Icon: d.Icon, Title: text.Title, Help: text.Description, Schema: translate(d.Schema, language),
			Ports: d.Ports, Results: d.Results, Trigger: triggers[key], Boundary: slices.Contains(boundaries, key)}
		if strings.Contains(key, ".") {
			k.Key, k.Kind, k.Robot, k.Boundary = "robot:"+key, "robot", key, true
		}
		if key == "approval" {
			k.PortsFrom = "outcomes"
		}
		if k.Ports == nil {
			k.Ports = []string{}
		}
		if k.Results == nil {
			k.Results = []node.Result{}
		}
		out = append(out, k)
	}
	return out
}

// translate puts the texts of a language in place of the English ones, and adds
// x-order, the members of "properties" in the order of the file: forms follow
// it, and JSON objects have none.
func translate(schema json.RawMessage, language string) json.RawMessage {
	v, err := ordered(schema)
	if err != nil {
		return schema
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if texts, ok := v["x-i18n"].(map[string]any); ok {
				if own, ok := texts[language].(map[string]any); ok {
					for name, text := range own {
						if name == "enum" { // the values are what is stored; these are their labels
							name = "x-labels"
						}
						v[name] = text
					}
				}
				delete(v, "x-i18n")
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	if root, ok := v.(map[string]any); ok {
		delete(root, orderKey)
	}
	walk(v)
	text, err := json.Marshal(v)
	if err != nil {
		return schema
	}
	return text
}

// ordered decodes JSON and notes the order of properties beside them.
func ordered(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		out, keys := map[string]any{}, []any{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			var inner json.RawMessage
			if err := d.Decode(&inner); err != nil {
				return nil, err
			}
			name, _ := key.(string)
			keys = append(keys, name)
			if out[name], err = ordered(inner); err != nil {
				return nil, err
			}
		}
		if properties, ok := out["properties"].(map[string]any); ok && out["x-order"] == nil {
			if order, ok := properties[orderKey].([]any); ok {
				out["x-order"] = order
			}
		}
		for _, v := range out {
			if m, ok := v.(map[string]any); ok {
				delete(m, orderKey)
			}
		}
		out[orderKey] = keys // until the object around has looked at it
		return out, nil
	case json.Delim('['):
		out := []any{}
		for d.More() {
			var inner json.RawMessage
			if err := d.Decode(&inner); err != nil {
				return nil, err
			}
			v, err := ordered(inner)
			if err != nil {
				return nil, err
			}
			if m, ok := v.(map[string]any); ok {
				delete(m, orderKey)
			}
			out = append(out, v)
		}
		return out, nil
	}
	return token, nil
}

// orderKey cannot be a key of a schema.
const orderKey = "\x00order"

type expressionFinding struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	From    int    `json:"from"`
	To      int    `json:"to"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// ExpressionInput is a source with the scope it is to be read in.
type ExpressionInput struct {
	Source        string               `json:"source" maxLength:"262144"`
	Template      bool                 `json:"template,omitempty"`
	DefinitionKey string               `json:"definitionKey,omitempty" maxLength:"63"`
	Node          string               `json:"node,omitempty" maxLength:"200"`
	Process       json.RawMessage      `json:"process,omitempty" doc:"a process that is not stored, in place of the draft of the definition"`
	Trigger       string               `json:"trigger,omitempty" maxLength:"60" doc:"the kind of trigger whose condition it is: what happened can be read as event"`
	Scope         map[string]expr.Type `json:"scope,omitempty"`
}

// parsed is the process that an expression belongs to: one that came with the
// request (rules of a stage are no definition until they are saved), else the
// draft of a definition.
func (a *API) parsed(ctx context.Context, key string, process json.RawMessage) (*graph.Definition, error) {
	if len(process) > 0 {
		return graph.Parse(process)
	}
	return a.Definitions.Parsed(ctx, key)
}

// scope is what an expression may name: that of a definition's draft, one that
// was given, or anything.
func (a *API) scope(ctx context.Context, in ExpressionInput) (*expr.Scope, error) {
	if in.DefinitionKey != "" || len(in.Process) > 0 {
		def, err := a.parsed(ctx, in.DefinitionKey, in.Process)
		if err != nil {
			var p *problem.Problem
			if errors.As(err, &p) {
				return nil, err
			}
			return nil, nil // a draft that does not parse knows no names
		}
		return withEvent(a.Scope(def), in.Trigger), nil
	}
	if len(in.Scope) > 0 {
		return expr.NewScope(in.Scope), nil
	}
	return nil, nil
}

// withEvent adds what a kind of trigger tells of to a scope.
func withEvent(scope *expr.Scope, kind string) *expr.Scope {
	if event, ok := trigger.EventType(kind); ok {
		return scope.With("event", event)
	}
	return scope
}

func (a *API) nodeKindRoutes() {
	const tag = "design"
	route(a, spec{method: http.MethodGet, path: "/node-kinds", id: "listNodeKinds", summary: "Node kinds and robots with the schema of their config", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[NodeKind], error) {
			return page(palettes[requestOf(ctx).language](), ""), nil
		})
	type checked struct {
		Findings []expressionFinding `json:"findings"`
		Type     string              `json:"type"`
	}
	route(a, spec{method: http.MethodPost, path: "/expressions/check", id: "checkExpression", summary: "Find mistakes in an expression or template", tag: tag, need: member, fresh: true},
		func(ctx context.Context, in *struct{ Body ExpressionInput }) (*reply[checked], error) {
			scope, err := a.scope(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			out := checked{Findings: []expressionFinding{}, Type: string(expr.Text)}
			var found []expr.Finding
			if in.Body.Template {
				found = a.Compiler.CheckTemplate(expr.BlankSecrets(in.Body.Source), scope)
			} else {
				found = a.Compiler.Check(in.Body.Source, scope)
				if p, err := a.Compiler.Compile(in.Body.Source, scope); err == nil {
					out.Type = string(p.Kind())
				} else {
					out.Type = string(expr.Any)
				}
			}
			for _, f := range found {
				out.Findings = append(out.Findings, expressionFinding{Code: f.Code, Message: f.Text(requestOf(ctx).language), From: f.From.Offset, To: f.To.Offset, Line: f.From.Line, Column: f.From.Column})
			}
			return body(out), nil
		})
	type completions struct {
		Items []expr.Completion `json:"items"`
	}
	route(a, spec{method: http.MethodPost, path: "/expressions/complete", id: "completeExpression", summary: "What may stand at a place of an expression", tag: tag, need: member, fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				ExpressionInput
				Offset int `json:"offset" minimum:"0"`
			}
		}) (*reply[completions], error) {
			scope, err := a.scope(ctx, in.Body.ExpressionInput)
			if err != nil {
				return nil, err
			}
			out := completions{Items: []expr.Completion{}}
			if in.Body.Template {
				out.Items = append(out.Items, expr.CompleteTemplate(in.Body.Source, in.Body.Offset, scope)...)
			} else {
				out.Items = append(out.Items, expr.Complete(in.Body.Source, in.Body.Offset, scope)...)
			}
			return body(out), nil
		})
	type previewed struct {
		Value any    `json:"value"`
		Text  string `json:"text"`
	}
	route(a, spec{method: http.MethodPost, path: "/expressions/preview", id: "previewExpression", summary: "The value of an expression for a record", tag: tag, need: "definitions.edit", fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				ExpressionInput
				SampleInput
				Variables map[string]any `json:"variables,omitempty"`
			}
		}) (*reply[previewed], error) {
			env, err := a.sampleEnv(ctx, in.Body.SampleInput, in.Body.DefinitionKey)
			if err != nil {
				return nil, err
			}
			if in.Body.Variables != nil {
				env = env.With("vars", in.Body.Variables)
			}
			out, err := a.evaluate(in.Body.ExpressionInput, env)
			var failed *expr.Error
			if errors.As(err, &failed) {
				failed.Message = expr.Translate(failed.Message, requestOf(ctx).language)
				return nil, problem.New("expression", "why", failed.Message).With("finding", failed)
			}
			if err != nil {
				return nil, err
			}
			return body(previewed(out)), nil
		})
}

func orDeal(recordType string) string {
	if recordType == "" {
		return "deal"
	}
	return recordType
}

func (a *API) evaluate(in ExpressionInput, env expr.Env) (out struct {
	Value any    `json:"value"`
	Text  string `json:"text"`
}, err error) {
	if in.Template {
		t, err := a.Compiler.Template(expr.ShowSecrets(in.Source), nil)
		if err != nil {
			return out, err
		}
		out.Text, err = t.Render(env)
		out.Value = out.Text
		return out, err
	}
	p, err := a.Compiler.Compile(in.Source, nil)
	if err != nil {
		return out, err
	}
	value, err := p.Eval(env)
	if err != nil {
		return out, err
	}
	location := env.Location
	if location == nil {
		location = time.UTC
	}
	out.Value = expr.JSONValue(value, location)
	out.Text, err = expr.FormatValue(value, env)
	return out, err
}
