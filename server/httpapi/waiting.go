package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Why nobody has taken a message.
const (
	nobodyWaits = "nobody_waits" // nothing waits for its name
	otherKeys   = "other_keys"   // what waits for its name has other keys
	onItsWay    = "on_its_way"   // something waits for it: it is being delivered
)

// waitingMessage is one that nobody has taken yet.
type waitingMessage struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Key       string           `json:"key,omitempty"`
	Body      core.Values      `json:"body,omitempty"`
	SentAt    docstore.Instant `json:"sentAt"`
	ExpiresAt docstore.Instant `json:"expiresAt"`
	Why       string           `json:"why" enum:"nobody_waits,other_keys,on_its_way"`
	Receivers []receiver       `json:"receivers" doc:"up to five that wait for the name"`
}

// receiver is a wait for a message.
type receiver struct {
	Run core.RunID `json:"run"`
	Key string     `json:"key"`
}

// waitingRoutes let operators see and drop what waits for a receiver.
func (a *API) waitingRoutes(tag string) {
	type Limited struct {
		Limit int `query:"limit" minimum:"1" maximum:"200" default:"200"`
	}
	route(a, spec{method: http.MethodGet, path: "/messages/waiting", id: "listWaitingMessages", summary: "Messages that nobody has taken yet, with the reason; what expires first", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *Limited) (*list[waitingMessage], error) {
			all, err := a.Messages.Waiting(ctx, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]waitingMessage, 0, len(all))
			for _, m := range all {
				told := waitingMessage{ID: m.ID, Name: m.Name, Key: m.Key, Body: m.Body, SentAt: docstore.At(clock.Time(m.At)),
					ExpiresAt: docstore.At(clock.Time(m.ExpiresAt)), Why: nobodyWaits, Receivers: []receiver{}}
				for _, r := range m.Receivers {
					told.Receivers = append(told.Receivers, receiver{Run: r.RunID, Key: r.Key})
					switch {
					case r.Key == m.Key:
						told.Why = onItsWay
					case told.Why == nobodyWaits:
						told.Why = otherKeys
					}
				}
				out = append(out, told)
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodDelete, path: "/messages/{id}", id: "dropMessage", summary: "Drop a message that nobody has taken", tag: tag, need: "runs.operate", status: 204},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"400"`
		}) (*none, error) {
			err := a.Messages.Drop(ctx, in.ID)
			switch {
			case errors.Is(err, store.ErrNotFound):
				return nil, problem.NotFound("message").Because(err)
			case errors.Is(err, store.ErrConflict):
				return nil, problem.New("action_refused", "why", "the message has a receiver").With("reason", "taken").Because(err)
			case err != nil:
				return nil, err
			}
			return &none{}, a.note(ctx, "message.drop", "message:"+in.ID, noted{})
		})
}
