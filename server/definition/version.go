package definition

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// version is an immutable published form of a definition.
type version struct {
	docstore.Entity
	Key         string           `json:"key"`
	Version     int              `json:"version"`
	Hash        string           `json:"hash"`
	Note        string           `json:"note"`
	PublishedAt docstore.Instant `json:"publishedAt"`
	PublishedBy string           `json:"publishedBy"`
	Process     json.RawMessage  `json:"process"`
}

// VersionSummary is a version in a list; Process is set when one is read.
type VersionSummary struct {
	Version         int              `json:"version"`
	Hash            string           `json:"hash"`
	Note            string           `json:"note"`
	PublishedAt     docstore.Instant `json:"publishedAt"`
	PublishedBy     string           `json:"publishedBy"`
	PublishedByName string           `json:"publishedByName"`
	ActiveRuns      int              `json:"activeRuns"`
	TotalRuns       int              `json:"totalRuns"`
	Process         json.RawMessage  `json:"process,omitempty"`
}

// Published answers a publication.
type Published struct {
	Version     int              `json:"version"`
	Hash        string           `json:"hash"`
	PublishedAt docstore.Instant `json:"publishedAt"`
}

func versionID(key string, n int) string { return fmt.Sprintf("%s@%d", key, n) }

// Publish makes a version of the draft. Errors refuse it; every code of a
// warning must be in confirm.
func (s *Service) Publish(ctx context.Context, key string, rev int64, note string, confirm []string, actor string) (Published, error) {
	d, err := s.byHand(ctx, key)
	if err != nil {
		return Published{}, err
	}
	if d.DraftRev != rev {
		return Published{}, s.stale(ctx, d)
	}
	findings := s.findings(d.Draft)
	if graph.HasErrors(findings) {
		p := problem.New("findings").With("findings", findings)
		for _, f := range findings {
			if f.Severity == graph.Error {
				p.Fields = append(p.Fields, problem.Field{Path: f.Path, Code: f.Code, Message: f.Message})
			}
		}
		return Published{}, p
	}
	if s.Rehearse != nil {
		broken, err := s.Rehearse(ctx, d.Draft)
		if err != nil {
			return Published{}, err
		}
		findings = append(findings, broken...)
	}
	for _, f := range findings {
		if !slices.Contains(confirm, f.Code) {
			return Published{}, problem.New("warnings_unconfirmed").With("findings", findings)
		}
	}
	process, err := withoutPins(d.Draft)
	if err != nil {
		return Published{}, err
	}
	v := version{Entity: docstore.Entity{ID: versionID(key, d.Published+1)}, Key: key, Version: d.Published + 1, Hash: d.DraftHash, Note: note,
		PublishedAt: docstore.At(s.Clock.Now()), PublishedBy: actor, Process: process}
	if err := s.saveVersion(ctx, v); err != nil {
		return Published{}, err
	}
	d.Published, d.Hash, d.PublishedAt = v.Version, v.Hash, v.PublishedAt
	type of struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
		Note    string `json:"note,omitempty"`
		Hash    string `json:"hash,omitempty"`
	}
	d.NotedBy = "" // the next change of the draft is an act of its own
	event, err := event(EventPublished, beforeAfter{of{Name: d.Name, Version: v.Version - 1}, of{d.Name, v.Version, note, v.Hash}}, actor)
	if err != nil {
		return Published{}, err
	}
	if _, err := s.save(ctx, d, event); err != nil {
		return Published{}, err
	}
	if err := s.Sync(ctx, key); err != nil {
		return Published{}, err
	}
	return Published{Version: v.Version, Hash: v.Hash, PublishedAt: v.PublishedAt}, nil
}

// withoutPins is a draft without its test data, which is for those who draw.
func withoutPins(draft json.RawMessage) (json.RawMessage, error) {
	tree, err := parseTree(draft)
	if err != nil {
		return nil, err
	}
	if _, pinned := tree["pins"]; !pinned {
		return draft, nil
	}
	delete(tree, "pins")
	return json.Marshal(tree)
}

// saveVersion writes a version that no definition points to yet. One left behind
// by a crash between the two writes was never visible and is replaced.
func (s *Service) saveVersion(ctx context.Context, v version) error {
	_, err := s.versions.Save(ctx, v)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		left, err := s.versions.Get(ctx, v.ID)
		if err != nil {
			return err
		}
		d, err := s.definitions.Get(ctx, v.Key)
		// Without a definition nothing points to the version yet.
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return err
		}
		if d.Published >= v.Version {
			return problem.New("stale")
		}
		v.Rev = left.Rev
		_, err = s.versions.Save(ctx, v)
		return err
	}
	return err
}

// Versions lists the versions of a definition, newest first.
func (s *Service) Versions(ctx context.Context, key string, limit int, cursor string) ([]VersionSummary, string, error) {
	if _, err := s.get(ctx, key); err != nil {
		return nil, "", err
	}
	vs, next, err := s.versions.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "key", Op: docstore.Eq, Value: key}},
		Sort: "-version", Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list versions of %s: %w", key, err)
	}
	out, err := s.versionSummaries(ctx, vs)
	return out, next, err
}

func (s *Service) versionSummaries(ctx context.Context, vs []version) ([]VersionSummary, error) {
	ids := make([]string, 0, len(vs))
	for _, v := range vs {
		ids = append(ids, v.PublishedBy)
	}
	names, err := s.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]VersionSummary, 0, len(vs))
	for _, v := range vs {
		counts, err := s.Runs.Counts(ctx, v.Key, v.Version)
		if err != nil {
			return nil, fmt.Errorf("count runs of %s: %w", v.ID, err)
		}
		row := VersionSummary{Version: v.Version, Hash: v.Hash, Note: v.Note, PublishedAt: v.PublishedAt, PublishedBy: v.PublishedBy,
			PublishedByName: names[v.PublishedBy], ActiveRuns: counts.Statuses[core.Active]}
		for _, n := range counts.Statuses {
			row.TotalRuns += n
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *Service) version(ctx context.Context, key string, n int) (version, error) {
	v, err := s.versions.Get(ctx, versionID(key, n))
	if errors.Is(err, docstore.ErrNotFound) {
		return v, problem.NotFound("version")
	}
	return v, err
}

// Version reads one version with its process.
func (s *Service) Version(ctx context.Context, key string, n int) (VersionSummary, error) {
	v, err := s.version(ctx, key, n)
	if err != nil {
		return VersionSummary{}, err
	}
	all, err := s.versionSummaries(ctx, []version{v})
	if err != nil {
		return VersionSummary{}, err
	}
	all[0].Process = v.Process
	return all[0], nil
}

// Process is the text of one version.
func (s *Service) Process(ctx context.Context, key string, n int) (json.RawMessage, error) {
	v, err := s.version(ctx, key, n)
	return v.Process, err
}

// Restore makes an old version the draft.
func (s *Service) Restore(ctx context.Context, key string, rev int64, n int, actor string) (Detail, error) {
	v, err := s.version(ctx, key, n)
	if err != nil {
		return Detail{}, err
	}
	if _, err := s.PutDraft(ctx, key, rev, v.Process, actor); err != nil {
		return Detail{}, err
	}
	return s.Get(ctx, key)
}

// Latest is the number and the graph of the version that new runs get; a
// definition that is unpublished or switched off has none.
func (s *Service) Latest(ctx context.Context, key string) (int, *graph.Graph, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return 0, nil, err
	}
	if d.Published == 0 {
		return 0, nil, problem.New("action_refused", "why", "the process was never published")
	}
	if d.Disabled {
		return 0, nil, problem.New("action_refused", "why", "the process is switched off")
	}
	g, err := s.Graph(ctx, key, d.Published)
	return d.Published, g, err
}

// ErrUnusable says that a published version does not compile any more, for example
// after a downgrade.
var ErrUnusable = errors.New("version does not compile")

// Graph is the compiled form of a version, kept in memory: a version never changes.
func (s *Service) Graph(ctx context.Context, key string, n int) (*graph.Graph, error) {
	id := versionID(key, n)
	if g, ok := s.graphs.get(id); ok {
		return g, nil
	}
	v, err := s.version(ctx, key, n)
	if err != nil {
		return nil, err
	}
	def, err := graph.Parse(v.Process)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnusable, id, err)
	}
	g, findings := s.Compile(def)
	if g == nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnusable, id, findings)
	}
	s.graphs.put(id, g)
	return g, nil
}

// graphsKept bounds the memory of compiled versions.
const graphsKept = 500

func newToken() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
