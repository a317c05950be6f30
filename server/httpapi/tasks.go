package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
	"github.com/fluxo-app/fluxo/server/worklist"
)

type taskQuery struct {
	Paging
	View       string `query:"view" enum:"mine,group,today,overdue,delegated,done,all" default:"mine"`
	Q          string `query:"q" maxLength:"200"`
	Definition string `query:"definition" maxLength:"63"`
	RecordID   string `query:"recordId" maxLength:"100"`
	Sort       string `query:"sort" enum:"due,newest"`
	DueBefore  string `query:"dueBefore" maxLength:"40" doc:"only those with a deadline until this moment"`
}

// taskView is a task with its documents and its place in the run.
type taskView struct {
	worklist.Detail
	Documents  []FileInfo                `json:"documents"`
	NodeStates map[string]*run.NodeState `json:"nodeStates"`
	Record     *taskRecord               `json:"record,omitempty" doc:"what the caller may see of the record that the task is about"`
}

func (a *API) task(ctx context.Context, d worklist.Detail) (taskView, error) {
	v := taskView{Detail: d}
	if d.Refusal != nil {
		v.WhyNot = d.Refusal.Text(requestOf(ctx).language)
	}
	var err error
	if v.Documents, err = a.fileInfos(ctx, d.Documents); err != nil {
		return v, err
	}
	if v.Record, err = a.besideTask(ctx, d.RecordType, d.RecordID); err != nil {
		return v, err
	}
	p, err := a.Runs.Picture(ctx, d.RunID)
	v.NodeStates = p.NodeStates
	return v, err
}

func (a *API) taskReply(ctx context.Context, d worklist.Detail, err error) (*tagged[taskView], error) {
	if err != nil {
		return nil, err
	}
	v, err := a.task(ctx, d)
	return withTag(d.Rev, v), err
}

// seesAll tells whether the caller may see everybody's tasks.
func seesAll(ctx context.Context) bool { return access.From(ctx).Reach(access.TasksView) == access.All }

func (a *API) taskRoutes() {
	const tag = "tasks"
	route(a, spec{method: http.MethodGet, path: "/tasks", id: "listTasks", summary: "Tasks of one of my views", tag: tag, need: "tasks.view"},
		func(ctx context.Context, in *taskQuery) (*list[worklist.Summary], error) {
			if in.View == "all" && !seesAll(ctx) {
				return nil, problem.New("forbidden", "why", "your roles let you see your own tasks only")
			}
			due, err := docstore.ParseInstant(in.DueBefore)
			if err != nil {
				return nil, problem.Invalid("query.dueBefore", "format", "")
			}
			all, next, err := a.Worklist.List(ctx, callerOf(ctx).ID, worklist.Query{DueBefore: due, View: in.View, Text: in.Q, Definition: in.Definition, RecordID: in.RecordID,
				SortByDue: in.Sort == "due", Limit: in.Limit, Cursor: in.Cursor})
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/tasks/counts", id: "countTasks", summary: "How many tasks each of my views has", tag: tag, need: "tasks.view"},
		func(ctx context.Context, _ *struct{}) (*reply[worklist.Counts], error) {
			c, err := a.Worklist.Count(ctx, callerOf(ctx).ID)
			return body(c), err
		})
	route(a, spec{method: http.MethodGet, path: "/tasks/{id}", id: "readTask", summary: "One task", tag: tag, need: "tasks.view"},
		func(ctx context.Context, in *ByID) (*tagged[taskView], error) {
			d, err := a.Worklist.Get(ctx, in.ID, callerOf(ctx).ID, seesAll(ctx))
			return a.taskReply(ctx, d, err)
		})
	type completedRun struct {
		Status core.Status `json:"status"`
		Waits  []run.Wait  `json:"waits"`
	}
	type completed struct {
		Task taskView     `json:"task"`
		Run  completedRun `json:"run"`
	}
	route(a, spec{method: http.MethodPost, path: "/tasks/{id}/completion", id: "completeTask", summary: "Complete a task or vote", tag: tag, need: "tasks.complete"},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body worklist.Completion
		}) (*tagged[completed], error) {
			var rev int64
			if in.IfMatch != "" {
				var err error
				if rev, err = in.rev(); err != nil {
					return nil, err
				}
			}
			d, err := a.Worklist.Complete(ctx, in.ID, callerOf(ctx).ID, rev, in.Body)
			if err != nil {
				return nil, err
			}
			var out completed
			if out.Task, err = a.task(ctx, d); err != nil {
				return nil, err
			}
			// Read from the committed state: lists may lag by one relay.
			out.Run.Status, out.Run.Waits, err = a.Runs.Waits(ctx, d.RunID)
			return withTag(d.Rev, out), err
		})
	route(a, spec{method: http.MethodDelete, path: "/tasks/{id}/completion", id: "takeBackTask", summary: "Take my decision back while there is time", tag: tag, need: "tasks.complete"},
		func(ctx context.Context, in *ByID) (*tagged[taskView], error) {
			d, err := a.Worklist.TakeBack(ctx, in.ID, callerOf(ctx).ID)
			return a.taskReply(ctx, d, err)
		})
	route(a, spec{method: http.MethodPost, path: "/tasks/{id}/claim", id: "claimTask", summary: "Take a group's task", tag: tag, need: "tasks.complete"},
		func(ctx context.Context, in *ByID) (*tagged[taskView], error) {
			d, err := a.Worklist.Claim(ctx, in.ID, callerOf(ctx).ID)
			return a.taskReply(ctx, d, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/tasks/{id}/claim", id: "unclaimTask", summary: "Give a group's task back", tag: tag, need: "tasks.complete"},
		func(ctx context.Context, in *ByID) (*tagged[taskView], error) {
			d, err := a.Worklist.Unclaim(ctx, in.ID, callerOf(ctx).ID)
			return a.taskReply(ctx, d, err)
		})
	route(a, spec{method: http.MethodPost, path: "/tasks/{id}/delegation", id: "delegateTask", summary: "Hand a task to another person", tag: tag, need: "tasks.complete"},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				To     string `json:"to" minLength:"1" maxLength:"100"`
				Reason string `json:"reason,omitempty" maxLength:"2000"`
			}
		}) (*tagged[taskView], error) {
			d, err := a.Worklist.Delegate(ctx, in.ID, callerOf(ctx).ID, in.Body.To, in.Body.Reason)
			return a.taskReply(ctx, d, err)
		})
	route(a, spec{method: http.MethodPost, path: "/tasks/{id}/comments", id: "commentTask", summary: "Comment a task", tag: tag, need: "tasks.view", status: 201},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"10000"`
			}
		}) (*reply[worklist.Comment], error) {
			c, err := a.Worklist.AddComment(ctx, in.ID, callerOf(ctx).ID, in.Body.Text, seesAll(ctx))
			return body(c), err
		})
}
