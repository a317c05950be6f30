package definition

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Drafted tells those who have a draft open which state it has, and whose. It is
// a hint: the draft itself is read or merged as always.
type Drafted struct {
	Kind    string `json:"kind"` // "draft"
	Rev     int64  `json:"rev"`
	By      string `json:"by"`
	Name    string `json:"byName"`
	Version int    `json:"version"` // the published one; 0 = none
}

// Drafted reads the state of a draft.
func (s *Service) Drafted(ctx context.Context, key string) (Drafted, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return Drafted{}, err
	}
	return s.state(ctx, d), nil
}

func (s *Service) state(ctx context.Context, d definition) Drafted {
	state := Drafted{Kind: "draft", Rev: d.DraftRev, By: d.ChangedBy, Name: d.ChangedBy, Version: d.Published}
	if names, err := s.People.Names(ctx, []string{d.ChangedBy}); err == nil && names[d.ChangedBy] != "" {
		state.Name = names[d.ChangedBy]
	}
	return state
}

func (s *Service) tell(ctx context.Context, d definition) {
	if s.Saved != nil {
		s.Saved(ctx, d.ID, s.state(ctx, d))
	}
}

// DraftGraph compiles the draft of a definition as publishing would, with the
// number that the version would get.
func (s *Service) DraftGraph(ctx context.Context, key string) (int, *graph.Graph, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return 0, nil, err
	}
	def, err := graph.Parse(d.Draft)
	if err != nil {
		return 0, nil, problem.New("findings").With("findings", s.findings(d.Draft))
	}
	g, findings := s.Compile(def)
	if g == nil {
		return 0, nil, problem.New("findings").With("findings", findings)
	}
	return d.Published + 1, g, nil
}
