package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// cutChain is a chain of messages that is about no record and was not let go on.
type cutChain struct {
	ID         string           `json:"id"`
	Definition string           `json:"definition" doc:"key of the process that was not started any more"`
	Name       string           `json:"name" doc:"of that process"`
	Used       int              `json:"used" doc:"triggers and processes that had caused each other"`
	Budget     int              `json:"budget" doc:"with so many a chain is cut"`
	At         docstore.Instant `json:"at"`
}

// cutOf reads what the trail says of a chain.
func cutOf(e audit.Entry) (cutChain, []core.Link, error) {
	var detail struct {
		After struct {
			Definition string      `json:"definition"`
			Name       string      `json:"name"`
			Links      []core.Link `json:"links"`
		} `json:"after"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return cutChain{}, nil, fmt.Errorf("read %s: %w", e.Object, err)
	}
	out := cutChain{ID: strings.TrimPrefix(e.Object, "chain:"), Definition: detail.After.Definition, Name: detail.After.Name, Budget: automation.MaxDepth, At: e.At}
	for _, l := range detail.After.Links {
		if automation.Counts(l.Kind) {
			out.Used++
		}
	}
	return out, detail.After.Links, nil
}

// cutRoutes tell operators of chains of messages that were cut. Those about a record
// stand in its story.
//
// covers 5.8
func (a *API) cutRoutes(tag string) {
	route(a, spec{method: http.MethodGet, path: "/messages/cut", id: "listCutChains", summary: "Chains of messages that were cut because too many processes caused each other, and that are about no record; newest first", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *struct{ Paging }) (*list[cutChain], error) {
			all, next, err := a.Audit.Find(ctx, audit.Query{Action: audit.ChainCut, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := make([]cutChain, 0, len(all))
			for _, e := range all {
				one, _, err := cutOf(e)
				if err != nil {
					return nil, err
				}
				out = append(out, one)
			}
			return page(out, next), nil
		})
	route(a, spec{method: http.MethodGet, path: "/messages/cut/{id}/chain", id: "readCutChain", summary: "What had caused each other until the chain was cut", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *ByID) (*reply[chainView], error) {
			all, _, err := a.Audit.Find(ctx, audit.Query{Action: audit.ChainCut, Object: "chain:" + in.ID, Limit: 1})
			if err == nil && len(all) == 0 {
				err = problem.NotFound("chain")
			}
			if err != nil {
				return nil, err
			}
			_, links, err := cutOf(all[0])
			if err != nil {
				return nil, err
			}
			v, err := a.chain(ctx, links)
			v.Cut = true
			return body(v), err
		})
}
