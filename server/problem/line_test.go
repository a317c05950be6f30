package problem

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLine(t *testing.T) {
	cases := []struct {
		name, text string
		optional   bool
		code       string // "" = nothing is wrong
	}{
		{name: "a name", text: "Umowa №7"},
		{name: "one letter", text: "я"},
		{name: "a picture", text: "🚚"},
		{name: "nothing", text: "", code: "required"},
		{name: "nothing, and none is asked for", text: "", optional: true},
		{name: "spaces", text: "   ", code: "required"},
		{name: "line breaks", text: "\n\r\n\t", code: "required"},
		{name: "separators of lines and paragraphs", text: "\u2028\u2029\u0085", code: "required"},
		{name: "spaces that are none to a keyboard", text: "\u00a0\u2003\u3000", code: "required"},
		{name: "marks without width", text: "\u200b\u200d\ufeff\u2060", code: "required"},
		{name: "letters without ink", text: "\u3164\u2800", code: "required"},
		{name: "an accent on nothing", text: "\u0301", code: "required"},
		{name: "two lines", text: "Sales\nBuying", code: "control_character"},
		{name: "two lines by a separator", text: "Sales\u2028Buying", code: "control_character"},
		{name: "a bell", text: "Sales\a", optional: true, code: "control_character"},
		{name: "as long as may be", text: strings.Repeat("ż", 20)},
		{name: "longer", text: strings.Repeat("ż", 21), code: "too_long"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := Line(nil, "/name", c.text, !c.optional, 20)
			if c.code == "" {
				require.Empty(t, found)
				require.NoError(t, Fields(found))
				return
			}
			require.Equal(t, []Field{{Path: "/name", Code: c.code}}, found)
			var p *Problem
			require.ErrorAs(t, Fields(found), &p)
			require.Equal(t, 422, p.Status())
		})
	}
}
