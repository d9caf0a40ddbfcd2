package meili

import (
	"context"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"
)

// maxIndexes is how many indexes of a server are looked at.
const maxIndexes = 10_000

// prepare finds the indexes or makes them. The note why a rebuild is needed is
// on the server before the new index is: it is not forgotten, whatever happens.
func (e *Engine) prepare(ctx context.Context) (*view, error) {
	if _, err := e.server.version(ctx); err != nil {
		return nil, err
	}
	names, err := e.indexes(ctx)
	if err != nil {
		return nil, err
	}
	if !names[e.state()] {
		if err := e.create(ctx, e.state()); err != nil {
			return nil, err
		}
	}
	notes, err := e.notes(ctx)
	if err != nil {
		return nil, err
	}
	if notes, err = e.correct(ctx, names, notes); err != nil {
		return nil, err
	}
	if !names[e.index()] {
		if err := e.create(ctx, e.index()); err != nil {
			return nil, err
		}
	}
	if err := e.applySettings(ctx, e.index()); err != nil {
		return nil, err
	}
	return e.see(notes, e.older(names, notes))
}

// older gives another index that is whole and can be asked: one with the same
// settings, of another analyzer.
func (e *Engine) older(names map[string]bool, notes []note) string {
	for _, n := range notes {
		if n.ID != e.index() && names[n.ID] && !n.Lacks && strings.HasPrefix(n.ID, e.family()) && strings.HasSuffix(n.ID, "_"+settingsVersion) {
			return n.ID
		}
	}
	return ""
}

// correct brings the notes to what is there, and gives them. Beside a whole
// index of this program's version no other counts as whole any more: from now on
// it lacks what changes.
func (e *Engine) correct(ctx context.Context, names map[string]bool, notes []note) ([]note, error) {
	var changed []note
	at := slices.IndexFunc(notes, func(n note) bool { return n.ID == e.index() })
	if at < 0 {
		notes = append(notes, note{ID: e.index(), Lacks: true, Reason: e.missing(names)})
		changed = append(changed, notes[len(notes)-1])
	} else if n := &notes[at]; !n.Lacks && !names[n.ID] {
		n.Lacks, n.Reason = true, reasonDamaged // it had been whole
		changed = append(changed, *n)
	}
	if at >= 0 && !notes[at].Lacks {
		for i := range notes {
			if n := &notes[i]; i != at && (!n.Lacks || n.Reason != reasonVersion) {
				n.Lacks, n.Reason = true, reasonVersion
				changed = append(changed, *n)
			}
		}
	}
	if len(changed) == 0 {
		return notes, nil
	}
	return notes, e.note(ctx, changed...)
}

// missing gives the reason why an index has no note.
func (e *Engine) missing(names map[string]bool) string {
	if names[e.index()] {
		return reasonDamaged
	}
	for n := range names {
		if strings.HasPrefix(n, e.family()) {
			return reasonVersion
		}
	}
	return reasonNew
}

// indexes gives the names of the server's indexes.
func (e *Engine) indexes(ctx context.Context) (map[string]bool, error) {
	l, err := e.server.admin.ListIndexesWithContext(ctx, &meilisearch.IndexesQuery{Limit: maxIndexes})
	if err != nil {
		return nil, failed(ctx, err)
	}
	names := map[string]bool{}
	for _, x := range l.Results {
		names[x.UID] = true
	}
	return names, nil
}

// create makes an index. One that another process made meanwhile will do.
func (e *Engine) create(ctx context.Context, name string) error {
	task, err := e.server.admin.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: name, PrimaryKey: "id"})
	if err != nil {
		return failed(ctx, err)
	}
	if err := e.wait(ctx, e.server.admin, task.TaskUID); err != nil && !isCode(err, indexExists) {
		return err
	}
	return nil
}
