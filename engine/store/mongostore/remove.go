package mongostore

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// EndedDefinitions implements store.Runs.
func (s *Store) EndedDefinitions(ctx context.Context) ([]string, error) {
	keys := []string{}
	if err := s.collection(runs).Distinct(ctx, "definitionKey", set("endedAt", set("$gt", 0))).Decode(&keys); err != nil {
		return nil, fail(err, "list definitions with ended runs")
	}
	slices.Sort(keys)
	return keys, nil
}

// RemoveEnded implements store.Runs. The runs go last: what is left of one that
// was begun is found by it.
func (s *Store) RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error) {
	old := set("definitionKey", definitionKey, "endedAt", set("$gt", 0, "$lt", before), "unrelayed", set("$ne", true))
	ids, err := all(ctx, s.collection(runs), old,
		options.Find().SetProjection(set("_id", 1)).SetSort(set("endedAt", 1)).SetLimit(int64(store.Limited(limit))),
		func(d runDoc) (core.RunID, error) { return d.ID, nil })
	if err != nil || len(ids) == 0 {
		return 0, fail(err, "list ended runs of %s", definitionKey)
	}
	if _, err := s.deleteMany(ctx, records, set("runId", set("$in", ids))); err != nil {
		return 0, fail(err, "remove records of runs of %s", definitionKey)
	}
	n, err := s.deleteMany(ctx, runs, append(set("_id", set("$in", ids)), old...))
	if err != nil {
		return 0, fail(err, "remove runs of %s", definitionKey)
	}
	return n, nil
}
