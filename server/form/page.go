package form

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Page is an answer to a browser: HTML and the policy that belongs to it.
type Page struct {
	Status int
	HTML   []byte
	Policy string // Content-Security-Policy
	// Location, when set, is where the browser goes instead.
	Location string
}

// Opening is how a page was asked for.
type Opening struct {
	Query url.Values
	// Page is where the form stands, when it is embedded.
	Page     string
	Visitor  string
	Embedded bool
	Language string // of the reader, for pages that belong to no form
}

// OpeningOf reads the parameters of a page's address.
func OpeningOf(q url.Values, language string) Opening {
	return Opening{Query: q, Page: bounded(q.Get("fluxo_page"), 1000), Visitor: bounded(q.Get("fluxo_visitor"), 64), Embedded: q.Get("fluxo_embed") != "", Language: language}
}

func bounded(text string, most int) string {
	if len(text) > most || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) || problem.Disguised(text) {
		return ""
	}
	return text
}

// The names of inputs that are no fields.
const (
	inputToken    = "fluxo_token"
	inputTrap     = "website_url"
	inputConsent  = "fluxo_consent"
	inputPage     = "fluxo_page"
	inputVisitor  = "fluxo_visitor"
	inputEmbedded = "fluxo_embed"
)

// Show is the page with an empty form.
func (s *Service) Show(ctx context.Context, id string, o Opening) (Page, error) {
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
	return s.render(ctx, f, filled{opening: o, values: o.Query}, 200)
}

// Preview is the page of a form that is not saved yet.
func (s *Service) Preview(ctx context.Context, f Form) (Page, error) {
	return s.render(ctx, f, filled{}, 200)
}

// Thank is the page after sending.
func (s *Service) Thank(ctx context.Context, id string, o Opening) (Page, error) {
	f, err := s.Get(ctx, id)
	if refused(err) {
		return s.notice(nil, o, 404, "goneTitle", "gone")
	}
	if err != nil {
		return Page{}, err
	}
	return s.notice(&f, o, 200, "thanksTitle", "thanks")
}

// filled is what a page shows in its fields, and what is wrong with it.
type filled struct {
	opening Opening
	values  url.Values
	wrong   map[string]string
	message string
}

type option struct {
	Value, Label string
	Chosen       bool
}

type input struct {
	ID, Name, Kind, Label, Help, Placeholder, Value, Wrong, Complete, Mode, Accept, Takes string
	Required, Half, Chosen, Several                                                       bool
	Options                                                                               []option
}

type hiddenInput struct{ Name, Value string }

type view struct {
	Form                           Form
	Language, Nonce, Message       string
	Title                          string
	Text, Thanks, Consent          template.HTML
	Style                          template.CSS
	Inputs                         []input
	Hidden                         []hiddenInput
	ConsentWrong                   string
	Button, Trap, Optional, Choose string
	Onward, Redirect               string
	Sendable, Embedded, Files      bool
}

func (s *Service) markdown(text string) (template.HTML, error) {
	if text == "" {
		return "", nil
	}
	out, err := s.Render(text)
	return template.HTML(out), err // Render sanitizes
}

func (s *Service) frame(f *Form, o Opening) view {
	v := view{Language: "en", Embedded: o.Embedded, Nonce: s.nonce()}
	if slices.Contains(languages, o.Language) {
		v.Language = o.Language
	}
	if f != nil {
		v.Form, v.Language, v.Title = *f, f.Language, f.Title
		v.Style = style(f.Style)
	} else {
		v.Style = style(Style{Corner: 8})
	}
	return v
}

func (s *Service) nonce() string {
	var raw [12]byte
	s.Random(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// notice is a page without fields: thanks, or why there is no form.
func (s *Service) notice(f *Form, o Opening, status int, title, text string) (Page, error) {
	v := s.frame(f, o)
	if title != "" {
		v.Title = say(title, v.Language)
	}
	if status == 200 {
		v.Form.Title = f.Title
		if f.Thanks != "" {
			var err error
			if v.Thanks, err = s.markdown(f.Thanks); err != nil {
				return Page{}, err
			}
		}
		v.Redirect, v.Onward = f.Redirect, say("onward", v.Language)
	}
	if v.Thanks == "" {
		v.Thanks = template.HTML(template.HTMLEscapeString(say(text, v.Language)))
	}
	return s.write(v, f, status)
}

func (s *Service) render(ctx context.Context, f Form, in filled, status int) (Page, error) {
	v := s.frame(&f, in.opening)
	v.Sendable = true
	var err error
	if v.Text, err = s.markdown(f.Text); err != nil {
		return Page{}, err
	}
	if f.Consent.Ask {
		if v.Consent, err = s.markdown(f.Consent.Text); err != nil {
			return Page{}, err
		}
	}
	known, err := s.known(ctx, f.Creates.Type)
	if err != nil {
		return Page{}, err
	}
	for i, x := range f.Fields {
		name := "f." + x.Field
		if x.Hidden {
			if x.Parameter != "" {
				if value := bounded(in.values.Get(x.Parameter), 500); value != "" {
					v.Hidden = append(v.Hidden, hiddenInput{x.Parameter, value})
				}
			}
			continue
		}
		of, there := known[x.Field]
		if !there {
			continue // taken away after the form was made
		}
		one, err := s.input(ctx, x, of, in.values[name], v.Language)
		if err != nil {
			return Page{}, err
		}
		one.ID, one.Name, one.Wrong = "i"+strconv.Itoa(i), name, in.wrong[x.Field]
		v.Inputs, v.Files = append(v.Inputs, one), v.Files || one.Kind == "file"
	}
	v.Hidden = append(v.Hidden, hiddenInput{inputToken, s.token(f.ID, s.Clock.Now())})
	for _, h := range []hiddenInput{{inputPage, in.opening.Page}, {inputVisitor, in.opening.Visitor}} {
		if h.Value != "" {
			v.Hidden = append(v.Hidden, h)
		}
	}
	if in.opening.Embedded {
		v.Hidden = append(v.Hidden, hiddenInput{inputEmbedded, "1"})
	}
	v.Message, v.ConsentWrong = in.message, in.wrong[inputConsent]
	v.Button, v.Trap, v.Optional, v.Choose = f.Button, say("trap", v.Language), say("optional", v.Language), say("choose", v.Language)
	if v.Button == "" {
		v.Button = say("send", v.Language)
	}
	return s.write(v, &f, status)
}

// input is how a field is asked.
func (s *Service) input(ctx context.Context, x Field, of field.Field, values []string, language string) (input, error) {
	one := input{Label: x.Label, Help: x.Help, Placeholder: x.Placeholder, Required: x.Required, Half: x.Half, Kind: "text"}
	if len(values) > 0 {
		one.Value = values[0]
	}
	_, last, _ := strings.Cut(x.Field, ".")
	one.Complete = map[string]string{"contact.firstName": "given-name", "contact.lastName": "family-name", "contact.email": "email", "contact.phone": "tel",
		"contact.position": "organization-title", "company.name": "organization", "company.email": "email", "company.phone": "tel", "company.address": "street-address"}[x.Field]
	switch of.Type {
	case field.LongText, field.Address:
		one.Kind = "area"
	case field.Number:
		one.Mode = "decimal"
	case field.Date:
		one.Kind = "date"
	case field.DateTime:
		one.Kind = "datetime-local"
	case field.Email:
		one.Kind = "email"
	case field.Phone:
		one.Kind = "tel"
	case field.Link:
		one.Kind, one.Mode = "text", "url"
	case field.Boolean:
		one.Kind, one.Chosen = "check", one.Value != ""
	case field.File:
		one.Kind, one.Value, one.Accept, one.Takes, one.Several = "file", "", x.ends(), x.takes(language), x.count() > 1
	case field.List:
		d, err := s.Records.Dictionary(ctx, of.Dictionary)
		if err != nil && !refused(err) {
			return one, fmt.Errorf("values of %s: %w", last, err)
		}
		one.Kind = "select"
		if of.Multiple {
			one.Kind = "checks"
		}
		for _, item := range d.Items {
			if !item.Retired {
				one.Options = append(one.Options, option{item.ID, item.Name, slices.Contains(values, item.ID)})
			}
		}
	}
	return one, nil
}

func (s *Service) write(v view, f *Form, status int) (Page, error) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return Page{}, fmt.Errorf("page of a form: %w", err)
	}
	around, sent := "*", "'self'"
	if f != nil && len(f.Sites) > 0 {
		around = "'self' " + strings.Join(f.Sites, " ")
	}
	if f != nil && f.Redirect != "" { // browsers ask the policy also for where an answer leads
		if u, err := url.Parse(f.Redirect); err == nil {
			sent += " " + u.Scheme + "://" + u.Host
		}
	}
	return Page{Status: status, HTML: b.Bytes(), Policy: "default-src 'none'; style-src 'nonce-" + v.Nonce + "'; script-src 'nonce-" + v.Nonce +
		"'; form-action " + sent + "; base-uri 'none'; frame-ancestors " + around}, nil
}

// style writes the look of a form as variables. Everything in it was checked.
func style(s Style) template.CSS {
	pick := func(color, fallback string) string {
		if colorForm.MatchString(color) {
			return color
		}
		return fallback
	}
	accent, paper, ink := pick(s.Accent, "#2563eb"), pick(s.Background, "#ffffff"), pick(s.Ink, "#1a2230")
	font := map[string]string{"serif": "Georgia,'Times New Roman',serif", "rounded": "ui-rounded,'SF Pro Rounded','Nunito','Segoe UI',sans-serif",
		"mono": "ui-monospace,'Cascadia Mono',Menlo,monospace"}[s.Font]
	if font == "" {
		font = "system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"
	}
	scheme := "light"
	if dark(paper) {
		scheme = "dark"
	}
	return template.CSS(fmt.Sprintf(":root{--accent:%s;--on:%s;--paper:%s;--ink:%s;--corner:%dpx;--font:%s;color-scheme:%s}",
		accent, onto(accent), paper, ink, min(max(s.Corner, 0), 24), font, scheme))
}

func channels(color string) (r, g, b float64) {
	n, _ := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	return float64(n >> 16 & 255), float64(n >> 8 & 255), float64(n & 255)
}

func dark(color string) bool {
	r, g, b := channels(color)
	return 0.299*r+0.587*g+0.114*b < 128
}

// onto is the ink that can be read on a color.
func onto(color string) string {
	r, g, b := channels(color)
	if 0.299*r+0.587*g+0.114*b < 150 {
		return "#ffffff"
	}
	return "#111827"
}

// EmbedScript puts the form into a page where the script stands, as a frame that
// is as high as what it shows.
func EmbedScript(origin, id string) []byte {
	return []byte(strings.NewReplacer("ORIGIN", origin, "FORM", id).Replace(embedScript))
}

func textOf(v any, language string, d map[string]string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return say("yes", language)
		}
		return say("no", language)
	case string:
		if name, is := d[v]; is {
			return name
		}
		return v
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			parts = append(parts, textOf(one, language, d))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// Refuse is a page that says why nothing was taken.
func (s *Service) Refuse(ctx context.Context, id string, o Opening, status int, text string) (Page, error) {
	f, err := s.Get(ctx, id)
	if refused(err) {
		return s.notice(nil, o, 404, "goneTitle", "gone")
	}
	if err != nil {
		return Page{}, err
	}
	return s.notice(&f, o, status, "", text)
}
