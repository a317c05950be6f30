package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	enginemem "github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	enginemongo "github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	enginesqlite "github.com/fluxo-app/fluxo/engine/store/sqlitestore"
	"github.com/fluxo-app/fluxo/server/config"
	"github.com/fluxo-app/fluxo/server/docstore"
	docmem "github.com/fluxo-app/fluxo/server/docstore/memstore"
	docmongo "github.com/fluxo-app/fluxo/server/docstore/mongostore"
	docsqlite "github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
	"github.com/fluxo-app/fluxo/server/file"
	filemem "github.com/fluxo-app/fluxo/server/file/memstore"
	filemongo "github.com/fluxo-app/fluxo/server/file/mongostore"
	filesqlite "github.com/fluxo-app/fluxo/server/file/sqlitestore"
)

// Stores are the three ports on one database.
type Stores struct {
	Kind      string // sqlite, mongodb, memory
	Engine    store.Store
	Documents docstore.Store
	Files     file.Store
	// Immediate: the engine's store copies its outbox in the commit.
	Immediate bool
	// Shared: other processes may work on the same database.
	Shared bool
	// Sizes tells bytes by part, where the database can.
	Sizes func(ctx context.Context) (map[string]int64, error)
	close []func() error
	// settle, where there is one, ends the opening of the database.
	settle func()
}

// Close closes the stores, the shared database last.
func (s *Stores) Close() error {
	var all []error
	for _, f := range s.close {
		all = append(all, f())
	}
	return errors.Join(all...)
}

// Open opens the configured database.
func Open(ctx context.Context, c config.Config, k clock.Clock, log *slog.Logger) (*Stores, error) {
	d, err := c.Store()
	if err != nil {
		return nil, err
	}
	switch d.Kind {
	case "sqlite":
		return openSQLite(ctx, d.Path, k, file.Options{MaxBytes: int64(c.Limits.FileBytes)})
	case "mongodb":
		return OpenMongoDB(ctx, d.URI, mongodb.Options{Log: log}, k, file.Options{MaxBytes: int64(c.Limits.FileBytes)})
	}
	return nil, fmt.Errorf("database %q is not known", d.Kind)
}

// OpenMongoDB opens the three ports on one MongoDB database. Its clock is that
// of the database, because replicas compare leases and due instants.
func OpenMongoDB(ctx context.Context, uri string, o mongodb.Options, k clock.Clock, files file.Options) (*Stores, error) {
	db, err := mongodb.Open(ctx, uri, o)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Stores, error) { return nil, errors.Join(err, db.Close(context.WithoutCancel(ctx))) }
	var options enginemongo.Options
	if _, real := k.(clock.System); !real {
		options.Now = instants(k)
	}
	engine, err := enginemongo.New(ctx, db, options)
	if err != nil {
		return fail(err)
	}
	kept, err := filemongo.New(ctx, db, k.Now, files)
	if err != nil {
		return fail(err)
	}
	documents := docmongo.New(db, documentTime(context.WithoutCancel(ctx), k, engine), docmongo.Options{})
	return &Stores{Kind: "mongodb", Engine: engine, Documents: documents, Files: kept, Shared: true,
		close: []func() error{engine.Close, documents.Close, func() error { return db.Close(context.WithoutCancel(ctx)) }}}, nil
}

// documentTime stamps what several servers write with the database's time, as far
// as it is known: rules compare what one server wrote with what another did.
func documentTime(ctx context.Context, k clock.Clock, engine *enginemongo.Store) func() time.Time {
	if _, real := k.(clock.System); !real {
		return k.Now
	}
	sampled := clock.NewSampled(k, engine.Now, 30*time.Second)
	return func() time.Time {
		at, err := sampled.Now(ctx)
		if err != nil {
			return k.Now() // the write that asks for it tells what is wrong
		}
		return clock.Time(at)
	}
}

func openSQLite(ctx context.Context, path string, k clock.Clock, files file.Options) (*Stores, error) {
	db, err := sqlitedb.Open(ctx, path, sqlitedb.Options{Opening: true})
	if err != nil {
		return nil, err
	}
	s := &Stores{Kind: "sqlite", Immediate: true, settle: db.Settle}
	fail := func(err error) (*Stores, error) { return nil, errors.Join(err, db.Close()) }
	engine, err := enginesqlite.New(ctx, db, enginesqlite.Options{Now: instants(k)})
	if err != nil {
		return fail(err)
	}
	s.Engine = engine
	documents, err := docsqlite.New(ctx, db, k.Now)
	if err != nil {
		return fail(err)
	}
	s.Documents = documents
	kept, err := filesqlite.New(ctx, db, k.Now, files)
	if err != nil {
		return fail(err)
	}
	s.Files = kept
	s.Sizes = func(ctx context.Context) (map[string]int64, error) {
		var pages, size int64
		if err := db.QueryRow(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size); err != nil {
			return nil, fmt.Errorf("size of the database: %w", err)
		}
		return map[string]int64{"database": pages * size}, nil
	}
	s.close = []func() error{engine.Close, documents.Close, db.Close}
	return s, nil
}

// Memory keeps everything in memory, for tests and rehearsals. Lazy makes the
// engine's store behave like one without transactions.
func Memory(k clock.Clock, lazy bool) *Stores {
	engine := enginemem.New(enginemem.Options{Now: instants(k), Lazy: lazy})
	documents := docmem.New(k.Now)
	return &Stores{Kind: "memory", Engine: engine, Documents: documents, Files: filemem.New(k.Now, file.Options{}), Immediate: !lazy,
		close: []func() error{engine.Close, documents.Close}}
}

func instants(k clock.Clock) func() core.Instant { return func() core.Instant { return clock.Now(k) } }

// Backup copies the embedded database, also while a server uses it.
func Backup(ctx context.Context, c config.Config, to string) error {
	d, err := c.Store()
	if err != nil {
		return err
	}
	if d.Kind != "sqlite" {
		return fmt.Errorf("only the embedded database is copied by this command; use mongodump for %s", d.Kind)
	}
	if _, err := os.Stat(d.Path); err != nil { // opening would make an empty one, and its copy look like a backup
		return fmt.Errorf("there is no database to copy; name its folder with --data-dir: %w", err)
	}
	db, err := sqlitedb.Open(ctx, d.Path, sqlitedb.Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.Backup(ctx, to), db.Close())
}
