package mongostore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

// cutter is a connection that breaks at the next request that contains a text:
// before it is sent on, or after the server has answered.
type cutter struct {
	text    atomic.Pointer[string]
	applied atomic.Bool            // the server hears the request
	forged  atomic.Pointer[bson.D] // is answered instead of a cut
	cuts    atomic.Int32
}

func (c *cutter) serve(t *testing.T, backend string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	var ending atomic.Bool
	var mu sync.Mutex
	var connections []net.Conn
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", backend)
			if err != nil || ending.Load() {
				client.Close()
				continue
			}
			mu.Lock()
			connections = append(connections, client, server)
			mu.Unlock()
			open.Go(func() { c.pass(client, server) })
		}
	})
	t.Cleanup(func() {
		ending.Store(true)
		listener.Close()
		mu.Lock()
		for _, conn := range connections {
			conn.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	return listener.Addr().String()
}

// pass exchanges one request for one answer at a time.
func (c *cutter) pass(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	for {
		request, err := message(client)
		if err != nil {
			return
		}
		text := c.text.Load()
		cut := text != nil && bytes.Contains(request, []byte(*text)) && c.text.CompareAndSwap(text, nil)
		if cut {
			c.cuts.Add(1)
		}
		if answer := c.forged.Load(); cut && answer != nil {
			if err := forge(client, request, *answer); err != nil {
				return
			}
			continue
		}
		if cut && !c.applied.Load() {
			return
		}
		if _, err := server.Write(request); err != nil {
			return
		}
		answer, err := message(server)
		if err != nil || cut {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

func message(conn net.Conn) ([]byte, error) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil, err
	}
	rest := make([]byte, binary.LittleEndian.Uint32(header)-4)
	_, err := io.ReadFull(conn, rest)
	return append(header, rest...), err
}

// forge answers a request in the server's place.
func forge(client net.Conn, request []byte, answer bson.D) error {
	body, err := bson.Marshal(answer)
	if err != nil {
		return err
	}
	const opMsg, header = 2013, 21 // length, id, answer to, opcode, flags, kind of section
	text := make([]byte, 0, header+len(body))
	for _, n := range []uint32{uint32(header + len(body)), 1, binary.LittleEndian.Uint32(request[4:]), opMsg, 0} {
		text = binary.LittleEndian.AppendUint32(text, n)
	}
	_, err = client.Write(append(append(text, 0), body...))
	return err
}

// connect opens a store through a cutter.
func (c *cutter) connect(t *testing.T, database string) *mongostore.Store {
	t.Helper()
	if !mongotest.Light() { // the fault is made in the wire; the same code runs against every server
		t.Skip("the cutter stands before one server without encryption")
	}
	uri, err := url.Parse(mongotest.URI(t))
	require.NoError(t, err)
	uri.Host = c.serve(t, uri.Host)
	db, err := mongodb.Open(t.Context(), uri.String()+"?directConnection=true&retryWrites=false", mongodb.Options{Database: database})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		require.NoError(t, db.Drop(ctx))
		require.NoError(t, db.Close(ctx))
	})
	s, err := mongostore.New(t.Context(), db, mongostore.Options{})
	require.NoError(t, err)
	return s
}

// TestLostInsert is the race of two relays inside the server: an End finds no
// document, a Put inserts it, and the End's own insert meets the id. The
// document must be closed all the same.
func TestLostInsert(t *testing.T) {
	var c cutter
	s := c.connect(t, "fluxo_test_lost_insert")
	put := func(id string) store.Outbox {
		return store.Outbox{Seq: 1, Kind: store.PutSubscription, ID: id, Body: []byte(`{"runId":"r1","name":"paid","key":"k"}`)}
	}
	require.NoError(t, s.Copy(t.Context(), "r1", []store.Outbox{put("w1"), put("w2")}))
	closing := "closedAt"
	c.text.Store(&closing)
	c.forged.Store(&bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 1}, {Key: "nModified", Value: 1}, {Key: "writeErrors", Value: bson.A{
		bson.D{{Key: "index", Value: 0}, {Key: "code", Value: 11000}, {Key: "errmsg", Value: "E11000 duplicate key error"}},
	}}})
	require.NoError(t, s.Copy(t.Context(), "r1", []store.Outbox{{Seq: 2, Kind: store.EndSubscription, ID: "w1", At: 5}}))
	require.EqualValues(t, 1, c.cuts.Load())
	open, err := s.RunSubscriptions(t.Context(), "r1")
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, "w2", open[0].ID)
}

// TestLostAnswers cuts the connection around a commit. When the server has
// applied it, the batch id tells so; when it has not, the caller hears that
// nothing is known to be written, and may simply repeat.
func TestLostAnswers(t *testing.T) {
	var c cutter
	s := c.connect(t, "fluxo_test_lost_answers")
	run, err := s.Start(t.Context(), store.Run{ID: "r1", Status: core.Active, StartedAt: 1, Inbox: []core.Event{{ID: "e", At: 1}}})
	require.NoError(t, err)

	commit := func(state string, applied bool) (store.Run, error) {
		c.applied.Store(applied)
		c.text.Store(&state)
		step := store.Commit{ID: "r1", Rev: run.Rev, Run: run, Consumed: []string{"e"}, Seen: len(run.Inbox)}
		step.Run.State = []byte(state)
		return s.Commit(t.Context(), step)
	}
	got, err := commit("written and unheard", true)
	require.NoError(t, err, "settled by reading again")
	require.EqualValues(t, 2, got.Rev)
	require.Equal(t, "written and unheard", string(got.State))
	require.Empty(t, got.Inbox)
	require.Zero(t, got.ReadyAt)
	require.EqualValues(t, 1, c.cuts.Load())

	run = got
	_, err = commit("never sent", false)
	require.Error(t, err)
	require.NotErrorIs(t, err, store.ErrConflict)
	require.EqualValues(t, 2, c.cuts.Load())
	got, err = commit("sent at last", true)
	require.NoError(t, err)
	require.Equal(t, "sent at last", string(got.State))
	require.EqualValues(t, 3, got.Rev)
}

// TestUnconfirmedCommit: what the primary has and no majority may yet be undone by
// an election, so a commit holds only once it is confirmed.
func TestUnconfirmedCommit(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	s, err := mongostore.New(t.Context(), db, mongostore.Options{})
	require.NoError(t, err)
	run, err := s.Start(t.Context(), store.Run{ID: "r1", Status: core.Active, StartedAt: 1, Inbox: []core.Event{{ID: "e", At: 1}}})
	require.NoError(t, err)
	unconfirmed := mongotest.Unconfirmed(bson.E{Key: "value", Value: bson.D{{Key: "_id", Value: "r1"}}})
	commit := func(state string, faults ...mongotest.Fault) (store.Run, error) {
		set.Fail("findAndModify", faults...)
		step := store.Commit{ID: "r1", Rev: run.Rev, Run: run, Consumed: []string{"e"}, Seen: len(run.Inbox)}
		step.Run.State = []byte(state)
		return s.Commit(t.Context(), step)
	}
	got, err := commit("confirmed when asked again", unconfirmed)
	require.NoError(t, err)
	require.EqualValues(t, 2, got.Rev)
	require.Equal(t, "confirmed when asked again", string(got.State))
	require.Empty(t, got.Inbox)
	run = got
	_, err = commit("never confirmed", unconfirmed, unconfirmed)
	require.ErrorContains(t, err, "waiting for replication")
	require.NotErrorIs(t, err, store.ErrConflict)
	require.Empty(t, set.Stats().Unsafe)
}

// TestDeletionsGoOn: the driver repeats no deletion of several documents.
func TestDeletionsGoOn(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	s, err := mongostore.New(t.Context(), db, mongostore.Options{})
	require.NoError(t, err)
	_, err = s.AcquireLease(t.Context(), "a", "me", 1, 2)
	require.NoError(t, err)
	set.Fail("delete", mongotest.Fault{Answer: bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: 10107}, {Key: "errmsg", Value: "not primary"}}}, mongotest.Fault{Apply: true})
	require.NoError(t, s.DropLeases(t.Context(), 5))
	free, err := s.AcquireLease(t.Context(), "a", "you", 1, 2)
	require.NoError(t, err)
	require.True(t, free)
}
