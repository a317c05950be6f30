package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
)

var benchSpec = docstore.Spec{Name: "deals", Text: []string{"title"}, Indexes: []docstore.Index{
	{Paths: []string{"stage", "amount"}}, {Paths: []string{"responsible"}}, {Paths: []string{"fields.*"}}}}

func benchDeal(n int64) json.RawMessage {
	return fmt.Appendf(nil, `{"title":"Delivery of %d machines to client %d","stage":"s%d","amount":%d,"responsible":"u%d","fields":{"source":"web","score":%d}}`,
		n, n%97, n%5, n*37%1000, n%11, n%100)
}

func openBench(b *testing.B, documents int64) (docstore.Store, docstore.Collection) {
	b.Helper()
	db, err := sqlitedb.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), sqlitedb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s, err := sqlitestore.New(b.Context(), db, func() time.Time { return at })
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.Collection(b.Context(), benchSpec)
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(32)
	done := make(chan error, 32)
	for range cap(done) {
		go func() {
			for n := next.Add(1); n <= documents; n = next.Add(1) {
				if _, err := c.Save(b.Context(), docstore.Document{ID: fmt.Sprintf("d%07d", n), Body: benchDeal(n)}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	return s, c
}

func BenchmarkSaveWithEvent(b *testing.B) {
	_, c := openBench(b, 0)
	var next atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := next.Add(1)
			if _, err := c.Save(b.Context(), docstore.Document{ID: fmt.Sprintf("d%07d", n), Body: benchDeal(n)}, docstore.Event{Kind: "created"}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	_, c := openBench(b, 20_000)
	cases := []struct {
		name  string
		query docstore.Query
	}{
		{"stage sorted by amount", docstore.Query{Sort: "-amount", Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "s3"}}}},
		{"custom field", docstore.Query{Filters: []docstore.Filter{{Path: "fields.score", Op: docstore.Eq, Value: 42}}}},
		{"words", docstore.Query{Filters: []docstore.Filter{{Op: docstore.Text, Value: "machin 96"}}}},
	}
	for _, tt := range cases {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				p, err := c.Find(b.Context(), tt.query)
				if err != nil || len(p.Documents) == 0 {
					b.Fatal(len(p.Documents), err)
				}
			}
		})
	}
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Get(b.Context(), "d0001234"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
