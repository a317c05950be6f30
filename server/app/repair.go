package app

import (
	"context"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Pauses of the repair of live runs.
const (
	repairPause = 200 * time.Millisecond // while the relay is late
	repairPage  = 200                    // records at a time
)

// miss notes that records of a run are missing on the hub; it never blocks.
func (l *live) miss(topic string) {
	l.mu.Lock()
	l.missing[topic] = true
	l.mu.Unlock()
	select {
	case l.repairing <- struct{}{}:
	default:
	}
}

func (l *live) missed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	topics := make([]string, 0, len(l.missing))
	for topic := range l.missing {
		topics = append(topics, topic)
	}
	clear(l.missing)
	return topics
}

// Repair brings missing records from the store to the hub until ctx ends.
func (l *live) Repair(ctx context.Context) error {
	for {
		late := false
		for _, topic := range l.missed() {
			done, err := l.repair(ctx, topic)
			if err != nil && ctx.Err() == nil {
				l.log.WarnContext(ctx, "records for viewers not read", "topic", topic, "error", err)
			}
			if !done {
				late = true
				l.miss(topic)
			}
		}
		if late {
			if err := l.clock.Sleep(ctx, repairPause); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.repairing:
		}
	}
}

// repair publishes the records that follow those on the hub, and tells whether
// the hub is up to what it has heard of. The relay copies records in any order,
// so only those without a gap count.
func (l *live) repair(ctx context.Context, topic string) (done bool, err error) {
	id := core.RunID(strings.TrimPrefix(topic, "run:"))
	for {
		at, viewed := l.hub.At(topic)
		if !viewed {
			return true, nil
		}
		records, err := l.store.Records(ctx, id, at.Seq+1, repairPage)
		if err != nil {
			return false, err
		}
		n := 0
		for n < len(records) && records[n].Seq == at.Seq+1+int64(n) {
			n++
		}
		if n > 0 {
			l.publishRecords(topic, records[:n])
		}
		if n < repairPage {
			return !l.hub.Behind(topic), nil
		}
	}
}
