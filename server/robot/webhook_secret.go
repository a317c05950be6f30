package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// secretIn recognizes {"secret": "..."}, the form of a header that is kept as a secret.
func secretIn(value any) (id string, ok bool) {
	object, isObject := value.(map[string]any)
	if !isObject || len(object) != 1 {
		return "", false
	}
	id, ok = object["secret"].(string)
	return id, ok
}

// secret opens a secret for the address that is called. Nothing of it is kept.
func (p *webhookCall) secret(ctx context.Context, id, address string) (string, *robot.Failure) {
	value, err := p.secrets.Secret(ctx, id, address)
	switch {
	case errors.Is(err, ErrSecretMissing):
		return "", permanent("secret_missing", "let an administrator add the secret, or choose another in the step, then retry", "there is no secret %q", id)
	case errors.Is(err, ErrSecretElsewhere):
		return "", permanent("secret_elsewhere", "let an administrator allow the host for the secret, or correct the address, then retry", "%v", err)
	case err != nil:
		return "", temporary("secret_unavailable", err, "the secret %q could not be read", id)
	}
	return value, nil
}

// shownInstead stands where an answer repeats a secret.
const shownInstead = "[secret]"

// shortest is how long a part of a secret must be to be looked for: shorter ones stand
// in any text.
const shortest = 6

// hide takes out of an answer what services that repeat a request say of its secrets:
// an answer becomes part of the run, which many may read.
func hide(body []byte, secrets []string) []byte {
	for _, value := range secrets {
		parts := []string{value}
		if at := strings.LastIndexByte(value, ' '); at > 0 { // "Bearer abc": also without its first word
			parts = append(parts, value[at+1:])
		}
		for _, part := range parts {
			if len(part) < shortest && part != value {
				continue
			}
			body = bytes.ReplaceAll(body, []byte(part), []byte(shownInstead))
			if quoted, err := json.Marshal(part); err == nil {
				body = bytes.ReplaceAll(body, quoted[1:len(quoted)-1], []byte(shownInstead))
			}
		}
	}
	return body
}
