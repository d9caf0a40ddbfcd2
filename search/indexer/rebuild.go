package indexer

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// rebuildKey is where the catalog keeps the name of the rebuild that is under
// way. The engine keeps the same name as its reason to need one: only where
// both agree does the index still hold what the catalog says it has seen.
const rebuildKey = "index.rebuild"

// rebuildPage is how many documents are looked at at once.
const rebuildPage = 200

// maxFailures is how many documents a rebuild names that it couldn't index.
const maxFailures = 20

// Rebuild makes the index anew from the catalog and the packs. An index that is
// whole keeps answering: each entry is replaced where it stands, and what must
// not be there is taken out at the end. One that needs a rebuild begins empty.
// Progress hears how many of all documents have been looked at; it may be nil.
// A rebuild that was interrupted goes on where it stopped; while one runs, who
// asks for another waits and then gets its own. Documents whose pack can't be
// read are left out, stay unindexed, and are named in the error; the rebuild is
// finished all the same.
func (x *Indexer) Rebuild(ctx context.Context, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	x.rebuild.Lock()
	defer x.rebuild.Unlock()
	if err := x.begin(ctx); err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	var total int64
	err := x.catalog.Read(ctx, func(tx *catalog.Tx) error {
		t, err := tx.Totals()
		total = t.Documents
		return err
	})
	if err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	failed, err := x.all(ctx, func(done int64) error {
		progress(done, max(done, total))
		return x.tell(ctx, fmt.Sprintf("%d/%d", done, max(done, total)))
	})
	if err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	if err := x.sweep(ctx); err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	if err := x.engine.Rebuilt(ctx); err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	err = x.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(tx.SetMeta(rebuildKey, ""), tx.SetMeta(catalog.MetaIndexProgress, ""))
	})
	if err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	return failed
}

// tell notes how far the rebuild is, for those who search meanwhile.
func (x *Indexer) tell(ctx context.Context, progress string) error {
	return x.catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetMeta(catalog.MetaIndexProgress, progress) })
}

// NeedsRebuild says why the index has to be made anew, "" if it hasn't.
func (x *Indexer) NeedsRebuild(ctx context.Context) (string, error) {
	return x.engine.NeedsRebuild(ctx)
}

// Empty forgets the whole index, for a rebuild that trusts nothing of it. While
// one is under way it does nothing: that one goes on.
func (x *Indexer) Empty(ctx context.Context) error {
	x.rebuild.Lock()
	defer x.rebuild.Unlock()
	under, _, err := x.underWay(ctx)
	if err != nil || under {
		return err
	}
	x.write.Lock()
	defer x.write.Unlock()
	return x.engine.Reset(ctx)
}

// underWay says whether a rebuild was begun and not ended, and else why the
// engine needs one.
func (x *Indexer) underWay(ctx context.Context) (yes bool, why string, err error) {
	if why, err = x.engine.NeedsRebuild(ctx); err != nil {
		return false, why, err
	}
	var name string
	err = x.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		name, err = tx.Meta(rebuildKey)
		return err
	})
	return name != "" && why == name, why, err
}

// begin notes that a rebuild is under way, unless it is. An index that lacks
// documents is emptied first.
func (x *Indexer) begin(ctx context.Context) error {
	x.write.Lock()
	defer x.write.Unlock()
	under, why, err := x.underWay(ctx)
	if err != nil || under {
		return err
	}
	if why != "" {
		if err := x.engine.Reset(ctx); err != nil {
			return err
		}
	}
	name := "rebuilding " + record.NewID()
	err = x.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := tx.ForgetIndex(); err != nil {
			return err
		}
		return tx.SetMeta(rebuildKey, name)
	})
	if err != nil {
		return err
	}
	return x.engine.SetRebuild(ctx, name)
}

// all indexes every document that the index hasn't seen. What it can't read it
// gives as one error; what stops it, as the other.
func (x *Indexer) all(ctx context.Context, progress func(done int64) error) (unread, err error) {
	var after record.DocumentID
	var done int64
	failures := 0
	for {
		var page []record.Document
		err := x.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			page, err = tx.DocumentsAfter(after, rebuildPage)
			return err
		})
		if err != nil || len(page) == 0 {
			return unread, err
		}
		var todo []record.DocumentID
		for _, d := range page {
			if !d.Indexed && d.File != "" && d.State == record.StateReady {
				todo = append(todo, d.ID)
			}
		}
		if err := x.Bring(ctx, todo...); hopeless(ctx, err) {
			return unread, err
		} else if err != nil { // one of them: which?
			for _, id := range todo {
				err := x.Bring(ctx, id)
				if hopeless(ctx, err) {
					return unread, err
				}
				if err == nil {
					continue
				}
				if failures++; failures <= maxFailures {
					unread = errors.Join(unread, err)
				}
			}
		}
		after = page[len(page)-1].ID
		done += int64(len(page))
		if err := progress(done); err != nil {
			return unread, err
		}
	}
}

// hopeless says whether going on with other documents would fail as well.
func hopeless(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, record.Unavailable))
}
