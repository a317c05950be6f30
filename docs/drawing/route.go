package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// point is a corner of a flow.
type point struct{ x, y float64 }

// near is how far apart two rows may be that count as one.
const near = 4.0

// flow draws a connection and what it says.
func (p *picture) flow(f graph.Flow) {
	corners := p.route(f)
	var d strings.Builder
	for i, c := range corners {
		p.reach(c.x, c.y)
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&d, "%s%.0f %.0f", letter, c.x, c.y)
	}
	p.print(`<path class="flow" marker-end="url(#a)" d="%s"/>`, d.String())
	say := f.Name
	switch {
	case say != "":
	case f.When != "":
		say = f.When
	case f.Port != "":
		say = f.Port
	}
	if n := p.nodes[f.From]; n.Default == f.ID {
		say = strings.TrimSpace("default " + f.Name)
	}
	if say == "" {
		return
	}
	last := corners[len(corners)-1]
	before := corners[len(corners)-2]
	if math.Abs(last.x-before.x) < near && len(corners) > 2 {
		last, before = before, corners[len(corners)-3]
	}
	if math.Abs(last.x-before.x) < near {
		p.text("say", last.x+8, (last.y+before.y)/2+4, "start", say)
		return
	}
	p.text("say", (last.x+before.x)/2, math.Min(last.y, before.y)-6, "middle", say)
}

func isGate(n *graph.NodeDefinition) bool {
	return n.Kind == "complexJoin" || strings.HasSuffix(n.Kind, "Gateway")
}

// route finds the corners of a flow: gateways are left and entered from above or
// below by the flows of other rows, flows back pass below, the rest turns half way.
func (p *picture) route(f graph.Flow) []point {
	from, to := p.boxes[f.From], p.boxes[f.To]
	source, target := p.nodes[f.From], p.nodes[f.To]
	start, end := point{from.right(), from.midY()}, point{to.x, to.midY()}
	start.x -= inset(source)
	end.x += inset(target)
	if len(target.Nodes) > 0 && start.y > to.y && start.y < to.bottom() { // straight into a large frame, and out of it
		end.y = start.y
	}
	if len(source.Nodes) > 0 && end.y > from.y && end.y < from.bottom() {
		start.y = end.y
	}
	if bends := p.def.Layout[f.ID].Bends; len(bends) > 0 {
		corners := []point{start}
		for _, b := range bends {
			corners = append(corners, point{b[0], b[1]})
		}
		return append(corners, end)
	}
	switch {
	case source.Kind == "boundaryEvent":
		start = point{from.midX(), from.bottom()}
		return []point{start, {start.x, end.y}, end}
	case to.x < from.right() && to.right() > from.x: // one above the other
		if to.y > from.y {
			return []point{{from.midX(), from.bottom() - inset(source)}, {from.midX(), to.y + inset(target)}}
		}
		return []point{{from.midX(), from.y + inset(source)}, {from.midX(), to.bottom() - inset(target)}}
	case to.x < from.x: // back
		low := math.Max(from.bottom(), to.bottom()) + 34
		return []point{{from.midX(), from.bottom() - inset(source)}, {from.midX(), low}, {to.midX(), low}, {to.midX(), to.bottom() - inset(target)}}
	case math.Abs(start.y-end.y) < near:
		return []point{start, {end.x, start.y}}
	case isGate(source) && !isGate(target):
		side := from.bottom() - inset(source)
		if end.y < start.y {
			side = from.y + inset(source)
		}
		return []point{{from.midX(), side}, {from.midX(), end.y}, end}
	case isGate(target) && !isGate(source):
		side := to.y + inset(target)
		if start.y > end.y {
			side = to.bottom() - inset(target)
		}
		return []point{start, {to.midX(), start.y}, {to.midX(), side}}
	}
	middle := (start.x + end.x) / 2
	return []point{start, {middle, start.y}, {middle, end.y}, end}
}

// inset is how far the outline of a shape stands inside its square.
func inset(n *graph.NodeDefinition) float64 {
	switch {
	case isGate(n):
		return 4
	case n.Kind == "startEvent" || n.Kind == "endEvent" || n.Kind == "catchEvent" || n.Kind == "throwEvent":
		return shape/2 - 24
	}
	return 0
}
