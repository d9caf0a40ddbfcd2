package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// batchBytes bounds the text that is analyzed at once: an entry takes some
// twenty times its text in memory while it is.
const batchBytes = 2 << 20

// pagesKey keeps the number of pages in the index, in the batch that changes it.
const pagesKey = "pages"

// Index implements search.Engine: into the index that gets every document, and
// into an old one what changed since that one saw it. Scorch's safe batches return when the
// segment and the snapshot that names it are on disk.
func (e *Engine) Index(ctx context.Context, entries []search.Entry) error {
	e.write.Lock()
	defer e.write.Unlock()
	for len(entries) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, size := 0, 0
		for n < len(entries) && (n == 0 || size < batchBytes) {
			for _, p := range entries[n].Pages {
				size += len(p)
			}
			n++
		}
		if err := e.put(entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

func (e *Engine) put(entries []search.Entry) error {
	latest := make(map[record.DocumentID]search.Entry, len(entries))
	for _, n := range entries {
		if n.Document == "" || n.Ordinal == 0 {
			return record.Bad("entry", "An entry needs a document and a file.")
		}
		if old, twice := latest[n.Document]; !twice || n.Sequence >= old.Sequence {
			latest[n.Document] = n
		}
	}
	return e.both(func(c *change) error {
		for id, n := range latest {
			m, known, err := c.lookUp(id)
			if err != nil {
				return err
			}
			if known && (m.sequence > n.Sequence || c.old && m.sequence >= n.Changed) {
				continue
			}
			d, err := toDocument(n)
			if err != nil {
				return err
			}
			c.batch.Update(d)
			c.grow += int64(len(n.Pages)) - int64(m.pages)
		}
		return nil
	})
}

// Delete implements search.Engine.
func (e *Engine) Delete(_ context.Context, documents []record.DocumentID) error {
	e.write.Lock()
	defer e.write.Unlock()
	return e.both(func(c *change) error {
		for _, id := range documents {
			m, known, err := c.lookUp(id)
			if err != nil {
				return err
			}
			if _, twice := c.batch.IndexOps[string(id)]; known && !twice {
				c.batch.Delete(string(id))
				c.grow -= int64(m.pages)
			}
		}
		return nil
	})
}

// change is one batch for one index.
type change struct {
	*snapshot
	old   bool // the index is one that another is made beside
	batch *index.Batch
	grow  int64 // by so many pages
}

// both changes the index that gets every document and then, if there is one, the
// old one that still answers. That one is given up if it is damaged: it must not
// stand in the way. e.write is held.
func (e *Engine) both(fill func(*change) error) error {
	if e.closing.Load() {
		return closed()
	}
	if err := e.change(e.newest, false, fill); err != nil || e.next == nil {
		return err
	}
	err := e.change(e.asked, true, fill)
	if errors.Is(err, record.Corrupt) {
		return e.leave()
	}
	return err
}

// change runs one batch.
func (e *Engine) change(which func() (*snapshot, error), old bool, fill func(*change) error) (err error) {
	defer guard(&err)()
	r, err := which()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.release()) }()
	c := &change{snapshot: r, old: old, batch: index.NewBatch()}
	if err := fill(c); err != nil || len(c.batch.IndexOps) == 0 {
		return err
	}
	pages, err := counter(r, pagesKey)
	if err != nil {
		return err
	}
	generation, err := counter(r, generationKey)
	if err != nil {
		return err
	}
	c.batch.SetInternal([]byte(generationKey), number(generation+1))
	c.batch.SetInternal([]byte(pagesKey), number(uint64(int64(pages)+c.grow)))
	if err := r.shelf.idx.Batch(c.batch); err != nil {
		return record.Down("The search index", err)
	}
	return nil
}

// lookUp gives what the index knows of a document.
func (s *snapshot) lookUp(id record.DocumentID) (meta, bool, error) {
	internal, err := s.InternalID(string(id))
	if err != nil {
		return meta{}, false, fmt.Errorf("search index: %w", err)
	}
	if internal == nil {
		return meta{}, false, nil
	}
	m, err := s.rows.row(internal)
	if err != nil {
		return meta{}, false, err
	}
	return *m, true, nil
}

// counter reads a number that is kept with the index, 0 if there is none yet.
func counter(r index.IndexReader, key string) (uint64, error) {
	b, err := r.GetInternal([]byte(key))
	if err != nil {
		return 0, fmt.Errorf("search index: %w", err)
	}
	if len(b) == 0 {
		return 0, nil
	}
	if len(b) != 8 {
		return 0, damaged(fmt.Errorf("%s is %d bytes long", key, len(b)))
	}
	return binary.BigEndian.Uint64(b), nil
}

// Count implements search.Engine.
func (e *Engine) Count(context.Context) (documents, pages uint64, err error) {
	defer guard(&err)()
	r, err := e.newest()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, r.release()) }()
	if documents, err = r.DocCount(); err != nil {
		return 0, 0, record.Down("The search index", err)
	}
	pages, err = counter(r, pagesKey)
	return documents, pages, err
}
