package expr

import (
	"sort"
	"strings"
)

// Name is a value that an expression of a scope may read.
type Name struct {
	Path []string
	Type Type
}

// maxNameDepth bounds how deep Names looks into objects.
const maxNameDepth = 5

// Names lists the values of a scope by path. An object with known fields is
// there by these; an open one, a list and an amount also by itself.
func (s *Scope) Names() []Name {
	if s == nil {
		return nil
	}
	var out []Name
	var add func(path []string, t Type)
	add = func(path []string, t Type) {
		if t.Kind != Object || t.Open && len(path) > 1 || len(path) == maxNameDepth {
			out = append(out, Name{Path: append([]string(nil), path...), Type: t})
		}
		if len(path) == maxNameDepth {
			return
		}
		for _, name := range sortedKeys(t.Fields) {
			add(append(path, name), t.Fields[name])
		}
	}
	for _, name := range sortedKeys(s.roots) {
		add([]string{name}, s.roots[name])
	}
	return out
}

// FunctionInfo describes a function to an editor.
type FunctionInfo struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Doc       string `json:"doc"`
}

// Functions lists what expressions can call, by name.
func Functions() []FunctionInfo {
	out := make([]FunctionInfo, 0, len(functions)+len(loopSignatures))
	for _, f := range functions {
		out = append(out, FunctionInfo{f.name, f.signature, f.doc})
	}
	for name, signature := range loopSignatures {
		out = append(out, FunctionInfo{Name: name, Signature: signature})
	}
	sort.Slice(out, func(i, j int) bool { return strings.Compare(out[i].Name, out[j].Name) < 0 })
	return out
}
