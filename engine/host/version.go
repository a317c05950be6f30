package host

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// versions caches compiled versions; a version is immutable, so an entry is
// never wrong. The least recently added goes when the cache is full.
type versions struct {
	graphs Graphs

	mu    sync.RWMutex
	by    map[versionKey]Version
	order []versionKey
}

type versionKey struct {
	key    string
	number int
}

const maxVersions = 512

func newVersions(g Graphs) *versions {
	return &versions{graphs: g, by: map[versionKey]Version{}}
}

func (vs *versions) get(ctx context.Context, key string, number int) (Version, error) {
	vs.mu.RLock()
	v, ok := vs.by[versionKey{key, number}]
	vs.mu.RUnlock()
	if ok {
		return v, nil
	}
	v, err := vs.graphs.Version(ctx, key, number)
	if err != nil {
		return Version{}, fmt.Errorf("version %d of %s: %w", number, key, err)
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	at := versionKey{v.Key, v.Number}
	if _, ok := vs.by[at]; !ok && v.Number > 0 {
		vs.by[at] = v
		vs.order = append(vs.order, at)
		if len(vs.order) > maxVersions {
			delete(vs.by, vs.order[0])
			vs.order = vs.order[1:]
		}
	}
	return v, nil
}

func stack() string { return string(debug.Stack()) }
