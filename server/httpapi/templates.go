package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/template"
)

func (a *API) templateRoutes() {
	const tag = "templates"
	route(a, spec{method: http.MethodGet, path: "/templates", id: "listTemplates", summary: "Document templates", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[template.Template], error) {
			all, err := a.Templates.List(ctx)
			return page(all, ""), err
		})
	a.raw(http.MethodPost, "/templates", rawSpec{id: "uploadTemplate", summary: "Add a document template, or replace the one with this key (multipart: key, name, description, recordType, file)",
		tag: tag, need: "templates.edit", status: "201", produces: template.Template{}}, a.uploadTemplate)
	route(a, spec{method: http.MethodGet, path: "/templates/{id}", id: "readTemplate", summary: "One document template", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[template.Template], error) {
			t, err := a.Templates.Get(ctx, in.ID)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodDelete, path: "/templates/{id}", id: "deleteTemplate", summary: "Delete a document template", tag: tag, need: "templates.edit", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			t, err := a.Templates.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			uses, err := a.Definitions.TemplateUses(ctx, t.Key)
			if err != nil {
				return nil, err
			}
			if len(uses) > 0 {
				return nil, problem.New("in_use", "by", uses[0].Name).With("uses", uses)
			}
			return nil, a.Templates.Delete(ctx, in.ID, rev)
		})
}

func (a *API) uploadTemplate(c *gin.Context) error {
	fields, part, err := parts(c, maxFile)
	if err != nil {
		return err
	}
	name, err := fileName(part)
	if err != nil {
		return err
	}
	if recordType := fields["recordType"]; recordType != "" {
		// What is of the right form may still be no type of this workspace.
		if _, err := a.CRM.RecordType(c.Request.Context(), recordType); err != nil && asProblem(err).Code == "not_found" {
			return problem.Invalid("/recordType", "unknown_reference", "there is no such record type")
		} else if err != nil {
			return err
		}
	}
	t, err := a.Templates.Put(c.Request.Context(), template.Template{Key: fields["key"], Name: fields["name"], Description: fields["description"],
		RecordType: fields["recordType"]}, name, part, callerOf(c.Request.Context()).ID)
	if err != nil {
		return err
	}
	respond(c, http.StatusCreated, t)
	return nil
}
