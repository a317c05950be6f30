package document

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseRefusesContentFromOutside(t *testing.T) {
	relation := func(kind, target, mode string) string {
		return `<Relationships xmlns="u"><Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `" TargetMode="` + mode + `"/></Relationships>`
	}
	text := `<w:document ` + ns + `><w:body>` + par("x") + `%</w:body></w:document>`
	cases := []struct {
		name, relations, content string
		refused                  bool
	}{
		{"linked image", relation("image", "http://10.0.0.1/a.png", "External"), "", true},
		{"local image", relation("image", "file:///etc/passwd", "External"), "", true},
		{"embedded image", relation("image", "media/a.png", "Internal"), "", false},
		{"remote template", relation("attachedTemplate", "https://evil.example/t.dotm", "External"), "", true},
		{"share template", relation("attachedTemplate", `\\host\t.dotm`, "External"), "", true},
		{"local template", relation("attachedTemplate", "file:///C:/Users/x/Normal.dotm", "External"), "", false},
		{"hyperlink", relation("hyperlink", "https://example.com", "External"), "", false},
		{"foreign format", relation("aFChunk", "a.html", "Internal"), "", true},
		{"object", relation("oleObject", "file:///etc/passwd", "External"), "", true},
		{"field", "", `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>INCLUDE</w:instrText></w:r><w:r><w:instrText>PICTURE "http://x"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`, true},
		{"simple field", "", `<w:p><w:fldSimple w:instr=" includetext x "/></w:p>`, true},
		{"page field", "", `<w:p><w:fldSimple w:instr=" PAGE "/><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "http://x/LINK" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r></w:p>`, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			parts := map[string]string{"word/document.xml": strings.Replace(text, "%", c.content, 1)}
			if c.relations != "" {
				parts["word/_rels/document.xml.rels"] = c.relations
			}
			_, err := parseBytes(build(t, parts), nil)
			if !c.refused {
				require.NoError(t, err)
				return
			}
			var problems Problems
			require.ErrorAs(t, err, &problems)
			require.Equal(t, CodeForbidden, problems[0].Code)
			require.NotEmpty(t, problems[0].Error())
		})
	}
}
