package form

import (
	"encoding/json"
	"sync"

	"github.com/fluxo-app/fluxo/schemas"
)

// texts are the page's own words by key and language.
var texts = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	// The file is embedded and tested.
	if raw, err := schemas.FS.ReadFile("text/forms.json"); err == nil {
		_ = json.Unmarshal(raw, &out)
	}
	return out
})

func say(key, language string) string {
	if text := texts()[key][language]; text != "" {
		return text
	}
	return texts()[key]["en"]
}

// mistaken is what a client reads about a value that cannot be used.
func mistaken(code, language string) string {
	if _, known := texts()[code]; !known {
		code = "bad"
	}
	return say(code, language)
}
