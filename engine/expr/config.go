package expr

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// FieldError is a failed expression of a config with the field it stands in.
type FieldError struct {
	// Path is a JSON pointer into the config.
	Path  string
	Cause *Error
}

// Error names field and expression.
func (e *FieldError) Error() string { return e.Path + ": " + e.Cause.Error() }

// Unwrap gives the *Error.
func (e *FieldError) Unwrap() error { return e.Cause }

// maxConfigDepth bounds configs; their size is bounded by the definition's.
const maxConfigDepth = 32

// Resolve gives a config in which every {"expr": "…"} is replaced by its value
// and every text with {{ }} is rendered, without the secrets that it names; everything
// else stays as it is. Values have the types of JSONValue. The error is a *FieldError.
func (c *Compiler) Resolve(config any, scope *Scope, env Env) (any, error) {
	return c.resolve(config, "", scope, env)
}

func (c *Compiler) resolve(value any, path string, scope *Scope, env Env) (any, error) {
	if strings.Count(path, "/") > maxConfigDepth {
		return nil, &FieldError{Path: path, Cause: newError(CodeFailed, "", 0, 0, "the config is nested too deeply")}
	}
	if source, ok := ExpressionIn(value); ok {
		program, err := c.Compile(source, scope)
		if err != nil {
			return nil, fieldError(path, err)
		}
		result, err := program.Eval(env)
		if err != nil {
			return nil, fieldError(path, err)
		}
		return JSONValue(result, env.Location), nil
	}
	switch v := value.(type) {
	case string:
		if !strings.Contains(v, "{{") {
			return v, nil
		}
		template, err := c.Template(ShowSecrets(v), scope)
		if err != nil {
			return nil, fieldError(path, err)
		}
		text, err := template.Render(env)
		if err != nil {
			return nil, fieldError(path, err)
		}
		return text, nil
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			resolved, err := c.resolve(element, path+"/"+strconv.Itoa(i), scope, env)
			if err != nil {
				return nil, err
			}
			list[i] = resolved
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, name := range sortedKeys(v) {
			resolved, err := c.resolve(v[name], path+"/"+pointerEscaper.Replace(name), scope, env)
			if err != nil {
				return nil, err
			}
			object[name] = resolved
		}
		return object, nil
	case nil, bool, json.Number, float64, int, int64:
		return v, nil
	}
	return nil, &FieldError{Path: path, Cause: newError(CodeFailed, "", 0, 0, fmt.Sprintf("a config cannot hold %s", describe(value)))}
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func fieldError(path string, err error) error {
	return &FieldError{Path: path, Cause: asError(err)}
}

// ExpressionIn recognizes {"expr": "…"}, the form of a computed value in a config.
func ExpressionIn(value any) (source string, ok bool) {
	object, isObject := value.(map[string]any)
	if !isObject || len(object) != 1 {
		return "", false
	}
	source, ok = object["expr"].(string)
	return source, ok
}
