package docstore

import (
	"encoding/json"
	"fmt"
)

// With adds the members to a body that it lacks.
func With(body json.RawMessage, members map[string]string) (json.RawMessage, error) {
	var tree map[string]json.RawMessage
	if err := json.Unmarshal(body, &tree); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	changed := false
	for name, value := range members {
		if _, has := tree[name]; has {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		tree[name], changed = text, true
	}
	if !changed {
		return body, nil
	}
	return json.Marshal(tree)
}
