package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	rules "github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/schemas/node"
)

// bpmnFlags are how a BPMN file is read.
type bpmnFlags struct {
	File     string            `arg:"" help:"BPMN 2.0 XML; - reads standard input."`
	Robot    map[string]string `help:"Give services of a type to a robot, or to userTask; * = all others." placeholder:"TYPE=ROBOT"`
	Runnable bool              `help:"Make processes runnable that the file does not call executable."`
	JSON     bool              `help:"Print the report as JSON."`
	Out      io.Writer         `kong:"-"`
}

var (
	errRefused  = errors.New("the file is refused")
	errFindings = errors.New("the file has errors")
)

func (f bpmnFlags) read() (*bpmn.Result, error) {
	text, err := readFile(f.File)
	if err != nil {
		return nil, err
	}
	return bpmn.Import(text, bpmn.Options{Robots: f.Robot, Runnable: f.Runnable}), nil
}

func readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, bpmn.MaxBytes+1))
	}
	return os.ReadFile(path)
}

func orStdout(w io.Writer) io.Writer {
	if w == nil {
		return os.Stdout
	}
	return w
}

type bpmnImport struct {
	bpmnFlags
	To string `help:"Folder for one file per process; without it definitions go to standard output." type:"path" placeholder:"DIR"`
}

// Run turns a BPMN file into definitions. Findings go to standard error, or with
// --json into the report.
func (b bpmnImport) Run() error {
	r, err := b.read()
	if err != nil {
		return err
	}
	out := orStdout(b.Out)
	if b.JSON {
		report := map[string]any{"refused": r.Refused(), "findings": r.Findings}
		if !r.Refused() {
			report["definitions"] = r.Definitions
		}
		if err := writeJSON(out, report); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintf(os.Stderr, "%s:%s\n", b.File, f)
		}
	}
	if r.Refused() {
		return errRefused
	}
	for _, def := range r.Definitions {
		switch {
		case b.To != "":
			text, err := json.MarshalIndent(def, "", "  ")
			if err != nil {
				return err
			}
			path := filepath.Join(b.To, def.Key+".json")
			if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
				return err
			}
			if !b.JSON {
				fmt.Fprintln(out, path)
			}
		case !b.JSON:
			if err := writeJSON(out, def); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type bpmnExport struct {
	File string    `arg:"" help:"Process definition as JSON; - reads standard input."`
	To   string    `help:"File to write; without it standard output." type:"path" placeholder:"FILE"`
	Out  io.Writer `kong:"-"`
}

// Run writes a definition as BPMN 2.0 XML.
func (b bpmnExport) Run() error {
	text, err := readFile(b.File)
	if err != nil {
		return err
	}
	def, err := graph.Parse(text)
	if err != nil {
		return err
	}
	xml, err := bpmn.Export(def)
	if err != nil {
		return err
	}
	if b.To != "" {
		return os.WriteFile(b.To, xml, 0o644)
	}
	_, err = orStdout(b.Out).Write(xml)
	return err
}

type bpmnLint struct{ bpmnFlags }

// lintReport is what --json prints.
type lintReport struct {
	Refused   bool           `json:"refused"`
	Findings  []bpmn.Finding `json:"findings"`
	Processes []lintProcess  `json:"processes"`
}

type lintProcess struct {
	Key      string          `json:"key"`
	Name     string          `json:"name"`
	Findings []graph.Finding `json:"findings"`
}

// Run tells what importing a BPMN file refuses and changes, and what publishing
// would find. Errors make the command fail.
func (b bpmnLint) Run() error {
	r, err := b.read()
	if err != nil {
		return err
	}
	report := lintReport{Refused: r.Refused(), Findings: r.Findings, Processes: []lintProcess{}}
	failed := false
	if !r.Refused() {
		opts := rules.New(rules.Parts{Schema: node.Schema, Compiler: expr.New(expr.Options{})})
		for _, def := range r.Definitions {
			_, found := lint.Check(def, opts)
			failed = failed || graph.HasErrors(found)
			if found == nil {
				found = []graph.Finding{}
			}
			report.Processes = append(report.Processes, lintProcess{def.Key, def.Name, found})
		}
	}
	out := orStdout(b.Out)
	if b.JSON {
		if err := writeJSON(out, report); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			fmt.Fprintf(out, "%s:%s\n", b.File, f)
		}
		for _, p := range report.Processes {
			for _, f := range p.Findings {
				fmt.Fprintf(out, "%s: %s%s: %s [%s]\n", p.Key, f.Severity, strings.TrimSuffix(" "+f.Node+f.Flow, " "), f.Message, f.Code)
			}
		}
	}
	switch {
	case r.Refused():
		return errRefused
	case failed:
		return errFindings
	}
	return nil
}

// looksLikeXML tells a BPMN file from our JSON, also as UTF-16.
func looksLikeXML(text []byte) bool {
	text = bytes.TrimLeft(text, "\xef\xbb\xbf\xff\xfe \t\r\n\x00")
	return bytes.HasPrefix(text, []byte("<"))
}
