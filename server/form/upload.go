package form

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Bounds of the files of a form. All of one submission together stay below
// MaxUpload.
const (
	MaxFiles      = 10
	MaxMegabytes  = 20
	MaxUpload     = 60 << 20
	usualMegabyte = 5
	// maxParts bounds a multipart body: fields, boxes of lists, files.
	maxParts = 400
	// uploadLife is how long files stay that no submission has taken: longer than
	// any upload lasts.
	uploadLife = time.Hour
)

// kinds are what a form takes: content types, which are found by looking at the
// content, and the ends of names by which browsers choose.
var kinds = map[string]struct {
	types []string
	ends  string
}{
	"pdf":   {[]string{file.TypePDF}, ".pdf"},
	"image": {[]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "image/tiff", "image/bmp"}, "image/*"},
	"document": {[]string{file.TypeDOCX, "application/msword", "application/vnd.oasis.opendocument.text", "text/rtf", "text/plain"},
		".docx,.doc,.odt,.rtf,.txt"},
	"table": {[]string{file.TypeXLSX, "application/vnd.ms-excel", "application/vnd.oasis.opendocument.spreadsheet", "text/csv", "text/tab-separated-values"},
		".xlsx,.xls,.ods,.csv,.tsv"},
	"archive": {[]string{"application/zip"}, ".zip"},
}

// usualKinds are taken when a field says nothing, in the order in which they are named.
var (
	usualKinds = []string{"pdf", "image", "document", "table"}
	allKinds   = append(slices.Clone(usualKinds), "archive")
)

func (x Field) accepted() []string {
	if len(x.Accept) == 0 {
		return usualKinds
	}
	return x.Accept
}

func (x Field) megabytes() int {
	if x.MaxMegabytes == 0 {
		return usualMegabyte
	}
	return x.MaxMegabytes
}

func (x Field) count() int { return max(1, x.MaxFiles) }

// room is how much the files of a field may take together.
func (x Field) room() int64 { return int64(x.count()) * int64(x.megabytes()) << 20 }

// SentFile is a file that came with a submission.
type SentFile struct {
	ID    string `json:"id"`
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type" doc:"as found by looking at the content"`
	Size  int64  `json:"size"`
	Hash  string `json:"hash"`
}

// upload marks files that belong to nothing yet, so that those of a process that
// ended in the middle are found.
type upload struct {
	docstore.Entity
	Submission string           `json:"submission"`
	At         docstore.Instant `json:"at"`
}

// OwnerOf names a submission as the owner of files.
func OwnerOf(submission string) string { return OwnerKind + ":" + submission }

// OwnerKind is the kind of owner that OwnerOf names.
const OwnerKind = "submission"

// came is what arrived beside the texts.
type came struct {
	upload *upload
	files  []SentFile
	chosen map[string]bool // fields in which files were chosen
	wrong  map[string]string
}

func (c came) of(field string) []SentFile {
	var out []SentFile
	for _, f := range c.files {
		if f.Field == field {
			out = append(out, f)
		}
	}
	return out
}

// SubmitParts is Submit for a body with files. They are stored while they arrive,
// and nothing of them stays when the submission is not taken.
func (s *Service) SubmitParts(ctx context.Context, id string, parts *multipart.Reader, o Opening) (Page, error) {
	f, err := s.Get(ctx, id)
	if err != nil || !f.Active {
		return s.Submit(ctx, id, url.Values{}, o) // which says so
	}
	sent, with, err := s.receive(ctx, f, parts)
	var (
		page Page
		kept bool
		much *http.MaxBytesError
	)
	switch {
	case errors.As(err, &much):
		page, err = s.render(ctx, f, filled{opening: o.told(sent), values: sent, wrong: again(f, with, nil), message: say("large", f.Language)}, http.StatusRequestEntityTooLarge)
	case err == nil:
		if page, kept, err = s.submit(ctx, f, sent, with, o); err != nil {
			return page, err // it may be stored all the same: Sweep looks before it takes files away
		}
	}
	if with.upload == nil {
		return page, err
	}
	// Also when the client has gone; what this misses, Sweep finds.
	return page, errors.Join(err, s.settle(context.WithoutCancel(ctx), *with.upload, kept))
}

// receive reads a multipart body. Files are taken only of a page that was really
// opened here, so its token has to come first, as it does from browsers.
func (s *Service) receive(ctx context.Context, f Form, parts *multipart.Reader) (url.Values, came, error) {
	sent, with, texts := url.Values{}, came{wrong: map[string]string{}, chosen: map[string]bool{}}, 0
	asked, err := s.fileFields(ctx, f)
	if err != nil {
		return sent, with, err
	}
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a body that breaks off is an error that wraps EOF
			return sent, with, nil
		}
		if err != nil {
			return sent, with, badBody(err)
		}
		name := part.FormName()
		if _, is := asked[name]; !is && part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, MaxBody+1))
			if err != nil {
				return sent, with, badBody(err)
			}
			if texts += len(name) + len(text); texts > MaxBody {
				return sent, with, &http.MaxBytesError{Limit: MaxBody}
			}
			sent.Add(name, string(text))
			continue
		}
		x, is := asked[name]
		submission, ready := s.ready(f, sent)
		if !is || part.FileName() == "" {
			continue // not asked for, or nothing was chosen
		}
		with.chosen[x.Field] = true
		if !ready || with.wrong[x.Field] != "" {
			continue // it will be refused
		}
		if err := s.keep(ctx, f, x, submission, part, &with); err != nil {
			return sent, with, err
		}
	}
	return sent, with, problem.New("bad_request")
}

// badBody tells a body that broke off or is none from one that is too large.
func badBody(err error) error {
	var much *http.MaxBytesError
	if errors.As(err, &much) {
		return err
	}
	return problem.New("bad_request").Because(err)
}

// keep stores one file, or notes why it is not taken.
func (s *Service) keep(ctx context.Context, f Form, x Field, submission string, part *multipart.Part, with *came) error {
	if with.upload == nil {
		u, err := s.uploads.Save(ctx, upload{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Submission: submission, At: docstore.At(s.Clock.Now())})
		if err != nil {
			return fmt.Errorf("note an upload of form %s: %w", f.ID, err)
		}
		with.upload = &u
	}
	if problem.Disguised(part.FileName()) {
		with.wrong[x.Field] = mistaken("control_character", f.Language)
		return nil
	}
	if len(with.of(x.Field)) == x.count() {
		with.wrong[x.Field] = counted("file_count", x.count(), f.Language)
		return nil
	}
	var types []string
	for _, kind := range x.accepted() {
		types = append(types, kinds[kind].types...)
	}
	info, err := s.Files.Put(ctx, file.Put{ID: with.upload.ID + "-" + strconv.Itoa(len(with.files)), Name: part.FileName(), Owner: OwnerOf(submission),
		MaxBytes: int64(x.megabytes()) << 20, Allowed: types}, part)
	switch {
	case errors.Is(err, file.ErrTooLarge):
		with.wrong[x.Field] = counted("file_large", x.megabytes(), f.Language)
	case errors.Is(err, file.ErrForbidden):
		with.wrong[x.Field] = say("file_kind", f.Language)
	case err != nil && errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New("bad_request").Because(err)
	case err != nil:
		return err
	case info.Size == 0:
		with.files = append(with.files, SentFile{ID: info.ID, Field: x.Field})
		with.wrong[x.Field] = say("file_empty", f.Language)
	default:
		with.files = append(with.files, SentFile{ID: info.ID, Field: x.Field, Name: info.Name, Type: info.Type, Size: info.Size, Hash: info.Hash})
	}
	return nil
}

// fileFields are the fields of a form that ask for files, by their inputs. A field
// of the record that holds one value takes one file.
func (s *Service) fileFields(ctx context.Context, f Form) (map[string]Field, error) {
	out := map[string]Field{}
	known, err := s.known(ctx, f.Creates.Type)
	if err != nil {
		return nil, err
	}
	for _, x := range f.Fields {
		if of, there := known[x.Field]; there && isFile(of) && !x.Hidden {
			out["f."+x.Field] = x
		}
	}
	return out, nil
}

// Room is how large a body a form takes, and whether it takes files.
func (s *Service) Room(ctx context.Context, id string) (limit int64, files bool, err error) {
	f, err := s.Get(ctx, id)
	if refused(err) {
		return MaxBody, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	asked, err := s.fileFields(ctx, f)
	limit = MaxBody
	for _, x := range asked {
		limit += x.room() + MaxBody // what stands around the files
	}
	return limit, len(asked) > 0, err
}

// again adds to what is wrong that files, which are not kept, have to be chosen
// anew: browsers do not fill them in.
func again(f Form, with came, wrong map[string]string) map[string]string {
	out := map[string]string{}
	for field := range with.chosen {
		out[field] = say("file_again", f.Language)
	}
	for _, mistakes := range []map[string]string{wrong, with.wrong} {
		for field, mistake := range mistakes {
			out[field] = mistake
		}
	}
	return out
}

// settle ends an upload: its files belong to their submission now, or go.
func (s *Service) settle(ctx context.Context, u upload, kept bool) error {
	if !kept {
		if err := s.discard(ctx, u, nil); err != nil {
			return err
		}
	}
	err := s.uploads.Delete(ctx, u.ID, u.Rev)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}

// discard deletes the files of an upload that its submission has not taken.
func (s *Service) discard(ctx context.Context, u upload, taken []SentFile) error {
	all, err := s.Files.List(ctx, OwnerOf(u.Submission))
	if err != nil {
		return fmt.Errorf("files of upload %s: %w", u.ID, err)
	}
	for _, f := range all {
		if !strings.HasPrefix(f.ID, u.ID+"-") || slices.ContainsFunc(taken, func(x SentFile) bool { return x.ID == f.ID }) {
			continue
		}
		if err := s.Files.Delete(ctx, f.ID); err != nil && !errors.Is(err, file.ErrNotFound) {
			return fmt.Errorf("discard a file of upload %s: %w", u.ID, err)
		}
	}
	return nil
}

// Sweep removes what uploads have left that were cut short.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	old, err := s.uploads.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "at", Op: docstore.Lt, Value: docstore.At(s.Clock.Now().Add(-uploadLife))}}, Sort: "at"}, 1000)
	if err != nil {
		return 0, err
	}
	for i, u := range old {
		x, err := s.submissions.Get(ctx, u.Submission)
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return i, err
		}
		if err := s.discard(ctx, u, x.Files); err != nil {
			return i, err
		}
		if err := s.uploads.Delete(ctx, u.ID, u.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return i, err
		}
	}
	return len(old), nil
}

// hand gives the files of a submission to an owner.
func (s *Service) hand(ctx context.Context, x Submission, owner string) error {
	for _, f := range x.Files {
		if err := s.Files.Give(ctx, f.ID, owner); err != nil && !errors.Is(err, file.ErrNotFound) {
			return fmt.Errorf("give a file of submission %s: %w", x.ID, err)
		}
	}
	return nil
}

// counted is a text with a number in it.
func counted(key string, n int, language string) string {
	return strings.ReplaceAll(say(key, language), "{n}", strconv.Itoa(n))
}

// takes says in the client's language what a field takes.
func (x Field) takes(language string) string {
	names := make([]string, 0, len(allKinds))
	for _, kind := range allKinds {
		if slices.Contains(x.accepted(), kind) {
			names = append(names, say("kind_"+kind, language))
		}
	}
	text := strings.Join(names, ", ") + "; " + counted("file_most", x.megabytes(), language)
	if x.count() > 1 {
		text += "; " + counted("file_count", x.count(), language)
	}
	return text
}

func (x Field) ends() string {
	var out []string
	for _, kind := range x.accepted() {
		out = append(out, kinds[kind].ends)
	}
	return strings.Join(out, ",")
}
