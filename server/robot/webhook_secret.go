package robot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// secretIn recognizes {"secret": "..."}, the form of a header that is kept as a secret.
func secretIn(value any) (id string, ok bool) {
	object, isObject := value.(map[string]any)
	if !isObject || len(object) != 1 {
		return "", false
	}
	id, ok = object["secret"].(string)
	return id, ok
}

// written is a text of a config that may name secrets: texts stands round ids.
type written struct{ texts, ids []string }

// writtenIn reads a text, or what became of one that names secrets.
func writtenIn(value any) (written, bool) {
	if text, is := value.(string); is {
		return written{texts: []string{text}}, true
	}
	object, is := value.(map[string]any)
	if !is || len(object) != 1 {
		return written{}, false
	}
	parts, is := object[robot.SecretParts].([]any)
	if !is {
		return written{}, false
	}
	w := written{texts: []string{""}}
	for _, part := range parts {
		if id, is := secretIn(part); is {
			w.ids, w.texts = append(w.ids, id), append(w.texts, "")
		} else if text, is := part.(string); is {
			w.texts[len(w.texts)-1] += text
		} else {
			return written{}, false
		}
	}
	return w, true
}

// asItIs is the form of a secret where nothing has to be encoded.
func asItIs(value string) string { return value }

// with puts something in the place of every secret.
func (w written) with(of func(i int, before string) (string, error)) (string, error) {
	var out strings.Builder
	for i, text := range w.texts {
		out.WriteString(text)
		if i < len(w.ids) {
			value, err := of(i, out.String())
			if err != nil {
				return "", err
			}
			out.WriteString(value)
		}
	}
	return out.String(), nil
}

// stand is the text with a word where its secrets are.
func (w written) stand(word string) string { return strings.Join(w.texts, word) }

// opened are the secrets that a request sends.
type opened struct {
	of     func(id string) (string, error)
	inURL  bool
	inBody bool
	values []string
}

// value opens a secret and gives it in the form in which it is written.
func (o *opened) value(id string, form func(string) string) (string, error) {
	value, err := o.of(id)
	if err != nil {
		return "", err
	}
	o.values = append(o.values, value)
	return form(value), nil
}

// wholeHost is the beginning of an address that leaves nothing of its host open.
var wholeHost = regexp.MustCompile(`^(?i:https?)://[^/?#\\@]+[/?#]`)

// address writes the secrets of an address: as path, or as values of its query. They
// never say to which host it leads.
func (o *opened) address(w written) (string, error) {
	if len(w.ids) == 0 {
		return strings.TrimSpace(w.texts[0]), nil
	}
	w.texts = append([]string{strings.TrimLeft(w.texts[0], " \t\r\n")}, w.texts[1:]...)
	if !wholeHost.MatchString(w.texts[0]) {
		return "", badConfig("url", "a secret stands where the host is: write the host before it")
	}
	o.inURL = true
	out, err := w.with(func(i int, before string) (string, error) {
		if strings.ContainsAny(before, "?#") {
			return o.value(w.ids[i], url.QueryEscape)
		}
		return o.value(w.ids[i], func(value string) string { return (&url.URL{Path: value}).EscapedPath() })
	})
	return strings.TrimSpace(out), err
}

// text writes the secrets of a body: as JSON in JSON, as a form in a form, as XML in XML,
// else as they are. What a header says it is counts, also where values broke it.
func (o *opened) text(w written, contentType string) (string, error) {
	if len(w.ids) == 0 {
		return w.texts[0], nil
	}
	o.inBody = true
	kind, _, _ := mime.ParseMediaType(contentType)
	form := func(string) func(string) string { return asItIs }
	switch {
	case kind == "application/x-www-form-urlencoded":
		form = func(string) func(string) string { return url.QueryEscape }
	case strings.HasSuffix(kind, "/xml"), strings.HasSuffix(kind, "+xml"):
		form = func(string) func(string) string { return inXML }
	case kind == "application/json", strings.HasSuffix(kind, "+json"), json.Valid([]byte(w.stand("0"))): // a digit may stand in a text and as a value
		form = func(before string) func(string) string {
			if inText(before) {
				return func(value string) string { return within(quoted(value)) }
			}
			return quoted
		}
	}
	return w.with(func(i int, before string) (string, error) { return o.value(w.ids[i], form(before)) })
}

func inXML(value string) string {
	var b strings.Builder
	if xml.EscapeText(&b, []byte(value)) != nil {
		return "" // never: a Builder takes everything
	}
	return b.String()
}

// tree writes the secrets of an object that is sent as JSON.
func (o *opened) tree(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case map[string]any:
		if w, is := writtenIn(v); is {
			o.inBody = true
			return w.with(func(i int, _ string) (string, error) {
				return o.value(w.ids[i], asItIs)
			})
		}
		out := make(map[string]any, len(v))
		for name, inner := range v {
			if out[name], err = o.tree(inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			if out[i], err = o.tree(inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return value, nil
}

// inText tells whether the end of a beginning of JSON is inside of one of its texts.
func inText(before string) bool {
	in := false
	for i := 0; i < len(before); i++ {
		switch {
		case in && before[i] == '\\':
			i++
		case before[i] == '"':
			in = !in
		}
	}
	return in
}

// quoted writes a text as JSON, with the signs of HTML as they are.
func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return `""` // never: every text can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// secret opens a secret for the address that is called. Nothing of it is kept.
func (p *webhookCall) secret(ctx context.Context, id, address string) (string, *robot.Failure) {
	value, err := p.secrets.Secret(ctx, id, address)
	switch {
	case errors.Is(err, ErrSecretMissing):
		return "", permanent("secret_missing", "let an administrator add the secret, or choose another in the step, then retry", "there is no secret %q", id)
	case errors.Is(err, ErrSecretElsewhere):
		return "", permanent("secret_elsewhere", "let an administrator allow the host for the secret, or correct the address, then retry", "%v", err)
	case err != nil:
		return "", temporary("secret_unavailable", err, "the secret %q could not be read", id)
	}
	return value, nil
}

// hidden is an error that says nothing of secrets, and is still what it was.
func hidden(err error, secrets []string) error {
	shown := string(hide([]byte(err.Error()), secrets))
	if shown == err.Error() {
		return err
	}
	return &hiddenError{shown, err}
}

type hiddenError struct {
	shown string
	err   error
}

// Error is the text without secrets.
func (e *hiddenError) Error() string { return e.shown }

// Is tells what the error is, without giving it away.
func (e *hiddenError) Is(target error) bool { return errors.Is(e.err, target) }

// shownInstead stands where an answer repeats a secret.
const shownInstead = "[secret]"

// shortest is how long a part of a secret must be to be looked for: shorter ones stand
// in any text.
const shortest = 6

// hide takes out of an answer what services that repeat a request say of its secrets:
// an answer becomes part of the run, which many may read.
func hide(body []byte, secrets []string) []byte {
	var parts []*sought
	for _, text := range partsOf(secrets) {
		parts = append(parts, newSought(text))
	}
	if len(parts) == 0 {
		return body
	}
	// JSON has many ways to write one text ("\/", "\u002b"): its texts are looked at as read.
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err == nil {
		if cleaned, found := hideIn(value, parts); found {
			var b bytes.Buffer
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			if encoder.Encode(cleaned) == nil {
				body = append(bytes.TrimRight(b.Bytes(), "\n"), body[decoder.InputOffset():]...)
			}
		}
	}
	said := string(body)
	for _, part := range parts {
		said = part.without(said)
	}
	return []byte(said)
}

// partsOf are the texts that give secrets away, the longest first: what is in another
// is found with it.
func partsOf(secrets []string) []string {
	parts := map[string]bool{}
	for _, value := range secrets {
		if value == "" {
			continue
		}
		parts[value] = true
		at := strings.LastIndexByte(value, ' ')
		inside := []string{value[at+1:]} // "Bearer abc": also without its first word
		if at > 0 && strings.EqualFold(value[:at], "basic") {
			if plain, err := base64.StdEncoding.DecodeString(value[at+1:]); err == nil {
				_, password, _ := strings.Cut(string(plain), ":")
				inside = append(inside, string(plain), password)
			}
		}
		for _, part := range inside {
			if len(part) >= shortest && part != value {
				parts[part] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// within is a text of JSON without its quotation marks.
func within(quoted string) string { return quoted[1 : len(quoted)-1] }

// short are the characters that JSON escapes by a letter.
var short = map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// entities are those that HTML and XML have names for.
var entities = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\'': "&apos;"}

// escapes are the ways in which JSON, addresses, forms, XML and HTML write a character
// other than as it is.
func escapes(r rune) []string {
	percent, units := "", ""
	for _, c := range []byte(string(r)) {
		percent += fmt.Sprintf("%%%02x", c)
	}
	for _, u := range utf16.Encode([]rune{r}) {
		units += fmt.Sprintf(`\u%04x`, u)
	}
	out := []string{percent, units, fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#%03d;", r), fmt.Sprintf("&#x%x;", r)}
	if r == ' ' {
		out = append(out, "+")
	}
	for _, named := range []map[rune]string{short, entities} {
		if s := named[r]; s != "" {
			out = append(out, s)
		}
	}
	return out
}

// sought is a text that is looked for. Any of its characters may be escaped, and may be
// so once more: a form inside of JSON, JSON inside of a form.
type sought struct {
	runes   []rune
	escapes map[rune][]string
	starts  [256]bool // by the first byte of what may be its first character
}

func newSought(text string) *sought {
	s := &sought{runes: []rune(text), escapes: map[rune][]string{}}
	learn := func(r rune) {
		if _, known := s.escapes[r]; !known {
			s.escapes[r] = escapes(r)
		}
	}
	for _, r := range s.runes {
		learn(r)
		for _, form := range s.escapes[r] {
			for _, c := range form {
				learn(c)
			}
		}
	}
	first := s.runes[0]
	s.starts[string(first)[0]] = true
	for _, form := range s.escapes[first] {
		s.starts[form[0]] = true
		for _, again := range s.escapes[rune(form[0])] {
			s.starts[again[0]] = true
		}
	}
	return s
}

// without is a text with shownInstead where it was.
func (s *sought) without(text string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); at++ {
		if !s.starts[text[at]] {
			continue
		}
		ends := []int{at}
		for _, r := range s.runes {
			var next []int
			for _, end := range ends {
				next = s.after(next, text, end, r, 2)
			}
			if ends = next; len(ends) == 0 {
				break
			}
		}
		if len(ends) > 0 {
			b.WriteString(text[done:at] + shownInstead)
			done = slices.Max(ends)
			at = done - 1
		}
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// after adds where a character ends that begins at a place, escaped as often as times.
func (s *sought) after(ends []int, text string, at int, r rune, times int) []int {
	add := func(end int) {
		if !slices.Contains(ends, end) {
			ends = append(ends, end)
		}
	}
	if strings.HasPrefix(text[at:], string(r)) {
		add(at + utf8.RuneLen(r))
	}
	if times == 0 {
		return ends
	}
	for _, form := range s.escapes[r] {
		here := []int{at}
		for _, c := range form {
			var next []int
			for _, end := range here {
				switch {
				case !unicode.IsLetter(c) && !unicode.IsDigit(c):
					next = s.after(next, text, end, c, times-1)
				case end < len(text) && unicode.ToLower(rune(text[end])) == c:
					next = append(next, end+1)
				}
			}
			if here = next; len(here) == 0 {
				break
			}
		}
		for _, end := range here {
			add(end)
		}
	}
	return ends
}

// hideIn does so in the texts and the names of a JSON value, and tells whether there
// was anything.
func hideIn(value any, parts []*sought) (any, bool) {
	found := false
	switch v := value.(type) {
	case string:
		kept := v
		for _, part := range parts {
			kept = part.without(kept)
		}
		return kept, kept != v
	case []any:
		for i := range v {
			kept, here := hideIn(v[i], parts)
			v[i], found = kept, found || here
		}
	case map[string]any:
		kept := make(map[string]any, len(v))
		for name, one := range v {
			shown, inName := hideIn(name, parts)
			clean, inValue := hideIn(one, parts)
			kept[shown.(string)] = clean
			found = found || inName || inValue
		}
		return kept, found
	}
	return value, found
}
