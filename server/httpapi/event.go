package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// messageReceipt tells what became of a message or a signal.
type messageReceipt struct {
	ID        string       `json:"id"`
	Runs      []core.RunID `json:"runs" doc:"runs that took it or that it started, so far"`
	ExpiresAt *time.Time   `json:"expiresAt,omitempty" doc:"until when a message waits for a receiver"`
}

// unclaimedMessage is one that nobody took in its time.
type unclaimedMessage struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Key       string           `json:"key,omitempty"`
	SentAt    docstore.Instant `json:"sentAt"`
	ExpiredAt docstore.Instant `json:"expiredAt"`
}

func receiptOf(r message.Receipt) messageReceipt {
	out := messageReceipt{ID: r.ID, Runs: r.Runs}
	if out.Runs == nil {
		out.Runs = []core.RunID{}
	}
	if r.ExpiresAt > 0 {
		at := time.UnixMilli(int64(r.ExpiresAt)).UTC()
		out.ExpiresAt = &at
	}
	return out
}

// eventRoutes takes messages and signals from outside.
func (a *API) eventRoutes() {
	const tag = "events"
	route(a, spec{method: http.MethodPost, path: "/messages", id: "publishMessage", summary: "Send a message to the run that waits for it, or start the process that it starts", tag: tag, need: "runs.operate", status: 202},
		func(ctx context.Context, in *struct {
			Body struct {
				ID   string         `json:"id,omitempty" maxLength:"200" doc:"publishing again under the same id is the same message"`
				Name string         `json:"name" minLength:"1" maxLength:"200"`
				Key  string         `json:"key,omitempty" maxLength:"500" doc:"picks the run"`
				Body map[string]any `json:"body,omitempty"`
				TTL  int            `json:"ttl,omitempty" minimum:"0" maximum:"2592000" doc:"seconds that it is kept while nobody waits; 0 = one hour"`
			}
		}) (*reply[messageReceipt], error) {
			b := in.Body
			if b.ID != "" {
				b.ID = "api:" + b.ID
			}
			receipt, err := a.Messages.Publish(ctx, message.Publication{ID: b.ID, Name: b.Name, Key: b.Key, Body: b.Body,
				TTL: time.Duration(b.TTL) * time.Second, Actor: callerOf(ctx).ID})
			if errors.Is(err, message.ErrMessage) {
				return nil, problem.Invalid("body.name", "invalid", err.Error())
			}
			if err != nil {
				return nil, err
			}
			if err := a.note(ctx, "message.publish", "message:"+receipt.ID, noted{After: map[string]any{"name": b.Name, "key": b.Key}}); err != nil {
				return nil, err
			}
			return body(receiptOf(receipt)), nil
		})
	route(a, spec{method: http.MethodGet, path: "/messages/unclaimed", id: "listUnclaimedMessages", summary: "Messages that expired without receiver, newest first", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *struct{ Paging }) (*list[unclaimedMessage], error) {
			all, next, err := a.Audit.Find(ctx, audit.Query{Action: audit.MessageExpired, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := make([]unclaimedMessage, 0, len(all))
			for _, e := range all {
				var detail struct {
					After unclaimedMessage `json:"after"`
				}
				if err := json.Unmarshal(e.Detail, &detail); err != nil {
					return nil, err
				}
				m := detail.After
				m.ID, m.ExpiredAt = strings.TrimPrefix(e.Object, "message:"), e.At
				out = append(out, m)
			}
			return page(out, next), nil
		})
	a.cutRoutes(tag)
	a.waitingRoutes(tag)
	route(a, spec{method: http.MethodPost, path: "/signals", id: "throwSignal", summary: "Send a signal to all runs that wait for it and start the processes that it starts", tag: tag, need: "runs.operate", status: 202},
		func(ctx context.Context, in *struct {
			Body struct {
				ID   string         `json:"id,omitempty" maxLength:"200" doc:"throwing again under the same id is the same signal"`
				Name string         `json:"name" minLength:"1" maxLength:"200"`
				Body map[string]any `json:"body,omitempty"`
			}
		}) (*reply[messageReceipt], error) {
			b := in.Body
			if b.ID != "" {
				b.ID = "api:" + b.ID
			}
			receipt, err := a.Messages.Broadcast(ctx, message.Signal{ID: b.ID, Name: b.Name, Body: b.Body, Actor: callerOf(ctx).ID})
			if err != nil {
				return nil, err
			}
			if err := a.note(ctx, "signal.throw", "signal:"+receipt.ID, noted{After: map[string]any{"name": b.Name}}); err != nil {
				return nil, err
			}
			return body(receiptOf(receipt)), nil
		})
}
