package definition_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/definition"
)

// scopeOf is what a draft keeps of one sub-process, or of the process itself: ids
// of nodes and flows.
func scopeOf(t *testing.T, draft json.RawMessage, id string) (nodes, flows []string) {
	t.Helper()
	type scope struct {
		ID    string
		Nodes []json.RawMessage
		Flows []struct{ ID string }
	}
	var look func(text json.RawMessage) *scope
	look = func(text json.RawMessage) *scope {
		var s scope
		require.NoError(t, json.Unmarshal(text, &s))
		if s.ID == id {
			return &s
		}
		for _, inner := range s.Nodes {
			if found := look(inner); found != nil {
				return found
			}
		}
		return nil
	}
	found := look(draft)
	require.NotNil(t, found, "sub-process %q", id)
	for _, text := range found.Nodes {
		var node struct{ ID string }
		require.NoError(t, json.Unmarshal(text, &node))
		nodes = append(nodes, node.ID)
	}
	for _, flow := range found.Flows {
		flows = append(flows, flow.ID)
	}
	return nodes, flows
}

type object = map[string]any

func TestPatchesReachIntoSubProcesses(t *testing.T) {
	s, _, _ := service(t)
	created, err := s.Create(t.Context(), definition.NewDefinition{Name: "Site visit"}, "dana")
	require.NoError(t, err)
	key := created.Key

	// A sub-process comes element by element, flows find their place by where they leave.
	saved, err := s.PatchDraft(t.Context(), key, created.DraftRev, []definition.Patch{
		patch("nodes/sub", nil, nil, object{"id": "sub", "kind": "subProcess"}),
		patch("nodes/in", nil, nil, object{"id": "in", "kind": "startEvent", "parent": "sub"}),
		patch("nodes/deep", nil, nil, object{"id": "deep", "kind": "subProcess", "parent": "sub"}),
		patch("nodes/work", nil, nil, object{"id": "work", "kind": "task", "parent": "deep"}),
		patch("flows/a", nil, nil, object{"id": "a", "from": "in", "to": "deep"}),
	}, "dana")
	require.NoError(t, err)
	base := saved.DraftRev
	draft := func() json.RawMessage {
		now, err := s.Get(t.Context(), key)
		require.NoError(t, err)
		return now.Draft
	}
	nodes, flows := scopeOf(t, draft(), "sub")
	require.Equal(t, []string{"in", "deep"}, nodes)
	require.Equal(t, []string{"a"}, flows)
	require.NotContains(t, string(draft()), "parent")

	// Two people work in one sub-process at once.
	_, err = s.PatchDraft(t.Context(), key, base, []definition.Patch{patch("nodes/work", []string{"name"}, nil, "Work")}, "dana")
	require.NoError(t, err)
	_, err = s.PatchDraft(t.Context(), key, base, []definition.Patch{
		patch("nodes/rest", nil, nil, object{"id": "rest", "kind": "task", "parent": "deep"}),
		patch("nodes/in", []string{"name"}, nil, "Begin"),
		patch("nodes/deep", []string{"name"}, nil, "Deep"),
	}, "oscar")
	require.NoError(t, err)
	nodes, _ = scopeOf(t, draft(), "deep")
	require.Equal(t, []string{"work", "rest"}, nodes)
	require.Contains(t, string(draft()), `"Work"`)

	// Who deletes a sub-process into which somebody else has put a step is told.
	_, err = s.PatchDraft(t.Context(), key, base, []definition.Patch{
		patch("nodes/work", nil, object{"id": "work", "kind": "task", "parent": "deep"}, nil),
		patch("nodes/deep", nil, object{"id": "deep", "kind": "subProcess", "parent": "sub"}, nil),
	}, "marta")
	clashes := code(t, err).Extra["clashes"].([]definition.Clash)
	require.Len(t, clashes, 2)
	require.Equal(t, object{"id": "work", "kind": "task", "name": "Work", "parent": "deep"}, clashes[0].Theirs)

	// A moved node takes the flows that leave it along; one that others moved elsewhere is a clash.
	now, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	_, err = s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{
		patch("nodes/in", []string{"parent"}, "sub", nil),
		patch("nodes/deep", []string{"parent"}, "sub", nil),
	}, "dana")
	require.NoError(t, err)
	nodes, flows = scopeOf(t, draft(), "")
	require.Contains(t, nodes, "deep")
	require.Contains(t, flows, "a")
	nodes, flows = scopeOf(t, draft(), "sub")
	require.Empty(t, nodes)
	require.Empty(t, flows)
	_, err = s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{patch("nodes/in", []string{"parent"}, "sub", "deep")}, "oscar")
	require.Equal(t, "clash", code(t, err).Code)

	// A new value of a sub-process leaves what is in it.
	now, err = s.Get(t.Context(), key)
	require.NoError(t, err)
	_, err = s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{
		patch("nodes/deep", nil, nil, object{"id": "deep", "kind": "subProcess", "transaction": true, "parent": "sub"}),
	}, "dana")
	require.NoError(t, err)
	nodes, _ = scopeOf(t, draft(), "deep")
	require.Equal(t, []string{"work", "rest"}, nodes)

	for _, p := range []definition.Patch{
		patch("nodes/sub", []string{"parent"}, nil, "deep"),
		patch("nodes/sub", []string{"parent"}, nil, "work"),
		patch("nodes/sub", []string{"parent"}, nil, "nowhere"),
		patch("nodes/new", nil, nil, object{"id": "new", "kind": "task", "parent": "nowhere"}),
	} {
		now, err = s.Get(t.Context(), key)
		require.NoError(t, err)
		_, err = s.PatchDraft(t.Context(), key, now.DraftRev, []definition.Patch{p}, "dana")
		require.Equal(t, "validation", code(t, err).Code, "%+v", p)
	}
}

// A sub-process that would be put into itself would vanish with all its steps.
// A sub-process that is dissolved goes in one save: its steps leave it, it is
// deleted, and only then are the flows between them changed.
func TestPatchDissolvesASubProcess(t *testing.T) {
	s, _, _ := service(t)
	created, err := s.Create(t.Context(), definition.NewDefinition{Name: "Site visit"}, "dana")
	require.NoError(t, err)
	key := created.Key

	saved, err := s.PatchDraft(t.Context(), key, created.DraftRev, []definition.Patch{
		patch("nodes/sub", nil, nil, object{"id": "sub", "kind": "subProcess"}),
		patch("nodes/in", nil, nil, object{"id": "in", "kind": "startEvent", "parent": "sub"}),
		patch("nodes/work", nil, nil, object{"id": "work", "kind": "task", "parent": "sub"}),
		patch("nodes/rest", nil, nil, object{"id": "rest", "kind": "task", "parent": "sub"}),
		patch("flows/a", nil, nil, object{"id": "a", "from": "in", "to": "work"}),
		patch("flows/b", nil, nil, object{"id": "b", "from": "work", "to": "rest"}),
	}, "dana")
	require.NoError(t, err)
	_, err = s.PatchDraft(t.Context(), key, saved.DraftRev, []definition.Patch{
		patch("nodes/work", []string{"parent"}, "sub", nil),
		patch("nodes/rest", []string{"parent"}, "sub", nil),
		patch("nodes/in", nil, object{"id": "in", "kind": "startEvent", "parent": "sub"}, nil),
		patch("nodes/sub", nil, object{"id": "sub", "kind": "subProcess"}, nil),
		patch("flows/a", nil, object{"id": "a", "from": "in", "to": "work"}, nil),
		patch("flows/b", []string{"name"}, nil, "go on"),
	}, "dana")
	require.NoError(t, err)
	now, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	nodes, flows := scopeOf(t, now.Draft, "")
	require.Subset(t, nodes, []string{"work", "rest"})
	require.NotContains(t, nodes, "sub")
	require.Contains(t, flows, "b")
	require.NotContains(t, flows, "a")
}

func TestPatchCannotPutASubProcessIntoItself(t *testing.T) {
	s, _, _ := service(t)
	created, err := s.Create(t.Context(), definition.NewDefinition{Name: "Site visit"}, "dana")
	require.NoError(t, err)
	saved, err := s.PatchDraft(t.Context(), created.Key, created.DraftRev, []definition.Patch{
		patch("nodes/sub", nil, nil, object{"id": "sub", "kind": "subProcess"}),
		patch("nodes/deep", nil, nil, object{"id": "deep", "kind": "subProcess", "parent": "sub"}),
	}, "dana")
	require.NoError(t, err)
	for _, into := range []string{"sub", "deep"} {
		_, err := s.PatchDraft(t.Context(), created.Key, saved.DraftRev, []definition.Patch{
			patch("nodes/sub", nil, object{"id": "sub", "kind": "subProcess"}, object{"id": "sub", "kind": "subProcess", "parent": into}),
		}, "dana")
		require.ErrorContains(t, err, "inside itself")
	}
}
