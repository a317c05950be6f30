package httpapi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/run"
)

// recordView is a staged record with what other capabilities know of it.
type recordView struct {
	crm.Record
	ActiveRuns int `json:"activeRuns"`
	// Names of the users, records and files in own fields, by id.
	Names map[string]string `json:"names,omitempty"`
	// Contacts are its people, the primary one first.
	Contacts []contactLine `json:"contacts"`
}

type recordQuery struct {
	OfType
	Paging
	Filtered
	Pipeline    string `query:"pipeline" maxLength:"100"`
	Stage       string `query:"stage" maxLength:"100"`
	Company     string `query:"company" maxLength:"100"`
	Responsible string `query:"responsible" maxLength:"100"`
	Q           string `query:"q" maxLength:"200"`
	Sort        string `query:"sort" maxLength:"60"`
}

// ByID is the path of one thing. Exported because huma reads embedded inputs
// only when they are.
type ByID struct {
	ID string `path:"id" maxLength:"200"`
}

// OfType is the path of the records of a type with stages. Exported like ByID.
type OfType struct {
	Type string `path:"type" maxLength:"40" doc:"lead, deal, quote, invoice, or one of the workspace's own types"`
}

// ByType is the path of one such record. Exported like ByID.
type ByType struct {
	OfType
	ByID
}

type recordInput struct {
	PipelineID string `json:"pipelineId" minLength:"1" maxLength:"100"`
	StageID    string `json:"stageId,omitempty" maxLength:"100"`
	crm.RecordPatch
}

// PartyQuery is what every list of parties may be asked. Exported like ByID.
type PartyQuery struct {
	Paging
	Filtered
	Q           string `query:"q" maxLength:"200"`
	Responsible string `query:"responsible" maxLength:"100"`
	Sort        string `query:"sort" maxLength:"60"`
}

func (q PartyQuery) asked() (PartyQuery, string) { return q, "" }

// contactQuery asks also whose contacts they are: companies are nobody's.
type contactQuery struct {
	PartyQuery
	Company string `query:"company" maxLength:"100"`
}

func (q contactQuery) asked() (PartyQuery, string) { return q.PartyQuery, q.Company }

type contactInput struct {
	FirstName *string        `json:"firstName,omitempty" maxLength:"200"`
	LastName  *string        `json:"lastName,omitempty" maxLength:"200"`
	Email     *string        `json:"email,omitempty" maxLength:"320"`
	Phone     *string        `json:"phone,omitempty" maxLength:"60"`
	CompanyID *string        `json:"companyId,omitempty" maxLength:"100"`
	Position  *string        `json:"position,omitempty" maxLength:"200"`
	Fields    map[string]any `json:"fields,omitempty" doc:"own fields by key; null clears"`
	// ResponsibleID is to whom it belongs.
	ResponsibleID *string `json:"responsibleId,omitempty" maxLength:"100" doc:"of a new one the caller when it is left out; empty = nobody"`
}

func (in contactInput) into(c *crm.Contact) {
	put(&c.FirstName, in.FirstName)
	put(&c.LastName, in.LastName)
	put(&c.Email, in.Email)
	put(&c.Phone, in.Phone)
	put(&c.CompanyID, in.CompanyID)
	put(&c.Position, in.Position)
	put(&c.ResponsibleID, in.ResponsibleID)
	if in.Fields != nil {
		c.Fields = in.Fields
	}
}

type companyInput struct {
	Name    *string        `json:"name,omitempty" maxLength:"200"`
	Email   *string        `json:"email,omitempty" maxLength:"320"`
	Phone   *string        `json:"phone,omitempty" maxLength:"60"`
	Address *string        `json:"address,omitempty" maxLength:"1000"`
	TaxID   *string        `json:"taxId,omitempty" maxLength:"60"`
	Fields  map[string]any `json:"fields,omitempty" doc:"own fields by key; null clears"`
	// ResponsibleID is to whom it belongs.
	ResponsibleID *string `json:"responsibleId,omitempty" maxLength:"100" doc:"of a new one the caller when it is left out; empty = nobody"`
}

func (in companyInput) into(c *crm.Company) {
	put(&c.Name, in.Name)
	put(&c.Email, in.Email)
	put(&c.Phone, in.Phone)
	put(&c.Address, in.Address)
	put(&c.TaxID, in.TaxID)
	put(&c.ResponsibleID, in.ResponsibleID)
	if in.Fields != nil {
		c.Fields = in.Fields
	}
}

func (in contactInput) links() []link {
	if in.CompanyID == nil {
		return nil
	}
	return []link{{crm.TypeCompany, *in.CompanyID, "/companyId"}}
}

func (companyInput) links() []link { return nil }

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// by is the caller as the author of a change.
func by(ctx context.Context) crm.Change { return crm.Change{Actor: callerOf(ctx).ID} }

// making is by for what is made anew: under an Idempotency-Key it is made once, also
// when the server died between the change and its answer.
func making(ctx context.Context) crm.Change {
	return crm.Change{Actor: callerOf(ctx).ID, Effect: requestOf(ctx).effect}
}

func (a *API) record(ctx context.Context, d crm.Record) (*tagged[recordView], error) {
	if err := a.coverRecords(ctx, &d); err != nil {
		return nil, err
	}
	active, err := a.Runs.ActiveOf(ctx, d.Type, d.ID)
	if err != nil {
		return nil, err
	}
	names, err := a.CRM.Names(ctx, d.Type, d.Fields)
	if err != nil {
		return nil, err
	}
	contacts, err := a.contactsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	return withTag(d.Rev, recordView{Record: d, ActiveRuns: active, Names: names, Contacts: contacts}), nil
}

func (a *API) crmRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodGet, path: "/pipelines", id: "listPipelines", summary: "Pipelines with their stages", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			Type string `query:"type" maxLength:"40" doc:"only those of a record type"`
		}) (*list[crm.Pipeline], error) {
			all, err := a.CRM.Pipelines(ctx, in.Type)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/pipelines", id: "createPipeline", summary: "Add a pipeline; without stages with a set to begin with", tag: tag, need: "pipelines.edit", status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				Key    string      `json:"key,omitempty" maxLength:"40" doc:"made from the name when it is left out"`
				Type   string      `json:"type,omitempty" maxLength:"40" doc:"record type, deal when it is left out"`
				Name   string      `json:"name" minLength:"1" maxLength:"200"`
				Stages []crm.Stage `json:"stages,omitempty" maxItems:"100"`
			}
		}) (*tagged[crm.Pipeline], error) {
			p, err := a.CRM.AddPipeline(ctx, by(ctx), crm.Pipeline{Key: in.Body.Key, Type: in.Body.Type, Name: in.Body.Name, Stages: in.Body.Stages}, requestOf(ctx).language)
			return withTag(p.Rev, p), err
		})
	route(a, spec{method: http.MethodDelete, path: "/pipelines/{id}", id: "deletePipeline", summary: "Delete a pipeline without records", tag: tag, need: "pipelines.edit", status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return nil, a.CRM.DeletePipeline(ctx, by(ctx), in.ID, rev)
		})
	route(a, spec{method: http.MethodPatch, path: "/pipelines/{id}", id: "changePipeline", summary: "Rename a pipeline or edit its stages", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body struct {
				Name   string      `json:"name,omitempty" maxLength:"200"`
				Stages []crm.Stage `json:"stages,omitempty" maxItems:"100"`
			}
		}) (*tagged[crm.Pipeline], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if in.Body.Name == "" || in.Body.Stages == nil {
				p, err := a.CRM.Pipeline(ctx, in.ID)
				if err != nil {
					return nil, err
				}
				if in.Body.Name == "" {
					in.Body.Name = p.Name
				}
				if in.Body.Stages == nil {
					in.Body.Stages = p.Stages
				}
			}
			p, err := a.CRM.UpdatePipeline(ctx, by(ctx), in.ID, rev, in.Body.Name, in.Body.Stages)
			return withTag(p.Rev, p), err
		})
	route(a, spec{method: http.MethodGet, path: "/board", id: "readBoard", summary: "A pipeline with counts, sums and the first records of each stage", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			Pipeline    string `query:"pipeline" default:"sales" maxLength:"100"`
			Q           string `query:"q" maxLength:"200"`
			Responsible string `query:"responsible" maxLength:"100"`
		}) (*reply[crm.Board], error) {
			pipeline, err := a.CRM.Pipeline(ctx, in.Pipeline)
			if err != nil {
				return nil, err
			}
			seen, err := a.visible(ctx, access.CRMView, pipeline.Type)
			if err != nil {
				return nil, err
			}
			reader, err := a.reader(ctx)
			if err != nil {
				return nil, err
			}
			b, err := a.CRM.Board(ctx, in.Pipeline, crm.ListQuery{Text: in.Q, Responsible: in.Responsible, Visible: seen, Reader: reader})
			if err != nil {
				return nil, err
			}
			var cards []*crm.Card
			for _, column := range b.Columns {
				cards = append(cards, pointers(column.Records)...)
			}
			return body(b), a.coverCards(ctx, cards)
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}", id: "listStagedRecords", summary: "Records of a type", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *recordQuery) (*named[crm.Record], error) {
			q, err := in.into(ctx, a, crm.ListQuery{Text: in.Q, Responsible: in.Responsible, Pipeline: in.Pipeline, Stage: in.Stage,
				Company: in.Company, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			if q.Visible, err = a.visible(ctx, access.CRMView, in.Type); err != nil {
				return nil, err
			}
			all, next, err := a.CRM.Records(ctx, in.Type, q)
			if err != nil {
				return nil, err
			}
			if err := a.coverRecords(ctx, pointers(all)...); err != nil {
				return nil, err
			}
			names, err := a.CRM.RecordNames(ctx, in.Type, all)
			return withNames(all, next, names), err
		})
	route(a, spec{method: http.MethodPost, path: "/records/{type}", id: "createRecord", summary: "Add a record on a stage", tag: tag, need: "crm.add", status: 201},
		func(ctx context.Context, in *struct {
			OfType
			Body recordInput
		}) (*tagged[recordView], error) {
			stage := in.Body.StageID
			if stage == "" { // the first one, where the record will stand
				if p, err := a.CRM.Pipeline(ctx, in.Body.PipelineID); err == nil {
					stage = p.Stages[0].ID
				}
			}
			if err := a.mayAdd(ctx, in.Type, in.Body.PipelineID, stage); err != nil {
				return nil, err
			}
			if err := a.mayLink(ctx, linksOf(in.Body.RecordPatch, ""), nil); err != nil {
				return nil, err
			}
			d, err := a.CRM.CreateRecord(ctx, making(ctx), in.Type, in.Body.PipelineID, in.Body.StageID, in.Body.RecordPatch)
			if err != nil {
				return nil, err
			}
			return a.record(ctx, d)
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}", id: "readRecord", summary: "One record", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ByType) (*tagged[recordView], error) {
			d, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			return a.record(ctx, d)
		})
	route(a, spec{method: http.MethodPatch, path: "/records/{type}/{id}", id: "changeRecord", summary: "Change fields of a record", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *struct {
			ByType
			Matching
			Body crm.RecordPatch
		}) (*tagged[recordView], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			before, err := a.mayRecord(ctx, access.CRMEdit, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayLink(ctx, linksOf(in.Body, ""), clientsOf(before)); err != nil {
				return nil, err
			}
			d, err := a.CRM.UpdateRecord(ctx, by(ctx), in.Type, in.ID, rev, in.Body)
			if err != nil {
				return nil, err
			}
			return a.record(ctx, d)
		})
	route(a, spec{method: http.MethodDelete, path: "/records/{type}/{id}", id: "deleteRecord", summary: "Move a record to the bin", tag: tag, need: "crm.delete", status: 204},
		func(ctx context.Context, in *struct {
			ByType
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if _, err := a.mayRecord(ctx, access.CRMDelete, in.Type, in.ID); err != nil {
				return nil, err
			}
			return nil, a.CRM.DeleteRecord(ctx, by(ctx), in.Type, in.ID, rev)
		})
	type moved struct {
		Record      recordView    `json:"record"`
		StartedRuns []run.Summary `json:"startedRuns"`
	}
	route(a, spec{method: http.MethodPost, path: "/records/{type}/{id}/stage", id: "moveRecord", summary: "Put a record on a stage", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *struct {
			ByType
			Matching
			Body struct {
				Stage string `json:"stage" minLength:"1" maxLength:"100"`
				Note  string `json:"note,omitempty" maxLength:"2000"`
				// Fill in what the stage requires, in the same write.
				Fill crm.RecordPatch `json:"fill,omitempty" doc:"fields to fill in with the move"`
			}
		}) (*tagged[moved], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			before, err := a.mayRecord(ctx, access.CRMEdit, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayStand(ctx, before, in.Body.Stage); err != nil {
				return nil, err
			}
			if err := a.mayLink(ctx, linksOf(in.Body.Fill, "/fill"), clientsOf(before)); err != nil {
				return nil, err
			}
			d, err := a.CRM.MoveRecordWith(ctx, by(ctx), in.Type, in.ID, rev, in.Body.Stage, in.Body.Note, in.Body.Fill)
			if err != nil {
				return nil, err
			}
			out := moved{StartedRuns: []run.Summary{}}
			if before.StageID != d.StageID {
				// The relay would start them too; doing it here lets the answer name
				// them. Both derive the same run ids.
				started, err := a.Automation.RecordMoved(ctx, d, before.StageID, callerOf(ctx).ID)
				if err != nil { // the deal has moved: the relay starts what could not be started now
					slog.WarnContext(ctx, "runs not started at once", "requestId", requestOf(ctx).id, "recordType", d.Type, "record", d.ID, "error", err)
				}
				if out.StartedRuns, err = a.Runs.Summaries(ctx, started); err != nil {
					return nil, err
				}
			}
			v, err := a.record(ctx, d)
			if err != nil {
				return nil, err
			}
			out.Record = v.Body
			return withTag(d.Rev, out), nil
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}/timeline", id: "readTimeline", summary: "The story of a record, newest first", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			ByType
			Paging
		}) (*list[crm.Entry], error) {
			if _, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID); err != nil {
				return nil, err
			}
			all, next, err := a.CRM.Timeline(ctx, in.Type, in.ID, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			return page(all, next), a.coverStory(ctx, in.Type, all)
		})
	route(a, spec{method: http.MethodPost, path: "/records/{type}/{id}/comments", id: "commentRecord", summary: "Comment a record", tag: tag, need: "crm.view", status: 201},
		func(ctx context.Context, in *struct {
			ByType
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"10000"`
			}
		}) (*reply[crm.Entry], error) {
			if _, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID); err != nil {
				return nil, err
			}
			e, err := a.CRM.Comment(ctx, making(ctx), in.Type, in.ID, in.Body.Text)
			return body(e), err
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}/files", id: "listRecordFiles", summary: "Files of a record", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ByType) (*list[FileInfo], error) {
			d, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			all, err := a.filesAlong(ctx, d)
			if err != nil {
				return nil, err
			}
			ids, err := a.CRM.Aliases(ctx, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			for _, id := range ids[1:] { // of what was merged into it
				of, err := a.filesOf(ctx, in.Type+":"+id)
				if err != nil {
					return nil, err
				}
				all = append(all, of...)
			}
			return page(all, ""), nil
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}/runs", id: "listRecordRuns", summary: "Runs about a record", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			ByType
			Paging
		}) (*list[run.Summary], error) {
			if _, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID); err != nil {
				return nil, err
			}
			all, next, err := a.Runs.List(ctx, run.Query{RecordType: in.Type, RecordID: in.ID, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil || next != "" {
				return page(all, next), err
			}
			ids, err := a.CRM.Aliases(ctx, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			for _, id := range ids[1:] { // those of what was merged into it come last
				of, _, err := a.Runs.List(ctx, run.Query{RecordType: in.Type, RecordID: id, Limit: docstore.MaxLimit})
				if err != nil {
					return nil, err
				}
				all = append(all, of...)
			}
			return page(all, ""), nil
		})
	partyRoutes[crm.Contact, contactInput, contactQuery](a, a.contacts())
	partyRoutes[crm.Company, companyInput, PartyQuery](a, a.companies())
}
