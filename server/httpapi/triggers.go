package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/schemas"
	schema "github.com/fluxo-app/fluxo/schemas/trigger"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/problem"
)

// TriggerKind is one entry of the chooser of triggers.
type TriggerKind struct {
	Key      string          `json:"key"`
	Category string          `json:"category"`
	Icon     string          `json:"icon"`
	Title    string          `json:"title"`
	Help     string          `json:"help"`
	Schema   json.RawMessage `json:"schema"`
	Event    []schema.Value  `json:"event" doc:"what conditions may read as event.<name>"`
}

// triggerKinds are the kinds per language, made on first use: schemas are constant.
var triggerKinds = func() map[string]func() []TriggerKind {
	out := map[string]func() []TriggerKind{}
	for _, language := range languages {
		out[language] = sync.OnceValue(func() []TriggerKind {
			var all []TriggerKind
			for _, key := range schema.Keys() {
				if d, ok := schema.Describe(key); ok {
					text := d.Text(language)
					all = append(all, TriggerKind{Key: key, Category: d.Category, Icon: d.Icon, Title: text.Title, Help: text.Description,
						Schema: translate(d.Schema, language), Event: d.Event})
				}
			}
			return all
		})
	}
	return out
}()

// reasonTexts says in every language why a trigger acted or stayed silent.
var reasonTexts = sync.OnceValue(func() map[trigger.Reason]map[string]string {
	out := map[trigger.Reason]map[string]string{}
	// The file is embedded and tested.
	if raw, err := schemas.FS.ReadFile("text/triggers.json"); err == nil {
		_ = json.Unmarshal(raw, &out)
	}
	return out
})

// triggerEntry is a line of the log in the reader's language.
type triggerEntry struct {
	trigger.Entry
	KindTitle string `json:"kindTitle"`
	Text      string `json:"text"`
	// Why takes a condition apart that did not hold.
	Why *explain.Why `json:"why,omitempty"`
}

const (
	// maxCall bounds what another system may send with a call.
	maxCall = 64 << 10
	// callsPerMinute bounds calls of one address; callsAtOnce may come in a burst.
	callsPerMinute, callsAtOnce = 600, 120
)

func (a *API) triggerRoutes() {
	const tag = "triggers"
	route(a, spec{method: http.MethodGet, path: "/trigger-kinds", id: "listTriggerKinds", summary: "Kinds of triggers with the schema of their config", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[TriggerKind], error) {
			return page(triggerKinds[requestOf(ctx).language](), ""), nil
		})
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}/triggers", id: "listRecordTriggers", summary: "What triggers did with a record, and why others stayed silent, newest first", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			Type string `path:"type" maxLength:"40"`
			ID   string `path:"id" maxLength:"200"`
		}) (*list[triggerEntry], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			entries, err := a.Triggers.Story(ctx, core.RecordRef{Type: in.Type, ID: in.ID})
			if err != nil {
				return nil, err
			}
			language := requestOf(ctx).language
			out := make([]triggerEntry, 0, len(entries))
			for _, e := range entries {
				shown := triggerEntry{Entry: e, KindTitle: e.Kind, Text: reasonTexts()[e.Reason][language]}
				if d, ok := schema.Describe(e.Kind); ok {
					shown.KindTitle = d.Text(language).Title
				}
				if e.Reason == trigger.ConditionFalse {
					if shown.Why, err = a.why(ctx, core.RecordRef{Type: in.Type, ID: in.ID}, e.When, e.Values, e.Event, e.At.Time); err != nil {
						return nil, err
					}
				}
				out = append(out, shown)
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodGet, path: "/settings/trigger-hook", id: "readTriggerHook", summary: "The address at which other systems call triggers", tag: tag, need: "pipelines.edit"},
		func(ctx context.Context, _ *struct{}) (*reply[trigger.Hook], error) {
			h, err := a.Triggers.Hook(ctx)
			return body(h), err
		})
	route(a, spec{method: http.MethodPost, path: "/settings/trigger-hook/rotation", id: "rotateTriggerHook", summary: "Make a new address; the old one is refused from now on", tag: tag, need: "settings.manage", fresh: true},
		func(ctx context.Context, _ *struct{}) (*reply[trigger.Hook], error) {
			h, err := a.Triggers.RotateHook(ctx, callerOf(ctx).ID)
			return body(h), err
		})
	limit := newThrottle(Limits{PerSecond: callsPerMinute / 60.0, Burst: callsAtOnce}, a.Clock)
	type accepted struct {
		ID string `json:"id" doc:"of the call; the same delivery has the same"`
	}
	a.raw(http.MethodPost, "/hooks/triggers/:token", rawSpec{id: "callTrigger", tag: "hooks", need: anyone, status: "202", produces: accepted{},
		summary: "Tell triggers of a record that something happened elsewhere; accepted means kept"},
		func(c *gin.Context) error {
			known, err := a.Triggers.Knows(c.Request.Context(), c.Param("token"))
			if err != nil {
				return err
			}
			if !known {
				return problem.NotFound("address")
			}
			if wait, ok := limit.allow(c.Param("token")); !ok {
				p := problem.New("too_many_requests")
				p.RetryAfterSeconds = int(wait/time.Second) + 1
				return p
			}
			var in trigger.CallInput
			if err := readCall(c, &in); err != nil {
				return err
			}
			delivery, err := deliveryOf(c)
			if err != nil {
				return err
			}
			id, err := a.Triggers.Accept(c.Request.Context(), delivery, in)
			if err != nil {
				return reusedBy(c, err)
			}
			respond(c, http.StatusAccepted, accepted{id})
			return nil
		})
}

// readCall reads the JSON body of a call; what it does not know is a mistake. Names are
// taken as they are written: a member in other letters is another one.
func readCall(c *gin.Context, into *trigger.CallInput) error {
	text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxCall))
	if err != nil {
		return err
	}
	arrived(c)
	if p := inspect(text); p != nil {
		return p
	}
	var sent map[string]json.RawMessage
	if json.Unmarshal(text, &sent) != nil {
		return problem.Invalid("", "wrong_type", "")
	}
	known := map[string]any{"type": &into.Type, "id": &into.ID, "code": &into.Code, "event": &into.Event, "data": &into.Data}
	var wrong []problem.Field
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		member, is := known[name]
		switch {
		case !is:
			wrong = append(wrong, problem.Field{Path: "/" + escape(name), Code: "unknown_field"})
		case json.Unmarshal(sent[name], member) != nil:
			wrong = append(wrong, problem.Field{Path: "/" + name, Code: "wrong_type"})
		}
	}
	return problem.Fields(wrong)
}

// deliveryOf is the name by which a sender repeats a call.
func deliveryOf(c *gin.Context) (string, error) {
	id := c.GetHeader("Webhook-Id")
	if id == "" {
		id = c.GetHeader("Idempotency-Key")
	}
	if len(id) > 200 {
		return "", problem.Invalid("header.Webhook-Id", "too_long", "")
	}
	return id, nil
}

// reusedBy tells a sender whose id came with another call before of the header that it
// sent: there are two by which a call can be named.
func reusedBy(c *gin.Context, err error) error {
	var p *problem.Problem
	if errors.As(err, &p) && p.Code == "idempotency_reused" && c.GetHeader("Webhook-Id") != "" {
		return problem.New("delivery_reused")
	}
	return err
}
