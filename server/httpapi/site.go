package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/visit"
)

// How often one address may send a form, open pages of forms, and tell of visits.
var (
	sendLimits  = Limits{PerSecond: 10.0 / 60, Burst: 20}
	openLimits  = Limits{PerSecond: 5, Burst: 100}
	visitLimits = Limits{PerSecond: 2, Burst: 60}
	// Files cost more: from one address to one form, and to one form from anywhere.
	uploadLimits    = Limits{PerSecond: 2.0 / 60, Burst: 6}
	allUploadLimits = Limits{PerSecond: 0.5, Burst: 60}
)

// maxVisit bounds what the visit script sends.
const maxVisit = 4 << 10

// siteRoutes face the clients of the company, who are nobody here.
func (a *API) siteRoutes() {
	const tag = "site"
	sends, opens, visits := newThrottle(sendLimits, a.Clock), newThrottle(openLimits, a.Clock), newThrottle(visitLimits, a.Clock)
	uploads, allUploads := newThrottle(uploadLimits, a.Clock), newThrottle(allUploadLimits, a.Clock)
	slowed := func(t *throttle, c *gin.Context) error {
		wait, ok := t.allow(c.ClientIP())
		if ok {
			return nil
		}
		p := problem.New("too_many_requests")
		p.RetryAfterSeconds = int(wait/time.Second) + 1
		return p
	}
	a.declare(http.MethodGet, "/f/:form", rawSpec{id: "openForm", summary: "The page of a form; <form>.js embeds it in another page", tag: tag, need: anyone, status: "200"},
		func(c *gin.Context) error {
			if err := slowed(opens, c); err != nil {
				return err
			}
			if id, is := strings.CutSuffix(c.Param("form"), ".js"); is {
				if _, err := a.Forms.Get(c.Request.Context(), id); err != nil {
					return err
				}
				sendScript(c, form.EmbedScript(a.Origin, id))
				return nil
			}
			p, err := a.Forms.Show(c.Request.Context(), c.Param("form"), form.OpeningOf(c.Request.URL.Query(), requestOf(c.Request.Context()).language))
			return sendPage(c, p, err)
		})
	a.declare(http.MethodGet, "/f/:form/thanks", rawSpec{id: "thankForForm", summary: "The page after sending a form", tag: tag, need: anyone, status: "200"},
		func(c *gin.Context) error {
			p, err := a.Forms.Thank(c.Request.Context(), c.Param("form"), form.OpeningOf(c.Request.URL.Query(), requestOf(c.Request.Context()).language))
			return sendPage(c, p, err)
		})
	a.declare(http.MethodPost, "/f/:form", rawSpec{id: "sendForm", summary: "Send a form; it is kept before the answer leads on", tag: tag, need: anyone, status: "303"},
		func(c *gin.Context) error {
			o := form.Opening{Language: requestOf(c.Request.Context()).language}
			refuse := func(status int, text string) error {
				p, err := a.Forms.Refuse(c.Request.Context(), c.Param("form"), o, status, text)
				return sendPage(c, p, err)
			}
			if slowed(sends, c) != nil {
				c.Header("Retry-After", "60")
				return refuse(http.StatusTooManyRequests, "slow")
			}
			limit, files, err := a.Forms.Room(c.Request.Context(), c.Param("form"))
			if err != nil {
				return err
			}
			switch c.ContentType() {
			case "application/x-www-form-urlencoded":
			case "multipart/form-data":
				if !files {
					return problem.New("unsupported_type")
				}
				_, mine := uploads.allow(c.ClientIP() + " " + c.Param("form"))
				_, all := allUploads.allow(c.Param("form"))
				if !mine || !all {
					c.Header("Retry-After", "60")
					return refuse(http.StatusTooManyRequests, "slow")
				}
				c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
				parts, err := c.Request.MultipartReader()
				if err != nil {
					return problem.New("bad_request").Because(err)
				}
				p, err := a.Forms.SubmitParts(c.Request.Context(), c.Param("form"), parts, o)
				return sendPage(c, p, err)
			default:
				return problem.New("unsupported_type")
			}
			text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, form.MaxBody))
			var large *http.MaxBytesError
			if errors.As(err, &large) {
				return refuse(http.StatusRequestEntityTooLarge, "large")
			}
			if err != nil {
				return problem.New("bad_request").Because(err)
			}
			arrived(c)
			sent, err := url.ParseQuery(string(text))
			if err != nil {
				return problem.New("bad_request").Because(err)
			}
			p, err := a.Forms.Submit(c.Request.Context(), c.Param("form"), sent, o)
			return sendPage(c, p, err)
		})
	a.declare(http.MethodGet, "/visit.js", rawSpec{id: "visitScript", summary: "The script that tells of visits, with the visitor's consent", tag: tag, need: anyone, status: "200"},
		func(c *gin.Context) error { sendScript(c, visit.Script(a.Origin)); return nil })
	a.declare(http.MethodPost, "/visit", rawSpec{id: "tellVisit", summary: "A page that a visitor opened; of unknown visitors nothing is kept", tag: tag, need: anyone, status: "204"},
		func(c *gin.Context) error {
			if err := slowed(visits, c); err != nil {
				return err
			}
			text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxVisit))
			if err != nil {
				return err
			}
			arrived(c)
			var in struct {
				Visitor  string `json:"visitor"`
				Page     string `json:"page"`
				Referrer string `json:"referrer"`
			}
			if json.Unmarshal(text, &in) != nil {
				return problem.New("bad_request")
			}
			if err := a.Visits.See(c.Request.Context(), in.Visitor, in.Page, in.Referrer); err != nil {
				return err
			}
			c.Header("Cross-Origin-Resource-Policy", "cross-origin")
			c.Status(http.StatusNoContent)
			c.Writer.WriteHeaderNow()
			return nil
		})
}

// sendPage answers with a page of a form, which other sites may frame.
func sendPage(c *gin.Context, p form.Page, err error) error {
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	if p.Location != "" {
		c.Header("Location", p.Location)
		c.Status(p.Status)
		c.Writer.WriteHeaderNow()
		return nil
	}
	h := c.Writer.Header()
	h.Del("X-Frame-Options") // the policy says who may frame it
	h.Set("Content-Security-Policy", p.Policy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	c.Data(p.Status, "text/html; charset=utf-8", p.HTML)
	return nil
}

// sendScript answers with a script that other sites may load.
func sendScript(c *gin.Context, script []byte) {
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cache-Control", "public, max-age=300")
	c.Data(http.StatusOK, "text/javascript; charset=utf-8", script)
}
