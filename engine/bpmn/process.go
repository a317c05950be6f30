package bpmn

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// node, flow and scope are a process while it is being read.
type node struct {
	el      *element
	d       graph.NodeDefinition
	scope   *scope
	in, out []*flow
	inner   *scope
	dropped bool
	mapped  graph.NodeDefinition // before the overlay
}

type flow struct {
	el       *element // nil for one that stands for a link
	d        graph.Flow
	from, to *node
	dropped  bool
	mapped   graph.Flow
}

type scope struct {
	el     *element
	host   *node
	parent *scope
	nodes  []*node
	flows  []*flow
}

// process reads one process element.
type process struct {
	im         *importer
	el         *element
	top        *scope
	def        *graph.Definition
	executable bool
	nodes      map[*element]*node
	all        []*node
	flows      []*flow
	variables  map[string]bool // names that expressions use
	declared   map[string]bool
	used       map[string]bool   // ids given out
	roots      map[*element]bool // elements of the root that the definition holds
	dissolved  []*element        // elements of the process without counterpart
	language   string
	noteOf     map[*element]int // annotation -> index among the notes
}

func (im *importer) readProcess(e *element) *graph.Definition {
	p := &process{im: im, el: e, nodes: map[*element]*node{}, variables: map[string]bool{}, declared: map[string]bool{}, used: map[string]bool{}, roots: map[*element]bool{},
		language: im.root.attr("expressionLanguage")}
	im.read = append(im.read, p)
	p.executable = e.attr("isExecutable") == "true" || im.opts.Runnable
	p.def = &graph.Definition{Format: graph.Format, Key: im.keys[e.attr("id")], Name: firstOf(e.attr("name"), im.participantName(e), e.attr("id"), "Process")}
	p.def.Name = cut(p.def.Name, graph.MaxName)
	p.def.Description = documentation(e)
	if !p.executable {
		p.def.Executable = new(bool)
		im.warn(e, "not_executable")
	}
	if e.attr("processType") == "Public" && p.executable {
		im.warn(e, "public_process")
	}
	p.namedItems()
	top := &scope{el: e}
	p.top = top
	p.collect(top, 0)
	p.resolveFlows()
	for _, n := range p.all {
		p.node(n)
	}
	for _, n := range p.all {
		p.flowOrder(n)
	}
	p.boundaries()
	p.rules(top)
	p.links()
	p.startingGateways()
	p.overlays()
	p.handlers()
	p.dropOrphans()
	p.notes()
	p.place(top)
	p.keep(top)
	p.def.Nodes, p.def.Flows = assemble(top)
	p.declareVariables()
	return p.def
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return strings.TrimSpace(t)
		}
	}
	return ""
}

// cut shortens a text to a number of characters and takes out control characters.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffd || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

func (im *importer) participantName(p *element) string {
	for _, c := range im.root.kids {
		if !c.is(nsModel, "collaboration") {
			continue
		}
		for _, k := range c.kids {
			if k.is(nsModel, "participant") && im.find(k.attr("processRef")) == p {
				return k.attr("name")
			}
		}
	}
	return ""
}

func documentation(e *element) string {
	var parts []string
	for _, k := range e.kids {
		if k.is(nsModel, "documentation") && strings.TrimSpace(k.text) != "" {
			parts = append(parts, strings.TrimSpace(k.text))
		}
	}
	text := strings.Join(parts, "\n\n")
	if r := []rune(text); len(r) > 10_000 {
		return string(r[:10_000])
	}
	return text
}

// soften refuses what an executable process needs and only warns for a drawing.
func (p *process) soften(e *element, rule string, parts ...string) {
	if p.executable {
		p.im.refuse(e, rule, parts...)
	} else {
		p.im.warn(e, rule, parts...)
	}
}

// expression translates a text of the file; ok is false when it was refused.
func (p *process) expression(e *element, source, language string) (string, bool) {
	if strings.TrimSpace(source) == "" {
		p.soften(e, "empty_expression")
		return "", false
	}
	t := &translation{dialect: dialectOf(source, language, p.language), names: p.variables}
	text, err := t.expression(source)
	if err != nil {
		position := 0
		var l *languageError
		if errors.As(err, &l) {
			position = l.offset + 1
		}
		p.soften(e, "expression", "text", source, "position", strconv.Itoa(position), "problem", err.Error(), "language", t.dialect.String())
		return "", false
	}
	return text, true
}

// value translates what may be a literal text or an expression.
func (p *process) value(e *element, source string) json.RawMessage {
	d := dialectOf(source, "", "")
	if d == plain {
		return literal(source)
	}
	text, ok := p.expression(e, source, "")
	if !ok {
		return nil
	}
	if s, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		return literal(s) // ="PT5S" is a literal
	}
	return expressionValue(text)
}

func literal(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and maps of them
	}
	return raw
}

func expressionValue(text string) json.RawMessage {
	return literal(map[string]string{"expr": text})
}

// spelled puts another character in the place of those that our names cannot hold.
func spelled(name string, instead rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return instead
	}, name)
}

// identifier gives an element an id that our format can hold.
func (p *process) identifier(e *element) string {
	id := e.attr("id")
	clean := spelled(id, '_')
	if len(clean) > graph.MaxIDLength {
		clean = clean[:graph.MaxIDLength-8]
	}
	if clean == "" {
		clean = e.local
	}
	base := clean
	for n := 2; p.used[clean]; n++ {
		clean = base + "_" + strconv.Itoa(n)
	}
	p.used[clean] = true
	if id != "" && clean != id && p.im.find(id) == e {
		p.im.warn(e, "id_changed", "id", id, "now", clean)
	}
	return clean
}

// collect makes nodes and flows of one container and of those inside it.
func (p *process) collect(s *scope, depth int) {
	for _, k := range s.el.kids {
		if k.space != nsModel {
			continue
		}
		switch {
		case isFlowNode(k.local):
			n := &node{el: k, scope: s}
			n.d.ID = p.identifier(k)
			n.d.Name = cut(k.attr("name"), graph.MaxName)
			n.d.Description = documentation(k)
			s.nodes = append(s.nodes, n)
			p.nodes[k] = n
			p.all = append(p.all, n)
			if isContainer(k.local) {
				if depth >= 15 {
					p.im.refuse(k, "nested_too_deep")
					continue
				}
				n.inner = &scope{el: k, host: n, parent: s}
				p.collect(n.inner, depth+1)
			}
		case k.local == "sequenceFlow":
			f := &flow{el: k}
			f.d.ID = p.identifier(k)
			s.flows = append(s.flows, f)
			p.flows = append(p.flows, f)
		case k.local == "dataObject" || k.local == "property" && s.host == nil:
			p.dataObject(s, k)
		case isChoreography(k.local):
			p.im.refuse(k, "choreography")
		}
	}
	if len(p.all) > graph.MaxNodes || len(p.flows) > graph.MaxFlows {
		p.im.refuse(s.el, "file_too_large", "problem", fmt.Sprintf("a process may have %d nodes and %d flows", graph.MaxNodes, graph.MaxFlows))
	}
}

// dataObject makes a variable of a data object or property, by its name.
func (p *process) dataObject(s *scope, e *element) {
	name := firstOf(e.attr("name"), p.referenceName(e), e.attr("id"))
	if name == "" {
		return
	}
	v := graph.Variable{Name: variableName(name), Type: "any", Multiple: e.attr("isCollection") == "true"}
	if v.Name != name {
		v.Label = cut(name, graph.MaxName)
	}
	if s.host != nil {
		for _, known := range s.host.d.Variables {
			if known.Name == v.Name {
				return
			}
		}
		s.host.d.Variables = append(s.host.d.Variables, v)
		return
	}
	if !p.declared[v.Name] {
		p.declared[v.Name] = true
		p.def.Variables = append(p.def.Variables, v)
	}
}

// referenceName is the name of the first reference to a data object, which is
// what modelers show.
func (p *process) referenceName(object *element) string {
	for _, k := range p.im.parents[object].kids {
		if k.is(nsModel, "dataObjectReference") && k.attr("dataObjectRef") == object.attr("id") && k.attr("name") != "" {
			return k.attr("name")
		}
	}
	return ""
}

// declareVariables declares what expressions use and nobody declares.
func (p *process) declareVariables() {
	var names []string
	for name := range p.variables {
		if !p.declared[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		p.declared[name] = true
		p.def.Variables = append(p.def.Variables, graph.Variable{Name: name, Type: "any"})
	}
}

// resolveFlows connects flows with their ends.
func (p *process) resolveFlows() {
	for _, s := range p.scopes() {
		for _, f := range s.flows {
			p.flow(s, f)
		}
	}
	for _, n := range p.all {
		p.flowLists(n)
	}
}

// scopes lists all containers, outer ones first.
func (p *process) scopes() []*scope {
	var out []*scope
	var walk func(*scope)
	walk = func(s *scope) {
		out = append(out, s)
		for _, n := range s.nodes {
			if n.inner != nil {
				walk(n.inner)
			}
		}
	}
	walk(p.top)
	return out
}

func (p *process) flow(s *scope, f *flow) {
	f.d.Name = cut(f.el.attr("name"), graph.MaxName)
	from, to := p.flowEnd(s, f, "sourceRef"), p.flowEnd(s, f, "targetRef")
	if from == nil || to == nil {
		f.dropped = true
		return
	}
	f.from, f.to = from, to
	f.d.From, f.d.To = from.d.ID, to.d.ID
	from.out, to.in = append(from.out, f), append(to.in, f)
	if f.el.attr("isImmediate") == "false" {
		p.im.warn(f.el, "is_immediate")
	}
	c := f.el.child(nsModel, "conditionExpression")
	switch {
	case c == nil:
		return
	case from.el.local == "parallelGateway":
		p.im.warn(f.el, "parallel_condition")
		return
	case from.el.local == "eventBasedGateway":
		p.im.warn(f.el, "event_gateway_condition")
		return
	case from.el.attr("default") == f.el.attr("id") && f.el.attr("id") != "":
		p.im.warn(f.el, "default_condition")
		return
	}
	if c.attrNS(nsSchema, "type") == "" {
		p.im.warn(f.el, "missing_type")
	}
	if text, ok := p.expression(f.el, c.text, c.attr("language")); ok {
		f.d.When = text
	}
}

func (p *process) flowEnd(s *scope, f *flow, what string) *node {
	ref := f.el.attr(what)
	if strings.TrimSpace(ref) == "" {
		p.im.refuse(f.el, "dangling_reference", "what", what, "id", ref)
		return nil
	}
	e := p.im.reference(f.el, what, ref)
	if e == nil {
		return nil
	}
	n := p.nodes[e]
	switch {
	case n == nil && isFlowNode(e.local):
		p.im.refuse(f.el, "flow_crosses_scope", "id", ref)
		return nil
	case n == nil:
		p.im.refuse(f.el, "wrong_reference", "what", what, "id", ref, "kind", e.local)
		return nil
	case n.scope != s:
		// Some tools write flows of a sub-process beside it; both ends tell where it belongs.
		p.im.refuse(f.el, "flow_crosses_scope", "id", ref)
		return nil
	}
	return n
}

// flowLists compares the lists of incoming and outgoing flows with the flows.
func (p *process) flowLists(n *node) {
	for _, side := range []struct {
		list  string
		flows []*flow
	}{{"incoming", n.in}, {"outgoing", n.out}} {
		var named []string
		for _, k := range n.el.kids {
			if k.is(nsModel, side.list) {
				named = append(named, strings.TrimSpace(k.text))
			}
		}
		if len(named) == 0 {
			continue // many tools leave them out
		}
		same := len(named) == len(side.flows)
		for _, f := range side.flows {
			same = same && slices.ContainsFunc(named, func(ref string) bool { return p.im.find(ref) == f.el })
		}
		if !same {
			p.im.warn(n.el, "flow_lists", "list", side.list)
		}
	}
}

// flowOrder keeps the order of a gateway's outgoing list where it differs from
// the order of the document.
func (p *process) flowOrder(n *node) {
	var listed []*flow
	for _, k := range n.el.kids {
		if !k.is(nsModel, "outgoing") {
			continue
		}
		for _, f := range n.out {
			if p.im.find(strings.TrimSpace(k.text)) == f.el && !slices.Contains(listed, f) {
				listed = append(listed, f)
			}
		}
	}
	if len(listed) == len(n.out) && !slices.Equal(listed, n.out) {
		for i, f := range listed {
			f.d.Order = i + 1
		}
	}
	if id := n.el.attr("default"); id != "" {
		f := p.im.find(id)
		i := slices.IndexFunc(n.out, func(o *flow) bool { return o.el == f })
		if f == nil || i < 0 {
			p.im.refuse(n.el, "bad_default", "id", id)
		} else {
			n.d.Default = n.out[i].d.ID
		}
	}
}

// assemble nests the nodes of inner scopes.
func assemble(s *scope) ([]graph.NodeDefinition, []graph.Flow) {
	nodes, flows := []graph.NodeDefinition{}, []graph.Flow{}
	for _, n := range s.nodes {
		if n.dropped {
			continue
		}
		if n.inner != nil {
			n.d.Nodes, n.d.Flows = assemble(n.inner)
		}
		nodes = append(nodes, n.d)
	}
	for _, f := range s.flows {
		if !f.dropped {
			flows = append(flows, f.d)
		}
	}
	return nodes, flows
}
