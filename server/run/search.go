package run

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Search is what operators look for beyond the fields of a run.
type Search struct {
	// Person is who has an open task of the run: a user, or "group:<id>", "role:<id>",
	// "department:<id>". Whom that means is in People and Groups: one of those, or a
	// member of one of these.
	Person string   `json:"person,omitempty" maxLength:"110"`
	People []string `json:"people,omitempty" maxItems:"10000"`
	Groups []string `json:"groups,omitempty" maxItems:"1000"`
	// Instants of the start, from (included) and to (not included).
	StartedFrom time.Time `json:"startedFrom,omitzero"`
	StartedTo   time.Time `json:"startedTo,omitzero"`
	// IdleSince: nothing has happened since then.
	IdleSince    time.Time `json:"idleSince,omitzero"`
	Suspended    bool      `json:"suspended,omitempty"`
	IncidentText string    `json:"incidentText,omitempty" maxLength:"200"`
	// Variables are conditions "name=value" on plain values, in any case.
	Variables []string `json:"variables,omitempty" maxItems:"10"`
}

// Narrow adds the search to a query; false when no run can match.
func (s Search) Narrow(q *store.RunQuery) bool {
	if s.Person != "" && len(s.People)+len(s.Groups) == 0 {
		return false // nobody is meant
	}
	q.People, q.Groups, q.IncidentText, q.Suspended = s.People, s.Groups, s.IncidentText, s.Suspended
	q.StartedFrom, q.StartedTo, q.IdleSince = at(s.StartedFrom), at(s.StartedTo), at(s.IdleSince)
	for _, condition := range s.Variables {
		name, value, _ := strings.Cut(condition, "=")
		mark, kept := store.Mark(strings.TrimSpace(name), strings.TrimSpace(value))
		if !kept {
			return false
		}
		q.Marks = append(q.Marks, mark)
	}
	return true
}

func at(t time.Time) core.Instant {
	if t.IsZero() {
		return 0
	}
	if i := core.Instant(t.UnixMilli()); i != 0 {
		return i
	}
	return 1 // the epoch itself, which for the store means any time
}

// CountMost is where a count of runs stops.
const CountMost = 10_000

// Count tells how many runs match, at most CountMost.
func (s *Service) Count(ctx context.Context, q Query) (int, error) {
	rq, possible := q.stored()
	if !possible {
		return 0, nil
	}
	n, err := s.Store.CountRuns(ctx, rq, CountMost)
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	return n, nil
}
