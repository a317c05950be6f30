package bpmn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Namespaces by address; prefixes of a file mean nothing.
const (
	nsModel    = "http://www.omg.org/spec/BPMN/20100524/MODEL"
	nsDiagram  = "http://www.omg.org/spec/BPMN/20100524/DI"
	nsDC       = "http://www.omg.org/spec/DD/20100524/DC"
	nsDI       = "http://www.omg.org/spec/DD/20100524/DI"
	nsSchema   = "http://www.w3.org/2001/XMLSchema-instance"
	nsCamunda  = "http://camunda.org/schema/1.0/bpmn"
	nsZeebe    = "http://camunda.org/schema/zeebe/1.0"
	nsFlowable = "http://flowable.org/bpmn"
	nsActiviti = "http://activiti.org/bpmn"
	nsOurs     = "https://fluxo.app/schema/bpmn"
)

// Options say how a file is imported.
type Options struct {
	// Robots maps what a service, send, business rule or script task asks for
	// (its job type, topic, class, expression or id; "*" = all others) to the key
	// of a robot, or to UserTask.
	Robots map[string]string
	// Runnable makes processes that the file does not call executable runnable.
	Runnable bool
}

// UserTask as a value of Options.Robots gives the work to a person.
const UserTask = "userTask"

// Result is what came of a file. Definitions are there also when the file is
// refused, as far as it was understood; they must not be stored then.
type Result struct {
	Definitions []*graph.Definition
	Findings    []Finding
	// References say what things are called that the definitions name by ids.
	References []Reference
	refused    bool
}

// Refused tells whether any finding is a refusal.
func (r *Result) Refused() bool { return r.refused }

// Import reads a BPMN file. It never fails otherwise than by findings.
func Import(text []byte, opts Options) *Result {
	im := &importer{opts: opts}
	root, err := parseXML(text, nil)
	var syntax *syntaxError
	switch {
	case errors.As(err, &syntax):
		im.refuse(nil, syntax.rule, "problem", syntax.message)
		if len(im.findings) > 0 {
			im.findings[0].Line, im.findings[0].Column = syntax.line, syntax.column
		}
	case !root.is(nsModel, "definitions"):
		im.refuse(root, "not_bpmn", "name", root.local, "namespace", root.space)
	default:
		im.file(root)
	}
	return &Result{Definitions: im.definitions, Findings: im.sorted(), References: im.references, refused: im.refused}
}

// sorted orders the findings as the file is read; refusals first on one line.
func (im *importer) sorted() []Finding {
	slices.SortStableFunc(im.findings, func(a, b Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if im.findings == nil {
		return []Finding{}
	}
	return im.findings
}

// importer holds what is known of one file.
type importer struct {
	opts     Options
	findings []Finding
	refused  bool
	process  string // id of the one being read, for findings

	root        *element
	scope       *namespaces // of the root
	ids         map[string]*element
	parents     map[*element]*element
	keys        map[string]string // process id -> key
	shapes      map[string]*element
	edges       map[string]*element
	stretch     float64
	definitions []*graph.Definition
	references  []Reference
	read        []*process
}

func (im *importer) file(root *element) {
	im.root = root
	im.scope = &namespaces{here: root.declared}
	im.ids, im.parents = map[string]*element{}, map[*element]*element{}
	im.index(root)
	var processes []*element
	im.keys = map[string]string{}
	for _, e := range root.kids {
		if e.space != nsModel {
			continue
		}
		switch e.local {
		case "process":
			if hasFlowElements(e) || len(root.kids) == 1 {
				processes = append(processes, e)
			}
			im.keys[e.attr("id")] = im.freeKey(e)
		case "choreography", "globalChoreographyTask", "globalConversation", "conversation":
			im.refuse(e, "choreography")
		case "import":
			im.foreignImport(e)
		}
	}
	if len(processes) == 0 {
		for _, e := range root.kids { // an empty process is a process all the same
			if e.is(nsModel, "process") {
				processes = append(processes, e)
			}
		}
	}
	if len(processes) == 0 {
		if !im.refused {
			im.refuse(root, "no_process")
		}
		return
	}
	im.collaboration()
	im.readDiagram()
	for _, e := range processes {
		im.process = e.attr("id")
		im.definitions = append(im.definitions, im.readProcess(e))
		im.readReferences(e)
	}
	im.process = ""
}

func (im *importer) readReferences(process *element) {
	ext := process.child(nsModel, "extensionElements")
	if ext == nil {
		return
	}
	for _, k := range ext.kids {
		if r := (Reference{k.attr("kind"), k.attr("id"), k.attr("name")}); k.is(nsOurs, "reference") && r.ID != "" && r.Name != "" && len(im.references) < maxReferences {
			im.references = append(im.references, r)
		}
	}
}

func hasFlowElements(e *element) bool {
	return slices.ContainsFunc(e.kids, func(k *element) bool { return k.space == nsModel && (isFlowNode(k.local) || k.local == "sequenceFlow") })
}

// freeKey makes the key of a process from its id.
func (im *importer) freeKey(e *element) string {
	base := keyOf(e.attr("id"))
	key := base
	for n := 2; ; n++ {
		taken := false
		for _, k := range im.keys {
			taken = taken || k == key
		}
		if !taken {
			return key
		}
		key = fmt.Sprintf("%s-%d", base, n)
	}
}

// keyOf spells an id as keys are spelled: small letters, digits and hyphens.
func keyOf(id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(id) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 60 {
			break
		}
	}
	if key := strings.Trim(b.String(), "-"); key != "" {
		return key
	}
	return "process"
}

// index finds ids and parents. Diagrams have ids of their own, which nothing refers to.
func (im *importer) index(e *element) {
	if e.space == nsModel {
		if id := e.attr("id"); id != "" {
			if first, taken := im.ids[id]; taken {
				im.refuse(e, "duplicate_id", "id", id, "other", first.local)
			} else {
				im.ids[id] = e
			}
		}
	}
	for _, k := range e.kids {
		if k.space == nsDiagram || k.local == "extensionElements" {
			im.parents[k] = e
			continue
		}
		im.parents[k] = e
		im.index(k)
	}
}

// find resolves a reference, with or without a prefix.
func (im *importer) find(ref string) *element {
	ref = strings.TrimSpace(ref)
	if e := im.ids[ref]; e != nil {
		return e
	}
	if _, local, has := strings.Cut(ref, ":"); has {
		return im.ids[local]
	}
	return nil
}

// reference resolves an attribute that must name an element of some kinds.
// It refuses what dangles or is of the wrong kind; "" is no reference.
func (im *importer) reference(e *element, what, ref string, kinds ...string) *element {
	if strings.TrimSpace(ref) == "" {
		return nil
	}
	target := im.find(ref)
	if target == nil {
		im.refuse(e, "dangling_reference", "what", what, "id", ref)
		return nil
	}
	if len(kinds) > 0 && !slices.Contains(kinds, target.local) {
		im.refuse(e, "wrong_reference", "what", what, "id", ref, "kind", target.local)
		return nil
	}
	return target
}

func (im *importer) foreignImport(e *element) {
	for _, p := range im.root.kids {
		if p.is(nsModel, "process") && p.attr("isExecutable") == "true" {
			im.refuse(e, "foreign_import", "location", e.attr("location"))
			return
		}
	}
}

// collaboration checks message flows: they never move tokens, but one that
// cannot be meant is told.
func (im *importer) collaboration() {
	for _, c := range im.root.kids {
		if !c.is(nsModel, "collaboration") {
			continue
		}
		for _, f := range c.kids {
			switch {
			case f.is(nsModel, "participant"):
				im.reference(f, "processRef", f.attr("processRef"), "process")
			case f.is(nsModel, "messageFlow"):
				im.messageFlow(f)
			case f.is(nsModel, "conversation"), f.is(nsModel, "subConversation"), f.is(nsModel, "callConversation"):
				im.warn(f, "conversation_kept")
			}
		}
	}
}

func (im *importer) messageFlow(f *element) {
	from := im.reference(f, "sourceRef", f.attr("sourceRef"))
	to := im.reference(f, "targetRef", f.attr("targetRef"))
	if from == nil || to == nil {
		return
	}
	a, b := im.processOf(from), im.processOf(to)
	switch {
	case a != nil && a == b:
		im.refuse(f, "message_flow_inside_pool", "from", from.attr("id"), "to", to.attr("id"))
	case from.local == "intermediateCatchEvent" || from.local == "startEvent" || from.local == "boundaryEvent" || from.local == "receiveTask":
		im.refuse(f, "message_flow_direction", "id", from.attr("id"), "kind", from.local)
	case to.local == "intermediateThrowEvent" || to.local == "endEvent" || to.local == "sendTask":
		im.refuse(f, "message_flow_direction", "id", to.attr("id"), "kind", to.local)
	}
}

// processOf finds the process an element stands in; participants stand for theirs.
func (im *importer) processOf(e *element) *element {
	if e.local == "participant" {
		return im.find(e.attr("processRef"))
	}
	for ; e != nil; e = im.parents[e] {
		if e.is(nsModel, "process") {
			return e
		}
	}
	return nil
}

func isFlowNode(local string) bool {
	switch local {
	case "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
		"task", "manualTask", "userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask",
		"callActivity", "subProcess", "transaction", "adHocSubProcess",
		"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway":
		return true
	}
	return false
}

func isActivity(local string) bool {
	return strings.HasSuffix(local, "ask") || strings.HasSuffix(local, "ubProcess") || local == "callActivity" || local == "transaction"
}

func isContainer(local string) bool {
	return local == "subProcess" || local == "transaction" || local == "adHocSubProcess"
}

func isChoreography(local string) bool {
	switch local {
	case "choreographyTask", "subChoreography", "callChoreography":
		return true
	}
	return false
}
