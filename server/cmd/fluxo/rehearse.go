package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
)

type rehearse struct {
	File     string        `arg:"" help:"Process definition: JSON of the process format, or BPMN 2.0 XML." type:"path"`
	Scenario string        `help:"One scenario, or one on each line; - reads standard input. Without it the definition's own scenarios are played." placeholder:"FILE"`
	Runnable bool          `help:"Play also processes that a BPMN file does not call executable."`
	JSON     bool          `help:"Print results as JSON, one on each line."`
	Timeout  time.Duration `help:"Most time for one scenario." default:"30s"`
	Out      io.Writer     `kong:"-"`
}

// errRehearsal says that expectations were not met.
var errRehearsal = errors.New("not every scenario passed")

// Run plays scenarios. Nothing outside this process is touched.
func (r rehearse) Run(ctx context.Context) error {
	out := r.Out
	if out == nil {
		out = os.Stdout
	}
	p := player{out: out, json: r.JSON, timeout: r.Timeout, runnable: r.Runnable, files: map[string]definitions{}}
	main := p.load(r.File)
	if main.err != nil {
		return main.err
	}
	if r.Scenario == "" {
		for i, raw := range main.scenarios {
			p.play(ctx, main, fmt.Sprintf("scenario %d", i+1), raw)
		}
		if len(main.scenarios) == 0 {
			p.play(ctx, main, "scenario", []byte("{}"))
		}
		return p.summary()
	}
	text, base, err := r.scenarios()
	if err != nil {
		return err
	}
	p.base = base
	if json.Valid(text) && !bytes.HasPrefix(text, []byte("[")) {
		p.play(ctx, main, "scenario", text)
		return p.summary()
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		for _, line := range bytes.Split(text, []byte("\n")) {
			list = append(list, bytes.TrimSpace(line))
		}
	}
	for i, raw := range list {
		if len(raw) > 0 {
			p.play(ctx, main, fmt.Sprintf("scenario %d", i+1), raw)
		}
	}
	return p.summary()
}

func (r rehearse) scenarios() (text []byte, base string, err error) {
	if r.Scenario == "-" {
		text, err = io.ReadAll(os.Stdin)
		return bytes.TrimSpace(text), ".", err
	}
	text, err = os.ReadFile(r.Scenario)
	return bytes.TrimSpace(text), filepath.Dir(r.Scenario), err
}

// definitions are what one file holds, or why it cannot be played.
type definitions struct {
	all       []rehearsal.Definition
	scenarios []json.RawMessage
	refusals  []refusal
	err       error // the file cannot be read
}

// refusal is one reason why a file is refused.
type refusal struct {
	Rule    string `json:"rule"`
	Element string `json:"element,omitempty"` // kind, of a BPMN file
	ID      string `json:"id,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// played is a result with the reasons of a refusal.
type played struct {
	rehearsal.Result
	Refusals []refusal `json:"refusals,omitempty"`
}

type player struct {
	out            io.Writer
	json           bool
	timeout        time.Duration
	runnable       bool
	base           string // where relative files of scenarios are found
	files          map[string]definitions
	played, failed int
}

// load reads a file once, however many scenarios play it.
func (p *player) load(path string) definitions {
	if d, known := p.files[path]; known {
		return d
	}
	d := read(path, p.runnable)
	if d.err != nil {
		var there *fs.PathError // it names the file itself
		if !errors.As(d.err, &there) {
			d.err = fmt.Errorf("%s: %w", path, d.err)
		}
	}
	p.files[path] = d
	return d
}

func read(path string, runnable bool) definitions {
	text, err := os.ReadFile(path)
	if err != nil {
		return definitions{err: err}
	}
	if !looksLikeXML(text) {
		def, err := graph.Parse(text)
		var shape *graph.DecodeError
		switch {
		case errors.As(err, &shape):
			return definitions{refusals: reasons(shape.Problems)}
		case err != nil:
			return definitions{err: err}
		}
		return compile([]*graph.Definition{def})
	}
	r := bpmn.Import(text, bpmn.Options{Runnable: runnable})
	if !r.Refused() {
		return compile(r.Definitions)
	}
	var out definitions
	for _, f := range r.Findings {
		if f.Severity == graph.Error {
			out.refusals = append(out.refusals, refusal{Rule: f.Rule, Element: f.Element, ID: f.ID, Message: f.Message, Remedy: f.Remedy})
		}
	}
	return out
}

func reasons(findings []graph.Finding) []refusal {
	var out []refusal
	for _, f := range findings {
		if f.Severity == graph.Error {
			id := f.Node
			if f.Flow != "" {
				id = f.Flow
			}
			out = append(out, refusal{Rule: f.Code, ID: id, Message: f.Message, Remedy: f.Remedy})
		}
	}
	return out
}

// compile takes all definitions, or none when one of them has errors.
func compile(defs []*graph.Definition) definitions {
	var out definitions
	for _, def := range defs {
		g, findings := graph.Compile(def, graph.Options{})
		if g == nil {
			out.refusals = append(out.refusals, reasons(findings)...)
			continue
		}
		out.all = append(out.all, rehearsal.Definition{Key: def.Key, Name: def.Name, Graph: g})
		out.scenarios = append(out.scenarios, def.Scenarios...)
	}
	return out
}

// play plays one scenario and prints what came of it.
func (p *player) play(ctx context.Context, main definitions, name string, raw []byte) {
	result, err := p.one(ctx, main, &name, raw)
	if err != nil {
		result.Failures = append(result.Failures, rehearsal.Failure{Code: rehearsal.FailedPlay, Message: err.Error()})
	}
	p.played++
	if !result.Passed() {
		p.failed++
	}
	if p.json {
		text, err := json.Marshal(result)
		if err != nil {
			text = fmt.Appendf(nil, `{"failures":[{"message":%q}]}`, err.Error())
		}
		fmt.Fprintf(p.out, "%s\n", text)
		return
	}
	word := "ok  "
	if !result.Passed() {
		word = "FAIL"
	}
	fmt.Fprintf(p.out, "%s  %s: %s\n", word, name, result.End)
	for _, f := range result.Failures {
		at := f.Path
		if at == "" && f.Step > 0 {
			at = fmt.Sprintf("step %d", f.Step)
		}
		fmt.Fprintf(p.out, "      %s %s\n", at, f.Message)
	}
}

func (p *player) one(ctx context.Context, main definitions, name *string, raw []byte) (played, error) {
	s, err := rehearsal.Parse(raw)
	if err != nil {
		return played{Result: rehearsal.Result{Scenario: *name}}, err
	}
	if s.Name != "" {
		*name = s.Name
	}
	if s.File != "" {
		path := s.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.base, path)
		}
		main = p.load(path)
	}
	if main.err != nil {
		return played{Result: rehearsal.Result{Scenario: *name}}, main.err
	}
	if len(main.refusals) > 0 {
		out := played{Result: rehearsal.Result{Scenario: s.Name, End: rehearsal.Refused, Failures: []rehearsal.Failure{}}, Refusals: main.refusals}
		if s.Expect != nil && s.Expect.End == rehearsal.Refused {
			return out, nil
		}
		for _, r := range main.refusals {
			out.Failures = append(out.Failures, rehearsal.Failure{Code: rehearsal.FailedPlay, Message: fmt.Sprintf("%s %s: %s", r.Rule, r.ID, r.Message)})
		}
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	result, err := rehearsal.Play(ctx, main.all, s, rehearsal.Options{})
	return played{Result: result}, err
}

func (p *player) summary() error {
	if !p.json {
		fmt.Fprintf(p.out, "%d scenarios, %d passed, %d failed\n", p.played, p.played-p.failed, p.failed)
	}
	if p.failed > 0 {
		return errRehearsal
	}
	return nil
}
