package rehearsal_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
)

// The record of the scenario stays as it was written: a scenario is played often.
func TestChangeOfTheRecordIsOfThatRehearsalOnly(t *testing.T) {
	people := load(t, "people.json")
	s, err := rehearsal.Parse([]byte(`{"start":{"record":{"type":"deal","id":"d1","stage":"new","company":{"name":"Alder"}}},
		"steps":[{"record":{"stage":"won","company":{"taxId":"PL1"}}}]}`))
	require.NoError(t, err)
	for range 2 {
		r, err := rehearsal.Play(t.Context(), []rehearsal.Definition{people}, s, rehearsal.Options{})
		require.NoError(t, err)
		require.True(t, r.Passed(), r.Failures)
		require.Equal(t, rehearsal.Completed, r.End)
		require.Equal(t, core.Values{"type": "deal", "id": "d1", "stage": "won", "company": map[string]any{"name": "Alder", "taxId": "PL1"}}, r.Record)
		held := false
		for i := range r.Records {
			if one := &r.Records[i]; one.Kind == core.RecordConditionHeld {
				held = true
			}
		}
		require.True(t, held)
	}
	require.Equal(t, "new", s.Start.Record["stage"])
}

func TestChangeOfARecordThatIsNotThere(t *testing.T) {
	r := play(t, `{"steps":[{"record":{"stage":"won"}}]}`, load(t, "events.json"))
	require.Len(t, r.Failures, 1)
	require.Equal(t, 1, r.Failures[0].Step)
	require.Contains(t, r.Failures[0].Message, "/start/record")
	_, err := rehearsal.Parse([]byte(`{"steps":[{"record":{"id":"d2"}}]}`))
	require.ErrorContains(t, err, "/steps/0/record/id")
}

// The examples of RFC 7396 that are about objects.
func TestMerge(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		var value, patch, want map[string]any
		for i, into := range []*map[string]any{&value, &patch, &want} {
			require.NoError(t, json.Unmarshal([]byte(c[i]), into))
		}
		before, err := json.Marshal(value)
		require.NoError(t, err)
		require.True(t, reflect.DeepEqual(want, rehearsal.Merge(value, patch)), c)
		after, err := json.Marshal(value)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), "it is not changed")
	}
}
