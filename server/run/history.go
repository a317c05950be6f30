package run

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/schemas/node"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Line is one record of a run for people.
type Line struct {
	Seq       int64            `json:"seq"`
	At        docstore.Instant `json:"at"`
	Kind      core.RecordKind  `json:"kind"`
	Node      string           `json:"node,omitempty"`
	NodeName  string           `json:"nodeName,omitempty"`
	Flow      string           `json:"flow,omitempty"`
	Wait      string           `json:"wait,omitempty"`
	Actor     string           `json:"actor,omitempty"`
	ActorName string           `json:"actorName,omitempty"`
	Body      map[string]any   `json:"body,omitempty"`
	Text      string           `json:"text"`
}

// History reads records from a number on, in words of a language.
func (s *Service) History(ctx context.Context, id string, from int64, limit int, language string) ([]Line, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	records, err := s.Store.Records(ctx, r.ID, from, limit)
	if err != nil {
		return nil, fmt.Errorf("records of run %s: %w", id, err)
	}
	return s.Words(ctx, r.DefinitionKey, r.Version, records, language)
}

// Lines puts records into words.
func (s *Service) Lines(ctx context.Context, process json.RawMessage, records []core.Record, language string) ([]Line, error) {
	nodes, err := steps(process, language)
	if err != nil {
		return nil, err
	}
	return s.lines(ctx, nodes, records, language)
}

func (s *Service) lines(ctx context.Context, nodes map[string]step, records []core.Record, language string) ([]Line, error) {
	actors := make([]string, 0, len(records))
	for _, rec := range records {
		if rec.Actor != "" {
			actors = append(actors, rec.Actor)
		}
	}
	people, err := s.People.Names(ctx, actors)
	if err != nil {
		return nil, err
	}
	out := make([]Line, 0, len(records))
	for _, rec := range records {
		out = append(out, Line{Seq: rec.Seq, At: instant(rec.At), Kind: rec.Kind, Node: string(rec.Node), NodeName: nodes[string(rec.Node)].name, Flow: string(rec.Flow),
			Wait: string(rec.Wait), Actor: rec.Actor, ActorName: people[rec.Actor], Body: rec.Body, Text: words(rec, nodes, people[rec.Actor], language)})
	}
	return out, nil
}

// step is what people call a node, and its outcomes.
type step struct {
	name     string
	outcomes map[string]string
}

// kindTexts are the names of node kinds and robots in every language.
var kindTexts = sync.OnceValue(func() map[string]node.Descriptor {
	out := map[string]node.Descriptor{}
	for _, key := range node.Keys() {
		if d, ok := node.Describe(key); ok {
			out[key] = d
		}
	}
	return out
})

// called is what people call a node: its name, else its kind, as the drawing does.
func called(n graph.NodeDefinition, language string) string {
	if n.Name != "" {
		return n.Name
	}
	key := n.Kind
	if n.Robot != "" {
		key = n.Robot
	}
	if d, ok := kindTexts()[key]; ok {
		return d.Text(language).Title
	}
	return n.ID
}

// steps maps node ids to what people call them.
func steps(process json.RawMessage, language string) (map[string]step, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("names of nodes: %w", err)
	}
	out := map[string]step{}
	var walk func([]graph.NodeDefinition)
	walk = func(nodes []graph.NodeDefinition) {
		for _, n := range nodes {
			s := step{name: called(n, language)}
			var config struct {
				Outcomes []struct{ Name, Label string }
			}
			if len(n.Config) > 0 && json.Unmarshal(n.Config, &config) == nil {
				s.outcomes = make(map[string]string, len(config.Outcomes))
				for _, o := range config.Outcomes {
					s.outcomes[o.Name] = o.Label
				}
			}
			out[n.ID] = s
			walk(n.Nodes)
		}
	}
	walk(def.Nodes)
	return out, nil
}
