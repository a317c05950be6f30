package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// chainLink is one thing of a chain of causes as people read it.
type chainLink struct {
	Kind string `json:"kind" enum:"user,form,import,intake,call,visit,schedule,webhook,system,change,task,activity,document,trigger,run,message,signal,undo"`
	ID   string `json:"id,omitempty" doc:"of the run, the trigger, the person; of a change what kind it is"`
	// Name is what people call it: the person, the process, the trigger.
	Name string `json:"name,omitempty"`
	// Step is which step of the process did what comes next, or what is explained.
	Step      string       `json:"step,omitempty"`
	Key       string       `json:"key,omitempty" doc:"of the process; the pipeline of a change and of a trigger"`
	Record    *namedRecord `json:"record,omitempty" doc:"absent when the reader may not see it"`
	Stage     string       `json:"stage,omitempty"`
	StageName string       `json:"stageName,omitempty"`
	Fields    []string     `json:"fields,omitempty"`
	AtMs      int64        `json:"atMs,omitempty"`
	// Rule tells links apart that stand for the same rule: those that come again are a loop.
	Rule    string `json:"rule"`
	Repeats bool   `json:"repeats" doc:"it is part of what goes round"`
}

// namedRecord is a record by its name.
type namedRecord struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

// chainView is what led to something, the first cause first.
type chainView struct {
	Links  []chainLink `json:"links" nullable:"false"`
	Used   int         `json:"used" doc:"triggers and processes that caused each other"`
	Budget int         `json:"budget" doc:"with so many a chain is cut"`
	Cut    bool        `json:"cut" doc:"it would have gone on, and was not let"`
}

// chainRoutes tell why something happened.
func (a *API) chainRoutes() {
	route(a, spec{method: http.MethodGet, path: "/records/{type}/{id}/timeline/{entry}/chain", id: "readEntryChain", summary: "What led to an entry of a story, up to the first cause", tag: "crm", need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			ByType
			Entry string `path:"entry" maxLength:"300"`
		}) (*reply[chainView], error) {
			if _, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID); err != nil {
				return nil, err
			}
			e, led, err := a.CRM.LedTo(ctx, in.Entry)
			if err != nil {
				return nil, err
			}
			ids, err := a.CRM.Aliases(ctx, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			if of, id, _ := strings.Cut(e.Record, ":"); of != in.Type || !slices.Contains(ids, id) {
				return nil, problem.NotFound("entry")
			}
			from := automation.Origin{Actor: e.Actor, Cause: led.Cause, Chain: led.Chain}
			if from.Cause == "" && e.Run != "" {
				from.Cause = automation.LinkRun + ":" + e.Run
			}
			links, err := automation.LedTo(ctx, a.Causes, from)
			if err != nil {
				return nil, err
			}
			v, err := a.chain(ctx, links)
			if err != nil {
				return nil, err
			}
			v.Cut = e.Data["event"] == "chainTooLong"
			err = a.nameSteps(ctx, v.Links, e, led)
			return body(v), err
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/chain", id: "readRunChain", summary: "What led to a run, up to the first cause", tag: "runs", need: "runs.view"},
		func(ctx context.Context, in *ByID) (*reply[chainView], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			links, err := automation.LedTo(ctx, a.Causes, automation.Origin{Cause: automation.LinkRun + ":" + in.ID})
			if err != nil {
				return nil, err
			}
			v, err := a.chain(ctx, links)
			if err != nil {
				return nil, err
			}
			if err := a.nameSteps(ctx, v.Links, crm.Entry{}, crm.Led{}); err != nil {
				return nil, err
			}
			d, err := a.Runs.Get(ctx, in.ID)
			v.Cut = slices.ContainsFunc(d.Incidents, func(i run.Incident) bool { return i.Code == "causal_chain" })
			return body(v), err
		})
}

// chain names the links of a chain, as far as the reader may see them.
func (a *API) chain(ctx context.Context, links []core.Link) (chainView, error) {
	out := chainView{Links: []chainLink{}, Budget: automation.MaxDepth}
	var people []string
	for _, l := range links {
		if l.Kind == automation.LinkUser || l.Kind == automation.LinkTask || l.Kind == automation.LinkActivity {
			people = append(people, l.ID)
		}
	}
	names, err := a.People.Names(ctx, people)
	if err != nil {
		return out, err
	}
	seen := map[string]int{}
	before := ""
	for _, l := range links {
		if automation.Counts(l.Kind) {
			out.Used++
		}
		before = ruleOf(l, before)
		shown := chainLink{Kind: l.Kind, ID: l.ID, Key: l.Key, Stage: l.Stage, Fields: l.Fields, AtMs: int64(l.At), Rule: before, Name: names[l.ID]}
		if err := a.nameLink(ctx, l, &shown); err != nil {
			return out, err
		}
		if automation.Counts(l.Kind) { // that somebody comes twice is no loop
			seen[shown.Rule]++
		}
		out.Links = append(out.Links, shown)
	}
	first, last := -1, -1
	for i, l := range out.Links {
		if seen[l.Rule] > 1 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := range out.Links {
		out.Links[i].Repeats = first >= 0 && i >= first && i <= last
	}
	return out, nil
}

// ruleOf is the same for links that stand for the same rule at work. A message has an id
// of its own each time: it stands for the rule before it, which sends it.
func ruleOf(l core.Link, before string) string {
	switch l.Kind {
	case automation.LinkRun:
		return "run:" + l.Key
	case automation.LinkTrigger:
		return "trigger:" + l.Key + ":" + l.ID
	case automation.LinkMessage, automation.LinkSignal:
		if before != "" {
			return l.Kind + ":" + before
		}
	case automation.LinkChange:
		return "change:" + l.ID + ":" + l.Key + ":" + l.Stage + ":" + strings.Join(l.Fields, ",")
	}
	return l.Kind + ":" + l.ID
}

func (a *API) nameLink(ctx context.Context, l core.Link, shown *chainLink) error {
	if recordType, id, is := strings.Cut(l.Record, ":"); is && a.maySee(ctx, recordType, id) == nil {
		title, err := a.CRM.Title(ctx, recordType, id)
		if err != nil && !gone(err) {
			return err
		}
		shown.Record = &namedRecord{Type: recordType, ID: id, Title: title}
	}
	switch l.Kind {
	case automation.LinkRun, automation.LinkSchedule, automation.LinkWebhook:
		if l.Key == "" {
			return nil
		}
		d, err := a.Definitions.Summary(ctx, l.Key)
		if err != nil && !gone(err) {
			return err
		}
		shown.Name = d.Name
	case automation.LinkForm:
		f, err := a.Forms.Get(ctx, l.ID)
		if err != nil && !gone(err) {
			return err
		}
		shown.Name = f.Name
	case automation.LinkTrigger:
		placed, err := a.Boards.Triggers(ctx, "", l.Key)
		if err != nil {
			return err
		}
		for _, t := range placed {
			if t.ID == l.ID {
				shown.Name = t.Name
			}
		}
	}
	if l.Stage == "" || l.Key == "" {
		return nil
	}
	p, err := a.CRM.Pipeline(ctx, l.Key)
	if err != nil && !gone(err) {
		return err
	}
	if stage, ok := p.Stage(l.Stage); ok {
		shown.StageName = stage.Name
	}
	return nil
}

// nameSteps names the steps of processes that did what comes next in the chain, and of
// the last one, which did what an entry tells of. A step is found by the change that a
// story keeps; a process whose records are not to be seen keeps its steps to itself.
func (a *API) nameSteps(ctx context.Context, links []chainLink, e crm.Entry, led crm.Led) error {
	stories := map[string][]crm.Told{}
	for i := range links {
		l := &links[i]
		if l.Kind != automation.LinkRun || l.ID == "" {
			continue
		}
		step := led.Step
		if i < len(links)-1 {
			var err error
			if step, err = a.stepBetween(ctx, l.ID, links[i+1], stories); err != nil {
				return err
			}
		} else if e.Run != l.ID {
			continue
		}
		if step == nil {
			continue
		}
		name, robot, err := a.Runs.StepOf(ctx, l.ID, step.Effect)
		if err != nil {
			return err
		}
		if l.Step = name; name == "" && robot != "" {
			l.Step = a.Boards.Title(robot, requestOf(ctx).language)
		}
	}
	return nil
}

// stepBetween is what a run has changed of a record when it led to a change of it.
func (a *API) stepBetween(ctx context.Context, run string, to chainLink, stories map[string][]crm.Told) (*crm.Step, error) {
	if to.Kind != automation.LinkChange || to.Record == nil || clients(to.Record.Type) {
		return nil, nil
	}
	told, read := stories[to.Record.Type+":"+to.Record.ID]
	if !read {
		var err error
		if told, err = a.CRM.ToldOf(ctx, to.Record.Type, to.Record.ID); err != nil {
			return nil, err
		}
		stories[to.Record.Type+":"+to.Record.ID] = told
	}
	for _, t := range told {
		if t.Run == run && t.Led.Step != nil && t.At.UnixMilli() == to.AtMs {
			return t.Led.Step, nil
		}
	}
	return nil, nil
}

// gone tells whether what was looked for is not there any more.
func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == http.StatusNotFound
}
