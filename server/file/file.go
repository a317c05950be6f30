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

// SweepAfter is how long unused content stays: longer than any download takes.
const SweepAfter = time.Hour

// ChunkBytes is the size of a stored chunk.
const ChunkBytes = 255 << 10

// Errors that callers branch on. A refusal carries its reason in a
// *TooLargeError or *ForbiddenError.
var (
	ErrNotFound  = errors.New("file not found")
	ErrTooLarge  = errors.New("file too large")
	ErrForbidden = errors.New("file type not allowed")
	// ErrBadInput: an id, an owner or a name that cannot be stored.
	ErrBadInput = errors.New("bad file description")
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
	Copy      bool     // of a file that is stored already: its name is not judged again
}

// Store keeps files.
type Store interface {
	// Put reads content to its end and stores it. A refused or broken-off upload
	// leaves nothing that Info, List or Open would show.
	Put(ctx context.Context, p Put, content io.Reader) (Info, error)
	Info(ctx context.Context, id string) (Info, error)
	// Open streams the content; the reader can also seek. ctx bounds the reading.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error)
	// List returns the files of an owner, oldest first.
	List(ctx context.Context, owner string) ([]Info, error)
	// Give makes a file another owner's. Giving it again changes nothing.
	Give(ctx context.Context, id, owner string) error
	// Delete forgets the file; its content stays until Sweep, for those reading it.
	Delete(ctx context.Context, id string) error
	// Sweep removes content that no file has referred to for SweepAfter, and what
	// broken-off uploads left, and reports how many contents it removed.
	Sweep(ctx context.Context) (int, error)
}
