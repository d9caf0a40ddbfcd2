package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"eakte/appliance/record"
)

// NeedsRebuild implements search.Engine.
func (e *Engine) NeedsRebuild(context.Context) (string, error) {
	e.life.RLock()
	defer e.life.RUnlock()
	if e.answers == nil {
		return "", closed()
	}
	return e.state.Rebuild, nil
}

// SetRebuild implements search.Engine.
func (e *Engine) SetRebuild(_ context.Context, reason string) error {
	e.write.Lock()
	defer e.write.Unlock()
	s := e.state
	s.Rebuild = reason
	return e.become(s, e.answers, e.next)
}

// Rebuilt implements search.Engine: what was made beside answers from now on.
func (e *Engine) Rebuilt(context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	s, answers := e.state, e.answers
	if e.next != nil {
		s.leave()
		answers = e.next
	}
	s.Whole, s.Rebuild = true, ""
	if err := e.become(s, answers, nil); err != nil {
		return err
	}
	// What could not be opened has done its service: it holds words of documents
	// that may be erased by now.
	if err := os.RemoveAll(filepath.Join(e.dir, damagedDir)); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

// Reset implements search.Engine: of two indexes the one that is being made.
func (e *Engine) Reset(context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	if e.answers == nil {
		return closed()
	}
	empty, err := e.newShelf()
	if err != nil {
		return err
	}
	s, answers, next := e.state, empty, e.next
	s.Rebuild = reasonReset
	if here := empty.place(e.analyzer); next != nil {
		s.Next, answers, next = &here, e.answers, empty
	} else {
		s.Answers, s.Whole = here, false
	}
	err = e.become(s, answers, next)
	if e.answers != empty && e.next != empty { // it failed before the change
		err = errors.Join(err, empty.discard())
	}
	return err
}

// leave gives up the index that is asked, which is damaged, if another is made
// beside it: that one answers then, with what it has. e.write is held.
func (e *Engine) leave() error {
	s := e.state
	s.leave()
	return e.become(s, e.next, nil)
}

// another says whether there is another index to ask instead of a damaged one.
func (e *Engine) another(damaged *shelf) (bool, error) {
	e.write.Lock()
	defer e.write.Unlock()
	if e.answers == nil || e.answers == damaged && e.next == nil {
		return false, nil
	}
	if e.answers != damaged { // somebody else was quicker
		return true, nil
	}
	err := e.leave()
	return e.answers != damaged, err
}

// become changes over to another state and its indexes: on disk first, then for
// who asks, and what is left over goes when nobody reads it any more. e.write is
// held.
func (e *Engine) become(s state, answers, next *shelf) error {
	if e.answers == nil {
		return closed()
	}
	if err := s.save(e.dir); err != nil {
		return err
	}
	before := [...]*shelf{e.answers, e.next}
	e.life.Lock()
	e.state, e.answers, e.next = s, answers, next
	e.life.Unlock()
	var err error
	for _, old := range before {
		if old != nil && old != answers && old != next {
			err = errors.Join(err, old.discard())
		}
	}
	if err != nil {
		return record.Down("The search index", err)
	}
	return nil
}
