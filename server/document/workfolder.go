package document

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const (
	workPrefix = "fluxo-soffice-"
	workLock   = "lock"
)

// workFolder holds the profile of soffice and the documents that it converts.
// Contracts must not stay behind when the server is killed: a folder is locked
// while its server lives, and the next one that starts removes those that
// nobody locks.
type workFolder struct {
	path string
	lock *os.File
}

// newWorkFolder makes a locked folder below parent and removes what dead
// servers left there.
func newWorkFolder(parent string) (*workFolder, error) {
	left, err := filepath.Glob(filepath.Join(parent, workPrefix+"*"))
	if err != nil {
		return nil, err
	}
	for _, path := range left {
		// Without its lock file a folder is being made just now.
		dead, err := lockWork(path, os.O_RDWR)
		if err != nil {
			continue // a living server's, or another user's
		}
		_ = dead.remove() // tried again at the next start
	}
	path, err := os.MkdirTemp(parent, workPrefix)
	if err != nil {
		return nil, err
	}
	work, err := lockWork(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return work, nil
}

// lockWork fails at once if another server holds the lock. The kernel drops it
// with the process, however that ends.
func lockWork(path string, flags int) (*workFolder, error) {
	lock, err := os.OpenFile(filepath.Join(path, workLock), flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), lock.Close())
	}
	return &workFolder{path: path, lock: lock}, nil
}

func (w *workFolder) remove() error {
	return errors.Join(os.RemoveAll(w.path), w.lock.Close())
}
