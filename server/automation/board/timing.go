package board

import (
	"encoding/json"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition"
)

// wait holds a robot until it is due, or until it is over with it. One that goes by
// a date waits for the date to be entered, and counts anew when it changes.
func (c *compiler) wait(r Robot, pointer string, from []output) ([]output, error) {
	rule, err := timer(r.Timing)
	if err != nil {
		return nil, err
	}
	if r.Timing.Mode == Date {
		rule.At = expression("vars." + datePrefix + r.ID)
	}
	pointer += "/timing"
	wait, due := r.ID+partWait, r.ID+partDue
	if r.Timing.Mode == Date {
		c.dated(r, pointer, from)
	} else {
		c.join(from, wait)
	}
	c.node(graph.NodeDefinition{ID: wait, Kind: "eventGateway"}, pointer)
	c.node(graph.NodeDefinition{ID: due, Kind: "catchEvent", Name: c.says(c.words.due, r), Trigger: &graph.Trigger{Timer: rule}}, pointer)
	c.at(wait, c.column, c.row)
	c.at(due, c.column+1, c.row)
	outs := []output{{node: due}, c.over(r, partOver, wait, pointer)}
	c.flow(graph.Flow{From: wait, To: due}, pointer)
	if r.Timing.Mode == Date {
		changed := r.ID + partMoved
		c.node(graph.NodeDefinition{ID: changed, Kind: "catchEvent", Trigger: &graph.Trigger{Conditional: redated(r.Timing.Field, datePrefix+r.ID)}}, pointer)
		c.flow(graph.Flow{From: wait, To: changed}, pointer)
		c.flow(graph.Flow{From: changed, To: r.ID + partDate}, pointer)
		c.at(changed, c.column+1, c.row+1.5)
		outs = append(outs, output{node: r.ID + partGiveUp})
	}
	c.column += 2
	return outs, nil
}

// over adds the event by which a wait ends without the robot being due.
func (c *compiler) over(r Robot, part, behind, pointer string) output {
	id := c.node(graph.NodeDefinition{ID: r.ID + part, Kind: "catchEvent",
		Trigger: &graph.Trigger{Conditional: fmt.Sprintf("vars.%s == true or vars.%s%s == true", varLeft, stopPrefix, r.ID)}}, pointer)
	c.flow(graph.Flow{From: behind, To: id}, pointer)
	c.at(id, c.column+1, c.row+1)
	return output{node: id}
}

// dated reads the date of a record into a variable, and waits while there is none.
func (c *compiler) dated(r Robot, pointer string, from []output) {
	date, asked, none := r.ID+partDate, r.ID+partAsked, r.ID+partNone
	name := datePrefix + r.ID
	c.declare(name, "string")
	config := fmt.Sprintf(`{"set":[{"name":%q,"value":{"expr":%q}}]}`, name, dateOf(r.Timing.Field))
	c.join(from, c.node(graph.NodeDefinition{ID: date, Kind: "setVariables", Config: json.RawMessage(config)}, pointer))
	c.flow(graph.Flow{From: date, To: c.node(graph.NodeDefinition{ID: asked, Kind: "exclusiveGateway"}, pointer)}, pointer)
	gateway := len(c.def.Nodes) - 1
	c.flow(graph.Flow{From: asked, To: none, When: fmt.Sprintf("vars.%s == ''", name), Order: 1}, pointer)
	c.flow(graph.Flow{From: asked, To: r.ID + partWait, Order: 2}, pointer)
	c.def.Nodes[gateway].Default = c.def.Flows[len(c.def.Flows)-1].ID
	c.node(graph.NodeDefinition{ID: none, Kind: "eventGateway"}, pointer)
	entered := c.node(graph.NodeDefinition{ID: r.ID + partEntered, Kind: "catchEvent", Trigger: &graph.Trigger{Conditional: dateOf(r.Timing.Field) + " != ''"}}, pointer)
	c.flow(graph.Flow{From: none, To: entered}, pointer)
	c.flow(graph.Flow{From: entered, To: date}, pointer)
	c.at(date, c.column, c.row)
	c.at(asked, c.column+1, c.row)
	c.at(none, c.column+1, c.row+1)
	c.at(entered, c.column+2, c.row+1.5)
	c.over(r, partGiveUp, none, pointer)
	c.column += 2
}

// dateOf is the date of a field as a text, empty when there is none. A date that
// was entered without a time of day is kept as midnight in Greenwich: it is a
// whole day, and not an hour of the night.
func dateOf(field string) string {
	return fmt.Sprintf("replace(replace(toJSON(record?.%s ?? ''), '\"', ''), 'T00:00:00.000Z', '')", field)
}

// redated holds when a date is no more the one that was read into a variable.
func redated(field, variable string) string {
	return fmt.Sprintf("%s != vars.%s", dateOf(field), variable)
}

// day holds a robot until the person who is responsible for the record is at
// work, without a limit; with the company's working time, until both hold at one
// moment.
//
// covers B-57
func (c *compiler) day(r Robot, pointer string, from []output) []output {
	const atWork = "atWork(record?.responsible)"
	day, away, came := r.ID+partDay, r.ID+partAway, r.ID+partCame
	c.join(from, c.node(graph.NodeDefinition{ID: day, Kind: "exclusiveGateway"}, pointer))
	gateway := len(c.def.Nodes) - 1
	c.flow(graph.Flow{From: day, To: r.ID + partCheck, When: atWork, Order: 1}, pointer)
	c.flow(graph.Flow{From: day, To: away, Order: 2}, pointer)
	c.def.Nodes[gateway].Default = c.def.Flows[len(c.def.Flows)-1].ID
	c.node(graph.NodeDefinition{ID: away, Kind: "eventGateway"}, pointer)
	c.node(graph.NodeDefinition{ID: came, Kind: "catchEvent", Trigger: &graph.Trigger{Conditional: atWork}}, pointer)
	c.flow(graph.Flow{From: away, To: came}, pointer)
	c.at(day, c.column, c.row)
	c.at(away, c.column+1, c.row+1)
	c.at(came, c.column+2, c.row+1.5)
	outs := []output{c.over(r, partGone, away, pointer)}
	if !r.Timing.company() {
		c.flow(graph.Flow{From: came, To: day}, pointer)
		c.column += 3
		return outs
	}
	opening, open := r.ID+partOpening, r.ID+partOpen
	c.flow(graph.Flow{From: came, To: c.node(graph.NodeDefinition{ID: opening, Kind: "eventGateway"}, pointer)}, pointer)
	c.flow(graph.Flow{From: opening, To: c.node(graph.NodeDefinition{ID: open, Kind: "catchEvent",
		Trigger: &graph.Trigger{Timer: &graph.TimerRule{At: expression("now"), Within: "company"}}}, pointer)}, pointer)
	c.flow(graph.Flow{From: open, To: day}, pointer)
	c.at(opening, c.column+3, c.row+1.5)
	c.at(open, c.column+4, c.row+1.5)
	outs = append(outs, c.over(r, partClosed, opening, pointer))
	c.column += 5
	return outs
}

// timer is the rule of a delay, which counts from the entry of the stage and not
// from the moment at which the run came to wait, or of a date.
//
// covers T-03, T-04, T-07
func timer(t Timing) (*graph.TimerRule, error) {
	rule := &graph.TimerRule{At: expression("params." + definition.EnteredAtParameter), Time: t.At}
	if t.company() {
		rule.Within = "company"
	}
	switch t.Mode {
	case Immediate, AfterPrevious:
		rule.At = expression("now")
		return rule, nil
	}
	if t.Amount == 0 || t.Mode == Date && t.Direction == "at" {
		return rule, nil
	}
	span, err := length(t.Amount, t.Unit)
	if err != nil {
		return nil, err
	}
	if t.Mode == Date && t.Direction == "before" {
		rule.Before = span
	} else {
		rule.After = span
	}
	return rule, nil
}

func expression(source string) json.RawMessage {
	raw, _ := json.Marshal(map[string]string{"expr": source}) // of texts: cannot fail
	return raw
}

// length is an amount of time as timers read it.
func length(amount int, unit string) (json.RawMessage, error) {
	var v any
	switch unit {
	case "minute":
		v = fmt.Sprintf("PT%dM", amount)
	case "hour":
		v = fmt.Sprintf("PT%dH", amount)
	case "day":
		v = fmt.Sprintf("P%dD", amount)
	default:
		v = map[string]any{"amount": amount, "unit": unit, "calendar": "company"}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("length of %d %s: %w", amount, unit, err)
	}
	return raw, nil
}
