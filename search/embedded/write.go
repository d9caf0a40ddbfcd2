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

// Index implements search.Engine. Scorch's safe batches return when the
// segment and the snapshot that names it are on disk.
func (e *Engine) Index(ctx context.Context, entries []search.Entry) (err error) {
	defer guard(&err)()
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
	return e.change(func(b *index.Batch, old func(record.DocumentID) (meta, bool, error)) (int64, error) {
		var grow int64
		for id, n := range latest {
			m, known, err := old(id)
			if err != nil {
				return 0, err
			}
			if known && m.sequence > n.Sequence {
				continue
			}
			b.Update(toDocument(n))
			grow += int64(len(n.Pages)) - int64(m.pages)
		}
		return grow, nil
	})
}

// Delete implements search.Engine.
func (e *Engine) Delete(_ context.Context, documents []record.DocumentID) (err error) {
	defer guard(&err)()
	e.write.Lock()
	defer e.write.Unlock()
	return e.change(func(b *index.Batch, old func(record.DocumentID) (meta, bool, error)) (int64, error) {
		var grow int64
		for _, id := range documents {
			m, known, err := old(id)
			if err != nil {
				return 0, err
			}
			if _, twice := b.IndexOps[string(id)]; known && !twice {
				b.Delete(string(id))
				grow -= int64(m.pages)
			}
		}
		return grow, nil
	})
}

// change runs one batch. fill gets what the index knows of a document and
// answers by how many pages the index grows. e.write is held.
func (e *Engine) change(fill func(*index.Batch, func(record.DocumentID) (meta, bool, error)) (int64, error)) (err error) {
	r, release, err := e.reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	ms, err := newMetas(r)
	if err != nil {
		return err
	}
	pages, err := counter(r, pagesKey)
	if err != nil {
		return err
	}
	b := index.NewBatch()
	grow, err := fill(b, func(id record.DocumentID) (meta, bool, error) { return lookUp(r, ms, id) })
	if err != nil || len(b.IndexOps) == 0 {
		return err
	}
	generation, err := counter(r, generationKey)
	if err != nil {
		return err
	}
	b.SetInternal([]byte(generationKey), number(generation+1))
	b.SetInternal([]byte(pagesKey), number(uint64(int64(pages)+grow)))
	if err := e.idx.Batch(b); err != nil {
		return record.Down("The search index", err)
	}
	return nil
}

// lookUp gives what the index knows of a document.
func lookUp(r index.IndexReader, ms *metas, id record.DocumentID) (meta, bool, error) {
	internal, err := r.InternalID(string(id))
	if err != nil {
		return meta{}, false, fmt.Errorf("search index: %w", err)
	}
	if internal == nil {
		return meta{}, false, nil
	}
	raw, err := ms.of(internal)
	if err != nil {
		return meta{}, false, err
	}
	m, err := decode(raw)
	return m, err == nil, err
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
	r, release, err := e.reader()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if documents, err = r.DocCount(); err != nil {
		return 0, 0, record.Down("The search index", err)
	}
	pages, err = counter(r, pagesKey)
	return documents, pages, err
}
