package meili

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
)

// The reasons that NeedsRebuild gives.
const (
	reasonNew     = "new"
	reasonDamaged = "damaged"
	reasonVersion = "other version"
	reasonReset   = "reset"
)

// note is what the index of notes keeps of an index of documents: why it has to
// be made anew, if it has, and whether it lacks documents until then. An index
// that is made anew in place lacks none.
type note struct {
	ID     string `json:"id"` // the index
	Reason string `json:"reason"`
	Lacks  bool   `json:"lacks"`
}

// view is what the notes say, for a process that asks or writes.
type view struct {
	answers string // the index that is asked
	lacks   bool   // it may lack documents
	newest  note   // of the index of this program's version
	at      time.Time
}

// beside says whether the newest index is being made beside the one that
// answers.
func (v *view) beside() bool { return v.answers != v.newest.ID }

// freshness is for how long a view holds: so long may it take until another
// process that only asks notices that a new index answers.
const freshness = 2 * time.Second

// use makes sure that the server has our index, with our settings, and says
// which one answers.
func (e *Engine) use(ctx context.Context) (*view, error) {
	if e.ended.Load() {
		return nil, record.Down("The search index", errors.New("it is closed"))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v := e.seen.Load(); v != nil && time.Since(v.at) < e.fresh {
		return v, nil
	}
	e.life.Lock()
	defer e.life.Unlock()
	switch v := e.seen.Load(); {
	case v == nil:
		return e.prepare(ctx)
	case time.Since(v.at) < e.fresh:
		return v, nil
	}
	return e.look(ctx)
}

// look reads the notes again. Where they are gone, everything is prepared anew.
func (e *Engine) look(ctx context.Context) (*view, error) {
	notes, err := e.notes(ctx)
	ours := func(n note) bool { return n.ID == e.index() }
	if isCode(err, noIndex) || err == nil && !slices.ContainsFunc(notes, ours) {
		return e.prepare(ctx)
	}
	if err != nil {
		return nil, err
	}
	old := e.seen.Load()
	if old == nil {
		return e.prepare(ctx)
	}
	if at := slices.IndexFunc(notes, func(n note) bool { return n.ID == old.answers }); old.beside() && at >= 0 && !notes[at].Lacks {
		return e.see(notes, old.answers)
	}
	return e.see(notes, "")
}

// see takes notes for the view, of which one is ours. Old is another index that may answer.
func (e *Engine) see(notes []note, old string) (*view, error) {
	at := slices.IndexFunc(notes, func(n note) bool { return n.ID == e.index() }) // it is always there
	v := &view{answers: e.index(), newest: notes[at], lacks: notes[at].Lacks, at: time.Now()}
	if v.lacks && old != "" {
		v.answers, v.lacks = old, false
	}
	e.seen.Store(v)
	return v, nil
}

// lost notes that an index is no longer there: the next call looks anew.
func (e *Engine) lost(err error) error {
	if isCode(err, noIndex) {
		e.seen.Store(nil)
	}
	return err
}

// onIndex asks the index that answers; once more if another took its place
// meanwhile.
func (e *Engine) onIndex(ctx context.Context, ask func(*view) error) error {
	v, err := e.use(ctx)
	if err != nil {
		return err
	}
	if err := ask(v); !isCode(err, noIndex) {
		return err
	}
	if v, err = e.use(ctx); err != nil {
		return err
	}
	return ask(v)
}

// notes reads all notes.
func (e *Engine) notes(ctx context.Context) ([]note, error) {
	var answer meilisearch.DocumentsResult
	if err := e.holding(e.state()).GetDocumentsWithContext(ctx, &meilisearch.DocumentsQuery{Limit: maxIndexes}, &answer); err != nil {
		return nil, failed(ctx, err)
	}
	out := make([]note, len(answer.Results))
	for i, h := range answer.Results {
		if err := h.DecodeInto(&out[i]); err != nil {
			return nil, fmt.Errorf("search server: a note: %w", err)
		}
	}
	return out, nil
}

// note notes something, all of it or nothing.
func (e *Engine) note(ctx context.Context, notes ...note) error {
	task, err := e.holding(e.state()).AddDocumentsWithContext(ctx, notes, nil)
	if err != nil {
		return failed(ctx, err)
	}
	return e.wait(ctx, e.server.documents, task.TaskUID)
}

// update replaces the note of the newest index, and the view.
func (e *Engine) update(ctx context.Context, change func(*note)) error {
	v, err := e.use(ctx)
	if err != nil {
		return err
	}
	n := v.newest
	change(&n)
	if err := e.note(ctx, n); err != nil {
		return e.lost(err)
	}
	e.life.Lock()
	defer e.life.Unlock()
	next := *v
	next.newest = n
	if !v.beside() {
		next.lacks = n.Lacks
	}
	e.seen.Store(&next)
	return nil
}

// NeedsRebuild implements search.Engine.
func (e *Engine) NeedsRebuild(ctx context.Context) (string, error) {
	if _, err := e.use(ctx); err != nil {
		return "", err
	}
	e.life.Lock()
	defer e.life.Unlock()
	v, err := e.look(ctx)
	if err != nil {
		return "", e.lost(err)
	}
	return v.newest.Reason, nil
}

// SetRebuild implements search.Engine.
func (e *Engine) SetRebuild(ctx context.Context, reason string) error {
	return e.update(ctx, func(n *note) { n.Reason = reason })
}

// Reset implements search.Engine.
func (e *Engine) Reset(ctx context.Context) error {
	if err := e.update(ctx, func(n *note) { n.Reason, n.Lacks = reasonReset, true }); err != nil {
		return err
	}
	return e.lost(e.change(ctx, func(*view) (*meilisearch.TaskInfo, error) {
		return e.holding(e.index()).DeleteAllDocumentsWithContext(ctx, nil)
	}))
}

// Rebuilt implements search.Engine. With one and the same note the new index
// answers and no other may: then the others are deleted. Until now they were
// there to go back to.
func (e *Engine) Rebuilt(ctx context.Context) error {
	if _, err := e.use(ctx); err != nil {
		return err
	}
	if err := e.switchOver(ctx); err != nil {
		return e.lost(err)
	}
	names, err := e.indexes(ctx)
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if n == e.index() || !strings.HasPrefix(n, e.family()) {
			continue
		}
		task, err := e.server.admin.DeleteIndexWithContext(ctx, n)
		if err != nil {
			return failed(ctx, err)
		}
		if err := e.wait(ctx, e.server.admin, task.TaskUID); err != nil && !isCode(err, noIndex) {
			return err
		}
	}
	return nil
}

// switchOver makes the newest index the one that answers. No change is under
// way meanwhile: it would make an old index again.
func (e *Engine) switchOver(ctx context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	e.life.Lock()
	defer e.life.Unlock()
	notes, err := e.notes(ctx)
	if err != nil {
		return err
	}
	changed := []note{{ID: e.index()}}
	for _, n := range notes {
		if n.ID != e.index() {
			changed = append(changed, note{ID: n.ID, Reason: reasonVersion, Lacks: true})
		}
	}
	if err := e.note(ctx, changed...); err != nil {
		return err
	}
	_, err = e.see(changed, "")
	return err
}
