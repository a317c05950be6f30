package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// definition reads the lines of a graph block into a process definition.
func definition(lines []string) (*graph.Definition, error) {
	def := &graph.Definition{Format: graph.Format, Key: "script", Name: "Script"}
	p := parser{lines: lines, ids: map[string]int{}}
	nodes, flows, err := p.block(def, false)
	if err != nil {
		return nil, err
	}
	def.Nodes, def.Flows = nodes, flows
	return def, nil
}

type parser struct {
	lines []string
	at    int
	ids   map[string]int // automatic flow ids given so far
}

// block reads lines up to the end, or up to a closing brace.
func (p *parser) block(def *graph.Definition, inner bool) ([]graph.NodeDefinition, []graph.Flow, error) {
	var nodes []graph.NodeDefinition
	var flows []graph.Flow
	for p.at < len(p.lines) {
		line := strings.TrimSpace(p.lines[p.at])
		p.at++
		words, err := split(line)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%q: %w", line, err)
		case len(words) == 0:
			continue
		case words[0] == "}":
			if inner {
				return nodes, flows, nil
			}
			return nil, nil, fmt.Errorf("%q: nothing to close", line)
		case len(words) > 1 && words[1] == "->":
			err = p.flows(words, nodes, &flows)
		case words[0] == "drawing":
			executable := false
			def.Executable = &executable
		case words[0] == "var" || words[0] == "param":
			err = declare(def, words)
		default:
			var made []graph.NodeDefinition
			made, err = p.nodes(def, words)
			nodes = append(nodes, made...)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	if inner {
		return nil, nil, fmt.Errorf("a sub-process is not closed")
	}
	return nodes, flows, nil
}

// flows reads "A -> B -> C attributes".
func (p *parser) flows(words []string, nodes []graph.NodeDefinition, flows *[]graph.Flow) error {
	end := 1
	for end < len(words) && words[end] == "->" {
		end += 2
	}
	for i := 0; i+2 < end; i += 2 {
		f := graph.Flow{From: words[i], To: words[i+2]}
		f.ID = f.From + "-" + f.To
		p.ids[f.ID]++
		if n := p.ids[f.ID]; n > 1 {
			f.ID += "-" + strconv.Itoa(n)
		}
		for _, attribute := range words[end:] {
			key, value, _ := strings.Cut(attribute, "=")
			switch key {
			case "id":
				f.ID = value
			case "when":
				f.When = value
			case "port":
				f.Port = value
			case "order":
				n, err := strconv.Atoi(value)
				if err != nil {
					return err
				}
				f.Order = n
			case "default":
			default:
				return fmt.Errorf("flows have no %q", key)
			}
		}
		for _, attribute := range words[end:] {
			if attribute != "default" {
				continue
			}
			for k := range nodes {
				if nodes[k].ID == f.From {
					nodes[k].Default = f.ID
				}
			}
		}
		*flows = append(*flows, f)
	}
	return nil
}

func declare(def *graph.Definition, words []string) error {
	for _, w := range words[1:] {
		name, value, has := strings.Cut(w, "=")
		v := graph.Variable{Name: strings.TrimSuffix(name, "!"), Type: "any", Required: strings.HasSuffix(name, "!")}
		if has {
			text, err := json.Marshal(literal(value))
			if err != nil {
				return err
			}
			v.Default = text
		}
		if words[0] == "param" {
			def.Parameters = append(def.Parameters, v)
		} else {
			def.Variables = append(def.Variables, v)
		}
	}
	return nil
}

// nodes reads "kind id id ... attributes".
func (p *parser) nodes(def *graph.Definition, words []string) ([]graph.NodeDefinition, error) {
	var ids, attributes []string
	open := false
	for _, w := range words[1:] {
		switch {
		case w == "{":
			open = true
		case strings.Contains(w, "=") || repeats(w) || slices.Contains([]string{"continue", "disabled", "error", "escalation", "cancel", "compensate", "nowait", "transaction", "all"}, w):
			attributes = append(attributes, w)
		default:
			ids = append(ids, w)
		}
	}
	var out []graph.NodeDefinition
	for _, id := range ids {
		n := graph.NodeDefinition{ID: id}
		if err := fill(&n, words[0], attributes); err != nil {
			return nil, err
		}
		if n.Kind == "subProcess" && open {
			inner := &graph.Definition{}
			var err error
			if n.Nodes, n.Flows, err = p.block(inner, true); err != nil {
				return nil, err
			}
			n.Variables = inner.Variables
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no node is named")
	}
	return out, nil
}

func fill(n *graph.NodeDefinition, word string, attributes []string) error {
	at := map[string]string{}
	var keys []string
	attributes, err := repetition(n, attributes)
	if err != nil {
		return err
	}
	for _, a := range attributes {
		key, value, _ := strings.Cut(a, "=")
		at[key] = value
		keys = append(keys, key)
	}
	_, n.Disabled = at["disabled"]
	n.Needs, n.Gives = quantity(at, "needs"), quantity(at, "gives")
	if word != "set" {
		n.Handler = at["handler"]
	}
	config := map[string]any{}
	switch word {
	case "start":
		n.Kind = "startEvent"
		if on := at["on"]; on != "" {
			n.Trigger = &graph.Trigger{On: on, Pipeline: "p", Stage: "s", Cron: "* * * * *"}
		} else if len(at) > 0 {
			watch(n, at)
		}
	case "end":
		n.Kind, n.Effect = "endEvent", effect(at)
	case "terminate":
		n.Kind, n.Effect = "endEvent", &graph.Throw{Terminate: true}
	case "throw":
		n.Kind, n.Effect = "endEvent", &graph.Throw{Error: &graph.CodeRule{Code: at["code"]}}
	case "task":
		n.Kind, config["assignee"] = "userTask", "olga"
		if at["form"] != "" {
			config["form"] = form(at["form"])
		}
	case "approval":
		n.Kind, config["approvers"] = "approval", []any{"olga"}
		var outcomes []any
		for _, o := range strings.Split(at["outcomes"], ",") {
			outcomes = append(outcomes, map[string]any{"name": strings.TrimSuffix(o, "+"), "positive": strings.HasSuffix(o, "+")})
		}
		config["outcomes"] = outcomes
		if limit := at["timeout"]; limit != "" {
			after, outcome, _ := strings.Cut(limit, ":")
			config["timeout"] = map[string]any{"after": after, "outcome": outcome}
		}
	case "acknowledge":
		n.Kind, config["people"] = "acknowledge", []any{"olga"}
		if limit := at["timeout"]; limit != "" {
			config["timeout"] = map[string]any{"after": limit}
		}
	case "request":
		n.Kind, config["assignee"], config["form"] = "requestInformation", "olga", form(at["form"])
		if at["refusal"] != "" {
			config["refusal"] = at["refusal"]
		}
		if limit := at["timeout"]; limit != "" {
			config["timeout"] = map[string]any{"after": limit}
		}
	case "robot":
		n.Kind, n.Robot = "robot", "test.robot"
		if at["onError"] != "" {
			n.Policy = &graph.Policy{OnError: at["onError"]}
		}
	case "set":
		n.Kind = "setVariables"
		var set []any
		for _, key := range keys {
			set = append(set, map[string]any{"name": key, "value": map[string]any{"expr": at[key]}})
		}
		config["set"] = set
	case "call":
		n.Kind = "callActivity"
		calls(config, at, keys)
	case "plain":
		n.Kind = "task"
	case "xor":
		n.Kind = "exclusiveGateway"
	case "and":
		n.Kind = "parallelGateway"
	case "or":
		n.Kind = "inclusiveGateway"
	case "timer", "message":
		n.Kind = "catchEvent"
		if word == "message" {
			at["message"] = at["name"]
		}
		n.Trigger = trigger(at)
	case "receive":
		n.Kind, n.Trigger = "receiveTask", &graph.Trigger{Message: &graph.MessageRule{Name: at["message"], Into: at["into"]}}
	case "sendtask":
		n.Kind, n.Effect = "sendTask", &graph.Throw{Message: &graph.MessageRule{Name: at["message"]}}
	case "catch":
		n.Kind, n.Trigger = "catchEvent", trigger(at)
		if len(at) == 0 {
			n.Trigger = nil
		}
	case "send":
		n.Kind, n.Effect = "throwEvent", effect(at)
	case "race":
		n.Kind = "eventGateway"
	case "complex":
		n.Kind = "complexJoin"
		n.Need, _ = strconv.Atoi(at["need"])
	case "boundary":
		n.Kind, n.AttachedTo = "boundaryEvent", at["on"]
		watch(n, at)
	case "sub", "handler":
		n.Kind, n.Event = "subProcess", word == "handler"
		_, n.Transaction = at["transaction"]
	default:
		return fmt.Errorf("no kind %q", word)
	}
	if len(config) > 0 {
		text, err := json.Marshal(config)
		if err != nil {
			return err
		}
		n.Config = text
	}
	return nil
}

// watch says what a boundary event or the start of an event sub-process waits for.
func watch(n *graph.NodeDefinition, at map[string]string) {
	if _, runsOn := at["continue"]; runsOn {
		interrupting := false
		n.Interrupting = &interrupting
	}
	n.Trigger = trigger(at)
	if handler, compensates := at["compensate"]; compensates {
		n.Trigger, n.Handler = &graph.Trigger{Compensation: true}, handler
	}
}

// trigger reads what an event waits for. Several of signal, message, when and a
// timer, or several names after one of them, are alternatives, or with "all"
// needed together.
func trigger(at map[string]string) *graph.Trigger {
	var list []graph.Trigger
	if code, isError := at["error"]; isError {
		list = append(list, graph.Trigger{Error: &graph.CodeRule{Code: code}})
	}
	if code, escalates := at["escalation"]; escalates {
		list = append(list, graph.Trigger{Escalation: &graph.CodeRule{Code: code}})
	}
	if _, cancels := at["cancel"]; cancels {
		list = append(list, graph.Trigger{Cancel: true})
	}
	for _, name := range names(at, "message") {
		m := &graph.MessageRule{Name: name, Into: at["into"]}
		if at["key"] != "" {
			m.Key = quoted(at["key"])
		}
		list = append(list, graph.Trigger{Message: m})
	}
	for _, name := range names(at, "signal") {
		list = append(list, graph.Trigger{Signal: &graph.CodeRule{Code: name, Into: at["into"]}})
	}
	if when, has := at["when"]; has {
		list = append(list, graph.Trigger{Conditional: when})
	}
	rule := &graph.TimerRule{}
	rule.Times, _ = strconv.Atoi(at["times"])
	timed := false
	for key, field := range map[string]*json.RawMessage{"at": &rule.At, "after": &rule.After, "every": &rule.Every} {
		if at[key] != "" {
			*field, timed = quoted(at[key]), true
		}
	}
	if timed || len(list) == 0 {
		list = append(list, graph.Trigger{Timer: rule})
	}
	_, all := at["all"]
	switch {
	case len(list) == 1:
		return &list[0]
	case all:
		return &graph.Trigger{All: list}
	default:
		return &graph.Trigger{Any: list}
	}
}

// names splits the value of an attribute at its commas; "" without the attribute.
func names(at map[string]string, key string) []string {
	value, has := at[key]
	if !has {
		return nil
	}
	return strings.Split(value, ",")
}

// effect reads what an event throws; nil for nothing.
func effect(at map[string]string) *graph.Throw {
	var list []graph.Throw
	var body []graph.ValueRule
	for _, key := range slices.Sorted(maps.Keys(at)) {
		if name, ok := strings.CutPrefix(key, "with."); ok {
			body = append(body, graph.ValueRule{Name: name, Value: expression(at[key])})
		}
	}
	for _, name := range names(at, "message") {
		m := &graph.MessageRule{Name: name, Body: body}
		if at["key"] != "" {
			m.Key = expression(at["key"])
		}
		list = append(list, graph.Throw{Message: m})
	}
	for _, name := range names(at, "signal") {
		list = append(list, graph.Throw{Signal: &graph.CodeRule{Code: name, Body: body}})
	}
	if code, escalates := at["escalation"]; escalates {
		list = append(list, graph.Throw{Escalation: &graph.CodeRule{Code: code}})
	}
	if activity, compensates := at["compensate"]; compensates {
		_, goesOn := at["nowait"]
		wait := !goesOn
		list = append(list, graph.Throw{Compensation: &activity, Wait: &wait})
	}
	if _, cancels := at["cancel"]; cancels {
		list = append(list, graph.Throw{Cancel: true})
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return &list[0]
	default:
		return &graph.Throw{All: list}
	}
}

func expression(source string) json.RawMessage {
	text, _ := json.Marshal(map[string]string{"expr": source}) // always marshals
	return text
}

// quantity reads a number of tokens.
func quantity(at map[string]string, key string) *int {
	n, err := strconv.Atoi(at[key])
	if err != nil {
		return nil
	}
	return &n
}

func quoted(s string) json.RawMessage {
	text, _ := json.Marshal(s) // a string always marshals
	return text
}

// literal reads a value: JSON where it parses, else text.
func literal(s string) any {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil || dec.More() {
		return s
	}
	return v
}

// split cuts a line into words; "..." keeps spaces together.
func split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	quote, any := false, false
	for _, r := range line {
		switch {
		case r == '"':
			quote, any = !quote, true
		case r == '#' && !quote && !any:
			return words, nil
		case r == ' ' && !quote:
			if any {
				words = append(words, word.String())
				word.Reset()
				any = false
			}
		default:
			word.WriteRune(r)
			any = true
		}
	}
	if quote {
		return nil, fmt.Errorf("a quotation mark is missing")
	}
	if any {
		words = append(words, word.String())
	}
	return words, nil
}

// form reads fields "name:type" or "name:type:variable" with commas between them.
func form(text string) []any {
	var fields []any
	for _, f := range strings.Split(text, ",") {
		parts := strings.Split(f, ":")
		field := map[string]any{"name": parts[0]}
		if len(parts) > 1 {
			field["type"] = parts[1]
		}
		if len(parts) > 2 {
			field["into"] = parts[2]
		}
		fields = append(fields, field)
	}
	return fields
}
