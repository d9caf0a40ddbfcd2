package catalogtest

import (
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// pending: what clues say waits for a customer, in transit and in clearing.
func (s *suite) pending() {
	n := func(v string) record.Clue { return record.Clue{Kind: record.ClueNumber, Value: v} }
	p := record.Clue{Kind: record.CluePerson, Value: "1985-04-03 mueller anna"}
	docs := func(c ...record.Clue) (ids []record.DocumentID) {
		for _, d := range get(s, func(tx *catalog.Tx) ([]record.Document, error) { return tx.PendingDocuments(c, 50) }) {
			ids = append(ids, d.ID)
		}
		return ids
	}
	a, b, c := s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104")
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(a.ID, []record.Clue{n("1"), p}) })
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(b.ID, []record.Clue{p}) })
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(c.ID, []record.Clue{n("2")}) })
	if got := docs(n("1"), n("3"), n("4"), p); len(got) != 2 || slices.Contains(got, c.ID) {
		s.Errorf("pending %v", got)
	}
	if got := docs(); len(got) != 0 {
		s.Errorf("who is known by nothing has pending %v", got)
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.SetRouting(c.ID, record.Routing{Outcome: record.OutcomeForwarded, At: s.clock.Now()})
	})
	if got := docs(n("2")); len(got) != 0 {
		s.Errorf("what was handed on is pending: %v", got)
	}
	list := get(s, func(tx *catalog.Tx) ([]record.Document, error) {
		list, _, err := tx.UnfiledDocuments([]string{"03104"}, "", 50)
		return list, err
	})
	if n := get(s, func(tx *catalog.Tx) (int, error) { return tx.CountUnfiled([]string{"03104"}) }); len(list) != 2 || n != 2 {
		s.Errorf("what was handed on waits in clearing: %d, %d", len(list), n)
	}
}
