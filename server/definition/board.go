package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Definitions that are compiled from a stage board belong to it: nobody draws
// them, lists leave them out unless they are asked for, and every change of the
// board that touches them is a version.

// Inspect finds what is wrong with a process that is not stored.
func (s *Service) Inspect(process json.RawMessage) []graph.Finding { return s.findings(process) }

// PublishCompiled makes a process the published version of a definition that a
// stage board owns. One that is published already stays as it is. Warnings were
// shown at the board.
func (s *Service) PublishCompiled(ctx context.Context, key, board string, process json.RawMessage, actor string) (Published, error) {
	var p Published
	err := overtaken(func() (err error) {
		p, err = s.publishCompiled(ctx, key, board, process, actor)
		return err
	})
	return p, err
}

// overtaken repeats a write that another one was faster than: whoever saves a board
// and the consumer of its event do the same, and the second of them finds it done
// when it looks again.
func overtaken(write func() error) error {
	const attempts = 20
	for attempt := 1; ; attempt++ {
		err := write()
		var stale *problem.Problem
		raced := errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) || errors.As(err, &stale) && stale.Code == "stale"
		if !raced || attempt == attempts {
			return err
		}
	}
}

func (s *Service) publishCompiled(ctx context.Context, key, board string, process json.RawMessage, actor string) (Published, error) {
	tree, err := parseTree(process)
	if err != nil {
		return Published{}, err
	}
	d, err := s.definitions.Get(ctx, key)
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		d = definition{Entity: docstore.Entity{ID: key}, WebhookToken: newToken(), Board: board}
	case err != nil:
		return Published{}, fmt.Errorf("publish %s: %w", key, err)
	case d.Board != board:
		return Published{}, problem.New("exists", "what", "A process with the key "+key)
	}
	before := d
	if err := s.take(&d, tree, actor); err != nil {
		return Published{}, err
	}
	d.Disabled = false
	if d.Published > 0 && bytes.Equal(d.Draft, before.Draft) && !before.Disabled {
		return Published{Version: d.Published, Hash: d.Hash, PublishedAt: d.PublishedAt}, s.Sync(ctx, key)
	}
	if findings := s.findings(d.Draft); graph.HasErrors(findings) {
		return Published{}, problem.New("findings").With("findings", findings)
	}
	if !bytes.Equal(d.Draft, before.Draft) {
		v := version{Entity: docstore.Entity{ID: versionID(key, d.Published+1)}, Key: key, Version: d.Published + 1, Hash: d.DraftHash,
			PublishedAt: docstore.At(s.Clock.Now()), PublishedBy: actor, Process: d.Draft}
		err := s.saveVersion(ctx, v)
		if errors.Is(err, docstore.ErrNotFound) {
			err = problem.New("stale") // the first publication is being written by somebody else
		}
		if err != nil {
			return Published{}, err
		}
		d.Published, d.Hash, d.PublishedAt = v.Version, v.Hash, v.PublishedAt
	}
	return Published{Version: d.Published, Hash: d.Hash, PublishedAt: d.PublishedAt}, s.compiled(ctx, before, d, actor)
}

// WithdrawCompiled lets nothing start by a definition that a stage board owns any
// more; what runs goes on.
func (s *Service) WithdrawCompiled(ctx context.Context, key, board, actor string) error {
	return overtaken(func() error { return s.withdrawCompiled(ctx, key, board, actor) })
}

func (s *Service) withdrawCompiled(ctx context.Context, key, board, actor string) error {
	d, err := s.definitions.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && (d.Board != board || d.Disabled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", key, err)
	}
	before := d
	d.Disabled = true
	return s.compiled(ctx, before, d, actor)
}

func (s *Service) compiled(ctx context.Context, before, after definition, actor string) error {
	type of struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
		Enabled bool   `json:"enabled"`
	}
	e, err := event(EventPublished, beforeAfter{of{before.Name, before.Published, !before.Disabled}, of{after.Name, after.Published, !after.Disabled}}, actor)
	if err != nil {
		return err
	}
	if _, err := s.save(ctx, after, e); err != nil {
		return err
	}
	return s.Sync(ctx, after.ID)
}

// Compiled is a definition as its stage board asks about it.
type Compiled struct {
	Version int    // that new runs get, 0 when nothing starts by it
	Board   string // that owns it, "" for one that people draw
	Exists  bool
}

// Compiled tells what stands under a key.
func (s *Service) Compiled(ctx context.Context, key string) (Compiled, error) {
	d, err := s.definitions.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) {
		return Compiled{}, nil
	}
	if err != nil {
		return Compiled{}, fmt.Errorf("read definition %s: %w", key, err)
	}
	c := Compiled{Version: d.Published, Board: d.Board, Exists: true}
	if d.Disabled {
		c.Version = 0
	}
	return c, nil
}

// byHand reads a definition for somebody who changes it; one that a stage board
// owns is changed there.
func (s *Service) byHand(ctx context.Context, key string) (definition, error) {
	d, err := s.get(ctx, key)
	if err == nil && strings.HasPrefix(d.Board, "status:") {
		return d, problem.New("action_refused", "why", "the process is made from a status-driven process; change that")
	}
	if err == nil && d.Board != "" {
		err = problem.New("action_refused", "why", "the process is made from the stage board "+d.Board+"; change the board, or keep the stage as a process of its own")
	}
	return d, err
}
