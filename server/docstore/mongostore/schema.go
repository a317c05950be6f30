package mongostore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

const (
	prefix  = "doc_"
	specs   = "docSpecs"
	indexes = "ix_" // prefix of the names of our indexes
)

// collection implements docstore.Collection.
type collection struct {
	store *Store
	c     *mongo.Collection
	name  string
	spec  *docstore.Compiled
}

// Collection implements docstore.Store.
func (s *Store) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	compiled, err := docstore.Compile(spec)
	if err != nil {
		return nil, err
	}
	c := &collection{store: s, c: s.db.Collection(prefix + spec.Name), name: spec.Name, spec: compiled}
	if err := c.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare collection %s: %w", spec.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collections[spec.Name] = c
	s.dirty[spec.Name] = true
	return c, nil
}

// prepare makes what is derived from documents, and the indexes, those of the spec.
func (c *collection) prepare(ctx context.Context) error {
	sum := sha256.Sum256(fmt.Appendf(nil, "1 %v %s%s", c.spec.Spec.Indexes, c.spec.EntryFingerprint(), strings.Join(c.spec.Spec.Tested, " ")))
	fingerprint := hex.EncodeToString(sum[:])
	marks := c.store.db.Collection(specs)
	var mark struct {
		Fingerprint string `bson:"fingerprint"`
	}
	err := marks.FindOne(ctx, bson.D{{Key: "_id", Value: c.name}}).Decode(&mark)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return err
	}
	taken, err := c.takeOver(ctx)
	if err != nil {
		return err
	}
	if mark.Fingerprint == fingerprint && !taken {
		return nil
	}
	if err := c.derive(ctx); err != nil {
		return err
	}
	if err := c.index(ctx); err != nil {
		return err
	}
	_, err = marks.UpdateOne(ctx, bson.D{{Key: "_id", Value: c.name}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "fingerprint", Value: fingerprint}}}}, options.UpdateOne().SetUpsert(true))
	return err
}

// derive rewrites what is derived from the documents stored so far.
func (c *collection) derive(ctx context.Context) error {
	after := ""
	for {
		records, err := find[record](ctx, c.c, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}, {Key: "live", Value: true}},
			options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(200))
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			after = r.ID
			body := json.RawMessage(r.Body)
			if former := c.spec.Spec.Formerly; former != nil {
				if body, err = docstore.With(body, former.With); err != nil {
					return fmt.Errorf("document %s: %w", r.ID, err)
				}
			}
			tree, err := docstore.ParseBody(body)
			if err != nil {
				return fmt.Errorf("document %s: %w", r.ID, err)
			}
			set := c.derived(r.ID, tree, r.CreatedAt, r.UpdatedAt)
			if string(body) != r.Body {
				set = append(set, bson.E{Key: "body", Value: string(body)})
			}
			// A document changed meanwhile was derived by its writer.
			if _, err := c.c.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "rev", Value: r.Rev}},
				bson.D{{Key: "$set", Value: set}}); err != nil {
				return err
			}
		}
	}
}

// derived lists the fields that follow from a body.
func (c *collection) derived(id string, tree docstore.Tree, createdAt, updatedAt string) bson.D {
	own := map[string]any{"id": id, "createdAt": createdAt, "updatedAt": updatedAt}
	value := func(path string) any {
		if docstore.Own(path) {
			return own[path]
		}
		return tree.Value(path)
	}
	x := bson.D{}
	seen := map[string]bool{}
	add := func(path string) {
		if v := value(path); v != nil && !docstore.Own(path) && !seen[path] {
			seen[path] = true
			x = append(x, bson.E{Key: fieldKey(path), Value: v})
		}
	}
	for _, p := range c.spec.ScalarPaths() {
		add(p)
	}
	ix, words, m := bson.A{}, bson.A{}, bson.M{}
	for _, e := range c.spec.Entries(tree) {
		if e.Path == docstore.TextPath {
			words = append(words, e.Value)
			continue
		}
		ix = append(ix, entryText(e.Path, e.Value))
		values, _ := m[fieldKey(e.Path)].(bson.A)
		m[fieldKey(e.Path)] = append(values, e.Value)
		add(e.Path) // a custom field can be sorted by
	}
	out := bson.D{{Key: "x", Value: x}, {Key: "ix", Value: ix}, {Key: "m", Value: m}, {Key: "t", Value: words}}
	for _, u := range c.spec.Spec.Indexes {
		if !u.Unique {
			continue
		}
		// A document without a value is unique by its id: no partial index is needed.
		key := "id:" + id
		var values []any
		for _, p := range u.Paths {
			values = append(values, value(p))
		}
		if !slices.Contains(values, nil) {
			if text, err := json.Marshal(values); err == nil { // scalars always marshal
				key = string(text)
			}
		}
		out = append(out, bson.E{Key: "u_" + indexName(u), Value: key})
	}
	return out
}

// fieldKey is the name of a path under x; a dot would nest.
func fieldKey(path string) string { return strings.ReplaceAll(path, ".", "/") }

// field is the stored field of a declared path.
func field(path string) string {
	switch {
	case path == "id":
		return "_id"
	case docstore.Own(path):
		return path
	}
	return "x." + fieldKey(path)
}

func indexName(ix docstore.Index) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %v", ix.Unique, ix.Paths))
	return hex.EncodeToString(sum[:8])
}

// Codes of the server's errors.
const (
	namespaceNotFound = 26
	indexNotFound     = 27
	notImplemented    = 238
)

// answered tells whether the server answered with a code.
func answered(err error, code int) bool {
	var answer mongo.ServerError
	return errors.As(err, &answer) && answer.HasErrorCode(code)
}

// index makes the declared indexes and drops those declared no more.
func (c *collection) index(ctx context.Context) error {
	want := map[string]mongo.IndexModel{}
	taken := map[string]bool{}
	add := func(name string, unique bool, keys ...string) {
		// Two declared indexes may come to the same keys once the tie-break is
		// added; the server refuses a second name for one index.
		pattern := strings.Join(keys, " ")
		if taken[pattern] {
			return
		}
		taken[pattern] = true
		d := bson.D{}
		for _, k := range keys {
			d = append(d, bson.E{Key: k, Value: 1})
		}
		o := options.Index().SetName(indexes + name)
		if unique {
			o.SetUnique(true)
		}
		want[indexes+name] = mongo.IndexModel{Keys: d, Options: o}
	}
	add("pending", false, "pendingAt", "_id")
	for _, ix := range c.spec.Spec.Indexes {
		name := indexName(ix)
		switch {
		case ix.Multi || strings.HasSuffix(ix.Paths[0], "*"):
			add("entries", false, "ix")
		case ix.Unique:
			add(name+"_u", true, "u_"+name)
			fallthrough
		default:
			var keys []string
			for _, p := range ix.Paths {
				keys = append(keys, field(p))
			}
			if keys[len(keys)-1] != "_id" {
				keys = append(keys, "_id")
			}
			add(name, false, keys...)
		}
	}
	if len(c.spec.Spec.Text) > 0 {
		add("words", false, "t")
	}
	have, err := c.c.Indexes().ListSpecifications(ctx)
	if err != nil {
		if !answered(err, namespaceNotFound) {
			return err
		}
	}
	for _, old := range have {
		if _, keep := want[old.Name]; keep {
			delete(want, old.Name)
		} else if strings.HasPrefix(old.Name, indexes) {
			// Servers that start together drop the same ones.
			err := mongodb.Repeat(ctx, func() error { return c.c.Indexes().DropOne(ctx, old.Name) })
			if err != nil && !answered(err, indexNotFound) {
				return err
			}
		}
	}
	var models []mongo.IndexModel
	for _, m := range want {
		models = append(models, m)
	}
	if len(models) == 0 {
		return nil
	}
	return mongodb.Repeat(ctx, func() error {
		_, err := c.c.Indexes().CreateMany(ctx, models)
		return err
	})
}
