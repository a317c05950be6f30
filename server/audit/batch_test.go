package audit

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
)

// Entries that came while others were written are one write, and one repeated
// event among them neither breaks the chain nor enters it twice.
func TestWaitingEntriesAreWrittenAsOne(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := sqlitestore.New(t.Context(), db, func() time.Time { return start })
	require.NoError(t, err)
	l, err := New(t.Context(), Options{Store: store})
	require.NoError(t, err)
	entry := func(n int) *waiting {
		return &waiting{Entry: Entry{At: docstore.At(start), Action: "dealCreated", Object: "deals:1", Source: fmt.Sprint("deals:1#", n)}, done: make(chan error, 1)}
	}
	write := func(batch ...*waiting) int64 {
		before := db.Stats().Ops
		l.write(t.Context(), batch)
		for _, w := range batch {
			require.NoError(t, <-w.done)
		}
		return db.Stats().Ops - before
	}
	write(entry(0))
	batch := make([]*waiting, 50)
	for i := range batch {
		batch[i] = entry(1 + i)
	}
	require.EqualValues(t, 1, write(batch...))
	write(entry(60), entry(7), entry(61))
	n, _, err := l.Verify(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 53, n)
}
