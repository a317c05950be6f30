package definition

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// BPMNImport says how a BPMN file is taken over.
type BPMNImport struct {
	bpmn.Options
	// DryRun only reports.
	DryRun bool
}

// BPMNReport is what came of a BPMN file.
type BPMNReport struct {
	Refused   bool           `json:"refused"`
	Created   bool           `json:"created" doc:"the definitions exist now; false on a dry run"`
	Findings  []bpmn.Finding `json:"findings"`
	Processes []BPMNProcess  `json:"processes"`
}

// BPMNProcess is one process of the file.
type BPMNProcess struct {
	Key        string          `json:"key"`
	Name       string          `json:"name"`
	Executable bool            `json:"executable" doc:"false: a drawing that cannot be started"`
	Nodes      int             `json:"nodes"`
	Findings   []graph.Finding `json:"findings" doc:"what is to be done before it can be published"`
}

// ImportBPMN makes a definition with a draft of each process of a BPMN file, or
// of none when anything in the file is refused.
func (s *Service) ImportBPMN(ctx context.Context, text []byte, o BPMNImport, actor string) (BPMNReport, error) {
	result := bpmn.Import(text, o.Options)
	report := BPMNReport{Refused: result.Refused(), Findings: result.Findings, Processes: []BPMNProcess{}}
	if report.Refused {
		if o.DryRun {
			return report, nil
		}
		return report, problem.New("bpmn_refused").With("findings", report.Findings)
	}
	if err := s.freeKeys(ctx, result.Definitions); err != nil {
		return report, err
	}
	drafts := make([]definition, 0, len(result.Definitions))
	for _, def := range result.Definitions {
		text, err := json.Marshal(def)
		if err != nil {
			return report, fmt.Errorf("encode %s: %w", def.Key, err)
		}
		tree, err := parseTree(text)
		if err != nil {
			return report, fmt.Errorf("imported %s: %w", def.Key, err)
		}
		if err := s.findSecrets(ctx, tree, result.References); err != nil {
			return report, err
		}
		d := definition{Entity: docstore.Entity{ID: def.Key}, WebhookToken: newToken()}
		if err := s.take(&d, tree, actor); err != nil {
			return report, err
		}
		report.Processes = append(report.Processes, BPMNProcess{Key: def.Key, Name: def.Name,
			Executable: def.Executable == nil || *def.Executable, Nodes: countNodes(def.Nodes), Findings: s.findings(d.Draft)})
		drafts = append(drafts, d)
	}
	if o.DryRun {
		return report, nil
	}
	for _, d := range drafts {
		event, err := docstore.NewEvent("definitionCreated", map[string]string{"name": d.Name, "template": "BPMN"})
		if err != nil {
			return report, err
		}
		event.Actor = actor
		if _, err := s.save(ctx, d, event); err != nil {
			return report, err
		}
	}
	report.Created = true
	return report, nil
}

// findSecrets makes the secrets that a process of a file names those of here: of the
// same id, else of the name that the file says. The findings tell of what is missing.
func (s *Service) findSecrets(ctx context.Context, tree map[string]any, references []bpmn.Reference) error {
	names := map[string]string{}
	for _, r := range references {
		if r.Kind == string(portable.Secret) {
			names[r.ID] = r.Name
		}
	}
	if len(names) == 0 {
		return nil
	}
	d, err := s.directory(ctx, tree)
	if err != nil {
		return err
	}
	now := map[string]string{}
	for _, r := range portable.Collect(tree, s.schemas(), d.isGroup) {
		if name := names[r.ID]; r.Kind == portable.Secret && name != "" {
			if found := d.settle(r, nil, []string{name}); found.ID != "" {
				now[r.Key()] = found.ID
			}
		}
	}
	portable.Replace(tree, s.schemas(), renamed(now, d.isGroup))
	return nil
}

// secretNames are what the secrets are called that a process names.
func (s *Service) secretNames(ctx context.Context, text json.RawMessage) ([]bpmn.Reference, error) {
	tree, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	d, err := s.directory(ctx, tree)
	if err != nil {
		return nil, err
	}
	var out []bpmn.Reference
	for _, r := range portable.Collect(tree, s.schemas(), d.isGroup) {
		if p, ok := d.find(func(p Place) bool { return p.Kind == r.Kind && p.ID == r.ID }); ok && r.Kind == portable.Secret {
			out = append(out, bpmn.Reference{Kind: string(r.Kind), ID: r.ID, Name: p.Name})
		}
	}
	return out, nil
}

// freeKeys renames processes whose key is taken here, and the calls to them.
func (s *Service) freeKeys(ctx context.Context, defs []*graph.Definition) error {
	taken := map[string]bool{}
	now := map[string]string{}
	for _, def := range defs {
		key := slug(def.Key)
		for n := 2; ; n++ {
			_, err := s.definitions.Get(ctx, key)
			if errors.Is(err, docstore.ErrNotFound) && !taken[key] {
				break
			}
			if err != nil && !errors.Is(err, docstore.ErrNotFound) {
				return err
			}
			key = slug(def.Key) + "-" + strconv.Itoa(n)
		}
		taken[key], now[def.Key], def.Key = true, key, key
	}
	for _, def := range defs {
		renameCalls(def.Nodes, now)
	}
	return nil
}

func renameCalls(nodes []graph.NodeDefinition, now map[string]string) {
	for i := range nodes {
		n := &nodes[i]
		renameCalls(n.Nodes, now)
		var config map[string]any
		if n.Kind != "callActivity" || json.Unmarshal(n.Config, &config) != nil {
			continue
		}
		called, _ := config["process"].(string)
		if now[called] == "" || now[called] == called {
			continue
		}
		config["process"] = now[called]
		if raw, err := json.Marshal(config); err == nil {
			n.Config = raw
		}
	}
}

func countNodes(nodes []graph.NodeDefinition) int {
	n := len(nodes)
	for i := range nodes {
		n += countNodes(nodes[i].Nodes)
	}
	return n
}

// ExportBPMN writes the draft (version 0) or a version as BPMN 2.0 XML.
func (s *Service) ExportBPMN(ctx context.Context, key string, version int) ([]byte, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	text := d.Draft
	if version > 0 {
		if text, err = s.Process(ctx, key, version); err != nil {
			return nil, err
		}
	}
	def, err := graph.Parse(text)
	if err != nil {
		var shape *graph.DecodeError
		if errors.As(err, &shape) {
			return nil, problem.New("bpmn_unreadable_draft").With("findings", shape.Problems)
		}
		return nil, err
	}
	secrets, err := s.secretNames(ctx, text)
	if err != nil {
		return nil, err
	}
	out, err := bpmn.Export(def, secrets...)
	if errors.Is(err, bpmn.ErrTooLarge) {
		return nil, problem.New("too_large", "limit", "8 MiB")
	}
	return out, err
}
