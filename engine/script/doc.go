// Package script is the test language of the engine: small text files that draw
// a graph, send events to a run of it and say what must happen. README.md is its
// specification, testdata holds the semantics. The same files run over the pure
// core and, through Driver, over a whole host with a real store.
//
// Entry points: README.md and three files of testdata; then script.go (reading and
// comparing), definition.go (drawing graphs), event.go (what happens), driver.go
// (where it happens).
package script
