package expr

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCutSecrets(t *testing.T) {
	for text, want := range map[string][2][]string{
		``:                                      {{""}, nil},
		`plain {{ record.title }}`:              {{"plain {{ record.title }}"}, nil},
		`a{{ secret("x") }}b`:                   {{"a", "b"}, {"x"}},
		`{{secret('x')}}{{ secret( "y" ) }}`:    {{"", "", ""}, {"x", "y"}},
		`{{ a }}{{ secret("x") }}{{ b }}`:       {{"{{ a }}", "{{ b }}"}, {"x"}},
		`{{ "{{ secret(\"x\") }}" }}`:           {{`{{ "{{ secret(\"x\") }}" }}`}, nil}, // a text that only looks so
		`{{ upper(secret("x")) }}`:              {{`{{ upper(secret("x")) }}`}, nil},
		`{{ secret(record.title) }}`:            {{`{{ secret(record.title) }}`}, nil},
		`{{ secret("a" + "b") }}`:               {{`{{ secret("a" + "b") }}`}, nil},
		`{{ secret("x") }} and {{ never ends`:   {{"", " and {{ never ends"}, {"x"}},
		`{{ secret("x\" ) }} {{ secret('y') }}`: {{"{{ secret(\"x\\\" ) }} {{ secret('y') }}"}, nil},
	} {
		texts, ids := CutSecrets(text)
		require.Equal(t, want[0], texts, text)
		require.Equal(t, want[1], ids, text)
		require.Len(t, BlankSecrets(text), len(text), text)
		if len(ids) > 0 {
			require.NotContains(t, BlankSecrets(text), "secret(", text)
		}
	}
}

// Who forgets to cut them out sends nothing instead of a wrong text.
func TestTheLanguageHasNoSecrets(t *testing.T) {
	c := New(Options{})
	require.NotEmpty(t, c.CheckTemplate(`{{ secret("x") }}`, nil))
	require.NotEmpty(t, c.CheckTemplate(`{{ upper(secret("x")) }}`, nil))
	blank := BlankSecrets(`é {{ secret("x") }} {{ nobody( }}`)
	found := c.CheckTemplate(blank, nil)
	require.Len(t, found, 1)
	require.Greater(t, found[0].From.Offset, strings.Index(blank, "nobody")-3, "places stay")
}

func FuzzCutSecrets(f *testing.F) {
	for _, seed := range []string{`a{{ secret("x") }}b`, `{{ "}}" }}{{secret('y')}}`, `{{{{secret("x")}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		texts, ids := CutSecrets(text)
		if len(texts) != len(ids)+1 {
			t.Fatalf("%d texts and %d ids", len(texts), len(ids))
		}
		blank := BlankSecrets(text)
		if len(blank) != len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(blank))
		}
		if again, left := CutSecrets(blank); len(left) > 0 {
			t.Fatalf("%q are left in %q", left, again)
		}
	})
}
