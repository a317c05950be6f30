package document

// structure matches control tags below n. Tags that find no partner among their
// siblings move up: out of a paragraph that holds nothing else they stand for
// whole paragraphs; out of a row's cells they stand for the row.
func (p *parser) structure(n *node) {
	for _, child := range n.children {
		if child.kind == elementNode {
			p.structure(child)
		}
	}
	switch n.local() {
	case "tc":
		p.cell(n)
		return
	case "tr":
		p.lift(n)
		return
	case "p":
		n.children = p.match(n.children, false)
		return
	}
	p.lift(n)
	n.children = p.match(n.children, true)
}

// lift replaces paragraphs and rows below n by the control tags they held.
func (p *parser) lift(n *node) {
	var children []*node
	for _, child := range n.children {
		switch {
		case child.is("p"):
			children = append(children, p.paragraphParts(child, false)...)
		case child.is("tr"):
			children = append(children, p.rowParts(child)...)
		default:
			children = append(children, child)
		}
	}
	n.children = children
}

// paragraphParts is the paragraph, or the control tags that are all it holds.
func (p *parser) paragraphParts(paragraph *node, inRow bool) []*node {
	open := unmatched(paragraph)
	if len(open) == 0 {
		return []*node{paragraph}
	}
	if !hasContent(paragraph) {
		return open
	}
	if !inRow {
		for _, tag := range open {
			p.report(CodeStructure, "a tag that works on several paragraphs must stand alone in its paragraph", tag.place, nil)
		}
		removeControls(paragraph)
		return []*node{paragraph}
	}
	removeControls(paragraph)
	parts := []*node{}
	for _, tag := range open {
		tag.bubbled = true
		if !tag.control.opens() {
			continue
		}
		parts = append(parts, tag)
	}
	parts = append(parts, paragraph)
	for _, tag := range open {
		if !tag.control.opens() {
			parts = append(parts, tag)
		}
	}
	return parts
}

// cell matches the paragraphs of a cell unless a tag of theirs belongs to the row.
func (p *parser) cell(cell *node) {
	var children []*node
	forRow := false
	for _, child := range cell.children {
		if !child.is("p") {
			children = append(children, child)
			continue
		}
		parts := p.paragraphParts(child, true)
		for _, part := range parts {
			forRow = forRow || part.bubbled
		}
		children = append(children, parts...)
	}
	if !forRow && balanced(children) {
		children = p.match(children, true)
	}
	cell.children = children
}

// rowParts is the row, the row inside the loops and choices that its cells
// open and close, or the control tags that are all it holds.
func (p *parser) rowParts(row *node) []*node {
	var open []*node
	for _, cell := range row.children {
		if !cell.is("tc") {
			continue
		}
		var children []*node
		for _, child := range cell.children {
			if child.kind == controlNode {
				open = append(open, child)
			} else {
				children = append(children, child)
			}
		}
		cell.children = children
	}
	if len(open) == 0 {
		return []*node{row}
	}
	if !balanced(open) {
		if !hasContent(row) {
			return open
		}
		for _, tag := range open {
			p.report(CodeStructure, "this tag has no partner in the same table row", tag.place, nil)
		}
		return []*node{row}
	}
	// Nested pairs surround the row from outside in: opening tags first.
	var around []*node
	for i, tag := range open {
		if tag.control.word == "else" || (tag.control.opens() && i > 0 && !open[i-1].control.opens()) {
			p.report(CodeStructure, "a table row can be inside loops and conditions, but not have one beside another", tag.place, nil)
			return []*node{row}
		}
		if i > 0 && open[i-1].control.opens() && !tag.control.opens() {
			around = append(around, row)
		}
		around = append(around, tag)
	}
	return p.match(around, true)
}

// balanced says whether every tag finds its partner in nodes.
func balanced(nodes []*node) bool {
	var stack []string
	for _, n := range nodes {
		if n.kind != controlNode {
			continue
		}
		switch word := n.control.word; {
		case n.control.opens():
			stack = append(stack, "/"+word)
		case word == "else":
			if len(stack) == 0 || stack[len(stack)-1] != "/if" {
				return false
			}
		default:
			if len(stack) == 0 || stack[len(stack)-1] != word {
				return false
			}
			stack = stack[:len(stack)-1]
		}
	}
	return len(stack) == 0
}

// match folds pairs among siblings into loops and choices. With final, tags
// that remain are reported and dropped, otherwise they stay for the parent.
func (p *parser) match(nodes []*node, final bool) []*node {
	type frame struct {
		tag      *node
		children []*node
		before   []*node // children of the true branch once else was met
		hasElse  bool
	}
	var result []*node
	var stack []*frame
	add := func(n *node) {
		if len(stack) == 0 {
			result = append(result, n)
		} else {
			top := stack[len(stack)-1]
			top.children = append(top.children, n)
		}
	}
	for _, n := range nodes {
		if n.kind != controlNode {
			add(n)
			continue
		}
		top := (*frame)(nil)
		if len(stack) > 0 {
			top = stack[len(stack)-1]
		}
		switch word := n.control.word; {
		case n.control.opens():
			stack = append(stack, &frame{tag: n})
		case word == "else" && top != nil && top.tag.control.word == "if" && !top.hasElse:
			top.before, top.children, top.hasElse = top.children, nil, true
		case top != nil && word == "/"+top.tag.control.word:
			stack = stack[:len(stack)-1]
			pair := &node{place: top.tag.place, control: top.tag.control}
			switch {
			case word == "/each":
				pair.kind, pair.children = loopNode, top.children
			case top.hasElse:
				pair.kind, pair.children, pair.otherwise = choiceNode, top.before, top.children
			default:
				pair.kind, pair.children = choiceNode, top.children
			}
			add(pair)
		case final || top != nil:
			p.report(CodeStructure, "this tag closes nothing here", n.place, nil)
		default:
			add(n)
		}
	}
	// Frames that stayed open give their tags and content back in order.
	for _, f := range stack {
		if final {
			p.report(CodeStructure, "this tag has no {{/"+f.tag.control.word+"}}", f.tag.place, nil)
		} else {
			result = append(result, f.tag)
		}
		result = append(result, f.before...)
		if f.hasElse && !final {
			result = append(result, &node{kind: controlNode, control: control{word: "else"}, place: f.tag.place})
		}
		result = append(result, f.children...)
	}
	return result
}

func unmatched(n *node) []*node {
	var open []*node
	for _, child := range n.children {
		if child.kind == controlNode {
			open = append(open, child)
		}
	}
	return open
}

func removeControls(n *node) {
	kept := n.children[:0]
	for _, child := range n.children {
		if child.kind != controlNode {
			kept = append(kept, child)
		}
	}
	n.children = kept
}

// hasContent says whether anything below n would be seen, or whether losing n
// would lose a section.
func hasContent(n *node) bool {
	for _, child := range n.children {
		switch {
		case child.kind == textNode:
			if n.is("t") && child.text != "" && !blank(child.text) {
				return true
			}
		case child.kind == valueNode || child.kind == loopNode || child.kind == choiceNode:
			return true
		case child.kind != elementNode:
		case child.is("drawing") || child.is("pict") || child.is("object") || child.is("sectPr") || child.is("tbl") || hasContent(child):
			return true
		}
	}
	return false
}

func blank(text string) bool {
	for _, r := range text {
		if r != ' ' && r != '\t' && r != '\n' && r != '\u00a0' {
			return false
		}
	}
	return true
}
