package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Relative is a run that this run has started, or that has started this one.
type Relative struct {
	ID             string           `json:"id"`
	DefinitionKey  string           `json:"definitionKey"`
	DefinitionName string           `json:"definitionName"`
	Version        int              `json:"version"`
	Status         core.Status      `json:"status"`
	Suspended      bool             `json:"suspended"`
	Incidents      int              `json:"incidents"`
	RecordTitle    string           `json:"recordTitle,omitempty"`
	StartedAt      docstore.Instant `json:"startedAt"`
	EndedAt        docstore.Instant `json:"endedAt"`
	// Node is the step of the starting run that has started the other.
	Node string `json:"node,omitempty" doc:"the step of the run that has started the other one"`
	// Awaited: the starting run waits for the end of the other.
	Awaited bool `json:"awaited" doc:"the starting run waits, or waited, for the end of the other one"`
}

// childrenShown bounds what a run page lists; GET /runs?causedBy= pages all.
const childrenShown = 50

// Family is a run's place among the runs that led to one another.
type Family struct {
	Parent       *Relative  `json:"parent,omitempty" doc:"the run that has started this one"`
	Children     []Relative `json:"children" doc:"the newest runs that this one has started"`
	MoreChildren bool       `json:"moreChildren" doc:"there are others: GET /runs?causedBy="`
}

// Family reads the parent and the children of a run.
func (s *Service) Family(ctx context.Context, id string) (Family, error) {
	out := Family{Children: []Relative{}}
	r, err := s.load(ctx, id)
	if err != nil {
		return out, err
	}
	if r.CausedBy != "" {
		parent, err := s.Store.Load(ctx, r.CausedBy)
		switch {
		case errors.Is(err, store.ErrNotFound): // its records are kept no longer
		case err != nil:
			return out, fmt.Errorf("parent of run %s: %w", id, err)
		default:
			f, err := s.folded(ctx, parent)
			if err != nil {
				return out, err
			}
			v := f.relative(parent, r)
			out.Parent = &v
		}
	}
	page, err := s.Store.List(ctx, store.RunQuery{CausedBy: r.ID, Limit: childrenShown})
	if err != nil {
		return out, fmt.Errorf("children of run %s: %w", id, err)
	}
	out.MoreChildren = page.Next != ""
	if len(page.Runs) == 0 {
		return out, nil
	}
	f, err := s.folded(ctx, r)
	if err != nil {
		return out, err
	}
	for _, child := range page.Runs {
		out.Children = append(out.Children, f.relative(child, child))
	}
	return out, nil
}

// relative shows a run; child is the one of the two that was started.
func (f *fold) relative(shown, child store.Run) Relative {
	v := Relative{ID: string(shown.ID), DefinitionKey: shown.DefinitionKey, DefinitionName: shown.Name, Version: shown.Version, Status: shown.Status,
		Suspended: shown.Suspended, Incidents: shown.Incidents, RecordTitle: shown.RecordTitle, StartedAt: instant(shown.StartedAt), EndedAt: instant(shown.EndedAt),
		Awaited: child.Parent != "", Node: f.starters["run:"+string(child.ID)]}
	if v.Node != "" {
		return v
	}
	if wait, ok := strings.CutPrefix(child.Parent, "wait:"); ok {
		v.Node = f.starters[wait]
	} else if effect, ok := strings.CutPrefix(child.Parent, "effect:"); ok {
		if i := strings.LastIndexByte(effect, ':'); i > 0 { // an effect is a wait and the number of its trial
			effect = effect[:i]
		}
		v.Node = f.starters[effect]
	}
	return v
}

// starter is the robot whose effects start runs.
const starter = "process.run"

// started keeps which node has started a run: by its wait, or by the run's id
// where nothing waits for it.
func (f *fold) started(r core.Record) {
	switch r.Kind {
	case core.RecordChildStarted:
		f.starters[string(r.Wait)] = string(r.Node)
	case core.RecordEffectStarted:
		if r.Body["robot"] == starter {
			f.starters[string(r.Wait)] = string(r.Node)
		}
	case core.RecordEffectCompleted:
		if _, starts := f.starters[string(r.Wait)]; !starts {
			return
		}
		result, _ := r.Body["result"].(map[string]any)
		if id, ok := result["runId"].(string); ok {
			f.starters["run:"+id] = string(r.Node)
		}
	}
}
