// Package crm keeps contacts, companies, records and pipelines, moves records
// between stages, and tells a record's story in its timeline. It knows nothing
// of processes: what a change sets in motion follows from the domain events
// that are written with each document.
package crm
