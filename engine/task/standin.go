package task

import (
	"context"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// StandIn hands an open task of somebody who is away to whoever stands in. Nothing
// changes when the person has answered, has the task no more, or may not be followed
// by the other: nobody gets a second seat, and whoever asked for an approval does not
// come to decide it. handed tells whether it was done.
func (s *Service) StandIn(ctx context.Context, id, from, to string, away store.AbsenceOf) (t store.Task, handed bool, err error) {
	t, err = s.update(ctx, id, func(t *store.Task, now core.Instant) error {
		handed = false
		appointed := seats(*t)
		claimed := t.ClaimedBy == from
		switch {
		case open(t) != nil, from == to,
			!claimed && (t.ClaimedBy != "" || !slices.Contains(appointed, from)),
			slices.Contains(appointed, to),
			t.Kind == approvalKind && to == t.StartedBy,
			slices.ContainsFunc(t.Votes, func(v store.Vote) bool { return v.User == from }):
			return errNothing
		}
		t.Delegated = append(t.Delegated, store.Delegation{From: from, To: to, At: now, Absence: &away})
		if claimed {
			t.ClaimedBy = to
		}
		handed = true
		return nil
	})
	return t, handed, err
}
