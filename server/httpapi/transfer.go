package httpapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/transfer"
)

// transferRights decides about the rows of an import.
type transferRights struct{ a *API }

// MayAdd implements transfer.Rights.
func (r transferRights) MayAdd(ctx context.Context, recordType, pipeline, stage string) error {
	if recordType == crm.TypeProduct {
		return r.a.allowed(ctx, string(access.ProductsEdit))
	}
	if clients(recordType) {
		return r.a.mayClients(ctx, access.CRMAdd, recordType)
	}
	return r.a.mayAdd(ctx, recordType, pipeline, stage)
}

// MayEdit implements transfer.Rights.
func (r transferRights) MayEdit(ctx context.Context, recordType, id string) error {
	if recordType == crm.TypeProduct {
		return r.a.allowed(ctx, string(access.ProductsEdit))
	}
	return r.a.mayEdit(ctx, recordType, id)
}

// MaySee implements transfer.Rights.
func (r transferRights) MaySee(ctx context.Context, recordType, id string) error {
	return r.a.maySee(ctx, recordType, id)
}

// clients tells whether a record type is one of clients, which are on no stage.
func clients(recordType string) bool {
	return recordType == crm.TypeContact || recordType == crm.TypeCompany
}

// wrongCell is what is wrong with a cell, in the reader's language.
type wrongCell struct {
	Field   string `json:"field" doc:"key of the column, empty for the whole row"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

type previewedRow struct {
	transfer.Preview
	Wrongs []wrongCell `json:"wrongs"`
}

func (a *API) transferRoutes() {
	const tag = "transfer"
	a.Transfer.Rights = transferRights{a}
	route(a, spec{method: http.MethodGet, path: "/transfer/{type}/columns", id: "listColumns", summary: "What a table of records of a type can have", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *OfType) (*list[transfer.Column], error) {
			all, err := a.Transfer.Columns(ctx, in.Type, requestOf(ctx).language)
			return page(all, ""), err
		})
	a.raw(http.MethodGet, "/transfer/:type/export", rawSpec{id: "exportRecords", tag: tag, need: "crm.export", status: "200",
		summary: "Records as a table, streamed: ?format=csv or xlsx, columns=title,amount, and the filters of the list (filter, q, ids, sort)"}, a.export)
	a.raw(http.MethodPost, "/imports", rawSpec{id: "uploadImport", summary: "Upload a CSV or XLSX file to import (multipart: type, file), at most 25 MiB", tag: tag, need: "crm.add", status: "201", produces: transfer.Draft{}}, a.uploadImport)
	route(a, spec{method: http.MethodGet, path: "/imports/{id}", id: "readImport", summary: "An import of mine", tag: tag, need: "crm.add"},
		func(ctx context.Context, in *ByID) (*tagged[transfer.Draft], error) {
			d, err := a.Transfer.Get(ctx, callerOf(ctx).ID, in.ID)
			return withTag(d.Rev, d), err
		})
	route(a, spec{method: http.MethodPatch, path: "/imports/{id}", id: "changeImport", summary: "Change how a file is read, what its columns are, what becomes of its rows", tag: tag, need: "crm.add"},
		func(ctx context.Context, in *struct {
			ByID
			Body transfer.Edit
		}) (*tagged[transfer.Draft], error) {
			d, err := a.Transfer.Change(ctx, callerOf(ctx).ID, in.ID, requestOf(ctx).language, in.Body)
			return withTag(d.Rev, d), err
		})
	route(a, spec{method: http.MethodGet, path: "/imports/{id}/preview", id: "previewImport", summary: "What rows of a file would become", tag: tag, need: "crm.add"},
		func(ctx context.Context, in *struct {
			ByID
			From  int `query:"from" minimum:"1" default:"1" doc:"number of the first row"`
			Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*list[previewedRow], error) {
			rows, err := a.Transfer.Preview(ctx, callerOf(ctx).ID, in.ID, in.From, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]previewedRow, len(rows))
			for i, r := range rows {
				out[i] = previewedRow{Preview: r, Wrongs: []wrongCell{}}
				if r.Record != nil && a.maySee(ctx, r.Record.Type, r.Record.ID) != nil {
					out[i].Record = nil
				}
				for _, f := range r.Wrongs {
					out[i].Wrongs = append(out[i].Wrongs, wrongCell{strings.TrimPrefix(f.Path, "/"), f.Code, f.Words(requestOf(ctx).language)})
				}
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodPost, path: "/imports/{id}/start", id: "startImport", summary: "Import the file, as a job", tag: tag, need: "crm.add", status: 202},
		func(ctx context.Context, in *ByID) (*reply[jobView], error) {
			j, err := a.Transfer.Start(ctx, callerOf(ctx).ID, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.note(ctx, "import.started", "import:"+in.ID, noted{After: map[string]any{"name": j.Name, "type": j.Type}}); err != nil {
				return nil, err
			}
			return a.jobReply(ctx, j, nil)
		})
	a.raw(http.MethodGet, "/imports/:id/faults", rawSpec{id: "readImportFaults", summary: "A table of the rows that were refused, with reasons: ?format=csv or xlsx", tag: tag, need: "crm.add", status: "200"}, a.importFaults)
}

func (a *API) uploadImport(c *gin.Context) error {
	ctx := c.Request.Context()
	fields, part, err := parts(c, maxFile)
	if err != nil {
		return err
	}
	name, err := fileName(part)
	if err != nil {
		return err
	}
	d, err := a.Transfer.Upload(ctx, callerOf(ctx).ID, fields["type"], name, requestOf(ctx).language, part)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return problem.New("bad_request").Because(err)
	}
	if err != nil {
		return err
	}
	arrived(c)
	c.JSON(http.StatusCreated, d)
	return nil
}

// formatOf reads the format of a table to be downloaded.
func formatOf(c *gin.Context) (string, error) {
	switch format := c.DefaultQuery("format", transfer.CSV); format {
	case transfer.CSV, transfer.XLSX:
		return format, nil
	}
	return "", problem.Invalid("query.format", "one_of", "csv, xlsx")
}

// table begins the download of a table.
func table(c *gin.Context, name, format string) {
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + format}))
	h.Set("Content-Type", transfer.ContentType(format))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Status(http.StatusOK)
}

// broken ends a download that failed after it had begun, so that nobody takes what
// has arrived for all of it.
func broken(c *gin.Context, err error) error {
	if !c.Writer.Written() {
		for _, name := range []string{"Content-Disposition", "Content-Type"} {
			c.Writer.Header().Del(name)
		}
		return err
	}
	slog.ErrorContext(c.Request.Context(), "download broken off", "requestId", requestOf(c.Request.Context()).id, "error", err)
	panic(http.ErrAbortHandler)
}

func (a *API) export(c *gin.Context) error {
	ctx := c.Request.Context()
	recordType := c.Param("type")
	format, err := formatOf(c)
	if err != nil {
		return err
	}
	var keys []string
	if text := c.Query("columns"); text != "" {
		keys = strings.Split(text, ",")
	}
	columns, err := a.Transfer.Chosen(ctx, recordType, requestOf(ctx).language, keys)
	if err != nil {
		return err
	}
	pages, err := a.pages(c, recordType)
	if err != nil {
		return err
	}
	if err := a.note(ctx, "records.exported", "records:"+recordType, noted{After: map[string]any{"type": recordType, "format": format, "filter": c.Query("filter"), "search": c.Query("q")}}); err != nil {
		return err
	}
	table(c, recordType, format)
	out, err := transfer.NewTable(format, c.Writer)
	if err == nil {
		_, err = a.Transfer.Export(ctx, columns, a.callerZone(ctx), out, pages)
	}
	if err != nil {
		return broken(c, err)
	}
	return nil
}

func (a *API) importFaults(c *gin.Context) error {
	ctx := c.Request.Context()
	format, err := formatOf(c)
	if err != nil {
		return err
	}
	d, err := a.Transfer.Get(ctx, callerOf(ctx).ID, c.Param("id"))
	if err != nil {
		return err
	}
	table(c, strings.TrimSuffix(strings.TrimSuffix(d.Name, ".csv"), ".xlsx")+" (2)", format)
	if err := a.Transfer.Faults(ctx, callerOf(ctx).ID, d.ID, format, requestOf(ctx).language, c.Writer); err != nil {
		return broken(c, err)
	}
	return nil
}

// exported is which records of a type the caller may export: of those that they see.
func (a *API) exported(ctx context.Context, recordType string) (*docstore.Filter, error) {
	may, err := a.visible(ctx, access.CRMExport, recordType)
	if err != nil {
		return nil, err
	}
	seen, err := a.visible(ctx, access.CRMView, recordType)
	if err != nil || may == nil {
		return seen, err
	}
	if seen == nil {
		return may, nil
	}
	return &docstore.Filter{Op: docstore.AllOf, Of: []docstore.Filter{*seen, *may}}, nil
}

// pages are the records that a list shows, for an export.
func (a *API) pages(c *gin.Context, recordType string) (transfer.Pages, error) {
	if recordType == crm.TypeProduct {
		return a.productPages(c)
	}
	seen, err := a.exported(c.Request.Context(), recordType)
	if err != nil {
		return nil, err
	}
	if clients(recordType) {
		if err := a.mayClients(c.Request.Context(), access.CRMExport, recordType); err != nil {
			return nil, err
		}
	}
	f, err := crm.ParseFilter(c.Query("filter"))
	if err != nil {
		return nil, err
	}
	reader, err := a.reader(c.Request.Context())
	if err != nil {
		return nil, err
	}
	q := crm.ListQuery{Visible: seen, Filter: f, Reader: reader, Text: c.Query("q"), Responsible: c.Query("responsible"), Pipeline: c.Query("pipeline"),
		Stage: c.Query("stage"), Company: c.Query("company"), Sort: c.Query("sort"), Limit: docstore.MaxLimit}
	for _, named := range []struct {
		name string
		to   *[]string
	}{{"ids", &q.IDs}, {"except", &q.Except}} {
		if text := c.Query(named.name); text != "" {
			if *named.to = strings.Split(text, ","); len(*named.to) > 1000 {
				return nil, problem.Invalid("query."+named.name, "too_many", "at most 1,000")
			}
		}
	}
	return func(ctx context.Context, cursor string) (items []transfer.Item, next string, err error) {
		q.Cursor = cursor
		switch recordType {
		case crm.TypeContact:
			found, next, err := a.CRM.Contacts(ctx, q)
			for i := range found {
				items = append(items, transfer.Item{Contact: &found[i]})
			}
			return items, next, err
		case crm.TypeCompany:
			found, next, err := a.CRM.Companies(ctx, q)
			for i := range found {
				items = append(items, transfer.Item{Company: &found[i]})
			}
			return items, next, err
		}
		found, next, err := a.CRM.Records(ctx, recordType, q)
		if err == nil {
			err = a.coverRecords(ctx, pointers(found)...)
		}
		for i := range found {
			items = append(items, transfer.Item{Record: &found[i]})
		}
		return items, next, err
	}, nil
}

// callerZone is where the caller's clock is.
func (a *API) callerZone(ctx context.Context) *time.Location {
	if u, err := a.Identity.User(ctx, callerOf(ctx).ID); err == nil && u.Zone != "" {
		if zone, err := time.LoadLocation(u.Zone); err == nil {
			return zone
		}
	}
	return a.Zone
}
