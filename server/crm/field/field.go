// Package field describes the fields that a workspace adds to its CRM records,
// and brings what people, imports and robots send into the one form that is
// stored, searched and shown.
package field

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Type is what a field holds.
type Type string

// The types. In JSON: texts for all but Number, Money ({amount, currency}, minor
// units of ISO 4217) and Boolean. List holds the id of a dictionary's item, User
// of a user, Reference of a record, File of a file, Booking of a booking; Date is 2026-03-31, DateTime
// an instant of RFC 3339 in UTC.
const (
	Text      Type = "text"
	LongText  Type = "longText"
	Number    Type = "number"
	Money     Type = "money"
	Date      Type = "date"
	DateTime  Type = "dateTime"
	Boolean   Type = "boolean"
	List      Type = "list"
	User      Type = "user"
	Reference Type = "reference"
	File      Type = "file"
	Address   Type = "address"
	Phone     Type = "phone"
	Email     Type = "email"
	Link      Type = "link"
	Booking   Type = "booking"
)

// Types lists all types in the order in which people choose from them.
func Types() []Type {
	return []Type{Text, LongText, Number, Money, Date, DateTime, Boolean, List, User, Reference, File, Address, Phone, Email, Link, Booking}
}

// MaySeveral tells whether a field of the type can hold several values.
func (t Type) MaySeveral() bool {
	switch t {
	case Text, List, User, Reference, File, Phone, Email, Link, Booking:
		return true
	}
	return false
}

// Stages names stages of a pipeline at which a field must have a value.
type Stages struct {
	Pipeline string   `json:"pipeline"`
	Stages   []string `json:"stages"`
}

// Field is one field of a record type. Key is its name in expressions
// (record.<key>) and never changes; neither does Type.
type Field struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Type     Type   `json:"type"`
	Multiple bool   `json:"multiple,omitempty" doc:"holds any number of values"`
	// Dictionary is the id of the dictionary of a List, Target the record type of
	// a Reference.
	Dictionary string `json:"dictionary,omitempty"`
	Target     string `json:"target,omitempty"`
	Help       string `json:"help,omitempty"`
	// Required fields must have a value always; RequiredAt lists the stages that a
	// record cannot enter, nor lose the value on, without one.
	Required   bool     `json:"required,omitempty"`
	RequiredAt []Stages `json:"requiredAt,omitempty"`
	// Retired fields keep their values, but no form asks for them any more.
	Retired bool `json:"retired,omitempty"`
}

// RequiredOn tells whether a record on a stage must have a value.
func (f Field) RequiredOn(pipeline, stage string) bool {
	if f.Required {
		return true
	}
	for _, at := range f.RequiredAt {
		if at.Pipeline == pipeline {
			for _, s := range at.Stages {
				if s == stage {
					return true
				}
			}
		}
	}
	return false
}

// Limits of what a field holds.
const (
	MaxKey    = 40
	MaxLine   = 500
	MaxText   = 10_000
	MaxValues = 100
)

var keyForm = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,39}$`)

// ValidKey tells whether a key can be written in expressions.
func ValidKey(key string) bool { return keyForm.MatchString(key) }

// KeyOf makes a key from the words of a label: "Date of visit" becomes
// dateOfVisit. Without a letter of the Latin alphabet it is "field".
func KeyOf(label string) string {
	var b strings.Builder
	upper := false
	for _, r := range plain(label) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			if b.Len() == 0 && r <= '9' {
				continue
			}
			if upper && b.Len() > 0 {
				r = unicode.ToUpper(r)
			} else if b.Len() == 0 {
				r = unicode.ToLower(r)
			}
			b.WriteRune(r)
			upper = false
		default:
			upper = true
		}
	}
	key := b.String()
	if key == "" {
		return "field"
	}
	return key[:min(len(key), MaxKey-4)]
}

// plain takes accents off and writes letters that have none in ASCII.
func plain(s string) string {
	return folding.Replace(unaccented(s))
}

// Line tells what is wrong with a text on one line, "" when nothing is.
func Line(text string, most int) (code, message string) { return words(text, most, false) }

func words(text string, most int, multi bool) (code, message string) {
	if !utf8.ValidString(text) {
		return "not_utf8", "this is not valid UTF-8 text"
	}
	if n := utf8.RuneCountInString(text); n > most {
		return "too_long", tooLong(n, most)
	}
	for _, r := range text {
		if unicode.IsControl(r) && (!multi || r != '\n' && r != '\t' && r != '\r') {
			return "control_character", "this holds the control character " + hexRune(r) + "; remove it"
		}
	}
	return "", ""
}
