package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// TypeProduct names products where records of any type are named: in imports and
// exports. They are no records: they have no stages and no fields of their own.
const TypeProduct = "product"

// Kinds of products.
const (
	Goods       = "product"
	ServiceKind = "service"
)

// Product is one thing that the company sells. Rows of records that name it keep
// what it was called and what it cost when they were written.
type Product struct {
	docstore.Entity
	Name string `json:"name"`
	// SKU is unique, however it is written, when it is given.
	SKU  string `json:"sku,omitempty"`
	Kind string `json:"kind" enum:"product,service"`
	Unit string `json:"unit,omitempty"`
	// Price is of one unit, in minor units; not negative.
	Price      Money  `json:"price"`
	TaxPercent string `json:"taxPercent,omitempty"`
	// TaxIncluded: the price has the tax in it.
	TaxIncluded bool   `json:"taxIncluded,omitempty"`
	Description string `json:"description,omitempty"`
	// Section is where the product stands in the catalog; the names of nested
	// sections are joined by SectionSeparator.
	Section string `json:"section,omitempty" doc:"section of the catalog, nested ones as \"Hardware / Scanners\""`
	// Link is the page of the product on the company's site.
	Link string `json:"link,omitempty"`
	// PictureID is the file that shows it.
	PictureID string `json:"pictureId,omitempty" doc:"file of its picture; changed by /products/{id}/picture"`
	// ArchivedAt: it stays where it is used and is not offered any more.
	ArchivedAt docstore.Instant `json:"archivedAt"`
	// SKUKey is the SKU as two of them are compared, computed.
	SKUKey string `json:"skuKey,omitempty" doc:"computed"`
	Marks
}

// SectionSeparator stands between the names of nested sections.
const SectionSeparator = " / "

// sortedProducts are the orders of the catalog.
var sortedProducts = []string{"name", "sku", "kind", "section", "price.amount", "createdAt", "updatedAt"}

// productSpec is the collection of the catalog.
var productSpec = docstore.Spec{
	Name: "products",
	Indexes: append(orders([]string{"archivedAt"}, sortedProducts), []docstore.Index{
		{Paths: []string{"skuKey"}, Unique: true}, {Paths: []string{"section"}}, {Paths: []string{"name"}}, {Paths: []string{"createdAt"}}, {Paths: []string{"archivedAt", "section", "name"}},
	}...),
	Text: []string{"name", "sku", "section", "description"},
}

// skuKey is a SKU as two of them are compared.
func skuKey(sku string) string { return strings.ToLower(strings.Join(strings.Fields(sku), " ")) }

// section writes the names of nested sections in one way.
func section(text string) string {
	var names []string
	for name := range strings.SplitSeq(text, "/") {
		if name = strings.Join(strings.Fields(name), " "); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, SectionSeparator)
}

// maxSections bounds how deep sections are nested.
const maxSections = 5

// check checks a product and computes what follows from it.
func (p *Product) check() error {
	var c checker
	p.Name, p.SKU, p.Unit, p.Link = strings.TrimSpace(p.Name), strings.TrimSpace(p.SKU), strings.TrimSpace(p.Unit), strings.TrimSpace(p.Link)
	p.SKUKey, p.Section = skuKey(p.SKU), section(p.Section)
	p.Kind = cmp.Or(p.Kind, Goods)
	c.line("/name", p.Name, true)
	c.text("/sku", p.SKU, 100, false)
	c.text("/unit", p.Unit, 40, false)
	c.text("/description", p.Description, maxText, true)
	c.line("/section", p.Section, false)
	if strings.Count(p.Section, SectionSeparator) >= maxSections {
		c.add("/section", "too_many", "at most %d sections inside each other", maxSections)
	}
	if p.Kind != Goods && p.Kind != ServiceKind {
		c.add("/kind", "one_of", "%s, %s", Goods, ServiceKind)
	}
	if !currencyForm.MatchString(p.Price.Currency) {
		c.add("/price/currency", "bad_currency", "write a currency code such as PLN")
	}
	if p.Price.Amount < 0 || p.Price.Amount > field.MaxAmount {
		c.add("/price/amount", "out_of_range", "the price is between 0 and %d minor units", int64(field.MaxAmount))
	}
	if tax, ok := percentOrQuantity(p.TaxPercent, "/taxPercent", hundred, &c.fields); ok && p.TaxPercent != "" {
		p.TaxPercent = tax.String()
	}
	if p.Link != "" {
		c.text("/link", p.Link, 2000, false)
		if u, err := url.Parse(p.Link); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			c.add("/link", "bad_value", "write an address such as https://shop.example.com/scanner")
		}
	}
	return c.err()
}

// ProductQuery asks for a page of the catalog. Section holds for those inside it
// too. Sort is name, sku, kind, section, price, createdAt or updatedAt, with "-" for
// descending.
type ProductQuery struct {
	Text     string
	Section  string
	Kind     string
	Archived bool
	Sort     string
	Limit    int
	Cursor   string
	// IDs, when not nil, name products themselves, archived ones as well.
	IDs []string
}

// Products pages the catalog.
//
// covers E-01
func (s *Service) Products(ctx context.Context, q ProductQuery) ([]Product, string, error) {
	sort, down := strings.CutPrefix(cmp.Or(q.Sort, "name"), "-")
	if sort == "price" {
		sort = "price.amount"
	}
	if !slices.Contains(sortedProducts, sort) {
		return nil, "", problem.Invalid("query.sort", "unknown_sort", "sort by one of: name, sku, kind, section, price, createdAt, updatedAt")
	}
	if down {
		sort = "-" + sort
	}
	query := docstore.Query{Sort: sort, Limit: q.Limit, Cursor: q.Cursor}
	if q.IDs != nil {
		query.Filters = append(query.Filters, is("id", docstore.In, q.IDs))
	} else if q.Archived {
		query.Filters = append(query.Filters, is("archivedAt", docstore.Gte, ""))
	} else {
		query.Filters = append(query.Filters, is("archivedAt", docstore.Eq, nil))
	}
	if len(docstore.Words(q.Text)) > 0 {
		query.Filters = append(query.Filters, docstore.Filter{Op: docstore.Text, Value: q.Text})
	}
	if in := section(q.Section); in != "" {
		query.Filters = append(query.Filters, docstore.Filter{Op: docstore.AnyOf, Of: []docstore.Filter{
			is("section", docstore.Eq, in), is("section", docstore.Prefix, in+SectionSeparator)}})
	}
	if q.Kind != "" {
		query.Filters = append(query.Filters, is("kind", docstore.Eq, q.Kind))
	}
	found, next, err := s.products.Find(ctx, query)
	if err != nil {
		err = fmt.Errorf("list products: %w", err)
	}
	return found, next, err
}

// ProductSection is a section of the catalog.
type ProductSection struct {
	Name string `json:"name" doc:"whole, as products hold it"`
	// Count is of the products in it and in those inside it.
	Count int64 `json:"count"`
}

// ProductSections lists the sections that products which are offered stand in, and
// those around them.
func (s *Service) ProductSections(ctx context.Context) ([]ProductSection, error) {
	groups, err := s.products.Collection().Aggregate(ctx, docstore.Aggregate{Filters: []docstore.Filter{is("archivedAt", docstore.Eq, nil)}, GroupBy: "section"})
	if err != nil {
		return nil, fmt.Errorf("count products by section: %w", err)
	}
	counts := map[string]int64{}
	for _, g := range groups {
		name, _ := g.Key.(string)
		for name != "" {
			counts[name] += g.Count
			at := strings.LastIndex(name, SectionSeparator)
			name = name[:max(at, 0)]
		}
	}
	out := make([]ProductSection, 0, len(counts))
	for name, n := range counts {
		out = append(out, ProductSection{name, n})
	}
	slices.SortFunc(out, func(a, b ProductSection) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// Product reads one product.
func (s *Service) Product(ctx context.Context, id string) (Product, error) {
	if id == "" {
		return Product{}, problem.NotFound("product")
	}
	p, err := s.products.Get(ctx, id)
	return p, named(err, "product")
}

// ProductBySKU finds a product by its SKU, however it is written.
func (s *Service) ProductBySKU(ctx context.Context, sku string) (p Product, known bool, err error) {
	key := skuKey(sku)
	if key == "" {
		return p, false, nil
	}
	found, _, err := s.products.Find(ctx, docstore.Query{Filters: []docstore.Filter{is("skuKey", docstore.Eq, key)}, Limit: 1})
	if err != nil || len(found) == 0 {
		return p, false, err
	}
	return found[0], true, nil
}

// CheckProduct tells what saving a product would refuse, and computes what follows
// from it; nothing is stored.
func (s *Service) CheckProduct(ctx context.Context, p *Product) error {
	if err := p.check(); err != nil {
		return err
	}
	if other, known, err := s.ProductBySKU(ctx, p.SKU); err != nil {
		return err
	} else if known && other.ID != p.ID {
		return takenSKU(other)
	}
	return nil
}

func takenSKU(other Product) error {
	return problem.Invalid("/sku", "duplicate", fmt.Sprintf("%q has this SKU", other.Name))
}

// SaveProduct creates (ID "") or replaces a product; Rev is the one that was read.
// What an effect has made already is given as it is stored: a repeat is the same act.
func (s *Service) SaveProduct(ctx context.Context, by Change, p Product) (Product, error) {
	kind, of := "product.changed", edit{After: &p}
	var before Product
	if p.ID == "" {
		kind, p.Entity = "product.created", docstore.Entity{ID: s.idFor(by, TypeProduct)}
		if made, is, err := madeOnce(ctx, s.products, by, p.ID); is || err != nil {
			return made, err
		}
	} else {
		var err error
		if before, err = s.Product(ctx, p.ID); err != nil {
			return p, err
		}
		of.Before, p.ArchivedAt, p.PictureID = before, before.ArchivedAt, before.PictureID
	}
	if err := p.check(); err != nil {
		return p, err
	}
	p.Marks = before.Marks
	p.mark(before.Rev, differing(before.byKey(), p.byKey()))
	event, err := by.event(kind, of)
	if err != nil {
		return p, err
	}
	saved, err := s.products.Save(ctx, p, event)
	if errors.Is(err, docstore.ErrExists) {
		if made, is, readErr := madeOnce(ctx, s.products, by, p.ID); is || readErr != nil {
			return made, readErr
		}
		other, known, readErr := s.ProductBySKU(ctx, p.SKU)
		if readErr != nil {
			return p, readErr
		}
		if known {
			return p, takenSKU(other)
		}
	}
	return saved, s.stale(err, func() (any, error) { return s.Product(ctx, p.ID) })
}

// ChangeProduct is ChangeContact for a product.
func (s *Service) ChangeProduct(ctx context.Context, by Change, id string, rev int64, edit func(*Product)) (Product, error) {
	return merged(ctx, s, partyOf[Product]{TypeProduct, s.Product, s.SaveProduct, func(p Product) (Marks, int64) { return p.Marks, p.Rev }, Product.byKey}, by, id, rev, edit)
}

// byKey are the values of a product by the keys of its fields.
func (p Product) byKey() map[string]any {
	return map[string]any{"name": p.Name, "sku": p.SKU, "kind": p.Kind, "unit": p.Unit, "price": p.Price, "taxPercent": p.TaxPercent, "taxIncluded": p.TaxIncluded,
		"description": p.Description, "section": p.Section, "link": p.Link}
}

// ArchiveProduct takes a product out of the choice, or puts it back. What names it
// stays as it is.
func (s *Service) ArchiveProduct(ctx context.Context, by Change, id string, rev int64, archived bool) (Product, error) {
	p, err := s.Product(ctx, id)
	if err != nil {
		return p, err
	}
	if p.Rev != rev {
		return p, problem.Stale(p)
	}
	if p.ArchivedAt.IsZero() != archived {
		return p, nil
	}
	kind, before := "product.archived", p
	p.ArchivedAt = docstore.At(s.now())
	if !archived {
		kind, p.ArchivedAt = "product.restored", docstore.Instant{}
	}
	event, err := by.event(kind, edit{Before: before, After: p})
	if err != nil {
		return p, err
	}
	saved, err := s.products.Save(ctx, p, event)
	return saved, s.stale(err, func() (any, error) { return s.Product(ctx, id) })
}

// SetPicture gives a product another picture, "" for none, whatever else is changed of
// it meanwhile. It tells which file showed it before.
func (s *Service) SetPicture(ctx context.Context, by Change, id, file string) (saved Product, before string, err error) {
	saved, err = s.products.Update(ctx, id, func(p *Product) ([]docstore.Event, error) {
		of := edit{Before: *p}
		before, p.PictureID = p.PictureID, file
		of.After = *p
		event, err := by.event("product.changed", of)
		return []docstore.Event{event}, err
	})
	return saved, before, named(err, "product")
}

// DeleteProduct removes a product that no row of a record names, those in the bin
// included. Others can be archived.
func (s *Service) DeleteProduct(ctx context.Context, by Change, id string, rev int64) error {
	p, err := s.Product(ctx, id)
	if err != nil {
		return err
	}
	if p.Rev != rev {
		return problem.Stale(p)
	}
	n, err := s.records.Count(ctx, docstore.Filter{Path: "productIds", Op: docstore.Contains, Value: id})
	if err != nil {
		return fmt.Errorf("count records with product %s: %w", id, err)
	}
	if n > 0 {
		return problem.New("product_in_use", "count", strconv.FormatInt(n, 10))
	}
	event, err := by.event("product.deleted", edit{Before: p})
	if err != nil {
		return err
	}
	err = s.products.Delete(ctx, id, rev, event)
	return s.stale(err, func() (any, error) { return s.Product(ctx, id) })
}

// findProduct gives the products that agree with a probe, by SKU or by name.
func (s *Service) findProduct(ctx context.Context, p Probe, by []string) ([]Match, error) {
	var out []Match
	add := func(found Product, way string) {
		if !slices.ContainsFunc(out, func(m Match) bool { return m.ID == found.ID }) {
			out = append(out, Match{Ref: Ref{TypeProduct, found.ID}, Name: found.Name, By: []string{way}, created: found.CreatedAt})
		}
	}
	for _, way := range by {
		switch {
		case way == BySKU:
			found, known, err := s.ProductBySKU(ctx, p.SKU)
			if err != nil {
				return nil, err
			}
			if known {
				add(found, way)
			}
		case way == ByName && p.Name != "":
			found, _, err := s.products.Find(ctx, docstore.Query{Filters: []docstore.Filter{is("name", docstore.Eq, p.Name)}, Sort: "createdAt", Limit: 20})
			if err != nil {
				return nil, fmt.Errorf("find products: %w", err)
			}
			for _, one := range found {
				add(one, way)
			}
		}
	}
	return out, nil
}

// checkRows checks what rows say of the catalog: a product that a row names anew
// is there and, unless rows are taken over, offered. What was named before may be gone
// or archived meanwhile.
func (s *Service) checkRows(ctx context.Context, c *checker, before []ProductRow, d *storedRecord, taken bool) error {
	var ids []string
	for _, row := range d.Products {
		if row.ProductID != "" && !slices.Contains(ids, row.ProductID) {
			ids = append(ids, row.ProductID)
		}
	}
	d.ProductIDs = ids
	if len(ids) == 0 {
		return nil
	}
	known, err := s.products.GetMany(ctx, ids)
	if err != nil {
		return fmt.Errorf("read products of rows: %w", err)
	}
	for i, row := range d.Products {
		if row.ProductID == "" || slices.ContainsFunc(before, func(r ProductRow) bool { return r.ProductID == row.ProductID }) {
			continue
		}
		at := slices.IndexFunc(known, func(p Product) bool { return p.ID == row.ProductID })
		switch {
		case at < 0:
			c.add(pointer("products", i)+"/productId", "unknown_reference", "there is no such product")
		case !known[at].ArchivedAt.IsZero() && !taken:
			c.add(pointer("products", i)+"/productId", "archived_product", "")
		}
	}
	return nil
}

// decided refuses an amount and a currency that are not those of the rows: to say
// nothing would look as if they were taken.
func (c *checker) decided(d Record, p RecordPatch) {
	if p.Amount != nil && *p.Amount != d.Amount {
		c.add("/amount", "decided_by_rows", "")
	}
	if p.Currency != nil && *p.Currency != d.Currency {
		c.add("/currency", "decided_by_rows", "")
	}
}

// taxed is what is paid for an amount with a tax: nothing more when it is in it.
func (r ProductRow) taxed(amount, percent decimal.Decimal) decimal.Decimal {
	if r.TaxIncluded {
		return amount
	}
	return amount.Mul(hundred.Add(percent)).Div(hundred)
}
