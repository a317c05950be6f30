package repair

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/fluxo-app/fluxo/engine/store"
)

// labels are the names of the steps of published versions, which never change.
type labels struct {
	mu    sync.Mutex
	known map[string]map[string]string
}

// remembered bounds the versions whose names are kept.
const remembered = 200

// labelsOf are the names of the steps of a version, also inside sub-processes;
// a step without a name is called by its id.
func (s *Service) labelsOf(ctx context.Context, definition string, version int) (map[string]string, error) {
	key := fmt.Sprintf("%s@%d", definition, version)
	s.labels.mu.Lock()
	found, ok := s.labels.known[key]
	s.labels.mu.Unlock()
	if ok {
		return found, nil
	}
	text, err := s.Definitions.Process(ctx, definition, version)
	if err != nil {
		return nil, err
	}
	type step struct {
		ID    string          `json:"id"`
		Name  string          `json:"name"`
		Nodes json.RawMessage `json:"nodes"`
	}
	found = map[string]string{}
	var walk func(nodes json.RawMessage) error
	walk = func(nodes json.RawMessage) error {
		if len(nodes) == 0 {
			return nil
		}
		var steps []step
		if err := json.Unmarshal(nodes, &steps); err != nil {
			return fmt.Errorf("steps of %s: %w", key, err)
		}
		for _, n := range steps {
			if found[n.ID] = n.Name; n.Name == "" {
				found[n.ID] = n.ID
			}
			if err := walk(n.Nodes); err != nil {
				return err
			}
		}
		return nil
	}
	var process struct {
		Nodes json.RawMessage `json:"nodes"`
	}
	if err := json.Unmarshal(text, &process); err != nil {
		return nil, fmt.Errorf("steps of %s: %w", key, err)
	}
	if err := walk(process.Nodes); err != nil {
		return nil, err
	}
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	if s.labels.known == nil || len(s.labels.known) >= remembered {
		s.labels.known = map[string]map[string]string{}
	}
	s.labels.known[key] = found
	return found, nil
}

// call gives the places of an outcome the names that people know: lists of many
// runs show several processes, and the reader has none of them at hand.
func (s *Service) call(ctx context.Context, o *Outcome, r store.Run) error {
	for _, a := range []*After{&o.Before, &o.After} {
		if len(a.Nodes) == 0 {
			continue
		}
		version := a.Version
		if version == 0 {
			version = r.Version
		}
		names, err := s.labelsOf(ctx, r.DefinitionKey, version)
		if err != nil && ctx.Err() != nil {
			return err
		} // a version that cannot be read: what is to be done does not hang on names
		a.Names = make([]string, 0, len(a.Nodes))
		for _, n := range a.Nodes {
			name := names[n]
			if name == "" {
				name = n
			}
			a.Names = append(a.Names, name)
		}
	}
	return nil
}
