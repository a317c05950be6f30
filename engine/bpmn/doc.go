// Package bpmn reads BPMN 2.0 XML into process definitions and writes
// definitions as BPMN 2.0 XML.
//
// What a file says and this engine does not run is kept in the member "bpmn" of
// the x fields and given back on export; it never changes what a run does. What
// the engine could only run wrongly is refused, all refusals of a file at once,
// each with the element, the rule and what to do instead. docs/bpmn.md lists the
// mapping and the rules.
//
// A file is data of strangers: sizes, depth and counts are bounded, document
// types are refused, and nothing outside the file is ever read.
//
// Reading order: xml.go (trees and namespaces), import.go (a file to
// definitions), node.go, event.go and activity.go (its elements), rule.go (what
// is refused), language.go (foreign expressions), keep.go (what comes back),
// export.go (definitions to a file), diagram.go and layout.go (pictures).
package bpmn
