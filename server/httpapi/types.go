package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/crm"
)

// typeRoutes serve the record types that a workspace makes itself.
func (a *API) typeRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodPost, path: "/record-types", id: "createRecordType", summary: "Add a record type of the workspace's own", tag: tag, need: "pipelines.edit", status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				Key  string `json:"key,omitempty" maxLength:"40" doc:"made from the name when it is left out"`
				Name string `json:"name" minLength:"1" maxLength:"200"`
				crm.Look
			}
		}) (*tagged[crm.RecordType], error) {
			t, err := a.CRM.AddType(ctx, by(ctx), in.Body.Key, in.Body.Name, in.Body.Look)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodPatch, path: "/record-types/{type}", id: "changeRecordType", summary: "Give an own record type another name and look", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, in *struct {
			OfType
			Matching
			Body struct {
				Name string `json:"name" minLength:"1" maxLength:"200"`
				crm.Look
			}
		}) (*tagged[crm.RecordType], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			t, err := a.CRM.ChangeType(ctx, by(ctx), in.Type, rev, in.Body.Name, in.Body.Look)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodDelete, path: "/record-types/{type}", id: "deleteRecordType", summary: "Delete an own record type without records, with its pipelines", tag: tag, need: "pipelines.edit", status: 204},
		func(ctx context.Context, in *struct {
			OfType
			Matching
		}) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return nil, a.CRM.DeleteType(ctx, by(ctx), in.Type, rev)
		})
}
