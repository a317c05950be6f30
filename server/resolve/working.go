package resolve

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// Calendars knows working time and who stands in for whom.
type Calendars interface {
	// Find gives the working time of a name; "" is the company's.
	Find(ctx context.Context, name string) (*calendar.Calendar, error)
	// Deputy gives the stand-in of a person who is absent at a moment; nobody whom
	// refused tells about.
	Deputy(ctx context.Context, user string, at time.Time, refused func(id string) bool) (Deputy, error)
}

// Deputy is who does an absent person's work.
type Deputy struct {
	To          string // "" = nobody, or the person is there
	From, Until string // first and last day of the absence
}

// spans is how lengths of time find calendars during a resolution.
func (s *Service) spans(ctx context.Context) span.Calendars {
	if s.Calendars == nil {
		return nil
	}
	return func(name string) (*calendar.Calendar, error) { return s.Calendars.Find(ctx, name) }
}

// Names of calendars that stand for the time of somebody: whoever is responsible
// for the record, whoever does the task.
const (
	ofResponsible = "responsible"
	ofAssignee    = "assignee"
)

// personal replaces these names in the lengths of time of a value by the person
// meant now, so that the length can be counted again later. assignee is "" where
// there is none.
func (r *resolution) personal(v any, assignee string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		name, isText := v["calendar"].(string)
		if _, length := v["amount"]; length && v["unit"] != nil && isText {
			parts := strings.Split(name, "+")
			for i, part := range parts {
				switch part {
				case ofResponsible:
					record, err := r.facts.Eval("record.responsible", r.names, r.at)
					if err != nil {
						return nil, err
					}
					users, _ := r.people(record)
					if len(users) != 1 {
						return nil, refuse("bad_timer", "nobody is responsible for the record by whose working time is counted",
							"enter the responsible person, or choose another calendar in a new version, and retry")
					}
					parts[i] = "user:" + users[0]
				case ofAssignee:
					parts[i] = "company" // several people, or a group: what holds for all
					if assignee != "" {
						parts[i] = "user:" + assignee
					}
				}
			}
			v["calendar"] = strings.Join(parts, "+")
			return v, nil
		}
		for key, inner := range v {
			resolved, err := r.personal(inner, assignee)
			if err != nil {
				return nil, err
			}
			v[key] = resolved
		}
	case []any:
		for i, inner := range v {
			resolved, err := r.personal(inner, assignee)
			if err != nil {
				return nil, err
			}
			v[i] = resolved
		}
	}
	return v, nil
}

// resolve computes the instant of a rule, and the rule as it is stored: one that
// goes by a calendar names the moment it counts from.
func (s *Service) resolve(ctx context.Context, raw json.RawMessage, armed core.Instant, cycle int) (host.Due, error) {
	rule, err := timer.ParseRule(raw)
	if err != nil {
		return host.Due{}, err
	}
	due := host.Due{Rule: raw}
	if due.At, due.Armed, err = rule.ResolveIn(armed, s.Zone, cycle, s.spans(ctx)); err != nil {
		return host.Due{}, err
	}
	if anchored, again := rule.Anchored(armed); again {
		if due.Rule, err = json.Marshal(anchored); err != nil {
			return host.Due{}, fmt.Errorf("encode timer: %w", err)
		}
	}
	return due, nil
}

// Retime computes the instant of an armed timer again. ok is false for one that
// does not go by a calendar.
func (s *Service) Retime(ctx context.Context, rule json.RawMessage) (due core.Instant, ok bool, err error) {
	parsed, err := timer.ParseRule(rule)
	if err != nil {
		return 0, false, err
	}
	if _, again := parsed.Anchored(0); !again || parsed.At == "" {
		return 0, false, nil
	}
	due, _, err = parsed.ResolveIn(0, s.Zone, 0, s.spans(ctx))
	return due, err == nil, err
}

// standIns hands the seats of absent people to those who stand in for them. In an
// approval nobody comes to a second seat, and whoever has asked for it does not
// come to decide: not through a chain of stand-ins either.
func (s *Service) standIns(ctx context.Context, o host.Opening, t *store.Task) error {
	if s.Calendars == nil {
		return nil
	}
	now := clock.Time(o.At)
	for _, user := range slices.Clone(t.Users) {
		d, err := s.Calendars.Deputy(ctx, user, now, func(id string) bool {
			taken := slices.Contains(t.Users, id) || slices.ContainsFunc(t.Delegated, func(d store.Delegation) bool { return d.To == id })
			return taken || o.Command.NodeKind == "approval" && id == o.Run.StartedBy
		})
		if err != nil {
			return err
		}
		if d.To != "" {
			t.Delegated = append(t.Delegated, store.Delegation{From: user, To: d.To, At: o.At, Absence: &store.AbsenceOf{From: d.From, To: d.Until}})
		}
	}
	return nil
}
