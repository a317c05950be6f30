package crm_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// raced is a store in which something else happens just before a write.
type raced struct {
	docstore.Store
	beforeSave, beforeDelete map[string]func() // by collection, once
}

type racedCollection struct {
	docstore.Collection
	name  string
	store *raced
}

func (r *raced) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	c, err := r.Store.Collection(ctx, spec)
	return racedCollection{c, spec.Name, r}, err
}

func once(hooks map[string]func(), name string) {
	if hook := hooks[name]; hook != nil {
		delete(hooks, name)
		hook()
	}
}

func (c racedCollection) Save(ctx context.Context, d docstore.Document, e ...docstore.Event) (docstore.Document, error) {
	once(c.store.beforeSave, c.name)
	return c.Collection.Save(ctx, d, e...)
}

func (c racedCollection) Delete(ctx context.Context, id string, rev int64, e ...docstore.Event) error {
	once(c.store.beforeDelete, c.name)
	return c.Collection.Delete(ctx, id, rev, e...)
}

// A pipeline that is deleted at the moment at which a deal is added stays: a deal
// without pipeline could neither be seen on a board nor moved.
func TestDealsKeepTheirPipeline(t *testing.T) {
	setup := func() (*raced, *crm.Service, func() crm.Deal) {
		store := &raced{Store: memstore.New(time.Now), beforeSave: map[string]func(){}, beforeDelete: map[string]func(){}}
		s, err := crm.New(t.Context(), crm.Options{Store: store, People: people{}, Now: time.Now})
		require.NoError(t, err)
		_, err = s.AddPipeline(t.Context(), crm.Change{}, crm.Pipeline{Name: "Sales"}, "en")
		require.NoError(t, err)
		return store, s, func() crm.Deal {
			d, err := s.CreateDeal(t.Context(), crm.Change{Actor: "marta"}, "sales", "", crm.DealPatch{Title: ptr("Pumps")})
			require.NoError(t, err)
			return d
		}
	}
	movable := func(s *crm.Service, d crm.Deal) {
		p, err := s.Pipeline(t.Context(), "sales")
		require.NoError(t, err)
		_, err = s.MoveDeal(t.Context(), crm.Change{Actor: "marta"}, d.ID, d.Rev, p.Stages[1].ID, "")
		require.NoError(t, err)
	}
	remove := func(s *crm.Service) error { return s.DeletePipeline(t.Context(), crm.Change{}, "sales", 1) }

	t.Run("added between the count and the deletion", func(t *testing.T) {
		store, s, add := setup()
		var d crm.Deal
		store.beforeDelete["pipelines"] = func() { d = add() }
		var p *problem.Problem
		require.ErrorAs(t, remove(s), &p)
		require.Equal(t, "pipeline_in_use", p.Code)
		movable(s, d)
	})
	t.Run("deleted between the look at the pipeline and the new deal", func(t *testing.T) {
		store, s, add := setup()
		store.beforeSave["deals"] = func() { require.NoError(t, remove(s)) }
		movable(s, add())
	})
}
