package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/undo"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// undoKind is the kind of the jobs that take the work of a robot, a trigger or a
// status-driven process back.
const undoKind = "automation.undo"

// undoInput is what the job keeps.
type undoInput struct {
	Rule     undo.Rule `json:"rule"`
	Dry      bool      `json:"dry"`
	Language string    `json:"language"`
}

// UndoPeriod is what an undoing is asked with.
type UndoPeriod struct {
	Dry  bool             `json:"dry,omitempty" doc:"change nothing, only tell what would become of it"`
	From docstore.Instant `json:"from,omitempty" doc:"what was begun before this is left alone"`
	To   docstore.Instant `json:"to,omitempty"`
}

// undoCount is how many things of a kind became what.
type undoCount struct {
	Kind    string `json:"kind"`
	Verdict string `json:"verdict" enum:"back,kept,left"`
	Because string `json:"because,omitempty"`
	Count   int    `json:"count"`
}

// undoView is an undoing as a whole.
type undoView struct {
	Job     jobView     `json:"job"`
	Rule    undo.Rule   `json:"rule"`
	Dry     bool        `json:"dry" doc:"nothing is changed; it is only told what would be"`
	Records int         `json:"records" doc:"on which it has left something"`
	Counts  []undoCount `json:"counts" nullable:"false"`
}

// undoing carries out such jobs: a line per record, with what became of each thing.
type undoing struct{ a *API }

func (u undoing) input(j job.Job) (in undoInput, err error) {
	err = json.Unmarshal(j.Input, &in)
	return in, err
}

// Collect implements job.Kind.
func (u undoing) Collect(ctx context.Context, j job.Job, cursor string) ([]job.Item, string, error) {
	in, err := u.input(j)
	if err != nil {
		return nil, "", err
	}
	refs, titles, next, err := u.a.Undo.Records(ctx, in.Rule, cursor)
	items := make([]job.Item, 0, len(refs))
	for i, r := range refs {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, "", err
		}
		title := titles[i]
		if err := u.see(ctx, r); refused(err) {
			title = "" // robots go over records that whoever takes back may not see
		} else if err != nil {
			return nil, "", err
		}
		items = append(items, job.Item{Key: r.Type + "." + r.ID, Title: title, Body: body})
	}
	return items, next, err
}

// cover takes out of what is told how records and clients are called that the person of
// the context may not see.
func (u undoing) cover(ctx context.Context, items []undo.Item) error {
	for i := range items {
		if items[i].Type == "" || items[i].ID == "" || items[i].Title == "" {
			continue
		}
		if err := u.see(ctx, crm.Ref{Type: items[i].Type, ID: items[i].ID}); refused(err) {
			items[i].Title = ""
		} else if err != nil {
			return err
		}
	}
	return nil
}

// see refuses a record, also one in the bin, that the person of the context may not see.
func (u undoing) see(ctx context.Context, r crm.Ref) error {
	err := u.a.maySee(ctx, r.Type, r.ID)
	if gone(err) {
		err = u.a.mayBin(ctx, access.CRMView, r.Type, r.ID)
	}
	return err
}

// refused tells an answer of the rules from a failure.
func refused(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() < http.StatusInternalServerError
}

// Treat implements job.Kind. A record that whoever started it may not edit is refused.
func (u undoing) Treat(ctx context.Context, j job.Job, l job.Line) (job.Outcome, error) {
	out := job.Outcome{Status: job.Same}
	in, err := u.input(j)
	if err != nil {
		return out, err
	}
	var r crm.Ref
	if err := json.Unmarshal(l.Body, &r); err != nil {
		return out, err
	}
	out.Type, out.Record = r.Type, r.ID
	if err := u.a.mayUndo(ctx, in.Rule); err != nil {
		return out, err
	}
	if _, err := u.a.mayRecord(ctx, access.CRMEdit, r.Type, r.ID); gone(err) {
		if err := u.a.mayBin(ctx, access.CRMEdit, r.Type, r.ID); err != nil {
			return out, err
		}
	} else if err != nil {
		return out, err
	}
	items, err := u.a.Undo.Do(ctx, board.By{Actor: j.Actor, Language: in.Language}, in.Rule, r, j.ID, in.Dry)
	if err != nil {
		return out, err
	}
	if len(items) == 0 {
		return out, nil
	}
	if err := u.cover(ctx, items); err != nil {
		return out, err
	}
	if slices.ContainsFunc(items, func(i undo.Item) bool { return i.Verdict == undo.Back }) {
		out.Status = job.Done
	}
	out.Result, err = json.Marshal(items)
	return out, err
}

// mayDo tells the undoing whether its actor may bin or edit a record that a robot made.
func (a *API) mayDo(ctx context.Context, recordType, id string, remove bool) error {
	need := access.CRMEdit
	if remove {
		need = access.CRMDelete
	}
	if clients(recordType) {
		err := a.mayClient(ctx, need, recordType, id)
		if !gone(err) {
			return err
		}
		if _, missing := a.CRM.ClientOwner(ctx, recordType, id); missing != nil {
			return missing
		}
		// It is there, and not the actor's to see: the undoing tells that it stays.
		return a.decide(ctx, access.CRMView, access.Object{Type: recordType, ID: id, Record: recordType})
	}
	_, err := a.mayRecord(ctx, need, recordType, id)
	return err
}

// undoRoutes take back what a robot or trigger of a stage, or a status-driven process, has done.
//
// covers 5.7
func (a *API) undoRoutes() {
	const tag = "stage automation"
	if a.Jobs != nil {
		a.Undo.May = a.mayDo
		a.Jobs.Register(undoKind, undoing{a})
	}
	route(a, spec{method: http.MethodPost, path: "/stage-boards/{pipeline}/stages/{stage}/robots/{robot}/undo", id: "undoStageRobot", summary: "Find what a robot has done, and take it back as far as nobody has touched it since; as a job with a line per record",
		tag: tag, need: string(access.AutomationEdit), status: 202},
		func(ctx context.Context, in *struct {
			OfPipeline
			Stage string `path:"stage" maxLength:"40"`
			Robot string `path:"robot" maxLength:"40"`
			Body  struct {
				UndoPeriod
				Version int `json:"version,omitempty" minimum:"0" doc:"of the stage's process; absent = all"`
			}
		}) (*reply[jobView], error) {
			return a.undo(ctx, undo.Rule{Pipeline: in.Pipeline, Stage: in.Stage, Robot: in.Robot, Version: in.Body.Version, From: in.Body.From, To: in.Body.To}, in.Body.Dry)
		})
	route(a, spec{method: http.MethodPost, path: "/stage-boards/{pipeline}/stages/{stage}/triggers/{trigger}/undo", id: "undoStageTrigger", summary: "Find which records a trigger has moved to its stage, and move those back that have not been moved since; as a job with a line per record",
		tag: tag, need: string(access.AutomationEdit), status: 202},
		func(ctx context.Context, in *struct {
			OfPipeline
			Stage   string `path:"stage" maxLength:"40"`
			Trigger string `path:"trigger" maxLength:"40"`
			Body    UndoPeriod
		}) (*reply[jobView], error) {
			return a.undo(ctx, undo.Rule{Pipeline: in.Pipeline, Stage: in.Stage, Trigger: in.Trigger, From: in.Body.From, To: in.Body.To}, in.Body.Dry)
		})
	route(a, spec{method: http.MethodPost, path: "/status-processes/{id}/undo", id: "undoStatusProcess", summary: "Find what a status-driven process has done, end what is under way and take it back as far as nobody has touched it since; as a job with a line per record",
		tag: "status processes", need: string(access.AutomationEdit), status: 202},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"50"`
			Body struct {
				UndoPeriod
				Version int `json:"version,omitempty" minimum:"0" doc:"of the process; absent = all"`
			}
		}) (*reply[jobView], error) {
			return a.undo(ctx, undo.Rule{Process: in.ID, Version: in.Body.Version, From: in.Body.From, To: in.Body.To}, in.Body.Dry)
		})
	route(a, spec{method: http.MethodPost, path: "/status-processes/{id}/steps/{step}/undo", id: "undoStatusStep", summary: "Find what a step of a status-driven process has done, and take it back as far as nobody has touched it since; as a job with a line per record",
		tag: "status processes", need: string(access.AutomationEdit), status: 202},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"50"`
			Step string `path:"step" maxLength:"40"`
			Body struct {
				UndoPeriod
				Version int `json:"version,omitempty" minimum:"0" doc:"of the process; absent = all"`
			}
		}) (*reply[jobView], error) {
			return a.undo(ctx, undo.Rule{Process: in.ID, Robot: in.Step, Version: in.Body.Version, From: in.Body.From, To: in.Body.To}, in.Body.Dry)
		})
	route(a, spec{method: http.MethodGet, path: "/undoings/{id}", id: "readUndoing", summary: "What an undoing has found, counted; the lines of its job tell it record by record", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*reply[undoView], error) {
			j, err := a.ownJob(ctx, in.ID)
			if err == nil && j.Kind != undoKind {
				err = problem.NotFound("job")
			}
			if err != nil {
				return nil, err
			}
			v, err := a.undoing(ctx, j)
			return body(v), err
		})
}

// mayUndo refuses who may not edit the rule.
func (a *API) mayUndo(ctx context.Context, rule undo.Rule) error {
	if rule.Process == "" {
		return a.mayAutomate(ctx, access.AutomationEdit, rule.Pipeline)
	}
	_, err := a.mayTemplate(ctx, access.AutomationEdit, rule.Process)
	return err
}

// undo starts the job.
func (a *API) undo(ctx context.Context, rule undo.Rule, dry bool) (*reply[jobView], error) {
	if err := a.mayUndo(ctx, rule); err != nil {
		return nil, err
	}
	if !rule.From.IsZero() && !rule.To.IsZero() && !rule.From.Before(rule.To.Time) {
		return nil, problem.Invalid("/to", "out_of_range", "the end of the period is after its beginning")
	}
	if err := a.Undo.Known(ctx, rule); err != nil {
		return nil, err
	}
	text, err := json.Marshal(undoInput{Rule: rule, Dry: dry, Language: requestOf(ctx).language})
	if err != nil {
		return nil, err
	}
	j, err := a.Jobs.Start(ctx, job.Job{Kind: undoKind, Name: cmp.Or(rule.Robot, rule.Trigger, rule.Process), Input: text})
	if err == nil && !dry {
		what, after := "stageRobot.undone", map[string]any{"pipeline": rule.Pipeline, "stage": rule.Stage, "robot": rule.Robot, "version": rule.Version}
		if rule.Trigger != "" {
			what, after = "stageTrigger.undone", map[string]any{"pipeline": rule.Pipeline, "stage": rule.Stage, "trigger": rule.Trigger}
		}
		if rule.Process != "" {
			what, after = "statusProcess.undone", map[string]any{"process": rule.Process, "version": rule.Version}
			if rule.Robot != "" {
				what, after["step"] = "statusStep.undone", rule.Robot
			}
		}
		err = a.note(ctx, what, "job:"+j.ID, noted{After: after})
	}
	return a.jobReply(ctx, j, err)
}

// undoing counts what the lines of a job tell.
func (a *API) undoing(ctx context.Context, j job.Job) (undoView, error) {
	in, err := (undoing{a}).input(j)
	if err != nil {
		return undoView{}, err
	}
	views, err := a.jobViews(ctx, j)
	if err != nil {
		return undoView{}, err
	}
	out := undoView{Job: views[0], Rule: in.Rule, Dry: in.Dry, Counts: []undoCount{}}
	counts := map[undoCount]int{}
	for cursor := ""; ; {
		lines, next, err := a.Jobs.Lines(ctx, j.ID, "", docstore.MaxLimit, cursor)
		if err != nil {
			return out, err
		}
		for _, l := range lines {
			if len(l.Result) == 0 {
				continue
			}
			out.Records++
			var items []undo.Item
			if err := json.Unmarshal(l.Result, &items); err != nil {
				return out, errors.Join(errors.New("read the lines of "+j.ID), err)
			}
			for _, i := range items {
				counts[undoCount{Kind: i.Kind, Verdict: i.Verdict, Because: i.Because}]++
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for c, n := range counts {
		c.Count = n
		out.Counts = append(out.Counts, c)
	}
	slices.SortFunc(out.Counts, func(a, b undoCount) int {
		return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Because, b.Because))
	})
	return out, nil
}
