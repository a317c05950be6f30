package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/problem"
)

// What ended because its caller went away is no failure of the server; the same
// error while the caller still waits is one.
func TestWithdrawnRequestsAreNoErrors(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	cause := fmt.Errorf("read deals: %w", context.Canceled)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, c := range []struct {
		name  string
		ctx   context.Context
		err   error
		code  string
		level string
	}{
		{"gone", gone, cause, "withdrawn", "level=DEBUG"},
		{"still there", t.Context(), cause, "internal", "level=ERROR"},
		{"gone, and something else is wrong", gone, errors.New("disk full"), "internal", "level=ERROR"},
		{"gone, and its own mistake", gone, problem.New("forbidden").Because(cause), "forbidden", ""},
	} {
		log.Reset()
		r := httptest.NewRequestWithContext(c.ctx, "GET", "/api/v1/deals", nil)
		d := render(r, httptest.NewRecorder().Header(), asProblem(c.err))
		require.Equal(t, c.code, d.Code, c.name)
		if c.level == "" {
			require.Empty(t, log.String(), c.name)
			continue
		}
		require.Contains(t, log.String(), c.level, c.name)
	}
}
