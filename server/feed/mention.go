package feed

import (
	"regexp"
	"slices"
	"strings"
)

// mention is how a text names a person: @[Henrik Lindqvist](henrik).
var mention = regexp.MustCompile(`@\[([^\]\n]{1,200})\]\(([A-Za-z0-9._-]{1,100})\)`)

// mentionsMost bounds whom one text calls.
const mentionsMost = 50

// Mentions lists the ids of those whom a text mentions.
func Mentions(text string) []string {
	var out []string
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[2]) && len(out) < mentionsMost {
			out = append(out, m[2])
		}
	}
	return out
}

// Plain is a text as it is read aloud: mentions are names.
func Plain(text string) string { return mention.ReplaceAllString(text, "@$1") }

// Headline is the first line of a text, short enough for a bell.
func Headline(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(Plain(text)), "\n")
	const most = 100
	if r := []rune(line); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return strings.TrimSpace(line)
}
