package httpapi

import "testing"

// TestFunctionsHaveTexts: whoever writes an expression reads what a function
// gives in their own language, and every text is of a function.
func TestFunctionsHaveTexts(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, language := range languages {
		for _, f := range functionsIn(language) {
			known[f.Name] = true
			if text := functionTexts()[f.Name][language]; text == "" || f.Doc != text {
				t.Errorf("%s has no text in %s", f.Name, language)
			}
		}
	}
	for name := range functionTexts() {
		if !known[name] {
			t.Errorf("there is no function %s", name)
		}
	}
}
