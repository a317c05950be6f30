package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
)

// Check is something the server needs. A missing Required one makes it not
// ready; another one is only listed, with what to do.
type Check struct {
	Name     string
	Required bool
	// Probe returns what is wrong. Its text is shown to anybody who can reach the
	// server: no addresses, no credentials. Other details go to the log.
	Probe func(ctx context.Context) error
}

// Health answers whether the process lives and whether it can serve.
type Health struct {
	clock  clock.Clock
	log    *slog.Logger
	checks []Check

	mu       sync.Mutex
	draining bool      // guarded by mu
	at       time.Time // of the last answer; guarded by mu
	last     readiness // guarded by mu
}

// probeTimeout bounds all checks together; reuse spares the database when many
// load balancers ask.
const (
	probeTimeout = 3 * time.Second
	reuse        = time.Second
)

// NewHealth makes the handlers' state.
func NewHealth(c clock.Clock, log *slog.Logger, checks ...Check) *Health {
	return &Health{clock: c, log: log, checks: checks}
}

// Drain makes the server not ready, so that no new work is sent to it.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Live answers 200 as long as the process can answer at all.
func (h *Health) Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
}

type readiness struct {
	Status string   `json:"status"` // ready, notReady, draining
	Checks []result `json:"checks"`
}

type result struct {
	Name     string `json:"name"`
	Ok       bool   `json:"ok"`
	Required bool   `json:"required"`
	Detail   string `json:"detail,omitempty"`
}

// Ready answers 200 when every required check holds, 503 otherwise, with the
// result of each check.
func (h *Health) Ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := h.state(r.Context())
		status := http.StatusOK
		if state.Status != "ready" {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, state)
	})
}

func (h *Health) state(ctx context.Context) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return readiness{Status: "draining", Checks: []result{}}
	}
	if h.last.Status != "" && h.clock.Now().Before(h.at.Add(reuse)) {
		return h.last
	}
	// One answer serves many askers: it must not end with the first of them.
	ctx, cancel := h.clock.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	results := make([]result, len(h.checks))
	var wg sync.WaitGroup
	for i, c := range h.checks {
		wg.Go(func() {
			results[i] = result{Name: c.Name, Required: c.Required, Ok: true}
			if err := probe(ctx, c); err != nil {
				results[i].Ok, results[i].Detail = false, err.Error()
			}
		})
	}
	wg.Wait()
	state := readiness{Status: "ready", Checks: results}
	for _, r := range results {
		if !r.Ok && r.Required {
			state.Status = "notReady"
			h.log.WarnContext(ctx, "not ready", "check", r.Name, "error", r.Detail)
		}
	}
	h.last, h.at = state, h.clock.Now()
	return state
}

func probe(ctx context.Context, c Check) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("check panicked: %v", v)
		}
	}()
	return c.Probe(ctx)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker has gone: nobody to tell
}
