package catalogtest

import (
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) links() {
	mail, a, b, inner := s.document("", "u1", ""), s.document("", "u1", ""), s.document("", "u1", ""), s.document("", "u1", "")
	put := func(from, to record.DocumentID, place int) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			return tx.InsertLink(catalog.Link{Document: from, Kind: catalog.LinkEncloses, Other: to, Place: place})
		})
	}
	s.ok(put(mail.ID, b.ID, 2))
	s.ok(put(mail.ID, a.ID, 1))
	s.ok(put(mail.ID, a.ID, 1)) // again
	s.ok(put(b.ID, inner.ID, 1))
	s.is(put(mail.ID, inner.ID, 1), record.Conflict)
	of := func(id record.DocumentID) []catalog.Link {
		return get(s, func(tx *catalog.Tx) ([]catalog.Link, error) { return tx.LinksOf(id) })
	}
	toA := catalog.Link{Document: mail.ID, Kind: catalog.LinkEncloses, Other: a.ID, Place: 1}
	toB := catalog.Link{Document: mail.ID, Kind: catalog.LinkEncloses, Other: b.ID, Place: 2}
	toInner := catalog.Link{Document: b.ID, Kind: catalog.LinkEncloses, Other: inner.ID, Place: 1}
	if got := of(mail.ID); !slices.Equal(got, []catalog.Link{toA, toB}) {
		s.Errorf("links of the mail: %v", got)
	}
	if got := of(b.ID); !slices.Contains(got, toB) || !slices.Contains(got, toInner) || len(got) != 2 {
		s.Errorf("links of the one in the middle: %v", got)
	}
	if got := of(a.ID); !slices.Equal(got, []catalog.Link{toA}) {
		s.Errorf("links of an attachment: %v", got)
	}
	s.read(func(tx *catalog.Tx) error {
		at, err := tx.EnclosedAt(mail.ID, 2)
		none, err2 := tx.EnclosedAt(mail.ID, 3)
		if err != nil || err2 != nil || at != b.ID || none != "" {
			s.Errorf("enclosed at: %q %q %v %v", at, none, err, err2)
		}
		for _, c := range []struct{ depth, want int }{{1, 2}, {2, 3}, {9, 3}} {
			if n, err := tx.CountEnclosed(mail.ID, c.depth); err != nil || n != c.want {
				s.Errorf("to depth %d: %d, %v", c.depth, n, err)
			}
		}
		for _, limit := range []int{1, 2, 9} {
			outer, err := tx.Enclosing(inner.ID, limit)
			if err != nil || !slices.Equal(outer, []record.DocumentID{b.ID, mail.ID}[:min(2, limit)]) {
				s.Errorf("enclosing: %v, %v", outer, err)
			}
		}
		return nil
	})
}
