package mongostore

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Shared implements docstore.Collection. Only the entries within the range leave
// the index; the groups are made by the server.
func (c *collection) Shared(ctx context.Context, path, prefix, after string, limit int) ([]string, error) {
	end, err := c.spec.PlanShared(path, prefix, limit)
	if err != nil {
		return nil, err
	}
	conditions, err := c.spec.PlanFilters([]docstore.Filter{{Path: path, Op: docstore.Prefix, Value: prefix}})
	if err != nil {
		return nil, err
	}
	from := op("$gte", entryText(path, prefix))
	if after >= prefix {
		from = op("$gt", entryText(path, after))
	}
	within := append(from, bson.E{Key: "$lt", Value: entryText(path, end)})
	cursor, err := c.c.Aggregate(ctx, bson.A{
		op("$match", filter(conditions)), op("$project", op("ix", 1)), op("$unwind", "$ix"), op("$match", op("ix", within)),
		op("$group", bson.D{{Key: "_id", Value: "$ix"}, {Key: "n", Value: op("$sum", 1)}}), op("$match", op("n", op("$gt", 1))),
		op("$sort", op("_id", 1)), op("$limit", limit),
	})
	if err != nil {
		return nil, fmt.Errorf("shared values of %s: %w", c.name, err)
	}
	var groups []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, fmt.Errorf("shared values of %s: %w", c.name, err)
	}
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = strings.TrimPrefix(g.ID, path+"=s")
	}
	return out, nil
}
