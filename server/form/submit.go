package form

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// submitted is the event of a submission that is to be worked on.
const submitted = "form.submitted"

// Submit takes what a client sent with a page. When it answers with a place to go
// to, the submission is stored and will be worked on whatever happens to this
// process; sending the same page again is the same submission.
func (s *Service) Submit(ctx context.Context, id string, sent url.Values, o Opening) (Page, error) {
	o = o.told(sent)
	f, err := s.Get(ctx, id)
	if refused(err) {
		return s.notice(nil, o, 404, "goneTitle", "gone")
	}
	if err != nil {
		return Page{}, err
	}
	if !f.Active {
		return s.notice(&f, o, 410, "closedTitle", "closed")
	}
	p, _, err := s.submit(ctx, f, sent, came{}, o)
	return p, err
}

// told completes an opening by what the page said of itself.
func (o Opening) told(sent url.Values) Opening {
	o.Page, o.Visitor, o.Embedded = bounded(sent.Get(inputPage), 1000), bounded(sent.Get(inputVisitor), 64), sent.Get(inputEmbedded) != ""
	o.Query = sent
	return o
}

// ready reads the token of a page: whether it can be sent now, and as which submission.
func (s *Service) ready(f Form, sent url.Values) (submission string, ok bool) {
	opened, submission, real := s.opened(f.ID, sent.Get(inputToken))
	least := defaultLeast
	if f.MinSeconds > 0 {
		least = secondsOf(f.MinSeconds)
	}
	age := s.Clock.Now().Sub(opened)
	return submission, real && age >= least && age <= pageLife
}

// submit takes what was sent with an open form. kept tells whether the files that
// came with it belong to a submission now.
func (s *Service) submit(ctx context.Context, f Form, sent url.Values, with came, o Opening) (p Page, kept bool, err error) {
	o = o.told(sent)
	back := func(status int, message string, wrong map[string]string) (Page, bool, error) {
		page, err := s.render(ctx, f, filled{opening: o, values: sent, wrong: again(f, with, wrong), message: say(message, f.Language)}, status)
		return page, false, err
	}
	submission, ok := s.ready(f, sent)
	if !ok {
		return back(422, "again", nil)
	}
	values, answers, wrong, err := s.read(ctx, f, sent, with)
	if err != nil {
		return Page{}, false, err
	}
	x := Submission{Entity: docstore.Entity{ID: submission}, Form: f.ID, FormName: f.Name, Kind: f.Kind, At: docstore.At(s.Clock.Now()), Status: StatusNew,
		Values: values, Answers: answers, Page: o.Page, Visitor: o.Visitor, Files: with.files, Digest: digest(sent, with.files)}
	if f.Consent.Ask {
		x.Consent = &Agreement{Text: f.Consent.Text, Given: sent.Get(inputConsent) != ""}
		if f.Consent.Required && !x.Consent.Given {
			wrong[inputConsent] = say("consent", f.Language)
		}
	}
	if len(wrong)+len(with.wrong) > 0 {
		return back(422, "wrong", wrong)
	}
	var events []docstore.Event
	if sent.Get(inputTrap) != "" {
		x.Status, x.Files = StatusSpam, nil // kept to be looked at without its files, and answered like any other
		for _, sent := range with.files {
			delete(x.Values, sent.Field)
		}
	} else {
		event, err := docstore.NewEvent(submitted, nil)
		if err != nil {
			return Page{}, false, err
		}
		events = append(events, event)
	}
	_, err = s.submissions.Save(ctx, x, events...)
	kept = err == nil && x.Status != StatusSpam
	if errors.Is(err, docstore.ErrExists) {
		was, readErr := s.submissions.Get(ctx, x.ID)
		if readErr != nil {
			return Page{}, false, readErr
		}
		if was.Digest != x.Digest {
			return back(409, "sentAlready", nil)
		}
		err = nil
	}
	if err != nil {
		return Page{}, false, fmt.Errorf("keep what was sent with form %s: %w", f.ID, err)
	}
	p = Page{Status: 303, Location: "/f/" + f.ID + "/thanks"}
	if o.Embedded {
		p.Location += "?" + inputEmbedded + "=1"
	} else if f.Redirect != "" {
		p.Location = f.Redirect
	}
	return p, kept, nil
}

// digest names what was sent, without what changes from page to page.
func digest(sent url.Values, files []SentFile) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if name != inputToken {
			fmt.Fprintf(h, "%q=%q;", name, sent[name])
		}
	}
	for _, f := range files {
		fmt.Fprintf(h, "%q:%q=%s;", f.Field, f.Name, f.Hash)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// read brings what was sent into the form in which it is stored. What the form
// does not ask is left out, whoever sends it.
func (s *Service) read(ctx context.Context, f Form, sent url.Values, with came) (values map[string]any, answers []Answer, wrong map[string]string, err error) {
	values, answers, wrong = map[string]any{}, []Answer{}, map[string]string{}
	known, err := s.known(ctx, f.Creates.Type)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, x := range f.Fields {
		of, there := known[x.Field]
		if !there {
			continue
		}
		raw := sent["f."+x.Field]
		if x.Hidden {
			raw = []string{x.Value}
			if given := bounded(sent.Get(x.Parameter), 500); x.Parameter != "" && given != "" {
				raw = []string{given}
			}
		}
		if of.Type == field.DateTime {
			raw = s.moments(raw)
		}
		var names map[string]string // of files, by id
		if isFile(of) {
			raw, names = nil, map[string]string{}
			for _, sent := range with.of(x.Field) {
				raw, names[sent.ID] = append(raw, sent.ID), sent.Name
			}
		}
		items, code, err := s.items(ctx, of, raw)
		if err != nil {
			return nil, nil, nil, err
		}
		if isFile(of) {
			items = names
		}
		value, mistake := of.Value(several(raw))
		switch {
		case slices.ContainsFunc(raw, problem.Disguised): // the rule of the API for every text
			code = "control_character"
		case mistake != nil:
			code = mistake.Code
		case value == nil && x.Required && !x.Hidden, value == false && x.Required:
			code = "required"
		}
		if code != "" {
			if !x.Hidden { // what a client cannot see, a client cannot mend
				wrong[x.Field] = mistaken(code, f.Language)
			}
			continue
		}
		if value == nil {
			continue
		}
		values[x.Field] = value
		label := x.Label
		if label == "" {
			label = x.Field
		}
		text := textOf(value, f.Language, items)
		if at, err := time.Parse(time.RFC3339, text); err == nil && of.Type == field.DateTime {
			text = at.In(s.Zone).Format("2006-01-02 15:04")
		}
		answers = append(answers, Answer{Field: x.Field, Label: label, Text: text})
	}
	return values, answers, wrong, nil
}

// moments are hours as an input of a page gives them, without a zone, as instants.
// What is something else stays as it is.
func (s *Service) moments(raw []string) []string {
	out := make([]string, len(raw))
	for i, text := range raw {
		out[i] = text
		for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if at, err := time.ParseInLocation(form, text, s.Zone); err == nil {
				out[i] = at.Format(time.RFC3339)
			}
		}
	}
	return out
}

func several(raw []string) any {
	var given []any
	for _, text := range raw {
		if !problem.Blank(text) {
			given = append(given, text)
		}
	}
	switch len(given) {
	case 0:
		return nil
	case 1:
		return given[0]
	}
	return given
}

// items gives the names of a list's items, and refuses what is not among them.
func (s *Service) items(ctx context.Context, of field.Field, raw []string) (map[string]string, string, error) {
	if of.Type != field.List {
		return nil, "", nil
	}
	d, err := s.Records.Dictionary(ctx, of.Dictionary)
	if err != nil && !refused(err) {
		return nil, "", fmt.Errorf("values of %s: %w", of.Key, err)
	}
	names := map[string]string{}
	for _, item := range d.Items {
		names[item.ID] = item.Name
	}
	for _, id := range raw {
		if item, there := d.Item(id); id != "" && (!there || item.Retired) {
			return names, "bad", nil
		}
	}
	return names, "", nil
}
