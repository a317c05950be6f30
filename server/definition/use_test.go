package definition

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFieldsAreFoundInProcesses(t *testing.T) {
	named := fieldNamed("level")
	for text, want := range map[string]bool{
		`{"when": "record.level == \"gold\""}`:              true,
		`{"when": "record?.levelName == \"Gold\""}`:         true,
		`{"text": "Level: {{ record . level }}"}`:           true,
		`{"when": "record[\"level\"] == 1"}`:                true,
		`{"when": "record['level'] == 1"}`:                  true,
		`{"config": {"fields": [{"field": "level"}]}}`:      true,
		`{"when": "record.levels == 1 or vars.level == 2"}`: false,
		`{"text": "the level of the water"}`:                false,
		`{"when": "record.company.levelled"}`:               false,
	} {
		require.Equal(t, want, named(json.RawMessage(text)), text)
	}
}
