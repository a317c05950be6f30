// Package job carries out long acts on many things: what each act is about is
// collected first and written down, one line per thing, then line after line is
// treated by whoever runs, also after a crash or on another server. Every line
// keeps what became of it.
//
// Reading order: job.go (what is kept), service.go (starting, reading, canceling),
// work.go (carrying on).
package job
