package document

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"sort"
	"strings"

	"github.com/fluxo-app/fluxo/engine/expr"
)

const (
	maxParts      = 2000
	maxTotalBytes = 64 << 20
	maxRows       = 20_000
	maxProblems   = 50

	maxPlaceholders = 5000
)

// Template is a parsed DOCX, ready to be rendered any number of times, also
// concurrently.
type Template struct {
	parts        []part
	placeholders []string
}

// part is one file of the package: raw bytes, or a tree when it has text.
type part struct {
	name  string
	title string
	data  []byte
	tree  *node
}

// parser reads one template.
type parser struct {
	compiler  *expr.Compiler
	scope     *expr.Scope
	title     string
	paragraph int
	count     int
	problems  Problems
	seen      map[string]bool
}

// Parse reads a DOCX of size bytes and checks every placeholder against scope
// (nil: any name is accepted). Mistakes of the author are returned as Problems,
// anything else wraps ErrNotDocument.
func Parse(compiler *expr.Compiler, scope *expr.Scope, r io.ReaderAt, size int64) (*Template, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotDocument, err)
	}
	if len(archive.File) > maxParts {
		return nil, fmt.Errorf("%w: it has more than %d parts", ErrNotDocument, maxParts)
	}
	p := &parser{compiler: compiler, scope: scope, seen: make(map[string]bool)}
	t := &Template{}
	total := 0
	hasBody := false
	for _, file := range archive.File {
		if file.FileInfo().IsDir() {
			continue
		}
		data, err := readPart(file)
		if err != nil {
			return nil, fmt.Errorf("%w: part %s: %w", ErrNotDocument, file.Name, err)
		}
		if total += len(data); total > maxTotalBytes {
			return nil, fmt.Errorf("%w: it unpacks to more than %d MB", ErrNotDocument, maxTotalBytes>>20)
		}
		if path.Base(file.Name) == "vbaProject.bin" {
			return nil, fmt.Errorf("%w: documents with macros are not accepted", ErrNotDocument)
		}
		if strings.HasSuffix(file.Name, ".rels") {
			relations, err := parseTree(data)
			if err != nil {
				return nil, fmt.Errorf("%w: part %s: %w", ErrNotDocument, file.Name, err)
			}
			p.title, p.paragraph = "links", 0
			p.checkRelations(file.Name, relations)
		}
		piece := part{name: file.Name, data: data, title: partTitle(file.Name)}
		if piece.title != "" {
			if piece.tree, err = parseTree(data); err != nil {
				return nil, fmt.Errorf("%w: part %s: %w", ErrNotDocument, file.Name, err)
			}
			p.readPart(piece)
			hasBody = hasBody || piece.title == "body"
		}
		t.parts = append(t.parts, piece)
	}
	if !hasBody {
		return nil, fmt.Errorf("%w: it has no word/document.xml", ErrNotDocument)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	for source := range p.seen {
		t.placeholders = append(t.placeholders, source)
	}
	sort.Strings(t.placeholders)
	return t, nil
}

func readPart(file *zip.File) ([]byte, error) {
	in, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // reading only
	data, err := io.ReadAll(io.LimitReader(in, maxPartBytes+1))
	if err == nil && len(data) > maxPartBytes {
		err = fmt.Errorf("larger than %d MB", maxPartBytes>>20)
	}
	return data, err
}

// partTitle names the parts that hold text; empty for all others.
func partTitle(name string) string {
	dir, base := path.Split(name)
	if dir != "word/" || !strings.HasSuffix(base, ".xml") {
		return ""
	}
	switch {
	case base == "document.xml":
		return "body"
	case strings.HasPrefix(base, "header"):
		return "header"
	case strings.HasPrefix(base, "footer"):
		return "footer"
	case base == "footnotes.xml":
		return "footnotes"
	case base == "endnotes.xml":
		return "endnotes"
	}
	return ""
}

func (p *parser) readPart(piece part) {
	p.title, p.paragraph = piece.title, 0
	p.checkFields(piece.tree, &strings.Builder{})
	p.paragraph = 0
	p.scanParagraphs(piece.tree)
	p.structure(piece.tree)
	p.compile(piece.tree, p.scope)
}

func (p *parser) scanParagraphs(n *node) {
	for _, child := range n.children {
		if child.is("p") {
			p.paragraph++
			p.scanParagraph(child)
		}
		if child.kind == elementNode {
			p.scanParagraphs(child)
		}
	}
}

func (p *parser) report(code, message string, where place, cause *expr.Error) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, &Problem{Code: code, Message: message, Part: p.title,
			Paragraph: where.paragraph, Placeholder: where.placeholder, Around: where.around, Cause: cause})
	}
}

// compile checks every expression in the scope of the loops around it.
func (p *parser) compile(n *node, scope *expr.Scope) {
	inner := scope
	switch n.kind {
	case valueNode:
		n.program = p.program(n.place.placeholder, scope, n.place)
	case loopNode:
		n.program = p.program(n.control.source, scope, n.place)
		item := expr.Type{Kind: expr.Any}
		if t, known := scope.Lookup(strings.Split(n.control.source, ".")...); known && t.Of != nil {
			item = *t.Of
		}
		inner = scope.With(n.control.name, item).With("index", expr.Type{Kind: expr.Integer})
	case choiceNode:
		n.program = p.program(n.control.source, scope, n.place)
	}
	for _, child := range n.children {
		p.compile(child, inner)
	}
	for _, child := range n.otherwise {
		p.compile(child, scope)
	}
}

func (p *parser) program(source string, scope *expr.Scope, where place) *expr.Program {
	p.seen[source] = true
	program, err := p.compiler.Compile(source, scope)
	var e *expr.Error
	if errors.As(err, &e) {
		p.report(e.Code, e.Message, where, e)
	}
	return program
}

// Placeholders lists the expressions of the template, each once, in order of text.
func (t *Template) Placeholders() []string { return t.placeholders }

// Render writes the document with the values of env. Nothing is written when
// anything fails; a failed placeholder is a *Problem.
func (t *Template) Render(ctx context.Context, w io.Writer, env expr.Env) error {
	if env.Format.Space == "" {
		env.Format.Space = "\u00a0" // amounts do not break over lines
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	rows := 0
	for _, piece := range t.parts {
		data := piece.data
		if piece.tree != nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			r := &renderer{part: piece.title, rows: &rows}
			if err := r.children(piece.tree, env); err != nil {
				return err
			}
			data = r.out.Bytes()
			if err := wellFormed(data); err != nil {
				return fmt.Errorf("render %s: the result is broken XML: %w", piece.name, err)
			}
		}
		// Without a time stamp the same values give the same bytes.
		file, err := archive.CreateHeader(&zip.FileHeader{Name: piece.name, Method: zip.Deflate})
		if err != nil {
			return fmt.Errorf("render %s: %w", piece.name, err)
		}
		if _, err := file.Write(data); err != nil {
			return fmt.Errorf("render %s: %w", piece.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// renderer writes one part.
type renderer struct {
	out  writer
	part string
	rows *int
	// last is the element that was closed last.
	last string
}

func (r *renderer) fail(where place, err error) error {
	problem := &Problem{Code: expr.CodeFailed, Message: err.Error(), Part: r.part, Paragraph: where.paragraph,
		Placeholder: where.placeholder, Around: where.around}
	var e *expr.Error
	if errors.As(err, &e) {
		problem.Code, problem.Message, problem.Cause = e.Code, e.Message, e
	}
	return problem
}

func (r *renderer) children(n *node, env expr.Env) error {
	for _, child := range n.children {
		if err := r.node(child, env); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) node(n *node, env expr.Env) error {
	switch n.kind {
	case textNode:
		r.out.escape(n.text)
	case instructionNode:
		r.out.WriteString("<?" + n.name + " " + n.text + "?>")
	case elementNode:
		if n.is("t") {
			return r.text(n, env)
		}
		if err := r.out.open(n); err != nil {
			return r.fail(place{}, err)
		}
		r.last = ""
		if err := r.children(n, env); err != nil {
			return err
		}
		if n.is("tc") && r.last != "p" && len(n.children) > 0 {
			// Word refuses a cell without a paragraph at its end.
			r.out.WriteString("<" + n.prefix() + "p/>")
		}
		r.out.close(n)
		r.last = n.local()
	case loopNode:
		return r.loop(n, env)
	case choiceNode:
		yes, err := n.program.Bool(env)
		if err != nil {
			return r.fail(n.place, err)
		}
		branch := n.children
		if !yes {
			branch = n.otherwise
		}
		for _, child := range branch {
			if err := r.node(child, env); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *renderer) loop(n *node, env expr.Env) error {
	value, err := n.program.Eval(env)
	if err != nil {
		return r.fail(n.place, err)
	}
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return r.fail(n.place, fmt.Errorf("a loop needs a list, this is %s", reflect.TypeOf(value).Kind()))
	}
	for i, item := range list {
		if *r.rows++; *r.rows > maxRows {
			return r.fail(n.place, fmt.Errorf("the loops of a document may run %d times in all", maxRows))
		}
		if err := r.children(n, env.With(n.control.name, item).With("index", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// text writes a text element; line breaks in values become breaks of the document.
func (r *renderer) text(n *node, env expr.Env) error {
	var b strings.Builder
	computed := false
	for _, child := range n.children {
		if child.kind == textNode {
			b.WriteString(child.text)
			continue
		}
		computed = true
		value, err := child.program.Eval(env)
		if err != nil {
			return r.fail(child.place, err)
		}
		text, err := expr.FormatValue(value, env)
		if err != nil {
			return r.fail(child.place, err)
		}
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	}
	lines := []string{b.String()}
	if computed {
		lines = strings.Split(b.String(), "\n")
	}
	for i, line := range lines {
		if i > 0 {
			r.out.WriteString("<" + n.prefix() + "br/>")
		}
		if err := r.out.open(&node{kind: elementNode, name: n.name, attrs: n.attrs, children: []*node{{}}}); err != nil {
			return r.fail(place{}, err)
		}
		r.out.escape(line)
		r.out.WriteString("</" + n.name + ">")
	}
	return nil
}
