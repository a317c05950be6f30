package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Action is a repair that an operator asks for.
type Action struct {
	Action    string         `json:"action" enum:"retry,skip,cancel,setVariables"`
	Incident  string         `json:"incident,omitempty" maxLength:"300" doc:"needed when the run has several"`
	Variables map[string]any `json:"variables,omitempty"`
	Port      string         `json:"port,omitempty" maxLength:"200"`
	Reason    string         `json:"reason,omitempty" maxLength:"2000"`
}

// Act passes a repair to the run. It is accepted durably; its effect shows in
// the run's records.
func (s *Service) Act(ctx context.Context, id string, a Action, actor string) (Summary, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Summary{}, err
	}
	if r.Status != core.Active && r.Status != core.Quarantined {
		return Summary{}, problem.New("run_ended")
	}
	event := "action:" + uuid.Must(uuid.NewV7()).String()
	switch a.Action {
	case "retry", "skip":
		incident, err := s.choose(ctx, r, a.Incident)
		if err != nil {
			return Summary{}, err
		}
		if a.Action == "retry" {
			_, err = s.Host.Retry(ctx, r.ID, event, actor, core.RetryBody{Incident: incident, Variables: a.Variables})
		} else {
			if err := s.portGiven(ctx, r, incident, a.Port); err != nil {
				return Summary{}, err
			}
			_, err = s.Host.Skip(ctx, r.ID, event, actor, core.SkipBody{Incident: incident, Port: a.Port, Reason: a.Reason})
		}
		if err != nil {
			return Summary{}, refused(id, err)
		}
	case "cancel":
		if _, err := s.Host.Cancel(ctx, r.ID, event, actor, a.Reason); err != nil {
			return Summary{}, refused(id, err)
		}
	case "setVariables":
		if len(a.Variables) == 0 {
			return Summary{}, problem.Invalid("/variables", "required", "")
		}
		if _, err := s.Host.SetVariables(ctx, r.ID, event, actor, core.VariablesBody{Set: a.Variables, Reason: a.Reason}); err != nil {
			return Summary{}, refused(id, err)
		}
	default:
		return Summary{}, problem.Invalid("/action", "one_of", "retry, skip, cancel, setVariables")
	}
	all, err := s.Summaries(ctx, []string{id})
	if err != nil {
		return Summary{}, err
	}
	return all[0], nil
}

// portGiven asks for the outcome when an approval is skipped: nobody approves by
// leaving a field empty.
func (s *Service) portGiven(ctx context.Context, r store.Run, incident, port string) error {
	if port != "" {
		return nil
	}
	open, err := s.incidents(ctx, r)
	if err != nil {
		return err
	}
	process, err := s.Definitions.Process(ctx, r.DefinitionKey, r.Version)
	if err != nil {
		return err
	}
	def, err := graph.Parse(process)
	if err != nil {
		return fmt.Errorf("skip on run %s: %w", r.ID, err)
	}
	for _, i := range open {
		if i.ID != incident {
			continue
		}
		if n := findNode(def.Nodes, i.Node); n != nil && n.Kind == "approval" {
			return problem.Invalid("/port", "required", "say by which outcome the run goes on")
		}
	}
	return nil
}

func findNode(nodes []graph.NodeDefinition, id string) *graph.NodeDefinition {
	for i := range nodes {
		if nodes[i].ID == id {
			return &nodes[i]
		}
		if n := findNode(nodes[i].Nodes, id); n != nil {
			return n
		}
	}
	return nil
}

func refused(id string, err error) error {
	if errors.Is(err, store.ErrFinished) {
		return problem.New("run_ended").Because(err)
	}
	return fmt.Errorf("act on run %s: %w", id, err)
}

// choose finds the incident meant: the one named, or the only one.
func (s *Service) choose(ctx context.Context, r store.Run, id string) (string, error) {
	open, err := s.incidents(ctx, r)
	if err != nil {
		return "", err
	}
	switch {
	case len(open) == 0:
		return "", problem.New("action_refused", "why", "the run has no open incident")
	case id == "" && len(open) == 1:
		return open[0].ID, nil
	case id == "":
		return "", problem.Invalid("/incident", "required", "")
	}
	for _, i := range open {
		if i.ID == id {
			return id, nil
		}
	}
	return "", problem.New("action_refused", "why", "the incident is not open any more")
}
