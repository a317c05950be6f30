package worklist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// maxUndo bounds how long a decision may be held back for its author.
const maxUndo = 60

// Completion is a person's answer to a task.
type Completion struct {
	Outcome     string         `json:"outcome,omitempty" maxLength:"200"`
	Comment     string         `json:"comment,omitempty" maxLength:"10000"`
	Values      map[string]any `json:"values,omitempty"`
	Files       []string       `json:"files,omitempty" maxItems:"50"`
	UndoSeconds int            `json:"undoSeconds,omitempty" minimum:"0" maximum:"60"`
}

// Complete checks an answer and gives it to the engine. rev 0 means whatever is
// stored. A second answer is refused with the recorded outcome.
func (s *Service) Complete(ctx context.Context, id, user string, rev int64, c Completion) (Detail, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	if err := s.answerable(ctx, t, user); err != nil {
		return Detail{}, err
	}
	if rev != 0 && rev != t.Rev {
		current, err := s.detail(ctx, t, user)
		if err != nil {
			return Detail{}, err
		}
		return Detail{}, problem.Stale(current.Summary)
	}
	config, _, err := readConfig(t)
	if err != nil {
		return Detail{}, err
	}
	files, fields, err := s.check(ctx, t, config, c)
	if err != nil {
		return Detail{}, err
	}
	if len(fields) > 0 {
		return Detail{}, &problem.Problem{Code: "validation", Fields: fields}
	}
	result := core.Values{}
	for name, value := range c.Values {
		if result[name], err = exact(value); err != nil {
			return Detail{}, problem.Invalid("/values/"+name, "invalid", "")
		}
	}
	if c.Comment != "" {
		result["comment"] = c.Comment
	}
	if len(files) > 0 {
		attached, err := s.copyFiles(ctx, t, files)
		if err != nil {
			return Detail{}, err
		}
		result["files"], result["file"] = attached, attached[0]
	}
	answered, err := s.Engine.Complete(ctx, id, s.actor(user), task.Answer{Outcome: c.Outcome, Comment: c.Comment, Result: result,
		UndoFor: time.Duration(min(max(c.UndoSeconds, 0), maxUndo)) * time.Second})
	if err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	t = answered.Task
	if t.Decision != nil && t.Decision.NotBefore == 0 && s.Journal != nil { // one that may be taken back is told when it is in force
		if err := s.Journal.TaskCompleted(ctx, t, user, t.Decision.Outcome, c.Comment); err != nil {
			return Detail{}, err
		}
	}
	return s.detail(ctx, t, user)
}

// check compares an answer with what the step asks for.
func (s *Service) check(ctx context.Context, t store.Task, config Config, c Completion) ([]file.Info, []problem.Field, error) {
	var fields []problem.Field
	add := func(path, code, message string) {
		fields = append(fields, problem.Field{Path: path, Code: code, Message: message})
	}
	names := make([]string, 0, len(config.Outcomes))
	for _, o := range config.Outcomes {
		names = append(names, o.Name)
	}
	switch {
	case len(names) == 0 && c.Outcome != "":
		add("/outcome", "unknown_field", "this task has no outcomes")
	case len(names) > 0 && !slices.Contains(names, c.Outcome):
		add("/outcome", "one_of", strings.Join(names, ", "))
	}
	comment := strings.TrimSpace(c.Comment)
	switch {
	case comment == "" && (config.Comment == "required" || slices.Contains(config.CommentRequired, c.Outcome) && c.Outcome != ""):
		add("/comment", "comment_required", "")
	case comment != "" && config.Comment == "never":
		add("/comment", "unknown_field", "this task takes no comment")
	}
	if config.Files != nil && config.Files.Required && len(c.Files) == 0 {
		add("/files", "file_required", config.Files.Label)
	}
	files := make([]file.Info, 0, len(c.Files))
	for i, id := range c.Files {
		f, err := s.Files.Info(ctx, id)
		if errors.Is(err, file.ErrNotFound) || err == nil && f.Owner != "task:"+t.ID {
			add("/files/"+strconv.Itoa(i), "unknown_reference", "upload the file to this task first")
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("file %s: %w", id, err)
		}
		files = append(files, f)
	}
	form, err := formFields(config.Form, c.Values)
	return files, append(fields, form...), err
}

// formFields checks values against the form's schema.
func formFields(form json.RawMessage, values map[string]any) ([]problem.Field, error) {
	if len(form) == 0 || string(form) == "null" {
		if len(values) > 0 {
			return []problem.Field{{Path: "/values", Code: "unknown_field", Message: "this task has no form"}}, nil
		}
		return nil, nil
	}
	schema, err := compileForm(form)
	if err != nil {
		return nil, err
	}
	if values == nil {
		values = map[string]any{}
	}
	exactValues, err := exact(values)
	if err != nil {
		return nil, err
	}
	err = schema.Validate(exactValues)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil, err
	}
	var fields []problem.Field
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			path := "/values"
			for _, step := range e.InstanceLocation {
				path += "/" + step
			}
			code := "invalid"
			words := e.ErrorKind.KeywordPath()
			if len(words) > 0 {
				switch words[len(words)-1] {
				case "required":
					code = "required"
				case "type":
					code = "wrong_type"
				case "enum", "const":
					code = "one_of"
				case "maxLength":
					code = "too_long"
				case "minLength":
					code = "too_short"
				case "minimum", "maximum":
					code = "out_of_range"
				case "additionalProperties":
					code = "unknown_field"
				case "format", "pattern":
					code = "format"
				}
			}
			fields = append(fields, problem.Field{Path: path, Code: code})
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(invalid)
	return fields, nil
}

// compileForm reads a form: a JSON Schema of an object, or a list of fields
// {name, type, label, required, options} that stands for one.
func compileForm(form json.RawMessage) (*jsonschema.Schema, error) {
	var shape struct {
		Fields []struct {
			Name     string `json:"name"`
			Type     string `json:"type"`
			Required bool   `json:"required"`
			Multiple bool   `json:"multiple"`
			Options  []any  `json:"options"`
		} `json:"fields"`
		Schema json.RawMessage `json:"schema"`
	}
	var doc any
	if err := json.Unmarshal(form, &shape); err != nil {
		if err := json.Unmarshal(form, &shape.Fields); err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
	}
	switch {
	case len(shape.Fields) > 0:
		properties, required := map[string]any{}, []any{}
		for _, f := range shape.Fields {
			p := map[string]any{}
			switch f.Type {
			case "number", "integer", "boolean", "object":
				p["type"] = f.Type
			case "money":
				p["type"] = "object"
			case "list", "array":
				p["type"] = "array"
			case "file":
				p["type"] = []any{"string", "object"}
			case "date":
				p["type"], p["format"] = "string", "date"
			case "dateTime":
				p["type"], p["format"] = "string", "date-time"
			default:
				p["type"], p["maxLength"] = "string", json.Number("10000")
			}
			if len(f.Options) > 0 {
				p["enum"] = options(f.Options)
			}
			if f.Required {
				required = append(required, f.Name)
				if p["type"] == "string" {
					p["minLength"] = json.Number("1")
				}
			}
			if f.Multiple {
				p = map[string]any{"type": "array", "items": p, "maxItems": json.Number("1000")}
			}
			properties[f.Name] = p
		}
		doc = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	default:
		raw := form
		if len(shape.Schema) > 0 {
			raw = shape.Schema
		}
		d, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		doc = d
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a form may not read files
	c.AssertFormat()
	if err := c.AddResource("form.json", doc); err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	schema, err := c.Compile("form.json")
	if err != nil {
		return nil, fmt.Errorf("compile form: %w", err)
	}
	return schema, nil
}

// options are texts, or {value, label} objects.
func options(all []any) []any {
	out := make([]any, 0, len(all))
	for _, o := range all {
		if m, ok := o.(map[string]any); ok {
			out = append(out, m["value"])
			continue
		}
		out = append(out, o)
	}
	return out
}
