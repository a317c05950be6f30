package transfer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Forms of values in a file.
type Forms struct {
	// Decimal is the mark before the fraction, for numbers such as 1,234.
	Decimal string `json:"decimal,omitempty" maxLength:"1" doc:"mark before the fraction: a point or a comma"`
	// Dates is the order of day, month and year where it can be read in two ways.
	Dates    string `json:"dates,omitempty" enum:"dmy,mdy,ymd"`
	Currency string `json:"currency,omitempty" maxLength:"3" doc:"of amounts without one"`
}

// wrong is what is wrong with a cell; say is the entry of the table that tells it.
func wrong(code, say string) *problem.Field { return &problem.Field{Code: code, Say: say} }

// about is wrong with what the cell says.
func about(code, say, text string) *problem.Field {
	return &problem.Field{Code: code, Say: say, Value: shortened(text)}
}

var spaces = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", "'", "", "’", "")

var thousands = regexp.MustCompile(`^[+-]?\d{1,3}([.,]\d{3})+$`)

// number reads a number as people and programs write it.
func (f Forms) number(text string) (decimal.Decimal, bool) {
	text = spaces.Replace(text)
	comma, point := strings.LastIndexByte(text, ','), strings.LastIndexByte(text, '.')
	switch {
	case comma >= 0 && point >= 0: // the last one is before the fraction
		if comma > point {
			text = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
		} else {
			text = strings.ReplaceAll(text, ",", "")
		}
	case comma >= 0:
		if thousands.MatchString(text) && (strings.Count(text, ",") > 1 || f.Decimal == ".") {
			text = strings.ReplaceAll(text, ",", "")
		} else {
			text = strings.Replace(text, ",", ".", 1)
		}
	case point >= 0:
		if thousands.MatchString(text) && (strings.Count(text, ".") > 1 || f.Decimal == ",") {
			text = strings.ReplaceAll(text, ".", "")
		}
	}
	if len(text) > 40 {
		return decimal.Zero, false
	}
	n, err := decimal.NewFromString(text)
	return n, err == nil && n.Exponent() >= -15 && n.Exponent() <= 15
}

var symbols = map[string]string{"€": "EUR", "zł": "PLN", "zl": "PLN", "R$": "BRL", "$": "USD", "£": "GBP", "₽": "RUB", "руб.": "RUB", "руб": "RUB", "р.": "RUB", "₴": "UAH", "Kč": "CZK"}

var code = regexp.MustCompile(`[A-Z]{3}`)

// scale is how many digits the minor unit of a currency has.
func scale(name string) int32 {
	unit, err := currency.ParseISO(name)
	if err != nil {
		return 2
	}
	digits, _ := currency.Standard.Rounding(unit)
	return int32(digits)
}

// money reads an amount with or without its currency into minor units.
func (f Forms) money(text, otherwise string) (amount int64, unit string, mistake *problem.Field) {
	unit = otherwise
	if unit == "" {
		unit = f.Currency
	}
	if named := code.FindString(text); named != "" {
		unit, text = named, strings.Replace(text, named, "", 1)
	} else {
		for _, symbol := range []string{"R$", "€", "zł", "zl", "$", "£", "₽", "руб.", "руб", "р.", "₴", "Kč"} {
			if rest, is := cutWord(text, symbol); is {
				unit, text = symbols[symbol], rest
				break
			}
		}
	}
	n, ok := f.number(strings.TrimSpace(text))
	if !ok {
		return 0, unit, wrong("not_a_number", "cell_amount")
	}
	minor := n.Shift(scale(unit))
	if !minor.IsInteger() {
		return 0, unit, wrong("bad_value", "cell_amount_digits")
	}
	if !minor.BigInt().IsInt64() || len(minor.String()) > 17 {
		return 0, unit, wrong("out_of_range", "cell_amount_large")
	}
	return minor.IntPart(), unit, nil
}

func cutWord(text, word string) (string, bool) {
	text = strings.TrimSpace(text)
	if rest, is := strings.CutSuffix(text, word); is {
		return rest, true
	}
	return strings.CutPrefix(text, word)
}

var dateForm = regexp.MustCompile(`^(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})(?:[ T,]+(.+?))?$`)

// day reads a date, and gives what follows it.
func (f Forms) day(text string) (at time.Time, clock string, ok bool) {
	text = strings.TrimSpace(text)
	if onlyNumber.MatchString(text) {
		at, ok = serial(text)
		return at, "", ok
	}
	m := dateForm.FindStringSubmatch(text)
	if m == nil {
		return at, "", false
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	c, _ := strconv.Atoi(m[3])
	var y, mo, d int
	switch {
	case len(m[1]) == 4:
		y, mo, d = a, b, c
	case a > 12 || f.Dates != "mdy" && b <= 12:
		y, mo, d = c, b, a
	default:
		y, mo, d = c, a, b
	}
	if y < 100 {
		y += 2000
	}
	at = time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	return at, m[4], y >= 1000 && y <= 9999 && at.Day() == d && int(at.Month()) == mo
}

var onlyNumber = regexp.MustCompile(`^\d{1,7}(\.\d+)?$`)

var clockForms = []string{"15:04", "15:04:05", "15:04:05.999", "3:04 PM", "3:04PM", "3:04:05 PM"}

// moment reads a date with or without a time, in the zone where it has none.
func (f Forms) moment(text string, zone *time.Location) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		_, err := docstore.Moment(at)
		return at, err == nil
	}
	at, clock, ok := f.day(text)
	if !ok {
		return at, false
	}
	if clock != "" {
		parsed := false
		for _, form := range clockForms {
			if c, err := time.Parse(form, strings.ToUpper(clock)); err == nil {
				at, parsed = at.Add(time.Duration(c.Hour())*time.Hour+time.Duration(c.Minute())*time.Minute+time.Duration(c.Second())*time.Second), true
				break
			}
		}
		if !parsed {
			return at, false
		}
	}
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone), true
}

var (
	yes = strings.Fields("true 1 yes y tak t sim s да д x")
	no  = strings.Fields("false 0 no n nie não nao нет н")
)

func truth(text string) (value, ok bool) {
	word := strings.ToLower(strings.TrimSpace(text))
	return slices.Contains(yes, word), slices.Contains(yes, word) || slices.Contains(no, word)
}

// fold is a text in the form in which names are compared.
func fold(text string) string { return strings.Join(docstore.Words(text), " ") }

// parts are the values of a cell for a field that holds several: each on its line,
// or between semicolons.
func parts(f field.Field, cell string) []string {
	if !f.Multiple {
		return []string{cell}
	}
	split := strings.Split(cell, "\n")
	if len(split) == 1 && f.Type != field.Text {
		split = strings.Split(cell, ";")
	}
	var out []string
	for _, p := range split {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
