// Package wsapi serves the live views over one websocket per browser: subscribe
// with a permission check each time, resume by position, ranges for gaps,
// heartbeats, and a bounded queue, so that a slow reader costs nobody anything.
package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/stream"
)

// Limits of a connection.
const (
	maxMessage    = 4 << 10
	maxTopics     = 50
	writeWait     = 10 * time.Second
	pongWait      = 60 * time.Second
	pingPeriod    = 25 * time.Second
	maxPause      = 5 * time.Second
	maxPerAccount = 20 // sockets of one user, about as many tabs as anybody has
)

// Topic is where a subscription leads: the name on the hub and what a newcomer gets.
type Topic struct {
	// Name on the hub; "inbox" of a person has the person in it.
	Name string
	// Snapshot is taken after the subscription began. Position, when Seq is not
	// negative, replaces the hub's: the topic is numbered by its own records.
	Snapshot func(ctx context.Context) (data any, at stream.Position, err error)
	// As, when not empty, is the name under which others on the topic see the
	// person, with what the person selects.
	As string
}

// Denied refuses a subscription.
type Denied struct{ Code, Detail string }

// Error is the reason.
func (d *Denied) Error() string { return d.Code + ": " + d.Detail }

// Topics resolves what a client may see; it is asked at every subscription.
type Topics interface {
	// Topic answers a *Denied error for a topic the caller may not see.
	Topic(ctx context.Context, user, topic string) (Topic, error)
	// Alive tells whether the caller's session still stands.
	Alive(ctx context.Context) bool
	// Pause is how long the caller has to wait before it may ask again: what is asked
	// for over a socket counts like any request.
	Pause(ctx context.Context) time.Duration
}

// Server accepts websockets.
type Server struct {
	hub    *stream.Hub
	topics Topics
	clock  clock.Clock
	log    *slog.Logger

	mu    sync.Mutex
	open  map[string]int
	conns map[*session]struct{}
	done  bool
	// present are the people who see each other; guarded by mu, as is elsewhere:
	// those of other servers, by topic and server.
	present   map[here]Person
	elsewhere map[string]map[string][]Person
	telling   sync.Mutex
	others    Others // nil where there is one server
}

// New makes a server on a hub.
func New(hub *stream.Hub, topics Topics, c clock.Clock, log *slog.Logger) *Server {
	return &Server{hub: hub, topics: topics, clock: c, log: log, open: map[string]int{}, conns: map[*session]struct{}{}, present: map[here]Person{}, elsewhere: map[string]map[string][]Person{}}
}

// Close ends all connections: clients reconnect elsewhere and resume.
func (s *Server) Close() {
	s.mu.Lock()
	s.done = true
	open := make([]*session, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.end()
	}
}

var upgrader = websocket.Upgrader{ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, CheckOrigin: sameOrigin}

// sameOrigin lets pages of this server in, and programs, which send no origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// Recheck asks the connections of a person, "" = of everybody, for a sign of life
// now: with it their rights are asked again, sooner than at the next heartbeat.
func (s *Server) Recheck(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if user != "" && c.user != user {
			continue
		}
		select {
		case c.asked <- struct{}{}:
		default: // it is being asked already
		}
	}
}

// errTooMany is a person with more sockets than tabs.
var errTooMany = errors.New("too many live connections")

func (s *Server) enter(c *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.open[c.user] >= maxPerAccount {
		return errTooMany
	}
	s.open[c.user]++
	s.conns[c] = struct{}{}
	return nil
}

func (s *Server) leave(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.open[c.user]--; s.open[c.user] <= 0 {
		delete(s.open, c.user)
	}
}

// Serve upgrades a request of a signed-in user and stays until the socket closes.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, user string) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	c := &session{server: s, ws: ws, user: user, viewer: s.hub.NewViewer(), out: make(chan any, 64), asked: make(chan struct{}, 1), cancel: cancel, names: map[string]string{}}
	if err := s.enter(c); err != nil {
		_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseTryAgainLater, err.Error()), deadline(writeWait))
		_ = ws.Close()
		c.viewer.Close()
		return
	}
	defer s.leave(c)
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	c.read(ctx)
	s.depart(c, "")
	cancel()
	c.viewer.Close()
	writer.Wait()
}

// session is one websocket: read runs on the request's goroutine, write on its own.
type session struct {
	server *Server
	ws     *websocket.Conn
	user   string
	viewer *stream.Viewer
	out    chan any      // answers to the client's own messages; bounded, a flooding client is cut off
	asked  chan struct{} // for a sign of life, see Recheck
	cancel context.CancelFunc
	names  map[string]string // topic as the client says it -> on the hub; read goroutine only
}

func (c *session) end() {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, "server stops"), deadline(time.Second))
	c.cancel()
	_ = c.ws.Close()
}

// message is what a client sends.
type message struct {
	Type  string `json:"type"`
	Topic string `json:"topic"`
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	// Selected is what the person has selected on the topic.
	Selected []string `json:"selected"`
}

type snapshot struct {
	Type  string `json:"type"`
	Topic string `json:"topic"`
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
	Data  any    `json:"data"`
}

type notice struct {
	Type   string `json:"type"`
	Topic  string `json:"topic,omitempty"`
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
}

func (c *session) read(ctx context.Context) {
	c.ws.SetReadLimit(maxMessage)
	_ = c.ws.SetReadDeadline(deadline(pongWait))
	c.ws.SetPongHandler(func(string) error {
		if !c.server.topics.Alive(ctx) {
			return errors.New("session ended")
		}
		if !c.recheck(ctx) {
			return errTooSlow
		}
		return c.ws.SetReadDeadline(deadline(pongWait))
	})
	for {
		kind, text, err := c.ws.ReadMessage()
		if err != nil || kind != websocket.TextMessage {
			return
		}
		// Only a pong keeps the connection: with it the person's rights are asked again.
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			if !c.send(notice{Type: "error", Code: "malformed_json", Detail: "a message is a JSON object"}) {
				return
			}
			continue
		}
		if !c.handle(ctx, m) {
			return
		}
	}
}

func (c *session) handle(ctx context.Context, m message) bool {
	switch m.Type {
	case "ping":
		return c.send(notice{Type: "pong"})
	case "subscribe":
		return c.patient(ctx) && c.subscribe(ctx, m)
	case "unsubscribe":
		if name, ok := c.names[m.Topic]; ok {
			c.leave(m.Topic, name)
		}
		return true
	case "select":
		if name, ok := c.names[m.Topic]; ok {
			c.server.choose(c, name, m.Selected)
		}
		return true
	case "range":
		name, ok := c.names[m.Topic]
		if !ok {
			return c.send(notice{Type: "denied", Topic: m.Topic, Code: "not_subscribed", Detail: "subscribe first"})
		}
		if !c.patient(ctx) {
			return false
		}
		if text, ok := c.server.hub.Range(name, m.From, m.To); ok {
			return c.send(json.RawMessage(text))
		}
		return c.send(notice{Type: "resync", Topic: m.Topic})
	}
	return c.send(notice{Type: "error", Code: "unknown_type", Detail: "known are subscribe, unsubscribe, select, range, ping"})
}

// patient holds a client that asks too often: the more of it waits in the socket. False
// ends the connection.
func (c *session) patient(ctx context.Context) bool {
	for {
		wait := min(c.server.topics.Pause(ctx), maxPause)
		if wait <= 0 {
			return true
		}
		if c.server.clock.Sleep(ctx, wait) != nil {
			return false
		}
	}
}

// errTooSlow ends a connection that does not take its answers.
var errTooSlow = errors.New("the client does not read")

// recheck ends subscriptions to which the person has lost the right, and those that
// would lead elsewhere now: who may see less of a topic subscribes to less of it.
func (c *session) recheck(ctx context.Context) bool {
	for topic, name := range c.names {
		now, err := c.server.topics.Topic(ctx, c.user, topic)
		var denied *Denied
		told := notice{Type: "resync", Topic: topic}
		switch {
		case errors.As(err, &denied):
			told = notice{Type: "denied", Topic: topic, Code: denied.Code, Detail: denied.Detail}
		case err != nil || now.Name == name:
			continue
		}
		c.leave(topic, name)
		if !c.send(told) {
			return false
		}
	}
	return true
}

// leave ends a subscription.
func (c *session) leave(topic, name string) {
	c.viewer.Unsubscribe(name)
	delete(c.names, topic)
	c.server.depart(c, name)
}

func (c *session) subscribe(ctx context.Context, m message) bool {
	if _, again := c.names[m.Topic]; !again && len(c.names) >= maxTopics {
		return c.send(notice{Type: "denied", Topic: m.Topic, Code: "too_many", Detail: "too many topics on one connection"})
	}
	topic, err := c.server.topics.Topic(ctx, c.user, m.Topic)
	if err != nil {
		var denied *Denied
		if errors.As(err, &denied) {
			return c.send(notice{Type: "denied", Topic: m.Topic, Code: denied.Code, Detail: denied.Detail})
		}
		c.server.log.WarnContext(ctx, "subscription failed", "topic", m.Topic, "error", err)
		return c.send(notice{Type: "denied", Topic: m.Topic, Code: "internal", Detail: "try again"})
	}
	c.names[m.Topic] = topic.Name
	known := stream.Position{Epoch: m.Epoch, Seq: m.Seq}
	if topic.As != "" {
		known = stream.Position{} // who comes back is a new person to the others, and has to know which
	}
	sub := c.viewer.Subscribe(topic.Name, known)
	if sub.Resumed {
		return true
	}
	var self string
	if topic.As != "" {
		self = c.server.arrive(c, topic.Name, topic.As)
	}
	data, at, err := c.snapshot(ctx, topic, sub.Position)
	if err != nil {
		c.leave(m.Topic, topic.Name)
		c.server.log.WarnContext(ctx, "snapshot failed", "topic", m.Topic, "error", err)
		return c.send(notice{Type: "denied", Topic: m.Topic, Code: "internal", Detail: "try again"})
	}
	if topic.As != "" {
		data = present{Self: self, People: c.server.people(topic.Name), Data: data}
	}
	return c.send(snapshot{Type: "snapshot", Topic: m.Topic, Epoch: at.Epoch, Seq: at.Seq, Data: data})
}

// errStale is a topic that moves faster than its snapshots are taken.
var errStale = errors.New("the topic moves faster than its snapshots are taken")

// snapshot takes one that the events on the hub go on from.
func (c *session) snapshot(ctx context.Context, topic Topic, from stream.Position) (any, stream.Position, error) {
	for range 5 {
		data, at, err := topic.Snapshot(ctx)
		switch {
		case err != nil:
			return nil, at, err
		case at.Seq < 0:
			return data, from, nil
		case at.Epoch == "":
			at.Epoch = from.Epoch
		}
		if c.server.hub.Base(topic.Name, at) {
			return data, at, nil
		}
	}
	return nil, from, errStale
}

// send queues an answer; false ends a connection whose client asks faster than it reads.
func (c *session) send(v any) bool {
	select {
	case c.out <- v:
		return true
	default:
		return false
	}
}

// always is a channel that has a value, however often it is asked.
var always = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// write owns the sending side: answers, live events and heartbeats. Events are
// taken all at a time; answers and heartbeats find their place among them.
func (c *session) write(ctx context.Context) {
	defer func() { _ = c.ws.Close() }() // the reader's own Close may have been first
	ping := time.NewTicker(pingPeriod)
	defer ping.Stop()
	var events []stream.Message
	for {
		ready := c.viewer.Waiting()
		if len(events) > 0 {
			ready = always
		}
		var err error
		select {
		case <-ctx.Done():
			return
		case v := <-c.out:
			_ = c.ws.SetWriteDeadline(deadline(writeWait))
			err = c.ws.WriteJSON(v)
		case <-ready:
			if len(events) == 0 {
				events, err = c.viewer.Take()
			}
			if len(events) > 0 {
				_ = c.ws.SetWriteDeadline(deadline(writeWait))
				err = c.ws.WriteMessage(websocket.TextMessage, events[0].Bytes)
				events = events[1:]
			}
		case <-c.asked:
			// A client that stays silent would otherwise go on seeing what it may not.
			if !c.server.topics.Alive(ctx) {
				_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "session ended"), deadline(time.Second))
				return
			}
			err = c.ws.WriteControl(websocket.PingMessage, nil, deadline(writeWait))
		case <-ping.C:
			err = c.ws.WriteControl(websocket.PingMessage, nil, deadline(writeWait))
		}
		if err != nil {
			return
		}
	}
}

// deadline is a moment of the machine's clock: sockets know no other.
func deadline(d time.Duration) time.Time { return clock.System{}.Now().Add(d) }
