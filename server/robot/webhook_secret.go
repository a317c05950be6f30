package robot

import (
	"bytes"
	"context"
	"encoding/base64"
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
	parts := partsOf(secrets)
	if len(parts) == 0 {
		return body
	}
	// JSON has many ways to write one text ("\/", "\u002b"): its texts are looked at as read.
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err == nil {
		if cleaned, found := hideIn(value, parts); found {
			var b bytes.Buffer
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			if encoder.Encode(cleaned) == nil {
				body = append(bytes.TrimRight(b.Bytes(), "\n"), body[decoder.InputOffset():]...)
			}
		}
	}
	for _, part := range parts {
		body = bytes.ReplaceAll(body, []byte(part), []byte(shownInstead))
		if quoted, err := json.Marshal(part); err == nil {
			body = bytes.ReplaceAll(body, quoted[1:len(quoted)-1], []byte(shownInstead))
		}
	}
	return body
}

// partsOf are the texts that give secrets away, each whole before what is in it.
func partsOf(secrets []string) []string {
	var parts []string
	for _, value := range secrets {
		if value == "" {
			continue
		}
		parts = append(parts, value)
		at := strings.LastIndexByte(value, ' ')
		inside := []string{value[at+1:]} // "Bearer abc": also without its first word
		if at > 0 && strings.EqualFold(value[:at], "basic") {
			if plain, err := base64.StdEncoding.DecodeString(value[at+1:]); err == nil {
				_, password, _ := strings.Cut(string(plain), ":")
				inside = append(inside, string(plain), password)
			}
		}
		for _, part := range inside {
			if len(part) >= shortest && part != value {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// hideIn does so in the texts and the names of a JSON value, and tells whether there
// was anything.
func hideIn(value any, parts []string) (any, bool) {
	found := false
	switch v := value.(type) {
	case string:
		kept := v
		for _, part := range parts {
			kept = strings.ReplaceAll(kept, part, shownInstead)
		}
		return kept, kept != v
	case []any:
		for i := range v {
			kept, here := hideIn(v[i], parts)
			v[i], found = kept, found || here
		}
	case map[string]any:
		kept := make(map[string]any, len(v))
		for name, one := range v {
			shown, inName := hideIn(name, parts)
			clean, inValue := hideIn(one, parts)
			kept[shown.(string)] = clean
			found = found || inName || inValue
		}
		return kept, found
	}
	return value, found
}
