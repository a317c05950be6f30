//go:build unix

package sqlitestore_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/storetest"
)

// BenchmarkCommit reports, besides the rate, what a run costs: CPU time of the
// process and bytes that the database keeps.
func BenchmarkCommit(b *testing.B) {
	for _, work := range storetest.Benchmarks {
		for _, clients := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("%s/clients=%d", work.Name, clients), func(b *testing.B) {
				s, db := openDB(b)
				size := func() int64 {
					require.NoError(b, db.Checkpoint(b.Context()))
					info, err := os.Stat(db.Path())
					require.NoError(b, err)
					return info.Size()
				}
				before, cpu, written := size(), cpuTime(b), writtenBytes()
				work.Run(b, s, clients)
				b.ReportMetric(float64(cpuTime(b)-cpu)/1e3/float64(b.N), "cpu-us/run")
				if now := writtenBytes(); now > written { // where the system counts it
					b.ReportMetric(float64(now-written)/float64(b.N), "written-B/run")
				}
				b.ReportMetric(float64(size()-before)/float64(b.N), "kept-B/run")
			})
		}
	}
}

func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// writtenBytes is what the process has sent to the disk, 0 when unknown.
func writtenBytes() (n int64) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			if n, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil {
				return 0
			}
		}
	}
	return n
}
