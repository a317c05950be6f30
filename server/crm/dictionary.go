package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Item is one value of a dictionary. Its id is what records hold; name and color
// may change at any time.
type Item struct {
	ID    string `json:"id,omitempty" doc:"made from the name when it is left out"`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
	// Retired items stay where they are used and cannot be chosen any more.
	Retired bool `json:"retired,omitempty"`
}

// Dictionary is a list of values that fields choose from. Its id is its key.
type Dictionary struct {
	docstore.Entity
	Name  string `json:"name"`
	Items []Item `json:"items"`
}

// Item finds an item by id.
func (d Dictionary) Item(id string) (Item, bool) {
	i := slices.IndexFunc(d.Items, func(item Item) bool { return item.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return d.Items[i], true
}

const maxItems = 1000

func (d *Dictionary) check() error {
	var c checker
	c.line("/name", d.Name, true)
	if len(d.Items) > maxItems {
		c.add("/items", "too_many", "at most %d values", maxItems)
		return c.err()
	}
	seen, names := map[string]bool{}, map[string]bool{}
	for i := range d.Items {
		item := &d.Items[i]
		at := pointer("items", i)
		if item.ID == "" {
			item.ID = freeItem(d.Items, field.KeyOf(item.Name))
		}
		c.line(at+"/name", item.Name, true)
		if !field.ValidKey(item.ID) {
			c.add(at+"/id", "bad_key", "a lower-case letter first, then letters and digits, at most %d", field.MaxKey)
		}
		if seen[item.ID] {
			c.add(at+"/id", "duplicate", "another value has the id %q", item.ID)
		}
		if names[item.Name] {
			c.add(at+"/name", "duplicate", "another value is called %q", item.Name)
		}
		seen[item.ID], names[item.Name] = true, true
		if item.Color != "" && !colorForm.MatchString(item.Color) {
			c.add(at+"/color", "bad_color", "write a color such as #1d5fd1")
		}
	}
	return c.err()
}

func freeItem(items []Item, base string) string {
	for n := 1; ; n++ {
		id := base
		if n > 1 {
			id += strconv.Itoa(n)
		}
		if !slices.ContainsFunc(items, func(i Item) bool { return i.ID == id }) {
			return id
		}
	}
}

// Dictionaries lists all dictionaries by id.
//
// covers L-05
func (s *Service) Dictionaries(ctx context.Context) ([]Dictionary, error) {
	all, err := s.dictionaries.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return nil, fmt.Errorf("list dictionaries: %w", err)
	}
	return all, nil
}

// Dictionary reads one dictionary.
func (s *Service) Dictionary(ctx context.Context, id string) (Dictionary, error) {
	if id == "" {
		return Dictionary{}, problem.NotFound("dictionary")
	}
	d, err := s.dictionaries.Get(ctx, id)
	return d, named(err, "dictionary "+id)
}

// AddDictionary adds a list of values; without an id it gets one made of its name.
func (s *Service) AddDictionary(ctx context.Context, by Change, d Dictionary) (Dictionary, error) {
	given := d.ID
	if d.Items == nil {
		d.Items = []Item{}
	}
	if err := d.check(); err != nil {
		return d, err
	}
	base := given
	if base == "" {
		base = field.KeyOf(d.Name)
	} else if !field.ValidKey(given) {
		return d, problem.Invalid("/id", "bad_key", fmt.Sprintf("a lower-case letter first, then letters and digits, at most %d", field.MaxKey))
	}
	for n := 1; n <= 1000; n++ {
		d.Entity = docstore.Entity{ID: base}
		if n > 1 {
			d.ID += strconv.Itoa(n)
		}
		event, err := by.event("dictionary.created", edit{After: d})
		if err != nil {
			return d, err
		}
		saved, err := s.dictionaries.Save(ctx, d, event)
		if !errors.Is(err, docstore.ErrExists) && !errors.Is(err, docstore.ErrConflict) {
			return saved, err
		}
		if given != "" {
			break
		}
	}
	return d, problem.New("exists", "what", "A list with the key "+base)
}

// ChangeDictionary replaces name and items. An item that a record holds can be
// renamed and retired, but not removed.
func (s *Service) ChangeDictionary(ctx context.Context, by Change, id string, rev int64, name string, items []Item) (Dictionary, error) {
	d, err := s.Dictionary(ctx, id)
	if err != nil {
		return d, err
	}
	if d.Rev != rev {
		return d, problem.Stale(d)
	}
	before := d
	d.Name, d.Items = name, slices.Clone(items)
	if d.Items == nil {
		d.Items = []Item{}
	}
	if err := d.check(); err != nil {
		return d, err
	}
	for _, old := range before.Items {
		if _, kept := d.Item(old.ID); kept {
			continue
		}
		if n, err := s.holdingItem(ctx, id, old.ID); err != nil {
			return d, err
		} else if n > 0 {
			return d, problem.Invalid("/items", "item_in_use", fmt.Sprintf("%q is the value of %d records; retire it instead", old.Name, n))
		}
	}
	event, err := by.event("dictionary.changed", edit{Before: before, After: d})
	if err != nil {
		return d, err
	}
	saved, err := s.dictionaries.Save(ctx, d, event)
	return saved, s.stale(err, func() (any, error) { return s.Dictionary(ctx, id) })
}

// DeleteDictionary removes a list that no field chooses from.
func (s *Service) DeleteDictionary(ctx context.Context, by Change, id string, rev int64) error {
	d, err := s.Dictionary(ctx, id)
	if err != nil {
		return err
	}
	if d.Rev != rev {
		return problem.Stale(d)
	}
	types, err := s.RecordTypes(ctx)
	if err != nil {
		return err
	}
	for _, t := range types {
		for _, f := range t.Fields {
			if f.Dictionary == id {
				return problem.New("in_use", "by", f.Label)
			}
		}
	}
	event, err := by.event("dictionary.deleted", edit{Before: d})
	if err != nil {
		return err
	}
	err = s.dictionaries.Delete(ctx, id, rev, event)
	return s.stale(err, func() (any, error) { return s.Dictionary(ctx, id) })
}

// holdingItem counts the records whose fields hold an item.
func (s *Service) holdingItem(ctx context.Context, dictionary, item string) (int64, error) {
	types, err := s.RecordTypes(ctx)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for _, t := range types {
		for _, f := range t.Fields {
			if f.Dictionary != dictionary {
				continue
			}
			n, err := s.collection(t.Key).Count(ctx, []docstore.Filter{{Path: "fields." + f.Key, Op: docstore.Eq, Value: item}})
			if err != nil {
				return 0, fmt.Errorf("count records with %s in %s: %w", item, f.Key, err)
			}
			total += n
		}
	}
	return total, nil
}
