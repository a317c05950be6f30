// Package clustertest runs three real servers on one MongoDB, kills, stops and
// restarts them at random and has the database elect another primary while processes with tasks, timers and robots go on,
// and checks that every run ends as it should, that every keyed effect happens
// once, and that nobody who watches sees a gap or anything twice.
//
// FLUXO_SOAK=1 makes it five minutes long, FLUXO_SEED chooses another sequence
// of faults, FLUXO_TEST_MONGODB_URI a real deployment with 2,000 runs and a fault every
// two seconds, FLUXO_RUNS another number of runs.
package clustertest
