package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/schedule"
)

// TestTimerStarts: a date and a duration start one run, a cycle as many as it
// says; a rule that a new version changes counts anew. covers TMR-03
func TestTimerStarts(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		pauses     []time.Duration
		runs       []int // after each pause
	}{
		{"date", `{"at":"2026-03-02T08:00:00Z"}`, []time.Duration{59 * time.Minute, time.Minute, 24 * time.Hour}, []int{0, 1, 1}},
		{"date that has passed", `{"at":"2026-03-02T06:00:00Z"}`, []time.Duration{24 * time.Hour}, []int{0}},
		{"duration", `{"after":"PT1H"}`, []time.Duration{59 * time.Minute, time.Minute, 5 * time.Hour}, []int{0, 1, 1}},
		{"cycle", `{"every":"PT10M","times":3}`, []time.Duration{10 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour}, []int{1, 2, 3, 3}},
		{"cycle with its number", `{"every":"R2/PT10M"}`, []time.Duration{10 * time.Minute, 10 * time.Minute, time.Hour}, []int{1, 2, 2}},
		{"cycle without end", `{"every":"PT1H"}`, []time.Duration{time.Hour, 10 * time.Hour}, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, loop := newBook(t, c.rule, "")
			for i, pause := range c.pauses {
				b.clock.Advance(pause)
				_, err := loop.Tick(t.Context())
				require.NoError(t, err)
				_, err = loop.Tick(t.Context())
				require.NoError(t, err)
				require.Len(t, b.starts, c.runs[i], "after pause %d", i)
			}
		})
	}
}

func TestTimerRulesThatAreRefused(t *testing.T) {
	for _, rule := range []string{
		`{}`, `{"at":"soon"}`, `{"at":5}`, `{"after":"1 hour"}`, `{"every":"R/"}`, `{"every":"Rx/PT1H"}`, `{"every":"PT0.1S"}`,
		`{"after":{"expr":"vars.x"}}`, `{"often":true}`, `{`,
	} {
		_, err := schedule.New("id", "p", "S", rule, "", clock.Now(clock.NewFake(time.UnixMilli(0))))
		require.Error(t, err, rule)
	}
	_, err := schedule.New("id", "p", "S", `{"after":"PT1H"}`, "Mars/Olympus", 0)
	require.ErrorIs(t, err, schedule.ErrZone)
}
