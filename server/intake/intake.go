package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Person is who asks or buys.
type Person struct {
	FirstName string         `json:"firstName,omitempty" maxLength:"200"`
	LastName  string         `json:"lastName,omitempty" maxLength:"200"`
	Email     string         `json:"email,omitempty" maxLength:"320"`
	Phone     string         `json:"phone,omitempty" maxLength:"60"`
	Position  string         `json:"position,omitempty" maxLength:"200"`
	Fields    map[string]any `json:"fields,omitempty" doc:"own fields of contacts by key"`
}

// Organization is for whom a person asks or buys.
type Organization struct {
	Name    string         `json:"name" minLength:"1" maxLength:"200"`
	Email   string         `json:"email,omitempty" maxLength:"320"`
	Phone   string         `json:"phone,omitempty" maxLength:"60"`
	Address string         `json:"address,omitempty" maxLength:"1000"`
	TaxID   string         `json:"taxId,omitempty" maxLength:"60"`
	Fields  map[string]any `json:"fields,omitempty" doc:"own fields of companies by key"`
}

// Place is where a record is to stand, and whose it is to be.
type Place struct {
	PipelineID    string         `json:"pipelineId,omitempty" maxLength:"100" doc:"the first pipeline of the type when it is left out"`
	StageID       string         `json:"stageId,omitempty" maxLength:"100" doc:"the first stage when it is left out"`
	ResponsibleID string         `json:"responsibleId,omitempty" maxLength:"100"`
	Comment       string         `json:"comment,omitempty" maxLength:"10000"`
	Fields        map[string]any `json:"fields,omitempty" doc:"fields of the record by key"`
}

// Lead is a possible client that another system has met.
type Lead struct {
	Source     string        `json:"source,omitempty" maxLength:"100" doc:"the sending system; part of the identity of externalId"`
	Channel    string        `json:"channel,omitempty" enum:"mail,call,form,chat" doc:"how the client came; a mail or a call of a client on the list of exceptions makes nothing"`
	ExternalID string        `json:"externalId,omitempty" maxLength:"200" doc:"the number of the lead in the sending system: sent again, it is the same lead"`
	Title      string        `json:"title,omitempty" maxLength:"200" doc:"made of the name when it is left out"`
	Contact    *Person       `json:"contact,omitempty"`
	Company    *Organization `json:"company,omitempty"`
	Amount     *int64        `json:"amount,omitempty" minimum:"0" doc:"minor units"`
	Currency   string        `json:"currency,omitempty" maxLength:"3"`
	Place
}

// Order is what a client has bought in a shop.
type Order struct {
	Source  string           `json:"source,omitempty" maxLength:"100" doc:"the shop; part of the identity of number"`
	Number  string           `json:"number" minLength:"1" maxLength:"200" doc:"of the order in the shop: sent again, it is the same order"`
	Title   string           `json:"title,omitempty" maxLength:"200" doc:"made of the number when it is left out"`
	Buyer   Person           `json:"buyer" doc:"known again by e-mail and phone, one of which is needed"`
	Company *Organization    `json:"company,omitempty"`
	Rows    []crm.ProductRow `json:"rows" minItems:"1" maxItems:"500"`
	Place
}

// Client is a contact or company that was met.
type Client struct {
	ID string `json:"id"`
	// Known clients were there before.
	Known bool `json:"known"`
}

// Excepted is the entry of the list of exceptions that keeps a client out.
type Excepted struct {
	Kind  string `json:"kind" enum:"email,phone"`
	Value string `json:"value"`
}

// Result is what came of a lead or an order.
type Result struct {
	Record  *crm.Ref `json:"record,omitempty"`
	Title   string   `json:"title"`
	Contact *Client  `json:"contact,omitempty"`
	Company *Client  `json:"company,omitempty"`
	// Excepted says on which entry of the exceptions the client is; nothing was made then.
	Excepted *Excepted `json:"excepted,omitempty"`
	// Repeat marks business with a client who had a record of the type before.
	Repeat bool `json:"repeat"`
}

// receipt remembers what was taken in under a key.
type receipt struct {
	docstore.Entity
	Request string  `json:"request"` // hash of what was sent
	Result  *Result `json:"result,omitempty"`
	// Until is when the key may be used anew; numbers of the senders stay.
	Until docstore.Instant `json:"until"`
}

// keyKept is how long an Idempotency-Key is remembered.
const keyKept = 7 * 24 * time.Hour

// Service takes in. Safe for concurrent use.
type Service struct {
	crm      *crm.Service
	now      func() time.Time
	receipts docstore.Typed[receipt]
}

// New opens the collection of receipts.
func New(ctx context.Context, store docstore.Store, records *crm.Service, now func() time.Time) (*Service, error) {
	receipts, err := docstore.NewTyped[receipt](ctx, store, docstore.Spec{Name: "intakes", Indexes: []docstore.Index{{Paths: []string{"until"}}}})
	return &Service{records, now, receipts}, err
}

// Sweep forgets keys whose time is over.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	old, _, err := s.receipts.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "until", Op: docstore.Lt, Value: docstore.At(s.now()).String()},
		{Path: "until", Op: docstore.Exists, Value: true}}, Sort: "until", Limit: 200})
	if err != nil {
		return 0, err
	}
	for _, r := range old {
		if err := s.receipts.Delete(ctx, r.ID, r.Rev); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return 0, err
		}
	}
	return len(old), nil
}

// Where names the pipeline and the stage on which a record will stand.
func (s *Service) Where(ctx context.Context, recordType string, p Place) (pipeline, stage string, err error) {
	if p.PipelineID == "" {
		all, err := s.crm.Pipelines(ctx, recordType)
		if err != nil {
			return "", "", err
		}
		if len(all) == 0 {
			return "", "", problem.Invalid("/pipelineId", "required", "there is no pipeline of this record type yet")
		}
		p.PipelineID = all[0].ID
	}
	if p.StageID == "" {
		if found, err := s.crm.Pipeline(ctx, p.PipelineID); err == nil {
			p.StageID = found.Stages[0].ID
		}
	}
	return p.PipelineID, p.StageID, nil
}

// Lead takes in a lead. Caller and key name the request, unless the lead has a
// number of its own; again tells that it was answered before.
//
// covers O-05
func (s *Service) Lead(ctx context.Context, caller, key string, l Lead) (_ Result, again bool, err error) {
	scope, until := []string{"lead", l.Source, l.ExternalID}, docstore.Instant{}
	if l.ExternalID == "" {
		if key == "" {
			return Result{}, false, problem.Invalid("header.Idempotency-Key", "required", "send this header, or externalId, so that a repeated request is not another lead")
		}
		scope, until = []string{"key", caller, key}, docstore.At(s.now().Add(keyKept))
	}
	w := work{recordType: crm.TypeLead, caller: caller, at: "/contact", place: l.Place, company: l.Company}
	if l.Contact != nil {
		w.person = *l.Contact
	}
	w.blockable = l.Channel == "mail" || l.Channel == "call"
	if l.Contact == nil && l.Company == nil {
		return Result{}, false, problem.Invalid("/contact", "required", "tell who it is: a contact, a company or both")
	}
	if l.Contact != nil && strings.TrimSpace(w.person.name()+l.companyName()) == "" {
		return Result{}, false, problem.Invalid("/contact/lastName", "required", "a name, an e-mail address or a phone number")
	}
	title := strings.TrimSpace(l.Title)
	if title == "" {
		title, w.named = called(cmp.Or(w.person.name(), l.companyName())), "/contact/lastName"
		if w.person.name() == "" {
			w.named = "/company/name"
		}
	}
	w.patch = crm.RecordPatch{Title: &title, Amount: l.Amount}
	if l.Currency != "" {
		w.patch.Currency = &l.Currency
	}
	return s.once(ctx, scope, until, l, w)
}

func (l Lead) companyName() string {
	if l.Company == nil {
		return ""
	}
	return l.Company.Name
}

// Order takes in an order: a deal with the buyer as its contact.
//
// covers E-02, E-03
func (s *Service) Order(ctx context.Context, caller string, o Order) (_ Result, again bool, err error) {
	if strings.TrimSpace(o.Buyer.Email) == "" && strings.TrimSpace(o.Buyer.Phone) == "" {
		return Result{}, false, problem.Invalid("/buyer/email", "required", "an e-mail address or a phone number by which the buyer is known")
	}
	if strings.TrimSpace(o.Number) == "" {
		return Result{}, false, problem.Invalid("/number", "required", "")
	}
	title := cmp.Or(strings.TrimSpace(o.Title), called(o.Source+" "+o.Number))
	w := work{recordType: crm.TypeDeal, caller: caller, at: "/buyer", person: o.Buyer, place: o.Place, company: o.Company,
		patch: crm.RecordPatch{Title: &title, Products: &o.Rows}.Taken()}
	return s.once(ctx, []string{"order", o.Source, o.Number}, docstore.Instant{}, o, w)
}

// name is how a person is called, by the address where no name is known.
func (p Person) name() string {
	return cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), strings.TrimSpace(p.Email), strings.TrimSpace(p.Phone))
}

// titleMost is how long titles are.
const titleMost = 200

// called makes a title of what was sent for something else, as far as a title goes.
func called(text string) string {
	letters := []rune(strings.TrimSpace(text))
	return strings.TrimSpace(string(letters[:min(len(letters), titleMost)]))
}

// work is what is to be done, whatever was sent.
type work struct {
	recordType, caller string
	at                 string // place of the person in the request
	named              string // place of what the title was made of, when none was sent
	person             Person
	company            *Organization
	place              Place
	patch              crm.RecordPatch
	blockable          bool // by the list of exceptions
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// once does work, or gives what came of it before. What was refused may be mended
// and sent again under the same key.
func (s *Service) once(ctx context.Context, scope []string, until docstore.Instant, sent any, w work) (Result, bool, error) {
	text, err := json.Marshal(sent)
	if err != nil {
		return Result{}, false, err
	}
	r := receipt{Entity: docstore.Entity{ID: digest(scope...)}, Request: digest(string(text)), Until: until}
	stored, err := s.receipts.Get(ctx, r.ID)
	// Somebody may be faster, and may have let the receipt go again because nothing came of it.
	for range 100 {
		if !errors.Is(err, docstore.ErrNotFound) {
			break
		}
		if stored, err = s.receipts.Save(ctx, r); errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
			stored, err = s.receipts.Get(ctx, r.ID)
		}
	}
	switch {
	case err != nil:
		return Result{}, false, err
	case stored.Request != r.Request:
		return Result{}, false, problem.New("idempotency_reused")
	case stored.Result != nil:
		return *stored.Result, true, nil
	}
	result, err := s.do(ctx, crm.Change{Actor: w.caller, Cause: "intake", Effect: "intake-" + r.ID}, w)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() < 500 || err == nil && result.Excepted != nil {
		// Nothing came of it: it may be sent again, mended or when the exception is gone.
		if gone := s.receipts.Delete(ctx, stored.ID, stored.Rev); gone != nil && !errors.Is(gone, docstore.ErrConflict) && !errors.Is(gone, docstore.ErrNotFound) {
			return result, false, gone
		}
		return result, false, err
	}
	if err != nil {
		return result, false, err
	}
	stored.Result = &result
	_, err = s.receipts.Save(ctx, stored)
	if errors.Is(err, docstore.ErrConflict) { // the same request, sent twice at once, has made the same things
		err = nil
	}
	return result, false, err
}

// do checks the record first, so that nothing is made of what is refused, then
// meets the client and adds the record. Each step can be repeated.
func (s *Service) do(ctx context.Context, by crm.Change, w work) (Result, error) {
	pipeline, stage, err := s.Where(ctx, w.recordType, w.place)
	if err != nil {
		return Result{}, err
	}
	if w.place.ResponsibleID != "" {
		w.patch.ResponsibleID = &w.place.ResponsibleID
	}
	if w.place.Comment != "" {
		w.patch.Comment = &w.place.Comment
	}
	if w.patch.Fields, err = s.fields(ctx, w); err != nil {
		return Result{}, err
	}
	if err := inWords(s.crm.CheckRecord(ctx, by, w.recordType, pipeline, stage, w.patch), w); err != nil {
		return Result{}, err
	}
	contact, company := w.client()
	if w.blockable {
		var reach []string
		if contact != nil {
			reach = append(reach, contact.Email, contact.Phone)
		}
		if company != nil {
			reach = append(reach, company.Email, company.Phone)
		}
		e, err := s.crm.Excepted(ctx, reach...)
		if err != nil {
			return Result{}, err
		}
		if e != nil {
			return Result{Title: *w.patch.Title, Excepted: &Excepted{e.Kind, e.Value}}, nil
		}
	}
	met, err := s.crm.Meet(ctx, by, contact, company)
	if err != nil {
		return Result{}, moved(err, "/contact", w.at)
	}
	var result Result
	if met.Contact != "" {
		result.Contact = &Client{met.Contact, met.KnownContact}
		w.patch.ContactID = &met.Contact
	}
	if met.Company != "" {
		result.Company = &Client{met.Company, met.KnownCompany}
		w.patch.CompanyID = &met.Company
	}
	if met.KnownContact {
		had, _, err := s.crm.RecordsWith(ctx, crm.TypeContact, met.Contact, "")
		if err != nil {
			return result, err
		}
		made := crm.MadeBy(by.Effect, w.recordType)
		if slices.ContainsFunc(had, func(r crm.Ref) bool { return r.Type == w.recordType && r.ID != made }) {
			w.patch = w.patch.AsRepeat()
		}
	}
	record, err := s.crm.CreateRecord(ctx, by, w.recordType, pipeline, stage, w.patch)
	if err != nil {
		return result, moved(err, "/products", "/rows")
	}
	result.Record, result.Title, result.Repeat = &crm.Ref{Type: record.Type, ID: record.ID}, record.Title, record.Repeat
	return result, nil
}

// client is who is to be met; nil for nobody.
func (w work) client() (*crm.Contact, *crm.Company) {
	var contact *crm.Contact
	owned := crm.Owned{ResponsibleID: cmp.Or(w.place.ResponsibleID, w.caller)}
	if p := w.person; p.name() != "" {
		contact = &crm.Contact{FirstName: p.FirstName, LastName: p.LastName, Email: strings.TrimSpace(p.Email), Phone: strings.TrimSpace(p.Phone), Position: p.Position, Fields: p.Fields, Owned: owned}
		if strings.TrimSpace(p.FirstName+p.LastName) == "" {
			contact.LastName = p.name()
		}
	}
	if w.company == nil {
		return contact, nil
	}
	c := *w.company
	return contact, &crm.Company{Name: c.Name, Email: strings.TrimSpace(c.Email), Phone: strings.TrimSpace(c.Phone), Address: c.Address, TaxID: c.TaxID, Fields: c.Fields, Owned: owned}
}

// fields are those of the record: what was sent, and of a lead who it is, as far as
// leads have fields for that.
func (s *Service) fields(ctx context.Context, w work) (map[string]any, error) {
	if w.recordType != crm.TypeLead {
		return w.place.Fields, nil
	}
	of, err := s.crm.RecordType(ctx, w.recordType)
	if err != nil {
		return nil, err
	}
	person := map[string]string{"firstName": w.person.FirstName, "lastName": w.person.LastName, "email": w.person.Email, "phone": w.person.Phone}
	if w.company != nil {
		person["companyName"] = w.company.Name
	}
	out := map[string]any{}
	for _, f := range of.Fields {
		if text := strings.TrimSpace(person[f.Key]); text != "" && f.Standard {
			out[f.Key] = text
		}
	}
	for key, value := range w.place.Fields {
		out[key] = value
	}
	return out, nil
}

// inWords puts the places of mistakes where the sender wrote them, and lets go what
// the stage requires and the client will be.
func inWords(err error, w work) error {
	var p *problem.Problem
	if !errors.As(err, &p) {
		return err
	}
	if p.Code == "fields_required" {
		missing, _ := p.Extra["fields"].([]string)
		rest := slices.DeleteFunc(slices.Clone(missing), func(key string) bool {
			return key == "contact" && w.person.name() != "" || key == "company" && w.company != nil
		})
		if len(missing) > 0 && len(rest) == 0 {
			return nil
		}
	}
	if err = moved(err, "/products", "/rows"); w.named != "" {
		err = moved(err, "/title", w.named)
	}
	if w.recordType != crm.TypeLead {
		return err
	}
	// What a lead knows of a person was written there, unless it was sent as a field.
	for _, at := range [][2]string{{"firstName", "/contact/firstName"}, {"lastName", "/contact/lastName"}, {"email", "/contact/email"}, {"phone", "/contact/phone"}, {"companyName", "/company/name"}} {
		if _, sent := w.place.Fields[at[0]]; !sent {
			err = moved(moved(err, "/fields/"+at[0]+"/0", at[1]), "/fields/"+at[0], at[1])
		}
	}
	return err
}

// moved puts the places of mistakes below another member.
func moved(err error, from, to string) error {
	var p *problem.Problem
	if err == nil || from == to || !errors.As(err, &p) || len(p.Fields) == 0 {
		return err
	}
	out := *p
	out.Fields = slices.Clone(p.Fields)
	for i, f := range out.Fields {
		if rest, is := strings.CutPrefix(f.Path, from); is && (rest == "" || rest[0] == '/') {
			out.Fields[i].Path = to + rest
		}
	}
	return &out
}
