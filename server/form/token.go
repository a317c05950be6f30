package form

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A page carries a token: when it was opened and a number used once, signed. It
// proves that the page was opened, tells how long the client took, and names the
// submission, so that sending twice is sending once.
const nonceSize = 16

func (s *Service) token(form string, now time.Time) string {
	raw := make([]byte, 8+nonceSize, 8+nonceSize+sha256.Size)
	binary.BigEndian.PutUint64(raw, uint64(now.UnixMilli()))
	s.Random(raw[8:])
	return base64.RawURLEncoding.EncodeToString(append(raw, s.sign(form, raw)...))
}

func (s *Service) sign(form string, raw []byte) []byte {
	h := hmac.New(sha256.New, s.Secret)
	h.Write([]byte("form " + form + "\x00"))
	h.Write(raw)
	return h.Sum(nil)
}

// opened reads a token: when the page was opened, and the id of its submission.
func (s *Service) opened(form, token string) (at time.Time, id string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 8+nonceSize+sha256.Size {
		return time.Time{}, "", false
	}
	body, given := raw[:8+nonceSize], raw[8+nonceSize:]
	if !hmac.Equal(given, s.sign(form, body)) {
		return time.Time{}, "", false
	}
	sum := sha256.Sum256(append([]byte(form+"\x00"), body...))
	return time.UnixMilli(int64(binary.BigEndian.Uint64(body))), "s-" + hex.EncodeToString(sum[:12]), true
}
