package app

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/template"
)

// The demo company. Its people sign in without a password; ids are logins, so
// that links and tests are readable.
var (
	demoDepartments = []identity.Department{
		dept("management", "Management", "henrik", ""),
		dept("sales", "Sales", "henrik", "management"),
		dept("finance", "Finance", "anna", "management"),
		dept("operations", "Operations", "ada", "management"),
	}
	demoUsers = []identity.NewUser{
		person("dana", "Dana Wójcik", "Process designer", "operations", access.Designer),
		person("marta", "Marta Nowak", "Sales manager", "sales", access.Member),
		person("henrik", "Henrik Lindqvist", "Head of sales", "sales", access.Member),
		person("anna", "Anna Kowalska", "Accountant", "finance", access.Member),
		person("oscar", "Oscar Pereira", "Process operator", "operations", access.Operator),
		person("ada", "Ada Sokolova", "Administrator", "operations", access.Administrator),
	}
	// The groups that the shipped templates name.
	demoGroups = []identity.Group{
		group("accounting", "Accounting", "anna"),
		group("it", "IT", "ada", "oscar"),
		group("management", "Management", "anna", "henrik"),
		group("personnel", "Personnel", "ada"),
		group("purchasing", "Purchasing", "oscar"),
		group("sales", "Sales", "henrik", "marta"),
		group("support", "Support", "marta", "oscar"),
	}
)

func group(id, name string, members ...string) identity.Group {
	g := identity.Group{Name: name, MemberIDs: members}
	g.ID = id
	return g
}

func dept(id, name, head, parent string) identity.Department {
	d := identity.Department{Name: name, HeadID: head, ParentID: parent}
	d.ID = id
	return d
}

func person(login, name, title, department, role string) identity.NewUser {
	return identity.NewUser{ID: login, Login: login, Name: name, Title: title, Email: login + "@demo.fluxo.test", Language: "en", Zone: defaultZone,
		DepartmentID: department, Roles: []string{role}, Demo: true}
}

type demoRecord struct {
	title, stage, company, responsible, currency string
	closesIn                                     int // days
	products                                     []crm.ProductRow
	recordType                                   string // "" = deal
}

func row(name, quantity string, price int64, currency string) crm.ProductRow {
	return crm.ProductRow{Name: name, Quantity: quantity, Price: crm.Money{Amount: price, Currency: currency}, TaxPercent: "23"}
}

var demoCompanies = []struct {
	crm.Company
	first, last string
}{
	{crm.Company{Name: "Baltic Timber Sp. z o.o.", Email: "office@baltic-timber.test", Phone: "+48 58 555 01 20", Address: "ul. Portowa 14, 80-101 Gdańsk", TaxID: "PL5831234567"}, "Piotr", "Zieliński"},
	{crm.Company{Name: "Nordlys Energi AS", Email: "post@nordlys.test", Phone: "+47 22 55 01 30", Address: "Havnegata 9, 0150 Oslo", TaxID: "NO912345678"}, "Ingrid", "Solheim"},
	{crm.Company{Name: "Café Ipanema Ltda.", Email: "contato@ipanema.test", Phone: "+55 21 5550 0140", Address: "Rua Visconde 210, Rio de Janeiro", TaxID: "12.345.678/0001-90"}, "Luiza", "Carvalho"},
	{crm.Company{Name: "Kraków Robotics S.A.", Email: "hello@krk-robotics.test", Phone: "+48 12 555 01 50", Address: "ul. Mogilska 65, 31-545 Kraków", TaxID: "PL6762345678"}, "Tomasz", "Mazur"},
	{crm.Company{Name: "Helios Optik GmbH", Email: "info@helios-optik.test", Phone: "+49 30 5550 160", Address: "Lindenstraße 7, 10969 Berlin", TaxID: "DE345678901"}, "Katrin", "Vogel"},
	{crm.Company{Name: "Porto Azul Logística", Email: "geral@portoazul.test", Phone: "+351 22 555 0170", Address: "Rua do Cais 31, 4050-297 Porto", TaxID: "PT509876543"}, "Miguel", "Teixeira"},
}

var demoDeals = []demoRecord{
	{"Warehouse scanners for Baltic Timber", "qualified", "Baltic Timber Sp. z o.o.", "marta", "PLN", 14, []crm.ProductRow{row("Handheld scanner HX-2", "24", 89_900, "PLN"), row("Docking station", "6", 34_500, "PLN"), row("Installation, per day", "2.5", 180_000, "PLN")}, ""},
	{"Turbine inspection service", "qualified", "Nordlys Energi AS", "marta", "EUR", 30, []crm.ProductRow{row("Drone inspection", "12", 145_000, "EUR"), row("Report and archive", "1", 320_000, "EUR")}, ""},
	{"Roaster line upgrade", "new", "Café Ipanema Ltda.", "marta", "BRL", 45, []crm.ProductRow{row("Roaster control unit", "3", 1_250_000, "BRL"), row("Commissioning", "1", 480_000, "BRL")}, ""},
	{"Robot cell maintenance 2027", "qualified", "Kraków Robotics S.A.", "marta", "PLN", 21, []crm.ProductRow{row("Maintenance, per month", "12", 640_000, "PLN")}, ""},
	{"Lens coating chamber", "new", "Helios Optik GmbH", "henrik", "EUR", 60, []crm.ProductRow{row("Coating chamber LC-9", "1", 18_400_000, "EUR"), row("Training", "3", 95_000, "EUR")}, ""},
	{"Container tracking pilot", "new", "Porto Azul Logística", "marta", "EUR", 35, []crm.ProductRow{row("Tracker, per unit", "200", 4_900, "EUR"), row("Platform, per month", "6", 75_000, "EUR")}, ""},
	{"Forklift fleet telemetry", "signed", "Baltic Timber Sp. z o.o.", "marta", "PLN", 5, []crm.ProductRow{row("Telemetry kit", "18", 120_000, "PLN")}, ""},
	{"Substation spare parts", "won", "Nordlys Energi AS", "henrik", "EUR", -12, []crm.ProductRow{row("Breaker set", "4", 210_000, "EUR")}, ""},
	{"Espresso machine rental", "won", "Café Ipanema Ltda.", "marta", "BRL", -30, []crm.ProductRow{row("Rental, per month", "12", 89_000, "BRL")}, ""},
	{"Vision system retrofit", "lost", "Kraków Robotics S.A.", "henrik", "PLN", -20, []crm.ProductRow{row("Camera", "8", 310_000, "PLN")}, ""},
	{"Calibration contract", "qualified", "Helios Optik GmbH", "marta", "EUR", 18, []crm.ProductRow{row("Calibration visit", "4", 128_000, "EUR")}, ""},
	{"Cold chain sensors", "new", "Porto Azul Logística", "henrik", "EUR", 50, []crm.ProductRow{row("Sensor", "350", 2_300, "EUR"), row("Gateway", "10", 38_000, "EUR")}, ""},
}

// demoOthers are records of the other types, in the first pipeline of each.
var demoOthers = []demoRecord{
	{"Conveyor retrofit, asked at the fair", "new", "Kraków Robotics S.A.", "marta", "PLN", 40, nil, crm.TypeLead},
	{"Second roaster for the harbor café", "new", "Café Ipanema Ltda.", "marta", "BRL", 55, nil, crm.TypeLead},
	{"Blade repair, call back in spring", "work", "Nordlys Energi AS", "henrik", "EUR", 25, nil, crm.TypeLead},
	{"Scanners for the Gdynia branch", "work", "Baltic Timber Sp. z o.o.", "marta", "PLN", 20, nil, crm.TypeLead},
	{"Drone inspection, twelve turbines", "sent", "Nordlys Energi AS", "marta", "EUR", 10, []crm.ProductRow{row("Drone inspection", "12", 145_000, "EUR")}, crm.TypeQuote},
	{"Calibration, yearly", "draft", "Helios Optik GmbH", "marta", "EUR", 15, []crm.ProductRow{row("Calibration visit", "4", 128_000, "EUR")}, crm.TypeQuote},
	{"Breaker set", "sent", "Nordlys Energi AS", "henrik", "EUR", 7, []crm.ProductRow{row("Breaker set", "4", 210_000, "EUR")}, crm.TypeInvoice},
	{"Espresso machines, first quarter", "paid", "Café Ipanema Ltda.", "marta", "BRL", -10, []crm.ProductRow{row("Rental, per month", "3", 89_000, "BRL")}, crm.TypeInvoice},
}

// of is the type of the record, deal unless it says another.
func (d demoRecord) of() string {
	if d.recordType == "" {
		return crm.TypeDeal
	}
	return d.recordType
}

func (d demoRecord) pipeline() string {
	if d.recordType == "" {
		return "sales"
	}
	return d.recordType + "s"
}

// Seed fills an empty installation with the demo company; one that has people
// stays as it is.
func (a *App) Seed(ctx context.Context) error {
	needed, err := a.Identity.SetupNeeded(ctx)
	if err != nil || !needed {
		return err
	}
	// The product itself does this; the audit trail says so.
	ctx = access.With(ctx, access.Actor{System: true})
	for _, d := range demoDepartments {
		head := d.HeadID
		d.HeadID = "" // the head is not there yet
		if _, err := a.Identity.SaveDepartment(ctx, d); err != nil {
			return fmt.Errorf("seed department %s (head %s): %w", d.ID, head, err)
		}
	}
	for _, u := range demoUsers {
		if _, err := a.Identity.CreateUser(ctx, u); err != nil {
			return fmt.Errorf("seed user %s: %w", u.Login, err)
		}
	}
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return err
	}
	heads := map[string]string{}
	for _, d := range demoDepartments {
		heads[d.ID] = d.HeadID
	}
	for _, d := range directory.Departments() {
		d.HeadID = heads[d.ID]
		if _, err := a.Identity.SaveDepartment(ctx, d); err != nil {
			return fmt.Errorf("seed department %s: %w", d.ID, err)
		}
	}
	for _, g := range demoGroups {
		if _, err := a.Identity.SaveGroup(ctx, g); err != nil {
			return fmt.Errorf("seed group %s: %w", g.ID, err)
		}
	}
	if err := a.seedCRM(ctx); err != nil {
		return err
	}
	return a.seedProcess(ctx)
}

func (a *App) seedCRM(ctx context.Context) error {
	by := crm.Change{Actor: "ada"}
	if _, err := a.CRM.CreatePipeline(ctx, by, crm.Pipeline{Key: "sales", Name: "Sales", Type: crm.TypeDeal, Stages: []crm.Stage{
		{ID: "new", Name: "New", Color: "#64748b", Kind: crm.Normal}, {ID: "qualified", Name: "Qualified", Color: "#2563eb", Kind: crm.Normal},
		{ID: "contract", Name: "Contract preparation", Color: "#7c3aed", Kind: crm.Normal}, {ID: "signed", Name: "Signed", Color: "#0891b2", Kind: crm.Normal},
		{ID: "won", Name: "Won", Color: "#15803d", Kind: crm.Success}, {ID: "lost", Name: "Lost", Color: "#b91c1c", Kind: crm.Failure},
	}}); err != nil {
		return fmt.Errorf("seed pipeline: %w", err)
	}
	for _, recordType := range []string{crm.TypeLead, crm.TypeQuote, crm.TypeInvoice} {
		if err := a.CRM.FirstPipelineOf(ctx, by, recordType, "en"); err != nil {
			return fmt.Errorf("seed pipeline of %ss: %w", recordType, err)
		}
	}
	companies, contacts := map[string]string{}, map[string]string{}
	for i, c := range demoCompanies {
		c.ResponsibleID = []string{"marta", "henrik"}[i%2]
		company, err := a.CRM.SaveCompany(ctx, by, c.Company)
		if err != nil {
			return fmt.Errorf("seed company %s: %w", c.Name, err)
		}
		contact, err := a.CRM.SaveContact(ctx, by, crm.Contact{FirstName: c.first, LastName: c.last, Email: c.Email, Phone: c.Phone, CompanyID: company.ID, Position: "Purchasing", Owned: c.Owned})
		if err != nil {
			return fmt.Errorf("seed contact of %s: %w", c.Name, err)
		}
		companies[c.Name], contacts[c.Name] = company.ID, contact.ID
	}
	catalogue, err := a.seedProducts(ctx, by)
	if err != nil {
		return err
	}
	now := a.Clock.Now()
	for _, d := range slices.Concat(demoDeals, demoOthers) {
		products := picked(d.products, catalogue)
		company, contact := companies[d.company], contacts[d.company]
		closes := now.Add(time.Duration(d.closesIn) * 24 * time.Hour).Format("2006-01-02")
		if _, err := a.CRM.CreateRecord(ctx, crm.Change{Actor: d.responsible}, d.of(), d.pipeline(), d.stage, crm.RecordPatch{Title: &d.title, CompanyID: &company, ContactID: &contact,
			ResponsibleID: &d.responsible, Currency: &d.currency, ExpectedCloseAt: &closes, Products: &products}); err != nil {
			return fmt.Errorf("seed record %s: %w", d.title, err)
		}
	}
	return nil
}

func (a *App) seedProcess(ctx context.Context) error {
	if _, err := a.Templates.Put(ctx, template.Template{Key: "contract", Name: "Sales contract", Description: "Contract with a table of products", RecordType: "deal"},
		"contract.docx", bytes.NewReader(document.DemoContract()), "dana"); err != nil {
		return fmt.Errorf("seed template: %w", err)
	}
	const key = "contract-preparation"
	d, err := a.Definitions.Create(ctx, definition.NewDefinition{Key: key, Name: "Contract preparation", Template: key}, "dana")
	if err != nil {
		return fmt.Errorf("seed process: %w", err)
	}
	confirm := make([]string, 0, len(d.Findings))
	for _, f := range d.Findings {
		confirm = append(confirm, f.Code)
	}
	if _, err := a.Definitions.Publish(ctx, key, d.DraftRev, "First version", confirm, "dana"); err != nil {
		return fmt.Errorf("publish the demo process: %w", err)
	}
	return nil
}
