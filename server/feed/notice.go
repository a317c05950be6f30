package feed

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/schemas"
)

// sentences are the texts of notices: key, language, text. They are constant.
var sentences = sync.OnceValue(func() map[string]map[string]string {
	raw, err := schemas.FS.ReadFile("text/notices.json")
	if err != nil {
		panic("feed: " + err.Error())
	}
	var out map[string]map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		panic("feed: notices.json: " + err.Error())
	}
	return out
})

// Sentence is what a notice says in a language, English when that is not known;
// "" for a key that nobody wrote. Words replace its placeholders.
func Sentence(language, key string, words map[string]string) string {
	texts := sentences()[key]
	text, ok := texts[language]
	if !ok {
		text = texts["en"]
	}
	pairs := make([]string, 0, 2*len(words))
	for name, word := range words {
		pairs = append(pairs, "{{"+name+"}}", word)
	}
	return strings.TrimSpace(strings.NewReplacer(pairs...).Replace(text))
}

// WhenMark stands in a pattern where its moment is written.
const WhenMark = "{{when}}"

// Moment writes an instant for a person: in a zone, as the language does.
func Moment(language string, zone *time.Location, at time.Time) string {
	layout := map[string]string{"pt-BR": "02/01/2006 15:04", "pl": "02.01.2006 15:04", "ru": "02.01.2006 15:04"}[language]
	if layout == "" {
		layout = "2 Jan 2006 15:04"
	}
	return at.In(zone).Format(layout)
}
