package robot

import (
	"context"
	"errors"
	"strings"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// documentRemove takes documents away from the record.
type documentRemove struct {
	files    Files
	timeline Timeline
}

// Descriptor implements robot.Performer.
func (*documentRemove) Descriptor() robot.Descriptor {
	return describe("document.remove", robot.Internal)
}

// Perform deletes files of the record, those that are named and those that are given;
// files of anything else are refused. That there is nothing to delete is a result, not
// a failure.
//
//
func (p *documentRemove) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	name, failure := text(req.Config, "name", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	owner := req.Run.RecordType + ":" + req.Run.RecordID
	var gone []File
	for _, id := range fileIDs(req.Config["files"]) {
		if id == "" {
			return robot.Result{}, badConfig("files", "a file of an earlier step or of a field is expected")
		}
		f, _, err := p.files.Read(ctx, id)
		if errors.Is(err, ErrFileMissing) {
			continue // a former attempt has removed it
		}
		if err != nil {
			return robot.Result{}, temporary("file_unavailable", err, "the document could not be read")
		}
		if f.Owner != owner {
			return robot.Result{}, permanent("bad_value", fixStep, "the file %q is not one of this record", f.Name)
		}
		gone = append(gone, f)
	}
	if name != "" {
		all, err := p.files.Of(ctx, owner)
		if err != nil {
			return robot.Result{}, temporary("file_unavailable", err, "the documents of the record could not be read")
		}
		for _, f := range all {
			if named(f.Name, name) {
				gone = append(gone, f)
			}
		}
	}
	removed := []any{}
	for _, f := range gone {
		removed = append(removed, map[string]any{"id": f.ID, "name": f.Name, "type": f.Type})
	}
	if len(gone) > 0 {
		// The story is told first: a crash between leaves a line too many, never a document
		// that has vanished without a word.
		entry := Entry{ID: stableID(req.EffectID, "timeline"), Kind: "documentRemoved", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID,
			Data: map[string]any{"files": removed}}
		if err := p.timeline.Add(ctx, entry); err != nil {
			return robot.Result{}, temporary("record_unavailable", err, "the story of the record could not be written")
		}
	}
	for _, f := range gone {
		if err := p.files.Delete(ctx, f.ID); err != nil {
			return robot.Result{}, temporary("file_unavailable", err, "the document %q could not be removed", f.Name)
		}
	}
	return robot.Result{Values: map[string]any{"count": len(gone), "files": removed}}, nil
}

// named tells whether a file has a name, whatever the case and with or without its
// ending: "Contract" are Contract.docx and Contract.pdf.
func named(file, name string) bool {
	if strings.EqualFold(file, name) {
		return true
	}
	at := strings.LastIndexByte(file, '.')
	return at > 0 && strings.EqualFold(file[:at], name)
}
