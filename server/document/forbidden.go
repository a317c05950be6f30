package document

import (
	"path"
	"strings"
)

// CodeForbidden marks content that would make a converter read other files or
// addresses in the name of the server.
const CodeForbidden = "templateForbidden"

// forbiddenFields are field instructions that fetch content.
var forbiddenFields = map[string]bool{
	"INCLUDEPICTURE": true, "INCLUDETEXT": true, "INCLUDE": true, "IMPORT": true, "DDE": true, "DDEAUTO": true, "LINK": true, "DATABASE": true, "RD": true,
}

// checkRelations refuses relationships that load something from outside. Links
// that a reader may click are fine, and so is the local template that Word notes.
func (p *parser) checkRelations(name string, tree *node) {
	for _, relation := range allElements(tree, "Relationship", nil) {
		var kind, target, mode string
		for _, attr := range relation.attrs {
			switch attr.Name.Local {
			case "Type":
				kind = path.Base(attr.Value)
			case "Target":
				target = attr.Value
			case "TargetMode":
				mode = attr.Value
			}
		}
		remote := strings.HasPrefix(target, `\\`) || (strings.Contains(target, "://") && !strings.HasPrefix(target, "file:///"))
		local := kind == "attachedTemplate" && !remote
		switch {
		case kind == "aFChunk":
			p.report(CodeForbidden, "the document embeds another document in a foreign format; insert its text instead", place{placeholder: path.Base(name)}, nil)
		case strings.EqualFold(mode, "External") && kind != "hyperlink" && !local:
			p.report(CodeForbidden, "the document loads "+kind+" from "+target+"; embed it instead of linking to it", place{placeholder: path.Base(name)}, nil)
		}
	}
}

// checkFields refuses fields that fetch content, also when their text is cut into runs.
func (p *parser) checkFields(n *node, field *strings.Builder) {
	for _, child := range n.children {
		if child.kind != elementNode {
			continue
		}
		switch child.local() {
		case "p":
			p.paragraph++
		case "fldSimple":
			p.checkField(attribute(child, "instr"))
		case "instrText":
			for _, text := range child.children {
				field.WriteString(text.text)
			}
		case "fldChar":
			if attribute(child, "fldCharType") != "begin" {
				p.checkField(field.String())
			}
			field.Reset()
		}
		p.checkFields(child, field)
	}
}

func (p *parser) checkField(instruction string) {
	words := strings.Fields(instruction)
	if len(words) > 0 && forbiddenFields[strings.ToUpper(words[0])] {
		p.report(CodeForbidden, "the field "+words[0]+" loads content from elsewhere; insert the content itself", place{paragraph: p.paragraph, around: shortened(instruction)}, nil)
	}
}

func shortened(text string) string {
	return around([]rune(text), 0, min(60, len([]rune(text))))
}

func attribute(n *node, local string) string {
	for _, attr := range n.attrs {
		if attr.Name.Local == local {
			return attr.Value
		}
	}
	return ""
}

func allElements(n *node, local string, into []*node) []*node {
	for _, child := range n.children {
		if child.is(local) {
			into = append(into, child)
		}
		if child.kind == elementNode {
			into = allElements(child, local, into)
		}
	}
	return into
}
