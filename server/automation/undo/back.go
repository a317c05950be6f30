package undo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
)

func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == http.StatusNotFound
}

// record turns back what the robot has changed of its record: that it was deleted,
// its fields, where it stands.
func (w *work) record(ctx context.Context) error {
	if len(w.waits) == 0 && w.rule.Trigger == "" {
		return nil
	}
	told, err := w.CRM.ToldOf(ctx, w.of.Type, w.of.ID)
	if err != nil {
		return err
	}
	if early, err := w.CRM.Untold(ctx, w.of.ID, w.effects, told); err != nil || early {
		return errors.Join(err, when(early))
	}
	var steps []crm.Step
	deleted := -1
	for i, t := range told {
		step := t.Led.Step
		ours := step != nil && (w.ours(step.Effect) || w.byTrigger(t))
		switch t.Kind {
		case "deleted":
			if deleted = -1; ours {
				deleted = i
			}
		case "restored":
			if !crm.ByUndo(t.Led.Cause) {
				deleted = -1
			}
		default:
			if ours {
				steps = append(steps, *step)
			}
		}
	}
	if deleted >= 0 {
		back, err := w.restore(ctx, told[deleted])
		if err != nil || !back || w.dry {
			return err
		}
	}
	if len(steps) == 0 {
		return nil
	}
	slices.SortStableFunc(steps, func(a, b crm.Step) int { return int(a.Rev - b.Rev) })
	all, err := w.CRM.TakeBack(ctx, w.change, w.of.Type, w.of.ID, steps, w.dry)
	if gone(err) {
		w.add(Item{Kind: "field", Verdict: Kept, Because: "gone"})
		return nil
	}
	if err != nil {
		return err
	}
	for _, t := range all {
		w.turned(t, Item{})
	}
	return nil
}

// turned adds what became of one field, or of where a record stands.
func (w *work) turned(t crm.Turned, item Item) {
	item.Kind, item.Field, item.Was, item.Is, item.Verdict, item.Because = "field", t.Key, t.Was, t.Is, Back, t.Because
	if t.Key == "stage" {
		item.Kind, item.Field = "stage", ""
	}
	if !t.Back {
		item.Verdict = Kept
	}
	w.add(item)
}

// changedClients turns back what the robot has changed of contacts and companies. What
// a former release has changed, whose stories tell nothing of it, is listed.
func (w *work) changedClients(ctx context.Context) error {
	var seen []crm.Ref
	for _, c := range w.clients {
		if slices.Contains(seen, c.Ref) {
			continue
		}
		seen = append(seen, c.Ref)
		if early, err := w.CRM.ClientUntold(ctx, c.Type, c.ID); err != nil || early {
			return errors.Join(err, when(early))
		}
		told, err := w.CRM.ToldOf(ctx, c.Type, c.ID)
		if err != nil {
			return err
		}
		var steps []crm.Step
		for _, t := range told {
			if step := t.Led.Step; step != nil && w.ours(step.Effect) {
				steps = append(steps, *step)
			}
		}
		if len(steps) == 0 {
			since, err := w.CRM.ClientChangedAt(ctx, c.Type, c.ID)
			if err != nil && !gone(err) {
				return err
			}
			if err == nil && since.UnixMilli() >= c.item.AtMs { // else nothing was different
				w.add(c.item)
			}
			continue
		}
		if err := w.changedClient(ctx, c, steps); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) changedClient(ctx context.Context, c client, steps []crm.Step) error {
	item := Item{Type: c.Type, ID: c.ID, Run: c.item.Run, AtMs: c.item.AtMs}
	keep := func(because string) {
		item.Kind, item.Verdict, item.Because = "client", Kept, because
		w.add(item)
	}
	title, err := w.CRM.Title(ctx, c.Type, c.ID)
	if gone(err) {
		keep("gone")
		return nil
	}
	if err != nil {
		return err
	}
	item.Title = title
	var p *problem.Problem
	if err := w.May(ctx, c.Type, c.ID, false); errors.As(err, &p) && p.Status() == http.StatusForbidden {
		keep("forbidden")
		return nil
	} else if err != nil {
		return err
	}
	slices.SortStableFunc(steps, func(a, b crm.Step) int { return int(a.Rev - b.Rev) })
	all, err := w.CRM.TakeBackClient(ctx, w.change, c.Type, c.ID, steps, w.dry)
	if err != nil {
		return err
	}
	for _, t := range all {
		w.turned(t, item)
	}
	return nil
}

// byTrigger tells whether the trigger has moved the record to the stage of the rule.
func (w *work) byTrigger(t crm.Told) bool {
	return w.rule.Trigger != "" && t.Led.Cause == crm.TriggerCause+w.rule.Trigger && t.Data["toId"] == w.rule.Stage && w.rule.during(core.Instant(t.At.UnixMilli()))
}

func when(early bool) error {
	if early {
		return ErrEarly
	}
	return nil
}

// restore takes the record out of the bin into which the robot had put it. It tells
// whether the record is there then.
func (w *work) restore(ctx context.Context, t crm.Told) (bool, error) {
	item := Item{Kind: "deleted", Verdict: Back, AtMs: t.At.UnixMilli(), Run: t.Run}
	if _, err := w.CRM.Record(ctx, w.of.Type, w.of.ID); err == nil {
		w.add(item) // by this undoing, before a crash
		return true, nil
	} else if !gone(err) {
		return false, err
	}
	if _, err := w.CRM.Binned(ctx, w.of.Type, w.of.ID); gone(err) {
		item.Verdict, item.Because = Kept, "gone"
		w.add(item)
		return false, nil
	} else if err != nil {
		return false, err
	}
	w.add(item)
	if w.dry {
		return true, nil
	}
	_, err := w.CRM.RestoreRecord(ctx, w.change, w.of.Type, w.of.ID)
	return err == nil, err
}

// created is a record, or a client, that the robot has made: it goes to the bin when
// nobody has touched it.
func (w *work) created(ctx context.Context, e store.Effect, recordType, id string) error {
	if id == "" {
		return nil
	}
	item := Item{Kind: "created", Verdict: Back, Type: recordType, ID: id, Run: string(e.RunID), AtMs: int64(e.CreatedAt)}
	var touched bool
	var err error
	switch recordType {
	case crm.TypeContact:
		item.Title, item.undo, touched, err = w.contact(ctx, id)
	case crm.TypeCompany:
		item.Title, item.undo, touched, err = w.company(ctx, id)
	default:
		item.Title, item.undo, touched, err = w.staged(ctx, recordType, id)
	}
	switch {
	case gone(err):
		item.Verdict, item.Because = Kept, "gone"
		if w.binnedHere(ctx, recordType, id) {
			item.Verdict, item.Because = Back, ""
		}
	case err != nil:
		return err
	case touched:
		item.Verdict, item.Because = Kept, "touched"
	}
	w.add(item)
	return nil
}

// binnedHere tells whether this undoing has put a record into the bin, before a crash.
func (w *work) binnedHere(ctx context.Context, recordType, id string) bool {
	told, err := w.CRM.ToldOf(ctx, recordType, id)
	return err == nil && slices.ContainsFunc(told, func(t crm.Told) bool { return t.Kind == "deleted" && t.Led.Cause == w.change.Cause })
}

func (w *work) contact(ctx context.Context, id string) (string, func(context.Context) error, bool, error) {
	c, err := w.CRM.Contact(ctx, id)
	return c.Name, func(ctx context.Context) error {
		if err := w.May(ctx, crm.TypeContact, id, true); err != nil {
			return err
		}
		return w.CRM.DeleteContact(ctx, w.once(""), id, c.Rev)
	}, c.Rev > 1, err
}

func (w *work) company(ctx context.Context, id string) (string, func(context.Context) error, bool, error) {
	c, err := w.CRM.Company(ctx, id)
	return c.Name, func(ctx context.Context) error {
		if err := w.May(ctx, crm.TypeCompany, id, true); err != nil {
			return err
		}
		return w.CRM.DeleteCompany(ctx, w.once(""), id, c.Rev)
	}, c.Rev > 1, err
}

func (w *work) once(effect string) crm.Change {
	by := w.change
	by.Effect = effect
	return by
}

// staged tells whether somebody has touched a record since a robot has made it. What
// other rules have done to it is no touch.
func (w *work) staged(ctx context.Context, recordType, id string) (string, func(context.Context) error, bool, error) {
	d, err := w.CRM.Record(ctx, recordType, id)
	if err != nil {
		return "", nil, false, err
	}
	told, err := w.CRM.ToldOf(ctx, recordType, id)
	if err != nil {
		return "", nil, false, err
	}
	touched, last := false, int64(0)
	for _, t := range told {
		last = max(last, t.Led.Rev)
		switch t.Kind {
		case "created", "linked", "run":
		case "task", "activity":
			touched = touched || t.Actor != ""
		default:
			touched = touched || t.Run == "" && t.Data["trigger"] == nil
		}
	}
	if last > 0 && last < d.Rev && !touched {
		return "", nil, false, fmt.Errorf("%w: %s %s", ErrEarly, recordType, id)
	}
	return d.Title, func(ctx context.Context) error {
		if err := w.May(ctx, recordType, id, true); err != nil {
			return err
		}
		return w.CRM.DeleteRecord(ctx, w.once(w.change.Effect), recordType, id, d.Rev)
	}, touched, nil
}
