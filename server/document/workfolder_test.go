package document

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocumentsOfAKilledServerAreRemoved(t *testing.T) {
	parent := t.TempDir()
	killed, err := newWorkFolder(parent)
	require.NoError(t, err)
	contract := filepath.Join(killed.path, "batch-1", "0.docx")
	require.NoError(t, os.MkdirAll(filepath.Dir(contract), 0o700))
	require.NoError(t, os.WriteFile(contract, []byte("contract"), 0o600))
	unlocked := filepath.Join(parent, workPrefix+"young")
	require.NoError(t, os.Mkdir(unlocked, 0o700))

	living, err := newWorkFolder(parent)
	require.NoError(t, err)
	require.FileExists(t, contract, "its server lives")

	require.NoError(t, killed.lock.Close()) // what the kernel does at the end of a process
	next, err := newWorkFolder(parent)
	require.NoError(t, err)
	require.NoDirExists(t, killed.path)
	require.DirExists(t, living.path)
	require.DirExists(t, unlocked, "a folder that is being made has no lock yet")

	require.NoError(t, next.remove())
	require.NoDirExists(t, next.path)
	require.NoError(t, living.remove())
}
