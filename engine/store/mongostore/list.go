package mongostore

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// last sorts after every text that follows the same prefix.
const last = "\U0010FFFF"

// filter collects conditions.
type filter struct{ conditions bson.A }

func (f *filter) add(pairs ...any) { f.conditions = append(f.conditions, set(pairs...)) }

// equal adds a condition unless the value is empty.
func (f *filter) equal(field, value string) {
	if value != "" {
		f.add(field, value)
	}
}

// beyond continues behind a cursor.
func (f *filter) beyond(field, operator string, p store.Position) {
	f.add("$or", bson.A{
		set(field, set(operator, p.Key)),
		set(field, p.Key, "_id", set(operator, p.ID)),
	})
}

func (f *filter) document() bson.D {
	if len(f.conditions) == 0 {
		return bson.D{}
	}
	return set("$and", f.conditions)
}

func prefix(text string) bson.D { return set("$gte", text, "$lt", text+last) }

// peopleMost and troubledMost bound the runs that are found by way of tasks and
// incidents: the newest of them.
const (
	peopleMost   = 20_000
	troubledMost = 20_000
)

// matching is the filter of a query, cursor aside. What belongs to other
// collections is looked up there first.
func (s *Store) matching(ctx context.Context, q store.RunQuery) (filter, error) {
	var f filter
	f.equal("definitionKey", q.DefinitionKey)
	f.equal("recordType", q.RecordType)
	f.equal("recordId", q.RecordID)
	f.equal("startedBy", q.StartedBy)
	f.equal("causedBy", string(q.CausedBy))
	if q.Node != "" {
		f.add("nodes", q.Node, "status", live)
	}
	if q.Version != 0 {
		f.add("version", q.Version)
	}
	if len(q.Statuses) > 0 {
		f.add("status", set("$in", q.Statuses))
	}
	if q.Suspended {
		f.add("suspended", true)
	}
	if q.WithIncident {
		f.add("incidents", set("$gt", 0))
	}
	if q.Text != "" {
		f.add("$or", bson.A{set("_id", prefix(q.Text)), set("titleFold", prefix(store.Fold(q.Text)))})
	}
	if q.StartedFrom != 0 {
		f.add("startedAt", set("$gte", q.StartedFrom))
	}
	if q.StartedTo != 0 {
		f.add("startedAt", set("$lt", q.StartedTo))
	}
	if q.IdleSince != 0 { // what began later was written later
		f.add("updatedAt", set("$lte", q.IdleSince), "startedAt", set("$lte", q.IdleSince))
	}
	for _, mark := range q.Marks {
		f.add("marks", mark)
	}
	if len(q.People)+len(q.Groups) > 0 {
		keys := make(bson.A, 0, len(q.People)+len(q.Groups))
		for _, user := range q.People {
			keys = append(keys, "u:"+user)
		}
		for _, group := range q.Groups {
			keys = append(keys, "g:"+group)
		}
		alive := bson.A{store.TaskOpen, store.TaskClaimed, store.TaskDecided}
		if err := s.among(ctx, &f, tasks, bson.D{{Key: "people", Value: set("$in", keys)}, {Key: "status", Value: set("$in", alive)}, there}, "openedAt", peopleMost); err != nil {
			return f, err
		}
	}
	if q.IncidentText != "" {
		condition := set("open", true, "textFold", set("$regex", regexp.QuoteMeta(store.Fold(q.IncidentText))))
		if q.DefinitionKey != "" {
			condition = append(condition, bson.E{Key: "definitionKey", Value: q.DefinitionKey})
		}
		if err := s.among(ctx, &f, incidents, condition, "at", troubledMost); err != nil {
			return f, err
		}
	}
	return f, nil
}

// among keeps the runs of the documents that a query of another collection finds.
func (s *Store) among(ctx context.Context, f *filter, collection string, condition bson.D, newest string, most int) error {
	type owner struct {
		RunID core.RunID `bson:"runId"`
	}
	o := options.Find().SetProjection(set("runId", 1)).SetSort(set(newest, -1)).SetLimit(int64(most))
	ids, err := all(ctx, s.collection(collection), condition, o, func(d owner) (core.RunID, error) { return d.RunID, nil })
	if err != nil {
		return err
	}
	slices.Sort(ids)
	f.add("_id", set("$in", list(slices.Compact(ids))))
	return nil
}

// CountRuns implements store.Runs.
func (s *Store) CountRuns(ctx context.Context, q store.RunQuery, most int) (int, error) {
	f, err := s.matching(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	n, err := s.collection(runs).CountDocuments(ctx, f.document(), options.Count().SetLimit(int64(most)))
	return int(n), fail(err, "count runs")
}

// List implements store.Runs.
func (s *Store) List(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	after, more, err := store.ParseCursor(store.RunList, q.Cursor)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	f, err := s.matching(ctx, q)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	if more {
		f.beyond("startedAt", "$lt", after)
	}
	limit := store.Limited(q.Limit)
	o := options.Find().SetSort(set("startedAt", -1, "_id", -1)).SetLimit(int64(limit + 1)).
		SetProjection(set("state", 0, "inbox", 0, "outbox", 0, "recent", 0))
	list, err := all(ctx, s.collection(runs), f.document(), o, toRun)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	if len(list) <= limit {
		return store.RunPage{Runs: list}, nil
	}
	list = list[:limit]
	end := list[limit-1]
	return store.RunPage{Runs: list, Next: store.Position{Key: end.StartedAt, ID: string(end.ID)}.Cursor(store.RunList)}, nil
}

// Counts implements store.Runs.
func (s *Store) Counts(ctx context.Context, definitionKey string, version int) (store.Counts, error) {
	counts := store.Counts{Nodes: map[core.NodeID]int{}, Incidents: map[core.NodeID]int{}, Statuses: map[core.Status]int{}}
	match := set("definitionKey", definitionKey)
	if version != 0 {
		match = append(match, bson.E{Key: "version", Value: version})
	}
	group := func(field string) bson.D {
		return set("$group", set("_id", "$"+field, "n", set("$sum", 1)))
	}
	steps := []struct {
		collection string
		pipeline   bson.A
		add        func(key string, n int)
	}{
		{runs, bson.A{set("$match", match), group("status")}, func(key string, n int) { counts.Statuses[core.Status(key)] = n }},
		{runs, bson.A{set("$match", append(match[:len(match):len(match)], bson.E{Key: "status", Value: live})), set("$unwind", "$nodes"), group("nodes")},
			func(key string, n int) { counts.Nodes[core.NodeID(key)] = n }},
		{incidents, bson.A{set("$match", append(match[:len(match):len(match)], bson.E{Key: "open", Value: true})), group("node")},
			func(key string, n int) { counts.Incidents[core.NodeID(key)] = n }},
	}
	for _, step := range steps {
		cursor, err := s.collection(step.collection).Aggregate(ctx, step.pipeline)
		if err != nil {
			return store.Counts{}, fmt.Errorf("count runs of %s: %w", definitionKey, err)
		}
		var rows []struct {
			Key string `bson:"_id"`
			N   int    `bson:"n"`
		}
		if err := cursor.All(ctx, &rows); err != nil {
			return store.Counts{}, fmt.Errorf("count runs of %s: %w", definitionKey, err)
		}
		for _, row := range rows {
			step.add(row.Key, row.N)
		}
	}
	return counts, nil
}

// incidentDoc is an incident; open is absent in a tombstone's eyes only.
type incidentDoc struct {
	ID       string       `bson:"_id"`
	Body     []byte       `bson:"body"`
	ClosedAt core.Instant `bson:"closedAt,omitempty"`
}

func toIncident(d incidentDoc) (store.OpenIncident, error) {
	var i store.OpenIncident
	if err := store.ReadJSON(d.Body, &i); err != nil {
		return i, fmt.Errorf("stored incident %s: %w", d.ID, err)
	}
	i.ID, i.ResolvedAt = d.ID, d.ClosedAt
	return i, nil
}

// RunIncidents implements store.Incidents.
func (s *Store) RunIncidents(ctx context.Context, run core.RunID) ([]store.OpenIncident, error) {
	list, err := all(ctx, s.collection(incidents), set("runId", run), options.Find().SetSort(set("at", 1, "_id", 1)), toIncident)
	return list, fail(err, "incidents of run %s", run)
}

// ListIncidents implements store.Incidents.
func (s *Store) ListIncidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]store.OpenIncident, string, error) {
	after, more, err := store.ParseCursor(store.IncidentList, cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	var f filter
	f.add("open", true)
	f.equal("definitionKey", definitionKey)
	if more {
		f.beyond("at", "$lt", after)
	}
	limit = store.Limited(limit)
	list, err := all(ctx, s.collection(incidents), f.document(),
		options.Find().SetSort(set("at", -1, "_id", -1)).SetLimit(int64(limit+1)), toIncident)
	if err != nil || len(list) <= limit {
		return list, "", fail(err, "list incidents")
	}
	end := list[limit-1]
	return list[:limit], store.Position{Key: end.At, ID: end.ID}.Cursor(store.IncidentList), nil
}
