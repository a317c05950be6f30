package problem

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	table "github.com/fluxo-app/fluxo/schemas/errors"
)

// messageTable has the messages of places in other languages: by themselves, and
// those in which something changes as patterns.
type messageTable struct {
	whole    map[string]map[string]string
	patterns []messagePattern
}

type messagePattern struct {
	match *regexp.Regexp
	texts map[string]string
}

// verb is what changes in a message: a quoted word, a number, a word.
var verb = regexp.MustCompile(`%(?:04)?[a-zA-Z]`)

// messages parses the table once; it is constant afterwards.
var messages = sync.OnceValue(func() messageTable {
	out := messageTable{whole: map[string]map[string]string{}}
	if err := json.Unmarshal(table.Messages, &out.whole); err != nil {
		panic("problem: messages.json: " + err.Error())
	}
	var written []string
	for message := range out.whole {
		if verb.MatchString(message) {
			written = append(written, message)
		}
	}
	// The one that says most by itself comes first: it is the nearest.
	said := func(message string) int { return len(verb.ReplaceAllString(message, "")) }
	slices.SortFunc(written, func(a, b string) int { return cmp.Or(cmp.Compare(said(b), said(a)), strings.Compare(a, b)) })
	for _, message := range written {
		var expression strings.Builder
		from := 0
		for _, at := range verb.FindAllStringIndex(message, -1) {
			expression.WriteString(regexp.QuoteMeta(message[from:at[0]]))
			switch message[at[0]:at[1]] {
			case "%q":
				expression.WriteString(`("(?:[^"\\]|\\.)*")`)
			case "%d":
				expression.WriteString(`(-?\d+)`)
			default:
				expression.WriteString(`((?s).+?)`)
			}
			from = at[1]
		}
		expression.WriteString(regexp.QuoteMeta(message[from:]))
		out.patterns = append(out.patterns, messagePattern{regexp.MustCompile(`^` + expression.String() + `$`), out.whole[message]})
		delete(out.whole, message)
	}
	return out
})

// translated is a message of the source in another language, "" when the table does
// not have it.
func translated(message, language string) string {
	all := messages()
	if texts, ok := all.whole[message]; ok {
		return texts[language]
	}
	for _, p := range all.patterns {
		found := p.match.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		args := make(map[string]string, len(found)-1)
		for i, word := range found[1:] {
			if plain, err := strconv.Unquote(word); err == nil && strings.HasPrefix(word, `"`) {
				word = plain
			}
			args[strconv.Itoa(i+1)] = word
		}
		return fill(p.texts[language], args)
	}
	return ""
}
