package board

import (
	"encoding/json"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Modes of timing.
const (
	Immediate     = "immediate"
	AfterPrevious = "afterPrevious"
	Delay         = "delay"
	Date          = "date"
)

// WorkingTime says in whose working time a robot runs; when both are set, both
// must hold.
type WorkingTime struct {
	Company     bool `json:"company,omitempty"`
	Responsible bool `json:"responsible,omitempty"`
}

// Timing says when a robot runs.
type Timing struct {
	Mode   string `json:"mode" enum:"immediate,afterPrevious,delay,date"`
	Amount int    `json:"amount,omitempty" minimum:"0" maximum:"100000" doc:"of delay, and of date before or after"`
	Unit   string `json:"unit,omitempty" enum:"minute,hour,day,workingHour,workingDay"`
	// Direction and Field are of the mode date.
	Direction string `json:"direction,omitempty" enum:"before,after,at"`
	Field     string `json:"field,omitempty" maxLength:"100" doc:"field of the record that holds the date"`
	At        string `json:"at,omitempty" maxLength:"5" doc:"time of day, HH:MM"`

	WorkingTime *WorkingTime `json:"workingTime,omitempty"`
}

func (t Timing) company() bool     { return t.WorkingTime != nil && t.WorkingTime.Company }
func (t Timing) responsible() bool { return t.WorkingTime != nil && t.WorkingTime.Responsible }

// Robot is one unattended action of a stage.
type Robot struct {
	ID       string          `json:"id" maxLength:"40" doc:"letters, digits and underscores; results are steps.<id>"`
	Robot    string          `json:"robot" maxLength:"60" doc:"key of a robot, or userTask, approval, acknowledge, requestInformation"`
	Name     string          `json:"name,omitempty" maxLength:"200"`
	Config   json.RawMessage `json:"config,omitempty"`
	Disabled bool            `json:"disabled,omitempty"`
	Group    string          `json:"group,omitempty" maxLength:"200"`
	RunAs    string          `json:"runAs,omitempty" maxLength:"100" doc:"empty = the automation itself, responsible, initiator, or a user id"`
	When     string          `json:"when,omitempty" maxLength:"10000" doc:"condition, evaluated at run time, after the wait"`
	Timing   Timing          `json:"timing"`
}

// Process is a definition and its version.
type Process struct {
	Key     string `json:"key"`
	Version int    `json:"version,omitempty"`
	Name    string `json:"name,omitempty"`
}

// Stage is the automation of one stage. Process and Findings are filled when a
// board is read.
type Stage struct {
	Stage    string            `json:"stage" maxLength:"40"`
	Robots   []Robot           `json:"robots" nullable:"false" maxItems:"100"`
	Triggers []trigger.Trigger `json:"triggers" nullable:"false" maxItems:"100"`
	// Process is what new entries run, nil when the stage has no robots.
	Process *Process `json:"process" required:"false"`
	// Kept are the processes that were made of the stage's rules.
	Kept     []Process       `json:"kept,omitempty"`
	Findings []graph.Finding `json:"findings" required:"false"`
}

// Board is the automation of a pipeline; its id is the pipeline's. Stages are in
// the order of the pipeline.
type Board struct {
	docstore.Entity
	Type   string  `json:"type" readOnly:"true" doc:"record type"`
	Name   string  `json:"name" readOnly:"true" doc:"of the pipeline"`
	Stages []Stage `json:"stages" nullable:"false" maxItems:"100"`
}

// stored is a board as it is kept: stages that hold something, by their ids.
type stored struct {
	docstore.Entity
	Stages []content `json:"stages"`
	// Keys are the definitions of stages. Two stages never share one, although
	// their names may be put together alike.
	Keys map[string]string `json:"keys,omitempty"`
	// Personal: the board has had robots that run in somebody's working time.
	Personal bool `json:"personal,omitempty"`
	// Language of whoever saved it, for the names of what is generated.
	Language string `json:"language,omitempty"`
}

// content is what people put on a stage.
type content struct {
	Stage    string            `json:"stage"`
	Robots   []Robot           `json:"robots,omitempty"`
	Triggers []trigger.Trigger `json:"triggers,omitempty"`
	Kept     []string          `json:"kept,omitempty"`
}

func (s *stored) of(stage string) content {
	for _, c := range s.Stages {
		if c.Stage == stage {
			return c
		}
	}
	return content{Stage: stage}
}
