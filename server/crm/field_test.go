package crm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
)

// addField adds an own field to a record type.
func (f *fixture) addField(recordType string, of field.Field) crm.RecordType {
	f.t.Helper()
	now, err := f.RecordType(f.t.Context(), recordType)
	require.NoError(f.t, err)
	now, err = f.AddField(f.t.Context(), crm.Change{Actor: "marta"}, recordType, now.Rev, of)
	require.NoError(f.t, err)
	return now
}

func (f *fixture) require(recordType, key string, p crm.FieldPatch) {
	f.t.Helper()
	now, err := f.RecordType(f.t.Context(), recordType)
	require.NoError(f.t, err)
	_, err = f.ChangeField(f.t.Context(), crm.Change{Actor: "marta"}, recordType, now.Rev, key, p)
	require.NoError(f.t, err)
}

// covers L-06: what is true of standard fields is true of own ones.
func TestOwnFieldsAreLikeStandardOnes(t *testing.T) {
	f := setup(t)
	levels, err := f.AddDictionary(t.Context(), crm.Change{}, crm.Dictionary{Name: "Levels", Items: []crm.Item{{Name: "Złoty"}, {Name: "Silver"}}})
	require.NoError(t, err)
	require.Equal(t, "levels", levels.ID)
	require.Equal(t, "zloty", levels.Items[0].ID)
	f.addField("deal", field.Field{Label: "Level", Type: field.List, Dictionary: "levels"})
	f.addField("deal", field.Field{Label: "Date of visit", Type: field.Date})
	f.addField("deal", field.Field{Label: "Budget", Type: field.Money})
	f.addField("deal", field.Field{Label: "Experts", Type: field.User, Multiple: true})
	f.addField("deal", field.Field{Label: "Weight", Type: field.Number})

	d := f.deal(crm.RecordPatch{Fields: map[string]any{"level": "zloty", "dateOfVisit": "2026-05-01", "weight": 2.5,
		"budget": map[string]any{"amount": 100.0, "currency": "PLN"}, "experts": []any{"marta", "henrik"}}})
	f.drain()
	d, err = f.UpdateRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev, crm.RecordPatch{Fields: map[string]any{"level": "silver", "weight": nil}})
	require.NoError(t, err)
	require.NotContains(t, d.Fields, "weight")
	require.Equal(t, "2026-05-01", d.Fields["dateOfVisit"])

	// The story tells them in words, expressions read them beside the standard ones.
	f.drain()
	story, _, err := f.Timeline(t.Context(), "deal", d.ID, 1, "")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"before": "Złoty", "after": "Silver"}, story[0].Data["level"])
	require.Equal(t, map[string]any{"before": 2.5, "after": nil}, story[0].Data["weight"])
	view, err := f.View(t.Context(), "deal", d.ID)
	require.NoError(t, err)
	require.Equal(t, "silver", view["level"])
	require.Equal(t, "Silver", view["levelName"])
	require.Equal(t, []any{"marta", "henrik"}, view["experts"])
	require.Nil(t, view["weight"])
	offered, err := f.Fields(t.Context(), "deal")
	require.NoError(t, err)
	require.Contains(t, offered, crm.Field{Name: "budget", Type: "money", Editable: true})
	require.Contains(t, offered, crm.Field{Name: "levelName", Type: "text"})

	// Robots write them as people do.
	require.NoError(t, f.SetFields(t.Context(), crm.Change{Run: "r"}, "deal", d.ID, map[string]any{"weight": "3,25"}))
	err = f.SetFields(t.Context(), crm.Change{Run: "r"}, "deal", d.ID, map[string]any{"level": "iron"})
	require.Equal(t, map[string]string{"/fields/level": "unknown_reference"}, fields(t, err))

	names, err := f.Names(t.Context(), "deal", d.Fields)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"marta": "Marta Nowak", "henrik": "Henrik Lund"}, names)
}

// covers L-06
func TestOwnFieldsOfContactsAndCompanies(t *testing.T) {
	f := setup(t)
	f.addField("contact", field.Field{Label: "Birthday", Type: field.Date, Required: true})
	f.addField("contact", field.Field{Label: "Met at", Type: field.Reference, Target: "company"})
	company, err := f.SaveCompany(t.Context(), crm.Change{}, crm.Company{Name: "Żabka"})
	require.NoError(t, err)
	_, err = f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Lis"})
	require.Equal(t, map[string]string{"/fields/birthday": "required"}, fields(t, err))
	_, err = f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Lis", Fields: map[string]any{"birthday": "1990-02-03", "metAt": "nowhere"}})
	require.Equal(t, map[string]string{"/fields/metAt": "unknown_reference"}, fields(t, err))
	c, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Lis", Fields: map[string]any{"birthday": "1990-02-03", "metAt": company.ID}})
	require.NoError(t, err)
	c.Fields = map[string]any{"metAt": nil}
	c, err = f.SaveContact(t.Context(), crm.Change{}, c)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"birthday": "1990-02-03"}, c.Fields)
	c.Fields = map[string]any{"birthday": ""}
	_, err = f.SaveContact(t.Context(), crm.Change{}, c)
	require.Equal(t, map[string]string{"/fields/birthday": "required"}, fields(t, err))
}

// A contact whose field points to itself is read like any other.
func TestFieldsMayPointInACircle(t *testing.T) {
	f := setup(t)
	f.addField("contact", field.Field{Label: "Recommended by", Type: field.Reference, Target: "contact"})
	c, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Lis"})
	require.NoError(t, err)
	c.Fields = map[string]any{"recommendedBy": c.ID}
	_, err = f.SaveContact(t.Context(), crm.Change{}, c)
	require.NoError(t, err)
	c, err = f.Contact(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{c.ID: "Lis"}, c.Names)
}

// covers L-07: whoever moves a record, nothing enters a stage without what the stage
// requires.
func TestRequiredFieldsGuardAStage(t *testing.T) {
	f := setup(t)
	f.addField("deal", field.Field{Label: "Contract number", Type: field.Text, RequiredAt: []field.Stages{{Pipeline: "sales", Stages: []string{"contract", "won"}}}})
	f.require("deal", "amount", crm.FieldPatch{RequiredAt: &[]field.Stages{{Pipeline: "sales", Stages: []string{"contract"}}}})
	d := f.deal(crm.RecordPatch{})

	missing := map[string]string{"/fields/contractNumber": "required", "/amount": "required"}
	_, err := f.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev, "contract", "")
	require.Equal(t, "fields_required", code(err))
	require.Equal(t, missing, fields(t, err))
	_, err = f.MoveRecord(t.Context(), crm.Change{Run: "r", Effect: "r:1"}, crm.TypeDeal, d.ID, 0, "contract", "")
	require.Equal(t, missing, fields(t, err), "a robot is no exception")
	_, err = f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "contract", crm.RecordPatch{Title: ptr("x")})
	require.Equal(t, missing, fields(t, err), "nor is a new deal")
	_, err = f.MoveRecordWith(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, d.Rev, "contract", "", crm.RecordPatch{Amount: ptr(int64(5))})
	require.Equal(t, map[string]string{"/fields/contractNumber": "required"}, fields(t, err))
	same, err := f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.NoError(t, err)
	require.Equal(t, d.Rev, same.Rev, "nothing was half done")

	f.drain()
	moved, err := f.MoveRecordWith(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, d.ID, d.Rev, "contract", "", crm.RecordPatch{Amount: ptr(int64(5)), Fields: map[string]any{"contractNumber": "7/2026"}})
	require.NoError(t, err)
	require.Equal(t, "contract", moved.StageID)
	require.Equal(t, d.Rev+1, moved.Rev, "one write")
	var kinds []string
	for _, e := range f.drain() {
		if e.Collection == "records" {
			kinds = append(kinds, e.Event.Kind)
		}
	}
	require.Equal(t, []string{crm.RecordChanged, crm.RecordStageChanged}, kinds)

	_, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, crm.RecordPatch{Fields: map[string]any{"contractNumber": ""}})
	require.Equal(t, map[string]string{"/fields/contractNumber": "required"}, fields(t, err), "what a stage requires cannot be cleared on it")
	_, err = f.MoveRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, "new", "")
	require.NoError(t, err)
	_, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, crm.RecordPatch{Fields: map[string]any{"contractNumber": ""}})
	require.NoError(t, err)

	// What is required later is not asked of those who stand there already.
	other := f.deal(crm.RecordPatch{})
	f.require("deal", "comment", crm.FieldPatch{Required: ptr(true)})
	_, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, other.ID, 0, crm.RecordPatch{Title: ptr("Renamed")})
	require.NoError(t, err)
	f.require("deal", "comment", crm.FieldPatch{Required: ptr(false)})
	f.require("deal", "contractNumber", crm.FieldPatch{Retired: ptr(true)})
	f.require("deal", "amount", crm.FieldPatch{RequiredAt: &[]field.Stages{}})
	_, err = f.MoveRecord(t.Context(), crm.Change{}, crm.TypeDeal, other.ID, 0, "contract", "")
	require.NoError(t, err, "nobody is asked for a retired field")
}

func TestDescriptionsOfFieldsAreChecked(t *testing.T) {
	cases := []struct {
		name  string
		field field.Field
		want  map[string]string
	}{
		{"no label", field.Field{Type: field.Text}, map[string]string{"/label": "required"}},
		{"a word of expressions", field.Field{Key: "stage", Label: "Stage", Type: field.Text}, map[string]string{"/key": "duplicate"}},
		{"a standard field", field.Field{Key: "amount", Label: "Amount", Type: field.Money}, map[string]string{"/key": "duplicate"}},
		{"the name of a list's item", field.Field{Key: "levelName", Label: "Level", Type: field.Text}, map[string]string{"/key": "duplicate"}},
		{"a key that is no word", field.Field{Key: "a-b", Label: "x", Type: field.Text}, map[string]string{"/key": "bad_key"}},
		{"unknown type", field.Field{Label: "x", Type: "tint"}, map[string]string{"/type": "unknown_kind"}},
		{"no dictionary", field.Field{Label: "x", Type: field.List}, map[string]string{"/dictionary": "unknown_reference"}},
		{"no target", field.Field{Label: "x", Type: field.Reference, Target: "planet"}, map[string]string{"/target": "unknown_reference"}},
		{"unknown stage", field.Field{Label: "x", Type: field.Text, RequiredAt: []field.Stages{{Pipeline: "sales", Stages: []string{"nowhere"}}}}, map[string]string{"/requiredAt/0/stages/0": "unknown_reference"}},
		{"several truths", field.Field{Label: "x", Type: field.Boolean, Multiple: true}, map[string]string{"/multiple": "bad_value"}},
	}
	f := setup(t)
	_, err := f.AddDictionary(t.Context(), crm.Change{}, crm.Dictionary{Name: "Levels"})
	require.NoError(t, err)
	f.addField("deal", field.Field{Key: "level", Label: "Level", Type: field.List, Dictionary: "levels"})
	now, err := f.RecordType(t.Context(), "deal")
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := f.AddField(t.Context(), crm.Change{}, "deal", now.Rev, c.field)
			require.Equal(t, c.want, fields(t, err))
		})
	}
	_, err = f.AddField(t.Context(), crm.Change{}, "deal", now.Rev-1, field.Field{Label: "x", Type: field.Text})
	require.Equal(t, "stale", code(err))
	_, err = f.AddField(t.Context(), crm.Change{}, "planet", 0, field.Field{Label: "x", Type: field.Text})
	require.Equal(t, "not_found", code(err))
}

func TestFieldsAreOrderedByHand(t *testing.T) {
	f := setup(t)
	for _, label := range []string{"One", "Two", "Three"} {
		f.addField("company", field.Field{Label: label, Type: field.Text})
	}
	f.require("company", "three", crm.FieldPatch{Before: ptr("one")})
	now, err := f.RecordType(t.Context(), "company")
	require.NoError(t, err)
	var own []string
	for _, of := range now.Fields {
		if !of.Standard {
			own = append(own, of.Key)
		}
	}
	require.Equal(t, []string{"three", "one", "two"}, own)
}

type uses map[string][]crm.Use

func (u uses) FieldUses(_ context.Context, recordType, key string) ([]crm.Use, error) {
	return u[recordType+"."+key], nil
}

func (u uses) StageUses(_ context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	for _, stage := range stages {
		if of := u[pipeline+"/"+stage]; len(of) > 0 {
			return stage, of, nil
		}
	}
	return "", nil, nil
}

// covers L-05
func TestWhatIsUsedIsNotTakenAway(t *testing.T) {
	f := setup(t)
	levels, err := f.AddDictionary(t.Context(), crm.Change{}, crm.Dictionary{Name: "Levels", Items: []crm.Item{{ID: "gold", Name: "Gold"}, {ID: "iron", Name: "Iron"}}})
	require.NoError(t, err)
	f.addField("deal", field.Field{Key: "level", Label: "Level", Type: field.List, Dictionary: "levels", Multiple: true})
	now := f.addField("deal", field.Field{Key: "profit", Label: "Profit", Type: field.Money})
	d := f.deal(crm.RecordPatch{Fields: map[string]any{"level": []any{"gold"}, "profit": map[string]any{"amount": -5.0, "currency": "PLN"}}})

	_, err = f.ChangeDictionary(t.Context(), crm.Change{}, "levels", levels.Rev, "Levels", levels.Items[1:])
	require.Equal(t, map[string]string{"/items": "item_in_use"}, fields(t, err))
	levels.Items[0].Retired = true
	levels, err = f.ChangeDictionary(t.Context(), crm.Change{}, "levels", levels.Rev, "Levels", levels.Items)
	require.NoError(t, err)
	_, err = f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), Fields: map[string]any{"level": "gold"}})
	require.Equal(t, map[string]string{"/fields/level/0": "unknown_reference"}, fields(t, err))
	_, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, crm.RecordPatch{Fields: map[string]any{"level": []any{"gold", "iron"}}})
	require.NoError(t, err, "a retired value stays where it is")
	require.Equal(t, "in_use", code(f.DeleteDictionary(t.Context(), crm.Change{}, "levels", levels.Rev)))

	for _, key := range []string{"level", "profit"} {
		_, err = f.DeleteField(t.Context(), crm.Change{}, "deal", now.Rev, key)
		require.Equal(t, "field_in_use", code(err), key)
	}
	_, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, 0, crm.RecordPatch{Fields: map[string]any{"profit": nil}})
	require.NoError(t, err)
	f.UsedBy(uses{"deal.profit": {{Key: "contract", Name: "Contract"}}})
	_, err = f.DeleteField(t.Context(), crm.Change{}, "deal", now.Rev, "profit")
	require.Equal(t, "field_in_use", code(err))
	f.UsedBy(uses{})
	now, err = f.DeleteField(t.Context(), crm.Change{}, "deal", now.Rev, "profit")
	require.NoError(t, err)
	for _, of := range now.Fields {
		require.NotEqual(t, "profit", of.Key)
	}
}

// A deal outlives its contact and the account of its responsible person.
func TestOldReferencesDoNotLockADeal(t *testing.T) {
	f := setup(t)
	c, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Lis"})
	require.NoError(t, err)
	d := f.deal(crm.RecordPatch{ContactID: &c.ID, ResponsibleID: ptr("henrik")})
	require.NoError(t, f.DeleteContact(t.Context(), crm.Change{}, c.ID, c.Rev))
	f.leave("henrik")
	d, err = f.UpdateRecord(t.Context(), crm.Change{}, crm.TypeDeal, d.ID, d.Rev, crm.RecordPatch{Title: ptr("Renamed")})
	require.NoError(t, err)
	require.Equal(t, "Lis", d.ContactName)
	_, err = f.CreateRecord(t.Context(), crm.Change{}, crm.TypeDeal, "sales", "", crm.RecordPatch{Title: ptr("x"), ContactID: &c.ID, ResponsibleID: ptr("henrik")})
	require.Equal(t, map[string]string{"/contactId": "unknown_reference", "/responsibleId": "unknown_user"}, fields(t, err))
}
