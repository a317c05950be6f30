package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpIsACommandToo(t *testing.T) {
	for _, c := range []struct{ given, want []string }{
		{nil, nil},
		{[]string{"help"}, []string{"--help"}},
		{[]string{"help", "bpmn", "lint"}, []string{"bpmn", "lint", "--help"}},
		{[]string{"serve", "--demo"}, []string{"serve", "--demo"}},
		{[]string{"user", "help"}, []string{"user", "help"}},
	} {
		require.Equal(t, c.want, asked(c.given))
	}
}
