package document

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// ErrNotDocument is wrapped when a file is no DOCX that can be read.
var ErrNotDocument = errors.New("this is not a Word document (.docx)")

// Problem is one mistake in a template, with the place where a person finds it.
type Problem struct {
	// Code is stable: templateSyntax, templateStructure or a code of package expr.
	Code    string `json:"code"`
	Message string `json:"message"`
	// Part is body, header, footer, footnotes, endnotes or links.
	Part string `json:"part"`
	// Paragraph counts from 1 within the part, tables included.
	Paragraph int `json:"paragraph"`
	// Placeholder is the text between the braces; Around is the text of the paragraph near it.
	Placeholder string `json:"placeholder,omitempty"`
	Around      string `json:"around,omitempty"`
	// Cause is the failed expression when there is one.
	Cause *expr.Error `json:"cause,omitempty"`
}

// Codes of problems that are not mistakes inside an expression.
const (
	CodeSyntax    = "templateSyntax"
	CodeStructure = "templateStructure"
)

// Error says what is wrong and where.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Message)
	if p.Placeholder != "" {
		fmt.Fprintf(&b, " in {{ %s }}", p.Placeholder)
	}
	fmt.Fprintf(&b, ", %s", p.Part)
	if p.Paragraph > 0 {
		fmt.Fprintf(&b, ", paragraph %d", p.Paragraph)
	}
	if p.Around != "" {
		fmt.Fprintf(&b, " (%q)", p.Around)
	}
	return b.String()
}

// Unwrap gives the failed expression.
func (p *Problem) Unwrap() error {
	if p.Cause == nil {
		return nil
	}
	return p.Cause
}

// Problems are all mistakes of a template; Parse returns them as one error.
type Problems []*Problem

// Error lists the problems, one per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}
