package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
)

// A history is written once and read in ranges, and a step writes a dozen
// records. So stores keep the records of one copy as one JSON list, which
// costs a tenth of a row or document each.

// StoredRecord is one record as the outbox brought it.
type StoredRecord struct {
	Seq  int64
	Body []byte
}

// Stretch is a list of records with the numbers First to Last.
type Stretch struct {
	First, Last int64
	Body        []byte // a JSON list
}

// Record reads the number of a PutRecord without decoding the rest: core.Record
// writes it first. ErrBadEntry.
func (o Outbox) Record() (StoredRecord, error) {
	if rest, ok := bytes.CutPrefix(o.Body, []byte(`{"seq":`)); ok && json.Valid(o.Body) {
		digits := rest[:max(0, bytes.IndexAny(rest, ",}"))]
		if seq, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			return StoredRecord{Seq: seq, Body: o.Body}, nil
		}
	}
	var r core.Record
	err := o.Decode(&r)
	return StoredRecord{Seq: r.Seq, Body: o.Body}, err
}

// Stretches joins records, which it sorts, into contiguous stretches.
func Stretches(records []StoredRecord) []Stretch {
	bySeq := func(a, b StoredRecord) int { return cmp.Compare(a.Seq, b.Seq) }
	if !slices.IsSortedFunc(records, bySeq) {
		slices.SortStableFunc(records, bySeq)
	}
	var list []Stretch
	for _, r := range records {
		n := len(list)
		switch {
		case n > 0 && r.Seq == list[n-1].Last: // given twice
			continue
		case n > 0 && r.Seq == list[n-1].Last+1:
			list[n-1].Last = r.Seq
			list[n-1].Body = append(append(list[n-1].Body, ','), r.Body...)
		default:
			list = append(list, Stretch{First: r.Seq, Last: r.Seq, Body: append([]byte{'['}, r.Body...)})
		}
	}
	for i := range list {
		list[i].Body = append(list[i].Body, ']')
	}
	return list
}

// RecordWindow collects stretches that may overlap, because a relay copies more
// than once; equal numbers are equal records.
type RecordWindow struct{ records []core.Record }

// Add reads the body of a stretch.
func (w *RecordWindow) Add(body []byte) error {
	var list []core.Record
	if err := ReadJSON(body, &list); err != nil {
		return err
	}
	w.records = append(w.records, list...)
	return nil
}

// Records returns those with seq in [from, end), each once, ascending.
func (w *RecordWindow) Records(from, end int64) []core.Record {
	list := slices.DeleteFunc(w.records, func(r core.Record) bool { return r.Seq < from || r.Seq >= end })
	slices.SortStableFunc(list, func(a, b core.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(list, func(a, b core.Record) bool { return a.Seq == b.Seq })
}
