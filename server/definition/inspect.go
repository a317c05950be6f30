package definition

import (
	"container/list"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/problem"
)

// inspected is what is known of a text for good: the same text is always read
// and checked alike. Nobody changes it.
type inspected struct {
	def      *graph.Definition // nil when the text has not the shape of one
	findings []graph.Finding   // of the shape, or of the check
	roles    []portable.Ref    // that it names
}

// checksKept bounds the memory of checked drafts; few are being drawn at a time.
const checksKept = 20

// inspect reads and checks a text, which may not even have the shape of a
// definition. Checking thousands of nodes takes longer than sending them, and an
// open draft is read again and again.
func (s *Service) inspect(process json.RawMessage) inspected {
	sum := sha256.Sum256(process)
	key, lasting := string(sum[:]), true
	if s.Surroundings != nil {
		mark, err := s.Surroundings()
		key, lasting = key+mark, err == nil
	}
	if seen, ok := s.checks.get(key); ok && lasting {
		return seen
	}
	def, err := graph.Parse(process)
	if err != nil {
		var shape *graph.DecodeError
		if errors.As(err, &shape) {
			return inspected{findings: shape.Problems}
		}
		return inspected{findings: []graph.Finding{{Code: "malformed", Severity: graph.Error, Message: err.Error()}}}
	}
	seen := inspected{def: def, roles: s.rolesNamed(process)}
	_, seen.findings = s.Check(def)
	if lasting && !calls(def.Nodes) { // what a called process declares may change meanwhile
		s.checks.put(key, seen)
	}
	return seen
}

func calls(nodes []graph.NodeDefinition) bool {
	return slices.ContainsFunc(nodes, func(n graph.NodeDefinition) bool { return n.Kind == "callActivity" || calls(n.Nodes) })
}

// findings of a text.
func (s *Service) findings(process json.RawMessage) []graph.Finding {
	return s.findingsOf(s.inspect(process))
}

// findingsOf adds what depends on the hour and on who is there.
func (s *Service) findingsOf(seen inspected) []graph.Finding {
	findings := append([]graph.Finding{}, seen.findings...)
	if seen.def == nil {
		return findings
	}
	if seen.def.Name != "" && problem.Blank(seen.def.Name) { // without a name is found by the check
		findings = append(findings, graph.Finding{Code: "missing_name", Severity: graph.Error, Path: "/name", Message: "the process needs a name"})
	}
	findings = append(findings, s.scheduleFindings(seen.def)...)
	findings = append(findings, secretFindings(seen.def.Nodes, "", s.Secret, s.SecretGoes, s.takesSecrets)...)
	findings = append(findings, callFindings(seen.def.Nodes, "", s.Callable)...)
	if s.Directory != nil {
		findings = append(findings, unknownRecipients(seen.def.Nodes, "", s.Directory)...)
		findings = append(findings, nobodyToAsk(seen.def.Nodes, "", s.Directory)...)
		findings = append(findings, unknownRoles(seen, s.Directory)...)
	}
	return findings
}

// recent keeps the values that were used last. Safe for concurrent use.
type recent[V any] struct {
	max   int
	mu    sync.Mutex
	order *list.List // of kept, most recently used first
	byID  map[string]*list.Element
}

type kept[V any] struct {
	id    string
	value V
}

func newRecent[V any](max int) *recent[V] {
	return &recent[V]{max: max, order: list.New(), byID: map[string]*list.Element{}}
}

func (c *recent[V]) get(id string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		var none V
		return none, false
	}
	c.order.MoveToFront(e)
	return e.Value.(kept[V]).value, true
}

func (c *recent[V]) put(id string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byID[id]; ok {
		return
	}
	c.byID[id] = c.order.PushFront(kept[V]{id, v})
	if c.order.Len() > c.max {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byID, last.Value.(kept[V]).id)
	}
}
