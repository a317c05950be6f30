// Package expr is the expression language of process definitions: expr-lang's
// grammar and virtual machine with our value types, functions, limits, checker
// and completion.
//
// Authors of expressions are not trusted. A program therefore
//
//   - is refused before parsing when its source is longer than MaxSourceBytes,
//     because deeply nested source would overflow the parser's stack, which no
//     recover can catch;
//   - counts its work in a budget that every loop body, every function and
//     every operator draws from, because a goroutine cannot be killed;
//   - reaches nothing but the values and functions given to it: no methods, no
//     environment object, no clock, no randomness.
//
// Numbers are computed as exact decimals and money as whole minor units, so
// that 0.1 + 0.2 is 0.3 and a contract's total is right to the cent.
//
// Reading order: scope.go (what names exist), compiler.go (source to program),
// patch.go (how operators and calls are put under the budget), operator.go and
// function*.go (what they do), template.go (text with {{ }}), complete.go.
package expr
