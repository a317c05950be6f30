package robot

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/document"
)

// documentGenerate fills a template and stores the result.
type documentGenerate struct {
	templates    Templates
	environments Environments
	files        Files
	converter    Converter
	timeline     Timeline
}

const (
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	pdfType  = "application/pdf"
)

// Descriptor implements robot.Performer.
func (*documentGenerate) Descriptor() robot.Descriptor {
	return describe("document.generate", robot.Keyed)
}

// Perform stores each format under an id derived from the effect, so that a
// document exists once however often this is called. The DOCX is stored before
// the PDF is tried: without a converter it is there.
//
// covers D-06, D-07, D-10, R-24
func (p *documentGenerate) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	formats, failure := documentFormats(req.Config["formats"])
	if failure != nil {
		return robot.Result{}, failure
	}
	if err := p.forget(ctx, req.EffectID); err != nil {
		return robot.Result{}, temporary("file_unavailable", err, "the document of the former try could not be removed")
	}
	name, content, err := p.word(ctx, req, slices.Contains(formats, "docx"))
	if err != nil {
		return robot.Result{}, err
	}
	var stored []any
	for _, format := range formats {
		data, kind := content, docxType
		if format == "pdf" {
			if data, err = p.pdf(ctx, req, content); err != nil {
				return robot.Result{}, err
			}
			kind = pdfType
		}
		file, err := p.put(ctx, req, format, File{Name: name + "." + format, Type: kind}, data)
		if err != nil {
			return robot.Result{}, err
		}
		stored = append(stored, describeFile(file))
	}
	if err := p.tell(ctx, req, stored); err != nil {
		return robot.Result{}, err
	}
	// The printable form stands for the document where one file is wanted.
	value := map[string]any{"files": stored}
	for key, field := range stored[len(stored)-1].(map[string]any) {
		value[key] = field
	}
	result := robot.Result{Values: map[string]any{"id": value["id"], "name": value["name"], "link": value["link"], "files": stored}}
	if into, _ := req.Config["into"].(string); into != "" {
		result.Variables = map[string]any{into: value}
	}
	return result, nil
}

// documentFormats gives the wanted formats, docx first.
func documentFormats(value any) ([]string, *robot.Failure) {
	list, ok := value.([]any)
	if value != nil && !ok {
		return nil, badConfig("formats", "a list is expected, this is %s", kindOf(value))
	}
	if len(list) == 0 {
		return []string{"docx", "pdf"}, nil
	}
	var formats []string
	for _, element := range list {
		format, _ := element.(string)
		if format != "docx" && format != "pdf" {
			return nil, badConfig("formats", "the formats are docx and pdf")
		}
		if !slices.Contains(formats, format) {
			formats = append(formats, format)
		}
	}
	slices.Sort(formats)
	return formats, nil
}

func fileID(effectID, format string) string { return stableID(effectID, "document", format) }

// forget removes what tries before an operator's retry had stored.
func (p *documentGenerate) forget(ctx context.Context, effectID string) error {
	wait, generation := waitOf(effectID)
	for g := 1; g < generation; g++ {
		for _, format := range []string{"docx", "pdf"} {
			if err := p.files.Delete(ctx, fileID(wait+":"+strconv.Itoa(g), format)); err != nil {
				return err
			}
		}
	}
	return nil
}

// word gives name and content of the DOCX: the stored one when a former attempt
// got that far, else a new one.
func (p *documentGenerate) word(ctx context.Context, req robot.Request, keep bool) (string, []byte, error) {
	if keep {
		file, content, err := p.files.Read(ctx, fileID(req.EffectID, "docx"))
		if err == nil {
			return strings.TrimSuffix(file.Name, ".docx"), content, nil
		}
		if !errors.Is(err, ErrFileMissing) {
			return "", nil, temporary("file_unavailable", err, "the stored document could not be read")
		}
	}
	key, failure := text(req.Config, "template", true)
	if failure != nil {
		return "", nil, failure
	}
	name, failure := text(req.Config, "name", false)
	if failure != nil {
		return "", nil, failure
	}
	title, template, err := p.templates.Template(ctx, key, req.Run.RecordType)
	if err != nil {
		return "", nil, templateFailure(key, err)
	}
	if name == "" {
		name = title
	}
	env, err := p.environments.Environment(ctx, req.Run, req.Scope, req.Now)
	if err != nil {
		return "", nil, recordFailure(err)
	}
	var out bytes.Buffer
	if err := template.Render(ctx, &out, env); err != nil {
		return "", nil, templateFailure(key, err)
	}
	return fileName(name), out.Bytes(), nil
}

// templateFailure names placeholder and place.
func templateFailure(key string, err error) error {
	var problem *document.Problem
	var problems document.Problems
	switch {
	case errors.Is(err, ErrTemplateMissing):
		return permanent("template_missing", "choose another template in the step, or upload one under this key, then retry", "there is no template %q", key)
	case errors.As(err, &problems) && len(problems) > 0:
		problem = problems[0]
	case errors.As(err, &problem):
	default:
		return temporary("template_unavailable", err, "the template %q could not be used: %v", key, err)
	}
	failure := permanent("template_failed", "correct the template or the record's data, then retry", "template %q: %s", key, problem.Error())
	failure.Cause = err
	failure.Detail = map[string]any{"part": problem.Part, "paragraph": problem.Paragraph, "placeholder": problem.Placeholder, "around": problem.Around}
	if problem.Cause != nil && len(problem.Cause.Values) > 0 {
		failure.Detail["values"] = problem.Cause.Values
	}
	return failure
}

// pdf gives the stored PDF or converts the DOCX.
func (p *documentGenerate) pdf(ctx context.Context, req robot.Request, docx []byte) ([]byte, error) {
	if _, content, err := p.files.Read(ctx, fileID(req.EffectID, "pdf")); err == nil {
		return content, nil
	} else if !errors.Is(err, ErrFileMissing) {
		return nil, temporary("file_unavailable", err, "the stored document could not be read")
	}
	pdf, err := p.converter.PDF(ctx, docx)
	switch {
	case err == nil:
		return pdf, nil
	case errors.Is(err, document.ErrConverterMissing):
		failure := permanent("converter_missing", "install the package libreoffice-writer-nogui on the server, then retry; the Word document is attached already when it was asked for", "%v", err)
		failure.Cause = err
		return nil, failure
	case errors.Is(err, document.ErrConversion):
		return nil, temporary("conversion_failed", err, "%v", err)
	}
	return nil, temporary("conversion_failed", err, "the conversion to PDF was broken off: %v", err)
}

func (p *documentGenerate) put(ctx context.Context, req robot.Request, format string, file File, content []byte) (File, error) {
	file.ID = fileID(req.EffectID, format)
	file.Owner = "run:" + req.Run.ID
	if req.Run.RecordID != "" {
		file.Owner = req.Run.RecordType + ":" + req.Run.RecordID
	}
	stored, err := p.files.Put(ctx, file, content)
	if err != nil {
		return File{}, temporary("file_unavailable", err, "the document could not be stored: %v", err)
	}
	return stored, nil
}

func (p *documentGenerate) tell(ctx context.Context, req robot.Request, files []any) error {
	if req.Run.RecordID == "" {
		return nil
	}
	entry := Entry{ID: stableID(req.EffectID, "timeline"), Kind: "document", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID,
		Data: map[string]any{"files": files}}
	if err := p.timeline.Add(ctx, entry); err != nil {
		return temporary("record_unavailable", err, "the document could not be put on the timeline")
	}
	return nil
}

func describeFile(f File) map[string]any {
	return map[string]any{"id": f.ID, "name": f.Name, "type": f.Type, "link": "/api/v1/files/" + f.ID}
}

// fileName replaces what file systems do not take.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.Join(strings.Fields(name), " "))
	runes := []rune(strings.Trim(clean, ". "))
	if len(runes) > 120 {
		runes = runes[:120]
	}
	if len(runes) == 0 {
		return "document"
	}
	return string(runes)
}
