package script

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
)

// Driver carries one run. Implementations must not fire timers, complete effects
// or close tasks on their own account: the script does.
type Driver interface {
	// Apply feeds events to the run as one step and returns what it produced.
	// Commands may be left out by drivers that cannot see them.
	Apply(events ...core.Event) (core.Output, error)
	// State is the run as it is committed.
	State() (*core.State, error)
}

// Recorder is a Driver whose run may be about a record. What is set is seen by the
// steps that follow.
type Recorder interface {
	SetRecord(fields core.Values)
}

// recordType and recordID name the record of scripts.
const (
	recordType = "deal"
	recordID   = "d1"
)

// Options of a test run over scripts.
type Options struct {
	// New makes a driver for a graph. It is called once per graph in a script.
	New func(tb testing.TB, g *graph.Graph, run core.RunID) Driver
	// Commands tells whether the drivers return commands.
	Commands bool
	// Update rewrites what the scripts expect.
	Update bool
	// Every runs one script of so many only, for drivers that are slow; 0 = all.
	Every int
}

// Run runs every script that the pattern matches as a subtest.
func Run(t *testing.T, pattern string, opts Options) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts at %s: %v", pattern, err)
	}
	for i, file := range files {
		if opts.Every > 0 && i%opts.Every != 0 {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			result := runText(t, string(text), opts)
			if opts.Update {
				if result != string(text) {
					if err := os.WriteFile(file, []byte(result), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				return
			}
			compare(t, file, string(text), result, opts.Commands)
		})
	}
}

// compare reports the first difference with its line.
func compare(t *testing.T, file, want, got string, commands bool) {
	t.Helper()
	w, g := significant(want, commands), significant(got, commands)
	for i := range max(len(w), len(g)) {
		a, b := "(end)", "(end)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Fatalf("%s:\nwant  %s\ngot   %s\n\nall of it:\n%s", file, a, b, got)
		}
	}
}

func significant(text string, commands bool) []string {
	var out []string
	for line := range strings.Lines(text) {
		if commands || !strings.HasPrefix(line, "! ") {
			out = append(out, strings.TrimRight(line, "\n"))
		}
	}
	return out
}

// runText runs one script and returns it with the actual results.
func runText(t *testing.T, text string, opts Options) string {
	t.Helper()
	var out bytes.Buffer
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	r := &runner{t: t, opts: opts}
	for i := 0; i < len(lines); {
		line := lines[i]
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			out.WriteString(line + "\n")
			i++
			continue
		}
		var input []string
		for i < len(lines) && lines[i] != "----" && strings.TrimSpace(lines[i]) != "" {
			input = append(input, lines[i])
			i++
		}
		if i < len(lines) && lines[i] == "----" {
			for i < len(lines) && strings.TrimSpace(lines[i]) != "" {
				i++
			}
		}
		out.WriteString(strings.Join(input, "\n") + "\n----\n")
		result, err := r.perform(input)
		if err != nil {
			result += "error: " + err.Error() + "\n"
		}
		out.WriteString(result)
	}
	return out.String()
}

type runner struct {
	t      *testing.T
	opts   Options
	g      *graph.Graph
	driver Driver
	runs   int
	clock  core.Instant
	events int
	last   []core.Event
	due    []due
	record core.Values // fields
}

// perform runs one command with its input lines.
func (r *runner) perform(input []string) (string, error) {
	if strings.TrimSpace(input[0]) == "graph" {
		return r.graph(input[1:])
	}
	if r.g == nil {
		r.t.Fatalf("there is no graph for %q", input[0])
	}
	if strings.TrimSpace(input[0]) == "batch" {
		var events []core.Event
		for _, line := range input[1:] {
			more, err := r.event(line)
			if err != nil {
				return "", err
			}
			events = append(events, more...)
		}
		return r.apply(events)
	}
	words, err := split(input[0])
	if err != nil {
		return "", err
	}
	switch words[0] {
	case "advance":
		return r.advance(words[1:])
	case "migrate":
		return r.migrate(words[1:], input[1:])
	case "vars":
		return r.vars()
	case "steps":
		return r.steps()
	case "again":
		for i := range r.last {
			r.last[i].At = r.clock
		}
		return r.apply(r.last)
	}
	events, err := r.event(input[0])
	if err != nil {
		return "", err
	}
	return r.apply(events)
}

// graph compiles a definition and begins a new run; findings are the result.
func (r *runner) graph(lines []string) (string, error) {
	def, err := definition(lines)
	if err != nil {
		r.t.Fatal(err) // never what a script shows: it would be a test less
	}
	g, findings := lint.Check(def, graph.Options{Callee: callee})
	// Scripts wait for messages without a way out, and set variables by hand, all
	// the time: it is not what they show.
	findings = slices.DeleteFunc(findings, func(f graph.Finding) bool {
		return f.Code == "wait_without_exit" || f.Code == "variable_never_set"
	})
	var b strings.Builder
	for _, f := range findings {
		at := f.Node
		if at == "" {
			at = f.Flow
		}
		fmt.Fprintf(&b, "%s %s %s\n", f.Severity, f.Code, at)
	}
	r.g, r.driver = g, nil
	if g != nil {
		r.reset()
	}
	return b.String(), nil
}

// reset begins a new run of the graph.
func (r *runner) reset() {
	r.runs++
	r.due, r.last, r.clock, r.record = nil, nil, 0, nil
	r.driver = r.opts.New(r.t, r.g, core.RunID(fmt.Sprintf("r%d", r.runs)))
}

// apply feeds events and prints what came of them.
func (r *runner) apply(events []core.Event) (string, error) {
	r.last = events
	out, err := r.driver.Apply(events...)
	if err != nil {
		return "", err
	}
	s, err := r.driver.State()
	if err != nil {
		return "", err
	}
	r.watch(out.Records, s)
	var b strings.Builder
	for i := range out.Records {
		b.WriteString(describe(&out.Records[i]))
	}
	for i := range out.Commands {
		b.WriteString(describeCommand(&out.Commands[i]))
	}
	b.WriteString(summary(s))
	return b.String(), nil
}
