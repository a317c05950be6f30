package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
)

// ByField is the path of a field of a record type. Exported for huma, like ByID.
type ByField struct {
	Type string `path:"type" maxLength:"40"`
	Key  string `path:"key" maxLength:"40"`
}

// DictionaryBody is what is said of a dictionary. Exported for huma, like ByID.
type DictionaryBody struct {
	Name  string     `json:"name" minLength:"1" maxLength:"200"`
	Items []crm.Item `json:"items" maxItems:"1000"`
}

// fieldRoutes declares the fields of records and the dictionaries they choose from.
func (a *API) fieldRoutes() {
	const tag = "crm"
	types := func(t crm.RecordType, err error) (*tagged[crm.RecordType], error) { return withTag(t.Rev, t), err }
	route(a, spec{method: http.MethodGet, path: "/record-types", id: "listRecordTypes", summary: "Record types with their fields", tag: tag, need: "crm.view"},
		func(ctx context.Context, _ *struct{}) (*list[crm.RecordType], error) {
			all, err := a.CRM.RecordTypes(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/record-types/{type}", id: "readRecordType", summary: "The fields of a record type", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			Type string `path:"type" maxLength:"40"`
		}) (*tagged[crm.RecordType], error) {
			return types(a.CRM.RecordType(ctx, in.Type))
		})
	route(a, spec{method: http.MethodPost, path: "/record-types/{type}/fields", id: "createField", summary: "Add a field to a record type", tag: tag, need: "pipelines.edit", status: 201},
		func(ctx context.Context, in *struct {
			Type string `path:"type" maxLength:"40"`
			Matching
			Body struct {
				Key        string         `json:"key,omitempty" maxLength:"60" doc:"name in expressions; made from the label when it is left out"`
				Label      string         `json:"label" minLength:"1" maxLength:"200"`
				Type       field.Type     `json:"type" maxLength:"40"`
				Multiple   bool           `json:"multiple,omitempty"`
				Dictionary string         `json:"dictionary,omitempty" maxLength:"60"`
				Target     string         `json:"target,omitempty" maxLength:"40"`
				Help       string         `json:"help,omitempty" maxLength:"1000"`
				Required   bool           `json:"required,omitempty"`
				RequiredAt []field.Stages `json:"requiredAt,omitempty" maxItems:"100"`
			}
		}) (*tagged[crm.RecordType], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			b := in.Body
			return types(a.CRM.AddField(ctx, by(ctx), in.Type, rev, field.Field{Key: b.Key, Label: b.Label, Type: b.Type, Multiple: b.Multiple,
				Dictionary: b.Dictionary, Target: b.Target, Help: b.Help, Required: b.Required, RequiredAt: b.RequiredAt}))
		})
	route(a, spec{method: http.MethodPatch, path: "/record-types/{type}/fields/{key}", id: "changeField", summary: "Change a field; of a standard one only where it is required", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, in *struct {
			ByField
			Matching
			Body crm.FieldPatch
		}) (*tagged[crm.RecordType], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return types(a.CRM.ChangeField(ctx, by(ctx), in.Type, rev, in.Key, in.Body))
		})
	route(a, spec{method: http.MethodDelete, path: "/record-types/{type}/fields/{key}", id: "deleteField", summary: "Delete a field that nothing uses", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, in *struct {
			ByField
			Matching
		}) (*tagged[crm.RecordType], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return types(a.CRM.DeleteField(ctx, by(ctx), in.Type, rev, in.Key))
		})
	dictionary := func(d crm.Dictionary, err error) (*tagged[crm.Dictionary], error) { return withTag(d.Rev, d), err }
	route(a, spec{method: http.MethodGet, path: "/dictionaries", id: "listDictionaries", summary: "Lists of values that fields choose from", tag: tag, need: "crm.view"},
		func(ctx context.Context, _ *struct{}) (*list[crm.Dictionary], error) {
			all, err := a.CRM.Dictionaries(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/dictionaries", id: "createDictionary", summary: "Add a list of values", tag: tag, need: "pipelines.edit", status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				ID string `json:"id,omitempty" maxLength:"60" doc:"made from the name when it is left out"`
				DictionaryBody
			}
		}) (*tagged[crm.Dictionary], error) {
			d := crm.Dictionary{Name: in.Body.Name, Items: in.Body.Items}
			d.ID = in.Body.ID
			return dictionary(a.CRM.AddDictionary(ctx, by(ctx), d))
		})
	route(a, spec{method: http.MethodPut, path: "/dictionaries/{id}", id: "changeDictionary", summary: "Replace the name and the values of a list", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body DictionaryBody
		}) (*tagged[crm.Dictionary], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return dictionary(a.CRM.ChangeDictionary(ctx, by(ctx), in.ID, rev, in.Body.Name, in.Body.Items))
		})
	route(a, spec{method: http.MethodDelete, path: "/dictionaries/{id}", id: "deleteDictionary", summary: "Delete a list that no field chooses from", tag: tag, need: "pipelines.edit", status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Matching
		}) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return nil, a.CRM.DeleteDictionary(ctx, by(ctx), in.ID, rev)
		})
}
