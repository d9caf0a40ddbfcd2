// Package indexer brings the search index to what the catalog says: job by
// job, and whole when the index has to be made anew. What it indexes it reads
// from the documents' packs.
//
// The catalog keeps a dirty list of what search must leave out because it
// changed. A document comes off that list only after the engine has answered
// that the change is durable.
package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/search"
)

// Kind is the kind of job that indexes one document, with the payload
// {"document": id}. What is in no file, not ready or gone is taken out.
const Kind = "index.document"

// payload is what a job of Kind carries.
type payload struct {
	Document record.DocumentID `json:"document"`
}

// Spec asks for a document to be indexed. Enqueue it in the transaction that
// changes the document.
func Spec(document record.DocumentID) job.Spec {
	return job.Spec{Kind: Kind, Key: string(document), Payload: payload{document}}
}

// Indexer writes the index. There is one for an engine.
type Indexer struct {
	catalog *catalog.Catalog
	vault   *vault.Vault
	engine  search.Engine

	// Node is what the time of indexing is counted for; empty: it is not counted.
	// Set it before the first call.
	Node string

	// write is held from the last look into the catalog until the catalog
	// knows what the engine has: an older state never overtakes a newer one.
	write sync.Mutex

	rebuild sync.Mutex // one rebuild at a time
}

// New makes an Indexer.
func New(c *catalog.Catalog, v *vault.Vault, e search.Engine) *Indexer {
	return &Indexer{catalog: c, vault: v, engine: e}
}

// Handle runs a job of Kind. It may run twice.
func (x *Indexer) Handle(ctx context.Context, j job.Job) error {
	var p payload
	if err := json.Unmarshal(j.Payload, &p); err != nil || !record.ValidID(string(p.Document)) {
		return job.Permanent(fmt.Errorf("%s: the payload names no document", Kind))
	}
	return x.Bring(ctx, p.Document)
}

// Bring brings documents to the index as the catalog has them now, and takes
// them off the dirty list.
func (x *Indexer) Bring(ctx context.Context, ids ...record.DocumentID) error {
	for len(ids) > 0 {
		began := time.Now()
		b, err := x.load(ctx, ids)
		if err != nil {
			return fmt.Errorf("index documents: %w", err)
		}
		if err := x.store(ctx, b, began); err != nil {
			return fmt.Errorf("index documents: %w", err)
		}
		ids = ids[len(b.ids):]
	}
	return nil
}

// CatchUp indexes what is ready and has changed since the index saw it, up to
// limit documents, and says how many it was. It is for what no job stands for
// any more, as after the index was out of order for days.
func (x *Indexer) CatchUp(ctx context.Context, limit int) (int, error) {
	var ids []record.DocumentID
	err := x.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		ids, err = tx.Unindexed(limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("index what is behind: %w", err)
	}
	done := 0
	var failures []error
	for _, id := range ids {
		if err := x.Bring(ctx, id); err != nil {
			if hopeless(ctx, err) {
				return done, err
			}
			failures = append(failures, err)
			continue
		}
		done++
	}
	return done, errors.Join(failures...)
}

// batch is what is read before the index is written: documents, as they were
// then, and their pages.
type batch struct {
	ids   []record.DocumentID
	seen  map[record.DocumentID]catalog.IndexRow
	pages map[record.DocumentID][]read
}

// read is a page's corrected text, and where its words stand.
type read struct {
	text  string
	words record.PageWords
}

// batchBytes bounds the text of a batch. A single document may be longer.
const batchBytes = 2 << 20

// maxBatch bounds its documents.
const maxBatch = 200

// load reads the pages of as many of the documents as make a batch.
func (x *Indexer) load(ctx context.Context, ids []record.DocumentID) (batch, error) {
	b := batch{pages: map[record.DocumentID][]read{}}
	ids = ids[:min(len(ids), maxBatch)]
	rows, err := x.rows(ctx, ids)
	if err != nil {
		return batch{}, err
	}
	b.seen = rows
	size := 0
	for _, id := range ids {
		if size >= batchBytes {
			break
		}
		b.ids = append(b.ids, id)
		row, known := rows[id]
		if !known || !searchable(row) {
			continue
		}
		pages, err := x.read(ctx, row.Document)
		if err != nil {
			return batch{}, err
		}
		b.pages[id] = pages
		for _, p := range pages {
			size += len(p.text)
		}
	}
	return b, nil
}

func (x *Indexer) rows(ctx context.Context, ids []record.DocumentID) (rows map[record.DocumentID]catalog.IndexRow, err error) {
	err = x.catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err = tx.IndexRows(ids)
		return err
	})
	return rows, err
}

// searchable says whether a document belongs in the index.
func searchable(r catalog.IndexRow) bool {
	return r.File != "" && r.Ordinal != 0 && r.Document.State == record.StateReady
}

// read gives a document's pages.
func (x *Indexer) read(ctx context.Context, d record.Document) ([]read, error) {
	p, err := x.vault.OpenPack(ctx, d.Object)
	if err != nil {
		return nil, fmt.Errorf("document %s: %w", d.ID, err)
	}
	pages := make([]read, len(p.Info().Pages))
	for i := range pages {
		if pages[i].text, err = p.Text(i + 1); err == nil {
			pages[i].words, err = p.Words(i + 1)
		}
		if err != nil {
			return nil, fmt.Errorf("document %s, page %d: %w", d.ID, i+1, err)
		}
	}
	return pages, nil
}

// errChanged says that a document became another between reading and writing.
var errChanged = &record.Error{Category: record.Busy, Message: "The document changed while it was indexed.", Hint: "It is indexed again by itself."}

// store writes a batch that was begun at a time: the engine first, then what
// the catalog knows of it.
func (x *Indexer) store(ctx context.Context, b batch, began time.Time) error {
	x.write.Lock()
	defer x.write.Unlock()
	rows, err := x.rows(ctx, b.ids)
	if err != nil {
		return err
	}
	var entries []search.Entry
	var gone []record.DocumentID
	seen := map[int64][]record.DocumentID{} // by change; one transaction sees but one
	for _, id := range b.ids {
		row, known := rows[id]
		if known {
			seen[row.Sequence] = append(seen[row.Sequence], id)
		}
		if !known || !searchable(row) {
			gone = append(gone, id)
			continue
		}
		pages, read := b.pages[id]
		if !read || row.Document.Object != b.seen[id].Document.Object || row.Document.Pages != b.seen[id].Document.Pages {
			return errChanged
		}
		entries = append(entries, entry(row, pages))
	}
	if len(entries) > 0 {
		if err := x.engine.Index(ctx, entries); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		if err := x.engine.Delete(ctx, gone); err != nil {
			return err
		}
	}
	took := time.Since(began).Milliseconds()
	return x.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if x.Node != "" && len(entries) > 0 {
			if err := tx.AddCounts(x.Node, []catalog.Count{{At: tx.Now(), Kind: catalog.CountStage, Name: catalog.StageIndex, N: took}}); err != nil {
				return err
			}
		}
		for seq, ids := range seen {
			if err := tx.SetIndexed(ids, seq); err != nil {
				return err
			}
			if err := tx.ClearDirty(seq); err != nil {
				return err
			}
		}
		return nil
	})
}
