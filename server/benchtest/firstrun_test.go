package benchtest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkFirstRun starts the program in a folder that holds one published
// process, and starts a run over HTTP as soon as it is ready: the time from
// nothing to the first run that has ended.
func BenchmarkFirstRun(b *testing.B) {
	_, err := program() // not while the time runs
	require.NoError(b, err)
	for range b.N {
		s := newServer(b)
		s.publish(b, "first", `"kind":"setVariables","config":{"set":[{"name":"x","value":1}]}`)
		cookie := s.cookie(b, "ada")
		s.stop()

		began := time.Now()
		cmd, url, err := launch(b, s.data)
		require.NoError(b, err)
		s.url = url
		err = s.firstRun(cookie)
		took := time.Since(began)
		quit(cmd)
		require.NoError(b, err)
		b.ReportMetric(milliseconds(took), "first-run-ms")
	}
}

// firstRun starts a run and waits for its end.
func (s *server) firstRun(cookie string) error {
	var run struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	if err := s.call(cookie, http.MethodPost, "/definitions/first/runs", map[string]any{}, &run); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); run.Status != "completed"; {
		if time.Now().After(deadline) {
			return fmt.Errorf("run %s is %s after ten seconds", run.ID, run.Status)
		}
		if err := s.call(cookie, http.MethodGet, "/runs/"+run.ID, nil, &run); err != nil {
			return err
		}
	}
	return nil
}
