package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	index "github.com/blevesearch/bleve_index_api"
)

// shelf is one open index.
type shelf struct {
	path    string
	use     sync.RWMutex // held for reading while idx is in use
	idx     index.Index
	columns columns
}

// newShelf makes an empty index. It is whole on disk before anything names it.
func (e *Engine) newShelf() (_ *shelf, err error) {
	path, err := os.MkdirTemp(e.dir, folderName)
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	idx, err := openScorch(path, e.queue)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	s := &shelf{path: path, idx: idx}
	b := index.NewBatch()
	b.SetInternal([]byte(generationKey), number(1))
	if err = idx.Batch(b); err == nil {
		err = syncDir(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("search index: %w", err), s.discard())
	}
	return s, nil
}

// openShelf opens an index as it was left.
func openShelf(path string, queue *index.AnalysisQueue) (*shelf, error) {
	idx, err := openWhole(path, queue)
	if err != nil {
		return nil, err
	}
	s := &shelf{path: path, idx: idx}
	if err := s.warm(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// warm reads what is kept in memory, so that the first search need not, and
// damage of it shows.
func (s *shelf) warm() (err error) {
	defer guard(&err)()
	r, err := s.idx.Reader()
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	_, err = s.columns.of(r)
	return errors.Join(err, r.Close())
}

func (s *shelf) place(analyzer string) place {
	return place{Folder: filepath.Base(s.path), Analyzer: analyzer}
}

// close waits for those who read it. Nobody may take it up any more.
func (s *shelf) close() error {
	s.use.Lock()
	defer s.use.Unlock()
	if err := s.idx.Close(); err != nil {
		return fmt.Errorf("search index: close: %w", err)
	}
	return nil
}

// discard closes the index and removes its files.
func (s *shelf) discard() error {
	err := s.close()
	if gone := os.RemoveAll(s.path); gone != nil {
		err = errors.Join(err, fmt.Errorf("search index: %w", gone))
	}
	return err
}

// setAside keeps a damaged index below dir for who wants to look into it: the
// last one only.
func setAside(dir, folder string) error {
	aside := filepath.Join(dir, damagedDir)
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	err := os.Rename(filepath.Join(dir, folder), aside)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}
