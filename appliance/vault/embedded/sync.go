package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// path is where an object lies.
func (d *durable) path(bucket, key string) string {
	return filepath.Join(d.root, bucket, filepath.FromSlash(key))
}

// syncObject brings an object with its attributes to the disk, then its
// directory, and those above that are not known to be there.
func (d *durable) syncObject(bucket, key string) error {
	if err := syncFile(d.path(bucket, key)); err != nil {
		return err
	}
	return d.rooted.sync(d.root, d.path(bucket, key))
}

// rooted are the directories whose own names are on the disk, all the way from
// the root. In them a new object needs its directory synced and nothing above:
// a put costs three syncs instead of seven. What a former process made is
// synced once more.
type rooted struct {
	mu    sync.Mutex
	known map[string]bool
	to    func(path string) error // syncs a directory; nil: syncDir
}

// sync syncs the directories from an object upwards as far as is needed. Those
// that went with the object are skipped.
func (r *rooted) sync(root, path string) error {
	if !strings.HasPrefix(path, root+string(filepath.Separator)) {
		return fmt.Errorf("sync: %s lies outside the root", path)
	}
	to := r.to
	if to == nil {
		to = syncDir
	}
	own := filepath.Dir(path)
	r.mu.Lock()
	known := r.known[own]
	r.mu.Unlock()
	there := true
	for dir := own; ; dir = filepath.Dir(dir) {
		if err := to(dir); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			known, there = false, false // it went with its last object
		} else if err != nil {
			return err
		}
		if known || dir == root {
			break
		}
	}
	if !there {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]bool{}
	}
	r.known[own] = true
	return nil
}

// forget is called before something below a directory goes: the directory may
// go with it, and then be made again.
func (r *rooted) forget(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, filepath.Dir(path))
}

// syncFile syncs a file's data and attributes.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// syncDir syncs a directory's entries and attributes; to the system it is a file.
func syncDir(path string) error { return syncFile(path) }
