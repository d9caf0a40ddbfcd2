package indexer

import (
	"context"
	"fmt"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/search"
)

// comparePage is how many documents are compared at once.
const comparePage = 500

// Difference is a document that the index does not hold as the catalog says.
type Difference struct {
	Document record.DocumentID
	What     string // a sentence
}

// Compared counts what a comparison looked at.
type Compared struct {
	Documents   int64 // that must be in the index
	Pages       int64 // of those in the index
	Differences int64
}

// Compare holds every entry of the index against the catalog: each document
// that must be found is there with its pages, for whom it may be shown to and
// as of the newest change, and nothing else is. What differs is reported. It
// may run while documents come and change; memory is bounded.
func (x *Indexer) Compare(ctx context.Context, report func(Difference)) (Compared, error) {
	var c Compared
	var after record.DocumentID
	for {
		last, more, err := x.comparePart(ctx, after, &c, report)
		if err != nil {
			return c, fmt.Errorf("compare the index: %w", err)
		}
		if !more {
			return c, nil
		}
		after = last
	}
}

// comparePart compares the documents from behind after up to a page of the
// catalog's. What only waits for its turn is brought first and looked at again.
func (x *Indexer) comparePart(ctx context.Context, after record.DocumentID, c *Compared, report func(Difference)) (last record.DocumentID, more bool, err error) {
	p, err := x.look(ctx, after)
	if err != nil {
		return "", false, err
	}
	if ids := p.waiting(); len(ids) > 0 {
		for _, id := range ids {
			if err := x.Bring(ctx, id); hopeless(ctx, err) { // another failure shows as a difference
				return "", false, err
			}
		}
		if p, err = x.look(ctx, after); err != nil {
			return "", false, err
		}
	}
	for _, id := range p.order {
		held, there := p.held[id]
		row, known := p.rows[id]
		must := known && searchable(row)
		if must {
			c.Documents++
		}
		if there {
			c.Pages += int64(held.Pages)
		}
		if what := difference(must, there, held, row, p.seqs[id]); what != "" {
			c.Differences++
			report(Difference{Document: id, What: what})
		}
	}
	return p.last, p.more, nil
}

// part is what catalog and index say of the same stretch of ids.
type part struct {
	order []record.DocumentID
	rows  map[record.DocumentID]catalog.IndexRow
	seqs  map[record.DocumentID]catalog.IndexSeq
	held  map[record.DocumentID]search.Held
	last  record.DocumentID
	more  bool
}

// look reads both sides while nothing is written to the index.
func (x *Indexer) look(ctx context.Context, after record.DocumentID) (part, error) {
	x.write.Lock()
	defer x.write.Unlock()
	p := part{held: map[record.DocumentID]search.Held{}}
	err := x.catalog.Read(ctx, func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter(after, comparePage)
		if err != nil {
			return err
		}
		p.order, p.more = nil, len(docs) == comparePage
		for _, d := range docs {
			p.order = append(p.order, d.ID)
			p.last = d.ID
		}
		if p.rows, err = tx.IndexRows(p.order); err != nil {
			return err
		}
		p.seqs, err = tx.IndexSeqs(p.order)
		return err
	})
	if err != nil {
		return p, err
	}
	for from := after; ; {
		held, err := x.engine.List(ctx, from, comparePage)
		if err != nil {
			return p, err
		}
		for _, h := range held {
			if from = h.Document; p.more && from > p.last {
				return p, nil
			}
			p.held[from] = h
			if _, known := p.rows[from]; !known {
				p.order = append(p.order, from)
			}
		}
		if len(held) < comparePage {
			return p, nil
		}
	}
}

// waiting are the documents that changed since the index saw them.
func (p *part) waiting() (ids []record.DocumentID) {
	for id, s := range p.seqs {
		if _, there := p.held[id]; s.Changed > s.Seen && (there || searchable(p.rows[id])) {
			ids = append(ids, id)
		}
	}
	return ids
}

func difference(must, there bool, held search.Held, row catalog.IndexRow, seq catalog.IndexSeq) string {
	switch {
	case must && !there:
		return "is not in the index"
	case !must && there:
		return "is in the index and must not be"
	case !must:
		return ""
	case held.Sequence < seq.Changed || held.Sequence < seq.Seen:
		return fmt.Sprintf("is in the index as of change %d, must be as of %d", held.Sequence, max(seq.Changed, seq.Seen))
	case held.Ordinal != row.Ordinal || held.Sensitivity != row.Sensitivity:
		return "is in the index for others than may see it"
	case held.Pages != row.Document.Pages:
		return fmt.Sprintf("is in the index with %d pages, has %d", held.Pages, row.Document.Pages)
	}
	return ""
}

// sweep takes out what the index holds and must not.
func (x *Indexer) sweep(ctx context.Context) error {
	var after record.DocumentID
	for {
		held, err := x.engine.List(ctx, after, comparePage)
		if err != nil || len(held) == 0 {
			return err
		}
		ids := make([]record.DocumentID, len(held))
		for i, h := range held {
			ids[i] = h.Document
		}
		rows, err := x.rows(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if row, known := rows[id]; known && searchable(row) {
				continue
			}
			if err := x.Bring(ctx, id); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}
