package catalogtest

import (
	"errors"
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// kept: what is for a restricted file closes whatever holds its pages, and what
// comes out of it is closed before anybody has read it.
func (s *suite) kept() {
	clerk := s.user("clerk", at("clearing", "*", ""))
	secret, other := s.restricted(1), s.restricted(2)
	plain := s.file(newFile(number(3), "03104", "L1"))
	sees := func(id record.DocumentID) bool {
		f := get(s, func(tx *catalog.Tx) (map[record.DocumentID]record.Facts, error) {
			return tx.FactsForDocuments(clerk, []record.DocumentID{id})
		})[id]
		return f.Unfiled && f.Sensitivity == record.SensitivityNormal
	}
	doc := func(in record.FileID) record.DocumentID { return s.document(in, "u1", "03104").ID }
	link := func(a record.DocumentID, kind string, b record.DocumentID, place int) {
		s.write(func(tx *catalog.Tx) error {
			return tx.InsertLink(catalog.Link{Document: a, Kind: kind, Other: b, Place: place})
		})
	}
	shut := func(id record.DocumentID) (waiting []record.DocumentID) {
		s.write(func(tx *catalog.Tx) (err error) { waiting, err = tx.Shut(id); return err })
		return waiting
	}
	expected := func(id record.DocumentID) (kept record.FileID) {
		s.read(func(tx *catalog.Tx) (err error) { _, kept, err = tx.Expected(id); return err })
		return kept
	}

	batch, letter, beside := doc(""), doc(secret.ID), doc(plain.ID)
	link(batch, catalog.LinkSplits, letter, 1)
	link(batch, catalog.LinkSplits, beside, 2)
	if w := shut(beside); len(w) != 0 || !sees(batch) {
		s.Errorf("a letter in an open file closes its batch: %v", w)
	}
	if w := shut(letter); !slices.Equal(w, []record.DocumentID{batch}) || sees(batch) {
		s.Errorf("the batch: %v waits, seen %v", w, sees(batch))
	}
	third := doc("")
	link(batch, catalog.LinkSplits, third, 3)
	if kept := expected(third); kept != "" {
		s.Errorf("a letter is kept for the sake of the one beside it: %q", kept)
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.SetNote(batch, catalog.Note{Barcodes: []string{plain.Number(), secret.Number()}})
	})
	if kept := expected(third); kept != secret.ID {
		s.Errorf("a letter of a batch for a restricted file is kept for %q", kept)
	}
	s.write(func(tx *catalog.Tx) error { // who was asked has said no
		return tx.SetRouting(batch, record.Routing{Outcome: record.OutcomeClearing, By: clerk})
	})
	if kept := expected(third); kept != "" {
		s.Errorf("after a no it is kept for %q", kept)
	}
	again := doc(other.ID)
	link(batch, catalog.LinkSplits, again, 4)
	if w := shut(again); len(w) != 0 || sees(batch) || s.facts1(batch, clerk).File != secret.ID {
		s.Errorf("a batch for two restricted files that waits: with the people of %q", s.facts1(batch, clerk).File)
	}
	own := doc("")
	link(batch, catalog.LinkSplits, own, 5)
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.SetRouting(batch, record.Routing{Outcome: record.OutcomeClearing, Reserved: secret.ID}), tx.SetCut(own, catalog.Cut{First: 5, Last: 5, Sheet: other.Number()}))
	})
	if kept := expected(own); kept != other.ID {
		s.Errorf("a letter whose sheet names one file, of a batch for another, is kept for %q", kept)
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetSplit(batch, catalog.Split{Parts: 5}) })
	if sees(batch) || s.facts1(batch, clerk).File != "" {
		s.Error("a batch that was split, for two restricted files, is there for the people of one of them")
	}

	one, two, whole := doc(""), doc(""), doc(secret.ID)
	link(whole, catalog.LinkMerges, one, 1)
	link(whole, catalog.LinkMerges, two, 2)
	if w := shut(whole); len(w) != 0 || sees(one) || sees(two) { // they are no work any more
		s.Errorf("what it was put together from: %v", w)
	}
	result := doc("")
	link(result, catalog.LinkMerges, one, 1)
	mail, part := doc(""), doc("")
	link(mail, catalog.LinkEncloses, part, 1)
	s.write(func(tx *catalog.Tx) error { return tx.Reserve(mail, other.ID) })
	if a, b := expected(result), expected(part); a != secret.ID || b != other.ID {
		s.Errorf("put together %q, attached %q", a, b)
	}
	lost := doc("")
	s.write(func(tx *catalog.Tx) error { return tx.Reserve(lost, "0123456789abcdef0123456789abcdef") })
	if sees(lost) {
		s.Error("what is kept for a file that is gone is open to those who clear")
	}
}

func (s *suite) restricted(n int) record.File {
	f := newFile(number(n), "03104", "L1")
	f.Sensitivity = record.SensitivityRestricted
	return s.file(f)
}

func (s *suite) facts1(id record.DocumentID, u record.UserID) record.Facts {
	return get(s, func(tx *catalog.Tx) (map[record.DocumentID]record.Facts, error) {
		return tx.FactsForDocuments(u, []record.DocumentID{id})
	})[id]
}

// byClue: which documents one new file lets be looked at anew.
func (s *suite) byClue() {
	n := func(v string) record.Clue { return record.Clue{Kind: record.ClueNumber, Value: v} }
	p := record.Clue{Kind: record.CluePerson, Value: "1985-04-03 mueller anna"}
	a, b, c := s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104")
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(a.ID, []record.Clue{n("1"), n("2"), p}) })
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(b.ID, []record.Clue{p}) })
	s.write(func(tx *catalog.Tx) error { return tx.SetClues(c.ID, []record.Clue{n("9")}) })
	docs := func(limit int, clues ...record.Clue) []record.DocumentID {
		return get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.DocumentsByClue(clues, limit) })
	}
	want := []record.DocumentID{a.ID, b.ID}
	slices.Sort(want)
	if got := docs(10, n("1"), n("2"), n("3"), p); !slices.Equal(got, want) {
		s.Errorf("by clues: %v", got)
	}
	if got := docs(1, n("1"), p); len(got) != 1 || len(docs(10)) != 0 {
		s.Errorf("at most one: %v", got)
	}
}

// orphans: letters for a restricted file that wait with nobody are counted, what
// somebody wanted to look at again is not.
func (s *suite) orphans() {
	orphans := func() int { return get(s, func(tx *catalog.Tx) (int, error) { return tx.CountOrphaned() }) }
	f := s.restricted(1)
	mail, part, asked := s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104")
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.InsertLink(catalog.Link{Document: mail.ID, Kind: catalog.LinkEncloses, Other: part.ID, Place: 1}), tx.Reserve(mail.ID, f.ID),
			tx.Reserve(part.ID, f.ID), tx.Reserve(asked.ID, f.ID), tx.AskItem(asked.ID, "u1", func(record.Facts) bool { return true }))
	})
	holder := get(s, func(tx *catalog.Tx) (catalog.Item, error) { return tx.OpenItemOf(asked.ID) }).Holder
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutUser(catalog.User{ID: holder, Name: "there", Display: "There"}), tx.DropItem(part.ID, "u1"))
	})
	if n := orphans(); n != 1 {
		s.Errorf("a mail that nobody was asked about, with an attachment: %d orphans", n)
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetSplit(mail.ID, catalog.Split{Parts: 1}) })
	s.write(func(tx *catalog.Tx) error { return tx.Reserve(part.ID, "") })
	f.Responsible = s.user("gone")
	s.write(func(tx *catalog.Tx) error { return tx.SetDisabled(f.Responsible, true) })
	d := s.document(f.ID, "u1", "03104")
	for want, kind := range []catalog.ItemKind{catalog.ItemFollowUp, catalog.ItemDocument} {
		i := catalog.Item{ID: record.ItemID(record.NewID()), Kind: kind, Document: d.ID, File: f.ID, Queue: catalog.QueueUser, CreatedBy: f.Responsible,
			ItemPlace: catalog.ItemPlace{Holder: f.Responsible, State: catalog.ItemOpen, Waits: "2026-03-01"}}
		s.write(func(tx *catalog.Tx) error { return tx.InsertItem(i) })
		if n := orphans(); n != want {
			s.Errorf("%s: %d orphans", kind, n)
		}
	}
}
