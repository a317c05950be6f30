package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"
)

// amountOf is an amount of money: whole minor units of a currency.
type amountOf struct {
	minor    int64
	currency string
}

// MinorDigits is how many digits the minor unit of a currency has (ISO 4217).
func MinorDigits(currency string) int32 {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// asMoney recognizes {amount: whole number, currency: text}.
func asMoney(value any) (amountOf, bool) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 2 {
		return amountOf{}, false
	}
	currency, ok := object["currency"].(string)
	if !ok || currency == "" || len(currency) > 8 {
		return amountOf{}, false
	}
	minor, err := toInt(object["amount"])
	if err != nil {
		return amountOf{}, false
	}
	return amountOf{minor: int64(minor), currency: currency}, true
}

func isMoney(value any) bool {
	_, ok := asMoney(value)
	return ok
}

func (m amountOf) value() map[string]any {
	return map[string]any{"amount": m.minor, "currency": m.currency}
}

// major is the amount in units of the currency.
func (m amountOf) major() decimal.Decimal {
	return decimal.New(m.minor, -MinorDigits(m.currency))
}

// text writes 1 240.00 PLN; space stands between the groups and before the currency.
func (m amountOf) text(space string) string {
	return groupDigits(m.major().StringFixed(MinorDigits(m.currency)), space) + space + m.currency
}

// money rounds minor units half away from zero, as invoices do.
func moneyOf(minor decimal.Decimal, currency string) (any, error) {
	rounded := minor.Round(0)
	if rounded.GreaterThan(maxInt64) || rounded.LessThan(minInt64) {
		return nil, errors.New("the amount is too large")
	}
	return amountOf{minor: rounded.IntPart(), currency: currency}.value(), nil
}

// groupDigits puts space between groups of three digits.
func groupDigits(digits, space string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, fraction, hasFraction := strings.Cut(digits, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(space)
		}
		b.WriteRune(digit)
	}
	if hasFraction {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// moneyOperator computes op when at least one side is money.
func moneyOperator(op string, left, right any) (any, error) {
	l, leftIsMoney := asMoney(left)
	r, rightIsMoney := asMoney(right)
	if leftIsMoney && rightIsMoney {
		if l.currency != r.currency {
			return nil, fmt.Errorf("amounts in %s and %s cannot be combined", l.currency, r.currency)
		}
		a, b := decimal.NewFromInt(l.minor), decimal.NewFromInt(r.minor)
		switch op {
		case "+":
			return moneyOf(a.Add(b), l.currency)
		case "-":
			return moneyOf(a.Sub(b), l.currency)
		case "/":
			if r.minor == 0 {
				return nil, errDivisionByZero
			}
			return native(a.Div(b))
		}
		return nil, fmt.Errorf("two amounts cannot be used with %s", op)
	}
	factor, isNumber := number(right)
	m := l
	if rightIsMoney {
		m = r
		factor, isNumber = number(left)
	}
	if isNumber {
		minor := decimal.NewFromInt(m.minor)
		switch {
		case op == "*":
			return moneyOf(minor.Mul(factor), m.currency)
		case op == "/" && leftIsMoney:
			if factor.IsZero() {
				return nil, errDivisionByZero
			}
			return moneyOf(minor.DivRound(factor, 4), m.currency)
		}
		return nil, fmt.Errorf("an amount and a number cannot be used with %s; write money(number, %q)", op, m.currency)
	}
	other := left
	if leftIsMoney {
		other = right
	}
	return nil, fmt.Errorf("an amount and %s cannot be used with %s", describe(other), op)
}

var moneyFunctions = []function{
	{name: "money", signature: "money(amount, currency) money", doc: "An amount of money from units, e.g. money(12.50, \"PLN\")",
		min: 2, max: 2, types: []any{new(func(any, string) any)}, call: func(_ *budget, args []any) (any, error) {
			d, ok := numberOrText(args[0])
			currency, isText := args[1].(string)
			if !ok || !isText || !isCurrency(currency) {
				return nil, errors.New("money needs a number and a currency of three letters such as PLN")
			}
			return moneyOf(d.Shift(MinorDigits(currency)), currency)
		}},
	{name: "amount", signature: "amount(money) number", doc: "The amount of money in units of its currency",
		min: 1, max: 1, types: []any{new(func(any) float64)}, call: func(_ *budget, args []any) (any, error) {
			m, ok := asMoney(args[0])
			if !ok {
				return nil, errors.New("an amount of money is expected, this is " + describe(args[0]))
			}
			return native(m.major())
		}},
	{name: "currency", signature: "currency(money) string", doc: "The currency of an amount",
		min: 1, max: 1, types: []any{new(func(any) string)}, call: func(_ *budget, args []any) (any, error) {
			m, ok := asMoney(args[0])
			if !ok {
				return nil, errors.New("an amount of money is expected, this is " + describe(args[0]))
			}
			return m.currency, nil
		}},
	{name: "round", signature: "round(number or money, digits?) number", doc: "Rounds half away from zero",
		min: 1, max: 2, types: []any{new(func(any) any), new(func(any, int) any)}, call: round},
}

func isCurrency(code string) bool {
	if len(code) != 3 {
		return false
	}
	for _, r := range code {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

func round(_ *budget, args []any) (any, error) {
	digits := 0
	if len(args) == 2 {
		var err error
		if digits, err = toInt(args[1]); err != nil {
			return nil, err
		}
		if digits < -15 || digits > 15 {
			return nil, errors.New("round takes -15 to 15 digits")
		}
	}
	if m, ok := asMoney(args[0]); ok {
		units := m.major().Round(int32(digits)) // in [-15, 15]
		return moneyOf(units.Shift(MinorDigits(m.currency)), m.currency)
	}
	d, ok := number(args[0])
	if !ok {
		return nil, errors.New("a number is expected, this is " + describe(args[0]))
	}
	return native(d.Round(int32(digits))) // in [-15, 15]
}

// numberOrText also reads a number written as text, as imported data has it.
func numberOrText(value any) (decimal.Decimal, bool) {
	text, ok := value.(string)
	if !ok {
		return number(value)
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if len(text) > 40 || strings.ContainsAny(text, "eExX") {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	return d, err == nil && math.Abs(float64(d.Exponent())) < 40
}
