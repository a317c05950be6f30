package crm_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

type people map[string]string

func (p people) UserName(id string) (string, bool) { name, ok := p[id]; return name, ok }

type fixture struct {
	*crm.Service
	t     *testing.T
	staff people
	store docstore.Store
	now   time.Time
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, staff: people{"marta": "Marta Nowak", "henrik": "Henrik Lund"}, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	f.store = memstore.New(func() time.Time { return f.now })
	n := 0
	var err error
	f.Service, err = crm.New(t.Context(), crm.Options{
		Store: f.store, People: f.staff,
		Now:   func() time.Time { f.now = f.now.Add(time.Second); return f.now },
		NewID: func() string { n++; return fmt.Sprintf("id-%03d", n) },
	})
	require.NoError(t, err)
	_, err = f.CreatePipeline(t.Context(), crm.Change{}, crm.Pipeline{
		Key: "sales", Name: "Sales", Type: "deal", Stages: []crm.Stage{
			{ID: "new", Name: "New", Color: "#1d5fd1", Kind: crm.Normal},
			{ID: "contract", Name: "Contract preparation", Kind: crm.Normal},
			{ID: "won", Name: "Won", Kind: crm.Success}, {ID: "lost", Name: "Lost", Kind: crm.Failure},
		},
	})
	require.NoError(t, err)
	return f
}

// leave closes the account of a user.
func (f *fixture) leave(id string) { delete(f.staff, id) }

func ptr[T any](v T) *T { return &v }

func (f *fixture) deal(p crm.RecordPatch) crm.Record {
	f.t.Helper()
	if p.Title == nil {
		p.Title = ptr("Pumps")
	}
	d, err := f.CreateRecord(f.t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, "sales", "", p)
	require.NoError(f.t, err)
	return d
}

// drain delivers all domain events to the timeline, every one twice.
func (f *fixture) drain() []docstore.Delivery {
	f.t.Helper()
	var seen []docstore.Delivery
	for {
		pending, err := f.store.Pending(f.t.Context(), 100)
		require.NoError(f.t, err)
		if len(pending) == 0 {
			return seen
		}
		for _, d := range pending {
			require.NoError(f.t, f.Consume(f.t.Context(), d))
			require.NoError(f.t, f.Consume(f.t.Context(), d))
		}
		seen = append(seen, pending...)
		require.NoError(f.t, f.store.Delivered(f.t.Context(), pending))
	}
}

func fields(t *testing.T, err error) map[string]string {
	t.Helper()
	var p *problem.Problem
	require.True(t, errors.As(err, &p), "%v is a problem", err)
	out := map[string]string{}
	for _, f := range p.Fields {
		out[f.Path] = f.Code
	}
	return out
}

func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestDealTotalsAreExact(t *testing.T) {
	cases := []struct {
		name                  string
		quantity, off, tax    string
		price, total          int64
		wantCode, wantProblem string
	}{
		{name: "plain", quantity: "3", price: 1999, total: 5997},
		{name: "fraction of a unit", quantity: "0.333", price: 1000, total: 333},
		{name: "half is rounded up", quantity: "0.5", price: 101, total: 51},
		{name: "discount and tax", quantity: "2", price: 100_00, off: "10", tax: "23", total: 221_40},
		{name: "one tenth is exact", quantity: "0.1", price: 30, total: 3},
		{name: "negative", quantity: "-1", price: 1, wantProblem: "/products/0/quantity", wantCode: "out_of_range"},
		{name: "words", quantity: "two", price: 1, wantProblem: "/products/0/quantity", wantCode: "not_a_number"},
		{name: "huge exponent", quantity: "1e900000000", price: 1, wantProblem: "/products/0/quantity", wantCode: "not_a_number"},
		{name: "discount above all", quantity: "1", off: "101", price: 1, wantProblem: "/products/0/discountPercent", wantCode: "out_of_range"},
		{name: "overflow", quantity: "1000000000", price: 1 << 62, wantProblem: "/products/0", wantCode: "out_of_range"},
		{name: "the largest", quantity: "1", price: field.MaxAmount, total: field.MaxAmount},
		{name: "above the largest", quantity: "1", price: field.MaxAmount + 1, wantProblem: "/products/0", wantCode: "out_of_range"},
		{name: "a negative amount", quantity: "1", price: -1, wantProblem: "/products/0", wantCode: "out_of_range"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := setup(t)
			d, err := f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{
				Title: ptr("x"), Currency: ptr("PLN"),
				Products: &[]crm.ProductRow{{Name: "Pump", Quantity: c.quantity, DiscountPercent: c.off, TaxPercent: c.tax, Price: crm.Money{Amount: c.price, Currency: "PLN"}}},
			})
			if c.wantCode != "" {
				require.Equal(t, map[string]string{c.wantProblem: c.wantCode}, fields(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, crm.Money{Amount: c.total, Currency: "PLN"}, d.Products[0].Total)
			require.Equal(t, c.total, d.Amount)
		})
	}
}

// The rows of a record add up within bounds, whatever each of them is.
func TestDealRowsAddUpWithinBounds(t *testing.T) {
	f := setup(t)
	rows := func(prices ...int64) (crm.Record, error) {
		var all []crm.ProductRow
		for _, p := range prices {
			all = append(all, crm.ProductRow{Name: "Pump", Quantity: "1", Price: crm.Money{Amount: p, Currency: "PLN"}})
		}
		return f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), Products: &all})
	}
	d, err := rows(500, -200)
	require.NoError(t, err)
	require.EqualValues(t, 300, d.Amount)
	_, err = rows(500, field.MaxAmount)
	require.Equal(t, map[string]string{"/products/1": "out_of_range"}, fields(t, err))
	_, err = rows(500, -501)
	require.Equal(t, map[string]string{"/products/1": "out_of_range"}, fields(t, err))
}

func TestAmountsAreBounded(t *testing.T) {
	f := setup(t)
	for _, amount := range []int64{-1, field.MaxAmount + 1, 1<<63 - 1} {
		_, err := f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), Amount: &amount})
		require.Equal(t, map[string]string{"/amount": "out_of_range"}, fields(t, err))
	}
	d, err := f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), Amount: ptr(int64(field.MaxAmount))})
	require.NoError(t, err)
	require.EqualValues(t, field.MaxAmount, d.Amount)
}

func TestDealMixedCurrenciesAreRefused(t *testing.T) {
	f := setup(t)
	_, err := f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), Products: &[]crm.ProductRow{
		{Name: "a", Quantity: "1", Price: crm.Money{Amount: 1, Currency: "PLN"}},
		{Name: "b", Quantity: "1", Price: crm.Money{Amount: 1, Currency: "EUR"}},
	}})
	require.Equal(t, map[string]string{"/products/1/price/currency": "currency_mixed"}, fields(t, err))
}

func TestDealBadInputLeavesNoTrace(t *testing.T) {
	cases := []struct {
		name  string
		patch crm.RecordPatch
		want  map[string]string
	}{
		{"no title", crm.RecordPatch{Title: ptr(" ")}, map[string]string{"/title": "required"}},
		{"name of 10,000 characters", crm.RecordPatch{Title: ptr(strings.Repeat("ż", 10_000))}, map[string]string{"/title": "too_long"}},
		{"control characters", crm.RecordPatch{Title: ptr("a\x00b")}, map[string]string{"/title": "control_character"}},
		{"broken UTF-8", crm.RecordPatch{Title: ptr("a\xff")}, map[string]string{"/title": "not_utf8"}},
		{"unknown company", crm.RecordPatch{Title: ptr("a"), CompanyID: ptr("nowhere")}, map[string]string{"/companyId": "unknown_reference"}},
		{"unknown person", crm.RecordPatch{Title: ptr("a"), ResponsibleID: ptr("nobody")}, map[string]string{"/responsibleId": "unknown_user"}},
		{"bad date", crm.RecordPatch{Title: ptr("a"), ExpectedCloseAt: ptr("tomorrow")}, map[string]string{"/expectedCloseAt": "bad_date"}},
		{"bad currency", crm.RecordPatch{Title: ptr("a"), Currency: ptr("zł")}, map[string]string{"/currency": "bad_currency"}},
		{"unknown own field", crm.RecordPatch{Title: ptr("a"), Fields: map[string]any{"x": "y"}}, map[string]string{"/fields/x": "unknown_field"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := setup(t)
			_, err := f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", c.patch)
			require.Equal(t, c.want, fields(t, err))
			f.drain()
			deals, _, err := f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{})
			require.NoError(t, err)
			require.Empty(t, deals)
		})
	}
}

// covers S-03, S-13
func TestMoveDealTellsEveryEntryOnce(t *testing.T) {
	f := setup(t)
	d := f.deal(crm.RecordPatch{})
	f.drain()
	moved, err := f.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev, "contract", "signed off by phone")
	require.NoError(t, err)
	require.Equal(t, "contract", moved.StageID)
	require.True(t, moved.StageSince.After(d.StageSince.Time))

	same, err := f.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, 0, "contract", "")
	require.NoError(t, err)
	require.Equal(t, moved.Rev, same.Rev, "moving to where it is writes nothing")

	events := f.drain()
	kinds := []string{}
	for _, e := range events {
		if e.Collection == "records" {
			kinds = append(kinds, e.Event.Kind)
		}
	}
	require.Equal(t, []string{crm.RecordStageChanged}, kinds)

	story, _, err := f.Timeline(t.Context(), "deal", d.ID, 0, "")
	require.NoError(t, err)
	require.Len(t, story, 2, "delivered twice, told once")
	require.Equal(t, "stageChanged", story[0].Kind)
	require.Equal(t, "Marta Nowak", story[0].ActorName)
	require.Equal(t, "signed off by phone", story[0].Text)
	require.Equal(t, "Contract preparation", story[0].Data["to"])

	_, err = f.MoveRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, "nowhere", "")
	require.Equal(t, map[string]string{"/stage": "unknown_reference"}, fields(t, err))
	_, err = f.MoveRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, d.Rev, "won", "")
	require.Equal(t, "stale", code(err))
}

func TestEffectChangesADealOnce(t *testing.T) {
	f := setup(t)
	d := f.deal(crm.RecordPatch{})
	by := crm.Change{Run: "r1", Effect: "r1:w3:1"}
	first, err := f.MoveRecord(t.Context(), by, crm.TypeDeal, d.ID, 0, "contract", "")
	require.NoError(t, err)
	_, err = f.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, 0, "new", "")
	require.NoError(t, err)
	again, err := f.MoveRecord(t.Context(), by, crm.TypeDeal, d.ID, 0, "contract", "")
	require.NoError(t, err)
	require.Equal(t, "new", again.StageID, "a repeated effect must not undo what a person did since")
	require.NotEqual(t, first.Rev, again.Rev)

	for range 2 {
		_, err = f.Comment(t.Context(), crm.Change{Run: "r1", Effect: "r1:w4:1"}, "deal", d.ID, "done")
		require.NoError(t, err)
	}
	f.drain()
	story, _, err := f.Timeline(t.Context(), "deal", d.ID, 0, "")
	require.NoError(t, err)
	comments := 0
	for _, e := range story {
		if e.Kind == "comment" {
			comments++
		}
	}
	require.Equal(t, 1, comments)
}

//
func TestSetFieldsWritesAllOrNothing(t *testing.T) {
	f := setup(t)
	f.addField("deal", field.Field{Key: "level", Label: "Level", Type: field.Text})
	d := f.deal(crm.RecordPatch{ResponsibleID: ptr("marta")})
	err := f.SetFields(t.Context(), crm.Change{}, "deal", d.ID, map[string]any{"comment": "x", "stage": "won"})
	require.Equal(t, map[string]string{"/stage": "unknown_field"}, fields(t, err))
	now, err := f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.NoError(t, err)
	require.Empty(t, now.Comment)

	require.NoError(t, f.SetFields(t.Context(), crm.Change{Run: "r"}, "deal", d.ID, map[string]any{
		"comment": "x", "responsible": "henrik", "amount": map[string]any{"amount": int64(500), "currency": "PLN"}, "level": "gold",
	}))
	now, err = f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.NoError(t, err)
	require.Equal(t, "Henrik Lund", now.ResponsibleName)
	require.Equal(t, int64(500), now.Amount)
	require.Equal(t, "gold", now.Fields["level"])
	company, err := f.SaveCompany(t.Context(), crm.Change{}, crm.Company{Name: "Żabka"})
	require.NoError(t, err)
	require.NoError(t, f.SetFields(t.Context(), crm.Change{}, "deal", d.ID, map[string]any{"company": company.ID}))
	err = f.SetFields(t.Context(), crm.Change{}, "deal", d.ID, map[string]any{"company": "nowhere", "contact": "nobody"})
	require.Equal(t, map[string]string{"/companyId": "unknown_reference", "/contactId": "unknown_reference"}, fields(t, err))
	f.drain()
	story, _, err := f.Timeline(t.Context(), "deal", d.ID, 2, "")
	require.NoError(t, err)
	require.Equal(t, "r", story[1].Run)
	require.Len(t, story[1].Data, 4)
}

func TestBoardCountsAndSumsPerCurrency(t *testing.T) {
	f := setup(t)
	for i := range 60 {
		currency := "PLN"
		if i%3 == 0 {
			currency = "EUR"
		}
		f.deal(crm.RecordPatch{Title: ptr(fmt.Sprintf("Deal %02d", i)), Amount: ptr(int64(100)), Currency: &currency})
	}
	board, err := f.Board(t.Context(), "sales", crm.ListQuery{})
	require.NoError(t, err)
	require.Len(t, board.Columns, 4)
	first := board.Columns[0]
	require.Equal(t, int64(60), first.Count)
	require.Equal(t, []crm.Money{{Amount: 4000, Currency: "PLN"}, {Amount: 2000, Currency: "EUR"}}, first.Sums)
	require.Len(t, first.Records, 50)
	require.Equal(t, "Deal 59", first.Records[0].Title)
	rest, next, err := f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Pipeline: "sales", Stage: "new", Cursor: first.Next})
	require.NoError(t, err)
	require.Len(t, rest, 10)
	require.Empty(t, next)

	found, _, err := f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Text: "deal 07"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	_, _, err = f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Sort: "comment"})
	require.Equal(t, map[string]string{"query.sort": "unknown_sort"}, fields(t, err))
}

// covers B-71
func TestPipelineKeepsStagesThatHoldDeals(t *testing.T) {
	f := setup(t)
	f.deal(crm.RecordPatch{})
	p, err := f.Pipeline(t.Context(), "sales")
	require.NoError(t, err)
	_, err = f.UpdatePipeline(t.Context(), crm.Change{}, "sales", p.Rev, "Sales", p.Stages[1:])
	require.Equal(t, map[string]string{"/stages": "stage_in_use"}, fields(t, err))
	_, err = f.UpdatePipeline(t.Context(), crm.Change{}, "sales", p.Rev, "Sales", p.Stages[:3])
	require.Equal(t, map[string]string{"/stages": "stage_missing"}, fields(t, err))
	f.UsedBy(uses{"sales/" + p.Stages[1].ID: {{Key: "contract", Name: "Contract"}}})
	_, err = f.UpdatePipeline(t.Context(), crm.Change{}, "sales", p.Rev, "Sales", slices.Delete(slices.Clone(p.Stages), 1, 2))
	require.Equal(t, map[string]string{"/stages": "stage_in_use"}, fields(t, err))
	require.ErrorContains(t, err, "Contract")
	f.UsedBy(uses{})
	saved, err := f.UpdatePipeline(t.Context(), crm.Change{}, "sales", p.Rev, "Sales 2", p.Stages)
	require.NoError(t, err)
	_, err = f.UpdatePipeline(t.Context(), crm.Change{}, "sales", p.Rev, "Sales 3", p.Stages)
	require.Equal(t, "stale", code(err))
	require.Equal(t, "Sales 2", saved.Name)
}

func TestDeletedDealComesBackFromTheBin(t *testing.T) {
	f := setup(t)
	d := f.deal(crm.RecordPatch{})
	require.NoError(t, f.DeleteRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev))
	_, err := f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.Equal(t, "not_found", code(err))
	board, err := f.Board(t.Context(), "sales", crm.ListQuery{})
	require.NoError(t, err)
	require.Zero(t, board.Columns[0].Count)
	back, err := f.RestoreRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID)
	require.NoError(t, err)
	require.Equal(t, "new", back.StageID)
	_, err = f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.NoError(t, err)
}

func TestViewGivesTemplatesTheClient(t *testing.T) {
	f := setup(t)
	company, err := f.SaveCompany(t.Context(), crm.Change{}, crm.Company{Name: "Żabka & Co", Address: "ul. Długa 1\nGdańsk", TaxID: "PL123"})
	require.NoError(t, err)
	contact, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{FirstName: "Ewa", LastName: "Lis", Email: "ewa@example.com", CompanyID: company.ID})
	require.NoError(t, err)
	d := f.deal(crm.RecordPatch{CompanyID: &company.ID, ContactID: &contact.ID, ExpectedCloseAt: ptr("2026-05-01"), Products: &[]crm.ProductRow{
		{Name: "Pump", Quantity: "2", Price: crm.Money{Amount: 10000, Currency: "PLN"}},
	}})
	view, err := f.View(t.Context(), "deal", d.ID)
	require.NoError(t, err)
	client := view["client"].(map[string]any)
	require.Equal(t, "Żabka & Co", client["name"])
	require.Equal(t, "ewa@example.com", client["email"])
	require.Equal(t, map[string]any{"amount": int64(20000), "currency": "PLN"}, view["amount"])
	require.Equal(t, "2026-05-01T00:00:00.000Z", view["expectedCloseAt"])
	require.Equal(t, "New", view["stageName"])

	err = f.DeleteCompany(t.Context(), crm.Change{}, company.ID, company.Rev)
	require.Equal(t, "company_in_use", code(err))
	offered, err := f.Fields(t.Context(), "deal")
	require.NoError(t, err)
	for _, field := range offered {
		require.NotNil(t, lookup(view, field.Name), "%s is offered but not there", field.Name)
	}
}

func lookup(view map[string]any, path string) any {
	var at any = view
	for _, part := range strings.Split(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[part]
	}
	return at
}
