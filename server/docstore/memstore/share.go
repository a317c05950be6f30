package memstore

import (
	"context"
	"slices"
	"strings"
)

// Shared implements docstore.Collection.
func (c *collection) Shared(_ context.Context, path, prefix, after string, limit int) ([]string, error) {
	if _, err := c.spec.PlanShared(path, prefix, limit); err != nil {
		return nil, err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	held := map[string]int{}
	for _, e := range c.docs {
		for _, x := range e.entries {
			if value, is := x.Value.(string); is && x.Path == path && strings.HasPrefix(value, prefix) && value > after {
				held[value]++
			}
		}
	}
	out := []string{}
	for value, n := range held {
		if n > 1 {
			out = append(out, value)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), limit)], nil
}
