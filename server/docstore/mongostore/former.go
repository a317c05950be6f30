package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// takeOver renames the former collection. What its bodies lack is added when their
// derived fields are made anew, which follows until the mark of the spec says it was
// done: a take-over that is cut short goes on with the next start.
func (c *collection) takeOver(ctx context.Context) (taken bool, err error) {
	former := c.spec.Spec.Formerly
	if former == nil {
		return false, nil
	}
	names, err := c.store.db.ListCollectionNames(ctx, bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: bson.A{prefix + former.Name, prefix + c.name}}}}})
	if err != nil {
		return false, err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	if !there[prefix+former.Name] {
		return false, nil
	}
	if there[prefix+c.name] {
		n, err := c.c.CountDocuments(ctx, bson.D{})
		if err != nil {
			return false, err
		}
		if n > 0 {
			return false, fmt.Errorf("the former collection %s and %s both hold documents", former.Name, c.name)
		}
		if err := c.c.Drop(ctx); err != nil {
			return false, err
		}
	}
	database := c.store.db.Name()
	err = c.store.db.Client().Database("admin").RunCommand(ctx, bson.D{
		{Key: "renameCollection", Value: database + "." + prefix + former.Name}, {Key: "to", Value: database + "." + prefix + c.name}}).Err()
	var command mongo.CommandError
	const namespaceNotFound = 26
	if errors.As(err, &command) && command.Code == namespaceNotFound {
		return false, nil // another server of the cluster was faster
	}
	return err == nil, err
}
