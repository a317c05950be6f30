package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/observe"
)

func TestLoggerAddsContextAndHidesSecrets(t *testing.T) {
	var out bytes.Buffer
	log := observe.NewLogger(&out, observe.LogOptions{Level: slog.LevelInfo})
	ctx := observe.With(t.Context(), "requestId", "r1", "runId", "old")
	ctx = observe.With(ctx, "runId", "run1")
	log.With("component", "mail").InfoContext(ctx, "sent", "smtpPassword", "hunter2", "passwordSet", true, slog.Group("in", "access_token", "hunter3"))
	log.DebugContext(ctx, "not shown")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	delete(line, "time")
	require.Equal(t, map[string]any{"level": "INFO", "msg": "sent", "component": "mail", "requestId": "r1", "runId": "run1",
		"smtpPassword": "[redacted]", "passwordSet": true, "in": map[string]any{"access_token": "[redacted]"}}, line)

	out.Reset()
	observe.NewLogger(&out, observe.LogOptions{Format: "text"}).WithGroup("g").InfoContext(ctx, "words")
	require.Contains(t, out.String(), "g.requestId=r1")
}

func get(t *testing.T, h http.Handler) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Code, string(body)
}

func TestMetrics(t *testing.T) {
	m := observe.NewMetrics()
	m.Request("GET", "/api/v1/runs/{id}", 200, 30*time.Millisecond)
	m.Request("BREW", "", 404, time.Millisecond)
	m.Gauge("fluxo_relay_lag_seconds", "Age of the oldest event.", func() float64 { return 1.5 })
	m.CounterFunc("fluxo_commits_total", "Commits.", func() float64 { return 7 })
	code, body := get(t, m.Handler())
	require.Equal(t, 200, code)
	for _, want := range []string{
		`fluxo_http_request_seconds_count{method="GET",route="/api/v1/runs/{id}",status="200"} 1`,
		`fluxo_http_request_seconds_count{method="other",route="none",status="404"} 1`,
		"fluxo_relay_lag_seconds 1.5", "fluxo_commits_total 7", "go_goroutines",
	} {
		require.Contains(t, body, want)
	}
}

func TestHealth(t *testing.T) {
	fake := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	var down error
	probes := 0
	h := observe.NewHealth(fake, slog.New(slog.DiscardHandler),
		observe.Check{Name: "store", Required: true, Probe: func(context.Context) error { probes++; return down }},
		observe.Check{Name: "office", Probe: func(context.Context) error { return errors.New("soffice is not installed") }},
		observe.Check{Name: "odd", Probe: func(context.Context) error { panic("boom") }})
	code, body := get(t, h.Live())
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"status":"ok"}`, body)
	code, body = get(t, h.Ready())
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"status":"ready","checks":[{"name":"store","ok":true,"required":true},
		{"name":"office","ok":false,"required":false,"detail":"soffice is not installed"},
		{"name":"odd","ok":false,"required":false,"detail":"check panicked: boom"}]}`, body)

	down = errors.New("the store does not answer")
	code, _ = get(t, h.Ready())
	require.Equal(t, 200, code, "one answer serves many askers for a moment")
	require.Equal(t, 1, probes)
	fake.Advance(time.Second)
	code, body = get(t, h.Ready())
	require.Equal(t, 503, code)
	require.Contains(t, body, "the store does not answer")
	down = nil
	fake.Advance(time.Second)
	code, _ = get(t, h.Ready())
	require.Equal(t, 200, code)
	h.Drain()
	code, body = get(t, h.Ready())
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"status":"draining","checks":[]}`, body)
}
