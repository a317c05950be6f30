// Package observe is what an operator sees of a running server: logs, metrics
// and health.
package observe

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// LogOptions says what is logged and how.
type LogOptions struct {
	Level  slog.Leveler // default info
	Format string       // "json" (default) or "text"
}

// NewLogger writes logs to w. Values under keys that name secrets are hidden,
// and what With put into the context (request, run, node ids) is added to every
// record.
func NewLogger(w io.Writer, o LogOptions) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: hide}
	var h slog.Handler = slog.NewJSONHandler(w, options)
	if o.Format == "text" {
		h = slog.NewTextHandler(w, options)
	}
	return slog.New(contextHandler{h})
}

var secretWords = []string{"password", "secret", "token", "authorization", "cookie", "credential", "apikey"}

func hide(_ []string, a slog.Attr) slog.Attr {
	key := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(a.Key))
	if slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(key, w) }) && a.Value.Kind() == slog.KindString && a.Value.String() != "" {
		return slog.String(a.Key, "[redacted]")
	}
	return a
}

type attrsKey struct{}

// With returns a context whose log records carry the attributes, given as for
// slog: "requestId", id.
func With(ctx context.Context, args ...any) context.Context {
	old, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	var record slog.Record
	record.Add(args...)
	all := slices.Clone(old)
	record.Attrs(func(a slog.Attr) bool {
		all = append(slices.DeleteFunc(all, func(b slog.Attr) bool { return a.Key == b.Key }), a)
		return true
	})
	return context.WithValue(ctx, attrsKey{}, all)
}

type contextHandler struct{ slog.Handler }

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if attrs, ok := ctx.Value(attrsKey{}).([]slog.Attr); ok {
		r = r.Clone()
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
