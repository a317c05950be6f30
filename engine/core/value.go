package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// visible is what expressions see in a scope. Do not keep or change it.
func (m *machine) visible(sc int64) Values {
	if m.names != nil && m.namesOf == sc {
		return m.names
	}
	m.names = m.snapshot(sc)
	m.namesOf = sc
	return m.names
}

// snapshot is a scope's view of vars, params, const and steps.
func (m *machine) snapshot(sc int64) Values {
	return Values{"vars": m.variables(sc), "params": m.s.parameters, "const": m.g.Constants, "steps": m.s.steps}
}

// handOut is a snapshot that later writes do not reach.
func (m *machine) handOut(sc int64) Values {
	view := m.snapshot(sc)
	for i := range m.s.scopes {
		m.s.scopes[i].own = false
	}
	m.ownSteps = false
	return view
}

// variables merges the variables of a scope with those around it.
func (m *machine) variables(sc int64) Values {
	scp := m.scope(sc)
	if scp.n == 0 {
		return scp.vars
	}
	outer := m.variables(scp.parent)
	if len(scp.vars) == 0 {
		return outer
	}
	merged := make(Values, len(outer)+len(scp.vars))
	maps.Copy(merged, outer)
	maps.Copy(merged, scp.vars)
	return merged
}

// setVariable writes to the innermost scope that has the variable, else to the run.
func (m *machine) setVariable(sc int64, name string, value any) {
	m.dirty = true
	scp := m.scope(sc)
	for scp.n != 0 {
		if _, has := scp.vars[name]; has {
			break
		}
		scp = m.scope(scp.parent)
	}
	if !scp.own {
		scp.vars = copyValues(scp.vars)
		scp.own = true
		m.names = nil
	} else if m.namesOf != 0 || scp.n != 0 {
		m.names = nil // a merged view does not follow writes
	}
	scp.vars[name] = value
}

// setStep keeps the result of a node.
func (m *machine) setStep(node NodeID, result Values) {
	m.dirty = true
	if !m.ownSteps {
		m.s.steps = copyValues(m.s.steps)
		m.ownSteps = true
		m.names = nil
	}
	m.s.steps[string(node)] = result
}

// copyValues copies one level: the values inside are never written.
func copyValues(v Values) Values {
	c := make(Values, len(v)+1)
	maps.Copy(c, v)
	return c
}

// value evaluates an expression in a scope.
func (m *machine) value(sc int64, source string) (any, *FailureBody) {
	if m.eval == nil {
		return nil, &FailureBody{Code: "expression_failed", Message: "no evaluator for " + source}
	}
	v, err := m.eval.Eval(source, m.visible(sc), m.s.at)
	if err == nil {
		v, err = normalize(v)
	}
	if err != nil {
		return nil, evalFailure(source, err)
	}
	return v, nil
}

func evalFailure(source string, err error) *FailureBody {
	f := &FailureBody{Code: "expression_failed", Message: err.Error(),
		Remedy: "change a variable and retry, or correct the expression in a new version", Detail: Values{"expression": source}}
	var at *EvalError
	if errors.As(err, &at) {
		f.Detail["line"], f.Detail["column"] = number(at.Line), number(at.Column)
		if values, err := normalize(at.Values); err == nil && values != nil {
			f.Detail["values"] = values
		}
	}
	return f
}

// normalize turns a value into the kinds that Values allow.
func normalize(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, json.Number:
		return v, nil
	case int:
		return number(v), nil
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), nil
	case map[string]any:
		if v == nil {
			return nil, nil
		}
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			e, err := normalize(v[k])
			if err != nil {
				return nil, err
			}
			out[k] = e
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			e, err := normalize(v[i])
			if err != nil {
				return nil, err
			}
			out[i] = e
		}
		return out, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("value of type %T: %w", v, err)
	}
	return decodeAny(text)
}

// sortedKeys fixes the order of a map.
func sortedKeys(v Values) []string { return slices.Sorted(maps.Keys(v)) }
