// Package crashtest kills the real server at random moments while contract runs
// are driven through its API, starts it again, and checks that nothing that was
// acknowledged is lost and nothing happens twice.
//
// The test proper is crash_test.go; FLUXO_SOAK=1 makes it long, FLUXO_SEED
// chooses another sequence of kills.
package crashtest
