package definition_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

type people struct{}

func (people) Names(_ context.Context, ids []string) (map[string]string, error) {
	return map[string]string{"dana": "Dana"}, nil
}

type runs map[string]int

func (r runs) Counts(_ context.Context, key string, _ int) (store.Counts, error) {
	return store.Counts{Statuses: map[core.Status]int{core.Active: r[key]}}, nil
}

type schedules map[string][]definition.ScheduleRule

var scheduling sync.Mutex

func (s schedules) SyncSchedules(_ context.Context, key string, rules []definition.ScheduleRule) error {
	scheduling.Lock()
	defer scheduling.Unlock()
	s[key] = rules
	return nil
}

func service(t *testing.T) (*definition.Service, runs, schedules) {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	r, s := runs{}, schedules{}
	d, err := definition.New(t.Context(), definition.Options{Store: memstore.New(c.Now), Clock: c, People: people{}, Runs: r, Scheduler: s,
		Check: func(d *graph.Definition) (*graph.Graph, []graph.Finding) { return lint.Check(d, graph.Options{}) }})
	require.NoError(t, err)
	return d, r, s
}

func code(t *testing.T, err error) *problem.Problem {
	t.Helper()
	var p *problem.Problem
	require.True(t, errors.As(err, &p), "%v", err)
	return p
}

func patch(element string, path []string, before, after any) definition.Patch {
	return definition.Patch{Element: element, Path: path, Before: before, After: after}
}

func node(t *testing.T, draft json.RawMessage, id string) map[string]any {
	t.Helper()
	var tree struct{ Nodes []map[string]any }
	require.NoError(t, json.Unmarshal(draft, &tree))
	for _, n := range tree.Nodes {
		if n["id"] == id {
			return n
		}
	}
	return nil
}

func TestPatchesMergeWhereTheyDoNotMeet(t *testing.T) {
	s, _, _ := service(t)
	created, err := s.Create(t.Context(), definition.NewDefinition{Name: "Order approval"}, "dana")
	require.NoError(t, err)
	require.Equal(t, "order-approval", created.Key)
	key, base := created.Key, created.DraftRev

	// Two people edit from one base: one renames the end, one adds a task.
	mine, err := s.PatchDraft(t.Context(), key, base, []definition.Patch{patch("nodes/end", []string{"name"}, nil, "Done")}, "dana")
	require.NoError(t, err)
	require.Nil(t, mine.Draft, "nothing of others was merged")
	theirs, err := s.PatchDraft(t.Context(), key, base, []definition.Patch{
		patch("nodes/task", nil, nil, map[string]any{"id": "task", "kind": "userTask", "config": map[string]any{"assignee": "marta", "list": []any{1, 2}}}),
		patch("layout/task", []string{"at"}, nil, []any{10, 20.5}),
		patch("flows/f1", []string{"to"}, "end", "task"),
		patch("flows/f2", nil, nil, map[string]any{"id": "f2", "from": "task", "to": "end"}),
		patch("meta", []string{"variables"}, nil, []any{map[string]any{"name": "n", "type": "number"}}),
	}, "oscar")
	require.NoError(t, err)
	require.NotNil(t, theirs.Draft, "the first one's change came with the answer")
	require.Equal(t, "Done", node(t, theirs.Draft, "end")["name"])
	require.Equal(t, "userTask", node(t, theirs.Draft, "task")["kind"])

	// The same place from the old base is a clash and changes nothing.
	_, err = s.PatchDraft(t.Context(), key, base, []definition.Patch{patch("nodes/end", []string{"name"}, nil, "Finished"), patch("meta", []string{"name"}, "Order approval", "X")}, "marta")
	p := code(t, err)
	require.Equal(t, "clash", p.Code)
	clashes := p.Extra["clashes"].([]definition.Clash)
	require.Len(t, clashes, 1)
	require.Equal(t, "Done", clashes[0].Theirs)
	after, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, theirs.DraftRev, after.DraftRev)
	require.Equal(t, "Order approval", after.Name)

	// The same change twice is one change.
	_, err = s.PatchDraft(t.Context(), key, base, []definition.Patch{patch("nodes/end", []string{"name"}, nil, "Done")}, "marta")
	require.NoError(t, err)

	// Inside lists, and removal.
	now, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	edited, err := s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{
		patch("nodes/task", []string{"config", "list", "0"}, 1, nil),
		patch("nodes/task", []string{"config", "list", "1"}, nil, 5),
		patch("nodes/task", []string{"config", "due"}, nil, map[string]any{"expr": "now"}),
		patch("flows/f2", nil, map[string]any{"id": "f2", "from": "task", "to": "end"}, nil),
	}, "dana")
	require.NoError(t, err)
	now, err = s.Get(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, edited.DraftRev, now.DraftRev)
	require.Equal(t, []any{2.0, 5.0}, node(t, now.Draft, "task")["config"].(map[string]any)["list"])
	require.NotEmpty(t, now.Findings)

	_, err = s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{patch("meta", []string{"key"}, key, "other")}, "dana")
	require.Equal(t, "validation", code(t, err).Code)
	_, err = s.PatchDraft(t.Context(), key, now.DraftRev+5, nil, "dana")
	require.Equal(t, "stale", code(t, err).Code)
}

func TestEmptyDraft(t *testing.T) {
	s, _, _ := service(t)
	d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Blank", Empty: true}, "dana")
	require.NoError(t, err)
	require.Contains(t, string(d.Draft), `"nodes":[]`)
	require.Contains(t, string(d.Draft), `"flows":[]`)
	require.NotContains(t, string(d.Draft), `"layout"`)
}

// covers U-24
func TestVersionsAreImmutableAndPinned(t *testing.T) {
	s, active, scheduled := service(t)
	d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Nightly", Key: "nightly"}, "dana")
	require.NoError(t, err)
	saved, err := s.PatchDraft(t.Context(), "nightly", d.DraftRev, []definition.Patch{
		patch("nodes/start", []string{"trigger"}, nil, map[string]any{"on": "schedule", "cron": "0 2 * * *", "zone": "UTC"})}, "dana")
	require.NoError(t, err)
	require.Empty(t, saved.Findings)
	v1, err := s.Publish(t.Context(), "nightly", saved.DraftRev, "first", nil, "dana")
	require.NoError(t, err)
	require.Equal(t, 1, v1.Version)
	require.Len(t, scheduled["nightly"], 1)
	one, err := s.Graph(t.Context(), "nightly", 1)
	require.NoError(t, err)
	require.Equal(t, v1.Hash, one.Hash)

	after, err := s.Get(t.Context(), "nightly")
	require.NoError(t, err)
	require.False(t, after.HasChanges)
	moved, err := s.PatchDraft(t.Context(), "nightly", after.DraftRev, []definition.Patch{patch("layout/start", []string{"at"}, []any{0, 0}, []any{5, 5})}, "dana")
	require.NoError(t, err)
	after, err = s.Get(t.Context(), "nightly")
	require.NoError(t, err)
	require.False(t, after.HasChanges, "the layout is not part of a version")
	manual, err := s.PatchDraft(t.Context(), "nightly", moved.DraftRev, []definition.Patch{patch("nodes/start", []string{"trigger"}, nil, map[string]any{"on": "stageEntered", "pipeline": "sales", "stage": "won"})}, "dana")
	require.NoError(t, err)
	v2, err := s.Publish(t.Context(), "nightly", manual.DraftRev, "second", nil, "dana")
	require.NoError(t, err)
	require.Equal(t, 2, v2.Version)
	require.NotEqual(t, v1.Hash, v2.Hash)
	require.Empty(t, scheduled["nightly"], "the schedule of the former version is gone")
	rules, err := s.Rules(t.Context(), "stageEntered")
	require.NoError(t, err)
	require.Len(t, rules, 1)
	require.Equal(t, 2, rules[0].Version)
	require.NoError(t, s.Sync(t.Context(), "nightly"), "syncing again changes nothing")
	old, err := s.Version(t.Context(), "nightly", 1)
	require.NoError(t, err)
	require.Equal(t, v1.Hash, old.Hash)

	restored, err := s.Restore(t.Context(), "nightly", manual.DraftRev, 1, "dana")
	require.NoError(t, err)
	require.True(t, restored.HasChanges)
	active["nightly"] = 3
	require.Equal(t, "in_use", code(t, s.Delete(t.Context(), "nightly", restored.DraftRev, "dana")).Code)
	active["nightly"] = 0
	require.NoError(t, s.Delete(t.Context(), "nightly", restored.DraftRev, "dana"))
	rules, err = s.Rules(t.Context(), "stageEntered")
	require.NoError(t, err)
	require.Empty(t, rules)
}

func TestPublishNeedsSoundnessAndConfirmation(t *testing.T) {
	s, _, _ := service(t)
	d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Broken"}, "dana")
	require.NoError(t, err)
	saved, err := s.PatchDraft(t.Context(), d.Key, d.DraftRev, []definition.Patch{patch("flows/f1", []string{"to"}, "end", "nowhere")}, "dana")
	require.NoError(t, err)
	_, err = s.Publish(t.Context(), d.Key, saved.DraftRev, "", nil, "dana")
	p := code(t, err)
	require.Equal(t, "findings", p.Code)
	require.NotEmpty(t, p.Fields[0].Path)
	_, err = s.Publish(t.Context(), d.Key, d.DraftRev, "", nil, "dana")
	require.Equal(t, "stale", code(t, err).Code)
	_, _, err = s.Latest(t.Context(), d.Key)
	require.Equal(t, "action_refused", code(t, err).Code)
	// A node that nothing leads to is a warning: it must be named to pass.
	saved, err = s.PatchDraft(t.Context(), d.Key, saved.DraftRev, []definition.Patch{patch("flows/f1", []string{"to"}, "nowhere", "end"),
		patch("nodes/alone", nil, nil, map[string]any{"id": "alone", "kind": "endEvent"})}, "dana")
	require.NoError(t, err)
	require.NotEmpty(t, saved.Findings)
	require.False(t, graph.HasErrors(saved.Findings), "%v", saved.Findings)
	_, err = s.Publish(t.Context(), d.Key, saved.DraftRev, "", nil, "dana")
	require.Equal(t, "warnings_unconfirmed", code(t, err).Code)
	var codes []string
	for _, f := range saved.Findings {
		codes = append(codes, f.Code)
	}
	_, err = s.Publish(t.Context(), d.Key, saved.DraftRev, "", codes, "dana")
	require.NoError(t, err)
}

// A schedule that can never be made is found while it is still a draft: after
// publishing, nobody would hear of it.
// Pinned test data stays with the draft: it makes no new version and is in none.
func TestPinsAreNotPublished(t *testing.T) {
	s, _, _ := service(t)
	d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Pinned"}, "dana")
	require.NoError(t, err)
	pins := map[string]any{"start": map[string]any{"result": map[string]any{"pages": 3}, "of": "1234"}}
	saved, err := s.PatchDraft(t.Context(), d.Key, d.DraftRev, []definition.Patch{patch("meta", []string{"pins"}, nil, pins)}, "dana")
	require.NoError(t, err)
	published, err := s.Publish(t.Context(), d.Key, saved.DraftRev, "", nil, "dana")
	require.NoError(t, err)
	process, err := s.Process(t.Context(), d.Key, published.Version)
	require.NoError(t, err)
	require.NotContains(t, string(process), "pins")
	saved, err = s.PatchDraft(t.Context(), d.Key, saved.DraftRev, []definition.Patch{patch("meta", []string{"pins", "start", "result", "pages"}, 3, 4)}, "dana")
	require.NoError(t, err)
	require.Empty(t, saved.Findings)
	after, err := s.Get(t.Context(), d.Key)
	require.NoError(t, err)
	require.False(t, after.HasChanges, "the meaning is the same")
	require.Contains(t, string(after.Draft), `"pages":4`)
	saved, err = s.PatchDraft(t.Context(), d.Key, saved.DraftRev, []definition.Patch{patch("meta", []string{"pins", "start", "value"}, nil, 1)}, "dana")
	require.NoError(t, err)
	require.True(t, graph.HasErrors(saved.Findings), "of its fields only")
}

func TestSchedulesAreCheckedBeforePublishing(t *testing.T) {
	for rule, path := range map[string]string{
		`{"on":"schedule","cron":"* * * * * *"}`:                         "/nodes/0/trigger/cron",
		`{"on":"schedule","cron":"often"}`:                               "/nodes/0/trigger/cron",
		`{"on":"schedule","cron":"0 0 31 2 *"}`:                          "/nodes/0/trigger/cron",
		`{"on":"schedule","cron":"0 9 * * *","zone":"../../etc/passwd"}`: "/nodes/0/trigger/zone",
	} {
		s, _, scheduled := service(t)
		d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Scheduled"}, "dana")
		require.NoError(t, err)
		var trigger any
		require.NoError(t, json.Unmarshal([]byte(rule), &trigger))
		saved, err := s.PatchDraft(t.Context(), d.Key, d.DraftRev, []definition.Patch{patch("nodes/start", []string{"trigger"}, map[string]any{"on": "manual"}, trigger)}, "dana")
		require.NoError(t, err)
		_, err = s.Publish(t.Context(), d.Key, saved.DraftRev, "", nil, "dana")
		p := code(t, err)
		require.Equal(t, "findings", p.Code, rule)
		require.Equal(t, path, p.Fields[0].Path, rule)
		versions, _, err := s.Versions(t.Context(), d.Key, 10, "")
		require.NoError(t, err)
		require.Empty(t, versions, "nothing was published")
		require.NotContains(t, scheduled, d.Key)
	}
}

// Publishing syncs the start rules, and so does the delivery of its event, at
// the same moment: the loser of a write must look again, not refuse what is
// already published.
func TestPublishingBesideTheDeliveryOfItsEvent(t *testing.T) {
	s, _, _ := service(t)
	d, err := s.Create(t.Context(), definition.NewDefinition{Name: "Hooked", Key: "hooked"}, "dana")
	require.NoError(t, err)
	stop := make(chan struct{})
	synced := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				synced <- nil
				return
			default:
				if err := s.Sync(context.Background(), "hooked"); err != nil {
					synced <- err
					return
				}
			}
		}
	}()
	for i := range 30 {
		published, err := s.Publish(t.Context(), "hooked", d.DraftRev, "again", nil, "dana")
		require.NoError(t, err)
		require.Equal(t, i+1, published.Version)
	}
	close(stop)
	require.NoError(t, <-synced)
}
