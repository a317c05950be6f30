// Package servertest runs the real server as an operating system process, for
// tests in which it is killed, stopped and started again.
//
// Entry point: server.go (New). The binary is built once per test process.
package servertest
