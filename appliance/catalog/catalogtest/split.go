package catalogtest

import (
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) split() {
	batch, a, b := s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104")
	waiting := func() []record.DocumentID {
		docs := get(s, func(tx *catalog.Tx) ([]record.Document, error) {
			out, _, err := tx.UnfiledDocuments([]string{"03104"}, "", 50)
			return out, err
		})
		if n := get(s, func(tx *catalog.Tx) (int, error) { return tx.CountUnfiled([]string{"03104"}) }); n != len(docs) {
			s.Errorf("%d counted, %d listed", n, len(docs))
		}
		var ids []record.DocumentID
		for _, d := range docs {
			ids = append(ids, d.ID)
		}
		return ids
	}
	s.read(func(tx *catalog.Tx) error {
		if _, ok, err := tx.SplitOf(batch.ID); ok || err != nil {
			s.Errorf("a batch that nobody has split: %v %v", ok, err)
		}
		return nil
	})
	s.write(func(tx *catalog.Tx) error {
		return tx.InsertLink(catalog.Link{Document: batch.ID, Kind: catalog.LinkSplits, Other: a.ID, Place: 1})
	})
	cut := catalog.Cut{First: 2, Last: 3, Sheet: "03104//0012345"}
	s.write(func(tx *catalog.Tx) error { return tx.SetCut(a.ID, cut) })
	s.write(func(tx *catalog.Tx) error { return tx.SetCut(a.ID, catalog.Cut{First: 9, Last: 9}) }) // the first stays
	s.write(func(tx *catalog.Tx) error { return tx.SetSplit(batch.ID, catalog.Split{Reason: "damaged"}) })
	if got := waiting(); len(got) != 3 {
		s.Errorf("a batch that could not be split waits no more: %v", got)
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetSplit(batch.ID, catalog.Split{Parts: 2}) })
	if got := waiting(); len(got) != 2 || slices.Contains(got, batch.ID) {
		s.Errorf("after the split: %v", got)
	}
	s.read(func(tx *catalog.Tx) error {
		got, ok, err := tx.SplitOf(batch.ID)
		if err != nil || !ok || got != (catalog.Split{Parts: 2}) {
			s.Errorf("split: %+v %v %v", got, ok, err)
		}
		at, err := tx.LinkedAt(batch.ID, catalog.LinkSplits, 1)
		none, err2 := tx.LinkedAt(batch.ID, catalog.LinkEncloses, 1)
		if err != nil || err2 != nil || at != a.ID || none != "" {
			s.Errorf("at place 1: %q %q %v %v", at, none, err, err2)
		}
		of, _, err := tx.CutOf(a.ID)
		_, no, err2 := tx.CutOf(b.ID)
		if err != nil || err2 != nil || of != cut || no {
			s.Errorf("cuts: %+v %v %v %v", of, no, err, err2)
		}
		return nil
	})
	s.write(func(tx *catalog.Tx) error { return tx.DisposeDocument(a.ID) })
	if c := get(s, func(tx *catalog.Tx) (catalog.Cut, error) { c, _, err := tx.CutOf(a.ID); return c, err }); c != (catalog.Cut{}) {
		s.Errorf("what the sheet before an erased letter said is still there: %+v", c)
	}
}
