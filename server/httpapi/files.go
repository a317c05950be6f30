package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	// maxFile bounds an upload.
	maxFile = 25 << 20
	// maxPart bounds a text field beside the file.
	maxPart = 16 << 10
)

// FileInfo is a file as people see it.
type FileInfo struct {
	ID            string           `json:"id"`
	Name          string           `json:"name"`
	Type          string           `json:"type"`
	Size          int64            `json:"size"`
	CreatedAt     docstore.Instant `json:"createdAt"`
	CreatedBy     string           `json:"createdBy,omitempty"`
	CreatedByName string           `json:"createdByName,omitempty"`
	Owner         string           `json:"owner"`
	URL           string           `json:"url"`
}

func (a *API) fileInfos(ctx context.Context, all []file.Info) ([]FileInfo, error) {
	ids := make([]string, 0, len(all))
	for _, f := range all {
		ids = append(ids, f.CreatedBy)
	}
	names, err := a.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]FileInfo, 0, len(all))
	for _, f := range all {
		out = append(out, FileInfo{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, CreatedAt: docstore.At(f.CreatedAt),
			CreatedBy: f.CreatedBy, CreatedByName: names[f.CreatedBy], Owner: f.Owner, URL: base + "/files/" + f.ID})
	}
	return out, nil
}

func (a *API) filesOf(ctx context.Context, owner string) ([]FileInfo, error) {
	all, err := a.Files.List(ctx, owner)
	if err != nil {
		return nil, err
	}
	return a.fileInfos(ctx, all)
}

// mayOwner lets a caller touch the files of an owner when it may touch the owner.
func (a *API) mayOwner(ctx context.Context, owner string, change bool) error {
	kind, id, _ := strings.Cut(owner, ":")
	switch kind {
	case "task":
		if change {
			return a.Worklist.MayAct(ctx, id, callerOf(ctx).ID)
		}
		return a.Worklist.MaySee(ctx, id, callerOf(ctx).ID, seesAll(ctx))
	case "post", "postComment":
		return a.mayPost(ctx, kind, id, change)
	case "template":
		if !change {
			return a.allowed(ctx, member)
		}
		if err := a.allowed(ctx, "templates.edit"); err != nil {
			return err
		}
		_, err := a.Templates.Get(ctx, id)
		return err
	case form.OwnerKind: // until they are a record's
		if change {
			return problem.New("submission_file")
		}
		if err := a.allowed(ctx, "crm.view"); err != nil {
			return err
		}
		return a.seesSubmissions(ctx)
	case productOwner:
		return a.mayPicture(ctx, id, change)
	case "mail":
		if !change {
			return a.seesOutbox(ctx)
		}
		if err := a.allowed(ctx, "settings.manage"); err != nil {
			return err
		}
		_, err := a.Mailbox.Letter(ctx, id)
		return err
	}
	if known, err := a.CRM.Staged(ctx, kind); err != nil {
		return err
	} else if !known {
		return problem.Invalid("/owner", "invalid", "task:<id>, deal:<id> or another record, template:<id>")
	}
	need := "crm.view"
	if change {
		need = "crm.edit"
	}
	if err := a.allowed(ctx, need); err != nil {
		if change {
			return err
		}
		return a.mayThroughTask(ctx, owner, err)
	}
	if change {
		_, err := a.mayRecord(ctx, access.CRMEdit, kind, id)
		return err
	}
	if _, err := a.mayRecord(ctx, access.CRMView, kind, id); err != nil {
		return a.mayThroughTask(ctx, owner, err)
	}
	return nil
}

// mayAttach refuses files that the caller may not read, as if they were not there.
// Those that are attached already stay.
func (a *API) mayAttach(ctx context.Context, path string, files *[]string, attached []string) error {
	if files == nil {
		return nil
	}
	var fields []problem.Field
	for i, id := range *files {
		if !slices.Contains(attached, id) && !a.mayRead(ctx, crm.FileKind, id) {
			fields = append(fields, problem.Field{Path: fmt.Sprintf("%s/%d", path, i), Code: "unknown_reference"})
		}
	}
	if len(fields) > 0 {
		return &problem.Problem{Code: "validation", Fields: fields}
	}
	return nil
}

// mayThroughTask lets people read a record's files who have a task about the
// record but no right on the CRM: the accountant sees the contract.
func (a *API) mayThroughTask(ctx context.Context, owner string, refused error) error {
	_, id, _ := strings.Cut(owner, ":")
	ok, err := a.Worklist.Concerned(ctx, callerOf(ctx).ID, id)
	if err != nil {
		return err
	}
	if !ok {
		return refused
	}
	return nil
}

func (a *API) fileRoutes() {
	a.raw(http.MethodPost, "/files", rawSpec{id: "uploadFile", summary: "Upload a file (multipart: owner, file), streamed, at most 25 MiB", tag: "files", need: member, status: "201", produces: FileInfo{}}, a.upload)
	a.raw(http.MethodGet, "/files/:id", rawSpec{id: "readFile", summary: "The content of a file; ?download=1 saves it", tag: "files", need: member, status: "200"}, a.download)
	route(a, spec{method: http.MethodDelete, path: "/files/{id}", id: "deleteFile", summary: "Delete a file", tag: "files", need: member, status: 204},
		func(ctx context.Context, in *ByID) (*none, error) {
			f, err := a.Files.Info(ctx, in.ID)
			if errors.Is(err, file.ErrNotFound) {
				return nil, problem.NotFound("file")
			}
			if err != nil {
				return nil, err
			}
			if err := a.mayOwner(ctx, f.Owner, true); err != nil {
				return nil, err
			}
			if err := a.Files.Delete(ctx, in.ID); err != nil {
				return nil, err
			}
			return nil, a.note(ctx, "file.deleted", "file:"+in.ID, noted{Before: map[string]any{"name": f.Name, "owner": f.Owner, "bytes": f.Size}})
		})
}

// parts reads the text fields of a multipart body up to its file.
func parts(c *gin.Context, limit int64) (fields map[string]string, part *multipart.Part, err error) {
	fields, part, _, err = opened(c, limit)
	return fields, part, err
}

// opened is parts with what comes behind the file.
func opened(c *gin.Context, limit int64) (fields map[string]string, part *multipart.Part, rest *multipart.Reader, err error) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, nil, nil, &problem.Problem{Code: "unsupported_type", Detail: "Send multipart/form-data."}
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit+1<<20)
	reader, err := c.Request.MultipartReader()
	if err != nil {
		return nil, nil, nil, problem.New("bad_request").Because(err)
	}
	fields = map[string]string{}
	for range 20 {
		part, err = reader.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil, nil, problem.Invalid("/file", "required", "")
		}
		if err != nil {
			return nil, nil, nil, problem.New("bad_request").Because(err)
		}
		if part.FormName() == "file" {
			return fields, part, reader, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxPart+1))
		if err != nil {
			return nil, nil, nil, problem.New("bad_request").Because(err)
		}
		if len(text) > maxPart {
			return nil, nil, nil, problem.Invalid("/"+part.FormName(), "too_long", "")
		}
		if problem.Disguised(string(text)) {
			return nil, nil, nil, problem.Invalid("/"+part.FormName(), "control_character", "")
		}
		fields[part.FormName()] = string(text)
	}
	return nil, nil, nil, problem.New("bad_request")
}

func fileName(part *multipart.Part) (string, error) {
	name := part.FileName()
	switch {
	case name == "":
		return "", problem.Invalid("/file", "required", "the file has no name")
	case problem.Disguised(name):
		return "", problem.Invalid("/file", "control_character", "")
	case len([]rune(name)) > 255:
		return "", problem.Invalid("/file", "too_long", "at most 255 characters")
	}
	return name, nil
}

func (a *API) upload(c *gin.Context) error {
	ctx := c.Request.Context()
	fields, part, rest, err := opened(c, maxFile)
	if err != nil {
		return err
	}
	owner := fields["owner"]
	if owner == "" {
		owner = c.Query("owner")
	}
	if owner == "" {
		return problem.Invalid("/owner", "required", "the field owner must come before the file")
	}
	name, err := fileName(part)
	if err != nil {
		return err
	}
	if err := a.mayOwner(ctx, owner, true); err != nil {
		return err
	}
	info, err := a.Files.Put(ctx, file.Put{Name: name, Owner: owner, CreatedBy: callerOf(ctx).ID, MaxBytes: maxFile}, part)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return &problem.Problem{Code: "bad_request", Fields: []problem.Field{{Path: "/file", Code: "invalid", Message: "the upload broke off before its end"}}, Cause: err}
	}
	if err != nil {
		return err
	}
	if more, err := rest.NextPart(); err == nil && more.FormName() == "file" { // nobody should believe that it was kept
		return errors.Join(problem.Invalid("/file", "too_many", "send one file at a time"), a.Files.Delete(ctx, info.ID))
	}
	if err := a.note(ctx, "file.uploaded", "file:"+info.ID, noted{After: map[string]any{"name": info.Name, "owner": info.Owner, "bytes": info.Size}}); err != nil {
		return err
	}
	views, err := a.fileInfos(ctx, []file.Info{info})
	if err != nil {
		return err
	}
	c.Header("Location", views[0].URL)
	c.JSON(http.StatusCreated, views[0])
	return nil
}

// inline are the types a browser may show by itself without running anything.
var inline = map[string]bool{"application/pdf": true, "image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "text/plain": true}

func (a *API) download(c *gin.Context) error {
	ctx := c.Request.Context()
	info, err := a.Files.Info(ctx, c.Param("id"))
	if errors.Is(err, file.ErrNotFound) {
		return problem.NotFound("file")
	}
	if err != nil {
		return err
	}
	if err := a.mayOwner(ctx, info.Owner, false); err != nil {
		return err
	}
	content, info, err := a.Files.Open(ctx, info.ID)
	if err != nil {
		return err
	}
	defer content.Close()
	kind, _, _ := mime.ParseMediaType(info.Type)
	disposition := "attachment"
	if inline[kind] && c.Query("download") == "" {
		disposition = "inline"
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": info.Name}))
	h.Set("Content-Type", info.Type)
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("ETag", `"`+info.Hash+`"`)
	// A file must never act as a page of this site, whatever it claims to be.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; object-src 'self'; frame-ancestors 'self'; sandbox")
	if kind == "application/pdf" {
		h.Set("Content-Security-Policy", "default-src 'none'; object-src 'self'; frame-ancestors 'self'") // viewers do not work in a sandbox
		h.Set("X-Frame-Options", "SAMEORIGIN")
	}
	if strings.Contains(c.GetHeader("Range"), ",") {
		// Every range reads whole chunks: many small ones would cost many times the
		// file. Whoever asks for several gets all of it once.
		c.Request.Header.Del("Range")
	}
	http.ServeContent(c.Writer, c.Request, "", info.CreatedAt, content)
	return nil
}

// respond writes JSON outside huma.
func respond(c *gin.Context, status int, v any) {
	c.Header("Content-Type", "application/json")
	c.Status(status)
	_ = json.NewEncoder(c.Writer).Encode(v)
}
