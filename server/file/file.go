// Package file keeps attachments, generated documents and templates:
// content-addressed, in chunks, in the same database as everything else, so
// that every replica and every backup has them.
package file

import (
	"context"
	"errors"
	"io"
	"time"
)

// ChunkBytes is the size of a stored chunk.
const ChunkBytes = 255 << 10

// Errors that callers branch on.
var (
	ErrNotFound  = errors.New("file not found")
	ErrTooLarge  = errors.New("file too large")
	ErrForbidden = errors.New("file type not allowed")
)

// Info describes a stored file. Hash is the SHA-256 of the content in hex and
// names the content; ID names this file with its name and owner.
type Info struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Type      string    `json:"type"` // sniffed MIME type
	Size      int64     `json:"size"`
	Hash      string    `json:"hash"`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy,omitempty"`
	// Owner is what the file belongs to ("deal:<id>", "task:<id>", "template:<id>");
	// access to the file follows access to its owner.
	Owner string `json:"owner"`
}

// Put asks to store a file. ID, when set, makes the call idempotent: storing the
// same ID again returns the stored file.
type Put struct {
	ID        string
	Name      string
	Owner     string
	CreatedBy string
	MaxBytes  int64    // 0 = the store's default limit
	Allowed   []string // MIME types; empty = the store's default list
}

// Store keeps files.
type Store interface {
	Put(ctx context.Context, p Put, content io.Reader) (Info, error)
	Info(ctx context.Context, id string) (Info, error)
	Open(ctx context.Context, id string) (io.ReadCloser, Info, error)
	List(ctx context.Context, owner string) ([]Info, error)
	Delete(ctx context.Context, id string) error
	// Sweep removes content that no file refers to and reports how much.
	Sweep(ctx context.Context) (int, error)
}
