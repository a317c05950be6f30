package httpapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/problem"
)

// why explains a condition about a record that did not hold, with what it had read at
// a moment. A condition that cannot be taken apart is told of without, nil.
func (a *API) why(ctx context.Context, r core.RecordRef, source string, seen, event map[string]any, at time.Time) (*explain.Why, error) {
	view, err := a.CoveredView(ctx, r.Type, r.ID)
	var gone *problem.Problem
	if err != nil && (!errors.As(err, &gone) || gone.Status() >= 500) {
		return nil, err
	}
	if !seesClients(ctx) { // what was read then tells who the client was
		seen = maps.Clone(seen)
		maps.DeleteFunc(seen, func(path string, _ any) bool {
			root, _, _ := strings.Cut(path, ".")
			return slices.Contains([]string{"client", "company", "contact", "contacts"}, root)
		})
	}
	env := a.Facts.Env(ctx, view, "", nil)
	if event != nil {
		env = env.With("event", event)
	}
	env.Now = at
	why, err := explain.Past(a.Compiler, source, false, seen, env)
	if err != nil {
		return nil, nil //nolint:nilerr // the condition is an older version's; its text and its values are shown
	}
	return &why, nil
}
