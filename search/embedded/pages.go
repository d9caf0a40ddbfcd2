package embedded

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

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
			dropTypos(r)
			for page, rank := range r {
				// One clause more outweighs how well the others match.
				points[h][page] += int(search.RankWhole)*len(p.Must) + int(rank)
			}
		}
	}
	for h := range hits {
		out[h] = bestPage(points[h], hits[h].meta.pages)
	}
	return out, nil
}

// dropTypos leaves out where a clause stands with a typing error only, if it
// stands better somewhere else in the document.
func dropTypos(r map[uint64]search.Rank) {
	for _, rank := range r {
		if rank > search.RankTypo {
			maps.DeleteFunc(r, func(_ uint64, rank search.Rank) bool { return rank == search.RankTypo })
			return
		}
	}
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
	switch len(c.Slots) {
	case 0:
	case 1:
		err = b.slotRanks(&c.Slots[0], textField(c), hits, order, out)
	default:
		err = b.phraseRanks(c.Slots, textField(c), hits, order, out)
	}
	for i := 0; i < len(c.Also) && err == nil; i++ {
		err = b.addRanks(&c.Also[i], search.RankPart, hits, order, out)
	}
	for i := 0; i < len(c.Or) && err == nil; i++ {
		err = b.addRanks(&c.Or[i], search.RankWhole, hits, order, out)
	}
	return out, err
}

// addRanks adds the ranks of what does as well as a clause, most at the most.
func (b *builder) addRanks(c *search.Clause, most search.Rank, hits []hit, order []int, out []map[uint64]search.Rank) error {
	more, err := b.ranks(c, hits, order)
	for h := range more {
		for page, r := range more[h] {
			out[h][page] = max(out[h][page], min(r, most))
		}
	}
	return err
}

// slotRanks looks for misspellings only in documents that have nothing better.
func (b *builder) slotRanks(s *search.Slot, field string, hits []hit, order []int, out []map[uint64]search.Rank) error {
	x, err := b.expand(s, field)
	if err != nil {
		return err
	}
	for _, g := range [...]struct {
		terms []string
		rank  search.Rank
	}{{s.Terms, search.RankWhole}, {s.Parts, search.RankPart}, {x.prefixed, search.RankPart}, {x.mistyped, search.RankTypo}} {
		var open []int
		for _, h := range order {
			if g.rank != search.RankTypo || len(out[h]) == 0 {
				open = append(open, h)
			}
		}
		for _, f := range forms(g.terms) {
			err := b.locate(f, field, hits, open, func(h int, places []uint64) {
				for _, at := range places {
					out[h][at>>32] = max(out[h][at>>32], g.rank)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// phraseRanks finds the elements on which the slots stand side by side.
func (b *builder) phraseRanks(slots []search.Slot, field string, hits []hit, order []int, out []map[uint64]search.Rank) error {
	at := make([][][]uint64, len(hits)) // of each hit, each slot
	for h := range at {
		at[h] = make([][]uint64, len(slots))
	}
	for k, s := range slots {
		for _, f := range forms(s.Terms) {
			err := b.locate(f, field, hits, order, func(h int, places []uint64) { at[h][k] = append(at[h][k], places...) })
			if err != nil {
				return err
			}
		}
	}
	for h := range hits {
		for k := range slots {
			slices.Sort(at[h][k])
		}
		for _, place := range rowOf(at[h]) {
			out[h][place>>32] = search.RankWhole
		}
	}
	return nil
}

// locate calls found with the places of a form in those of the hits that have
// it; they are good for that call only. Order names the hits by ascending
// internal id.
func (b *builder) locate(f form, field string, hits []hit, order []int, found func(h int, places []uint64)) (err error) {
	if len(order) == 0 {
		return nil
	}
	r, err := b.reader.TermFieldReader(b.ctx, []byte(f.term), field, true, true, true)
	if err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c := &cursor{reader: r, ending: uint64(f.ending)}
	var places []uint64
	for _, h := range order {
		if places, err = c.append(index.NewIndexInternalID(nil, hits[h].internal), places[:0]); err != nil {
			return err
		}
		if len(places) > 0 {
			found(h, places)
		}
	}
	return nil
}
