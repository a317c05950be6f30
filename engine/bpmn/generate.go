package bpmn

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// el makes an element of BPMN with attributes given as names and values; empty
// values are left out.
func (x *exporter) el(local string, attrs ...string) *element {
	e := &element{space: nsModel, local: local, prefix: x.prefix}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.set(attrs[i], attrs[i+1])
	}
	return e
}

func (x *exporter) generateDefinitions(def *graph.Definition) *element {
	e := x.el("definitions", "id", "Definitions_"+def.Key, "targetNamespace", "https://fluxo.app/process", "exporter", "Fluxo")
	return e
}

func (x *exporter) generateProcess(def *graph.Definition) *element {
	executable := "true"
	if def.Executable != nil && !*def.Executable {
		executable = "false"
	}
	e := x.el("process", "id", def.Key, "name", def.Name, "isExecutable", executable)
	x.describe(e, def.Description)
	return e
}

func (x *exporter) describe(e *element, text string) {
	if text != "" {
		e.add(x.el("documentation")).text = text
	}
}

func (x *exporter) generateNote(id string, note *graph.Note) *element {
	e := x.el("textAnnotation", "id", id)
	e.add(x.el("text")).text = note.Text
	return e
}

// generateNamed writes a message, signal, error or escalation.
func (x *exporter) generateNamed(kind string, item graph.Named) *element {
	e := x.el(kind, "id", strings.ToUpper(kind[:1])+kind[1:]+"_"+keyOf(identity(kind, item)+"-"+item.Name), "name", item.Name)
	if kind == "error" || kind == "escalation" {
		e.set(kind+"Code", item.Code)
	}
	return e
}

// formal is an expression of ours as the standard writes formal expressions.
func (x *exporter) formal(local, text string) *element {
	e := x.el(local, "language", languageOurs)
	e.attrs = append(e.attrs, attribute{space: nsSchema, prefix: "xsi", local: "type", value: qualified(x.prefix, "tFormalExpression")})
	e.text = text
	return e
}

func (x *exporter) generateFlow(f *graph.Flow) *element {
	e := x.el("sequenceFlow", "id", x.xmlIDs[f.ID], "name", f.Name, "sourceRef", x.xmlIDs[f.From], "targetRef", x.xmlIDs[f.To])
	if f.When != "" {
		e.add(x.formal("conditionExpression", f.When))
	}
	return e
}

// elementOf is the element that stands for a kind.
func elementOf(n *graph.NodeDefinition) string {
	switch n.Kind {
	case "startEvent", "endEvent", "boundaryEvent", "task", "receiveTask", "sendTask", "callActivity",
		"exclusiveGateway", "parallelGateway", "inclusiveGateway":
		return n.Kind
	case "catchEvent":
		return "intermediateCatchEvent"
	case "throwEvent":
		return "intermediateThrowEvent"
	case "eventGateway":
		return "eventBasedGateway"
	case "complexJoin":
		return "complexGateway"
	case "robot":
		return "serviceTask"
	case "setVariables":
		return "scriptTask"
	case "subProcess":
		switch {
		case n.Transaction:
			return "transaction"
		case n.AdHoc != nil:
			return "adHocSubProcess"
		}
		return "subProcess"
	}
	return "userTask" // people: user task, approval, acknowledgment, request
}

// generate writes a node by what its fields say, without what was kept.
func (x *exporter) generate(n *graph.NodeDefinition) *element {
	e := x.el(elementOf(n), "id", x.xmlIDs[n.ID], "name", n.Name, "default", x.xmlIDs[n.Default])
	if n.Default == "" {
		e.set("default", "")
	}
	x.describe(e, n.Description)
	no := n.Interrupting != nil && !*n.Interrupting
	switch n.Kind {
	case "startEvent":
		if no {
			e.set("isInterrupting", "false")
		}
	case "boundaryEvent":
		e.set("attachedToRef", x.xmlIDs[n.AttachedTo])
		if no {
			e.set("cancelActivity", "false")
		}
	case "complexJoin":
		if n.Need > 0 {
			e.add(x.formal("activationCondition", "activationCount >= "+strconv.Itoa(n.Need)))
		}
	case "setVariables":
		x.generateScript(e, n)
	case "callActivity":
		e.set("calledElement", calledBy(n))
	case "subProcess":
		if n.Event {
			e.set("triggeredByEvent", "true")
		}
		x.generateAdHoc(e, n)
	case "receiveTask":
		if n.Trigger != nil && n.Trigger.Message != nil {
			e.set("messageRef", x.names["message\x00"+n.Trigger.Message.Name])
		}
	case "sendTask":
		if n.Effect != nil && n.Effect.Message != nil {
			e.set("messageRef", x.names["message\x00"+n.Effect.Message.Name])
		}
	}
	for _, h := range x.handlers {
		if h == n.ID {
			e.set("isForCompensation", "true")
		}
	}
	if n.Needs != nil && *n.Needs > 1 {
		e.set("startQuantity", strconv.Itoa(*n.Needs))
	}
	if n.Gives != nil && *n.Gives > 1 {
		e.set("completionQuantity", strconv.Itoa(*n.Gives))
	}
	x.generateLoops(e, n)
	if strings.HasSuffix(e.local, "Event") {
		x.generateTrigger(e, n.Trigger)
		x.generateEffect(e, n.Effect)
	}
	return e
}

// calledBy is the process that a call activity names, where it is no expression.
func calledBy(n *graph.NodeDefinition) string {
	var config struct{ Process string }
	if json.Unmarshal(n.Config, &config) != nil {
		return ""
	}
	return config.Process
}

func (x *exporter) generateScript(e *element, n *graph.NodeDefinition) {
	var config struct {
		Set []struct {
			Name  string
			Value json.RawMessage
		}
	}
	if json.Unmarshal(n.Config, &config) != nil || len(config.Set) == 0 {
		return
	}
	var b strings.Builder
	for i, s := range config.Set {
		text, ok := textOf(s.Value)
		if !ok || strings.Contains(text, "\n") {
			return // our extension element says it
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.Name + " = " + text)
	}
	e.set("scriptFormat", languageOurs)
	e.add(x.el("script")).text = b.String()
}

// textOf writes a value as the source of an expression.
func textOf(value json.RawMessage) (string, bool) {
	var expression struct{ Expr *string }
	if json.Unmarshal(value, &expression) == nil && expression.Expr != nil {
		return *expression.Expr, true
	}
	var v any
	if json.Unmarshal(value, &v) != nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return strconv.Quote(v), true
	case float64, bool:
		return string(value), true
	}
	return "", false
}

func (x *exporter) generateAdHoc(e *element, n *graph.NodeDefinition) {
	a := n.AdHoc
	if a == nil {
		return
	}
	if a.Order == "sequential" {
		e.set("ordering", "Sequential")
	}
	if a.CancelRest != nil && !*a.CancelRest {
		e.set("cancelRemainingInstances", "false")
	}
	if a.Until != "" {
		e.add(x.formal("completionCondition", a.Until))
	}
}

func (x *exporter) generateLoops(e *element, n *graph.NodeDefinition) {
	if l := n.Loop; l != nil {
		c := e.add(x.el("standardLoopCharacteristics"))
		if l.Before {
			c.set("testBefore", "true")
		}
		if l.Max > 0 {
			c.set("loopMaximum", strconv.Itoa(l.Max))
		}
		if l.While != "" {
			c.add(x.formal("loopCondition", l.While))
		}
	}
	each := n.Each
	if each == nil {
		return
	}
	c := e.add(x.el("multiInstanceLoopCharacteristics"))
	if !each.Parallel {
		c.set("isSequential", "true")
	}
	if count, ok := textOf(each.Count); ok {
		c.add(x.formal("loopCardinality", count))
	} else if items, ok := textOf(each.Items); ok {
		c.add(x.formal("loopCardinality", "len("+items+")"))
	}
	if each.Until != "" {
		c.add(x.formal("completionCondition", each.Until))
	}
}

func (x *exporter) generateTrigger(e *element, t *graph.Trigger) {
	if t == nil {
		return
	}
	for i := range t.Any {
		x.generateTrigger(e, &t.Any[i])
	}
	for i := range t.All {
		e.set("parallelMultiple", "true")
		x.generateTrigger(e, &t.All[i])
	}
	switch {
	case t.Message != nil:
		e.add(x.el("messageEventDefinition", "messageRef", x.names["message\x00"+t.Message.Name]))
	case t.Signal != nil:
		e.add(x.el("signalEventDefinition", "signalRef", x.names["signal\x00"+t.Signal.Code]))
	case t.Error != nil:
		e.add(x.codeDefinition("error", t.Error))
	case t.Escalation != nil:
		e.add(x.codeDefinition("escalation", t.Escalation))
	case t.Timer != nil:
		x.generateTimer(e, t.Timer)
	case t.Conditional != "":
		e.add(x.el("conditionalEventDefinition")).add(x.formal("condition", t.Conditional))
	case t.Compensation:
		e.add(x.el("compensateEventDefinition"))
	case t.Cancel:
		e.add(x.el("cancelEventDefinition"))
	}
}

func (x *exporter) codeDefinition(kind string, rule *graph.CodeRule) *element {
	d := x.el(kind + "EventDefinition")
	if rule.Code != "" {
		d.set(kind+"Ref", x.names[kind+"\x00"+rule.Code])
	}
	return d
}

func (x *exporter) generateTimer(e *element, t *graph.TimerRule) {
	d := e.add(x.el("timerEventDefinition"))
	after := t.After
	if len(t.At) > 0 { // the standard has no word for a length beside a date: our extension element says it
		after = nil
	}
	for _, rule := range []struct {
		local string
		value json.RawMessage
	}{{"timeDate", t.At}, {"timeDuration", after}, {"timeCycle", t.Every}} {
		if len(rule.value) == 0 {
			continue
		}
		var text string
		if json.Unmarshal(rule.value, &text) == nil {
			if rule.local == "timeCycle" {
				repeat := "R"
				if t.Times > 0 {
					repeat += strconv.Itoa(t.Times)
				}
				text = repeat + "/" + text
			}
			f := x.formal(rule.local, text)
			f.set("language", "")
			d.add(f)
		} else if text := isoOf(rule.value); text != "" {
			if rule.local == "timeCycle" {
				text = "R/" + text
			}
			f := x.formal(rule.local, text)
			f.set("language", "")
			d.add(f)
		} else if text, ok := textOf(rule.value); ok {
			d.add(x.formal(rule.local, text))
		}
	}
}

// isoOf is what other tools read of an amount such as {"amount": 2, "unit":
// "workingDay"}: the plain length. Our extension element says it exactly.
func isoOf(value json.RawMessage) string {
	var length struct {
		Amount json.Number `json:"amount"`
		Unit   string      `json:"unit"`
	}
	if json.Unmarshal(value, &length) != nil {
		return ""
	}
	n, err := strconv.Atoi(length.Amount.String())
	form := map[string]string{"second": "PT%dS", "minute": "PT%dM", "hour": "PT%dH", "workingHour": "PT%dH", "day": "P%dD", "workingDay": "P%dD", "week": "P%dW", "month": "P%dM"}[length.Unit]
	if err != nil || n < 1 || form == "" {
		return ""
	}
	return fmt.Sprintf(form, n)
}

func (x *exporter) generateEffect(e *element, t *graph.Throw) {
	if t == nil {
		return
	}
	for i := range t.All {
		x.generateEffect(e, &t.All[i])
	}
	switch {
	case t.Message != nil:
		e.add(x.el("messageEventDefinition", "messageRef", x.names["message\x00"+t.Message.Name]))
	case t.Signal != nil:
		e.add(x.el("signalEventDefinition", "signalRef", x.names["signal\x00"+t.Signal.Code]))
	case t.Error != nil:
		e.add(x.codeDefinition("error", t.Error))
	case t.Escalation != nil:
		e.add(x.codeDefinition("escalation", t.Escalation))
	case t.Compensation != nil:
		d := e.add(x.el("compensateEventDefinition"))
		if *t.Compensation != "" {
			d.set("activityRef", x.xmlIDs[*t.Compensation])
		}
		if t.Wait != nil && !*t.Wait {
			d.set("waitForCompletion", "false")
		}
	case t.Terminate:
		e.add(x.el("terminateEventDefinition"))
	case t.Cancel:
		e.add(x.el("cancelEventDefinition"))
	}
}
