package host

import (
	"context"
	"sync"
)

// gate admits a bounded number of steps at a time. While it is full the waiting
// ones are admitted in turn by definition, so that a backlog of one definition
// delays the others by at most one step each.
type gate struct {
	mu    sync.Mutex
	free  int
	turns []string              // definitions with waiting steps, next one first
	wait  map[string][]chan int // by definition, oldest first; a sent value admits
}

func newGate(size int) *gate { return &gate{free: size, wait: map[string][]chan int{}} }

// enter waits for admission; leave must follow unless an error is returned.
func (g *gate) enter(ctx context.Context, definition string) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	admitted := make(chan int, 1)
	if len(g.wait[definition]) == 0 {
		g.turns = append(g.turns, definition)
	}
	g.wait[definition] = append(g.wait[definition], admitted)
	g.mu.Unlock()
	select {
	case <-admitted:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	queue := g.wait[definition]
	for i, c := range queue {
		if c == admitted {
			g.wait[definition] = append(queue[:i:i], queue[i+1:]...)
			return ctx.Err()
		}
	}
	// Admitted in the same moment: pass it on.
	g.admit()
	return ctx.Err()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.admit()
}

// admit gives a free place to the next in turn; g.mu is held.
func (g *gate) admit() {
	for len(g.turns) > 0 {
		definition := g.turns[0]
		g.turns = g.turns[1:]
		queue := g.wait[definition]
		if len(queue) == 0 {
			delete(g.wait, definition)
			continue
		}
		queue[0] <- 1
		if queue = queue[1:]; len(queue) > 0 {
			g.wait[definition] = queue
			g.turns = append(g.turns, definition)
		} else {
			delete(g.wait, definition)
		}
		return
	}
	g.free++
}
