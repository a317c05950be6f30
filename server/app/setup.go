package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
)

// setupCode is what the first administrator has to know. It comes from the secret
// key, so that all servers of an installation name the same one, also after a
// restart, and nothing has to be stored.
func setupCode(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("first administrator"))
	text := base32.StdEncoding.EncodeToString(h.Sum(nil))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12]
}

// SetupCode tells the operator's console what to type on the first page; "" when
// somebody has an account already.
func (a *App) SetupCode(ctx context.Context) (string, error) {
	needed, err := a.Identity.SetupNeeded(ctx)
	if err != nil || !needed {
		return "", err
	}
	return a.setupCode, nil
}
