// Package schemas holds the contracts that Go and TypeScript share as files: the
// process format, examples of it, and broken definitions with the findings they
// must give. The schemas of nodes and robots are in package node below.
package schemas

import "embed"

// FS holds definition/ (one JSON Schema per format version), examples/ (valid
// definitions, offered as templates) and invalid/ (see its README.md).
//
//go:embed definition examples invalid
var FS embed.FS
