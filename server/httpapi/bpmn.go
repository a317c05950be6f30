package httpapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
)

func (a *API) bpmnRoutes() {
	a.raw(http.MethodPost, "/definitions/import", rawSpec{id: "importBpmn",
		summary: "Import BPMN 2.0 XML (application/xml, or multipart: file), at most 8 MiB; ?dryRun=true only reports, ?runnable=true makes every process runnable, " +
			"?robot=TYPE=ROBOT (repeatable, TYPE may be *) maps a service to a robot or to userTask",
		tag: "definitions", need: "definitions.edit", status: "201", produces: definition.BPMNReport{}}, a.importBPMN)
	a.raw(http.MethodGet, "/definitions/:key/bpmn", rawSpec{id: "exportBpmn", summary: "The draft, or ?version=N, as BPMN 2.0 XML",
		tag: "definitions", need: "definitions.edit", status: "200"}, a.exportBPMN)
}

func (a *API) importBPMN(c *gin.Context) error {
	text, err := xmlBody(c)
	if err != nil {
		return err
	}
	o := definition.BPMNImport{DryRun: c.Query("dryRun") == "true", Options: bpmn.Options{Runnable: c.Query("runnable") == "true", Robots: map[string]string{}}}
	for _, pair := range c.QueryArray("robot") {
		i := strings.LastIndex(pair, "=") // expressions hold the sign, keys of robots do not
		if i < 1 || i == len(pair)-1 {
			return problem.Invalid("query.robot", "format", "TYPE=ROBOT")
		}
		o.Robots[pair[:i]] = pair[i+1:]
	}
	report, err := a.Definitions.ImportBPMN(c.Request.Context(), text, o, callerOf(c.Request.Context()).ID)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if report.Created {
		status = http.StatusCreated
	}
	c.JSON(status, report)
	return nil
}

// xmlBody reads the file, sent by itself or in a form.
func xmlBody(c *gin.Context) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil {
		return nil, problem.New("unsupported_type")
	}
	var body io.Reader
	switch {
	case kind == "multipart/form-data":
		_, part, err := parts(c, bpmn.MaxBytes)
		if err != nil {
			return nil, err
		}
		body = part
	case kind == "application/xml", kind == "text/xml", strings.HasSuffix(kind, "+xml"), kind == "application/octet-stream":
		body = http.MaxBytesReader(c.Writer, c.Request.Body, bpmn.MaxBytes+1)
	default:
		return nil, problem.New("unsupported_type")
	}
	text, err := io.ReadAll(io.LimitReader(body, bpmn.MaxBytes+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), len(text) > bpmn.MaxBytes:
		return nil, problem.New("too_large", "limit", "8 MiB")
	case err != nil:
		return nil, problem.New("bad_request").Because(err)
	}
	arrived(c)
	return text, nil
}

func (a *API) exportBPMN(c *gin.Context) error {
	version := 0
	if v := c.Query("version"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return problem.Invalid("query.version", "format", "a number from 1")
		}
		version = n
	}
	key := c.Param("key")
	text, err := a.Definitions.ExportBPMN(c.Request.Context(), key, version)
	if err != nil {
		return err
	}
	name := key
	if version > 0 {
		name += "-v" + strconv.Itoa(version)
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".bpmn"}))
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/xml; charset=utf-8", text)
	return nil
}
