package crm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// DatedMost bounds what one period of a calendar shows.
const DatedMost = 1000

// Dated is a record as a calendar shows it. At is the value of the field by which it
// stands there: a day, or a moment.
type Dated struct {
	ID              string `json:"id"`
	Rev             int64  `json:"rev"`
	Title           string `json:"title"`
	At              string `json:"at" doc:"value of the field by which the record stands there"`
	PipelineID      string `json:"pipelineId"`
	StageID         string `json:"stageId"`
	Amount          int64  `json:"amount"`
	Currency        string `json:"currency"`
	CompanyID       string `json:"companyId,omitempty"`
	CompanyName     string `json:"companyName,omitempty"`
	ResponsibleName string `json:"responsibleName,omitempty"`
}

// DatedQuery asks for the records whose field lies in a period. From and To, which
// is no more in it, are days for fields of days, moments or days for others.
type DatedQuery struct {
	By, From, To string
	ListQuery
}

// Dated lists the records that stand in a period by a date of theirs, the earliest
// first. There are more when the period holds more than DatedMost of them. One walk
// along the index of the field serves it, whatever the days of the period.
func (s *Service) Dated(ctx context.Context, recordType string, q DatedQuery) (found []Dated, more bool, err error) {
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return nil, false, err
	}
	l, known := of.listField(q.By)
	if !known || !l.Sorts || l.Type != field.Date && l.Type != field.DateTime {
		return nil, false, problem.Invalid("query.by", "unknown_field", "choose a date or a date-time")
	}
	span, err := s.span(of, l, q)
	if err != nil {
		return nil, false, err
	}
	q.Sort, q.Limit, q.Cursor = q.By, docstore.MaxLimit, ""
	list, err := s.list(ctx, recordType, q.ListQuery, "")
	if err != nil {
		return nil, false, err
	}
	// First in the query what leads into the index. Records without a value are in no period.
	list.Filters = append(append(span, is("type", docstore.Eq, recordType)), list.Filters...)
	for {
		stored, next, err := s.shown.Find(ctx, list.Query)
		if err != nil {
			return nil, false, fmt.Errorf("records of type %s by %s: %w", recordType, q.By, err)
		}
		for _, d := range stored {
			found = append(found, Dated{ID: d.ID, Rev: d.Rev, Title: d.Title, At: d.at(l), PipelineID: d.PipelineID, StageID: d.StageID,
				Amount: d.Amount, Currency: d.Currency, CompanyID: d.CompanyID, CompanyName: d.CompanyName, ResponsibleName: s.name(d.ResponsibleID)})
		}
		if next == "" || len(found) >= DatedMost {
			return found, next != "", nil
		}
		list.Cursor = next
	}
}

// span is the condition of lying in the period.
func (s *Service) span(of shape, l ListField, q DatedQuery) ([]docstore.Filter, error) {
	w := wherer{of: of, reader: q.Reader, now: s.now()}
	if w.reader.Zone == nil {
		w.reader.Zone = time.UTC
	}
	var out []docstore.Filter
	for _, end := range []struct {
		at, value string
		op        FilterOp
	}{{"query.from", q.From, OpGte}, {"query.to", q.To, OpLt}} {
		if one, ok := w.date(l, RecordFilter{Field: q.By, Op: end.op, Value: end.value}, end.at); ok {
			out = append(out, one)
		}
	}
	for i := range w.fields {
		w.fields[i].Path = strings.TrimSuffix(w.fields[i].Path, "/value")
	}
	return out, w.err()
}

// at is the value of a date of the record.
func (d storedRecord) at(l ListField) string {
	if l.own {
		text, _ := d.Fields[l.Key].(string)
		return text
	}
	return map[string]docstore.Instant{"expectedCloseAt": d.ExpectedCloseAt, "stageSince": d.StageSince,
		"createdAt": d.CreatedAt, "updatedAt": d.UpdatedAt}[l.Key].String()
}
