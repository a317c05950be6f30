package rehearsal

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// How a run stands at the end of a rehearsal.
const (
	Completed = "completed"
	Waiting   = "waiting"  // something that is open can still move it
	Stuck     = "stuck"    // tokens wait at a join for others that cannot come
	Incident  = "incident" // a person has to repair it
	Failed    = "failed"   // an error that nobody caught
	Canceled  = "canceled"
	Idle      = "idle"    // nothing was started
	Refused   = "refused" // the definition cannot be played
)

// Result is what happened in a rehearsal.
type Result struct {
	Scenario  string      `json:"scenario,omitempty"`
	End       string      `json:"end"`            // of the first run
	Code      string      `json:"code,omitempty"` // of its error or incident
	At        time.Time   `json:"at"`             // where the clock stands
	Entered   []string    `json:"entered"`        // nodes, in order
	Completed []string    `json:"completed"`      // activities that ended by themselves, in order
	Flows     []string    `json:"flows"`          // taken, in order
	Waits     []Wait      `json:"waits"`
	Incidents []Trouble   `json:"incidents,omitempty"`
	Variables core.Values `json:"variables"` // of the first run
	// Record is what expressions see of the record that the run is about.
	Record   core.Values `json:"record,omitempty"`
	Runs     []RunResult `json:"runs"`
	Outbox   []Sending   `json:"outbox,omitempty"` // what robots would have done
	Records  []Record    `json:"records"`
	Marks    []Mark      `json:"marks"` // where each step of the scenario ended; the first one is the start
	Failures []Failure   `json:"failures"`
}

// Passed tells whether every expectation was met.
func (r *Result) Passed() bool { return len(r.Failures) == 0 }

// Record is a record with the run that it belongs to.
type Record struct {
	Run     core.RunID `json:"run"`
	Process string     `json:"process"`
	Seq     int64      `json:"seq"`
	At      time.Time  `json:"at"`

	Kind   core.RecordKind `json:"kind"`
	Node   core.NodeID     `json:"node,omitempty"`
	Flow   core.FlowID     `json:"flow,omitempty"` // taken into the node
	Token  core.TokenID    `json:"token,omitempty"`
	Scope  core.ScopeID    `json:"scope,omitempty"`
	Wait   core.WaitID     `json:"wait,omitempty"`
	Actor  string          `json:"actor,omitempty"`
	Reason string          `json:"reason,omitempty"`
	Body   core.Values     `json:"body,omitempty"`
}

// Trouble is an open incident.
type Trouble struct {
	Run  core.RunID `json:"run"`
	Node string     `json:"node"`
	core.FailureBody
	// Text is what has happened and what to do, in the language of whoever plays; who
	// shows the result fills it in.
	Text string `json:"text,omitempty"`
}

// RunResult is how one run stands.
type RunResult struct {
	ID      core.RunID `json:"id"`
	Process string     `json:"process"`
	Parent  string     `json:"parent,omitempty"`
	End     string     `json:"end"`
	Code    string     `json:"code,omitempty"`
}

// Sending is what a robot would have done.
type Sending struct {
	At     time.Time       `json:"at"`
	Run    core.RunID      `json:"run"`
	Node   core.NodeID     `json:"node"`
	Robot  string          `json:"robot"`
	Config json.RawMessage `json:"config,omitempty"`
}

// Failure is an expectation that was not met, or a step that could not be
// carried out. Step counts from 1; 0 is the scenario as a whole. Code and Data
// are for those who say it in another language; Message is English.
type Failure struct {
	Step    int            `json:"step,omitempty"`
	Path    string         `json:"path,omitempty"` // JSON pointer into the scenario
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Data    map[string]any `json:"data,omitempty"`
	Want    any            `json:"want,omitempty"`
	Got     any            `json:"got,omitempty"`
}

// Codes of failures. The first ones are of steps that could not be carried
// out, the others of expectations.
const (
	FailedPlay       = "play_failed" // Message says why
	NoRecord         = "no_record"
	AnswerLeft       = "answer_left"     // node
	ChoicesLeft      = "choices_left"    // node, count
	IsDrawing        = "is_drawing"      // process
	NothingRuns      = "nothing_runs"    // of set and cancel
	NotRefused       = "not_refused"     // node
	NotSoMany        = "not_so_many"     // node, count
	NoNode           = "no_node"         // node
	NotOpen          = "not_open"        // node, open
	NotTriggerable   = "not_triggerable" // node
	OtherWay         = "other_way"       // of, inOrder; want and got are ids
	WasEntered       = "was_entered"     // node
	OtherWaits       = "other_waits"
	OtherEnd         = "other_end" // code
	OtherCode        = "other_code"
	OtherValue       = "other_value"        // name
	OtherNumberRuns  = "other_number_runs"  // process, end
	OtherNumberSends = "other_number_sends" // robot, node
)

func (w *world) result() (Result, error) {
	end := Idle
	if w.refused {
		end = Refused
	}
	r := Result{Scenario: w.scenario.Name, End: end, At: w.clock.Now().UTC(), Outbox: w.outbox, Records: w.records, Failures: w.failures,
		Entered: w.entered(), Completed: w.completed(), Flows: w.flows(), Waits: []Wait{}, Runs: []RunResult{}, Variables: core.Values{}, Marks: w.marks}
	r.Record = w.alone.record
	if r.Marks == nil {
		r.Marks = []Mark{}
	}
	if r.Failures == nil {
		r.Failures = []Failure{}
	}
	if r.Records == nil {
		r.Records = []Record{}
	}
	all, err := w.waits()
	if err != nil {
		return r, err
	}
	r.Waits = w.described(all)
	for i, one := range w.runs {
		state, err := w.stateOf(one)
		if err != nil {
			return r, err
		}
		end, code := standing(one, state)
		r.Runs = append(r.Runs, RunResult{ID: one.id, Process: one.process, Parent: one.parent, End: end, Code: code})
		for _, trouble := range state.Incidents() {
			r.Incidents = append(r.Incidents, Trouble{Run: one.id, Node: string(trouble.Node), FailureBody: trouble.Failure})
		}
		if i == 0 {
			r.End, r.Code, r.Variables = end, code, maps.Clone(state.Variables())
			if r.Variables == nil {
				r.Variables = core.Values{}
			}
			delete(r.Variables, nudge)
		}
	}
	return r, nil
}

// standing says in one word how a run stands.
func standing(r *run, state *core.State) (end, code string) {
	switch r.status {
	case core.Completed:
		return Completed, ""
	case core.Canceled:
		return Canceled, ""
	case core.Failed:
		if f := state.Failure(); f != nil {
			code = f.Code
		}
		return Failed, code
	}
	end = Waiting
	for _, i := range state.Incidents() {
		if i.Failure.Code != "join_deadlock" {
			return Incident, i.Failure.Code
		}
		end, code = Stuck, i.Failure.Code
	}
	return end, code
}

func (w *world) entered() []string {
	out := []string{}
	for i := range w.records {
		if r := &w.records[i]; r.Kind == core.RecordNodeEntered {
			out = append(out, string(r.Node))
		}
	}
	return out
}

func (w *world) completed() []string {
	type scope struct {
		run core.RunID
		id  core.ScopeID
	}
	out := []string{}
	passes := map[scope]bool{} // each pass of a repeated activity is a scope
	for i := range w.records {
		r := &w.records[i]
		n, ok := w.byID[r.Run].graph.Node(string(r.Node))
		if !ok || !leaf(n) {
			continue
		}
		of := scope{r.Run, r.Scope}
		switch r.Kind {
		case core.RecordScopeStarted:
			_, pass := r.Body["loopCounter"]
			passes[of] = pass
		case core.RecordScopeCompleted:
			if passes[of] {
				out = append(out, n.ID)
			}
		case core.RecordNodeLeft:
			if n.Repeat == nil && r.Body["skipped"] != true {
				out = append(out, n.ID)
			}
		}
	}
	return out
}

func (w *world) flows() []string {
	out := []string{}
	for i := range w.records {
		if r := &w.records[i]; r.Flow != "" && (r.Kind == core.RecordTokenParked || r.Kind == core.RecordNodeEntered) {
			out = append(out, string(r.Flow))
		}
	}
	return out
}

// expect compares an expectation with what happened so far.
func (w *world) expect(step int, path string, e *Expectation) error {
	r, err := w.result()
	if err != nil {
		return err
	}
	miss := func(f Failure, format string, args ...any) {
		f.Path = path + "/" + f.Path
		w.fail(step, f, format, args...)
	}
	for _, s := range []struct {
		member string
		want   *Sequence
		got    []string
	}{{"entered", e.Entered, r.Entered}, {"completed", e.Completed, r.Completed}, {"flows", e.Flows, r.Flows}} {
		if s.want == nil {
			continue
		}
		if want, got, ok := s.want.compare(s.got); !ok {
			data := map[string]any{"of": s.member, "inOrder": s.want.AnyOrder == nil}
			miss(Failure{Code: OtherWay, Path: s.member, Want: want, Got: got, Data: data}, "%s: wanted %s, got %s", s.member, list(want), list(got))
		}
	}
	for _, n := range e.NotEntered {
		if slices.Contains(r.Entered, n) {
			miss(Failure{Code: WasEntered, Path: "notEntered", Want: n, Data: map[string]any{"node": n}}, "%s was entered", n)
		}
	}
	if e.Waits != nil {
		got := []string{}
		for _, o := range r.Waits {
			got = append(got, string(o.Node))
		}
		want := slices.Sorted(slices.Values(*e.Waits))
		slices.Sort(got)
		if !slices.Equal(want, got) {
			miss(Failure{Code: OtherWaits, Path: "waits", Want: want, Got: got}, "waits: wanted %s, got %s", list(want), list(got))
		}
	}
	if e.End != "" && e.End != r.End {
		why := ""
		if r.Code != "" {
			why = " (" + r.Code + ")"
		}
		miss(Failure{Code: OtherEnd, Path: "end", Want: e.End, Got: r.End, Data: map[string]any{"code": r.Code}}, "the run is %s%s, not %s", r.End, why, e.End)
	}
	if e.Code != "" && e.Code != r.Code {
		miss(Failure{Code: OtherCode, Path: "code", Want: e.Code, Got: r.Code}, "the code is %q, not %q", r.Code, e.Code)
	}
	for _, name := range sortedNames(e.Variables) {
		if want, got := plain(e.Variables[name]), plain(r.Variables[name]); !reflect.DeepEqual(want, got) {
			miss(Failure{Code: OtherValue, Path: "variables/" + name, Want: want, Got: got, Data: map[string]any{"name": name}}, "%s is %v, not %v", name, text(got), text(want))
		}
	}
	for i, k := range e.Runs {
		count := 0
		for _, one := range r.Runs {
			if one.Process == k.Process && (k.End == "" || k.End == one.End) {
				count++
			}
		}
		if count != k.Count {
			data := map[string]any{"process": k.Process, "end": k.End}
			miss(Failure{Code: OtherNumberRuns, Path: fmt.Sprintf("runs/%d", i), Want: k.Count, Got: count, Data: data}, "%d runs of %s %s, not %d", count, k.Process, k.End, k.Count)
		}
	}
	for i, s := range e.Sent {
		count := 0
		for _, one := range r.Outbox {
			if (s.Robot == "" || s.Robot == one.Robot) && (s.Node == "" || s.Node == one.Node) {
				count++
			}
		}
		if count != s.Count {
			data := map[string]any{"robot": s.Robot, "node": s.Node}
			miss(Failure{Code: OtherNumberSends, Path: fmt.Sprintf("sent/%d", i), Want: s.Count, Got: count, Data: data},
				"%d of %s were sent, not %d", count, strings.TrimSpace(s.Robot+" "+string(s.Node)), s.Count)
		}
	}
	return nil
}

// compare gives both sides as they were compared.
func (s *Sequence) compare(happened []string) (want, got []string, ok bool) {
	got = slices.Clone(happened)
	if s.Only != nil {
		got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(s.Only, id) })
	}
	want = s.InOrder
	if s.AnyOrder != nil {
		want = slices.Sorted(slices.Values(s.AnyOrder))
		slices.Sort(got)
	}
	return want, got, slices.Equal(want, got)
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "nothing"
	}
	return strings.Join(ids, ", ")
}

// plain makes values comparable: as they are read from JSON.
func plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(raw, &out) != nil {
		return v
	}
	return out
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

func sortedNames(values core.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
