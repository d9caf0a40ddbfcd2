package embedded

import (
	"cmp"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// places are, for each element of a document's text (0 the title, n page n),
// the positions of a term.
type places map[uint64]map[uint64]bool

// pages gives the page to show of each hit: the one where the most clauses
// match, each as well as possible; the first of equals.
func (b *builder) pages(p search.Parsed, hits []hit) ([]int, error) {
	out := make([]int, len(hits))
	order := make([]int, len(hits))
	for i := range hits {
		order[i] = i
	}
	// Postings are read forwards.
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(hits[x].internal, hits[y].internal) })
	points := make([]map[uint64]int, len(hits))
	for i := range points {
		points[i] = map[uint64]int{}
	}
	for i := range p.Must {
		ranks, err := b.ranks(&p.Must[i], hits, order)
		if err != nil {
			return nil, err
		}
		for h, r := range ranks {
			for page, rank := range r {
				// One clause more outweighs how well the others match.
				points[h][page] += int(search.RankWhole)*len(p.Must) + int(rank)
			}
		}
	}
	for h := range hits {
		out[h] = bestPage(points[h], hits[h].pages)
	}
	return out, nil
}

func bestPage(points map[uint64]int, pages uint32) int {
	if pages == 0 {
		return 0
	}
	best, most := 1, 0
	for page, n := range points {
		if page > 0 && (n > most || n == most && int(page) < best) {
			best, most = int(page), n
		}
	}
	return best
}

// ranks says for each hit on which elements a clause matches, and how well.
func (b *builder) ranks(c *search.Clause, hits []hit, order []int) ([]map[uint64]search.Rank, error) {
	out := make([]map[uint64]search.Rank, len(hits))
	for i := range out {
		out[i] = map[uint64]search.Rank{}
	}
	var err error
	if len(c.Slots) == 1 {
		err = b.slotRanks(&c.Slots[0], hits, order, out)
	} else {
		err = b.phraseRanks(c.Slots, hits, order, out)
	}
	for i := range c.Also {
		if err != nil {
			break
		}
		var also []map[uint64]search.Rank
		also, err = b.ranks(&c.Also[i], hits, order)
		for h := range also {
			for page, r := range also[h] {
				out[h][page] = max(out[h][page], min(r, search.RankPart))
			}
		}
	}
	return out, err
}

// slotRanks looks for misspellings only in documents that have nothing better.
func (b *builder) slotRanks(s *search.Slot, hits []hit, order []int, out []map[uint64]search.Rank) error {
	note := func(h int, at places, rank search.Rank) {
		for page := range at {
			out[h][page] = max(out[h][page], rank)
		}
	}
	try := func(terms []string, rank search.Rank) error {
		var left []int
		for _, h := range order {
			if rank != search.RankTypo || len(out[h]) == 0 {
				left = append(left, h)
			}
		}
		for _, t := range terms {
			if err := b.locate(t, hits, left, func(h int, at places) { note(h, at, rank) }); err != nil {
				return err
			}
		}
		return nil
	}
	if err := try(s.Terms, search.RankWhole); err != nil {
		return err
	}
	if err := try(s.Parts, search.RankPart); err != nil {
		return err
	}
	x, err := b.expand(s)
	if err != nil {
		return err
	}
	if err := try(x.prefixed, search.RankPart); err != nil {
		return err
	}
	return try(x.mistyped, search.RankTypo)
}

// phraseRanks finds the elements on which the slots stand side by side.
func (b *builder) phraseRanks(slots []search.Slot, hits []hit, order []int, out []map[uint64]search.Rank) error {
	at := make([][]places, len(hits)) // of each hit, each slot
	for h := range at {
		at[h] = make([]places, len(slots))
	}
	for k, s := range slots {
		for _, t := range s.Terms {
			err := b.locate(t, hits, order, func(h int, found places) { at[h][k] = join(at[h][k], found) })
			if err != nil {
				return err
			}
		}
	}
	for h := range hits {
		for page, first := range at[h][0] {
			for p := range first {
				if follows(at[h], page, p) {
					out[h][page] = search.RankWhole
				}
			}
		}
	}
	return nil
}

func follows(slots []places, page, position uint64) bool {
	for k := range slots {
		if !slots[k][page][position+uint64(k)] {
			return false
		}
	}
	return true
}

func join(a, b places) places {
	if a == nil {
		return b
	}
	for page, positions := range b {
		if a[page] == nil {
			a[page] = positions
			continue
		}
		for p := range positions {
			a[page][p] = true
		}
	}
	return a
}

// locate calls found with the places of a term in those of the hits that have
// it. Order names the hits by ascending internal id.
func (b *builder) locate(term string, hits []hit, order []int, found func(h int, at places)) error {
	if len(order) == 0 {
		return nil
	}
	r, err := b.reader.TermFieldReader(b.ctx, []byte(term), fieldText, true, true, true)
	if err != nil {
		return failed(err)
	}
	defer r.Close() // a reader of mapped memory: nothing to lose
	var doc *index.TermFieldDoc
	for _, h := range order {
		want := index.NewIndexInternalID(nil, hits[h].internal)
		if doc == nil || doc.ID.Compare(want) < 0 {
			if doc, err = r.Advance(want, nil); err != nil {
				return failed(err)
			}
			if doc == nil {
				return nil
			}
		}
		if !doc.ID.Equals(want) {
			continue
		}
		at := places{}
		for _, v := range doc.Vectors {
			page := uint64(0)
			if len(v.ArrayPositions) > 0 {
				page = v.ArrayPositions[0]
			}
			if at[page] == nil {
				at[page] = map[uint64]bool{}
			}
			at[page][v.Pos] = true
		}
		found(h, at)
	}
	return nil
}
