package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/problem"
)

// clients is the CRM as forms and visits ask it.
type clients struct{ *crm.Service }

func (c clients) Stages(ctx context.Context, recordType, pipeline string) ([]string, error) {
	p, err := c.Pipeline(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	if p.Type != recordType {
		return nil, problem.NotFound("pipeline of " + recordType)
	}
	out := make([]string, 0, len(p.Stages))
	for _, s := range p.Stages {
		out = append(out, s.ID)
	}
	return out, nil
}

func (c clients) Fields(ctx context.Context, recordType string) ([]field.Field, error) {
	t, err := c.RecordType(ctx, recordType)
	if err != nil {
		return nil, err
	}
	out := make([]field.Field, 0, len(t.Fields))
	for _, f := range t.Fields {
		out = append(out, f.Field)
	}
	return out, nil
}

func (c clients) Create(ctx context.Context, by crm.Change, to form.Creates, values map[string]any) (string, error) {
	return c.CreateWith(ctx, by, to.Type, to.Pipeline, to.Stage, values)
}

// Open lists the records of a contact, or of a company when no contact is known,
// that are on no final stage.
func (c clients) Open(ctx context.Context, contact, company string) ([]form.Open, error) {
	kind, id := "contact", contact
	if id == "" {
		kind, id = "company", company
	}
	if id == "" {
		return nil, nil
	}
	found, _, err := c.RecordsWith(ctx, kind, id, "")
	if err != nil {
		return nil, err
	}
	var out []form.Open
	for _, r := range found {
		d, err := c.Record(ctx, r.Type, r.ID)
		var p *problem.Problem
		if errors.As(err, &p) && p.Status() == 404 {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		pipeline, err := c.Pipeline(ctx, d.PipelineID)
		if err != nil {
			return nil, err
		}
		if stage, is := pipeline.Stage(d.StageID); is && stage.Kind != crm.Normal {
			continue
		}
		out = append(out, form.Open{Ref: core.RecordRef{Type: r.Type, ID: r.ID}, Pipeline: d.PipelineID})
	}
	return out, nil
}

// Of lists the same for visits.
func (c clients) Of(ctx context.Context, contact string) ([]core.RecordRef, error) {
	open, err := c.Open(ctx, contact, "")
	out := make([]core.RecordRef, 0, len(open))
	for _, o := range open {
		out = append(out, o.Ref)
	}
	return out, err
}

// formSecret signs the pages of forms; all servers of an installation have the same.
func formSecret(key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("pages of forms"))
	return h.Sum(nil)
}
