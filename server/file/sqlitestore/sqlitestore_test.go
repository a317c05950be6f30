package sqlitestore_test

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/file/filetest"
	"github.com/fluxo-app/fluxo/server/file/sqlitestore"
)

func open(t *testing.T, now func() time.Time) (*sqlitestore.Store, *sqlitedb.DB) {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "files.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := sqlitestore.New(t.Context(), db, now, file.Options{})
	require.NoError(t, err)
	return s, db
}

func TestStore(t *testing.T) {
	filetest.Run(t, func(t *testing.T, now func() time.Time) file.Store {
		s, _ := open(t, now)
		return s
	})
}

func TestNothingIsLeftBehind(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s, db := open(t, func() time.Time { return at })
	content := strings.Repeat("0123456789\n", 60000)
	rows := func(table string) (n int) {
		require.NoError(t, db.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n))
		return n
	}
	_, err := s.Put(t.Context(), file.Put{ID: "a", Name: "a.txt", Owner: "o"}, strings.NewReader(content))
	require.NoError(t, err)
	chunks := rows("file_chunk")
	require.Equal(t, 3, chunks)
	_, err = s.Put(t.Context(), file.Put{ID: "b", Name: "b.txt", Owner: "o"}, strings.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, chunks, rows("file_chunk"), "equal content is stored once")
	_, err = s.Put(t.Context(), file.Put{ID: "c", Name: "c.txt", Owner: "o"}, io.MultiReader(strings.NewReader(content), iotest.ErrReader(errors.New("lost"))))
	require.Error(t, err)
	require.Equal(t, chunks, rows("file_chunk"), "a broken upload leaves no chunk")
	require.Zero(t, rows("file_upload"))

	// As after a crash in the middle of an upload.
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO file_chunk (blob, n, data) VALUES ('lost', 0, x'00')`)
		if err == nil {
			_, err = tx.Exec(`INSERT INTO file_upload (blob, started_at) VALUES ('lost', ?)`, at.UnixMilli())
		}
		return err
	}))
	at = at.Add(file.SweepAfter)
	require.NoError(t, s.Delete(t.Context(), "a"))
	require.NoError(t, s.Delete(t.Context(), "b"))
	at = at.Add(file.SweepAfter)
	n, err := s.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Zero(t, rows("file_chunk"))
	require.Zero(t, rows("file_upload"))
}
