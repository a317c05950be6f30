package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The trail tells what the designer did to a process: one line per sitting for
// the drafts that save themselves, and what was published under which note.
func TestTrailTellsOfDraftsAndVersions(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	const path = "/definitions/contract-preparation"
	rename := func(name string) {
		d := dana.Get(path).Expect(200)
		draft := d.At("draft").(map[string]any)
		draft["description"] = name
		dana.Do("PUT", path+"/draft", draft, "If-Match", d.ETag()).Expect(200)
	}
	published := dana.Get(path).Expect(200).At("draft")
	rename("one")
	rename("two")
	dana.Do("PUT", path+"/draft", published, "If-Match", dana.Get(path).Expect(200).ETag()).Expect(200)
	rename("three")
	dana.Do("POST", path+"/versions", map[string]any{"note": "clearer"}, "If-Match", dana.Get(path).Expect(200).ETag()).Expect(201)
	var actions []string
	w.Eventually("the trail holds all of it", 10*time.Millisecond, func() bool {
		trail := w.As("ada").Get("/audit?object=definitions:contract-preparation&actor=dana").Expect(200)
		actions = nil
		for i := range trail.Len("items") {
			actions = append(actions, trail.Text(fmt.Sprintf("items.%d.action", i)))
			require.Equal(t, "Contract preparation", trail.Text(fmt.Sprintf("items.%d.objectName", i)))
		}
		return len(actions) == 6 // the two oldest are of the seed
	})
	require.Equal(t, []string{"definitionPublished", "definitionDraftSaved", "definitionDraftDiscarded", "definitionDraftSaved"}, actions[:4])
	trail := w.As("ada").Get("/audit?action=definitionPublished&actor=dana").Expect(200)
	require.Equal(t, "note", trail.Text("items.0.changes.0.field"))
	require.Equal(t, "clearer", trail.Text("items.0.changes.0.after"))
}
