package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fluxo-app/fluxo/engine/expr"
)

type nodeKind int

const (
	elementNode nodeKind = iota
	textNode
	instructionNode
	// valueNode stands inside a text element; its program gives the text.
	valueNode
	// controlNode is an opening, middle or closing tag before matching.
	controlNode
	// loopNode and choiceNode are matched pairs.
	loopNode
	choiceNode
)

// node is a piece of an XML part. Names keep their prefixes as written, so that
// everything we do not know survives.
type node struct {
	kind     nodeKind
	name     string
	attrs    []xml.Attr
	text     string
	children []*node

	place   place
	program *expr.Program
	control control
	// otherwise is what a choice shows when its condition is false.
	otherwise []*node
	// bubbled marks a control tag that left a paragraph with other text.
	bubbled bool
}

// place is where a placeholder stands.
type place struct {
	paragraph   int
	placeholder string
	around      string
}

const (
	maxPartBytes = 16 << 20
	maxNodes     = 1_000_000
	maxDepth     = 200
)

// parseTree reads XML without resolving namespaces. Document types are refused:
// entities are the classic way to blow up a parser.
func parseTree(data []byte) (*node, error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	root := &node{kind: elementNode}
	stack := []*node{root}
	count := 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("broken XML: %w", err)
		}
		if count++; count > maxNodes {
			return nil, errors.New("the document is too complex")
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) > maxDepth {
				return nil, errors.New("the document is nested too deeply")
			}
			n := &node{kind: elementNode, name: qualified(t.Name), attrs: append([]xml.Attr(nil), t.Attr...)}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			if len(stack) == 1 || top.name != qualified(t.Name) {
				return nil, fmt.Errorf("broken XML: unexpected </%s>", qualified(t.Name))
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.children = append(top.children, &node{kind: textNode, text: string(t)})
		case xml.ProcInst:
			top.children = append(top.children, &node{kind: instructionNode, name: t.Target, text: string(t.Inst)})
		case xml.Directive:
			return nil, errors.New("document type declarations are not allowed")
		}
	}
	if len(stack) != 1 {
		return nil, fmt.Errorf("broken XML: <%s> is not closed", stack[len(stack)-1].name)
	}
	return root, nil
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

// local is the name without its prefix.
func (n *node) local() string {
	if _, after, found := strings.Cut(n.name, ":"); found {
		return after
	}
	return n.name
}

func (n *node) is(local string) bool { return n.kind == elementNode && n.local() == local }

// prefix of the element's name with its colon.
func (n *node) prefix() string { return strings.TrimSuffix(n.name, n.local()) }

// find gives the first child element of a name.
func (n *node) find(local string) *node {
	for _, child := range n.children {
		if child.is(local) {
			return child
		}
	}
	return nil
}

// keepSpace makes Word keep spaces at the ends of a text element.
func (n *node) keepSpace() {
	for _, attr := range n.attrs {
		if attr.Name.Space == "xml" && attr.Name.Local == "space" {
			return
		}
	}
	n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Space: "xml", Local: "space"}, Value: "preserve"})
}

// writer collects XML up to a limit.
type writer struct {
	bytes.Buffer
}

var errTooBig = fmt.Errorf("the document would be larger than %d MB", maxPartBytes>>20)

func (w *writer) open(n *node) error {
	if w.Len() > maxPartBytes {
		return errTooBig
	}
	w.WriteByte('<')
	w.WriteString(n.name)
	for _, attr := range n.attrs {
		w.WriteByte(' ')
		w.WriteString(qualified(attr.Name))
		w.WriteString(`="`)
		w.escapeWith(attr.Value, true)
		w.WriteByte('"')
	}
	if len(n.children) == 0 {
		w.WriteString("/>")
		return nil
	}
	w.WriteByte('>')
	return nil
}

func (w *writer) close(n *node) {
	if len(n.children) > 0 {
		w.WriteString("</" + n.name + ">")
	}
}

// escape writes text. Line ends and tabs stay as they are: outside of the root
// element a reference in their place would break the document. Characters that
// XML cannot hold become the replacement character.
func (w *writer) escape(text string) { w.escapeWith(text, false) }

func (w *writer) escapeWith(text string, attribute bool) {
	for _, r := range text {
		switch {
		case r == '&':
			w.WriteString("&amp;")
		case r == '<':
			w.WriteString("&lt;")
		case r == '>':
			w.WriteString("&gt;")
		case r == '"' && attribute:
			w.WriteString("&quot;")
		case (r == '\n' || r == '\t' || r == '\r') && attribute:
			fmt.Fprintf(&w.Buffer, "&#%d;", r)
		case r == '\n' || r == '\t' || r == '\r' || (r >= 0x20 && r <= 0xD7FF) || (r >= 0xE000 && r <= 0xFFFD) || r >= 0x10000:
			w.WriteRune(r)
		default:
			w.WriteRune('\uFFFD')
		}
	}
}

// wellFormed makes sure that nothing broken leaves the package: one root element
// with nothing but space around it, everything closed, every prefix declared.
func wellFormed(data []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	var open []string
	roots := 0
	prefixes := []map[string]bool{{"": true, "xml": true, "xmlns": true}}
	for {
		before := decoder.InputOffset()
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			if len(open) != 0 || roots != 1 {
				return errors.New("it has not exactly one closed root element")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 0 {
				roots++
			}
			open = append(open, qualified(t.Name))
			declared := prefixes[len(prefixes)-1]
			for _, attr := range t.Attr {
				if attr.Name.Space == "xmlns" {
					declared = with(declared, attr.Name.Local)
				}
			}
			prefixes = append(prefixes, declared)
			if !declared[t.Name.Space] {
				return fmt.Errorf("the prefix of <%s> is not declared", qualified(t.Name))
			}
			for _, attr := range t.Attr {
				if !declared[attr.Name.Space] {
					return fmt.Errorf("the prefix of the attribute %s is not declared", qualified(attr.Name))
				}
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != qualified(t.Name) {
				return fmt.Errorf("</%s> closes nothing", qualified(t.Name))
			}
			open = open[:len(open)-1]
			prefixes = prefixes[:len(prefixes)-1]
		case xml.CharData:
			if len(open) == 0 && len(bytes.Trim(data[before:decoder.InputOffset()], " \t\r\n\ufeff")) > 0 {
				return errors.New("there is text outside of the root element")
			}
		}
	}
}

func with(declared map[string]bool, prefix string) map[string]bool {
	if declared[prefix] {
		return declared
	}
	more := make(map[string]bool, len(declared)+1)
	for known := range declared {
		more[known] = true
	}
	more[prefix] = true
	return more
}
