package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// FileFormat is the format of a definition in a file of its own.
const FileFormat = "fluxo/export@1"

// Place is something of this installation that definitions may name.
type Place struct {
	Kind   portable.Kind
	ID     string
	Symbol string // what files call it; "" is made from id and name
	Name   string
}

// Places lists everything that definitions may name, other definitions apart.
type Places func(ctx context.Context) ([]Place, error)

// Reference is something that a definition from outside names, and what it
// leads to here.
type Reference struct {
	Key   string        `json:"key" doc:"names it in the map of an import, for example group:accounting"`
	Kind  portable.Kind `json:"kind"`
	Name  string        `json:"name" doc:"what it is called where it comes from"`
	Nodes []string      `json:"nodes" doc:"the steps that name it"`
	ID    string        `json:"id" doc:"what it leads to here; empty: nothing"`
	Here  string        `json:"here" doc:"what that is called here"`
}

// Import asks for a definition from a file.
type Import struct {
	File   json.RawMessage   `json:"file" doc:"what an export gave, or a bare process definition"`
	Key    string            `json:"key,omitempty" maxLength:"63" doc:"empty: the key of the file, with a number when it is taken"`
	Name   string            `json:"name,omitempty" maxLength:"200"`
	Map    map[string]string `json:"map,omitempty" doc:"key of a reference -> id here"`
	DryRun bool              `json:"dryRun,omitempty" doc:"only report"`
	// Into shows it as the draft of a definition that exists; saving that draft
	// makes it so.
	Into string `json:"into,omitempty" maxLength:"63" doc:"only with dryRun: shows the process as the draft of this definition"`
	// Incomplete makes it although references lead to nothing.
	Incomplete bool `json:"incomplete,omitempty" doc:"make it although some references lead to nothing; findings then say where"`
}

// Imported is what came of a file.
type Imported struct {
	Created    bool            `json:"created"`
	Key        string          `json:"key"`
	Name       string          `json:"name"`
	AppliesTo  string          `json:"appliesTo"`
	Taken      bool            `json:"taken" doc:"the key of the file is in use here, so that a number was added"`
	Steps      int             `json:"steps"`
	References []Reference     `json:"references"`
	Missing    int             `json:"missing" doc:"how many references lead to nothing"`
	Findings   []graph.Finding `json:"findings"`
	Process    json.RawMessage `json:"process,omitempty" doc:"with into: what the draft would be"`
}

type directory struct {
	places  []Place
	symbols map[string]string // kind:id -> symbol
}

// directory reads what a definition may name; other processes only when it names
// any, because their drafts are read with them.
func (s *Service) directory(ctx context.Context, tree map[string]any) (*directory, error) {
	d := &directory{symbols: map[string]string{}}
	if s.Places != nil {
		var err error
		if d.places, err = s.Places(ctx); err != nil {
			return nil, fmt.Errorf("list what processes may name: %w", err)
		}
	}
	for _, r := range portable.Collect(tree, s.schemas(), func(string) bool { return false }) {
		if r.Kind != portable.Process {
			continue
		}
		switch called, err := s.definitions.Get(ctx, r.ID); {
		case err == nil:
			d.places = append(d.places, Place{Kind: portable.Process, ID: called.ID, Symbol: called.ID, Name: called.Name})
		case !errors.Is(err, docstore.ErrNotFound):
			return nil, fmt.Errorf("read process %s: %w", r.ID, err)
		}
	}
	slices.SortStableFunc(d.places, func(a, b Place) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	// What has a symbol of its own keeps it, whatever others are called.
	slices.SortStableFunc(d.places, func(a, b Place) int {
		switch {
		case a.Symbol != "" && b.Symbol == "":
			return -1
		case a.Symbol == "" && b.Symbol != "":
			return 1
		}
		return 0
	})
	taken := map[string]bool{}
	for i := range d.places {
		p := &d.places[i]
		if p.Symbol == "" {
			p.Symbol = portable.Symbol(p.ID, p.Name)
		}
		symbol := p.Symbol
		for n := 2; taken[string(p.Kind)+":"+p.Symbol]; n++ {
			p.Symbol = symbol + "-" + strconv.Itoa(n)
		}
		taken[string(p.Kind)+":"+p.Symbol] = true
		d.symbols[string(p.Kind)+":"+p.ID] = p.Symbol
	}
	return d, nil
}

func (d *directory) find(match func(Place) bool) (Place, bool) {
	if i := slices.IndexFunc(d.places, match); i >= 0 {
		return d.places[i], true
	}
	return Place{}, false
}

func (d *directory) isGroup(id string) bool {
	_, user := d.find(func(p Place) bool { return p.Kind == portable.User && (p.ID == id || p.Symbol == id) })
	_, group := d.find(func(p Place) bool { return p.Kind == portable.Group && (p.ID == id || p.Symbol == id) })
	return group && !user
}

// settle finds what a reference leads to here: by the caller's choice, its id,
// its symbol, or a name.
func (d *directory) settle(r portable.Ref, chosen map[string]string, names []string) Reference {
	out := Reference{Key: r.Key(), Kind: r.Kind, Name: r.ID, Nodes: r.Nodes}
	if len(names) > 0 {
		out.Name = names[0]
	}
	slugs := make([]string, 0, len(names))
	for _, name := range names {
		if slug := portable.Slug(name); slug != "" {
			slugs = append(slugs, slug)
		}
	}
	for _, match := range []func(Place) bool{
		func(p Place) bool { return p.ID == r.ID },
		func(p Place) bool { return p.Symbol == r.ID },
		func(p Place) bool { return slices.Contains(slugs, portable.Slug(p.Name)) },
	} {
		if p, ok := d.find(func(p Place) bool { return p.Kind == r.Kind && match(p) }); ok {
			out.ID, out.Here = p.ID, p.Name
			break
		}
	}
	if id := chosen[out.Key]; id != "" {
		if r.Kind == portable.Process {
			out.ID, out.Here = id, id // the findings say when there is none
		}
		if p, ok := d.find(func(p Place) bool { return p.Kind == r.Kind && p.ID == id }); ok {
			out.ID, out.Here = p.ID, p.Name
		}
	}
	return out
}

// localize makes the names of a definition from outside those of here, and says
// what each leads to.
func (s *Service) localize(ctx context.Context, tree map[string]any, chosen map[string]string, isGroup func(string) bool, names func(portable.Ref) []string) ([]Reference, error) {
	d, err := s.directory(ctx, tree)
	if err != nil {
		return nil, err
	}
	group := func(id string) bool { return isGroup(id) || d.isGroup(id) }
	own, _ := tree["key"].(string)
	out := []Reference{}
	now := map[string]string{}
	for _, r := range portable.Collect(tree, s.schemas(), group) {
		if r.Kind == portable.Process && r.ID == own {
			continue // itself, under whatever key
		}
		found := d.settle(r, chosen, names(r))
		if found.ID != "" {
			now[r.Key()] = found.ID
		}
		out = append(out, found)
	}
	portable.Replace(tree, s.schemas(), renamed(now, group))
	return out, nil
}

func renamed(now map[string]string, isGroup func(string) bool) portable.Rename {
	return func(kind portable.Kind, id string) string {
		if kind == portable.User && isGroup(id) {
			kind = portable.Group
		}
		if to, ok := now[string(kind)+":"+id]; ok {
			return to
		}
		return id
	}
}

func (s *Service) schemas() portable.Schemas {
	if s.Schema == nil {
		return func(string) map[string]any { return nil }
	}
	return s.Schema
}

// ExportFile writes the draft (version 0) or a version as one readable file that
// names people, groups, stages and templates by symbols. Equal definitions give
// equal bytes.
func (s *Service) ExportFile(ctx context.Context, key string, version int) ([]byte, error) {
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
	tree, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	known, err := s.directory(ctx, tree)
	if err != nil {
		return nil, err
	}
	symbols, references := map[string]string{}, map[string]any{}
	for _, r := range portable.Collect(tree, s.schemas(), known.isGroup) {
		entry := Reference{Name: r.ID}
		if p, ok := known.find(func(p Place) bool { return p.Kind == r.Kind && p.ID == r.ID }); ok {
			symbols[r.Key()], entry.Name = p.Symbol, p.Name
			r.ID = p.Symbol
		}
		references[r.Key()] = map[string]any{"name": entry.Name}
	}
	portable.Replace(tree, s.schemas(), renamed(symbols, known.isGroup))
	return portable.Canonical(map[string]any{"format": FileFormat, "process": tree, "references": references})
}

// ImportFile makes a definition with a draft from a file, or says what would
// come of it.
func (s *Service) ImportFile(ctx context.Context, in Import, actor string) (Imported, error) {
	tree, names, err := readFile(in.File)
	if err != nil {
		return Imported{}, err
	}
	isGroup := func(id string) bool { _, ok := names["group:"+id]; return ok }
	references, err := s.localize(ctx, tree, in.Map, isGroup, func(r portable.Ref) []string {
		if name := names[r.Key()]; name != "" {
			return []string{name}
		}
		return nil
	})
	if err != nil {
		return Imported{}, err
	}
	out := Imported{References: references}
	for _, r := range references {
		if r.ID == "" {
			out.Missing++
		}
	}
	if in.Name != "" {
		if err := checkName("/name", in.Name); err != nil {
			return Imported{}, err
		}
		tree["name"] = in.Name
	}
	if in.Into != "" {
		return s.shown(ctx, tree, in, out)
	}
	if out.Key, out.Taken, err = s.keyFor(ctx, tree, in.Key); err != nil {
		return Imported{}, err
	}
	rekey(tree, out.Key)
	d := definition{Entity: docstore.Entity{ID: out.Key}, WebhookToken: newToken()}
	if err := s.take(&d, tree, actor); err != nil {
		return Imported{}, err
	}
	out.Name, out.AppliesTo, out.Findings, out.Steps = d.Name, d.AppliesTo, s.findings(d.Draft), len(objects(tree["nodes"]))
	if in.DryRun {
		return out, nil
	}
	if out.Missing > 0 && !in.Incomplete {
		return out, problem.New("references_missing", "count", strconv.Itoa(out.Missing)).With("references", references)
	}
	if err := s.first(ctx, d, "file", actor); err != nil {
		return out, err
	}
	out.Created = true
	return out, nil
}

// shown is a process from a file as the draft of a definition that exists. It
// keeps the name it has here.
func (s *Service) shown(ctx context.Context, tree map[string]any, in Import, out Imported) (Imported, error) {
	if !in.DryRun {
		return out, problem.Invalid("/dryRun", "required", "")
	}
	d, err := s.get(ctx, in.Into)
	if err != nil {
		return out, err
	}
	rekey(tree, d.ID)
	if in.Name == "" {
		tree["name"] = d.Name
	}
	if err := s.take(&d, tree, d.ChangedBy); err != nil {
		return out, err
	}
	out.Key, out.Name, out.AppliesTo, out.Findings, out.Steps = d.ID, d.Name, d.AppliesTo, s.findings(d.Draft), len(objects(tree["nodes"]))
	out.Process = d.Draft
	return out, nil
}

// readFile reads an export, or a bare process definition.
func readFile(file json.RawMessage) (tree map[string]any, names map[string]string, err error) {
	whole, err := parseTree(file)
	if err != nil {
		return nil, nil, problem.Invalid("/file", "wrong_type", "an exported process is a JSON object")
	}
	tree, names = whole, map[string]string{}
	switch whole["format"] {
	case FileFormat:
		process, ok := whole["process"].(map[string]any)
		if !ok {
			return nil, nil, problem.Invalid("/file/process", "required", "")
		}
		tree = process
		listed, _ := whole["references"].(map[string]any)
		for key, v := range listed {
			if entry, ok := v.(map[string]any); ok {
				names[key], _ = entry["name"].(string)
			}
		}
	case "fluxo/process@1":
	default:
		return nil, nil, problem.Invalid("/file/format", "format", "expected "+FileFormat)
	}
	name, _ := tree["name"].(string)
	if err := checkName("/file/process/name", name); err != nil {
		return nil, nil, err
	}
	return tree, names, nil
}

// keyFor is the wanted key, or a free one like that of the file.
func (s *Service) keyFor(ctx context.Context, tree map[string]any, wanted string) (key string, taken bool, err error) {
	if wanted != "" {
		if !keyForm.MatchString(wanted) {
			return "", false, problem.Invalid("/key", "format", "small letters, digits and hyphens, beginning with a letter")
		}
		return wanted, false, nil
	}
	from, _ := tree["key"].(string)
	if from == "" {
		from, _ = tree["name"].(string)
	}
	for n := 1; ; n++ {
		key := slug(from)
		if n > 1 {
			key += "-" + strconv.Itoa(n)
		}
		_, err := s.definitions.Get(ctx, key)
		if errors.Is(err, docstore.ErrNotFound) {
			return key, n > 1, nil
		}
		if err != nil {
			return "", false, fmt.Errorf("find a free key: %w", err)
		}
	}
}

// rekey gives a process its key; calls of itself follow.
func rekey(tree map[string]any, key string) {
	old, _ := tree["key"].(string)
	tree["key"] = key
	var scope func(owner map[string]any)
	scope = func(owner map[string]any) {
		for _, n := range objects(owner["nodes"]) {
			for _, holder := range []any{n, n["config"]} {
				if h, ok := holder.(map[string]any); ok && old != "" && h["process"] == old {
					h["process"] = key
				}
			}
			scope(n)
		}
	}
	scope(tree)
}

// first saves a definition that is not there yet.
func (s *Service) first(ctx context.Context, d definition, from, actor string) error {
	event, err := docstore.NewEvent("definitionCreated", map[string]string{"name": d.Name, "template": from})
	if err != nil {
		return err
	}
	event.Actor = actor
	_, err = s.definitions.Save(ctx, d, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return problem.New("exists", "what", "A process with the key "+d.ID)
	}
	if err != nil {
		return fmt.Errorf("create definition %s: %w", d.ID, err)
	}
	return nil
}

// Copy makes a new definition of the draft (version 0) or a version.
func (s *Service) Copy(ctx context.Context, key string, version int, name, actor string) (Detail, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return Detail{}, err
	}
	text := d.Draft
	if version > 0 {
		if text, err = s.Process(ctx, key, version); err != nil {
			return Detail{}, err
		}
	}
	tree, err := parseTree(text)
	if err != nil {
		return Detail{}, err
	}
	if err := checkName("/name", name); err != nil {
		return Detail{}, err
	}
	if tree["name"] = name; d.Board != "" {
		delete(tree, "x") // it is no stage's any more
	}
	to, _, err := s.keyFor(ctx, map[string]any{"key": slug(name)}, "")
	if err != nil {
		return Detail{}, err
	}
	rekey(tree, to)
	made := definition{Entity: docstore.Entity{ID: to}, WebhookToken: newToken()}
	if err := s.take(&made, tree, actor); err != nil {
		return Detail{}, err
	}
	if err := s.first(ctx, made, key, actor); err != nil {
		return Detail{}, err
	}
	return s.Get(ctx, to)
}
