package bpmn

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// corpus are the files of several tools and hostile ones.
func corpus(tb testing.TB) [][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.bpmn")
	if err != nil || len(files) == 0 {
		tb.Fatal(files, err)
	}
	var out [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, text)
	}
	for _, h := range hostile {
		out = append(out, []byte(h.text))
	}
	return out
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// hostile are files that must be refused by this rule, or "" = taken.
var hostile = []struct{ name, rule, text string }{
	{"empty", "not_xml", ""},
	{"text", "not_xml", "hello"},
	{"JSON", "not_xml", `{"format":"fluxo/process@1"}`},
	{"truncated", "not_xml", file(start)[:180]},
	{"two roots", "not_xml", file(start) + file(start)},
	{"wrong end", "not_xml", `<a><b></a></b>`},
	{"undeclared prefix", "not_xml", `<bpmn:definitions/>`},
	{"repeated attribute", "not_xml", `<a x="1" x="2"/>`},
	{"wrong namespace", "not_bpmn", strings.ReplaceAll(file(start), "20100524/MODEL", "20090601/MODEL")},
	{"no namespace", "not_bpmn", `<definitions><process/></definitions>`},
	{"no process", "no_process", `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>`},
	{"billion laughs", "doctype", `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><definitions>&b;</definitions>`},
	{"external entity", "doctype", `<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>`},
	{"undeclared entity", "not_xml", `<a>&xxe;</a>`},
	{"deep", "file_too_large", strings.Repeat("<a>", 100_000)},
	{"many attributes", "file_too_large", "<a " + strings.Repeat(`x="1" `, 5000) + "/>"},
	{"many elements", "file_too_large", "<a>" + strings.Repeat("<b/>", maxElements) + "</a>"},
	{"large", "file_too_large", strings.Repeat(" ", MaxBytes+1)},
	{"not UTF-8", "bad_encoding", "<a>\xff\xff</a>"},
	{"strange encoding", "bad_encoding", `<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>`},
	{"odd UTF-16", "bad_encoding", "\xff\xfe<"},
	{"UTF-16", "", utf16le(file(start))},
	{"UTF-8 mark", "", "\xef\xbb\xbf" + file(start)},
	{"Latin-1", "", strings.Replace(strings.Replace(file(start), `version="1.0"`, `version="1.0" encoding="ISO-8859-1"`, 1), `name="P"`, "name=\"Pr\xfcfung\"", 1)},
	{"other prefixes", "", strings.NewReplacer("<definitions xmlns=", "<x:definitions xmlns:x=", "</", "</x:", "<process", "<x:process", "<startEvent", "<x:startEvent").Replace(file(start))},
	{"deep sub-processes", "nested_too_deep", file(strings.Repeat(`<subProcess>`, 40) + strings.Repeat(`</subProcess>`, 40))},
	{"references in a ring", "", file(`<callActivity id="A" calledElement="p"/>`)},
}

func TestHostileFiles(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			r := Import([]byte(c.text), Options{})
			if c.rule == "" {
				if r.Refused() || len(r.Definitions) != 1 {
					t.Errorf("refused: %v", r.Findings)
				}
				return
			}
			if !r.Refused() || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == c.rule && f.Severity == graph.Error }) {
				t.Errorf("expected %s: %v", c.rule, r.Findings)
			}
		})
	}
	latin := Import([]byte(hostile[len(hostile)-4].text), Options{})
	if name := latin.Definitions[0].Name; name != "Prüfung" {
		t.Errorf("name %q", name)
	}
}

// settle imports any text and, when it is taken, exports and imports again: the
// second export must be the first.
func settle(t *testing.T, text []byte) {
	t.Helper()
	r := Import(text, Options{})
	for _, f := range r.Findings {
		if f.Message == "" {
			t.Fatalf("no text for rule %s", f.Rule)
		}
	}
	if r.Refused() {
		return
	}
	for _, def := range r.Definitions {
		raw := literal(def)
		if len(raw) > graph.MaxBytes {
			continue
		}
		if _, err := graph.Parse(raw); err != nil {
			t.Fatalf("no definition: %v\n%s", err, raw)
		}
		graph.Compile(def, graph.Options{})
		out, err := Export(def)
		if err != nil {
			t.Fatal(err)
		}
		again := Import(out, Options{})
		if again.Refused() {
			t.Fatalf("our export is refused: %v\n%s\nof\n%s", again.Findings, out, text)
		}
	}
}

func FuzzImport(f *testing.F) {
	for _, text := range corpus(f) {
		if len(text) < 100_000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) { settle(t, text) })
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"=a > 1", "${a && b}", "x in [1..2]", `="\"`, "a ? b : c", "if a then b else", "#{", "${'}'}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		tr := &translation{dialect: dialectOf(source, "", ""), names: map[string]bool{}}
		if text, err := tr.expression(source); err == nil && len(text) > 20*maxSource {
			t.Errorf("%q became %d bytes", source, len(text))
		}
	})
}

// TestMutations changes the corpus at random, always the same way, for some
// seconds: nothing may panic or hang. The fuzzer goes on from here in make soak.
func TestMutations(t *testing.T) {
	limit := 8 * time.Second
	if testing.Short() {
		limit = time.Second
	}
	random := rand.New(rand.NewPCG(7, 11))
	var seeds [][]byte
	for _, text := range corpus(t) {
		if len(text) < 40_000 {
			seeds = append(seeds, text)
		}
	}
	begun, rounds := time.Now(), 0
	for ; time.Since(begun) < limit && rounds < 4000; rounds++ {
		text := bytes.Clone(seeds[random.IntN(len(seeds))])
		for range 1 + random.IntN(4) {
			text = mutate(random, text, seeds)
		}
		one := time.Now()
		settle(t, text)
		if took := time.Since(one); took > 5*time.Second {
			t.Fatalf("%v for\n%s", took, text)
		}
	}
	t.Logf("%d files", rounds)
}

// mutate breaks a file as tools and transfers do: pieces are lost, doubled,
// moved, and words exchanged with those of other files.
func mutate(random *rand.Rand, text []byte, seeds [][]byte) []byte {
	if len(text) < 10 {
		return text
	}
	a := random.IntN(len(text))
	b := min(a+random.IntN(200), len(text))
	switch random.IntN(6) {
	case 0:
		return append(text[:a:a], text[b:]...)
	case 1:
		return append(text[:b:b], text[a:]...)
	case 2:
		text[a] ^= byte(1 << random.IntN(8))
		return text
	case 3: // an element more
		other := seeds[random.IntN(len(seeds))]
		from := bytes.IndexByte(other[random.IntN(len(other)+1):], '<')
		to := bytes.IndexByte(text[a:], '<')
		if from < 0 || to < 0 {
			return text
		}
		piece := other[from:min(from+300, len(other))]
		if i := bytes.LastIndexByte(piece, '>'); i > 0 {
			piece = piece[:i+1]
		}
		return append(append(text[:a+to:a+to], piece...), text[a+to:]...)
	case 4: // another value
		words := bytes.Split(text, []byte(`"`))
		if len(words) > 3 {
			words[1+2*random.IntN(len(words)/2)] = words[1+2*random.IntN(len(words)/2)]
		}
		return bytes.Join(words, []byte(`"`))
	default:
		names := []string{"userTask", "startEvent", "endEvent", "subProcess", "sequenceFlow", "boundaryEvent", "intermediateCatchEvent", "exclusiveGateway", "transaction"}
		from, to := names[random.IntN(len(names))], names[random.IntN(len(names))]
		return bytes.ReplaceAll(text, []byte(from), []byte(to))
	}
}
