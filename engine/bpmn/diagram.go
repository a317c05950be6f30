package bpmn

import (
	"math"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// readDiagram finds the shape and the edge of each element; the first diagram
// that draws an element counts.
func (im *importer) readDiagram() {
	im.shapes, im.edges = map[string]*element{}, map[string]*element{}
	var widths []float64
	for _, d := range im.root.kids {
		if !d.is(nsDiagram, "BPMNDiagram") {
			continue
		}
		for _, plane := range d.kids {
			for _, s := range plane.kids {
				ref := s.attr("bpmnElement")
				e := im.find(ref)
				if e == nil {
					continue
				}
				switch {
				case s.is(nsDiagram, "BPMNShape") && im.shapes[e.attr("id")] == nil:
					im.shapes[e.attr("id")] = s
					if r, ok := bounds(s); ok && isActivity(e.local) && !isContainer(e.local) {
						widths = append(widths, r.w)
					}
				case s.is(nsDiagram, "BPMNEdge") && im.edges[e.attr("id")] == nil:
					im.edges[e.attr("id")] = s
				}
			}
		}
	}
	// Most tools draw tasks 100 wide; our cards are twice as wide and need the room.
	im.stretch = 1
	sum := 0.0
	for _, w := range widths {
		sum += w
	}
	if len(widths) > 0 && sum/float64(len(widths)) < 160 {
		im.stretch = 2
	}
}

func bounds(shape *element) (rect, bool) {
	b := shape.child(nsDC, "Bounds")
	if b == nil {
		return rect{}, false
	}
	var v [4]float64
	for i, name := range []string{"x", "y", "width", "height"} {
		n, ok := coordinate(b.attr(name))
		if !ok {
			return rect{}, false
		}
		v[i] = n
	}
	return rect{v[0], v[1], v[2], v[3]}, true
}

func coordinate(text string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e6 {
		return 0, false
	}
	return n, true
}

func round(v float64) float64 { return math.Round(v*100) / 100 }

// place fills the layout from the file's diagram, or lays the process out anew
// where the file has none.
func (p *process) place(top *scope) {
	layout := map[string]graph.Place{}
	missing := false
	for _, n := range p.all {
		if n.dropped {
			continue
		}
		shape := p.im.shapes[n.el.attr("id")]
		r, ok := rect{}, false
		if shape != nil {
			r, ok = bounds(shape)
		}
		if !ok {
			missing = true
			continue
		}
		layout[n.d.ID] = p.im.placeOf(n, r, shape)
	}
	for _, f := range p.flows {
		if f.dropped || f.el == nil {
			continue
		}
		if edge := p.im.edges[f.el.attr("id")]; edge != nil {
			if bends := p.im.bends(edge); len(bends) > 0 {
				layout[f.d.ID] = graph.Place{Bends: bends}
			}
		}
	}
	if missing {
		if len(layout) == 0 {
			p.im.warn(p.el, "laid_out")
		}
		nodes, flows := assemble(top)
		complete(nodes, flows, layout)
	}
	if len(layout) > 0 {
		p.def.Layout = layout
	}
}

// placeOf turns bounds of the file into a place of ours: the middle stays where
// it is, stretched.
func (im *importer) placeOf(n *node, r rect, shape *element) graph.Place {
	w, h := sizeOf(&n.d)
	place := graph.Place{}
	if n.inner != nil {
		if shape.attr("isExpanded") == "false" {
			place.Collapsed = true
		} else {
			w, h = r.w*im.stretch, r.h
			place.Size = []float64{round(w), round(h)}
		}
	}
	place.At = []float64{round((r.x+r.w/2)*im.stretch - w/2), round(r.y + r.h/2 - h/2)}
	return place
}

func (im *importer) bends(edge *element) [][]float64 {
	var out [][]float64
	for _, w := range edge.kids {
		if !w.is(nsDI, "waypoint") {
			continue
		}
		x, okX := coordinate(w.attr("x"))
		y, okY := coordinate(w.attr("y"))
		if !okX || !okY || len(out) > 200 {
			return nil
		}
		out = append(out, []float64{round(x * im.stretch), round(y)})
	}
	if len(out) <= 2 {
		return nil
	}
	return out[1 : len(out)-1]
}

// notes makes notes of text annotations; the association to a node ties them.
func (p *process) notes() {
	p.noteOf = map[*element]int{}
	for _, s := range p.scopes() {
		for _, k := range s.el.kids {
			if !k.is(nsModel, "textAnnotation") {
				continue
			}
			note := graph.Note{ID: p.identifier(k), Text: noteText(k)}
			for _, a := range s.el.kids {
				if !a.is(nsModel, "association") {
					continue
				}
				from, to := p.im.find(a.attr("sourceRef")), p.im.find(a.attr("targetRef"))
				if from == k {
					from, to = to, from
				}
				if to == k && from != nil && p.nodes[from] != nil && !p.nodes[from].dropped {
					note.Node = p.nodes[from].d.ID
					break
				}
			}
			if shape := p.im.shapes[k.attr("id")]; shape != nil {
				if r, ok := bounds(shape); ok {
					note.At = []float64{round(r.x * p.im.stretch), round(r.y)}
					note.Size = []float64{round(r.w * p.im.stretch), round(r.h)}
				}
			}
			p.noteOf[k] = len(p.def.Notes)
			p.def.Notes = append(p.def.Notes, note)
		}
	}
}

func noteText(e *element) string {
	if t := e.child(nsModel, "text"); t != nil {
		if r := []rune(t.text); len(r) > 10_000 {
			return string(r[:10_000])
		}
		return t.text
	}
	return ""
}

// complete places the nodes that have no place: all of them anew, or below those
// that have one.
func complete(nodes []graph.NodeDefinition, flows []graph.Flow, layout map[string]graph.Place) {
	down := 0.0
	for _, place := range layout {
		if len(place.At) == 2 {
			down = max(down, place.At[1]+160)
		}
	}
	at := map[string]rect{}
	arrange(nodes, flows, at)
	var walk func([]graph.NodeDefinition)
	walk = func(nodes []graph.NodeDefinition) {
		for i := range nodes {
			n := &nodes[i]
			if place := layout[n.ID]; len(place.At) != 2 {
				r := at[n.ID]
				place.At = []float64{round(r.x), round(r.y + down)}
				if len(n.Nodes) > 0 && len(place.Size) != 2 {
					place.Size = []float64{round(r.w), round(r.h)}
				}
				layout[n.ID] = place
			}
			walk(n.Nodes)
		}
	}
	walk(nodes)
}
