package expr

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"

	"github.com/expr-lang/expr/types"
)

// Kind names a type of value that an author can choose.
type Kind string

// The kinds of values. Money is {amount: whole minor units, currency}; user and
// group are identifiers; date and dateTime arrive as ISO 8601 text or instants.
const (
	Any      Kind = "any"
	Text     Kind = "string"
	Number   Kind = "number"
	Integer  Kind = "integer"
	Boolean  Kind = "boolean"
	Date     Kind = "date"
	DateTime Kind = "dateTime"
	Duration Kind = "duration"
	Money    Kind = "money"
	User     Kind = "user"
	Group    Kind = "group"
	File     Kind = "file"
	List     Kind = "list"
	Object   Kind = "object"
)

// Type describes a value for the checker and for completion.
type Type struct {
	Kind  Kind   `json:"kind"`
	Label string `json:"label,omitempty"`
	// Fields of an object. An Open object may have others that are not known.
	Fields map[string]Type `json:"fields,omitempty"`
	Open   bool            `json:"open,omitempty"`
	// Of is the type of a list's elements.
	Of *Type `json:"of,omitempty"`
}

// Scope is what an expression may name. It never changes after NewScope. A nil
// Scope knows nothing and therefore refuses no name.
type Scope struct {
	roots map[string]Type
	hash  string
}

// NewScope describes the root names: record, vars, params, const, steps, actor,
// run. The name now is always there.
func NewScope(roots map[string]Type) *Scope {
	s := &Scope{roots: make(map[string]Type, len(roots)+1)}
	for name, t := range roots {
		s.roots[name] = t
	}
	s.roots["now"] = Type{Kind: DateTime}
	// Marshaling a map sorts its keys and the type holds nothing unmarshalable.
	encoded, _ := json.Marshal(s.roots)
	sum := sha256.Sum256(encoded)
	s.hash = hex.EncodeToString(sum[:])
	return s
}

// With gives a scope that also knows name, as inside a loop over a list.
func (s *Scope) With(name string, t Type) *Scope {
	if s == nil {
		return nil
	}
	roots := make(map[string]Type, len(s.roots)+1)
	for n, known := range s.roots {
		roots[n] = known
	}
	roots[name] = t
	return NewScope(roots)
}

// Lookup resolves a path such as record, client, name; ok is false when a part
// is not known or lies inside an open object.
func (s *Scope) Lookup(path ...string) (t Type, ok bool) {
	if s == nil || len(path) == 0 {
		return Type{}, false
	}
	t, ok = s.roots[path[0]]
	for _, part := range path[1:] {
		if !ok {
			return Type{}, false
		}
		t, ok = t.shape().Fields[part]
	}
	return t, ok
}

// Hash identifies the content of the scope.
func (s *Scope) Hash() string {
	if s == nil {
		return ""
	}
	return s.hash
}

// shape adds the parts that values of a kind always have.
func (t Type) shape() Type {
	if t.Kind == Money && t.Fields == nil {
		t.Fields = map[string]Type{"amount": {Kind: Integer}, "currency": {Kind: Text}}
	}
	return t
}

// static is the type in expr-lang's terms. Money is any there: its operators are
// ours, and expr-lang would refuse arithmetic on an object.
func (t Type) static() types.Type {
	switch t.Kind {
	case Text, User, Group:
		return types.String
	case Number:
		return types.Float64
	case Integer:
		return types.Int
	case Boolean:
		return types.Bool
	case Date, DateTime:
		return types.TypeOf(exampleTime)
	case Duration:
		return types.TypeOf(exampleDuration)
	case List:
		if t.Of == nil {
			return types.Array(types.Any)
		}
		return types.Array(t.Of.static())
	case Object:
		m := make(types.Map, len(t.Fields)+1)
		for name, field := range t.Fields {
			m[name] = field.static()
		}
		if t.Open {
			m[types.Extra] = types.Any
		}
		return m
	default:
		return types.Any
	}
}

func (s *Scope) static() types.Map {
	m := make(types.Map, len(s.roots))
	for name, t := range s.roots {
		m[name] = t.static()
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
