package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/form"
)

// formInput is a form as it is sent.
type formInput struct {
	Name       string       `json:"name" maxLength:"200"`
	Kind       string       `json:"kind" enum:"form,callback"`
	Active     bool         `json:"active,omitempty"`
	Language   string       `json:"language" enum:"en,pl,pt-BR,ru"`
	Title      string       `json:"title" maxLength:"200"`
	Text       string       `json:"text,omitempty" maxLength:"5000"`
	Button     string       `json:"button,omitempty" maxLength:"60"`
	Thanks     string       `json:"thanks,omitempty" maxLength:"5000"`
	Redirect   string       `json:"redirect,omitempty" maxLength:"1000"`
	Fields     []form.Field `json:"fields" maxItems:"40"`
	Consent    form.Consent `json:"consent,omitempty"`
	Style      form.Style   `json:"style,omitempty"`
	Creates    form.Creates `json:"creates,omitempty"`
	Sites      []string     `json:"sites,omitempty" maxItems:"20"`
	MinSeconds int          `json:"minSeconds,omitempty" minimum:"0" maximum:"60"`
}

func (in formInput) form() form.Form {
	return form.Form{Name: in.Name, Kind: in.Kind, Active: in.Active, Language: in.Language, Title: in.Title, Text: in.Text, Button: in.Button, Thanks: in.Thanks,
		Redirect: in.Redirect, Fields: in.Fields, Consent: in.Consent, Style: in.Style, Creates: in.Creates, Sites: in.Sites, MinSeconds: in.MinSeconds}
}

// formRoutes let people make forms and read what clients sent.
func (a *API) formRoutes() {
	const tag = "forms"
	const edit = string(access.AutomationEdit)
	route(a, spec{method: http.MethodGet, path: "/forms", id: "listForms", summary: "Forms by name", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			Kind string `query:"kind" enum:"form,callback"`
		}) (*list[form.Form], error) {
			all, err := a.Forms.List(ctx, in.Kind)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/form-fields", id: "listFormFields", summary: "What a form can ask", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			Type string `query:"type" maxLength:"40" doc:"record type that the form makes"`
		}) (*list[form.Askable], error) {
			all, err := a.Forms.Askable(ctx, in.Type)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/forms", id: "createForm", summary: "Make a form", tag: tag, need: edit, status: 201},
		func(ctx context.Context, in *struct{ Body formInput }) (*tagged[form.Form], error) {
			if err := a.mayForm(ctx, in.Body.Creates); err != nil {
				return nil, err
			}
			f, err := a.Forms.Save(ctx, callerOf(ctx).ID, in.Body.form())
			return withTag(f.Rev, f), err
		})
	route(a, spec{method: http.MethodGet, path: "/forms/{id}", id: "readForm", summary: "One form", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *ByID) (*tagged[form.Form], error) {
			f, err := a.Forms.Get(ctx, in.ID)
			return withTag(f.Rev, f), err
		})
	route(a, spec{method: http.MethodPut, path: "/forms/{id}", id: "putForm", summary: "Change a form", tag: tag, need: edit},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body formInput
		}) (*tagged[form.Form], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			was, err := a.Forms.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			for _, creates := range []form.Creates{was.Creates, in.Body.Creates} {
				if err := a.mayForm(ctx, creates); err != nil {
					return nil, err
				}
			}
			f := in.Body.form()
			f.ID, f.Rev = in.ID, rev
			f, err = a.Forms.Save(ctx, callerOf(ctx).ID, f)
			return withTag(f.Rev, f), err
		})
	route(a, spec{method: http.MethodDelete, path: "/forms/{id}", id: "deleteForm", summary: "Delete a form; what was sent with it stays", tag: tag, need: edit, status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			f, err := a.Forms.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayForm(ctx, f.Creates); err != nil {
				return nil, err
			}
			return nil, a.Forms.Delete(ctx, callerOf(ctx).ID, in.ID, rev)
		})
	type preview struct {
		HTML string `json:"html"`
	}
	route(a, spec{method: http.MethodPost, path: "/form-preview", id: "previewForm", summary: "A form that is not saved as clients would see it", tag: tag, need: edit, fresh: true},
		func(ctx context.Context, in *struct{ Body formInput }) (*reply[preview], error) {
			p, err := a.Forms.Preview(ctx, in.Body.form())
			return body(preview{string(p.HTML)}), err
		})
	route(a, spec{method: http.MethodGet, path: "/forms/{id}/submissions", id: "listSubmissions", summary: "What clients sent with a form, newest first", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			ByID
			Paging
			Status string `query:"status" enum:"new,done,spam,failed"`
		}) (*list[form.Submission], error) {
			if err := a.seesSubmissions(ctx); err != nil {
				return nil, err
			}
			all, next, err := a.Forms.Sent(ctx, in.ID, in.Status, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/submissions/{id}/retry", id: "retrySubmission", summary: "Work again on what failed, or was taken for spam", tag: tag, need: edit, fresh: true},
		func(ctx context.Context, in *ByID) (*reply[form.Submission], error) {
			if err := a.seesSubmissions(ctx); err != nil {
				return nil, err
			}
			x, err := a.Forms.Retry(ctx, callerOf(ctx).ID, in.ID)
			return body(x), err
		})
}

// mayForm decides whether the caller may change a form that makes something: it is
// automation of the pipeline where its records begin, or of contacts.
func (a *API) mayForm(ctx context.Context, c form.Creates) error {
	of := access.Object{Type: "forms", Owner: callerOf(ctx).ID, Record: c.Type, Pipeline: c.Pipeline}
	if of.Record == "" {
		of.Record, of.Pipeline = crm.TypeContact, ""
	}
	return a.decideIn(ctx, access.AutomationEdit, of)
}

// seesSubmissions: they name clients of everybody, so that a right to one's own
// records is not enough.
func (a *API) seesSubmissions(ctx context.Context) error {
	for _, of := range []string{crm.TypeContact, "submission"} { // clients, and whatever a form makes of them
		if err := a.decide(ctx, access.CRMView, access.Object{Type: "submissions", Record: of}); err != nil {
			return err
		}
	}
	return nil
}
