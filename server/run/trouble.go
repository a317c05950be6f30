package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/schemas"
)

// troubles are the texts of schemas/text/incidents.json: code -> language -> text.
var troubles = sync.OnceValue(func() map[string]map[string]string {
	raw, err := schemas.FS.ReadFile("text/incidents.json")
	if err != nil {
		panic(err) // built in
	}
	var out map[string]map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
})

// Say puts incidents into words of a language; a code that a process has made up
// has none.
func Say(incidents []Incident, language string) {
	for n := range incidents {
		i := &incidents[n]
		i.Text, i.Message = Trouble(i.Code, language), Reason(i.Code, i.Message, language)
	}
}

// Reason puts what the failing part has said itself into a language, as far as it is
// known: expressions fail in words of every language, services in their own.
func Reason(code, message, language string) string {
	if code == "expression_failed" {
		return expr.Translate(message, language)
	}
	return message
}

// Trouble says in a language what the code of an incident means and what to do.
func Trouble(code, language string) string {
	texts := troubles()[code]
	if text := texts[language]; text != "" {
		return text
	}
	return texts["en"]
}

// placed adds of which process and which record the runs of incidents are.
func (s *Service) placed(ctx context.Context, incidents []Incident) error {
	runs := map[string]store.Run{}
	for n := range incidents {
		i := &incidents[n]
		r, known := runs[i.RunID]
		if !known {
			var err error
			if r, err = s.Store.Load(ctx, core.RunID(i.RunID)); err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("run of incident %s: %w", i.ID, err)
			}
			runs[i.RunID] = r
		}
		i.DefinitionName, i.RecordTitle = r.Name, r.RecordTitle
	}
	return nil
}
