package worklist

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	maxText   = 10_000 // characters of one value
	maxValues = 1_000  // of a field that takes several
)

// refuses tells whether a completion turns a request for information down.
func refuses(t store.Task, c Completion) bool {
	return t.Kind == kindRequest && c.Outcome == graph.PortRefused
}

// answer is one field of a form with what was filled in.
type answer struct {
	field graph.FormField
	value any
	files []file.Info // of a file field
}

// answers checks what a person filled in against the form of the step. Whoever
// refuses need not have filled in everything.
func (s *Service) answers(ctx context.Context, t store.Task, config Config, c Completion) ([]answer, []problem.Field, error) {
	form := graph.Form(t.Config)
	check := formCheck{s: s, ctx: ctx, task: t}
	var out []answer
	for _, name := range sorted(c.Values) {
		if !slices.ContainsFunc(form, func(f graph.FormField) bool { return f.Name == name }) {
			check.wrong = append(check.wrong, problem.Field{Path: "/values/" + name, Code: "unknown_field"})
		}
	}
	if refuses(t, c) && !config.keepValues {
		return nil, check.wrong, check.err
	}
	for _, f := range form {
		raw, err := exact(c.Values[f.Name])
		if err != nil {
			return nil, nil, fmt.Errorf("value of %s: %w", f.Name, err)
		}
		a := answer{field: f, value: raw}
		switch {
		case !empty(raw):
			check.value(&a, "/values/"+f.Name)
		case refuses(t, c):
			continue
		case f.Type == "boolean" && !f.Multiple:
			a.value = false // a switch that nobody touched
		case f.Required:
			check.refuse("/values/"+f.Name, "required")
		case t.Kind == kindRequest:
			a.value = nil // the variable says that it was left empty
		default:
			continue
		}
		out = append(out, a)
	}
	return out, check.wrong, check.err
}

// result gives what was filled in its final form: files are put on the record.
func (s *Service) result(ctx context.Context, t store.Task, answers []answer) (core.Values, error) {
	out := core.Values{}
	for _, a := range answers {
		out[a.field.Name] = a.value
		if len(a.files) == 0 {
			continue
		}
		attached, err := s.copyFiles(ctx, t, a.files)
		if err != nil {
			return nil, err
		}
		if out[a.field.Name] = attached[0]; a.field.Multiple {
			out[a.field.Name] = attached
		}
	}
	return out, nil
}

func sorted(values map[string]any) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// formCheck collects what is wrong with the values of a form.
type formCheck struct {
	s     *Service
	ctx   context.Context //nolint:containedctx // lives as long as one request
	task  store.Task
	wrong []problem.Field
	err   error
}

func (c *formCheck) refuse(path, code string) {
	c.wrong = append(c.wrong, problem.Field{Path: path, Code: code})
}

func (c *formCheck) value(a *answer, path string) {
	list, isList := a.value.([]any)
	switch {
	case !a.field.Multiple:
		c.one(a, a.value, path)
	case !isList:
		c.refuse(path, "wrong_type")
	case len(list) > maxValues:
		c.refuse(path, "too_long")
	default:
		for i, v := range list {
			c.one(a, v, path+"/"+strconv.Itoa(i))
		}
	}
}

// one checks one value by the type and the limits of its field.
func (c *formCheck) one(a *answer, v any, path string) {
	f := a.field
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	switch f.Type {
	case "number", "integer":
		c.number(f, number, isNumber, path)
	case "boolean":
		if _, is := v.(bool); !is {
			c.refuse(path, "wrong_type")
		}
	case "money":
		c.money(f, v, path)
	case "date", "dateTime":
		c.day(f, text, isText, path)
	case "user":
		if !isText {
			c.refuse(path, "wrong_type")
		} else if _, active := c.s.People.Person(text); !active {
			c.refuse(path, "unknown_reference")
		}
	case "file":
		c.file(a, text, isText, path)
	case "choice":
		if !isText || !slices.Contains(f.Options, text) {
			c.refuse(path, "one_of")
		}
	default:
		c.text(f, text, isText, path)
	}
}

func (c *formCheck) text(f graph.FormField, v string, is bool, path string) {
	most := maxText
	if f.MaxLength > 0 {
		most = min(most, f.MaxLength)
	}
	switch length := utf8.RuneCountInString(v); {
	case !is:
		c.refuse(path, "wrong_type")
	case length < f.MinLength:
		c.refuse(path, "too_short")
	case length > most:
		c.refuse(path, "too_long")
	}
}

func (c *formCheck) number(f graph.FormField, v json.Number, is bool, path string) {
	d, err := decimal.NewFromString(v.String())
	switch {
	case !is || err != nil:
		c.refuse(path, "wrong_type")
	case d.Exponent() < -100 || d.Exponent() > 100: // not worth the memory of its digits
		c.refuse(path, "out_of_range")
	case f.Type == "integer" && !d.IsInteger():
		c.refuse(path, "wrong_type")
	default:
		c.within(f, d, path)
	}
}

// within compares with the limits, which a published form has checked.
func (c *formCheck) within(f graph.FormField, d decimal.Decimal, path string) {
	low, errLow := decimal.NewFromString(string(f.Min))
	high, errHigh := decimal.NewFromString(string(f.Max))
	if errLow == nil && d.LessThan(low) || errHigh == nil && d.GreaterThan(high) {
		c.refuse(path, "out_of_range")
	}
}

// money checks an amount in whole minor units; its limits are in major ones.
func (c *formCheck) money(f graph.FormField, v any, path string) {
	object, _ := v.(map[string]any)
	amount, isAmount := object["amount"].(json.Number)
	currency, isText := object["currency"].(string)
	minor, err := strconv.ParseInt(amount.String(), 10, 64)
	if !isAmount || !isText || err != nil || len(object) != 2 || !isCurrency(currency) {
		c.refuse(path, "wrong_type")
		return
	}
	c.within(f, decimal.New(minor, -expr.MinorDigits(currency)), path)
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (c *formCheck) day(f graph.FormField, v string, is bool, path string) {
	layout := time.DateOnly
	if f.Type == "dateTime" {
		layout = time.RFC3339
	}
	at, err := time.Parse(layout, v)
	if !is || err != nil {
		c.refuse(path, "format")
		return
	}
	day := v
	if f.Type == "dateTime" {
		day = at.In(c.s.Zone).Format(time.DateOnly)
	}
	low, high := "", ""
	if json.Unmarshal(f.Min, &low) == nil && low != "" && day < low || json.Unmarshal(f.Max, &high) == nil && high != "" && day > high {
		c.refuse(path, "out_of_range")
	}
}

// file takes what was uploaded to this task, and nothing else: naming a file
// must not give a right to it.
func (c *formCheck) file(a *answer, id string, is bool, path string) {
	if !is {
		c.refuse(path, "wrong_type")
		return
	}
	info, found, err := c.s.uploaded(c.ctx, c.task, id)
	switch {
	case err != nil:
		c.err = fmt.Errorf("file of %s: %w", path, err)
	case !found:
		c.refuse(path, "unknown_reference")
	default:
		a.files = append(a.files, info)
	}
}
