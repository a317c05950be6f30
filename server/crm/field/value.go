package field

import (
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/shopspring/decimal"
)

// Mistake is what is wrong with a value: a code of schemas/errors and words.
// Index is the place in a field with several values, -1 for the value as a whole.
type Mistake struct {
	Code    string
	Message string
	Index   int
}

func mistake(code, format string, args ...any) *Mistake {
	return &Mistake{Code: code, Message: fmt.Sprintf(format, args...), Index: -1}
}

// Value brings a value into its stored form; nil when the field shall be empty.
// References to users, records, files and items are not looked up.
func (f Field) Value(v any) (any, *Mistake) {
	if !f.Multiple {
		if many, ok := v.([]any); ok && len(many) <= 1 {
			if len(many) == 0 {
				return nil, nil
			}
			v = many[0]
		}
		return f.one(v)
	}
	if v == nil {
		return nil, nil
	}
	many, ok := v.([]any)
	if !ok {
		many = []any{v}
	}
	if len(many) > MaxValues {
		return nil, mistake("too_many", "at most %d values", MaxValues)
	}
	out := make([]any, 0, len(many))
	for i, v := range many {
		one, wrong := f.one(v)
		if wrong != nil {
			wrong.Index = i
			return nil, wrong
		}
		if one != nil {
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (f Field) one(v any) (any, *Mistake) {
	switch text, isText := v.(string); {
	case v == nil:
		return nil, nil
	case isText && strings.TrimSpace(text) == "" && f.Type != Boolean:
		return nil, nil
	}
	switch f.Type {
	case Number:
		return number(v)
	case Money:
		return money(v)
	case Boolean:
		return boolean(v)
	case Date:
		return date(v)
	case DateTime:
		return dateTime(v)
	}
	text, ok := v.(string)
	if !ok {
		if s, can := v.(fmt.Stringer); can && (f.Type == Text || f.Type == LongText) {
			text = s.String()
		} else {
			return nil, mistake("bad_value", "a text is expected")
		}
	}
	most, multi := MaxLine, false
	if f.Type == LongText || f.Type == Address {
		most, multi = MaxText, true
	} else {
		text = strings.TrimSpace(text)
	}
	if code, message := words(text, most, multi); code != "" {
		return nil, mistake(code, "%s", message)
	}
	switch f.Type {
	case Email:
		if parsed, err := mail.ParseAddress(text); err != nil || parsed.Address != text {
			return nil, mistake("bad_email", "write an address such as name@example.com")
		}
	case Phone:
		if digits(text) < 3 || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) && r != 'x' }) {
			return nil, mistake("bad_phone", "write a number such as +48 22 555 01 20")
		}
	case Link:
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, mistake("bad_link", "write an address such as https://example.com")
		}
	}
	return text, nil
}

func digits(text string) (n int) {
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// maxNumber keeps every whole number exact in JSON and in both stores.
const maxNumber = 1 << 53

func number(v any) (any, *Mistake) {
	wrong := mistake("not_a_number", "write a number such as 12 or 1.5")
	var d decimal.Decimal
	var err error
	switch n := v.(type) {
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, wrong
		}
		d = decimal.NewFromFloat(n)
	case int:
		d = decimal.NewFromInt(int64(n))
	case int64:
		d = decimal.NewFromInt(n)
	case json.Number:
		d, err = parse(n.String())
	case string:
		d, err = parse(strings.ReplaceAll(strings.TrimSpace(n), ",", "."))
	case fmt.Stringer: // the decimals of expressions
		d, err = parse(n.String())
	default:
		return nil, wrong
	}
	if err != nil {
		return nil, wrong
	}
	if d.Abs().GreaterThan(decimal.NewFromInt(maxNumber)) {
		return nil, mistake("out_of_range", "write a number between -%d and %d", int64(maxNumber), int64(maxNumber))
	}
	if d.IsInteger() {
		return d.IntPart(), nil
	}
	f, _ := d.Round(9).Float64()
	return f, nil
}

func parse(text string) (decimal.Decimal, error) {
	if len(text) > 40 {
		return decimal.Zero, fmt.Errorf("a number of %d characters", len(text))
	}
	d, err := decimal.NewFromString(text)
	if err == nil && (d.Exponent() > 20 || d.Exponent() < -20) {
		err = fmt.Errorf("exponent %d", d.Exponent())
	}
	return d, err
}

// MaxAmount bounds every amount of money, in minor units: enough for every currency,
// and thousands of such amounts still have a sum that a whole number can tell.
const MaxAmount = 1_000_000_000_000_000

func money(v any) (any, *Mistake) {
	wrong := mistake("bad_value", `an amount of money is expected: minor units and a currency, for example {"amount": 120000, "currency": "PLN"}`)
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wrong
	}
	if m["amount"] == nil {
		return nil, nil
	}
	amount, bad := number(m["amount"])
	whole, isWhole := amount.(int64)
	if bad != nil || !isWhole {
		return nil, wrong
	}
	if whole > MaxAmount || whole < -MaxAmount {
		return nil, mistake("out_of_range", "at most %d minor units", int64(MaxAmount))
	}
	currency, _ := m["currency"].(string)
	if len(currency) != 3 || strings.ToUpper(currency) != currency || strings.ContainsFunc(currency, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return nil, mistake("bad_currency", "write a currency code such as PLN")
	}
	return map[string]any{"amount": whole, "currency": currency}, nil
}

func boolean(v any) (any, *Mistake) {
	switch b := v.(type) {
	case bool:
		return b, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(b)) {
		case "":
			return nil, nil
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0":
			return false, nil
		}
	}
	return nil, mistake("bad_value", "true or false is expected")
}

func date(v any) (any, *Mistake) {
	switch t := v.(type) {
	case time.Time:
		return t.Format(time.DateOnly), nil
	case string:
		text := strings.TrimSpace(t)
		if at, err := time.Parse(time.DateOnly, text); err == nil && ordinary(at) {
			return at.Format(time.DateOnly), nil
		}
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && ordinary(at) {
			return at.Format(time.DateOnly), nil
		}
	case fmt.Stringer:
		return date(t.String())
	}
	return nil, mistake("bad_date", "write a date such as 2026-03-31")
}

// ordinary tells whether the year has four digits, so that dates sort as texts and can
// be read again.
func ordinary(at time.Time) bool { return at.Year() >= 1000 && at.Year() <= 9999 }

const instantForm = "2006-01-02T15:04:05.000Z"

func dateTime(v any) (any, *Mistake) {
	switch t := v.(type) {
	case time.Time:
		return t.UTC().Format(instantForm), nil
	case string:
		text := strings.TrimSpace(t)
		for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04", time.DateOnly} {
			if at, err := time.Parse(form, text); err == nil && ordinary(at.UTC()) {
				return at.UTC().Format(instantForm), nil
			}
		}
	case fmt.Stringer:
		return dateTime(t.String())
	}
	return nil, mistake("bad_date", "write a moment such as 2026-03-31T14:00:00Z")
}

func tooLong(n, most int) string {
	return fmt.Sprintf("%d characters; at most %d are allowed", n, most)
}

func hexRune(r rune) string { return fmt.Sprintf("U+%04X", r) }

// folding writes letters in ASCII that have no accent to take off.
var folding = strings.NewReplacer("ł", "l", "Ł", "L", "ø", "o", "đ", "d", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i",
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "з", "z", "и", "i", "й", "i", "к", "k", "л", "l", "м", "m", "н", "n", "о", "o",
	"п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch", "ъ", "", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya")

func unaccented(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			out = append(out, r)
		}
	}
	return string(out)
}
