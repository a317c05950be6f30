package robot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// waitUntil lets a run rest.
type waitUntil struct {
	zone      *time.Location
	calendars func(ctx context.Context, name string) (*calendar.Calendar, error)
}

// Descriptor implements robot.Performer.
func (*waitUntil) Descriptor() robot.Descriptor { return describe("wait.until", robot.Pure) }

// Perform waits from the moment the step was opened; a moment in the past does
// not wait, and the result says so.
//
// covers R-23, B-60
func (p *waitUntil) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	until, failure := p.moment(ctx, req)
	if failure != nil {
		return robot.Result{}, failure
	}
	if year := until.UTC().Year(); year > 9999 { // could not be told to anybody
		return robot.Result{}, badConfig("for", "the moment lies in the year %d, after the year 9999", year)
	}
	if until.After(req.Now) {
		return robot.Result{Until: until}, nil
	}
	return robot.Result{Values: map[string]any{"until": until.UTC().Format("2006-01-02T15:04:05.000Z"), "skipped": !until.After(req.OpenedAt)}}, nil
}

func (p *waitUntil) moment(ctx context.Context, req robot.Request) (time.Time, *robot.Failure) {
	if length := req.Config["for"]; length != nil && length != "" {
		encoded, err := json.Marshal(length)
		if err != nil {
			return time.Time{}, badConfig("for", "a length of time is expected")
		}
		var s span.Span
		if err := s.UnmarshalJSON(encoded); err != nil {
			return time.Time{}, badConfig("for", "%v", err)
		}
		var calendars span.Calendars
		if p.calendars != nil {
			calendars = func(name string) (*calendar.Calendar, error) { return p.calendars(ctx, name) }
		}
		until, err := s.In(req.OpenedAt.In(p.zone), calendars)
		if err != nil {
			return time.Time{}, badConfig("for", "%v", err)
		}
		return until, nil
	}
	value, failure := text(req.Config, "until", false)
	if failure != nil {
		return time.Time{}, failure
	}
	if value == "" {
		return time.Time{}, badConfig("until", "the step says neither how long nor until when to wait")
	}
	until, ok := expr.ParseTime(value, p.zone)
	if !ok {
		return time.Time{}, badConfig("until", "%q is no date or moment", value)
	}
	return until, nil
}
