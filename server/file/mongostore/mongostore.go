// Package mongostore keeps files in MongoDB, by single-document operations only.
//
// Chunks are written while they arrive, under a blob name of their own that is
// noted as an upload. The content document then gives the blob its hash, and the
// file document makes it visible. Whatever a crash leaves in between is found by
// Sweep: an upload without content, or a content marked unused. A mark is set
// before a content loses a reference or while it may have none yet, and Sweep
// removes a content only while the mark it judged by still stands.
package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/server/file"
)

// Store implements file.Store on a database that stays the caller's to close.
type Store struct {
	files    *mongo.Collection
	contents *mongo.Collection
	chunks   *mongo.Collection
	uploads  *mongo.Collection
	now      func() time.Time
	options  file.Options
}

type info struct {
	ID        string `bson:"_id"`
	Name      string `bson:"name"`
	Type      string `bson:"type"`
	Size      int64  `bson:"size"`
	Hash      string `bson:"hash"`
	CreatedAt int64  `bson:"createdAt"` // milliseconds
	CreatedBy string `bson:"createdBy"`
	Owner     string `bson:"owner"`
}

func (i info) public() file.Info {
	return file.Info{ID: i.ID, Name: i.Name, Type: i.Type, Size: i.Size, Hash: i.Hash,
		CreatedAt: time.UnixMilli(i.CreatedAt).UTC(), CreatedBy: i.CreatedBy, Owner: i.Owner}
}

type content struct {
	Hash     string `bson:"_id"`
	Blob     string `bson:"blob"`
	UnusedAt int64  `bson:"unusedAt"` // milliseconds; absent while certainly in use
}

type chunk struct {
	ID   string `bson:"_id"` // blob/number
	Blob string `bson:"blob"`
	Data []byte `bson:"data"`
}

// New makes the indexes and returns a store.
func New(ctx context.Context, db *mongodb.DB, now func() time.Time, o file.Options) (*Store, error) {
	s := &Store{files: db.Collection("files"), contents: db.Collection("fileContents"), chunks: db.Collection("fileChunks"),
		uploads: db.Collection("fileUploads"), now: now, options: o}
	for _, ix := range []struct {
		c    *mongo.Collection
		keys []string
	}{
		{s.files, []string{"owner", "createdAt", "_id"}}, {s.files, []string{"hash"}},
		{s.contents, []string{"unusedAt"}}, {s.contents, []string{"blob"}},
		{s.chunks, []string{"blob"}}, {s.uploads, []string{"startedAt"}},
	} {
		keys := bson.D{}
		for _, k := range ix.keys {
			keys = append(keys, bson.E{Key: k, Value: 1})
		}
		err := mongodb.Repeat(ctx, func() error {
			_, err := ix.c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", ix.c.Name(), err)
		}
	}
	return s, nil
}

func is(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

func set(name string, value any) bson.D { return is("$set", is(name, value)) }

func chunkID(blob string, n int) string { return blob + "/" + strconv.Itoa(n) }

// Put implements file.Store.
func (s *Store) Put(ctx context.Context, p file.Put, r io.Reader) (file.Info, error) {
	p, err := p.Check()
	if err != nil {
		return file.Info{}, err
	}
	if stored, err := s.Info(ctx, p.ID); !errors.Is(err, file.ErrNotFound) {
		return stored, err
	}
	blob := uuid.Must(uuid.NewV7()).String()
	if _, err := s.uploads.InsertOne(ctx, bson.D{{Key: "_id", Value: blob}, {Key: "startedAt", Value: s.now().UnixMilli()}}); err != nil {
		return file.Info{}, fmt.Errorf("store file %q: %w", p.Name, err)
	}
	c, err := file.Receive(p, s.options, r, func(n int, data []byte) error {
		_, err := s.chunks.InsertOne(ctx, chunk{chunkID(blob, n), blob, data})
		return err
	})
	var stored file.Info
	if err == nil {
		stored, err = s.enter(ctx, p, c, blob)
	}
	if err != nil {
		// Even when the caller has gone; what this misses, Sweep finds.
		return file.Info{}, errors.Join(fmt.Errorf("store file %q: %w", p.Name, err), s.settle(context.WithoutCancel(ctx), blob))
	}
	return stored, nil
}

// enter makes content and file visible.
func (s *Store) enter(ctx context.Context, p file.Put, c file.Content, blob string) (file.Info, error) {
	now := s.now().UnixMilli()
	var kept content
	if err := s.contents.FindOneAndUpdate(ctx, is("_id", c.Hash),
		bson.D{{Key: "$setOnInsert", Value: is("blob", blob)}, {Key: "$set", Value: is("unusedAt", now)}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&kept); err != nil {
		return file.Info{}, err
	}
	i := info{ID: p.ID, Name: p.Name, Type: c.Type, Size: c.Size, Hash: c.Hash, CreatedAt: now, CreatedBy: p.CreatedBy, Owner: p.Owner}
	_, err := s.files.InsertOne(ctx, i)
	if mongo.IsDuplicateKeyError(err) {
		stored, err := s.Info(ctx, p.ID) // somebody stored the same id meanwhile
		if err != nil {
			return stored, err
		}
		return stored, s.settle(ctx, blob)
	}
	if err != nil {
		return file.Info{}, err
	}
	// Only the mark made here: one made since belongs to a Delete.
	mine := bson.D{{Key: "_id", Value: c.Hash}, {Key: "unusedAt", Value: now}}
	if _, err := s.contents.UpdateOne(ctx, mine, is("$unset", is("unusedAt", ""))); err != nil {
		return file.Info{}, err
	}
	return i.public(), s.settle(ctx, blob)
}

// settle ends an upload: its chunks stay when a content has them, else they go.
func (s *Store) settle(ctx context.Context, blob string) error {
	n, err := s.contents.CountDocuments(ctx, is("blob", blob))
	if err != nil {
		return err
	}
	if n == 0 {
		err := mongodb.Repeat(ctx, func() error {
			_, err := s.chunks.DeleteMany(ctx, is("blob", blob))
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = s.uploads.DeleteOne(ctx, is("_id", blob))
	return err
}

// Info implements file.Store.
func (s *Store) Info(ctx context.Context, id string) (file.Info, error) {
	var i info
	err := s.files.FindOne(ctx, is("_id", id)).Decode(&i)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = file.ErrNotFound
	}
	if err != nil {
		return file.Info{}, fmt.Errorf("file %s: %w", id, err)
	}
	return i.public(), nil
}

// Open implements file.Store.
func (s *Store) Open(ctx context.Context, id string) (io.ReadSeekCloser, file.Info, error) {
	i, err := s.Info(ctx, id)
	if err != nil {
		return nil, i, err
	}
	var c content
	if err := s.contents.FindOne(ctx, is("_id", i.Hash)).Decode(&c); err != nil {
		return nil, i, fmt.Errorf("open file %s: content %s: %w", id, i.Hash, err)
	}
	return file.NewReader(i.Size, func(n int) ([]byte, error) {
		var part chunk
		err := s.chunks.FindOne(ctx, is("_id", chunkID(c.Blob, n))).Decode(&part)
		return part.Data, err
	}), i, nil
}

// List implements file.Store.
func (s *Store) List(ctx context.Context, owner string) ([]file.Info, error) {
	cursor, err := s.files.Find(ctx, is("owner", owner), options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}, {Key: "_id", Value: 1}}))
	var found []info
	if err == nil {
		err = cursor.All(ctx, &found)
	}
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", owner, err)
	}
	var out []file.Info
	for _, i := range found {
		out = append(out, i.public())
	}
	return out, nil
}

// Give implements file.Store.
func (s *Store) Give(ctx context.Context, id, owner string) error {
	err := file.CheckOwner(owner)
	if err == nil {
		var result *mongo.UpdateResult
		if result, err = s.files.UpdateOne(ctx, is("_id", id), set("owner", owner)); err == nil && result.MatchedCount == 0 {
			err = file.ErrNotFound
		}
	}
	if err != nil {
		return fmt.Errorf("give file %s: %w", id, err)
	}
	return nil
}

// Delete implements file.Store.
func (s *Store) Delete(ctx context.Context, id string) error {
	i, err := s.Info(ctx, id)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	// The mark comes first: a crash in between leaves a marked content with a
	// reference, which Sweep unmarks.
	if _, err := s.contents.UpdateOne(ctx, is("_id", i.Hash), set("unusedAt", s.now().UnixMilli())); err != nil {
		return fmt.Errorf("delete file %s: %w", id, err)
	}
	result, err := s.files.DeleteOne(ctx, is("_id", id))
	if err == nil && result.DeletedCount == 0 {
		err = file.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete file %s: %w", id, err)
	}
	return nil
}

// Sweep implements file.Store.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	before := s.now().Add(-file.SweepAfter).UnixMilli()
	n := 0
	cursor, err := s.contents.Find(ctx, is("unusedAt", is("$lte", before)))
	var marked []content
	if err == nil {
		err = cursor.All(ctx, &marked)
	}
	if err != nil {
		return 0, fmt.Errorf("sweep files: %w", err)
	}
	for _, c := range marked {
		removed, err := s.remove(ctx, c)
		if err != nil {
			return n, fmt.Errorf("sweep files: content %s: %w", c.Hash, err)
		}
		if removed {
			n++
		}
	}
	cursor, err = s.uploads.Find(ctx, is("startedAt", is("$lte", before)))
	var broken []struct {
		Blob string `bson:"_id"`
	}
	if err == nil {
		err = cursor.All(ctx, &broken)
	}
	if err != nil {
		return n, fmt.Errorf("sweep files: %w", err)
	}
	for _, u := range broken {
		if err := s.settle(ctx, u.Blob); err != nil {
			return n, fmt.Errorf("sweep files: upload %s: %w", u.Blob, err)
		}
	}
	return n, nil
}

// remove removes a content that nobody refers to, if its mark still stands.
func (s *Store) remove(ctx context.Context, c content) (bool, error) {
	same := bson.D{{Key: "_id", Value: c.Hash}, {Key: "unusedAt", Value: c.UnusedAt}}
	refs, err := s.files.CountDocuments(ctx, is("hash", c.Hash))
	if err != nil {
		return false, err
	}
	if refs > 0 {
		_, err := s.contents.UpdateOne(ctx, same, is("$unset", is("unusedAt", "")))
		return false, err
	}
	// Noted as an upload first, so that a crash leaves no chunks behind.
	if _, err := s.uploads.UpdateOne(ctx, is("_id", c.Blob), set("startedAt", c.UnusedAt), options.UpdateOne().SetUpsert(true)); err != nil {
		return false, err
	}
	result, err := s.contents.DeleteOne(ctx, same)
	if err != nil {
		return false, err
	}
	return result.DeletedCount > 0, s.settle(ctx, c.Blob)
}
