package crashtest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build compiles the product once per test process.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fluxo-crash-")
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

// process is the server as an operating system process that may die.
type process struct {
	t        *testing.T
	bin      string
	data     string
	port     int
	database string

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{}
	last time.Time // kill
	log  lines
}

// lines keeps the end of what the server printed, for failure reports.
type lines struct {
	mu   sync.Mutex
	last []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = append(l.last, line)
	if len(l.last) > 60 {
		l.last = l.last[1:]
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "\n")
}

func newProcess(t *testing.T, database string) *process {
	t.Helper()
	bin, err := build()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	p := &process{t: t, bin: bin, data: t.TempDir(), port: port, database: database}
	if database == "" {
		p.database = "sqlite:" + filepath.Join(p.data, "fluxo.db")
	}
	t.Cleanup(p.stop)
	return p
}

func (p *process) url() string { return "http://127.0.0.1:" + strconv.Itoa(p.port) }

// start runs the server and returns when it answers.
func (p *process) start() {
	p.t.Helper()
	cmd := exec.Command(p.bin, "serve", "--demo", "--listen", "127.0.0.1:"+strconv.Itoa(p.port),
		"--data-dir", p.data, "--database", p.database)
	cmd.Dir = p.data
	// The mail server of the test is on loopback, which is refused by default.
	cmd.Env = append(os.Environ(), "FLUXO_OUTGOING_ALLOW=127.0.0.1/32",
		// A few people who ask as fast as a whole company.
		"FLUXO_LIMITS_REQUESTS_PER_MINUTE=600000")
	// Its own group, so that a converter it started dies with it, as in a power cut.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(p.t, err)
	cmd.Stderr = cmd.Stdout
	require.NoError(p.t, cmd.Start())
	gone := make(chan struct{})
	go func() {
		scanner := bufio.NewScanner(out)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			p.log.add(scanner.Text())
		}
		_ = cmd.Wait() // killed: the status says nothing
		close(gone)
	}()
	p.mu.Lock()
	p.cmd, p.gone = cmd, gone
	p.mu.Unlock()

	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+strconv.Itoa(p.port), time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-gone:
			p.t.Fatalf("the server did not start:\n%s", p.log.String())
		case <-time.After(20 * time.Millisecond):
		}
		require.True(p.t, time.Now().Before(deadline), "the server does not answer:\n%s", p.log.String())
	}
}

// kill ends the server as a power cut does: no handler runs, nothing is flushed.
func (p *process) kill() {
	p.mu.Lock()
	cmd, gone := p.cmd, p.gone
	p.last = time.Now()
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-gone
}

// killedAt is when the server was last killed.
func (p *process) killedAt() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// stop ends the server in an orderly way.
func (p *process) stop() {
	p.mu.Lock()
	cmd, gone := p.cmd, p.gone
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	select {
	case <-gone:
	case <-ctx.Done():
		p.t.Errorf("the server did not stop within 30 s of SIGTERM:\n%s", p.log.String())
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-gone
	}
}
