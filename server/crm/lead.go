package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// leadSource is the dictionary of where leads come from.
const leadSource = "leadSource"

// leadFields are what is known of a possible client before there is a contact or a
// company. Their values are kept as those of own fields are, so that everything
// that knows own fields knows them.
//
// covers O-01
var leadFields = []field.Field{
	{Key: "firstName", Type: field.Text},
	{Key: "lastName", Type: field.Text},
	{Key: "companyName", Type: field.Text},
	{Key: "email", Type: field.Email, Multiple: true},
	{Key: "phone", Type: field.Phone, Multiple: true},
	{Key: "site", Type: field.Link},
	{Key: "source", Type: field.List, Dictionary: leadSource},
}

// builtIn tells whether a field of a type is one of every installation whose values
// are kept as those of own fields are.
func (of shape) builtIn(key string) bool { return slices.Contains(of.given, key) }

// whole adds the built-in fields of a type in front of its own ones. An own field
// that had the key before stays and stands for the built-in one.
func (of shape) whole() shape {
	if of.ID != TypeLead || len(of.given) > 0 {
		return of
	}
	all := make([]field.Field, 0, len(leadFields)+len(of.Fields))
	for _, f := range leadFields {
		if _, own := of.field(f.Key); !own {
			all, of.given = append(all, f), append(of.given, f.Key)
		}
	}
	of.Fields = append(all, of.Fields...)
	return of
}

// own leaves the built-in fields out: they are not stored.
func (of shape) own() shape {
	of.Fields = slices.DeleteFunc(slices.Clone(of.Fields), func(f field.Field) bool { return of.builtIn(f.Key) })
	of.given = nil
	return of
}

// text is a value of a field as one text, the first of several.
func (d Record) text(key string) string {
	for _, v := range each(d.Fields[key]) {
		if t, is := v.(string); is && t != "" {
			return t
		}
	}
	return ""
}

// texts are the values of a field with several.
func (d Record) texts(key string) []string {
	var out []string
	for _, v := range each(d.Fields[key]) {
		if t, is := v.(string); is && t != "" {
			out = append(out, t)
		}
	}
	return out
}

// personName is the name of the person that a lead is about.
func (d Record) personName() string {
	return strings.TrimSpace(d.text("firstName") + " " + d.text("lastName"))
}

// called is what a lead without a title is called: by whom it is about.
func (d Record) called() string {
	name := []rune(cmp.Or(d.personName(), d.text("companyName"), d.text("email"), d.text("phone")))
	return string(name[:min(len(name), maxName)])
}

// sources are the first values of where leads come from, by language.
var sources = map[string][]string{
	"en":    {"Source", "Website", "Call", "E-mail", "Recommendation", "Exhibition", "Advertising", "Social network", "Other"},
	"pt-BR": {"Origem", "Site", "Ligação", "E-mail", "Indicação", "Feira", "Publicidade", "Rede social", "Outra"},
	"pl":    {"Źródło", "Strona WWW", "Telefon", "E-mail", "Polecenie", "Targi", "Reklama", "Media społecznościowe", "Inne"},
	"ru":    {"Источник", "Сайт", "Звонок", "Эл. почта", "Рекомендация", "Выставка", "Реклама", "Соцсеть", "Другое"},
}

var sourceIDs = []string{"site", "call", "email", "recommendation", "exhibition", "advertising", "social", "other"}

// keepSources adds the dictionary of sources when it is missing.
func (s *Service) keepSources(ctx context.Context, by Change, language string) error {
	if _, err := s.dictionaries.Get(ctx, leadSource); err == nil || !errors.Is(err, docstore.ErrNotFound) {
		return err
	}
	words := sources[language]
	if words == nil {
		words = sources["en"]
	}
	d := Dictionary{Entity: docstore.Entity{ID: leadSource}, Name: words[0]}
	for i, id := range sourceIDs {
		d.Items = append(d.Items, Item{ID: id, Name: words[i+1]})
	}
	event, err := by.event("dictionary.created", edit{After: d})
	if err != nil {
		return err
	}
	if _, err = s.dictionaries.Save(ctx, d, event); err != nil && !errors.Is(err, docstore.ErrExists) {
		return fmt.Errorf("add the sources of leads: %w", err)
	}
	return nil
}

// CompleteLeads gives an installation of a former release the dictionary that its
// leads choose their source from; a new one gets it with its first pipeline.
func (s *Service) CompleteLeads(ctx context.Context) error {
	pipelines, err := s.Pipelines(ctx, TypeLead)
	if err != nil || len(pipelines) == 0 {
		return err
	}
	return s.keepSources(ctx, Change{}, "en")
}
