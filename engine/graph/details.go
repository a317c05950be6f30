package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// details checks and lowers what is inside each node and flow.
func (c *compiler) details() {
	for n := range c.g.Nodes {
		c.misplaced(n)
		c.trigger(n)
		c.config(n)
		c.quantities(n)
		c.gateway(n)
		c.decides(n)
		c.ports(n)
		c.repeat(n)
		c.adHoc(n)
		c.expressionsOf(n)
	}
	for e := range c.g.Edges {
		c.condition(e)
	}
	c.races()
}

// decides warns of a decision that has nothing to decide. Where several ways come
// together, one way out is as it should be.
func (c *compiler) decides(n int) {
	node := &c.g.Nodes[n]
	if k := c.defs[n].Kind; k != "exclusiveGateway" && k != "inclusiveGateway" || len(node.In) > 1 || len(node.Out) != 1 || c.g.Edges[node.Out[0]].When != "" {
		return
	}
	c.report(Finding{Code: "one_way_out", Severity: Warning, Path: node.Path, Node: node.ID,
		Message: "the decision has one way out, so it decides nothing", Remedy: "draw the other ways out, or delete it"})
}

// misplaced refuses fields that belong to other kinds of nodes.
func (c *compiler) misplaced(n int) {
	d := c.defs[n]
	if d.Robot != "" && d.Kind != "robot" {
		c.atNode(n, "/robot", "unexpected_field", "", "only a robot node names a robot")
	}
	role := c.g.Nodes[n].Kind.Role
	if d.Trigger != nil && role != kind.Start && role != kind.Boundary && d.Kind != "catchEvent" && d.Kind != "receiveTask" {
		c.atNode(n, "/trigger", "unexpected_field", "", "a node of kind %s has no trigger", d.Kind)
	}
	if d.Effect != nil && c.g.Nodes[n].Kind.Enter != kind.Throw {
		c.atNode(n, "/effect", "unexpected_field", "", "a node of kind %s has no effect", d.Kind)
	}
}

func (c *compiler) trigger(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	if d.Trigger != nil {
		raw, err := json.Marshal(d.Trigger)
		if err != nil {
			c.atNode(n, "/trigger", "malformed", "", "%s", err)
		}
		node.Trigger = raw
	}
	switch {
	case node.Kind.Role == kind.Start:
		c.startTrigger(n, d.Trigger)
	case node.Kind.Enter == kind.Throw:
		c.effects(n, d.Effect)
	case node.Kind.Opens == kind.ByTrigger:
		c.eventTrigger(n, d.Trigger)
	}
}

func (c *compiler) startTrigger(n int, t *Trigger) {
	if c.handles(n) {
		c.eventTrigger(n, t)
		return
	}
	c.g.Nodes[n].ByHand = t == nil || (t.On == "" || t.On == "manual") && eventsOf(t) == 0
	if t == nil {
		return
	}
	inside := c.g.Scopes[c.g.Nodes[n].Scope].Host != None
	if inside && (eventsOf(t) > 0 || t.On != "" && t.On != "manual") {
		c.atNode(n, "/trigger", "typed_start_inside", "make it an event sub-process, or delete the trigger", "the start of a sub-process has no trigger")
		return
	}
	if eventsOf(t) > 0 {
		c.eventStart(n, t)
	}
	switch t.On {
	case "stageEntered":
		if t.Pipeline == "" || t.Stage == "" {
			c.atNode(n, "/trigger/stage", "missing_field", "choose a pipeline and a stage", "which stage starts the process is not said")
		}
	case "schedule":
		if t.Cron == "" {
			c.atNode(n, "/trigger/cron", "missing_field", "give a cron rule, for example 0 9 * * 1-5", "the schedule has no rule")
		}
	}
	if !slices.Contains([]string{"", "manual", "stageEntered", "recordCreated", "recordChanged", "schedule", "webhook"}, t.On) {
		c.atNode(n, "/trigger/on", "unsupported_trigger", "", "%q is no way to start a process", t.On)
	}
	if t.When != "" {
		c.expression(n, "/trigger/when", t.When, UseCondition)
	}
}

func (c *compiler) timer(n int, at string, t *TimerRule) {
	count := 0
	for _, f := range []struct {
		name  string
		value json.RawMessage
	}{{"at", t.At}, {"before", t.Before}, {"after", t.After}, {"every", t.Every}} {
		if len(f.value) == 0 {
			continue
		}
		if f.name != "before" {
			count++
		}
		if c.opts.Times != nil {
			c.literal(n, at+"/"+f.name, c.opts.Times.CheckTime(f.name, f.value))
			continue
		}
		var s string
		if f.name != "at" && json.Unmarshal(f.value, &s) == nil && !isoDuration(s) && !strings.Contains(s, "{{") {
			c.atNode(n, at+"/"+f.name, "bad_duration", "write for example PT30M, P3D or P1W", "%q is not an ISO 8601 duration", s)
			c.with("text", s)
		}
	}
	if len(t.At) > 0 && len(t.After) > 0 && len(t.Before) == 0 {
		count-- // so much later than at
	}
	if count != 1 {
		c.atNode(n, at, "ambiguous_timer", "give exactly one of at, after and every", "the timer has %d rules", count)
	}
	if len(t.Before) > 0 && len(t.At) == 0 {
		c.atNode(n, at+"/before", "bad_value", "", "before counts back from at")
	}
	if (t.Time != "" || t.Within != "") && len(t.At) == 0 {
		c.atNode(n, at, "bad_value", "", "time and within go with at")
	}
	if t.Time != "" && !dayTime(t.Time) {
		c.atNode(n, at+"/time", "bad_value", "write for example 09:30", "%q is not a time of day", t.Time)
	}
	if t.Times < 0 || t.Times > 0 && len(t.Every) == 0 {
		c.atNode(n, at+"/times", "bad_value", "", "times counts the firings of every")
	}
}

// dayTime tells whether a text is a time of day, HH:MM.
func dayTime(s string) bool {
	return len(s) == 5 && s[2] == ':' && s[0] >= '0' && s[0] <= '2' && s[1] >= '0' && s[1] <= '9' && s[:2] < "24" && s[3] >= '0' && s[3] <= '5' && s[4] >= '0' && s[4] <= '9'
}

// literal reports what is wrong with a literal of a timer rule.
func (c *compiler) literal(n int, at string, p *ConfigProblem) {
	if p != nil {
		c.atNode(n, at, p.Code, p.Remedy, "%s", p.Message)
		c.findings[len(c.findings)-1].Data = p.Data
	}
}

// pauses checks the durations of a policy.
func (c *compiler) pauses(n int, r *Retry) {
	if r == nil || c.opts.Times == nil {
		return
	}
	for _, f := range []struct{ name, text string }{{"first", r.First}, {"most", r.Most}} {
		if f.text != "" {
			raw, err := json.Marshal(f.text)
			if err != nil {
				c.atNode(n, "/policy/retry/"+f.name, "malformed", "", "%s", err)
				continue
			}
			c.literal(n, "/policy/retry/"+f.name, c.opts.Times.CheckTime("after", raw))
		}
	}
}

// isoDuration accepts P[nY][nM][nW][nD][T[nH][nM][nS]] with at least one part.
func isoDuration(s string) bool {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok {
		return false
	}
	parts, clock := 0, false
	units := "YMWD"
	for rest != "" {
		if rest[0] == 'T' && !clock && len(rest) > 1 {
			units, rest, clock = "HMS", rest[1:], true
			continue
		}
		i := 0
		for i < len(rest) && (rest[i] >= '0' && rest[i] <= '9' || rest[i] == '.') {
			i++
		}
		if i == 0 || i == len(rest) {
			return false
		}
		u := strings.IndexByte(units, rest[i])
		if u < 0 || i > 9 {
			return false
		}
		if _, err := strconv.ParseFloat(rest[:i], 64); err != nil {
			return false
		}
		rest = rest[i+1:]
		units = units[u+1:] // each unit once, the larger first
		parts++
	}
	return parts > 0
}

func (c *compiler) config(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	switch node.Kind.Opens {
	case kind.Task:
		node.Opens = OpensTask
	case kind.Effect:
		node.Opens = OpensEffect
	case kind.Child:
		node.Opens = OpensChild
	}
	subject := d.Kind
	if d.Kind == "robot" {
		subject = d.Robot
		c.robot(n)
	}
	if d.Policy != nil {
		raw, err := json.Marshal(d.Policy)
		if err != nil {
			c.atNode(n, "/policy", "malformed", "", "%s", err)
		}
		node.Policy = raw
		node.Continues = d.Policy.OnError == "continue"
		c.pauses(n, d.Policy.Retry)
		if !slices.Contains([]string{"", "incident", "continue"}, d.Policy.OnError) {
			c.atNode(n, "/policy/onError", "bad_value", "use incident or continue", "%q is no way to treat an error", d.Policy.OnError)
		}
	}
	if c.opts.Configs != nil {
		config := d.Config
		if len(config) == 0 {
			config = json.RawMessage("{}")
		}
		for _, p := range c.opts.Configs.CheckConfig(subject, config) {
			f := Finding{Code: p.Code, Path: c.g.Nodes[n].Path + "/config" + p.Path, Node: node.ID,
				Field: "/config" + p.Path, Message: p.Message, Remedy: p.Remedy, Data: p.Data}
			if f.Code == "" {
				f.Code, f.Data = "config_"+codeOf(p.Keyword), map[string]any{"keyword": p.Keyword}
			}
			c.report(f)
		}
	}
	switch d.Kind {
	case "setVariables":
		c.assignments(n)
	case "approval":
		c.approval(n)
	case "userTask":
		c.form(n)
	case "acknowledge":
		c.limit(n, "")
	case "requestInformation":
		c.form(n)
		c.limit(n, c.refusal(n))
	case "callActivity":
		c.call(n)
	}
}

// codeOf turns a keyword of JSON Schema into the form of finding codes.
func codeOf(keyword string) string {
	var b strings.Builder
	for _, r := range keyword {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "invalid"
	}
	return b.String()
}

func (c *compiler) robot(n int) {
	d := c.defs[n]
	if d.Robot == "" {
		c.atNode(n, "/robot", "missing_field", "choose a robot", "which robot acts is not said")
		return
	}
	if c.opts.Robots != nil {
		if _, known := c.opts.Robots[d.Robot]; !known {
			c.report(Finding{Code: "unknown_robot", Path: c.g.Nodes[n].Path + "/robot", Node: d.ID, Field: "/robot",
				Message: fmt.Sprintf("this installation has no robot %q", d.Robot),
				Remedy:  "choose another robot or install the extension that has it", Data: map[string]any{"robot": d.Robot}})
		}
	}
}

func (c *compiler) assignments(n int) {
	node := &c.g.Nodes[n]
	var config struct {
		Set []struct {
			Name  string          `json:"name"`
			Value json.RawMessage `json:"value"`
		} `json:"set"`
	}
	if len(node.Config) > 0 {
		if err := json.Unmarshal(node.Config, &config); err != nil {
			c.atNode(n, "/config/set", "config_type", "", "set is a list of names and values")
			return
		}
	}
	for i, s := range config.Set {
		at := "/config/set/" + strconv.Itoa(i)
		if !identifier(s.Name) {
			c.atNode(n, at+"/name", "bad_name", "begin with a letter and use letters, digits and underscores only",
				"%q cannot be the name of a variable", s.Name)
		}
		a := Assignment{Name: s.Name}
		value, err := decodeValue(s.Value)
		if err != nil {
			c.atNode(n, at+"/value", "missing_field", "give a value or an expression", "the variable %q gets no value", s.Name)
			continue
		}
		if source, ok := expressionIn(value); ok {
			a.Expr = source
		} else {
			a.Literal = value
		}
		node.Assignments = append(node.Assignments, a)
	}
	literals := make(map[string]any, len(node.Assignments))
	for _, a := range node.Assignments {
		if a.Expr != "" {
			return
		}
		literals[a.Name] = a.Literal
	}
	node.Literals = literals
}

// expressionIn recognizes {"expr": "..."}.
func expressionIn(value any) (string, bool) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return "", false
	}
	source, ok := object["expr"].(string)
	return source, ok
}

// Outcome is one answer of an approval.
type Outcome struct {
	Name     string `json:"name"`
	Label    string `json:"label,omitempty"`
	Positive bool   `json:"positive,omitempty"`
}

func (c *compiler) outcomes(n int) []Outcome {
	var outcomes []Outcome
	if raw := member(c.g.Nodes[n].Config, "outcomes"); raw != nil && json.Unmarshal(raw, &outcomes) != nil {
		c.atNode(n, "/config/outcomes", "config_type", "", "outcomes is a list of names")
	}
	return outcomes
}

func (c *compiler) approval(n int) {
	node := &c.g.Nodes[n]
	outcomes := c.outcomes(n)
	negative := ""
	seen := map[string]bool{}
	for i, o := range outcomes {
		at := "/config/outcomes/" + strconv.Itoa(i) + "/name"
		if !identifier(o.Name) {
			c.atNode(n, at, "bad_name", "use letters, digits and underscores", "%q cannot be the name of an outcome", o.Name)
		}
		if seen[o.Name] {
			c.atNode(n, at, "duplicate_name", "", "the outcome %q is named twice", o.Name)
			c.with("outcome", o.Name)
		}
		seen[o.Name] = true
		if o.Positive && node.NormalPort == "" {
			node.NormalPort = o.Name
		}
		if !o.Positive && negative == "" {
			negative = o.Name
		}
	}
	if len(outcomes) == 0 {
		c.atNode(n, "/config/outcomes", "missing_field", "give at least one outcome", "the approval has no outcomes")
		return
	}
	if node.NormalPort == "" {
		node.NormalPort = outcomes[0].Name
		c.atNode(n, "/config/outcomes", "no_positive_outcome", "mark one as positive", "no outcome of the approval is positive")
	}
	var rule string
	if json.Unmarshal(member(node.Config, "rule"), &rule) == nil && rule == "vote" && negative == "" {
		c.atNode(n, "/config/outcomes", "no_negative_outcome", "add one that is not positive", "a vote without a negative outcome could never be refused")
	}
	var timeout struct {
		After   json.RawMessage `json:"after"`
		Outcome string          `json:"outcome"`
	}
	raw := member(node.Config, "timeout")
	if raw == nil || json.Unmarshal(raw, &timeout) != nil || len(timeout.After) == 0 {
		return
	}
	limit := &TimerRule{After: timeout.After}
	c.timer(n, "/config/timeout", limit)
	if timeout.Outcome == "" {
		timeout.Outcome = negative
	}
	if timeout.Outcome == "" { // none is negative
		timeout.Outcome = outcomes[len(outcomes)-1].Name
	}
	if !seen[timeout.Outcome] {
		c.atNode(n, "/config/timeout/outcome", "unknown_outcome", "choose one of the outcomes", "the time-out leads to %q, which is no outcome", timeout.Outcome)
		c.with("outcome", timeout.Outcome)
	}
	trigger, err := json.Marshal(Trigger{Timer: limit})
	if err != nil {
		c.atNode(n, "/config/timeout/after", "malformed", "", "%s", err)
	}
	node.Timeout = &Timeout{Trigger: trigger, Outcome: timeout.Outcome}
}

// ports compares the flows that leave a node with the ports it has.
func (c *compiler) ports(n int) {
	node := &c.g.Nodes[n]
	var ports []string
	open := false
	switch {
	case c.defs[n].Kind == "approval":
		for _, o := range c.outcomes(n) {
			ports = append(ports, o.Name)
			if !c.g.Takes(node, o.Name) {
				c.report(Finding{Code: "outcome_without_flow", Path: c.g.Nodes[n].Path + "/config/outcomes", Node: node.ID, Field: "/config/outcomes",
					Message: fmt.Sprintf("the outcome %q leads nowhere", o.Name), Remedy: "draw a flow from this outcome or delete it",
					Data: map[string]any{"outcome": o.Name}})
			}
		}
	case c.defs[n].Kind == "requestInformation":
		ports = []string{""}
		if refused := c.refusal(n); refused != "" {
			ports = append(ports, refused)
			if !c.g.Takes(node, refused) {
				c.report(Finding{Code: "outcome_without_flow", Path: c.g.Nodes[n].Path + "/config/refusal", Node: node.ID, Field: "/config/refusal",
					Message: "a refusal leads nowhere", Remedy: "draw a flow from the exit refused, or do not allow to refuse",
					Data: map[string]any{"outcome": refused}})
			}
		}
	case node.Kind.Ported:
		robot, known := c.opts.Robots[node.Robot]
		ports, open = append(ports, ""), !known
		ports = append(ports, robot.Ports...)
	default:
		ports = []string{""}
	}
	for _, e := range node.Out {
		if port := c.g.Edges[e].Port; !open && !slices.Contains(ports, port) {
			c.atFlow(e, "/port", "unknown_port", "choose one of the node's exits", "%q has no exit %q", node.ID, port)
			c.with("port", port)
		}
	}
}

// condition checks the condition of a flow against where it leaves.
func (c *compiler) condition(e int) {
	edge := c.g.Edges[e]
	from := &c.g.Nodes[edge.From]
	isDefault := from.Default == e
	warn := func(code, remedy, format string, args ...any) {
		c.report(Finding{Code: code, Severity: Warning, Path: c.flowAt[e] + "/when", Flow: edge.ID, Node: from.ID,
			Message: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	if edge.When != "" {
		c.check(c.flowAt[e]+"/when", from.ID, edge.ID, "/when", edge.When, UseCondition)
	}
	switch {
	case from.Kind.Enter == kind.Race:
		if edge.When != "" {
			warn("condition_ignored", "delete it", "the event that comes first decides; the condition is ignored")
		}
	case edge.When != "" && from.Kind.Exit == kind.All:
		warn("condition_ignored", "delete it, or use an inclusive gateway", "a parallel gateway takes all its flows; the condition is ignored")
	case edge.When != "" && isDefault:
		warn("condition_ignored", "delete it", "the default flow is taken when no other is; its condition is ignored")
	case edge.When == "" && !isDefault && len(from.Out) > 1 && from.Kind.Exit == kind.First:
		warn("flow_without_condition", "give it a condition or make it the default", "a flow without condition always holds; flows after it are never taken")
	}
	last := from.Out[len(from.Out)-1] == e
	choosing := (from.Kind.Exit == kind.First || from.Kind.Exit == kind.Some) && from.Kind.Enter != kind.Race
	if last && choosing && from.Default == None && c.allConditional(from) {
		c.report(Finding{Code: "gateway_without_default", Severity: Warning, Path: from.Path, Node: from.ID,
			Message: "when no condition holds, the run stops here with an incident", Remedy: "choose a default flow"})
	}
}

func (c *compiler) allConditional(n *Node) bool {
	for _, e := range n.Out {
		if c.g.Edges[e].When == "" {
			return false
		}
	}
	return true
}

// expressionsOf finds the expressions and templates inside a node's config and trigger.
func (c *compiler) expressionsOf(n int) {
	node := &c.g.Nodes[n]
	for _, part := range []struct {
		field string
		raw   []byte
	}{{"/config", node.Config}, {"/trigger", node.Trigger}, {"/effect", c.effectText(n)}} {
		if len(part.raw) == 0 {
			continue
		}
		value, err := decodeValue(part.raw)
		if err != nil {
			c.atNode(n, part.field, "malformed", "", "%s", err)
			continue
		}
		if part.field == "/config" && node.Opens == OpensChild {
			value = withoutResult(value)
		}
		c.expressionsIn(n, part.field, value)
	}
}

func (c *compiler) expressionsIn(n int, at string, value any) {
	if source, ok := expressionIn(value); ok {
		c.expression(n, at+"/expr", source, UseValue)
		return
	}
	switch v := value.(type) {
	case string:
		if strings.Contains(v, "{{") {
			c.expression(n, at, v, UseTemplate)
		}
	case []any:
		for i, e := range v {
			c.expressionsIn(n, at+"/"+strconv.Itoa(i), e)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			c.expressionsIn(n, pointer(at, k), v[k])
		}
	}
}

func (c *compiler) expression(n int, field, source string, use Use) {
	c.check(c.g.Nodes[n].Path+field, c.g.Nodes[n].ID, "", field, source, use)
}

func (c *compiler) check(path, node, flow, field, source string, use Use) {
	if strings.TrimSpace(source) == "" {
		c.report(Finding{Code: "empty_expression", Path: path, Node: node, Flow: flow, Field: field, Message: "the expression is empty"})
		return
	}
	if c.checker == nil {
		return
	}
	for _, p := range c.checker.CheckExpression(source, use) {
		code := p.Code
		if code == "" {
			code = "bad_expression"
		}
		data := map[string]any{"source": source, "line": p.Line, "column": p.Column, "message": p.Message}
		if len(p.Texts) > 0 {
			data["texts"] = p.Texts
		}
		if p.Parts != "" {
			data["parts"] = p.Parts
		}
		c.report(Finding{Code: code, Severity: p.Severity, Path: path, Node: node, Flow: flow, Field: field, From: p.From, To: p.To,
			Message: p.Message, Remedy: p.Remedy, Data: data})
	}
}
