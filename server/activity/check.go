package activity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Limits of an activity.
const (
	titleMost   = 200
	lineMost    = 500
	textMost    = 10_000
	recordsMost = 20
	peopleMost  = 50
	filesMost   = 20
)

var colors = []string{"yellow", "green", "blue", "gray", "red", "orange", "violet", "teal"}

// Patch changes the members that are present; an empty text clears.
type Patch struct {
	Type               *string   `json:"type,omitempty" enum:"call,meeting,task,other"`
	Title              *string   `json:"title,omitempty" maxLength:"200"`
	Text               *string   `json:"text,omitempty" maxLength:"10000"`
	Records            *[]Ref    `json:"records,omitempty" maxItems:"20"`
	Deadline           *string   `json:"deadline,omitempty" maxLength:"40" doc:"instant; empty clears"`
	Start              *string   `json:"start,omitempty" maxLength:"40" doc:"instant; empty clears"`
	End                *string   `json:"end,omitempty" maxLength:"40" doc:"instant; empty clears"`
	ResponsibleID      *string   `json:"responsibleId,omitempty" maxLength:"100" doc:"left out: the responsible person of the record"`
	Participants       *[]string `json:"participants,omitempty" maxItems:"50"`
	Contacts           *[]string `json:"contacts,omitempty" maxItems:"50"`
	Color              *string   `json:"color,omitempty" maxLength:"20" doc:"empty: that of the type"`
	Room               *string   `json:"room,omitempty" maxLength:"100" doc:"a resource to book; empty gives it up"`
	Place              *string   `json:"place,omitempty" maxLength:"500"`
	Address            *string   `json:"address,omitempty" maxLength:"500"`
	Link               *string   `json:"link,omitempty" maxLength:"500"`
	Files              *[]string `json:"files,omitempty" maxItems:"20"`
	Calendar           *bool     `json:"calendar,omitempty"`
	CloseOnStageChange *bool     `json:"closeOnStageChange,omitempty"`
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// apply writes the patch into an activity and checks what came out.
func (s *Service) apply(ctx context.Context, a *stored, p Patch) error {
	var found []problem.Field
	bad := func(path, code, message string) {
		found = append(found, problem.Field{Path: path, Code: code, Message: message})
	}
	before := a.Activity
	if p.Type != nil && *p.Type != a.Type && a.Color == colorOf(a.Type) {
		a.Color = "" // it was that of the type
	}
	set(&a.Type, p.Type)
	set(&a.Title, p.Title)
	set(&a.Text, p.Text)
	set(&a.ResponsibleID, p.ResponsibleID)
	set(&a.Color, p.Color)
	set(&a.Room, p.Room)
	set(&a.Place, p.Place)
	set(&a.Address, p.Address)
	set(&a.Link, p.Link)
	set(&a.Calendar, p.Calendar)
	set(&a.CloseOnStageChange, p.CloseOnStageChange)
	instant := func(to *docstore.Instant, from *string, path string) {
		if from == nil {
			return
		}
		at, err := docstore.ParseInstant(strings.TrimSpace(*from))
		if err != nil {
			bad(path, "format", "write an instant such as 2026-03-31T14:00:00Z")
			return
		}
		*to = at
	}
	instant(&a.Deadline, p.Deadline, "/deadline")
	instant(&a.Start, p.Start, "/start")
	instant(&a.End, p.End, "/end")
	list := func(to, from *[]string, path string, most int) {
		if from != nil {
			*to = distinct(*from)
		}
		if len(*to) > most {
			bad(path, "too_many", strconv.Itoa(most))
		}
	}
	list(&a.Participants, p.Participants, "/participants", peopleMost)
	list(&a.Contacts, p.Contacts, "/contacts", peopleMost)
	list(&a.Files, p.Files, "/files", filesMost)
	if p.Records != nil {
		a.Records = distinct(*p.Records)
	}
	if a.Records = distinct(a.Records); len(a.Records) > recordsMost {
		bad("/records", "too_many", strconv.Itoa(recordsMost))
	}
	a.Participants = slices.DeleteFunc(distinct(a.Participants), func(id string) bool { return id == a.ResponsibleID })
	a.Contacts, a.Files = distinct(a.Contacts), distinct(a.Files)

	if !slices.Contains([]string{Call, Meeting, Task, Other}, a.Type) {
		bad("/type", "invalid", "call, meeting, task or other")
	}
	if a.Color == "" {
		a.Color = colorOf(a.Type)
	}
	if !slices.Contains(colors, a.Color) {
		bad("/color", "invalid", "one of "+strings.Join(colors, ", "))
	}
	a.Title = strings.TrimSpace(a.Title)
	found = problem.Line(found, "/title", a.Title, true, titleMost)
	found = problem.Line(found, "/place", a.Place, false, lineMost)
	found = problem.Line(found, "/address", a.Address, false, lineMost)
	found = problem.Line(found, "/link", a.Link, false, lineMost)
	if u, err := url.Parse(a.Link); a.Link != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		bad("/link", "invalid", "an address such as https://meet.example.com/room")
	}
	found = words(found, "/text", a.Text)
	if !a.End.IsZero() && a.Start.IsZero() {
		bad("/start", "required", "an end needs a start")
	}
	if !a.End.IsZero() && a.End.Before(a.Start.Time) {
		bad("/end", "out_of_range", "the end is before the start")
	}
	roomFields(bad, a)
	if err := s.references(ctx, bad, before, a); err != nil {
		return err
	}
	return problem.Fields(found)
}

// words checks a text of several lines.
func words(found []problem.Field, path, text string) []problem.Field {
	switch {
	case !utf8.ValidString(text):
		return append(found, problem.Field{Path: path, Code: "control_character"})
	case utf8.RuneCountInString(text) > textMost:
		return append(found, problem.Field{Path: path, Code: "too_long"})
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return append(found, problem.Field{Path: path, Code: "control_character"})
	}
	return found
}

// references checks what is named anew. What was named before stays, also when it
// is gone by now: a person who has left must not keep a title from being mended.
func (s *Service) references(ctx context.Context, bad func(path, code, message string), before Activity, a *stored) error {
	for i, r := range a.Records {
		if slices.Contains(before.Records, r) {
			continue
		}
		_, err := s.o.Records.Title(ctx, r)
		var p *problem.Problem
		if errors.As(err, &p) && p.Status() == 404 {
			bad(fmt.Sprintf("/records/%d", i), "unknown_reference", "")
		} else if err != nil {
			return fmt.Errorf("record %s of an activity: %w", r, err)
		}
	}
	for i, id := range a.Contacts {
		if slices.Contains(before.Contacts, id) {
			continue
		}
		_, err := s.o.Records.Title(ctx, Ref{Type: "contact", ID: id})
		var p *problem.Problem
		if errors.As(err, &p) && p.Status() == 404 {
			bad(fmt.Sprintf("/contacts/%d", i), "unknown_reference", "")
		} else if err != nil {
			return fmt.Errorf("contact %s of an activity: %w", id, err)
		}
	}
	for i, id := range a.Files {
		if slices.Contains(before.Files, id) || s.o.Files == nil {
			continue
		}
		_, known, err := s.o.Files.FileName(ctx, id)
		if err != nil {
			return fmt.Errorf("file %s of an activity: %w", id, err)
		}
		if !known {
			bad(fmt.Sprintf("/files/%d", i), "unknown_reference", "")
		}
	}
	if a.ResponsibleID == "" {
		bad("/responsibleId", "required", "say who does it: the record has no responsible person")
	} else if _, active := s.o.People.UserName(a.ResponsibleID); !active && a.ResponsibleID != before.ResponsibleID {
		bad("/responsibleId", "unknown_reference", "")
	}
	for i, id := range a.Participants {
		if _, active := s.o.People.UserName(id); !active && !slices.Contains(before.Participants, id) {
			bad(fmt.Sprintf("/participants/%d", i), "unknown_reference", "")
		}
	}
	return nil
}

// distinct keeps the first of equal elements; it is never nil.
func distinct[T comparable](all []T) []T {
	out := make([]T, 0, len(all))
	for _, v := range all {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
