package docstore

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Limits of the words kept per document.
const (
	maxTerms     = 400
	maxTermRunes = 32
)

// Entry is one value of an array path, a custom field, or one folded word
// (under TextPath) of a document.
type Entry struct {
	Path  string
	Value any
}

// HasEntries reports whether documents of the collection have entries at all.
func (c *Compiled) HasEntries() bool {
	return len(c.multi) > 0 || len(c.below) > 0 || len(c.Spec.Text) > 0
}

// EntryFingerprint changes when stored documents must be entered anew.
func (c *Compiled) EntryFingerprint() string {
	mark := fmt.Sprintf("1 %v %v %v", slices.Sorted(maps.Keys(c.multi)), c.below, c.Spec.Text)
	if len(c.Spec.Apart) > 0 {
		mark += fmt.Sprintf(" %v", c.Spec.Apart)
	}
	return mark
}

// Entries lists the entries a document has, sorted and without repetition.
func (c *Compiled) Entries(t Tree) []Entry {
	var out []Entry
	for p := range c.multi {
		for _, v := range t.Values(p) {
			out = append(out, Entry{p, v})
		}
	}
	for _, below := range c.below {
		base := strings.TrimSuffix(below, ".")
		walk(t.object(base), below, func(path string, v any) { out = append(out, Entry{path, v}) })
	}
	out = append(out, c.terms(t)...)
	slices.SortFunc(out, func(a, b Entry) int {
		if d := strings.Compare(a.Path, b.Path); d != 0 {
			return d
		}
		return Compare(a.Value, b.Value)
	})
	return slices.CompactFunc(out, func(a, b Entry) bool { return a.Path == b.Path && Compare(a.Value, b.Value) == 0 })
}

// ownMark begins the words of a document that has them itself. Words hold letters
// and numbers only, so that none of them begins so.
const ownMark = "="

func (c *Compiled) terms(t Tree) []Entry {
	seen := map[string]bool{}
	var out []Entry
	var own bool
	enter := func(w string) {
		if !seen[w] && len(out) < maxTerms {
			seen[w] = true
			out = append(out, Entry{TextPath, w})
		}
	}
	add := func(_ string, v any) {
		s, ok := v.(string)
		if !ok {
			return
		}
		for _, w := range Words(s) {
			enter(w)
			if own {
				enter(ownMark + w)
			}
		}
	}
	for _, p := range c.Spec.Text {
		own = len(c.Spec.Apart) > 0 && !slices.Contains(c.Spec.Apart, p)
		if base, wild := strings.CutSuffix(p, ".*"); wild {
			walk(t.object(base), "", add)
			continue
		}
		for _, v := range t.Values(p) {
			add("", v)
		}
	}
	return out
}

// object returns the object at a path, nil when there is none.
func (t Tree) object(path string) map[string]any {
	at := map[string]any(t)
	for _, key := range strings.Split(path, ".") {
		at, _ = at[key].(map[string]any)
	}
	return at
}

// walk visits every scalar below m; elements of arrays share the array's path.
func walk(m map[string]any, prefix string, visit func(path string, v any)) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		visitAt(m[k], prefix+k, visit)
	}
}

func visitAt(v any, path string, visit func(path string, v any)) {
	switch x := v.(type) {
	case map[string]any:
		walk(x, path+".", visit)
	case []any:
		for _, e := range x {
			visitAt(e, path, visit)
		}
	default:
		if s := scalar(v); s != nil {
			visit(path, s)
		}
	}
}

// letters that Unicode does not decompose but people type without their stroke, and the number sign, which it turns to "no".
var letters = strings.NewReplacer("ł", "l", "đ", "d", "ø", "o", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i", "№", " ")

// Words folds a text to lower-case words without accents.
func Words(s string) []string {
	s = letters.Replace(strings.ToLower(s))
	folded := make([]rune, 0, len(s))
	for _, r := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			folded = append(folded, r)
		}
	}
	words := strings.FieldsFunc(string(folded), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for i, w := range words {
		if r := []rune(w); len(r) > maxTermRunes {
			words[i] = string(r[:maxTermRunes])
		}
	}
	return words
}
