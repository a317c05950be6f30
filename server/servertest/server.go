package servertest

import (
	"bufio"
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

// build compiles the product; the tests of a package share the file.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fluxo-server-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "fluxo")
	out, err := exec.Command("go", "build", "-o", bin, "github.com/fluxo-app/fluxo/server/cmd/fluxo").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// Options of a Server.
type Options struct {
	Name     string   // for reports
	Database string   // URL; "" = a file of its own
	Env      []string // besides that of the test
}

// Server is the product with the demo company, in a data folder and at an address
// that stay the same however often it dies. Safe for concurrent use, but only one
// may start it at a time.
type Server struct {
	o       Options
	bin     string
	data    string
	address string

	mu     sync.Mutex
	cmd    *exec.Cmd
	gone   chan struct{}
	killed time.Time
	last   []string // what it printed, for reports
}

// New prepares a server that does not run yet. What runs when the test is over is
// killed.
func New(t *testing.T, o Options) *Server {
	t.Helper()
	bin, err := build()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{o: o, bin: bin, data: t.TempDir(), address: listener.Addr().String()}
	require.NoError(t, listener.Close())
	if s.o.Database == "" {
		s.o.Database = "sqlite:" + filepath.Join(s.data, "fluxo.db")
	}
	t.Cleanup(s.Kill)
	return s
}

// Address is host and port.
func (s *Server) Address() string { return s.address }

// URL is where it answers.
func (s *Server) URL() string { return "http://" + s.address }

// Start runs the server and returns when it answers.
func (s *Server) Start() error {
	cmd := exec.Command(s.bin, "serve", "--demo", "--listen", s.address, "--data-dir", s.data, "--database", s.o.Database)
	cmd.Dir = s.data
	cmd.Env = append(os.Environ(),
		// Other systems of the test are on loopback, which is refused by default.
		"FLUXO_OUTGOING_ALLOW=127.0.0.1/32",
		// A few people who ask as fast as a whole company.
		"FLUXO_LIMITS_REQUESTS_PER_MINUTE=600000")
	cmd.Env = append(cmd.Env, s.o.Env...)
	// Its own group, so that a converter it started dies with it, as in a power cut.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
			s.note(scanner.Text())
		}
		_ = cmd.Wait() // killed: the status says nothing
	}()
	s.mu.Lock()
	s.cmd, s.gone = cmd, gone
	s.mu.Unlock()
	return s.answers(gone)
}

func (s *Server) answers(gone chan struct{}) error {
	probe := &http.Client{Timeout: 5 * time.Second}
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := probe.Get(s.URL() + "/healthz")
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-gone:
			return fmt.Errorf("server %s ended:\n%s", s.o.Name, s.Log())
		default:
		}
	}
	return fmt.Errorf("server %s does not answer:\n%s", s.o.Name, s.Log())
}

func (s *Server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last = append(s.last, line); len(s.last) > 60 {
		s.last = s.last[1:]
	}
}

// Log is the end of what the server printed.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.last, "\n")
}

// Signal sends a signal to the server, if it runs.
func (s *Server) Signal(what syscall.Signal) {
	if cmd, _ := s.running(); cmd != nil {
		_ = cmd.Process.Signal(what) // it may be gone
	}
}

func (s *Server) running() (*exec.Cmd, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd, s.gone
}

// Kill ends the server as a power cut does: no handler runs, nothing is flushed.
func (s *Server) Kill() {
	cmd, gone := s.running()
	if cmd == nil {
		return
	}
	s.mu.Lock()
	s.killed = time.Now()
	s.mu.Unlock()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may be gone
	<-gone
}

// KilledAt is when the server was last killed.
func (s *Server) KilledAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.killed
}

// Stop ends the server in an orderly way. One that does not end is killed, and an
// error.
func (s *Server) Stop() error {
	cmd, gone := s.running()
	if cmd == nil {
		return nil
	}
	s.Signal(syscall.SIGTERM)
	select {
	case <-gone:
		return nil
	case <-time.After(40 * time.Second):
		s.Kill()
		return fmt.Errorf("server %s did not stop within 40 s of SIGTERM:\n%s", s.o.Name, s.Log())
	}
}
