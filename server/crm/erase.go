package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of the events of what is gone for good.
const (
	RecordErased  = "record.erased"
	contactErased = "contact.erased"
	companyErased = "company.erased"
)

// BinDays is how long something stays in the bin when nobody said anything else.
const BinDays = 30

const mostBinDays = 3650

// BinRule says how long what was deleted can be restored; after that it is erased.
type BinRule struct {
	Days int   `json:"days" minimum:"1" maximum:"3650" doc:"days in the bin"`
	Rev  int64 `json:"rev,omitempty" readOnly:"true"`
}

type storedBinRule struct {
	docstore.Entity
	Days int `json:"days"`
}

const binRuleID = "bin"

// BinRule reads the rule of the bin.
func (s *Service) BinRule(ctx context.Context) (BinRule, error) {
	r, err := s.binRules.Get(ctx, binRuleID)
	if errors.Is(err, docstore.ErrNotFound) {
		return BinRule{Days: BinDays}, nil
	}
	if err != nil {
		return BinRule{}, fmt.Errorf("read the rule of the bin: %w", err)
	}
	return BinRule{Days: r.Days, Rev: r.Rev}, nil
}

// SetBinRule replaces the rule of the revision rev.
func (s *Service) SetBinRule(ctx context.Context, by Change, r BinRule, rev int64) (BinRule, error) {
	before, err := s.BinRule(ctx)
	if err != nil {
		return BinRule{}, err
	}
	if before.Rev != rev {
		return BinRule{}, problem.Stale(before)
	}
	if r.Days < 1 || r.Days > mostBinDays {
		return BinRule{}, problem.Invalid("/days", "out_of_range", fmt.Sprintf("a number of days between 1 and %d", mostBinDays))
	}
	event, err := by.event("bin.ruleChanged", edit{Before: map[string]any{"days": before.Days}, After: map[string]any{"days": r.Days}})
	if err != nil {
		return BinRule{}, err
	}
	saved, err := s.binRules.Save(ctx, storedBinRule{Entity: docstore.Entity{ID: binRuleID, Rev: rev}, Days: r.Days}, event)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		return BinRule{}, problem.New("stale")
	}
	return BinRule{Days: saved.Days, Rev: saved.Rev}, err
}

// binSince is when the oldest thing that can be restored was deleted.
func (s *Service) binSince(ctx context.Context) (docstore.Instant, error) {
	rule, err := s.BinRule(ctx)
	return docstore.At(s.now().Add(-time.Duration(rule.Days) * 24 * time.Hour)), err
}

// restorable tells whether something can be taken out of the bin.
func restorable(deletedAt, since docstore.Instant) bool {
	return !deletedAt.IsZero() && !deletedAt.Before(since.Time)
}

// BinItem is something in the bin.
type BinItem struct {
	Type          string           `json:"type"`
	ID            string           `json:"id"`
	Title         string           `json:"title"`
	Of            string           `json:"of,omitempty" doc:"the client of a record, the e-mail or phone of a client"`
	Amount        *Money           `json:"amount,omitempty"`
	DeletedAt     docstore.Instant `json:"deletedAt"`
	DeletedBy     string           `json:"deletedBy,omitempty" doc:"empty when a process did it"`
	DeletedByName string           `json:"deletedByName,omitempty"`
	ErasedAt      docstore.Instant `json:"erasedAt" doc:"until then it can be restored"`
}

// Bin pages what was deleted of a type and can be restored, the last one first;
// visible limits whom records belong to.
//
//
func (s *Service) Bin(ctx context.Context, recordType, text string, visible *docstore.Filter, limit int, cursor string) ([]BinItem, string, error) {
	rule, err := s.BinRule(ctx)
	if err != nil {
		return nil, "", err
	}
	since, err := s.binSince(ctx)
	if err != nil {
		return nil, "", err
	}
	q := docstore.Query{Sort: "-deletedAt", Limit: limit, Cursor: cursor, Filters: []docstore.Filter{{Path: "deletedAt", Op: docstore.Gte, Value: since.String()}}}
	if len(docstore.Words(text)) > 0 {
		q.Filters = append(q.Filters, docstore.Filter{Op: docstore.Text, Value: text})
	}
	if visible != nil {
		q.Filters = append(q.Filters, *visible)
	}
	item := func(id, title string, at docstore.Instant, by string, of ...string) BinItem {
		first := slices.IndexFunc(of, func(t string) bool { return t != "" })
		i := BinItem{Type: recordType, ID: id, Title: title, DeletedAt: at, DeletedBy: by, DeletedByName: s.name(by), ErasedAt: docstore.At(at.Add(time.Duration(rule.Days) * 24 * time.Hour))}
		if first >= 0 {
			i.Of = of[first]
		}
		return i
	}
	var out []BinItem
	var next string
	switch recordType {
	case TypeContact:
		var found []Contact
		if found, next, err = s.contacts.Find(ctx, q); err == nil {
			for _, c := range found {
				out = append(out, item(c.ID, c.Name, c.DeletedAt, c.DeletedBy, c.Email, c.Phone))
			}
		}
	case TypeCompany:
		var found []Company
		if found, next, err = s.companies.Find(ctx, q); err == nil {
			for _, c := range found {
				out = append(out, item(c.ID, c.Name, c.DeletedAt, c.DeletedBy, c.Email, c.Phone))
			}
		}
	default:
		if _, err := s.staged(ctx, recordType); err != nil {
			return nil, "", err
		}
		q.Filters = append(q.Filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: recordType})
		var found []storedRecord
		if found, next, err = s.records.Find(ctx, q); err == nil {
			for _, d := range found {
				i := item(d.ID, d.Title, d.DeletedAt, d.DeletedBy, d.CompanyName, d.ContactName)
				i.Amount = &Money{d.Amount, d.Currency}
				out = append(out, i)
			}
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("list the bin of %s: %w", recordType, err)
	}
	return out, next, nil
}

// Erase removes something in the bin for good. What belongs to it (its story, its
// files, what was planned for it) goes with the event.
func (s *Service) Erase(ctx context.Context, by Change, recordType, id string) error {
	switch recordType {
	case TypeContact:
		return erase(ctx, s.contacts, by, contactErased, recordType, id, func(c Contact) (docstore.Instant, any) {
			return c.DeletedAt, edit{Before: map[string]any{"name": c.Name}}
		})
	case TypeCompany:
		return erase(ctx, s.companies, by, companyErased, recordType, id, func(c Company) (docstore.Instant, any) {
			return c.DeletedAt, edit{Before: map[string]any{"name": c.Name}}
		})
	}
	return erase(ctx, s.records, by, RecordErased, recordType, id, func(d storedRecord) (docstore.Instant, any) {
		if d.Type != recordType {
			return docstore.Instant{}, nil
		}
		return d.DeletedAt, RecordEvent{Type: d.Type, Card: Card{ID: d.ID, Type: d.Type, Title: d.Title}, Pipeline: d.PipelineID}
	})
}

// erase removes a document that is in the bin.
func erase[T any](ctx context.Context, from docstore.Typed[T], by Change, kind, recordType, id string, read func(T) (deletedAt docstore.Instant, body any)) error {
	v, err := from.Get(ctx, id)
	if err != nil {
		return named(err, recordType)
	}
	deletedAt, body := read(v)
	if deletedAt.IsZero() {
		return problem.NotFound(recordType)
	}
	event, err := by.event(kind, body)
	if err != nil {
		return err
	}
	err = from.Collection().Delete(ctx, id, any(&v).(interface{ Stored() *docstore.Entity }).Stored().Rev, event)
	if errors.Is(err, docstore.ErrConflict) { // it was restored meanwhile
		return problem.New("stale")
	}
	return named(err, recordType)
}

// eraseMost bounds what one pass erases.
const eraseMost = 1000

// SweepBin erases what has been in the bin for as long as the rule says. Several
// servers may do it at once: each thing is erased by one of them.
//
//
func (s *Service) SweepBin(ctx context.Context) (erased int, err error) {
	since, err := s.binSince(ctx)
	if err != nil {
		return 0, err
	}
	old := docstore.Filter{Path: "deletedAt", Op: docstore.Lt, Value: since.String()}
	set := docstore.Filter{Path: "deletedAt", Op: docstore.Gt, Value: ""}
	types, err := s.Types(ctx)
	if err != nil {
		return 0, err
	}
	for _, recordType := range types {
		filters := []docstore.Filter{old, set}
		if !slices.Contains(partyTypes, recordType) {
			filters = append(filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: recordType})
		}
		for erased < eraseMost {
			found, err := s.collection(recordType).Find(ctx, docstore.Query{Filters: filters, Limit: docstore.MaxLimit})
			if err != nil {
				return erased, fmt.Errorf("find what is to be erased of %s: %w", recordType, err)
			}
			for _, d := range found.Documents {
				err := s.Erase(ctx, Change{}, recordType, d.ID)
				switch {
				case err == nil:
					erased++
				case !isProblem(err, "not_found") && !isProblem(err, "stale"):
					return erased, err
				}
			}
			if len(found.Documents) < docstore.MaxLimit {
				break
			}
		}
	}
	return erased, nil
}

// Erased tells which record an event says is gone for good.
func Erased(d docstore.Delivery) (Ref, bool) {
	switch d.Event.Kind {
	case contactErased:
		return Ref{TypeContact, d.DocumentID}, true
	case companyErased:
		return Ref{TypeCompany, d.DocumentID}, true
	case RecordErased:
		if _, e, err := EventOf(d); err == nil {
			return Ref{e.Type, d.DocumentID}, true
		}
	}
	return Ref{}, false
}

// ForgetStory removes the story of a record.
func (s *Service) ForgetStory(ctx context.Context, of Ref) error {
	for {
		found, err := s.timeline.Collection().Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "record", Op: docstore.Eq, Value: of.Type + ":" + of.ID}}, Limit: docstore.MaxLimit})
		if err != nil {
			return fmt.Errorf("find the story of %s %s: %w", of.Type, of.ID, err)
		}
		for _, e := range found.Documents {
			if err := s.timeline.Collection().Delete(ctx, e.ID, e.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) && !errors.Is(err, docstore.ErrConflict) {
				return fmt.Errorf("remove entry %s: %w", e.ID, err)
			}
		}
		if len(found.Documents) < docstore.MaxLimit {
			return nil
		}
	}
}

// copyWord marks the title of a copy, by language.
var copyWord = map[string]string{"en": "copy", "pt-BR": "cópia", "pl": "kopia", "ru": "копия"}

// languages tells what language somebody reads; the directory of package identity does.
type languages interface{ UserLanguage(id string) string }

// copyTitle is the title of a copy in the language of who makes it; a process
// speaks that of the responsible person.
func (s *Service) copyTitle(by Change, from Record, language string) string {
	known, _ := s.people.(languages)
	for _, id := range []string{by.Actor, from.ResponsibleID} {
		if language == "" && known != nil && id != "" {
			language = known.UserLanguage(id)
		}
	}
	word := copyWord[language]
	if word == "" {
		word = copyWord["en"]
	}
	mark := " (" + word + ")"
	title := []rune(strings.TrimSuffix(from.Title, mark))
	return string(title[:min(len(title), maxName-len([]rune(mark)))]) + mark
}
