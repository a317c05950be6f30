// Package problem is the error that is safe to show to a person: a public code
// of schemas/errors, the words of its placeholders and, for bad input, the
// places. Capabilities return it; httpapi renders it as a problem document in
// the reader's language. Every other error becomes "internal" with a request id.
package problem

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"

	table "github.com/fluxo-app/fluxo/schemas/errors"
)

// Problem is an error with a public code. Detail, when set, replaces the text
// of the code. Extra becomes members of the problem document.
type Problem struct {
	Code   string
	Args   map[string]string
	Detail string
	Fields []Field
	Extra  map[string]any
	Cause  error
	// RetryAfterSeconds becomes the Retry-After header when positive.
	RetryAfterSeconds int
}

// Field is one mistake in a request: a JSON pointer into the body (or "query.x",
// "header.x"), a code of the table and, when the code's text is not enough, words.
type Field struct {
	Path    string
	Code    string
	Message string
	// Say is an entry of the table whose text tells more than that of the code, with
	// Value in the place of {value}.
	Say   string
	Value string
}

// New makes a problem; args are placeholder name and word by turns.
func New(code string, args ...string) *Problem {
	p := &Problem{Code: code}
	if len(args) > 0 {
		p.Args = make(map[string]string, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			p.Args[args[i]] = args[i+1]
		}
	}
	return p
}

// Invalid is a 422 for one field.
func Invalid(path, code, message string) *Problem {
	return &Problem{Code: "validation", Fields: []Field{{Path: path, Code: code, Message: message}}}
}

// NotFound is a 404 for a thing named in plain words.
func NotFound(what string) *Problem { return New("not_found", "what", what) }

// Stale is a 409 with the current version of what was to be changed.
func Stale(current any) *Problem {
	return &Problem{Code: "stale", Extra: map[string]any{"current": current}}
}

// With adds a member to the document.
func (p *Problem) With(name string, value any) *Problem {
	if p.Extra == nil {
		p.Extra = map[string]any{}
	}
	p.Extra[name] = value
	return p
}

// Because keeps the cause for the log; it is never shown.
func (p *Problem) Because(err error) *Problem { p.Cause = err; return p }

// Error is for logs.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Code)
	if text := p.Text("en"); text != "" {
		b.WriteString(": " + text)
	}
	for _, f := range p.Fields {
		fmt.Fprintf(&b, "; %s %s %s", f.Path, f.Code, f.Message)
	}
	if p.Cause != nil {
		b.WriteString(": " + p.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Status is the HTTP status of the code.
func (p *Problem) Status() int { return Status(p.Code) }

// Text is what the person reads.
func (p *Problem) Text(language string) string {
	if p.Detail != "" {
		return p.Detail
	}
	return fill(Text(p.Code, language), p.named(language))
}

// named has what was not found named in the language: a noun that the table does
// not know, such as the key of an own record type, stays as it is.
func (p *Problem) named(language string) map[string]string {
	if p.Code != "not_found" {
		return p.Args
	}
	noun := pick(nouns()[p.Args["what"]], language)
	if noun == "" {
		return p.Args
	}
	args := maps.Clone(p.Args)
	args["what"] = noun
	return args
}

// Remedy is what the person can do, "" when there is nothing general to say.
func (p *Problem) Remedy(language string) string {
	return fill(pick(entries()[p.Code].Remedy, language), p.Args)
}

// Words is the message of one field. Messages are written in English: other languages
// read the text of the code where it tells all that the message does, and have theirs
// in the table of messages where it does not.
func (f Field) Words(language string) string {
	if f.Message != "" && (language == "en" || !entries()[f.Code].Whole) {
		if text := translated(f.Message, language); text != "" {
			return text
		}
		return f.Message
	}
	if f.Say != "" {
		return fill(Text(f.Say, language), map[string]string{"value": f.Value})
	}
	return Text(f.Code, language)
}

type entry struct {
	Code   string            `json:"code"`
	Whole  bool              `json:"whole"` // the text tells what messages of places tell
	Status int               `json:"status"`
	Text   map[string]string `json:"text"`
	Remedy map[string]string `json:"remedy"`
}

// entries parses the table once; it is constant afterwards.
var entries = sync.OnceValue(func() map[string]entry {
	var doc struct {
		Errors []entry `json:"errors"`
	}
	if err := json.Unmarshal(table.Table, &doc); err != nil {
		panic("problem: errors.json: " + err.Error())
	}
	out := make(map[string]entry, len(doc.Errors))
	for _, e := range doc.Errors {
		out[e.Code] = e
	}
	return out
})

// nouns are the names of things that may not be found; constant once parsed.
var nouns = sync.OnceValue(func() map[string]map[string]string {
	var out map[string]map[string]string
	if err := json.Unmarshal(table.Nouns, &out); err != nil {
		panic("problem: nouns.json: " + err.Error())
	}
	return out
})

// Status is the HTTP status of a code, 500 for an unknown one.
func Status(code string) int {
	if s := entries()[code].Status; s != 0 {
		return s
	}
	return 500
}

// Known tells whether the table has the code.
func Known(code string) bool { _, ok := entries()[code]; return ok }

// Text is the text of a code with its placeholders.
func Text(code, language string) string { return pick(entries()[code].Text, language) }

func pick(texts map[string]string, language string) string {
	if t, ok := texts[language]; ok {
		return t
	}
	return texts["en"]
}

func fill(text string, args map[string]string) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, word := range args {
		pairs = append(pairs, "{"+name+"}", word)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
