package app

import (
	"context"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// clientCreators reads from the audit trail who has added clients: former releases
// kept it nowhere else.
func clientCreators(trail *audit.Log) crm.Creators {
	return func(ctx context.Context, recordType, cursor string) (map[string]string, string, error) {
		entries, next, err := trail.Find(ctx, audit.Query{Action: recordType + ".created", Cursor: cursor, Limit: docstore.MaxLimit})
		by := map[string]string{}
		for _, e := range entries {
			if _, id, is := strings.Cut(e.Object, ":"); is && e.Actor != "" {
				by[id] = e.Actor
			}
		}
		return by, next, err
	}
}

// coveredRecords are records as somebody sees them who tries a process: without the
// clients that they may not see.
type coveredRecords struct{ a *App }

// View implements resolve.Records.
func (r coveredRecords) View(ctx context.Context, recordType, id string) (map[string]any, error) {
	if access.From(ctx).UserID == "" { // nobody looks at it
		return r.a.CRM.View(ctx, recordType, id)
	}
	return r.a.API.CoveredView(ctx, recordType, id)
}
