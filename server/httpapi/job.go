package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// refusal is why something was refused, as people read it.
type refusal struct {
	Code   string         `json:"code"`
	Text   string         `json:"text"`
	Fields []refusedField `json:"fields,omitempty"`
}

type refusedField struct {
	Path string `json:"path"`
	Code string `json:"code"`
	Text string `json:"text"`
}

func toldRefusal(r *job.Refusal, language string) *refusal {
	if r == nil {
		return nil
	}
	p := r.Problem()
	out := &refusal{Code: p.Code, Text: p.Text(language)}
	for _, f := range p.Fields {
		out.Fields = append(out.Fields, refusedField{f.Path, f.Code, f.Words(language)})
	}
	return out
}

// jobView is a job as people read it.
type jobView struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	Type      string           `json:"type,omitempty"`
	Name      string           `json:"name,omitempty"`
	Actor     string           `json:"actor"`
	By        string           `json:"by" doc:"name of who started it"`
	Status    string           `json:"status" enum:"collecting,running,done,canceled,failed"`
	Stop      bool             `json:"stop" doc:"it ends after the lines under way"`
	Total     int              `json:"total"`
	Done      int              `json:"done" doc:"lines that are through: changed, same, refused and skipped ones"`
	Changed   int              `json:"changed"`
	Same      int              `json:"same"`
	Refused   int              `json:"refused"`
	Why       *refusal         `json:"why,omitempty" doc:"what ended a job that failed"`
	CreatedAt docstore.Instant `json:"createdAt"`
	EndedAt   docstore.Instant `json:"endedAt"`
}

// lineView is a line of a job as people read it.
type lineView struct {
	N      int              `json:"n"`
	Key    string           `json:"key"`
	Title  string           `json:"title,omitempty"`
	Status string           `json:"status" enum:"pending,done,same,refused,skipped"`
	Type   string           `json:"type,omitempty"`
	Record string           `json:"record,omitempty"`
	Note   string           `json:"note,omitempty"`
	Result json.RawMessage  `json:"result,omitempty" doc:"what the kind of the job tells of the line"`
	Why    *refusal         `json:"why,omitempty"`
	At     docstore.Instant `json:"at"`
}

func (a *API) jobViews(ctx context.Context, all ...job.Job) ([]jobView, error) {
	who := make([]string, 0, len(all))
	for _, j := range all {
		who = append(who, j.Actor)
	}
	names, err := a.Identity.Names(ctx, who)
	if err != nil {
		return nil, err
	}
	out := make([]jobView, 0, len(all))
	for _, j := range all {
		out = append(out, jobView{ID: j.ID, Kind: j.Kind, Type: j.Type, Name: j.Name, Actor: j.Actor, By: names[j.Actor], Status: j.Status, Stop: j.Stop,
			Total: j.Total, Done: j.Done, Changed: j.Changed, Same: j.Same, Refused: j.Refused, Why: toldRefusal(j.Why, requestOf(ctx).language),
			CreatedAt: j.CreatedAt, EndedAt: j.EndedAt})
	}
	return out, nil
}

// jobReply is the answer of who starts or reads a job.
func (a *API) jobReply(ctx context.Context, j job.Job, err error) (*reply[jobView], error) {
	if err != nil {
		return nil, err
	}
	all, err := a.jobViews(ctx, j)
	if err != nil {
		return nil, err
	}
	return body(all[0]), nil
}

// ownJob reads a job that the caller started; operators read all of them.
func (a *API) ownJob(ctx context.Context, id string) (job.Job, error) {
	j, err := a.Jobs.Get(ctx, id)
	if err == nil && j.Actor != callerOf(ctx).ID && access.From(ctx).Reach(access.RunsOperate) < access.All {
		return job.Job{}, problem.NotFound("job")
	}
	return j, err
}

func (a *API) jobRoutes() {
	const tag = "jobs"
	route(a, spec{method: http.MethodGet, path: "/jobs", id: "listJobs", summary: "Long acts that the caller started, newest first", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Paging
			Kind string `query:"kind" maxLength:"60" doc:"import, for example"`
		}) (*list[jobView], error) {
			all, next, err := a.Jobs.List(ctx, callerOf(ctx).ID, in.Kind, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			told, err := a.jobViews(ctx, all...)
			return page(told, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/jobs/{id}", id: "readJob", summary: "A long act and its progress", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*reply[jobView], error) {
			j, err := a.ownJob(ctx, in.ID)
			return a.jobReply(ctx, j, err)
		})
	route(a, spec{method: http.MethodGet, path: "/jobs/{id}/lines", id: "listJobLines", summary: "What became of each thing that a long act is about", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			ByID
			Paging
			Status string `query:"status" enum:"pending,done,same,refused,skipped"`
		}) (*list[lineView], error) {
			j, err := a.ownJob(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			all, next, err := a.Jobs.Lines(ctx, in.ID, in.Status, in.Limit, in.Cursor)
			out := make([]lineView, 0, len(all))
			for _, l := range all {
				// Who looks after the jobs of others sees how they went, not the records that
				// are hidden from them.
				if j.Actor != callerOf(ctx).ID && (l.Record == "" || !a.mayRead(ctx, l.Type, l.Record)) {
					l.Title, l.Note, l.Result, l.Why = "", "", nil, nil
				}
				out = append(out, lineView{N: l.N, Key: l.Key, Title: l.Title, Status: l.Status, Type: l.Type, Record: l.Record, Note: l.Note, Result: l.Result,
					Why: toldRefusal(l.Why, requestOf(ctx).language), At: l.At})
			}
			return page(out, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/jobs/{id}/cancel", id: "cancelJob", summary: "End a long act; what was done stays done", tag: tag, need: member, status: 202},
		func(ctx context.Context, in *ByID) (*reply[jobView], error) {
			if _, err := a.ownJob(ctx, in.ID); err != nil {
				return nil, err
			}
			j, err := a.Jobs.Cancel(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.note(ctx, "job.canceled", "job:"+j.ID, noted{After: map[string]any{"kind": j.Kind, "type": j.Type}}); err != nil {
				return nil, err
			}
			return a.jobReply(ctx, j, nil)
		})
}
