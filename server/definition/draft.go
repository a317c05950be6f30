package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Patch changes one place of a draft: Element names a node, a flow, a layout
// entry, a note, a group ("nodes/<id>") or the rest ("meta"); Path leads inside
// it. An empty Path adds (Before null), replaces or removes (After null) the
// element itself. Before is what the author saw there.
type Patch struct {
	Element string   `json:"element" minLength:"4" maxLength:"200"`
	Path    []string `json:"path" maxItems:"40"`
	Before  any      `json:"before"`
	After   any      `json:"after"`
}

// Clash is a place that two people changed differently.
type Clash struct {
	Element string   `json:"element"`
	Path    []string `json:"path"`
	Base    any      `json:"base"`
	Mine    any      `json:"mine"`
	Theirs  any      `json:"theirs"`
}

// PatchDraft applies patches that were made on draft rev. When others changed
// the draft since, patches on places that still look as their author saw them
// are merged; all others are clashes and nothing is written.
func (s *Service) PatchDraft(ctx context.Context, key string, rev int64, patches []Patch, actor string) (Saved, error) {
	for {
		d, err := s.byHand(ctx, key)
		if err != nil {
			return Saved{}, err
		}
		if rev > d.DraftRev {
			return Saved{}, s.stale(ctx, d)
		}
		tree, err := parseTree(d.Draft)
		if err != nil {
			return Saved{}, err
		}
		merged := rev < d.DraftRev
		var clashes []Clash
		edit := editOf(tree, merged)
		for i, p := range patches {
			p.Before, p.After = number(p.Before), number(p.After)
			theirs, err := edit.apply(p)
			switch {
			case errors.Is(err, errClash):
				clashes = append(clashes, Clash{Element: p.Element, Path: p.Path, Base: p.Before, Mine: p.After, Theirs: theirs})
			case err != nil:
				return Saved{}, problem.Invalid("/patches/"+strconv.Itoa(i), "invalid", err.Error())
			}
		}
		edit.settle()
		if len(clashes) > 0 {
			return Saved{}, problem.New("clash").With("clashes", clashes).With("draft", d.Draft).With("draftRev", d.DraftRev)
		}
		if k, _ := tree["key"].(string); k != key {
			return Saved{}, problem.Invalid("/patches", "invalid", "the key of a process cannot change")
		}
		before := d
		if err := s.take(&d, tree, actor); err != nil {
			return Saved{}, err
		}
		events, err := s.drafted(before, &d, actor)
		if err != nil {
			return Saved{}, err
		}
		saved, err := s.definitions.Save(ctx, d, events...)
		if errors.Is(err, docstore.ErrConflict) {
			continue // somebody else was faster: merge with what they wrote
		}
		if err != nil {
			return Saved{}, fmt.Errorf("save draft %s: %w", key, err)
		}
		s.tell(ctx, saved)
		out := s.saved(saved)
		if merged {
			out.Draft = saved.Draft
		}
		return out, nil
	}
}

// PutDraft replaces the whole draft.
func (s *Service) PutDraft(ctx context.Context, key string, rev int64, process json.RawMessage, actor string) (Saved, error) {
	d, err := s.byHand(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	if d.DraftRev != rev {
		return Saved{}, s.stale(ctx, d)
	}
	tree, err := parseTree(process)
	if err != nil {
		return Saved{}, problem.Invalid("", "wrong_type", "a process definition is a JSON object")
	}
	if k, ok := tree["key"].(string); ok && k != key {
		return Saved{}, problem.Invalid("/key", "invalid", "the key of a process cannot change")
	}
	tree["key"] = key
	before := d
	if err := s.take(&d, tree, actor); err != nil {
		return Saved{}, err
	}
	events, err := s.drafted(before, &d, actor)
	if err != nil {
		return Saved{}, err
	}
	saved, err := s.save(ctx, d, events...)
	if err != nil {
		return Saved{}, err
	}
	return s.saved(saved), nil
}

func (s *Service) saved(d definition) Saved {
	return Saved{DraftRev: d.DraftRev, Findings: s.findings(d.Draft), SavedAt: d.ChangedAt}
}

func parseTree(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read process definition: %w", err)
	}
	if tree == nil {
		return nil, errors.New("process definition is null")
	}
	return tree, nil
}

// number brings values that came through encoding/json's float64 to the form of
// parseTree, so that equal values compare equal.
func number(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return v
	}
	return out
}

// tooLong finds names and descriptions beyond reason, with their places.
func tooLong(v any) []problem.Field {
	var fields []problem.Field
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, limit := range map[string]int{"name": maxText, "id": maxText, "key": maxText, "description": maxLong} {
				if text, ok := v[key].(string); ok && len([]rune(text)) > limit {
					fields = append(fields, problem.Field{Path: path + "/" + key, Code: "too_long",
						Message: fmt.Sprintf("at most %d characters", limit)})
				}
			}
			for key, inner := range v {
				walk(path+"/"+key, inner)
			}
		case []any:
			for i, inner := range v {
				walk(path+"/"+strconv.Itoa(i), inner)
			}
		}
	}
	walk("", v)
	return fields
}
