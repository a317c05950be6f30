// Package share divides work among the processes that share a database, without
// any of them being told of the others.
//
// Every process keeps one lease, its membership, and reads who else has one.
// Work is cut into buckets; who looks after which is computed from the list of
// members, so that it costs one write and one read a beat whatever the number of
// buckets. Lists that differ for a moment give a bucket two members, or none:
// the first is harmless, because whatever is done for a bucket can be done twice,
// and the second ends with the next beat. What lies about for longer than that
// is anybody's (Members.Overdue).
//
// A process that was stopped for longer than its lease has no share until it has
// kept its membership again.
//
// Entry points: share.go (Members). A nil *Members has everything: the process is
// alone.
package share
