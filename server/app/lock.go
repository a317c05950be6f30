package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/fluxo-app/fluxo/server/config"
)

// ErrInUse says that another server already runs on the embedded database.
var ErrInUse = errors.New("database is in use by another server")

// Lock keeps a second server off the embedded database: two would step the same
// runs from what each has in memory. The lock belongs to the process and ends
// with it, however it ends. Several servers share a MongoDB, which needs none.
// The function returned gives it back.
func Lock(c config.Config) (release func() error, err error) {
	d, err := c.Store()
	if err != nil {
		return nil, err
	}
	if d.Kind != "sqlite" {
		return func() error { return nil }, nil
	}
	// Beside the file, not on it: SQLite keeps locks of its own there.
	path := d.Path + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("lock database %s: its folder cannot be made; choose another path or change the rights: %w", d.Path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database %s: %w", d.Path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a file descriptor is small
		err = errors.Join(err, file.Close())
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s%s; stop it first, give this one another path, or use MongoDB, which several servers can share", ErrInUse, d.Path, holder(path))
		}
		return nil, fmt.Errorf("lock database %s: the file system offers no locks; put the file on a local disk: %w", d.Path, err)
	}
	// For the message above only; the lock is the file's, not the number's.
	if err := errors.Join(file.Truncate(0), write(file, fmt.Sprint(os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("lock database %s: %w", d.Path, err), file.Close())
	}
	return file.Close, nil
}

func write(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// holder names the process that has the lock, as far as it has said so.
func holder(path string) string {
	text, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return " (process " + id + ")"
	}
	return ""
}
