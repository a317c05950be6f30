package expr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/expr"
)

func TestNamesListsWhatAnEditorCanInsert(t *testing.T) {
	scope := expr.NewScope(map[string]expr.Type{
		"record": {Kind: expr.Object, Fields: map[string]expr.Type{
			"amount": {Kind: expr.Money},
			"client": {Kind: expr.Object, Fields: map[string]expr.Type{"name": {Kind: expr.Text}}},
		}},
		"steps": {Kind: expr.Object, Fields: map[string]expr.Type{
			"ask": {Kind: expr.Object, Open: true, Fields: map[string]expr.Type{"by": {Kind: expr.User}}},
		}},
		"run": {Kind: expr.Object, Open: true},
	})
	var paths []string
	for _, name := range scope.Names() {
		paths = append(paths, strings.Join(name.Path, "."))
	}
	require.Equal(t, []string{"now", "record.amount", "record.client.name", "steps.ask", "steps.ask.by"}, paths)
	var none *expr.Scope
	require.Empty(t, none.Names())
}

func TestFunctionsAreSortedAndDescribed(t *testing.T) {
	all := expr.Functions()
	require.Greater(t, len(all), 40)
	for i, f := range all {
		require.NotEmpty(t, f.Signature, f.Name)
		if i > 0 {
			require.Less(t, all[i-1].Name, f.Name)
		}
	}
}
