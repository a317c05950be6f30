package app

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/stream"
	"github.com/fluxo-app/fluxo/server/httpapi"
	"github.com/fluxo-app/fluxo/server/run"
)

// pages tells the pages that show a run what it has come to, so that they need not
// ask: it is read and encoded once, however many pages there are.
type pages struct {
	live *live

	mu    sync.Mutex
	moved map[string][]core.Record // runs that have moved on, with their new records; guarded by mu
	hurry chan struct{}            // capacity 1: moved is not empty

	told map[string]*run.Live // by topic; only Run has it
}

// Limits of pages: how often a run is looked at for them, how many of its
// records wait for that (a page that misses some asks for them), and of how many
// topics it is remembered what they were told (of others all is told again).
const (
	pagePause   = 150 * time.Millisecond
	pageRecords = 500
	pagesKept   = 300
)

func newPages(l *live) *pages {
	return &pages{live: l, moved: map[string][]core.Record{}, hurry: make(chan struct{}, 1), told: map[string]*run.Live{}}
}

// moves is told of records of a run that somebody watches; it only notes them.
func (p *pages) moves(id string, records []core.Record) {
	if !slices.ContainsFunc(httpapi.RunPages(id), func(t httpapi.RunPage) bool { return p.live.hub.Viewed(t.Topic) }) {
		return
	}
	p.mu.Lock()
	waiting := append(p.moved[id], records...)
	p.moved[id] = waiting[max(0, len(waiting)-pageRecords):]
	p.mu.Unlock()
	select {
	case p.hurry <- struct{}{}:
	default:
	}
}

// Run tells until ctx ends.
func (p *pages) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.hurry:
		}
		p.mu.Lock()
		moved := p.moved
		p.moved = map[string][]core.Record{}
		p.mu.Unlock()
		for _, id := range slices.Sorted(maps.Keys(moved)) {
			if err := p.tell(ctx, id, moved[id]); err != nil && ctx.Err() == nil {
				p.live.log.WarnContext(ctx, "run not told to its pages", "runId", id, "error", err)
			}
		}
		if err := p.live.clock.Sleep(ctx, pagePause); err != nil {
			return err
		}
	}
}

// lines are added to the history that a page shows.
type lines struct {
	Kind  string     `json:"kind"`
	Items []run.Line `json:"items"`
}

func (p *pages) tell(ctx context.Context, id string, records []core.Record) error {
	slices.SortFunc(records, func(a, b core.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	records = slices.CompactFunc(records, func(a, b core.Record) bool { return a.Seq == b.Seq })
	v, err := p.live.runs.Live(ctx, id)
	if err != nil {
		return err
	}
	for _, t := range httpapi.RunPages(id) {
		if !p.live.hub.Viewed(t.Topic) {
			delete(p.told, t.Topic)
			continue
		}
		items, err := p.live.runs.Words(ctx, v.DefinitionKey, v.Version, records, t.Language)
		if err != nil {
			return err
		}
		added, err := json.Marshal(lines{"lines", items})
		if err != nil {
			return err
		}
		// Whoever comes later has a snapshot that is at least as new as what was told
		// last, and what is told next mends what it did not know.
		said := v.In(t.Language)
		shown, err := json.Marshal(said.Since(p.told[t.Topic]))
		if err != nil {
			return err
		}
		if len(p.told) >= pagesKept {
			clear(p.told)
		}
		p.told[t.Topic] = &said
		p.live.hub.Publish(t.Topic, stream.Event{Body: added}, stream.Event{Body: shown})
	}
	return nil
}
