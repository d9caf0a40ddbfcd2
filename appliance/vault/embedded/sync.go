package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// path is where an object lies.
func (d *durable) path(bucket, key string) string {
	return filepath.Join(d.root, bucket, filepath.FromSlash(key))
}

// syncObject brings an object with its attributes to the disk, then every
// directory that leads to it, up to the root.
func (d *durable) syncObject(bucket, key string) error {
	if err := syncFile(d.path(bucket, key)); err != nil {
		return err
	}
	return d.syncParents(bucket, key)
}

// syncParents syncs the directories from the root down to an object. Those
// that went with the object are skipped.
func (d *durable) syncParents(bucket, key string) error {
	path := d.path(bucket, key)
	if !strings.HasPrefix(path, d.root+string(filepath.Separator)) {
		return fmt.Errorf("sync: %s/%s lies outside the root", bucket, key)
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := syncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if dir == d.root {
			return nil
		}
	}
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
