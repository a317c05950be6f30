// Package mongotest gives tests a database that speaks the MongoDB protocol.
//
// With FLUXO_TEST_MONGODB_URI it is a real deployment. Otherwise it is the
// program in ../ferrettest, which is started once per test binary: the one
// that FLUXO_FERRETTEST names, or one built into the temporary folder and kept
// there for the next time. Every test gets a database of its own.
//
// With FLUXO_TEST_ELECTIONS=1 the stand-in is shown as a replica set of its own to
// every test, which elects another primary all the time.
package mongotest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
)

// server is the process shared by the tests of a binary.
var server struct {
	once sync.Once
	uri  string
	err  error
	stop func() error
}

var databases atomic.Int64

// Light tells whether tests run against the slow stand-in, so that suites should
// shrink their counts.
func Light() bool { return os.Getenv("FLUXO_TEST_MONGODB_URI") == "" }

// Open connects to a new, empty database that is dropped after the test.
func Open(t testing.TB) *mongodb.DB {
	t.Helper()
	return OpenWith(t, mongodb.Options{})
}

// OpenWith is Open with options; the database name is chosen here.
func OpenWith(t testing.TB, o mongodb.Options) *mongodb.DB {
	t.Helper()
	if testing.Short() && Light() { // the stand-in needs seconds per suite; make test runs it, -short is for the loop at the desk
		t.Skip("needs FLUXO_TEST_MONGODB_URI in short mode")
	}
	if os.Getenv("FLUXO_TEST_ELECTIONS") != "" && Light() {
		set, db := OpenReplicaSet(t, o)
		set.keepElecting(t)
		return db
	}
	return connect(t, URI(t), o)
}

// OpenAt connects to the database that a connection string names; it is dropped
// after the test.
func OpenAt(t testing.TB, uri string) *mongodb.DB {
	t.Helper()
	db, err := mongodb.Open(t.Context(), uri, mongodb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dropAfter(t, db)
	return db
}

func connect(t testing.TB, uri string, o mongodb.Options) *mongodb.DB {
	t.Helper()
	if o.Database == "" {
		o.Database = newDatabase()
	}
	db, err := mongodb.Open(t.Context(), uri, o)
	if err != nil {
		t.Fatal(err)
	}
	dropAfter(t, db)
	return db
}

func dropAfter(t testing.TB, db *mongodb.DB) {
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := errors.Join(db.Drop(ctx), db.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
}

func newDatabase() string { return fmt.Sprintf("fluxo_test_%d_%d", os.Getpid(), databases.Add(1)) }

// URI is the connection string of the server, which is started when needed.
func URI(t testing.TB) string {
	t.Helper()
	if uri := os.Getenv("FLUXO_TEST_MONGODB_URI"); uri != "" {
		return uri
	}
	server.once.Do(start)
	if server.err != nil {
		t.Fatalf("no database for this test: %v\nset FLUXO_TEST_MONGODB_URI to a MongoDB, or FLUXO_FERRETTEST to a built ferrettest", server.err)
	}
	return server.uri
}

// In is a connection string that names a database. Several hosts make it no valid
// URL, so it is cut and not parsed.
func In(uri, database string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, asked := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	uri = scheme + "://" + hosts + "/" + database
	if asked {
		uri += "?" + query
	}
	return uri
}

// Main runs the tests of a package and stops the server; call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	if server.stop != nil {
		if err := server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "mongotest: stop the server:", err)
			return max(code, 1)
		}
	}
	return code
}

func start() {
	program := os.Getenv("FLUXO_FERRETTEST")
	if program == "" {
		if program, server.err = build(); server.err != nil {
			return
		}
	}
	command := exec.Command(program)
	command.Stderr = os.Stderr
	// The program ends with its standard input, so it cannot outlive the tests.
	input, err := command.StdinPipe()
	if err != nil {
		server.err = err
		return
	}
	output, err := command.StdoutPipe()
	if err != nil {
		server.err = err
		return
	}
	if server.err = command.Start(); server.err != nil {
		return
	}
	server.stop = func() error { return errors.Join(input.Close(), command.Wait()) }
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		server.err = fmt.Errorf("%s printed no address: %w", program, err)
		return
	}
	server.uri = strings.TrimSpace(line)
}

// build compiles ferrettest unless the same source was compiled before.
func build() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(filepath.Dir(file)), "ferrettest")
	hash := sha256.New()
	hash.Write([]byte(runtime.Version()))
	for _, name := range []string{"go.mod", "go.sum", "main.go", "proxy.go"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	program := filepath.Join(os.TempDir(), fmt.Sprintf("fluxo-ferrettest-%x", hash.Sum(nil)[:8]), "ferrettest")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
		return "", err
	}
	// Built under another name: several test binaries may do this at once.
	fresh := fmt.Sprintf("%s.%d", program, os.Getpid())
	if out, err := exec.Command("go", "build", "-C", source, "-trimpath", "-ldflags=-s -w", "-o", fresh, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build ferrettest: %w\n%s", err, out)
	}
	return program, os.Rename(fresh, program)
}
