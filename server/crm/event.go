package crm

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// collectionRecords holds all staged records; formerly there were only deals.
const (
	collectionRecords = "records"
	collectionDeals   = "deals"
)

// OfRecords tells whether a delivery is of a staged record, one that was written
// when there were only deals included.
func OfRecords(d docstore.Delivery) bool {
	return d.Collection == collectionRecords || d.Collection == collectionDeals
}

// EventOf reads the event of a staged record. Kind is one of the constants above
// also for an event that was written when there were only deals.
func EventOf(d docstore.Delivery) (kind string, body RecordEvent, err error) {
	if err := json.Unmarshal(d.Event.Body, &body); err != nil {
		return "", body, fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
	}
	kind = d.Event.Kind
	if what, old := strings.CutPrefix(kind, TypeDeal+"."); old {
		kind = "record." + what
	}
	if body.Type == "" {
		body.Type, body.Card.Type = TypeDeal, TypeDeal
	}
	return kind, body, nil
}
