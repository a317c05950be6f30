package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const order = "../../../engine/rehearsal/testdata/order"

func rehearsed(t *testing.T, r rehearse) (string, error) {
	t.Helper()
	var out bytes.Buffer
	r.Out, r.Timeout = &out, 10*time.Second
	err := r.Run(t.Context())
	return out.String(), err
}

func TestRehearsePlaysLines(t *testing.T) {
	out, err := rehearsed(t, rehearse{File: order + ".json", Scenario: order + ".jsonl"})
	if err != nil || !strings.HasSuffix(out, "18 scenarios, 18 passed, 0 failed\n") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = rehearsed(t, rehearse{File: order + ".json", Scenario: order + ".jsonl", JSON: true})
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err != nil || len(lines) != 18 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	var result struct {
		End      string `json:"end"`
		Scenario string `json:"scenario"`
		Records  []any  `json:"records"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &result); err != nil || result.End != "completed" || result.Scenario == "" || len(result.Records) == 0 {
		t.Errorf("%v %+v", err, result)
	}
}

// A bad line, a missing file and a refused definition fail alone; the other
// scenarios are played.
func TestRehearseGoesOn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("broken.bpmn", `<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">
		<process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="gone"/></process></definitions>`)
	scenarios := write("all.jsonl", `{"name":"good"}
{"name":"bad","steps":[{}]}
{"name":"gone","file":"gone.json"}
{"name":"refused","file":"broken.bpmn","expect":{"end":"refused"}}
{"name":"surprised","file":"broken.bpmn"}
`)
	out, err := rehearsed(t, rehearse{File: order + ".json", Scenario: scenarios})
	if !errors.Is(err, errRehearsal) {
		t.Errorf("want %v, got %v", errRehearsal, err)
	}
	for _, want := range []string{"ok    good", "FAIL  scenario 2", "holds 0 actions", "FAIL  gone", "no such file", "ok    refused: refused", "FAIL  surprised: refused", "5 scenarios, 2 passed, 3 failed"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
