package undo

import (
	"context"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// knownProcess refuses a version that a status-driven process never had.
func (s *Service) knownProcess(ctx context.Context, r Rule) error {
	t, err := s.Statuses.Get(ctx, r.Process)
	if err == nil && r.Version > t.Process.Version {
		err = problem.NotFound("version")
	}
	return err
}

// knownStep refuses a step that neither stands in the process nor in one of its versions.
func (s *Service) knownStep(ctx context.Context, r Rule) error {
	had, err := s.Statuses.HasHad(ctx, r.Process, r.Robot, r.Version)
	if err == nil && !had {
		err = problem.NotFound("step")
	}
	return err
}

// course is one status-driven process of the record. One that is under way is ended
// before anything is turned back, so that nothing goes on behind the undoing. Its
// changes of status end with it: to go back to a status would do again what is done
// when one is entered. One that has ended keeps its way, which is listed.
func (w *work) course(ctx context.Context, r store.Run) error {
	effects, tasks, err := w.begun(ctx, r)
	if err != nil {
		return err
	}
	ours := r.Status == core.Active || r.Status == core.Quarantined
	if ours && !w.dry {
		if err := w.withdraw(ctx, r.ID, true); err != nil {
			return err
		}
		// What came in between counts; what was open is closed now, by this undoing.
		lateEffects, lateTasks, err := w.begun(ctx, r)
		if err != nil {
			return err
		}
		for i, e := range lateEffects {
			at := slices.IndexFunc(effects, func(one store.Effect) bool { return one.Wait == e.Wait })
			if e.Status == store.EffectCanceled && at >= 0 {
				lateEffects[i] = effects[at]
			}
		}
		for i, t := range lateTasks {
			at := slices.IndexFunc(tasks, func(one store.Task) bool { return one.ID == t.ID })
			if t.Status == store.TaskCanceled && at >= 0 {
				lateTasks[i] = tasks[at]
			}
		}
		effects, tasks = lateEffects, lateTasks
	}
	way, err := w.Statuses.CourseOf(ctx, string(r.ID))
	if err != nil {
		return err
	}
	item := Item{Kind: "run", Verdict: Back, Title: way.Name, Is: way.Current, Run: string(r.ID), AtMs: int64(r.StartedAt)}
	if !ours && way.Reason != w.reason() { // else it was ended before a crash
		item.Verdict, item.Because = Left, "ended"
	}
	w.add(item)
	for _, m := range way.Moves {
		move := item
		move.Kind, move.Was, move.Is = "status", m.From, m.To
		w.add(move)
	}
	for _, e := range effects {
		if err := w.effect(ctx, e); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		if t.Status != store.TaskCanceled {
			w.task(t)
		}
	}
	return nil
}
