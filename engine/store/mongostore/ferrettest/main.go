// Command ferrettest serves the MongoDB wire protocol for tests on machines
// without MongoDB: FerretDB over SQLite files in a temporary folder, behind a
// proxy that lets one command through at a time.
//
// FerretDB v1 runs commands concurrently without making updates atomic, so by
// itself it loses updates. One command at a time it is correct, and claims,
// leases and compare-and-set can be tested over the real protocol and driver
// (for correctness, not for speed).
//
// The command prints one line, the connection URI, and stops on SIGTERM or when
// its standard input closes, so that it never outlives the test that started it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ferrettest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that matters
		cancel()
	}()

	folder, err := os.MkdirTemp("", "fluxo-ferrettest-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + filepath.ToSlash(folder) + "/",
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()

	backend, err := url.Parse(db.MongoDBURI())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go (&proxy{backend: backend.Host}).serve(ctx, listener)
	fmt.Printf("mongodb://%s/\n", listener.Addr())

	<-ctx.Done()
	listener.Close() //nolint:errcheck // the process ends
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
