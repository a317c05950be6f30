package rehearsal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/engine/script"
)

// What playing one hostile scenario may cost. A process that goes round for ever
// is stopped by its caller's patience, or by rehearsal.MaxEvents.
const (
	patience   = time.Second
	mostTime   = 20 * time.Second // on a machine that is busy with other things
	mostMemory = 4 << 30          // allocated altogether, not at once
)

// scenarios and definitions to begin with: those of testdata, and the processes
// of all scripts with a scenario that lets everything happen.
func corpus(tb testing.TB) (definitions, scenarios [][]byte) {
	tb.Helper()
	definitions, err := script.Definitions("../script/testdata/*.txt")
	if err != nil {
		tb.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.json*")
	if err != nil || len(files) == 0 {
		tb.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		if filepath.Ext(file) == ".json" {
			definitions = append(definitions, text)
			continue
		}
		for line := range bytes.Lines(text) {
			if json.Valid(line) {
				scenarios = append(scenarios, line)
			}
		}
	}
	return definitions, append(scenarios, []byte(`{"hold":["A","B"],"start":{"variables":{"n":1,"v":true}},"steps":[{"complete":"A"},{"advance":"P1D"},{"message":{"name":"m","key":"k"}},
		{"signal":"S"},{"trigger":"T"},{"answer":{"node":"R","error":"late"}},{"answer":{"node":"R","failure":{"code":"x"}}},{"choose":{"node":"X","flows":["f"]}},{"set":{"v":1}},
		{"release":"B"},{"expect":{"end":"waiting","entered":{"anyOrder":["A"]}}},{"cancel":{}}],"expect":{"end":"completed","waits":[]}}`))
}

// rehearse plays a scenario over a definition, when both are accepted: the
// answer is a result or a reason, in time and within bounds.
func rehearse(t *testing.T, definition, scenario []byte) bool {
	t.Helper()
	s, err := rehearsal.Parse(scenario)
	if err != nil {
		if !errors.Is(err, rehearsal.ErrScenario) {
			t.Fatalf("%v\n%s", err, scenario)
		}
		return false
	}
	def, err := graph.Parse(definition)
	if err != nil {
		return false
	}
	g, _ := lint.Check(def, graph.Options{})
	if g == nil {
		return false
	}
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before, began := sample[0].Value.Uint64(), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := rehearsal.Play(ctx, []rehearsal.Definition{{Key: def.Key, Name: def.Name, Graph: g}}, s, rehearsal.Options{})
	if err != nil && !errors.Is(err, rehearsal.ErrScenario) && ctx.Err() == nil {
		t.Fatalf("%v\n%s\n%s", err, scenario, definition)
	}
	if err == nil {
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("%v\n%s\n%s", err, scenario, definition)
		}
	}
	metrics.Read(sample)
	if grown := sample[0].Value.Uint64() - before; grown > mostMemory || time.Since(began) > mostTime {
		t.Fatalf("%v and %d MiB for\n%s\n%s", time.Since(began), grown>>20, scenario, definition)
	}
	return err == nil
}

// FuzzScenario: any scenario over any process is played or refused with a
// reason. With a seed above 0 both are changed as JSON first.
func FuzzScenario(f *testing.F) {
	definitions, scenarios := corpus(f)
	for i, s := range scenarios {
		f.Add(definitions[i%len(definitions)], s, uint64(i%2))
	}
	for i, d := range definitions {
		if i%5 == 0 {
			f.Add(d, scenarios[i%len(scenarios)], uint64(1))
		}
	}
	f.Fuzz(func(t *testing.T, definition, scenario []byte, seed uint64) {
		if seed > 0 {
			m := script.NewMutator(rand.New(rand.NewPCG(seed, 6)), definition, scenario)
			definition, scenario = m.Mutate(definition), m.Mutate(scenario)
		}
		rehearse(t, definition, scenario)
	})
}

// TestChangedScenarios is the fuzzing of make test: always the same changes.
func TestChangedScenarios(t *testing.T) {
	definitions, scenarios := corpus(t)
	r := rand.New(rand.NewPCG(8, 9))
	m := script.NewMutator(r, append(definitions, scenarios...)...)
	began, played := time.Now(), 0
	for i := 0; i < 3000 && time.Since(began) < 2*time.Second; i++ {
		definition, scenario := definitions[r.IntN(len(definitions))], scenarios[r.IntN(len(scenarios))]
		if i%3 == 0 {
			definition = m.Mutate(definition)
		}
		if rehearse(t, definition, m.Mutate(scenario)) {
			played++
		}
	}
	if played < 20 {
		t.Errorf("only %d scenarios were played", played)
	}
	t.Logf("%d scenarios played", played)
}
