package worklist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// maxUndo bounds how long a decision may be held back for its author.
const maxUndo = 60

// Completion is a person's answer to a task.
type Completion struct {
	Outcome     string         `json:"outcome,omitempty" maxLength:"200"`
	Comment     string         `json:"comment,omitempty" maxLength:"10000"`
	Values      map[string]any `json:"values,omitempty"`
	Files       []string       `json:"files,omitempty" maxItems:"50"`
	UndoSeconds int            `json:"undoSeconds,omitempty" minimum:"0" maximum:"60"`
}

// Complete checks an answer and gives it to the engine. rev 0 means whatever is
// stored. A second answer is refused with the recorded outcome.
func (s *Service) Complete(ctx context.Context, id, user string, rev int64, c Completion) (Detail, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	if err := s.answerable(ctx, t, user); err != nil {
		return Detail{}, err
	}
	if rev != 0 && rev != t.Rev {
		current, err := s.detail(ctx, t, user)
		if err != nil {
			return Detail{}, err
		}
		return Detail{}, problem.Stale(current.Summary)
	}
	config, _, err := readConfig(t)
	if err != nil {
		return Detail{}, err
	}
	files, fields, err := s.check(ctx, t, config, c)
	if err != nil {
		return Detail{}, err
	}
	answers, wrong, err := s.answers(ctx, t, config, c)
	if err != nil {
		return Detail{}, err
	}
	if fields = append(fields, wrong...); len(fields) > 0 {
		return Detail{}, &problem.Problem{Code: "validation", Fields: fields}
	}
	result, err := s.result(ctx, t, answers)
	if err != nil {
		return Detail{}, err
	}
	if c.Comment != "" {
		result["comment"] = c.Comment
	}
	if len(files) > 0 {
		attached, err := s.copyFiles(ctx, t, files)
		if err != nil {
			return Detail{}, err
		}
		result["files"], result["file"] = attached, attached[0]
	}
	answered, err := s.Engine.Complete(ctx, id, s.actor(user), task.Answer{Outcome: c.Outcome, Comment: c.Comment, Result: result,
		UndoFor: time.Duration(min(max(c.UndoSeconds, 0), maxUndo)) * time.Second})
	if err != nil {
		return Detail{}, s.refused(ctx, id, err)
	}
	t = answered.Task
	if t.Decision != nil && t.Decision.NotBefore == 0 && s.Journal != nil { // one that may be taken back is told when it is in force
		if err := s.Journal.TaskCompleted(ctx, t, user, t.Decision.Outcome, c.Comment); err != nil {
			return Detail{}, err
		}
	}
	return s.detail(ctx, t, user)
}

// check compares an answer with what the step asks for; its form is left to answers.
func (s *Service) check(ctx context.Context, t store.Task, config Config, c Completion) ([]file.Info, []problem.Field, error) {
	var fields []problem.Field
	add := func(path, code, message string) {
		fields = append(fields, problem.Field{Path: path, Code: code, Message: message})
	}
	names := make([]string, 0, len(config.Outcomes))
	for _, o := range config.Outcomes {
		names = append(names, o.Name)
	}
	switch {
	case len(names) == 0 && c.Outcome != "":
		add("/outcome", "unknown_field", "this task has no outcomes")
	case len(names) > 0 && !slices.Contains(names, c.Outcome):
		add("/outcome", "one_of", strings.Join(names, ", "))
	}
	comment := strings.TrimSpace(c.Comment)
	switch {
	case comment == "" && (config.Comment == "required" || slices.Contains(config.CommentRequired, c.Outcome) && c.Outcome != ""):
		add("/comment", "comment_required", "")
	case comment != "" && config.Comment == "never":
		add("/comment", "unknown_field", "this task takes no comment")
	}
	if config.Files != nil && config.Files.Required && len(c.Files) == 0 && !refuses(t, c) {
		add("/files", "file_required", config.Files.Label)
	}
	files := make([]file.Info, 0, len(c.Files))
	for i, id := range c.Files {
		f, found, err := s.uploaded(ctx, t, id)
		if err != nil {
			return nil, nil, err
		}
		if !found {
			add("/files/"+strconv.Itoa(i), "unknown_reference", "upload the file to this task first")
			continue
		}
		files = append(files, f)
	}
	return files, fields, nil
}

// uploaded finds a file that was uploaded to a task.
func (s *Service) uploaded(ctx context.Context, t store.Task, id string) (info file.Info, found bool, err error) {
	info, err = s.Files.Info(ctx, id)
	switch {
	case errors.Is(err, file.ErrNotFound) || err == nil && info.Owner != "task:"+t.ID:
		return file.Info{}, false, nil
	case err != nil:
		return file.Info{}, false, fmt.Errorf("file %s: %w", id, err)
	}
	return info, true, nil
}
