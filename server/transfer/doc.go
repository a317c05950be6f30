// Package transfer brings records into files and out of them: tables in CSV and
// XLSX. Writing streams; reading trusts nothing about a file, neither its name nor
// its size nor its form.
//
// Reading order: write.go (tables out), export.go (records out), source.go,
// csv.go, xlsx.go (tables in), mapping.go, value.go (rows become records),
// draft.go, job.go (an import from upload to the last row).
package transfer
