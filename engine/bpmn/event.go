package bpmn

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Which event definitions an event may have, by where it stands.
var allowed = map[string][]string{
	"start":    {"message", "timer", "signal"},
	"handler":  {"message", "timer", "signal", "conditional", "error", "escalation", "compensate"},
	"catch":    {"message", "timer", "signal", "conditional", "link"},
	"boundary": {"message", "timer", "signal", "conditional", "error", "escalation", "cancel", "compensate"},
	"throw":    {"message", "signal", "escalation", "compensate", "link"},
	"end":      {"message", "signal", "escalation", "compensate", "error", "cancel", "terminate"},
}

// eventDefinitions are those of an event, references to the root resolved.
func (p *process) eventDefinitions(e *element) []*element {
	var out []*element
	for _, k := range e.kids {
		switch {
		case k.space != nsModel:
		case strings.HasSuffix(k.local, "EventDefinition"):
			out = append(out, k)
		case k.local == "eventDefinitionRef":
			ref := strings.TrimSpace(k.text)
			if d := p.im.reference(e, "eventDefinitionRef", ref); d != nil {
				if strings.HasSuffix(d.local, "EventDefinition") {
					out = append(out, d)
				} else {
					p.im.refuse(e, "wrong_reference", "what", "eventDefinitionRef", "id", ref, "kind", d.local)
				}
			}
		}
	}
	return out
}

func typeOf(definition *element) string {
	return strings.TrimSuffix(definition.local, "EventDefinition")
}

// permitted are the definitions that an event may have there; others are refused.
func (p *process) permitted(n *node, where string) []*element {
	var out []*element
	for _, d := range p.eventDefinitions(n.el) {
		switch t := typeOf(d); {
		case slices.Contains(allowed[where], t):
			out = append(out, d)
		case where == "start" && t == "conditional":
			p.im.refuse(n.el, "conditional_start")
		case where == "start":
			p.im.refuse(n.el, "forbidden_start", "type", t)
		case where == "handler":
			p.im.refuse(n.el, "handler_type", "type", t)
		default:
			p.im.refuse(n.el, "forbidden_event", "type", t)
		}
	}
	return out
}

// catching makes the trigger of an event that waits.
func (p *process) catching(n *node, where string) *graph.Trigger {
	definitions := p.permitted(n, where)
	var all []graph.Trigger
	for _, d := range definitions {
		if t, ok := p.trigger(n, d, where); ok {
			all = append(all, t)
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case len(definitions) == 1:
		return &all[0]
	case where == "start":
		p.im.refuse(n.el, "several_start_triggers")
		return &all[0]
	case n.el.attr("parallelMultiple") == "true":
		return &graph.Trigger{All: all}
	}
	return &graph.Trigger{Any: all}
}

func (p *process) trigger(n *node, d *element, where string) (graph.Trigger, bool) {
	var t graph.Trigger
	switch typeOf(d) {
	case "message":
		t.Message = p.message(n.el, d)
		return t, t.Message != nil
	case "timer":
		return p.timer(n, d, where)
	case "signal":
		t.Signal = p.signal(n.el, d)
		return t, t.Signal != nil
	case "conditional":
		return p.conditional(n, d)
	case "error":
		t.Error = p.code(n.el, d, "errorRef", "error", "errorCode", false)
		return t, t.Error != nil
	case "escalation":
		t.Escalation = p.code(n.el, d, "escalationRef", "escalation", "escalationCode", false)
		return t, t.Escalation != nil
	case "compensate":
		t.Compensation = true
	case "cancel":
		t.Cancel = true
	case "link":
		return t, false // package links.go joins them
	}
	return t, true
}

func (p *process) conditional(n *node, d *element) (graph.Trigger, bool) {
	c := d.child(nsModel, "condition")
	if c == nil {
		p.soften(n.el, "empty_expression")
		return graph.Trigger{}, false
	}
	text, ok := p.expression(n.el, c.text, c.attr("language"))
	return graph.Trigger{Conditional: text}, ok
}

// message makes the rule of a message event; the name of the message is its identity.
func (p *process) message(e, d *element) *graph.MessageRule {
	if d.attr("messageRef") == "" {
		p.soften(e, "message_missing")
		return nil
	}
	m := p.im.reference(e, "messageRef", d.attr("messageRef"), "message")
	if m == nil {
		return nil
	}
	if d.child(nsModel, "operationRef") == nil && d.has("operationRef") {
		p.im.warn(e, "operation_kept")
	}
	rule := &graph.MessageRule{Name: cut(firstOf(m.attr("name"), m.attr("id")), graph.MaxName)}
	if s := extension(m, nsZeebe, "subscription"); s != nil && s.attr("correlationKey") != "" {
		rule.Key = p.value(e, s.attr("correlationKey"))
	}
	return rule
}

func (p *process) signal(e, d *element) *graph.CodeRule {
	if d.attr("signalRef") == "" {
		p.soften(e, "signal_missing")
		return nil
	}
	s := p.im.reference(e, "signalRef", d.attr("signalRef"), "signal")
	if s == nil {
		return nil
	}
	if strings.TrimSpace(s.attr("name")) == "" {
		p.soften(e, "signal_missing")
		return nil
	}
	return &graph.CodeRule{Code: cut(strings.TrimSpace(s.attr("name")), 100)}
}

// code makes the rule of an error or escalation. Catching without a code catches
// all; throwing needs one.
func (p *process) code(e, d *element, attr, kind, codeAttr string, throws bool) *graph.CodeRule {
	missing := map[string]string{"error": "error_code_missing", "escalation": "escalation_code_missing"}[kind]
	if d.attr(attr) == "" {
		if throws {
			p.soften(e, missing)
			return nil
		}
		return &graph.CodeRule{}
	}
	target := p.im.reference(e, attr, d.attr(attr), kind)
	if target == nil {
		return nil
	}
	code := strings.TrimSpace(target.attr(codeAttr))
	if code == "" && throws {
		p.soften(e, missing)
		return nil
	}
	return &graph.CodeRule{Code: cut(code, 100)}
}

var repeating = regexp.MustCompile(`^R(\d*)/(P[^/]+)$`)

// timer reads timeDate, timeDuration and timeCycle.
func (p *process) timer(n *node, d *element, where string) (graph.Trigger, bool) {
	var kinds []*element
	for _, k := range d.kids {
		if k.space == nsModel && (k.local == "timeDate" || k.local == "timeDuration" || k.local == "timeCycle") && strings.TrimSpace(k.text) != "" {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 && saysTimer(n.el) {
		return graph.Trigger{Timer: &graph.TimerRule{}}, true // a rule that the standard has no words for
	}
	if len(kinds) != 1 {
		p.soften(n.el, "timer_rules", "count", strconv.Itoa(len(kinds)))
		return graph.Trigger{}, false
	}
	k := kinds[0]
	text := strings.TrimSpace(k.text)
	value := p.value(n.el, text)
	if dialectOf("", k.attr("language"), "") == ours {
		value = expressionValue(text)
	}
	if value == nil {
		return graph.Trigger{}, false
	}
	var s string
	isLiteral := json.Unmarshal(value, &s) == nil
	rule := &graph.TimerRule{}
	switch {
	case k.local == "timeDate":
		rule.At = value
		if isLiteral && !isInstant(s) {
			return p.badTimer(n, text)
		}
	case k.local == "timeDuration":
		rule.After = value
		if isLiteral && !isDuration(s) {
			return p.badTimer(n, text)
		}
	case where == "catch":
		p.im.refuse(n.el, "timer_cycle_on_catch")
		return graph.Trigger{}, false
	case !isLiteral:
		rule.Every = value
	default:
		return p.cycle(n, s, where)
	}
	return graph.Trigger{Timer: rule}, true
}

func (p *process) badTimer(n *node, text string) (graph.Trigger, bool) {
	p.soften(n.el, "timer_text", "text", text)
	return graph.Trigger{}, false
}

func (p *process) cycle(n *node, s, where string) (graph.Trigger, bool) {
	if m := repeating.FindStringSubmatch(s); m != nil && isDuration(m[2]) {
		times := 0
		if m[1] != "" {
			var err error
			if times, err = strconv.Atoi(m[1]); err != nil || times < 1 {
				return p.badTimer(n, s)
			}
		}
		return graph.Trigger{Timer: &graph.TimerRule{Every: literal(m[2]), Times: times}}, true
	}
	if isDuration(s) {
		return graph.Trigger{Timer: &graph.TimerRule{Every: literal(s)}}, true
	}
	// Cron with seconds, as Camunda and Flowable write it; only starts have a calendar.
	if f := strings.Fields(s); where == "start" && (len(f) == 6 || len(f) == 7) && f[0] == "0" {
		for i := range f {
			if f[i] == "?" {
				f[i] = "*"
			}
		}
		return graph.Trigger{On: "schedule", Cron: strings.Join(f[1:6], " ")}, true
	}
	return p.badTimer(n, s)
}

var durationForm = regexp.MustCompile(`^P(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?$`)

func isDuration(s string) bool {
	return len(s) < 60 && durationForm.MatchString(s) && !strings.HasSuffix(s, "T") && s != "P"
}

func isInstant(s string) bool {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"} {
		if _, err := time.Parse(form, s); err == nil {
			return true
		}
	}
	return false
}

// throwing makes the effect of an event that acts.
func (p *process) throwing(n *node, where string) *graph.Throw {
	var all []graph.Throw
	definitions := p.permitted(n, where)
	for _, d := range definitions {
		if t, ok := p.effect(n, d); ok {
			all = append(all, t)
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case len(definitions) == 1 || len(all) == 1:
		return &all[0]
	}
	return &graph.Throw{All: all}
}

func (p *process) effect(n *node, d *element) (graph.Throw, bool) {
	var t graph.Throw
	switch typeOf(d) {
	case "message":
		t.Message = p.message(n.el, d)
		return t, t.Message != nil
	case "signal":
		t.Signal = p.signal(n.el, d)
		return t, t.Signal != nil
	case "error":
		t.Error = p.code(n.el, d, "errorRef", "error", "errorCode", true)
		return t, t.Error != nil
	case "escalation":
		t.Escalation = p.code(n.el, d, "escalationRef", "escalation", "escalationCode", true)
		return t, t.Escalation != nil
	case "compensate":
		of := ""
		if ref := d.attr("activityRef"); ref != "" {
			target := p.im.reference(n.el, "activityRef", ref)
			if target == nil {
				return t, false
			}
			a := p.nodes[target]
			if a == nil || !isActivity(target.local) {
				p.im.refuse(n.el, "wrong_reference", "what", "activityRef", "id", ref, "kind", target.local)
				return t, false
			}
			of = a.d.ID
		}
		t.Compensation = &of
		if d.attr("waitForCompletion") == "false" {
			t.Wait = new(bool)
		}
	case "terminate":
		t.Terminate = true
	case "cancel":
		t.Cancel = true
	case "link":
		return t, false
	}
	return t, true
}

// namedItems lists the messages, signals, errors and escalations of the file.
func (p *process) namedItems() {
	seen := map[string]bool{}
	for _, e := range p.im.root.kids {
		if e.space != nsModel {
			continue
		}
		item := graph.Named{Name: cut(firstOf(e.attr("name"), e.attr("id")), graph.MaxName)}
		var list *[]graph.Named
		switch e.local {
		case "message":
			list = &p.def.Messages
		case "signal":
			list = &p.def.Signals
		case "error":
			list, item.Code = &p.def.Errors, cut(strings.TrimSpace(e.attr("errorCode")), 100)
		case "escalation":
			list, item.Code = &p.def.Escalations, cut(strings.TrimSpace(e.attr("escalationCode")), 100)
		default:
			continue
		}
		key := e.local + "\x00" + item.Name + "\x00" + item.Code
		if seen[key] || item.Name == "" {
			continue // kept with the other elements of the root
		}
		seen[key], p.roots[e] = true, true
		p.keepNamed(&item, e)
		*list = append(*list, item)
	}
}
