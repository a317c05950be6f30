package audit_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, store docstore.Store) *audit.Log {
	t.Helper()
	l, err := audit.New(t.Context(), audit.Options{Store: store})
	require.NoError(t, err)
	return l
}

func delivery(n int) docstore.Delivery {
	return docstore.Delivery{Collection: "deals", DocumentID: fmt.Sprint("d", n%3), Seq: int64(n), At: start.Add(time.Duration(n) * time.Minute),
		Event: docstore.Event{Kind: []string{"dealCreated", "dealChanged"}[n%2], Actor: fmt.Sprint("u", n%2), Body: json.RawMessage(fmt.Sprintf(`{"after":{"b":%d,"a":1.50}}`, n))}}
}

func fill(t *testing.T, l *audit.Log, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		require.NoError(t, l.Deliver(t.Context(), delivery(i)))
	}
}

func TestLogChainsAndFinds(t *testing.T) {
	store := memstore.New(func() time.Time { return start })
	l := open(t, store)
	fill(t, l, 10)
	fill(t, l, 10) // the relay repeats
	n, end, err := l.Verify(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 10, n)
	require.Len(t, end, 64)

	numbers := func(q audit.Query) []int64 {
		entries, _, err := l.Find(t.Context(), q)
		require.NoError(t, err)
		var out []int64
		for _, e := range entries {
			out = append(out, e.N)
		}
		return out
	}
	require.Equal(t, []int64{10, 9}, numbers(audit.Query{Limit: 2}))
	require.Equal(t, []int64{9, 7, 5, 3, 1}, numbers(audit.Query{Actor: "u1"}))
	require.Equal(t, []int64{10, 8, 6, 4, 2}, numbers(audit.Query{Action: "dealCreated"}))
	require.Equal(t, []int64{9, 6, 3}, numbers(audit.Query{Object: "deals:d0"}))
	require.Len(t, numbers(audit.Query{Object: "deals:"}), 10)
	require.Equal(t, []int64{4, 3}, numbers(audit.Query{From: start.Add(3 * time.Minute), To: start.Add(5 * time.Minute)}))
	_, next, err := l.Find(t.Context(), audit.Query{Limit: 4})
	require.NoError(t, err)
	require.Equal(t, []int64{6, 5}, numbers(audit.Query{Limit: 2, Cursor: func() string {
		_, c, err := l.Find(t.Context(), audit.Query{Limit: 4})
		require.NoError(t, err)
		require.Equal(t, next, c)
		return c
	}()}))

	// A second process goes on where the first stopped.
	other := open(t, store)
	require.NoError(t, other.Deliver(t.Context(), delivery(11)))
	require.NoError(t, l.Deliver(t.Context(), delivery(12)))
	n, _, err = l.Verify(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 12, n)
}

func TestVerifyFindsTampering(t *testing.T) {
	cases := []struct {
		name   string
		change func(t *testing.T, c docstore.Collection)
		want   audit.BrokenError
	}{
		{"altered", func(t *testing.T, c docstore.Collection) {
			edit(t, c, 3, func(e map[string]any) { e["actor"] = "somebody" })
		}, audit.BrokenError{N: 3, Reason: "was altered"}},
		{"altered detail", func(t *testing.T, c docstore.Collection) {
			edit(t, c, 4, func(e map[string]any) { e["detail"] = map[string]any{"after": 1} })
		}, audit.BrokenError{N: 4, Reason: "was altered"}},
		{"removed", func(t *testing.T, c docstore.Collection) {
			require.NoError(t, c.Delete(t.Context(), fmt.Sprintf("%016d", 2), 1))
		}, audit.BrokenError{N: 2, Reason: "is missing"}},
		{"another chain", func(t *testing.T, c docstore.Collection) {
			edit(t, c, 5, func(e map[string]any) { e["prev"] = strings.Repeat("0", 64) })
		}, audit.BrokenError{N: 5, Reason: "does not follow the entry before"}},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			store := memstore.New(func() time.Time { return start })
			l := open(t, store)
			fill(t, l, 6)
			c, err := store.Collection(t.Context(), docstore.Spec{Name: "auditEntries", Indexes: []docstore.Index{{Paths: []string{"n"}}}})
			require.NoError(t, err)
			tt.change(t, c)
			_, _, err = open(t, store).Verify(t.Context())
			var broken *audit.BrokenError
			require.ErrorAs(t, err, &broken)
			require.Equal(t, tt.want, *broken)
		})
	}
}

func edit(t *testing.T, c docstore.Collection, n int, change func(map[string]any)) {
	t.Helper()
	d, err := c.Get(t.Context(), fmt.Sprintf("%016d", n))
	require.NoError(t, err)
	var e map[string]any
	require.NoError(t, json.Unmarshal(d.Body, &e))
	change(e)
	d.Body, err = json.Marshal(e)
	require.NoError(t, err)
	_, err = c.Save(t.Context(), d)
	require.NoError(t, err)
}

func TestSecretsAndGiantsStayOut(t *testing.T) {
	l := open(t, memstore.New(func() time.Time { return start }))
	body := `{"before":{"smtpPassword":"hunter2","passwordSet":true,"password":""},"after":{"api_key":{"x":"hunter3"},"host":"mail","list":[{"Token":"hunter4"}]}}`
	require.NoError(t, l.Deliver(t.Context(), docstore.Delivery{Collection: "settings", DocumentID: "mail", Seq: 1, At: start, Event: docstore.Event{Kind: "settingsChanged", Body: json.RawMessage(body)}}))
	require.NoError(t, l.Deliver(t.Context(), docstore.Delivery{Collection: "settings", DocumentID: "mail", Seq: 2, At: start, Event: docstore.Event{Kind: "settingsChanged",
		Body: json.RawMessage(`"` + strings.Repeat("x", 20<<10) + `"`)}}))
	require.Error(t, l.Deliver(t.Context(), docstore.Delivery{Collection: "settings", DocumentID: "mail", Seq: 3, At: start, Event: docstore.Event{Kind: "x", Body: json.RawMessage(`{`)}}))
	entries, _, err := l.Find(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.JSONEq(t, `{"before":{"smtpPassword":"[redacted]","passwordSet":true,"password":""},"after":{"api_key":"[redacted]","host":"mail","list":[{"Token":"[redacted]"}]}}`, string(entries[1].Detail))
	require.Contains(t, string(entries[0].Detail), `"bytes":20482`)
}

// The instant is under the hash: an entry without one is refused, not kept for ever.
func TestEntryWithoutAnInstantIsRefused(t *testing.T) {
	l := open(t, memstore.New(func() time.Time { return start }))
	require.ErrorContains(t, l.Append(t.Context(), audit.Entry{Action: "file.deleted", Object: "file:1", Source: "request:1"}), "no instant")
	entries, _, err := l.Find(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestChainUnderConcurrencyOnDisk(t *testing.T) {
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := sqlitestore.New(t.Context(), db, func() time.Time { return start })
	require.NoError(t, err)
	logs := []*audit.Log{open(t, store), open(t, store)}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				if err := logs[w%2].Deliver(t.Context(), delivery(w*10+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n, _, err := logs[0].Verify(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 40, n)
}

// The trail only grows: its newest page must not sort all of it.
func TestNewestPageReadsAnIndex(t *testing.T) {
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := sqlitestore.New(t.Context(), db, func() time.Time { return start })
	require.NoError(t, err)
	l := open(t, store)
	fill(t, l, 3)
	for _, q := range []audit.Query{{}, {Actor: "u1"}, {Object: "deals:1"}} {
		_, _, err := l.Find(t.Context(), q)
		require.NoError(t, err)
	}
	looked := 0
	for _, text := range db.Statements() {
		if !strings.Contains(text, "doc_audit") || !strings.Contains(text, "ORDER BY") {
			continue
		}
		looked++
		args := make([]any, strings.Count(text, "?"))
		for i := range args {
			args[i] = 1
		}
		require.NoError(t, db.Each(t.Context(), func(rows *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			require.NotContains(t, detail, "TEMP B-TREE", text)
			return err
		}, "EXPLAIN QUERY PLAN "+text, args...))
	}
	require.GreaterOrEqual(t, looked, 3)
}
