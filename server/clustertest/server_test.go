package clustertest

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build compiles the product once per test process.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fluxo-cluster-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "fluxo")
	out, err := exec.Command("go", "build", "-o", bin, "../cmd/fluxo").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// replica is one server as an operating system process.
type replica struct {
	t        *testing.T
	bin      string
	name     string
	data     string
	address  string
	database string

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{}
	last []string // what it printed, for the report of a failure
}

func newReplica(t *testing.T, name, database string) *replica {
	t.Helper()
	bin, err := build()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &replica{t: t, bin: bin, name: name, data: t.TempDir(), address: listener.Addr().String(), database: database}
	require.NoError(t, listener.Close())
	t.Cleanup(func() {
		r.signal(syscall.SIGCONT)
		r.end(syscall.SIGKILL)
	})
	return r
}

// start runs the server and returns when it is ready.
func (r *replica) start() error {
	cmd := exec.Command(r.bin, "serve", "--demo", "--listen", r.address, "--data-dir", r.data, "--database", r.database)
	cmd.Dir = r.data
	cmd.Env = append(os.Environ(), "FLUXO_OUTGOING_ALLOW=127.0.0.1/32", "FLUXO_LIMITS_REQUESTS_PER_MINUTE=600000",
		"FLUXO_SECRET_KEY="+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
		// The stand-in for MongoDB answers about a hundred commands a second.
		"FLUXO_CLUSTER_POLL=1s", "FLUXO_CLUSTER_SWEEP=3s", "FLUXO_CLUSTER_LEASE=4s", "FLUXO_CLUSTER_EFFECT_LEASE=8s", "FLUXO_CLUSTER_RETENTION=2m")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		scanner := bufio.NewScanner(out)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			r.note(scanner.Text())
		}
		_ = cmd.Wait() // killed: the status says nothing
	}()
	r.mu.Lock()
	r.cmd, r.gone = cmd, gone
	r.mu.Unlock()
	probe := &http.Client{Timeout: 5 * time.Second}
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		response, err := probe.Get("http://" + r.address + "/healthz")
		if err == nil {
			_ = response.Body.Close()
			return nil
		}
		select {
		case <-gone:
			return fmt.Errorf("server %s ended:\n%s", r.name, r.log())
		default:
		}
	}
	return fmt.Errorf("server %s does not answer:\n%s", r.name, r.log())
}

func (r *replica) note(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last = append(r.last, line); len(r.last) > 40 {
		r.last = r.last[1:]
	}
}

func (r *replica) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.last, "\n")
}

func (r *replica) signal(s syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd != nil {
		_ = r.cmd.Process.Signal(s) // it may be gone
	}
}

// end sends a signal and waits until the process is gone.
func (r *replica) end(s syscall.Signal) {
	r.mu.Lock()
	gone := r.gone
	r.mu.Unlock()
	if gone == nil {
		return
	}
	r.signal(s)
	select {
	case <-gone:
	case <-time.After(40 * time.Second):
		r.signal(syscall.SIGKILL)
		<-gone
	}
}
