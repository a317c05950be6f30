package httpapi

import (
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/clock"
)

// How long a caller may take to send a body, so that connections which trickle
// cannot be piled up. Uploads may come over slow lines.
const (
	bodyWait   = 30 * time.Second
	uploadWait = 10 * time.Minute
)

// patient bounds the time until the body has arrived. The deadline also ends the
// wait for a body that no handler reads.
func patient(body, upload time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength != 0 {
			wait := body
			if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err == nil && kind == "multipart/form-data" {
				wait = upload
			}
			readUntil(c, clock.System{}.Now().Add(wait)) // sockets know no other clock
		}
		c.Next()
	}
}

// arrived lifts the deadline: left in place it would cancel a handler that works
// longer, and with it the whole connection.
func arrived(c *gin.Context) { readUntil(c, time.Time{}) }

func readUntil(c *gin.Context, at time.Time) {
	// Writers of tests know no deadlines; they have no slow callers either.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(at)
}
