package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Answer is what a robot or a person brought at a step of a run, as a rehearsal
// can give it again.
type Answer struct {
	Run       string           `json:"run"`
	Version   int              `json:"version"`
	Node      string           `json:"node"`
	At        docstore.Instant `json:"at"`
	Outcome   string           `json:"outcome,omitempty"`
	Port      string           `json:"port,omitempty"`
	Result    map[string]any   `json:"result,omitempty"`
	Variables map[string]any   `json:"variables,omitempty" doc:"variables that a robot set"`
	Error     string           `json:"error,omitempty" doc:"code of the error that it threw"`
	Hidden    []string         `json:"hidden,omitempty" doc:"values that may be secrets and were left out"`
}

// runsRead bounds the runs in which the last answer of a step is looked for.
const runsRead = 20

// answering are the kinds of nodes that somebody else answers.
var answering = []string{"robot", "userTask", "approval", "acknowledge", "requestInformation"}

// Answers reads what robots and people brought in a run, oldest first.
func (s *Service) Answers(ctx context.Context, id string) ([]Answer, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.answersOf(ctx, r)
}

// LastAnswers reads for each step what it brought in the newest run that has
// come through it, of the newest runs that the query finds.
func (s *Service) LastAnswers(ctx context.Context, q Query) ([]Answer, error) {
	q.Limit, q.Cursor = runsRead, ""
	runs, _, err := s.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out, known := []Answer{}, map[string]bool{}
	for _, one := range runs {
		all, err := s.Answers(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if !known[a.Node] {
				out = append(out, a)
			}
		}
		for _, a := range all {
			known[a.Node] = true
		}
	}
	return out, nil
}

func (s *Service) answersOf(ctx context.Context, r store.Run) ([]Answer, error) {
	process, err := s.processOf(ctx, r)
	if err != nil {
		return nil, err
	}
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("steps of run %s: %w", r.ID, err)
	}
	f := answers{kinds: map[string]string{}, last: map[core.NodeID]int{}}
	f.learn(def.Nodes)
	if err := s.eachRecord(ctx, r.ID, r.Seq, f.add); err != nil {
		return nil, err
	}
	out := []Answer{}
	for _, a := range f.all {
		a.Run, a.Version = string(r.ID), r.Version
		a.Result = a.plain("/result", a.Result)
		a.Variables = a.plain("/variables", a.Variables)
		out = append(out, a)
	}
	return out, nil
}

// answers folds the records of a run.
type answers struct {
	kinds map[string]string // of nodes that are answered
	all   []Answer
	last  map[core.NodeID]int // index of the latest answer of a node
}

func (f *answers) learn(nodes []graph.NodeDefinition) {
	for _, n := range nodes {
		if slices.Contains(answering, n.Kind) {
			f.kinds[n.ID] = n.Kind
		}
		f.learn(n.Nodes)
	}
}

func (f *answers) add(r core.Record) {
	kind, answered := f.kinds[string(r.Node)]
	if !answered {
		return
	}
	switch r.Kind {
	case core.RecordEffectCompleted:
		result, _ := r.Body["result"].(map[string]any)
		f.begin(r, Answer{Result: result, Error: text(r.Body["error"], "code")})
	case core.RecordTaskCompleted:
		if r.Body["timedOut"] == true {
			return // nobody has answered
		}
		outcome, _ := r.Body["outcome"].(string)
		f.begin(r, Answer{Outcome: outcome, Result: r.Body})
	case core.RecordErrorThrown:
		f.begin(r, Answer{Error: text(r.Body, "code")})
	case core.RecordVariablesChanged:
		// What a task fills in is set by its result again.
		if i, ok := f.last[r.Node]; ok && kind == "robot" && r.Actor == "" && f.all[i].Variables == nil {
			f.all[i].Variables = r.Body
		}
	case core.RecordNodeLeft:
		if i, ok := f.last[r.Node]; ok && kind == "robot" {
			f.all[i].Port, _ = r.Body["port"].(string)
		}
		delete(f.last, r.Node)
	default:
	}
}

func (f *answers) begin(r core.Record, a Answer) {
	a.Node, a.At = string(r.Node), instant(r.At)
	f.last[r.Node] = len(f.all)
	f.all = append(f.all, a)
}

func text(of any, name string) string {
	members, _ := of.(map[string]any)
	found, _ := members[name].(string)
	return found
}

// plain is a copy of values without what may be a secret.
func (a *Answer) plain(at string, values map[string]any) map[string]any {
	if values == nil {
		return nil
	}
	out, _ := a.without(at, values).(map[string]any)
	return out
}

func (a *Answer) without(at string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if audit.SecretKey(name) {
				a.Hidden = append(a.Hidden, at+"/"+name)
				continue
			}
			out[name] = a.without(at+"/"+name, v[name])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = a.without(fmt.Sprintf("%s/%d", at, i), inner)
		}
		return out
	case json.RawMessage:
		var inner any
		if json.Unmarshal(v, &inner) != nil {
			return nil
		}
		return a.without(at, inner)
	default:
		return v
	}
}
