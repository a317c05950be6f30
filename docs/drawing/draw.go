package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Sizes in pixels of the designer's canvas; a picture is shown smaller.
const (
	cardWidth  = 220.0
	cardHeight = 64.0
	shape      = 64.0 // events and gateways
	border     = 36.0 // boundary events
	margin     = 28.0
	frame      = 40.0 // round what a sub-process holds
	shown      = 0.62
	lineLength = 26 // characters of a name on a card
)

// style has its own background, and colors for both of GitHub's themes.
const style = `
.bg{fill:#fff;stroke:#d0d7de}.card{fill:#f6f8fa;stroke:#57606a;stroke-width:1.6}.frame{fill:#fff;stroke:#57606a;stroke-width:1.6}
.flow{fill:none;stroke:#57606a;stroke-width:1.8}.head{fill:#57606a}.ring{fill:#fff;stroke:#1a7f37;stroke-width:2.2}
.end{stroke:#cf222e;stroke-width:4}.mid{stroke:#0969da}.gate{fill:#fff8c5;stroke:#9a6700;stroke-width:1.8}
.mark{fill:none;stroke:#24292f;stroke-width:2}.solid{fill:#24292f}.dash{stroke-dasharray:5 4}.thin{stroke-dasharray:2 5}
text{font:15px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#24292f}.kind{font-size:12px;fill:#57606a}.say{font-size:13px;fill:#0550ae;paint-order:stroke;stroke:#fff;stroke-width:4px}
@media (prefers-color-scheme:dark){.bg{fill:#0d1117;stroke:#30363d}.card{fill:#161b22;stroke:#8b949e}.frame{fill:#0d1117;stroke:#8b949e}
.flow{stroke:#8b949e}.head{fill:#8b949e}.ring{fill:#0d1117;stroke:#3fb950}.end{stroke:#f85149}.mid{stroke:#58a6ff}.gate{fill:#272115;stroke:#d29922}
.mark{stroke:#e6edf3}.solid{fill:#e6edf3}text{fill:#e6edf3}.kind{fill:#8b949e}.say{fill:#79c0ff;stroke:#0d1117}}
`

// box is where a node stands.
type box struct{ x, y, w, h float64 }

func (b box) midX() float64   { return b.x + b.w/2 }
func (b box) midY() float64   { return b.y + b.h/2 }
func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }

// picture is one drawing under way.
type picture struct {
	def   *graph.Definition
	boxes map[string]box
	nodes map[string]*graph.NodeDefinition
	out   bytes.Buffer
	area  box
	err   error
}

// draw gives the SVG of a definition.
func draw(def *graph.Definition) ([]byte, error) {
	p := &picture{def: def, boxes: map[string]box{}, nodes: map[string]*graph.NodeDefinition{},
		area: box{x: math.Inf(1), y: math.Inf(1), w: math.Inf(-1), h: math.Inf(-1)}}
	p.place(def.Nodes)
	if p.err != nil {
		return nil, p.err
	}
	p.container(def.Nodes, def.Flows)
	a := p.area
	x, y, w, h := a.x-margin, a.y-margin, a.w-a.x+2*margin, a.h-a.y+2*margin
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="%.0f %.0f %.0f %.0f" role="img">`+"\n", w*shown, h*shown, x, y, w, h)
	fmt.Fprintf(&svg, "<title>%s</title>\n<style>%s</style>\n", escape(def.Name), style)
	svg.WriteString(`<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0L10 5L0 10z"/></marker></defs>` + "\n")
	fmt.Fprintf(&svg, `<rect class="bg" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="12"/>`+"\n", x+1, y+1, w-2, h-2)
	svg.Write(p.out.Bytes())
	svg.WriteString("</svg>\n")
	return svg.Bytes(), nil
}

func escape(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return ""
	}
	return b.String()
}

// reach makes the picture large enough for a point.
func (p *picture) reach(x, y float64) {
	p.area.x, p.area.y = math.Min(p.area.x, x), math.Min(p.area.y, y)
	p.area.w, p.area.h = math.Max(p.area.w, x), math.Max(p.area.h, y)
}

// place finds where nodes stand; a sub-process goes round what it holds.
func (p *picture) place(nodes []graph.NodeDefinition) {
	for i := range nodes {
		n := &nodes[i]
		p.nodes[n.ID] = n
		at := p.def.Layout[n.ID].At
		b := box{w: cardWidth, h: cardHeight}
		switch n.Kind {
		case "startEvent", "endEvent", "catchEvent", "throwEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventGateway", "complexJoin":
			b.w, b.h = shape, shape
		case "boundaryEvent":
			b.w, b.h = border, border
		}
		if len(n.Nodes) > 0 {
			p.place(n.Nodes)
			b = p.around(n.Nodes)
		} else if len(at) != 2 {
			p.err = fmt.Errorf("the layout does not say where %s stands", n.ID)
			return
		} else {
			b.x, b.y = at[0], at[1]
		}
		if host := p.nodes[n.AttachedTo]; host != nil && len(host.Nodes) > 0 {
			b.y = p.boxes[host.ID].bottom() - border/2
		}
		p.boxes[n.ID] = b
		p.reach(b.x, b.y-18)
		p.reach(b.right(), b.bottom())
	}
}

func (p *picture) around(nodes []graph.NodeDefinition) box {
	x, y, r, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range nodes {
		b := p.boxes[nodes[i].ID]
		x, y, r, bottom = math.Min(x, b.x), math.Min(y, b.y), math.Max(r, b.right()), math.Max(bottom, b.bottom())
	}
	return box{x: x - frame, y: y - frame - 12, w: r - x + 2*frame, h: bottom - y + 2*frame + 12}
}

// container draws the nodes of one level, flows between the frames and the rest.
func (p *picture) container(nodes []graph.NodeDefinition, flows []graph.Flow) {
	for i := range nodes {
		if n := &nodes[i]; len(n.Nodes) > 0 {
			b, class := p.boxes[n.ID], "frame"
			if n.Event {
				class += " thin"
			}
			p.print(`<rect class="%s" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="12"/>`, class, b.x, b.y, b.w, b.h)
			p.text("kind", b.x+12, b.y+18, "start", kindText(n))
			p.text("", b.x+12, b.y+36, "start", n.Name)
			if n.Transaction {
				p.print(`<rect class="mark" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="9"/>`, b.x+4, b.y+4, b.w-8, b.h-8)
			}
			p.container(n.Nodes, n.Flows)
		}
	}
	for _, f := range flows {
		p.flow(f)
	}
	for i := range nodes {
		if n := &nodes[i]; n.Handler != "" && n.Kind != "boundaryEvent" {
			from, to := p.boxes[n.ID], p.boxes[n.Handler]
			p.print(`<path class="flow thin" d="M%.0f %.0fL%.0f %.0f"/>`, from.midX(), from.bottom(), to.midX(), to.y)
		}
		p.node(&nodes[i])
	}
}

func (p *picture) print(format string, args ...any) {
	fmt.Fprintf(&p.out, format+"\n", args...)
}

func (p *picture) text(class string, x, y float64, anchor, text string) {
	if text == "" {
		return
	}
	p.print(`<text class="%s" x="%.0f" y="%.0f" text-anchor="%s">%s</text>`, class, x, y, anchor, escape(text))
	half := float64(utf8.RuneCountInString(text)) * 4
	switch anchor {
	case "end":
		p.reach(x-2*half, y-12)
	case "middle":
		p.reach(x-half, y+6)
		p.reach(x+half, y+6)
	default:
		p.reach(x+2*half, y+6)
	}
}

// kindText is the small line above a card's name.
func kindText(n *graph.NodeDefinition) string {
	words := map[string]string{"userTask": "user task", "setVariables": "set variables", "callActivity": "call activity", "subProcess": "sub-process",
		"receiveTask": "receive task", "sendTask": "send task", "robot": "robot " + n.Robot}
	text := n.Kind
	if w, ok := words[n.Kind]; ok {
		text = w
	}
	switch {
	case n.Event:
		text = "event sub-process"
	case n.Transaction:
		text = "transaction"
	case n.AdHoc != nil:
		text = "ad-hoc sub-process"
	}
	switch {
	case n.Loop != nil:
		text += ", loop"
	case n.Each != nil && n.Each.Parallel:
		text += ", for each, side by side"
	case n.Each != nil:
		text += ", for each, in turn"
	}
	return text
}

func (p *picture) node(n *graph.NodeDefinition) {
	b := p.boxes[n.ID]
	switch n.Kind {
	case "startEvent", "endEvent", "catchEvent", "throwEvent", "boundaryEvent":
		p.event(n, b)
	case "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventGateway", "complexJoin":
		x, y := b.midX(), b.midY()
		p.print(`<path class="gate" d="M%.0f %.0fL%.0f %.0fL%.0f %.0fL%.0f %.0fz"/>`, x, b.y+4, b.right()-4, y, x, b.bottom()-4, b.x+4, y)
		p.gateMark(n, x, y)
		p.text("kind", x-14, y-22, "end", n.Name)
	default:
		if len(n.Nodes) > 0 {
			return
		}
		p.print(`<rect class="card" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10"/>`, b.x, b.y, b.w, b.h)
		p.text("kind", b.x+12, b.y+18, "start", kindText(n))
		for i, line := range wrap(n.Name) {
			p.text("", b.x+12, b.y+37+float64(i)*18, "start", line)
		}
	}
}

// wrap breaks a name into at most two lines.
func wrap(name string) []string {
	if utf8.RuneCountInString(name) <= lineLength {
		return []string{name}
	}
	cut := strings.LastIndex(name[:min(lineLength, len(name))], " ")
	if cut < 0 {
		return []string{name}
	}
	return []string{name[:cut], name[cut+1:]}
}

func (p *picture) gateMark(n *graph.NodeDefinition, x, y float64) {
	switch n.Kind {
	case "exclusiveGateway":
		p.print(`<path class="mark" d="M%.0f %.0fl16 16m0 -16l-16 16"/>`, x-8, y-8)
	case "parallelGateway":
		p.print(`<path class="mark" d="M%.0f %.0fh22m-11 -11v22"/>`, x-11, y)
	case "inclusiveGateway":
		p.print(`<circle class="mark" cx="%.0f" cy="%.0f" r="10"/>`, x, y)
	case "eventGateway":
		p.print(`<circle class="mark" cx="%.0f" cy="%.0f" r="13"/><path class="mark" d="M%.0f %.0fl7 5l-3 8h-8l-3 -8z"/>`, x, y, x, y-7)
	case "complexJoin":
		p.print(`<path class="mark" d="M%.0f %.0fh22m-11 -11v22m-8 -19l16 16m0 -16l-16 16"/>`, x-11, y)
		p.text("kind", x+16, y+30, "start", fmt.Sprintf("needs %d", n.Need))
	}
}

func (p *picture) event(n *graph.NodeDefinition, b box) {
	x, y, r := b.midX(), b.midY(), 23.0
	class := "ring"
	switch n.Kind {
	case "endEvent":
		class += " end"
	case "catchEvent", "throwEvent":
		class += " mid"
	case "boundaryEvent":
		class, r = class+" mid", 17
	}
	if n.Interrupting != nil && !*n.Interrupting {
		class += " dash"
	}
	p.print(`<circle class="%s" cx="%.0f" cy="%.0f" r="%.0f"/>`, class, x, y, r)
	if n.Kind == "catchEvent" || n.Kind == "throwEvent" || n.Kind == "boundaryEvent" {
		p.print(`<circle class="%s" fill-opacity="0" cx="%.0f" cy="%.0f" r="%.0f"/>`, class, x, y, r-4)
	}
	p.glyph(glyphOf(n), x, y, n.Kind == "throwEvent" || n.Kind == "endEvent")
	switch n.Kind {
	case "boundaryEvent":
		p.text("kind", b.x-4, b.bottom()+8, "end", n.Name)
	default:
		p.text("kind", x, y+r+18, "middle", n.Name)
	}
}

// glyphOf names the sign inside an event.
func glyphOf(n *graph.NodeDefinition) string {
	if t := n.Trigger; t != nil {
		switch {
		case t.Timer != nil, t.On == "schedule":
			return "timer"
		case t.Message != nil:
			return "message"
		case t.Signal != nil:
			return "signal"
		case t.Error != nil:
			return "error"
		case t.Escalation != nil:
			return "escalation"
		case t.Conditional != "":
			return "condition"
		case t.Compensation:
			return "compensation"
		case t.Cancel:
			return "cancel"
		case len(t.Any) > 0:
			return "any"
		case len(t.All) > 0:
			return "all"
		}
	}
	if e := n.Effect; e != nil {
		switch {
		case e.Message != nil:
			return "message"
		case e.Signal != nil:
			return "signal"
		case e.Error != nil:
			return "error"
		case e.Escalation != nil:
			return "escalation"
		case e.Compensation != nil:
			return "compensation"
		case e.Terminate:
			return "terminate"
		case e.Cancel:
			return "cancel"
		}
	}
	return ""
}

// glyph draws a sign; what is thrown is filled.
func (p *picture) glyph(sign string, x, y float64, filled bool) {
	class := "mark"
	if filled {
		class = "solid"
	}
	path := map[string]string{
		"signal":       "M%.0f %.0fm0 -9l9 15h-18z",
		"error":        "M%.0f %.0fm-8 8l5 -15l6 8l5 -9l-5 15l-6 -8z",
		"escalation":   "M%.0f %.0fm0 -10l7 18l-7 -7l-7 7z",
		"compensation": "M%.0f %.0fm-1 -7v14l-9 -7zm10 0v14l-9 -7z",
		"any":          "M%.0f %.0fm0 -9l9 7l-3 10h-12l-3 -10z",
	}
	switch sign {
	case "":
	case "timer":
		p.print(`<circle class="mark" cx="%.0f" cy="%.0f" r="10"/><path class="mark" d="M%.0f %.0fv-7m0 7h5"/>`, x, y, x, y)
	case "message":
		p.print(`<path class="mark" d="M%.0f %.0fh18v12h-18zl9 7l9 -7"/>`, x-9, y-6)
		if filled {
			p.print(`<path class="solid" d="M%.0f %.0fh18v12h-18z" fill-opacity=".45"/>`, x-9, y-6)
		}
	case "condition":
		p.print(`<path class="mark" d="M%.0f %.0fh14v16h-14zm3 4h8m-8 4h8m-8 4h8"/>`, x-7, y-8)
	case "terminate":
		p.print(`<circle class="solid" cx="%.0f" cy="%.0f" r="11"/>`, x, y)
	case "cancel":
		p.print(`<path class="mark" d="M%.0f %.0fl14 14m0 -14l-14 14"/>`, x-7, y-7)
	case "all":
		p.print(`<path class="mark" d="M%.0f %.0fh20m-10 -10v20"/>`, x-10, y)
	default:
		p.print(`<path class="%s" d="`+path[sign]+`"/>`, class, x, y)
	}
}
