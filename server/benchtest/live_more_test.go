package benchtest

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/server/access"
)

// BenchmarkLiveViewersBesideSlow is the paced part of BenchmarkLiveViewers with
// one socket more, whose owner reads nothing: it may not cost the others time.
func BenchmarkLiveViewersBesideSlow(b *testing.B) {
	for range b.N {
		s := newServer(b)
		pacedViewers(b, s, func(cookie string, run core.RunID) {
			ws, err := s.socket(cookie)
			require.NoError(b, err)
			require.NoError(b, subscribe(ws, "run:"+string(run)))
			b.Cleanup(func() { _ = ws.Close() })
		}, func() {})
		s.stop()
	}
}

// BenchmarkLiveViewersUnderLoad is the same without that socket, while runs of five
// automatic steps go through at half the rate that this machine is capable of.
func BenchmarkLiveViewersUnderLoad(b *testing.B) {
	const clients, sample = 16, 600
	for range b.N {
		s := newServer(b)
		s.publish(b, "five", `"kind":"setVariables","config":{"set":[{"name":"x","value":1}]}`)
		start := func() error {
			_, _, err := s.Host.Start(s.system, host.StartRequest{DefinitionKey: "five"})
			return err
		}
		_, took := closedLoop(b, clients, sample, func(int, int) error { return start() })
		pause := 2 * clients * took / sample
		var done atomic.Bool
		var load sync.WaitGroup
		var through atomic.Int64
		began := time.Now()
		pacedViewers(b, s, func(string, core.RunID) {}, func() {
			for range clients {
				load.Go(func() {
					for next := time.Now(); !done.Load(); next = next.Add(pause) {
						time.Sleep(time.Until(next))
						if err := start(); err != nil {
							b.Error(err)
							return
						}
						through.Add(1)
					}
				})
			}
		})
		done.Store(true)
		load.Wait()
		b.ReportMetric(rate(int(through.Load()), time.Since(began)), "runs/s")
		s.stop()
	}
}

// pacedViewers lets 1,000 sockets of 50 people watch one run that is changed ten
// times a second, and reports the delay from the request to the sockets. More is
// called with somebody's cookie when all of them are connected; then, when the
// first change is about to come.
func pacedViewers(b *testing.B, s *server, more func(cookie string, run core.RunID), then func()) {
	b.Helper()
	s.publish(b, "watched", `"kind":"userTask","name":"Wait","config":{"assignee":"`+s.admin.ID+`"}`)
	run, _, err := s.Host.Start(s.system, host.StartRequest{DefinitionKey: "watched"})
	require.NoError(b, err)
	var sockets []*websocket.Conn
	for i := range viewers / perViewer {
		login := fmt.Sprintf("viewer%d", i)
		s.user(b, login, access.Operator)
		cookie := s.cookie(b, login)
		for range perViewer {
			ws, err := s.socket(cookie)
			require.NoError(b, err)
			require.NoError(b, subscribe(ws, "run:"+string(run.ID)))
			sockets = append(sockets, ws)
		}
	}
	s.user(b, "another", access.Operator)
	more(s.cookie(b, "another"), run.ID)

	var mu sync.Mutex
	asked := map[int64]time.Time{}
	var delays []time.Duration
	last := run.Seq + paced
	var readers sync.WaitGroup
	for _, ws := range sockets {
		readers.Go(func() {
			defer ws.Close()
			_ = ws.SetReadDeadline(time.Now().Add(patience))
			for {
				var m liveMessage
				if err := ws.ReadJSON(&m); err != nil {
					b.Errorf("a viewer fell off: %v", err)
					return
				}
				if m.Type != "event" {
					continue
				}
				at := time.Now()
				mu.Lock()
				for seq := m.FromSeq; seq <= m.ToSeq; seq++ {
					if from, ok := asked[seq]; ok {
						delays = append(delays, at.Sub(from))
					}
				}
				mu.Unlock()
				if m.ToSeq >= last {
					return
				}
			}
		})
	}
	then()
	for i := range paced {
		mu.Lock()
		asked[run.Seq+1] = time.Now() // a change by hand is one record
		mu.Unlock()
		run, err = s.Host.SetVariables(s.system, run.ID, "", "", core.VariablesBody{Set: core.Values{"x": json.Number(fmt.Sprint(i))}})
		require.NoError(b, err)
		time.Sleep(100 * time.Millisecond)
	}
	readers.Wait()
	quantiles(b, "delay-", delays)
	require.Greater(b, len(delays), viewers*paced*9/10, "the viewers have missed events")
}
