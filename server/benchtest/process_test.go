package benchtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/host"
)

// program is the built product: FLUXO_BIN, or a build without the user interface.
var program = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("FLUXO_BIN"); given != "" {
		return given, nil
	}
	dir, err := os.MkdirTemp("", "fluxo-bench-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "fluxo")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "../cmd/fluxo").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// launch starts the program on a data folder and waits until it is ready; quit ends
// it.
func launch(b *testing.B, data string) (cmd *exec.Cmd, url string, err error) {
	b.Helper()
	bin, err := program()
	require.NoError(b, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	address := listener.Addr().String()
	require.NoError(b, listener.Close())
	cmd = exec.Command(bin, "serve", "--listen", address, "--data-dir", data)
	cmd.Dir = data
	began := time.Now()
	require.NoError(b, cmd.Start())
	client := &http.Client{Timeout: time.Second}
	for {
		answer, err := client.Get("http://" + address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return cmd, "http://" + address, nil
			}
		}
		if time.Since(began) > time.Minute {
			quit(cmd)
			return nil, "", fmt.Errorf("the program was not ready after a minute: %w", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func quit(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait() // what it says of the signal is not of interest
}

// coldStart starts the program on a data folder, waits until it is ready, then
// until it has settled, and returns the time to readiness and its memory.
func coldStart(b *testing.B, data string) (ready time.Duration, memory int64) {
	b.Helper()
	began := time.Now()
	cmd, _, err := launch(b, data)
	require.NoError(b, err)
	defer quit(cmd)
	ready = time.Since(began)
	if runtime.GOOS != "linux" {
		return ready, 0
	}
	time.Sleep(3 * time.Second) // its loops have looked at the store more than once
	memory, err = residentMemory(cmd.Process.Pid)
	require.NoError(b, err)
	return ready, memory
}

// BenchmarkColdStart starts the program on an empty folder: the database is
// made, and it answers as ready.
func BenchmarkColdStart(b *testing.B) {
	bin, err := program()
	require.NoError(b, err)
	info, err := os.Stat(bin)
	require.NoError(b, err)
	for range b.N {
		ready, memory := coldStart(b, b.TempDir())
		b.ReportMetric(milliseconds(ready), "ready-ms")
		b.ReportMetric(float64(memory)/(1<<20), "rss-MB")
		b.ReportMetric(float64(info.Size())/(1<<20), "binary-MB")
	}
}

// BenchmarkParked parks runs on a timer of next month, 100,000 or as many as
// 45 s allow ("runs" tells), and looks at what they cost: memory of the process
// that parked them, processor time of the first and of the last, pages of the list
// of all of them, disk, and start and memory of the program on top of them,
// against a start on an empty folder just before.
func BenchmarkParked(b *testing.B) {
	const most, limit = 100_000, 45 * time.Second
	for range b.N {
		emptyReady, emptyMemory := coldStart(b, b.TempDir())
		s := newServer(b)
		s.publish(b, "parked", `"kind":"catchEvent","name":"Wait","trigger":{"timer":{"after":"P30D"}}`)
		size := func() int64 {
			info, err := os.Stat(filepath.Join(s.data, "fluxo.db"))
			require.NoError(b, err)
			return info.Size()
		}
		start := func() error {
			_, _, err := s.Host.Start(context.Background(), host.StartRequest{DefinitionKey: "parked"})
			return err
		}
		// The first thousand fill the caches, which are of a fixed size.
		closedLoop(b, 64, 1000, func(int, int) error { return start() })
		// Processor time of one of the next runs, to be compared with that of the last.
		const sampled = 5000
		spent := func() float64 {
			from := cpuTime(b)
			closedLoop(b, 64, sampled, func(int, int) error { return start() })
			return milliseconds(cpuTime(b)-from) / sampled
		}
		b.ReportMetric(spent(), "first-cpu-ms/run")
		before, disk := heap(), size()
		var parked atomic.Int64
		began := time.Now()
		closedLoop(b, 64, most-1000-2*sampled, func(int, int) error {
			if time.Since(began) > limit {
				return nil
			}
			parked.Add(1)
			return start()
		})
		took, n := time.Since(began), int(parked.Load())
		b.ReportMetric(float64(heap()-before)/(1<<20), "heap-growth-MB")
		b.ReportMetric(spent(), "last-cpu-ms/run")
		cookie := s.cookie(b, "ada")
		pages, _ := closedLoop(b, 16, 600, func(int, int) error { return s.call(cookie, http.MethodGet, "/runs?limit=50", nil, nil) })
		quantiles(b, "page-", pages)
		s.stop()
		b.ReportMetric(float64(n+1000+2*sampled), "runs")
		b.ReportMetric(rate(n, took), "parked/s")
		b.ReportMetric(float64(size()-disk)/float64(n+sampled), "disk-bytes/run")
		ready, memory := coldStart(b, s.data)
		b.ReportMetric(milliseconds(ready), "ready-ms")
		b.ReportMetric(milliseconds(emptyReady), "empty-ready-ms")
		b.ReportMetric(float64(memory)/(1<<20), "rss-MB")
		b.ReportMetric(float64(memory-emptyMemory)/(1<<20), "rss-growth-MB")
	}
}
