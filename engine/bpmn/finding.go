package bpmn

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/schemas"
)

// maxFindings bounds the report of one file.
const maxFindings = 500

// Finding is one thing that a file says and that is refused, or tolerated with a
// warning. Data holds the parts of the message for translation.
type Finding struct {
	Rule     string            `json:"rule"`
	Severity graph.Severity    `json:"severity"`
	Element  string            `json:"element,omitempty"` // kind of the element, as in the file
	ID       string            `json:"id,omitempty"`
	Name     string            `json:"name,omitempty"`
	Process  string            `json:"process,omitempty"`
	Line     int               `json:"line,omitempty"`
	Column   int               `json:"column,omitempty"`
	Message  string            `json:"message"`
	Remedy   string            `json:"remedy,omitempty"`
	Data     map[string]string `json:"data,omitempty"`
}

// String is the finding in one line, as compilers write them.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d: %s: ", f.Line, f.Column, f.Severity)
	if f.Element != "" {
		b.WriteString(f.Element)
		if f.ID != "" {
			fmt.Fprintf(&b, " %q", f.ID)
		}
		if f.Name != "" {
			fmt.Fprintf(&b, " (%s)", f.Name)
		}
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Remedy != "" {
		b.WriteString("; ")
		b.WriteString(f.Remedy)
	}
	fmt.Fprintf(&b, " [%s]", f.Rule)
	return b.String()
}

// ruleText is one rule in one language.
type ruleText struct {
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// ruleTexts reads the table of rules: rule -> language -> text.
var ruleTexts = sync.OnceValue(func() map[string]map[string]ruleText {
	raw, err := schemas.FS.ReadFile("finding/bpmn.json")
	if err != nil {
		panic(err) // embedded with the program
	}
	var table map[string]map[string]ruleText
	if err := json.Unmarshal(raw, &table); err != nil {
		panic(err)
	}
	return table
})

// fill puts data into the places of a text.
func fill(text string, data map[string]string) string {
	for {
		from := strings.Index(text, "{{")
		to := strings.Index(text, "}}")
		if from < 0 || to < from {
			return text
		}
		text = text[:from] + data[text[from+2:to]] + text[to+2:]
	}
}

// report adds a finding about an element; parts are names and values of Data.
func (im *importer) report(severity graph.Severity, e *element, rule string, parts ...string) {
	if severity == graph.Error {
		im.refused = true
	}
	if len(im.findings) >= maxFindings {
		return
	}
	f := Finding{Rule: rule, Severity: severity, Process: im.process}
	if e != nil {
		f.Element, f.ID, f.Name, f.Line, f.Column = e.local, e.attr("id"), shorten(e.attr("name")), e.line, e.column
	}
	if len(parts) > 0 {
		f.Data = map[string]string{}
		for i := 0; i+1 < len(parts); i += 2 {
			f.Data[parts[i]] = strings.ReplaceAll(strings.ReplaceAll(shorten(parts[i+1]), "{{", "{ {"), "}}", "} }")
		}
	}
	text := ruleTexts()[rule]["en"]
	f.Message, f.Remedy = fill(text.Message, f.Data), fill(text.Remedy, f.Data)
	im.findings = append(im.findings, f)
}

func (im *importer) refuse(e *element, rule string, parts ...string) {
	im.report(graph.Error, e, rule, parts...)
}

func (im *importer) warn(e *element, rule string, parts ...string) {
	im.report(graph.Warning, e, rule, parts...)
}

// shorten keeps texts of a stranger's file readable in a report.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}
