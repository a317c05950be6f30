// Package holiday computes the public holidays of a few countries by their
// rules, and reads others from iCalendar files. Only days off in the whole
// country by law are computed. What a government moves year by year, and what a
// region adds, is for whoever keeps the calendar: docs/calendars.md says which.
package holiday

import (
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// Day is one holiday.
type Day struct {
	Date calendar.Date
	Name string
}

// Sets lists the countries whose holidays are computed.
func Sets() []string { return []string{"BR", "DE", "PL", "RU", "US"} }

// rule is a holiday of a country: a fixed day, a day around Easter, or the n-th
// weekday of a month (-1 the last).
type rule struct {
	name    string
	month   time.Month
	day     int
	easter  int
	weekday time.Weekday
	nth     int
	kind    kind
	since   int // year; 0 = as far as computed
}

type kind int

const (
	fixed kind = iota
	moving
	nth
)

func on(month time.Month, day int, name string) rule {
	return rule{name: name, month: month, day: day}
}

func onSince(year int, month time.Month, day int, name string) rule {
	return rule{name: name, month: month, day: day, since: year}
}

func easter(days int, name string) rule { return rule{name: name, easter: days, kind: moving} }

func weekday(n int, day time.Weekday, month time.Month, name string) rule {
	return rule{name: name, nth: n, weekday: day, month: month, kind: nth}
}

var countries = map[string][]rule{
	"BR": {
		on(1, 1, "Confraternização Universal"), easter(-2, "Paixão de Cristo"), on(4, 21, "Tiradentes"), on(5, 1, "Dia do Trabalho"),
		on(9, 7, "Independência do Brasil"), on(10, 12, "Nossa Senhora Aparecida"), on(11, 2, "Finados"), on(11, 15, "Proclamação da República"),
		onSince(2024, 11, 20, "Dia Nacional de Zumbi e da Consciência Negra"), on(12, 25, "Natal"),
	},
	"DE": {
		on(1, 1, "Neujahr"), easter(-2, "Karfreitag"), easter(1, "Ostermontag"), on(5, 1, "Tag der Arbeit"), easter(39, "Christi Himmelfahrt"),
		easter(50, "Pfingstmontag"), on(10, 3, "Tag der Deutschen Einheit"), on(12, 25, "Erster Weihnachtstag"), on(12, 26, "Zweiter Weihnachtstag"),
	},
	"PL": {
		on(1, 1, "Nowy Rok"), onSince(2011, 1, 6, "Święto Trzech Króli"), easter(0, "Wielkanoc"), easter(1, "Poniedziałek Wielkanocny"), on(5, 1, "Święto Pracy"),
		on(5, 3, "Święto Konstytucji 3 Maja"), easter(49, "Zielone Świątki"), easter(60, "Boże Ciało"), on(8, 15, "Wniebowzięcie Najświętszej Maryi Panny"),
		on(11, 1, "Wszystkich Świętych"), on(11, 11, "Święto Niepodległości"), onSince(2025, 12, 24, "Wigilia"),
		on(12, 25, "Boże Narodzenie"), on(12, 26, "Drugi dzień Bożego Narodzenia"),
	},
	"RU": {
		on(1, 1, "Новый год"), on(1, 2, "Новогодние каникулы"), on(1, 3, "Новогодние каникулы"), on(1, 4, "Новогодние каникулы"), on(1, 5, "Новогодние каникулы"),
		on(1, 6, "Новогодние каникулы"), on(1, 7, "Рождество Христово"), on(1, 8, "Новогодние каникулы"), on(2, 23, "День защитника Отечества"),
		on(3, 8, "Международный женский день"), on(5, 1, "Праздник Весны и Труда"), on(5, 9, "День Победы"), on(6, 12, "День России"), on(11, 4, "День народного единства"),
	},
	"US": {
		on(1, 1, "New Year's Day"), weekday(3, time.Monday, 1, "Birthday of Martin Luther King, Jr."), weekday(3, time.Monday, 2, "Washington's Birthday"),
		weekday(-1, time.Monday, 5, "Memorial Day"), onSince(2021, 6, 19, "Juneteenth National Independence Day"), on(7, 4, "Independence Day"),
		weekday(1, time.Monday, 9, "Labor Day"), weekday(2, time.Monday, 10, "Columbus Day"), on(11, 11, "Veterans Day"),
		weekday(4, time.Thursday, 11, "Thanksgiving Day"), on(12, 25, "Christmas Day"),
	},
}

// Of lists the holidays of a country that are kept in a year, by date; nothing
// for a country that is not known. In the United States one that falls on a
// weekend is kept on the nearest weekday, so the first of January may be kept in
// the year before.
func Of(country string, year int) []Day {
	var out []Day
	for _, of := range []int{year, year + 1} {
		for _, r := range countries[country] {
			if of < r.since {
				continue
			}
			d := r.date(of)
			if country == "US" {
				switch d.Weekday() {
				case time.Saturday:
					d--
				case time.Sunday:
					d++
				}
			}
			if y, _, _ := d.Split(); y == year {
				out = append(out, Day{d, r.name})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Day) int { return int(a.Date - b.Date) })
	return out
}

func (r rule) date(year int) calendar.Date {
	switch r.kind {
	case moving:
		return Easter(year) + calendar.Date(r.easter)
	case nth:
		if r.nth < 0 {
			last := calendar.DateOf(year, r.month+1, 0)
			return last - calendar.Date((int(last.Weekday())-int(r.weekday)+7)%7)
		}
		first := calendar.DateOf(year, r.month, 1)
		return first + calendar.Date((int(r.weekday)-int(first.Weekday())+7)%7+7*(r.nth-1))
	default:
		return calendar.DateOf(year, r.month, r.day)
	}
}

// Easter is Easter Sunday of the Gregorian calendar (the anonymous algorithm).
func Easter(year int) calendar.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return calendar.DateOf(year, time.Month(n/31), n%31+1)
}
