package embedded

import (
	"fmt"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// columns keep the metas of an index in memory, segment by segment, some 100
// bytes a document. Segments never change: only new ones are read. (Bleve
// keeps them on disk in compressed chunks of 1,024 documents. To look at those
// of a few documents for each of a hundred words took 80 % of a suggestion.)
type columns struct {
	mu       sync.Mutex
	names    names
	segments map[uint64]column // by the segment's number
}

// column holds the metas of one segment, deleted documents included.
type column []meta

// rows are the metas of all documents of a snapshot.
type rows struct {
	starts  []uint64 // the number of each segment's first document
	columns []column
	names   *names
	at      int // where the last one was found
}

// of gives the rows of a snapshot, for one reader at a time.
func (c *columns) of(r index.IndexReader) (*rows, error) {
	snap, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return nil, fmt.Errorf("search index: this reader has no segments")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &rows{names: &c.names}
	now := make(map[uint64]column, len(c.segments))
	start := uint64(0)
	for _, s := range snap.Segments() {
		col, known := c.segments[s.Id()]
		if !known {
			var err error
			if col, err = readColumn(snap, start, s.Segment().Count(), &c.names); err != nil {
				return nil, err
			}
		}
		now[s.Id()] = col
		out.starts, out.columns = append(out.starts, start), append(out.columns, col)
		start += s.Segment().Count()
	}
	c.segments = now
	return out, nil
}

// readColumn reads the metas of n documents of one segment.
func readColumn(snap *scorch.IndexSnapshot, start, n uint64, names *names) (column, error) {
	values, err := snap.DocValueReader([]string{fieldMeta})
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	out := make(column, n)
	var found []byte
	for i := range out {
		found = found[:0]
		err := values.VisitDocValues(index.NewIndexInternalID(nil, start+uint64(i)), func(_ string, v []byte) { found = append(found, v...) })
		if err != nil {
			return nil, fmt.Errorf("search index: %w", err)
		}
		if out[i], err = decodeMeta(found, names); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row gives the meta of a document.
func (r *rows) row(id index.IndexInternalID) (*meta, error) {
	n := id.Value()
	if r.at >= len(r.starts) || n < r.starts[r.at] || n-r.starts[r.at] >= uint64(len(r.columns[r.at])) {
		i, found := slices.BinarySearch(r.starts, n)
		if !found {
			i--
		}
		if i < 0 || n-r.starts[i] >= uint64(len(r.columns[i])) {
			return nil, damaged(fmt.Errorf("a document without properties"))
		}
		r.at = i
	}
	return &r.columns[r.at][n-r.starts[r.at]], nil
}

// segment gives a document's segment and its number in it.
func (r *rows) segment(id uint64) (segment int, number uint64) {
	i, found := slices.BinarySearch(r.starts, id)
	if !found {
		i--
	}
	return i, id - r.starts[i]
}

// name stands for a site, team, type or section; 0 is the empty one.
type name uint32

// names number the values that many documents bear.
type names struct {
	mu      sync.RWMutex
	numbers map[string]name
	values  []string
}

// number gives a value's number, a new one if need be.
func (n *names) number(value []byte) name {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.numbers == nil {
		n.numbers, n.values = map[string]name{"": 0}, []string{""}
	}
	at, known := n.numbers[string(value)]
	if !known {
		at = name(len(n.values))
		n.numbers[string(value)] = at
		n.values = append(n.values, string(value))
	}
	return at
}

// find gives the number of a value that some document bears.
func (n *names) find(value string) (name, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	at, known := n.numbers[clean(value)]
	return at, known
}

// all gives the values by their numbers.
func (n *names) all() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.values
}
