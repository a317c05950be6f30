package sqlitedb

import (
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// Functions that SQL may call: whether a text has, or begins with, another one
// that is in lower case already. SQLite itself knows the case of ASCII only.
const (
	HasFolded    = "has_folded"
	BeginsFolded = "begins_folded"
)

func init() {
	register(HasFolded, strings.Contains)
	register(BeginsFolded, strings.HasPrefix)
}

func register(name string, test func(text, part string) bool) {
	sqlite.MustRegisterDeterministicScalarFunction(name, 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, is := args[0].(string)
		part, given := args[1].(string)
		return is && given && test(strings.ToLower(text), part), nil
	})
}
