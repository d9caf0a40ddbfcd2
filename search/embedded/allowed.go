package embedded

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// allowed counts terms in the documents that may be found, segment by segment:
// postings are bitmaps there, and so is what they are held against.
type allowed struct {
	ctx    context.Context
	reader index.IndexReader
	rows   *rows
	access *access
	closed map[int]*roaring.Bitmap // by segment
}

// count says in how many allowed documents each term stands.
func (a *allowed) count(terms []counted, field string) error {
	for i := range terms {
		terms[i].count = 0
	}
	snap, ok := a.reader.(*scorch.IndexSnapshot)
	if !ok {
		return fmt.Errorf("search index: this reader has no segments")
	}
	for i, s := range snap.Segments() {
		except := a.forbidden(i, s.Deleted())
		if except.GetCardinality() == s.Segment().Count() {
			continue
		}
		d, err := s.Segment().Dictionary(field)
		if err != nil {
			return failed(err)
		}
		p, err := d.PostingsList(nil, except, nil)
		for k := range terms {
			if k%checkEvery == 0 && a.ctx.Err() != nil {
				return a.ctx.Err()
			}
			if err == nil {
				p, err = d.PostingsList([]byte(terms[k].term), except, p)
			}
			if err != nil {
				return failed(err)
			}
			terms[k].count += p.Count()
		}
	}
	return nil
}

// forbidden are the documents of a segment that may not be found, and those
// that are no more.
func (a *allowed) forbidden(segment int, deleted *roaring.Bitmap) *roaring.Bitmap {
	if out, known := a.closed[segment]; known {
		return out
	}
	out := roaring.New()
	for n := range a.rows.columns[segment] {
		if !a.access.allows(&a.rows.columns[segment][n]) {
			out.Add(uint32(n))
		}
	}
	if deleted != nil {
		out.Or(deleted)
	}
	if a.closed == nil {
		a.closed = map[int]*roaring.Bitmap{}
	}
	a.closed[segment] = out
	return out
}
