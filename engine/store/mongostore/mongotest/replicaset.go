package mongotest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
)

// ReplicaSet shows the stand-in server as a replica set of three members, so
// that the driver does what it does with one: look for the primary, number its
// writes and repeat them, follow an election, read a change stream. The three
// share their data, so nothing is ever rolled back, and one command is carried
// out at a time. It answers as MongoDB's documentation has it; what a real
// MongoDB adds to that, only a real one can show.
//
// The command replSetStepDown has the next member elected. It takes effect with
// the next write, or after a second without any: that one and others that are
// under way are carried out and answered, in turns, by an error and by one of
// their write concern; one that comes too late is refused.
type ReplicaSet struct {
	backend string
	members []*member
	ending  chan struct{}
	open    sync.WaitGroup

	mu          sync.Mutex
	changed     chan struct{} // closed and replaced by whatever is waited for
	connections map[net.Conn]bool
	primary     int  // -1 during an election
	falling     bool // the primary goes with the next write
	term        int
	interrupted int
	written     map[string]*written // by session and number of the write
	log         []change
	lostBefore  int // resuming before it is refused
	cursors     map[int64]*cursor
	nextCursor  int64
	faults      map[string][]Fault // by name of command
	stats       Stats
}

// Stats is what a ReplicaSet has seen.
type Stats struct {
	Elections   int
	Interrupted int      // writes under way during an election
	Repeated    int      // writes that were answered from memory
	Streams     int      // change streams opened anew
	Resumed     int      // change streams that went on from a token
	Unsafe      []string // writes that do not wait for the journals of a majority
}

// Fault is what happens to the next command of a name.
type Fault struct {
	// Apply has the command carried out first.
	Apply bool
	// Answer is sent instead of the server's; nil closes the connection.
	Answer bson.D
}

// member is one server of the set.
type member struct {
	set      *ReplicaSet
	n        int
	listener net.Listener
	hung     bool // guarded by the set's mu
}

// written is a write that may be asked for again.
type written struct {
	done   chan struct{}
	answer []byte // nil: it was not carried out
}

type change struct{ database, collection string }

type cursor struct {
	database string
	at       int
}

// NewReplicaSet starts a set in front of the stand-in. Against a real
// deployment, which is or is not a replica set itself, the test is skipped.
func NewReplicaSet(t testing.TB) *ReplicaSet {
	t.Helper()
	if !Light() {
		t.Skip("the members of a real replica set know each other by name, past the proxy")
	}
	if testing.Short() {
		t.Skip("needs the stand-in, which takes seconds")
	}
	backend, err := url.Parse(URI(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &ReplicaSet{backend: backend.Host, ending: make(chan struct{}), changed: make(chan struct{}), connections: map[net.Conn]bool{}, term: 1,
		written: map[string]*written{}, cursors: map[int64]*cursor{}, nextCursor: 1 << 40, faults: map[string][]Fault{}}
	for n := range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		m := &member{set: s, n: n, listener: listener}
		s.members = append(s.members, m)
	}
	for _, m := range s.members {
		s.open.Go(m.serve)
	}
	t.Cleanup(s.close)
	return s
}

// URI is its connection string.
func (s *ReplicaSet) URI() string {
	return "mongodb://" + strings.Join(s.hosts(), ",") + "/?replicaSet=fluxo"
}

// OpenReplicaSet connects to a new, empty database of a new set.
func OpenReplicaSet(t testing.TB, o mongodb.Options) (*ReplicaSet, *mongodb.DB) {
	t.Helper()
	s := NewReplicaSet(t)
	return s, connect(t, s.URI(), o)
}

// Stats tells what has happened so far.
func (s *ReplicaSet) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Unsafe = slices.Clone(stats.Unsafe)
	return stats
}

// Fail has faults happen to the next commands of a name, one each.
func (s *ReplicaSet) Fail(command string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[command] = append(s.faults[command], faults...)
}

// Unconfirmed is the fault that a write is carried out and no majority is known
// to have it; the answer to the command has applied in it.
func Unconfirmed(applied ...bson.E) Fault {
	const writeConcernTimeout = 64
	return Fault{Apply: true, Answer: append(append(bson.D{{Key: "ok", Value: 1}}, applied...),
		bson.E{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: writeConcernTimeout}, {Key: "errmsg", Value: "waiting for replication timed out"}}})}
}

// LoseHistory ends the change streams for good: what they have seen is not kept
// any more, so that none can go on from there.
func (s *ReplicaSet) LoseHistory() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, change{})
	s.lostBefore = len(s.log)
	s.wake()
}

// KillCursors ends the change streams as an operator would.
func (s *ReplicaSet) KillCursors() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.cursors)
	s.wake()
}

// Hang has the primary answer nothing any more, and elects another.
func (s *ReplicaSet) Hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.primary >= 0 {
		s.members[s.primary].hung = true
	}
	s.elect()
}

// keepElecting has another primary elected every other second until the test is over,
// which fails if a write asked for less than a majority.
func (s *ReplicaSet) keepElecting(t testing.TB) {
	over := make(chan struct{})
	s.open.Go(func() {
		for {
			s.fall()
			s.mu.Lock()
			s.elect()
			s.mu.Unlock()
			select {
			case <-over:
				return
			case <-time.After(2 * time.Second):
			}
		}
	})
	t.Cleanup(func() {
		close(over)
		stats := s.Stats()
		if len(stats.Unsafe) > 0 {
			t.Errorf("writes that do not wait for a majority: %v", stats.Unsafe)
		}
		if stats.Elections > 0 {
			t.Logf("%d elections, %d writes under way, %d repeated", stats.Elections, stats.Interrupted, stats.Repeated)
		}
	})
}

// elect makes the next member that answers the primary; the caller holds mu.
func (s *ReplicaSet) elect() {
	next := s.term % len(s.members)
	for s.members[next].hung {
		next = (next + 1) % len(s.members)
	}
	s.primary = next
	s.term++
	s.stats.Elections++
	s.wake()
}

// wake tells those who wait; the caller holds mu.
func (s *ReplicaSet) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *ReplicaSet) close() {
	close(s.ending)
	for _, m := range s.members {
		m.listener.Close() //nolint:errcheck // the test is over
	}
	s.mu.Lock()
	for c := range s.connections {
		c.Close() //nolint:errcheck // the test is over
	}
	s.mu.Unlock()
	s.open.Wait()
}

func (s *ReplicaSet) hosts() []string {
	var hosts []string
	for _, m := range s.members {
		hosts = append(hosts, m.listener.Addr().String())
	}
	return hosts
}

func (m *member) serve() {
	for {
		client, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.set.open.Go(func() { m.talk(client) })
	}
}

// keep notes a connection for the end of the test.
func (s *ReplicaSet) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ending:
		return false
	default:
		s.connections[c] = true
		return true
	}
}

func (s *ReplicaSet) drop(c net.Conn) {
	c.Close() //nolint:errcheck // nothing to flush
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
}

// talk answers one connection, a request at a time.
func (m *member) talk(client net.Conn) {
	defer m.set.drop(client)
	server, err := net.Dial("tcp", m.set.backend)
	if err != nil {
		return
	}
	defer m.set.drop(server)
	if !m.set.keep(client) || !m.set.keep(server) {
		return
	}
	for {
		message, err := readWire(client)
		if err != nil {
			return
		}
		r, err := parseRequest(message)
		if err != nil {
			return
		}
		m.set.mu.Lock()
		hung := m.hung
		m.set.mu.Unlock()
		if hung {
			<-m.set.ending
			return
		}
		text, err := m.handle(r, server)
		if err != nil {
			return
		}
		if _, err := client.Write(text); err != nil {
			return
		}
	}
}

var errCut = errors.New("the connection is cut")

func (m *member) handle(r request, server net.Conn) ([]byte, error) {
	switch s := m.set; strings.ToLower(r.name) {
	case "hello", "ismaster":
		return r.answer(m.hello())
	case "endsessions":
		return r.answer(bson.D{{Key: "ok", Value: 1}})
	case "replsetstepdown":
		return m.stepDown(r)
	case "getmore", "killcursors":
		if id, ok := s.own(r); ok {
			return s.more(r, id)
		}
	case "aggregate":
		if stream, err := r.body.LookupErr("pipeline", "0", "$changeStream"); err == nil {
			return m.stream(r, stream.Document())
		}
	}
	return m.pass(r, server)
}

// hello is what a member says of itself and of the set.
func (m *member) hello() bson.D {
	s := m.set
	s.mu.Lock()
	defer s.mu.Unlock()
	primary := s.primary == m.n
	d := bson.D{{Key: "helloOk", Value: true}, {Key: "ismaster", Value: primary}, {Key: "isWritablePrimary", Value: primary}, {Key: "secondary", Value: !primary},
		{Key: "setName", Value: "fluxo"}, {Key: "setVersion", Value: 1}, {Key: "hosts", Value: s.hosts()}, {Key: "me", Value: m.listener.Addr().String()},
		{Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48_000_000}, {Key: "maxWriteBatchSize", Value: 100_000},
		{Key: "localTime", Value: bson.NewDateTimeFromTime(time.Now())}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
		{Key: "minWireVersion", Value: 0}, {Key: "maxWireVersion", Value: 21}, {Key: "ok", Value: 1}}
	if s.primary >= 0 {
		d = append(d, bson.E{Key: "primary", Value: s.members[s.primary].listener.Addr().String()})
	}
	if primary {
		var id bson.ObjectID
		binary.BigEndian.PutUint32(id[8:], uint32(s.term))
		d = append(d, bson.E{Key: "electionId", Value: id})
	}
	return d
}

// stepDown leaves the set without a primary for as many seconds as it is told.
func (m *member) stepDown(r request) ([]byte, error) {
	s := m.set
	s.mu.Lock()
	primary := s.primary == m.n && !s.falling
	s.mu.Unlock()
	if !primary {
		return r.answer(refusal(notPrimary, "not primary so can't step down", ""))
	}
	s.fall()
	seconds, _ := r.body.Lookup(r.name).AsInt64OK()
	s.open.Go(func() {
		select {
		case <-s.ending:
		case <-time.After(time.Duration(seconds) * time.Second):
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.elect()
	})
	return r.answer(bson.D{{Key: "ok", Value: 1}})
}

// fall leaves the set without a primary, with the next write or a second later.
func (s *ReplicaSet) fall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.falling = true
	timeout := time.After(time.Second)
	for waiting := true; s.falling && waiting; {
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			waiting = false
		case <-s.ending:
			waiting = false
		}
		s.mu.Lock()
	}
	s.falling, s.primary = false, -1
	s.wake()
}

// Codes of errors.
const (
	cursorNotFound     = 43
	historyLost        = 286
	notPrimary         = 10107
	interrupted        = 11602
	notPrimaryForReads = 13435
)

const (
	retryable = "RetryableWriteError"
	resumable = "ResumableChangeStreamError"
)

func refusal(code int, text, label string) bson.D {
	d := bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "errmsg", Value: text}}
	if label != "" {
		d = append(d, bson.E{Key: "errorLabels", Value: bson.A{label}})
	}
	return d
}

// data are the writes that must be safe; they are the ones that make a change.
var data = []string{"insert", "update", "delete", "findAndModify"}

// reads are the commands that a member which is not the primary refuses as such.
var reads = []string{"find", "aggregate", "count", "distinct", "getMore", "listCollections", "listIndexes"}

// pass has the backend carry out a command, if this is the primary.
func (m *member) pass(r request, server net.Conn) ([]byte, error) {
	s := m.set
	write := slices.Contains(data, r.name)
	s.mu.Lock()
	if write {
		w, _ := r.body.Lookup("writeConcern", "w").StringValueOK()
		j, _ := r.body.Lookup("writeConcern", "j").BooleanOK()
		if w != "majority" || !j || r.mute {
			s.stats.Unsafe = append(s.stats.Unsafe, r.body.String())
		}
	}
	term, primary := s.term, s.primary == m.n
	var fault Fault
	fails := primary && len(s.faults[r.name]) > 0
	if fails {
		fault, s.faults[r.name] = s.faults[r.name][0], s.faults[r.name][1:]
	}
	s.mu.Unlock()
	switch {
	case !primary && write:
		return r.answer(refusal(notPrimary, "not primary", retryable))
	case !primary && !slices.Contains(reads, r.name):
		return r.answer(refusal(notPrimary, "not primary", ""))
	case !primary:
		return r.answer(refusal(notPrimaryForReads, "not primary and secondaryOk=false", ""))
	case fails && !fault.Apply:
		return fault.answer(r)
	}
	key := number(r)
	text, err := s.once(key, r, server)
	if err != nil {
		return nil, err
	}
	if write {
		s.note(r)
	}
	if fails {
		return fault.answer(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if write && s.falling && s.primary == m.n {
		s.falling, s.primary = false, -1
		s.wake()
	}
	if write && (s.term != term || s.primary != m.n) {
		s.stats.Interrupted++
		if s.interrupted++; s.interrupted%2 == 0 {
			return r.answer(refusal(interrupted, "operation was interrupted", retryable))
		}
		var applied bson.D
		if err := bson.Unmarshal(text[bodyBegins:], &applied); err != nil {
			return nil, err
		}
		return r.answer(append(applied,
			bson.E{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: interrupted}, {Key: "errmsg", Value: "operation was interrupted"}}},
			bson.E{Key: "errorLabels", Value: bson.A{retryable}}))
	}
	return text, nil
}

func (f Fault) answer(r request) ([]byte, error) {
	if f.Answer == nil {
		return nil, errCut
	}
	return r.answer(f.Answer)
}

// number names a write that the driver may repeat; "" for others.
func number(r request) string {
	n, err := r.body.LookupErr("txnNumber")
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x %d", r.body.Lookup("lsid", "id").Value, n.AsInt64())
}

// once carries a command out, unless it was: then the answer is the former one.
func (s *ReplicaSet) once(key string, r request, server net.Conn) ([]byte, error) {
	if key == "" {
		return exchange(r, server)
	}
	s.mu.Lock()
	w := s.written[key]
	if w != nil {
		s.stats.Repeated++
		s.mu.Unlock()
		<-w.done
		if w.answer == nil {
			return nil, errCut
		}
		text := bytes.Clone(w.answer)
		binary.LittleEndian.PutUint32(text[8:], r.id)
		return text, nil
	}
	w = &written{done: make(chan struct{})}
	s.written[key] = w
	s.mu.Unlock()
	defer close(w.done)
	text, err := exchange(r, server)
	if err == nil && len(text) > bodyBegins {
		w.answer = text
		return text, nil
	}
	s.mu.Lock()
	delete(s.written, key)
	s.mu.Unlock()
	return text, err
}

// exchange asks the backend, without what it does not know.
func exchange(r request, server net.Conn) ([]byte, error) {
	text, err := r.without("lsid", "txnNumber", "$clusterTime")
	if err != nil {
		return nil, err
	}
	if _, err := server.Write(text); err != nil {
		return nil, err
	}
	if r.mute {
		return nil, nil
	}
	return readWire(server)
}

// note adds a write to what change streams tell.
func (s *ReplicaSet) note(r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, change{r.body.Lookup("$db").StringValue(), r.body.Lookup(r.name).StringValue()})
	s.wake()
}

// stream opens a change stream, or another one in the place of a former.
func (m *member) stream(r request, how bson.Raw) ([]byte, error) {
	s := m.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.primary != m.n {
		return r.answer(refusal(notPrimaryForReads, "not primary and secondaryOk=false", ""))
	}
	at := len(s.log)
	for _, field := range []string{"resumeAfter", "startAfter"} {
		token, err := how.LookupErr(field, "_data")
		if err != nil {
			continue
		}
		if _, err := fmt.Sscanf(token.StringValue(), "%x", &at); err != nil {
			return nil, err
		}
		if at < s.lostBefore {
			return r.answer(refusal(historyLost, "resume point may no longer be in the oplog", "NonResumableChangeStreamError"))
		}
		s.stats.Resumed++
	}
	if _, err := how.LookupErr("resumeAfter"); err != nil {
		s.stats.Streams++
	}
	s.nextCursor++
	c := &cursor{r.body.Lookup("$db").StringValue(), at}
	s.cursors[s.nextCursor] = c
	return r.answer(s.batch(s.nextCursor, c, "firstBatch", nil))
}

func token(at int) bson.D { return bson.D{{Key: "_data", Value: fmt.Sprintf("%08x", at)}} }

func (s *ReplicaSet) batch(id int64, c *cursor, name string, events bson.A) bson.D {
	if events == nil {
		events = bson.A{}
	}
	return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{{Key: "id", Value: id}, {Key: "ns", Value: c.database + ".$cmd.aggregate"},
		{Key: name, Value: events}, {Key: "postBatchResumeToken", Value: token(c.at)}}}}
}

// own tells whether a command is about a change stream.
func (s *ReplicaSet) own(r request) (int64, bool) {
	id, ok := r.body.Lookup(r.name).AsInt64OK()
	if r.name == "killCursors" {
		id, ok = r.body.Lookup("cursors", "0").AsInt64OK()
	}
	return id, ok && id > 1<<40
}

// more waits a second for what a change stream tells next.
func (s *ReplicaSet) more(r request, id int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.name == "killCursors" {
		delete(s.cursors, id)
		return r.answer(bson.D{{Key: "ok", Value: 1}, {Key: "cursorsKilled", Value: bson.A{id}}})
	}
	term := s.term
	timeout := time.After(time.Second)
	for over := false; ; {
		c := s.cursors[id]
		switch {
		case c == nil:
			return r.answer(refusal(cursorNotFound, "cursor id not found", resumable))
		case c.at < s.lostBefore:
			return r.answer(refusal(historyLost, "resume point may no longer be in the oplog", "NonResumableChangeStreamError"))
		case s.term != term || s.primary < 0:
			return r.answer(refusal(interrupted, "operation was interrupted", resumable))
		}
		var events bson.A
		for ; c.at < len(s.log); c.at++ {
			if e := s.log[c.at]; e.database == c.database {
				events = append(events, bson.D{{Key: "_id", Value: token(c.at + 1)}, {Key: "ns", Value: bson.D{{Key: "db", Value: e.database}, {Key: "coll", Value: e.collection}}}})
			}
		}
		if len(events) > 0 || over {
			return r.answer(s.batch(id, c, "nextBatch", events))
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			over = true
		case <-s.ending:
			over = true
		}
		s.mu.Lock()
	}
}
