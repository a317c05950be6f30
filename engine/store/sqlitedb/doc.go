// Package sqlitedb opens the embedded database: one file, one writer, a small
// pool of readers. The engine's store, the document store and the file store
// share one DB, and with it one group commit.
//
//	db, err := sqlitedb.Open(ctx, "data/fluxo.db", sqlitedb.Options{})
//	err = db.Migrate(ctx, "engine", migrations)
//	err = db.Write(ctx, func(tx *sqlitedb.Tx) error {
//		_, err := tx.Exec(`INSERT INTO lease (name, owner) VALUES (?, ?)`, name, owner)
//		return err
//	})
//	row := db.QueryRow(ctx, `SELECT owner FROM lease WHERE name = ?`, name)
//
// # Writes
//
// SQLite has one writer at a time, and a durable commit costs an fsync. So all
// writes go through one goroutine that takes whatever is queued, runs it in one
// transaction, commits once and then answers everybody (group commit by natural
// batching: nobody ever waits for company). Write returns nil only when the
// transaction is on disk (WAL, synchronous=FULL). With Options.Opening that holds
// from Settle on.
//
// Each function passed to Write is one atomic unit: when it returns an error or
// panics, its own changes are undone and its neighbors in the batch are not
// touched. It runs exactly once (passed to Repeat: at least once), on the writer's
// goroutine: it must not block, must not call Write, and must not touch the
// database except through its Tx.
//
// # Reads
//
// Read, Query and QueryRow use read-only connections and see the last commit.
// A read that decides about a write belongs inside Write.
package sqlitedb
