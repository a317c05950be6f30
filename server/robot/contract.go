package robot

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
)

// Errors by which dependencies tell that something named does not exist.
var (
	ErrTemplateMissing = errors.New("there is no such template")
	ErrProcessMissing  = errors.New("there is no such process, or it has no published version")
	ErrFileMissing     = errors.New("there is no such file")
	ErrSecretMissing   = errors.New("there is no such secret")
	ErrSecretElsewhere = errors.New("the secret may not be sent there")
)

// Change says on whose behalf a CRM record changes. A second change of one
// record by the same effect does nothing.
type Change struct {
	Run    string
	Effect string
	Depth  int
	Actor  string // user on whose behalf the step works, "" for nobody's
}

// Append is a value of SetFields that is added to those of a field with several.
type Append struct{ Value any }

// Records changes CRM records. A *problem.Problem is the author's or the data's
// fault; any other error may go away.
type Records interface {
	SetFields(ctx context.Context, by Change, recordType, recordID string, values map[string]any) error
	// SetStage gives the stage before and after; pipeline "" is the record's own.
	SetStage(ctx context.Context, by Change, recordType, recordID, pipeline, stage, note string) (from, to string, err error)
	// Comment gives the id of the comment.
	Comment(ctx context.Context, by Change, recordType, recordID, text string) (string, error)
}

// Entry is a line of a record's timeline; an entry with a known ID stays as it is.
type Entry struct {
	ID         string
	Kind       string // document or mail
	RecordType string
	RecordID   string
	Run        string
	Text       string
	Data       map[string]any
}

// Timeline tells the story of records.
type Timeline interface {
	Add(ctx context.Context, e Entry) error
	// Known tells whether an entry is there.
	Known(ctx context.Context, id string) (bool, error)
}

// Notification is one line under a person's bell; a known ID changes nothing.
type Notification struct {
	ID     string
	UserID string
	Kind   string
	Text   string
	Link   string
}

// Notifier keeps notifications.
type Notifier interface {
	Notify(ctx context.Context, n Notification) error
}

// People is a snapshot of the directory.
type People interface {
	// User gives name, email and active of a user.
	User(id string) (map[string]any, bool)
	Members(groupID string) []string
	// Head is the head of a user, false for none.
	Head(id string) (string, bool)
}

// Document is a template ready to be filled.
type Document interface {
	Render(ctx context.Context, w io.Writer, env expr.Env) error
}

// Templates finds document templates; ErrTemplateMissing when there is none.
type Templates interface {
	Template(ctx context.Context, key, recordType string) (name string, document Document, err error)
}

// Environments builds what a document template sees: the record, the scope of
// the run, the directory, zone and language.
type Environments interface {
	Environment(ctx context.Context, run robot.Run, scope map[string]any, now time.Time) (expr.Env, error)
}

// File is a stored file.
type File struct {
	ID    string
	Name  string
	Type  string
	Owner string
	Size  int64
}

// Files keeps files. Putting a known ID again gives the stored file.
type Files interface {
	Put(ctx context.Context, f File, content []byte) (File, error)
	// Read gives ErrFileMissing for an unknown file.
	Read(ctx context.Context, id string) (File, []byte, error)
	// Of lists the files of an owner, "deal:<id>".
	Of(ctx context.Context, owner string) ([]File, error)
	// Delete of an unknown file is no error.
	Delete(ctx context.Context, id string) error
}

// Converter makes PDF files.
type Converter interface {
	PDF(ctx context.Context, docx []byte) ([]byte, error)
}

// Caller makes outgoing HTTP calls.
type Caller interface {
	Call(ctx context.Context, r webhook.Request) (webhook.Answer, error)
}

// Secrets opens named secrets for an address; ErrSecretMissing when there is none of
// the name, ErrSecretElsewhere when it may not be sent there.
type Secrets interface {
	Secret(ctx context.Context, id, address string) (string, error)
}

// Start asks for a run of another process. Starting the same ID again is the same start.
type Start struct {
	ID         string
	Process    string
	Parameters map[string]any
	RecordType string
	RecordID   string
	StartedBy  string
	// CauseRun is the run that starts this one, Depth the length of the chain.
	CauseRun string
	Depth    int
	// ParentEffect is the effect that awaits the end, "" when nobody does.
	ParentEffect string
}

// Starter starts runs; ErrProcessMissing when there is nothing to start.
type Starter interface {
	Start(ctx context.Context, s Start) error
}

// Dependencies are what the performers need.
type Dependencies struct {
	Records      Records
	Making       Making
	Staff        Staff
	Activities   Activities
	Bookings     Bookings
	Holds        Holds
	Feed         Feed
	Timeline     Timeline
	Notifier     Notifier
	People       func(ctx context.Context) (People, error)
	Mail         mail.Sender
	Templates    Templates
	Environments Environments
	Files        Files
	Converter    Converter
	Webhooks     Caller
	Secrets      Secrets
	Starter      Starter
	// Zone is the zone of dates without one, nil for UTC.
	Zone *time.Location
	// Calendars finds the working time of a name, nil for an office's.
	Calendars func(ctx context.Context, name string) (*calendar.Calendar, error)
	// Domain is the right side of Message-IDs, by default fluxo.localdomain.
	Domain string
	Logger *slog.Logger
	// Random is where codes and choices come from, nil for the machine's.
	Random io.Reader
}

// All makes the performers of the built-in robots.
func All(d Dependencies) []robot.Performer {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Domain == "" {
		d.Domain = "fluxo.localdomain"
	}
	letters := mailSend{sender: d.Mail, people: d.People, files: d.Files, timeline: d.Timeline, environments: d.Environments, domain: d.Domain, log: d.Logger}
	return []robot.Performer{
		&notificationSend{notifier: d.Notifier, people: d.People},
		&letters,
		&mailEmployees{mailSend: letters, activities: d.Activities},
		&feedPost{feed: d.Feed, people: d.People},
		&historyWrite{timeline: d.Timeline},
		&controlWatch{notifier: d.Notifier, activities: d.Activities, environments: d.Environments, people: d.People},
		&recordWait{holds: d.Holds, timeline: d.Timeline, times: activityPlan{zone: d.Zone, calendars: d.Calendars}},
		&documentGenerate{templates: d.Templates, environments: d.Environments, files: d.Files, converter: d.Converter, timeline: d.Timeline},
		&documentRemove{files: d.Files, timeline: d.Timeline},
		&recordSetFields{records: d.Records},
		&recordSetStage{records: d.Records},
		&recordSetResponsible{records: d.Records, people: d.People},
		&makes{descriptor: describe("record.create", robot.Internal), making: d.Making},
		&makes{descriptor: describe("record.copy", robot.Internal), making: d.Making},
		&recordDelete{making: d.Making},
		&recordSetClient{making: d.Making},
		&recordRepeatLead{making: d.Making, timeline: d.Timeline},
		&recordConvert{making: d.Making},
		&exceptionsAdd{making: d.Making},
		&codeGenerate{records: d.Records, making: d.Making, random: d.Random},
		&employeeSelect{staff: d.Staff, people: d.People, random: d.Random},
		&bookingReserve{bookings: d.Bookings, activities: d.Activities, people: d.People, times: activityPlan{zone: d.Zone, calendars: d.Calendars}},
		&bookingCancel{bookings: d.Bookings},
		&commentAdd{records: d.Records},
		&webhookCall{caller: d.Webhooks, secrets: d.Secrets},
		&waitUntil{zone: d.Zone, calendars: d.Calendars},
		&processRun{starter: d.Starter},
		planning(describe("activity.plan", robot.Internal), "", d),
		planning(describe("activity.call", robot.Internal), "call", d),
		planning(describe("activity.meeting", robot.Internal), "meeting", d),
		planning(describe("activity.task", robot.Internal), "task", d),
	}
}
