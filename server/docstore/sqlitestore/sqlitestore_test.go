package sqlitestore_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/docstoretest"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
)

func open(t *testing.T, path string, now func() time.Time) (*sqlitestore.Store, *sqlitedb.DB) {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := sqlitestore.New(t.Context(), db, now)
	require.NoError(t, err)
	return s, db
}

func TestStore(t *testing.T) {
	docstoretest.Run(t, func(t *testing.T, now func() time.Time) docstore.Store {
		s, _ := open(t, filepath.Join(t.TempDir(), "docs.db"), now)
		return s
	})
}

func TestStoreSurvivesReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docs.db")
	now := func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }
	spec := docstore.Spec{Name: "deals", Indexes: []docstore.Index{{Paths: []string{"stage"}}, {Paths: []string{"tags"}, Multi: true}}}
	s, db := open(t, path, now)
	c, err := s.Collection(t.Context(), spec)
	require.NoError(t, err)
	_, err = c.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(`{"stage":"new","tags":["a"]}`)}, docstore.Event{Kind: "created"})
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s, _ = open(t, path, now)
	c, err = s.Collection(t.Context(), spec)
	require.NoError(t, err)
	n, err := c.Count(t.Context(), []docstore.Filter{{Path: "tags", Op: docstore.Contains, Value: "a"}, {Path: "stage", Op: docstore.Eq, Value: "new"}})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	pending, err := s.Pending(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, pending, 1)
}

// TestQueriesUseTheirIndexes reads SQLite's own plan: an index that the query
// does not repeat literally is silently ignored.
func TestQueriesUseTheirIndexes(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "docs.db"), func() time.Time { return time.Unix(0, 0) })
	c, err := s.Collection(t.Context(), docstore.Spec{Name: "deals", Text: []string{"title"}, Indexes: []docstore.Index{
		{Paths: []string{"stage", "amount"}}, {Paths: []string{"client.id"}}, {Paths: []string{"tags"}, Multi: true}, {Paths: []string{"fields.*"}}}})
	require.NoError(t, err)
	for i := range 50 {
		_, err := c.Save(t.Context(), docstore.Document{ID: fmt.Sprint(i), Body: json.RawMessage(`{"title":"x"}`)})
		require.NoError(t, err)
	}
	inStage := []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}}
	for i := range 3 {
		_, err := c.Save(t.Context(), docstore.Document{ID: fmt.Sprint("new", i), Body: json.RawMessage(fmt.Sprintf(`{"stage":"new","amount":%d}`, i))})
		require.NoError(t, err)
	}
	first, err := c.Find(t.Context(), docstore.Query{Sort: "-amount", Filters: inStage, Limit: 1})
	require.NoError(t, err)
	cases := []struct {
		name  string
		query docstore.Query
		want  string
	}{
		{"far into a descending list", docstore.Query{Sort: "-amount", Filters: inStage, Limit: 1, Cursor: first.Next}, "(<expr>=? AND <expr><?)"},
		{"a rare word before the order of the list", docstore.Query{Sort: "-amount", Filters: append(inStage[:1:1], docstore.Filter{Op: docstore.Text, Value: "x"})},
			"SEARCH doc_deals USING INDEX sqlite_autoindex_doc_deals_1 (id=?)"},
		{"eq and sort", docstore.Query{Sort: "-amount", Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}}}, "SEARCH doc_deals USING INDEX ix_deals_"},
		{"nested in", docstore.Query{Filters: []docstore.Filter{{Path: "client.id", Op: docstore.In, Value: []string{"a", "b"}}}}, "SEARCH doc_deals USING INDEX ix_deals_"},
		{"prefix", docstore.Query{Filters: []docstore.Filter{{Path: "client.id", Op: docstore.Prefix, Value: "a"}}}, "SEARCH doc_deals USING COVERING INDEX ix_deals_"},
		{"few of a stage before the order of an own field", docstore.Query{Sort: "fields.size", Filters: append(inStage[:1:1], docstore.Filter{Path: "fields.size", Op: docstore.Exists, Value: true})},
			"SEARCH doc_deals USING COVERING INDEX ix_deals_"},
		{"array path", docstore.Query{Filters: []docstore.Filter{{Path: "tags", Op: docstore.Contains, Value: "a"}}}, "SEARCH doc_deals_entry USING PRIMARY KEY (path=? AND value=?)"},
		{"text", docstore.Query{Filters: []docstore.Filter{{Op: docstore.Text, Value: "x"}}}, "SEARCH doc_deals_entry USING PRIMARY KEY (path=? AND value>? AND value<?)"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			text, args, err := sqlitestore.Explain(c, tt.query)
			require.NoError(t, err)
			var plan []string
			require.NoError(t, db.Each(t.Context(), func(rows *sql.Rows) error {
				var id, parent, unused int
				var detail string
				err := rows.Scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			}, "EXPLAIN QUERY PLAN "+text, args...))
			require.Contains(t, strings.Join(plan, "\n"), tt.want)
		})
	}
}

// A group's kind is read from the document only where its value does not tell.
func TestAggregateTellsTextsFromObjects(t *testing.T) {
	s, _ := open(t, filepath.Join(t.TempDir(), "docs.db"), func() time.Time { return time.Unix(0, 0) })
	c, err := s.Collection(t.Context(), docstore.Spec{Name: "deals", Indexes: []docstore.Index{{Paths: []string{"stage"}}}})
	require.NoError(t, err)
	for i, stage := range []string{`"new"`, `"{new"`, `"[1]"`, `{"a":1}`, `[1]`, `null`, `true`, `1`, `1`, `""`} {
		_, err := c.Save(t.Context(), docstore.Document{ID: fmt.Sprint(i), Body: json.RawMessage(`{"stage":` + stage + `}`)})
		require.NoError(t, err)
	}
	_, err = c.Save(t.Context(), docstore.Document{ID: "missing", Body: json.RawMessage(`{}`)})
	require.NoError(t, err)
	groups, err := c.Aggregate(t.Context(), docstore.Aggregate{GroupBy: "stage"})
	require.NoError(t, err)
	got := map[any]int64{}
	for _, g := range groups {
		got[g.Key] = g.Count
	}
	require.Equal(t, map[any]int64{nil: 4, "new": 1, "{new": 1, "[1]": 1, true: 1, int64(1): 2, "": 1}, got)
}

func TestStoreAnswersAsTheMemoryStore(t *testing.T) {
	folder, n := t.TempDir(), 0
	docstoretest.Compare(t, func(t *testing.T, now func() time.Time) docstore.Store {
		n++
		s, _ := open(t, filepath.Join(folder, fmt.Sprintf("%d.db", n)), now)
		return s
	}, 40)
}

// Kept sums begin with what is stored already and leave with their declaration.
func TestKeptSumsAreFilledAndDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docs.db")
	spec := docstore.Spec{Name: "deals", Indexes: []docstore.Index{{Paths: []string{"pipeline", "stage", "amount"}}}}
	ask := docstore.Aggregate{Filters: []docstore.Filter{{Path: "pipeline", Op: docstore.Eq, Value: "p"}}, GroupBy: "stage", Sums: []string{"amount"}}
	want := []docstore.Group{{Key: "new", Count: 2, Sums: map[string]int64{"amount": 12}}, {Key: "won", Count: 1, Sums: map[string]int64{"amount": 1}}}
	for round, kept := range [][]docstore.Kept{nil, {{By: []string{"pipeline", "stage"}, Sums: []string{"amount"}}}, nil} {
		s, db := open(t, path, func() time.Time { return time.Unix(0, 0) })
		spec.Kept = kept
		c, err := s.Collection(t.Context(), spec)
		require.NoError(t, err)
		if round == 0 {
			for i, body := range []string{`{"pipeline":"p","stage":"new","amount":5}`, `{"pipeline":"p","stage":"new","amount":7}`,
				`{"pipeline":"p","stage":"won","amount":1}`, `{"pipeline":"q","stage":"won","amount":9}`} {
				_, err := c.Save(t.Context(), docstore.Document{ID: fmt.Sprint(i), Body: json.RawMessage(body)})
				require.NoError(t, err)
			}
		}
		groups, err := c.Aggregate(t.Context(), ask)
		require.NoError(t, err)
		require.Equal(t, want, groups)
		var tables int
		require.NoError(t, db.QueryRow(t.Context(), `SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ds_deals_%' AND type IN ('table', 'trigger')`).Scan(&tables))
		require.Equal(t, 4*len(kept), tables)
		require.NoError(t, db.Close())
	}
}

// A sum that leaves the range of whole numbers neither stops the list for everybody
// nor stays inexact: what is opened again counts anew.
func TestKeptSumsOutliveTheRangeOfNumbers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docs.db")
	spec := docstore.Spec{Name: "deals", Kept: []docstore.Kept{{By: []string{"stage"}, Sums: []string{"amount"}}}, Indexes: []docstore.Index{{Paths: []string{"stage", "amount"}}}}
	now := func() time.Time { return time.Unix(0, 0) }
	ask := func(c docstore.Collection, a docstore.Aggregate) int64 {
		groups, err := c.Aggregate(t.Context(), a)
		require.NoError(t, err)
		require.Len(t, groups, 1)
		return groups[0].Sums["amount"]
	}
	kept, all := docstore.Aggregate{GroupBy: "stage", Sums: []string{"amount"}}, docstore.Aggregate{Sums: []string{"amount"}}

	s, db := open(t, path, now)
	c, err := s.Collection(t.Context(), spec)
	require.NoError(t, err)
	revs := map[string]int64{}
	for _, id := range []string{"a", "b", "c"} {
		saved, err := c.Save(t.Context(), docstore.Document{ID: id, Body: json.RawMessage(`{"stage":"new","amount":9223372036854775807}`)})
		require.NoError(t, err)
		revs[id] = saved.Rev
	}
	require.EqualValues(t, math.MaxInt64, ask(c, kept))
	require.EqualValues(t, math.MaxInt64, ask(c, all))
	require.NoError(t, db.Close())

	s, db = open(t, path, now)
	c, err = s.Collection(t.Context(), spec)
	require.NoError(t, err, "what is too much once is no reason not to open")
	require.EqualValues(t, math.MaxInt64, ask(c, kept))
	for id, amount := range map[string]int64{"a": 5, "b": 7, "c": 1} {
		_, err := c.Save(t.Context(), docstore.Document{ID: id, Rev: revs[id], Body: fmt.Appendf(nil, `{"stage":"new","amount":%d}`, amount)})
		require.NoError(t, err)
	}
	require.EqualValues(t, 13, ask(c, all))
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`UPDATE "` + sqlitestore.KeptTable(c) + `" SET s0 = 0.5`)
		return err
	}))
	require.NoError(t, db.Close())

	s, _ = open(t, path, now)
	c, err = s.Collection(t.Context(), spec)
	require.NoError(t, err)
	require.EqualValues(t, 13, ask(c, kept))
}
