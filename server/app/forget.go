package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
)

// forget is the relay's consumer of what is erased: its story, its files and what
// was planned for nothing else go too. It may see an event any number of times.
func (a *App) forget(ctx context.Context, d docstore.Delivery) error {
	of, is := crm.Erased(d)
	if !is {
		return nil
	}
	if err := a.CRM.ForgetStory(ctx, of); err != nil {
		return err
	}
	files, err := a.Stores.Files.List(ctx, of.Type+":"+of.ID)
	if err != nil {
		return fmt.Errorf("files of %s %s: %w", of.Type, of.ID, err)
	}
	for _, f := range files {
		if err := a.Stores.Files.Delete(ctx, f.ID); err != nil && !errors.Is(err, file.ErrNotFound) {
			return fmt.Errorf("file %s: %w", f.ID, err)
		}
	}
	if err := a.Bookings.Forget(ctx, booking.Ref{Type: of.Type, ID: of.ID}); err != nil {
		return err
	}
	return a.Activities.Forget(ctx, activity.Ref{Type: of.Type, ID: of.ID})
}
