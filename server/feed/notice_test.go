package feed_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/server/feed"
)

func TestNoticesSpeakEveryLanguage(t *testing.T) {
	raw, err := schemas.FS.ReadFile("text/notices.json")
	require.NoError(t, err)
	var all map[string]map[string]string
	require.NoError(t, json.Unmarshal(raw, &all))
	word := regexp.MustCompile(`\{\{\w+\}\}`)
	for key, texts := range all {
		for _, language := range []string{"en", "pt-BR", "pl", "ru"} {
			require.NotEmpty(t, texts[language], "%s in %s", key, language)
			require.ElementsMatch(t, word.FindAllString(texts["en"], -1), word.FindAllString(texts[language], -1), "%s in %s", key, language)
		}
	}
	require.Equal(t, "Telefon: Ania", feed.Sentence("pl", "activityPlanned.call", map[string]string{"title": "Ania", "when": ""}))
	require.Equal(t, feed.Sentence("en", "activityDone", nil), feed.Sentence("xx", "activityDone", nil))
	at := time.Date(2026, 3, 5, 13, 4, 0, 0, time.UTC)
	require.Equal(t, "5 Mar 2026 13:04", feed.Moment("en", time.UTC, at))
	require.Equal(t, "05.03.2026 13:04", feed.Moment("ru", time.UTC, at))
}
