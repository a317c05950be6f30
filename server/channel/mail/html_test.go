package mail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHTML(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a line", "The contract is ready.", `<p dir="auto">The contract is ready.</p>`},
		{"two lines", "Dear Ana,\r\nit is ready.", "<p dir=\"auto\">Dear Ana,<br>\nit is ready.</p>"},
		{"two paragraphs", "Dear Ana,\n\n\nit is ready.", "<p dir=\"auto\">Dear Ana,</p>\n<p dir=\"auto\">it is ready.</p>"},
		{"a list", "Missing:\n- scan\n- stamp\nThanks", "<p dir=\"auto\">Missing:</p>\n<ul dir=\"auto\"><li>scan</li><li>stamp</li></ul>\n<p dir=\"auto\">Thanks</p>"},
		{"a link at the end of a sentence", "See https://fluxo.test/tasks?id=1&x=2.", `See <a href="https://fluxo.test/tasks?id=1&amp;x=2">https://fluxo.test/tasks?id=1&amp;x=2</a>.`},
		{"a link in brackets", "(http://a.test/b)", `(<a href="http://a.test/b">http://a.test/b</a>)`},
		{"an address", "Write to ana@a.test, please", `Write to <a href="mailto:ana@a.test">ana@a.test</a>, please`},
		{"markup is text", `<script>alert(1)</script> & <img src=x onerror="x">`, `&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;img src=x onerror=&#34;x&#34;&gt;`},
		{"no way out of a link", `https://a.test/"onmouseover="x`, `<a href="https://a.test/">https://a.test/</a>&#34;onmouseover=&#34;x`},
		{"other schemes are text", "javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, HTML("Title", c.text, "pl"), c.want)
		})
	}
	page := HTML(`</title><b>`, "x", `en"x`)
	require.Contains(t, page, "<title>&lt;/title&gt;&lt;b&gt;</title>")
	require.Contains(t, page, `lang="en&#34;x"`)
	require.NotContains(t, HTML("t", "x", ""), "lang=")
	require.Equal(t, strings.Count(page, "<p"), strings.Count(page, "</p>"))
}
