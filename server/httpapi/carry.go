package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
)

// carryRoutes are the ways by which definitions come and go: templates, files,
// copies.
func (a *API) carryRoutes() {
	const tag = "definitions"
	route(a, spec{method: http.MethodGet, path: "/definition-templates", id: "listDefinitionTemplates", summary: "Definitions offered as templates, in the reader's language", tag: tag, need: "definitions.edit"},
		func(ctx context.Context, _ *struct{}) (*list[definition.Example], error) {
			return page(a.Definitions.Templates(requestOf(ctx).language), ""), nil
		})
	route(a, spec{method: http.MethodGet, path: "/definition-templates/{key}/references", id: "listTemplateReferences", summary: "What a template names, and what that leads to here", tag: tag, need: "definitions.edit"},
		func(ctx context.Context, in *ByKey) (*list[definition.Reference], error) {
			all, err := a.Definitions.TemplateReferences(ctx, in.Key, requestOf(ctx).language)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/definition-files", id: "importDefinitionFile", summary: "Make a definition from a file, or report what would come of it", tag: tag, need: "definitions.edit", large: true},
		func(ctx context.Context, in *struct{ Body definition.Import }) (*reply[definition.Imported], error) {
			report, err := a.Definitions.ImportFile(ctx, in.Body, callerOf(ctx).ID)
			return body(report), err
		})
	route(a, spec{method: http.MethodPost, path: "/definitions/{key}/copies", id: "copyDefinition", summary: "Make a new definition of the draft or a version", tag: tag, need: "definitions.edit", status: 201},
		func(ctx context.Context, in *struct {
			ByKey
			Body struct {
				Name    string `json:"name" minLength:"1" maxLength:"200"`
				Version int    `json:"version,omitempty" minimum:"0" doc:"0 = the draft"`
			}
		}) (*tagged[definition.Detail], error) {
			d, err := a.Definitions.Copy(ctx, in.Key, in.Body.Version, in.Body.Name, callerOf(ctx).ID)
			return withTag(d.DraftRev, d), err
		})
	a.raw(http.MethodGet, "/definitions/:key/file", rawSpec{id: "exportDefinitionFile", summary: "The draft, or ?version=N, as one readable file with symbolic names",
		tag: tag, need: "definitions.edit", status: "200"}, a.exportFile)
}

func (a *API) exportFile(c *gin.Context) error {
	version, err := strconv.Atoi(c.DefaultQuery("version", "0"))
	if err != nil || version < 0 {
		return problem.Invalid("query.version", "format", "a number from 1 on, or nothing for the draft")
	}
	text, err := a.Definitions.ExportFile(c.Request.Context(), c.Param("key"), version)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+c.Param("key")+`.fluxo.json"`)
	c.Data(http.StatusOK, "application/json; charset=utf-8", text)
	return nil
}
