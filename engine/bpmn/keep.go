package bpmn

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sort"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// kept is what stands under "bpmn" in the x of a node, a flow, a named item, a
// note or a place: the source element, where our own words would not give it back.
type kept struct {
	ID   string `json:"id,omitempty"`   // in the file, where ours differs
	XML  string `json:"xml,omitempty"`  // without what our fields say and what stands elsewhere
	Was  string `json:"was,omitempty"`  // fingerprint of our fields then
	Link bool   `json:"link,omitempty"` // the flow joins two link events
}

// keptFile is what stands under "bpmn" in the x of a definition.
type keptFile struct {
	Definitions string      `json:"definitions,omitempty"`
	Process     kept        `json:"process,omitzero"`
	Unsaid      bool        `json:"unsaid,omitempty"` // the file does not say whether it is executable
	Roots       []string    `json:"roots,omitempty"`  // other elements of the file; an empty one is the place of the process
	Dissolved   []dissolved `json:"dissolved,omitempty"`
	Diagrams    []string    `json:"diagrams,omitempty"`
	Stretch     float64     `json:"stretch,omitempty"`
}

// dissolved is an element that has no node of its own.
type dissolved struct {
	In  string `json:"in,omitempty"` // id of the container; "" = the process
	XML string `json:"xml"`
}

var linkMark = wrap(kept{Link: true})

func wrap(v any) json.RawMessage { return literal(map[string]any{"bpmn": v}) }

func unwrap[T any](x json.RawMessage) (v T) {
	var in struct{ BPMN json.RawMessage }
	if json.Unmarshal(x, &in) == nil && in.BPMN != nil {
		if json.Unmarshal(in.BPMN, &v) != nil {
			var none T
			return none // written by hand: nothing of ours
		}
	}
	return v
}

// others are the members of an x that are not ours.
func others(x json.RawMessage) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(x, &all) != nil {
		return nil
	}
	delete(all, "bpmn")
	return all
}

// withBPMN puts v beside the other members of an x; nothing gives nothing.
func withBPMN(x json.RawMessage, v any, empty bool) json.RawMessage {
	all := others(x)
	if !empty {
		if all == nil {
			all = map[string]json.RawMessage{}
		}
		all["bpmn"] = literal(v)
	}
	if len(all) == 0 {
		return nil
	}
	return literal(all)
}

func fingerprint(v any) string {
	sum := sha256.Sum256(literal(v))
	return hex.EncodeToString(sum[:6])
}

// bare is a node without what the element's own attributes and children say.
func bare(n graph.NodeDefinition) graph.NodeDefinition {
	n.ID, n.Name, n.Description, n.Default, n.AttachedTo, n.Nodes, n.Flows, n.Variables, n.X = "", "", "", "", "", nil, nil, nil, nil
	return n
}

func nodePrint(n graph.NodeDefinition) string { return fingerprint(bare(n)) }

func flowPrint(f graph.Flow) string { return fingerprint(f.When) }

// ranks is the order of children that the BPMN schema asks for.
var ranks = map[string]int{"documentation": 1, "extensionElements": 2, "auditing": 3, "monitoring": 4, "categoryValue": 5, "participant": 5, "messageFlow": 6,
	"incoming": 6, "outgoing": 7, "ioSpecification": 10, "ioBinding": 11, "property": 12, "dataInput": 13, "dataOutput": 13, "dataInputAssociation": 14,
	"dataOutputAssociation": 15, "inputSet": 16, "outputSet": 16, "resourceRole": 17, "performer": 17, "humanPerformer": 17, "potentialOwner": 17,
	"standardLoopCharacteristics": 18, "multiInstanceLoopCharacteristics": 18, "eventDefinitionRef": 20, "laneSet": 21, "sequenceFlow": 23,
	"association": 26, "group": 26, "textAnnotation": 26, "completionCondition": 28, "correlationSubscription": 29, "supports": 30,
	"dataObject": 24, "dataObjectReference": 24, "dataStoreReference": 24}

func rank(parent, e *element) int {
	switch {
	case e.space != nsModel:
		return 22
	case strings.HasSuffix(e.local, "EventDefinition"):
		return 19
	case parent.local == "process" && ranks[e.local] == 17:
		return 27
	case ranks[e.local] > 0:
		return ranks[e.local]
	}
	return 22
}

// normal sorts the children of flow elements and containers as the schema orders them.
func normal(e *element) {
	if e.space != nsModel || !isFlowNode(e.local) && e.local != "process" {
		return
	}
	sort.SliceStable(e.kids, func(i, j int) bool { return rank(e, e.kids[i]) < rank(e, e.kids[j]) })
}

// source copies an element of the file without what our format holds.
func (p *process) source(e *element, attrs ...string) *element {
	c := e.without(func(k *element) bool {
		switch {
		case k.space == nsModel && (k.local == "incoming" || k.local == "outgoing"):
			return true
		case !isContainer(e.local) && e.local != "process" || k.space != nsModel:
			return false
		}
		return isFlowNode(k.local) || k.local == "sequenceFlow" || k.local == "textAnnotation" || p.noteLink(k)
	})
	for _, a := range attrs {
		c.set(a, "")
	}
	docs := 0
	for _, k := range c.kids {
		if k.is(nsModel, "documentation") {
			docs++
		}
	}
	kids := c.kids[:0:0]
	for _, k := range c.kids {
		if k.is(nsModel, "documentation") && docs == 1 && len(k.attrs) == 0 && len([]rune(k.text)) <= 10_000 && strings.TrimSpace(k.text) == k.text {
			continue // our description
		}
		if k.is(nsModel, "extensionElements") {
			k = k.without(func(x *element) bool { return x.space == nsOurs })
			if len(k.kids) == 0 {
				continue
			}
		}
		kids = append(kids, k)
	}
	c.kids = kids
	normal(c)
	return c
}

// noteLink tells whether an association only ties a note of ours to its node.
func (p *process) noteLink(k *element) bool {
	if !k.is(nsModel, "association") || len(k.kids) > 0 || len(k.attrs) != 3 {
		return false
	}
	note := strings.TrimSuffix(k.attr("id"), "_link")
	return note != k.attr("id") && note == k.attr("targetRef") && p.im.find(note) != nil
}

// keepElement compares what the file says with what export would say by itself.
func (p *process) keepElement(e *element, id string, generated *element, print string, attrs ...string) (kept, bool) {
	attrs = append(attrs, "id", "name")
	k := kept{}
	if e.attr("id") != id {
		k.ID = e.attr("id")
	}
	src := p.source(e, attrs...)
	for _, a := range attrs {
		generated.set(a, "")
	}
	generated.kids = slices.DeleteFunc(generated.kids, func(c *element) bool { return c.is(nsModel, "documentation") })
	normal(generated)
	if !sameTree(src, generated) {
		k.XML, k.Was = fragment(src, p.im.scope), print
	}
	return k, k != kept{}
}

// keep stores what export must give back.
func (p *process) keep(top *scope) {
	x := &exporter{names: p.namesForExport(), xmlIDs: map[string]string{}, prefix: p.im.modelPrefix()}
	for _, n := range p.all {
		x.xmlIDs[n.d.ID] = n.el.attr("id")
		if h := p.byID(n.d.Handler); h != nil {
			x.handlers = append(x.handlers, h.d.ID)
		}
	}
	for _, n := range p.all {
		if n.dropped {
			continue
		}
		mapped := n.mapped
		if n.d.Kind == "callActivity" && calledBy(&n.d) == p.def.Key {
			mapped.Config = n.d.Config // its own key, as our export wrote it, may not be the one made of its id
		}
		k, has := p.keepElement(n.el, n.d.ID, x.generate(&mapped), nodePrint(n.d), "default", "attachedToRef")
		n.d.X = withBPMN(n.d.X, k, !has)
	}
	for _, f := range p.flows {
		if f.dropped || f.el == nil {
			continue
		}
		k, has := p.keepElement(f.el, f.d.ID, x.generateFlow(&f.mapped), flowPrint(f.d), "sourceRef", "targetRef")
		f.d.X = withBPMN(f.d.X, k, !has)
	}
	for e, i := range p.noteOf {
		note := &p.def.Notes[i]
		k, has := p.keepElement(e, note.ID, x.generateNote(e.attr("id"), note), fingerprint(note.Text))
		note.X = withBPMN(note.X, k, !has)
	}
	p.keepPlaces(x)
	p.keepFile(top, x)
}

func (p *process) keepNamed(item *graph.Named, e *element) {
	x := &exporter{prefix: p.im.modelPrefix()}
	src := e.without(func(*element) bool { return false })
	id, print := src.attr("id"), fingerprint([2]string{item.Name, item.Code})
	gen := x.generateNamed(e.local, *item)
	k := kept{}
	if gen.attr("id") != id {
		k.ID = id
	}
	gen.set("id", "")
	src.set("id", "")
	if !sameTree(src, gen) {
		k.XML, k.Was = fragment(src, p.im.scope), print
	}
	item.X = withBPMN(item.X, k, k == kept{})
}

// standard are the declarations that export writes by itself.
var standard = []declaration{{"bpmn", nsModel}, {"bpmndi", nsDiagram}, {"dc", nsDC}, {"di", nsDI}, {"fluxo", nsOurs}, {"xsi", nsSchema}}

// modelPrefix is how the file writes elements of BPMN.
func (im *importer) modelPrefix() string {
	if p, ok := im.scope.prefixOf(nsModel, false); ok {
		return p
	}
	return "bpmn"
}

// keepFile stores the file around the process.
func (p *process) keepFile(top *scope, x *exporter) {
	root := p.im.root
	f := keptFile{}
	shallow := root.without(func(*element) bool { return true })
	shallow.declared = slices.DeleteFunc(slices.Clone(root.declared), func(d declaration) bool { return slices.Contains(standard, d) })
	fresh := x.generateDefinitions(p.def)
	fresh.declared = nil
	if !sameTree(shallow, fresh) || len(shallow.declared) > 0 {
		f.Definitions = fragment(shallow, nil)
	}
	generated := x.generateProcess(p.def)
	if k, has := p.keepElement(p.el, p.def.Key, generated, "", "isExecutable"); has {
		f.Process = k
	}
	f.Unsaid = !p.el.has("isExecutable")
	roots, plain := []string{}, true
	ordered := slices.Clone(root.kids)
	slices.SortStableFunc(ordered, func(a, b *element) int { return rootRank(a) - rootRank(b) })
	for _, e := range ordered {
		switch {
		case e == p.el:
			roots = append(roots, "")
		case e.space == nsDiagram && e.local == "BPMNDiagram", p.roots[e]:
		default:
			roots, plain = append(roots, fragment(e, p.im.scope)), false
		}
	}
	if !plain {
		f.Roots = roots
	}
	for _, e := range p.dissolved {
		in := ""
		if parent := p.im.parents[e]; parent != nil && p.nodes[parent] != nil {
			in = p.nodes[parent].d.ID
		}
		f.Dissolved = append(f.Dissolved, dissolved{in, fragment(e, p.im.scope)})
	}
	f.Diagrams = p.keepDiagrams(x)
	if p.im.stretch != 1 && len(p.def.Layout) > 0 {
		f.Stretch = p.im.stretch
	}
	empty, _ := json.Marshal(keptFile{})
	now, _ := json.Marshal(f)
	p.def.X = withBPMN(p.def.X, f, bytes.Equal(empty, now))
}

// namesForExport finds the ids of messages, signals, errors and escalations.
func (p *process) namesForExport() map[string]string {
	out := map[string]string{}
	for _, e := range p.im.root.kids {
		if e.space != nsModel || !p.roots[e] {
			continue
		}
		switch e.local {
		case "message", "signal":
			put(out, e.local, cut(firstOf(e.attr("name"), e.attr("id")), graph.MaxName), e.attr("id"))
		case "error":
			put(out, e.local, cut(strings.TrimSpace(e.attr("errorCode")), 100), e.attr("id"))
		case "escalation":
			put(out, e.local, cut(strings.TrimSpace(e.attr("escalationCode")), 100), e.attr("id"))
		}
	}
	return out
}

// put remembers the first id of a name.
func put(names map[string]string, kind, name, id string) {
	if _, known := names[kind+"\x00"+name]; !known {
		names[kind+"\x00"+name] = id
	}
}

// overlays applies what our own export wrote beside the standard's words.
func (p *process) overlays() {
	for _, n := range p.all {
		n.mapped = n.d
		ext := extension(n.el, nsOurs, "node")
		if ext == nil {
			continue
		}
		if ext.attr("as") != "" && ext.attr("as") != n.el.local {
			p.im.warn(n.el, "extension_stale")
			continue
		}
		var d graph.NodeDefinition
		if !overlay(n.d, ext.text, &d) {
			p.im.refuse(n.el, "extension_malformed", "name", "fluxo:node")
			continue
		}
		n.d = d
	}
	for _, f := range p.flows {
		f.mapped = f.d
		if f.el == nil {
			continue
		}
		if ext := extension(f.el, nsOurs, "flow"); ext != nil {
			from, to := f.d.From, f.d.To
			var d graph.Flow
			if !overlay(f.d, ext.text, &d) {
				p.im.refuse(f.el, "extension_malformed", "name", "fluxo:flow")
				continue
			}
			f.d = d
			f.d.From, f.d.To = from, to
		}
	}
	if ext := extension(p.el, nsOurs, "definition"); ext != nil {
		var d graph.Definition
		if !overlay(*p.def, ext.text, &d) {
			p.im.refuse(p.el, "extension_malformed", "name", "fluxo:definition")
		} else {
			*p.def = d
			for _, v := range d.Variables {
				p.declared[v.Name] = true
			}
		}
	}
	p.rename()
}

// saysTimer tells whether our own export wrote down the timer of an event.
func saysTimer(e *element) bool {
	ext := extension(e, nsOurs, "node")
	if ext == nil || ext.attr("as") != "" && ext.attr("as") != e.local {
		return false
	}
	var d struct {
		Trigger *graph.Trigger `json:"trigger"`
	}
	if json.Unmarshal([]byte(ext.text), &d) != nil || d.Trigger == nil {
		return false
	}
	for _, t := range append(append([]graph.Trigger{*d.Trigger}, d.Trigger.Any...), d.Trigger.All...) {
		if t.Timer != nil {
			return true
		}
	}
	return false
}

// namesRobot tells whether our own export wrote down the robot of a task.
func namesRobot(e *element) bool {
	ext := extension(e, nsOurs, "node")
	if ext == nil || ext.attr("as") != "" && ext.attr("as") != e.local {
		return false
	}
	var d struct {
		Robot string `json:"robot"`
	}
	return json.Unmarshal([]byte(ext.text), &d) == nil && d.Robot != ""
}

// overlay replaces members of v by those of a JSON object; null takes one away.
func overlay[T any](v T, object string, into *T) bool {
	var changes, members map[string]json.RawMessage
	if json.Unmarshal([]byte(object), &changes) != nil || changes == nil {
		return false
	}
	if json.Unmarshal(literal(v), &members) != nil {
		return false
	}
	for key, value := range changes {
		switch {
		case key == "nodes" || key == "flows":
		case string(value) == "null":
			delete(members, key)
		default:
			members[key] = value
		}
	}
	dec := json.NewDecoder(bytes.NewReader(literal(members)))
	dec.DisallowUnknownFields()
	return dec.Decode(into) == nil
}

// rename follows ids that the overlay gave back.
func (p *process) rename() {
	now := map[string]string{}
	for _, n := range p.all {
		if n.mapped.ID != n.d.ID {
			now[n.mapped.ID] = n.d.ID
		}
	}
	for _, f := range p.flows {
		if f.mapped.ID != f.d.ID {
			now[f.mapped.ID] = f.d.ID
		}
	}
	if len(now) == 0 {
		return
	}
	for _, n := range p.all {
		for _, ref := range []*string{&n.d.AttachedTo, &n.d.Default, &n.d.Handler} {
			if id, ok := now[*ref]; ok {
				*ref = id
			}
		}
	}
	for _, f := range p.flows {
		if f.from != nil && f.to != nil {
			f.d.From, f.d.To = f.from.d.ID, f.to.d.ID
		}
	}
}
