// Package mongodb opens the connection to MongoDB that the engine's store and the
// document store share.
//
// Writes wait for a majority of the replica set and its journals, and are
// retried once by the driver; reads that decide come from the primary. Only what
// every server of the protocol offers is used: single-document commands with
// classic update operators, plain indexes, no transactions, no TTL.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
)

// DefaultDatabase is used when the connection string names none.
const DefaultDatabase = "fluxo"

// Options of Open; the zero value is the default.
type Options struct {
	// Database overrides the database named in the connection string.
	Database string
	// Timeout bounds the search for a primary, default 10 s.
	Timeout time.Duration
	// Clock measures how old a sample of the server's time is; default the system's.
	Clock clock.Clock
	// Monitor sees every command, for metrics and traces.
	Monitor *event.CommandMonitor
	// Log hears whether the database offers change streams; default nothing.
	Log *slog.Logger
}

// resample is how long a sample of the server's time is used.
const resample = 30 * time.Second

// How often each server is asked how it is, and how long it has to answer, unless
// the connection string says otherwise.
const (
	helloEvery   = 5 * time.Second
	helloTimeout = 5 * time.Second
)

// DB is an open connection to one database. It is safe for concurrent use.
type DB struct {
	client   *mongo.Client   // constant after Open
	database *mongo.Database // constant after Open
	clock    clock.Clock     // constant after Open
	log      *slog.Logger    // constant after Open

	mu     sync.Mutex
	base   core.Instant // server's time of the last sample, guarded by mu
	sample time.Time    // when it was taken by our clock, guarded by mu
	last   core.Instant // last answer of Now, guarded by mu

	hints hints
}

// Open connects and finds the primary. The error says which part of the
// connection string to look at and never shows its password.
func Open(ctx context.Context, uri string, o Options) (*DB, error) {
	shown := Redact(uri)
	name := o.Database
	if name == "" {
		var err error
		if name, err = databaseName(uri); err != nil {
			return nil, err
		}
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	journaled := true
	config := options.Client().ApplyURI(uri).
		SetAppName("fluxo").
		SetRetryWrites(true).
		SetRetryReads(true).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journaled}).
		SetReadPreference(readpref.Primary()).
		SetServerSelectionTimeout(o.Timeout).
		SetServerMonitoringMode(options.ServerMonitoringModePoll)
	// A server that hangs is given up after a look and two tries to say hello. The driver's own
	// limits make that more than a minute, for which every request to a hung primary waits.
	if config.ConnectTimeout == nil {
		config.SetConnectTimeout(helloTimeout)
	}
	if config.HeartbeatInterval == nil {
		config.SetHeartbeatInterval(helloEvery)
	}
	if o.Monitor != nil {
		config.SetMonitor(o.Monitor)
	}
	client, err := mongo.Connect(config)
	if err != nil {
		return nil, fmt.Errorf("open database %s: the connection string is not valid: %s", shown, strings.ReplaceAll(err.Error(), uri, shown))
	}
	db := &DB{client: client, database: client.Database(name), clock: o.Clock, log: o.Log, hints: hints{wake: make(chan struct{}, 1)}}
	if _, err := db.Now(ctx); err != nil {
		return nil, errors.Join(
			fmt.Errorf("open database %s: no primary answers; check host, port, credentials and the replica set: %w", shown, err),
			client.Disconnect(context.WithoutCancel(ctx)))
	}
	return db, nil
}

// Redact returns a connection string without its password.
func Redact(uri string) string {
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		return "(not a connection string)"
	}
	authority, tail, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		user, _, _ := strings.Cut(authority[:at], ":")
		authority = user + ":***" + authority[at:]
	}
	path, _, _ := strings.Cut(tail, "?") // options may hold secrets too
	return scheme + "://" + authority + "/" + path
}

// databaseName is the path of a connection string. Several hosts make it no
// valid URL, so only the part behind them is parsed.
func databaseName(uri string) (string, error) {
	_, rest, found := strings.Cut(uri, "://")
	if !found {
		return "", errors.New("open database: a MongoDB connection string begins with mongodb:// or mongodb+srv://")
	}
	_, tail, _ := strings.Cut(rest, "/")
	path, _, _ := strings.Cut(tail, "?")
	name, err := url.PathUnescape(path)
	if err != nil {
		return "", fmt.Errorf("open database %s: the database name is not valid: %w", Redact(uri), err)
	}
	if name == "" {
		return DefaultDatabase, nil
	}
	return name, nil
}

// Collection is a collection of the database.
func (db *DB) Collection(name string) *mongo.Collection { return db.database.Collection(name) }

// Database is the database itself, for commands.
func (db *DB) Database() *mongo.Database { return db.database }

// Now is the time of the database, never that of this machine: leases and due
// instants are compared across replicas whose clocks differ. The server is asked
// every half minute; in between the time that has passed here is added. Answers
// never go back, and lag by half a round trip at most.
func (db *DB) Now(ctx context.Context) (core.Instant, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	here := db.clock.Now()
	if age := here.Sub(db.sample); db.sample.IsZero() || age < 0 || age > resample {
		var hello struct {
			LocalTime bson.DateTime `bson:"localTime"`
		}
		if err := db.database.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			return 0, fmt.Errorf("read the time of the database: %w", err)
		}
		// The server looked at its clock before now, so this is never ahead of it.
		here = db.clock.Now()
		db.base, db.sample = core.Instant(hello.LocalTime), here
	}
	db.last = max(db.last, db.base+core.Instant(here.Sub(db.sample).Milliseconds()))
	return db.last, nil
}

// Index is an index on fields in order; "-" before a name makes it descending.
type Index struct {
	Fields []string
	Unique bool
	Sparse bool
}

// name is what a server calls the index when it is not told otherwise.
func (i Index) name() string {
	parts := make([]string, len(i.Fields))
	for n, key := range i.keys() {
		parts[n] = fmt.Sprintf("%s_%d", key.Key, key.Value)
	}
	return strings.Join(parts, "_")
}

func (i Index) keys() bson.D {
	keys := bson.D{}
	for _, field := range i.Fields {
		name, descending := strings.CutPrefix(field, "-")
		direction := 1
		if descending {
			direction = -1
		}
		keys = append(keys, bson.E{Key: name, Value: direction})
	}
	return keys
}

// EnsureIndexes makes the indexes that are missing, one command each: not every
// compatible server takes a list of which some are there.
func (db *DB) EnsureIndexes(ctx context.Context, collection string, indexes ...Index) error {
	view := db.Collection(collection).Indexes()
	existing, err := view.ListSpecifications(ctx)
	if err != nil {
		return fmt.Errorf("list indexes of %s: %w", collection, err)
	}
	for _, index := range indexes {
		if slices.ContainsFunc(existing, func(s mongo.IndexSpecification) bool { return s.Name == index.name() }) {
			continue
		}
		o := options.Index().SetName(index.name())
		if index.Unique {
			o.SetUnique(true)
		}
		if index.Sparse {
			o.SetSparse(true)
		}
		err := Repeat(ctx, func() error {
			_, err := view.CreateOne(ctx, mongo.IndexModel{Keys: index.keys(), Options: o})
			return err
		})
		if err != nil {
			return fmt.Errorf("make index %s of %s: %w", index.name(), collection, err)
		}
	}
	return nil
}

// Uncertain tells whether an error leaves open if a write was applied: the
// connection broke, the primary changed while it was under way, or it was applied
// there but a majority has not confirmed it, so that an election may undo it.
//
// Reading it back settles nothing, because the primary shows what may yet be
// undone. A write that changes nothing does: it waits until all that was written
// before it is safe.
func Uncertain(err error) bool {
	var answer mongo.ServerError
	return mongo.IsNetworkError(err) || mongo.IsTimeout(err) ||
		errors.As(err, &answer) && answer.HasErrorLabel("RetryableWriteError") || unconfirmed(err)
}

// unconfirmed tells whether the server says that it wrote, and no more.
func unconfirmed(err error) bool {
	var (
		write mongo.WriteException
		bulk  mongo.BulkWriteException
	)
	return errors.As(err, &write) && write.WriteConcernError != nil || errors.As(err, &bulk) && bulk.WriteConcernError != nil
}

// tries is how often Repeat tries: the primary may change again meanwhile.
const tries = 5

// Repeat does what may be done twice, such as making an index, again when the
// primary has gone: the driver repeats reads and writes of documents, no more.
// Each try waits for a primary.
func Repeat(ctx context.Context, command func() error) error {
	for n := 1; ; n++ {
		err := command()
		if err == nil || n == tries || ctx.Err() != nil || !primaryGone(err) {
			return err
		}
	}
}

// primaryGone tells whether a server is not the primary any more, or gone.
func primaryGone(err error) bool {
	var answer mongo.ServerError
	return mongo.IsNetworkError(err) ||
		errors.As(err, &answer) && slices.ContainsFunc([]int{91, 189, 10058, 10107, 11600, 11602, 13435, 13436}, answer.HasErrorCode)
}

// Drop deletes the whole database; for tests.
func (db *DB) Drop(ctx context.Context) error {
	return Repeat(ctx, func() error { return db.database.Drop(ctx) })
}

// Close ends the connections.
func (db *DB) Close(ctx context.Context) error {
	db.hints.close()
	return db.client.Disconnect(ctx)
}
