package crm

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Owned says to whom a client belongs: to who is responsible for it, or else to who
// added it. ResponsibleName is filled when a client is read.
type Owned struct {
	ResponsibleID   string `json:"responsibleId,omitempty"`
	ResponsibleName string `json:"responsibleName,omitempty"`
	CreatedBy       string `json:"createdBy,omitempty"`
}

// owner checks who is to be responsible for a client, and keeps what is known of it.
func (s *Service) owner(o *Owned, before Owned) error {
	o.CreatedBy, o.ResponsibleName = before.CreatedBy, ""
	if o.ResponsibleID == "" || o.ResponsibleID == before.ResponsibleID {
		return nil
	}
	if _, active := s.people.UserName(o.ResponsibleID); !active {
		return problem.Invalid("/responsibleId", "unknown_user", "there is no such active user")
	}
	return nil
}

// ClientOwner tells to whom a contact or a company belongs.
func (s *Service) ClientOwner(ctx context.Context, recordType, id string) (Owned, error) {
	if recordType == TypeCompany {
		c, err := s.company(ctx, id)
		return c.Owned, err
	}
	c, err := s.contact(ctx, id)
	return c.Owned, err
}

// BinnedOwner tells to whom a contact or a company in the bin belongs.
func (s *Service) BinnedOwner(ctx context.Context, recordType, id string) (Owned, error) {
	since, err := s.binSince(ctx)
	if err != nil {
		return Owned{}, err
	}
	var o Owned
	var at docstore.Instant
	if recordType == TypeCompany {
		var c Company
		c, err = s.companies.Get(ctx, id)
		o, at = c.Owned, c.DeletedAt
	} else {
		var c Contact
		c, err = s.contacts.Get(ctx, id)
		o, at = c.Owned, c.DeletedAt
	}
	if err == nil && !restorable(at, since) {
		err = docstore.ErrNotFound
	}
	return o, named(err, recordType)
}

// ClientsAmong are those of some contacts or companies that are visible.
func (s *Service) ClientsAmong(ctx context.Context, recordType string, ids []string, visible docstore.Filter) (map[string]bool, error) {
	out := make(map[string]bool, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), docstore.MaxLimit)]
		ids = ids[len(some):]
		page, err := s.collection(recordType).Find(ctx, docstore.Query{Filters: []docstore.Filter{is("id", docstore.In, some), visible}, Limit: docstore.MaxLimit})
		if err != nil {
			return nil, fmt.Errorf("find what is visible of type %s: %w", recordType, err)
		}
		for _, d := range page.Documents {
			out[d.ID] = true
		}
	}
	return out, nil
}

// clientsOwned marks that the clients which were stored before they belonged to
// anybody have got those who added them.
const clientsOwned = "clientOwners"

// Creators pages who has added contacts or companies, as far as that is known.
type Creators func(ctx context.Context, recordType, cursor string) (by map[string]string, next string, err error)

// OwnClients gives the clients of former releases to who added them. It may be cut
// short and begun again; of whom nothing is known belongs to nobody.
func (s *Service) OwnClients(ctx context.Context, creators Creators) error {
	_, err := s.shapes.Get(ctx, clientsOwned)
	if !errors.Is(err, docstore.ErrNotFound) {
		return err
	}
	for _, recordType := range partyTypes {
		for cursor, more := "", true; more; more = cursor != "" {
			by, next, err := creators(ctx, recordType, cursor)
			if err != nil {
				return fmt.Errorf("who added clients: %w", err)
			}
			for id, actor := range by {
				if err := s.own(ctx, recordType, id, actor); err != nil {
					return fmt.Errorf("give %s %s to who added it: %w", recordType, id, err)
				}
			}
			cursor = next
		}
	}
	if _, err = s.shapes.Save(ctx, shape{Entity: docstore.Entity{ID: clientsOwned}}); errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return nil // another server was faster
	}
	return err
}

var errOwned = errors.New("the client belongs to somebody")

// own gives a client that belongs to nobody to who added it, who is also responsible
// for it while active.
func (s *Service) own(ctx context.Context, recordType, id, actor string) error {
	name, active := s.people.UserName(actor)
	if name == "" {
		return nil
	}
	give := func(o *Owned) ([]docstore.Event, error) {
		if o.CreatedBy != "" {
			return nil, errOwned
		}
		if o.CreatedBy = actor; active && o.ResponsibleID == "" {
			o.ResponsibleID = actor
		}
		return nil, nil
	}
	var err error
	if recordType == TypeCompany {
		_, err = s.companies.Update(ctx, id, func(c *Company) ([]docstore.Event, error) { return give(&c.Owned) })
	} else {
		_, err = s.contacts.Update(ctx, id, func(c *Contact) ([]docstore.Event, error) { return give(&c.Owned) })
	}
	if errors.Is(err, docstore.ErrNotFound) || errors.Is(err, errOwned) { // erased meanwhile, or done before
		return nil
	}
	return err
}
