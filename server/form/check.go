package form

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/problem"
)

var (
	colorForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	paramForm  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)
	languages  = []string{"en", "pl", "pt-BR", "ru"}
	fonts      = []string{"", "system", "serif", "rounded", "mono"}
	askable    = []field.Type{field.Text, field.LongText, field.Number, field.Date, field.DateTime, field.Boolean, field.List, field.Phone, field.Email, field.Link, field.Address}
	unaskable  = []string{"contact.company", "contact.responsible", "company.responsible", "record.company", "record.contact", "record.responsible", "record.products", "record.amount"}
	maxLine    = 200
	maxSaying  = 5000
	maxSites   = 20
	maxSeconds = 60
)

// check finds everything that is wrong with a form.
func (s *Service) check(ctx context.Context, f *Form) error {
	var wrong []problem.Field
	add := func(path, code, message string) {
		wrong = append(wrong, problem.Field{Path: path, Code: code, Message: message})
	}
	wrong = problem.Line(wrong, "/name", f.Name, true, maxLine)
	wrong = problem.Line(wrong, "/title", f.Title, true, maxLine)
	wrong = problem.Line(wrong, "/button", f.Button, false, 60)
	for path, text := range map[string]string{"/text": f.Text, "/thanks": f.Thanks, "/consent/text": f.Consent.Text} {
		if utf8.RuneCountInString(text) > maxSaying {
			add(path, "too_long", "")
		}
	}
	if f.Kind != Plain && f.Kind != Callback {
		add("/kind", "one_of", "form or callback")
	}
	if !slices.Contains(languages, f.Language) {
		add("/language", "one_of", strings.Join(languages, ", "))
	}
	if f.Redirect != "" && !webAddress(f.Redirect) {
		add("/redirect", "format", "write an address such as https://example.com/thanks")
	}
	if f.Consent.Ask && problem.Blank(f.Consent.Text) {
		add("/consent/text", "required", "")
	}
	if len(f.Sites) > maxSites {
		add("/sites", "too_long", "")
	}
	for i, site := range f.Sites {
		if !origin(site) {
			add("/sites/"+strconv.Itoa(i), "format", "write an origin such as https://example.com")
		}
	}
	if f.MinSeconds < 0 || f.MinSeconds > maxSeconds {
		add("/minSeconds", "out_of_range", "")
	}
	for path, color := range map[string]string{"/style/accent": f.Style.Accent, "/style/background": f.Style.Background, "/style/ink": f.Style.Ink} {
		if color != "" && !colorForm.MatchString(color) {
			add(path, "format", "write a color such as #1d4ed8")
		}
	}
	if f.Style.Corner < 0 || f.Style.Corner > 24 {
		add("/style/corner", "out_of_range", "")
	}
	if !slices.Contains(fonts, f.Style.Font) {
		add("/style/font", "one_of", strings.Join(fonts[1:], ", "))
	}
	target, err := s.checkCreates(ctx, f, add)
	if err != nil {
		return err
	}
	known, err := s.known(ctx, target)
	if err != nil {
		return err
	}
	if f.Fields == nil {
		f.Fields = []Field{}
	}
	if len(f.Fields) > MaxFields {
		add("/fields", "too_long", "")
	}
	asked, seen, room := 0, map[string]bool{}, int64(0)
	for i, x := range f.Fields {
		at := "/fields/" + strconv.Itoa(i)
		of, ok := known[x.Field]
		if !ok {
			add(at+"/field", "unknown_reference", "there is no such field that a form can ask")
		}
		checkFiles(x, of, func(path, code, message string) { add(at+path, code, message) })
		if isFile(of) {
			room += x.room()
		}
		if seen[x.Field] {
			add(at+"/field", "duplicate", "the form asks this already")
		}
		seen[x.Field] = true
		wrong = problem.Line(wrong, at+"/label", x.Label, !x.Hidden, maxLine)
		wrong = problem.Line(wrong, at+"/help", x.Help, false, 500)
		wrong = problem.Line(wrong, at+"/placeholder", x.Placeholder, false, maxLine)
		wrong = problem.Line(wrong, at+"/value", x.Value, false, 500)
		if x.Parameter != "" && !paramForm.MatchString(x.Parameter) {
			add(at+"/parameter", "format", "")
		}
		if !x.Hidden {
			asked++
		}
	}
	if room > MaxUpload {
		add("/fields", "too_large", "all files of one submission together may have 60 MB")
	}
	if asked == 0 {
		add("/fields", "required", "ask something")
	}
	return problem.Fields(wrong)
}

func (s *Service) checkCreates(ctx context.Context, f *Form, add func(path, code, message string)) (target string, err error) {
	c := f.Creates
	if c.Type == "" {
		return "", nil
	}
	stages, err := s.Records.Stages(ctx, c.Type, c.Pipeline)
	if refused(err) {
		add("/creates/pipeline", "unknown_reference", "there is no such pipeline")
		return c.Type, nil
	}
	if err != nil {
		return "", err
	}
	if c.Stage != "" && !slices.Contains(stages, c.Stage) {
		add("/creates/stage", "unknown_reference", "the pipeline has no such stage")
	}
	if c.Responsible != "" {
		if people, _ := s.People.Chosen(c.Responsible); len(people) == 0 {
			add("/creates/responsible", "unknown_reference", "there is no such active user, and nobody is in such a group, role or department")
		}
	}
	return c.Type, nil
}

// known are the fields that a form may ask, by their name in the form.
func (s *Service) known(ctx context.Context, target string) (map[string]field.Field, error) {
	out := map[string]field.Field{}
	for prefix, recordType := range map[string]string{"contact": "contact", "company": "company", "record": target} {
		if recordType == "" {
			continue
		}
		fields, err := s.Records.Fields(ctx, recordType)
		if refused(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			name := prefix + "." + f.Key
			if canAsk(name, f) {
				out[name] = f
			}
		}
	}
	return out, nil
}

// canAsk tells whether a form can ask a field: files only for the record, which keeps them.
func canAsk(name string, f field.Field) bool {
	if f.Retired || slices.Contains(unaskable, name) {
		return false
	}
	return slices.Contains(askable, f.Type) || isFile(f) && strings.HasPrefix(name, "record.")
}

func isFile(f field.Field) bool { return f.Type == field.File }

// checkFiles finds what is wrong with a field that takes files.
func checkFiles(x Field, of field.Field, add func(path, code, message string)) {
	if !isFile(of) {
		if len(x.Accept) > 0 || x.MaxMegabytes != 0 || x.MaxFiles != 0 {
			add("/accept", "invalid", "only a field of files has kinds, sizes and numbers of files")
		}
		return
	}
	if x.Hidden {
		add("/hidden", "invalid", "files are chosen by people: show the field")
	}
	for _, kind := range x.Accept {
		if !slices.Contains(allKinds, kind) {
			add("/accept", "one_of", strings.Join(allKinds, ", "))
		}
	}
	if x.MaxMegabytes < 0 || x.MaxMegabytes > MaxMegabytes {
		add("/maxMegabytes", "out_of_range", "")
	}
	if x.MaxFiles < 0 || x.MaxFiles > MaxFiles || x.MaxFiles > 1 && !of.Multiple {
		add("/maxFiles", "out_of_range", "a field that holds one value takes one file")
	}
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && len(text) <= 1000 && !strings.ContainsAny(text, " ;,'\"<>")
}

// origin tells whether a text is the origin of a site: no path, nobody's name, and
// no star, which would be every site.
func origin(site string) bool {
	u, err := url.Parse(site)
	return err == nil && u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http") && u.Path == "" && u.User == nil && !strings.ContainsAny(site, " ;,'\"*?#")
}
