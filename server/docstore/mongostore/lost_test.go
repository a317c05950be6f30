package mongostore_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/mongostore"
)

// losing is a proxy that, once armed, passes a write on to the server and closes
// the connection instead of passing the answer back.
type losing struct {
	server string
	armed  atomic.Bool
	lost   atomic.Int64
	wg     sync.WaitGroup
}

func (p *losing) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		p.wg.Wait()
	})
	p.wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pipe(client) })
		}
	})
	return listener.Addr().String()
}

func (p *losing) pipe(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	for {
		request, err := message(client)
		if err != nil {
			return
		}
		if _, err := server.Write(request); err != nil {
			return
		}
		reply, err := message(server)
		if err != nil {
			return
		}
		if p.armed.Load() && isWrite(request) && p.armed.CompareAndSwap(true, false) {
			p.lost.Add(1)
			return
		}
		if _, err := client.Write(reply); err != nil {
			return
		}
	}
}

// message reads one wire message by its length header.
func message(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head)
	if n < 16 || n > 64<<20 {
		return nil, errors.New("not a wire message")
	}
	all := make([]byte, n)
	copy(all, head)
	_, err := io.ReadFull(r, all[4:])
	return all, err
}

// isWrite looks at the command's name, the first key of the body section: header
// 16, flags 4, section kind 1, document length 4, type 1.
func isWrite(m []byte) bool {
	const name = 26
	for _, command := range []string{"insert", "update"} {
		if len(m) > name+len(command) && string(m[name:name+len(command)]) == command {
			return true
		}
	}
	return false
}

func TestLostAnswersAreSettled(t *testing.T) {
	if !mongotest.Light() { // the fault is made in the wire; the same code runs against every server
		t.Skip("a replica set's members know each other by name, past the proxy")
	}
	direct := mongotest.Open(t)
	u, err := url.Parse(mongotest.URI(t))
	require.NoError(t, err)
	p := &losing{server: u.Host}
	u.Host = p.serve(t)
	db, err := mongodb.Open(t.Context(), u.String(), mongodb.Options{Database: direct.Database().Name()})
	require.NoError(t, err)
	s := mongostore.New(db, start, mongostore.Options{})
	c, err := s.Collection(t.Context(), docstore.Spec{Name: "deals"})
	require.NoError(t, err)

	p.armed.Store(true)
	d, err := c.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(`{"n":1}`)}, docstore.Event{Kind: "a"})
	require.NoError(t, err)
	require.EqualValues(t, 1, d.Rev)
	p.armed.Store(true)
	d.Body = json.RawMessage(`{"n":2}`)
	d, err = c.Save(t.Context(), d, docstore.Event{Kind: "b"})
	require.NoError(t, err)
	require.EqualValues(t, 2, d.Rev)
	pending, err := s.Pending(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, pending, 2)
	p.armed.Store(true)
	require.NoError(t, c.Delete(t.Context(), "d", 2, docstore.Event{Kind: "c"}))
	require.EqualValues(t, 3, p.lost.Load())
	_, err = c.Get(t.Context(), "d")
	require.ErrorIs(t, err, docstore.ErrNotFound)
	require.NoError(t, db.Close(t.Context()))
}

// TestUnconfirmedWrites: what the primary has and no majority may yet be undone by
// an election, so a document is saved only once that is confirmed.
func TestUnconfirmedWrites(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	c, err := mongostore.New(db, start, mongostore.Options{}).Collection(t.Context(), docstore.Spec{Name: "deals"})
	require.NoError(t, err)
	inserted := mongotest.Unconfirmed(bson.E{Key: "n", Value: 1})
	updated := mongotest.Unconfirmed(bson.E{Key: "n", Value: 1}, bson.E{Key: "nModified", Value: 1})

	set.Fail("insert", inserted)
	d, err := c.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(`{"n":1}`)})
	require.NoError(t, err, "confirmed when asked again")
	set.Fail("update", updated)
	d, err = c.Save(t.Context(), d)
	require.NoError(t, err, "confirmed when asked again")
	require.EqualValues(t, 2, d.Rev)
	set.Fail("update", updated, updated)
	_, err = c.Save(t.Context(), d)
	require.ErrorContains(t, err, "waiting for replication")
	require.NotErrorIs(t, err, docstore.ErrConflict)
	require.Empty(t, set.Stats().Unsafe)
}
