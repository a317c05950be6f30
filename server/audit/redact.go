package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// secretWords mark the keys whose values never enter the trail.
var secretWords = []string{"password", "secret", "token", "credential", "apikey", "authorization", "cookie", "privatekey"}

const redacted = "[redacted]"

// redact hides secrets and bounds the size of a detail.
func redact(detail json.RawMessage, limit int) (json.RawMessage, error) {
	if len(bytes.TrimSpace(detail)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(detail))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(hide(v))
	if err != nil || len(text) <= limit {
		return text, err
	}
	sum := sha256.Sum256(text)
	return json.Marshal(map[string]any{"bytes": len(text), "sha256": hex.EncodeToString(sum[:])})
}

func hide(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if SecretKey(k) && !harmless(e) {
				x[k] = redacted
			} else {
				x[k] = hide(e)
			}
		}
	case []any:
		for i := range x {
			x[i] = hide(x[i])
		}
	}
	return v
}

// harmless values tell whether there is a secret, not which.
func harmless(v any) bool {
	switch v.(type) {
	case nil, bool:
		return true
	}
	return v == ""
}

// SecretKey tells by a name whether its value may be a secret.
func SecretKey(key string) bool {
	key = strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
	for _, w := range secretWords {
		if strings.Contains(key, w) {
			return true
		}
	}
	return false
}
