package mongotest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

func TestIn(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://h:1":  "mongodb://h:1/d",
		"mongodb://h:1/": "mongodb://h:1/d",
		"mongodb://u:p@h:1,h:2/other?replicaSet=rs": "mongodb://u:p@h:1,h:2/d?replicaSet=rs",
		"mongodb://h:1,h:2?replicaSet=rs":           "mongodb://h:1,h:2/d?replicaSet=rs",
		"mongodb+srv://h/?retryWrites=true&w=1":     "mongodb+srv://h/d?retryWrites=true&w=1",
	} {
		require.Equal(t, want, mongotest.In(uri, "d"))
	}
}
