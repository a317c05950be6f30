package automation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Changed tells the runs whose conditions look at a record that it has changed.
type Changed interface {
	Changed(ctx context.Context, c message.Change) error
}

// Follow is the relay's consumer that lets waiting runs look at their deal again
// whenever it has changed: a field, the stage, or that it was deleted.
func Follow(to Changed) func(ctx context.Context, d docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		var e crm.DealEvent
		if err := json.Unmarshal(d.Event.Body, &e); err != nil {
			return fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
		}
		c := message.Change{ID: d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10), Type: "deal", Record: d.DocumentID, Actor: d.Event.Actor}
		for name := range e.Changes {
			c.Fields = append(c.Fields, name)
		}
		if e.To != "" {
			c.Fields = append(c.Fields, "stage")
		}
		slices.Sort(c.Fields)
		return to.Changed(ctx, c)
	}
}
