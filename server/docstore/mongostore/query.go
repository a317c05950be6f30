package mongostore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// reading leaves out what only writers and the relay need.
var reading = bson.D{{Key: "rev", Value: 1}, {Key: "createdAt", Value: 1}, {Key: "updatedAt", Value: 1}, {Key: "body", Value: 1}}

// Get implements docstore.Collection.
func (c *collection) Get(ctx context.Context, id string) (docstore.Document, error) {
	var r record
	err := c.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "live", Value: true}}, options.FindOne().SetProjection(reading)).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = docstore.ErrNotFound
	}
	if err != nil {
		return docstore.Document{}, fmt.Errorf("get %s %s: %w", c.name, id, err)
	}
	return r.document()
}

// GetMany implements docstore.Collection.
func (c *collection) GetMany(ctx context.Context, ids []string) ([]docstore.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	records, err := find[record](ctx, c.c, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "live", Value: true}},
		options.Find().SetProjection(reading))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", c.name, err)
	}
	found := make(map[string]docstore.Document, len(records))
	for _, r := range records {
		if found[r.ID], err = r.document(); err != nil {
			return nil, fmt.Errorf("get %s %s: %w", c.name, r.ID, err)
		}
	}
	var out []docstore.Document
	for _, id := range ids {
		if d, ok := found[id]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}

var comparisons = map[docstore.Op]string{
	docstore.Eq: "$eq", docstore.Contains: "$eq", docstore.Gt: "$gt", docstore.Gte: "$gte", docstore.Lt: "$lt", docstore.Lte: "$lte",
}

// lastRune ends the range of everything that begins with a prefix.
const lastRune = "\U0010FFFF"

func op(name string, v any) bson.D { return bson.D{{Key: name, Value: v}} }

// filter writes checked conditions; each is a member of its own $and, because
// several may name one field.
func filter(conditions []docstore.Condition) bson.D {
	return op("$and", append(bson.A{op("live", true)}, tests(conditions)...))
}

// groups are the operators of groups; one without a value counts as not holding
// inside $nor, as everywhere.
var groups = map[docstore.Op]string{docstore.AnyOf: "$or", docstore.AllOf: "$and", docstore.NoneOf: "$nor"}

// tests writes conditions one by one.
func tests(conditions []docstore.Condition) bson.A {
	var all bson.A
	for _, cond := range conditions {
		if name, group := groups[cond.Op]; group {
			all = append(all, op(name, each(cond.Of)))
			continue
		}
		name := field(cond.Path)
		if cond.Op == docstore.Text {
			for _, term := range cond.Terms {
				all = append(all, op("t", bson.Regex{Pattern: "^" + regexp.QuoteMeta(term)}))
			}
			continue
		}
		if cond.Op == docstore.Eq && cond.Value == nil {
			cond.Op, cond.Value = docstore.Exists, false
		}
		if cond.Entry {
			all = append(all, entryFilter(cond))
			continue
		}
		var test bson.D
		switch cond.Op {
		case docstore.Exists:
			test = op("$exists", cond.Value)
		case docstore.In:
			test = op("$in", append(bson.A{}, cond.Values...))
		case docstore.Prefix:
			test = bson.D{{Key: "$gte", Value: cond.Value}, {Key: "$lt", Value: cond.Value.(string) + lastRune}}
		case docstore.Has, docstore.Begins:
			test = op("$regex", part(cond))
		default:
			test = op(comparisons[cond.Op], cond.Value)
		}
		all = append(all, op(name, test))
	}
	return all
}

// part is the pattern of a part of a text, whatever the case.
func part(cond docstore.Condition) bson.Regex {
	pattern := regexp.QuoteMeta(cond.Value.(string))
	if cond.Op == docstore.Begins {
		pattern = "^" + pattern
	}
	return bson.Regex{Pattern: pattern, Options: "i"}
}

// each keeps the tests of one condition together: a text of several words is
// several tests.
func each(conditions []docstore.Condition) bson.A {
	var out bson.A
	for i := range conditions {
		out = append(out, op("$and", tests(conditions[i:i+1])))
	}
	return out
}

// after adds the start of a page behind a position. Documents without a value
// come first in ascending order and last in descending order.
func after(f bson.D, plan docstore.Plan) bson.D {
	name, at, beyond := field(plan.SortPath), plan.After, "$gt"
	if plan.Descending {
		beyond = "$lt"
	}
	var start bson.D
	missing, further := op(name, op("$exists", false)), op("_id", op(beyond, at.ID))
	same := op("$and", bson.A{op(name, op("$eq", at.Value)), further})
	switch {
	case name == "_id":
		start = further
	case at.Value == nil && plan.Descending:
		start = op("$and", bson.A{missing, further})
	case at.Value == nil:
		start = op("$or", bson.A{op(name, op("$exists", true)), op("$and", bson.A{missing, further})})
	case plan.Descending:
		start = op("$or", bson.A{missing, op(name, op("$lt", at.Value)), same})
	default:
		start = op("$or", bson.A{op(name, op("$gt", at.Value)), same})
	}
	return op("$and", bson.A{f, start})
}

// Find implements docstore.Collection.
func (c *collection) Find(ctx context.Context, q docstore.Query) (docstore.Page, error) {
	plan, err := c.spec.Plan(q)
	if err != nil {
		return docstore.Page{}, err
	}
	f := filter(plan.Conditions)
	if plan.After != nil {
		f = after(f, plan)
	}
	direction := 1
	if plan.Descending {
		direction = -1
	}
	order := bson.D{{Key: field(plan.SortPath), Value: direction}}
	if plan.SortPath != "id" {
		order = append(order, bson.E{Key: "_id", Value: direction})
	}
	records, err := find[record](ctx, c.c, f, options.Find().SetSort(order).SetLimit(int64(plan.Limit)+1).SetProjection(reading))
	if err != nil {
		return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
	}
	var page docstore.Page
	for _, r := range records[:min(plan.Limit, len(records))] {
		d, err := r.document()
		if err != nil {
			return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
		}
		page.Documents = append(page.Documents, d)
	}
	if len(records) > plan.Limit {
		if page.Next, err = plan.NextAfter(page.Documents[plan.Limit-1]); err != nil {
			return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
		}
	}
	return page, nil
}

// Count implements docstore.Collection.
func (c *collection) Count(ctx context.Context, filters []docstore.Filter) (int64, error) {
	conditions, err := c.spec.PlanFilters(filters)
	if err != nil {
		return 0, err
	}
	n, err := c.c.CountDocuments(ctx, filter(conditions))
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", c.name, err)
	}
	return n, nil
}

// Aggregate implements docstore.Collection. It streams: a sum may be over any
// path of the body, and a group must count documents without a value.
func (c *collection) Aggregate(ctx context.Context, a docstore.Aggregate) ([]docstore.Group, error) {
	conditions, err := c.spec.PlanAggregate(a)
	if err != nil {
		return nil, err
	}
	out, err := c.aggregate(ctx, a, filter(conditions))
	if err != nil {
		return nil, fmt.Errorf("aggregate %s: %w", c.name, err)
	}
	return out, nil
}

func (c *collection) aggregate(ctx context.Context, a docstore.Aggregate, f bson.D) ([]docstore.Group, error) {
	cursor, err := c.c.Find(ctx, f, options.Find().SetProjection(reading))
	if err != nil {
		return nil, err
	}
	defer cursor.Close(ctx) //nolint:errcheck // cursor.Err below reports it
	groups := map[any]*docstore.Tally{}
	for cursor.Next(ctx) {
		var r record
		if err := cursor.Decode(&r); err != nil {
			return nil, err
		}
		tree, err := docstore.ParseBody([]byte(r.Body))
		if err != nil {
			return nil, err
		}
		var key any
		switch a.GroupBy {
		case "":
		case "id":
			key = r.ID
		case "createdAt":
			key = r.CreatedAt
		case "updatedAt":
			key = r.UpdatedAt
		default:
			key = tree.Value(a.GroupBy)
		}
		g := groups[key]
		if g == nil {
			g = docstore.NewTally(key)
			groups[key] = g
		}
		g.Add(a.Sums, tree.Value)
	}
	out := make([]docstore.Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, g.Group())
	}
	slices.SortFunc(out, func(x, y docstore.Group) int { return docstore.Compare(x.Key, y.Key) })
	return out, cursor.Err()
}
