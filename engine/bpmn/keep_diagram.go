package bpmn

import (
	"github.com/fluxo-app/fluxo/engine/graph"
)

// keepPlaces stores shapes and edges that export would draw otherwise.
func (p *process) keepPlaces(x *exporter) {
	x.stretch, x.layout = p.im.stretch, p.def.Layout
	nodes := map[string]*graph.NodeDefinition{}
	for _, n := range p.all {
		nodes[n.d.ID] = &n.d
	}
	x.nodes = nodes
	for _, n := range p.all {
		shape := p.im.shapes[n.el.attr("id")]
		place, placed := p.def.Layout[n.d.ID]
		if n.dropped || shape == nil || !placed {
			continue
		}
		p.keepPlace(n.d.ID, place, shape, x.shape(n.el.attr("id"), &n.d, place))
	}
	for _, f := range p.flows {
		if f.dropped || f.el == nil {
			continue
		}
		edge := p.im.edges[f.el.attr("id")]
		if edge == nil {
			continue
		}
		place := p.def.Layout[f.d.ID]
		gen := x.edge(f.el.attr("id"), &f.d, place)
		if gen != nil && sameTree(edge, gen) {
			continue
		}
		if p.def.Layout == nil {
			p.def.Layout = map[string]graph.Place{}
		}
		place.X = withBPMN(place.X, kept{XML: fragment(edge, p.im.scope), Was: x.edgePrint(&f.d, place)}, false)
		p.def.Layout[f.d.ID] = place
	}
}

func (p *process) keepPlace(id string, place graph.Place, shape, generated *element) {
	if sameTree(shape, generated) {
		return
	}
	place.X = withBPMN(place.X, kept{XML: fragment(shape, p.im.scope), Was: placePrint(place)}, false)
	p.def.Layout[id] = place
}

func placePrint(place graph.Place) string {
	return fingerprint([]any{place.At, place.Size, place.Collapsed})
}

// keepDiagrams stores the diagrams without the shapes of what is ours.
func (p *process) keepDiagrams(x *exporter) []string {
	own := map[*element]bool{}
	for _, n := range p.all {
		if _, placed := p.def.Layout[n.d.ID]; placed && !n.dropped {
			own[p.im.shapes[n.el.attr("id")]] = true
		}
	}
	for _, f := range p.flows {
		if f.el != nil && !f.dropped {
			own[p.im.edges[f.el.attr("id")]] = true
		}
	}
	for e, i := range p.noteOf {
		shape := p.im.shapes[e.attr("id")]
		if shape != nil && sameTree(shape, x.noteShape(e.attr("id"), &p.def.Notes[i])) {
			own[shape] = true
		}
	}
	for _, s := range p.scopes() {
		for _, k := range s.el.kids {
			if p.noteLink(k) {
				own[p.im.edges[k.attr("id")]] = true
			}
		}
	}
	var out []string
	for _, d := range p.im.root.kids {
		if !d.is(nsDiagram, "BPMNDiagram") {
			continue
		}
		c := d.without(func(*element) bool { return false })
		for i, plane := range c.kids {
			c.kids[i] = plane.without(func(s *element) bool { return own[s] })
		}
		if len(out) > 0 || !sameTree(c, x.generateDiagram(p.el.attr("id"))) {
			out = append(out, fragment(c, p.im.scope))
		}
	}
	return out
}
