package crm

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Money is an amount in minor units of a currency (ISO 4217): 1240.00 PLN is
// {124000, "PLN"}.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// ProductRow is one line of a record. Quantity and percentages are decimal texts,
// because binary fractions have no place in an invoice.
type ProductRow struct {
	Name            string `json:"name"`
	Quantity        string `json:"quantity"`
	Price           Money  `json:"price"`
	DiscountPercent string `json:"discountPercent,omitempty"`
	TaxPercent      string `json:"taxPercent,omitempty"`
	// TaxIncluded: the price has the tax in it.
	TaxIncluded bool   `json:"taxIncluded,omitempty"`
	Unit        string `json:"unit,omitempty"`
	// ProductID is the product of the catalogue that the row was picked from. The row
	// keeps what it was called and what it cost then.
	ProductID string `json:"productId,omitempty"`
	// Total is computed: quantity × price − discount + tax, unless it is in the price,
	// rounded half up to minor units.
	Total Money `json:"total,omitempty" doc:"computed; what is sent is ignored"`
}

// Record is one possible sale. CompanyName, ContactName and ResponsibleName are
// filled when a record is read.
type Record struct {
	docstore.Entity
	// Type is lead, deal, quote, invoice, or one of the workspace's own.
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	PipelineID string           `json:"pipelineId"`
	StageID    string           `json:"stageId"`
	StageSince docstore.Instant `json:"stageSince"`
	// StageEntry is the revision with which the stage was entered: it tells two
	// entries of one stage apart.
	StageEntry int64 `json:"stageEntry,omitempty" doc:"revision with which the stage was entered"`
	// VisitedStages are those that it was on, in the order of its first entries; what is
	// older than this list has none.
	VisitedStages []string `json:"visitedStages,omitempty" doc:"stages that it was on, none when that is not known"`
	CompanyID     string   `json:"companyId,omitempty"`
	CompanyName   string   `json:"companyName,omitempty"`
	ContactID     string   `json:"contactId,omitempty"`
	ContactName   string   `json:"contactName,omitempty"`
	// ContactIDs are all contacts where there are several, the primary one first.
	ContactIDs      []string         `json:"contactIds,omitempty"`
	ResponsibleID   string           `json:"responsibleId,omitempty"`
	ResponsibleName string           `json:"responsibleName,omitempty"`
	Amount          int64            `json:"amount"`
	Currency        string           `json:"currency"`
	ExpectedCloseAt docstore.Instant `json:"expectedCloseAt"`
	Products        []ProductRow     `json:"products"`
	Comment         string           `json:"comment,omitempty"`
	// Fields holds the values of the workspace's own fields by key.
	Fields map[string]any `json:"fields,omitempty"`
	// Origin is the record from which this one was made.
	Origin *Origin `json:"origin,omitempty"`
	// Repeat marks further business with a known client.
	Repeat    bool             `json:"repeat,omitempty"`
	CreatedBy string           `json:"createdBy,omitempty"`
	DeletedAt docstore.Instant `json:"deletedAt"`
	DeletedBy string           `json:"deletedBy,omitempty"`
}

// storedRecord is a record with what only the store needs.
type storedRecord struct {
	Record
	// Applied holds the last changes made by effects, so that a repeated one is
	// recognized.
	Applied []string `json:"applied,omitempty"`
	// Keys are how the person of a lead is known again, computed.
	Keys []string `json:"keys,omitempty"`
	// ProductIDs are the products that the rows name, computed.
	ProductIDs []string `json:"productIds,omitempty"`
	Part
	Marks
	// Sum groups records by stage and currency for the column totals of a board.
	Sum string `json:"sum"`
}

// enter puts a record on a stage.
func (d *storedRecord) enter(stage string, at docstore.Instant) {
	if len(d.VisitedStages) > 0 && !slices.Contains(d.VisitedStages, stage) {
		d.VisitedStages = append(slices.Clone(d.VisitedStages), stage)
	}
	d.StageID, d.StageSince, d.StageEntry, d.Sum = stage, at, d.Rev+1, stage+" "+d.Currency
}

const appliedRing = 50

// Card is a record as a board shows it.
type Card struct {
	ID              string           `json:"id"`
	Type            string           `json:"type"`
	Rev             int64            `json:"rev"`
	Title           string           `json:"title"`
	StageID         string           `json:"stageId"`
	StageSince      docstore.Instant `json:"stageSince"`
	CompanyID       string           `json:"companyId,omitempty"`
	CompanyName     string           `json:"companyName,omitempty"`
	ContactID       string           `json:"contactId,omitempty"`
	ContactName     string           `json:"contactName,omitempty"`
	ResponsibleID   string           `json:"responsibleId,omitempty"`
	ResponsibleName string           `json:"responsibleName,omitempty"`
	Amount          int64            `json:"amount"`
	Currency        string           `json:"currency"`
	ExpectedCloseAt docstore.Instant `json:"expectedCloseAt"`
}

// Card gives the board's view of a record.
func (d Record) Card() Card {
	if d.Type == TypeLead {
		d.ContactName, d.CompanyName = cmp.Or(d.ContactName, d.personName()), cmp.Or(d.CompanyName, d.text("companyName"))
	}
	return Card{
		ID: d.ID, Type: d.Type, Rev: d.Rev, Title: d.Title, StageID: d.StageID, StageSince: d.StageSince,
		CompanyID: d.CompanyID, CompanyName: d.CompanyName, ContactID: d.ContactID, ContactName: d.ContactName,
		ResponsibleID: d.ResponsibleID, ResponsibleName: d.ResponsibleName,
		Amount: d.Amount, Currency: d.Currency, ExpectedCloseAt: d.ExpectedCloseAt,
	}
}

var (
	hundred = decimal.NewFromInt(100)
	most    = decimal.NewFromInt(field.MaxAmount)
)

// price fills the totals of all rows and, when there are rows, the amount and
// the currency of the record. All rows have one currency. A row may be negative, as
// a rebate is; the amount may not.
func (d *Record) price() []problem.Field {
	var problems []problem.Field
	sum, off := int64(0), 0
	for i := range d.Products {
		row := &d.Products[i]
		at := pointer("products", i)
		if row.Price.Currency == "" {
			row.Price.Currency = d.Currency
		}
		if i == 0 {
			d.Currency = row.Price.Currency
		} else if row.Price.Currency != d.Currency {
			problems = append(problems, problem.Field{Path: at + "/price/currency", Code: "currency_mixed", Message: "all rows of a record have one currency, here " + d.Currency})
			continue
		}
		quantity, ok := percentOrQuantity(row.Quantity, at+"/quantity", decimal.NewFromInt(1_000_000_000), &problems)
		if !ok {
			continue
		}
		discount, ok1 := percentOrQuantity(row.DiscountPercent, at+"/discountPercent", hundred, &problems)
		tax, ok2 := percentOrQuantity(row.TaxPercent, at+"/taxPercent", hundred, &problems)
		if !ok1 || !ok2 {
			continue
		}
		total := row.taxed(quantity.Mul(decimal.NewFromInt(row.Price.Amount)).
			Mul(hundred.Sub(discount)).Div(hundred), tax).Round(0)
		if total.Abs().GreaterThan(most) {
			problems = append(problems, problem.Field{Path: at, Code: "out_of_range", Message: "the total of this row is too large"})
			continue
		}
		row.Total = Money{Amount: total.IntPart(), Currency: row.Price.Currency}
		// No sum leaves the range of whole numbers: rows are few and each is bounded.
		if sum+row.Total.Amount > field.MaxAmount {
			problems = append(problems, problem.Field{Path: at, Code: "out_of_range", Message: "with this row the amount of the record is too large"})
			continue
		}
		sum += row.Total.Amount
		if row.Total.Amount < 0 {
			off = i
		}
	}
	if len(d.Products) == 0 {
		return problems
	}
	if sum < 0 && len(problems) == 0 {
		problems = append(problems, problem.Field{Path: pointer("products", off), Code: "out_of_range", Message: "with this row the amount of the record is negative"})
	}
	d.Amount = sum
	return problems
}

// percentOrQuantity reads a decimal between 0 and most; "" is 0.
func percentOrQuantity(text, path string, most decimal.Decimal, problems *[]problem.Field) (decimal.Decimal, bool) {
	if text == "" {
		return decimal.Zero, true
	}
	if len(text) > 30 {
		*problems = append(*problems, problem.Field{Path: path, Code: "not_a_number", Message: "write a number with at most 30 digits"})
		return decimal.Zero, false
	}
	value, err := decimal.NewFromString(text)
	if err != nil || value.Exponent() > 12 || value.Exponent() < -12 {
		*problems = append(*problems, problem.Field{Path: path, Code: "not_a_number", Message: "write a number such as 2 or 1.5"})
		return decimal.Zero, false
	}
	if value.IsNegative() || value.GreaterThan(most) {
		*problems = append(*problems, problem.Field{Path: path, Code: "out_of_range", Message: "write a number between 0 and " + most.String()})
		return decimal.Zero, false
	}
	return value, true
}

func pointer(field string, index int) string { return "/" + field + "/" + strconv.Itoa(index) }
