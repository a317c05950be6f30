package robot

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// Copy says what record is made of the run's record; what is empty is as there.
type Copy struct {
	Type, Pipeline, Stage, Title, Responsible string
	Repeat                                    bool
	// Values are fields of the new record by their names.
	Values map[string]any
}

// Client says which contact or company the run's record is to have.
type Client struct {
	Type, ID            string
	Values              map[string]any
	Create, Update, Add bool
}

// Made is a record that a robot has made or found.
type Made struct {
	ID, Title string
	Created   bool
}

// Making makes records, clients and exceptions of a record. A *problem.Problem is
// the author's or the data's fault; any other error may go away.
type Making interface {
	Copy(ctx context.Context, by Change, recordType, recordID string, c Copy) (Made, error)
	Delete(ctx context.Context, by Change, recordType, recordID string) error
	// SetClient gives no id when there is no such client and none was to be made.
	SetClient(ctx context.Context, by Change, recordType, recordID string, c Client) (Made, error)
	// HasClient tells whether a record names a contact or a company.
	HasClient(ctx context.Context, recordType, recordID string) (bool, error)
	// AddToExceptions gives what is on the list now.
	AddToExceptions(ctx context.Context, by Change, recordType, recordID string) ([]string, error)
	// Convert makes clients and a deal of a lead.
	Convert(ctx context.Context, by Change, recordType, recordID string, c Conversion) (Became, error)
	// Value reads a field as expressions see it.
	Value(ctx context.Context, recordType, recordID, field string) (any, error)
}

// makes makes a record of the run's record: record.create and record.copy.
type makes struct {
	descriptor robot.Descriptor
	making     Making
}

// Descriptor implements robot.Performer.
func (p *makes) Descriptor() robot.Descriptor { return p.descriptor }

// Perform makes the record once per step.
//
// covers, P-02, S-13, B-70
func (p *makes) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	c, failure := copyOf(req.Config)
	if failure != nil {
		return robot.Result{}, failure
	}
	if c.Values, failure = valuesOf(req.Config); failure != nil {
		return robot.Result{}, failure
	}
	recordType := req.Run.RecordType
	if p.descriptor.Key == "record.create" {
		if recordType, failure = text(req.Config, "type", true); failure != nil {
			return robot.Result{}, failure
		}
	}
	c.Type = recordType
	by := once(req)
	var made Made
	var err error
	if recordType == "contact" || recordType == "company" {
		made, err = p.making.SetClient(ctx, by, req.Run.RecordType, req.Run.RecordID, Client{Type: recordType, Values: c.Values, Create: true, Add: true})
	} else {
		made, err = p.making.Copy(ctx, by, req.Run.RecordType, req.Run.RecordID, c)
	}
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	values := map[string]any{"type": recordType, "id": made.ID, "title": made.Title}
	if p.descriptor.Key == "record.create" {
		values["created"] = made.Created
	}
	return robot.Result{Values: values}, nil
}

// once is the change of a step: an operator's retry makes nothing twice.
func once(req robot.Request) Change {
	by := change(req)
	by.Effect, _ = waitOf(req.EffectID)
	return by
}

func copyOf(config map[string]any) (c Copy, failure *robot.Failure) {
	for name, to := range map[string]*string{"pipeline": &c.Pipeline, "stage": &c.Stage, "title": &c.Title} {
		if *to, failure = text(config, name, false); failure != nil {
			return c, failure
		}
	}
	if given := config["responsible"]; given != nil && given != "" {
		id, ok := person(given)
		if !ok {
			return c, badConfig("responsible", "a person is expected, this is %s", kindOf(given))
		}
		c.Responsible = id
	}
	return c, nil
}

// valuesOf reads rows of fields and values.
func valuesOf(config map[string]any) (map[string]any, *robot.Failure) {
	rows, _ := config["fields"].([]any)
	values := make(map[string]any, len(rows))
	for _, element := range rows {
		row, _ := element.(map[string]any)
		name, _ := row["field"].(string)
		if name == "" {
			return nil, badConfig("fields", "a row names no field")
		}
		if _, twice := values[name]; twice {
			return nil, badConfig("fields", "the field %q is written twice", name)
		}
		values[name] = row["value"]
	}
	return values, nil
}

// recordDelete moves the run's record to the bin.
type recordDelete struct{ making Making }

// Descriptor implements robot.Performer.
func (*recordDelete) Descriptor() robot.Descriptor { return describe("record.delete", robot.Internal) }

// Perform deletes the record; gone already is no failure. The run goes on.
//
//
func (p *recordDelete) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	if err := p.making.Delete(ctx, change(req), req.Run.RecordType, req.Run.RecordID); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"deleted": true}}, nil
}

// recordSetClient finds, makes, updates and links the client of the run's record.
type recordSetClient struct{ making Making }

// Descriptor implements robot.Performer.
func (*recordSetClient) Descriptor() robot.Descriptor {
	return describe("record.setClient", robot.Internal)
}

// Perform sets the client. That none was found is a result, not a failure.
//
// covers, H-05
func (p *recordSetClient) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	what, failure := text(req.Config, "client", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	c := Client{Type: what, Create: true}
	if c.ID, failure = text(req.Config, "id", false); failure != nil {
		return robot.Result{}, failure
	}
	if c.Values, failure = valuesOf(req.Config); failure != nil {
		return robot.Result{}, failure
	}
	if create, given := req.Config["create"].(bool); given {
		c.Create = create
	}
	c.Update, _ = req.Config["update"].(bool)
	c.Add, _ = req.Config["add"].(bool)
	made, err := p.making.SetClient(ctx, once(req), req.Run.RecordType, req.Run.RecordID, c)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"id": made.ID, "created": made.Created, "found": made.ID != "" && !made.Created}}, nil
}

// recordRepeatLead makes a repeat lead for the client of the run's record.
type recordRepeatLead struct {
	making   Making
	timeline Timeline
}

// Descriptor implements robot.Performer.
func (*recordRepeatLead) Descriptor() robot.Descriptor {
	return describe("record.repeatLead", robot.Internal)
}

// Perform makes the lead. A record without a client gets none, and its story says so.
//
// covers P-01, O-19
func (p *recordRepeatLead) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	c, failure := copyOf(req.Config)
	if failure != nil {
		return robot.Result{}, failure
	}
	has, err := p.making.HasClient(ctx, req.Run.RecordType, req.Run.RecordID)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	if !has {
		wait, _ := waitOf(req.EffectID)
		if err := p.timeline.Add(ctx, Entry{ID: stableID(wait, "repeatLead"), Kind: "linked", RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Run: req.Run.ID,
			Data: map[string]any{"how": "repeat", "way": "none"}}); err != nil {
			return robot.Result{}, temporary("timeline_unavailable", err, "the story of the record could not be written")
		}
		return robot.Result{Values: map[string]any{"id": "", "title": "", "created": false}}, nil
	}
	c.Type, c.Repeat = "lead", true
	made, err := p.making.Copy(ctx, once(req), req.Run.RecordType, req.Run.RecordID, c)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"id": made.ID, "title": made.Title, "created": true}}, nil
}

// exceptionsAdd puts the client of the run's record on the list of exceptions.
type exceptionsAdd struct{ making Making }

// Descriptor implements robot.Performer.
func (*exceptionsAdd) Descriptor() robot.Descriptor {
	return describe("exceptions.add", robot.Internal)
}

// Perform adds to the list and moves record and client to the bin.
//
// covers R-05, B-61
func (p *exceptionsAdd) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	added, err := p.making.AddToExceptions(ctx, change(req), req.Run.RecordType, req.Run.RecordID)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"added": anyList(added)}}, nil
}
