package document

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/stretchr/testify/require"
)

const ns = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

// build packs parts into a DOCX.
func build(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, content := range parts {
		w, err := archive.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

func body(t *testing.T, content string) []byte {
	t.Helper()
	return build(t, map[string]string{"word/document.xml": `<?xml version="1.0"?><w:document ` + ns + `><w:body>` + content + `</w:body></w:document>`})
}

// par makes a paragraph with one run per text.
func par(runs ...string) string {
	var b strings.Builder
	b.WriteString("<w:p>")
	for i, run := range runs {
		fmt.Fprintf(&b, `<w:r><w:rPr><w:sz w:val="%d"/></w:rPr><w:t>`, 20+i)
		_ = xml.EscapeText(&b, []byte(run))
		b.WriteString("</w:t></w:r>")
	}
	b.WriteString("</w:p>")
	return b.String()
}

func cell(paragraphs ...string) string { return "<w:tc>" + strings.Join(paragraphs, "") + "</w:tc>" }
func row(cells ...string) string       { return "<w:tr>" + strings.Join(cells, "") + "</w:tr>" }
func table(rows ...string) string      { return "<w:tbl>" + strings.Join(rows, "") + "</w:tbl>" }

func parseBytes(docx []byte, scope *expr.Scope) (*Template, error) {
	return Parse(expr.New(expr.Options{}), scope, bytes.NewReader(docx), int64(len(docx)))
}

// textOf flattens a part: paragraphs end with /, cells with |, breaks are \.
func textOf(t *testing.T, docx []byte, name string) string {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(readFrom(t, docx, name)))
	var out strings.Builder
	inText := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return strings.TrimSuffix(out.String(), "/")
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "t"
			if e.Name.Local == "br" {
				out.WriteString(`\`)
			}
		case xml.EndElement:
			inText = false
			switch e.Name.Local {
			case "p":
				out.WriteString("/")
			case "tc":
				out.WriteString("|")
			}
		case xml.CharData:
			if inText {
				out.Write(e)
			}
		}
	}
}

func readFrom(t *testing.T, docx []byte, name string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	require.NoError(t, err)
	file, err := archive.Open(name)
	require.NoError(t, err)
	data, err := io.ReadAll(file)
	require.NoError(t, err)
	return data
}

func dealEnv() expr.Env {
	amount := func(minor int64) map[string]any { return map[string]any{"amount": minor, "currency": "PLN"} }
	return expr.Env{
		Roots: map[string]any{"record": map[string]any{
			"id": "0199c0de-1111-7000-8000-0000004711ab", "title": "Office <fit-out> & more", "amount": amount(15252000),
			"client":  map[string]any{"name": "Żubr & Syn Sp. z o.o.", "address": "Rynek 1, Kraków", "taxId": "PL6760000002", "email": "biuro@zubr.example"},
			"contact": map[string]any{"name": "Jan Kowalski"}, "responsible": "u-1", "expectedCloseAt": "2026-12-18",
			"comment": "First line\nSecond line", "empty": []any{},
			"products": []any{
				map[string]any{"name": "Desk \"Oak\"", "quantity": json.Number("10"), "price": amount(100000), "taxPercent": json.Number("23"), "total": amount(1230000)},
				map[string]any{"name": "Chair", "quantity": json.Number("40.5"), "price": amount(281500), "taxPercent": json.Number("23"), "total": amount(14022000)},
			},
		}},
		Now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
	}
}

func renderBytes(t *testing.T, docx []byte) []byte {
	t.Helper()
	template, err := parseBytes(docx, nil)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, template.Render(context.Background(), &out, dealEnv()))
	return out.Bytes()
}

func TestTemplateRenders(t *testing.T) {
	each := "{{#each record.products as p}}"
	cases := []struct{ name, content, want string }{
		{"one run", par("Hello {{ record.contact.name }}!"), "Hello Jan Kowalski!"},
		{"split over runs", par("A {", "{ rec", "ord.contact", ".name }", "} Z"), "A Jan Kowalski Z"},
		{"two in one run", par("{{ 1 }}-{{ 2 }}"), "1-2"},
		{"escaped", par("{{ record.title }}"), "Office <fit-out> & more"},
		{"line breaks", par("{{ record.comment }}"), `First line\Second line`},
		{"smart quotes", par("{{ record.nothing ?? “none” }}", "{{ upper(„x”) }}"), "noneX"},
		{"money does not break", par("{{ record.amount }}"), "152\u00a0520.00\u00a0PLN"},
		{"inline condition", par("a{{#if true}}b{{#else}}c{{/if}}d{{#if false}}e{{/if}}"), "abd"},
		{"inline over runs", par("a{{#i", "f false}}b", "c{{else}}d", "{{/if}}e"), "ade"},
		{"inline loop", par(each + "{{ index }}.{{ p.name }};{{/each}}"), `1.Desk "Oak";2.Chair;`},
		{"paragraph loop", par(each) + par("{{ p.name }}") + par("{{/each}}") + par("end"), `Desk "Oak"/Chair/end`},
		{"nested", par(each) + par("{{#if p.quantity > 20}}") + par("{{ p.name }}") + par("{{#else}}") + par("few") + par("{{/if}}") + par("{{/each}}"), "few/Chair"},
		{"paragraph condition over a table", par("{{#if false}}") + table(row(cell(par("x")))) + par("{{/if}}") + par("y"), "y"},
		{"row loop", table(row(cell(par(each+"{{ p.name }}")), cell(par("{{ p.quantity }}{{/each}}"))), row(cell(par("sum")), cell(par("{{ record.amount }}")))),
			"Desk \"Oak\"/|10/|Chair/|40.5/|sum/|152\u00a0520.00\u00a0PLN/|"},
		{"row loop with solo tags", table(row(cell(par(each), par("{{ p.name }}")), cell(par("{{ p.quantity }}"), par("{{/each}}")))), `Desk "Oak"/|10/|Chair/|40.5/|`},
		{"row loop and condition", table(row(cell(par(each+"{{#if p.quantity > 20}}{{ p.name }}")), cell(par("x{{/if}}{{/each}}")))), `Chair/|x/|`},
		{"control rows", table(row(cell(par(each)), cell("<w:p/>")), row(cell(par("{{ p.name }}"))), row(cell(par("-"))), row(cell(par("{{/each}}")), cell("<w:p/>"))),
			`Desk "Oak"/|-/|Chair/|-/|`},
		{"loop inside a cell", table(row(cell(par(each), par("{{ p.name }}"), par("{{/each}}")), cell(par("z")))), `Desk "Oak"/Chair/|z/|`},
		{"inline in a cell", table(row(cell(par("{{#if true}}yes{{/if}}")), cell(par("z")))), `yes/|z/|`},
		{"empty list", table(row(cell(par("{{#each record.empty as e}}{{ e.x }}{{/each}}")))) + par("z"), "/|z"},
		{"cell keeps a paragraph", table(row(cell(par("{{#each record.empty as e}}"), par("x"), par("{{/each}}"), "<w:p/>"))), "/|"},
		{"tab and break kept", `<w:p><w:r><w:t>a</w:t><w:tab/><w:t>{{ 1 </w:t><w:br/><w:t>}}b</w:t></w:r></w:p>`, `a1\b`},
		{"hyperlink", `<w:p><w:hyperlink><w:r><w:t>{{ record.contact.name }}</w:t></w:r></w:hyperlink></w:p>`, "Jan Kowalski"},
		{"text box", `<w:p><w:r><w:pict><w:txbxContent>` + par("{{ 7 }}") + `</w:txbxContent></w:pict></w:r><w:r><w:t>{{ 8 }}</w:t></w:r></w:p>`, "7/8"},
		{"no placeholder", par("plain } {"), "plain } {"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, textOf(t, renderBytes(t, body(t, c.content)), "word/document.xml"))
		})
	}
}

func TestTemplateKeepsWhatItDoesNotKnow(t *testing.T) {
	part := `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document ` + ns + ` xmlns:x="urn:x" x:a="1 &lt; 2"><w:body><x:odd x:q="ó"><x:inner/></x:odd>` + par("{{ 1 }}") + `</w:body></w:document>`
	docx := build(t, map[string]string{"word/document.xml": part, "word/media/a.png": "\x89PNG raw", "word/header2.xml": `<w:hdr ` + ns + `>` + par("{{ record.contact.name }}") + `</w:hdr>`})
	out := renderBytes(t, docx)
	require.Equal(t, "\x89PNG raw", string(readFrom(t, out, "word/media/a.png")))
	require.Equal(t, "Jan Kowalski", textOf(t, out, "word/header2.xml"))
	document := string(readFrom(t, out, "word/document.xml"))
	require.Contains(t, document, `x:a="1 &lt; 2"><w:body><x:odd x:q="ó"><x:inner/></x:odd><w:p>`)
	require.Contains(t, document, `<w:rPr><w:sz w:val="20"/></w:rPr><w:t xml:space="preserve">1</w:t>`)
}

// Strict parsers refuse a character reference outside of the root element, which
// encoding/xml writes for a line end and accepts when it reads.
func TestRenderKeepsLineEndsAroundTheRoot(t *testing.T) {
	part := "<?xml version=\"1.0\"?>\n<w:document " + ns + " w:x=\"a&#10;&quot;b\">\n\t<w:body>" + par("{{ 1 }}\x09> \"") + "</w:body></w:document>\n"
	out := string(readFrom(t, renderBytes(t, build(t, map[string]string{"word/document.xml": part})), "word/document.xml"))
	require.True(t, strings.HasPrefix(out, "<?xml version=\"1.0\"?>\n<w:document "), out)
	require.Contains(t, out, "w:x=\"a&#10;&quot;b\">\n\t<w:body>")
	require.Contains(t, out, ">1\t&gt; \"</w:t>")
	require.True(t, strings.HasSuffix(out, "</w:document>\n"))
}

func TestWellFormedRefuses(t *testing.T) {
	require.NoError(t, wellFormed([]byte("\ufeff<?xml version=\"1.0\"?>\n<a:b xmlns:a=\"u\" a:c=\"\"><a:d xml:space=\"preserve\"/></a:b>\n")))
	for _, broken := range []string{"", "<a/><b/>", "<a>", "<a><b></a></b>", "</a>", "<a/>x", "&#xA;<a/>", "<b:a/>", "<a b:c=\"\"/>", "<a xmlns:b=\"u\"/><b:c/>", "<a>\x01</a>"} {
		require.Error(t, wellFormed([]byte(broken)), broken)
	}
}

func TestRenderIsRepeatable(t *testing.T) {
	require.Equal(t, renderBytes(t, DemoContract()), renderBytes(t, DemoContract()))
}

func TestParseNamesPlaceholderAndPlace(t *testing.T) {
	scope := expr.NewScope(map[string]expr.Type{"record": {Kind: expr.Object, Fields: map[string]expr.Type{
		"title":    {Kind: expr.Text},
		"products": {Kind: expr.List, Of: &expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{"name": {Kind: expr.Text}}}},
	}}})
	cases := []struct{ name, content, code, message, placeholder string }{
		{"unknown field", par("x") + par("see {{ record.titel }} here"), expr.CodeUnknownName, "titel", "record.titel"},
		{"loop field", par("x") + par("{{#each record.products as p}}{{ p.nam }}{{/each}}"), expr.CodeUnknownName, "nam", "p.nam"},
		{"syntax", par("x") + par("{{ 1 + }}"), expr.CodeSyntax, "ends too early", "1 +"},
		{"not closed", par("x") + par("dear {{ record.title"), CodeSyntax, "no }}", ""},
		{"loop not closed", par("x") + par("{{#each record.products as p}}") + par("y"), CodeStructure, "has no {{/each}}", "#each record.products as p"},
		{"nothing opened", par("x") + par("{{/if}}"), CodeStructure, "closes nothing", "/if"},
		{"crossed", par("{{#if true}}") + par("{{/each}}") + par("{{/if}}"), CodeStructure, "closes nothing", "/each"},
		{"else in a loop", par("x") + par("{{#each record.products as p}}a{{#else}}b{{/each}}"), CodeStructure, "", "#else"},
		{"not alone", par("x") + par("text {{#if true}}") + par("y") + par("{{/if}}"), CodeStructure, "must stand alone", "#if true"},
		{"bad loop", par("x") + par("{{#each record.products}}a{{/each}}"), CodeSyntax, "{{#each list as name}}", "#each record.products"},
		{"unknown tag", par("x") + par("{{#for x}}"), CodeSyntax, "there is no such tag", "#for x"},
		{"half row", par("x") + table(row(cell(par("{{#each record.products as p}}a")), cell(par("b")))), CodeStructure, "same table row", "#each record.products as p"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseBytes(body(t, c.content), scope)
			var problems Problems
			require.ErrorAs(t, err, &problems)
			first := problems[0]
			require.Equal(t, c.code, first.Code, first.Message)
			require.Contains(t, first.Message, c.message)
			require.Equal(t, c.placeholder, first.Placeholder)
			require.Equal(t, "body", first.Part)
			require.Equal(t, 2, first.Paragraph)
			require.NotEmpty(t, first.Around)
		})
	}
}

func TestParseReportsEveryMistake(t *testing.T) {
	_, err := parseBytes(build(t, map[string]string{
		"word/document.xml": `<w:document ` + ns + `><w:body>` + par("{{ 1 + }} {{ nofunc() }}") + `</w:body></w:document>`,
		"word/footer1.xml":  `<w:ftr ` + ns + `>` + par("{{ }}") + `</w:ftr>`,
	}), nil)
	var problems Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 3)
	require.Contains(t, err.Error(), "footer, paragraph 1")
	require.Contains(t, err.Error(), "in {{ nofunc() }}")
}

func TestRenderFailsWithoutOutput(t *testing.T) {
	template, err := parseBytes(body(t, par("ok {{ record.title }}")+par("x {{ 1 / record.zero }} y")), nil)
	require.NoError(t, err)
	var out bytes.Buffer
	env := expr.Env{Roots: map[string]any{"record": map[string]any{"title": "t", "zero": 0}}}
	err = template.Render(context.Background(), &out, env)
	var problem *Problem
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "division by zero", problem.Message)
	require.Equal(t, 2, problem.Paragraph)
	require.Equal(t, "1 / record.zero", problem.Placeholder)
	require.Equal(t, "x {{ 1 / record.zero }} y", problem.Around)
	require.Equal(t, map[string]any{"record.zero": 0}, problem.Cause.Values)
	require.Zero(t, out.Len())
}

func TestParseRefusesOtherFiles(t *testing.T) {
	deep := strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300)
	cases := map[string][]byte{
		"no zip":     []byte("hello"),
		"no body":    build(t, map[string]string{"xl/workbook.xml": "<a/>"}),
		"broken":     build(t, map[string]string{"word/document.xml": "<a><b></a>"}),
		"open":       build(t, map[string]string{"word/document.xml": "<a>"}),
		"entities":   build(t, map[string]string{"word/document.xml": `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`}),
		"deep":       build(t, map[string]string{"word/document.xml": deep}),
		"macros":     build(t, map[string]string{"word/document.xml": "<a/>", "word/vbaProject.bin": "x"}),
		"large part": build(t, map[string]string{"word/document.xml": "<a/>", "word/media/x.bin": strings.Repeat("x", maxPartBytes+1)}),
	}
	for name, docx := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseBytes(docx, nil)
			require.ErrorIs(t, err, ErrNotDocument)
		})
	}
}

func TestRenderLimitsLoops(t *testing.T) {
	template, err := parseBytes(body(t, par("{{#each 1..300 as a}}{{#each 1..300 as b}}x{{/each}}{{/each}}")), nil)
	require.NoError(t, err)
	require.ErrorContains(t, template.Render(context.Background(), io.Discard, expr.Env{}), "20000 times")
}

func TestParseEndsOnLargeParagraphs(t *testing.T) {
	started := time.Now()
	_, err := parseBytes(body(t, par(strings.Repeat("{{ 1 }} ż", 300_000))), nil)
	require.ErrorContains(t, err, "at most 5000 placeholders")
	runs := "<w:p>" + strings.Repeat("<w:r><w:t>{{ 1 }}</w:t></w:r>", maxPlaceholders) + strings.Repeat("<w:r><w:t>x</w:t></w:r>", 100_000) + "</w:p>"
	_, err = parseBytes(body(t, runs), nil)
	require.NoError(t, err)
	require.Less(t, time.Since(started), time.Minute)
}

func TestPlaceholdersAreListed(t *testing.T) {
	template, err := parseBytes(body(t, par("{{ b }} {{#if a}}{{ b }}{{/if}}")), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, template.Placeholders())
}

// covers D-06
func TestDemoContractHoldsTheDeal(t *testing.T) {
	out := renderBytes(t, DemoContract())
	text := textOf(t, out, "word/document.xml")
	for _, want := range []string{
		"No. 2026/4711AB of 21 November 2026 — Office <fit-out> & more/",
		"Żubr & Syn Sp. z o.o./Rynek 1, Kraków/Tax ID: PL6760000002/represented by Jan Kowalski/|",
		"represented by the sales department",
		"1/|Desk \"Oak\"/|10/|1\u00a0000.00\u00a0PLN/|23/|12\u00a0300.00\u00a0PLN/|2/|Chair/|40.5/|2\u00a0815.00\u00a0PLN/|23/|140\u00a0220.00\u00a0PLN/|Contract total/|152\u00a0520.00\u00a0PLN/|",
		"due by 7 December 2026 by bank",
		"3. Delivery/The Seller delivers no later than 18 December 2026./4. Special terms/First line\\Second line/Signatures/",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "{{")
	require.Contains(t, textOf(t, out, "word/header1.xml"), "Contract 2026/4711AB · Żubr & Syn")
}

func FuzzParse(f *testing.F) {
	f.Add("{{#each a as b}}", "{{ b }}", "{{/each}}")
	f.Add("{{#if x}}", "{{#else}}", "{{/if}}")
	f.Add("{{/if}}", "{{", "}}")
	compiler := expr.New(expr.Options{})
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, content := range []string{par(a, b, c), par(a) + par(b) + par(c), table(row(cell(par(a)), cell(par(b)), cell(par(c)))), table(row(cell(par(a))), row(cell(par(b))), row(cell(par(c))))} {
			docx := body(t, content)
			template, err := Parse(compiler, nil, bytes.NewReader(docx), int64(len(docx)))
			if err == nil {
				_ = template.Render(context.Background(), io.Discard, dealEnv())
			}
		}
	})
}

// The demo's template must pass the check that an upload passes.
func TestDemoContractIsWellTyped(t *testing.T) {
	text, money, day := expr.Type{Kind: expr.Text}, expr.Type{Kind: expr.Money}, expr.Type{Kind: expr.Date}
	party := expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{"name": text, "address": text, "taxId": text, "email": text}}
	item := expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{"name": text, "quantity": {Kind: expr.Number}, "price": money, "taxPercent": {Kind: expr.Number}, "total": money}}
	scope := expr.NewScope(map[string]expr.Type{"record": {Kind: expr.Object, Fields: map[string]expr.Type{
		"id": text, "title": text, "client": party, "contact": party, "products": {Kind: expr.List, Of: &item},
		"amount": money, "expectedCloseAt": day, "comment": text, "responsible": {Kind: expr.User}}}})
	template, err := parseBytes(DemoContract(), scope)
	require.NoError(t, err)
	require.Contains(t, template.Placeholders(), "item.total")
	env := dealEnv()
	record := env.Roots["record"].(map[string]any)
	record["expectedCloseAt"], record["comment"], record["responsible"] = "", "", ""
	var out bytes.Buffer
	require.NoError(t, template.Render(context.Background(), &out, env))
	plain := textOf(t, out.Bytes(), "word/document.xml")
	require.Contains(t, plain, "within 30 days")
	require.NotContains(t, plain, "Special terms")
}
