package clustertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/servertest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// process is what every run goes through: a robot, then a person and a timer
// beside each other, then two robots.
const process = `{"format":"fluxo/process@1","key":"storm","name":"Storm","variables":[{"name":"webhook","type":"object"}],"nodes":[
	{"id":"begin","kind":"startEvent","trigger":{"on":"webhook"}},
	{"id":"first","kind":"robot","robot":"webhook.call","config":{"url":"%[1]s/first"},"policy":{"retry":{"max":100,"first":"PT1S","most":"PT5S"}}},
	{"id":"fork","kind":"parallelGateway"},
	{"id":"person","kind":"userTask","config":{"assignee":"marta"}},
	{"id":"pause","kind":"catchEvent","trigger":{"timer":{"after":"PT6S"}}},
	{"id":"join","kind":"parallelGateway"},
	{"id":"tell","kind":"robot","robot":"notification.send","config":{"to":["marta"],"text":"Done"}},
	{"id":"last","kind":"robot","robot":"webhook.call","config":{"url":"%[1]s/last"},"policy":{"retry":{"max":100,"first":"PT1S","most":"PT5S"}}},
	{"id":"end","kind":"endEvent"}],"flows":[
	{"id":"f1","from":"begin","to":"first"},{"id":"f2","from":"first","to":"fork"},{"id":"f3","from":"fork","to":"person"},{"id":"f4","from":"fork","to":"pause"},
	{"id":"f5","from":"person","to":"join"},{"id":"f6","from":"pause","to":"join"},{"id":"f7","from":"join","to":"tell"},{"id":"f8","from":"tell","to":"last"},
	{"id":"f9","from":"last","to":"end"}]}`

// slow lets servers live with the stand-in for MongoDB, which answers about a
// hundred commands a second.
var slow = []string{"FLUXO_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
	"FLUXO_CLUSTER_POLL=1s", "FLUXO_CLUSTER_SWEEP=3s", "FLUXO_CLUSTER_LEASE=4s", "FLUXO_CLUSTER_EFFECT_LEASE=8s", "FLUXO_CLUSTER_RETENTION=2m"}

// outside is the other system that robots call. It does each act once per key,
// as the contract of a keyed effect has it.
type outside struct {
	mu    sync.Mutex
	calls int
	keys  map[string]map[string]bool // path -> keys
}

func (o *outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.keys[r.URL.Path] == nil {
		o.keys[r.URL.Path] = map[string]bool{}
	}
	o.keys[r.URL.Path][r.Header.Get("Idempotency-Key")] = true
	w.WriteHeader(http.StatusOK)
}

// cluster is the installation with the people who use it.
type cluster struct {
	t        *testing.T
	database *mongodb.DB
	replicas []*servertest.Server
	jars     map[string]http.CookieJar

	mu     sync.Mutex
	random *rand.Rand
}

func (c *cluster) pick() *servertest.Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas[c.random.IntN(len(c.replicas))]
}

type answer struct {
	status int
	etag   string
	body   []byte
}

// call sends a request to some server, and to another when it gets no answer.
func (c *cluster) call(login, method, path string, headers map[string]string, body any) (answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	client := &http.Client{Jar: c.jars[login], Timeout: 8 * time.Second}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		request, err := http.NewRequest(method, "http://"+c.pick().Address()+"/api/v1"+path, bytes.NewReader(text))
		if err != nil {
			return answer{}, err
		}
		request.Header.Set("Content-Type", "application/json")
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		response, err := client.Do(request)
		if err == nil {
			data, readErr := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err = readErr; err == nil && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
				return answer{response.StatusCode, response.Header.Get("ETag"), data}, nil
			}
			err = errors.Join(err, fmt.Errorf("%d %s", response.StatusCode, data))
		}
		if time.Now().After(deadline) {
			return answer{}, fmt.Errorf("%s %s: no answer within two minutes: %w", method, path, err)
		}
	}
}

func (c *cluster) must(login, method, path string, headers map[string]string, body any, status int, into any) answer {
	c.t.Helper()
	a, err := c.call(login, method, path, headers, body)
	require.NoError(c.t, err)
	require.Equal(c.t, status, a.status, "%s %s: %s", method, path, a.body)
	if into != nil {
		require.NoError(c.t, json.Unmarshal(a.body, into))
	}
	return a
}

// publish makes the process and returns where it is started from outside.
func (c *cluster) publish(address string) string {
	c.t.Helper()
	created := c.must("dana", http.MethodPost, "/definitions", nil, map[string]any{"name": "Storm", "key": "storm"}, 201, nil)
	var draft struct {
		Findings []struct {
			Code string `json:"code"`
		} `json:"findings"`
	}
	saved := c.must("dana", http.MethodPut, "/definitions/storm/draft", map[string]string{"If-Match": created.etag},
		json.RawMessage(fmt.Sprintf(process, address)), 200, &draft)
	confirm := []string{}
	for _, f := range draft.Findings {
		confirm = append(confirm, f.Code)
	}
	c.must("dana", http.MethodPost, "/definitions/storm/versions", map[string]string{"If-Match": saved.etag}, map[string]any{"confirm": confirm}, 201, nil)
	var d struct {
		Webhooks []struct {
			Path string `json:"path"`
		} `json:"webhooks"`
	}
	c.must("dana", http.MethodGet, "/definitions/storm", nil, nil, 200, &d)
	require.NotEmpty(c.t, d.Webhooks)
	return strings.TrimPrefix(d.Webhooks[0].Path, "/api/v1")
}

// work completes marta's tasks until ctx ends.
func (c *cluster) work(ctx context.Context) error {
	for ctx.Err() == nil {
		a, err := c.call("marta", http.MethodGet, "/tasks?limit=100", nil, nil)
		if err != nil {
			return err
		}
		var tasks struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if a.status != http.StatusOK {
			return fmt.Errorf("tasks: %d %s", a.status, a.body)
		}
		if err := json.Unmarshal(a.body, &tasks); err != nil {
			return err
		}
		for _, task := range tasks.Items {
			a, err := c.call("marta", http.MethodPost, "/tasks/"+task.ID+"/completion", nil, map[string]any{"comment": "done"})
			if err != nil {
				return err
			}
			// A conflict is the answer of another server to our own first try.
			if a.status >= 300 && a.status != http.StatusConflict && a.status != http.StatusNotFound {
				return fmt.Errorf("complete %s: %d %s", task.ID, a.status, a.body)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
	return nil
}

// elect has the database choose another primary. One that cannot, because it is a
// single server or we may not, says so and goes on.
func (c *cluster) elect(ctx context.Context) bool {
	return c.database.Database().Client().Database("admin").RunCommand(ctx, bson.D{{Key: "replSetStepDown", Value: 2}, {Key: "secondaryCatchUpPeriodSecs", Value: 1}}).Err() == nil
}

// storm does one thing after the other to one server at a time until ctx ends,
// and has the database elect another primary every second time.
func (c *cluster) storm(ctx context.Context, every time.Duration) (done map[string]int, err error) {
	done = map[string]int{}
	// Longer than the leases of the run, and of the effects.
	const asleep = 10 * time.Second
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return done, nil
		case <-time.After(every):
		}
		if n%2 == 0 && c.elect(ctx) {
			done["elected"]++
		}
		r := c.pick()
		c.mu.Lock()
		n, pause := c.random.IntN(3), time.Duration(c.random.IntN(3000))*time.Millisecond
		c.mu.Unlock()
		switch n {
		case 0:
			done["killed"]++
			r.Kill()
			time.Sleep(pause)
			err = r.Start()
		case 1:
			done["stopped"]++
			r.Signal(syscall.SIGSTOP)
			time.Sleep(asleep)
			r.Signal(syscall.SIGCONT)
		case 2:
			done["restarted"]++
			_ = r.Stop() // one that hangs is killed
			err = r.Start()
		}
		if err != nil {
			return done, err
		}
	}
}

// watchedMost is how many runs each viewer follows: a connection takes 50 topics.
const watchedMost = 40

func TestServersComeAndGo(t *testing.T) {
	runs, length, every := 6, 35*time.Second, 8*time.Second
	if os.Getenv("FLUXO_SOAK") != "" {
		runs, length, every = 30, 5*time.Minute, 15*time.Second
		if !mongotest.Light() {
			runs, every = 2000, 2*time.Second
		}
	}
	if text := os.Getenv("FLUXO_RUNS"); text != "" {
		given, err := strconv.Atoi(text)
		require.NoError(t, err)
		runs = given
	}
	seed := uint64(20261122)
	if text := os.Getenv("FLUXO_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		seed = given
	}
	t.Logf("seed %d, %d runs in %s, a fault every %s", seed, runs, length, every)
	uri := mongotest.URI(t)
	var set *mongotest.ReplicaSet
	if mongotest.Light() {
		set = mongotest.NewReplicaSet(t)
		uri = set.URI()
	}
	address := mongotest.In(uri, "fluxo_cluster_"+strconv.Itoa(os.Getpid()))
	c := &cluster{t: t, database: mongotest.OpenAt(t, address), random: rand.New(rand.NewPCG(seed, 1)), jars: map[string]http.CookieJar{}}
	for i := range 3 {
		r := servertest.New(t, servertest.Options{Name: strconv.Itoa(i + 1), Database: address, Env: slow})
		require.NoError(t, r.Start(), "the first one seeds the company, the others find it")
		c.replicas = append(c.replicas, r)
	}
	for _, login := range []string{"dana", "marta", "oscar"} {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		c.jars[login] = jar
		c.must(login, http.MethodPost, "/session/demo", nil, map[string]string{"login": login}, 201, nil)
	}
	other := &outside{keys: map[string]map[string]bool{}}
	server := httptest.NewServer(other)
	t.Cleanup(server.Close)
	hook := c.publish(server.URL)

	watching, stopWatching := context.WithCancel(t.Context())
	var watchers sync.WaitGroup
	var viewers []*viewer
	for i, login := range []string{"oscar", "oscar", "marta"} {
		var cookies []string
		for _, cookie := range c.jars[login].Cookies(&url.URL{Scheme: "http", Host: c.replicas[0].Address(), Path: "/api/v1/live"}) {
			cookies = append(cookies, cookie.String())
		}
		v := newViewer(fmt.Sprintf("viewer %d (%s)", i+1, login), strings.Join(cookies, "; "), c.pick)
		v.watch("inbox")
		if login == "oscar" {
			v.watch("definition:storm")
		}
		viewers = append(viewers, v)
		watchers.Go(func() { v.run(watching) })
	}
	working, stopWorking := context.WithCancel(t.Context())
	var worker sync.WaitGroup
	var workErr, stormErr error
	worker.Go(func() { workErr = c.work(working) })
	storming, calm := context.WithTimeout(t.Context(), length)
	defer calm()
	var weather sync.WaitGroup
	var faults map[string]int
	weather.Go(func() { faults, stormErr = c.storm(storming, every) })

	ids := make([]string, runs)
	for i := range ids {
		var started struct {
			Run string `json:"run"`
		}
		c.must("oscar", http.MethodPost, hook, map[string]string{"Webhook-Id": fmt.Sprintf("order-%d", i)}, map[string]any{"order": i}, 202, &started)
		ids[i] = started.Run
		if i < watchedMost {
			for _, v := range viewers[:2] {
				v.watch("run:" + started.Run)
			}
		}
		time.Sleep(length * 8 / 10 / time.Duration(runs))
	}
	weather.Wait()
	require.NoError(t, stormErr)

	// In peace everything comes to its end.
	var open []string
	for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(2 * time.Second) {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		c.must("oscar", http.MethodGet, "/runs?definition=storm&status=active&limit=200", nil, nil, 200, &page)
		open = open[:0]
		for _, item := range page.Items {
			open = append(open, item.ID)
		}
		if len(open) == 0 || time.Now().After(deadline) {
			break
		}
	}
	stopWorking()
	worker.Wait()
	require.NoError(t, workErr)
	if len(open) > 0 {
		a, _ := c.call("oscar", http.MethodGet, "/runs/"+open[0], nil, nil)
		t.Fatalf("%d runs have not ended after four minutes of peace, such as %s", len(open), a.body)
	}
	for i, id := range ids {
		c.judge(id, i < watchedMost, viewers[:2])
	}
	stopWatching()
	watchers.Wait()
	for _, v := range viewers {
		require.Empty(t, v.faults)
		t.Logf("%s was connected %d times", v.name, v.moves)
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	require.Len(t, other.keys["/first"], runs, "one act per run")
	require.Len(t, other.keys["/last"], runs, "one act per run")
	t.Logf("%d runs through %v: %d acts outside in %d calls", runs, faults, 2*runs, other.calls)
	if set != nil {
		stats := set.Stats()
		require.Equal(t, faults["elected"], stats.Elections)
		require.Positive(t, stats.Streams, "no server opened a change stream")
		require.Empty(t, stats.Unsafe)
		t.Logf("%d writes under way at %d elections, %d repeated; %d change streams opened, %d resumed",
			stats.Interrupted, stats.Elections, stats.Repeated, stats.Streams, stats.Resumed)
	}
}

// judge sees that a run ended as it should have, once, and that those who
// watched it have seen all of it.
func (c *cluster) judge(id string, watched bool, viewers []*viewer) {
	c.t.Helper()
	var r struct {
		Status    string `json:"status"`
		Waits     []any  `json:"waits"`
		Incidents []any  `json:"incidents"`
	}
	c.must("oscar", http.MethodGet, "/runs/"+id, nil, nil, 200, &r)
	require.Equal(c.t, "completed", r.Status, id)
	require.Empty(c.t, r.Waits, id)
	require.Empty(c.t, r.Incidents, id)
	var page struct {
		Items []struct {
			Seq  int64  `json:"seq"`
			Kind string `json:"kind"`
			Node string `json:"node"`
		} `json:"items"`
	}
	c.must("oscar", http.MethodGet, "/runs/"+id+"/records?from=1&limit=200", nil, nil, 200, &page)
	entered := map[string]int{}
	for i, record := range page.Items {
		require.EqualValues(c.t, i+1, record.Seq, id)
		if record.Kind == "nodeEntered" {
			entered[record.Node]++
		}
	}
	for _, node := range []string{"begin", "first", "fork", "person", "pause", "tell", "last", "end"} {
		require.Equal(c.t, 1, entered[node], "%s entered %s", id, node)
	}
	if !watched {
		return
	}
	last := page.Items[len(page.Items)-1].Seq
	for _, v := range viewers {
		require.Eventually(c.t, func() bool { return v.at("run:"+id) == last }, 30*time.Second, 100*time.Millisecond,
			"%s has seen %s up to %d of %d", v.name, id, v.at("run:"+id), last)
	}
}
