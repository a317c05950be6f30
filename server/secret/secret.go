// Package secret encrypts credentials at rest. The key lives outside the
// database, so neither a stolen database file nor a backup reveals them.
package secret

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// KeyBytes is the length of a key: AES-256.
const KeyBytes = 32

// Environment is the variable that carries the key in base64, for replicas that
// share no disk.
const Environment = "FLUXO_SECRET_KEY"

// Errors that callers branch on.
var (
	// ErrWrongKey: the database was written with another key.
	ErrWrongKey = errors.New("the secret key is not the one this database was written with")
	// ErrDamaged: the sealed text was not made by this key for this purpose.
	ErrDamaged = errors.New("sealed text cannot be opened")
)

// LoadKey returns the key given in base64 or, when that is empty, the one in the
// file, which it makes with mode 0600 when it is missing.
func LoadKey(given, path string, random io.Reader) ([]byte, error) {
	if given != "" {
		key, err := decode(given)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Environment, err)
		}
		return key, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path, random); err != nil {
			return nil, fmt.Errorf("make the secret key %s: %w", path, err)
		}
		// Read back: another process may have been faster.
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret key %s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	key, err := decode(string(text))
	if err != nil {
		return nil, fmt.Errorf("secret key %s: %w", path, err)
	}
	return key, nil
}

func decode(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeyBytes {
		return nil, fmt.Errorf("it must be %d bytes in base64 (make one with: openssl rand -base64 %d)", KeyBytes, KeyBytes)
	}
	return key, nil
}

// makeKey writes a new key completely before it gets its name.
func makeKey(path string, random io.Reader) error {
	key := make([]byte, KeyBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // gone after the link's success or useless after its failure
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Box seals and opens texts. It is safe for concurrent use.
type Box struct {
	aead   cipher.AEAD
	random io.Reader
}

// NewBox makes a box; random nil = crypto/rand.
func NewBox(key []byte, random io.Reader) (*Box, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("secret key has %d bytes, want %d", len(key), KeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if random == nil {
		random = rand.Reader
	}
	return &Box{aead: aead, random: random}, nil
}

// version begins every sealed text, so that the method can be changed later.
const version = "v1."

// Seal encrypts a text for a purpose ("mail.password"); only Open with the same
// purpose opens it, so that a sealed text cannot be moved to another setting.
func (b *Box) Seal(purpose, text string) (string, error) {
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := io.ReadFull(b.random, nonce); err != nil {
		return "", fmt.Errorf("seal %s: %w", purpose, err)
	}
	return version + base64.RawStdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, []byte(text), []byte(purpose))), nil
}

// Open decrypts what Seal made.
func (b *Box) Open(purpose, sealed string) (string, error) {
	encoded, ok := strings.CutPrefix(sealed, version)
	data, err := base64.RawStdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(data) < b.aead.NonceSize() {
		return "", fmt.Errorf("open %s: %w", purpose, ErrDamaged)
	}
	n := b.aead.NonceSize()
	text, err := b.aead.Open(nil, data[:n], data[n:], []byte(purpose))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", purpose, ErrDamaged)
	}
	return string(text), nil
}

type keyCheck struct {
	docstore.Entity
	Sealed string `json:"sealed"`
}

const checkPurpose, checkText = "key-check", "fluxo"

// Check refuses a key other than the one the database was first used with; the
// first process to call it leaves the mark by which the others know.
func (b *Box) Check(ctx context.Context, store docstore.Store) error {
	marks, err := docstore.NewTyped[keyCheck](ctx, store, docstore.Spec{Name: "secretChecks"})
	if err != nil {
		return fmt.Errorf("check the secret key: %w", err)
	}
	mark, err := marks.Get(ctx, checkPurpose)
	if errors.Is(err, docstore.ErrNotFound) {
		var sealed string
		if sealed, err = b.Seal(checkPurpose, checkText); err != nil {
			return err
		}
		mark, err = marks.Save(ctx, keyCheck{Entity: docstore.Entity{ID: checkPurpose}, Sealed: sealed})
		if errors.Is(err, docstore.ErrExists) { // another replica was faster
			mark, err = marks.Get(ctx, checkPurpose)
		}
	}
	if err != nil {
		return fmt.Errorf("check the secret key: %w", err)
	}
	if text, err := b.Open(checkPurpose, mark.Sealed); err != nil || text != checkText {
		return fmt.Errorf("%w; restore the key file or set %s", ErrWrongKey, Environment)
	}
	return nil
}
