package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// DemoContract builds the sample contract template: a real DOCX with a header,
// a table of products, conditions, and a block for signatures. The same bytes
// come out every time.
func DemoContract() []byte {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, file := range []struct{ name, content string }{
		{"[Content_Types].xml", demoContentTypes},
		{"_rels/.rels", demoPackageRelations},
		{"docProps/core.xml", demoProperties},
		{"word/document.xml", demoDocument()},
		{"word/_rels/document.xml.rels", demoRelations},
		{"word/styles.xml", demoStyles},
		{"word/header1.xml", demoHeader()},
		{"word/footer1.xml", demoFooter()},
	} {
		// Writing to a buffer in memory cannot fail.
		w, _ := archive.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Deflate})
		_, _ = w.Write([]byte(file.content))
	}
	_ = archive.Close()
	return out.Bytes()
}

const (
	demoXML       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	demoNamespace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

	demoContentTypes = demoXML + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	demoPackageRelations = demoXML + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	demoProperties = demoXML + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<dc:title>Sales contract</dc:title><dc:creator>Fluxo</dc:creator></cp:coreProperties>`

	demoRelations = demoXML + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/>` +
		`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>`

	demoStyles = demoXML + `<w:styles ` + demoNamespace + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Carlito" w:hAnsi="Carlito" w:cs="Carlito" w:eastAsia="Carlito"/><w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-GB"/>` +
		`</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="269" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:pPr><w:spacing w:before="240" w:after="40"/></w:pPr>` +
		`<w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="44"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:pPr><w:spacing w:after="320"/></w:pPr>` +
		`<w:rPr><w:color w:val="5B6B7F"/><w:sz w:val="23"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:keepNext/><w:spacing w:before="300" w:after="100"/><w:outlineLvl w:val="0"/></w:pPr>` +
		`<w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="26"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Small"><w:name w:val="Small"/><w:pPr><w:spacing w:after="0"/></w:pPr>` +
		`<w:rPr><w:color w:val="5B6B7F"/><w:sz w:val="17"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Cell"><w:name w:val="Cell"/><w:pPr><w:spacing w:before="50" w:after="50" w:line="240" w:lineRule="auto"/></w:pPr></w:style>` +
		`</w:styles>`
)

// demoParagraph is one paragraph; text between asterisks is bold.
func demoParagraph(style, align, text string) string {
	var b strings.Builder
	b.WriteString("<w:p><w:pPr>")
	if style != "" {
		fmt.Fprintf(&b, `<w:pStyle w:val="%s"/>`, style)
	}
	if align != "" {
		fmt.Fprintf(&b, `<w:jc w:val="%s"/>`, align)
	}
	b.WriteString("</w:pPr>")
	for i, piece := range strings.Split(text, "**") {
		if piece == "" {
			continue
		}
		b.WriteString("<w:r>")
		if i%2 == 1 {
			b.WriteString("<w:rPr><w:b/></w:rPr>")
		}
		b.WriteString(`<w:t xml:space="preserve">`)
		_ = xml.EscapeText(&b, []byte(piece)) // a strings.Builder never fails
		b.WriteString("</w:t></w:r>")
	}
	b.WriteString("</w:p>")
	return b.String()
}

// demoCell is a table cell of a width in twentieths of a point.
func demoCell(width, span int, fill, content string) string {
	cell := fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, width)
	if span > 1 {
		cell += fmt.Sprintf(`<w:gridSpan w:val="%d"/>`, span)
	}
	if fill != "" {
		cell += fmt.Sprintf(`<w:shd w:val="clear" w:color="auto" w:fill="%s"/>`, fill)
	}
	return cell + `<w:vAlign w:val="center"/></w:tcPr>` + content + `</w:tc>`
}

func demoTable(borders string, widths []int, rows ...string) string {
	var b strings.Builder
	b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="9638" w:type="dxa"/>` + borders + `<w:tblLayout w:type="fixed"/>` +
		`<w:tblCellMar><w:left w:w="100" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`)
	for _, width := range widths {
		fmt.Fprintf(&b, `<w:gridCol w:w="%d"/>`, width)
	}
	b.WriteString(`</w:tblGrid>` + strings.Join(rows, "") + `</w:tbl>`)
	return b.String()
}

const demoLines = `<w:tblBorders><w:top w:val="single" w:sz="8" w:color="1F3A5F"/><w:bottom w:val="single" w:sz="8" w:color="1F3A5F"/>` +
	`<w:insideH w:val="single" w:sz="4" w:color="D5DCE5"/></w:tblBorders>`

func demoProducts() string {
	columns := []struct {
		width               int
		align, title, value string
	}{
		{560, "center", "No.", "{{#each record.products as item}}{{ index }}"},
		{3678, "", "Product or service", "{{ item.name }}"},
		{1000, "right", "Quantity", "{{ item.quantity }}"},
		{1700, "right", "Unit price", "{{ item.price }}"},
		{900, "right", "Tax, %", "{{ item.taxPercent }}"},
		{1800, "right", "Total", "{{ item.total }}{{/each}}"},
	}
	header, row := `<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`, `<w:tr><w:trPr><w:cantSplit/></w:trPr>`
	var widths []int
	for _, c := range columns {
		widths = append(widths, c.width)
		header += demoCell(c.width, 1, "E9EEF5", demoParagraph("Cell", c.align, "**"+c.title+"**"))
		row += demoCell(c.width, 1, "", demoParagraph("Cell", c.align, c.value))
	}
	total := `<w:tr><w:trPr><w:cantSplit/></w:trPr>` +
		demoCell(7838, 5, "F5F7FA", demoParagraph("Cell", "right", "**Contract total**")) +
		demoCell(1800, 1, "F5F7FA", demoParagraph("Cell", "right", "**{{ record.amount }}**")) + `</w:tr>`
	return demoTable(demoLines, widths, header+`</w:tr>`, row+`</w:tr>`, total)
}

func demoParties() string {
	side := func(role string, lines ...string) string {
		cell := demoParagraph("Small", "", role)
		for _, line := range lines {
			cell += demoParagraph("Cell", "", line)
		}
		return cell
	}
	return demoTable("", []int{4819, 4819}, `<w:tr>`+
		demoCell(4819, 1, "", side("SELLER", "**Baltica Office Sp. z o.o.**", "ul. Długa 12, 80-827 Gdańsk, Poland", "Tax ID: PL5830000001",
			`represented by {{ user(record.responsible)?.name ?? "the sales department" }}`))+
		demoCell(4819, 1, "", side("BUYER", "**{{ record.client.name }}**", "{{ record.client.address }}",
			"{{#if not isEmpty(record.client.taxId)}}Tax ID: {{ record.client.taxId }}{{/if}}",
			"{{#if not isEmpty(record.contact.name)}}represented by {{ record.contact.name }}{{/if}}"))+
		`</w:tr>`)
}

func demoSignatures() string {
	cell := func(role, name string) string {
		return demoCell(4819, 1, "", demoParagraph("Cell", "", "")+demoParagraph("Cell", "", "")+
			demoParagraph("Cell", "", "________________________________")+demoParagraph("Cell", "", "**"+name+"**")+
			demoParagraph("Small", "", role+" — date and signature"))
	}
	return demoTable("", []int{4819, 4819}, `<w:tr><w:trPr><w:cantSplit/></w:trPr>`+
		cell("Seller", "Baltica Office Sp. z o.o.")+cell("Buyer", "{{ record.client.name }}")+`</w:tr>`)
}

func demoDocument() string {
	body := demoParagraph("Title", "", "Sales contract") +
		demoParagraph("Subtitle", "", `No. {{ year(now) }}/{{ upper(record.id[-6:]) }} of {{ formatDate(now, "d MMMM yyyy") }} — {{ record.title }}`) +
		demoParties() +
		demoParagraph("Heading1", "", "1. Subject") +
		demoParagraph("", "both", "The Seller sells and delivers, and the Buyer accepts and pays for, the goods and services listed below.") +
		demoProducts() +
		demoParagraph("Heading1", "", "2. Price and payment") +
		demoParagraph("", "both", `The total price is **{{ record.amount }}**, taxes included. Payment is due by **{{ formatDate(addWorkingDays(now, 10), "d MMMM yyyy") }}** by bank transfer.`) +
		demoParagraph("Heading1", "", "3. Delivery") +
		demoParagraph("", "", "{{#if isEmpty(record.expectedCloseAt)}}") +
		demoParagraph("", "both", "The Seller delivers within 30 days after the contract is signed.") +
		demoParagraph("", "", "{{#else}}") +
		demoParagraph("", "both", `The Seller delivers no later than **{{ formatDate(record.expectedCloseAt, "d MMMM yyyy") }}**.`) +
		demoParagraph("", "", "{{/if}}") +
		demoParagraph("", "", "{{#if not isEmpty(record.comment)}}") +
		demoParagraph("Heading1", "", "4. Special terms") +
		demoParagraph("", "", "{{ record.comment }}") +
		demoParagraph("", "", "{{/if}}") +
		demoParagraph("Heading1", "", "Signatures") +
		demoSignatures()
	return demoXML + `<w:document ` + demoNamespace + `><w:body>` + body +
		`<w:p/><w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:footerReference w:type="default" r:id="rId3"/>` +
		`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>`
}

func demoHeader() string {
	return demoXML + `<w:hdr ` + demoNamespace + `>` + demoParagraph("Small", "right", "Contract {{ year(now) }}/{{ upper(record.id[-6:]) }} · {{ record.client.name }}") + `</w:hdr>`
}

func demoFooter() string {
	field := func(code string) string {
		return `<w:fldSimple w:instr=" ` + code + ` "><w:r><w:t>1</w:t></w:r></w:fldSimple>`
	}
	return demoXML + `<w:ftr ` + demoNamespace + `><w:p><w:pPr><w:pStyle w:val="Small"/><w:jc w:val="center"/></w:pPr>` +
		`<w:r><w:t xml:space="preserve">Page </w:t></w:r>` + field("PAGE") + `<w:r><w:t xml:space="preserve"> of </w:t></w:r>` + field("NUMPAGES") + `</w:p></w:ftr>`
}
