// Package approval counts votes: a pure function from a rule and the votes so
// far to an outcome. Every outcome is positive or negative; what each rule does
// with them is said at the constants. Rows B-35 to B-38 of
// docs/catalogue.tsv.
//
// Entry points: Ballot in approval.go (Check, Count); the rest are the types that it
// takes and gives.
package approval
