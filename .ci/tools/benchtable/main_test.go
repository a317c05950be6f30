package main

import (
	"slices"
	"strings"
	"testing"
)

const output = `goos: linux
Benchmarks are fun 3 4
BenchmarkOurs/clients=32-2   1   123 ns/op   90.0 runs/s   4.00 p99-ms
BenchmarkOurs/clients=32-2   1   123 ns/op   30.0 runs/s   9.00 p99-ms
BenchmarkOurs/clients=32-2   1   123 ns/op   60.0 runs/s   5.00 p99-ms
BenchmarkPeer/clients=32 340 32343364 ns/op 20 ops/s 925.409 p50-ms
PASS
`

var sample = []row{
	{section: "rates", name: "ours", benchmark: "Ours/clients=32", unit: "runs/s", number: 2, goal: 2, beside: &limit{name: "peer", benchmark: "Peer/clients=32", unit: "ops/s"}},
	{name: "slow", benchmark: "Ours/clients=32", unit: "p99-ms", lower: true, number: 3, goal: 4, steady: true},
	{name: "what is left", benchmark: "Ours/clients=32", unit: "p99-ms", as: "left", lower: true, number: 4, goal: 1, beyond: 0.1, beside: &limit{name: "peer", benchmark: "Peer/clients=32", unit: "ops/s"}},
	{name: "perhaps", benchmark: "Nothing", unit: "ops/s", optional: true},
}

func TestTable(t *testing.T) {
	measured := figures{}
	if err := measured.read(strings.NewReader(output)); err != nil {
		t.Fatal(err)
	}
	two := 2.0
	for _, c := range []struct {
		name   string
		before accepted
		want   []string
		absent string
	}{
		{"median, ratio and goals", accepted{}, []string{"60.0 runs/s", "20.0 ops/s", "3.00x", "ok (goal 2: >= 2.00x)", "5.00 ms", "MISSED (goal 3: <= 4.00)", "3.00 ms", "MISSED (goal 4: <= 1.00)"}, "WORSE"},
		{"better than before", accepted{Rows: map[string]acceptRow{"Ours/clients=32 runs/s": {Value: 1000, Ratio: &two}, "Ours/clients=32 p99-ms": {Value: 4.5}}}, []string{"+50 %", "+11 %"}, "WORSE"},
		{"slower than before", accepted{Rows: map[string]acceptRow{"Ours/clients=32 p99-ms": {Value: 4}}}, []string{"WORSE +25 %", "- rates: slow"}, "- rates: ours"},
	} {
		var out strings.Builder
		_, missing, missed := table(&out, sample, measured, c.before)
		if len(missing) > 0 {
			t.Errorf("%s: missing %v", c.name, missing)
		}
		if want := []string{"rates: slow", "rates: what is left"}; !slices.Equal(missed, want) || !strings.HasSuffix(out.String(), "\n1 of 3 goals met\n") {
			t.Errorf("%s: missed %v, want %v and the count in the last line of\n%s", c.name, missed, want, out.String())
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, out.String())
			}
		}
		if strings.Contains(out.String(), c.absent) {
			t.Errorf("%s: %q in\n%s", c.name, c.absent, out.String())
		}
	}
}

func TestMissingFiguresAreNamed(t *testing.T) {
	_, missing, _ := table(&strings.Builder{}, sample, figures{}, accepted{})
	if len(missing) != 3 {
		t.Fatalf("missing %v, want the three that are not optional", missing)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0.125: "0.12", 12.34: "12.3", 123.4: "123", 1234: "1,234", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %s, want %s", v, got, want)
		}
	}
}

// A figure is the key of the baseline.
func TestRowsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows {
		k := r.key()
		if seen[k] {
			t.Errorf("two rows show %q", k)
		}
		seen[k] = true
		if (r.goal != 0) != (r.number != 0) {
			t.Errorf("%s: a goal has a number in docs/bench/README.md, and a number a goal", r.name)
		}
	}
}
