package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// Options are a store's defaults; the zero value is usable.
type Options struct {
	MaxBytes int64    // default DefaultMaxBytes
	Allowed  []string // default DefaultAllowed
}

// DefaultMaxBytes limits a file when neither the store nor the call says otherwise.
const DefaultMaxBytes = 25 << 20

// TooLargeError says how large a file may be.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("file is larger than %d bytes", e.Limit)
}

// Is makes it an ErrTooLarge.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// ForbiddenError says what the content was found to be.
type ForbiddenError struct{ Type string }

func (e *ForbiddenError) Error() string { return "files of type " + e.Type + " are not allowed" }

// Is makes it an ErrForbidden.
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }

// Content is what was found out while receiving a file.
type Content struct {
	Type   string
	Size   int64
	Hash   string
	Chunks int
}

// Receive reads content to its end in chunks and hands each to keep, which must
// not hold on to it. The type is judged by the first chunk before anything is
// kept. Stores use it, so that all of them refuse the same.
func Receive(p Put, o Options, content io.Reader, keep func(n int, chunk []byte) error) (Content, error) {
	limit, allowed := p.MaxBytes, p.Allowed
	if limit == 0 {
		limit = o.MaxBytes
	}
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	if len(allowed) == 0 {
		allowed = o.Allowed
	}
	if len(allowed) == 0 {
		allowed = DefaultAllowed()
	}
	var (
		c    Content
		hash = sha256.New()
		buf  = make([]byte, ChunkBytes)
		tail []byte
	)
	for {
		n, end, err := fill(content, buf)
		if err != nil {
			return c, fmt.Errorf("read the upload: %w", err)
		}
		chunk := buf[:n]
		if c.Chunks == 0 {
			if c.Type = Sniff(chunk); !slices.Contains(allowed, c.Type) {
				return c, &ForbiddenError{c.Type}
			}
		}
		if c.Size += int64(n); c.Size > limit {
			return c, &TooLargeError{limit}
		}
		// A macro project may lie anywhere in the archive, over a chunk's end too.
		if tail = append(tail, chunk...); office(c.Type) && bytes.Contains(tail, []byte(macroProject)) && !slices.Contains(allowed, macroType) {
			return c, &ForbiddenError{macroType}
		}
		tail = append(tail[:0], tail[max(0, len(tail)-len(macroProject)):]...)
		hash.Write(chunk)
		if n > 0 {
			if err := keep(c.Chunks, chunk); err != nil {
				return c, err
			}
			c.Chunks++
		}
		if end {
			c.Hash = hex.EncodeToString(hash.Sum(nil))
			return c, nil
		}
	}
}

// fill reads a whole chunk or up to the end. It is not io.ReadFull, because a
// request that breaks off says io.ErrUnexpectedEOF itself.
func fill(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if errors.Is(err, io.EOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// Limits of the words that describe a file.
const (
	maxNameBytes  = 200
	maxOwnerBytes = 300
	maxIDBytes    = 200
)

// Check completes a Put: it makes an id when there is none and reduces the name
// to one that is safe to show and to download. What a desktop would run is refused by
// its name, since the text of a script is text like any other.
func (p Put) Check() (Put, error) {
	if p.ID == "" {
		p.ID = uuid.Must(uuid.NewV7()).String()
	}
	for _, field := range []struct {
		name, value string
		limit       int
	}{{"id", p.ID, maxIDBytes}, {"owner", p.Owner, maxOwnerBytes}} {
		if err := checkWord(field.name, field.value, field.limit); err != nil {
			return p, err
		}
	}
	p.Name = CleanName(p.Name)
	if ext := strings.ToLower(path.Ext(p.Name)); !p.Copy && slices.Contains(runs, strings.TrimPrefix(ext, ".")) {
		return p, &ForbiddenError{ext}
	}
	return p, nil
}

// runs are the endings of files that a double click runs.
var runs = []string{"application", "bat", "chm", "cmd", "com", "command", "cpl", "desktop", "exe", "hta", "inf", "jar", "js", "jse", "jnlp", "lnk", "msc", "msi", "msp", "mst",
	"pif", "ps1", "ps2", "psc1", "psm1", "reg", "scf", "scr", "sct", "shb", "shs", "terminal", "url", "vb", "vbe", "vbs", "webloc", "ws", "wsc", "wsf", "wsh"}

// CheckOwner refuses what cannot own a file.
func CheckOwner(owner string) error { return checkWord("owner", owner, maxOwnerBytes) }

func checkWord(name, value string, limit int) error {
	if value == "" || len(value) > limit || strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("file %s %.60q: %w", name, value, ErrBadInput)
	}
	return nil
}

// CleanName keeps the last element of a name, without characters that end a
// header, a path or a line, or that reverse the reading direction.
func CleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/"<>|?*:`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if len(name) > maxNameBytes {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxNameBytes-len(ext)], "") + ext
	}
	if name == "" {
		return "file"
	}
	return name
}
