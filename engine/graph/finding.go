package graph

import "strings"

// Severity tells whether a finding blocks publishing.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing wrong with a definition. Path is a JSON pointer into it;
// Node or Flow name the element on the canvas; Field is the pointer inside the
// node; From and To are offsets in an expression. Data holds the parts of the
// message for translation.
type Finding struct {
	Code     string         `json:"code"`
	Severity Severity       `json:"severity"`
	Message  string         `json:"message"`
	Path     string         `json:"path"`
	Node     string         `json:"node,omitempty"`
	Flow     string         `json:"flow,omitempty"`
	Field    string         `json:"field,omitempty"`
	From     int            `json:"from,omitempty"`
	To       int            `json:"to,omitempty"`
	Remedy   string         `json:"remedy,omitempty"`
	Data     map[string]any `json:"data,omitempty"`
}

// HasErrors tells whether any finding blocks publishing.
func HasErrors(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

// DecodeError is a definition that is not well-formed: no JSON, or not the
// shape of the format.
type DecodeError struct {
	Problems []Finding
}

// Error names the first problem and how many there are.
func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString("process definition: ")
	for i, p := range e.Problems {
		if i == 3 {
			b.WriteString("; and more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		if p.Path != "" {
			b.WriteString(p.Path)
			b.WriteString(": ")
		}
		b.WriteString(p.Message)
	}
	return b.String()
}

// pointer appends one step to a JSON pointer.
func pointer(path, key string) string {
	return path + "/" + strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
