// Package embedded is the search engine inside the process: Bleve's scorch
// index below a folder of its own, with nothing to install and nothing to run
// beside it.
//
// A document is one entry. Its title and each page are elements of one field
// with positions, so that phrases end at the page's end, words on different
// pages still meet in the document, and the element that matched is the page
// to show. (Two kinds of entry, page and document, hold every word twice.)
// What decides about a document, its file, dates, type, lies in memory as well
// (see columns). Words and kept pages are in clear: the folder belongs on an
// encrypted disk.
//
// An index of another analyzer keeps answering while a new one is made beside
// it; see state.
package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// layoutVersion changes with the fields of an entry (the first number), and
// with its kept pages.
const layoutVersion = 1 + search.KeptVersion

// The reasons that NeedsRebuild gives.
const (
	reasonNew     = "new"
	reasonDamaged = "damaged"
	reasonVersion = "other version"
	reasonReset   = "reset"
)

// Engine is a search.Engine on the local disk.
type Engine struct {
	dir      string
	analyzer string // makes the words of what is begun
	queue    *index.AnalysisQueue
	cursors  cursors

	closing atomic.Bool
	write   sync.Mutex // one batch or change of state at a time
	lock    *os.File

	life    sync.RWMutex // guards what follows against readers; held only to look or to set
	state   state        // as on disk
	answers *shelf       // nil when closed
	next    *shelf       // nil unless one is made beside
}

var _ search.Engine = (*Engine)(nil)

// Open opens the index below dir or makes a new one. An index that can't be
// opened is moved aside, one of another layout is dropped, one of another
// analyzer answers until a new one is Rebuilt; NeedsRebuild then says so.
// record.Busy means that another process has it open.
func Open(dir string) (*Engine, error) { return openAs(dir, search.AnalyzerFingerprint()) }

func openAs(dir, analyzer string) (*Engine, error) {
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
	sealing, err := newCursors()
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	e := &Engine{dir: dir, analyzer: analyzer, lock: lock, queue: index.NewAnalysisQueue(1), cursors: sealing}
	if err := e.open(); err != nil {
		return nil, errors.Join(err, e.Close())
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

// open opens what is there, or begins what is missing and notes why.
func (e *Engine) open() error {
	s, err := readState(e.dir)
	if err != nil {
		why, fatal := beginning(e.dir, err)
		if fatal != nil {
			return fatal
		}
		return e.begin(why)
	}
	beside, anew := s.wants(e.analyzer)
	if anew {
		return e.begin(reasonVersion)
	}
	if beside {
		s.Rebuild = reasonVersion
	}
	return e.openBoth(s, beside)
}

// openBoth opens the indexes of a state, the second if there is one or has to
// be. A damaged one makes room for the other.
func (e *Engine) openBoth(s state, beside bool) (err error) {
	if s.Next != nil {
		if e.next, err = openShelf(filepath.Join(e.dir, s.Next.Folder), e.queue); err != nil {
			if err := setAside(e.dir, s.Next.Folder); err != nil {
				return err
			}
			s.Rebuild, s.Next, beside = reasonDamaged, nil, true
		}
	}
	if e.answers, err = openShelf(filepath.Join(e.dir, s.Answers.Folder), e.queue); err != nil {
		if err := setAside(e.dir, s.Answers.Folder); err != nil {
			return err
		}
		if s.Next == nil {
			return e.begin(reasonDamaged)
		}
		e.answers, e.next, beside = e.next, nil, false
		s.leave()
	}
	if beside {
		if e.next, err = e.newShelf(); err != nil {
			return err
		}
		next := e.next.place(e.analyzer)
		s.Next = &next
	}
	return e.settle(s)
}

// begin puts an empty index in the place of all that is there.
func (e *Engine) begin(reason string) (err error) {
	if e.answers, err = e.newShelf(); err != nil {
		return err
	}
	return e.settle(state{Layout: layoutVersion, Answers: e.answers.place(e.analyzer), Rebuild: reason})
}

// settle notes how an opened engine begins.
func (e *Engine) settle(s state) error {
	if err := s.save(e.dir); err != nil {
		return err
	}
	e.state = s
	return s.tidy(e.dir)
}

// Close stops the engine. What Index and Delete have answered stays.
func (e *Engine) Close() error {
	e.closing.Store(true) // Index stops after the batch at hand
	e.write.Lock()
	defer e.write.Unlock()
	if e.lock == nil {
		return nil
	}
	e.life.Lock()
	open := [...]*shelf{e.answers, e.next}
	e.answers, e.next = nil, nil
	e.life.Unlock()
	var err error
	for _, s := range open {
		if s != nil {
			err = errors.Join(err, s.close())
		}
	}
	e.queue.Close()
	err = errors.Join(err, e.lock.Close())
	e.lock = nil
	return err
}

func closed() error { return record.Down("The search index", errors.New("it is closed")) }

// snapshot is a state of an index, which stays as it is until release.
type snapshot struct {
	index.IndexReader
	rows    *rows
	shelf   *shelf
	partial bool // it may lack documents
}

// asked gives the index that answers.
func (e *Engine) asked() (*snapshot, error) {
	return e.look(func() (*shelf, bool) { return e.answers, !e.state.Whole })
}

// newest gives the index that gets every document.
func (e *Engine) newest() (*snapshot, error) {
	return e.look(func() (*shelf, bool) {
		if e.next != nil {
			return e.next, true
		}
		return e.answers, !e.state.Whole
	})
}

// look opens a snapshot. After an error it gives one as well, if there is an
// index at all, so that it is known which one failed; it is released then.
func (e *Engine) look(which func() (*shelf, bool)) (out *snapshot, err error) {
	e.life.RLock()
	s, partial := which()
	if s == nil {
		e.life.RUnlock()
		return nil, closed()
	}
	s.use.RLock()
	e.life.RUnlock()
	out = &snapshot{shelf: s, partial: partial}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.release())
		}
	}()
	defer guard(&err)() // of damaged files Bleve panics
	if out.IndexReader, err = s.idx.Reader(); err != nil {
		return out, record.Down("The search index", err)
	}
	out.rows, err = s.columns.of(out.IndexReader)
	return out, err
}

func (s *snapshot) release() error {
	defer s.shelf.use.RUnlock()
	if s.IndexReader == nil {
		return nil
	}
	return s.IndexReader.Close()
}
