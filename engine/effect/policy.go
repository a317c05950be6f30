package effect

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// Policy is what happens to an effect that fails.
type Policy struct {
	Tries   int           // failed attempts before giving up
	First   time.Duration // pause after the first failure; it doubles from there
	Most    time.Duration // longest pause
	Resend  bool          // an act of unknown outcome is done again rather than asked about
	Timeout time.Duration // of one attempt
}

// DefaultPolicy is used for what a node leaves open.
var DefaultPolicy = Policy{Tries: 3, First: time.Second, Most: time.Hour, Resend: true, Timeout: 5 * time.Minute} //nolint:gochecknoglobals // a constant in all but form

// ParsePolicy reads a node's policy; what it leaves open is taken from fallback.
func ParsePolicy(raw json.RawMessage, fallback Policy) (Policy, error) {
	p := fallback
	if len(raw) == 0 {
		return p, nil
	}
	var shape struct {
		Retry struct {
			Max   *int   `json:"max"`
			First string `json:"first"`
			Most  string `json:"most"`
		} `json:"retry"`
		Unknown string `json:"onUnknown"`
		Timeout string `json:"timeout"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return p, fmt.Errorf("policy: %w", err)
	}
	if shape.Retry.Max != nil {
		p.Tries = max(1, *shape.Retry.Max)
	}
	for _, field := range []struct {
		text string
		into *time.Duration
	}{{shape.Retry.First, &p.First}, {shape.Retry.Most, &p.Most}, {shape.Timeout, &p.Timeout}} {
		if field.text == "" {
			continue
		}
		length, err := span.Parse(field.text)
		if err != nil {
			return p, fmt.Errorf("policy: %w", err)
		}
		// A pause has no zone: its calendar parts count as days of 24 hours.
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		*field.into = length.From(start).Sub(start)
	}
	switch shape.Unknown {
	case "":
	case "resend":
		p.Resend = true
	case "ask":
		p.Resend = false
	default:
		return p, fmt.Errorf("policy: onUnknown %q is neither resend nor ask", shape.Unknown)
	}
	return p, nil
}

// pause is the time to wait after the n-th failure in a row: exponential, with
// full jitter above a tenth so that it is never nothing.
func (p Policy) pause(c clock.Clock, n int) time.Duration {
	limit := float64(p.First) * math.Pow(2, float64(n-1))
	limit = math.Min(limit, float64(p.Most))
	return time.Duration(limit * (0.1 + 0.9*c.Fraction()))
}
