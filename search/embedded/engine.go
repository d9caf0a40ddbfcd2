// Package embedded is the search engine inside the process: Bleve's scorch
// index below a folder of its own, with nothing to install and nothing to run
// beside it.
//
// A document is one entry. Its title and each page are elements of one field
// with positions, so that phrases end at the page's end, words on different
// pages still meet in the document, and the element that matched is the page
// to show. (Two kinds of entry, page and document, hold every word twice.)
// Text is not stored; but the words are, in clear: the folder belongs on an
// encrypted disk.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// layoutVersion changes with the fields of an entry.
const layoutVersion = 1

// What lies in the engine's folder.
const (
	indexDir    = "index"
	damagedDir  = "damaged" // the last index that could not be opened
	versionFile = "version"
	rebuildFile = "rebuild" // there while a rebuild is needed; says why
	lockFile    = "lock"
)

// The reasons that NeedsRebuild gives.
const (
	reasonNew     = "new"
	reasonDamaged = "damaged"
	reasonVersion = "other version"
	reasonReset   = "reset"
)

// Engine is a search.Engine on the local disk.
type Engine struct {
	dir  string
	lock *os.File

	write sync.Mutex   // one batch at a time: it reads what it replaces
	life  sync.RWMutex // held for reading while idx is in use
	idx   index.Index  // nil when closed
	queue *index.AnalysisQueue
}

var _ search.Engine = (*Engine)(nil)

// Open opens the index below dir or makes a new one. An index that can't be
// opened is moved aside, one of another version is dropped; NeedsRebuild then
// says so. record.Busy means that another process has it open.
func Open(dir string) (*Engine, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	lock, err := lockDir(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	e := &Engine{dir: dir, lock: lock, queue: index.NewAnalysisQueue(1)}
	if err := e.openIndex(); err != nil {
		e.queue.Close()
		return nil, errors.Join(err, lock.Close())
	}
	return e, nil
}

func lockDir(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(&record.Error{Category: record.Busy, Message: "The search index is in use by another process.",
			Hint: "Stop the other server, or send the command to it.", Cause: err}, f.Close())
	}
	return f, nil
}

// openIndex opens what is there, or makes room for a new index and notes why.
func (e *Engine) openIndex() error {
	path := filepath.Join(e.dir, indexDir)
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return e.fresh(reasonNew)
	case err != nil:
		return fmt.Errorf("search index: %w", err)
	case !e.sameVersion():
		return e.fresh(reasonVersion)
	}
	idx, err := openWhole(path, e.queue)
	if err == nil {
		e.idx = idx
		return nil
	}
	if err := os.RemoveAll(filepath.Join(e.dir, damagedDir)); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if err := os.Rename(path, filepath.Join(e.dir, damagedDir)); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return e.fresh(reasonDamaged)
}

// fresh puts an empty index in place. The reason is on disk before the old
// index is gone: whatever happens in between, the rebuild is not forgotten.
func (e *Engine) fresh(reason string) error {
	if err := writeDurably(filepath.Join(e.dir, rebuildFile), reason); err != nil {
		return err
	}
	path := filepath.Join(e.dir, indexDir)
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if err := writeDurably(filepath.Join(e.dir, versionFile), version()); err != nil {
		return err
	}
	idx, err := openScorch(path, e.queue)
	if err != nil {
		return err
	}
	b := index.NewBatch()
	b.SetInternal([]byte(generationKey), number(1))
	if err := idx.Batch(b); err != nil {
		return errors.Join(fmt.Errorf("search index: %w", err), idx.Close())
	}
	e.idx = idx
	return nil
}

func version() string {
	return "layout " + strconv.Itoa(layoutVersion) + " analyzer " + search.AnalyzerFingerprint()
}

func (e *Engine) sameVersion() bool {
	b, err := os.ReadFile(filepath.Join(e.dir, versionFile))
	return err == nil && string(b) == version()
}

// writeDurably replaces a small file; it and its name are on disk on return.
func writeDurably(path, content string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("search index: %w", err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// NeedsRebuild implements search.Engine.
func (e *Engine) NeedsRebuild(context.Context) (string, error) {
	b, err := os.ReadFile(filepath.Join(e.dir, rebuildFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("search index: %w", err)
	}
	return string(b), nil
}

// SetRebuild implements search.Engine.
func (e *Engine) SetRebuild(_ context.Context, reason string) error {
	return writeDurably(filepath.Join(e.dir, rebuildFile), reason)
}

// Rebuilt implements search.Engine.
func (e *Engine) Rebuilt(context.Context) error {
	err := os.Remove(filepath.Join(e.dir, rebuildFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("search index: %w", err)
	}
	return syncDir(e.dir)
}

// Reset implements search.Engine.
func (e *Engine) Reset(context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	e.life.Lock()
	defer e.life.Unlock()
	if e.idx == nil {
		return closed()
	}
	if err := e.idx.Close(); err != nil {
		return fmt.Errorf("search index: reset: %w", err)
	}
	e.idx = nil
	return e.fresh(reasonReset)
}

// Close stops the engine. What Index and Delete have answered stays.
func (e *Engine) Close() error {
	e.life.Lock()
	defer e.life.Unlock()
	if e.lock == nil {
		return nil
	}
	var err error
	if e.idx != nil {
		err = e.idx.Close()
	}
	e.idx = nil
	e.queue.Close()
	err = errors.Join(err, e.lock.Close())
	e.lock = nil
	return err
}

func closed() error { return record.Down("The search index", errors.New("it is closed")) }

// reader gives a snapshot of the index, which stays as it is until release.
func (e *Engine) reader() (r index.IndexReader, release func() error, err error) {
	e.life.RLock()
	if e.idx == nil {
		e.life.RUnlock()
		return nil, nil, closed()
	}
	r, err = e.idx.Reader()
	if err != nil {
		e.life.RUnlock()
		return nil, nil, record.Down("The search index", err)
	}
	return r, func() error {
		defer e.life.RUnlock()
		return r.Close()
	}, nil
}
