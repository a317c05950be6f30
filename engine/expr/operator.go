package expr

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/shopspring/decimal"
)

var errDivisionByZero = errors.New("division by zero")

// operators are the functions that budgetVisitor puts into a tree.
func operators() []*builtin.Function {
	return []*builtin.Function{
		limitedFunction(operatorName, func(b *budget, args []any) (any, error) {
			return operate(b, args[0].(string), args[1], args[2])
		}),
		limitedFunction(negateName, func(b *budget, args []any) (any, error) {
			if d, ok := args[0].(time.Duration); ok {
				return -d, nil
			}
			return operate(b, "*", args[0], -1)
		}),
		limitedFunction(tickName, func(b *budget, args []any) (any, error) {
			return args[1], b.spend(args[0].(int))
		}),
		limitedFunction(tickBoolName, func(b *budget, args []any) (any, error) {
			if _, ok := args[1].(bool); !ok {
				return nil, errors.New("a condition must be true or false, this is " + describe(args[1]))
			}
			return args[1], b.spend(args[0].(int))
		}),
		limitedFunction(integerName, func(_ *budget, args []any) (any, error) {
			// A text is the name of a field, as in record["name"].
			if text, ok := args[0].(string); ok {
				return text, nil
			}
			return toInt(args[0])
		}),
		limitedFunction(dateName, func(b *budget, args []any) (any, error) {
			if text, ok := args[0].(string); ok {
				if t, valid := ParseTime(text, b.location); valid {
					return t, nil
				}
			}
			return args[0], nil
		}),
		limitedFunction(sortByName, sortBy),
	}
}

func operate(b *budget, op string, left, right any) (any, error) {
	switch op {
	case "==", "!=":
		same, err := equal(b, left, right, 0)
		return same == (op == "=="), err
	case "<", "<=", ">", ">=":
		c, err := compare(b, left, right)
		if err != nil {
			return nil, err
		}
		return (c < 0 && op[0] == '<') || (c > 0 && op[0] == '>') || (c == 0 && len(op) == 2), nil
	case "in":
		return contained(b, left, right)
	case "contains", "startsWith", "endsWith", "matches":
		return textOperator(b, op, left, right)
	}
	return arithmetic(b, op, left, right)
}

func arithmetic(b *budget, op string, left, right any) (any, error) {
	if l, ok := left.(int); ok {
		if r, ok := right.(int); ok {
			if result, done := smallInt(op, l, r); done {
				return result, nil
			}
		}
	}
	l, leftIsNumber := number(left)
	r, rightIsNumber := number(right)
	if leftIsNumber && rightIsNumber {
		if err := b.spend(20); err != nil {
			return nil, err
		}
		return decimalOperator(op, l, r)
	}
	if isMoney(left) || isMoney(right) {
		if err := b.spend(40); err != nil {
			return nil, err
		}
		return moneyOperator(op, left, right)
	}
	if isTimeValue(left) || isTimeValue(right) {
		return timeOperator(b, op, left, right)
	}
	if l, ok := left.(string); ok && op == "+" {
		if r, ok := right.(string); ok {
			if err := b.text(len(l) + len(r)); err != nil {
				return nil, err
			}
			return l + r, nil
		}
	}
	hint := ""
	if op == "+" {
		_, leftIsText := left.(string)
		_, rightIsText := right.(string)
		if leftIsText || rightIsText {
			hint = "; write string(value) to make it a text"
		}
	}
	return nil, fmt.Errorf("%s and %s cannot be used with %s%s", describe(left), describe(right), op, hint)
}

// smallInt is the short way for integers that cannot overflow.
func smallInt(op string, l, r int) (int, bool) {
	const limit = 1 << 30
	if l > limit || l < -limit || r > limit || r < -limit {
		return 0, false
	}
	switch op {
	case "+":
		return l + r, true
	case "-":
		return l - r, true
	case "*":
		return l * r, true
	}
	return 0, false
}

func decimalOperator(op string, l, r decimal.Decimal) (any, error) {
	switch op {
	case "+":
		return native(l.Add(r))
	case "-":
		return native(l.Sub(r))
	case "*":
		return native(l.Mul(r))
	case "/":
		if r.IsZero() {
			return nil, errDivisionByZero
		}
		return native(l.Div(r))
	case "%":
		if r.IsZero() {
			return nil, errDivisionByZero
		}
		return native(l.Mod(r))
	default: // ** and ^
		power := math.Pow(l.InexactFloat64(), r.InexactFloat64())
		if math.IsNaN(power) || math.IsInf(power, 0) {
			return nil, errTooLarge
		}
		return native(decimal.NewFromFloat(power))
	}
}

func isTimeValue(value any) bool {
	switch value.(type) {
	case time.Time, time.Duration:
		return true
	}
	return false
}

func timeOperator(b *budget, op string, left, right any) (any, error) {
	span, rightIsSpan := right.(time.Duration)
	if first, ok := left.(time.Duration); ok {
		if rightIsSpan {
			switch op {
			case "+":
				return first + span, nil
			case "-":
				return first - span, nil
			}
		}
		if op == "+" {
			if t, err := toTime(b, right); err == nil {
				return t.Add(first), nil
			}
		}
		return nil, fmt.Errorf("%s and %s cannot be used with %s", describe(left), describe(right), op)
	}
	if t, err := toTime(b, left); err == nil {
		switch {
		case rightIsSpan && op == "+":
			return t.Add(span), nil
		case rightIsSpan && op == "-":
			return t.Add(-span), nil
		case op == "-":
			if other, err := toTime(b, right); err == nil {
				return t.Sub(other), nil
			}
		}
	}
	return nil, fmt.Errorf("%s and %s cannot be used with %s; use addDays or daysBetween", describe(left), describe(right), op)
}

// compare orders numbers, amounts of one currency, texts, dates and durations.
func compare(b *budget, left, right any) (int, error) {
	if l, ok := left.(int); ok {
		if r, ok := right.(int); ok {
			switch {
			case l < r:
				return -1, nil
			case l > r:
				return 1, nil
			}
			return 0, nil
		}
	}
	l, leftIsNumber := number(left)
	r, rightIsNumber := number(right)
	if leftIsNumber && rightIsNumber {
		return l.Cmp(r), b.spend(10)
	}
	if _, ok := left.(time.Time); ok {
		return compareTimes(b, left, right)
	}
	if _, ok := right.(time.Time); ok {
		return compareTimes(b, left, right)
	}
	switch l := left.(type) {
	case string:
		if r, ok := right.(string); ok {
			return strings.Compare(l, r), b.spend(min(len(l), len(r)) / 16)
		}
	case time.Duration:
		if r, ok := right.(time.Duration); ok {
			return int(min(max(l-r, -1), 1)), nil
		}
	}
	if l, ok := asMoney(left); ok {
		if r, ok := asMoney(right); ok {
			if l.currency != r.currency {
				return 0, fmt.Errorf("amounts in %s and %s cannot be compared", l.currency, r.currency)
			}
			switch {
			case l.minor < r.minor:
				return -1, nil
			case l.minor > r.minor:
				return 1, nil
			}
			return 0, nil
		}
	}
	return 0, fmt.Errorf("%s and %s cannot be compared", describe(left), describe(right))
}

func compareTimes(b *budget, left, right any) (int, error) {
	l, leftErr := toTime(b, left)
	r, rightErr := toTime(b, right)
	if leftErr != nil || rightErr != nil {
		return 0, fmt.Errorf("%s and %s cannot be compared", describe(left), describe(right))
	}
	return l.Compare(r), nil
}

// equal compares by value; values of different kinds differ.
func equal(b *budget, left, right any, depth int) (bool, error) {
	if depth > maxDepth {
		return false, fmt.Errorf("%w: values nested deeper than %d levels are compared", ErrBudget, maxDepth)
	}
	if err := b.spend(1); err != nil {
		return false, err
	}
	if left == nil || right == nil {
		return left == nil && right == nil, nil
	}
	if l, ok := number(left); ok {
		r, ok := number(right)
		return ok && l.Equal(r), b.spend(costOfParts)
	}
	switch l := left.(type) {
	case string:
		if r, ok := right.(string); ok {
			return l == r, b.spend(min(len(l), len(r)) / 16)
		}
		if r, ok := right.(time.Time); ok {
			t, valid := ParseTime(l, b.location)
			return valid && t.Equal(r), nil
		}
		return false, nil
	case bool:
		r, ok := right.(bool)
		return ok && l == r, nil
	case time.Duration:
		r, ok := right.(time.Duration)
		return ok && l == r, nil
	case time.Time:
		r, err := toTime(b, right)
		return err == nil && l.Equal(r), nil
	}
	if err := b.spend(costOfParts); err != nil {
		return false, err
	}
	l, r := reflect.ValueOf(left), reflect.ValueOf(right)
	switch {
	case l.Kind() == reflect.Slice && r.Kind() == reflect.Slice:
		if l.Len() != r.Len() {
			return false, nil
		}
		for i := range l.Len() {
			if same, err := equal(b, l.Index(i).Interface(), r.Index(i).Interface(), depth+1); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case l.Kind() == reflect.Map && r.Kind() == reflect.Map:
		if l.Len() != r.Len() || l.Type().Key() != r.Type().Key() {
			return false, nil
		}
		for _, key := range l.MapKeys() {
			other := r.MapIndex(key)
			if !other.IsValid() {
				return false, nil
			}
			if same, err := equal(b, l.MapIndex(key).Interface(), other.Interface(), depth+1); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return false, nil
}

// contained answers value in list, and key in object.
func contained(b *budget, value, collection any) (bool, error) {
	if collection == nil {
		return false, nil
	}
	if object, ok := collection.(map[string]any); ok {
		key, isText := value.(string)
		_, found := object[key]
		return isText && found, nil
	}
	list, err := elements(b, collection)
	if err != nil {
		return false, err
	}
	for _, element := range list {
		if same, err := equal(b, value, element, 0); same || err != nil {
			return same, err
		}
	}
	return false, nil
}

func textOperator(b *budget, op string, left, right any) (bool, error) {
	l, leftIsText := left.(string)
	r, rightIsText := right.(string)
	if !leftIsText || !rightIsText {
		return false, fmt.Errorf("%s works on texts, not on %s and %s", op, describe(left), describe(right))
	}
	if err := b.spend((len(l) + len(r)) / 16); err != nil {
		return false, err
	}
	switch op {
	case "contains":
		return strings.Contains(l, r), nil
	case "startsWith":
		return strings.HasPrefix(l, r), nil
	case "endsWith":
		return strings.HasSuffix(l, r), nil
	}
	return matches(b, l, r)
}

// matches pays for text length times pattern size, which is what the standard
// library's matcher may take in the worst case.
func matches(b *budget, text, pattern string) (bool, error) {
	if len(pattern) > 500 {
		return false, errors.New("a pattern may have at most 500 bytes")
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false, fmt.Errorf("the pattern is not valid: %w", err)
	}
	steps, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return false, fmt.Errorf("the pattern is not valid: %w", err)
	}
	if err := b.spend(len(steps.Inst)*50 + len(steps.Inst)*len(text)/4); err != nil {
		return false, err
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return false, fmt.Errorf("the pattern is not valid: %w", err)
	}
	return compiled.MatchString(text), nil
}
