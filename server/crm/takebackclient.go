package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// The collections of clients.
const (
	collectionContacts  = "contacts"
	collectionCompanies = "companies"
)

// Tells says whether a delivery may be told in a story: those of staged records, and
// of clients, of which only what processes change is kept.
func Tells(d docstore.Delivery) bool {
	return OfRecords(d) || d.Collection == collectionContacts || d.Collection == collectionCompanies
}

// consumeClient keeps what a process has changed of a client.
func (s *Service) consumeClient(ctx context.Context, d docstore.Delivery) error {
	var body edit
	if err := json.Unmarshal(d.Event.Body, &body); err != nil {
		return fmt.Errorf("timeline: read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
	}
	if body.Step == nil {
		return nil
	}
	recordType := TypeContact
	if d.Collection == collectionCompanies {
		recordType = TypeCompany
	}
	entry := storedEntry{Led: &Led{Rev: d.Rev, Cause: d.Event.Cause, Step: body.Step}, Entry: Entry{
		Entity: docstore.Entity{ID: fmt.Sprintf("%s-%s-%d", d.Collection, d.DocumentID, d.Seq)}, Kind: "fieldChanged", Data: map[string]any{},
		Record: recordType + ":" + d.DocumentID, At: docstore.At(d.At), Actor: d.Event.Actor, Run: strings.TrimPrefix(d.Event.Cause, "run:"),
	}}
	for key, is := range body.Step.Is {
		entry.Data[key] = FieldChange{Before: body.Step.Was[key], After: is}
	}
	_, err := s.addEntry(ctx, entry)
	return err
}

// ClientUntold tells whether something was done to a client that its story may not
// tell yet.
func (s *Service) ClientUntold(ctx context.Context, recordType, id string) (bool, error) {
	in := collectionContacts
	if recordType == TypeCompany {
		in = collectionCompanies
	}
	pending, err := s.pending(ctx, docstore.MaxLimit)
	if err != nil {
		return false, fmt.Errorf("read what is not told yet: %w", err)
	}
	return slices.ContainsFunc(pending, func(d docstore.Delivery) bool { return d.Collection == in && d.DocumentID == id }), nil
}

// TakeBackClient turns what steps of processes have changed of a contact or company
// back to what it was, field by field, as far as nobody has changed it since. Dry only
// tells what would become of it.
func (s *Service) TakeBackClient(ctx context.Context, by Change, recordType, id string, steps []Step, dry bool) ([]Turned, error) {
	for {
		out, err := s.takeBackClient(ctx, by, recordType, id, steps, dry)
		if !isProblem(err, "stale") {
			return out, err
		}
	}
}

func (s *Service) takeBackClient(ctx context.Context, by Change, recordType, id string, steps []Step, dry bool) ([]Turned, error) {
	var out []Turned
	// try writes values, or only checks whether they could be written.
	var try func(values map[string]any, write bool) error
	if recordType == TypeCompany {
		before, err := s.company(ctx, id)
		if err != nil {
			return nil, err
		}
		out = already(turnedFields(before.Marks, before.byKey(), steps), before.byKey())
		try = func(values map[string]any, write bool) error {
			c := before
			if err := c.put(values); err != nil {
				return err
			}
			if write {
				_, err := s.SaveCompany(ctx, by, c)
				return err
			}
			return s.readyCompany(ctx, &c, before)
		}
	} else {
		before, err := s.contact(ctx, id)
		if err != nil {
			return nil, err
		}
		out = already(turnedFields(before.Marks, before.byKey(), steps), before.byKey())
		try = func(values map[string]any, write bool) error {
			c := before
			if err := c.put(values); err != nil {
				return err
			}
			if write {
				_, err := s.SaveContact(ctx, by, c)
				return err
			}
			return s.readyContact(ctx, &c, before)
		}
	}
	return out, putBack(out, try, dry)
}

// already marks what is as it was before the steps: it was taken back before a crash,
// or by a person.
func already(out []Turned, now map[string]any) []Turned {
	for i := range out {
		if !out[i].Back && sameValue(now[out[i].Key], out[i].Was) {
			out[i].Back, out[i].Because = true, ""
		}
	}
	return out
}

// putBack writes all values at once that can go back, and tells which cannot.
func putBack(out []Turned, try func(values map[string]any, write bool) error, dry bool) error {
	values := map[string]any{}
	for i, t := range out {
		if !t.Back {
			continue
		}
		values[t.Key] = t.Was
		var refused *problem.Problem
		if err := try(values, false); errors.As(err, &refused) {
			delete(values, t.Key)
			out[i].Back, out[i].Because = false, "refused"
		} else if err != nil {
			return err
		}
	}
	if dry || len(values) == 0 {
		return nil
	}
	return try(values, true)
}

// ClientChangedAt is when a contact or company was changed last.
func (s *Service) ClientChangedAt(ctx context.Context, recordType, id string) (docstore.Instant, error) {
	if recordType == TypeCompany {
		c, err := s.company(ctx, id)
		return c.UpdatedAt, err
	}
	c, err := s.contact(ctx, id)
	return c.UpdatedAt, err
}
