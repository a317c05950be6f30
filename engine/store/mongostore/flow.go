package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// flowAtOnce is how many counts of a period are asked for at a time.
const flowAtOnce = 4

// Flow implements store.Runs. Each span is counted over an index, by the server: not
// every compatible one can group by spans, and none has to send the runs.
func (s *Store) Flow(ctx context.Context, q store.FlowQuery) (store.Flow, error) {
	flow := store.Flow{Started: make([]int, q.Spans), Ended: make([]int, q.Spans), Statuses: map[core.Status]int{}}
	period := func(field string, from, to core.Instant) bson.D {
		match := set("definitionKey", q.DefinitionKey, field, set("$gte", from, "$lt", to))
		if q.Version != 0 {
			match = append(match, bson.E{Key: "version", Value: q.Version})
		}
		return match
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(flowAtOnce)
	spans := func(field string, into []int) {
		for i := range into {
			group.Go(func() error {
				from, to := q.Bounds(i)
				n, err := s.collection(runs).CountDocuments(ctx, period(field, from, to))
				into[i] = int(n)
				return err
			})
		}
	}
	// Most processes are quiet most of the time: what has nothing has nothing in its parts.
	started, err := s.collection(runs).CountDocuments(ctx, period("startedAt", q.From, q.To), options.Count().SetLimit(1))
	if err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	if started > 0 {
		spans("startedAt", flow.Started)
	}
	cursor, err := s.collection(runs).Aggregate(ctx, bson.A{set("$match", period("endedAt", max(q.From, 1), q.To)), set("$group", set("_id", "$status", "n", set("$sum", 1)))})
	if err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	var rows []struct {
		Status core.Status `bson:"_id"`
		N      int         `bson:"n"`
	}
	if err := cursor.All(ctx, &rows); err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	for _, row := range rows {
		flow.Statuses[row.Status] = row.N
	}
	if len(rows) > 0 {
		spans("endedAt", flow.Ended)
	}
	if flow.Statuses[core.Completed] > 0 {
		group.Go(func() error {
			o := options.Find().SetProjection(set("_id", 0, "startedAt", 1, "endedAt", 1)).SetSort(set("endedAt", -1)).SetLimit(store.FlowDurations).SetBatchSize(store.FlowDurations)
			var err error
			flow.Durations, err = all(ctx, s.collection(runs), append(period("endedAt", max(q.From, 1), q.To), bson.E{Key: "status", Value: core.Completed}), o,
				func(d runDoc) (int64, error) { return int64(d.EndedAt - d.StartedAt), nil })
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	return flow, nil
}
