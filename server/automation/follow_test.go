package automation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// heard notes what it is told of.
type heard struct{ changes []message.Change }

// Changed implements automation.Changed.
func (h *heard) Changed(_ context.Context, c message.Change) error {
	h.changes = append(h.changes, c)
	return nil
}

// two deals show the company that is asked for, one on each page.
type two struct{}

// DealsWith implements automation.Related.
func (two) DealsWith(_ context.Context, recordType, id, cursor string) (ids []string, next string, err error) {
	switch {
	case recordType != "company" || id != "alder":
		return nil, "", nil
	case cursor == "":
		return []string{"d1"}, "more", nil
	}
	return []string{"d2"}, "", nil
}

func TestChangesAreToldOfEachDealThatShowsThem(t *testing.T) {
	for _, c := range []struct {
		name, document, kind, body string
		want                       []message.Change
	}{
		{"a deal", "d7", "deal.changed", `{"changes":{"title":{},"amount":{}}}`,
			[]message.Change{{ID: "d7:3", Type: "deal", Record: "d7", Fields: []string{"amount", "title"}, Actor: "ann"}}},
		{"its stage", "d7", "deal.stageChanged", `{"to":"won"}`,
			[]message.Change{{ID: "d7:3", Type: "deal", Record: "d7", Fields: []string{"stage"}, Actor: "ann"}}},
		{"its company", "alder", "company.changed", `{"before":{"name":"Alder","email":"a@example.com","rev":1},"after":{"name":"Alder","email":"b@example.com","taxId":"1","rev":2}}`,
			[]message.Change{{ID: "alder:3", Type: "deal", Record: "d1", Fields: []string{"company.email", "company.taxId"}, Actor: "ann"},
				{ID: "alder:3", Type: "deal", Record: "d2", Fields: []string{"company.email", "company.taxId"}, Actor: "ann"}}},
		{"a company that is gone", "alder", "company.deleted", `{"before":{"name":"Alder"}}`,
			[]message.Change{{ID: "alder:3", Type: "deal", Record: "d1", Fields: []string{"company.name"}, Actor: "ann"},
				{ID: "alder:3", Type: "deal", Record: "d2", Fields: []string{"company.name"}, Actor: "ann"}}},
		{"a company that no deal can name yet", "alder", "company.created", `{"after":{"name":"Alder"}}`, nil},
		{"a contact that no deal shows", "kos", "contact.changed", `{"before":{},"after":{"phone":"1"}}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var to heard
			d := docstore.Delivery{DocumentID: c.document, Seq: 3, Event: docstore.Event{Kind: c.kind, Actor: "ann", Body: []byte(c.body)}}
			require.NoError(t, automation.Follow(&to, two{})(t.Context(), d))
			require.Equal(t, c.want, to.changes)
		})
	}
}
