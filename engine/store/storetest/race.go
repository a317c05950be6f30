package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var raceChecks = []check{
	{"RaceAcceptAndCommit", raceAcceptAndCommit},
	{"RaceStart", raceStart},
	{"RaceCommit", raceCommit},
	{"RaceClaim", raceClaim},
	{"RaceTask", raceTask},
	{"RaceOnlyOne", raceOnlyOne},
	{"RaceCopy", raceCopy},
}

// raceAcceptAndCommit has several senders push every event twice while several
// workers step the run. A worker looks at the run only when it is ready and
// gives up only when all senders have ended and it is not: so a lost wake-up is
// a lost event. The state is the list of the events applied.
func raceAcceptAndCommit(f *fixture) {
	senders, each, workers := f.scaled(8, 3), f.scaled(25, 5), f.scaled(4, 2)
	f.start("r1")
	var sending, working sync.WaitGroup
	var done atomic.Bool
	for s := range senders {
		sending.Go(func() {
			for i := range each {
				e := core.Event{ID: fmt.Sprintf("s%d-%d", s%(senders-1), i), At: core.Instant(2000 + i)} // the last sender repeats the first
				if _, err := f.store.Accept(f.Context(), "r1", e); err != nil && !errors.Is(err, store.ErrDuplicate) {
					f.Error(err)
				}
			}
		})
	}
	for range workers {
		working.Go(func() {
			for {
				ended := done.Load()
				run, err := f.store.Load(f.Context(), "r1")
				if err != nil {
					f.Error(err)
					return
				}
				if run.ReadyAt == 0 {
					if ended {
						return
					}
					continue
				}
				c := stepOf(run)
				c.Consumed = c.Consumed[:min(len(c.Consumed), 3)]
				if len(c.Consumed) < len(run.Inbox) {
					c.ReadyAt = run.ReadyAt
				}
				for _, id := range c.Consumed {
					c.Run.State = append(c.Run.State, id+"\n"...)
					c.Run.Recent = append(c.Run.Recent, id) // all of them: the ring is not the point here
				}
				if _, err := f.store.Commit(f.Context(), c); err != nil && !errors.Is(err, store.ErrConflict) {
					f.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
	done.Store(true)
	working.Wait()
	run := f.load("r1")
	require.Empty(f, run.Inbox)
	require.Zero(f, run.InboxBytes)
	applied := strings.Fields(string(run.State))
	require.Len(f, applied, (senders-1)*each+1, "every event once")
	slices.Sort(applied)
	require.Len(f, slices.Compact(applied), (senders-1)*each+1, "none twice")
	require.NotContains(f, applied, "")
}

// together runs n functions at once and returns how many of them won.
func (f *fixture) together(n int, fn func(i int) (won bool, err error)) int {
	f.Helper()
	var wait sync.WaitGroup
	var winners atomic.Int32
	gate := make(chan struct{})
	for i := range n {
		wait.Go(func() {
			<-gate
			won, err := fn(i)
			if err != nil {
				f.Error(err)
			}
			if won {
				winners.Add(1)
			}
		})
	}
	close(gate)
	wait.Wait()
	return int(winners.Load())
}

// lost turns the error of a loser into no error.
func lost(err error, expected ...error) (won bool, other error) {
	for _, e := range expected {
		if errors.Is(err, e) {
			return false, nil
		}
	}
	return err == nil, err
}

func raceStart(f *fixture) {
	require.Equal(f, 1, f.together(8, func(i int) (bool, error) {
		run := newRun("r1")
		run.Name = fmt.Sprint(i)
		stored, err := f.store.Start(f.Context(), run)
		if err == nil && stored.Name != run.Name {
			return false, fmt.Errorf("the winner got the run of %s", stored.Name)
		}
		return lost(err, store.ErrExists)
	}))
}

func raceCommit(f *fixture) {
	run := f.start("r1")
	require.Equal(f, 1, f.together(8, func(i int) (bool, error) {
		c := stepOf(run, store.Outbox{Seq: int64(i + 1), Kind: store.EndTimer, ID: fmt.Sprint("t", i)})
		c.Run.State = []byte{byte(i)}
		_, err := f.store.Commit(f.Context(), c)
		return lost(err, store.ErrConflict)
	}))
	run = f.load("r1")
	require.EqualValues(f, 2, run.Rev)
	require.Len(f, run.Outbox, 1, "losers leave nothing")
	require.EqualValues(f, run.State[0]+1, run.Outbox[0].Seq, "state and outbox are of one commit")
}

func raceClaim(f *fixture) {
	jobs := f.scaled(100, 20)
	var entries []store.Outbox
	for i := range jobs {
		entries = append(entries, f.entry(store.PutEffect, fmt.Sprintf("e%03d", i), store.Effect{RunID: "r1"}))
	}
	f.copy("r1", entries...)
	var mu sync.Mutex
	claimed := map[string]string{}
	f.together(f.scaled(8, 3), func(i int) (bool, error) {
		owner := fmt.Sprint("w", i)
		for {
			got, err := f.store.ClaimEffects(f.Context(), owner, 10, 20, 3)
			if err != nil || len(got) == 0 {
				return false, err
			}
			for _, e := range got {
				mu.Lock()
				if other, twice := claimed[e.ID]; twice {
					f.Errorf("%s was claimed by %s and %s", e.ID, other, owner)
				}
				claimed[e.ID] = owner
				mu.Unlock()
				if e.Owner != owner || e.Attempt != 1 {
					return false, fmt.Errorf("claim of %s: owner %s, attempt %d", e.ID, e.Owner, e.Attempt)
				}
				e.Status = store.EffectFinished
				if err := f.store.SettleEffect(f.Context(), e); err != nil {
					return false, err
				}
			}
		}
	})
	require.Len(f, claimed, jobs)

	// One expired claim, many rescuers.
	f.claim("stuck")
	expired, err := f.store.ExpiredEffects(f.Context(), 1000, 10)
	f.ok(err)
	require.Len(f, expired, 1)
	require.Equal(f, 1, f.together(6, func(int) (bool, error) {
		e := expired[0]
		e.Status = store.EffectReady
		return lost(f.store.RescueEffect(f.Context(), e), store.ErrConflict)
	}))
}

func raceTask(f *fixture) {
	f.task("t1", store.Task{Users: []string{"anna"}})
	voters := f.scaled(8, 4)
	f.together(voters, func(i int) (bool, error) {
		for {
			task, err := f.store.Task(f.Context(), "t1")
			if err != nil {
				return false, err
			}
			task.Votes = append(task.Votes, store.Vote{User: fmt.Sprint("u", i), Outcome: "yes"})
			if _, err = f.store.UpdateTask(f.Context(), task); !errors.Is(err, store.ErrConflict) {
				return true, err
			}
		}
	})
	task, err := f.store.Task(f.Context(), "t1")
	f.ok(err)
	require.Len(f, task.Votes, voters, "no vote is lost")
	require.EqualValues(f, voters+1, task.Rev)

	// A decision against the relay: either it comes first and is kept, or not at all.
	f.together(2, func(i int) (bool, error) {
		if i == 0 {
			return false, f.store.Copy(f.Context(), "r1", []store.Outbox{{Seq: 99, Kind: store.EndTask, ID: "t1", At: 5}})
		}
		decided := task
		decided.Status, decided.Decision = store.TaskDecided, &store.Decision{Outcome: "yes"}
		_, err := f.store.UpdateTask(f.Context(), decided)
		return lost(err, store.ErrConflict)
	})
	task, err = f.store.Task(f.Context(), "t1")
	f.ok(err)
	require.Equal(f, store.TaskCompleted, task.Status, "closed whatever happens")
}

func raceOnlyOne(f *fixture) {
	ctx := f.Context()
	f.ok(f.store.PutSchedule(ctx, store.Schedule{ID: "s", NextAt: 1}))
	require.Equal(f, 1, f.together(6, func(int) (bool, error) {
		return lost(f.store.AdvanceSchedule(ctx, store.Schedule{ID: "s", Rev: 1, NextAt: 2}), store.ErrConflict)
	}), "one advances a schedule")
	require.Equal(f, 1, f.together(6, func(i int) (bool, error) {
		return f.store.AcquireLease(ctx, "l", fmt.Sprint("o", i), 10, 20)
	}), "one takes a lease")
	require.Equal(f, 1, f.together(6, func(i int) (bool, error) {
		return f.store.AcquireLease(ctx, "l", fmt.Sprint("p", i), 20, 30)
	}), "one takes a lease over")
	require.Equal(f, 1, f.together(6, func(int) (bool, error) {
		return lost(f.store.PutMessage(ctx, store.Message{ID: "m"}), store.ErrExists)
	}), "one puts a message")
	require.Equal(f, 1, f.together(6, func(i int) (bool, error) {
		return lost(f.store.MatchMessage(ctx, "m", fmt.Sprint("w", i)), store.ErrConflict)
	}), "one takes a message")
}

// raceCopy has every life written by several relays at once, each in its own
// order.
func raceCopy(f *fixture) {
	entries := f.lives()
	for seq := int64(1); seq <= 9; seq++ {
		entries = append(entries, f.entry(store.PutRecord, "r1", record(seq)))
	}
	f.together(f.scaled(6, 3), func(i int) (bool, error) {
		own := slices.Clone(entries)
		for range i {
			own = append(own[5:], own[:5]...)
		}
		if i%2 == 1 {
			slices.Reverse(own)
		}
		for len(own) > 0 {
			n := min(len(own), 1+i)
			if err := f.store.Copy(f.Context(), "r1", own[:n]); err != nil {
				return false, err
			}
			own = own[n:]
		}
		return true, nil
	})
	got := f.picture()
	require.Equal(f, store.TaskCanceled, got.Task.Status)
	require.Equal(f, store.EffectCanceled, got.Effects[0].Status)
	require.Empty(f, got.Timers)
	require.Empty(f, got.Found)
	require.Empty(f, got.Open)
	require.Len(f, got.Incidents, 1)
	records, err := f.store.Records(f.Context(), "r1", 1, 100)
	f.ok(err)
	require.Len(f, records, 9)
}
