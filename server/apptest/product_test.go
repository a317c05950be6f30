package apptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/document"
)

// The catalogue: who looks after it adds, changes, archives and deletes products; who
// sees deals finds them; rows of records keep what they were picked with.
//
// covers E-01
func TestCatalogueOfProducts(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	scanner := map[string]any{"name": "Scanner ZX-7", "sku": "ZX-7 ", "unit": "pcs", "price": money(10_000, "PLN"), "taxPercent": "23",
		"section": "Hardware/ Scanners", "description": "Reads everything", "link": "https://shop.test/zx7"}
	made := ada.Post("/products", scanner).Expect(201)
	require.Equal(t, []any{"product", "ZX-7", "Hardware / Scanners", nil}, []any{made.At("kind"), made.At("sku"), made.At("section"), made.At("archivedAt")})
	id := made.Text("id")
	hour := ada.Post("/products", map[string]any{"name": "Assembly of ZX", "kind": "service", "unit": "hour", "price": money(12_300, "PLN"), "taxPercent": "23", "taxIncluded": true, "section": "Hardware"}).Expect(201).Text("id")

	// A member sees and does not write.
	refused := marta.Post("/products", scanner).Problem(403, "forbidden")
	require.Contains(t, string(refused.Raw), "catalogue of products")
	marta.Do("PATCH", "/products/"+id, map[string]any{"name": "Mine"}, "If-Match", `"1"`).Problem(403, "forbidden")
	require.Equal(t, "https://shop.test/zx7", marta.Get("/products/"+id).Expect(200).Text("link"))

	// What is wrong is said by field.
	wrong := ada.Post("/products", map[string]any{"name": " ", "sku": "zx-7", "kind": "product", "price": money(-1, "zł"), "taxPercent": "-2", "link": "javascript:alert(1)"}).Problem(422, "validation")
	for _, path := range []string{"/name", "/price/currency", "/price/amount", "/taxPercent", "/link"} {
		require.Contains(t, string(wrong.Raw), `"`+path+`"`)
	}
	require.Contains(t, string(ada.Post("/products", map[string]any{"name": "Copy", "sku": "zx-7", "price": money(1, "PLN")}).Problem(422, "validation").Raw), `"/sku"`, "a SKU is one however it is written")

	// Search, sections, kinds, orders and pages.
	found := func(query string) []string {
		t.Helper()
		a := marta.Get("/products?limit=200&" + query).Expect(200)
		var out []string
		for i := range a.Len("items") {
			if name := a.Text(fmt.Sprintf("items.%d.name", i)); strings.Contains(name, "ZX") {
				out = append(out, name)
			}
		}
		return out
	}
	both := []string{"Assembly of ZX", "Scanner ZX-7"}
	require.Equal(t, both, found(""))
	require.Equal(t, both, found("q=zx&section=Hardware"), "a section holds for those inside it")
	require.Equal(t, both[1:], found("section=Hardware+%2F+Scanners"))
	require.Empty(t, found("section=Hard"))
	require.Equal(t, both[1:], found("q=scan+zx-7"))
	require.Equal(t, both[:1], found("kind=service"))
	require.Equal(t, both, found("q=zx&sort=-price"))
	require.Equal(t, []string{both[1], both[0]}, found("q=zx&sort=price"))
	require.Equal(t, both[1:], found("ids="+id))
	marta.Get("/products?sort=tax").Problem(422, "validation")
	first := marta.Get("/products?limit=1&q=zx").Expect(200)
	require.Equal(t, "Scanner ZX-7", marta.Get("/products?limit=1&q=zx&cursor="+first.Text("next")).Expect(200).Text("items.0.name"))
	sections := marta.Get("/product-sections").Expect(200)
	require.Contains(t, string(sections.Raw), `{"name":"Hardware / Scanners","count":`)

	// A row is picked from it, and keeps its price; the tax of one is in its price.
	deal, _ := newDeal(t, w, "Shelves")
	path := "/records/deal/" + deal
	row := func(product string, amount int64, included bool) map[string]any {
		return map[string]any{"name": "Scanner ZX-7", "productId": product, "quantity": "2", "unit": "pcs", "price": money(amount, "PLN"), "taxPercent": "23", "taxIncluded": included}
	}
	marta.Do("PATCH", path, map[string]any{"products": []any{row("nobody", 1, false)}}, "If-Match", marta.Get(path).ETag()).Problem(422, "validation")
	sold := marta.Do("PATCH", path, map[string]any{"products": []any{row(id, 10_000, false), row(hour, 12_300, true)}}, "If-Match", marta.Get(path).ETag()).Expect(200)
	require.Equal(t, []any{float64(24_600), float64(24_600), float64(49_200)}, []any{sold.At("products.0.total.amount"), sold.At("products.1.total.amount"), sold.At("amount")})
	dearer := ada.Do("PATCH", "/products/"+id, map[string]any{"price": money(11_000, "PLN"), "name": "Scanner ZX-7 B"}, "If-Match", made.ETag()).Expect(200)
	ada.Do("PATCH", "/products/"+id, map[string]any{"name": "Late"}, "If-Match", made.ETag()).Problem(409, "stale")
	kept := marta.Get(path).Expect(200)
	require.Equal(t, []any{"Scanner ZX-7", id, float64(10_000), "pcs"}, []any{kept.At("products.0.name"), kept.At("products.0.productId"), kept.At("products.0.price.amount"), kept.At("products.0.unit")})

	// What is used is archived, not deleted; also while its record is in the bin.
	ada.Do("DELETE", "/products/"+id, nil, "If-Match", dearer.ETag()).Problem(409, "product_in_use")
	archived := ada.Do("POST", "/products/"+id+"/archive", nil, "If-Match", dearer.ETag()).Expect(200)
	require.Equal(t, both[:1], found("q=zx"))
	require.Equal(t, []string{"Scanner ZX-7 B"}, found("archived=true"))
	require.Equal(t, []string{"Scanner ZX-7 B"}, found("ids="+id), "rows show what is archived")
	marta.Do("PATCH", path, map[string]any{"comment": "still editable"}, "If-Match", marta.Get(path).ETag()).Expect(200)
	marta.Do("DELETE", path, nil, "If-Match", marta.Get(path).ETag()).Expect(204)
	ada.Do("DELETE", "/products/"+id, nil, "If-Match", archived.ETag()).Problem(409, "product_in_use")
	back := ada.Do("POST", "/products/"+id+"/restore", nil, "If-Match", archived.ETag()).Expect(200)
	require.Nil(t, back.At("archivedAt"))
	ada.Do("DELETE", "/bin/deal/"+deal, nil).Expect(204)
	ada.Do("DELETE", "/products/"+id, nil, "If-Match", back.ETag()).Expect(204)
	ada.Get("/products/"+id).Problem(404, "not_found")

	w.Eventually("the trail tells", 10*time.Millisecond, func() bool {
		for _, action := range []string{"created", "changed", "archived", "restored", "deleted"} {
			if ada.Get("/audit?action=product."+action).Expect(200).Len("items") == 0 {
				return false
			}
		}
		return true
	})
}

func money(amount int64, currency string) map[string]any {
	return map[string]any{"amount": amount, "currency": currency}
}

// A shop pushes its goods, again and again, and managers see them in the CRM with the
// way to the page of the site.
//
// covers E-04
func TestShopPushesItsProducts(t *testing.T) {
	t.Parallel()
	shopPushesItsProducts(t, apptest.New(t, apptest.Options{}))
}

func shopPushesItsProducts(t *testing.T, w *apptest.World) {
	t.Helper()
	ada, marta := w.As("ada"), w.As("marta")
	goods := []any{
		map[string]any{"sku": "S-1", "name": "Lamp", "price": money(9_900, "EUR"), "section": "Light", "link": "https://shop.test/lamp"},
		map[string]any{"sku": "S-2", "name": "Bulb", "price": money(300, "EUR"), "section": "Light"},
	}
	send := func(goods []any) *apptest.Answer {
		return ada.Post("/intake/products", map[string]any{"products": goods})
	}
	sent := send(goods).Expect(200)
	require.Equal(t, []any{"created", "created"}, []any{sent.At("items.0.outcome"), sent.At("items.1.outcome")})
	goods[1].(map[string]any)["price"] = money(350, "EUR")
	goods[0].(map[string]any)["sku"] = "s-1"
	again := send(goods).Expect(200)
	require.Equal(t, []any{"changed", "changed", sent.At("items.0.id")}, []any{again.At("items.0.outcome"), again.At("items.1.outcome"), again.At("items.0.id")})
	require.Equal(t, "same", send(goods).Expect(200).Text("items.1.outcome"))
	seen := marta.Get("/products?section=Light&sort=price").Expect(200)
	require.Equal(t, []any{"Bulb", float64(350), "https://shop.test/lamp"}, []any{seen.At("items.0.name"), seen.At("items.0.price.amount"), seen.At("items.1.link")})

	// All or nothing, and each mistake at its place.
	refused := send([]any{map[string]any{"sku": "S-3", "name": "Cable", "price": money(1, "EUR")}, map[string]any{"name": "?"}, map[string]any{"sku": "S-4", "price": money(1, "EUR")}, map[string]any{"sku": "s-3", "name": "Cable", "price": money(1, "EUR")}}).Problem(422, "validation")
	for _, path := range []string{"/products/1/sku", "/products/2/name", "/products/3/sku"} {
		require.Contains(t, string(refused.Raw), `"`+path+`"`)
	}
	require.Equal(t, 0, marta.Get("/products?q=cable").Expect(200).Len("items"))
	marta.Post("/intake/products", map[string]any{"products": goods}).Problem(403, "forbidden")
}

// covers E-01, L-04: the catalogue comes from a table and goes out as one.
func TestProductsAreImportedAndExported(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	ada.Post("/products", map[string]any{"name": "Old lamp", "sku": "L1", "price": money(100, "PLN"), "unit": "pcs"}).Expect(201)
	file := "Nazwa;SKU;Rodzaj;Cena;Waluta;Stawka VAT;Dział;Podatek wliczony\n" +
		"Lampa;l1;Towar;1 249,90;PLN;23%;Światło / Lampy;nie\n" +
		"Montaż;;usługa;200;PLN;8;Usługi;tak\n" +
		"Zła;X;coś;abc;PLN;;;\n"
	d := ada.Upload("/imports", map[string]string{"type": "product"}, "towary.csv", []byte(file)).Expect(201)
	require.Equal(t, []any{"name", "sku", "kind", "price", "currency", "taxPercent", "section", "taxIncluded"}, d.At("mapping"))
	path := "/imports/" + d.Text("id")
	ada.Do("PATCH", path, map[string]any{"rules": map[string]any{"duplicates": "update", "by": []string{"sku"}, "decimal": ","}}).Expect(200)
	shown := ada.Get(path + "/preview").Expect(200)
	for i, becomes := range []string{"update", "new", "fault"} {
		require.Equal(t, becomes, shown.Text(fmt.Sprintf("items.%d.becomes", i)), "%s", shown.Raw)
	}
	j := finished(w, ada, ada.Post(path+"/start", nil).Expect(202))
	require.Equal(t, []any{float64(2), float64(1)}, []any{j.At("changed"), j.At("refused")}, "%s", ada.Get("/jobs/"+j.Text("id")+"/lines").Raw)
	lamp := marta.Get("/products?q=lampa").Expect(200)
	require.Equal(t, []any{"L1", float64(124_990), "23", "Światło / Lampy", "pcs"},
		[]any{strings.ToUpper(lamp.Text("items.0.sku")), lamp.At("items.0.price.amount"), lamp.At("items.0.taxPercent"), lamp.At("items.0.section"), lamp.At("items.0.unit")}, "what the file does not say stays")
	require.Equal(t, true, marta.Get("/products?q=monta%C5%BC").Expect(200).At("items.0.taxIncluded"))

	out := marta.Get("/transfer/product/export?format=csv&section=%C5%9Awiat%C5%82o&columns=name,sku,price,currency,taxPercent").Expect(200)
	require.Equal(t, "\ufeffName,SKU,Price,Currency,Tax %\r\nLampa,l1,1249.9,PLN,23\r\n", string(out.Raw))

	// A member may import records, and is told row by row that the catalogue is not theirs.
	d = marta.Upload("/imports", map[string]string{"type": "product"}, "mine.csv", []byte("Name,Price,Currency\nMine,1,EUR\n")).Expect(201)
	j = finished(w, marta, marta.Post("/imports/"+d.Text("id")+"/start", nil).Expect(202))
	require.Equal(t, []any{float64(0), float64(1)}, []any{j.At("changed"), j.At("refused")})
}

// A document template is about records of a type that there is.
func TestTemplateOfAnUnknownType(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	upload := func(recordType string) *apptest.Answer {
		return ada.Upload("/templates", map[string]string{"key": "offer", "name": "Offer", "recordType": recordType}, "offer.docx", document.DemoContract())
	}
	require.Contains(t, string(upload("ship").Problem(422, "validation").Raw), `"/recordType"`)
	require.Equal(t, "deal", upload("").Expect(201).Text("recordType"))
}
