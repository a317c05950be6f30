package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/stretchr/testify/require"
)

type fakeDirectory struct{}

func (fakeDirectory) Head(id string) (string, bool) { return "u-head", id == "u-ann" }
func (fakeDirectory) Members(group string) []string {
	if group == "accounting" {
		return []string{"u-olga", "u-piotr"}
	}
	return nil
}
func (fakeDirectory) User(id string) (map[string]any, bool) {
	return map[string]any{"name": "Ann", "email": "ann@example.com"}, id == "u-ann"
}

func money(amount int64, currency string) map[string]any {
	return map[string]any{"amount": amount, "currency": currency}
}

func sampleEnv() Env {
	return Env{
		Roots: map[string]any{
			"record": map[string]any{
				"title": "Deal", "total": money(124000, "PLN"), "discount": json.Number("0.1"), "count": 3,
				"responsible": "u-ann", "dueAt": "2026-11-30", "signedAt": "2026-11-20T15:04:05Z",
				"client": map[string]any{"name": "Żubr sp. z o.o.", "nip": nil},
				"products": []any{
					map[string]any{"name": "Desk", "price": money(50000, "PLN"), "quantity": 2},
					map[string]any{"name": "Chair", "price": money(8000, "PLN"), "quantity": json.Number("3")},
				},
				"tags": []any{"new", "vip"},
			},
			"vars":  map[string]any{"approved": true, "level": 2},
			"steps": map[string]any{"ok": map[string]any{"outcome": "approve"}},
		},
		Now:       time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC),
		Directory: fakeDirectory{},
	}
}

func sampleScope() *Scope {
	product := Type{Kind: Object, Fields: map[string]Type{"name": {Kind: Text}, "price": {Kind: Money}, "quantity": {Kind: Number}}}
	return NewScope(map[string]Type{
		"record": {Kind: Object, Fields: map[string]Type{
			"title": {Kind: Text, Label: "Title"}, "total": {Kind: Money}, "discount": {Kind: Number}, "count": {Kind: Integer},
			"responsible": {Kind: User}, "dueAt": {Kind: Date}, "signedAt": {Kind: DateTime},
			"client":   {Kind: Object, Fields: map[string]Type{"name": {Kind: Text}, "nip": {Kind: Text}}},
			"products": {Kind: List, Of: &product}, "tags": {Kind: List, Of: &Type{Kind: Text}},
		}},
		"vars":  {Kind: Object, Fields: map[string]Type{"approved": {Kind: Boolean}, "level": {Kind: Integer}}},
		"steps": {Kind: Object, Fields: map[string]Type{"ok": {Kind: Object, Fields: map[string]Type{"outcome": {Kind: Text}}}}},
	})
}

// covers B-33
func TestProgramEvaluates(t *testing.T) {
	cases := []struct {
		source string
		want   any
	}{
		{`0.1 + 0.2`, 0.3},
		{`0.1 + 0.2 == 0.3`, true},
		{`1 + record.discount * 3`, 1.3},
		{`7 / 2`, 3.5},
		{`6 / 2`, int64(3)},
		{`7 % 4`, int64(3)},
		{`2 ** 10`, int64(1024)},
		{`-record.count`, int64(-3)},
		{`round(2.345, 2)`, 2.35},
		{`int("42") + number("0.5")`, 42.5},
		{`record.total * 1.23`, money(152520, "PLN")},
		{`record.total / 3`, money(41333, "PLN")},
		{`record.total / record.total`, int64(1)},
		{`record.total > money(1000, "PLN")`, true},
		{`-record.total`, money(-124000, "PLN")},
		{`amount(record.total)`, int64(1240)},
		{`currency(record.total)`, "PLN"},
		{`sum(record.products, .price * .quantity)`, money(124000, "PLN")},
		{`sum(record.products, .price * .quantity) == record.total`, true},
		{`sum(map(record.products, .quantity))`, int64(5)},
		{`sum([0.1, 0.2, 0.3])`, 0.6},
		{`mean([1, 2])`, 1.5},
		{`max(3, 1, 2)`, int64(3)},
		{`min(map(record.products, .price))`, money(8000, "PLN")},
		{`map(sortBy(record.products, .price), .name)`, []any{"Chair", "Desk"}},
		{`map(sortBy(record.products, .name, "desc"), .name)`, []any{"Desk", "Chair"}},
		{`filter(record.products, .quantity > 2)[0].name`, "Chair"},
		{`len(groupBy(record.products, .name))`, int64(2)},
		{`"vip" in record.tags and not ("old" in record.tags)`, true},
		{`"old" not in record.tags`, true},
		{`record.client.name contains "ubr"`, true},
		{`record.title matches "^D.*l$"`, true},
		{`upper(trim("  żółw "))`, "ŻÓŁW"},
		{`split("a,b", ",")`, []any{"a", "b"}},
		{`join(record.tags, "+")`, "new+vip"},
		{`replace("aXbX", "X", "-")`, "a-b-"},
		{`len("żółw")`, int64(4)},
		{`record.client?.nip ?? "none"`, "none"},
		{`vars.approved ? steps.ok.outcome : "no"`, "approve"},
		{`formatDate(addDays(record.dueAt, 1), "dd.MM.yyyy")`, "01.12.2026"},
		{`record.dueAt > today()`, true},
		{`record.dueAt == date(2026, 11, 30)`, true},
		{`daysBetween(now, record.dueAt)`, int64(9)},
		{`formatDate(addWorkingDays("2026-11-20", 1))`, "2026-11-23"},
		{`formatDate(addWorkingDays("2026-11-21", 5))`, "2026-11-30"},
		{`formatDate(addWorkingDays("2026-11-23", -1))`, "2026-11-20"},
		{`formatDate(addWorkingDays("2026-11-23", 10))`, "2026-12-07"},
		{`formatDate(addMonths("2026-01-31", 1))`, "2026-02-28"},
		{`formatDate(now())`, "2026-11-21 10:30"},
		{`year(now) * 100 + month(now)`, int64(202611)},
		{`weekday("2026-11-21")`, int64(6)},
		{`hour(record.signedAt)`, int64(15)},
		{`head(record.responsible)`, "u-head"},
		{`members("accounting")`, []any{"u-olga", "u-piotr"}},
		{`user(record.responsible).email`, "ann@example.com"},
		{`head("u-nobody") ?? "u-admin"`, "u-admin"},
		{`string(record.total) + "!"`, "1 240.00 PLN!"},
		{`toJSON({b: 1, a: [true, nil]})`, `{"a":[true,null],"b":1}`},
		{`fromJSON("[1, 2.5]")[1] + 1`, 3.5},
		{`let x = record.count; x * x`, int64(9)},
		{`[1, 2, 3][record.count - 1]`, int64(3)},
		{`(1..record.count)[1:]`, []any{int64(2), int64(3)}},
		{`isEmpty(record.client.nip) and isEmpty("")`, true},
		{`keys({b: 1, a: 2})`, []any{"a", "b"}},
		{`record.products == record.products`, true},
		{`reduce([1, 2, 3], #acc + #, 10)`, int64(16)},
		{`record["title"]`, "Deal"},
		{`uniq([1, 1.0, "1"])`, []any{int64(1), "1"}},
		{`formatDate("2026-11-30", "d MMMM yyyy")`, "30 November 2026"},
	}
	compiler := New(Options{})
	for _, c := range cases {
		for name, scope := range map[string]*Scope{"typed": sampleScope(), "open": nil} {
			t.Run(name+" "+c.source, func(t *testing.T) {
				program, err := compiler.Compile(c.source, scope)
				require.NoError(t, err)
				got, err := program.Eval(sampleEnv())
				require.NoError(t, err)
				require.Equal(t, c.want, got)
			})
		}
	}
}

// covers B-33
func TestProgramFailsLoudly(t *testing.T) {
	cases := []struct{ source, message string }{
		{`1 / 0`, "division by zero"},
		{`7 % 0`, "division by zero"},
		{`record.total / 0`, "division by zero"},
		{`record.total + money(1, "EUR")`, "PLN and EUR"},
		{`record.total + 1`, "write money("},
		{`record.client.nip.x`, "cannot read x of an empty value"},
		{`record.title - 1`, "cannot be used with -"},
		{`record.title + record.count`, "write string(value)"},
		{`9223372036854775807 + 1`, "too large"},
		{`10 ** 400`, "too large"},
		{`record.title > 5`, "cannot be compared"},
		{`filter(record.products, .name)`, "true or false"},
		{`record.title[0.5:]`, "whole number"},
		{`date("tomorrow")`, "a date is expected"},
		{`date(2026, 2, 30)`, "there is no date"},
		{`record.title matches "("`, "pattern"},
		{`money(1, "zloty")`, "three letters"},
		{`record.count ? 1 : 2`, "true or false"},
	}
	compiler := New(Options{})
	for _, c := range cases {
		t.Run(c.source, func(t *testing.T) {
			program, err := compiler.Compile(c.source, nil)
			require.NoError(t, err)
			_, err = program.Eval(sampleEnv())
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Message, c.message)
			require.Equal(t, c.source, e.Source)
			require.Equal(t, 1, e.Line)
		})
	}
}

func TestErrorNamesPositionAndValues(t *testing.T) {
	program, err := New(Options{}).Compile("record.count > 1 and\n record.total / vars.zero > 2", nil)
	require.NoError(t, err)
	env := sampleEnv().With("vars", map[string]any{"zero": 0})
	_, err = program.Eval(env)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 2, e.Line)
	require.Equal(t, 15, e.Column)
	require.Equal(t, map[string]any{"record.count": 3, "record.total": "1 240.00 PLN", "vars.zero": 0}, e.Values)
	require.Contains(t, e.Error(), "vars.zero = 0")
}

func TestBoolRefusesOtherValues(t *testing.T) {
	program, err := New(Options{}).Compile(`record.client.nip`, nil)
	require.NoError(t, err)
	_, err = program.Bool(sampleEnv())
	require.ErrorContains(t, err, "a condition must be true or false, this is empty")
}

func TestCheckFindsMistakes(t *testing.T) {
	cases := []struct {
		source, code, message string
		from, to              int
	}{
		{`record.titel`, CodeUnknownName, "there is no field titel; did you mean title?", 7, 12},
		{`recrd.title`, CodeUnknownName, "there is no recrd; did you mean record?", 0, 5},
		{`uper("x")`, CodeUnknownName, "did you mean upper?", 0, 4},
		{`record.title * 2`, CodeType, "* cannot be used with a text and a whole number", 13, 14},
		{`"a" + 1`, CodeType, "string(value)", 4, 5},
		{`not record.count`, CodeType, "not cannot be used with a whole number", 0, 3},
		{`record.count ? 1 : 2`, CodeType, "must be true or false, this is a whole number", 7, 12},
		{`filter(record.products, .quantity)`, CodeType, "must be true or false, this is a number", 24, 25},
		{`record.tags[0].x`, CodeUnknownName, "a text has no field x", 15, 16},
		{`record.products.price`, CodeType, "this is a list", 16, 21},
		{`5 % "a"`, CodeType, "% expects a number here, this is a text", 4, 7},
		{`record.count = 1`, CodeSyntax, "write == to compare", 13, 14},
		{`record.count vars`, CodeSyntax, "is an operator or a comma missing", 13, 17},
		{`record.count ! 1`, CodeSyntax, "! is not expected here", 13, 14},
		{`"abc`, CodeSyntax, "not closed with a quote", 0, 0},
		{`1 €`, CodeSyntax, "the character € cannot stand here", 2, 3},
		{`filter(record.count, true)`, CodeType, "a list is expected", 0, 0},
		{`upper(record.count)`, CodeType, "upper expects a text here, this is a whole number", 13, 18},
		{`addDays(now)`, CodeType, "addDays(date, days)", 0, 7},
		{`1 +`, CodeSyntax, "ends too early", 2, 3},
		{`"żółw😀" + `, CodeSyntax, "ends too early", 10, 11},
		{``, CodeSyntax, "empty", 0, 0},
		{`now.Format("2006")`, CodeForbidden, "only functions", 0, 0},
		{`$env`, CodeForbidden, "$env", 0, 4},
		{`__budget`, CodeForbidden, "__budget", 0, 8},
		{`let __x = 1; __x`, CodeForbidden, "__x", 4, 7},
		{`1 < record.count < 5`, CodeForbidden, "chained", 0, 0},
		{strings.Repeat("1+", 3000) + "1", CodeTooLong, "4096", 0, 0},
	}
	compiler := New(Options{})
	for _, c := range cases {
		t.Run(shorten(c.source, 40), func(t *testing.T) {
			findings := compiler.Check(c.source, sampleScope())
			require.Len(t, findings, 1)
			require.Equal(t, c.code, findings[0].Code, findings[0].Message)
			require.Contains(t, findings[0].Message, c.message)
			if c.to > 0 {
				require.Equal(t, c.from, findings[0].From.Offset)
				require.Equal(t, c.to, findings[0].To.Offset)
			}
		})
	}
	require.Empty(t, compiler.Check(`record.total * 2 > money(1, "PLN") and len(record.tags) > 0`, sampleScope()))
}

func TestFindingsSpeakEveryLanguage(t *testing.T) {
	findings := New(Options{}).Check(`record.titel`, sampleScope())
	require.Equal(t, "nie ma pola titel; może title?", findings[0].Text("pl"))
	require.Equal(t, findings[0].Message, findings[0].Text("en"))
	require.Equal(t, findings[0].Message, findings[0].Text("xx"))
	findings = New(Options{}).Check(`record.title * 2`, sampleScope())
	require.Equal(t, "* не применяется к значениям: текст, целое число", findings[0].Text("ru"))
	findings = New(Options{}).CheckTemplate("x {{ y", nil)
	require.Equal(t, "este {{ não tem }}", findings[0].Text("pt-BR"))

	for key, texts := range sayings {
		want := placeholder.FindAllString(texts[0], -1)
		for _, text := range texts {
			require.NotEmpty(t, text, key)
			require.ElementsMatch(t, want, placeholder.FindAllString(text, -1), key)
		}
	}
	for key, words := range typeWords {
		for _, word := range words {
			require.NotEmpty(t, word, key)
		}
	}
}

func TestCheckConditionWantsABoolean(t *testing.T) {
	compiler := New(Options{})
	require.Empty(t, compiler.CheckCondition(`record.count > 1`, sampleScope()))
	require.Empty(t, compiler.CheckCondition(`user(record.responsible)`, sampleScope()))
	findings := compiler.CheckCondition(`record.count + 1`, sampleScope())
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].Message, "this is a whole number")
	require.Equal(t, 16, findings[0].To.Offset)
	for source, kind := range map[string]Kind{`record.title`: Text, `today()`: DateTime, `record.tags`: List, `0.5`: Number, `record.client`: Object, `now - now`: Duration, `record.total`: Any} {
		program, err := compiler.Compile(source, sampleScope())
		require.NoError(t, err)
		require.Equal(t, kind, program.Kind(), source)
	}
}

func TestCompilerKeepsItsSize(t *testing.T) {
	compiler := New(Options{CacheSize: 2})
	first, err := compiler.Compile("1", nil)
	require.NoError(t, err)
	again, err := compiler.Compile("1", nil)
	require.NoError(t, err)
	require.Same(t, first, again)
	for _, source := range []string{"2", "3"} {
		_, err := compiler.Compile(source, nil)
		require.NoError(t, err)
	}
	require.Len(t, compiler.known, 2)
	fresh, err := compiler.Compile("1", nil)
	require.NoError(t, err)
	require.NotSame(t, first, fresh)
	typed, err := compiler.Compile("1", sampleScope())
	require.NoError(t, err)
	require.NotSame(t, fresh, typed)
}

func TestTemplateRenders(t *testing.T) {
	cases := []struct{ text, want string }{
		{"plain", "plain"},
		{"{{ record.title }}: {{ record.total }}", "Deal: 1 240.00 PLN"},
		{"Due {{record.dueAt}}, {{record.signedAt}}", "Due 30.11.2026, 20.11.2026 15:04"},
		{"Tags {{ record.tags }}, {{ map(record.products, .name) }}", "Tags new, vip, Desk, Chair"},
		{"{{ record.client }} {{ record.client.nip }}!", "Żubr sp. z o.o. !"},
		{`{{ "}}" }} {{ {a: {b: 1}}.a.b }} {{ "{{" }}`, "}} 1 {{"},
		{"{{ 1240.5 }} {{ 0.1 + 0.2 }} {{ true }}", "1240.5 0.3 true"},
		{`{{ formatDate(record.dueAt, "d MMMM yyyy") }}`, "30 listopada 2026"},
	}
	env := sampleEnv()
	env.Format.Locale = "pl"
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			template, err := New(Options{}).Template(c.text, sampleScope())
			require.NoError(t, err)
			got, err := template.Render(env)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// covers B-33
func TestTemplateNeverSendsAFormula(t *testing.T) {
	template, err := New(Options{}).Template("Dear client,\nplease pay {{ record.total / vars.parts }}", nil)
	require.NoError(t, err)
	out, err := template.Render(sampleEnv().With("vars", map[string]any{"parts": 0}))
	require.Empty(t, out)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "division by zero", e.Message)
	require.Equal(t, 2, e.Line)
	require.Equal(t, 28, e.Column)
}

func TestTemplateWritesInstantsWithoutScope(t *testing.T) {
	template, err := New(Options{}).Template("{{ record.at }}, {{ record.day }}, {{ record.note }}", nil)
	require.NoError(t, err)
	got, err := template.Render(Env{Format: Format{Locale: "pl"}, Roots: map[string]any{"record": map[string]any{
		"at": "2026-11-20T15:04:05.000Z", "day": "2026-12-18T00:00:00Z", "note": "2026-11-20Tomorrow:ZZZZ"}}})
	require.NoError(t, err)
	require.Equal(t, "20.11.2026 15:04, 18.12.2026, 2026-11-20Tomorrow:ZZZZ", got)
}

func TestCheckTemplateFindsAll(t *testing.T) {
	findings := New(Options{}).CheckTemplate("Ż {{ record.titel }}\n{{ 1 + }} {{ open", sampleScope())
	require.Len(t, findings, 3)
	require.Equal(t, Position{Offset: 12, Line: 1, Column: 13}, findings[0].From)
	require.Equal(t, Position{Offset: 17, Line: 1, Column: 18}, findings[0].To)
	require.Equal(t, 2, findings[1].From.Line)
	require.Equal(t, CodeTemplate, findings[2].Code)
	require.Equal(t, Position{Offset: 31, Line: 2, Column: 11}, findings[2].From)
}

func TestCompleteProposes(t *testing.T) {
	labels := func(source string) []string {
		var out []string
		for _, c := range Complete(source, len([]rune(source)), sampleScope()) {
			out = append(out, c.Label)
		}
		return out
	}
	require.Equal(t, []string{"client", "count"}, labels(`upper(record.c`))
	require.Equal(t, []string{"name", "nip"}, labels(`record.client?.`))
	require.Equal(t, []string{"amount", "currency"}, labels(`record.total.`))
	require.Equal(t, []string{"addDays", "addHours", "addMinutes", "addMonths", "addWorkingDays"}, labels(`1 + add`))
	require.Equal(t, []string{"record"}, labels(`rec`))
	require.Empty(t, labels(`"record.`))
	require.Empty(t, labels(`nobody.`))
	require.Empty(t, labels(`1.`))
	inside := CompleteTemplate("Żółw {{ record.title }} {{ record.ti", 36, sampleScope())
	require.Equal(t, []Completion{{Label: "title", Type: "field", Detail: "string — Title"}}, inside)
	require.Empty(t, CompleteTemplate("{{ 1 }} record.ti", 17, sampleScope()))
	require.Equal(t, []string{"record.client.name", "vars.x"}, Identifiers(`let a = vars.x; upper(record.client?.name) + a`))
}

func TestEvaluatorServesTheCore(t *testing.T) {
	evaluator := &Evaluator{Compiler: New(Options{}), Base: sampleEnv()}
	now := core.Instant(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMilli())
	value, err := evaluator.Eval(`{due: addDays(today(), 1), at: now, n: vars.a + 0.2, m: record.total}`, core.Values{"vars": core.Values{"a": json.Number("0.1")}}, now)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"due": "2026-11-22", "at": "2026-11-21T12:00:00.000Z", "n": json.Number("0.3"),
		"m": map[string]any{"amount": json.Number("124000"), "currency": "PLN"}}, value)
	yes, err := evaluator.Bool(`vars.a > 0`, core.Values{"vars": core.Values{"a": json.Number("0.1")}}, now)
	require.NoError(t, err)
	require.True(t, yes)
	require.Equal(t, core.Values{"vars.a": json.Number("0.1"), "record.count": json.Number("3")},
		evaluator.Explain(`vars.a > 0 and record.count > 1`, core.Values{"vars": core.Values{"a": json.Number("0.1")}}, now))
	_, err = evaluator.Bool(`vars.a / 0 > 1`, core.Values{"vars": core.Values{"a": json.Number("0.1")}}, now)
	var e *core.EvalError
	require.ErrorAs(t, err, &e)
	require.Equal(t, "division by zero", e.Message)
	require.Equal(t, core.Values{"vars.a": json.Number("0.1")}, e.Values)
	require.False(t, errors.Is(err, ErrBudget))
}
