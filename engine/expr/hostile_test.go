package expr

import (
	"errors"
	"flag"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestHostileExpressionsEnd evaluates them, each within time and memory.
func TestHostileExpressionsEnd(t *testing.T) {
	for _, source := range hostile() {
		bounded(t, source)
	}
}

// hostile are sources that are known to hang, exhaust memory or crash an
// unguarded expr-lang.
func hostile() []string {
	nested := func(open, middle, closing string, n int) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(closing, n)
	}
	return []string{
		`reduce(1..60, #acc + #acc, "x")`,
		`reduce(1..60, concat(#acc, #acc), [1])`,
		`reduce(1..60, [#acc, #acc], 1)`,
		`string(reduce(1..60, [#acc, #acc], 1))`,
		`toJSON(reduce(1..60, {a: #acc, b: #acc}, 1))`,
		`flatten(reduce(1..60, [#acc, #acc], 1))`,
		`reduce(1..60, [#acc, #acc], 1) == reduce(1..60, [#acc, #acc], 1)`,
		`reduce(1..60, [#acc, #acc], 1) in [reduce(1..60, [#acc, #acc], 1)]`,
		`reduce(1..60, replace(#acc, "x", "xx"), "x")`,
		`reduce(1..60, join([#acc, #acc], #acc), "x")`,
		`reduce(1..60, toJSON(#acc), "\"")`,
		`reduce(1..60, toJSON([#acc, #acc]), "\"")`,
		`reduce(1..100000, [#acc], 1)`,
		`repeat("x", 1000000000)`,
		`repeat(repeat("x", 1000), 1000000)`,
		`1..1000000000`,
		`map(1..3000, map(1..3000, map(1..3000, 1)))`,
		`all(1..100000, all(1..100000, true))`,
		`count(1..100000, count(1..100000, # > 1) > 1)`,
		`sum(map(1..100000, sum(1..1000)))`,
		`sort(map(1..100000, 100000 - #))[0] + len(uniq(1..100000))`,
		`map(1..100000, "` + strings.Repeat("a", 500) + `" matches "(a?){500}b")`,
		`repeat("a", 100000) matches "((a?){30}){30}b"`,
		`9 ** 9 ** 9 ** 9`,
		`1e308 * 1e308`,
		`addDays(now, 9000000000000000000)`,
		`nothing.at.all`,
		`sort([1, "a", nil, now])`,
		`groupBy([[1], {a: 1}], #)`,
		`now.Year`,
		`{(now): 1}`,
		`get`, `map`, `sum`, `#`, `.x`, `[`, `"`, "`", `?.`, `..`, `1..`, `a[`, `let`, `let a`, `if true {1}`, `;`, `|`, `a | b`, `1 | map(#)`,
		nested("(", "1", ")", 2000),
		nested("[", "1", "]", 2000),
		nested("{a:", "1", "}", 800),
		nested("1<(", "1<1<2", ")<2", 500),
		nested("record.a[", "1", "]", 400),
		nested("map(1..9,", "#", ")", 400),
		nested("not ", "true", "", 900),
		nested("-", "1", "", 3000),
		nested("true ? ", "1", " : 1", 300),
		strings.Repeat("1 ?? ", 800) + "1",
		strings.Repeat("sortBy(", 100) + "[2,1]" + strings.Repeat(", #)", 100),
		"\x00", "\xff\xfe", "\u202e", strings.Repeat("é", 2000),
	}
}

// What one hostile source may cost altogether, on a machine that is busy with
// other things; at once it holds far less.
const (
	mostTime   = time.Minute
	mostMemory = 1 << 30
)

// bounded does everything with a source that editors and hosts do, and fails
// when that takes too much.
func bounded(t *testing.T, source string) {
	t.Helper()
	compiler := New(Options{})
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for _, scope := range []*Scope{nil, sampleScope()} {
		metrics.Read(sample)
		before, started := sample[0].Value.Uint64(), time.Now()
		if program, err := compiler.Compile(source, scope); err == nil {
			if value, err := program.Eval(sampleEnv()); err == nil {
				_, _ = FormatValue(value, sampleEnv())
			}
		} else {
			var e *Error
			require.True(t, errors.As(err, &e), source)
		}
		Identifiers(source)
		Complete(source, len(source), scope)
		compiler.CheckTemplate(source, scope)
		metrics.Read(sample)
		require.Less(t, time.Since(started), mostTime, shorten(source, 80))
		require.Less(t, (sample[0].Value.Uint64()-before)>>20, uint64(mostMemory>>20), "MiB for "+shorten(source, 80))
	}
}

func TestBudgetErrorIsRecognizable(t *testing.T) {
	for _, source := range []string{`reduce(1..60, #acc + #acc, "x")`, `all(1..100000, all(1..100000, true))`, `1..1000000000`} {
		program, err := New(Options{}).Compile(source, nil)
		require.NoError(t, err)
		_, err = program.Eval(Env{})
		require.ErrorIs(t, err, ErrBudget)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, CodeBudget, e.Code)
	}
}

// TestCompilerSurvivesAnyText composes random texts from the language's tokens.
func TestCompilerSurvivesAnyText(t *testing.T) {
	tokens := []string{"record", ".", "title", "total", "(", ")", "[", "]", "{", "}", "{{", "}}", "+", "-", "*", "/", "%", "**", "<", "==",
		"and", "or", "not", "in", "..", "?", ":", "??", "?.", "|", "#", "#acc", "1", "0.5", `"x"`, "'", "nil", "true", ",", ";", "let", "=", " ",
		"map", "filter", "sum", "sortBy", "reduce", "upper", "money", "date", "now", "head", "$env", "__budget", "if", "else", "ł", "\n"}
	compiler := New(Options{})
	scope := sampleScope()
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(rapid.SampledFrom(tokens), 1, 25).Draw(t, "tokens"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue"))
		for _, s := range []*Scope{nil, scope} {
			if program, err := compiler.Compile(source, s); err == nil {
				if value, err := program.Eval(sampleEnv()); err == nil {
					if _, err := FormatValue(value, sampleEnv()); err != nil {
						t.Fatalf("%q gave %v, which cannot be written: %v", source, value, err)
					}
				}
			}
			if template, err := compiler.Template(source, s); err == nil {
				_, _ = template.Render(sampleEnv())
			}
			compiler.CheckTemplate(source, s)
			for offset := range len(source) + 1 {
				Complete(source, offset, s)
				CompleteTemplate(source, offset, s)
			}
		}
	})
}

// TestArithmeticIsExact compares with integers scaled to cents.
func TestArithmeticIsExact(t *testing.T) {
	compiler := New(Options{})
	add, err := compiler.Compile("record.a + record.b - record.c", nil)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-1_000_000_00, 1_000_000_00)
		a, b, c := cents.Draw(t, "a"), cents.Draw(t, "b"), cents.Draw(t, "c")
		got, err := add.Eval(Env{Roots: map[string]any{"record": map[string]any{
			"a": float64(a) / 100, "b": float64(b) / 100, "c": float64(c) / 100}}})
		if err != nil {
			t.Fatal(err)
		}
		want := float64(a+b-c) / 100
		if whole, ok := got.(int64); ok {
			got = float64(whole)
		}
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// FuzzCompile: any text is refused with a reason, or evaluated within the limits.
func FuzzCompile(f *testing.F) {
	seeds := []string{`record.total * 1.23`, `sum(record.products, .price * .quantity)`, `a?.b ?? "c"`, `{{ x }}`, `1 < 2 < 3`}
	if flag.Lookup("test.fuzz").Value.String() != "" {
		seeds = append(seeds, hostile()...) // else the test above has had them
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) { bounded(t, source) })
}

// TestProgramIsConcurrent is for the race detector.
func TestProgramIsConcurrent(t *testing.T) {
	compiler := New(Options{CacheSize: 3})
	template, err := compiler.Template("{{ record.title }} {{ sum(record.products, .price * .quantity) }}", sampleScope())
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 50 {
				text, err := template.Render(sampleEnv())
				if err != nil || text != "Deal 1 240.00 PLN" {
					t.Errorf("got %q, %v", text, err)
				}
				if _, err := compiler.Compile(strings.Repeat("1+", i%7)+"1", nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
