package undo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/crm"
)

// work is what one record is about.
type work struct {
	*Service
	by     board.By
	rule   Rule
	of     crm.Ref
	job    string
	dry    bool
	change crm.Change

	items   []Item
	effects []string // by which the robot has changed records
	waits   []string // of which those effects are, without the count of tries
	clients []client // that the robot has changed
}

// client is a contact or company that a robot has changed.
type client struct {
	crm.Ref
	item Item
}

// outside are the kinds of what robots do that stays done.
var outside = map[string]string{
	"mail.send": "mail", "mail.employees": "mail", "webhook.call": "webhook", "notification.send": "notification", "feed.post": "post", "comment.add": "comment",
	"history.write": "history", "document.generate": "document", "process.run": "process", "exceptions.add": "exception", "control.watch": "notification",
}

// inside are robots whose work is found in the stories of records, and those that leave nothing.
var inside = []string{"record.setFields", "record.setResponsible", "record.setStage", "record.move", "record.delete", "code.generate", "employee.select", "record.wait", "wait.until",
	"record.setClient", "record.create", "record.copy", "record.repeatLead", "record.convert", "activity.plan", "activity.call", "activity.meeting", "activity.task"}

func (w *work) add(i Item) { w.items = append(w.items, i) }

// find gathers what the robot has done in the runs of the record, newest first.
func (w *work) find(ctx context.Context) error {
	if w.rule.Trigger != "" {
		return nil // it only moves the record, which the story tells
	}
	key, err := w.key(ctx, w.rule)
	if err != nil {
		return err
	}
	for cursor := ""; ; {
		q := w.runs(w.rule, key, pageOfRuns, cursor)
		q.RecordType, q.RecordID = w.of.Type, w.of.ID
		page, err := w.Store.List(ctx, q)
		if err != nil {
			return fmt.Errorf("runs of %s: %w", key, err)
		}
		look := w.run
		if w.rule.whole() {
			look = w.course
		}
		for _, r := range page.Runs {
			if err := look(ctx, r); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func (w *work) run(ctx context.Context, r store.Run) error {
	effects, tasks, err := w.begun(ctx, r)
	if err != nil {
		return err
	}
	worked := false
	for _, e := range effects {
		if string(e.Node) != w.rule.Robot || !w.rule.during(e.CreatedAt) {
			continue
		}
		worked = true
		if err := w.effect(ctx, e); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		if string(t.Node) == w.rule.Robot && w.rule.during(t.OpenedAt) {
			worked = true
			w.task(t)
		}
	}
	if worked || r.Status != core.Active || !w.rule.To.IsZero() || w.rule.Process != "" {
		return nil // a status-driven process goes its own way: what a step may still do is not its work yet
	}
	state, err := w.Boards.StandsIn(ctx, string(r.ID), w.rule.Robot, w.by.Language)
	if err != nil {
		return err
	}
	if state.State == board.Waiting || state.State == board.WaitsTurn {
		w.add(Item{Kind: "waiting", Verdict: Back, Run: string(r.ID), undo: func(ctx context.Context) error {
			return w.withdraw(ctx, r.ID, false)
		}})
	}
	return nil
}

// withdraw ends what the rule has begun and not finished in a run.
func (w *work) withdraw(ctx context.Context, run core.RunID, begun bool) error {
	switch {
	case w.rule.whole():
		return w.Statuses.Stop(ctx, w.by.Actor, string(run), w.reason())
	case w.rule.Process != "":
		return w.Statuses.Withdraw(ctx, w.by.Actor, string(run), w.rule.Robot, w.job)
	}
	return w.Boards.Withdraw(ctx, w.by, string(run), w.rule.Robot, w.job, begun)
}

// begun are the effects and tasks of a run, those with that went long ago.
func (w *work) begun(ctx context.Context, r store.Run) ([]store.Effect, []store.Task, error) {
	effects, err := w.Store.RunEffects(ctx, r.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("effects of run %s: %w", r.ID, err)
	}
	tasks, err := w.tasks(ctx, r.ID)
	if err != nil {
		return nil, nil, err
	}
	return w.remembered(ctx, r, effects, tasks)
}

func (w *work) tasks(ctx context.Context, run core.RunID) ([]store.Task, error) {
	var all []store.Task
	for cursor := ""; ; {
		page, err := w.Store.ListTasks(ctx, store.TaskQuery{RunID: run, Limit: pageOfRuns, Cursor: cursor})
		if err != nil {
			return nil, fmt.Errorf("tasks of run %s: %w", run, err)
		}
		all = append(all, page.Tasks...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// task is what a person was asked to do.
func (w *work) task(t store.Task) {
	item := Item{Kind: "task", Verdict: Back, ID: t.ID, Title: t.Name, Run: string(t.RunID), AtMs: int64(t.OpenedAt)}
	switch t.Status {
	case store.TaskDecided, store.TaskCompleted:
		item.Verdict, item.Because = Left, "done"
	case store.TaskCanceled:
		if t.Reason == "" && !w.dry {
			break // by this undoing, before a crash; or with its run: both is closed
		}
		return
	default:
		item.undo = func(ctx context.Context) error {
			return w.withdraw(ctx, t.RunID, true)
		}
	}
	w.add(item)
}

// effect is one piece of work of a robot.
func (w *work) effect(ctx context.Context, e store.Effect) error {
	item := Item{Kind: "unsent", Verdict: Back, Title: titled(e), Run: string(e.RunID), AtMs: int64(e.CreatedAt)}
	switch e.Status {
	case store.EffectCanceled:
		return nil
	case store.EffectReady, store.EffectAwaiting, store.EffectFailed:
		if e.Status == store.EffectAwaiting && outside[e.Robot] == "process" {
			w.add(Item{Kind: "process", Verdict: Left, Because: "outside", Title: titled(e), ID: text(e, "runId"), Run: item.Run, AtMs: item.AtMs})
		}
		item.undo = func(ctx context.Context) error {
			return w.withdraw(ctx, e.RunID, true)
		}
		w.add(item)
		return nil
	case store.EffectRunning, store.EffectSending, store.EffectUnknown:
		item.Verdict, item.Because = Left, "underWay"
		w.add(item)
		return nil
	}
	w.waits = append(w.waits, string(e.Wait))
	if e.ID != "" { // one that is remembered only was told of long ago
		w.effects = append(w.effects, e.ID, string(e.Wait))
	}
	return w.finished(ctx, e)
}

// ours tells whether a change was made by the robot. Robots that do a thing once per
// step name the wait, others the try of it.
func (w *work) ours(effect string) bool {
	return slices.ContainsFunc(w.waits, func(wait string) bool { return effect == wait || strings.HasPrefix(effect, wait+":") })
}

func (w *work) finished(ctx context.Context, e store.Effect) error {
	item := Item{Verdict: Left, Because: "outside", Title: titled(e), Run: string(e.RunID), AtMs: int64(e.CreatedAt)}
	if kind := outside[e.Robot]; kind != "" {
		if item.Kind = kind; kind == "process" {
			item.ID = text(e, "runId")
		}
		w.add(item)
		return nil
	}
	if !slices.Contains(inside, e.Robot) {
		item.Kind = "other"
		w.add(item)
		return nil
	}
	switch e.Robot {
	case "activity.plan", "activity.call", "activity.meeting", "activity.task":
		return w.activity(ctx, e)
	case "record.create", "record.copy", "record.repeatLead":
		made := w.of.Type
		if e.Robot == "record.repeatLead" {
			made = crm.TypeLead
		}
		if given := text(e, "type"); given != "" {
			made = given
		}
		if created, said := value(e, "created").(bool); said && !created {
			return nil // it was there before
		}
		return w.created(ctx, e, made, text(e, "id"))
	case "record.convert":
		for name, recordType := range map[string]string{"id": crm.TypeDeal, "contact": crm.TypeContact, "company": crm.TypeCompany} {
			if err := w.created(ctx, e, recordType, text(e, name)); err != nil {
				return err
			}
		}
	case "record.setClient":
		kind := configText(e, "client")
		if created, _ := value(e, "created").(bool); created {
			return w.created(ctx, e, kind, text(e, "id"))
		}
		if update, _ := configValue(e, "update").(bool); update && text(e, "id") != "" {
			item.Kind, item.Type, item.ID = "client", kind, text(e, "id")
			w.clients = append(w.clients, client{crm.Ref{Type: kind, ID: item.ID}, item})
		}
	}
	return nil
}

// activity is what the robot has planned.
func (w *work) activity(ctx context.Context, e store.Effect) error {
	item := Item{Kind: "activity", Verdict: Back, ID: text(e, "id"), Run: string(e.RunID), AtMs: int64(e.CreatedAt)}
	a, err := w.Activities.Get(ctx, item.ID)
	switch {
	case gone(err):
		item.Verdict, item.Because = Kept, "gone"
	case err != nil:
		return err
	case a.Status != activity.Planned && (a.Status != activity.Canceled || a.Result != w.reason()):
		item.Verdict, item.Because = Left, "done"
	default:
		item.undo = func(ctx context.Context) error {
			_, err := w.Activities.Close(ctx, activity.By{Actor: w.by.Actor}, item.ID, 0, activity.Canceled, w.reason())
			return err
		}
	}
	item.Title = a.Title
	w.add(item)
	return nil
}

// reason is what a canceled activity says.
func (w *work) reason() string { return crm.UndoCause + w.job }

func titled(e store.Effect) string {
	for _, name := range []string{"subject", "to", "url", "process", "title", "text", "body"} {
		if t := configText(e, name); t != "" && (name == "subject" || name == "url" || name == "process" || name == "title" || name == "text") {
			if to := configText(e, "to"); to != "" && name != "to" {
				return short(t) + " → " + short(to)
			}
			return short(t)
		}
	}
	if e.NodeName != "" {
		return e.NodeName
	}
	return e.Robot
}

func short(text string) string {
	const most = 120
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func value(e store.Effect, name string) any {
	if e.Result == nil {
		return nil
	}
	return e.Result.Result[name]
}

func text(e store.Effect, name string) string { t, _ := value(e, name).(string); return t }

func configValue(e store.Effect, name string) any {
	var config map[string]any
	if json.Unmarshal(e.Config, &config) != nil {
		return nil
	}
	return config[name]
}

func configText(e store.Effect, name string) string { t, _ := configValue(e, name).(string); return t }
