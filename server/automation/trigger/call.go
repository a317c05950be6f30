package trigger

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Calls is the collection of calls from outside.
const Calls = "triggerCalls"

const called = "trigger.called"

// Call is one call from outside: accepted when it is stored, acted on when its
// event is delivered.
type Call struct {
	docstore.Entity
	Type     string         `json:"type"`
	RecordID string         `json:"recordId"`
	Code     string         `json:"code"`
	Event    string         `json:"event,omitempty"`
	Data     map[string]any `json:"data,omitempty"`
	AtMs     int64          `json:"atMs"`
}

// CallInput is what a call says.
type CallInput struct {
	Type string `json:"type" doc:"record type; deal when absent"`
	ID   string `json:"id" doc:"the record"`
	Code string `json:"code,omitempty" doc:"of the trigger that is meant"`
	// What has happened, instead of a code: one of Reports.
	Event string         `json:"event,omitempty" enum:"payment,shipment,missedCall,documentOpened,codeScanned" doc:"what has happened, instead of a code: triggers that wait for it are meant"`
	Data  map[string]any `json:"data,omitempty" doc:"what conditions may read as event.data"`
}

// hook is the address for calls of the workspace.
type hook struct {
	docstore.Entity
	Token     string           `json:"token"`
	RotatedAt docstore.Instant `json:"rotatedAt"`
}

const hookID = "workspace"

// Hook is the address for calls of the workspace, as settings show it.
type Hook struct {
	Path      string           `json:"path"`
	RotatedAt docstore.Instant `json:"rotatedAt"`
}

func (h hook) shown() Hook {
	return Hook{Path: "/api/v1/hooks/triggers/" + h.Token, RotatedAt: h.RotatedAt}
}

func randomToken() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Hook gives the address, a first one when there is none yet.
func (s *Service) Hook(ctx context.Context) (Hook, error) {
	h, err := s.hooks.Get(ctx, hookID)
	if errors.Is(err, docstore.ErrNotFound) {
		h = hook{Entity: docstore.Entity{ID: hookID}, Token: s.Random(), RotatedAt: docstore.At(s.Clock.Now())}
		if h, err = s.hooks.Save(ctx, h); errors.Is(err, docstore.ErrExists) {
			h, err = s.hooks.Get(ctx, hookID)
		}
	}
	if err != nil {
		return Hook{}, fmt.Errorf("address for calls: %w", err)
	}
	return h.shown(), nil
}

// RotateHook makes a new address; the old one is refused from now on.
func (s *Service) RotateHook(ctx context.Context, actor string) (Hook, error) {
	if _, err := s.Hook(ctx); err != nil {
		return Hook{}, err
	}
	h, err := s.hooks.Update(ctx, hookID, func(h *hook) ([]docstore.Event, error) {
		h.Token, h.RotatedAt = s.Random(), docstore.At(s.Clock.Now())
		event, err := docstore.NewEvent("triggerHook.rotated", nil)
		event.Actor = actor
		return []docstore.Event{event}, err
	})
	return h.shown(), err
}

// Knows tells whether a token is that of the address.
func (s *Service) Knows(ctx context.Context, token string) (bool, error) {
	h, err := s.hooks.Get(ctx, hookID)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && subtle.ConstantTimeCompare([]byte(h.Token), []byte(token)) == 1, err
}

var (
	codeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)
	typeForm = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,39}$`)
)

// Accept stores a call: from then on it is acted on, whatever happens to this
// process. The same delivery is one call, however often it comes; another call under
// the same delivery is refused, since its sender would take it for done.
//
// covers G-14
func (s *Service) Accept(ctx context.Context, delivery string, in CallInput) (string, error) {
	if in.Type == "" {
		in.Type = "deal"
	}
	var wrong []problem.Field
	if !typeForm.MatchString(in.Type) {
		wrong = append(wrong, problem.Field{Path: "/type", Code: "format"})
	}
	switch {
	case in.ID == "":
		wrong = append(wrong, problem.Field{Path: "/id", Code: "required"})
	case len(in.ID) > 100:
		wrong = append(wrong, problem.Field{Path: "/id", Code: "too_long"})
	}
	switch {
	case in.Event == "":
		if !codeForm.MatchString(in.Code) {
			wrong = append(wrong, problem.Field{Path: "/code", Code: "format"})
		}
	case in.Code != "":
		wrong = append(wrong, problem.Field{Path: "/event", Code: "invalid", Message: "a call has a code or an event, not both"})
	case !slices.Contains(Reports, in.Event):
		wrong = append(wrong, problem.Field{Path: "/event", Code: "one_of", Message: strings.Join(Reports, ", ")})
	}
	if err := problem.Fields(wrong); err != nil {
		return "", err
	}
	if _, err := s.Records.Record(ctx, core.RecordRef{Type: in.Type, ID: in.ID}); err != nil {
		return "", err
	}
	c := Call{Type: in.Type, RecordID: in.ID, Code: in.Code, Event: in.Event, Data: in.Data, AtMs: s.Clock.Now().UnixMilli()}
	c.ID = s.Random()
	if delivery != "" {
		sum := sha256.Sum256([]byte(delivery))
		c.ID = "d-" + hex.EncodeToString(sum[:16])
	}
	event, err := docstore.NewEvent(called, nil)
	if err != nil {
		return "", err
	}
	_, err = s.calls.Save(ctx, c, event)
	if errors.Is(err, docstore.ErrExists) {
		var was Call
		if was, err = s.calls.Get(ctx, c.ID); err == nil && !was.same(c) {
			return "", problem.New("idempotency_reused")
		}
	}
	if err != nil {
		return "", fmt.Errorf("keep a call: %w", err)
	}
	return c.ID, nil
}

// same tells whether two calls say the same, whenever they came.
func (c Call) same(o Call) bool {
	if c.Type != o.Type || c.RecordID != o.RecordID || c.Code != o.Code || c.Event != o.Event || len(c.Data) != len(o.Data) {
		return false
	}
	if len(c.Data) == 0 { // no data and empty data are stored alike
		return true
	}
	// As text: what was stored and what has just come need not use the same types.
	a, err1 := json.Marshal(c.Data)
	b, err2 := json.Marshal(o.Data)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}

func (s *Service) takeCall(ctx context.Context, id string) error {
	c, err := s.calls.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil // swept after its time
	}
	if err != nil {
		return err
	}
	kind, event := Webhook, map[string]any{"code": c.Code}
	if c.Event != "" {
		kind, event = Reported, map[string]any{"event": c.Event}
	}
	if c.Data != nil {
		event["data"] = c.Data
	}
	_, err = s.Happened(ctx, Occurrence{ID: "call:" + id, Kind: kind, Record: core.RecordRef{Type: c.Type, ID: c.RecordID}, At: time.UnixMilli(c.AtMs), Event: event})
	return err
}

// callsKept is how long a delivery is known as a repeated one.
const callsKept = 7 * 24 * time.Hour

// Sweep forgets old calls and reports how many.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	before := s.Clock.Now().Add(-callsKept).UnixMilli()
	old, _, err := s.calls.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "atMs", Op: docstore.Lt, Value: before}}, Sort: "atMs", Limit: docstore.MaxLimit})
	if err != nil {
		return 0, err
	}
	for _, c := range old {
		if err := s.calls.Delete(ctx, c.ID, c.Rev); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return 0, err
		}
	}
	return len(old), nil
}
