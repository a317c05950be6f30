package bpmn

import (
	"cmp"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Distances of a picture that is laid out anew. They fit the cards of the designer.
const (
	columnWidth = 300.0
	rowHeight   = 120.0
	padding     = 40.0
)

// rect is a place in pixels.
type rect struct{ x, y, w, h float64 }

// sizeOf is how large the designer draws a node.
func sizeOf(n *graph.NodeDefinition) (w, h float64) {
	switch n.Kind {
	case "startEvent", "endEvent", "catchEvent", "throwEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventGateway", "complexJoin":
		return 64, 64
	case "boundaryEvent":
		return 36, 36
	}
	return 220, 64
}

// arrange places the nodes of a container in columns by their distance from the
// start, and in rows so that flows cross little. Inner containers come first, as
// their size counts. It gives the size of the whole.
func arrange(nodes []graph.NodeDefinition, flows []graph.Flow, at map[string]rect) (width, height float64) {
	index := make(map[string]int, len(nodes))
	size := make([]rect, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		index[n.ID] = i
		w, h := sizeOf(n)
		if len(n.Nodes) > 0 {
			iw, ih := arrange(n.Nodes, n.Flows, at)
			w, h = max(w, iw+2*padding), max(h, ih+2*padding)
		}
		size[i] = rect{w: w, h: h}
	}
	next := make([][]int, len(nodes))
	for _, f := range flows {
		from, okFrom := index[f.From]
		to, okTo := index[f.To]
		if okFrom && okTo && from != to {
			next[from] = append(next[from], to)
		}
	}
	for i := range nodes { // a boundary event stands at its host; what follows it is one column on
		if host, ok := index[nodes[i].AttachedTo]; ok && nodes[i].Kind == "boundaryEvent" && host != i {
			next[host] = append(next[host], next[i]...)
		}
	}
	column := columns(nodes, next)
	rows := rowsOf(nodes, next, column)
	return stand(nodes, index, size, column, rows, at)
}

// columns ranks nodes by their longest way from a start, leaving out flows back.
func columns(nodes []graph.NodeDefinition, next [][]int) []int {
	column := make([]int, len(nodes))
	state := make([]int8, len(nodes)) // 0 new, 1 on the way, 2 done
	back := map[[2]int]bool{}
	var order []int
	for root := range nodes {
		if state[root] != 0 {
			continue
		}
		type step struct{ node, edge int }
		stack := []step{{root, 0}}
		state[root] = 1
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.edge == len(next[top.node]) {
				state[top.node] = 2
				order = append(order, top.node)
				stack = stack[:len(stack)-1]
				continue
			}
			to := next[top.node][top.edge]
			top.edge++
			switch state[to] {
			case 0:
				state[to] = 1
				stack = append(stack, step{to, 0})
			case 1:
				back[[2]int{top.node, to}] = true
			}
		}
	}
	slices.Reverse(order)
	for _, from := range order {
		for _, to := range next[from] {
			if !back[[2]int{from, to}] {
				column[to] = max(column[to], column[from]+1)
			}
		}
	}
	return column
}

// rowsOf orders each column by the middle of what leads there.
func rowsOf(nodes []graph.NodeDefinition, next [][]int, column []int) [][]int {
	var layers [][]int
	for i := range nodes {
		if nodes[i].Kind == "boundaryEvent" {
			continue
		}
		for len(layers) <= column[i] {
			layers = append(layers, nil)
		}
		layers[column[i]] = append(layers[column[i]], i)
	}
	before := make([][]int, len(nodes))
	for from := range next {
		for _, to := range next[from] {
			before[to] = append(before[to], from)
		}
	}
	row := make([]float64, len(nodes))
	for _, layer := range layers {
		middle := map[int]float64{}
		for position, i := range layer {
			sum, count := 0.0, 0
			for _, from := range before[i] {
				if column[from] < column[i] {
					sum, count = sum+row[from], count+1
				}
			}
			middle[i] = float64(position)
			if count > 0 {
				middle[i] = sum / float64(count)
			}
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
		for position, i := range layer {
			row[i] = float64(position)
		}
	}
	return layers
}

func stand(nodes []graph.NodeDefinition, index map[string]int, size []rect, column []int, layers [][]int, at map[string]rect) (width, height float64) {
	x := 0.0
	for _, layer := range layers {
		wide, y := 220.0, 0.0
		for _, i := range layer {
			wide = max(wide, size[i].w)
		}
		for _, i := range layer {
			h := max(size[i].h, 64)
			at[nodes[i].ID] = rect{x + (wide-size[i].w)/2, y + (h-size[i].h)/2, size[i].w, size[i].h}
			y += h + rowHeight - 64
		}
		height = max(height, y-(rowHeight-64))
		x += wide + columnWidth - 220
	}
	for i := range nodes {
		n := &nodes[i]
		if r := at[n.ID]; len(n.Nodes) > 0 {
			shift(n.Nodes, r.x+padding, r.y+padding, at)
		}
	}
	count := map[string]int{}
	for i := range nodes {
		n := &nodes[i]
		if n.Kind != "boundaryEvent" {
			continue
		}
		host, ok := at[n.AttachedTo]
		if _, here := index[n.AttachedTo]; !ok || !here {
			at[n.ID] = rect{0, height + 20, 36, 36}
			continue
		}
		at[n.ID] = rect{host.x + host.w - 52 - float64(count[n.AttachedTo])*46, host.y + host.h - 18, 36, 36}
		count[n.AttachedTo]++
	}
	return max(x-(columnWidth-220), 0), height
}

// shift moves all that stands in a container.
func shift(nodes []graph.NodeDefinition, dx, dy float64, at map[string]rect) {
	for i := range nodes {
		r := at[nodes[i].ID]
		at[nodes[i].ID] = rect{r.x + dx, r.y + dy, r.w, r.h}
		shift(nodes[i].Nodes, dx, dy, at)
	}
}
