package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/httpapi"
)

// loop is one background activity; it returns when its context ends.
type loop struct {
	name string
	run  func(context.Context) error
}

// Work runs the background loops until ctx ends and all of them have stopped.
// Tests with a fake clock use it without a listener.
func (a *App) Work(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range a.loops {
		all.Go(func() {
			if err := l.run(ctx); err != nil && ctx.Err() == nil {
				a.Log.Error("background loop ended", "loop", l.name, "error", err)
			}
		})
	}
	all.Wait()
}

// Serve answers requests on l until ctx ends, then drains: requests under way
// are answered, sockets told to reconnect, steps and effects finished, and only
// then the stores closed.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var work sync.WaitGroup
	work.Go(func() { a.Work(working) })
	server := &http.Server{Handler: a.API.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		WriteTimeout: 10 * time.Minute} // of the largest file over a slow line; sockets have their own, bodies too
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.health.Drain()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Config.Drain)
	defer cancel()
	a.sockets.Close()
	if stop := server.Shutdown(drain); stop != nil {
		err = errors.Join(err, fmt.Errorf("requests cut short: %w", stop), server.Close())
	}
	stopWork()
	work.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// recheck lets open connections lose what their people may not see any more.
func (a *App) recheck(ctx context.Context, d docstore.Delivery) error {
	if d.Collection != "sessions" && d.Collection != "apiTokens" {
		if err := a.Identity.Refresh(ctx); err != nil {
			return err
		}
	}
	switch d.Collection {
	case "users":
		a.sockets.Recheck(d.DocumentID)
	case "sessions", "apiTokens":
		var ended struct {
			Before struct {
				UserID string `json:"userId"`
			} `json:"before"`
		}
		if err := json.Unmarshal(d.Event.Body, &ended); err != nil {
			return fmt.Errorf("whose session ended: %w", err)
		}
		if ended.Before.UserID != "" {
			a.sockets.Recheck(ended.Before.UserID)
		}
	default:
		a.sockets.Recheck("")
	}
	return nil
}

// CloseSockets ends the live connections, which a server's shutdown does not wait for.
func (a *App) CloseSockets() { a.sockets.Close() }

// Close releases what New made.
func (a *App) Close() error {
	var err error
	if c, ok := a.converter.(io.Closer); ok {
		err = c.Close()
	}
	a.webhooks.Close()
	return errors.Join(err, a.Stores.Close())
}

// sweepEvery is the pause between clearings of what has expired.
const sweepEvery = 10 * time.Minute

func (a *App) sweep(ctx context.Context) error {
	return clock.Every(ctx, a.Clock, sweepEvery, 0.2, func(ctx context.Context) {
		for name, pass := range map[string]func(context.Context) (int, error){"answers": a.API.Sweep, "identity": a.Identity.Sweep, "files": a.Stores.Files.Sweep,
			"repairs": a.Repairs.Sweep, "jobs": a.Jobs.Sweep, "runs": a.Retention.Sweep, "calls": a.Triggers.Sweep, "visitors": a.Visits.Sweep, "intake": a.API.Intake.Sweep, "bin": a.CRM.SweepBin, "imports": a.API.Transfer.Sweep, "forms": a.Forms.Sweep} {
			if n, err := pass(ctx); err != nil && ctx.Err() == nil {
				a.Log.ErrorContext(ctx, "sweep failed", "of", name, "error", err)
			} else if n > 0 {
				a.Log.DebugContext(ctx, "swept", "of", name, "removed", n)
			}
		}
	})
}

func (a *App) system(ctx context.Context) (httpapi.SystemInfo, error) {
	i := httpapi.SystemInfo{Version: a.API.Version, Database: a.Stores.Kind, Sizes: map[string]int64{}, Lag: map[string]int64{}, Soffice: a.converter.Ready() == nil}
	if a.Stores.Sizes != nil {
		var err error
		if i.Sizes, err = a.Stores.Sizes(ctx); err != nil {
			return i, err
		}
	}
	return i, nil
}
