// Package httpapi is the REST surface: operations declared with huma on Gin, so
// that the Go types are the specification; problem documents; versions by ETag
// and If-Match; idempotency keys; limits. It holds no business rules: what a
// capability refuses arrives as a problem.Problem and is only rendered here.
//
// Every operation is declared by one call of route (see operation.go), which
// fixes the order of the checks: who is asking, whether they may, whether the
// body is sound JSON, whether the same request was already answered, and only
// then the operation itself.
package httpapi
