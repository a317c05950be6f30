package expr

import (
	"regexp"
	"strings"
)

// secretCall is the one form in which a text names a secret: its id is written down, so
// that no value decides which secret it is.
var secretCall = regexp.MustCompile(`^\s*secret\(\s*(?:"([^"\\{}]{1,100})"|'([^'\\{}]{1,100})')\s*\)\s*$`)

// SecretCall is the text that names a secret inside of {{ }}.
func SecretCall(id string) string { return `secret("` + id + `")` }

// CutSecrets cuts a template at {{ secret("id") }}: texts are what stands before,
// between and after them, so there is one text more than ids. The language has no such
// function: where secrets are not cut out first, the text is refused.
func CutSecrets(text string) (texts, ids []string) {
	begin, at := 0, 0
	for {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			return append(texts, text[begin:]), ids
		}
		open += at
		source, length, closed := Placeholder(text[open+2:])
		if !closed {
			return append(texts, text[begin:]), ids
		}
		at = open + 2 + length
		if m := secretCall.FindStringSubmatch(source); m != nil {
			texts, ids = append(texts, text[begin:open]), append(ids, m[1]+m[2])
			begin = at
		}
	}
}

// BlankSecrets is a template with empty texts where it names secrets, each as long as
// what it stands for, so that places in it stay.
func BlankSecrets(text string) string {
	texts, ids := CutSecrets(text)
	if len(ids) == 0 {
		return text
	}
	var out strings.Builder
	at := 0
	for i, one := range texts {
		out.WriteString(one)
		at += len(one)
		if i < len(ids) {
			_, length, _ := Placeholder(text[at+2:])
			out.WriteString(`{{""` + strings.Repeat(" ", length-4) + "}}")
			at += 2 + length
		}
	}
	return out.String()
}

// SecretShown stands where people see a text that names a secret.
const SecretShown = "[secret]"

// ShowSecrets is a template with SecretShown in the place of its secrets: for texts that
// are looked at and not sent.
func ShowSecrets(text string) string {
	texts, _ := CutSecrets(text)
	return strings.Join(texts, SecretShown)
}
