package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/calendar"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/worklist"
)

// deputies is who is away, as the worklist asks for it.
type deputies struct{ *calendar.Service }

// Away implements worklist.StandIns.
func (d deputies) Away(ctx context.Context, at time.Time) ([]worklist.Away, error) {
	all, err := d.Service.Away(ctx, at)
	if err != nil {
		return nil, err
	}
	var out []worklist.Away
	for _, a := range all {
		if a.StandIn != "" && !a.KeepTasks {
			out = append(out, worklist.Away{User: a.UserID, Absence: a.ID, From: a.From, Until: a.To})
		}
	}
	return out, nil
}

// StandIn implements worklist.StandIns.
func (d deputies) StandIn(ctx context.Context, user string, at time.Time, refused func(id string) bool) (string, error) {
	to, _, err := d.Service.StandIn(ctx, user, at, refused)
	return to, err
}

const (
	// handOnEvery is how soon after its beginning an absence hands on what is open.
	handOnEvery = time.Minute
	handOnLease = 90 * time.Second
)

// leases is the part of the store by which servers share the work.
type leases interface {
	Now(ctx context.Context) (core.Instant, error)
	AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error)
}

// handsOn gives the open tasks of people who are away to their stand-ins. One server
// does; two at once would do nothing twice.
type handsOn struct {
	list      *worklist.Service
	calendars *calendar.Service
	store     leases
	trail     *audit.Log
	clock     clock.Clock
	log       *slog.Logger
	owner     string
}

// Run looks once a minute until ctx ends.
func (h *handsOn) Run(ctx context.Context) error {
	return clock.Every(ctx, h.clock, handOnEvery, 0.1, func(ctx context.Context) {
		if err := h.pass(ctx); err != nil && ctx.Err() == nil {
			h.log.ErrorContext(ctx, "hand on the tasks of people who are away", "error", err)
		}
	})
}

// HandOnTasks gives the open tasks of people who are away to their stand-ins at once
// instead of within a minute, for tests.
func (a *App) HandOnTasks(ctx context.Context) error { return a.absences.pass(ctx) }

func (h *handsOn) pass(ctx context.Context) error {
	now, err := h.store.Now(ctx)
	if err != nil {
		return err
	}
	mine, err := h.store.AcquireLease(ctx, "absences", h.owner, now, now+core.Instant(handOnLease.Milliseconds()))
	if err != nil || !mine {
		return err
	}
	handed, err := h.list.HandOn(ctx, deputies{h.calendars})
	for _, of := range handed {
		detail, encodeErr := json.Marshal(map[string]any{"after": map[string]any{"user": of.User, "from": of.From, "to": of.Until, "count": of.Tasks}})
		if encodeErr != nil {
			return encodeErr
		}
		if err := h.trail.Append(ctx, audit.Entry{At: docstore.At(h.clock.Now()), Action: "tasks.handedOn", Object: "absence:" + of.Absence,
			Source: fmt.Sprintf("handedOn:%s:%d", of.Absence, now), Detail: detail}); err != nil {
			return err
		}
	}
	return err
}
