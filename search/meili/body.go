package meili

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"eakte/appliance/record"
	"eakte/search"
)

// element is a sender, title or page: the terms at each of its positions, with
// termSpace between them.
type element []string

// body is a document's terms in their order.
type body struct {
	sender element
	texts  []element // the title, then the pages
}

// What parts the elements, the positions and the terms of an encoded body. No
// term has any of them.
const (
	elementEnd  = "\f"
	positionEnd = "\n"
	termSpace   = " "
)

// encode packs a body into base64 of deflate: a third of its length.
func (b body) encode() (string, error) {
	var out bytes.Buffer
	to64 := base64.NewEncoder(base64.StdEncoding, &out)
	deflate, err := flate.NewWriter(to64, flate.DefaultCompression)
	if err != nil {
		return "", fmt.Errorf("pack terms: %w", err)
	}
	for i, e := range append([]element{b.sender}, b.texts...) {
		if i > 0 {
			_, err = io.WriteString(deflate, elementEnd)
		}
		for _, terms := range e {
			_, werr := io.WriteString(deflate, terms+positionEnd)
			err = errors.Join(err, werr)
		}
	}
	if err = errors.Join(err, deflate.Close(), to64.Close()); err != nil {
		return "", fmt.Errorf("pack terms: %w", err)
	}
	return out.String(), nil
}

// maxBody is the most bytes that an encoded body is unpacked to.
const maxBody = 1 << 30

func decodeBody(s string) (body, error) {
	r := flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(s)))
	raw, err := io.ReadAll(io.LimitReader(r, maxBody))
	if err != nil {
		return body{}, damaged(err)
	}
	var all []element
	for _, part := range strings.Split(string(raw), elementEnd) {
		e := element(strings.Split(part, positionEnd))
		all = append(all, e[:len(e)-1]) // each position is ended
	}
	if len(all) < 2 {
		return body{}, damaged(errors.New("terms without a title"))
	}
	return body{sender: all[0], texts: all[1:]}, nil
}

func damaged(cause error) error {
	return &record.Error{Category: record.Corrupt, Message: "The search index is damaged.",
		Hint: "Have the index made anew; files and documents can be read meanwhile.", Cause: cause}
}

// matches says whether a document matches, as search.Parsed defines it.
func (b *body) matches(q search.Parsed) bool {
	for i := range q.Must {
		if !b.has(&q.Must[i]) {
			return false
		}
	}
	for i := range q.Not {
		if b.has(&q.Not[i]) {
			return false
		}
	}
	return true
}

// in gives the elements in which a clause may stand.
func (b *body) in(c *search.Clause) []element {
	if c.In == search.FieldSender {
		return []element{b.sender}
	}
	return b.texts
}

func (b *body) has(c *search.Clause) bool {
	for _, e := range b.in(c) {
		if e.slots(c.Slots) > search.RankNone {
			return true
		}
	}
	return b.hasAll(c.Also) || b.hasAny(c.Or)
}

func (b *body) hasAll(also []search.Clause) bool {
	for i := range also {
		if !b.has(&also[i]) {
			return false
		}
	}
	return len(also) > 0
}

func (b *body) hasAny(or []search.Clause) bool {
	for i := range or {
		if b.has(&or[i]) {
			return true
		}
	}
	return false
}

// page gives the page on which the most clauses match, each as well as
// possible; the first of equals. Misspellings count only in documents that
// have nothing better. What stands in the sender stands on page 1.
func (b *body) page(q search.Parsed) int {
	points := make([]int, len(b.texts))
	for i := range q.Must {
		ranks := make([]search.Rank, len(b.texts))
		best := search.RankNone
		for n := range ranks {
			ranks[n] = b.rank(n, &q.Must[i])
			best = max(best, ranks[n])
		}
		for n, r := range ranks {
			if r > search.RankTypo || r == search.RankTypo && best == search.RankTypo {
				// One clause more outweighs how well the others match.
				points[n] += int(search.RankWhole)*len(q.Must) + int(r)
			}
		}
	}
	page := 1
	for n := 2; n < len(points); n++ {
		if points[n] > points[page] {
			page = n
		}
	}
	return min(page, len(points)-1)
}

// rank says how well a clause matches on the title (0) or a page.
func (b *body) rank(n int, c *search.Clause) search.Rank {
	best := search.RankNone
	switch {
	case c.In != search.FieldSender:
		best = b.texts[n].slots(c.Slots)
	case n == 1:
		best = b.sender.slots(c.Slots)
	}
	for i := range c.Also {
		best = max(best, min(b.rank(n, &c.Also[i]), search.RankPart))
	}
	for i := range c.Or {
		best = max(best, b.rank(n, &c.Or[i]))
	}
	return best
}

// slots says how well slots stand side by side: as well as the worst of them,
// at the best place.
func (e element) slots(slots []search.Slot) search.Rank {
	best := search.RankNone
	if len(slots) == 0 {
		return best
	}
	for at := 0; at+len(slots) <= len(e) && best < search.RankWhole; at++ {
		worst := search.RankWhole
		for k := 0; k < len(slots) && worst > best; k++ {
			here := search.RankNone
			for term := range strings.SplitSeq(e[at+k], termSpace) {
				here = max(here, slots[k].Rank(term))
			}
			worst = min(worst, here)
		}
		best = max(best, worst)
	}
	return best
}
