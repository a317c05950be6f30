package job

import (
	"context"
	"encoding/json"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Job is one long act.
type Job struct {
	docstore.Entity
	// Kind names who carries it out, such as "records.delete".
	Kind string `json:"kind"`
	// Type is the record type it is about, Name what people call it (a file).
	Type string `json:"type,omitempty"`
	Name string `json:"name,omitempty"`
	// Input is what the kind was told.
	Input json.RawMessage `json:"input,omitempty"`
	Actor string          `json:"actor"`
	// Roles are those of the actor at the start: lost ones are not used, and later
	// ones neither.
	Roles  []string `json:"roles,omitempty"`
	Status string   `json:"status" enum:"collecting,running,done,canceled,failed"`
	Open   bool     `json:"open"`
	// Stop is a wish to end after the lines under way.
	Stop    bool             `json:"stop"`
	Total   int              `json:"total"`
	Done    int              `json:"done" doc:"lines that are through: changed, same, refused and skipped ones"`
	Changed int              `json:"changed"`
	Same    int              `json:"same"`
	Refused int              `json:"refused"`
	Why     *Refusal         `json:"why,omitempty" doc:"what ended a job that failed"`
	EndedAt docstore.Instant `json:"endedAt"`

	Cursor string `json:"cursor,omitempty"` // of the collection
}

// The states of a job.
const (
	Collecting = "collecting"
	Running    = "running"
	Ended      = "done"
	Canceled   = "canceled"
	Failed     = "failed"
)

// The states of a line.
const (
	Pending = "pending"
	Done    = "done"
	Same    = "same" // there was nothing to change
	Refused = "refused"
	Skipped = "skipped" // the job was canceled before
)

// Line is one thing that a job is about, and what became of it.
type Line struct {
	docstore.Entity
	Job    string          `json:"job"`
	N      int             `json:"n"`
	Key    string          `json:"key"`
	Title  string          `json:"title,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Status string          `json:"status" enum:"pending,done,same,refused,skipped"`
	// Type and Record name the record that it is about.
	Type   string `json:"type,omitempty"`
	Record string `json:"record,omitempty"`
	// Note is a word of the kind about what was done, such as "merged".
	Note string `json:"note,omitempty"`
	// Result is what the kind tells of the line beside that.
	Result json.RawMessage  `json:"result,omitempty"`
	Why    *Refusal         `json:"why,omitempty"`
	At     docstore.Instant `json:"at"`
}

// Refusal is why a line was refused, in the form of a problem.
type Refusal struct {
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
	Detail string            `json:"detail,omitempty"`
	Fields []problem.Field   `json:"fields,omitempty"`
}

func refusal(p *problem.Problem) *Refusal {
	fields := p.Fields
	const shown = 20
	return &Refusal{Code: p.Code, Args: p.Args, Detail: p.Detail, Fields: fields[:min(len(fields), shown)]}
}

// Problem is the refusal as people read it.
func (r *Refusal) Problem() *problem.Problem {
	return &problem.Problem{Code: r.Code, Args: r.Args, Detail: r.Detail, Fields: r.Fields}
}

// Effect names what a line does, so that it is not done twice.
func (l Line) Effect() string { return "job:" + l.Job + ":" + l.Key }

// Item is one thing that a job is about. Key tells it from the others of the job; it
// has at most MaxKey bytes.
type Item struct {
	Key   string
	Title string
	Body  json.RawMessage
}

// MaxKey bounds the keys of items.
const MaxKey = 150

// Outcome is what became of a line: Done or Same.
type Outcome struct {
	Status              string
	Type, Record, Title string
	Note                string
	Result              json.RawMessage
}

// Ordered is a Kind whose lines are treated one after the other, in their order.
type Ordered interface {
	Kind
	InOrder()
}

// Kind carries out the jobs of one kind. Both functions may be called again for the
// same page or line after a crash, and then must mean and do the same.
type Kind interface {
	// Collect gives a page of what the job is about; next is "" with the last one.
	Collect(ctx context.Context, j Job, cursor string) (items []Item, next string, err error)
	// Treat does one line. A problem refuses it; any other error is tried again.
	Treat(ctx context.Context, j Job, l Line) (Outcome, error)
}
