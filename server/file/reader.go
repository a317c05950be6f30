package file

import (
	"errors"
	"fmt"
	"io"
)

// Reader streams content chunk by chunk. It is not safe for concurrent use.
type Reader struct {
	size  int64
	load  func(n int) ([]byte, error)
	at    int64
	chunk []byte // of number held
	held  int    // -1 = none
}

// NewReader reads content of the given size; load fetches its n-th chunk.
func NewReader(size int64, load func(n int) ([]byte, error)) *Reader {
	return &Reader{size: size, load: load, held: -1}
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	n, offset := int(r.at/ChunkBytes), int(r.at%ChunkBytes)
	if n != r.held {
		chunk, err := r.load(n)
		if err != nil {
			return 0, fmt.Errorf("read chunk %d: %w", n, err)
		}
		r.chunk, r.held = chunk, n
	}
	if offset >= len(r.chunk) {
		return 0, fmt.Errorf("chunk %d: %w", n, io.ErrUnexpectedEOF)
	}
	copied := copy(p, r.chunk[offset:])
	r.at += int64(copied)
	return copied, nil
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	r.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (r *Reader) Close() error {
	r.chunk, r.at = nil, r.size
	return nil
}
