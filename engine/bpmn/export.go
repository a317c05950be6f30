package bpmn

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// ErrTooLarge is a definition that no importer, ours included, would read back.
var ErrTooLarge = errors.New("the definition is too large for a BPMN file")

// Export writes a definition as BPMN 2.0 XML with its diagram. The same
// definition gives the same bytes. What the standard has no words for stands in
// extension elements, so that importing the file gives the definition back. So do
// the references, which say what things are called that the definition names by ids.
func Export(def *graph.Definition, references ...Reference) ([]byte, error) {
	first := newExporter(def)
	tree := first.file()
	im := &importer{}
	im.file(tree)
	second := newExporter(def)
	second.notes, second.references = first.differences(im), references
	w := &writer{indent: true}
	w.element(second.file(), nil, 0)
	text := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + w.b.String() + "\n"
	if len(text) > MaxBytes {
		return nil, ErrTooLarge
	}
	return []byte(text), nil
}

// exporter builds one file.
type exporter struct {
	def      *graph.Definition
	kept     keptFile
	scope    *namespaces
	prefix   string            // of elements of BPMN
	xmlIDs   map[string]string // our id -> id in the file
	used     map[string]bool
	names    map[string]string // kind, name -> id of the named item
	handlers []string          // nodes that are compensation handlers
	layout   map[string]graph.Place
	nodes    map[string]*graph.NodeDefinition
	stretch  float64
	notes    extensions

	references []Reference
}

// Reference is something of an installation that a file names by its id there.
type Reference struct{ Kind, ID, Name string }

// maxReferences bounds what is read of a file.
const maxReferences = 10_000

// extensions is what goes into our own extension elements, by id in the file;
// the definition itself has the id "".
type extensions map[string]string

func newExporter(def *graph.Definition) *exporter {
	x := &exporter{def: def, kept: unwrap[keptFile](def.X), prefix: "bpmn", xmlIDs: map[string]string{}, used: map[string]bool{}, names: map[string]string{},
		nodes: map[string]*graph.NodeDefinition{}, layout: map[string]graph.Place{}, stretch: 1}
	if x.kept.Stretch > 0 {
		x.stretch = x.kept.Stretch
	}
	return x
}

// file builds the whole tree.
func (x *exporter) file() *element {
	root := x.generateDefinitions(x.def)
	if x.kept.Definitions != "" {
		if e, err := parseXML([]byte(x.kept.Definitions), nil); err == nil && e.is(nsModel, "definitions") {
			root = e
		}
	}
	root.kids = nil
	for _, d := range standard {
		if _, known := (&namespaces{here: root.declared}).prefixOf(d.space, d.space == nsSchema); known {
			continue
		}
		if _, taken := (&namespaces{here: root.declared}).find(d.prefix); taken {
			d.prefix += "_"
		}
		root.declared = append(root.declared, d)
	}
	x.scope = &namespaces{here: root.declared}
	if p, ok := x.scope.prefixOf(nsModel, false); ok {
		x.prefix = p
	}
	x.identify()
	x.lay()
	own := x.process()
	x.roots(root, own)
	x.diagram(root)
	prune(root)
	return root
}

// roots orders the elements of the root: kept ones, named items, processes, diagrams.
func (x *exporter) roots(root, own *element) {
	var ranked [3][]*element
	seen := false
	for _, text := range x.kept.Roots {
		if text == "" {
			ranked[2], seen = append(ranked[2], own), true
			continue
		}
		if e, err := parseXML([]byte(text), x.scope); err == nil {
			ranked[rootRank(e)] = append(ranked[rootRank(e)], e)
		}
	}
	if !seen {
		ranked[2] = append(ranked[2], own)
	}
	root.kids = append(root.kids, ranked[0]...)
	for _, list := range x.lists() {
		for i := range list.items {
			root.kids = append(root.kids, x.named(list.kind, list.items[i]))
		}
	}
	root.kids = append(append(root.kids, ranked[1]...), ranked[2]...)
}

// rootRank groups the elements of the root: what others refer to, further items
// with a name that another has, processes and what is round them.
func rootRank(e *element) int {
	switch {
	case e.local == "message" || e.local == "signal" || e.local == "error" || e.local == "escalation":
		return 1
	case e.local == "process" || e.local == "collaboration" || strings.HasPrefix(e.local, "global"):
		return 2
	}
	return 0
}

type namedList struct {
	kind  string
	items []graph.Named
}

// lists are the named items of the file: those of the definition, and those that
// only an event names.
func (x *exporter) lists() []namedList {
	lists := []namedList{{"message", slices.Clone(x.def.Messages)}, {"signal", slices.Clone(x.def.Signals)},
		{"error", slices.Clone(x.def.Errors)}, {"escalation", slices.Clone(x.def.Escalations)}}
	known := map[string]bool{}
	for _, l := range lists {
		for _, item := range l.items {
			known[l.kind+"\x00"+identity(l.kind, item)] = true
		}
	}
	add := func(kind, name string) {
		if name == "" || known[kind+"\x00"+name] {
			return
		}
		known[kind+"\x00"+name] = true
		for i := range lists {
			if lists[i].kind != kind {
				continue
			}
			item := graph.Named{Name: name}
			if kind == "error" || kind == "escalation" {
				item.Code = name
			}
			lists[i].items = append(lists[i].items, item)
		}
	}
	var walk func([]graph.NodeDefinition)
	walk = func(nodes []graph.NodeDefinition) {
		for i := range nodes {
			eachName(&nodes[i], add)
			walk(nodes[i].Nodes)
		}
	}
	walk(x.def.Nodes)
	return lists
}

func identity(kind string, item graph.Named) string {
	if kind == "error" || kind == "escalation" {
		return item.Code
	}
	return item.Name
}

// eachName calls add for what the events of a node name.
func eachName(n *graph.NodeDefinition, add func(kind, name string)) {
	var trigger func(*graph.Trigger)
	trigger = func(t *graph.Trigger) {
		if t == nil {
			return
		}
		if t.Message != nil {
			add("message", t.Message.Name)
		}
		for kind, rule := range map[string]*graph.CodeRule{"signal": t.Signal, "error": t.Error, "escalation": t.Escalation} {
			if rule != nil {
				add(kind, rule.Code)
			}
		}
		for i := range t.Any {
			trigger(&t.Any[i])
		}
		for i := range t.All {
			trigger(&t.All[i])
		}
	}
	trigger(n.Trigger)
	var effect func(*graph.Throw)
	effect = func(t *graph.Throw) {
		if t == nil {
			return
		}
		if t.Message != nil {
			add("message", t.Message.Name)
		}
		for kind, rule := range map[string]*graph.CodeRule{"signal": t.Signal, "error": t.Error, "escalation": t.Escalation} {
			if rule != nil {
				add(kind, rule.Code)
			}
		}
		for i := range t.All {
			effect(&t.All[i])
		}
	}
	effect(n.Effect)
}

// named writes a message, signal, error or escalation.
func (x *exporter) named(kind string, item graph.Named) *element {
	gen := x.generateNamed(kind, item)
	gen.set("id", x.names[kind+"\x00"+identity(kind, item)])
	if id := unwrap[kept](item.X).ID; id != "" {
		gen.set("id", id)
	}
	k := unwrap[kept](item.X)
	src := x.parse(k.XML)
	if src == nil {
		return gen
	}
	if k.Was != fingerprint([2]string{item.Name, item.Code}) {
		src.set("name", gen.attr("name"))
		src.set(kind+"Code", gen.attr(kind+"Code"))
	}
	src.set("id", gen.attr("id"))
	return src
}

func (x *exporter) parse(text string) *element {
	if text == "" {
		return nil
	}
	e, err := parseXML([]byte(text), x.scope)
	if err != nil {
		return nil
	}
	return e
}

// identify gives every element an id that XML allows.
func (x *exporter) identify() {
	for _, text := range x.kept.Roots {
		if e := x.parse(text); e != nil {
			x.reserve(e)
		}
	}
	for _, d := range x.kept.Dissolved {
		if e := x.parse(d.XML); e != nil {
			x.reserve(e)
		}
	}
	if e := x.parse(x.kept.Process.XML); e != nil {
		for _, k := range e.kids {
			x.reserve(k)
		}
	}
	x.xmlIDs[""] = x.take(x.def.Key, x.kept.Process.ID)
	var walk func([]graph.NodeDefinition, []graph.Flow)
	walk = func(nodes []graph.NodeDefinition, flows []graph.Flow) {
		for i := range nodes {
			n := &nodes[i]
			x.nodes[n.ID] = n
			x.xmlIDs[n.ID] = x.take(n.ID, unwrap[kept](n.X).ID)
			if n.Handler != "" {
				x.handlers = append(x.handlers, n.Handler)
			}
			walk(n.Nodes, n.Flows)
		}
		for i := range flows {
			if !unwrap[kept](flows[i].X).Link {
				x.xmlIDs[flows[i].ID] = x.take(flows[i].ID, unwrap[kept](flows[i].X).ID)
			}
		}
	}
	walk(x.def.Nodes, x.def.Flows)
	for i := range x.def.Notes {
		x.xmlIDs[x.def.Notes[i].ID] = x.take(x.def.Notes[i].ID, unwrap[kept](x.def.Notes[i].X).ID)
	}
	for _, l := range x.lists() {
		for _, item := range l.items {
			gen := x.generateNamed(l.kind, item)
			put(x.names, l.kind, identity(l.kind, item), x.take(gen.attr("id"), unwrap[kept](item.X).ID))
		}
	}
}

func (x *exporter) reserve(e *element) {
	if id := e.attr("id"); id != "" && e.space == nsModel {
		x.used[id] = true
	}
	for _, k := range e.kids {
		x.reserve(k)
	}
}

// take finds a free id that XML allows, the wished one if it can be.
func (x *exporter) take(id, wish string) string {
	if wish == "" {
		wish = id
	}
	wish = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n<>&\"':;,/()[]{}", r) {
			return '_'
		}
		return r
	}, wish)
	if wish == "" || strings.ContainsRune("0123456789.-", rune(wish[0])) {
		wish = "id_" + wish
	}
	for x.used[wish] {
		wish += "_"
	}
	x.used[wish] = true
	return wish
}

// process builds the process element with all it holds.
func (x *exporter) process() *element {
	gen := x.generateProcess(x.def)
	p := gen
	if src := x.parse(x.kept.Process.XML); src != nil && src.is(nsModel, "process") {
		p = src
		x.takeOver(p, gen)
		p.set("isExecutable", gen.attr("isExecutable"))
	}
	p.set("id", x.xmlIDs[""])
	if x.kept.Unsaid && gen.attr("isExecutable") == "false" {
		p.set("isExecutable", "")
	}
	x.extend(p, "", "definition", "")
	for _, r := range x.references {
		o := &element{space: nsOurs, local: "reference", prefix: "fluxo"}
		o.set("kind", r.Kind)
		o.set("id", r.ID)
		o.set("name", r.Name)
		x.extensions(p).add(o)
		normal(p)
	}
	x.fillScope(p, "", x.def.Nodes, x.def.Flows)
	for i := range x.def.Notes {
		x.note(p, &x.def.Notes[i])
	}
	normal(p)
	return p
}

// takeOver writes our name and description over those of a kept element.
func (x *exporter) takeOver(e, gen *element) {
	e.set("id", gen.attr("id"))
	e.set("name", gen.attr("name"))
	if d := gen.child(nsModel, "documentation"); d != nil {
		e.kids = slices.DeleteFunc(e.kids, func(k *element) bool { return k.is(nsModel, "documentation") })
		e.kids = append([]*element{d}, e.kids...)
	}
}

func (x *exporter) fillScope(parent *element, host string, nodes []graph.NodeDefinition, flows []graph.Flow) {
	order := make([]int, len(flows))
	for i := range flows {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return flows[a].Order - flows[b].Order })
	for i := range nodes {
		e := x.node(&nodes[i])
		for _, f := range flows {
			if f.To == nodes[i].ID && x.xmlIDs[f.ID] != "" {
				e.add(x.el("incoming")).text = x.xmlIDs[f.ID]
			}
		}
		for _, f := range order {
			if flows[f].From == nodes[i].ID && x.xmlIDs[flows[f].ID] != "" {
				e.add(x.el("outgoing")).text = x.xmlIDs[flows[f].ID]
			}
		}
		normal(e)
		parent.add(e)
	}
	for i := range flows {
		if x.xmlIDs[flows[i].ID] != "" {
			parent.add(x.flow(&flows[i]))
		}
	}
	for _, d := range x.kept.Dissolved {
		if d.In == host {
			if e := x.parse(d.XML); e != nil {
				parent.add(e)
			}
		}
	}
	for i := range nodes {
		x.association(parent, &nodes[i])
	}
}

// association draws the way from a compensation event to its handler.
func (x *exporter) association(parent *element, n *graph.NodeDefinition) {
	if n.Handler == "" || n.Kind != "boundaryEvent" {
		return
	}
	from, to := x.xmlIDs[n.ID], x.xmlIDs[n.Handler]
	for _, k := range parent.kids {
		if k.is(nsModel, "association") && (k.attr("sourceRef") == from && k.attr("targetRef") == to || k.attr("sourceRef") == to && k.attr("targetRef") == from) {
			return
		}
	}
	if to == "" {
		return
	}
	a := parent.add(x.el("association", "id", x.take(n.ID+"_handler", ""), "associationDirection", "One", "sourceRef", from))
	a.set("targetRef", to)
}

// locals are the elements that can stand for a kind when the source was one of them.
var locals = map[string][]string{
	"task": {"task", "manualTask", "scriptTask", "callActivity"}, "robot": {"serviceTask", "sendTask", "businessRuleTask", "scriptTask", "callActivity"},
	"setVariables": {"scriptTask", "serviceTask", "callActivity"}, "userTask": {"userTask", "serviceTask", "sendTask", "businessRuleTask", "callActivity"},
	"throwEvent": {"intermediateThrowEvent"}, "startEvent": {"startEvent"},
}

// node writes a node: the kept element where our fields still say what it says.
func (x *exporter) node(n *graph.NodeDefinition) *element {
	gen := x.generate(n)
	gen.set("id", x.xmlIDs[n.ID])
	k := unwrap[kept](n.X)
	e := gen
	if src := x.parse(k.XML); src != nil && src.space == nsModel && isFlowNode(src.local) {
		if k.Was == nodePrint(*n) && x.resolves(src) {
			e = src
			x.takeOver(e, gen)
		} else {
			e = x.merge(gen, src, locals[n.Kind])
		}
		e.set("default", gen.attr("default"))
		e.set("attachedToRef", gen.attr("attachedToRef"))
	}
	x.extend(e, x.xmlIDs[n.ID], "node", e.local)
	if n.Kind == "subProcess" {
		x.fillScope(e, n.ID, n.Nodes, n.Flows)
	}
	return e
}

// resolves tells whether the messages, signals, errors and escalations that a
// kept element refers to still exist.
func (x *exporter) resolves(e *element) bool {
	for _, a := range e.attrs {
		switch a.local {
		case "messageRef", "signalRef", "errorRef", "escalationRef":
			_, local, _ := strings.Cut(a.value, ":")
			if a.space == "" && !x.used[a.value] && !x.used[local] {
				return false
			}
		}
	}
	for _, k := range e.kids {
		if !x.resolves(k) {
			return false
		}
	}
	return true
}

// merge is what we say now, with what of the source we know nothing about.
func (x *exporter) merge(gen, src *element, compatible []string) *element {
	if slices.Contains(compatible, src.local) && gen.local != src.local {
		gen.local = src.local
	}
	for _, a := range src.attrs {
		if a.space != "" {
			gen.attrs = append(gen.attrs, a)
		}
	}
	for _, k := range src.kids {
		owned := k.space == nsModel && (strings.HasSuffix(k.local, "EventDefinition") || strings.HasSuffix(k.local, "LoopCharacteristics") ||
			slices.Contains([]string{"script", "documentation", "eventDefinitionRef", "conditionExpression", "activationCondition", "completionCondition"}, k.local))
		if !owned {
			gen.add(k)
		}
	}
	return gen
}

func (x *exporter) flow(f *graph.Flow) *element {
	gen := x.generateFlow(f)
	gen.set("id", x.xmlIDs[f.ID])
	k := unwrap[kept](f.X)
	e := gen
	if src := x.parse(k.XML); src != nil && src.is(nsModel, "sequenceFlow") {
		if k.Was == flowPrint(*f) {
			e = src
			x.takeOver(e, gen)
		} else {
			e = x.merge(gen, src, nil)
		}
		e.set("sourceRef", x.xmlIDs[f.From])
		e.set("targetRef", x.xmlIDs[f.To])
	}
	x.extend(e, x.xmlIDs[f.ID], "flow", "")
	return e
}

func (x *exporter) note(parent *element, note *graph.Note) {
	id := x.xmlIDs[note.ID]
	gen := x.generateNote(id, note)
	k := unwrap[kept](note.X)
	if src := x.parse(k.XML); src != nil && k.Was == fingerprint(note.Text) {
		src.set("id", id)
		gen = src
	}
	parent.add(gen)
	to := x.xmlIDs[note.Node]
	if note.Node == "" || to == "" {
		return
	}
	for _, k := range parent.kids {
		if k.is(nsModel, "association") && (k.attr("sourceRef") == id || k.attr("targetRef") == id) {
			return
		}
	}
	a := parent.add(x.el("association", "id", id+"_link", "sourceRef", to))
	a.set("targetRef", id)
}

// extend adds our extension element when there is something to say.
func (x *exporter) extend(e *element, id, local, as string) {
	text := x.notes[local+" "+id]
	if text == "" {
		return
	}
	o := &element{space: nsOurs, local: local, prefix: "fluxo", text: text}
	o.set("as", as)
	x.extensions(e).add(o)
	normal(e)
}

// extensions is where the extension elements of an element go.
func (x *exporter) extensions(e *element) *element {
	if ext := e.child(nsModel, "extensionElements"); ext != nil {
		return ext
	}
	return e.add(x.el("extensionElements"))
}

// differences compares the definition with what importing the plain file gave.
func (x *exporter) differences(im *importer) extensions {
	out := extensions{}
	at := slices.IndexFunc(im.read, func(p *process) bool { return p.el.attr("id") == x.xmlIDs[""] })
	if at < 0 {
		return out
	}
	p := im.read[at]
	nodes, flows := map[string]graph.NodeDefinition{}, map[string]graph.Flow{}
	for _, n := range p.all {
		nodes[n.el.attr("id")] = n.d
	}
	for _, f := range p.flows {
		if f.el != nil {
			flows[f.el.attr("id")] = f.d
		}
	}
	var walk func([]graph.NodeDefinition, []graph.Flow)
	walk = func(all []graph.NodeDefinition, ways []graph.Flow) {
		for i := range all {
			id := x.xmlIDs[all[i].ID]
			if text := difference(all[i], nodes[id], "nodes", "flows"); text != "" {
				out["node "+id] = text
			}
			walk(all[i].Nodes, all[i].Flows)
		}
		for i := range ways {
			id := x.xmlIDs[ways[i].ID]
			if text := difference(ways[i], flows[id], "from", "to"); id != "" && text != "" {
				out["flow "+id] = text
			}
		}
	}
	walk(x.def.Nodes, x.def.Flows)
	if text := difference(x.plainDefinition(*x.def), x.plainDefinition(*im.definitions[at]), "format", "nodes", "flows"); text != "" {
		out["definition "] = text
	}
	return out
}

// plainDefinition leaves out of a definition what other elements carry.
func (x *exporter) plainDefinition(d graph.Definition) graph.Definition {
	for _, list := range []*[]graph.Named{&d.Messages, &d.Signals, &d.Errors, &d.Escalations} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i].X = withBPMN((*list)[i].X, nil, true)
		}
	}
	d.Notes = slices.Clone(d.Notes)
	for i := range d.Notes {
		d.Notes[i].X, d.Notes[i].At, d.Notes[i].Size = withBPMN(d.Notes[i].X, nil, true), nil, nil
	}
	d.Layout = nil
	return d
}

// difference lists the members of want that got has not, as a JSON object.
func difference(want, got any, except ...string) string {
	var w, g map[string]json.RawMessage
	if json.Unmarshal(literal(want), &w) != nil || json.Unmarshal(literal(got), &g) != nil {
		return ""
	}
	out := map[string]json.RawMessage{}
	for key, value := range w {
		if key == "x" {
			continue
		}
		if !slices.Contains(except, key) && !sameJSON(value, g[key]) {
			out[key] = value
		}
	}
	for key := range g {
		if _, has := w[key]; !has && key != "x" && !slices.Contains(except, key) {
			out[key] = json.RawMessage("null")
		}
	}
	if foreign := others(w["x"]); len(foreign) > 0 {
		out["x"] = literal(foreign)
	}
	if len(out) == 0 {
		return ""
	}
	return string(literal(out))
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return string(literal(x)) == string(literal(y)) // the encoder sorts members
}
