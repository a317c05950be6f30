package document

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// control is a control tag.
type control struct {
	word string // each, if, else, /each, /if
	// source is the list or condition; name is the loop's variable.
	source, name string
}

func (c control) opens() bool { return c.word == "each" || c.word == "if" }

var (
	eachForm = regexp.MustCompile(`^#each\s+(.+)\s+as\s+([A-Za-z][A-Za-z0-9_]*)$`)
	ifForm   = regexp.MustCompile(`^#if\s+(.+)$`)
)

// parseControl recognizes control tags; ok is false for expressions.
func parseControl(source string) (c control, ok bool, message string) {
	switch {
	case source == "/each" || source == "/if":
		return control{word: source}, true, ""
	case source == "#else" || source == "else":
		return control{word: "else"}, true, ""
	case strings.HasPrefix(source, "#each"):
		match := eachForm.FindStringSubmatch(source)
		if match == nil {
			return control{}, true, "a loop is written {{#each list as name}}"
		}
		return control{word: "each", source: match[1], name: match[2]}, true, ""
	case strings.HasPrefix(source, "#if"):
		match := ifForm.FindStringSubmatch(source)
		if match == nil {
			return control{}, true, "a condition is written {{#if condition}}"
		}
		return control{word: "if", source: match[1]}, true, ""
	case strings.HasPrefix(source, "#") || strings.HasPrefix(source, "/"):
		return control{}, true, "there is no such tag; use #each, #if, #else, /if or /each"
	}
	return control{}, false, ""
}

// typed characters that word processors put in place of those a person typed.
var straightened = map[rune]rune{
	'“': '"', '”': '"', '„': '"', '‟': '"', '«': '"', '»': '"',
	'‘': '\'', '’': '\'', '‚': '\'', '\u00a0': ' ', '\u202f': ' ', '–': '-', '−': '-',
}

// span is a text element of a paragraph with its place in the joined text.
type span struct {
	element    *node
	start, end int
}

// textElements lists the text elements of a paragraph in order, without those
// of paragraphs inside it (text boxes).
func textElements(n *node, into []*node) []*node {
	for _, child := range n.children {
		switch {
		case child.is("t"):
			into = append(into, child)
		case child.is("p"):
		case child.kind == elementNode:
			into = textElements(child, into)
		}
	}
	return into
}

// found is a placeholder in the joined text of a paragraph.
type found struct {
	start, end int // runes, braces included
	source     string
}

// scanParagraph joins the runs, finds the placeholders and puts value and
// control nodes where each begins; the rest of its characters disappears. Runs
// are cut so that control nodes stand beside runs, not inside.
func (p *parser) scanParagraph(paragraph *node) {
	var text []rune
	var spans []span
	for _, element := range textElements(paragraph, nil) {
		start := len(text)
		for _, child := range element.children {
			text = append(text, []rune(child.text)...)
		}
		spans = append(spans, span{element: element, start: start, end: len(text)})
	}
	joined := string(text)
	if !strings.Contains(joined, "{{") {
		return
	}
	placeholders := p.findPlaceholders(text)
	if len(placeholders) == 0 {
		return
	}
	for _, s := range spans {
		s.element.children = p.cut(text, s, placeholders)
		s.element.keepSpace()
	}
	liftControls(paragraph)
}

func (p *parser) findPlaceholders(text []rune) []found {
	straight := make([]rune, len(text))
	for i, r := range text {
		straight[i] = r
		if plain, ok := straightened[r]; ok {
			straight[i] = plain
		}
	}
	// Bytes are walked once, with the index of runes kept beside.
	rest, at := string(straight), 0
	var placeholders []found
	for {
		open := strings.Index(rest, "{{")
		if open < 0 {
			return placeholders
		}
		start := at + utf8.RuneCountInString(rest[:open])
		source, length, closed := expr.Placeholder(rest[open+2:])
		if !closed {
			p.report(CodeSyntax, "this {{ has no }} in the same paragraph", place{paragraph: p.paragraph, around: around(text, start, start+2)}, nil)
			return placeholders
		}
		if p.count++; p.count > maxPlaceholders {
			if p.count == maxPlaceholders+1 {
				p.report(CodeSyntax, fmt.Sprintf("a template may have at most %d placeholders", maxPlaceholders), place{paragraph: p.paragraph}, nil)
			}
			return placeholders
		}
		end := start + 2 + utf8.RuneCountInString(rest[open+2:open+2+length])
		placeholders = append(placeholders, found{start: start, end: end, source: strings.TrimSpace(source)})
		rest, at = rest[open+2+length:], end
	}
}

// cut gives the children of one text element: its text outside placeholders and
// a node for each placeholder that begins in it.
func (p *parser) cut(text []rune, s span, placeholders []found) []*node {
	var children []*node
	at := s.start
	addText := func(to int) {
		if to > at {
			children = append(children, &node{kind: textNode, text: string(text[at:to])})
		}
	}
	first := sort.Search(len(placeholders), func(i int) bool { return placeholders[i].end > s.start })
	for _, f := range placeholders[first:] {
		if f.start >= s.end {
			break
		}
		if f.start >= s.start {
			addText(f.start)
			children = append(children, p.placeholderNode(f, text))
		}
		at = min(f.end, s.end)
	}
	addText(s.end)
	return children
}

func (p *parser) placeholderNode(f found, text []rune) *node {
	where := place{paragraph: p.paragraph, placeholder: f.source, around: around(text, f.start, f.end)}
	c, isControl, message := parseControl(f.source)
	if message != "" {
		p.report(CodeSyntax, message, where, nil)
	}
	if isControl {
		return &node{kind: controlNode, control: c, place: where}
	}
	return &node{kind: valueNode, place: where}
}

// around gives some text on both sides of a place.
func around(text []rune, start, end int) string {
	const margin = 30
	from, to := max(0, start-margin), min(len(text), end+margin)
	out := string(text[from:to])
	if from > 0 {
		out = "…" + out
	}
	if to < len(text) {
		out += "…"
	}
	return out
}

// liftControls cuts every run that holds control nodes into runs around them.
func liftControls(parent *node) {
	var children []*node
	for _, child := range parent.children {
		switch {
		case child.is("r"):
			children = append(children, cutRun(child)...)
		case child.is("p") || child.kind != elementNode:
			children = append(children, child)
		default:
			liftControls(child)
			children = append(children, child)
		}
	}
	parent.children = children
}

func cutRun(run *node) []*node {
	hasControl := false
	for _, child := range run.children {
		if child.is("t") {
			for _, piece := range child.children {
				hasControl = hasControl || piece.kind == controlNode
			}
		}
	}
	if !hasControl {
		return []*node{run}
	}
	properties := run.find("rPr")
	var out []*node
	fresh := func() *node {
		r := &node{kind: elementNode, name: run.name, attrs: run.attrs}
		if properties != nil {
			r.children = []*node{properties}
		}
		return r
	}
	current := fresh()
	empty := len(current.children)
	flush := func() {
		if len(current.children) > empty {
			out = append(out, current)
		}
		current = fresh()
	}
	for _, child := range run.children {
		if child == properties {
			continue
		}
		if !child.is("t") {
			current.children = append(current.children, child)
			continue
		}
		text := &node{kind: elementNode, name: child.name, attrs: child.attrs}
		for _, piece := range child.children {
			if piece.kind != controlNode {
				text.children = append(text.children, piece)
				continue
			}
			if len(text.children) > 0 {
				current.children = append(current.children, text)
				text = &node{kind: elementNode, name: child.name, attrs: child.attrs}
			}
			flush()
			out = append(out, piece)
		}
		if len(text.children) > 0 {
			current.children = append(current.children, text)
		}
	}
	flush()
	return out
}
