// Package view keeps saved views of lists: a name for what a page shows, for
// oneself or for everybody.
package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// View is what a page keeps in its address, under a name.
type View struct {
	docstore.Entity
	Page   string          `json:"page" doc:"runs, or records: and a record type"`
	Name   string          `json:"name" minLength:"1" maxLength:"80"`
	Search json.RawMessage `json:"search" doc:"an object of plain values: the filters of the page's address"`
	Shared bool            `json:"shared"`
	Owner  string          `json:"owner"`
}

// Limits of what is kept.
const (
	nameMost    = 80
	searchMost  = 4000 // bytes
	viewsMost   = 100  // of one owner and page
	sharedShown = 200
)

// first is the view with which a person begins on a page.
type first struct {
	docstore.Entity
	View string `json:"view"`
}

// Service owns saved views. Safe for concurrent use.
type Service struct {
	kept   docstore.Typed[View]
	firsts docstore.Typed[first]
}

// New opens the collection.
func New(ctx context.Context, s docstore.Store) (*Service, error) {
	kept, err := docstore.NewTyped[View](ctx, s, docstore.Spec{Name: "views",
		Indexes: []docstore.Index{{Paths: []string{"page", "owner"}}, {Paths: []string{"page", "shared"}}}})
	if err != nil {
		return nil, err
	}
	firsts, err := docstore.NewTyped[first](ctx, s, docstore.Spec{Name: "firstViews"})
	return &Service{kept: kept, firsts: firsts}, err
}

func firstID(page, person string) string {
	return uuid.NewSHA1(places, fmt.Appendf(nil, "first\n%s\n%s", page, person)).String()
}

// First is the view with which a person begins on a page, "" for none.
func (s *Service) First(ctx context.Context, page, person string) (string, error) {
	f, err := s.firsts.Get(ctx, firstID(page, person))
	if errors.Is(err, docstore.ErrNotFound) {
		err = nil
	}
	return f.View, err
}

// SetFirst says with which view a person begins on a page, "" for none.
func (s *Service) SetFirst(ctx context.Context, page, person, view string) error {
	if view != "" {
		v, err := s.Get(ctx, view, person)
		if err != nil {
			return err
		}
		if v.Page != page {
			return problem.Invalid("/view", "unknown_reference", "the view is of another page")
		}
	}
	id := firstID(page, person)
	_, err := s.firsts.Update(ctx, id, func(f *first) ([]docstore.Event, error) { f.View = view; return nil, nil })
	if errors.Is(err, docstore.ErrNotFound) {
		if _, err = s.firsts.Save(ctx, first{Entity: docstore.Entity{ID: id}, View: view}); errors.Is(err, docstore.ErrExists) {
			err = nil // chosen at this moment elsewhere, too
		}
	}
	return err
}

// List returns a person's own views of a page and the shared ones, by name.
func (s *Service) List(ctx context.Context, page, owner string) ([]View, error) {
	own, err := s.own(ctx, page, owner)
	if err != nil {
		return nil, err
	}
	shared, _, err := s.kept.Find(ctx, docstore.Query{Limit: sharedShown, Filters: []docstore.Filter{
		{Path: "page", Op: docstore.Eq, Value: page}, {Path: "shared", Op: docstore.Eq, Value: true}}})
	if err != nil {
		return nil, fmt.Errorf("shared views of %s: %w", page, err)
	}
	for _, v := range shared {
		if v.Owner != owner {
			own = append(own, v)
		}
	}
	slices.SortFunc(own, func(a, b View) int {
		return strings.Compare(strings.ToLower(a.Name)+"\x00"+a.ID, strings.ToLower(b.Name)+"\x00"+b.ID)
	})
	return own, nil
}

func (s *Service) own(ctx context.Context, page, owner string) ([]View, error) {
	own, _, err := s.kept.Find(ctx, docstore.Query{Limit: viewsMost, Filters: []docstore.Filter{
		{Path: "page", Op: docstore.Eq, Value: page}, {Path: "owner", Op: docstore.Eq, Value: owner}}})
	if err != nil {
		return nil, fmt.Errorf("views of %s: %w", owner, err)
	}
	return own, nil
}

// Get reads a view that the person may see.
func (s *Service) Get(ctx context.Context, id, reader string) (View, error) {
	v, err := s.kept.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && v.Owner != reader && !v.Shared {
		return View{}, problem.NotFound("view")
	}
	return v, err
}

// Add keeps a new view.
func (s *Service) Add(ctx context.Context, v View) (View, error) {
	if err := v.check(); err != nil {
		return View{}, err
	}
	own, err := s.own(ctx, v.Page, v.Owner)
	if err != nil {
		return View{}, err
	}
	ids, older := make([]string, viewsMost), len(own) // older ones have ids of another kind
	taken := make(map[string]bool, len(own))
	for _, other := range own {
		taken[other.ID] = true
	}
	for n := range ids {
		if ids[n] = place(v, n); taken[ids[n]] {
			older--
		}
	}
	for _, id := range ids[:viewsMost-older] {
		if taken[id] {
			continue
		}
		v.Entity = docstore.Entity{ID: id}
		saved, err := s.kept.Save(ctx, v)
		if !errors.Is(err, docstore.ErrExists) {
			return saved, err
		}
	}
	return View{}, problem.Invalid("/name", "too_many", fmt.Sprint(viewsMost))
}

// place is the id of the n-th view that an owner has of a page. There are only so
// many of them, so that requests of the same moment cannot make more.
func place(v View, n int) string {
	return uuid.NewSHA1(places, fmt.Appendf(nil, "%s\n%s\n%d", v.Page, v.Owner, n)).String()
}

var places = uuid.MustParse("7a0f4f1c-6a0e-4c0e-9d0b-0b9a7c2f5f60")

// Put replaces name, filters and sharing of a view that stands at its Rev.
func (s *Service) Put(ctx context.Context, v View) (View, error) {
	if err := v.check(); err != nil {
		return View{}, err
	}
	return s.kept.Save(ctx, v)
}

// Delete forgets a view.
func (s *Service) Delete(ctx context.Context, v View) error {
	return s.kept.Delete(ctx, v.ID, v.Rev)
}

func (v *View) check() error {
	v.Name = strings.TrimSpace(v.Name)
	if err := problem.Fields(problem.Line(nil, "/name", v.Name, true, nameMost)); err != nil {
		return err
	}
	var search map[string]any
	if len(v.Search) > searchMost || json.Unmarshal(v.Search, &search) != nil || search == nil {
		return problem.Invalid("/search", "invalid", "")
	}
	for name, value := range search {
		switch value.(type) {
		case string, float64, bool:
		default:
			return problem.Invalid("/search/"+name, "invalid", "")
		}
	}
	return nil
}
