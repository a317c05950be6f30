package script

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/graph"
)

// recorder is a driver that hashes all that comes out of the core and keeps what
// went in, so that it can be replayed.
type recorder struct {
	*CoreDriver
	run  core.RunID
	sum  hash.Hash
	took []step
	told []core.Record

	record core.Values
}

// step is one input to a run: events, or a migration.
type step struct {
	record core.Values // the facts
	graph  *graph.Graph
	events []core.Event
	to     *graph.Graph
	body   core.MigrateBody
}

// SetRecord implements Recorder.
func (r *recorder) SetRecord(fields core.Values) {
	r.record = fields
	r.CoreDriver.SetRecord(fields)
}

// Apply implements Driver.
func (r *recorder) Apply(events ...core.Event) (core.Output, error) {
	kept := make([]core.Event, len(events)) // the script changes its own
	copy(kept, events)
	from := r.graph
	out, err := r.CoreDriver.Apply(events...)
	if err == nil {
		r.took = append(r.took, step{record: r.record, graph: from, events: kept})
	}
	r.note(out, err)
	return out, err
}

// Migrate implements Migrator.
func (r *recorder) Migrate(to *graph.Graph, ev core.Event, body core.MigrateBody) (core.Output, core.Migration, error) {
	from := r.graph
	out, plan, err := r.CoreDriver.Migrate(to, ev, body)
	if err == nil && plan.Verdict == core.Moves {
		r.took = append(r.took, step{record: r.record, graph: from, to: to, events: []core.Event{ev}, body: body})
	}
	r.note(out, err)
	return out, plan, err
}

func (r *recorder) note(out core.Output, err error) {
	raw, encodeErr := json.Marshal(out)
	if encodeErr != nil {
		r.tb.Fatal(encodeErr)
	}
	fmt.Fprintf(r.sum, "%s %v %s\n", raw, err, r.state)
	r.told = append(r.told, out.Records...)
}

// replay applies what was accepted to a new run, each event by itself however
// they were taken together, and compares the records and the state.
func (r *recorder) replay(t *testing.T, eval *Facts) {
	t.Helper()
	s := core.NewState(r.run)
	var records []core.Record
	for _, in := range r.took {
		eval.SetRecord(in.record)
		for _, ev := range in.events {
			var next *core.State
			var out core.Output
			var err error
			if in.to != nil {
				next, out, _, err = core.Migrate(in.graph, in.to, s, ev, in.body, eval)
			} else {
				next, out, err = core.Fold(in.graph, s, []core.Event{ev}, eval, core.StepBudget)
			}
			if err != nil {
				t.Fatal(err)
			}
			s = next
			records = append(records, out.Records...)
		}
	}
	got, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(r.told)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("run %s: the replay tells another history:\n%s\n%s", r.run, got, want)
	}
	state, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(state) != sha256.Sum256(r.state) {
		t.Errorf("run %s: the replay ends in another state:\n%s\n%s", r.run, state, r.state)
	}
}

// record plays all scripts and returns their runs, in order.
func record(t *testing.T, eval *Facts) (runs []*recorder, sum string) {
	t.Helper()
	all := sha256.New()
	Run(t, "testdata/*.txt", Options{Commands: true, New: func(tb testing.TB, g *graph.Graph, run core.RunID) Driver {
		r := &recorder{CoreDriver: NewCoreDriver(tb, g, run, eval), run: run, sum: all}
		runs = append(runs, r)
		return r
	}})
	return runs, fmt.Sprintf("%x", all.Sum(nil))
}

// TestReplayGivesTheSameHistory: the accepted events of a run, applied again to a
// new one, give the same records and the same state, byte for byte, in whatever
// steps they were taken before.
func TestReplayGivesTheSameHistory(t *testing.T) {
	eval := NewFacts()
	runs, _ := record(t, eval)
	for _, r := range runs {
		r.replay(t, eval)
	}
	if len(runs) < 100 {
		t.Errorf("only %d runs", len(runs))
	}
}

// other is set in the second process of TestAdvanceIsPureInTwoProcesses.
const other = "FLUXO_TEST_SECOND_PROCESS"

// TestAdvanceIsPureInTwoProcesses plays all scripts here and in another process,
// which has other addresses and another order of maps: every record, command and
// state must have the same bytes.
func TestAdvanceIsPureInTwoProcesses(t *testing.T) {
	_, sum := record(t, NewFacts())
	if os.Getenv(other) != "" {
		if _, err := io.WriteString(os.Stdout, "sum "+sum+"\n"); err != nil {
			t.Fatal(err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestAdvanceIsPureInTwoProcesses$") //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), other+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "sum "+sum+"\n") {
		t.Errorf("here %s, there\n%s", sum, out)
	}
}
