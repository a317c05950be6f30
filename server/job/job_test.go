package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// counting is a kind of jobs about numbers: it refuses those that end in 7, has
// nothing to do for those that end in 5, and stumbles once over 13.
type counting struct {
	mu       sync.Mutex
	treated  map[string]int
	stumbled bool
	roles    []string
}

func (c *counting) Collect(_ context.Context, j job.Job, cursor string) ([]job.Item, string, error) {
	if j.Name == "wrong" {
		return nil, "", problem.Invalid("/file", "format", "no file at all")
	}
	from, _ := strconv.Atoi(cursor) // "" is the beginning
	var items []job.Item
	for n := from; n < min(from+20, 50); n++ {
		items = append(items, job.Item{Key: fmt.Sprintf("n%02d", n), Title: fmt.Sprint("Number ", n), Body: []byte(strconv.Itoa(n))})
	}
	if from+20 < 50 {
		return items, strconv.Itoa(from + 20), nil
	}
	return items, "", nil
}

func (c *counting) Treat(ctx context.Context, _ job.Job, l job.Line) (job.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles = access.From(ctx).Roles
	n, _ := strconv.Atoi(string(l.Body))
	if n == 13 && !c.stumbled {
		c.stumbled = true
		return job.Outcome{}, errors.New("the database is away")
	}
	c.treated[l.Effect()]++
	switch n % 10 {
	case 7:
		return job.Outcome{}, problem.New("fields_required", "stage", "Won")
	case 5:
		return job.Outcome{Status: job.Same}, nil
	}
	return job.Outcome{Status: job.Done, Type: "deal", Record: "d" + l.Key, Note: "counted"}, nil
}

type alone struct{ clock clock.Clock }

func (a alone) Now(context.Context) (core.Instant, error) {
	return core.Instant(a.clock.Now().UnixMilli()), nil
}

func (alone) AcquireLease(context.Context, string, string, core.Instant, core.Instant) (bool, error) {
	return true, nil
}

type staff map[string][]string

func (s staff) Actor(_ context.Context, id string) (access.Actor, error) {
	return access.Actor{UserID: id, Roles: s[id]}, nil
}

func open(t *testing.T) (*job.Service, *counting, staff, *clock.Fake, *[]string) {
	k := clock.NewFake(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	people, ended := staff{"marta": {"member", "operator"}}, &[]string{}
	s, err := job.New(t.Context(), job.Options{Store: memstore.New(k.Now), Leases: alone{k}, People: people, Clock: k, Log: slog.New(slog.DiscardHandler), Owner: "one",
		Ended: func(_ context.Context, j job.Job) error { *ended = append(*ended, j.Status); return nil }})
	require.NoError(t, err)
	kind := &counting{treated: map[string]int{}}
	s.Register("numbers", kind)
	return s, kind, people, k, ended
}

// covers L-03
func TestJobTreatsEachLineOnce(t *testing.T) {
	s, kind, people, _, ended := open(t)
	marta := access.With(t.Context(), access.Actor{UserID: "marta", Roles: []string{"member", "operator"}})
	j, err := s.Start(marta, job.Job{Kind: "numbers", Type: "deal"})
	require.NoError(t, err)
	require.Equal(t, job.Collecting, j.Status)
	people["marta"] = []string{"member", "administrator"} // one was lost, one came later

	require.ErrorContains(t, s.Tick(t.Context()), "the database is away")
	require.NoError(t, s.Tick(t.Context()))
	j, err = s.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, []any{job.Ended, false, 50, 50, 40, 5, 5}, []any{j.Status, j.Open, j.Total, j.Done, j.Changed, j.Same, j.Refused})
	require.False(t, j.EndedAt.IsZero())
	require.Equal(t, []string{job.Ended}, *ended)
	require.Len(t, kind.treated, 50)
	for line, times := range kind.treated {
		require.Equal(t, 1, times, line)
	}
	require.Equal(t, []string{"member"}, kind.roles)

	refused, next, err := s.Lines(t.Context(), j.ID, job.Refused, 3, "")
	require.NoError(t, err)
	require.NotEmpty(t, next)
	require.Equal(t, "Number 7", refused[0].Title)
	require.Equal(t, "The stage “Won” requires fields that are empty.", refused[0].Why.Problem().Text("en"))
	all, _, err := s.Lines(t.Context(), j.ID, "", 200, "")
	require.NoError(t, err)
	for n, l := range all {
		require.Equal(t, n, l.N)
	}
	require.Equal(t, []string{"deal", "dn00", "counted"}, []string{all[0].Type, all[0].Record, all[0].Note})
}

func TestJobIsCanceledAndForgotten(t *testing.T) {
	s, _, _, k, ended := open(t)
	marta := access.With(t.Context(), access.Actor{UserID: "marta", Roles: []string{"member"}})
	j, err := s.Start(marta, job.Job{Kind: "numbers"})
	require.NoError(t, err)
	_, err = s.Cancel(t.Context(), j.ID)
	require.NoError(t, err)
	require.NoError(t, s.Tick(t.Context()))
	j, err = s.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, []any{job.Canceled, 0}, []any{j.Status, j.Total})

	wrong, err := s.Start(marta, job.Job{Kind: "numbers", Name: "wrong"})
	require.NoError(t, err)
	require.NoError(t, s.Tick(t.Context()))
	wrong, err = s.Get(t.Context(), wrong.ID)
	require.NoError(t, err)
	require.Equal(t, []any{job.Failed, "validation", "/file"}, []any{wrong.Status, wrong.Why.Code, wrong.Why.Fields[0].Path})
	require.Equal(t, []string{job.Canceled, job.Failed}, *ended)
	_, err = s.Start(marta, job.Job{Kind: "letters"})
	require.Error(t, err)

	mine, _, err := s.List(t.Context(), "marta", "", 10, "")
	require.NoError(t, err)
	require.Len(t, mine, 2)
	letters, _, err := s.List(t.Context(), "marta", "letters", 10, "")
	require.NoError(t, err)
	require.Empty(t, letters)
	others, _, err := s.List(t.Context(), "henrik", "", 10, "")
	require.NoError(t, err)
	require.Empty(t, others)
	n, err := s.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	k.Advance(91 * 24 * time.Hour)
	n, err = s.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = s.Get(t.Context(), j.ID)
	var p *problem.Problem
	require.ErrorAs(t, err, &p)
}
