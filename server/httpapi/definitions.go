package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/rehearsal"
	"github.com/fluxo-app/fluxo/server/run"
)

// ByKey is the path of one definition.
type ByKey struct {
	Key string `path:"key" maxLength:"63"`
}

// ByKeyMatching is the path of one definition with the revision it is based on.
type ByKeyMatching struct {
	ByKey
	Matching
}

type findings struct {
	Findings []graph.Finding `json:"findings"`
}

func (a *API) definitionRoutes() {
	const tag = "definitions"
	const path = "/definitions/{key}"
	route(a, spec{method: http.MethodGet, path: "/definitions", id: "listDefinitions", summary: "Process definitions", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Paging
			Q     string `query:"q" maxLength:"200"`
			Board bool   `query:"board" doc:"with those that are compiled from stage boards"`
		}) (*list[definition.Summary], error) {
			all, next, err := a.Definitions.List(ctx, definition.Query{Text: in.Q, Boards: in.Board, Limit: in.Limit, Cursor: in.Cursor})
			return page(all, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/definitions", id: "createDefinition", summary: "Make a process definition, empty or from a template", tag: tag, need: "definitions.edit", status: 201},
		func(ctx context.Context, in *struct{ Body definition.NewDefinition }) (*tagged[definition.Detail], error) {
			in.Body.Language = requestOf(ctx).language
			d, err := a.Definitions.Create(ctx, in.Body, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodGet, path: path, id: "readDefinition", summary: "A definition with its draft and findings", tag: tag, need: member},
		func(ctx context.Context, in *ByKey) (*tagged[definition.Detail], error) {
			d, err := a.Definitions.Get(ctx, in.Key)
			if a.allowed(ctx, "definitions.edit") != nil {
				d.Webhooks = []definition.Webhook{} // the token in the address is a right of its own
			}
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodPatch, path: path, id: "changeDefinition", summary: "Rename, describe, switch on or off", tag: tag, need: "definitions.edit"},
		func(ctx context.Context, in *struct {
			ByKeyMatching
			Body definition.Change
		}) (*tagged[definition.Detail], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			d, err := a.Definitions.Update(ctx, in.Key, rev, in.Body, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodDelete, path: path, id: "deleteDefinition", summary: "Delete a definition without active runs", tag: tag, need: "definitions.edit", status: 204},
		func(ctx context.Context, in *ByKeyMatching) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return nil, a.Definitions.Delete(ctx, in.Key, rev, callerOf(ctx).ID)
		})
	route(a, spec{method: http.MethodPatch, path: path + "/draft", id: "patchDraft", summary: "Change places of the draft; changes of others are merged", tag: tag, need: "definitions.edit"},
		func(ctx context.Context, in *struct {
			ByKeyMatching
			Body struct {
				Patches []definition.Patch `json:"patches" minItems:"1" maxItems:"1000"`
			}
		}) (*tagged[definition.Saved], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			d, err := a.Definitions.PatchDraft(ctx, in.Key, rev, in.Body.Patches, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodPut, path: path + "/draft", id: "putDraft", summary: "Replace the draft", tag: tag, need: "definitions.edit", large: true},
		func(ctx context.Context, in *struct {
			ByKeyMatching
			Body json.RawMessage
		}) (*tagged[definition.Saved], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			d, err := a.Definitions.PutDraft(ctx, in.Key, rev, in.Body, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/check", id: "checkDraft", summary: "Find what is wrong with the draft", tag: tag, need: member, fresh: true},
		func(ctx context.Context, in *ByKey) (*reply[findings], error) {
			f, err := a.Definitions.CheckDraft(ctx, in.Key)
			return body(findings{f}), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/rehearsals", id: "rehearseDefinition", summary: "Play scenarios under a clock of their own; nothing is sent or changed", tag: tag, need: "definitions.edit", fresh: true, large: true},
		func(ctx context.Context, in *struct {
			ByKey
			Body rehearsal.Request
		}) (*reply[rehearsal.Report], error) {
			r, err := a.Rehearsals.Play(ctx, in.Key, in.Body, a.maySee)
			sayTroubles(r, requestOf(ctx).language)
			return body(r), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/versions", id: "publishDefinition", summary: "Publish the draft as a new version", tag: tag, need: "definitions.publish", status: 201},
		func(ctx context.Context, in *struct {
			ByKeyMatching
			Body struct {
				Note    string   `json:"note,omitempty" maxLength:"2000"`
				Confirm []string `json:"confirm,omitempty" maxItems:"200" doc:"codes of the warnings that are accepted"`
			}
		}) (*reply[definition.Published], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			p, err := a.Definitions.Publish(ctx, in.Key, rev, in.Body.Note, in.Body.Confirm, callerOf(ctx).ID)
			return body(p), err
		})
	route(a, spec{method: http.MethodGet, path: path + "/versions", id: "listVersions", summary: "Published versions, newest first", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			ByKey
			Paging
		}) (*list[definition.VersionSummary], error) {
			all, next, err := a.Definitions.Versions(ctx, in.Key, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: path + "/versions/{version}", id: "readVersion", summary: "One version with its process", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			ByKey
			Version int `path:"version" minimum:"1"`
		}) (*reply[definition.VersionSummary], error) {
			v, err := a.Definitions.Version(ctx, in.Key, in.Version)
			return body(v), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/restore", id: "restoreVersion", summary: "Make an old version the draft", tag: tag, need: "definitions.edit"},
		func(ctx context.Context, in *struct {
			ByKeyMatching
			Body struct {
				Version int `json:"version" minimum:"1"`
			}
		}) (*tagged[definition.Detail], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			d, err := a.Definitions.Restore(ctx, in.Key, rev, in.Body.Version, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	route(a, spec{method: http.MethodGet, path: path + "/counts", id: "countRuns", summary: "Active runs and incidents per node, runs per status", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			ByKey
			Version int `query:"version" minimum:"0"`
		}) (*reply[run.Counts], error) {
			if err := a.seesEveryRun(ctx); err != nil {
				return nil, err
			}
			c, err := a.Runs.Counts(ctx, in.Key, in.Version)
			return body(c), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/runs", id: "startRun", summary: "Start a run by hand", tag: tag, need: string(access.RunsStart), status: 202},
		func(ctx context.Context, in *struct {
			ByKey
			Body struct {
				Parameters map[string]any `json:"parameters,omitempty"`
				RecordType string         `json:"recordType,omitempty" maxLength:"60"`
				RecordID   string         `json:"recordId,omitempty" maxLength:"100"`
				Node       string         `json:"node,omitempty" maxLength:"200"`
			}
		}) (*reply[run.Summary], error) {
			if in.Body.RecordID != "" {
				if err := a.maySee(ctx, orDeal(in.Body.RecordType), in.Body.RecordID); err != nil {
					return nil, err
				}
			}
			r, err := a.Automation.StartByHand(ctx, in.Key, in.Body.Node, in.Body.RecordType, in.Body.RecordID, in.Body.Parameters, callerOf(ctx).ID)
			if err != nil {
				return nil, err
			}
			all, err := a.Runs.Summaries(ctx, []string{r})
			if err != nil {
				return nil, err
			}
			return body(all[0]), nil
		})
}

// sayTroubles puts what has gone wrong in rehearsals into the language of who plays,
// as on the page of a run: what is open, and what the records tell of every moment.
func sayTroubles(r rehearsal.Report, language string) {
	for _, result := range r.Results {
		for n := range result.Incidents {
			i := &result.Incidents[n]
			i.Text, i.Message = run.Trouble(i.Code, language), run.Reason(i.Code, i.Message, language)
		}
		for _, record := range result.Records {
			if code, ok := record.Body["code"].(string); ok && record.Kind == core.RecordIncidentRaised {
				record.Body["text"] = run.Trouble(code, language)
				if message, ok := record.Body["message"].(string); ok {
					record.Body["message"] = run.Reason(code, message, language)
				}
			}
		}
	}
}
