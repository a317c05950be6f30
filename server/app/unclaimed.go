package app

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// unclaimed writes the messages that expired without receiver into the trail,
// where operators list them: without what they carried, which was meant for a run.
func unclaimed(trail *audit.Log, log *slog.Logger) func(ctx context.Context, m store.Message) {
	return func(ctx context.Context, m store.Message) {
		detail, err := json.Marshal(map[string]any{"after": map[string]any{"name": m.Name, "key": m.Key, "sentAt": docstore.At(clock.Time(m.At))}})
		if err == nil {
			err = trail.Append(ctx, audit.Entry{At: docstore.At(clock.Time(m.ExpiresAt)), Action: audit.MessageExpired, Object: "message:" + m.ID,
				Source: "message:" + m.ID + ":expired", Detail: detail})
		}
		if err != nil {
			log.ErrorContext(ctx, "note a message that nobody took", "message", m.ID, "name", m.Name, "error", err)
		}
	}
}
