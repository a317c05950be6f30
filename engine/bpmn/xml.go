package bpmn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode"
)

// Limits of a file. They bound time and memory before anything is understood.
const (
	MaxBytes      = 8 << 20
	maxDepth      = 128
	maxElements   = 200_000
	maxAttributes = 256
	maxText       = 1 << 20 // of one element
)

// element is a node of the XML tree. Names are resolved: two files that differ in
// prefixes only give equal trees. The prefix is kept as the one to write again.
type element struct {
	space, local, prefix string
	declared             []declaration // namespaces declared here
	attrs                []attribute
	kids                 []*element
	text                 string // all text of the element, CDATA included
	line, column         int
}

type declaration struct{ prefix, space string }

type attribute struct{ space, prefix, local, value string }

// syntaxError is text that is no XML we read.
type syntaxError struct {
	rule         string
	line, column int
	message      string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.column, e.message)
}

// namespaces is a chain of the declarations in force.
type namespaces struct {
	outer *namespaces
	here  []declaration
}

func (n *namespaces) find(prefix string) (string, bool) {
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace", true
	}
	for ; n != nil; n = n.outer {
		for i := len(n.here) - 1; i >= 0; i-- {
			if n.here[i].prefix == prefix {
				return n.here[i].space, true
			}
		}
	}
	return "", prefix == ""
}

// prefixOf finds a prefix that means space here; attributes need a real one.
func (n *namespaces) prefixOf(space string, real bool) (string, bool) {
	for scope := n; scope != nil; scope = scope.outer {
		for i := len(scope.here) - 1; i >= 0; i-- {
			d := scope.here[i]
			if d.space != space || real && d.prefix == "" {
				continue
			}
			if now, _ := n.find(d.prefix); now == space {
				return d.prefix, true
			}
		}
	}
	return "", false
}

// reader builds the tree. Document types are refused, because entities are the
// way to make a small file a large one or to read other files.
type reader struct {
	dec          *xml.Decoder
	count        int
	line, column int // where the current token begins
}

// parseXML reads one document. outer are declarations that a fragment stands in.
func parseXML(text []byte, outer *namespaces) (*element, error) {
	if len(text) > MaxBytes {
		return nil, &syntaxError{rule: "file_too_large", line: 1, column: 1, message: fmt.Sprintf("the file has %d bytes, at most %d are read", len(text), MaxBytes)}
	}
	text, err := toUTF8(text)
	if err != nil {
		return nil, err
	}
	r := &reader{dec: xml.NewDecoder(bytes.NewReader(text))}
	r.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the text is UTF-8 by now
	var root *element
	for {
		r.line, r.column = r.dec.InputPos()
		token, err := r.dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, r.fail(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root != nil {
				return nil, r.fail(errors.New("a second root element"))
			}
			if root, err = r.element(t, outer, 1); err != nil {
				return nil, err
			}
		case xml.EndElement:
			return nil, r.fail(fmt.Errorf("unexpected end of %s", t.Name.Local))
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, r.fail(errors.New("text outside the root element"))
			}
		case xml.Directive:
			return nil, r.refuseDirective()
		}
	}
	if root == nil {
		return nil, r.fail(io.ErrUnexpectedEOF)
	}
	return root, nil
}

func (r *reader) refuseDirective() error {
	line, column := r.dec.InputPos()
	return &syntaxError{rule: "doctype", line: line, column: column, message: "document types and entities are not read"}
}

func (r *reader) fail(err error) error {
	line, column := r.dec.InputPos()
	message := err.Error()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		message = syntax.Msg
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || message == "unexpected EOF" {
		message = "the text ends in the middle"
	}
	return &syntaxError{rule: "not_xml", line: line, column: column, message: message}
}

func (r *reader) tooLarge(what string) error {
	line, column := r.dec.InputPos()
	return &syntaxError{rule: "file_too_large", line: line, column: column, message: what}
}

func (r *reader) element(start xml.StartElement, outer *namespaces, depth int) (*element, error) {
	r.count++
	switch {
	case depth > maxDepth:
		return nil, r.tooLarge(fmt.Sprintf("elements are nested deeper than %d levels", maxDepth))
	case r.count > maxElements:
		return nil, r.tooLarge(fmt.Sprintf("the file has more than %d elements", maxElements))
	case len(start.Attr) > maxAttributes:
		return nil, r.tooLarge(fmt.Sprintf("an element has more than %d attributes", maxAttributes))
	}
	e := &element{local: start.Name.Local, prefix: start.Name.Space}
	e.line, e.column = r.line, r.column
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "xmlns":
			e.declared = append(e.declared, declaration{a.Name.Local, a.Value})
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			e.declared = append(e.declared, declaration{"", a.Value})
		default:
			e.attrs = append(e.attrs, attribute{prefix: a.Name.Space, local: a.Name.Local, value: legible(a.Value)})
		}
	}
	scope := outer
	if len(e.declared) > 0 {
		scope = &namespaces{outer: outer, here: e.declared}
	}
	if err := r.resolve(e, scope); err != nil {
		return nil, err
	}
	var text strings.Builder
	for {
		r.line, r.column = r.dec.InputPos()
		token, err := r.dec.RawToken()
		if errors.Is(err, io.EOF) {
			return nil, r.fail(io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, r.fail(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			kid, err := r.element(t, scope, depth+1)
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, kid)
		case xml.EndElement:
			if t.Name.Local != e.local || t.Name.Space != e.prefix {
				return nil, r.fail(fmt.Errorf("%s is closed by %s", qualified(e.prefix, e.local), qualified(t.Name.Space, t.Name.Local)))
			}
			e.text = legible(text.String())
			if len(e.kids) > 0 || strings.TrimSpace(e.text) == "" {
				e.text = strings.TrimSpace(e.text)
			}
			return e, nil
		case xml.CharData:
			if text.Len()+len(t) > maxText {
				return nil, r.tooLarge("a text is too long")
			}
			text.Write(t)
		case xml.Directive:
			return nil, r.refuseDirective()
		}
	}
}

// resolve gives names their namespaces and refuses repeated attributes.
func (r *reader) resolve(e *element, scope *namespaces) error {
	var known bool
	if e.space, known = scope.find(e.prefix); !known {
		return r.fail(fmt.Errorf("the prefix %q is not declared", e.prefix))
	}
	seen := make(map[[2]string]bool, len(e.attrs))
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.prefix != "" {
			if a.space, known = scope.find(a.prefix); !known {
				return r.fail(fmt.Errorf("the prefix %q is not declared", a.prefix))
			}
		}
		key := [2]string{a.space, a.local}
		if seen[key] {
			return r.fail(fmt.Errorf("the attribute %q stands twice", a.local))
		}
		seen[key] = true
	}
	return nil
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// attr reads an attribute without namespace.
func (e *element) attr(local string) string { return e.attrNS("", local) }

func (e *element) attrNS(space, local string) string {
	for _, a := range e.attrs {
		if a.local == local && a.space == space {
			return a.value
		}
	}
	return ""
}

func (e *element) has(local string) bool {
	for _, a := range e.attrs {
		if a.local == local && a.space == "" {
			return true
		}
	}
	return false
}

// set writes an attribute; an empty value takes it away.
func (e *element) set(local, value string) {
	for i, a := range e.attrs {
		if a.local == local && a.space == "" {
			if value == "" {
				e.attrs = append(e.attrs[:i:i], e.attrs[i+1:]...)
			} else {
				e.attrs[i].value = value
			}
			return
		}
	}
	if value != "" {
		e.attrs = append(e.attrs, attribute{local: local, value: value})
	}
}

func (e *element) is(space, local string) bool { return e.local == local && e.space == space }

// child finds the first child of a name.
func (e *element) child(space, local string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.is(space, local) {
			return k
		}
	}
	return nil
}

func (e *element) add(kid *element) *element {
	e.kids = append(e.kids, kid)
	return kid
}

// without copies the element, not its children, leaving out some of them.
func (e *element) without(drop func(*element) bool) *element {
	c := *e
	c.attrs = append([]attribute(nil), e.attrs...)
	c.kids = nil
	for _, k := range e.kids {
		if !drop(k) {
			c.kids = append(c.kids, k)
		}
	}
	return &c
}

// writer serializes trees. Output depends on the tree only.
type writer struct {
	b      strings.Builder
	indent bool
}

// fragment writes one element that stands where outer is in force.
func fragment(e *element, outer *namespaces) string {
	w := &writer{}
	w.element(e, outer, 0)
	return w.b.String()
}

func (w *writer) element(e *element, outer *namespaces, depth int) {
	scope := &namespaces{outer: outer, here: append([]declaration(nil), e.declared...)}
	prefix := w.prefix(scope, e.space, e.prefix, false)
	type written struct{ name, value string }
	attrs := make([]written, 0, len(e.attrs))
	for _, a := range e.attrs {
		name := a.local
		if a.space != "" {
			name = qualified(w.prefix(scope, a.space, a.prefix, true), a.local)
		}
		attrs = append(attrs, written{name, a.value})
	}
	sort.Slice(attrs, func(i, j int) bool { // id and name first: that is how people read a file
		a, b := place(attrs[i].name), place(attrs[j].name)
		return a < b || a == b && attrs[i].name < attrs[j].name
	})
	if w.indent && depth > 0 {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat("  ", depth))
	}
	name := qualified(prefix, e.local)
	w.b.WriteByte('<')
	w.b.WriteString(name)
	sort.SliceStable(scope.here, func(i, j int) bool { return scope.here[i].prefix < scope.here[j].prefix })
	for _, d := range scope.here {
		w.attribute(strings.TrimSuffix("xmlns:"+d.prefix, ":"), d.space)
	}
	for _, a := range attrs {
		w.attribute(a.name, a.value)
	}
	if len(e.kids) == 0 && e.text == "" {
		w.b.WriteString("/>")
		return
	}
	w.b.WriteByte('>')
	escapeText(&w.b, e.text)
	for _, k := range e.kids {
		w.element(k, scope, depth+1)
	}
	if w.indent && len(e.kids) > 0 {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat("  ", depth))
	}
	w.b.WriteString("</")
	w.b.WriteString(name)
	w.b.WriteByte('>')
}

func place(attribute string) int {
	switch attribute {
	case "id":
		return 0
	case "name":
		return 1
	}
	return 2
}

// prefix chooses the prefix to write, declaring it when it is not in force.
func (w *writer) prefix(scope *namespaces, space, wish string, real bool) string {
	if now, ok := scope.find(wish); ok && now == space && (!real || wish != "") {
		return wish
	}
	if p, ok := scope.prefixOf(space, real); ok {
		return p
	}
	if space == "" { // unqualified under a default namespace
		scope.here = append(scope.here, declaration{"", ""})
		return ""
	}
	taken := func(p string) bool {
		for _, d := range scope.here {
			if d.prefix == p {
				return true
			}
		}
		return p == "" && real || p == "xml" || p == "xmlns"
	}
	p := wish
	for i := 1; taken(p); i++ {
		p = fmt.Sprintf("ns%d", i)
	}
	scope.here = append(scope.here, declaration{p, space})
	return p
}

func (w *writer) attribute(name, value string) {
	w.b.WriteByte(' ')
	w.b.WriteString(name)
	w.b.WriteString(`="`)
	for _, r := range value {
		switch r {
		case '&':
			w.b.WriteString("&amp;")
		case '<':
			w.b.WriteString("&lt;")
		case '"':
			w.b.WriteString("&quot;")
		case '\n':
			w.b.WriteString("&#10;")
		case '\r':
			w.b.WriteString("&#13;")
		case '\t':
			w.b.WriteString("&#9;")
		default:
			writeRune(&w.b, r)
		}
	}
	w.b.WriteByte('"')
}

func escapeText(b *strings.Builder, text string) {
	for _, r := range text {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\r':
			b.WriteString("&#13;")
		default:
			writeRune(b, r)
		}
	}
}

// writeRune leaves out what XML cannot hold.
func writeRune(b *strings.Builder, r rune) {
	if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
		b.WriteRune(r)
	}
}

// sameTree compares what two elements say, not how they are written.
func sameTree(a, b *element) bool {
	if a.space != b.space || a.local != b.local || len(a.attrs) != len(b.attrs) || len(a.kids) != len(b.kids) || a.text != b.text {
		return false
	}
	for _, x := range a.attrs {
		if b.attrNS(x.space, x.local) != x.value {
			return false
		}
	}
	for i := range a.kids {
		if !sameTree(a.kids[i], b.kids[i]) {
			return false
		}
	}
	return true
}

// legible takes out of a text what no draft may hold: control characters other than
// line breaks and tabs, and the marks that turn the direction of text to disguise
// what is read.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return r
		case unicode.IsControl(r), r == unicode.ReplacementChar:
			return ' '
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}
