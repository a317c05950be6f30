package mail

import (
	"html"
	"regexp"
	"strings"
)

// address finds what a reader would want to press: addresses of pages and of
// people, without the punctuation that follows them in a sentence.
var address = regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)\]}]|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)

// HTML is a plain text as a page, for programs that show no plain texts well:
// paragraphs, line breaks, lists and links. Whatever the text holds is shown as
// it is written, never read as markup. language may be "".
func HTML(title, text, language string) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html")
	if language != "" {
		b.WriteString(` lang="` + html.EscapeString(language) + `"`)
	}
	b.WriteString(` dir="auto">` + "\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">" +
		`<meta name="color-scheme" content="light dark"><title>` + html.EscapeString(title) + "</title></head>\n" +
		`<body style="font-family: system-ui, sans-serif; font-size: 16px; line-height: 1.5; max-width: 40em; margin: 1.5em auto; padding: 0 1em">` + "\n")
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		writeParagraph(&b, strings.Split(strings.Trim(paragraph, "\n"), "\n"))
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

// writeParagraph writes lines that stand together: stretches of text and lists.
func writeParagraph(b *strings.Builder, lines []string) {
	open := ""
	turn := func(to string) {
		if open == to {
			return
		}
		if open != "" {
			b.WriteString("</" + open + ">\n")
		}
		if open = to; open != "" {
			b.WriteString("<" + open + ` dir="auto">`)
		}
	}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			turn("")
			continue
		}
		entry, listed := strings.CutPrefix(line, "- ")
		if !listed {
			entry, listed = strings.CutPrefix(line, "• ")
		}
		switch {
		case listed:
			turn("ul")
			b.WriteString("<li>")
			writeLine(b, entry)
			b.WriteString("</li>")
		case open == "p":
			b.WriteString("<br>\n")
			writeLine(b, line)
		default:
			turn("p")
			writeLine(b, line)
		}
	}
	turn("")
}

func writeLine(b *strings.Builder, line string) {
	at := 0
	for _, m := range address.FindAllStringIndex(line, -1) {
		found := line[m[0]:m[1]]
		to := found
		if !strings.HasPrefix(found, "http") {
			to = "mailto:" + found
		}
		b.WriteString(html.EscapeString(line[at:m[0]]) + `<a href="` + html.EscapeString(to) + `">` + html.EscapeString(found) + `</a>`)
		at = m[1]
	}
	b.WriteString(html.EscapeString(line[at:]))
}
