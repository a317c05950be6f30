package message

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrMessage says that a message cannot be published as it is.
var ErrMessage = errors.New("message is not valid")

// Acceptor takes the events of delivered messages.
type Acceptor interface {
	Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error)
}

// Store is the part of the store the service uses.
type Store interface {
	store.Messages
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Service.
type Options struct {
	Store    Store
	Acceptor Acceptor
	Clock    clock.Clock
	Logger   *slog.Logger
	TTL      time.Duration // how long a message without one is kept: 1 h
	MaxTTL   time.Duration // 30 days
	Sweep    time.Duration // how often expired messages are removed: 1 min
	NewID    func() string // of messages that come without one: random
	Starter  Starter       // optional: the processes that messages and signals start
	// Unclaimed, optional, is told of every message that expired without receiver.
	Unclaimed func(ctx context.Context, m store.Message)
	// Members: one of them removes what has expired; nil = alone.
	Members *share.Members
}

// Start is a start event of a process that a message or a signal triggers.
type Start struct {
	DefinitionKey string
	Node          core.NodeID
}

// Starter knows what messages and signals start.
type Starter interface {
	// MessageStarts lists the start events for a message in a fixed order.
	MessageStarts(ctx context.Context, name string) ([]Start, error)
	// SignalStarts lists the start events for a signal.
	SignalStarts(ctx context.Context, name string) ([]Start, error)
	// StartRun starts a run, once per id. store.ErrNotFound says that the process
	// is not there any more.
	StartRun(ctx context.Context, run core.RunID, start Start, cause core.Cause, actor string, body core.Values) error
}

// Service publishes and correlates. Safe for concurrent use.
type Service struct {
	o    Options
	duty *share.Duty // of Tick
}

// New makes a service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TTL <= 0 {
		o.TTL = time.Hour
	}
	if o.MaxTTL <= 0 {
		o.MaxTTL = 30 * 24 * time.Hour
	}
	if o.Sweep <= 0 {
		o.Sweep = time.Minute
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	return &Service{o: o, duty: o.Members.Duty("messages")}
}

// Publication is a message as its publisher gives it. Publishing again under
// the same ID is the same publication.
type Publication struct {
	ID    string
	Name  string
	Key   string
	Body  core.Values
	TTL   time.Duration // 0 = the default
	Actor string
	Depth int // of the causal chain that led to it
	// Run is the run that publishes it, "" for none.
	Run core.RunID
}

// Receipt tells what became of a publication.
type Receipt struct {
	ID        string       `json:"id"`
	Runs      []core.RunID `json:"runs"`      // that took it, so far
	ExpiresAt core.Instant `json:"expiresAt"` // until when it waits for a first one
}

// Publish stores a message durably and delivers it to its receiver.
func (s *Service) Publish(ctx context.Context, p Publication) (Receipt, error) {
	switch {
	case p.Name == "":
		return Receipt{}, fmt.Errorf("%w: it has no name", ErrMessage)
	case graph.Reserved(p.Name) != "":
		return Receipt{}, fmt.Errorf("%w: its name cannot begin with %q", ErrMessage, graph.Reserved(p.Name))
	case p.TTL < 0 || p.TTL > s.o.MaxTTL:
		return Receipt{}, fmt.Errorf("%w: it may be kept for at most %s", ErrMessage, s.o.MaxTTL)
	}
	if p.TTL == 0 {
		p.TTL = s.o.TTL
	}
	if p.ID == "" {
		p.ID = s.o.NewID()
	}
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return Receipt{}, fmt.Errorf("publish message %s: %w", p.ID, err)
	}
	m := store.Message{ID: p.ID, Name: p.Name, Key: p.Key, Body: p.Body, At: now, ExpiresAt: now + core.Instant(p.TTL.Milliseconds())}
	return s.publish(ctx, m, p.Actor, thrown(p.Depth, p.Run))
}

// thrown is what led to what a message or a signal starts. Of the run that threw it
// only the id is told: whoever starts runs knows the rest.
func thrown(depth int, by core.RunID) core.Cause {
	led := core.Cause{Depth: depth}
	if by != "" {
		led.Chain = []core.Link{{Kind: "run", ID: string(by)}}
	}
	return led
}

func (s *Service) publish(ctx context.Context, m store.Message, actor string, led core.Cause) (Receipt, error) {
	if err := s.o.Store.PutMessage(ctx, m); errors.Is(err, store.ErrExists) {
		// Repeated: the first try may have died before it looked. What it stored
		// counts, with the receiver that it noted.
		stored, found, err := s.stored(ctx, m)
		if err != nil {
			return Receipt{}, err
		}
		if !found {
			return Receipt{ID: m.ID}, nil
		}
		m = stored
	} else if err != nil {
		return Receipt{}, fmt.Errorf("publish message %s: %w", m.ID, err)
	}
	receipt := Receipt{ID: m.ID, ExpiresAt: m.ExpiresAt}
	run, err := s.correlate(ctx, m, actor, led)
	if run != "" {
		receipt.Runs = []core.RunID{run}
	}
	return receipt, err
}

// correlate looks for the receiver of a message and delivers it. It returns the
// run that has it, "" when the message is kept.
func (s *Service) correlate(ctx context.Context, m store.Message, actor string, led core.Cause) (core.RunID, error) {
	after := ""
	var waiting []store.Subscription
	for {
		const page = 200
		subs, err := s.o.Store.FindSubscriptions(ctx, m.Name, m.Key, after, page)
		if err != nil {
			return "", fmt.Errorf("find subscriptions to %s: %w", m.Name, err)
		}
		waiting = append(waiting, subs...)
		if len(subs) < page {
			break
		}
		after = subs[len(subs)-1].ID
	}
	slices.SortFunc(waiting, byAge)
	for _, sub := range waiting {
		taken, err := s.deliver(ctx, m, sub, actor)
		switch {
		case errors.Is(err, store.ErrConflict):
			return "", nil // another one has it already, and its finder delivers it
		case err != nil:
			return "", err
		case taken:
			return sub.RunID, nil
		}
	}
	if len(m.Matched) > 0 && !strings.HasPrefix(m.Matched[0], startMark) {
		// It was delivered before, and the wait is closed by now.
		return "", nil
	}
	return s.start(ctx, m, actor, led)
}

// byAge orders those who wait: the longest first, in one run by their order
// there, which is that of the document behind an event gateway.
func byAge(a, b store.Subscription) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.RunID, b.RunID), cmp.Compare(waitNumber(a.Wait), waitNumber(b.Wait)))
}

// waitNumber is the number of a wait in its run.
func waitNumber(w core.WaitID) int {
	number, _, _ := strings.Cut(string(w[strings.LastIndexByte(string(w), ':')+1:]), "#")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

const startMark = "start:"

// start gives a message to the first process that it starts.
func (s *Service) start(ctx context.Context, m store.Message, actor string, led core.Cause) (core.RunID, error) {
	if s.o.Starter == nil {
		return "", nil
	}
	starts, err := s.o.Starter.MessageStarts(ctx, m.Name)
	if err != nil {
		return "", fmt.Errorf("find what message %s starts: %w", m.Name, err)
	}
	for _, start := range starts {
		mark := startMark + start.DefinitionKey + "/" + string(start.Node)
		if len(m.Matched) > 0 && m.Matched[0] != mark {
			continue
		}
		if err := s.o.Store.MatchMessage(ctx, m.ID, mark); errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
			return "", nil
		} else if err != nil {
			return "", fmt.Errorf("note the receiver of message %s: %w", m.ID, err)
		}
		run := runID(m.ID, mark)
		err := s.o.Starter.StartRun(ctx, run, start, core.Cause{Kind: "message", ID: m.ID, Depth: led.Depth + 1, Chain: led.Chain}, actor, m.Body)
		switch {
		case err == nil:
			return run, nil
		case errors.Is(err, store.ErrNotFound):
			// The process has gone meanwhile, and the message with it: now, not when it would have expired.
			now, err := s.o.Store.Now(ctx)
			if err != nil {
				return "", fmt.Errorf("end message %s: %w", m.ID, err)
			}
			m.Matched, m.ExpiresAt = nil, min(now, m.ExpiresAt)
			s.report(ctx, m)
			return "", nil
		default:
			return "", fmt.Errorf("start a run by message %s: %w", m.ID, err)
		}
	}
	return "", nil
}

// runID is the id of the run that a message or signal starts at one start event.
func runID(message, start string) core.RunID {
	sum := sha256.Sum256([]byte(message + "@" + start))
	return core.RunID("evt-" + hex.EncodeToString(sum[:12]))
}

// again publishes a message anew whose noted receiver could not take it.
func (s *Service) again(ctx context.Context, m store.Message, receiver string) error {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return fmt.Errorf("publish message %s again: %w", m.ID, err)
	}
	if m.ExpiresAt <= now {
		m.ExpiresAt = now + 1 // it is looked for a receiver once more, and then reported
	}
	sum := sha256.Sum256([]byte(receiver))
	m.ID, m.Matched = m.ID+"~"+hex.EncodeToString(sum[:4]), nil
	_, err = s.publish(ctx, m, "", core.Cause{})
	return err
}

func (s *Service) stored(ctx context.Context, m store.Message) (store.Message, bool, error) {
	const most = 1000
	all, err := s.o.Store.FindMessages(ctx, m.Name, m.Key, m.At-1, most)
	if err != nil {
		return m, false, fmt.Errorf("find message %s: %w", m.ID, err)
	}
	for _, kept := range all {
		if kept.ID == m.ID {
			return kept, true, nil
		}
	}
	return m, false, nil // expired, or published under another name before
}

// Subscribed looks for buffered messages, or for signals that were thrown since,
// after a subscription was stored.
func (s *Service) Subscribed(ctx context.Context, sub store.Subscription) error {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return fmt.Errorf("look for messages %s: %w", sub.Name, err)
	}
	if recordType, is := strings.CutPrefix(sub.Name, graph.RecordPrefix); is {
		return s.lookAgain(ctx, sub, recordType)
	}
	const page = 100
	kept, err := s.o.Store.FindMessages(ctx, sub.Name, sub.Key, now, page)
	if err != nil {
		return fmt.Errorf("look for messages %s: %w", sub.Name, err)
	}
	if strings.HasPrefix(sub.Name, graph.SignalPrefix) {
		return s.catchUp(ctx, sub, kept)
	}
	for _, m := range kept {
		if len(m.Matched) > 0 && m.Matched[0] != string(sub.Wait) {
			continue // somebody has it
		}
		if _, err := s.deliver(ctx, m, sub, ""); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
		open, err := s.open(ctx, sub)
		if err != nil || !open {
			return err
		}
	}
	return nil
}

// open tells whether a subscription still takes messages.
func (s *Service) open(ctx context.Context, sub store.Subscription) (bool, error) {
	subs, err := s.o.Store.RunSubscriptions(ctx, sub.RunID)
	if err != nil {
		return false, fmt.Errorf("read subscriptions of run %s: %w", sub.RunID, err)
	}
	return slices.ContainsFunc(subs, func(o store.Subscription) bool { return o.ID == sub.ID }), nil
}

// deliver notes a wait as the receiver of a message and gives it the message;
// taken is false when its run has ended. store.ErrConflict says that another one
// is the receiver.
func (s *Service) deliver(ctx context.Context, m store.Message, sub store.Subscription, actor string) (taken bool, err error) {
	body, err := json.Marshal(core.MessageBody{Name: m.Name, Key: m.Key, Body: m.Body, ID: m.ID, Until: m.ExpiresAt})
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	switch err := s.o.Store.MatchMessage(ctx, m.ID, string(sub.Wait)); {
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		return false, store.ErrConflict
	case err != nil:
		return false, fmt.Errorf("note the receiver of message %s: %w", m.ID, err)
	}
	event := core.Event{ID: m.ID + ":" + string(sub.Wait), Kind: core.MessageArrived, Wait: sub.Wait, Actor: actor, Body: body}
	_, err = s.o.Acceptor.Deliver(ctx, sub.RunID, event)
	switch {
	case errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound):
		// The run ended while the message was on its way.
		return true, s.again(ctx, m, string(sub.Wait))
	case err != nil && !errors.Is(err, store.ErrDuplicate):
		return false, fmt.Errorf("deliver message %s to run %s: %w", m.ID, sub.RunID, err)
	}
	return true, nil
}

// Send carries a message or a signal that a run has thrown.
func (s *Service) Send(ctx context.Context, x store.Sending) error {
	switch {
	case x.Signal != nil:
		_, err := s.broadcast(ctx, store.Message{ID: x.ID, Name: store.SignalName(x.Signal.Name), Body: x.Signal.Body, At: x.Signal.At}, x.Run, x.Actor, x.Depth)
		return err
	case x.Message == nil:
		return fmt.Errorf("%w: nothing is sent", ErrMessage)
	case x.Returned != "":
		return s.again(ctx, store.Message{ID: x.ID, Name: x.Message.Name, Key: x.Message.Key, Body: x.Message.Body, At: x.At, ExpiresAt: x.Message.Until}, string(x.Returned))
	default:
		_, err := s.Publish(ctx, Publication{ID: x.ID, Name: x.Message.Name, Key: x.Message.Key, Body: x.Message.Body, Actor: x.Actor, Depth: x.Depth, Run: x.Run})
		return err
	}
}

// Run removes expired messages until ctx ends, where that is this process's duty.
func (s *Service) Run(ctx context.Context) error {
	return clock.Every(ctx, s.o.Clock, s.o.Sweep, 0.5, func(ctx context.Context) {
		if _, err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.ErrorContext(ctx, "expire messages", "error", err)
		}
	})
}

// Tick removes expired messages once and returns how many. One call at a time.
func (s *Service) Tick(ctx context.Context) (int, error) {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("expire messages: %w", err)
	}
	until, mine := s.duty.Due(now)
	if !mine {
		return 0, nil
	}
	const page = 1000
	total := 0
	for {
		gone, err := s.o.Store.ExpireMessages(ctx, until, page)
		total += len(gone)
		for _, m := range gone {
			s.report(ctx, m)
		}
		if err != nil || len(gone) < page {
			return total, err
		}
	}
}

// report tells of a message that nobody took.
func (s *Service) report(ctx context.Context, m store.Message) {
	if len(m.Matched) > 0 || strings.HasPrefix(m.Name, graph.SignalPrefix) {
		return
	}
	s.o.Logger.WarnContext(ctx, "a message expired that nobody took", "message", m.ID, "name", m.Name, "key", m.Key)
	if s.o.Unclaimed != nil {
		s.o.Unclaimed(ctx, m)
	}
}
