package bpmn

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

func (p *process) activity(n *node) {
	e := n.el
	switch e.local {
	case "task", "manualTask":
		n.d.Kind = "task"
	case "userTask":
		p.userTask(n)
	case "receiveTask":
		p.receiveTask(n)
	case "scriptTask":
		p.scriptTask(n)
	case "callActivity":
		p.callActivity(n)
	case "subProcess", "transaction", "adHocSubProcess":
		p.subProcess(n)
	default: // serviceTask, sendTask, businessRuleTask
		p.serviceTask(n)
	}
	n.d.Needs, n.d.Gives = several(p.quantity(n, "startQuantity")), several(p.quantity(n, "completionQuantity"))
	p.loops(n)
	p.associations(n)
	if e.attr("isForCompensation") == "true" && (len(n.in) > 0 || len(n.out) > 0) {
		p.im.refuse(e, "handler_in_flow")
	}
}

// quantity reads a token quantity; one is not written.
func (p *process) quantity(n *node, attr string) int {
	text := strings.TrimSpace(n.el.attr(attr))
	if text == "" {
		return 0
	}
	q, err := strconv.Atoi(text)
	if err != nil || q < 1 || q > 1000 {
		p.im.refuse(n.el, "quantity", "what", attr, "value", text)
		return 0
	}
	if q == 1 {
		return 0
	}
	return q
}

func (p *process) subProcess(n *node) {
	e := n.el
	n.d.Kind = "subProcess"
	n.d.Event = e.attr("triggeredByEvent") == "true"
	switch e.local {
	case "transaction":
		n.d.Transaction = true
	case "adHocSubProcess":
		ad := &graph.AdHoc{}
		if e.attr("ordering") == "Sequential" {
			ad.Order = "sequential"
		}
		if c := e.child(nsModel, "completionCondition"); c != nil && strings.TrimSpace(c.text) != "" {
			if text, ok := p.expression(e, c.text, c.attr("language")); ok {
				ad.Until = text
			}
		}
		if e.attr("cancelRemainingInstances") == "false" {
			ad.CancelRest = new(bool)
		}
		n.d.AdHoc = ad
		if len(n.inner.nodes) == 0 {
			p.im.warn(e, "empty_adhoc")
		}
	}
}

// loops reads what repeats an activity.
func (p *process) loops(n *node) {
	loop, multi := n.el.child(nsModel, "standardLoopCharacteristics"), n.el.child(nsModel, "multiInstanceLoopCharacteristics")
	switch {
	case loop != nil && multi != nil:
		p.im.refuse(n.el, "loop_and_multi")
	case loop != nil:
		p.loop(n, loop)
	case multi != nil:
		p.each(n, multi)
	}
}

func (p *process) loop(n *node, l *element) {
	out := &graph.Loop{Before: l.attr("testBefore") == "true"}
	if c := l.child(nsModel, "loopCondition"); c != nil {
		if text, ok := p.expression(n.el, c.text, c.attr("language")); ok {
			out.While = text
		}
	}
	if text := l.attr("loopMaximum"); text != "" {
		most, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || most < 0 {
			p.im.refuse(n.el, "loop_maximum", "value", text)
		} else {
			out.Max = most
		}
	}
	if out.While == "" && out.Max == 0 {
		p.soften(n.el, "loop_without_condition")
	}
	n.d.Loop = out
}

func (p *process) each(n *node, m *element) {
	out := &graph.Each{Parallel: m.attr("isSequential") != "true"}
	if b := m.attr("behavior"); b != "" && b != "All" {
		p.im.refuse(n.el, "multi_behavior", "value", b)
	}
	z := extension(m, nsZeebe, "loopCharacteristics")
	collection := firstOf(vendor(m, "collection"), z.value("inputCollection"))
	as := firstOf(vendor(m, "elementVariable"), z.value("inputElement"))
	result, into := z.value("outputElement"), z.value("outputCollection")
	if ref := m.child(nsModel, "loopDataInputRef"); ref != nil && collection == "" {
		collection = p.dataName(ref.text)
		if d := p.im.find(ref.text); d != nil && d.local == "dataInput" {
			collection = p.sourceOf(n, d)
		}
	}
	if item := m.child(nsModel, "inputDataItem"); item != nil && as == "" {
		as = firstOf(item.attr("name"), item.attr("id"))
	}
	if ref := m.child(nsModel, "loopDataOutputRef"); ref != nil && into == "" {
		into = p.dataName(ref.text)
		if item := m.child(nsModel, "outputDataItem"); item != nil {
			result = firstOf(item.attr("name"), item.attr("id"))
		}
	}
	cardinality := m.child(nsModel, "loopCardinality")
	switch {
	case collection != "":
		if text, ok := p.expression(n.el, collection, ""); ok {
			out.Items = expressionValue(text)
		}
	case cardinality != nil && strings.TrimSpace(cardinality.text) != "":
		p.cardinality(n, cardinality, out)
	default:
		p.soften(n.el, "multi_without_number")
	}
	if as != "" {
		out.Item = variableName(as)
	}
	if into != "" {
		out.Out = variableName(into)
		p.variables[out.Out] = true
		if result != "" {
			if text, ok := p.expression(n.el, result, ""); ok {
				out.Result = text
			}
		}
	}
	if c := m.child(nsModel, "completionCondition"); c != nil && strings.TrimSpace(c.text) != "" {
		if text, ok := p.expression(n.el, c.text, c.attr("language")); ok {
			out.Until = text
		}
	}
	n.d.Each = out
}

func (p *process) cardinality(n *node, c *element, out *graph.Each) {
	text, ok := p.expression(n.el, c.text, c.attr("language"))
	if !ok {
		return
	}
	if count, err := strconv.Atoi(strip(text)); err == nil {
		if count < 0 {
			p.im.refuse(n.el, "multi_negative", "value", text)
		}
		out.Count = literal(count)
		return
	}
	if strings.HasPrefix(text, "-") {
		p.im.refuse(n.el, "multi_negative", "value", text)
	}
	out.Count = expressionValue(text)
}

// dataName is the variable that a data object stands for.
func (p *process) dataName(ref string) string {
	e := p.im.find(ref)
	if e == nil {
		return strings.TrimSpace(ref)
	}
	if e.local == "dataObjectReference" {
		if o := p.im.find(e.attr("dataObjectRef")); o != nil {
			return variableName(firstOf(o.attr("name"), e.attr("name"), o.attr("id")))
		}
	}
	return variableName(firstOf(e.attr("name"), e.attr("id")))
}

// sourceOf follows the association into a data input.
func (p *process) sourceOf(n *node, input *element) string {
	for _, a := range n.el.kids {
		if !a.is(nsModel, "dataInputAssociation") {
			continue
		}
		to, from := a.child(nsModel, "targetRef"), a.child(nsModel, "sourceRef")
		if to != nil && from != nil && p.im.find(to.text) == input {
			return p.dataName(from.text)
		}
	}
	return p.dataName(input.attr("id"))
}

// associations checks that data flows are simple: more would need a meaning we do not give it.
func (p *process) associations(n *node) {
	for _, a := range n.el.kids {
		if !a.is(nsModel, "dataInputAssociation") && !a.is(nsModel, "dataOutputAssociation") {
			continue
		}
		sources := 0
		for _, k := range a.kids {
			switch k.local {
			case "sourceRef":
				sources++
				p.im.reference(a, "sourceRef", k.text)
			case "targetRef":
				p.im.reference(a, "targetRef", k.text)
			case "transformation":
				sources = 2
			}
		}
		if sources > 1 {
			p.soften(a, "data_mapping")
		}
	}
}

func (p *process) receiveTask(n *node) {
	n.d.Kind = "receiveTask"
	if n.el.attr("instantiate") == "true" {
		if len(n.in) > 0 {
			p.im.refuse(n.el, "receive_with_incoming")
		}
		n.d.Kind = "startEvent"
	}
	if rule := p.message(n.el, n.el); rule != nil {
		n.d.Trigger = &graph.Trigger{Message: rule}
	}
}

// callActivity names another process, or stands for a global task of the file.
func (p *process) callActivity(n *node) {
	e := n.el
	n.d.Kind = "callActivity"
	z := extension(e, nsZeebe, "calledElement")
	called := firstOf(e.attr("calledElement"), z.value("processId"))
	if called == "" {
		p.soften(e, "callee_missing")
		return
	}
	if target := p.im.find(called); target != nil {
		switch target.local {
		case "globalTask", "globalManualTask":
			n.d.Kind = "task"
			return
		case "globalUserTask":
			n.d.Kind = "userTask"
			return
		case "globalScriptTask":
			p.script(n, target)
			return
		case "globalBusinessRuleTask":
			p.robot(n, "businessRule", "")
			return
		case "process":
			if !hasPlainStart(target) {
				p.soften(e, "callee_without_start", "id", called)
			}
		default:
			p.im.refuse(e, "wrong_reference", "what", "calledElement", "id", called, "kind", target.local)
			return
		}
	}
	config := map[string]any{}
	switch dialectOf(called, "", "") {
	case feel, juel:
		if text := p.value(e, called); text != nil {
			config["process"] = text
			p.im.warn(e, "callee_expression", "text", called)
		}
	default:
		if _, local, has := strings.Cut(called, ":"); has {
			called = local
		}
		config["process"] = firstOf(p.im.keys[called], keyOf(called))
	}
	if v, err := strconv.Atoi(vendor(e, "calledElementVersion")); err == nil && v > 0 {
		config["version"] = v
	}
	p.mappings(n, config)
	n.d.Config = literal(config)
	p.extensions(n)
}

// hasPlainStart tells whether a process can be called.
func hasPlainStart(e *element) bool {
	into := map[string]bool{}
	for _, k := range e.kids {
		if k.is(nsModel, "sequenceFlow") {
			into[k.attr("targetRef")] = true
		}
	}
	for _, k := range e.kids {
		switch {
		case k.is(nsModel, "startEvent"):
			typed := false
			for _, d := range k.kids {
				typed = typed || strings.HasSuffix(d.local, "EventDefinition") || d.local == "eventDefinitionRef"
			}
			if !typed {
				return true
			}
		case k.space == nsModel && isActivity(k.local) && !into[k.attr("id")] && k.attr("triggeredByEvent") != "true" && k.attr("isForCompensation") != "true":
			return true
		}
	}
	return false
}

// mappings reads what a call gives and takes back. What comes back is read from
// the result of the called run.
func (p *process) mappings(n *node, config map[string]any) {
	ext := n.el.child(nsModel, "extensionElements")
	if ext == nil {
		return
	}
	lists := map[string][]map[string]any{}
	add := func(list, target string, value json.RawMessage) {
		name := variableName(target)
		if value == nil || target == "" {
			return
		}
		lists[list] = append(lists[list], map[string]any{"name": name, "value": value})
		if list == "out" {
			p.variables[name] = true
		}
	}
	for _, k := range ext.kids {
		switch {
		case k.is(nsZeebe, "ioMapping"):
			for _, io := range k.kids {
				list := "in"
				if io.local == "output" {
					list = "out"
				}
				add(list, io.attr("target"), p.mapped(n, list, io.attr("source")))
			}
		case slices.Contains(vendors, k.space) && (k.local == "in" || k.local == "out"):
			switch source := k.attr("source"); {
			case k.attr("variables") == "all":
				p.im.warn(n.el, "all_variables")
			case source != "":
				add(k.local, k.attr("target"), p.mapped(n, k.local, "${"+source+"}"))
			case k.attr("sourceExpression") != "":
				add(k.local, k.attr("target"), p.mapped(n, k.local, k.attr("sourceExpression")))
			}
		}
	}
	for list, values := range lists {
		config[list] = values
	}
}

// mapped translates one value; names on the way back are those of the called run.
func (p *process) mapped(n *node, list, source string) json.RawMessage {
	if list == "in" {
		return p.value(n.el, source)
	}
	t := &translation{dialect: dialectOf(source, "", ""), names: map[string]bool{}, root: "result."}
	text, err := t.expression(source)
	if err != nil {
		p.soften(n.el, "expression", "text", source, "position", "1", "problem", err.Error(), "language", t.dialect.String())
		return nil
	}
	return expressionValue(text)
}

// several leaves the usual quantity out.
func several(n int) *int {
	if n < 2 {
		return nil
	}
	return &n
}
