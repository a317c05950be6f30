package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/transfer"
)

// productInput is what people write of a product; what is left out stays.
type productInput struct {
	Name        *string    `json:"name,omitempty" maxLength:"1000"`
	SKU         *string    `json:"sku,omitempty" maxLength:"1000" doc:"unique, however it is written; empty for none"`
	Kind        *string    `json:"kind,omitempty" enum:"product,service"`
	Unit        *string    `json:"unit,omitempty" maxLength:"1000"`
	Price       *crm.Money `json:"price,omitempty" doc:"of one unit, in minor units"`
	TaxPercent  *string    `json:"taxPercent,omitempty" maxLength:"40" doc:"a decimal, such as 23"`
	TaxIncluded *bool      `json:"taxIncluded,omitempty" doc:"the price has the tax in it"`
	Description *string    `json:"description,omitempty"`
	Section     *string    `json:"section,omitempty" maxLength:"1000" doc:"section of the catalogue, nested ones as \"Hardware / Scanners\""`
	Link        *string    `json:"link,omitempty" maxLength:"5000" doc:"page of the product on the company's site"`
}

func (in productInput) into(p *crm.Product) {
	put(&p.Name, in.Name)
	put(&p.SKU, in.SKU)
	put(&p.Kind, in.Kind)
	put(&p.Unit, in.Unit)
	put(&p.Price, in.Price)
	put(&p.TaxPercent, in.TaxPercent)
	put(&p.TaxIncluded, in.TaxIncluded)
	put(&p.Description, in.Description)
	put(&p.Section, in.Section)
	put(&p.Link, in.Link)
}

// ProductList is what the catalogue may be asked. Exported like ByID.
type ProductList struct {
	Paging
	Q        string   `query:"q" maxLength:"200" doc:"words of name, SKU, section and description"`
	Section  string   `query:"section" maxLength:"400" doc:"and those inside it"`
	Kind     string   `query:"kind" enum:"product,service"`
	Archived bool     `query:"archived" doc:"those that are not offered any more, instead of the others"`
	Sort     string   `query:"sort" maxLength:"60" doc:"name, sku, kind, section, price, createdAt, updatedAt; with - for descending"`
	IDs      []string `query:"ids" maxItems:"200" doc:"these products, archived ones as well"`
}

func (in ProductList) into() crm.ProductQuery {
	return crm.ProductQuery{Text: in.Q, Section: in.Section, Kind: in.Kind, Archived: in.Archived, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor, IDs: in.IDs}
}

// pushed is what became of a product that a shop has sent.
type pushed struct {
	ID      string `json:"id"`
	SKU     string `json:"sku"`
	Outcome string `json:"outcome" enum:"created,changed,same"`
}

// productRoutes declares the catalogue of products and services. Who sees records
// sees it; only those who look after it change it.
func (a *API) productRoutes() {
	const tag = "products"
	const edit = string(access.ProductsEdit)
	out := func(p crm.Product, err error) (*tagged[crm.Product], error) { return withTag(p.Rev, p), err }
	route(a, spec{method: http.MethodGet, path: "/products", id: "listProducts", summary: "The catalogue of products and services", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ProductList) (*list[crm.Product], error) {
			all, next, err := a.CRM.Products(ctx, in.into())
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/product-sections", id: "listProductSections", summary: "Sections of the catalogue with how many products each has", tag: tag, need: "crm.view"},
		func(ctx context.Context, _ *struct{}) (*list[crm.ProductSection], error) {
			all, err := a.CRM.ProductSections(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/products", id: "createProduct", summary: "Add a product or a service", tag: tag, need: edit, status: 201},
		func(ctx context.Context, in *struct{ Body productInput }) (*tagged[crm.Product], error) {
			var p crm.Product
			in.Body.into(&p)
			return out(a.CRM.SaveProduct(ctx, making(ctx), p))
		})
	route(a, spec{method: http.MethodGet, path: "/products/{id}", id: "readProduct", summary: "One product", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ByID) (*tagged[crm.Product], error) {
			return out(a.CRM.Product(ctx, in.ID))
		})
	route(a, spec{method: http.MethodPatch, path: "/products/{id}", id: "changeProduct", summary: "Change a product; rows of records keep what they were written with", tag: tag, need: edit},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body productInput
		}) (*tagged[crm.Product], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return out(a.CRM.ChangeProduct(ctx, by(ctx), in.ID, rev, in.Body.into))
		})
	for _, to := range []struct {
		path, id, summary string
		archived          bool
	}{
		{"/products/{id}/archive", "archiveProduct", "Offer a product no longer; what names it stays as it is", true},
		{"/products/{id}/restore", "restoreProduct", "Offer an archived product again", false},
	} {
		route(a, spec{method: http.MethodPost, path: to.path, id: to.id, summary: to.summary, tag: tag, need: edit, fresh: true},
			func(ctx context.Context, in *struct {
				ByID
				Matching
			}) (*tagged[crm.Product], error) {
				rev, err := in.seen()
				if err != nil {
					return nil, err
				}
				return out(a.CRM.ArchiveProduct(ctx, by(ctx), in.ID, rev, to.archived))
			})
	}
	route(a, spec{method: http.MethodDelete, path: "/products/{id}", id: "deleteProduct", summary: "Delete a product that no record names", tag: tag, need: edit, status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			p, err := a.CRM.Product(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.CRM.DeleteProduct(ctx, by(ctx), in.ID, rev); err != nil {
				return nil, err
			}
			return nil, a.dropPicture(ctx, p.PictureID)
		})
	a.pictureRoutes(tag, edit)
	route(a, spec{method: http.MethodPost, path: "/intake/products", id: "pushProducts", summary: "Products of a shop: added, or changed where the SKU is known; sent again, they are the same", tag: tag, need: edit, fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Products []productInput `json:"products" minItems:"1" maxItems:"200"`
			}
		}) (*list[pushed], error) {
			all, err := a.pushProducts(ctx, in.Body.Products)
			return page(all, ""), err
		})
}

// pushProducts writes what a shop has sent. All of it is checked before anything is
// stored: a shop that repeats what broke off in the middle ends where it would have.
func (a *API) pushProducts(ctx context.Context, sent []productInput) ([]pushed, error) {
	var wrongs []problem.Field
	products, known := make([]crm.Product, len(sent)), make([]crm.Product, len(sent))
	at := map[string]int{}
	for i, in := range sent {
		path := "/products/" + strconv.Itoa(i)
		if in.SKU == nil || problem.Blank(*in.SKU) {
			wrongs = append(wrongs, problem.Field{Path: path + "/sku", Code: "required", Message: "a product is known again by its SKU"})
			continue
		}
		p, _, err := a.CRM.ProductBySKU(ctx, *in.SKU)
		if err != nil {
			return nil, err
		}
		known[i] = p
		in.into(&p)
		found, err := fieldsOf(a.CRM.CheckProduct(ctx, &p))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.Path = path + f.Path
			wrongs = append(wrongs, f)
		}
		if first, twice := at[p.SKUKey]; twice {
			wrongs = append(wrongs, problem.Field{Path: path + "/sku", Code: "duplicate", Message: "the same as of /products/" + strconv.Itoa(first)})
		}
		at[p.SKUKey], products[i] = i, p
	}
	if err := problem.Fields(wrongs); err != nil {
		return nil, err
	}
	out := make([]pushed, 0, len(products))
	for i, p := range products {
		line := pushed{ID: p.ID, SKU: p.SKU, Outcome: "same"}
		if !reflect.DeepEqual(p, known[i]) {
			saved, err := a.CRM.SaveProduct(ctx, by(ctx), p)
			if err != nil {
				return nil, err
			}
			line.ID, line.Outcome = saved.ID, "changed"
			if known[i].ID == "" {
				line.Outcome = "created"
			}
		}
		out = append(out, line)
	}
	return out, nil
}

// fieldsOf are the findings of a refusal; any other error stays one.
func fieldsOf(err error) ([]problem.Field, error) {
	if p := asProblem(err); err != nil && p.Code == "validation" {
		return p.Fields, nil
	}
	return nil, err
}

// productPages are the products that the catalogue shows, for an export.
func (a *API) productPages(c *gin.Context) (transfer.Pages, error) {
	q := crm.ProductQuery{Text: c.Query("q"), Section: c.Query("section"), Kind: c.Query("kind"), Archived: c.Query("archived") == "true", Sort: c.Query("sort"), Limit: docstore.MaxLimit}
	return func(ctx context.Context, cursor string) (items []transfer.Item, next string, err error) {
		q.Cursor = cursor
		found, next, err := a.CRM.Products(ctx, q)
		for i := range found {
			items = append(items, transfer.Item{Product: &found[i]})
		}
		return items, next, err
	}, a.allowed(c.Request.Context(), string(access.CRMView))
}
