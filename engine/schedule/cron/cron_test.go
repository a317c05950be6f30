package cron_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zone files

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/schedule/cron"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestRuleNext(t *testing.T) {
	warsaw, paulo := zone(t, "Europe/Warsaw"), zone(t, "America/Sao_Paulo")
	cases := []struct {
		name  string
		rule  string
		zone  *time.Location
		after string
		want  []string
	}{
		{"working mornings", "0 9 * * MON-FRI", warsaw, "2026-03-06T12:00:00Z",
			[]string{"2026-03-09T08:00:00Z", "2026-03-10T08:00:00Z"}},
		{"a missing local time comes at the first valid instant", "30 2 * * *", warsaw, "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"a repeated local time comes once", "30 2 * * *", warsaw, "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"several missing times come as one", "*/30 2 * * *", warsaw, "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"asked inside the second pass", "30 2 * * *", warsaw, "2026-10-25T01:10:00Z",
			[]string{"2026-10-26T01:30:00Z"}},
		{"midnight removed", "0 0 4 11 *", paulo, "2018-11-01T00:00:00Z",
			[]string{"2018-11-04T03:00:00Z"}},
		{"leap day", "0 0 29 2 *", time.UTC, "2025-01-01T00:00:00Z",
			[]string{"2028-02-29T00:00:00Z"}},
		{"a fixed pace ignores the zone", "@every 90m", warsaw, "2026-03-29T00:00:00Z",
			[]string{"2026-03-29T01:30:00Z", "2026-03-29T03:00:00Z"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rule, err := cron.Parse(c.rule, c.zone)
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, c.after)
			require.NoError(t, err)
			for _, want := range c.want {
				at = rule.Next(at)
				require.Equal(t, want, at.Format(time.RFC3339))
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "TZ=0", "TZ=0 * * * * *", "CRON_TZ=UTC 0 0 * * *", "0 0 30 2 *", "61 * * * *", "* * * *", "@reboot", "every day", "@every 1ns", "@every 999ms", "@every -1h"} {
		_, err := cron.Parse(text, time.UTC)
		require.ErrorIs(t, err, cron.ErrRule, text)
	}
}

func TestNextIsStrictlyLaterInEveryZone(t *testing.T) {
	zones := []*time.Location{zone(t, "Europe/Warsaw"), zone(t, "America/Sao_Paulo"), zone(t, "Australia/Lord_Howe"), zone(t, "Pacific/Apia"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		rule, err := cron.Parse(rapid.SampledFrom([]string{"*/7 * * * *", "0 2 * * *", "30 2 * * SUN", "0 0 1 * *"}).Draw(t, "rule"),
			rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		at := time.Unix(rapid.Int64Range(1_000_000_000, 2_000_000_000).Draw(t, "at"), 0)
		next := rule.Next(at)
		require.True(t, next.After(at), "%s is not after %s", next, at)
		require.False(t, rule.Next(next.Add(-time.Nanosecond)).After(next), "the instant before it must lead to it")
	})
}
