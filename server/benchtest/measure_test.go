package benchtest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// closedLoop performs n operations by so many clients, each beginning the next
// when the last is answered, and returns how long each took and all together.
func closedLoop(b *testing.B, clients, n int, operation func(client, i int) error) ([]time.Duration, time.Duration) {
	b.Helper()
	took := make([]time.Duration, n)
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for client := range clients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				from := time.Now()
				if err := operation(client, i); err != nil {
					b.Errorf("operation %d: %v", i, err)
					return
				}
				took[i] = time.Since(from)
			}
		})
	}
	all.Wait()
	total := time.Since(began)
	if b.Failed() {
		b.FailNow()
	}
	return took, total
}

// quantiles reports the median and the 99th percentile in milliseconds.
func quantiles(b *testing.B, prefix string, took []time.Duration) {
	b.Helper()
	require.NotEmpty(b, took)
	sorted := slices.Sorted(slices.Values(took))
	b.ReportMetric(milliseconds(sorted[len(sorted)/2]), prefix+"p50-ms")
	b.ReportMetric(milliseconds(sorted[len(sorted)*99/100]), prefix+"p99-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// cpuTime is what this process has computed so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// heap is what this process keeps after garbage is gone.
func heap() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// residentMemory is the RSS of a process in bytes; only Linux tells it.
func residentMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d tells no VmRSS", pid)
}
