package worklist

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Named is a person or a group.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Summary is a task in a list.
type Summary struct {
	ID             string           `json:"id"`
	Rev            int64            `json:"rev"`
	Kind           string           `json:"kind"`
	Name           string           `json:"name"`
	DefinitionKey  string           `json:"definitionKey"`
	DefinitionName string           `json:"definitionName"`
	RunID          string           `json:"runId"`
	Node           string           `json:"node"`
	RecordType     string           `json:"recordType,omitempty"`
	RecordID       string           `json:"recordId,omitempty"`
	RecordTitle    string           `json:"recordTitle,omitempty"`
	Status         store.TaskStatus `json:"status"`
	OpenedAt       docstore.Instant `json:"openedAt"`
	DueAt          docstore.Instant `json:"dueAt"`
	Overdue        bool             `json:"overdue"`
	Assignees      []Named          `json:"assignees"`
	Groups         []Named          `json:"groups"`
	ClaimedBy      string           `json:"claimedBy,omitempty"`
	ClaimedByName  string           `json:"claimedByName,omitempty"`
	StartedByName  string           `json:"startedByName,omitempty"`
}

// Config is what a step asks of people.
type Config struct {
	Form            json.RawMessage `json:"form,omitempty"`
	Files           *FilesRule      `json:"files,omitempty"`
	Comment         string          `json:"comment"` // never, optional, required
	Outcomes        []Outcome       `json:"outcomes"`
	Rule            string          `json:"rule,omitempty"`
	Refusal         string          `json:"refusal,omitempty" doc:"of a request for information: any or all"`
	Threshold       json.Number     `json:"threshold,omitempty"`
	CommentRequired []string        `json:"commentRequired"`
	Delegation      string          `json:"delegation"` // subordinates, all, nobody

	keepValues bool // what was filled in counts although the request is refused
}

// The kinds of tasks whose answers are not declared as outcomes.
const (
	kindAcknowledge = "acknowledge"
	kindRequest     = "requestInformation"
)

// FilesRule asks for files.
type FilesRule struct {
	Required bool   `json:"required"`
	Label    string `json:"label"`
}

// Outcome is one answer.
type Outcome struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Positive bool   `json:"positive"`
}

// Vote is one person's answer.
type Vote struct {
	User     string           `json:"user"`
	UserName string           `json:"userName"`
	Outcome  string           `json:"outcome"`
	Comment  string           `json:"comment,omitempty"`
	At       docstore.Instant `json:"at"`
}

// Decision is the recorded outcome.
type Decision struct {
	Outcome   string           `json:"outcome"`
	By        string           `json:"by"`
	ByName    string           `json:"byName"`
	At        docstore.Instant `json:"at"`
	NotBefore docstore.Instant `json:"notBefore"`
	Comment   string           `json:"comment,omitempty"`
}

// Handover is one delegation.
type Handover struct {
	From     string           `json:"from"`
	FromName string           `json:"fromName"`
	To       string           `json:"to"`
	ToName   string           `json:"toName"`
	At       docstore.Instant `json:"at"`
	Reason   string           `json:"reason,omitempty"`
	// Absence is set when nobody handed over: the one was absent, and the other
	// stands in.
	Absence *store.AbsenceOf `json:"absence,omitempty" doc:"first and last day of the absence for which the other stands in"`
}

// Comment is one remark on a task.
type Comment struct {
	docstore.Entity
	Task     string           `json:"task"`
	At       docstore.Instant `json:"at"`
	User     string           `json:"user"`
	UserName string           `json:"userName"`
	Text     string           `json:"text"`
}

// Detail is everything a task page shows.
type Detail struct {
	Summary
	Text        string              `json:"text"` // HTML, sanitized
	Config      Config              `json:"config"`
	Votes       []Vote              `json:"votes"`
	Decision    *Decision           `json:"decision,omitempty"`
	Delegated   []Handover          `json:"delegated"`
	Comments    []Comment           `json:"comments"`
	Documents   []file.Info         `json:"-"`
	Next        map[string][]string `json:"next"`
	Process     json.RawMessage     `json:"process"`
	CanComplete bool                `json:"canComplete"`
	CanDelegate bool                `json:"canDelegate"`
	WhyNot      string              `json:"whyNot,omitempty"`
	// Refusal is why the reader cannot complete the task; WhyNot is its text in
	// the reader's language.
	Refusal *problem.Problem `json:"-"`
}

func instant(i core.Instant) docstore.Instant {
	if i == 0 {
		return docstore.Instant{}
	}
	return docstore.At(clock.Time(i))
}

func (s *Service) summaries(ctx context.Context, tasks []store.Task) ([]Summary, error) {
	var users, groups []string
	for _, t := range tasks {
		users = append(append(users, t.People()...), t.ClaimedBy, t.StartedBy)
		groups = append(groups, t.Groups...)
	}
	names, err := s.People.Names(ctx, users)
	if err != nil {
		return nil, err
	}
	groupNames, err := s.People.GroupNames(ctx, groups)
	if err != nil {
		return nil, err
	}
	now := clock.Now(s.Clock)
	out := make([]Summary, 0, len(tasks))
	for _, t := range tasks {
		v := Summary{ID: t.ID, Rev: t.Rev, Kind: t.Kind, Name: t.Name, DefinitionKey: t.DefinitionKey, DefinitionName: t.DefinitionName,
			RunID: string(t.RunID), Node: string(t.Node), RecordType: t.RecordType, RecordID: t.RecordID, RecordTitle: t.RecordTitle, Status: t.Status,
			OpenedAt: instant(t.OpenedAt), DueAt: instant(t.DueAt), Overdue: t.DueAt != 0 && t.DueAt < now && !t.Status.Closed(),
			Assignees: []Named{}, Groups: []Named{}, ClaimedBy: t.ClaimedBy, ClaimedByName: names[t.ClaimedBy], StartedByName: names[t.StartedBy]}
		for _, id := range t.People() {
			v.Assignees = append(v.Assignees, Named{id, names[id]})
		}
		for _, id := range t.Groups {
			v.Groups = append(v.Groups, Named{id, groupNames[id]})
		}
		out = append(out, v)
	}
	return out, nil
}

// readConfig reads what the step asks for, with the defaults of its kind.
func readConfig(t store.Task) (Config, string, error) {
	var raw struct {
		Text            string          `json:"text"`
		Form            json.RawMessage `json:"form"`
		Files           json.RawMessage `json:"files"`
		Comment         string          `json:"comment"`
		Outcomes        []Outcome       `json:"outcomes"`
		Rule            string          `json:"rule"`
		Threshold       json.Number     `json:"threshold"`
		CommentRequired string          `json:"commentRequired"`
		Delegation      string          `json:"delegation"`
		Button          string          `json:"button"`
		Refusal         string          `json:"refusal"`
		RefusalReason   bool            `json:"refusalReason"`
		KeepValues      bool            `json:"keepValues"`
	}
	if len(t.Config) > 0 {
		if err := json.Unmarshal(t.Config, &raw); err != nil {
			return Config{}, "", fmt.Errorf("config of task %s: %w", t.ID, err)
		}
	}
	c := Config{Form: raw.Form, Comment: raw.Comment, Outcomes: raw.Outcomes, Rule: raw.Rule, Threshold: raw.Threshold, Delegation: raw.Delegation,
		CommentRequired: []string{}}
	if c.Comment == "" {
		c.Comment = "optional"
	}
	if c.Delegation == "" {
		c.Delegation = "all"
	}
	if c.Outcomes == nil {
		c.Outcomes = []Outcome{}
	}
	for i := range c.Outcomes {
		if c.Outcomes[i].Label == "" {
			c.Outcomes[i].Label = c.Outcomes[i].Name
		}
	}
	var files FilesRule
	if json.Unmarshal(raw.Files, &files) == nil && len(raw.Files) > 0 && string(raw.Files) != "null" {
		c.Files = &files
	}
	switch t.Kind {
	case kindAcknowledge:
		c.Outcomes = []Outcome{{Label: raw.Button, Positive: true}}
		if c.Rule == "" {
			c.Rule = "all"
		}
	case kindRequest:
		c.Outcomes = []Outcome{{Label: raw.Button, Positive: true}}
		if raw.Refusal == "any" || raw.Refusal == "all" {
			c.Refusal, c.keepValues = raw.Refusal, raw.KeepValues
			c.Outcomes = append(c.Outcomes, Outcome{Name: graph.PortRefused})
			if raw.RefusalReason {
				c.CommentRequired = append(c.CommentRequired, graph.PortRefused)
			}
		}
	}
	for _, o := range c.Outcomes {
		if raw.CommentRequired == "always" || raw.CommentRequired == "negative" && !o.Positive {
			c.CommentRequired = append(c.CommentRequired, o.Name)
		}
	}
	return c, raw.Text, nil
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithHardWraps()))

// policy lets formatting and links through; pictures from elsewhere would tell
// their owner who reads.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.AllowElements("br")
	p.AllowRelativeURLs(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.SkipElementsContent("img")
	return p
})

// Render turns a task's text into HTML that is safe to show.
func Render(text string) (string, error) {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(text), &b); err != nil {
		return "", fmt.Errorf("render text: %w", err)
	}
	return policy().Sanitize(b.String()), nil
}

// next names the nodes that each outcome leads to.
func next(process json.RawMessage, node string) (map[string][]string, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("read process: %w", err)
	}
	out := map[string][]string{}
	var walk func(nodes []graph.NodeDefinition, flows []graph.Flow) bool
	walk = func(nodes []graph.NodeDefinition, flows []graph.Flow) bool {
		names := map[string]string{}
		for _, n := range nodes {
			names[n.ID] = n.Name
			if n.Name == "" {
				names[n.ID] = n.ID
			}
		}
		if _, here := names[node]; here {
			for _, f := range flows {
				if f.From == node {
					out[f.Port] = append(out[f.Port], names[f.To])
				}
			}
			return true
		}
		return slices.ContainsFunc(nodes, func(n graph.NodeDefinition) bool { return walk(n.Nodes, n.Flows) })
	}
	walk(def.Nodes, def.Flows)
	return out, nil
}
