package main

import "fmt"

// row is one line of the table. A figure that depends on how busy the machine
// is stands beside a limit measured in the same rounds, and then the ratio is
// what counts; a figure that does not (bytes, commits) stands alone.
type row struct {
	section   string
	name      string
	benchmark string
	unit      string
	as        string  // tells rows of the same figure apart in the baseline
	lower     bool    // less is better
	divide    float64 // of the figure, when it is for several
	beyond    float64 // times what stands beside, which the figure is told beyond; no ratio
	beside    *limit  // what the ratio is to
	number    int     // of the goal in docs/bench/README.md
	goal      float64 // of the ratio, or of the figure without one; 0 = none
	absolute  bool    // the goal is of the figure although there is a ratio
	steady    bool    // compare the figure itself with the baseline: it has no ratio and does not depend on load
	optional  bool    // not measured in every environment
}

type limit struct {
	name      string
	benchmark string
	unit      string
	times     float64
}

// key is the name of a row in the baseline.
func (r row) key() string {
	if r.as != "" {
		return key(r.benchmark, r.unit) + ", " + r.as
	}
	return key(r.benchmark, r.unit)
}

// slack of a goal: a sweep that falls into the run is not a second commit.
const slack = 0.01

// subject is what a goal is about.
func (r row) subject(v acceptRow) float64 {
	if v.Ratio != nil && !r.absolute {
		return *v.Ratio
	}
	return v.Value
}

func (r row) verdict(v acceptRow) string {
	if r.goal == 0 {
		return ""
	}
	sign, met, unit := ">=", r.subject(v) >= r.goal*(1-slack), "x"
	if r.lower {
		sign, met = "<=", r.subject(v) <= r.goal*(1+slack)
	}
	if v.Ratio == nil || r.absolute {
		unit = ""
	}
	word := "ok"
	if !met {
		word = "MISSED"
	}
	return fmt.Sprintf("%s (goal %d: %s %s%s)", word, r.number, sign, number(r.goal), unit)
}

// change is how much better or worse than the baseline.
func (r row) change(now, before acceptRow) string {
	a, b := now.Value, before.Value
	switch {
	case now.Ratio != nil && before.Ratio != nil:
		a, b = *now.Ratio, *before.Ratio
	case !r.steady:
		return ""
	}
	if b == 0 {
		return ""
	}
	by := a/b - 1
	worse := by < -tolerance
	if r.lower {
		worse = by > tolerance
	}
	if worse {
		return fmt.Sprintf("WORSE %+.0f %%", by*100)
	}
	return fmt.Sprintf("%+.0f %%", by*100)
}

var (
	fsync      = &limit{name: "one fsync, median", benchmark: "LimitFsync", unit: "p50-ms"}
	sqliteRow  = &limit{name: "SQLite, one durable row at a time", benchmark: "LimitSQLiteRow", unit: "ops/s"}
	sqliteRows = &limit{name: "SQLite, rows in batches of 100", benchmark: "LimitSQLiteBatch100", unit: "ops/s", times: 100}
	peerAlone  = &limit{name: "go-workflows on SQLite, 1 client", benchmark: "PeerGoWorkflowsSQLite/clients=1", unit: "ops/s"}
	peerBusy   = &limit{name: "go-workflows on SQLite, 32 clients", benchmark: "PeerGoWorkflowsSQLite/clients=32", unit: "ops/s"}
	peerTime   = &limit{name: "go-workflows on SQLite, 1 client", benchmark: "PeerGoWorkflowsSQLite/clients=1", unit: "p50-ms"}
	peerFork   = &limit{name: "go-workflows on SQLite, 32 clients", benchmark: "PeerGoWorkflowsFork/clients=32", unit: "ops/s"}
	peerCosts  = func(unit string) *limit {
		return &limit{name: "go-workflows on SQLite, 32 clients", benchmark: "PeerGoWorkflowsCosts", unit: unit}
	}
	peerHuman  = &limit{name: "go-workflows on SQLite, in the process", benchmark: "PeerGoWorkflowsHuman", unit: "p50-ms"}
	peerTimers = &limit{name: "1,000 of go-workflows on SQLite", benchmark: "PeerGoWorkflowsTimers", unit: "p99-ms"}
	hello      = func(clients int, unit string) *limit {
		return &limit{name: fmt.Sprintf("bare router, %d clients", clients), benchmark: fmt.Sprintf("LimitHello/clients=%d", clients), unit: unit}
	}
	fanOut = func(unit string) *limit { return &limit{name: "bare sockets", benchmark: "LimitFanOut", unit: unit} }
)

var rows = []row{
	{section: "W0 interpreter, no store", name: "node entry in a sequence of five", benchmark: "Sequence", unit: "ns/entry", lower: true, number: 1, goal: 1000, absolute: true,
		beside: &limit{name: "bare token loop", benchmark: "LimitTokenLoop", unit: "ns/entry"}},
	{name: "node entry in a fork of ten", benchmark: "ForkJoin", unit: "ns/entry", lower: true,
		beside: &limit{name: "bare token loop", benchmark: "LimitTokenLoop", unit: "ns/entry"}},
	{name: "allocations per node entry", benchmark: "Sequence", unit: "allocs/op", lower: true, divide: 7, number: 1, goal: 2, steady: true},

	{section: "W1 five automatic steps, start to finish, 1,000 runs", name: "SQLite, 1 client", benchmark: "FiveSteps/store=sqlite/clients=1", unit: "runs/s", beside: peerAlone},
	{name: "SQLite, 32 clients", benchmark: "FiveSteps/store=sqlite/clients=32", unit: "runs/s", beside: peerBusy},
	{name: "SQLite, 256 clients", benchmark: "FiveSteps/store=sqlite/clients=256", unit: "runs/s", beside: peerBusy, number: 2, goal: 40},
	{name: "SQLite, 1 client, p50", benchmark: "FiveSteps/store=sqlite/clients=1", unit: "p50-ms", lower: true, beside: fsync},
	{name: "SQLite, 1 client, p50, beyond two fsyncs", as: "beyond two fsyncs", benchmark: "FiveSteps/store=sqlite/clients=1", unit: "p50-ms", lower: true, beside: fsync, beyond: 2, number: 4, goal: 0.3},
	{name: "SQLite, 1 client, p99", benchmark: "FiveSteps/store=sqlite/clients=1", unit: "p99-ms", lower: true,
		beside: &limit{name: "one fsync, p99", benchmark: "LimitFsync", unit: "p99-ms"}},
	{name: "SQLite, 256 clients, p50", benchmark: "FiveSteps/store=sqlite/clients=256", unit: "p50-ms", lower: true},
	{name: "SQLite, 256 clients, p99", benchmark: "FiveSteps/store=sqlite/clients=256", unit: "p99-ms", lower: true},
	{name: "commits per run", benchmark: "FiveSteps/store=sqlite/clients=32", unit: "commits/run", lower: true, number: 2, goal: 1, steady: true},
	{name: "bytes on disk per run", benchmark: "FiveSteps/store=sqlite/clients=32", unit: "disk-bytes/run", lower: true, number: 7, goal: 6000, steady: true},
	{name: "processor time per run", benchmark: "FiveSteps/store=sqlite/clients=256", unit: "cpu-ms/run", lower: true, number: 6, goal: 0.4},
	{name: "processor time per run, beside five activities", benchmark: "FiveSteps/store=sqlite/clients=32", unit: "cpu-ms/run", lower: true, beside: peerCosts("cpu-ms/run"), number: 6, goal: 0.03},
	{name: "memory, 1 client", benchmark: "FiveSteps/store=memory/clients=1", unit: "runs/s"},
	{name: "memory, 32 clients", benchmark: "FiveSteps/store=memory/clients=32", unit: "runs/s"},
	{name: "memory, 32 clients, p50", benchmark: "FiveSteps/store=memory/clients=32", unit: "p50-ms", lower: true},
	{name: "memory, 32 clients, p99", benchmark: "FiveSteps/store=memory/clients=32", unit: "p99-ms", lower: true},

	{section: "W1e, W2 each step a durable effect", name: "five robots, SQLite, 1 client, p50", benchmark: "W1eSQLite/clients=1", unit: "p50-ms", lower: true, beside: peerTime, number: 4, goal: 0.15},
	{name: "five robots, SQLite, 32 clients", benchmark: "W1eSQLite/clients=32", unit: "runs/s", beside: peerBusy, number: 3, goal: 10},
	{name: "five robots, SQLite, 1 client, p99", benchmark: "W1eSQLite/clients=1", unit: "p99-ms", lower: true, number: 4, goal: 10},
	{name: "their steps per second", as: "steps", benchmark: "W1eSQLite/clients=32", unit: "runs/s", divide: 0.2, beside: sqliteRows, number: 3, goal: 0.1},
	{name: "five robots, processor time per run", benchmark: "W1eSQLite/clients=32", unit: "cpu-ms/run", lower: true, beside: peerCosts("cpu-ms/run"), number: 6, goal: 0.15},
	{name: "five robots, bytes kept per run", benchmark: "W1eSQLite/clients=32", unit: "disk-bytes/run", lower: true, beside: peerCosts("disk-bytes/run"), number: 7, goal: 0.5},
	{name: "five robots, bytes written per run", benchmark: "W1eSQLite/clients=32", unit: "written-bytes/run", lower: true, beside: peerCosts("written-bytes/run"), number: 7, goal: 0.08, optional: true},
	{name: "fork into ten robots, SQLite, 32 clients", benchmark: "W2SQLite", unit: "runs/s", beside: peerFork, number: 5, goal: 10},

	{section: "W4 start, decision of a person, finish", name: "SQLite, 1 client, whole round, p50", benchmark: "HumanWait/store=sqlite/clients=1", unit: "p50-ms", lower: true, beside: fsync},
	{name: "SQLite, 1 client, whole round, p99", benchmark: "HumanWait/store=sqlite/clients=1", unit: "p99-ms", lower: true,
		beside: &limit{name: "one fsync, p99", benchmark: "LimitFsync", unit: "p99-ms"}},
	{name: "SQLite, 32 clients", benchmark: "HumanWait/store=sqlite/clients=32", unit: "runs/s", beside: sqliteRow},
	{name: "SQLite, commits per whole round", benchmark: "HumanWait/store=sqlite/clients=1", unit: "commits/run", lower: true, number: 9, goal: 3, steady: true},
	{name: "memory, 32 clients, whole round", benchmark: "HumanWait/store=memory/clients=32", unit: "runs/s"},
	{name: "over HTTP, 1 client, answer, p50", benchmark: "Decide/clients=1", unit: "decide-p50-ms", lower: true, beside: peerHuman, number: 9, goal: 0.5},
	{name: "over HTTP, 1 client, on the socket, p50", benchmark: "Decide/clients=1", unit: "shown-p50-ms", lower: true, beside: peerHuman, number: 9, goal: 0.5},
	{name: "over HTTP, 1 client, on the socket, p99", benchmark: "Decide/clients=1", unit: "shown-p99-ms", lower: true},
	{name: "over HTTP, 32 clients, rounds", benchmark: "Decide/clients=32", unit: "runs/s", beside: sqliteRow},

	{section: "W3 waiting", name: "1,000 timers due at once, lateness p99", benchmark: "TimersDue/timers=1000", unit: "late-p99-ms", lower: true, number: 8, goal: 1000},
	{name: "the same beside the peer", as: "beside the peer", benchmark: "TimersDue/timers=1000", unit: "late-p99-ms", lower: true, beside: peerTimers, number: 8, goal: 0.2},
	{name: "10,000 timers due at once, lateness p50", benchmark: "TimersDue/timers=10000", unit: "late-p50-ms", lower: true},
	{name: "10,000 timers due at once, lateness p99", benchmark: "TimersDue/timers=10000", unit: "late-p99-ms", lower: true, number: 8, goal: 1000},
	{name: "the same beside 50,000 parked runs, lateness p99", benchmark: "TimersDueBesideParked", unit: "late-p99-ms", lower: true, number: 8, goal: 1.3,
		beside: &limit{name: "alone", benchmark: "TimersDue/timers=10000", unit: "late-p99-ms"}},
	{name: "parked runs (of 100,000 in 45 s)", benchmark: "Parked", unit: "runs"},
	{name: "parking", benchmark: "Parked", unit: "parked/s", beside: sqliteRow, number: 8, goal: 1900, absolute: true},
	{name: "parked runs: growth of the heap", benchmark: "Parked", unit: "heap-growth-MB", lower: true, number: 8, goal: 10},
	{name: "parked runs: growth of a new process", benchmark: "Parked", unit: "rss-growth-MB", lower: true, number: 8, goal: 50},
	{name: "bytes on disk per parked run", benchmark: "Parked", unit: "disk-bytes/run", lower: true, steady: true},
	{name: "processor time of the last runs, beside the first", benchmark: "Parked", unit: "last-cpu-ms/run", lower: true, number: 13, goal: 1.3,
		beside: &limit{name: "of the first runs", benchmark: "Parked", unit: "first-cpu-ms/run"}},
	{name: "page of 50 of all parked runs, 16 clients, p99", benchmark: "Parked", unit: "page-p99-ms", lower: true, number: 14, goal: 50, absolute: true, beside: hello(16, "p99-ms")},
	{name: "start on top of them", benchmark: "Parked", unit: "ready-ms", lower: true, number: 10, goal: 1.5,
		beside: &limit{name: "start on an empty folder", benchmark: "Parked", unit: "empty-ready-ms"}},

	{section: "W6 live, 1,000 sockets watch one run", name: "delay from request to socket, p50", benchmark: "LiveViewers", unit: "delay-p50-ms", lower: true, beside: fanOut("delay-p50-ms")},
	{name: "delay from request to socket, p99", benchmark: "LiveViewers", unit: "delay-p99-ms", lower: true, beside: fanOut("delay-p99-ms"), number: 11, goal: 2},
	{name: "records delivered, flat out", benchmark: "LiveViewers", unit: "deliveries/s", beside: fanOut("deliveries/s"), number: 11, goal: 0.6},
	{name: "the same beside a socket that reads nothing, p99", benchmark: "LiveViewersBesideSlow", unit: "delay-p99-ms", lower: true, beside: fanOut("delay-p99-ms"), number: 11, goal: 2},
	{name: "while runs go through at half the rate, p99", benchmark: "LiveViewersUnderLoad", unit: "delay-p99-ms", lower: true, beside: fanOut("delay-p99-ms"), number: 11, goal: 5},
	{name: "memory per socket (both ends)", benchmark: "LiveViewers", unit: "heap-bytes/viewer", lower: true, steady: true},
	{name: "hub alone", benchmark: "FanOut", unit: "deliveries/s", beside: fanOut("deliveries/s")},

	{section: "W7 HTTP, 5,000 deals on SQLite", name: "list of 50 deals", benchmark: "API/list/clients=16", unit: "requests/s", beside: hello(16, "requests/s")},
	{name: "list of 50 deals, p99", benchmark: "API/list/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 50, absolute: true, beside: hello(16, "p99-ms")},
	{name: "board, p99", benchmark: "API/board/clients=16", unit: "p99-ms", lower: true, beside: hello(16, "p99-ms")},
	{name: "one deal, p99", benchmark: "API/get/clients=16", unit: "p99-ms", lower: true, beside: hello(16, "p99-ms")},
	{name: "worklist, p99", benchmark: "API/tasks/clients=16", unit: "p99-ms", lower: true, beside: hello(16, "p99-ms")},
	{name: "start of a run that parks, 64 clients", benchmark: "API/start/clients=64", unit: "requests/s", beside: hello(64, "requests/s"), number: 12, goal: 0.05},
	{name: "document with event saved, alone", benchmark: "SaveWithEvent", unit: "ns/op", lower: true},

	{section: "W7 HTTP, 200,000 deals on SQLite", name: "list of 50, four orders, p99", benchmark: "Many/list/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 50, absolute: true, beside: hello(16, "p99-ms")},
	{name: "list, 4,000 deals into it, p99", benchmark: "Many/far/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 50, absolute: true, beside: hello(16, "p99-ms")},
	{name: "list of one person's 10,000, p99", benchmark: "Many/own/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 50, absolute: true, beside: hello(16, "p99-ms")},
	{name: "search in titles, p99", benchmark: "Many/search/clients=16", unit: "p99-ms", lower: true, beside: hello(16, "p99-ms")},
	{name: "list by a nested filter, p99", benchmark: "Many/filtered/clients=2", unit: "p99-ms", lower: true, number: 14, goal: 50, absolute: true},
	{name: "calendar of five weeks, 1,000 of 9,800 deals, p99", benchmark: "Many/calendar/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 1000, absolute: true, beside: hello(16, "p99-ms")},
	{name: "board, p99", benchmark: "Many/board/clients=16", unit: "p99-ms", lower: true, number: 14, goal: 1000, absolute: true, beside: hello(16, "p99-ms")},

	{section: "W7 pages of 50 among 100,000 runs on SQLite, below HTTP", name: "all of them, p99", benchmark: "Find/all", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "of a process, p99", benchmark: "Find/definition", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "of a process, failed, p99", benchmark: "Find/definition-failed", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "with an incident, p99", benchmark: "Find/incident", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "of an old version, p99", benchmark: "Find/old-version", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "at a step, p99", benchmark: "Find/node", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "by a value, p99", benchmark: "Find/variable", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "by a value of half of them, p99", benchmark: "Find/variable-common", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "of a person, p99", benchmark: "Find/person", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "by words of an incident, p99", benchmark: "Find/incident-text", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "idle for long, p99", benchmark: "Find/idle", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "by words of the title, p99", benchmark: "Find/title", unit: "p99-ms", lower: true, number: 14, goal: 50},
	{name: "by time of the start, p99", benchmark: "Find/started", unit: "p99-ms", lower: true, number: 14, goal: 50},

	{section: "W8 1,000 of 100,000 deals moved at once, 30 robots", name: "moves of a mass job", benchmark: "StageMoves", unit: "moves/s", beside: sqliteRow},
	{name: "until every robot of the new stage is armed", benchmark: "StageMoves", unit: "all-settled-ms", lower: true},
	{name: "processor time per move", benchmark: "StageMoves", unit: "cpu-ms/move", lower: true},
	{name: "commits of the run per entry of a stage", benchmark: "StageMoves", unit: "commits/entry", lower: true, number: 15, goal: 4, steady: true},
	{name: "commits of the run per leaving", benchmark: "StageMoves", unit: "commits/leaving", lower: true, number: 15, goal: 1, steady: true},
	{name: "robots of other deals due meanwhile, lateness max", benchmark: "StageMoves", unit: "others-late-max-ms", lower: true, number: 15, goal: 1000},

	{section: "W8u a robot undone over 1,000 deals", name: "deals looked at", benchmark: "Undo", unit: "looked-records/s", beside: sqliteRow},
	{name: "deals taken back", benchmark: "Undo", unit: "records/s", beside: sqliteRow},
	{name: "processor time per deal", benchmark: "Undo", unit: "cpu-ms/record", lower: true},
	{section: "W5 the program", name: "cold start to ready, empty folder", benchmark: "ColdStart", unit: "ready-ms", lower: true, number: 10, goal: 200},
	{name: "cold start to the first finished run over HTTP", benchmark: "FirstRun", unit: "first-run-ms", lower: true, number: 10, goal: 200},
	{name: "memory when idle", benchmark: "ColdStart", unit: "rss-MB", lower: true, number: 10, goal: 60, steady: true},
	{name: "size with the user interface", benchmark: "ColdStart", unit: "binary-MB", lower: true, number: 10, goal: 80, steady: true},

	{section: "W9 user interface, headless", name: "open 200 nodes, painted", benchmark: "UIOpen/nodes=200", unit: "paint-ms", lower: true, number: 16, goal: 700, optional: true},
	{name: "open 500 nodes, painted", benchmark: "UIOpen/nodes=500", unit: "paint-ms", lower: true, number: 16, goal: 800, optional: true},
	{name: "open 1,000 nodes, painted", benchmark: "UIOpen/nodes=1000", unit: "paint-ms", lower: true, number: 16, goal: 1000, optional: true},
	{name: "open 2,000 nodes, painted", benchmark: "UIOpen/nodes=2000", unit: "paint-ms", lower: true, number: 16, goal: 1000, optional: true},
	{name: "pan 200 nodes, renderer per frame", benchmark: "UIPan/nodes=200", unit: "cpu-ms/frame", lower: true, number: 16, goal: 16, steady: true, optional: true},
	{name: "pan 500 nodes, renderer per frame", benchmark: "UIPan/nodes=500", unit: "cpu-ms/frame", lower: true, number: 16, goal: 16, steady: true, optional: true},
	{name: "pan 2,000 nodes, renderer per frame", benchmark: "UIPan/nodes=2000", unit: "cpu-ms/frame", lower: true, number: 16, goal: 16, steady: true, optional: true},
	{name: "zoom 500 nodes, renderer per frame", benchmark: "UIZoom/nodes=500", unit: "cpu-ms/frame", lower: true, number: 16, goal: 16, steady: true, optional: true},
	{name: "drag among 2,000, notes and groups, per frame", benchmark: "UIDrag/nodes=2000", unit: "cpu-ms/frame", lower: true, number: 16, goal: 16, steady: true, optional: true},
	{name: "change of 2,000 nodes, painted", benchmark: "UIEdit/nodes=2000", unit: "paint-ms", lower: true, number: 16, goal: 50, optional: true},
	{name: "undo with 2,000 nodes, painted", benchmark: "UIUndo/nodes=2000", unit: "paint-ms", lower: true, number: 16, goal: 50, optional: true},
	{name: "memory of the page with 2,000 nodes", benchmark: "UIHeap/nodes=2000", unit: "MB", lower: true, number: 16, goal: 60, steady: true, optional: true},
	{name: "live run, 500 events/s, renderer per frame", benchmark: "UILive/rate=500", unit: "cpu-ms/frame", lower: true, number: 16, goal: 4, steady: true, optional: true},
	{name: "live run, memory more after ten minutes", benchmark: "UILiveHeap/minutes=10", unit: "MB-more", lower: true, number: 16, goal: 5, steady: true, optional: true},
	{name: "ten viewers, processor of the server, beside one", benchmark: "UIViewers/viewers=10", unit: "of-one", lower: true, number: 16, goal: 1.5, steady: true, optional: true},
	{name: "first load, nothing kept, home page usable", benchmark: "UIFirstLoad/cold", unit: "paint-ms", lower: true, number: 16, goal: 1000, optional: true},
	{name: "another screen, scripts at hand", benchmark: "UIRoute/warm", unit: "paint-ms", lower: true, number: 16, goal: 200, optional: true},
	{name: "pan 2,000 nodes, from frame to frame", benchmark: "UIPan/nodes=2000", unit: "interval-ms/frame", lower: true, number: 16, goal: 33, optional: true},
	{name: "overview and back, 2,000 nodes, worst frame", benchmark: "UISwitch/nodes=2000", unit: "worst-ms", lower: true, number: 16, goal: 120, optional: true},
	{name: "validation of 2,000 nodes", benchmark: "UIProblems/nodes=2000", unit: "validation-ms", lower: true, number: 16, goal: 150, optional: true},
	{name: "problem of one of 2,000 nodes shown, after a pause of 150 ms", benchmark: "UIProblems/nodes=2000", unit: "paint-ms", lower: true, optional: true},
	{name: "key in an expression", benchmark: "UITyping/nodes=200", unit: "paint-ms", lower: true, number: 16, goal: 30, optional: true},
	{name: "tidy up 200 nodes", benchmark: "UITidy/nodes=200", unit: "paint-ms", lower: true, number: 16, goal: 1200, optional: true},
	{name: "tidy up 500 nodes", benchmark: "UITidy/nodes=500", unit: "paint-ms", lower: true, number: 16, goal: 2000, optional: true},
	{name: "tidy up 2,000 nodes", benchmark: "UITidy/nodes=2000", unit: "paint-ms", lower: true, number: 16, goal: 8000, optional: true},
	{name: "event of a run visible", benchmark: "UILiveVisible/rate=1", unit: "paint-ms", lower: true, number: 16, goal: 250, optional: true},
	{name: "opened and closed 100 times, memory more", benchmark: "UICycles/times=100", unit: "MB-more", lower: true, number: 16, goal: 5, steady: true, optional: true},
	{name: "board of 10,000 deals", benchmark: "UIBoard/cards=10000", unit: "paint-ms", lower: true, number: 16, goal: 600, optional: true},
	{name: "card dragged over it, frame of twenty", benchmark: "UIBoardDrag/cards=10000", unit: "p95-ms/frame", lower: true, number: 16, goal: 33, optional: true},
	{name: "list of 10,000 deals sorted", benchmark: "UIListSort/rows=10000", unit: "paint-ms", lower: true, number: 16, goal: 150, optional: true},
	{name: "scrolled, frame of twenty", benchmark: "UIListScroll/rows=10000", unit: "p95-ms/frame", lower: true, number: 16, goal: 25, optional: true},
	{name: "command palette opened", benchmark: "UIPalette/open", unit: "paint-ms", lower: true, number: 16, goal: 50, optional: true},
	{name: "key in the command palette", benchmark: "UIPalette/key", unit: "paint-ms", lower: true, number: 16, goal: 30, optional: true},
	{name: "next task after a decision", benchmark: "UINextTask/list", unit: "paint-ms", lower: true, number: 16, goal: 100, optional: true},
}
