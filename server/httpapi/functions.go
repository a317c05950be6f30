package httpapi

import (
	"cmp"
	"encoding/json"
	"sync"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/schemas"
)

// functionTexts are the texts of schemas/text/functions.json: name -> language ->
// what the function gives.
var functionTexts = sync.OnceValue(func() map[string]map[string]string {
	raw, err := schemas.FS.ReadFile("text/functions.json")
	if err != nil {
		panic(err) // built in
	}
	var out map[string]map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
})

// functionsIn lists the functions of expressions in a language.
func functionsIn(language string) []expr.FunctionInfo {
	list := expr.Functions()
	for i := range list {
		texts := functionTexts()[list[i].Name]
		list[i].Doc = cmp.Or(texts[language], texts["en"], list[i].Doc)
	}
	return list
}
