package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/schedule/cron"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/engine/timer/span"
	"github.com/fluxo-app/fluxo/server/problem"
)

// scheduleFiring is one moment of a schedule or timer.
type scheduleFiring struct {
	At time.Time `json:"at"`
	// Local is the same moment as the clocks of the zone show it.
	Local  string `json:"local" doc:"2026-03-29T03:00, in the zone of the schedule"`
	Offset string `json:"offset" doc:"+02:00"`
	Asked  string `json:"asked,omitempty" doc:"the local time of the rule, where clocks going forward leave it out"`
	Twice  bool   `json:"twice,omitempty" doc:"the local time comes twice that day; this is the first"`
}

const (
	localLayout  = "2006-01-02T15:04"
	previewCount = 10
)

func firingAt(at time.Time, zone *time.Location) scheduleFiring {
	local := at.In(zone)
	return scheduleFiring{At: at.UTC(), Local: local.Format(localLayout), Offset: local.Format("-07:00")}
}

func (a *API) timeRoutes() {
	type schedulePreview struct {
		Zone    string           `json:"zone"`
		Firings []scheduleFiring `json:"firings"`
	}
	route(a, spec{method: http.MethodPost, path: "/schedules/preview", id: "previewSchedule", summary: "The next moments of a schedule or timer", tag: "design", need: "definitions.edit", fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Cron  string          `json:"cron,omitempty" maxLength:"200" doc:"five fields, or a word such as @daily"`
				Timer json.RawMessage `json:"timer,omitempty" doc:"instead of cron: {after | every} of a timer, counted from now, or {at} with {before | after} beside it"`
				Zone  string          `json:"zone,omitempty" maxLength:"100" doc:"empty: the zone of the company"`
			}
		}) (*reply[schedulePreview], error) {
			name := cmp.Or(in.Body.Zone, a.Zone.String())
			zone, err := time.LoadLocation(name)
			if err != nil {
				return nil, problem.Invalid("/zone", "invalid", schedule.ErrZone.Error())
			}
			out := schedulePreview{Zone: name, Firings: []scheduleFiring{}}
			if len(in.Body.Timer) > 0 {
				out.Firings, err = timerFirings(in.Body.Timer, a.Clock.Now(), zone, func(name string) (*calendar.Calendar, error) { return a.Calendars.Find(ctx, name) })
				return body(out), err
			}
			rule, err := cron.Parse(in.Body.Cron, zone)
			if err != nil {
				return nil, problem.Invalid("/cron", "invalid", err.Error())
			}
			for _, o := range rule.Occurrences(a.Clock.Now(), previewCount) {
				f := firingAt(o.At, zone)
				f.Twice = o.Twice
				if o.Moved {
					f.Asked = o.Wall.Format(localLayout)
				}
				out.Firings = append(out.Firings, f)
			}
			return body(out), nil
		})
}

// timerFirings lists the moments of a timer that is armed now.
func timerFirings(raw json.RawMessage, now time.Time, zone *time.Location, calendars span.Calendars) ([]scheduleFiring, error) {
	out := []scheduleFiring{}
	rule, err := timer.ParseRule(raw)
	if errors.Is(err, timer.ErrRule) {
		return nil, problem.Invalid("/timer", "invalid", err.Error())
	}
	if err != nil {
		return nil, err
	}
	for at := clock.Instant(now); len(out) < previewCount; {
		next, more, err := rule.ResolveIn(at, zone, len(out), calendars)
		if err != nil {
			return nil, problem.Invalid("/timer", "invalid", err.Error())
		}
		if !more || next <= at && len(out) > 0 {
			break
		}
		out = append(out, firingAt(clock.Time(next), zone))
		if rule.Every == nil {
			break
		}
		at = next
	}
	return out, nil
}
