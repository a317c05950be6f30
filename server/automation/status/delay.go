package status

import (
	"fmt"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/board"
)

// delay adds the branch of a delay. It waits beside everything else that happens in
// the status, from the entry on, and then notes that it is due. One that goes by a
// date waits for the date to be entered, and counts anew when it changes.
func (c *compiler) delay(d Delay, pointer, from string, row float64) error {
	rule, err := board.TimerRule(d.Timing, "now", "vars."+datePrefix+d.ID)
	if err != nil {
		return fmt.Errorf("delay %s: %w", d.ID, err)
	}
	c.vars = append(c.vars, graph.Variable{Name: duePrefix + d.ID, Type: "boolean"}, graph.Variable{Name: donePrefix + d.ID, Type: "boolean"})
	timer, due, over := d.ID+partTimer, d.ID+partDue, d.ID+partOver
	column := 2.0
	put := func(n graph.NodeDefinition, below float64) string {
		c.place(n.ID, column, row+below)
		column++
		return c.node(n, pointer+"/timing")
	}
	first := timer
	if d.Timing.Mode == board.Date {
		first = d.ID + partDate
		c.dated(d, timer, put)
	}
	c.flow(graph.Flow{From: from, To: first}, "")
	put(graph.NodeDefinition{ID: timer, Kind: "catchEvent", Name: short(d.Name), Trigger: &graph.Trigger{Timer: rule}}, 0)
	if d.Timing.Mode == board.Date {
		// It may have changed a moment before it came due.
		still := d.ID + partStill
		gate := graph.NodeDefinition{ID: still, Kind: "exclusiveGateway"}
		c.flow(graph.Flow{From: timer, To: still}, "")
		c.flow(graph.Flow{From: still, To: first, When: board.Redated(d.Timing.Field, datePrefix+d.ID), Order: 1}, "")
		gate.Default = c.flow(graph.Flow{From: still, To: due, Order: 2}, "")
		put(gate, 0)
	} else {
		c.flow(graph.Flow{From: timer, To: due}, "")
	}
	put(graph.NodeDefinition{ID: due, Kind: "setVariables", Name: c.words.due, Config: set(duePrefix+d.ID, "true")}, 0)
	put(graph.NodeDefinition{ID: over, Kind: "endEvent"}, 0)
	c.flow(graph.Flow{From: due, To: over}, "")
	return nil
}

// dated reads the date of a record, waits while there is none, and reads it again
// when it changes.
func (c *compiler) dated(d Delay, timer string, put func(graph.NodeDefinition, float64) string) {
	name, date := datePrefix+d.ID, board.DateOf(d.Timing.Field)
	read, asked, none, armed, moved := d.ID+partDate, d.ID+partAsked, d.ID+partNone, d.ID+partArmed, d.ID+partMoved
	c.vars = append(c.vars, graph.Variable{Name: name, Type: "string"})
	put(graph.NodeDefinition{ID: read, Kind: "setVariables", Config: set(name, date)}, 0)
	gate := graph.NodeDefinition{ID: asked, Kind: "exclusiveGateway"}
	c.flow(graph.Flow{From: read, To: asked}, "")
	c.flow(graph.Flow{From: asked, To: none, When: fmt.Sprintf("vars.%s == ''", name), Order: 1}, "")
	gate.Default = c.flow(graph.Flow{From: asked, To: armed, Order: 2}, "")
	put(gate, 0)
	put(graph.NodeDefinition{ID: none, Kind: "catchEvent", Trigger: &graph.Trigger{Conditional: date + " != ''"}}, 1)
	c.flow(graph.Flow{From: none, To: read}, "")
	put(graph.NodeDefinition{ID: armed, Kind: "eventGateway"}, 0)
	put(graph.NodeDefinition{ID: moved, Kind: "catchEvent", Trigger: &graph.Trigger{Conditional: board.Redated(d.Timing.Field, name)}}, 1)
	c.flow(graph.Flow{From: armed, To: timer}, "")
	c.flow(graph.Flow{From: armed, To: moved}, "")
	c.flow(graph.Flow{From: moved, To: read}, "")
}
