// Package errors holds the public error codes of the API: one table with the
// HTTP status, the text and the remedy in every language of the product.
package errors

import _ "embed"

// Table is errors.json: {"format", "languages", "errors": [{code, status, text, remedy}]}.
//
//go:embed errors.json
var Table []byte

// Nouns is nouns.json: {noun as the source names it: {language: noun}}, for the
// texts of what was not found.
//
//go:embed nouns.json
var Nouns []byte

// Messages is messages.json: {message of a place as the source writes it: {language:
// text}}. What changes is %q, %d or %s in the message and {1}, {2}, ... in the texts.
//
//go:embed messages.json
var Messages []byte
