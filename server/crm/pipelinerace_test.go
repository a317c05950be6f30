package crm_test

import (
	"context"
	"slices"
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

// A pipeline that is deleted at the moment at which a record is added stays: a record
// without pipeline could neither be seen on a board nor moved.
func TestDealsKeepTheirPipeline(t *testing.T) {
	setup := func() (*raced, *crm.Service, func() crm.Record) {
		store := &raced{Store: memstore.New(time.Now), beforeSave: map[string]func(){}, beforeDelete: map[string]func(){}}
		s, err := crm.New(t.Context(), crm.Options{Store: store, People: people{}, Now: time.Now})
		require.NoError(t, err)
		_, err = s.AddPipeline(t.Context(), crm.Change{}, crm.Pipeline{Name: "Sales"}, "en")
		require.NoError(t, err)
		return store, s, func() crm.Record {
			d, err := s.CreateRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("Pumps")})
			require.NoError(t, err)
			return d
		}
	}
	movable := func(s *crm.Service, d crm.Record) {
		p, err := s.Pipeline(t.Context(), "sales")
		require.NoError(t, err)
		_, err = s.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev, p.Stages[1].ID, "")
		require.NoError(t, err)
	}
	remove := func(s *crm.Service) error { return s.DeletePipeline(t.Context(), crm.Change{}, "sales", 1) }

	t.Run("added between the count and the deletion", func(t *testing.T) {
		store, s, add := setup()
		var d crm.Record
		store.beforeDelete["pipelines"] = func() { d = add() }
		var p *problem.Problem
		require.ErrorAs(t, remove(s), &p)
		require.Equal(t, "pipeline_in_use", p.Code)
		movable(s, d)
	})
	t.Run("deleted between the look at the pipeline and the new deal", func(t *testing.T) {
		store, s, add := setup()
		store.beforeSave["records"] = func() { require.NoError(t, remove(s)) }
		movable(s, add())
	})
}

// A stage that is removed at the moment at which a record comes onto it stays: the
// deal would stand in no column of the board.
func TestDealsKeepTheirStage(t *testing.T) {
	by := crm.Change{Actor: "marta"}
	setup := func() (*raced, *crm.Service, crm.Record, func() error) {
		store := &raced{Store: memstore.New(time.Now), beforeSave: map[string]func(){}, beforeDelete: map[string]func(){}}
		s, err := crm.New(t.Context(), crm.Options{Store: store, People: people{}, Now: time.Now})
		require.NoError(t, err)
		p, err := s.AddPipeline(t.Context(), crm.Change{}, crm.Pipeline{Name: "Sales"}, "en")
		require.NoError(t, err)
		d, err := s.CreateRecord(t.Context(), by, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("Pumps")})
		require.NoError(t, err)
		return store, s, d, func() error { // removes the second stage
			_, err := s.UpdatePipeline(t.Context(), crm.Change{}, "sales", 0, "Sales", append(slices.Clone(p.Stages[:1]), p.Stages[2:]...))
			return err
		}
	}
	second := func(s *crm.Service) string {
		p, err := s.Pipeline(t.Context(), "sales")
		require.NoError(t, err)
		return p.Stages[1].ID
	}
	inUse := func(err error) {
		var p *problem.Problem
		require.ErrorAs(t, err, &p)
		require.Equal(t, "stage_in_use", p.Fields[0].Code)
	}

	t.Run("moved between the count and the removal", func(t *testing.T) {
		store, s, d, remove := setup()
		stage := second(s)
		store.beforeSave["pipelines"] = func() {
			_, err := s.MoveRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev, stage, "")
			require.NoError(t, err)
		}
		inUse(remove())
		require.Equal(t, stage, second(s), "where it was")
	})
	t.Run("removed between the look at the pipeline and the move", func(t *testing.T) {
		store, s, d, remove := setup()
		stage := second(s)
		store.beforeSave["records"] = func() { require.NoError(t, remove()) }
		moved, err := s.MoveRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev, stage, "")
		require.NoError(t, err)
		require.Equal(t, stage, moved.StageID)
		require.Equal(t, stage, second(s))
	})
	t.Run("removed between the look at the pipeline and a new deal", func(t *testing.T) {
		store, s, _, remove := setup()
		stage := second(s)
		store.beforeSave["records"] = func() { require.NoError(t, remove()) }
		_, err := s.CreateRecord(t.Context(), by, crm.TypeDeal, "sales", stage, crm.RecordPatch{Title: ptr("Valves")})
		require.NoError(t, err)
		require.Equal(t, stage, second(s))
	})
	t.Run("removed while the record was in the bin", func(t *testing.T) {
		_, s, d, remove := setup()
		stage := second(s)
		d, err := s.MoveRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev, stage, "")
		require.NoError(t, err)
		inUse(remove())
		require.NoError(t, s.DeleteRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev))
		require.NoError(t, remove())
		back, err := s.RestoreRecord(t.Context(), by, crm.TypeDeal, d.ID)
		require.NoError(t, err)
		p, err := s.Pipeline(t.Context(), "sales")
		require.NoError(t, err)
		require.Equal(t, p.Stages[0].ID, back.StageID)
		require.NotEqual(t, stage, second(s))
	})
}
