// Package repair is what operators do to runs: one act on one run, the same in
// bulk as a durable job with one result line per run, a preview of both that
// stores nothing, suspension of definitions and of the whole workspace, and the
// answer to "why does it not go on?".
//
// Reading order: wish.go (what may be asked), apply.go (one run), job.go (many),
// suspension.go, outlook.go.
package repair
