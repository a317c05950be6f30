package robot

import (
	"context"
	"errors"
	"log/slog"
	netmail "net/mail"
	"strings"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/channel/mail"
)

// mailSend sends one e-mail to one recipient.
type mailSend struct {
	sender   mail.Sender
	people   func(ctx context.Context) (People, error)
	files    Files
	timeline Timeline
	// environments tell who the client of the record is.
	environments Environments
	domain       string
	log          *slog.Logger
}

// Descriptor implements robot.Performer.
func (*mailSend) Descriptor() robot.Descriptor { return describe("mail.send", robot.Unkeyed) }

// Perform sends under a Message-ID that stays the same over every retry, so that
// a repeated message is recognized by mail programs.
//
// covers R-15, D-08
func (p *mailSend) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	message, failure := p.message(ctx, req)
	if failure != nil {
		return robot.Result{}, failure
	}
	result, err := p.sender.Send(ctx, message)
	if err != nil {
		return robot.Result{}, mailFailure(err, message.To)
	}
	if req.Run.RecordID != "" {
		entry := Entry{ID: stableID(message.MessageID, "mail"), Kind: "mail", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID,
			Text: message.Subject, Data: map[string]any{"to": message.To, "messageId": message.MessageID, "provider": result.Provider}}
		if err := p.timeline.Add(ctx, entry); err != nil {
			// The message is out: a failure now would send it again.
			p.log.WarnContext(ctx, "mail sent but not on the timeline", "runId", req.Run.ID, "effectId", req.EffectID, "error", err)
		}
	}
	return robot.Result{Values: map[string]any{"to": message.To, "messageId": message.MessageID, "provider": result.Provider}}, nil
}

func (p *mailSend) message(ctx context.Context, req robot.Request) (mail.Message, *robot.Failure) {
	wait, _ := waitOf(req.EffectID)
	m := mail.Message{MessageID: digest(wait) + "@" + p.domain, Date: req.Now, Sending: req.Sending, EffectID: req.EffectID, RunID: req.Run.ID}
	var failure *robot.Failure
	if m.Subject, failure = text(req.Config, "subject", true); failure != nil {
		return m, failure
	}
	if m.Text, failure = text(req.Config, "body", true); failure != nil {
		return m, failure
	}
	people, err := p.people(ctx)
	if err != nil {
		return m, temporary("directory_unavailable", err, "the directory could not be read")
	}
	if m.To, failure = address(people, "to", req.Config["to"]); failure != nil {
		return m, failure
	}
	if m.To == "" && req.Config["to"] == nil {
		if m.To, failure = p.client(ctx, req); failure != nil {
			return m, failure
		}
	}
	if m.To == "" {
		return m, badConfig("to", "the recipient is empty")
	}
	if m.ReplyTo, failure = address(people, "replyTo", req.Config["replyTo"]); failure != nil {
		return m, failure
	}
	m.HTML = mail.HTML(m.Subject, m.Text, languageOf(people, req.Config["to"]))
	m.Attachments, failure = p.attachments(ctx, req.Config["attach"])
	return m, failure
}

// client is the address of the record's client, to whom a step without a
// recipient writes.
//
// covers C-03
func (p *mailSend) client(ctx context.Context, req robot.Request) (string, *robot.Failure) {
	if failure := needRecord(req.Run); failure != nil {
		return "", failure
	}
	env, err := p.environments.Environment(ctx, req.Run, req.Scope, req.Now)
	if err != nil {
		return "", temporary("record_unavailable", err, "the record could not be read: %v", err)
	}
	record, _ := env.Roots["record"].(map[string]any)
	client, _ := record["client"].(map[string]any)
	email, _ := client["email"].(string)
	if strings.TrimSpace(email) == "" {
		return "", permanent("no_address", "enter the e-mail address of the record's contact or company, then retry", "the client of the record has no e-mail address")
	}
	name, _ := client["name"].(string)
	return (&netmail.Address{Name: name, Address: strings.TrimSpace(email)}).String(), nil
}

// address reads an e-mail address, or the one of a user.
func address(people People, field string, value any) (string, *robot.Failure) {
	if list, ok := value.([]any); ok {
		if len(list) > 1 {
			return "", badConfig(field, "one message goes to one recipient; use a step for each, or a notification")
		}
		value = nil
		if len(list) == 1 {
			value = list[0]
		}
	}
	if value == nil || value == "" {
		return "", nil
	}
	id, ok := person(value)
	if !ok {
		return "", badConfig(field, "a user or an e-mail address is expected, this is %s", kindOf(value))
	}
	id = strings.TrimSpace(id)
	user, known := people.User(id)
	if !known {
		if _, err := netmail.ParseAddress(id); err != nil {
			return "", badConfig(field, "%q is neither a user nor an e-mail address", id)
		}
		return id, nil
	}
	email, _ := user["email"].(string)
	name, _ := user["name"].(string)
	if email == "" {
		return "", permanent("no_address", "enter the person's e-mail address in Settings, Users, then retry", "%s has no e-mail address", name)
	}
	return (&netmail.Address{Name: name, Address: email}).String(), nil
}

// languageOf is the language of a recipient who is a user, for what reads texts
// aloud; "" for others.
func languageOf(people People, value any) string {
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	id, ok := person(value)
	if !ok {
		return ""
	}
	user, _ := people.User(strings.TrimSpace(id))
	language, _ := user["language"].(string)
	return language
}

func (p *mailSend) attachments(ctx context.Context, value any) ([]mail.Attachment, *robot.Failure) {
	var attached []mail.Attachment
	for _, id := range fileIDs(value) {
		if id == "" {
			return nil, badConfig("attach", "a file of an earlier step is expected")
		}
		file, content, err := p.files.Read(ctx, id)
		if errors.Is(err, ErrFileMissing) {
			return nil, permanent("file_missing", fixStep, "the file %s to be attached is gone", id)
		}
		if err != nil {
			return nil, temporary("file_unavailable", err, "the file %s could not be read", id)
		}
		attached = append(attached, mail.Attachment{Name: file.Name, Type: file.Type, Content: content})
	}
	return attached, nil
}

// fileIDs reads files given as ids, as objects of a generated document, or as
// lists of both. A document with several formats gives all of them. What is no
// file gives an empty id.
func fileIDs(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case []any:
		var ids []string
		for _, element := range v {
			ids = append(ids, fileIDs(element)...)
		}
		return ids
	case map[string]any:
		if files, ok := v["files"].([]any); ok && len(files) > 0 {
			return fileIDs(files)
		}
		id, _ := v["id"].(string)
		return []string{id}
	}
	return []string{""}
}

// mailFailure translates the classes of package mail.
func mailFailure(err error, to string) error {
	var e *mail.Error
	if !errors.As(err, &e) {
		return temporary("mail_failed", err, "the e-mail to %s could not be sent", to)
	}
	kinds := map[mail.Class]robot.FailureKind{mail.Temporary: robot.Temporary, mail.Permanent: robot.Permanent, mail.Unknown: robot.Unknown}
	failure := &robot.Failure{Kind: kinds[e.Class], Code: e.Code, Message: e.Message, Remedy: e.Remedy, Cause: err, Detail: map[string]any{"to": to}}
	if e.Status != 0 {
		failure.Detail["status"] = e.Status
	}
	return failure
}
