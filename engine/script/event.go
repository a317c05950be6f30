package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// due is a timer that the script's clock will fire.
type due struct {
	wait  core.WaitID
	node  core.NodeID
	at    core.Instant
	order int
}

// event turns one command line into events.
func (r *runner) event(line string) ([]core.Event, error) {
	words, err := split(line)
	if err != nil || len(words) == 0 {
		return nil, fmt.Errorf("%q is no command: %w", line, err)
	}
	verb, args := words[0], words[1:]
	switch verb {
	case "start":
		return r.start(args)
	case "plan":
		return r.plan(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), verb)))
	}
	s, err := r.driver.State()
	if err != nil {
		return nil, err
	}
	if ev, ok := r.operator(verb, args); ok {
		return []core.Event{ev}, nil
	}
	target, values := "", map[string]any{}
	flags := map[string]bool{}
	for i, a := range args {
		key, value, has := strings.Cut(a, "=")
		switch {
		case has:
			values[key] = literal(value)
		case i == 0:
			target = a
		default:
			flags[a] = true
		}
	}
	take := func(key string) string {
		v, ok := values[key]
		delete(values, key)
		if !ok {
			return ""
		}
		return fmt.Sprint(v)
	}
	ev := core.Event{At: r.clock, Actor: take("actor")}
	var body any
	switch verb {
	case "complete":
		ev.Kind, ev.Wait = core.TaskCompleted, waitAt(s, target, core.TaskWait)
		if ev.Actor == "" {
			ev.Actor = "olga"
		}
		body = core.TaskBody{Outcome: take("outcome"), Result: values}
	case "fire":
		kind := core.TimerWait
		if flags["timeout"] {
			kind = core.TimeoutWait
		}
		ev.Kind, ev.Wait = core.TimerFired, waitAt(s, target, kind)
	case "message":
		name := take("name")
		ev.Kind, ev.Wait = core.MessageArrived, r.messageAt(s, target, name)
		body = core.MessageBody{Name: name, Body: values}
	case "signal":
		ev.Kind = core.SignalArrived
		// Whatever is open by now gets it; drivers may run a little ahead of the clock.
		body = core.SignalBody{Name: target, At: r.clock + core.Instant(time.Minute.Milliseconds()), Body: values}
	case "effect":
		ev.Kind, ev.Wait = core.EffectCompleted, waitAt(s, target, core.EffectWait)
		b := core.EffectBody{Port: take("port"), Result: core.Values{}, Variables: core.Values{}}
		for key, v := range values {
			if name, isVariable := strings.CutPrefix(key, "vars."); isVariable {
				b.Variables[name] = v
			} else {
				b.Result[key] = v
			}
		}
		body = b
	case "child":
		ev.Kind, ev.Wait = core.ChildCompleted, waitAt(s, target, core.ChildWait)
		b := core.ChildBody{Status: core.Status(take("status")), Code: take("code"), Run: core.RunID(take("run")), Thrown: flags["thrown"], Variables: values}
		if b.Status == "" {
			b.Status = core.Completed
		}
		body = b
	case "escalate":
		ev.Kind, ev.Wait = core.ChildEscalated, waitAt(s, target, core.ChildWait)
		body = core.EscalationBody{Code: take("code"), Run: core.RunID(take("run"))}
	case "fail":
		ev.Kind, ev.Wait = core.WaitFailed, waitAt(s, target, "")
		code := take("code")
		body = core.FailureBody{Code: code, Thrown: flags["thrown"], Message: "it failed with " + code}
	case "retry":
		ev.Kind, ev.Actor = core.RetryRequested, "oper"
		body = core.RetryBody{Incident: incidentAt(s, target), Variables: values}
	case "skip":
		ev.Kind, ev.Actor = core.SkipRequested, "oper"
		body = core.SkipBody{Incident: incidentAt(s, target), Port: take("by"), Reason: take("reason")}
	case "set":
		ev.Kind, ev.Actor = core.VariablesChanged, "oper"
		body = core.VariablesBody{Set: values}
	case "record":
		r.setRecord(values)
		ev.Kind = core.RecordChanged
		b := core.RecordBody{Type: recordType, ID: recordID}
		for name := range values {
			b.Fields = append(b.Fields, name)
		}
		slices.Sort(b.Fields)
		body = b
	case "cancel":
		ev.Kind, ev.Actor = core.CancelRequested, "oper"
	case "continue":
		ev.Kind = core.ContinueRequested
	default:
		return nil, fmt.Errorf("no command %q", verb)
	}
	r.events++
	ev.ID = "e" + strconv.Itoa(r.events)
	if body != nil {
		if ev.Body, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	return []core.Event{ev}, nil
}

func (r *runner) start(args []string) ([]core.Event, error) {
	body := core.StartBody{Variables: core.Values{}, Parameters: core.Values{}}
	fields := core.Values{}
	for _, a := range args {
		key, value, has := strings.Cut(a, "=")
		if name, isParameter := strings.CutPrefix(key, "params."); isParameter {
			body.Parameters[name] = literal(value)
		} else if name, isField := strings.CutPrefix(key, "record."); isField {
			body.Record = &core.RecordRef{Type: recordType, ID: recordID}
			fields[name] = literal(value)
		} else if has {
			body.Variables[key] = literal(value)
		} else {
			body.Node = core.NodeID(a)
		}
	}
	s, err := r.driver.State()
	if err != nil {
		return nil, err
	}
	if s.Started() {
		r.reset() // a second start is a second run of the same graph
	}
	if body.Record != nil {
		r.setRecord(fields)
	} else if d, ok := r.driver.(Recorder); ok {
		d.SetRecord(nil)
	}
	r.events++
	text, err := json.Marshal(body)
	return []core.Event{{ID: "e" + strconv.Itoa(r.events), Kind: core.RunStarted, At: r.clock, Actor: "olga", Body: text}}, err
}

// setRecord changes fields of the record.
func (r *runner) setRecord(fields core.Values) {
	d, ok := r.driver.(Recorder)
	if !ok {
		r.t.Fatal("this driver knows no records")
	}
	all := maps.Clone(r.record)
	if all == nil {
		all = core.Values{}
	}
	maps.Copy(all, fields)
	r.record = all
	d.SetRecord(all)
}

// waitAt finds the open wait of a node: its first, or with A#2 its second one.
// A wait that is not open is named all the same: late events are events too.
func waitAt(s *core.State, target string, kind core.WaitKind) core.WaitID {
	if strings.Contains(target, ":") {
		return core.WaitID(target)
	}
	node, number, _ := strings.Cut(target, "#")
	wanted := 1
	if n, err := strconv.Atoi(number); err == nil {
		wanted = n
	}
	for _, w := range s.Waits() {
		if w.Node == core.NodeID(node) && (kind == "" || w.Kind == kind) {
			if wanted--; wanted == 0 {
				return w.ID
			}
		}
	}
	return core.WaitID(string(s.RunID()) + ":none")
}

// messageAt finds the wait for a message, at a node that waits for several by
// the name.
func (r *runner) messageAt(s *core.State, target, name string) core.WaitID {
	for _, w := range s.Waits() {
		if n, ok := r.g.Node(target); ok && w.Kind == core.MessageWait && string(w.Node) == target && len(n.Watches) > 1 && n.Watches[w.Part].Name == name {
			return w.ID
		}
	}
	return waitAt(s, target, core.MessageWait)
}

func incidentAt(s *core.State, node string) string {
	for _, i := range s.Incidents() {
		if node == "" || string(i.Node) == node {
			return i.ID
		}
	}
	return "none"
}

// watch notes the timers that were scheduled, and drops those that are gone.
func (r *runner) watch(records []core.Record, s *core.State) {
	for i := range records {
		rec := &records[i]
		if rec.Kind != core.RecordTimerScheduled {
			continue
		}
		n, ok := r.g.Node(string(rec.Node))
		if !ok {
			continue
		}
		var trigger struct {
			Timer struct{ At, After, Every string }
		}
		var raw []byte
		for _, w := range s.Waits() {
			switch {
			case w.ID != rec.Wait:
			case w.Kind == core.TimeoutWait:
				raw = n.Timeout.Trigger
			default:
				raw = n.Watches[w.Part].Trigger
			}
		}
		if json.Unmarshal(raw, &trigger) != nil {
			continue
		}
		at := r.clock + duration(trigger.Timer.After+trigger.Timer.Every)
		if trigger.Timer.At != "" {
			at = duration(trigger.Timer.At)
		}
		r.due = append(r.due, due{wait: rec.Wait, node: rec.Node, at: at, order: len(r.due)})
	}
	open := s.Waits()
	r.due = slices.DeleteFunc(r.due, func(d due) bool {
		return !slices.ContainsFunc(open, func(w core.Wait) bool { return w.ID == d.wait })
	})
}

// advance moves the clock and fires what becomes due, by due time and then by
// the order of arming.
func (r *runner) advance(args []string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("advance needs one duration")
	}
	end := r.clock + duration(args[0])
	var b strings.Builder
	for {
		slices.SortFunc(r.due, func(a, b due) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return a.order - b.order
		})
		if len(r.due) == 0 || r.due[0].at > end {
			break
		}
		r.clock = max(r.clock, r.due[0].at)
		r.events++
		text, err := r.apply([]core.Event{{ID: "timer:" + string(r.due[0].wait), Kind: core.TimerFired, Wait: r.due[0].wait, At: r.clock}})
		if err != nil {
			return b.String(), err
		}
		fmt.Fprintf(&b, "at %s\n%s", time.Duration(r.clock)*time.Millisecond, text)
	}
	r.clock = end
	if b.Len() == 0 {
		b.WriteString("nothing\n")
	}
	return b.String(), nil
}

// duration reads the ISO 8601 durations that scripts use: days, hours, minutes
// and seconds.
func duration(s string) core.Instant {
	days, clock, _ := strings.Cut(strings.TrimPrefix(s, "P"), "T")
	var total time.Duration
	if n, err := strconv.Atoi(strings.TrimSuffix(days, "D")); err == nil {
		total += time.Duration(n) * 24 * time.Hour
	}
	if d, err := time.ParseDuration(strings.ToLower(clock)); err == nil {
		total += d
	}
	return core.Instant(total.Milliseconds())
}

func (r *runner) vars() (string, error) {
	s, err := r.driver.State()
	if err != nil {
		return "", err
	}
	return values(s.Variables()), nil
}

func (r *runner) steps() (string, error) {
	s, err := r.driver.State()
	if err != nil {
		return "", err
	}
	return values(s.Steps()), nil
}
