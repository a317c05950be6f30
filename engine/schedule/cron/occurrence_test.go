package cron_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/schedule/cron"
)

func TestOccurrencesTellWhatTheChangeOfClocksDoes(t *testing.T) {
	warsaw := zone(t, "Europe/Warsaw")
	rule, err := cron.Parse("30 2 * * *", warsaw)
	require.NoError(t, err)
	spring := rule.Occurrences(time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), 3)
	require.Equal(t, []bool{false, true, false}, []bool{spring[0].Moved, spring[1].Moved, spring[2].Moved})
	require.Equal(t, "03:00", spring[1].At.In(warsaw).Format("15:04"))
	require.Equal(t, "02:30", spring[1].Wall.Format("15:04"))
	autumn := rule.Occurrences(time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), 2)
	require.Equal(t, []bool{true, false}, []bool{autumn[0].Twice, autumn[1].Twice})
	require.Equal(t, "CEST", autumn[0].At.In(warsaw).Format("MST"))
}

func TestOccurrencesOfALengthKnowNoClocks(t *testing.T) {
	rule, err := cron.Parse("@every 30m", zone(t, "Europe/Warsaw"))
	require.NoError(t, err)
	for _, o := range rule.Occurrences(time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), 6) {
		require.False(t, o.Moved || o.Twice)
	}
}

func TestOccurrencesAreTheFiringsOfTheRule(t *testing.T) {
	warsaw := zone(t, "Europe/Warsaw")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"30 2 * * *", "*/15 1-3 * * *", "0 0 29 2 *", "0 9 * * 1-5", "@hourly"}).Draw(t, "rule")
		rule, err := cron.Parse(text, warsaw)
		require.NoError(t, err)
		after := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "after"), 0).UTC()
		at := after
		for _, o := range rule.Occurrences(after, 10) {
			at = rule.Next(at)
			require.Equal(t, at, o.At)
			if !o.Moved {
				require.Equal(t, o.Wall.Format("15:04"), o.At.In(warsaw).Format("15:04"))
			}
		}
	})
}
