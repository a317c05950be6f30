package automation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Changed tells the runs whose conditions look at a record that it has changed.
type Changed interface {
	Changed(ctx context.Context, c message.Change) error
}

// Related finds the records that show data of a company or a contact.
type Related interface {
	RecordsWith(ctx context.Context, recordType, id, cursor string) (found []crm.Ref, next string, err error)
}

// Follow is the relay's consumer that lets waiting runs look at their record again
// whenever it has changed: a field, the stage, that it was deleted, or its
// company or contact.
func Follow(to Changed, related Related) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		c := message.Change{ID: d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10), Record: d.DocumentID, Actor: d.Event.Actor}
		if crm.OfRecords(d) {
			_, e, err := crm.EventOf(d)
			if err != nil {
				return err
			}
			c.Type, c.Fields = e.Type, fieldsOf(e)
			return to.Changed(ctx, c)
		}
		recordType, what, _ := strings.Cut(d.Event.Kind, ".")
		if what == "created" {
			return nil // no record names it yet
		}
		var err error
		if c.Fields, err = fieldsOfParty(recordType, d); err != nil {
			return fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
		}
		return follow(ctx, to, related, recordType, c)
	}
}

// follow tells of a company or a contact what is told of each record that shows it.
func follow(ctx context.Context, to Changed, related Related, recordType string, c message.Change) error {
	id := c.Record
	for cursor := ""; ; {
		records, next, err := related.RecordsWith(ctx, recordType, id, cursor)
		if err != nil {
			return err
		}
		for _, r := range records {
			c.Type, c.Record = r.Type, r.ID
			if err := to.Changed(ctx, c); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

func fieldsOf(e crm.RecordEvent) []string {
	var fields []string
	for name := range e.Changes {
		fields = append(fields, name)
	}
	if e.To != "" {
		fields = append(fields, "stage")
	}
	slices.Sort(fields)
	return fields
}

// fieldsOfParty compares a company or a contact with what it was. The names are
// those by which a record shows them.
func fieldsOfParty(recordType string, d docstore.Delivery) ([]string, error) {
	var e struct {
		Before map[string]json.RawMessage `json:"before"`
		After  map[string]json.RawMessage `json:"after"`
	}
	if err := json.Unmarshal(d.Event.Body, &e); err != nil {
		return nil, err
	}
	var fields []string
	for _, name := range []string{"name", "firstName", "lastName", "email", "phone", "position", "address", "taxId"} {
		if !bytes.Equal(e.Before[name], e.After[name]) {
			fields = append(fields, recordType+"."+name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}
