package bpmn

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// lay takes the places of the definition and finds some for nodes without.
func (x *exporter) lay() {
	for id, place := range x.def.Layout {
		x.layout[id] = place
	}
	complete(x.def.Nodes, x.def.Flows, x.layout)
}

func (x *exporter) generateDiagram(process string) *element {
	d := &element{space: nsDiagram, local: "BPMNDiagram", prefix: "bpmndi"}
	d.set("id", "BPMNDiagram_1")
	plane := d.add(&element{space: nsDiagram, local: "BPMNPlane", prefix: "bpmndi"})
	plane.set("id", "BPMNPlane_1")
	plane.set("bpmnElement", process)
	return d
}

// diagram adds the pictures: kept ones with our shapes in the first.
func (x *exporter) diagram(root *element) {
	var diagrams []*element
	for _, text := range x.kept.Diagrams {
		if e := x.parse(text); e != nil {
			diagrams = append(diagrams, e)
		}
	}
	if len(diagrams) == 0 {
		diagrams = []*element{x.generateDiagram(x.xmlIDs[""])}
	}
	plane := diagrams[0].child(nsDiagram, "BPMNPlane")
	if plane == nil {
		plane = diagrams[0].add(x.generateDiagram(x.xmlIDs[""]).kids[0])
	}
	drawn := map[string]*element{}
	for _, d := range diagrams {
		for _, p := range d.kids {
			for _, s := range p.kids {
				drawn[s.attr("bpmnElement")] = s
			}
		}
	}
	var shapes, edges []*element
	var walk func([]graph.NodeDefinition, []graph.Flow)
	walk = func(nodes []graph.NodeDefinition, flows []graph.Flow) {
		for i := range nodes {
			n := &nodes[i]
			shapes = append(shapes, x.keptShape(n))
			walk(n.Nodes, n.Flows)
		}
		for i := range flows {
			if id := x.xmlIDs[flows[i].ID]; id != "" {
				if e := x.keptEdge(id, &flows[i]); e != nil {
					edges = append(edges, e)
				}
			}
		}
	}
	walk(x.def.Nodes, x.def.Flows)
	for i := range x.def.Notes {
		note := &x.def.Notes[i]
		id := x.xmlIDs[note.ID]
		if s := drawn[id]; s != nil {
			x.moveNote(s, note)
			continue
		}
		shapes = append(shapes, x.noteShape(id, note))
		if link := x.noteEdge(root, id, note); link != nil && drawn[link.attr("bpmnElement")] == nil {
			edges = append(edges, link)
		}
	}
	plane.kids = append(plane.kids, shapes...)
	plane.kids = append(plane.kids, edges...)
	root.kids = append(root.kids, diagrams...)
}

func (x *exporter) keptShape(n *graph.NodeDefinition) *element {
	place := x.layout[n.ID]
	id := x.xmlIDs[n.ID]
	gen := x.shape(id, n, place)
	k := unwrap[kept](place.X)
	src := x.parse(k.XML)
	if src == nil || !src.is(nsDiagram, "BPMNShape") {
		return gen
	}
	if k.Was != placePrint(place) {
		src.kids = slices.DeleteFunc(src.kids, func(k *element) bool { return k.is(nsDC, "Bounds") || k.is(nsDiagram, "BPMNLabel") })
		src.kids = append([]*element{gen.kids[0]}, src.kids...)
		src.set("isExpanded", gen.attr("isExpanded"))
	}
	src.set("bpmnElement", id)
	return src
}

// shape draws a node at its place.
func (x *exporter) shape(id string, n *graph.NodeDefinition, place graph.Place) *element {
	s := &element{space: nsDiagram, local: "BPMNShape", prefix: "bpmndi"}
	s.set("id", id+"_di")
	s.set("bpmnElement", id)
	if n.Kind == "subProcess" {
		s.set("isExpanded", strconv.FormatBool(!place.Collapsed))
	}
	if n.Kind == "exclusiveGateway" {
		s.set("isMarkerVisible", "true")
	}
	s.add(boundsElement(x.bounds(n, place)))
	return s
}

func boundsElement(r rect) *element {
	b := &element{space: nsDC, local: "Bounds", prefix: "dc"}
	b.set("x", number64(r.x))
	b.set("y", number64(r.y))
	b.set("width", number64(r.w))
	b.set("height", number64(r.h))
	return b
}

func number64(v float64) string { return strconv.FormatFloat(round(v), 'f', -1, 64) }

// bounds turns a place of ours into bounds of the file.
func (x *exporter) bounds(n *graph.NodeDefinition, place graph.Place) rect {
	w, h := sizeOf(n)
	if n.Kind == "subProcess" && len(place.Size) == 2 && !place.Collapsed {
		w, h = place.Size[0], place.Size[1]
	}
	var at [2]float64
	copy(at[:], place.At)
	cx, cy := (at[0]+w/2)/x.stretch, at[1]+h/2
	fw, fh := w, h
	if x.stretch != 1 {
		fw, fh = usualSize(n)
		if n.Kind == "subProcess" && len(place.Size) == 2 && !place.Collapsed {
			fw, fh = w/x.stretch, h
		}
	}
	return rect{cx - fw/2, cy - fh/2, fw, fh}
}

// usualSize is how large other tools draw a node.
func usualSize(n *graph.NodeDefinition) (w, h float64) {
	switch local := elementOf(n); {
	case strings.HasSuffix(local, "Event"):
		return 36, 36
	case strings.HasSuffix(local, "Gateway"):
		return 50, 50
	}
	return 100, 80
}

// edgePrint is what an edge depends on.
func (x *exporter) edgePrint(f *graph.Flow, place graph.Place) string {
	return fingerprint([]any{place.Bends, x.layout[f.From].At, x.layout[f.To].At})
}

func (x *exporter) keptEdge(id string, f *graph.Flow) *element {
	place := x.layout[f.ID]
	k := unwrap[kept](place.X)
	src := x.parse(k.XML)
	if src != nil && src.is(nsDiagram, "BPMNEdge") && k.Was == x.edgePrint(f, place) {
		src.set("bpmnElement", id)
		return src
	}
	gen := x.edge(id, f, place)
	if src != nil && gen != nil {
		gen.attrs = src.attrs
		gen.set("bpmnElement", id)
	}
	return gen
}

// edge draws a flow from border to border by its bends.
func (x *exporter) edge(id string, f *graph.Flow, place graph.Place) *element {
	from, to := x.nodes[f.From], x.nodes[f.To]
	if from == nil || to == nil || len(x.layout[f.From].At) != 2 || len(x.layout[f.To].At) != 2 {
		return nil
	}
	a, b := x.bounds(from, x.layout[f.From]), x.bounds(to, x.layout[f.To])
	start, end := [2]float64{a.x + a.w, a.y + a.h/2}, [2]float64{b.x, b.y + b.h/2}
	if from.Kind == "boundaryEvent" {
		start = [2]float64{a.x + a.w/2, a.y + a.h}
	}
	e := &element{space: nsDiagram, local: "BPMNEdge", prefix: "bpmndi"}
	e.set("id", id+"_di")
	e.set("bpmnElement", id)
	points := [][2]float64{start}
	for _, bend := range place.Bends {
		if len(bend) == 2 {
			points = append(points, [2]float64{bend[0] / x.stretch, bend[1]})
		}
	}
	for _, p := range append(points, end) {
		w := e.add(&element{space: nsDI, local: "waypoint", prefix: "di"})
		w.set("x", number64(p[0]))
		w.set("y", number64(p[1]))
	}
	return e
}

func (x *exporter) noteRect(note *graph.Note) rect {
	r := rect{0, -120, 200, 60}
	if len(note.At) == 2 {
		r.x, r.y = note.At[0]/x.stretch, note.At[1]
	} else if at := x.layout[note.Node].At; len(at) == 2 {
		r.x, r.y = at[0]/x.stretch, at[1]-100
	}
	if len(note.Size) == 2 {
		r.w, r.h = note.Size[0]/x.stretch, note.Size[1]
	}
	return r
}

func (x *exporter) noteShape(id string, note *graph.Note) *element {
	s := &element{space: nsDiagram, local: "BPMNShape", prefix: "bpmndi"}
	s.set("id", id+"_di")
	s.set("bpmnElement", id)
	s.add(boundsElement(x.noteRect(note)))
	return s
}

// moveNote follows a note that was moved since its shape was kept.
func (x *exporter) moveNote(shape *element, note *graph.Note) {
	old, ok := bounds(shape)
	now := x.noteRect(note)
	if !ok || len(note.At) != 2 || number64(old.x) == number64(now.x) && number64(old.y) == number64(now.y) {
		return
	}
	for i, k := range shape.kids {
		if k.is(nsDC, "Bounds") {
			shape.kids[i] = boundsElement(rect{now.x, now.y, old.w, old.h})
		}
	}
}

// noteEdge draws the tie of a note to its node.
func (x *exporter) noteEdge(root *element, id string, note *graph.Note) *element {
	n := x.nodes[note.Node]
	if n == nil {
		return nil
	}
	link := id + "_link"
	from, to := x.bounds(n, x.layout[note.Node]), x.noteRect(note)
	e := &element{space: nsDiagram, local: "BPMNEdge", prefix: "bpmndi"}
	e.set("id", link+"_di")
	e.set("bpmnElement", link)
	for _, p := range [][2]float64{{from.x + from.w/2, from.y}, {to.x, to.y + to.h}} {
		w := e.add(&element{space: nsDI, local: "waypoint", prefix: "di"})
		w.set("x", number64(p[0]))
		w.set("y", number64(p[1]))
	}
	return e
}

// prune takes out what refers to elements that are gone, and what refers to that.
func prune(root *element) {
	for removed := true; removed; {
		ids := map[string]bool{}
		indexIDs(root, ids)
		removed = pruneOnce(root, ids)
	}
}

func indexIDs(e *element, ids map[string]bool) {
	if id := e.attr("id"); id != "" {
		ids[id] = true
	}
	for _, k := range e.kids {
		if k.space != nsDiagram {
			indexIDs(k, ids)
		}
	}
}

func pruneOnce(e *element, ids map[string]bool) bool {
	known := func(ref string) bool {
		ref = strings.TrimSpace(ref)
		_, local, _ := strings.Cut(ref, ":")
		return ref == "" || ids[ref] || ids[local]
	}
	before := len(e.kids)
	e.kids = slices.DeleteFunc(e.kids, func(k *element) bool {
		switch {
		case k.space == nsModel && (k.local == "association" || k.local == "messageFlow"):
			return !known(k.attr("sourceRef")) || !known(k.attr("targetRef"))
		case k.is(nsModel, "flowNodeRef"):
			return !known(k.text)
		case k.is(nsDiagram, "BPMNShape"), k.is(nsDiagram, "BPMNEdge"):
			return !known(k.attr("bpmnElement"))
		}
		return false
	})
	removed := len(e.kids) < before
	for _, k := range e.kids {
		removed = pruneOnce(k, ids) || removed
	}
	return removed
}
