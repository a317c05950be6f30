package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// eventsOf counts the event members of a trigger.
func eventsOf(t *Trigger) int {
	count := 0
	for _, set := range []bool{
		t.Timer != nil, t.Message != nil, t.Signal != nil, t.Error != nil, t.Escalation != nil,
		t.Conditional != "", t.Compensation, t.Cancel, len(t.Any) > 0, len(t.All) > 0,
	} {
		if set {
			count++
		}
	}
	return count
}

// eventTrigger lowers what a catch or boundary event waits for.
func (c *compiler) eventTrigger(n int, t *Trigger) {
	node := &c.g.Nodes[n]
	if t == nil || eventsOf(t) == 0 || node.Kind.Key == "receiveTask" && t.Message == nil {
		c.atNode(n, "/trigger", "missing_trigger", "choose a timer, a message, a signal, a condition or an error", "what the event waits for is not said")
		return
	}
	if eventsOf(t) > 1 {
		c.atNode(n, "/trigger", "ambiguous_trigger", "keep one, or list them as any or all", "the event waits for several things")
		return
	}
	list, at := []Trigger{*t}, "/trigger"
	switch {
	case len(t.Any) > 0:
		list, at = t.Any, "/trigger/any"
	case len(t.All) > 0:
		list, at = t.All, "/trigger/all"
		node.Together = len(t.All) > 1
	case c.scopeTrigger(n, t):
		return
	}
	for i := range list {
		field := at
		if at != "/trigger" {
			field += "/" + strconv.Itoa(i)
		}
		c.watch(n, field, &list[i])
	}
	if len(node.Watches) > 0 {
		node.Opens = node.Watches[0].Opens
	}
}

// watch lowers one thing that an event waits for.
func (c *compiler) watch(n int, at string, t *Trigger) {
	node := &c.g.Nodes[n]
	raw, err := json.Marshal(t)
	if err != nil {
		c.atNode(n, at, "malformed", "", "%s", err)
	}
	w := Watch{Trigger: raw}
	switch {
	case eventsOf(t) != 1:
		c.atNode(n, at, "ambiguous_trigger", "give each of them one", "one part of the event waits for %d things", eventsOf(t))
		return
	case t.Timer != nil:
		w.Opens, w.Time = OpensTimer, t.Timer
		c.timer(n, at+"/timer", t.Timer)
		if len(t.Timer.Every) > 0 && (node.Kind.Role == kind.Event || node.Together) {
			c.atNode(n, at+"/timer/every", "cycle_on_catch", "use after or at", "one token can pass a timer once only")
		}
	case t.Message != nil:
		w.Opens, w.Into, w.Name = OpensMessage, t.Message.Into, t.Message.Name
		c.messageName(n, at+"/message/name", t.Message.Name)
		c.into(n, at+"/message/into", t.Message.Into)
	case t.Signal != nil:
		w.Opens, w.Into, w.Name = OpensSignal, t.Signal.Into, t.Signal.Code
		c.signalName(n, at+"/signal/code", t.Signal.Code)
		c.into(n, at+"/signal/into", t.Signal.Into)
	case t.Conditional != "":
		w.Opens, w.When, w.Record = OpensCondition, t.Conditional, namesRecord(t.Conditional)
		c.expression(n, at+"/conditional", t.Conditional, UseCondition)
	default:
		c.atNode(n, at, "unsupported_trigger", "use a timer, a message, a signal, a condition or (on an activity) an error", "an event here cannot wait for that")
		return
	}
	node.Watches = append(node.Watches, w)
}

// SignalPrefix marks the subscriptions to signals among those to messages, and
// RecordPrefix those to changes of a record. A message cannot have such a name.
const (
	SignalPrefix = "signal:"
	RecordPrefix = "record:"
)

// Reserved tells which of the prefixes a name begins with, "" for none: it is no
// name of a message.
func Reserved(name string) string {
	for _, prefix := range []string{SignalPrefix, RecordPrefix} {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// namesRecord tells whether an expression may look at the record: whether the word
// stands in it. One in a text or as a member is taken for it, which costs a
// subscription too many and nothing else.
func namesRecord(source string) bool {
	for rest := source; ; {
		at := strings.Index(rest, "record")
		if at < 0 {
			return false
		}
		end := at + len("record")
		if (at == 0 || !partOfName(rest[at-1])) && (end == len(rest) || !partOfName(rest[end])) {
			return true
		}
		rest = rest[end:]
	}
}

func partOfName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

func (c *compiler) messageName(n int, at, name string) {
	switch prefix := Reserved(name); {
	case name == "":
		c.atNode(n, at, "missing_field", "name the message", "the event names no message")
	case prefix != "":
		c.atNode(n, at, "bad_value", "choose another name", "the name of a message cannot begin with %q", prefix)
	}
	c.text(c.g.Nodes[n].Path+at, name, MaxName, c.g.Nodes[n].ID, "")
}

func (c *compiler) signalName(n int, at, name string) {
	if name == "" {
		c.atNode(n, at, "missing_field", "name the signal", "the event names no signal")
	}
	c.text(c.g.Nodes[n].Path+at, name, MaxName, c.g.Nodes[n].ID, "")
}

func (c *compiler) into(n int, at, name string) {
	if name != "" && !identifier(name) {
		c.atNode(n, at, "bad_name", "begin with a letter and use letters, digits and underscores only", "%q cannot be the name of a variable", name)
	}
}

// eventStart lowers a start event that a message, a signal or a timer triggers.
func (c *compiler) eventStart(n int, t *Trigger) {
	switch {
	case t.On != "" && t.On != "manual":
		c.atNode(n, "/trigger", "ambiguous_trigger", "use two start events", "the start event has two triggers")
	case eventsOf(t) > 1:
		c.atNode(n, "/trigger", "ambiguous_trigger", "use one start event for each", "the start event has several triggers")
	case t.Message == nil && t.Signal == nil && t.Timer == nil:
		c.atNode(n, "/trigger", "unsupported_trigger", "start it by hand, by a record, a schedule, a message, a signal or a timer",
			"a process cannot be started by that")
	default:
		c.watch(n, "/trigger", t)
	}
}

// effectText is a node's effect as JSON, for the expressions inside.
func (c *compiler) effectText(n int) []byte {
	if c.defs[n].Effect == nil {
		return nil
	}
	raw, err := json.Marshal(c.defs[n].Effect)
	if err != nil {
		c.atNode(n, "/effect", "malformed", "", "%s", err)
	}
	return raw
}

// effects lowers what an end or throw event does.
func (c *compiler) effects(n int, t *Throw) {
	if t == nil {
		return
	}
	if len(t.All) == 0 {
		c.effect(n, "/effect", t)
		return
	}
	if effectsOf(t) > 0 {
		c.atNode(n, "/effect", "ambiguous_effect", "put all of them into the list", "the event has effects inside and outside of its list")
	}
	for i := range t.All {
		c.effect(n, "/effect/all/"+strconv.Itoa(i), &t.All[i])
	}
}

func effectsOf(t *Throw) int {
	count := 0
	for _, set := range []bool{t.Message != nil, t.Signal != nil, t.Error != nil, t.Escalation != nil, t.Compensation != nil, t.Terminate, t.Cancel} {
		if set {
			count++
		}
	}
	return count
}

func (c *compiler) effect(n int, at string, t *Throw) {
	node := &c.g.Nodes[n]
	ends := node.Kind.Role == kind.End
	if node.Kind.Key == "sendTask" && t.Message == nil && len(t.All) == 0 {
		c.atNode(n, at, "unsupported_effect", "name the message", "a send task sends a message")
		return
	}
	switch {
	case effectsOf(t) == 0 && at == "/effect" && len(t.All) == 0:
		return // an empty object
	case effectsOf(t) != 1 || len(t.All) > 0 && at != "/effect":
		c.atNode(n, at, "ambiguous_effect", "keep one, or list them", "one effect says %d things", effectsOf(t))
	case t.Message != nil:
		c.messageName(n, at+"/message/name", t.Message.Name)
		node.Throws = append(node.Throws, Thrown{Kind: ThrowMessage, Code: t.Message.Name,
			Key: c.term(n, at+"/message/key", "", t.Message.Key), Body: c.body(n, at+"/message/body", t.Message.Body)})
	case t.Signal != nil:
		c.signalName(n, at+"/signal/code", t.Signal.Code)
		node.Throws = append(node.Throws, Thrown{Kind: ThrowSignal, Code: t.Signal.Code, Body: c.body(n, at+"/signal/body", t.Signal.Body)})
	case t.Terminate && ends:
		node.Throws = append(node.Throws, Thrown{Kind: ThrowTerminate})
	case t.Error != nil && ends:
		if t.Error.Code == "" {
			c.atNode(n, at+"/error/code", "missing_field", "give a code", "an error without code cannot be caught")
		}
		node.Throws = append(node.Throws, Thrown{Kind: ThrowError, Code: t.Error.Code})
	case c.scopeEffect(n, at, t):
	default:
		c.atNode(n, at, "unsupported_effect", "use a message or a signal; an end event can also end its scope or throw an error", "this event cannot do that")
	}
}

func (c *compiler) body(n int, at string, values []ValueRule) []Assignment {
	out := make([]Assignment, 0, len(values))
	seen := map[string]bool{}
	for i, v := range values {
		field := at + "/" + strconv.Itoa(i)
		if !identifier(v.Name) {
			c.atNode(n, field+"/name", "bad_name", "begin with a letter and use letters, digits and underscores only", "%q cannot be the name of a value", v.Name)
		}
		if seen[v.Name] {
			c.atNode(n, field+"/name", "duplicate_name", "", "%q is given twice", v.Name)
		}
		seen[v.Name] = true
		out = append(out, c.term(n, field+"/value", v.Name, v.Value))
	}
	return out
}

// term lowers a literal or an expression.
func (c *compiler) term(n int, at, name string, raw json.RawMessage) Assignment {
	a := Assignment{Name: name}
	if len(raw) == 0 {
		return a
	}
	value, err := decodeValue(raw)
	if err != nil {
		c.atNode(n, at, "malformed", "", "%s", err)
		return a
	}
	if source, ok := expressionIn(value); ok {
		a.Expr = source
		return a
	}
	if s, ok := value.(string); ok && strings.Contains(s, "{{") {
		c.atNode(n, at, "bad_value", "use an expression", "a text with {{ }} cannot be sent")
	}
	a.Literal = value
	return a
}

// quantities checks how many tokens an activity takes and gives.
func (c *compiler) quantities(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	for _, q := range []struct {
		field string
		value *int
		into  *int
	}{{"/needs", d.Needs, &node.Needs}, {"/gives", d.Gives, &node.Gives}} {
		switch {
		case q.value == nil:
		case *q.value < 1 || *q.value > maxQuantity:
			c.atNode(n, q.field, "bad_quantity", "give a number from 1 to 1000", "%d is no number of tokens", *q.value)
			c.with("number", *q.value)
		case node.Kind.Role != kind.Activity && *q.value > 1:
			c.atNode(n, q.field, "unexpected_field", "", "only an activity takes and gives several tokens")
		default:
			*q.into = *q.value
		}
	}
}

// maxQuantity is said in the remedy of bad_quantity, too.
const maxQuantity = 1000

// gateway checks the number of flows that a complex join needs.
func (c *compiler) gateway(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	node.Need = d.Need
	switch {
	case node.Kind.Enter != kind.JoinNeed:
		if d.Need != 0 {
			c.atNode(n, "/need", "unexpected_field", "", "only a complex join says how many flows it needs")
		}
	case d.Need < 1 || len(node.In) > 0 && d.Need > len(node.In):
		c.atNode(n, "/need", "bad_need", "give a number from 1 to the number of incoming flows", "the join needs %d of %d flows", d.Need, len(node.In))
		c.with("need", d.Need)
		c.with("flows", len(node.In))
	}
}

// races checks what stands behind event gateways.
func (c *compiler) races() {
	for n := range c.g.Nodes {
		node := &c.g.Nodes[n]
		if node.Kind.Enter != kind.Race {
			continue
		}
		if len(node.Out) == 0 {
			c.atNode(n, "", "race_without_target", "draw flows to the events to wait for", "nothing stands behind the event gateway")
		}
		messages := map[string]string{}
		for _, e := range node.Out {
			target := &c.g.Nodes[c.g.Edges[e].To]
			switch {
			case target.Kind.Key != "catchEvent" || target.Together || len(target.Watches) > 1:
				c.raceTarget(e, target, "only events that wait for one thing can stand behind an event gateway")
			case len(target.In) > 1:
				c.raceTarget(e, target, "an event behind an event gateway has no other incoming flow")
			case len(target.Watches) == 1:
				w := &target.Watches[0]
				if other, same := messages[w.Name]; same && w.Opens == OpensMessage {
					c.report(Finding{Code: "race_same_message", Severity: Warning, Path: target.Path, Node: target.ID,
						Message: fmt.Sprintf("%q waits for the same message as %q, which comes first", target.ID, other),
						Remedy:  "give them different messages", Data: map[string]any{"node": other}})
				} else if w.Opens == OpensMessage {
					messages[w.Name] = target.ID
				}
			}
		}
	}
}

func (c *compiler) raceTarget(e int, target *Node, message string) {
	c.report(Finding{Code: "race_target", Path: c.flowAt[e] + "/to", Flow: c.g.Edges[e].ID, Node: target.ID, Field: "/to",
		Message: fmt.Sprintf("%q: %s", target.ID, message), Remedy: "put an event that waits for one thing there", Data: map[string]any{"node": target.ID}})
}

// EventStarts lists the start events of the process that a message, a signal or
// a timer triggers, in document order.
func (g *Graph) EventStarts() []*Node {
	return slices.DeleteFunc(g.Starts(), func(n *Node) bool { return len(n.Watches) == 0 || n.Disabled })
}
