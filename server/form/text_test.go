package form

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPagesSpeakEveryLanguage(t *testing.T) {
	require.Greater(t, len(texts()), 20)
	for key, words := range texts() {
		for _, language := range languages {
			require.NotEmpty(t, words[language], "%s in %s", key, language)
		}
	}
	require.Equal(t, say("send", "en"), say("send", "xx"))
	require.Equal(t, say("bad", "pl"), mistaken("unheard", "pl"))
}

func TestInkCanBeReadOnEveryColor(t *testing.T) {
	for color, ink := range map[string]string{"#2563eb": "#ffffff", "#ffffff": "#111827", "#000000": "#ffffff", "#facc15": "#111827"} {
		require.Equal(t, ink, onto(color), color)
	}
}
