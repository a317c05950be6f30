//go:build unix

package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
)

// killed names the database of the process that TestKill starts and kills.
const killed = "FLUXO_TEST_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(killed); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled starts runs and commits steps from several goroutines and
// prints every acknowledgement.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	db, err := sqlitedb.Open(ctx, path, sqlitedb.Options{})
	if err != nil {
		return err
	}
	s, err := sqlitestore.New(ctx, db, sqlitestore.Options{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	acknowledge := func(run store.Run) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf("%s %d\n", run.ID, run.Rev)
	}
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := core.RunID(fmt.Sprintf("r%d-%d", w, i))
				run, err := s.Start(ctx, store.Run{ID: id, DefinitionKey: "d", Status: core.Active, StartedAt: 1, Inbox: []core.Event{{ID: "e", At: 1}}})
				for step := int64(1); err == nil && step <= 3; step++ {
					acknowledge(run)
					c := store.Commit{ID: id, Rev: run.Rev, Run: run, Consumed: []string{"e"}, Seen: len(run.Inbox), Immediate: true}
					c.Run.Seq, c.Run.State = step, fmt.Appendf(nil, "state %d", step)
					c.Outbox = []store.Outbox{{Seq: step, Kind: store.PutRecord, Body: fmt.Appendf(nil, `{"seq":%d}`, step)}}
					run, err = s.Commit(ctx, c)
				}
				if err != nil {
					failed <- err
					return
				}
				acknowledge(run)
			}
		}()
	}
	return <-failed
}

// TestKill kills a writing process and finds every acknowledged step, whole, in
// what it has left behind.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), killed+"="+path)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	acknowledged := map[core.RunID]int64{}
	lines := bufio.NewScanner(output)
	for n := 0; lines.Scan(); n++ {
		if n == 400 {
			require.NoError(t, command.Process.Kill())
		}
		if id, rev, ok := strings.Cut(lines.Text(), " "); ok {
			var number int64
			if _, err := fmt.Sscan(rev, &number); err == nil {
				acknowledged[core.RunID(id)] = number
			}
		}
	}
	var exit *exec.ExitError
	require.ErrorAs(t, command.Wait(), &exit)
	require.Equal(t, -1, exit.ExitCode(), "it was killed and did not fail")
	require.Greater(t, len(acknowledged), 50)

	db, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var check string
	require.NoError(t, db.QueryRow(t.Context(), `PRAGMA integrity_check`).Scan(&check))
	require.Equal(t, "ok", check)
	s, err := sqlitestore.New(t.Context(), db, sqlitestore.Options{})
	require.NoError(t, err)
	total := 0
	for id, rev := range acknowledged {
		run, err := s.Load(t.Context(), id)
		require.NoError(t, err)
		require.GreaterOrEqual(t, run.Rev, rev, id)
		require.Equal(t, run.Rev-1, run.Seq, id)
		records, err := s.Records(t.Context(), id, 1, 10)
		require.NoError(t, err)
		require.Len(t, records, int(run.Seq), "state and records are of one transaction")
		if run.Rev > 1 {
			require.Equal(t, fmt.Sprint("state ", run.Seq), string(run.State))
		}
	}
	counts, err := s.Counts(t.Context(), "d", 0)
	require.NoError(t, err)
	for q := (store.RunQuery{Limit: store.MaxLimit}); ; {
		page, err := s.List(t.Context(), q)
		require.NoError(t, err)
		total += len(page.Runs)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.Equal(t, total, counts.Statuses[core.Active], "counts agree with the runs")
	_, err = s.Start(t.Context(), store.Run{ID: "r0-0", Status: core.Active})
	require.ErrorIs(t, err, store.ErrExists)
}
