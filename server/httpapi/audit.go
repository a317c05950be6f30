package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// auditEntry is a line of the trail with what makes it readable. The names of
// actions are in schemas/text/actions.json.
type auditEntry struct {
	audit.Entry
	ActorName  string        `json:"actorName"`
	ObjectName string        `json:"objectName" doc:"what people call the object, as it was called then; empty when that is not known"`
	Changes    []auditChange `json:"changes" doc:"fields that differ"`
	Summary    string        `json:"summary"`
}

// auditChange is one field before and after the act; null = nothing.
type auditChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

func (a *API) auditRoutes() {
	route(a, spec{method: http.MethodGet, path: "/audit", id: "listAudit", summary: "The audit trail, newest first", tag: "settings", need: "audit.view"},
		func(ctx context.Context, in *struct {
			Paging
			Actor  string `query:"actor" maxLength:"100"`
			Action string `query:"action" maxLength:"100"`
			Object string `query:"object" maxLength:"200"`
		}) (*list[auditEntry], error) {
			all, next, err := a.Audit.Find(ctx, audit.Query{Actor: in.Actor, Action: in.Action, Object: in.Object, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			ids := make([]string, 0, len(all))
			for _, e := range all {
				ids = append(ids, e.Actor)
				if id, ok := strings.CutPrefix(e.Object, "users:"); ok {
					ids = append(ids, id)
				}
			}
			names, err := a.Identity.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := make([]auditEntry, 0, len(all))
			for _, e := range all {
				t := toldBy(e.Detail)
				line := auditEntry{Entry: e, ActorName: names[e.Actor], ObjectName: t.name, Changes: t.changes, Summary: e.Action + " " + e.Object}
				if id, ok := strings.CutPrefix(e.Object, "users:"); ok && line.ObjectName == "" {
					line.ObjectName = names[id]
				}
				out = append(out, line)
			}
			return page(out, next), nil
		})
}

// noted is the detail of an act that changes no document.
type noted struct {
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
}

// note writes an act that no document's event tells of into the audit trail.
func (a *API) note(ctx context.Context, action, object string, detail noted) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return a.Audit.Append(ctx, audit.Entry{At: docstore.At(a.Clock.Now()), Actor: callerOf(ctx).ID, Action: action, Object: object, Source: "request:" + requestOf(ctx).id, Detail: text})
}

// told is what a detail says: how the object is called and what changed.
type told struct {
	name    string
	changes []auditChange
}

// technical are members that say nothing to a reader: what the store keeps of
// itself, and the name, which stands beside the object.
var technical = []string{"id", "rev", "createdAt", "updatedAt", "deletedAt", "hash", "fingerprint", "keys"}

// toldBy reads the forms of details: {before, after}, the event of a staged record, and
// plain members, which are news.
func toldBy(detail json.RawMessage) told {
	out := told{changes: []auditChange{}}
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(detail))
	d.UseNumber()
	if len(detail) == 0 || d.Decode(&members) != nil {
		return out
	}
	if card, ok := members["card"].(map[string]any); ok {
		return ofRecord(card, detail)
	}
	before, hadBefore := members["before"].(map[string]any)
	after, hasAfter := members["after"].(map[string]any)
	if !hadBefore && !hasAfter {
		after = members
	}
	for _, of := range []map[string]any{after, before} {
		for _, key := range []string{"name", "title", "login", "fileName"} {
			if s, ok := of[key].(string); ok && out.name == "" {
				out.name = s
			}
		}
	}
	fields := maps.Clone(before)
	if fields == nil {
		fields = map[string]any{}
	}
	maps.Copy(fields, after)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(technical, field) || reflect.DeepEqual(before[field], after[field]) || empty(before[field]) && empty(after[field]) {
			continue
		}
		out.changes = append(out.changes, auditChange{Field: field, Before: before[field], After: after[field]})
	}
	return out
}

// ofRecord reads the event of a staged record.
func ofRecord(card map[string]any, detail json.RawMessage) told {
	out := told{changes: []auditChange{}}
	out.name, _ = card["title"].(string)
	var e crm.RecordEvent
	if json.Unmarshal(detail, &e) != nil {
		return out
	}
	stage := func(name, id string) any {
		switch {
		case name != "":
			return name
		case id != "":
			return id
		}
		return nil
	}
	if e.From != "" || e.To != "" {
		out.changes = append(out.changes, auditChange{Field: "stage", Before: stage(e.FromName, e.From), After: stage(e.ToName, e.To)})
	}
	if e.Note != "" {
		out.changes = append(out.changes, auditChange{Field: "note", After: e.Note})
	}
	for _, field := range slices.Sorted(maps.Keys(e.Changes)) {
		out.changes = append(out.changes, auditChange{Field: field, Before: e.Changes[field].Before, After: e.Changes[field].After})
	}
	return out
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
