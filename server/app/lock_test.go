package app_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/config"
)

func TestLockKeepsASecondServerOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "fluxo.db")
	c := config.Config{Database: "sqlite:" + path}
	release, err := app.Lock(c)
	require.NoError(t, err)

	_, err = app.Lock(c)
	require.ErrorIs(t, err, app.ErrInUse)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "process "+strconv.Itoa(os.Getpid()))
	other, err := app.Lock(config.Config{Database: "sqlite:" + path + "2"})
	require.NoError(t, err, "another file is another database")
	require.NoError(t, other())

	require.NoError(t, release())
	again, err := app.Lock(c)
	require.NoError(t, err)
	require.NoError(t, again())

	shared, err := app.Lock(config.Config{Database: "mongodb://localhost/fluxo"})
	require.NoError(t, err)
	require.NoError(t, shared())
}
