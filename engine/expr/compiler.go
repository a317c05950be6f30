package expr

import (
	"container/list"
	"errors"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/checker"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// Options configure a Compiler; the zero value is good.
type Options struct {
	// CacheSize is the number of compiled programs kept, by default 1024.
	CacheSize int
}

// Compiler turns sources into programs and remembers the most recent ones. It
// is safe for concurrent use.
type Compiler struct {
	mu    sync.Mutex
	size  int
	order *list.List
	known map[cacheKey]*list.Element
}

type cacheKey struct{ source, scope string }

type cacheEntry struct {
	key     cacheKey
	program *Program
	err     error
}

// New makes a Compiler.
func New(options Options) *Compiler {
	if options.CacheSize <= 0 {
		options.CacheSize = 1024
	}
	return &Compiler{size: options.CacheSize, order: list.New(), known: make(map[cacheKey]*list.Element)}
}

// Compile checks source against scope and prepares it. The error is an *Error.
func (c *Compiler) Compile(source string, scope *Scope) (*Program, error) {
	if len(source) > MaxSourceBytes {
		return nil, tooLong(source)
	}
	key := cacheKey{source: source, scope: scope.Hash()}
	c.mu.Lock()
	if element, ok := c.known[key]; ok {
		c.order.MoveToFront(element)
		entry := element.Value.(*cacheEntry)
		c.mu.Unlock()
		return entry.program, entry.err
	}
	c.mu.Unlock()

	// Compiling outside the lock may do the same work twice, which is harmless.
	program, err := compile(source, scope)

	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[key]; !ok {
		c.known[key] = c.order.PushFront(&cacheEntry{key: key, program: program, err: err})
		if c.order.Len() > c.size {
			oldest := c.order.Remove(c.order.Back()).(*cacheEntry)
			delete(c.known, oldest.key)
		}
	}
	return program, err
}

// Check lists what is wrong with source in scope; nothing when it compiles.
func (c *Compiler) Check(source string, scope *Scope) []Finding {
	_, err := c.Compile(source, scope)
	return findingsOf(err)
}

// CheckCondition is Check for a source that must give true or false.
func (c *Compiler) CheckCondition(source string, scope *Scope) []Finding {
	program, err := c.Compile(source, scope)
	if err != nil {
		return findingsOf(err)
	}
	if program.kind != Any && program.kind != Boolean {
		e := newSaid(CodeType, source, 0, utf8.RuneCountInString(source), say("conditionType", "type", typeMark+program.kind.libraryName()))
		return []Finding{e.finding()}
	}
	return nil
}

func findingsOf(err error) []Finding {
	var e *Error
	if errors.As(err, &e) {
		return []Finding{e.finding()}
	}
	return nil
}

// Directory answers questions about people. Identifiers that it does not know
// give false.
type Directory interface {
	Head(userID string) (string, bool)
	Members(groupID string) []string
	User(userID string) (map[string]any, bool)
}

// Presence is what a Directory may know beside: whether a person has begun the
// day and is neither on a break nor done.
type Presence interface {
	AtWork(userID string) bool
}

// Env is what one evaluation sees.
type Env struct {
	// Roots are the values by root name: record, vars, params, const, steps, actor, run.
	Roots map[string]any
	// Now is the instant called now; Location is the zone of dates without one.
	Now      time.Time
	Location *time.Location
	// Directory may be nil when nobody is known.
	Directory Directory
	// Format says how templates write values.
	Format Format
	// Working gives the company's working time, the same one for a whole step; nil =
	// Monday to Friday.
	Working func() (*calendar.Calendar, error)
}

// With gives an Env in which name has value.
func (e Env) With(name string, value any) Env {
	roots := make(map[string]any, len(e.Roots)+1)
	for n, v := range e.Roots {
		roots[n] = v
	}
	roots[name] = value
	e.Roots = roots
	return e
}

// Program is a checked expression, ready to be evaluated any number of times,
// also concurrently.
type Program struct {
	source string
	code   *vm.Program
	paths  [][]string
	kind   Kind
}

// Source gives the text that was compiled.
func (p *Program) Source() string { return p.source }

// Kind is the type of the result as far as the checker knows it: one of Any,
// Text, Number, Integer, Boolean, DateTime, Duration, List and Object.
func (p *Program) Kind() Kind { return p.kind }

// Eval computes the value: nil, bool, int64, float64, string, time.Time,
// time.Duration, []any or map[string]any of these. The error is an *Error.
func (p *Program) Eval(env Env) (any, error) {
	return p.eval(env, newBudget(env))
}

func (p *Program) eval(env Env, b *budget) (any, error) {
	values := make(map[string]any, len(env.Roots)+2)
	for name, value := range env.Roots {
		values[name] = value
	}
	values["now"] = b.now
	values[budgetName] = b
	machine := vm.VM{MemoryBudget: maxElements}
	result, err := machine.Run(p.code, values)
	if err != nil {
		return nil, p.failure(err, env)
	}
	plain, err := plainValue(b, result, 0)
	if err != nil {
		return nil, p.failure(err, env)
	}
	return plain, nil
}

// Bool evaluates a condition. Anything but true or false is an error: a
// condition that quietly became false would send a run the wrong way.
func (p *Program) Bool(env Env) (bool, error) {
	value, err := p.Eval(env)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok {
		return false, p.failure(errors.New("a condition must be true or false, this is "+describe(value)), env)
	}
	return truth, nil
}

// failure wraps what went wrong with the position and the values used.
func (p *Program) failure(err error, env Env) *Error {
	from, to := 0, 0
	message := err.Error()
	cause := err
	var located *file.Error
	if errors.As(err, &located) {
		from, to = located.From, located.To
		message = located.Message
		if located.Prev != nil {
			cause = located.Prev
			message = located.Prev.Error()
		}
	}
	code := CodeFailed
	if errors.Is(cause, ErrBudget) || strings.Contains(message, "memory budget exceeded") {
		code = CodeBudget
		if !errors.Is(cause, ErrBudget) {
			cause, message = ErrBudget, ErrBudget.Error()
		}
	}
	failed := newError(code, p.source, from, to, plainMessage(message))
	failed.cause = cause
	failed.Values = p.valuesIn(env)
	return failed
}

// valuesIn collects the values that the expression names, shortened, so that an
// incident shows what was computed with.
func (p *Program) valuesIn(env Env) map[string]any {
	values := make(map[string]any, len(p.paths))
	for _, path := range p.paths {
		value := env.Roots[path[0]]
		if path[0] == "now" {
			value = env.Now
		}
		for _, part := range path[1:] {
			object, ok := value.(map[string]any)
			if !ok {
				value = nil
				break
			}
			value = object[part]
		}
		values[strings.Join(path, ".")] = summarize(value)
	}
	return values
}

func tooLong(source string) *Error {
	return newSaid(CodeTooLong, shorten(source, 200), 0, 0, say("tooLong"))
}

// compile does the work of Compile without the cache. A panic of the library on
// a source nobody thought of becomes a finding, not the end of the process.
func compile(source string, scope *Scope) (program *Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			program, err = nil, newSaid(CodeSyntax, source, 0, 0, say("notUnderstood"))
		}
	}()
	if !utf8.ValidString(source) {
		return nil, newSaid(CodeSyntax, "", 0, 0, say("notText"))
	}
	if strings.TrimSpace(source) == "" {
		return nil, newSaid(CodeSyntax, source, 0, 0, say("empty"))
	}
	tree, err := parse(source)
	if err != nil {
		return nil, err
	}
	names := &nameVisitor{scope: scope, source: source}
	names.walk(tree)
	if names.err != nil {
		return nil, names.err
	}
	kind := Any
	if scope != nil {
		if kind, err = checkTypes(source, scope); err != nil {
			return nil, err
		}
	}
	code, err := translate(tree, source, scope)
	if err != nil {
		return nil, err
	}
	return &Program{source: source, code: code, paths: names.paths, kind: kind}, nil
}

// parse reads source with expr-lang's grammar. Names of our functions are left
// to the walks after it, so that no built-in is reached by accident.
func parse(source string) (*parser.Tree, error) {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, compileError(CodeSyntax, source, nil, err)
	}
	return tree, nil
}

// checkTypes runs expr-lang's checker with the types of scope over its own tree.
func checkTypes(source string, scope *Scope) (Kind, error) {
	tree, err := parse(source)
	if err != nil {
		return Any, err
	}
	config := conf.CreateNew()
	config.WithEnv(scope.static())
	for _, f := range functions {
		config.Functions[f.name] = f.typed()
	}
	config.Functions[moduloName] = moduloType()
	walkTree(tree, typeVisitor{})
	result, err := checker.Check(tree, config)
	if err != nil {
		return Any, compileError(CodeType, source, scope, err)
	}
	return kindOf(result), nil
}

// libraryName is what the checker calls values of a kind.
func (k Kind) libraryName() string {
	switch k {
	case Text:
		return "string"
	case Integer:
		return "int"
	case Number:
		return "float64"
	case DateTime:
		return "time.Time"
	case Duration:
		return "time.Duration"
	}
	return string(k)
}

func kindOf(t reflect.Type) Kind {
	switch {
	case t == nil:
		return Any
	case t == reflect.TypeOf(exampleTime):
		return DateTime
	case t == reflect.TypeOf(exampleDuration):
		return Duration
	}
	switch t.Kind() {
	case reflect.Bool:
		return Boolean
	case reflect.String:
		return Text
	case reflect.Int:
		return Integer
	case reflect.Float64:
		return Number
	case reflect.Slice, reflect.Array:
		return List
	case reflect.Map:
		return Object
	}
	return Any
}

// translate puts the tree under the budget and compiles it to byte code.
func translate(tree *parser.Tree, source string, scope *Scope) (*vm.Program, error) {
	walkTree(tree, budgetVisitor{scope: scope})
	config := conf.CreateNew()
	config.WithEnv(map[string]any{})
	config.Strict = false
	config.Optimize = false
	for _, f := range functions {
		config.Functions[f.name] = f.limited()
	}
	for _, f := range operators() {
		config.Functions[f.Name] = f
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, compileError(CodeType, source, nil, err)
	}
	code, err := exprcompiler.Compile(tree, config)
	if err != nil {
		return nil, compileError(CodeSyntax, source, nil, err)
	}
	return code, nil
}

func compileError(code, source string, scope *Scope, err error) *Error {
	var located *file.Error
	if !errors.As(err, &located) {
		return newError(code, source, 0, 0, plainMessage(err.Error()))
	}
	message := located.Message
	if code == CodeType && (strings.HasPrefix(message, "unknown name") || strings.HasPrefix(message, "unknown field") ||
		strings.Contains(message, "has no field")) {
		code = CodeUnknownName
	}
	if said, ok := sayingOf(message, scope.names()); ok {
		return newSaid(code, source, located.From, located.To, said)
	}
	return newError(code, source, located.From, located.To, plainMessage(message))
}
