// Package schemas holds the contracts that Go and TypeScript share as files: the
// process format, examples of it, broken definitions with the findings they must
// give, and the texts of findings in all languages. The schemas of nodes and robots are in package node below.
package schemas

import "embed"

// FS holds definition/ (one JSON Schema per format version), examples/ (valid
// definitions: those of docs/semantics.md in the folder semantics; the templates
// in the folder gallery, each beside <key>.texts.json with its translations), invalid/ (see its README.md),
// finding/findings.json and text/*.json (code -> language -> text; {{name}} is
// from the data beside the code): the names of audited actions, what incidents
// say, and what the functions of expressions give.
//
//go:embed definition examples invalid finding text
var FS embed.FS
