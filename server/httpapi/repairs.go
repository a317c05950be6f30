package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/repair"
	"github.com/fluxo-app/fluxo/server/run"
)

// repairRoutes are the operator's: acts on one run and on many, previews, what is
// suspended, and why a run does not go on.
func (a *API) repairRoutes() {
	const tag = "repairs"
	type acted struct {
		Run     run.Summary    `json:"run"`
		Outcome repair.Outcome `json:"outcome"`
	}
	route(a, spec{method: http.MethodPost, path: "/runs/{id}/actions", id: "actOnRun", summary: "Repair a run", tag: "runs", need: "runs.operate", status: 202},
		func(ctx context.Context, in *struct {
			ByID
			Body repair.Wish
		}) (*reply[acted], error) {
			in.Body.Back = nil
			o, err := a.Repairs.Act(ctx, in.ID, in.Body, callerOf(ctx).ID, "action:"+requestOf(ctx).id)
			if err != nil {
				return nil, err
			}
			before, after := repair.Told(in.Body, o)
			if err := a.note(ctx, "run."+in.Body.Action, "run:"+in.ID, noted{Before: before, After: after}); err != nil {
				return nil, err
			}
			all, err := a.Runs.Summaries(ctx, []string{in.ID})
			if err != nil {
				return nil, err
			}
			return body(acted{all[0], o}), nil
		})
	route(a, spec{method: http.MethodPost, path: "/runs/{id}/actions/preview", id: "previewActionOnRun", summary: "What a repair would do to a run", tag: "runs",
		need: "runs.operate", fresh: true},
		func(ctx context.Context, in *struct {
			ByID
			Body repair.Wish
		}) (*reply[repair.Outcome], error) {
			if err := in.Body.Check(); err != nil {
				return nil, err
			}
			in.Body.Back = nil
			o, err := a.Repairs.Preview(ctx, in.ID, in.Body, callerOf(ctx).ID, requestOf(ctx).language)
			return body(o), err
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/outlook", id: "readOutlook", summary: "Why a run does not go on", tag: "runs", need: "runs.view"},
		func(ctx context.Context, in *ByID) (*reply[repair.Outlook], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			o, err := a.Repairs.Outlook(ctx, in.ID)
			return body(o), err
		})
	type bulk struct {
		Wish   repair.Wish      `json:"wish"`
		Select repair.Selection `json:"select"`
	}
	route(a, spec{method: http.MethodPost, path: "/repairs/preview", id: "previewRepair", summary: "What a bulk repair would do, run by run", tag: tag, need: "runs.operate", fresh: true},
		func(ctx context.Context, in *struct {
			Paging
			Body struct {
				Wish   repair.Wish      `json:"wish"`
				Select repair.Selection `json:"select"`
				Draft  bool             `json:"draft,omitempty" doc:"of a migration: to the draft of the process, as if it were published"`
			}
		}) (*list[repair.Outcome], error) {
			if err := a.asListed(ctx, &in.Body.Select); err != nil {
				return nil, err
			}
			if in.Body.Draft {
				all, next, err := a.Repairs.RehearseDraft(ctx, in.Body.Wish, in.Body.Select, in.Cursor, in.Limit, callerOf(ctx).ID)
				return page(all, next), err
			}
			all, next, err := a.Repairs.Rehearse(ctx, in.Body.Wish, in.Body.Select, in.Cursor, in.Limit, callerOf(ctx).ID, requestOf(ctx).language)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/repairs", id: "startRepair", summary: "Repair many runs, as a job", tag: tag, need: "runs.operate", status: 202},
		func(ctx context.Context, in *struct{ Body bulk }) (*reply[repair.Job], error) {
			if err := a.asListed(ctx, &in.Body.Select); err != nil {
				return nil, err
			}
			j, err := a.Repairs.Start(ctx, in.Body.Wish, in.Body.Select, callerOf(ctx).ID)
			if err != nil {
				return nil, err
			}
			return body(j), a.note(ctx, "repair.started", "repair:"+j.ID, because(in.Body.Wish.Action, in.Body.Wish.Reason))
		})
	route(a, spec{method: http.MethodGet, path: "/repairs", id: "listRepairs", summary: "Repair jobs, newest first", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *struct{ Paging }) (*list[toldJob], error) {
			all, next, err := a.Repairs.Jobs(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			told, err := a.toldJobs(ctx, all...)
			return page(told, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/repairs/{id}", id: "readRepair", summary: "A repair job and its progress", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *ByID) (*reply[toldJob], error) {
			j, err := a.Repairs.Job(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			told, err := a.toldJobs(ctx, j)
			if err != nil {
				return nil, err
			}
			return body(told[0]), nil
		})
	route(a, spec{method: http.MethodGet, path: "/repairs/{id}/results", id: "listRepairResults", summary: "One line per run of a repair job", tag: tag, need: "runs.operate"},
		func(ctx context.Context, in *struct {
			ByID
			Paging
		}) (*list[repair.Result], error) {
			all, next, err := a.Repairs.Results(ctx, in.ID, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/repairs/{id}/cancel", id: "cancelRepair", summary: "End a repair job; what was done stays done", tag: tag, need: "runs.operate", status: 202},
		func(ctx context.Context, in *ByID) (*reply[repair.Job], error) {
			j, err := a.Repairs.CancelJob(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return body(j), a.note(ctx, "repair.canceled", "repair:"+in.ID, noted{})
		})
	type reason struct {
		Reason string `json:"reason,omitempty" maxLength:"2000"`
	}
	route(a, spec{method: http.MethodPost, path: "/repairs/{id}/take-back", id: "takeBackRepair", summary: "Take a migration back", tag: tag, need: "runs.operate", status: 202},
		func(ctx context.Context, in *struct {
			ByID
			Body reason
		}) (*reply[repair.Job], error) {
			j, err := a.Repairs.TakeBack(ctx, in.ID, callerOf(ctx).ID, in.Body.Reason)
			if err != nil {
				return nil, err
			}
			return body(j), a.note(ctx, "repair.takenBack", "repair:"+in.ID, because("", in.Body.Reason))
		})
	route(a, spec{method: http.MethodGet, path: "/suspensions", id: "listSuspensions", summary: "Processes that are suspended; key * is the whole workspace", tag: tag, need: "runs.view"},
		func(ctx context.Context, _ *struct{}) (*list[suspension], error) {
			all, err := a.suspensions(ctx)
			return page(all, ""), err
		})
	type Suspended struct {
		Key string `path:"key" maxLength:"63" doc:"of the process, or * for the whole workspace"`
	}
	route(a, spec{method: http.MethodPut, path: "/suspensions/{key}", id: "suspend", summary: "Suspend a process or the workspace", tag: tag, need: "runs.operate", status: 204},
		func(ctx context.Context, in *struct {
			Suspended
			Body reason
		}) (*none, error) {
			if in.Key != repair.Workspace {
				if _, err := a.Definitions.Get(ctx, in.Key); err != nil {
					return nil, err
				}
			}
			if err := a.Repairs.Hold(ctx, in.Key, callerOf(ctx).ID, in.Body.Reason); err != nil {
				return nil, err
			}
			return &none{}, a.note(ctx, "suspended", "suspension:"+in.Key, because("", in.Body.Reason))
		})
	route(a, spec{method: http.MethodDelete, path: "/suspensions/{key}", id: "resume", summary: "End a suspension", tag: tag, need: "runs.operate", status: 204},
		func(ctx context.Context, in *Suspended) (*none, error) {
			if err := a.Repairs.Release(ctx, in.Key); err != nil {
				return nil, err
			}
			return &none{}, a.note(ctx, "resumed", "suspension:"+in.Key, noted{})
		})
}

// toldJob is a job as people read it.
type toldJob struct {
	repair.Job
	By string `json:"by,omitempty" doc:"name of who started it; none for what the product does itself"`
}

func (a *API) toldJobs(ctx context.Context, all ...repair.Job) ([]toldJob, error) {
	who := make([]string, 0, len(all))
	for _, j := range all {
		who = append(who, j.Actor)
	}
	names, err := a.Identity.Names(ctx, who)
	if err != nil {
		return nil, err
	}
	out := make([]toldJob, 0, len(all))
	for _, j := range all {
		out = append(out, toldJob{j, names[j.Actor]})
	}
	return out, nil
}

// suspension is one as people read it.
type suspension struct {
	repair.Suspension
	By   string `json:"by,omitempty" doc:"name of who suspended it"`
	Name string `json:"name,omitempty" doc:"of the process"`
}

func (a *API) suspensions(ctx context.Context) ([]suspension, error) {
	all, err := a.Repairs.Suspensions(ctx)
	if err != nil {
		return nil, err
	}
	who := make([]string, 0, len(all))
	for _, held := range all {
		who = append(who, held.Actor)
	}
	names, err := a.Identity.Names(ctx, who)
	if err != nil {
		return nil, err
	}
	out := make([]suspension, 0, len(all))
	for _, held := range all {
		told := suspension{Suspension: held, By: names[held.Actor], Name: held.Key}
		if held.Key == repair.Workspace {
			told.Name = ""
		} else if d, err := a.Definitions.Summary(ctx, held.Key); err == nil { // else deleted since
			told.Name = d.Name
		}
		out = append(out, told)
	}
	return out, nil
}

// because is the detail of an act that has a reason only.
func because(action, reason string) noted {
	d := map[string]any{}
	if action != "" {
		d["action"] = action
	}
	if reason != "" {
		d["reason"] = reason
	}
	return noted{After: d}
}

// asListed makes a selection by filter mean the runs that the list shows.
func (a *API) asListed(ctx context.Context, s *repair.Selection) error {
	if s.Filter == nil {
		return nil
	}
	return a.whoIsMeant(ctx, &s.Filter.Search)
}
