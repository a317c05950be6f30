package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/text/language"
	"golang.org/x/time/rate"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/problem"
)

// request is what the middleware learned about one request.
type request struct {
	id       string
	language string
	// asked: the request names its language itself.
	asked  bool
	caller *Caller
	// effect names what a request under an Idempotency-Key does, "" without one.
	effect string
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{language: "en"}
}

// Languages of the product; the first is the fallback.
var languages = []string{"en", "pl", "pt-BR", "ru"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Polish, language.BrazilianPortuguese, language.Russian})

func negotiate(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return languages[i]
}

// identify gives the request an id and its language.
func identify(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if len(id) == 0 || len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		id = uuid.Must(uuid.NewV7()).String()
	}
	accept := c.GetHeader("Accept-Language")
	info := &request{id: id, language: negotiate(accept), asked: accept != ""}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestKey{}, info))
	c.Header("X-Request-Id", id)
	c.Next()
}

// contain answers a panic with a problem document and keeps the stack in the log.
func contain(c *gin.Context) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(r)
		}
		slog.ErrorContext(c.Request.Context(), "request panicked", "requestId", requestOf(c.Request.Context()).id,
			"path", c.Request.URL.Path, "panic", r, "stack", string(debug.Stack()))
		if !c.Writer.Written() {
			fail(c, problem.New("internal"))
		}
		c.Abort()
	}()
	c.Next()
}

// contentPolicy lets the page load only what this server serves. Inline styles
// stay allowed: the component library and the text editor write style elements.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; frame-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if c.Request.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
	c.Next()
}

// Limits bound how often one caller may ask. Zero means no limit.
type Limits struct {
	PerSecond float64
	Burst     int
}

// throttle keeps one bucket per caller (session, token or address). Idle buckets
// are dropped, so that many addresses cannot grow it without bound.
type throttle struct {
	limits Limits
	clock  clock.Clock

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	*rate.Limiter
	seen time.Time
}

func newThrottle(l Limits, c clock.Clock) *throttle {
	return &throttle{limits: l, clock: c, buckets: map[string]*bucket{}, swept: c.Now()}
}

func (t *throttle) allow(key string) (time.Duration, bool) {
	if t.limits.PerSecond <= 0 {
		return 0, true
	}
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.swept) > time.Minute {
		for k, b := range t.buckets {
			if now.Sub(b.seen) > time.Minute {
				delete(t.buckets, k)
			}
		}
		t.swept = now
	}
	b := t.buckets[key]
	if b == nil {
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(t.limits.PerSecond), t.limits.Burst)}
		t.buckets[key] = b
	}
	b.seen = now
	if b.AllowN(now, 1) {
		return 0, true
	}
	r := b.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	r.CancelAt(now)
	return wait, false
}

// middleware bounds calls of the API. The interface's own files are cheap, many
// per page, and shared by everybody behind one address.
func (t *throttle) middleware(c *gin.Context) {
	if !strings.HasPrefix(c.Request.URL.Path, "/api/") {
		c.Next()
		return
	}
	key := "address " + c.ClientIP()
	if caller := requestOf(c.Request.Context()).caller; caller != nil {
		key = "user " + caller.ID
	}
	if wait, ok := t.allow(key); !ok {
		p := problem.New("too_many_requests")
		p.RetryAfterSeconds = int(wait/time.Second) + 1
		fail(c, p)
		return
	}
	c.Next()
}

type addressKey struct{}

// address keeps the client's address for those who see only the context.
func address(c *gin.Context) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), addressKey{}, c.ClientIP()))
	c.Next()
}

func addressOf(ctx context.Context) string {
	a, _ := ctx.Value(addressKey{}).(string)
	return a
}
