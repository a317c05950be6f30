// Package run is the operator's view of runs: lists, one run with the state of
// every node, and its history in words. The
// picture of a run is folded from its records, which are also what the live
// stream carries, so that what a page shows after a reload and what it showed
// live cannot differ.
package run
