package run_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/run"
)

func TestIncidentsAreSaidToPeople(t *testing.T) {
	said := func(code, language string) string {
		all := []run.Incident{{Code: code, Message: "dial tcp"}}
		run.Say(all, language)
		return all[0].Text
	}
	require.Equal(t, "The mail server cannot be reached. Check Settings > Mail and the network, then retry.", said("smtp_unreachable", "en"))
	require.Contains(t, said("smtp_unreachable", "pl"), "Serwer poczty")
	require.Equal(t, said("smtp_unreachable", "en"), said("smtp_unreachable", "xx"))
	require.Empty(t, said("made_up", "en"))
	all := []run.Incident{{Code: "expression_failed", Message: "division by zero"}, {Code: "made_up", Message: "division by zero"}}
	run.Say(all, "ru")
	require.Equal(t, "деление на ноль", all[0].Message)
	require.Equal(t, "division by zero", all[1].Message, "what a process has made up stays as it is")
}
