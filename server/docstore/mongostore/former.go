package mongostore

import (
	"context"
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
	from, to := c.store.db.Collection(prefix+former.Name), c.c
	if there[prefix+c.name] {
		n, err := to.CountDocuments(ctx, bson.D{})
		if err != nil {
			return false, err
		}
		if n > 0 {
			// A server of the former release that starts once more makes its collection anew.
			if n, err = from.CountDocuments(ctx, bson.D{}); err == nil && n > 0 {
				err = fmt.Errorf("the former collection %s and %s both hold documents", former.Name, c.name)
			}
			return false, err
		}
	}
	// One command: between a drop and a renaming another server may have taken it over already.
	err = c.rename(ctx, from, true)
	if answered(err, notImplemented) { // some compatible servers need two
		if err = to.Drop(ctx); err == nil {
			err = c.rename(ctx, from, false)
		}
	}
	if answered(err, namespaceNotFound) {
		return false, nil // another server of the cluster was faster
	}
	return err == nil, err
}

// rename makes a collection this one, in the place of an empty one.
func (c *collection) rename(ctx context.Context, from *mongo.Collection, dropTarget bool) error {
	database := c.store.db.Name()
	command := bson.D{{Key: "renameCollection", Value: database + "." + from.Name()}, {Key: "to", Value: database + "." + c.c.Name()}}
	if dropTarget {
		command = append(command, bson.E{Key: "dropTarget", Value: true})
	}
	return c.store.db.Client().Database("admin").RunCommand(ctx, command).Err()
}
