// Package form keeps the forms that clients fill in on the sites of a company:
// what they ask, how they look, and what comes of what was sent.
//
// A form has a page of its own and can be embedded in other sites; both are the
// same server-rendered page, which works without scripts and loads nothing from
// elsewhere. What a client sends is stored before it is answered, and worked on
// afterwards: the client is found or made, triggers may move records of a known
// client, otherwise a record is created.
//
// Reading order: form.go (what a form is), check.go (which forms may be saved),
// service.go (keeping them), token.go (that a page was really opened), page.go
// (what clients see), submit.go (taking what they send), work.go (what comes of it).
package form
