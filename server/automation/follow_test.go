package automation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// heard notes what it is told of.
type heard struct{ changes []message.Change }

// Changed implements automation.Changed.
func (h *heard) Changed(_ context.Context, c message.Change) error {
	h.changes = append(h.changes, c)
	return nil
}

// two records show the company that is asked for, one on each page.
type two struct{}

// RecordsWith implements automation.Related.
func (two) RecordsWith(_ context.Context, recordType, id, cursor string) (found []crm.Ref, next string, err error) {
	switch {
	case recordType != "company" || id != "alder":
		return nil, "", nil
	case cursor == "":
		return []crm.Ref{{Type: "deal", ID: "d1"}}, "more", nil
	}
	return []crm.Ref{{Type: "invoice", ID: "d2"}}, "", nil
}

// followed is a change and what is told of it.
type followed struct {
	name, document, kind, body string
	want                       []message.Change
}

func (f followed) collection() string {
	switch what, _, _ := strings.Cut(f.kind, "."); what {
	case "record":
		return "records"
	case "deal":
		return "deals"
	case "company":
		return "companies"
	}
	return "contacts"
}

func TestChangesAreToldOfEachDealThatShowsThem(t *testing.T) {
	for _, c := range []followed{
		{"a lead", "l7", "record.changed", `{"type":"lead","changes":{"title":{},"amount":{}}}`,
			[]message.Change{{ID: "l7:3", Type: "lead", Record: "l7", Fields: []string{"amount", "title"}, Actor: "ann"}}},
		{"a deal of a former release", "d7", "deal.changed", `{"changes":{"title":{},"amount":{}}}`,
			[]message.Change{{ID: "d7:3", Type: "deal", Record: "d7", Fields: []string{"amount", "title"}, Actor: "ann"}}},
		{"its stage", "d7", "record.stageChanged", `{"type":"deal","to":"won"}`,
			[]message.Change{{ID: "d7:3", Type: "deal", Record: "d7", Fields: []string{"stage"}, Actor: "ann"}}},
		{"its company", "alder", "company.changed", `{"before":{"name":"Alder","email":"a@example.com","rev":1},"after":{"name":"Alder","email":"b@example.com","taxId":"1","rev":2}}`,
			[]message.Change{{ID: "alder:3", Type: "deal", Record: "d1", Fields: []string{"company.email", "company.taxId"}, Actor: "ann"},
				{ID: "alder:3", Type: "invoice", Record: "d2", Fields: []string{"company.email", "company.taxId"}, Actor: "ann"}}},
		{"a company that is gone", "alder", "company.deleted", `{"before":{"name":"Alder"}}`,
			[]message.Change{{ID: "alder:3", Type: "deal", Record: "d1", Fields: []string{"company.name"}, Actor: "ann"},
				{ID: "alder:3", Type: "invoice", Record: "d2", Fields: []string{"company.name"}, Actor: "ann"}}},
		{"a company that no deal can name yet", "alder", "company.created", `{"after":{"name":"Alder"}}`, nil},
		{"a contact that no deal shows", "kos", "contact.changed", `{"before":{},"after":{"phone":"1"}}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var to heard
			d := docstore.Delivery{Collection: c.collection(), DocumentID: c.document, Seq: 3, Event: docstore.Event{Kind: c.kind, Actor: "ann", Body: []byte(c.body)}}
			require.NoError(t, automation.Follow(&to, two{})(t.Context(), d))
			require.Equal(t, c.want, to.changes)
		})
	}
}
