package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	enginerobot "github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer/span"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/repair"
	"github.com/fluxo-app/fluxo/server/resolve"
	"github.com/fluxo-app/fluxo/server/robot"
	"github.com/fluxo-app/fluxo/server/template"
)

// This file fits capabilities to the interfaces that their consumers declare.

// link is the host for those who are made before it.
type link struct {
	*host.Host
	repairs *repair.Service
}

// held tells whether a process is suspended.
func (l *link) held(key string) bool { return l.repairs != nil && l.repairs.Held(key) }

// people is the directory as the engine, expressions and the worklist ask it.
type people struct{ *identity.Service }

func (p people) Head(id string) (string, bool)         { return p.Current().Head(id) }
func (p people) Members(group string) []string         { return p.Current().Members(group) }
func (p people) User(id string) (map[string]any, bool) { return p.Current().User(id) }
func (p people) Subordinates(id string) []string       { return p.Current().Subordinates(id) }
func (p people) IsGroup(id string) bool {
	if role, is := strings.CutPrefix(id, access.HoldersOf); is {
		return p.Current().HasRole(role)
	}
	return slices.ContainsFunc(p.Current().Groups(), func(g identity.Group) bool { return g.ID == id })
}

func (p people) Person(id string) (groups []string, active bool) {
	u, ok := p.Current().Find(id)
	return u.GroupIDs, ok && u.Active
}

// graphs gives the host the versions of definitions.
type graphs struct{ definitions *definition.Service }

func (g graphs) Version(ctx context.Context, key string, number int) (host.Version, error) {
	v := host.Version{Key: key, Number: number}
	var err error
	if number == 0 {
		v.Number, v.Graph, err = g.definitions.Latest(ctx, key)
	} else {
		v.Graph, err = g.definitions.Graph(ctx, key, number)
	}
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() < 500 {
		return v, fmt.Errorf("process %s: %w: %w", key, store.ErrNotFound, err)
	}
	if errors.Is(err, definition.ErrUnusable) {
		return v, fmt.Errorf("%w: %w", host.ErrUnusable, err)
	}
	if err != nil {
		return v, err
	}
	v.Name = v.Graph.Name
	return v, nil
}

// schedules keeps the store's schedules equal to the start rules.
type schedules struct {
	store store.Schedules
	clock clock.Clock
	zone  string

	calendars span.Calendars
}

func (s schedules) SyncSchedules(ctx context.Context, key string, rules []definition.ScheduleRule) error {
	have, err := s.store.ListSchedules(ctx, key)
	if err != nil {
		return fmt.Errorf("schedules of %s: %w", key, err)
	}
	known := map[string]store.Schedule{}
	for _, h := range have {
		known[h.ID] = h
	}
	for _, r := range rules {
		id := key + "/" + string(r.Node)
		zone := r.Zone
		if zone == "" {
			zone = s.zone
		}
		if h, ok := known[id]; ok && h.Rule == r.Cron && h.Zone == zone && !h.Disabled {
			delete(known, id)
			continue
		}
		delete(known, id)
		row, err := schedule.NewIn(id, key, r.Node, r.Cron, zone, clock.Now(s.clock), s.calendars)
		if err != nil {
			return problem.Invalid("/trigger/cron", "invalid", err.Error())
		}
		if err := s.store.PutSchedule(ctx, row); err != nil {
			return fmt.Errorf("schedule %s: %w", id, err)
		}
	}
	for id := range known {
		if err := s.store.DeleteSchedule(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("schedule %s: %w", id, err)
		}
	}
	return nil
}

// occurrences starts the runs of schedules.
type occurrences struct{ host *link }

func (o occurrences) StartOccurrence(ctx context.Context, s store.Schedule, run core.RunID, at core.Instant) error {
	_, _, err := o.host.Start(ctx, host.StartRequest{ID: run, DefinitionKey: s.DefinitionKey, Node: s.Node, Cause: &core.Cause{Kind: "schedule", ID: s.ID, Depth: 1, Chain: []core.Link{{Kind: automation.LinkSchedule, ID: s.ID, Key: s.DefinitionKey}}}})
	if errors.Is(err, store.ErrExists) || errors.Is(err, host.ErrHeld) {
		return nil // a suspended process misses its occurrences
	}
	return err
}

// records lets robots change CRM records.
type records struct{ crm *crm.Service }

func change(by robot.Change) crm.Change {
	return crm.Change{Actor: by.Actor, Run: by.Run, Effect: by.Effect, Depth: by.Depth}
}

func (r records) SetFields(ctx context.Context, by robot.Change, recordType, id string, values map[string]any) error {
	for name, value := range values {
		if add, is := value.(robot.Append); is {
			values[name] = crm.Append{Value: add.Value}
		}
	}
	return r.crm.SetFields(ctx, change(by), recordType, id, values)
}

func (r records) SetStage(ctx context.Context, by robot.Change, recordType, id, pipeline, stage, note string) (from, to string, err error) {
	before, err := r.crm.Record(ctx, recordType, id)
	if err != nil {
		return "", "", err
	}
	after, err := r.crm.MoveRecordTo(ctx, change(by), recordType, id, pipeline, stage, note)
	return before.StageID, after.StageID, err
}

func (r records) Comment(ctx context.Context, by robot.Change, recordType, id, text string) (string, error) {
	e, err := r.crm.Comment(ctx, change(by), recordType, id, text)
	return e.ID, err
}

// timeline lets robots and the worklist tell a record's story.
type timeline struct {
	crm   *crm.Service
	clock clock.Clock
}

func (t timeline) Add(ctx context.Context, e robot.Entry) error {
	entry := crm.Entry{Record: e.RecordType + ":" + e.RecordID, At: docstore.At(t.clock.Now()), Kind: e.Kind, Run: e.Run, Text: e.Text, Data: e.Data}
	entry.ID = e.ID
	_, err := t.crm.AddEntry(ctx, entry)
	return err
}

func (t timeline) TaskCompleted(ctx context.Context, task store.Task, by, outcome, comment string) error {
	if task.RecordID == "" {
		return nil
	}
	entry := crm.Entry{Record: task.RecordType + ":" + task.RecordID, At: docstore.At(t.clock.Now()), Kind: "task", Actor: by, Run: string(task.RunID), Text: comment,
		Data: map[string]any{"event": "completed", "task": task.ID, "name": task.Name, "outcome": outcome, "node": string(task.Node)}}
	if label := outcomeLabel(task, outcome); label != "" {
		entry.Data["outcomeLabel"] = label
	}
	entry.ID = "task:" + task.ID
	_, err := t.crm.AddEntry(ctx, entry)
	return err
}

// outcomeLabel is what the author of the process calls an outcome, "" without a label.
func outcomeLabel(task store.Task, outcome string) string {
	var config struct {
		Outcomes []struct {
			Name  string `json:"name"`
			Label string `json:"label"`
		} `json:"outcomes"`
	}
	if len(task.Config) == 0 || json.Unmarshal(task.Config, &config) != nil {
		return "" // the story is told all the same, with the outcome's name
	}
	for _, o := range config.Outcomes {
		if o.Name == outcome {
			return o.Label
		}
	}
	return ""
}

// RunEnded tells how a run about a record has ended.
func (t timeline) RunEnded(ctx context.Context, r store.Run) error {
	if r.RecordID == "" {
		return nil
	}
	entry := crm.Entry{Record: r.RecordType + ":" + r.RecordID, At: docstore.At(clock.Time(r.EndedAt)), Kind: "run", Run: string(r.ID),
		Data: map[string]any{"event": string(r.Status), "definition": r.DefinitionKey, "definitionName": r.Name}}
	entry.ID = string(r.ID) + ":ended"
	_, err := t.crm.AddEntry(ctx, entry)
	return err
}

// notifier rings people's bells for robots.
type notifier struct{ feed *feed.Service }

func (n notifier) Notify(ctx context.Context, in robot.Notification) error {
	out := feed.Notification{UserID: in.UserID, Kind: in.Kind, Text: in.Text, Link: in.Link}
	out.ID = in.ID
	return n.feed.Tell(ctx, out)
}

// templates gives robots parsed templates; a template file never changes, so
// that parsing is remembered by file.
type templates struct {
	kept     *template.Service
	compiler *expr.Compiler

	mu     sync.Mutex
	parsed map[string]*document.Template
}

const templatesKept = 100

func (t *templates) Template(ctx context.Context, key, recordType string) (string, robot.Document, error) {
	found, err := t.kept.ByKey(ctx, key)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == 404 {
		return "", nil, robot.ErrTemplateMissing
	}
	if err != nil {
		return "", nil, err
	}
	t.mu.Lock()
	doc := t.parsed[found.FileID]
	t.mu.Unlock()
	if doc == nil {
		text, err := t.kept.Content(ctx, found)
		if err != nil {
			return "", nil, err
		}
		if doc, err = document.Parse(t.compiler, nil, bytes.NewReader(text), int64(len(text))); err != nil {
			return "", nil, fmt.Errorf("parse template %s: %w", key, err)
		}
		t.mu.Lock()
		if len(t.parsed) >= templatesKept {
			clear(t.parsed)
		}
		t.parsed[found.FileID] = doc
		t.mu.Unlock()
	}
	return found.Name, doc, nil
}

// environments builds what document templates see.
type environments struct {
	facts *resolve.Service
	crm   *crm.Service
}

func (e environments) Environment(ctx context.Context, run enginerobot.Run, scope map[string]any, now time.Time) (expr.Env, error) {
	var record any
	if run.RecordID != "" {
		view, err := e.crm.View(ctx, run.RecordType, run.RecordID)
		if err != nil {
			return expr.Env{}, err
		}
		record = view
	}
	env := e.facts.Env(ctx, record, run.StartedBy, map[string]any{"id": run.ID, "definition": run.DefinitionKey, "version": int64(run.Version), "startedBy": run.StartedBy})
	for name, value := range scope {
		env = env.With(name, value)
	}
	env.Now = now
	return env, nil
}

// files gives robots the file store in whole pieces.
type files struct{ store file.Store }

// maxRobotFile bounds what a robot reads into memory.
const maxRobotFile = 25 << 20

func described(i file.Info) robot.File {
	return robot.File{ID: i.ID, Name: i.Name, Type: i.Type, Owner: i.Owner, Size: i.Size}
}

func (f files) Put(ctx context.Context, in robot.File, content []byte) (robot.File, error) {
	info, err := f.store.Put(ctx, file.Put{ID: in.ID, Name: in.Name, Owner: in.Owner}, bytes.NewReader(content))
	return described(info), err
}

func (f files) Read(ctx context.Context, id string) (robot.File, []byte, error) {
	r, info, err := f.store.Open(ctx, id)
	if errors.Is(err, file.ErrNotFound) {
		return robot.File{}, nil, robot.ErrFileMissing
	}
	if err != nil {
		return robot.File{}, nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxRobotFile+1))
	if err == nil && len(content) > maxRobotFile {
		err = fmt.Errorf("file %s is too large for a robot", id)
	}
	return described(info), content, err
}

func (f files) Of(ctx context.Context, owner string) ([]robot.File, error) {
	all, err := f.store.List(ctx, owner)
	out := make([]robot.File, 0, len(all))
	for _, i := range all {
		out = append(out, described(i))
	}
	return out, err
}

func (f files) Delete(ctx context.Context, id string) error {
	err := f.store.Delete(ctx, id)
	if errors.Is(err, file.ErrNotFound) {
		return nil
	}
	return err
}

// starter lets robots start runs.
type starter struct {
	host   *link
	crm    *crm.Service
	causes chains
}

func (s starter) Start(ctx context.Context, in robot.Start) error {
	chain, err := automation.LedTo(ctx, s.causes, automation.Origin{Cause: automation.LinkRun + ":" + in.CauseRun})
	if err != nil {
		return err
	}
	req := host.StartRequest{ID: core.RunID(in.ID), DefinitionKey: in.Process, Parameters: in.Parameters, StartedBy: in.StartedBy,
		Cause: &core.Cause{Kind: "run", ID: in.CauseRun, Depth: in.Depth, Chain: chain}}
	if in.ParentEffect != "" {
		req.Parent = host.ParentEffect(in.ParentEffect)
	}
	if in.RecordID != "" {
		title, err := s.crm.Title(ctx, in.RecordType, in.RecordID)
		var p *problem.Problem
		if err != nil && (!errors.As(err, &p) || p.Status() >= 500) {
			return err
		}
		req.Record, req.RecordTitle = &core.RecordRef{Type: in.RecordType, ID: in.RecordID}, title
	}
	_, _, err = s.host.Start(ctx, req)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %w", robot.ErrProcessMissing, err)
	}
	return err
}

// fieldPatience bounds the wait for what a workspace decided about its fields.
const fieldPatience = 5 * time.Second

// recordTypes describes record types to the type checker, which has no context.
type recordTypes struct {
	ask func() (context.Context, context.CancelFunc)
	crm *crm.Service
	log *slog.Logger
}

// mark changes whenever a field does.
func (r recordTypes) mark() (string, error) {
	ctx, cancel := r.ask()
	defer cancel()
	return r.crm.FieldsMark(ctx)
}

// of is the type of a record. While the fields cannot be read it is open: what is
// published must go on running.
func (r recordTypes) of(name string) expr.Type {
	ctx, cancel := r.ask()
	defer cancel()
	root := expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{}}
	fields, err := r.crm.Fields(ctx, name)
	if err != nil {
		r.log.Warn("fields of records are not known to the type checker", "recordType", name, "error", err)
	}
	if len(fields) == 0 {
		return expr.Type{Kind: expr.Object, Open: true}
	}
	root.Fields["stageEntry"] = expr.Type{Kind: expr.Integer} // for compiled stages; authors have no use for it
	for _, f := range fields {
		t := fieldType(f)
		owner, inner, nested := strings.Cut(f.Name, ".")
		if !nested {
			root.Fields[f.Name] = t
			continue
		}
		o, ok := root.Fields[owner]
		if !ok {
			o = expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{}}
			root.Fields[owner] = o
		}
		o.Fields[inner] = t
	}
	return root
}

func fieldType(f crm.Field) expr.Type {
	switch f.Type {
	case "number":
		return expr.Type{Kind: expr.Number}
	case "money":
		return expr.Type{Kind: expr.Money}
	case "date":
		return expr.Type{Kind: expr.DateTime}
	case "user":
		return expr.Type{Kind: expr.User}
	case "list":
		row := expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{"position": {Kind: expr.Integer}, "name": {Kind: expr.Text}, "quantity": {Kind: expr.Number},
			"price": {Kind: expr.Money}, "discountPercent": {Kind: expr.Number}, "taxPercent": {Kind: expr.Number}, "total": {Kind: expr.Money}}}
		return expr.Type{Kind: expr.List, Of: &row}
	case "contacts":
		contact := expr.Type{Kind: expr.Object, Fields: map[string]expr.Type{"id": {Kind: expr.Text}, "name": {Kind: expr.Text}, "firstName": {Kind: expr.Text}, "lastName": {Kind: expr.Text},
			"email": {Kind: expr.Text}, "phone": {Kind: expr.Text}, "position": {Kind: expr.Text}}}
		return expr.Type{Kind: expr.List, Of: &contact}
	case "boolean":
		return expr.Type{Kind: expr.Boolean}
	case "texts":
		return expr.Type{Kind: expr.List, Of: &expr.Type{Kind: expr.Text}}
	}
	return expr.Type{Kind: expr.Text}
}

// fileNames names files for the CRM.
type fileNames struct{ store file.Store }

func (f fileNames) FileName(ctx context.Context, id string) (name string, known bool, err error) {
	info, err := f.store.Info(ctx, id)
	if errors.Is(err, file.ErrNotFound) {
		return "", false, nil
	}
	return info.Name, err == nil, err
}

// schemaOf reads schemas once; they are constant.
func schemaOf(find func(string) (json.RawMessage, bool)) func(string) map[string]any {
	var mu sync.Mutex
	read := map[string]map[string]any{}
	return func(subject string) map[string]any {
		mu.Lock()
		defer mu.Unlock()
		if s, ok := read[subject]; ok {
			return s
		}
		var s map[string]any
		if text, ok := find(subject); ok {
			_ = json.Unmarshal(text, &s) // schemas are embedded and tested; an unreadable one counts as unknown
		}
		read[subject] = s
		return s
	}
}

// usage is who names fields and stages: processes, and the robots and triggers of
// stages.
type usage struct{ app *App }

func (u usage) FieldUses(ctx context.Context, recordType, key string) ([]crm.Use, error) {
	return u.app.Definitions.FieldUses(ctx, recordType, key)
}

func (u usage) StageUses(ctx context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	if stage, uses, err := u.app.Boards.StageUses(ctx, pipeline, stages); err != nil || stage != "" {
		return stage, uses, err
	}
	if stage, uses, err := u.app.Forms.StageUses(ctx, pipeline, stages); err != nil || stage != "" {
		return stage, uses, err
	}
	return u.app.Definitions.StageUses(ctx, pipeline, stages)
}
