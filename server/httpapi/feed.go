package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/problem"
)

type counted struct {
	Count int64 `json:"count"`
}

func (a *API) feedRoutes() {
	const tag = "notifications"
	route(a, spec{method: http.MethodGet, path: "/notifications", id: "listNotifications", summary: "My notifications, newest first", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Paging
			Unread bool `query:"unread"`
		}) (*list[feed.Notification], error) {
			all, next, err := a.Feed.List(ctx, callerOf(ctx).ID, in.Unread, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/notifications/count", id: "countNotifications", summary: "How many of my notifications are unread", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*reply[counted], error) {
			n, err := a.Feed.Unread(ctx, callerOf(ctx).ID)
			return body(counted{n}), err
		})
	route(a, spec{method: http.MethodPost, path: "/notifications/read", id: "readNotifications", summary: "Mark notifications as read", tag: tag, need: member, fresh: true, status: 204},
		func(ctx context.Context, in *struct {
			Body struct {
				IDs []string `json:"ids,omitempty" maxItems:"200"`
				All bool     `json:"all,omitempty"`
			}
		}) (*none, error) {
			if !in.Body.All && len(in.Body.IDs) == 0 {
				return nil, problem.Invalid("/ids", "required", "")
			}
			ids := in.Body.IDs
			if in.Body.All {
				ids = nil
			}
			return nil, a.Feed.MarkRead(ctx, callerOf(ctx).ID, ids)
		})
}
