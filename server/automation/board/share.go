package board

import (
	"encoding/json"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/problem"
)

// What status-driven processes are compiled with, too: they offer the same steps.

// Human tells whether a step is one that people take.
func Human(robot string) bool { return slices.Contains(human, robot) }

// Exits are the ports by which a step is left; ports tells the further ones of a
// robot.
func Exits(robot string, config json.RawMessage, ports func(robot string) []string) []string {
	c := compiler{ports: ports}
	return c.exits(Robot{Robot: robot, Config: config})
}

// RunsAs is the policy by which a robot works on somebody's behalf, nil for nobody.
func RunsAs(who string) *graph.Policy { return runsAs(who) }

// TimerRule is the rule of a delay, which counts from what the expression since
// gives, or of a date, which the expression date gives.
func TimerRule(t Timing, since, date string) (*graph.TimerRule, error) {
	rule, err := timer(t)
	if err != nil {
		return nil, err
	}
	if rule.At = expression(since); t.Mode == Date {
		rule.At = expression(date)
	}
	return rule, nil
}

// DateOf is an expression for the date of a field as a text, empty when there is none.
func DateOf(field string) string { return dateOf(field) }

// Redated holds when a date is no more the one that was read into a variable.
func Redated(field, variable string) string { return redated(field, variable) }

// CheckTiming finds what is wrong with the timing of something, which stands at a
// place of the document; dates are the fields of the record that hold dates.
func CheckTiming(at string, t Timing, dates []string) []problem.Field {
	var c checker
	c.timing(at, t, known{dates: dates})
	return c.fields
}

// GoodID tells whether a text can be the id of a step.
func GoodID(id string) bool { return idForm.MatchString(id) }
