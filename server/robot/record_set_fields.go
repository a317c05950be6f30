package robot

import (
	"context"
	"sort"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// recordSetFields writes fields of the run's record, all or none.
type recordSetFields struct{ records Records }

// Descriptor implements robot.Performer.
func (*recordSetFields) Descriptor() robot.Descriptor {
	return describe("record.setFields", robot.Internal)
}

// Perform writes values that were all computed from the record before the step.
//
// covers R-18, B-32, B-66
func (p *recordSetFields) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	rows, ok := req.Config["fields"].([]any)
	if !ok || len(rows) == 0 {
		return robot.Result{}, badConfig("fields", "there are no fields to write")
	}
	values := make(map[string]any, len(rows))
	names := make([]string, 0, len(rows))
	for _, element := range rows {
		row, _ := element.(map[string]any)
		name, _ := row["field"].(string)
		if name == "" {
			return robot.Result{}, badConfig("fields", "a row names no field")
		}
		if _, twice := values[name]; twice {
			return robot.Result{}, badConfig("fields", "the field %q is written twice", name)
		}
		values[name] = row["value"]
		if add, _ := row["append"].(bool); add {
			values[name] = Append{row["value"]}
		}
		names = append(names, name)
	}
	if err := p.records.SetFields(ctx, change(req), req.Run.RecordType, req.Run.RecordID, values); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	sort.Strings(names)
	return robot.Result{Values: map[string]any{"fields": anyList(names)}}, nil
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, s := range texts {
		list[i] = s
	}
	return list
}
