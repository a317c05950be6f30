package httpapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

// Every reason has its words in every language.
func TestReasonsOfTriggersHaveTexts(t *testing.T) {
	all := []trigger.Reason{trigger.Moved, trigger.Disabled, trigger.NotMeant, trigger.StageGone, trigger.AlreadyThere, trigger.Below, trigger.OnFinal,
		trigger.ConditionFalse, trigger.ConditionFailed, trigger.EarlierWins, trigger.Refused, trigger.ChainTooLong, trigger.NoTrigger}
	require.Len(t, reasonTexts(), len(all))
	for _, reason := range all {
		for _, language := range languages {
			require.NotEmpty(t, reasonTexts()[reason][language], "%s in %s", reason, language)
		}
	}
}
