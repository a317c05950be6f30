package graph

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// maxCoordinate bounds the drawing: farther out, renderers lose precision and an
// overview of the whole shows nothing.
const maxCoordinate = 1e6

// reserved are the members that every JavaScript object has. An element with
// such an id would be found in the designer's tables before it is put there.
var reserved = []string{"__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor",
	"hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "prototype", "toLocaleString", "toString", "valueOf"}

// picture checks where things are drawn. It means nothing to a run, but people
// must be able to open what they published.
func (c *compiler) picture() {
	for _, id := range slices.Sorted(maps.Keys(c.def.Layout)) {
		p, at := c.def.Layout[id], pointer("/layout", id)
		c.point(at+"/at", id, p.At, -maxCoordinate)
		c.point(at+"/size", id, p.Size, 0)
		for i, bend := range p.Bends {
			c.point(at+"/bends/"+strconv.Itoa(i), id, bend, -maxCoordinate)
		}
	}
	for i, n := range c.def.Notes {
		at := "/notes/" + strconv.Itoa(i)
		c.point(at+"/at", n.ID, n.At, -maxCoordinate)
		c.point(at+"/size", n.ID, n.Size, 0)
	}
}

// point checks a pair of numbers; absent is right.
func (c *compiler) point(path, id string, pair []float64, least float64) {
	outside := func(v float64) bool { return !(v >= least && v <= maxCoordinate) } // also for NaN
	if pair == nil || len(pair) == 2 && !slices.ContainsFunc(pair, outside) {
		return
	}
	c.report(Finding{Code: "bad_position", Path: path, Message: fmt.Sprintf("%q is drawn outside the drawing area", id),
		Remedy: "give two numbers that lie in the drawing area",
		Data:   map[string]any{"id": id, "least": int(least), "most": int(maxCoordinate)}})
}
