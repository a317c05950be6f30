package crashtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/servertest"
)

// plan is what the people do with one contract.
type plan struct {
	name     string
	outcomes []string // of the approval, one per visit
}

var plans = []plan{
	{"approved", []string{"approve"}},
	{"reworked", []string{"rework", "approve"}},
	{"rejected", []string{"reject"}},
}

// world is the company at work.
type world struct {
	t       *testing.T
	server  *servertest.Server
	mail    *mailbox
	marta   *client // prepares
	henrik  *client // approves
	anna    *client // keeps the books
	oscar   *client // watches and repairs
	martaID string
}

type run struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Waits  []struct {
		Node   string `json:"node"`
		Kind   string `json:"kind"`
		TaskID string `json:"taskId"`
	} `json:"waits"`
	OpenIncidents []struct {
		ID      string `json:"id"`
		Node    string `json:"node"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"incidents"`
}

type page[T any] struct {
	Items []T `json:"items"`
}

func newWorld(t *testing.T, database string) *world {
	w := &world{t: t, server: servertest.New(t, servertest.Options{Name: "of the company", Database: database}), mail: startMailbox(t)}
	require.NoError(t, w.server.Start())
	t.Cleanup(func() { require.NoError(t, w.server.Stop()) })
	url := w.server.URL()
	w.marta, w.henrik = signIn(t, url, "marta"), signIn(t, url, "henrik")
	w.anna, w.oscar = signIn(t, url, "anna"), signIn(t, url, "oscar")
	ada := signIn(t, url, "ada")
	var session struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	require.NoError(t, w.marta.get("/session", &session))
	w.martaID = session.User.ID
	var settings struct {
		Rev int64 `json:"rev"`
	}
	require.NoError(t, ada.get("/settings/mail", &settings))
	require.NoError(t, ada.put("/settings/mail", settings.Rev, map[string]any{
		"provider": "smtp", "host": "127.0.0.1", "port": w.mail.port, "tls": "none", "from": "fluxo@example.com",
	}, nil))
	return w
}

// contract drives one deal from creation to the end of its run and returns the
// run. Every call is repeated until it is answered, however often the server dies.
func (w *world) contract(title string, p plan) (run, string, error) {
	var deal struct {
		ID  string `json:"id"`
		Rev int64  `json:"rev"`
	}
	if err := w.marta.post("/records/deal", map[string]any{
		"pipelineId": "sales", "title": title, "responsibleId": w.martaID, "currency": "PLN",
		"products": []map[string]any{{"name": "Pump", "quantity": "2", "price": map[string]any{"amount": 124000, "currency": "PLN"}}},
	}, &deal); err != nil {
		return run{}, "", err
	}
	if err := w.marta.change("/records/deal/"+deal.ID+"/stage", deal.Rev, map[string]string{"stage": "contract"}, nil); hasCode(err, "stale") {
		// Our own first try was applied, and its answer got lost with the server.
		if stage := w.stage(deal.ID); stage == "qualified" || stage == "new" {
			return run{}, "", err
		}
	} else if err != nil {
		return run{}, "", err
	}
	var runs page[struct {
		ID string `json:"id"`
	}]
	if err := w.wait("a run of "+title, func() (bool, error) {
		err := w.oscar.get("/records/deal/"+deal.ID+"/runs", &runs)
		return len(runs.Items) == 1, err
	}); err != nil {
		return run{}, "", err
	}
	id := runs.Items[0].ID
	visits := 0
	done := map[string]bool{}
	var r run
	err := w.wait("the end of "+title, func() (bool, error) {
		r = run{}
		if err := w.oscar.get("/runs/"+id, &r); err != nil {
			return false, err
		}
		if r.Status != "active" {
			return true, nil
		}
		for _, incident := range r.OpenIncidents {
			if err := w.repair(id, incident.ID, incident.Code, incident.Message, title); err != nil {
				return false, err
			}
		}
		for _, open := range r.Waits {
			if open.Kind != "task" || done[open.TaskID] {
				continue
			}
			outcome := ""
			if open.Node == "ok" {
				outcome = p.outcomes[min(visits, len(p.outcomes)-1)]
				visits++
			}
			if err := w.decide(open.Node, open.TaskID, outcome); err != nil {
				return false, err
			}
			done[open.TaskID] = true
		}
		return false, nil
	})
	return r, deal.ID, err
}

// decide completes a task as the person it belongs to. A conflict with our own
// decision is our own answer that got lost on its way.
func (w *world) decide(node, task, outcome string) error {
	person, body := w.marta, map[string]any{"comment": "done at " + node}
	switch node {
	case "ok":
		person, body["outcome"] = w.henrik, outcome
	case "account":
		person = w.anna
	case "scan":
		var file struct {
			ID string `json:"id"`
		}
		if err := w.marta.upload("task:"+task, "scan.pdf", []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), &file); err != nil {
			return err
		}
		body["files"] = []string{file.ID}
	}
	err := person.post("/tasks/"+task+"/completion", body, nil)
	if hasCode(err, "already_decided") {
		return nil
	}
	return err
}

// repair does what an operator does about a mail whose fate is unknown: look
// whether it arrived. No other incident is expected.
func (w *world) repair(runID, incident, code, message, title string) error {
	action := map[string]any{"incident": incident, "reason": "looked into the mailbox"}
	switch {
	case code != "outcome_unknown":
		return fmt.Errorf("unexpected incident %s: %s", code, message)
	case w.mail.received(title) > 0:
		action["action"] = "skip"
	default:
		action["action"] = "retry"
	}
	err := w.oscar.post("/runs/"+runID+"/actions", action, nil)
	if hasCode(err, "not_found") || hasCode(err, "incident_closed") {
		return nil // an earlier try went through
	}
	return err
}

// wait probes until it succeeds, for at most four minutes of peace: while the
// server is killed every second, nobody can say how long anything takes.
func (w *world) wait(what string, probe func() (bool, error)) error {
	const most = 4 * time.Minute
	began := time.Now()
	for {
		ok, err := probe()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ok {
			return nil
		}
		if peace := w.server.KilledAt(); time.Since(began) > most && time.Since(peace) > most {
			return fmt.Errorf("%s: not within %s", what, most)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// trace is what a run did, without instants, ids and machinery: the nodes it
// entered, by which flow, what people answered, and how it ended.
func (w *world) trace(runID string) []string {
	w.t.Helper()
	var out []string
	from := int64(1)
	for {
		var records page[struct {
			Seq   int64          `json:"seq"`
			Kind  string         `json:"kind"`
			Node  string         `json:"node"`
			Flow  string         `json:"flow"`
			Actor string         `json:"actor"`
			Body  map[string]any `json:"body"`
		}]
		require.NoError(w.t, w.oscar.get(fmt.Sprintf("/runs/%s/records?from=%d&limit=200", runID, from), &records))
		for _, r := range records.Items {
			require.Equal(w.t, from, r.Seq, "records of %s are contiguous", runID)
			from++
			switch r.Kind {
			case "nodeEntered", "taskOpened", "taskCompleted", "runCompleted", "runFailed", "runCanceled":
				outcome, _ := r.Body["outcome"].(string)
				out = append(out, strings.TrimSpace(strings.Join([]string{r.Kind, r.Node, r.Flow, outcome}, " ")))
			}
		}
		if len(records.Items) < 200 {
			return out
		}
	}
}

// papers counts the documents of a deal by type.
func (w *world) papers(dealID string) map[string]int {
	w.t.Helper()
	var files page[struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
	}]
	require.NoError(w.t, w.oscar.get("/records/deal/"+dealID+"/files", &files))
	out := map[string]int{}
	for _, f := range files.Items {
		out[f.Type]++
	}
	return out
}

func (w *world) stage(dealID string) string {
	w.t.Helper()
	var deal struct {
		StageID string `json:"stageId"`
	}
	require.NoError(w.t, w.oscar.get("/records/deal/"+dealID, &deal))
	return deal.StageID
}

type result struct {
	title string
	plan  plan
	run   run
	deal  string
	err   error
}

func TestKillsLoseNothing(t *testing.T) {
	contracts, kills := 20, 10
	if os.Getenv("FLUXO_SOAK") != "" {
		kills = 100
	}
	crash(t, "", contracts, kills)
}

// TestKillsLoseNothingOnMongoDB does the same over the MongoDB wire protocol. The
// stand-in answers a hundred commands a second, so it belongs to the long tests.
func TestKillsLoseNothingOnMongoDB(t *testing.T) {
	if os.Getenv("FLUXO_SOAK") == "" { // ten kills take some twenty minutes there; make test kills on SQLite
		t.Skip("a long test: set FLUXO_SOAK=1, as make soak does")
	}
	uri := mongotest.In(mongotest.URI(t), "fluxo_crash_"+strconv.Itoa(os.Getpid()))
	contracts := 20
	if mongotest.Light() {
		contracts = 6
	}
	crash(t, uri, contracts, 10)
}

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func crash(t *testing.T, database string, contracts, kills int) {
	if _, err := exec.LookPath("soffice"); err != nil {
		t.Fatal("the contract process makes a PDF: install libreoffice-writer-nogui")
	}
	seed := uint64(20261121)
	if text := os.Getenv("FLUXO_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		seed = given
	}
	t.Logf("seed %d, %d contracts, %d kills", seed, contracts, kills)
	random := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, database)

	// The undisturbed company first: what each plan must leave behind.
	type expectation struct {
		trace  []string
		papers map[string]int
		stage  string
	}
	want := map[string]expectation{}
	for _, p := range plans {
		r, deal, err := w.contract("Undisturbed, "+p.name, p)
		require.NoError(t, err)
		require.Equal(t, "completed", r.Status)
		want[p.name] = expectation{w.trace(r.ID), w.papers(deal), w.stage(deal)}
		require.NotEmpty(t, want[p.name].papers)
		require.Equal(t, 1, w.mail.received("Undisturbed, "+p.name))
	}

	results := make([]result, contracts)
	var work sync.WaitGroup
	for i := range results {
		work.Add(1)
		results[i] = result{title: fmt.Sprintf("Contract %02d of the storm", i), plan: plans[i%len(plans)]}
		go func() {
			defer work.Done()
			r := &results[i]
			r.run, r.deal, r.err = w.contract(r.title, r.plan)
		}()
	}
	finished := make(chan struct{})
	go func() { work.Wait(); close(finished) }()
	killed := 0
	for killed < kills {
		select {
		case <-finished:
			// All is done before the last kill: the rest falls on a resting server.
		case <-time.After(time.Duration(200+random.IntN(1600)) * time.Millisecond):
		}
		w.server.Kill()
		killed++
		require.NoError(t, w.server.Start())
	}
	<-finished

	for _, r := range results {
		require.NoError(t, r.err, "%s\n%s", r.title, w.server.Log())
		expected := want[r.plan.name]
		require.Equal(t, "completed", r.run.Status, r.title)
		require.Equal(t, expected.trace, w.trace(r.run.ID), r.title)
		require.Equal(t, expected.papers, w.papers(r.deal), r.title)
		require.Equal(t, expected.stage, w.stage(r.deal), r.title)
		require.Equal(t, 1, w.mail.received(r.title), "mails of %s", r.title)
	}
	require.Empty(t, w.mail.twice(), "messages that arrived twice")
	t.Logf("%d contracts through %d kills: same nodes, tasks, documents, mails", contracts, killed)
}
