package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
)

// webhookCall sends a request to another system.
type webhookCall struct {
	caller  Caller
	secrets Secrets
}

// maxKeptAnswer is what of an answer becomes part of the run.
const maxKeptAnswer = 64 << 10

// Descriptor implements robot.Performer.
func (*webhookCall) Descriptor() robot.Descriptor { return describe("webhook.call", robot.Keyed) }

// Perform calls with the wait's id as idempotency key: every attempt and every
// operator's retry is the same request for the other system.
func (p *webhookCall) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	wait, _ := waitOf(req.EffectID)
	call := webhook.Request{Method: http.MethodPost, Headers: map[string]string{}, IdempotencyKey: digest(wait)}
	if method, _ := req.Config["method"].(string); method != "" {
		call.Method = method
	}
	address, is := writtenIn(req.Config["url"])
	if !is || strings.TrimSpace(address.stand("x")) == "" {
		_, failure := text(req.Config, "url", true)
		return robot.Result{}, failure
	}
	// A secret is opened for the address as it is without secrets: its host is written before them.
	plain := strings.TrimSpace(address.stand("x"))
	secrets := &opened{of: func(id string) (string, error) {
		value, failure := p.secret(ctx, id, plain)
		if failure != nil {
			return "", failure
		}
		return value, nil
	}}
	var err error
	if call.URL, err = secrets.address(address); err != nil {
		return robot.Result{}, err
	}
	headers, _ := req.Config["headers"].([]any)
	for _, element := range headers {
		row, _ := element.(map[string]any)
		name, _ := row["name"].(string)
		value, isText := row["value"].(string)
		if id, is := secretIn(row["value"]); is {
			if value, err = secrets.value(id, asItIs); err != nil {
				return robot.Result{}, err
			}
			isText = true
		} else if text, is := writtenIn(row["value"]); is {
			if value, err = text.with(func(i int, _ string) (string, error) { return secrets.value(text.ids[i], asItIs) }); err != nil {
				return robot.Result{}, err
			}
			isText = true
		}
		if name == "" || !isText {
			return robot.Result{}, badConfig("headers", "a row has no name or its value is no text")
		}
		call.Headers[http.CanonicalHeaderKey(name)] = value
	}
	if err := secrets.body(req.Config["body"], &call); err != nil {
		return robot.Result{}, err
	}
	call.Private = secrets.inURL || secrets.inBody
	answer, err := p.caller.Call(ctx, call)
	if err != nil {
		return robot.Result{}, callFailure(hidden(err, secrets.values))
	}
	// Of what is too long only the beginning can be shown, where it is refused.
	tooLong := len(answer.Body) > maxKeptAnswer
	answer.Body = hide(answer.Body[:min(len(answer.Body), maxKeptAnswer)], secrets.values)
	if answer.Status < 200 || answer.Status > 299 {
		return robot.Result{}, statusFailure(req, answer)
	}
	if tooLong {
		answer.Body = nil
	}
	return robot.Result{Values: map[string]any{"status": answer.Status, "body": keptAnswer(answer)}}, nil
}

// body writes what is sent, and says in a header what it is where no header of the step does.
func (o *opened) body(config any, call *webhook.Request) error {
	kind := call.Headers["Content-Type"]
	asJSON := func(encoded []byte) {
		call.Body = encoded
		if kind == "" {
			call.Headers["Content-Type"] = "application/json"
		}
	}
	if config == nil {
		return nil
	}
	if body, is := writtenIn(config); is {
		text, err := o.text(body, kind)
		if err != nil {
			return err
		}
		if call.Body = []byte(text); json.Valid(call.Body) {
			asJSON(call.Body)
		}
		return nil
	}
	value, err := o.tree(config)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return badConfig("body", "the value cannot be written as JSON")
	}
	asJSON(encoded)
	return nil
}

func callFailure(err error) error {
	switch {
	case errors.Is(err, webhook.ErrForbiddenAddress):
		f := permanent("webhook_forbidden", "use a public address, or let an administrator allow this network in the configuration (outgoing.allow)", "%v", err)
		f.Cause = err
		return f
	case errors.Is(err, webhook.ErrBadRequest), errors.Is(err, webhook.ErrTooLarge):
		f := permanent("webhook_invalid", fixStep, "%v", err)
		f.Cause = err
		return f
	}
	return temporary("webhook_unreachable", err, "the other system could not be reached: %v", err)
}

// statusFailure treats an overloaded or broken service as temporary and a
// refusal as permanent.
func statusFailure(req robot.Request, answer webhook.Answer) error {
	kept := answer.Body
	if len(kept) > 500 {
		kept = kept[:500]
	}
	f := permanent("webhook_refused", "correct the request, or the other system, then retry", "the other system answered %d %s", answer.Status, http.StatusText(answer.Status))
	f.Detail = map[string]any{"status": answer.Status, "body": strings.ToValidUTF8(string(kept), "")}
	if answer.Status >= 500 || answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusRequestTimeout || answer.Status == http.StatusTooEarly {
		f.Kind, f.Code = robot.Temporary, "webhook_failed"
		f.RetryAfter = retryAfter(answer.Headers.Get("Retry-After"), req.Now)
	}
	return f
}

// retryAfter reads seconds or a date; an hour is the most we wait for.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

// keptAnswer is JSON as a value, and other text as text.
func keptAnswer(answer webhook.Answer) any {
	if len(answer.Body) == 0 {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(answer.Headers.Get("Content-Type"))
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		decoder := json.NewDecoder(bytes.NewReader(answer.Body))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err == nil {
			return value
		}
	}
	return strings.ToValidUTF8(string(answer.Body), "\ufffd")
}
