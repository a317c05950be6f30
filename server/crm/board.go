package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Column is one stage of a board with its first records. Sums has one entry per
// currency, the largest first; Sum is the first of them.
type Column struct {
	Stage   Stage   `json:"stage"`
	Count   int64   `json:"count"`
	Sum     Money   `json:"sum"`
	Sums    []Money `json:"sums"`
	Records []Card  `json:"records"`
	Next    string  `json:"next,omitempty"`
}

// Board is a pipeline with its records.
type Board struct {
	Pipeline Pipeline `json:"pipeline"`
	Columns  []Column `json:"columns"`
}

const columnPage = 50

func (s *Service) inStage(pipeline, stage string) []docstore.Filter {
	return []docstore.Filter{
		{Path: "pipelineId", Op: docstore.Eq, Value: pipeline},
		{Path: "stageId", Op: docstore.Eq, Value: stage},
		alive,
	}
}

// Board reads a pipeline with the newest records of every stage: one aggregate and
// one page per stage, whatever the number of records.
func (s *Service) Board(ctx context.Context, pipelineID string, q ListQuery) (Board, error) {
	pipeline, err := s.Pipeline(ctx, pipelineID)
	if err != nil {
		return Board{}, err
	}
	q.Pipeline, q.Stage, q.Cursor = pipelineID, "", ""
	base := q.store("-stageSince")
	words, err := s.searched(ctx, pipeline.Type, q)
	if err != nil {
		return Board{}, err
	}
	base.Filters = append(base.Filters, words...)
	groups, err := s.records.Collection().Aggregate(ctx, docstore.Aggregate{
		Filters: base.Filters, GroupBy: "sum", Sums: []string{"amount"},
	})
	if err != nil {
		return Board{}, fmt.Errorf("sum the board %s: %w", pipelineID, err)
	}
	board := Board{Pipeline: pipeline, Columns: make([]Column, 0, len(pipeline.Stages))}
	for _, stage := range pipeline.Stages {
		column := Column{Stage: stage, Sums: []Money{}, Records: []Card{}}
		for _, g := range groups {
			key, _ := g.Key.(string)
			id, currency, _ := strings.Cut(key, " ")
			if id != stage.ID {
				continue
			}
			column.Count += g.Count
			column.Sums = append(column.Sums, Money{Amount: g.Sums["amount"], Currency: currency})
		}
		slices.SortFunc(column.Sums, func(a, b Money) int {
			return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Currency, b.Currency))
		})
		if len(column.Sums) > 0 {
			column.Sum = column.Sums[0]
		}
		if column.Count > 0 {
			if column.Records, column.Next, err = s.column(ctx, pipeline.Type, q, stage.ID); err != nil {
				return Board{}, err
			}
		}
		board.Columns = append(board.Columns, column)
	}
	return board, nil
}

func (s *Service) column(ctx context.Context, recordType string, q ListQuery, stage string) ([]Card, string, error) {
	q.Stage, q.Limit = stage, columnPage
	records, next, err := s.Records(ctx, recordType, q)
	if err != nil {
		return nil, "", err
	}
	cards := make([]Card, len(records))
	for i, d := range records {
		cards[i] = d.Card()
	}
	return cards, next, nil
}

// Records pages records, those that entered their stage last first.
func (s *Service) Records(ctx context.Context, recordType string, q ListQuery) ([]Record, string, error) {
	if _, err := s.staged(ctx, recordType); err != nil {
		return nil, "", err
	}
	l, err := s.list(ctx, recordType, q, "-stageSince")
	if err != nil {
		return nil, "", err
	}
	if q.Stage == "" || q.Pipeline == "" { // a stage has one type, and its index does not know it
		l.Filters = append(l.Filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: recordType})
	}
	stored, next, err := page(ctx, l, s.shown.Find)
	if err != nil {
		return nil, "", fmt.Errorf("list records of type %s: %w", recordType, err)
	}
	records := make([]Record, len(stored))
	for i, d := range stored {
		d.ResponsibleName = s.name(d.ResponsibleID)
		records[i] = d.Record
	}
	return records, next, nil
}
