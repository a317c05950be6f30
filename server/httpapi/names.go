package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// nameChoice is a value that a name can have.
type nameChoice struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty"`
}

// expressionName is a value that an expression may read, for pickers and labels.
type expressionName struct {
	Path    string       `json:"path"`
	Type    string       `json:"type"`
	Of      string       `json:"of,omitempty" doc:"type of a list's elements"`
	Label   string       `json:"label,omitempty" doc:"as its author named it"`
	Step    string       `json:"step,omitempty" doc:"the step whose result it is"`
	Named   string       `json:"named,omitempty" doc:"what that step is called"`
	Sample  *string      `json:"sample,omitempty" doc:"what it is for the sample record, as text"`
	Choices []nameChoice `json:"choices,omitempty" doc:"the only values it can have"`
}

// SampleInput names what an expression is tried on.
type SampleInput struct {
	RecordType string `json:"recordType,omitempty" maxLength:"60"`
	RecordID   string `json:"recordId,omitempty" maxLength:"100"`
}

// sampleEnv is what expressions see for a sample record: the record, and what
// the newest run of the definition about it has learned. Nobody sees more than
// the pages of record and run would show.
func (a *API) sampleEnv(ctx context.Context, in SampleInput, definition string) (expr.Env, error) {
	var record any
	known := run.Known{Parameters: map[string]any{}, Variables: map[string]any{}, Steps: map[string]any{}}
	kind := orDeal(in.RecordType)
	if in.RecordID != "" {
		if err := a.allowed(ctx, string(access.CRMView)); err != nil {
			return expr.Env{}, err
		}
		if err := a.maySee(ctx, kind, in.RecordID); err != nil {
			return expr.Env{}, err
		}
		view, err := a.CoveredView(ctx, kind, in.RecordID)
		if err != nil {
			return expr.Env{}, err
		}
		record = view
	}
	runID := "preview"
	if in.RecordID != "" && definition != "" && a.allowed(ctx, string(access.RunsView)) == nil {
		newest, _, err := a.Runs.List(ctx, run.Query{Definition: definition, RecordType: kind, RecordID: in.RecordID, Limit: 1})
		if err != nil {
			return expr.Env{}, err
		}
		if len(newest) > 0 && a.mayRun(ctx, newest[0].ID, callerOf(ctx).ID) == nil {
			runID = newest[0].ID
			if known, err = a.Runs.Known(ctx, runID); err != nil {
				return expr.Env{}, err
			}
		}
	}
	env := a.Facts.Env(ctx, record, callerOf(ctx).ID, map[string]any{"id": runID, "definition": definition, "startedBy": callerOf(ctx).ID}).
		With("vars", known.Variables).With("params", known.Parameters).With("steps", known.Steps)
	env.Now = a.Clock.Now()
	if definition == "" {
		return env, nil
	}
	// A draft that cannot be read has no constants, and says so elsewhere.
	if def, err := a.Definitions.Parsed(ctx, definition); err == nil {
		env = env.With("const", constantsOf(def))
	}
	return env, nil
}

func constantsOf(def *graph.Definition) map[string]any {
	out := make(map[string]any, len(def.Constants))
	for _, c := range def.Constants {
		var value any
		if json.Unmarshal(c.Value, &value) == nil {
			out[c.Name] = value
		}
	}
	return out
}

func (a *API) nameRoutes() {
	type expressionNames struct {
		Values    []expressionName    `json:"values"`
		Functions []expr.FunctionInfo `json:"functions"`
	}
	route(a, spec{method: http.MethodPost, path: "/expressions/names", id: "listExpressionNames", summary: "What an expression may read, with sample values", tag: "design", need: member, fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				DefinitionKey string          `json:"definitionKey" maxLength:"63"`
				Node          string          `json:"node,omitempty" maxLength:"200" doc:"only results of steps that may come before it"`
				Process       json.RawMessage `json:"process,omitempty" doc:"a process that is not stored, in place of the draft of the definition"`
				Trigger       string          `json:"trigger,omitempty" maxLength:"60" doc:"the kind of trigger whose condition reads them: what happened can be read as event"`
				SampleInput
			}
		}) (*reply[expressionNames], error) {
			out := expressionNames{Values: []expressionName{}, Functions: functionsIn(requestOf(ctx).language)}
			def, err := a.parsed(ctx, in.Body.DefinitionKey, in.Body.Process)
			if err != nil {
				var p *problem.Problem
				if errors.As(err, &p) {
					return nil, err
				}
				return body(out), nil // a draft that does not parse knows no names
			}
			var env expr.Env
			if in.Body.RecordID != "" {
				if err := a.allowed(ctx, string(access.DefinitionsEdit)); err != nil {
					return nil, err
				}
				if env, err = a.sampleEnv(ctx, in.Body.SampleInput, in.Body.DefinitionKey); err != nil {
					return nil, err
				}
			}
			choices := choicesOf(def.Nodes, map[string][]nameChoice{})
			former := formerSteps(def, in.Body.Node)
			scope := withEvent(a.Scope(def), in.Body.Trigger)
			for _, name := range scope.Names() {
				if slices.Equal(name.Path, []string{"record", "stageEntry"}) {
					continue // compiled stages read it
				}
				n := expressionName{Path: strings.Join(name.Path, "."), Type: string(name.Type.Kind), Label: name.Type.Label}
				n.Choices = choices[n.Path]
				if name.Type.Of != nil {
					n.Of = string(name.Type.Of.Kind)
				}
				if name.Path[0] == "steps" && len(name.Path) > 1 {
					n.Step = name.Path[1]
					if len(name.Path) == 2 || former != nil && !former[n.Step] {
						continue
					}
					step, _ := scope.Lookup(name.Path[:2]...)
					n.Named = step.Label
				}
				n.Sample = sampleOf(name.Path, env)
				if n.Sample != nil && name.Type.Kind == expr.User {
					if who, _ := a.Identity.UserName(*n.Sample); who != "" {
						n.Sample = &who
					}
				}
				out.Values = append(out.Values, n)
			}
			return body(out), nil
		})
}

// sampleLength bounds a sample in characters: it is there to recognize a value.
const sampleLength = 120

// sampleOf is the value at a path as text, nil when there is none.
func sampleOf(path []string, env expr.Env) *string {
	var value any = env.Roots
	if path[0] == "now" && !env.Now.IsZero() {
		value, path = env.Now, nil
	}
	for _, part := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[part]
	}
	if value == nil {
		return nil
	}
	text, err := expr.FormatValue(value, env)
	if err != nil || text == "" {
		return nil
	}
	if utf8.RuneCountInString(text) > sampleLength {
		text = string([]rune(text)[:sampleLength]) + "…"
	}
	return &text
}

// choicesOf collects the outcomes of steps and the options of fields by path.
func choicesOf(nodes []graph.NodeDefinition, into map[string][]nameChoice) map[string][]nameChoice {
	for i := range nodes {
		n := &nodes[i]
		var config struct {
			Outcomes []struct {
				Name  string `json:"name"`
				Label string `json:"label"`
			} `json:"outcomes"`
		}
		// A config that is still being written has whatever could be read of it.
		_ = json.Unmarshal(n.Config, &config)
		for _, o := range config.Outcomes {
			path := "steps." + n.ID + ".outcome"
			into[path] = append(into[path], nameChoice{o.Name, o.Label})
		}
		for _, f := range graph.Form(n.Config) {
			for _, option := range f.Options {
				for _, path := range []string{"steps." + n.ID + "." + f.Name, "vars." + f.Variable(n.Kind)} {
					into[path] = append(into[path], nameChoice{Value: option})
				}
			}
		}
		choicesOf(n.Nodes, into)
	}
	return into
}

// formerSteps are the steps that may have run when node is reached, by flows
// back through boundary events and in and out of sub-processes; nil for a node
// that is not known, as for the settings of the process.
func formerSteps(def *graph.Definition, node string) map[string]bool {
	before := map[string][]string{}
	found := false
	var read func(nodes []graph.NodeDefinition, flows []graph.Flow, parent string)
	read = func(nodes []graph.NodeDefinition, flows []graph.Flow, parent string) {
		for i := range nodes {
			n := &nodes[i]
			found = found || n.ID == node
			if n.AttachedTo != "" {
				before[n.ID] = append(before[n.ID], n.AttachedTo)
			}
			if parent != "" {
				before[n.ID] = append(before[n.ID], parent)
				before[parent] = append(before[parent], n.ID)
			}
			read(n.Nodes, n.Flows, n.ID)
		}
		for _, f := range flows {
			before[f.To] = append(before[f.To], f.From)
		}
	}
	read(def.Nodes, def.Flows, "")
	if !found {
		return nil
	}
	seen, queue := map[string]bool{}, []string{node}
	for len(queue) > 0 {
		at := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, id := range before[at] {
			if !seen[id] {
				seen[id] = true
				queue = append(queue, id)
			}
		}
	}
	return seen
}
