package httpapi

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// The labels of values are shown beside them, never in their place.
func TestTranslationKeepsTheValuesOfAnEnum(t *testing.T) {
	got := translate(json.RawMessage(`{"enum":["docx","pdf"],"title":"F","x-i18n":{"pl":{"title":"Format","enum":{"docx":"Word"}}}}`), "pl")
	require.JSONEq(t, `{"enum":["docx","pdf"],"title":"Format","x-labels":{"docx":"Word"}}`, string(got))
}
