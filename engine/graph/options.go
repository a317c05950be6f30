package graph

import "encoding/json"

// Options are what a definition is checked against. Zero members are not
// checked, so that the engine's tests need neither robots nor a schema library.
type Options struct {
	// Robots lists the robots of the installation by key. Nil = any robot.
	Robots map[string]Robot
	// Configs validates configs by their JSON Schemas.
	Configs ConfigChecker
	// Times checks the literals of timer rules. Nil = only their form.
	Times TimeChecker
	// Expressions gives the checker of one definition's expressions and templates.
	Expressions func(def *Definition) ExpressionChecker
	// Callee describes a published version of another process, the newest one for
	// number 0; nil = calls are not checked.
	Callee func(key string, number int) (Callee, bool)
}

// Callee is what compiling needs to know of a process that is called.
type Callee struct {
	Startable bool // it has one start by hand, or begins without a start event
	// Inputs are the names of its parameters and variables, nil = not known.
	Inputs []string
}

// Robot is what compiling needs to know of a robot.
type Robot struct {
	Ports []string // besides the normal exit
}

// ConfigChecker validates the config of one node. Subject is a node kind, or a
// robot key for robots. It reports every violation.
type ConfigChecker interface {
	CheckConfig(subject string, config []byte) []ConfigProblem
}

// ConfigProblem is one violation of a config's schema; Path is a JSON pointer
// inside the config.
type ConfigProblem struct {
	Path    string
	Keyword string // of JSON Schema, for example required
	Code    string // of the finding, where it is not config_<keyword>
	Data    map[string]any
	Message string
	Remedy  string
}

// TimeChecker checks one literal of a timer rule; rule is at, after or every. Nil
// = nothing is wrong, or it is an expression.
type TimeChecker interface {
	CheckTime(rule string, literal json.RawMessage) *ConfigProblem
}

// Use says what an expression is for.
type Use string

// The uses of expressions.
const (
	UseCondition Use = "condition" // must give true or false
	UseValue     Use = "value"
	UseTemplate  Use = "template" // text with {{ }}
	UseResult    Use = "result"   // a value of what a called run left, seen as result
)

// ExpressionChecker checks expressions in the scope of one definition.
type ExpressionChecker interface {
	CheckExpression(source string, use Use) []ExpressionProblem
}

// ExpressionProblem is one fault of an expression; From and To are byte offsets
// in the source.
type ExpressionProblem struct {
	Code    string
	Message string
	Texts   map[string]string // Message by language, where it is known
	From    int
	To      int
	Line    int
	Column  int
	Remedy  string
	// Severity, unless it is an error; Parts that a text about it names.
	Severity Severity
	Parts    string
}
