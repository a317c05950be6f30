package form

import (
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Kinds of forms: of a callback form the client asks to be called.
const (
	Plain    = "form"
	Callback = "callback"
)

// Form is one form. ID is also its public address.
type Form struct {
	docstore.Entity
	Name     string  `json:"name" doc:"for colleagues; clients see the title"`
	Kind     string  `json:"kind" enum:"form,callback"`
	Active   bool    `json:"active" doc:"a closed form says so and takes nothing"`
	Language string  `json:"language" enum:"en,pl,pt-BR,ru" doc:"of the page's own words"`
	Title    string  `json:"title"`
	Text     string  `json:"text,omitempty" doc:"Markdown, above the fields"`
	Button   string  `json:"button,omitempty" doc:"words on the button; those of the language when absent"`
	Thanks   string  `json:"thanks,omitempty" doc:"Markdown, after sending"`
	Redirect string  `json:"redirect,omitempty" doc:"address to go to after sending, instead of thanks"`
	Fields   []Field `json:"fields"`
	Consent  Consent `json:"consent"`
	Style    Style   `json:"style"`
	Creates  Creates `json:"creates"`
	// Sites limits where the form may be embedded; empty = anywhere.
	Sites []string `json:"sites,omitempty" doc:"origins such as https://example.com"`
	// MinSeconds is the least time that a person needs to fill it in.
	MinSeconds int `json:"minSeconds,omitempty" doc:"0 = two seconds"`
}

// Field is one thing that a form asks, or knows by itself. Field names what it
// becomes: contact.email, company.name, record.<a field of the record>.
type Field struct {
	Field       string `json:"field"`
	Label       string `json:"label,omitempty"`
	Help        string `json:"help,omitempty"`
	Placeholder string `json:"placeholder,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Half        bool   `json:"half,omitempty" doc:"half of the width, two beside each other"`
	// Hidden fields are not asked: their value is fixed, or a parameter of the
	// page's address, such as utm_source.
	Hidden    bool   `json:"hidden,omitempty"`
	Value     string `json:"value,omitempty" doc:"of a hidden field; where Parameter is absent from the address"`
	Parameter string `json:"parameter,omitempty"`
	// Of fields that take files.
	Accept       []string `json:"accept,omitempty" enum:"pdf,image,document,table,archive" maxItems:"5" doc:"kinds of files; absent = all but archives"`
	MaxMegabytes int      `json:"maxMegabytes,omitempty" minimum:"0" maximum:"20" doc:"of one file; 0 = 5"`
	MaxFiles     int      `json:"maxFiles,omitempty" minimum:"0" maximum:"10" doc:"0 = one; more only where the record's field holds several"`
}

// Consent is what a client agrees to.
type Consent struct {
	Ask      bool   `json:"ask,omitempty"`
	Required bool   `json:"required,omitempty"`
	Text     string `json:"text,omitempty" doc:"Markdown of one line, with a link to the rules"`
}

// Style is how a form looks. Colors are #rrggbb.
type Style struct {
	Accent     string `json:"accent,omitempty"`
	Background string `json:"background,omitempty"`
	Ink        string `json:"ink,omitempty"`
	Corner     int    `json:"corner" minimum:"0" maximum:"24"`
	Font       string `json:"font,omitempty" enum:"system,serif,rounded,mono"`
}

// Creates says what comes of a submission.
type Creates struct {
	Type        string `json:"type,omitempty" doc:"record type; empty = only the client"`
	Pipeline    string `json:"pipeline,omitempty"`
	Stage       string `json:"stage,omitempty" doc:"the first one when absent"`
	Responsible string `json:"responsible,omitempty" doc:"a user, or group:<id>, role:<id>, department:<id>: its people in turn"`
	// Always: also for a client who has an open record of the pipeline.
	Always bool `json:"always,omitempty"`
}

// States of a submission.
const (
	StatusNew    = "new"
	StatusDone   = "done"
	StatusSpam   = "spam"
	StatusFailed = "failed"
)

// Answer is what a client saw and wrote.
type Answer struct {
	Field string `json:"field"`
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Agreement is the consent as it was given.
type Agreement struct {
	Text  string `json:"text"`
	Given bool   `json:"given"`
}

// Submission is what one client sent, and what came of it.
type Submission struct {
	docstore.Entity
	Form     string           `json:"form"`
	FormName string           `json:"formName"`
	Kind     string           `json:"kind"`
	At       docstore.Instant `json:"at"`
	Status   string           `json:"status" enum:"new,done,spam,failed"`
	Answers  []Answer         `json:"answers"`
	Consent  *Agreement       `json:"consent,omitempty"`
	Page     string           `json:"page,omitempty" doc:"where the form stood"`
	Values   map[string]any   `json:"values" doc:"by field"`
	Files    []SentFile       `json:"files,omitempty"`
	Visitor  string           `json:"visitor,omitempty"`
	Contact  string           `json:"contact,omitempty"`
	Company  string           `json:"company,omitempty"`
	Record   *Ref             `json:"record,omitempty"`
	// Responsible is whom the form has chosen for what it makes, once.
	Responsible string `json:"responsible,omitempty"`
	// Known: the client was there before; Moved: triggers moved a record.
	Known   bool   `json:"known"`
	Created bool   `json:"created" doc:"a record was made"`
	Moved   bool   `json:"moved"`
	Error   string `json:"error,omitempty"`
	// Digest tells a repeat from another answer under the same token.
	Digest string `json:"digest"`
}

// Ref names a record.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Bounds of a form and of what is sent.
const (
	MaxFields    = 40
	MaxBody      = 64 << 10
	pageLife     = 24 * time.Hour
	defaultLeast = 2 * time.Second
)
