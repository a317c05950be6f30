package holiday_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/calendar/holiday"
)

func dates(days []holiday.Day) string {
	var out []string
	for _, d := range days {
		out = append(out, d.Date.String()[5:])
	}
	return strings.Join(out, " ")
}

// Compared with the published lists of these years.
func TestHolidaysOf(t *testing.T) {
	for _, tt := range []struct {
		country string
		year    int
		want    string
	}{
		{"PL", 2024, "01-01 01-06 03-31 04-01 05-01 05-03 05-19 05-30 08-15 11-01 11-11 12-25 12-26"},
		{"PL", 2026, "01-01 01-06 04-05 04-06 05-01 05-03 05-24 06-04 08-15 11-01 11-11 12-24 12-25 12-26"},
		{"DE", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"},
		{"BR", 2026, "01-01 04-03 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25"},
		{"RU", 2026, "01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 02-23 03-08 05-01 05-09 06-12 11-04"},
		{"US", 2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"},
		{"US", 2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"}, // New Year of 2022 was a Saturday
		{"XX", 2026, ""},
	} {
		require.Equal(t, tt.want, dates(holiday.Of(tt.country, tt.year)), "%s %d", tt.country, tt.year)
	}
	for year, want := range map[int]string{1961: "1961-04-02", 2000: "2000-04-23", 2008: "2008-03-23", 2011: "2011-04-24", 2025: "2025-04-20", 2038: "2038-04-25"} {
		require.Equal(t, want, holiday.Easter(year).String())
	}
	for _, country := range holiday.Sets() {
		require.NotEmpty(t, holiday.Of(country, 2030), country)
	}
}

func TestReadHolidays(t *testing.T) {
	file := strings.ReplaceAll("\ufeffBEGIN:VCALENDAR\nVERSION:2.0\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260103\nDTEND;VALUE=DATE:20260105\nSUMMARY:Bridge\\, long\n  name\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20200601\nRRULE:FREQ=YEARLY;BYMONTH=6\nSUMMARY:Founding day\nBEGIN:VALARM\nSUMMARY:not this\nEND:VALARM\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY\nSUMMARY:Leap\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;TZID=\"Europe/Warsaw:x\":20260707T090000\nSUMMARY:A meeting\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=WEEKLY\nSUMMARY:Weekly\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260105\nSTATUS:CANCEL"+"LED\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20250801\nRRULE:FREQ=YEARLY;UNTIL=20260101\nSUMMARY:Over\nEND:VEVENT\nEND:VCALENDAR\n", "\n", "\r\n")
	days, skipped, err := holiday.Read(file, 2026, 2028)
	require.NoError(t, err)
	require.Equal(t, 3, skipped)
	require.Equal(t, "01-03 01-04 06-01 06-01 02-29 06-01", dates(days))
	require.Equal(t, "Bridge, long name", days[0].Name)
	require.Equal(t, "Founding day", days[2].Name)
	for name, bad := range map[string]string{
		"nothing": "", "html": "<html>", "binary": "BEGIN:VCALENDAR\xff", "no date": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n",
		"a year that cannot be": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:99990101\nEND:VEVENT\n",
		"large":                 "BEGIN:VCALENDAR\n" + strings.Repeat("X:y\n", holiday.MaxBytes/4),
		"many events":           "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n", 2001),
		"many days":             "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260101\nDTEND:20260131\nEND:VEVENT\n", 100),
	} {
		_, _, err := holiday.Read(bad, 2026, 2028)
		require.ErrorIs(t, err, holiday.ErrFile, name)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260103\nRRULE:FREQ=YEARLY;INTERVAL=2\nEND:VEVENT\n")
	f.Fuzz(func(t *testing.T, text string) {
		days, _, err := holiday.Read(text, 2026, 2028)
		if err != nil {
			require.ErrorIs(t, err, holiday.ErrFile)
		}
		for _, d := range days {
			year, _, _ := d.Date.Split()
			require.True(t, year >= 2026 && year <= 2028)
		}
	})
}
