package graph

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// ResultName is what the variables of a called run are called where its results
// are taken over.
const ResultName = "result"

// row is one line of the values that a call gives or takes.
type row struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// call checks and lowers a call activity.
func (c *compiler) call(n int) {
	node := &c.g.Nodes[n]
	var config struct {
		Process json.RawMessage `json:"process"`
		Version json.RawMessage `json:"version"`
		In      []row           `json:"in"`
		Out     []row           `json:"out"`
	}
	if len(node.Config) > 0 {
		if err := json.Unmarshal(node.Config, &config); err != nil {
			c.atNode(n, "/config", "config_type", "", "in and out are lists of names and values")
			return
		}
	}
	c.rows(n, "/config/in", config.In, nil)
	node.Returns = c.rows(n, "/config/out", config.Out, func(at, source string) { c.expression(n, at+"/expr", source, UseResult) })
	process, fixed := c.plainValue(config.Process)
	if process == nil {
		c.atNode(n, "/config/process", "missing_field", "choose the process to call", "which process is called is not said")
		return
	}
	version, pinned := c.plainValue(config.Version)
	key, isText := process.(string)
	if c.opts.Callee == nil || !fixed || !pinned || !isText || key == c.def.Key && version == nil {
		return // known when the call is made only, or the process calls itself
	}
	number := 0
	if version != nil {
		number, _ = strconv.Atoi(string(asNumber(version)))
	}
	callee, known := c.opts.Callee(key, number)
	switch {
	case !known:
		c.atNode(n, "/config/process", "unknown_process", "publish it or choose another one", "there is no published process %q", key)
		c.with("process", key)
	case !callee.Startable:
		c.atNode(n, "/config/process", "callee_without_start", "give it a start event that people start", "the process %q cannot be started by a call", key)
		c.with("process", key)
	default:
		for i, r := range config.In {
			if callee.Inputs != nil && r.Name != "" && !slices.Contains(callee.Inputs, r.Name) {
				c.atNode(n, "/config/in/"+strconv.Itoa(i)+"/name", "unknown_input", "use the name of one of its parameters or variables",
					"the process %q declares no %q", key, r.Name)
				c.with("process", key)
				c.with("name", r.Name)
			}
		}
	}
}

func asNumber(v any) json.Number {
	number, _ := v.(json.Number)
	return number
}

// plainValue reads a value of a config; fixed is false when it is an expression.
func (c *compiler) plainValue(raw json.RawMessage) (value any, fixed bool) {
	if len(raw) == 0 {
		return nil, true
	}
	value, err := decodeValue(raw)
	if err != nil {
		return nil, true
	}
	_, isExpression := expressionIn(value)
	return value, !isExpression
}

// rows checks the names of values and lowers them.
func (c *compiler) rows(n int, at string, rows []row, check func(at, source string)) []Assignment {
	var out []Assignment
	seen := map[string]bool{}
	for i, r := range rows {
		at := at + "/" + strconv.Itoa(i)
		if !identifier(r.Name) {
			c.atNode(n, at+"/name", "bad_name", "begin with a letter and use letters, digits and underscores only",
				"%q cannot be the name of a variable", r.Name)
		}
		if seen[r.Name] {
			c.atNode(n, at+"/name", "duplicate_name", "", "%q is named twice", r.Name)
			c.with("outcome", r.Name)
		}
		seen[r.Name] = true
		value, err := decodeValue(r.Value)
		if err != nil {
			c.atNode(n, at+"/value", "missing_field", "give a value or an expression", "%q gets no value", r.Name)
			continue
		}
		a := Assignment{Name: r.Name, Literal: value}
		if source, ok := expressionIn(value); ok {
			a.Expr, a.Literal = source, nil
			if check != nil {
				check(at+"/value", source)
			}
		}
		out = append(out, a)
	}
	return out
}

// withoutResult leaves out the part of a call's config whose expressions see
// what the called run left.
func withoutResult(config any) any {
	fields, ok := config.(map[string]any)
	if !ok {
		return config
	}
	fields = maps.Clone(fields)
	delete(fields, "out")
	return fields
}

// CalledStart tells at which start event a call begins a process: the only one
// that people start, or none when it begins without start events.
func (g *Graph) CalledStart() (id string, ok bool) {
	if g.Drawing {
		return "", false
	}
	for _, i := range g.Scopes[0].Starts {
		if !g.Nodes[i].ByHand {
			continue
		}
		if id != "" {
			return "", false
		}
		id = g.Nodes[i].ID
	}
	return id, id != "" || len(g.Scopes[0].Starts) == 0 && len(g.Scopes[0].Implicit) > 0
}

// Inputs lists the parameters and variables that a call may give.
func (g *Graph) Inputs() []string {
	out := []string{}
	for _, list := range [][]Declared{g.Parameters, g.Scopes[0].Variables} {
		for _, d := range list {
			out = append(out, d.Name)
		}
	}
	return out
}
