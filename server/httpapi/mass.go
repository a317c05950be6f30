package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// What can be done to many records at once.
const (
	massChange  = "change"
	massStage   = "stage"
	massDelete  = "delete"
	massRestore = "restore"
)

// massKind is the kind of the jobs of mass operations.
const massKind = "records.mass"

// massWish is what shall be done to each record.
type massWish struct {
	Action string `json:"action" enum:"change,stage,delete,restore"`
	// Set holds fields as the PATCH of one record does.
	Set      json.RawMessage `json:"set,omitempty" doc:"for change: fields, as one record is changed"`
	Pipeline string          `json:"pipeline,omitempty" maxLength:"100"`
	Stage    string          `json:"stage,omitempty" maxLength:"100"`
	Note     string          `json:"note,omitempty" maxLength:"1000"`
	// Job is the deletion that is taken back.
	Job string `json:"job,omitempty" maxLength:"100" doc:"for restore: the job that deleted them, instead of a selection"`
}

// massInput is what the job keeps.
type massInput struct {
	Wish   massWish      `json:"wish"`
	Select crm.Selection `json:"select"`
}

// need is the right that an action needs.
func (w massWish) need() access.Action {
	if w.Action == massDelete {
		return access.CRMDelete
	}
	return access.CRMEdit
}

// strictly reads JSON and refuses members that nobody would look at.
func strictly(text json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return unreadable(err)
	}
	if reflect.ValueOf(into).Elem().IsZero() {
		return problem.Invalid("/wish/set", "required", "say which fields are changed")
	}
	return nil
}

// unreadable says which field of a change could not be read.
func unreadable(err error) error {
	const at = "/wish/set"
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) && other.Field != "" {
		return problem.Invalid(at+"/"+strings.ReplaceAll(other.Field, ".", "/"), "wrong_type", "")
	}
	if quoted, is := strings.CutPrefix(err.Error(), "json: unknown field "); is {
		if name, err := strconv.Unquote(quoted); err == nil {
			return problem.Invalid(at+"/"+name, "unknown_field", "")
		}
	}
	return problem.Invalid(at, "invalid", "")
}

// inSelection says of what is wrong with a filter that it is that of the selection.
func inSelection(err error) error {
	var refused *problem.Problem
	if !errors.As(err, &refused) {
		return err
	}
	for i, f := range refused.Fields {
		if f.Path == "/filter" || strings.HasPrefix(f.Path, "/filter/") {
			refused.Fields[i].Path = "/select" + f.Path
		}
	}
	return err
}

// checkMass refuses what could work for no record at all.
func (a *API) checkMass(ctx context.Context, recordType string, in massInput) error {
	if _, err := a.CRM.RecordType(ctx, recordType); err != nil {
		return err
	}
	switch in.Wish.Action {
	case massChange:
		switch recordType {
		case crm.TypeContact:
			var set contactInput
			if err := strictly(in.Wish.Set, &set); err != nil {
				return err
			}
			return a.mayLink(ctx, set.links(), nil)
		case crm.TypeCompany:
			return strictly(in.Wish.Set, &companyInput{})
		}
		var set crm.RecordPatch
		if err := strictly(in.Wish.Set, &set); err != nil {
			return err
		}
		return a.mayLink(ctx, linksOf(set, ""), nil)
	case massStage:
		p, err := a.CRM.Pipeline(ctx, in.Wish.Pipeline)
		var missing *problem.Problem
		switch _, known := p.Stage(in.Wish.Stage); {
		case errors.As(err, &missing), err == nil && p.Type != recordType:
			return problem.Invalid("/wish/pipeline", "unknown_reference", "records of this type have no such pipeline")
		case err != nil:
			return err
		case !known:
			return problem.Invalid("/wish/stage", "unknown_reference", "the pipeline has no such stage")
		}
	case massRestore:
		if in.Wish.Job != "" {
			j, err := a.ownJob(ctx, in.Wish.Job)
			var was massInput
			if err != nil || j.Kind != massKind || j.Type != recordType || j.Open || json.Unmarshal(j.Input, &was) != nil || was.Wish.Action != massDelete {
				return problem.Invalid("/wish/job", "unknown_reference", "this is no deletion that has ended")
			}
			return nil
		}
		if len(in.Select.IDs) == 0 {
			return problem.Invalid("/select/ids", "required", "records in the bin are named by their ids")
		}
	}
	return nil
}

// massCount is how many records a mass operation is about.
type massCount struct {
	Count int64 `json:"count" doc:"records that are selected and visible"`
	May   int64 `json:"may" doc:"of these, the ones that the caller has the right to"`
}

// countMass counts without doing anything.
func (a *API) countMass(ctx context.Context, recordType string, in massInput) (massCount, error) {
	if in.Wish.Job != "" {
		j, err := a.ownJob(ctx, in.Wish.Job)
		return massCount{int64(j.Changed), int64(j.Changed)}, err
	}
	if in.Wish.Action == massRestore {
		n := int64(len(in.Select.IDs))
		return massCount{n, n}, nil
	}
	reader, err := a.reader(ctx)
	if err != nil {
		return massCount{}, err
	}
	q, err := in.Select.Into(crm.ListQuery{Reader: reader})
	if err != nil {
		return massCount{}, err
	}
	if q, err = a.seen(ctx, recordType, q); err != nil {
		return massCount{}, err
	}
	t, err := a.CRM.Totals(ctx, recordType, q)
	out := massCount{t.Count, t.Count}
	if err != nil {
		return out, err
	}
	may, err := a.visible(ctx, in.Wish.need(), recordType)
	if err != nil || may == nil {
		return out, err
	}
	if q.Visible != nil {
		may = &docstore.Filter{Op: docstore.AllOf, Of: []docstore.Filter{*q.Visible, *may}}
	}
	q.Visible = may
	t, err = a.CRM.Totals(ctx, recordType, q)
	out.May = t.Count
	return out, err
}

// massRoutes serve what is done to many records at once.
//
// covers L-03
func (a *API) massRoutes() {
	const tag = "crm"
	if a.Jobs != nil {
		a.Jobs.Register(massKind, mass{a})
	}
	type massBody struct {
		OfAnyType
		Body massInput
	}
	route(a, spec{method: http.MethodPost, path: "/lists/{type}/mass/preview", id: "previewMassOperation", summary: "How many records a mass operation is about", tag: tag, need: "crm.view", fresh: true},
		func(ctx context.Context, in *massBody) (*reply[massCount], error) {
			if err := a.checkMass(ctx, in.Type, in.Body); err != nil {
				return nil, err
			}
			n, err := a.countMass(ctx, in.Type, in.Body)
			return body(n), inSelection(err)
		})
	route(a, spec{method: http.MethodPost, path: "/lists/{type}/mass", id: "startMassOperation", summary: "Change, move, delete or restore many records, as a job", tag: tag, need: "crm.view", status: 202},
		func(ctx context.Context, in *massBody) (*reply[jobView], error) {
			if err := a.decide(ctx, in.Body.Wish.need(), access.Any); err != nil {
				return nil, err
			}
			if err := a.checkMass(ctx, in.Type, in.Body); err != nil {
				return nil, err
			}
			n, err := a.countMass(ctx, in.Type, in.Body)
			if err != nil {
				return nil, inSelection(err)
			}
			if n.Count > job.Most {
				return nil, problem.Invalid("/select", "too_many", "at most "+strconv.Itoa(job.Most)+" records at once")
			}
			text, err := json.Marshal(in.Body)
			if err != nil {
				return nil, err
			}
			j, err := a.Jobs.Start(ctx, job.Job{Kind: massKind, Type: in.Type, Name: in.Body.Wish.Action, Input: text})
			if err != nil {
				return nil, err
			}
			told := map[string]any{"action": in.Body.Wish.Action, "type": in.Type, "count": n.Count}
			if len(in.Body.Wish.Set) > 0 {
				told["set"] = in.Body.Wish.Set
			}
			if err := a.note(ctx, "records.massStarted", "job:"+j.ID, noted{After: told}); err != nil {
				return nil, err
			}
			return a.jobReply(ctx, j, nil)
		})
}

// mass carries out mass operations.
type mass struct{ a *API }

// Collect implements job.Kind.
func (m mass) Collect(ctx context.Context, j job.Job, cursor string) ([]job.Item, string, error) {
	var in massInput
	if err := json.Unmarshal(j.Input, &in); err != nil {
		return nil, "", err
	}
	var items []job.Item
	if in.Wish.Job != "" {
		lines, next, err := m.a.Jobs.Lines(ctx, in.Wish.Job, job.Done, docstore.MaxLimit, cursor)
		for _, l := range lines {
			items = append(items, job.Item{Key: l.Key, Title: l.Title})
		}
		return items, next, err
	}
	if len(in.Select.IDs) > 0 { // one that is gone meanwhile has a line that says so
		for _, id := range slices.Compact(slices.Sorted(slices.Values(in.Select.IDs))) {
			if len(id) <= job.MaxKey {
				items = append(items, job.Item{Key: id})
			}
		}
		return items, "", nil
	}
	reader, err := m.a.reader(ctx)
	if err != nil {
		return nil, "", err
	}
	q, err := in.Select.Into(crm.ListQuery{Reader: reader, Limit: docstore.MaxLimit, Cursor: cursor})
	if err != nil {
		return nil, "", err
	}
	if q, err = m.a.seen(ctx, j.Type, q); err != nil {
		return nil, "", err
	}
	found, next, err := m.a.CRM.Listed(ctx, j.Type, q)
	for _, l := range found {
		items = append(items, job.Item{Key: l.ID, Title: l.Title})
	}
	return items, next, err
}

// Treat implements job.Kind. The rights are those of whoever started the job, asked
// per record as if each were changed alone.
func (m mass) Treat(ctx context.Context, j job.Job, l job.Line) (job.Outcome, error) {
	out := job.Outcome{Status: job.Same, Type: j.Type, Record: l.Key}
	var in massInput
	if err := json.Unmarshal(j.Input, &in); err != nil {
		return out, err
	}
	by := crm.Change{Actor: j.Actor, Effect: l.Effect()}
	if clients(j.Type) {
		may := m.a.mayClient
		if in.Wish.Action == massRestore {
			may = m.a.mayRestore
		}
		if err := may(ctx, in.Wish.need(), j.Type, l.Key); err != nil {
			return out, err
		}
		if j.Type == crm.TypeContact {
			return treatParty(ctx, in.Wish, by, j, out, m.a.contacts(), &contactInput{}, func(c crm.Contact) string { return c.Name })
		}
		return treatParty(ctx, in.Wish, by, j, out, m.a.companies(), &companyInput{}, func(c crm.Company) string { return c.Name })
	}
	return m.record(ctx, in.Wish, by, j, out)
}

func (m mass) record(ctx context.Context, w massWish, by crm.Change, j job.Job, out job.Outcome) (job.Outcome, error) {
	a, id := m.a, out.Record
	done := func(r crm.Record, before int64, err error) (job.Outcome, error) {
		if out.Title = r.Title; r.Rev != before {
			out.Status = job.Done
		}
		return out, err
	}
	if w.Action == massRestore {
		if r, err := a.mayRecord(ctx, access.CRMEdit, j.Type, id); err == nil {
			return done(r, r.Rev, nil) // it is there already
		}
		if err := a.mayBin(ctx, access.CRMEdit, j.Type, id); err != nil {
			return out, err
		}
		r, err := a.CRM.RestoreRecord(ctx, by, j.Type, id)
		return done(r, 0, err)
	}
	before, err := a.mayRecord(ctx, w.need(), j.Type, id)
	if before.ID != "" {
		out.Title = before.Title
	}
	if err != nil {
		if w.Action == massDelete && a.deletedSince(ctx, j, id) {
			out.Status, err = job.Done, nil // before a crash
		}
		return out, err
	}
	switch w.Action {
	case massChange:
		var p crm.RecordPatch
		if err := strictly(w.Set, &p); err != nil {
			return out, err
		}
		r, err := a.CRM.UpdateRecord(ctx, by, j.Type, id, 0, p)
		if err != nil {
			return out, err
		}
		return done(r, before.Rev, nil)
	case massStage:
		object, err := a.owned(ctx, before)
		if err != nil {
			return out, err
		}
		object.Pipeline, object.Stage = w.Pipeline, w.Stage
		if err := a.decideIn(ctx, access.CRMEdit, object); err != nil {
			return out, err
		}
		r, err := a.CRM.MoveRecordTo(ctx, by, j.Type, id, w.Pipeline, w.Stage, w.Note)
		if err != nil {
			return out, err
		}
		return done(r, before.Rev, nil)
	}
	out.Status = job.Done
	return out, a.CRM.DeleteRecord(ctx, by, j.Type, id, 0)
}

// deletedSince tells whether a record came into the bin since a job began.
func (a *API) deletedSince(ctx context.Context, j job.Job, id string) bool {
	r, err := a.CRM.Binned(ctx, j.Type, id)
	return err == nil && !r.DeletedAt.Before(j.CreatedAt.Time)
}

// treatParty does to a contact or a company what record does to a record.
func treatParty[T any, In interface{ into(*T) }](ctx context.Context, w massWish, by crm.Change, j job.Job, out job.Outcome, p party[T], set In, title func(T) string) (job.Outcome, error) {
	by.Effect = "" // of parties only what makes them knows effects
	v, err := p.read(ctx, out.Record)
	var missing *problem.Problem
	switch {
	case err == nil:
		out.Title = title(v)
	case !errors.As(err, &missing) || missing.Code != "not_found":
		return out, err
	}
	switch w.Action {
	case massRestore:
		if missing == nil {
			return out, nil
		}
		v, err := p.restore(ctx, by, out.Record)
		if err != nil {
			return out, err
		}
		out.Title, out.Status = title(v), job.Done
		return out, nil
	case massDelete:
		if missing != nil {
			return out, missing
		}
		out.Status = job.Done
		return out, p.remove(ctx, by, out.Record, 0)
	case massStage:
		return out, problem.Invalid("/wish/action", "invalid", "records of this type have no stages")
	}
	if missing != nil {
		return out, missing
	}
	if err := strictly(w.Set, set); err != nil {
		return out, err
	}
	const attempts = 5
	for attempt := 1; ; attempt++ {
		before, err := json.Marshal(v)
		if err != nil {
			return out, err
		}
		set.into(&v)
		if after, err := json.Marshal(v); err != nil || bytes.Equal(before, after) {
			return out, err
		}
		saved, err := p.save(ctx, by, v)
		if err == nil {
			out.Title, out.Status = title(saved), job.Done
			return out, nil
		}
		var stale *problem.Problem
		if !errors.As(err, &stale) || stale.Code != "stale" || attempt == attempts {
			return out, err
		}
		if v, err = p.read(ctx, out.Record); err != nil {
			return out, err
		}
	}
}
