package crm_test

import (
	"encoding/json"
	"errors"
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

// list gives the titles of the deals that a filter lets through, in the order asked.
func (f *fixture) list(filter, sort string) []string {
	f.t.Helper()
	parsed, err := crm.ParseFilter(filter)
	require.NoError(f.t, err, filter)
	q := crm.ListQuery{Filter: parsed, Sort: sort, Limit: 2, Reader: crm.Reader{Me: "marta", Zone: time.FixedZone("", 2*3600)}}
	titles := []string{}
	for {
		found, next, err := f.Records(f.t.Context(), crm.TypeDeal, q)
		require.NoError(f.t, err, filter)
		for _, r := range found {
			titles = append(titles, r.Title)
		}
		if q.Cursor = next; next == "" {
			break
		}
		require.Len(f.t, found, 2, "a page that is not the last one is full")
	}
	totals, err := f.Totals(f.t.Context(), crm.TypeDeal, q)
	require.NoError(f.t, err)
	require.EqualValues(f.t, len(titles), totals.Count, filter)
	if sort == "" {
		slices.Sort(titles)
	}
	return titles
}

func listed(t *testing.T) *fixture {
	f := setup(t)
	_, err := f.AddDictionary(t.Context(), crm.Change{}, crm.Dictionary{Name: "Levels", Items: []crm.Item{{ID: "gold", Name: "Gold"}, {ID: "tin", Name: "Tin"}}})
	require.NoError(t, err)
	rev := int64(0)
	for _, add := range []field.Field{{Key: "level", Label: "Level", Type: field.List, Dictionary: "levels"}, {Key: "size", Label: "Size", Type: field.Number},
		{Key: "visit", Label: "Visit", Type: field.Date}, {Key: "towns", Label: "Towns", Type: field.Text, Multiple: true}, {Key: "budget", Label: "Budget", Type: field.Money},
		{Key: "vip", Label: "VIP", Type: field.Boolean}, {Key: "helper", Label: "Helper", Type: field.User}, {Key: "call", Label: "Call", Type: field.DateTime}, {Key: "paper", Label: "Paper", Type: field.File}} {
		shape, err := f.AddField(t.Context(), crm.Change{}, crm.TypeDeal, rev, add)
		require.NoError(t, err)
		rev = shape.Rev
	}
	contact, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Kos"})
	require.NoError(t, err)
	other, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Bel"})
	require.NoError(t, err)
	require.Equal(t, []string{"id-001", "id-002"}, []string{contact.ID, other.ID})
	f.deal(crm.RecordPatch{Title: ptr("Alpha Łódź"), Amount: ptr(int64(100)), Currency: ptr("PLN"), ResponsibleID: ptr("marta"), ExpectedCloseAt: ptr("2026-03-02"), ContactIDs: &[]string{"id-001", "id-002"},
		Fields: map[string]any{"level": "gold", "size": 5, "visit": "2026-03-01", "towns": []any{"Opole", "Łódź"}, "budget": map[string]any{"amount": 500, "currency": "EUR"}, "vip": true, "helper": "marta", "call": "2026-03-01T23:00:00Z"}})
	f.deal(crm.RecordPatch{Title: ptr("Beta łódź"), Amount: ptr(int64(200)), ResponsibleID: ptr("henrik"), ExpectedCloseAt: ptr("2026-02-23"), ContactID: ptr("id-002"), Comment: ptr("срочный заказ"),
		Fields: map[string]any{"level": "tin", "size": 2.5, "visit": "2026-03-09", "vip": false}})
	f.deal(crm.RecordPatch{Title: ptr("Gamma"), Fields: map[string]any{"size": 40}})
	return f
}

// covers L-01, L-06
func TestFilterOfRecords(t *testing.T) {
	f := listed(t)
	a, b, g := "Alpha Łódź", "Beta łódź", "Gamma"
	for filter, want := range map[string][]string{
		``:                     {a, b, g},
		`{}`:                   {a, b, g},
		`{"all":[]}`:           {a, b, g},
		`{"any":[{"all":[]}]}`: {a, b, g},
		`{"field":"title","op":"contains","value":"ŁÓDŹ"}`:                      {a, b},
		`{"field":"title","op":"startsWith","value":"alpha"}`:                   {a},
		`{"field":"title","op":"eq","value":"Gamma"}`:                           {g},
		`{"field":"title","op":"in","value":["Gamma","Beta łódź"]}`:             {b, g},
		`{"field":"comment","op":"contains","value":"ЗАКАЗ"}`:                   {b},
		`{"field":"comment","op":"empty"}`:                                      {a, g},
		`{"field":"amount","op":"gte","value":100}`:                             {a, b},
		`{"field":"amount","op":"gte","value":{"amount":100,"currency":"EUR"}}`: {b},
		`{"field":"amount","op":"empty"}`:                                       {g},
		`{"field":"amount","op":"ne","value":100}`:                              {b, g},
		`{"field":"currency","op":"eq","value":"PLN"}`:                          {a},
		`{"field":"responsible","op":"eq","value":"me"}`:                        {a},
		`{"field":"responsible","op":"ne","value":"me"}`:                        {b, g},
		`{"field":"responsible","op":"notEmpty"}`:                               {a, b},
		`{"field":"expectedCloseAt","op":"eq","value":"today"}`:                 {a},
		`{"field":"expectedCloseAt","op":"lt","value":"today"}`:                 {b},
		`{"field":"expectedCloseAt","op":"gte","value":"today-7d"}`:             {a, b},
		`{"field":"expectedCloseAt","op":"gt","value":"today-7d"}`:              {a},
		`{"field":"expectedCloseAt","op":"lte","value":"today-1w"}`:             {b},
		`{"field":"expectedCloseAt","op":"empty"}`:                              {g},
		`{"field":"createdAt","op":"eq","value":"today"}`:                       {a, b, g},
		`{"field":"createdAt","op":"lt","value":"2026-03-02T00:00:00Z"}`:        {},
		`{"field":"stageSince","op":"gt","value":"today-1m"}`:                   {a, b, g},
		`{"field":"contact","op":"eq","value":"id-002"}`:                        {a, b},
		`{"field":"contact","op":"in","value":["id-001"]}`:                      {a},
		`{"field":"contact","op":"empty"}`:                                      {g},
		`{"field":"stage","op":"eq","value":"new"}`:                             {a, b, g},
		`{"field":"stage","op":"in","value":["sales:won","sales:lost"]}`:        {},
		`{"field":"pipeline","op":"eq","value":"sales"}`:                        {a, b, g},
		`{"field":"repeat","op":"eq","value":false}`:                            {a, b, g},
		`{"field":"level","op":"eq","value":"gold"}`:                            {a},
		`{"field":"level","op":"ne","value":"gold"}`:                            {b, g},
		`{"field":"level","op":"in","value":["gold","tin"]}`:                    {a, b},
		`{"field":"level","op":"empty"}`:                                        {g},
		`{"field":"size","op":"lt","value":40}`:                                 {a, b},
		`{"field":"size","op":"eq","value":2.5}`:                                {b},
		`{"field":"visit","op":"lt","value":"today"}`:                           {a},
		`{"field":"visit","op":"gte","value":"2026-03-01"}`:                     {a, b},
		`{"field":"call","op":"eq","value":"today"}`:                            {a}, // 01:00 of 2 March where the reader is
		`{"field":"towns","op":"contains","value":"łódź"}`:                      {a},
		`{"field":"towns","op":"eq","value":"Opole"}`:                           {a},
		`{"field":"budget","op":"gt","value":{"amount":100,"currency":"EUR"}}`:  {a},
		`{"field":"budget","op":"gt","value":{"amount":100,"currency":"PLN"}}`:  {},
		`{"field":"budget","op":"empty"}`:                                       {b, g},
		`{"field":"vip","op":"eq","value":false}`:                               {b},
		`{"field":"vip","op":"empty"}`:                                          {g},
		`{"field":"helper","op":"eq","value":"me"}`:                             {a},
		`{"field":"paper","op":"notEmpty"}`:                                     {},
		`{"all":[{"field":"size","op":"gt","value":1},{"any":[{"field":"level","op":"eq","value":"tin"},{"field":"amount","op":"empty"}]}]}`:                        {b, g},
		`{"none":[{"field":"level","op":"eq","value":"tin"},{"field":"amount","op":"empty"}]}`:                                                                      {a},
		`{"any":[{"all":[{"field":"size","op":"gte","value":5},{"none":[{"field":"size","op":"gt","value":5}]}]},{"field":"title","op":"eq","value":"Beta łódź"}]}`: {a, b},
	} {
		require.Equal(t, want, f.list(filter, ""), filter)
	}
	require.Equal(t, []string{b, a, g}, f.list(``, "size"))
	require.Equal(t, []string{g, a, b}, f.list(``, "-size"))
	require.Equal(t, []string{a, b, g}, f.list(``, "visit"), "what has no value comes last")
	require.Equal(t, []string{b, a, g}, f.list(``, "-visit"), "both ways")
	require.Equal(t, []string{a, g, b}, f.list(``, "-budget"), "the newest first among those without a value")
	require.Equal(t, []string{g, b, a}, f.list(``, "-title"))
	require.Equal(t, []string{g, b, a}, f.list(``, "expectedCloseAt"))
}

// TestEveryFieldCanBeFiltered: a standard field that is added must have its place in
// the store and an operator.
func TestEveryFieldCanBeFiltered(t *testing.T) {
	f := listed(t)
	for _, of := range []string{crm.TypeLead, crm.TypeDeal, crm.TypeContact, crm.TypeCompany} {
		fields, err := f.ListFields(t.Context(), of, crm.Reader{})
		require.NoError(t, err)
		require.Greater(t, len(fields), 5)
		ask := func(q crm.ListQuery) error {
			_, _, err := f.Listed(t.Context(), of, q)
			return err
		}
		for _, l := range fields {
			require.NotEmpty(t, l.Ops, l.Key)
			empty := crm.RecordFilter{Field: l.Key, Op: crm.OpEmpty}
			require.NoError(t, ask(crm.ListQuery{Filter: empty}), "%s.%s", of, l.Key)
			require.NoError(t, ask(crm.ListQuery{Filter: crm.RecordFilter{None: []crm.RecordFilter{empty}}}), "%s.%s", of, l.Key)
			require.Equal(t, l.Sorts, l.Why == "", l.Key)
			for _, op := range l.Ops {
				for _, value := range []any{"me", json.Number("5"), "2026-03-01", true, []any{"x"}} {
					err := ask(crm.ListQuery{Filter: crm.RecordFilter{Field: l.Key, Op: op, Value: value}})
					var p *problem.Problem
					require.True(t, err == nil || errors.As(err, &p) && p.Code == "validation", "%s.%s %s %v: %v", of, l.Key, op, value, err)
				}
			}
			var sorted error
			switch of {
			case crm.TypeContact:
				_, _, sorted = f.Contacts(t.Context(), crm.ListQuery{Sort: l.Key})
			case crm.TypeCompany:
				_, _, sorted = f.Companies(t.Context(), crm.ListQuery{Sort: "-" + l.Key})
			default:
				_, _, sorted = f.Records(t.Context(), of, crm.ListQuery{Sort: l.Key})
			}
			require.Equal(t, l.Sorts, sorted == nil, "%s.%s: %v", of, l.Key, sorted)
		}
	}
}

func TestFilterTellsWhatIsWrong(t *testing.T) {
	f := listed(t)
	deep := strings.Repeat(`{"all":[`, 5) + `{"field":"title","op":"empty"}` + strings.Repeat(`]}`, 5)
	many := `{"any":[` + strings.TrimSuffix(strings.Repeat(`{"field":"title","op":"empty"},`, 51), ",") + `]}`
	for filter, want := range map[string][]string{
		`[`:                         {"/filter format"},
		`{} {}`:                     {"/filter format"},
		`[]`:                        {"/filter wrong_type"},
		`{"all":{}}`:                {"/filter/all wrong_type"},
		`{"all":[],"any":[]}`:       {"/filter invalid"},
		`{"all":[],"op":"eq"}`:      {"/filter invalid"},
		`{"op":"eq"}`:               {"/filter/field required"},
		`{"field":"title"}`:         {"/filter/op required"},
		`{"every":[],"x/y":1}`:      {"/filter/every unknown_field", "/filter/field required", "/filter/x~1y unknown_field"},
		deep:                        {"/filter/all/0/all/0/all/0/all/0/all too_deep"},
		many:                        {"/filter/any/50 too_many"},
		strings.Repeat(" {", 9_000): {"/filter too_long"},
		`{"field":"title","op":"contains","value":"` + strings.Repeat("я", 201) + `"}`:                           {"/filter/value too_long"},
		`{"field":"color","op":"eq","value":1}`:                                                                  {"/filter/field unknown_field"},
		`{"field":"products","op":"empty"}`:                                                                      {"/filter/field unknown_field"},
		`{"field":"deletedAt","op":"notEmpty"}`:                                                                  {"/filter/field unknown_field"},
		`{"field":"title","op":"gt","value":"x"}`:                                                                {"/filter/op one_of"},
		`{"field":"title","op":"$where","value":"x"}`:                                                            {"/filter/op one_of"},
		`{"field":"title","op":"eq","value":5}`:                                                                  {"/filter/value wrong_type"},
		`{"field":"title","op":"empty","value":5}`:                                                               {"/filter/value invalid"},
		`{"field":"title","op":"in","value":"x"}`:                                                                {"/filter/value wrong_type"},
		`{"field":"title","op":"in","value":[]}`:                                                                 {"/filter/value wrong_type"},
		`{"field":"title","op":"in","value":["x",null]}`:                                                         {"/filter/value/1 wrong_type"},
		`{"field":"amount","op":"gt","value":"many"}`:                                                            {"/filter/value not_a_number"},
		`{"field":"amount","op":"gt","value":{"amount":5,"currency":"zloty"}}`:                                   {"/filter/value/currency bad_currency"},
		`{"field":"vip","op":"eq","value":"perhaps"}`:                                                            {"/filter/value wrong_type"},
		`{"field":"visit","op":"eq","value":"soon"}`:                                                             {"/filter/value bad_date"},
		`{"field":"createdAt","op":"eq","value":"today+1h"}`:                                                     {"/filter/value bad_date"},
		`{"all":[{"field":"title","op":"empty"},{"any":[{"field":"visit","op":"eq"}]},{"field":"x","op":"eq"}]}`: {"/filter/all/1/any/0/value bad_date", "/filter/all/2/field unknown_field"},
		`{"none":[{"field":"paper","op":"eq","value":"x"}]}`:                                                     {"/filter/none/0/op one_of"},
	} {
		parsed, err := crm.ParseFilter(filter)
		if err == nil {
			_, _, err = f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Filter: parsed})
		}
		var p *problem.Problem
		require.ErrorAs(t, err, &p, filter)
		require.Equal(t, 422, p.Status())
		var got []string
		for _, at := range p.Fields {
			got = append(got, at.Path+" "+at.Code)
		}
		slices.Sort(got)
		require.Equal(t, want, got, filter)
	}
	for sort, why := range map[string]string{"towns": "several values", "level": "kept as an id", "company": "", "comment": "too long", "color": "no such field", "id": "no such field"} {
		_, _, err := f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Sort: sort})
		if why == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, why, sort)
		require.ErrorContains(t, err, "expectedCloseAt")
	}
	_, _, err := f.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Sort: "size", Cursor: "x"})
	require.ErrorIs(t, err, docstore.ErrBadQuery)
}

// covers L-03
func TestSelectionMeansWhatItSays(t *testing.T) {
	f := listed(t)
	for text, want := range map[string][]string{
		`{"ids":["id-003","id-005","gone"]}`:                                  {"Alpha Łódź", "Gamma"},
		`{"filter":{"field":"size","op":"gt","value":3}}`:                     {"Alpha Łódź", "Gamma"},
		`{"filter":{"field":"size","op":"gt","value":3},"except":["id-003"]}`: {"Gamma"},
		`{"text":"lodz"}`: {"Alpha Łódź", "Beta łódź"},
		`{"text":"lodz","filter":{"field":"level","op":"eq","value":"tin"}}`: {"Beta łódź"},
		`{"all":true,"except":["id-004"]}`:                                   {"Alpha Łódź", "Gamma"},
		`{}`:                                                                 nil,
		`{"except":["id-004"]}`:                                              nil,
		`{"filter":{"all":[]}}`:                                              nil,
		`{"text":"!!!"}`:                                                     nil,
		`{"ids":["id-003"],"all":true}`:                                      nil,
		`{"all":true,"filter":{"field":"size"}}`:                             nil,
	} {
		var s crm.Selection
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		q, err := s.Into(crm.ListQuery{Limit: 200})
		if want == nil {
			var p *problem.Problem
			require.ErrorAs(t, err, &p, text)
			continue
		}
		require.NoError(t, err, text)
		found, _, err := f.Listed(t.Context(), crm.TypeDeal, q)
		require.NoError(t, err)
		titles := []string{}
		for _, l := range found {
			titles = append(titles, l.Title)
		}
		require.Equal(t, want, titles, text)
	}
}

// A filter that was written by who knows what is refused or understood, and never
// reaches what was not asked for.
func FuzzFilter(t *testing.F) {
	t.Add(`{"all":[{"field":"title","op":"contains","value":"x"},{"none":[{"field":"amount","op":"gt","value":{"amount":1,"currency":"PLN"}}]}]}`)
	t.Add(`{"field":"expectedCloseAt","op":"lt","value":"today+9999y"}`)
	t.Add(`{"any":[{"field":"stage","op":"in","value":["a:b",":"]}]}`)
	s, err := crm.New(t.Context(), crm.Options{Store: memstore.New(time.Now), People: people{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Fuzz(func(t *testing.T, raw string) {
		f, err := crm.ParseFilter(raw)
		if err == nil {
			_, _, err = s.Records(t.Context(), crm.TypeDeal, crm.ListQuery{Filter: f})
		}
		var p *problem.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%s: %v", raw, err)
		}
	})
}
