package bpmn

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// vendors write the same attributes under different addresses.
var vendors = []string{nsCamunda, nsFlowable, nsActiviti}

// vendor reads an attribute of Camunda 7, Flowable or Activiti.
func vendor(e *element, local string) string {
	for _, space := range vendors {
		if v := e.attrNS(space, local); v != "" {
			return v
		}
	}
	return ""
}

// extension finds an extension element; nil when there is none.
func extension(e *element, space, local string) *element {
	return e.child(nsModel, "extensionElements").child(space, local)
}

// value is an attribute of an element that may be missing.
func (e *element) value(local string) string {
	if e == nil {
		return ""
	}
	return e.attr(local)
}

// known are the extension elements that are read; others are kept and told.
var known = map[string][]string{
	nsCamunda:  {"formData", "in", "out", "properties", "failedJobRetryTimeCycle", "formField"},
	nsFlowable: {"formProperty", "in", "out", "failedJobRetryTimeCycle"},
	nsActiviti: {"formProperty", "in", "out", "failedJobRetryTimeCycle"},
	nsZeebe: {"taskDefinition", "assignmentDefinition", "loopCharacteristics", "calledElement", "subscription", "script", "userTask",
		"formDefinition", "properties", "taskHeaders"},
	nsOurs: {"node", "flow", "definition", "reference"},
}

// extensions tells which extension elements are kept without effect.
func (p *process) extensions(n *node) {
	ext := n.el.child(nsModel, "extensionElements")
	if ext == nil {
		return
	}
	for _, k := range ext.kids {
		if k.space == nsZeebe && k.local == "ioMapping" && n.d.Kind == "callActivity" {
			continue
		}
		if _, ours := known[k.space]; !ours && !strings.Contains(k.space, "camunda") {
			continue // a drawing tool's notes to itself
		}
		if !slices.Contains(known[k.space], k.local) {
			p.im.warn(n.el, "extension_kept", "name", qualified(k.prefix, k.local))
		}
	}
}

func (p *process) userTask(n *node) {
	e := n.el
	n.d.Kind = "userTask"
	config := map[string]any{}
	z := extension(e, nsZeebe, "assignmentDefinition")
	if v := firstOf(vendor(e, "assignee"), z.value("assignee")); v != "" {
		config["assignee"] = p.value(e, v)
	}
	if people := p.people(e, firstOf(vendor(e, "candidateUsers"), z.value("candidateUsers"))); people != nil {
		config["assignees"] = people
	}
	groups := p.people(e, firstOf(vendor(e, "candidateGroups"), z.value("candidateGroups"), p.potentialOwner(e)))
	if groups != nil {
		config["groups"] = groups
	}
	if form := p.form(e); len(form) > 0 {
		config["form"] = form
	}
	for key, v := range config {
		if raw, is := v.(json.RawMessage); is && raw == nil {
			delete(config, key)
		}
	}
	if len(config) > 0 {
		n.d.Config = literal(config)
	}
	p.extensions(n)
}

// people reads a list of names, or one expression that gives a list.
func (p *process) people(e *element, text string) any {
	if text == "" {
		return nil
	}
	if d := dialectOf(text, "", ""); d == feel || d == juel && closing(text, 2) == len(text)-1 {
		if raw := p.value(e, text); raw != nil {
			var names string
			if json.Unmarshal(raw, &names) == nil {
				return []string{names}
			}
			return raw
		}
		return nil
	}
	out := []json.RawMessage{}
	for _, name := range strings.Split(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			if raw := p.value(e, name); raw != nil {
				out = append(out, raw)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// potentialOwner reads the standard's way to say who may do a task, as Activiti
// and Flowable write it: user(name), group(name) or a plain name of a group.
func (p *process) potentialOwner(e *element) string {
	var names []string
	for _, k := range e.kids {
		if !k.is(nsModel, "potentialOwner") {
			continue
		}
		expression := k.child(nsModel, "resourceAssignmentExpression").child(nsModel, "formalExpression")
		if expression == nil {
			continue
		}
		for _, name := range strings.Split(expression.text, ",") {
			name = strings.TrimSpace(name)
			if inner, ok := strings.CutPrefix(name, "group("); ok {
				name = strings.TrimSuffix(inner, ")")
			}
			if name != "" && !strings.HasPrefix(name, "user(") {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ",")
}

// form reads the fields of generated forms.
func (p *process) form(e *element) []map[string]any {
	var fields []*element
	for _, space := range vendors {
		if data := extension(e, space, "formData"); data != nil {
			fields = append(fields, data.kids...)
		}
	}
	if ext := e.child(nsModel, "extensionElements"); ext != nil {
		for _, k := range ext.kids {
			if k.local == "formProperty" && slices.Contains(vendors, k.space) {
				fields = append(fields, k)
			}
		}
	}
	types := map[string]string{"long": "integer", "integer": "integer", "double": "number", "number": "number", "boolean": "boolean", "date": "date", "enum": "choice"}
	var out []map[string]any
	for _, f := range fields {
		id := f.attr("id")
		if id == "" || f.local != "formField" && f.local != "formProperty" || len(out) == 50 {
			continue
		}
		field := map[string]any{"name": variableName(id), "type": firstOf(types[f.attr("type")], "string")}
		if label := firstOf(f.attr("label"), f.attr("name")); label != "" {
			field["label"] = cut(label, graph.MaxName)
		}
		if f.attr("required") == "true" {
			field["required"] = true
		}
		var options []string
		for _, v := range f.kids {
			if v.local == "value" {
				options = append(options, firstOf(v.attr("name"), v.attr("id")))
			}
		}
		if field["type"] == "choice" {
			if len(options) > 0 {
				field["options"] = options
			} else {
				field["type"] = "string"
			}
		}
		out = append(out, field)
	}
	return out
}

// work finds what a task asks a program to do.
func work(e *element) string {
	if t := extension(e, nsZeebe, "taskDefinition"); t != nil && t.attr("type") != "" {
		return t.attr("type")
	}
	for _, attr := range []string{"topic", "class", "delegateExpression", "expression", "decisionRef"} {
		if v := vendor(e, attr); v != "" {
			return v
		}
	}
	if t := vendor(e, "type"); t != "" && t != "external" {
		return t
	}
	if d := extension(e, nsZeebe, "calledDecision"); d != nil {
		return d.attr("decisionId")
	}
	if i := e.attr("implementation"); i != "" && !strings.HasPrefix(i, "##") {
		return i
	}
	return ""
}

func (p *process) serviceTask(n *node) {
	e := n.el
	job := work(e)
	if e.local == "sendTask" && job == "" && e.attr("messageRef") != "" {
		n.d.Kind = "sendTask"
		if rule := p.message(e, e); rule != nil {
			n.d.Effect = &graph.Throw{Message: rule}
		}
		return
	}
	if expression, variable := vendor(e, "expression"), vendor(e, "resultVariable"); expression != "" && variable != "" && p.im.opts.Robots[expression] == "" {
		t := &translation{dialect: dialectOf(expression, "", ""), names: map[string]bool{}}
		if text, err := t.expression(expression); err == nil {
			for name := range t.names {
				p.variables[name] = true
			}
			p.assign(n, []assignment{{variableName(variable), expressionValue(text)}})
			return
		}
	}
	p.robot(n, strings.TrimSuffix(e.local, "Task"), job)
}

// robot gives a task to a robot: the one the options name, else one named after
// the job, which the designer can replace.
func (p *process) robot(n *node, kind, job string) {
	e := n.el
	n.d.Kind = "robot"
	for _, asked := range []string{e.attr("id"), job, "*"} {
		to := p.im.opts.Robots[asked]
		switch {
		case to == "" || asked == "":
			continue
		case to == UserTask:
			n.d.Kind = "userTask"
			return
		}
		n.d.Robot = to
		break
	}
	if n.d.Robot == "" {
		n.d.Robot = robotKey(firstOf(job, kind))
		if !namesRobot(e) {
			p.im.warn(e, "unknown_service", "job", firstOf(job, e.local), "robot", n.d.Robot)
		}
	}
	p.retries(n)
	p.extensions(n)
}

// robotKey spells a job type as robots are spelled.
func robotKey(job string) string {
	key := strings.Trim(spelled(job, '-'), "-.")
	if len(key) > 80 {
		key = key[:80]
	}
	if key == "" {
		return "service"
	}
	return key
}

// retries reads how often a failing job is tried again.
func (p *process) retries(n *node) {
	retry := &graph.Retry{}
	if t := extension(n.el, nsZeebe, "taskDefinition"); t != nil {
		if most, err := strconv.Atoi(t.attr("retries")); err == nil && most > 0 && most <= 100 {
			retry.Max = most
		}
	}
	for _, space := range vendors {
		cycle := extension(n.el, space, "failedJobRetryTimeCycle")
		if cycle == nil {
			continue
		}
		if m := repeating.FindStringSubmatch(strings.TrimSpace(cycle.text)); m != nil && isDuration(m[2]) {
			if most, err := strconv.Atoi(m[1]); err == nil && most > 0 && most <= 100 {
				retry.Max, retry.First = most, m[2]
			}
		}
	}
	if retry.Max > 0 {
		n.d.Policy = &graph.Policy{Retry: retry}
	}
}

type assignment struct {
	name  string
	value json.RawMessage
}

// assign makes the node set variables.
func (p *process) assign(n *node, all []assignment) {
	n.d.Kind = "setVariables"
	set := make([]map[string]any, 0, len(all))
	for _, a := range all {
		p.variables[a.name] = true
		set = append(set, map[string]any{"name": a.name, "value": a.value})
	}
	n.d.Config = literal(map[string]any{"set": set})
}

func (p *process) scriptTask(n *node) { p.script(n, n.el) }

// script reads lines of the form name = expression; nothing else is run.
func (p *process) script(n *node, e *element) {
	if z := extension(e, nsZeebe, "script"); z != nil {
		if text, ok := p.expression(n.el, z.attr("expression"), ""); ok {
			p.assign(n, []assignment{{variableName(firstOf(z.attr("resultVariable"), "result")), expressionValue(text)}})
		}
		return
	}
	for _, asked := range []string{n.el.attr("id"), "script:" + e.attr("scriptFormat")} {
		if p.im.opts.Robots[asked] != "" {
			p.robot(n, "script", asked)
			return
		}
	}
	if extension(e, nsZeebe, "taskDefinition") != nil || vendor(e, "resource") != "" {
		p.robot(n, "script", firstOf(work(e), vendor(e, "resource")))
		return
	}
	s := e.child(nsModel, "script")
	if s == nil || strings.TrimSpace(s.text) == "" {
		n.d.Kind = "task"
		p.im.warn(n.el, "script_empty")
		return
	}
	if e.attr("scriptFormat") == "" {
		p.im.warn(n.el, "script_without_language")
	}
	all, line, problem := p.lines(s.text, e.attr("scriptFormat"))
	if problem == "" {
		p.assign(n, all)
		if v := vendor(e, "resultVariable"); v != "" && len(all) == 0 {
			n.d.Kind = "task"
		}
		return
	}
	if p.im.opts.Robots["*"] != "" {
		p.robot(n, "script", "script")
		return
	}
	n.d.Kind = "task"
	p.soften(n.el, "script", "line", strconv.Itoa(line), "problem", problem, "language", firstOf(e.attr("scriptFormat"), "?"))
}

// lines reads assignments; it tells the first line that is none.
func (p *process) lines(text, format string) (all []assignment, line int, problem string) {
	dialect := plain
	switch f := strings.ToLower(format); {
	case f == languageOurs || strings.Contains(f, "fluxo"):
		dialect = ours
	case strings.Contains(f, "feel"):
		dialect = feel
	}
	for i, row := range strings.Split(strings.ReplaceAll(text, ";", "\n"), "\n") {
		if dialect == ours {
			rows := strings.Split(text, "\n")
			if i >= len(rows) {
				break
			}
			row = rows[i] // our texts may hold semicolons
		}
		row = strings.TrimSpace(row)
		if row == "" || strings.HasPrefix(row, "//") || strings.HasPrefix(row, "#") {
			continue
		}
		name, source, ok := strings.Cut(row, "=")
		for _, word := range []string{"var ", "let ", "const ", "def "} {
			name = strings.TrimPrefix(strings.TrimSpace(name), word)
		}
		name = strings.TrimSpace(name)
		if inner, is := strings.CutPrefix(row, "execution.setVariable("); is && strings.HasSuffix(inner, ")") {
			name, source, ok = strings.Cut(strings.TrimSuffix(inner, ")"), ",")
			name = strings.Trim(strings.TrimSpace(name), `"'`)
		}
		name = strings.TrimPrefix(name, "vars.")
		if !ok || name == "" || variableName(name) != name || strings.HasPrefix(source, "=") {
			return nil, i + 1, "it is no assignment of the form name = expression"
		}
		t := &translation{dialect: dialect, names: p.variables}
		translated, err := t.expression(strings.TrimSpace(source))
		if err == nil && strings.TrimSpace(source) == "" {
			err = &languageError{0, "the expression is missing"}
		}
		if err != nil {
			return nil, i + 1, err.Error()
		}
		all = append(all, assignment{name, expressionValue(translated)})
	}
	return all, 0, ""
}
