// Package graph compiles a process definition into an immutable graph.
//
// A definition (definition.go) is what authors edit and versions keep. Parse
// reads it strictly, Canonical and Hash identify it, Compile checks it and lowers
// it to a Graph: nodes, edges and scopes as indexes, the primitive steps of
// each node (package kind), and the masks that make the inclusive join's rule a
// few bit operations (mask.go). Everything wrong is a Finding with a code and a
// JSON pointer; nothing panics on bad input. The flow faults that need a look at
// the whole graph are found by package lint.
//
// What must be looked up elsewhere (robots, JSON Schemas, expressions) comes in
// through Options, so that this package needs the standard library only.
//
// Entry points: definition.go (the format), decode.go (Parse), compile.go (Compile),
// graph.go (what comes of it); packages kind, check and lint below.
package graph
