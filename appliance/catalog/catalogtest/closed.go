package catalogtest

import (
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// closed: a file that is closed to everybody is closed to who is responsible,
// substitutes, was granted it or handed something in: in facts, filters, finds
// and lists. Its neighbour stays open, and it opens again.
func (s *suite) closed() {
	owner, deputy, guest, house := s.user("owner", at("x", "a", "")), s.user("deputy", at("x", "a", "")), s.user("guest"), s.user("house", at("x", "*", ""))
	p := s.person("Mia", "Muster", "1980-01-02", "")
	f, beside := newFile(number(1), "a", "1", p), newFile(number(2), "a", "1", p)
	f.Responsible, beside.Responsible = owner, owner
	f, beside = s.file(f), s.file(beside)
	d := s.document(f.ID, guest, "")
	s.item(d, owner)
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutGrant(catalog.Grant{File: f.ID, User: guest}); err != nil {
			return err
		}
		return tx.PutSubstitution(catalog.Substitution{ID: "s", Absent: owner, Substitute: deputy})
	})
	all := []catalog.Clause{{Sites: []string{"*"}, MaxSensitivity: 3}}
	open := func(u record.UserID) (relations record.Relation, files, items int) {
		s.read(func(tx *catalog.Tx) error {
			facts, err := tx.Facts(u, []record.FileID{f.ID})
			s.ok(err)
			docs, err := tx.FactsForDocuments(u, []record.DocumentID{d.ID})
			s.ok(err)
			if (facts[f.ID].Relation^docs[d.ID].Relation)&record.RelDenied != 0 {
				s.Errorf("%s: file and document differ: %b, %b", u, facts[f.ID].Relation, docs[d.ID].Relation)
			}
			visible, err := tx.VisibleFiles(u, all)
			s.ok(err)
			found, err := tx.FindFiles(u, all, catalog.FindQuery{Text: "Muster"})
			s.ok(err)
			if len(found.Files) != len(visible) {
				s.Errorf("%s finds %d, may see %d", u, len(found.Files), len(visible))
			}
			q := catalog.ItemQuery{Actor: u, Open: [][]catalog.Clause{all}, Distribute: all}
			items, err = tx.CountItems(q)
			s.ok(err)
			listed, _, err := tx.Items(q)
			if len(listed) != items {
				s.Errorf("%s: %d items listed, %d counted", u, len(listed), items)
			}
			relations, files = facts[f.ID].Relation, len(visible)
			return err
		})
		return relations, files, items
	}
	look := func(when string, denied record.Relation, files, items int) {
		s.Helper()
		for _, u := range []record.UserID{owner, deputy, guest, house} {
			if r, n, i := open(u); r&record.RelDenied != denied || n != files || i != items {
				s.Errorf("%s, to %s: relations %b, %d files, %d items; want denied %b, %d, %d", when, u, r, n, i, denied, files, items)
			}
		}
	}
	look("open", 0, 2, 1)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.OpenFile(f.ID) }), record.NotFound)
	since := s.clock.Now()
	s.write(func(tx *catalog.Tx) error { return tx.CloseFile(f.ID, "manifest missing") })
	look("closed", record.RelDenied, 1, 0)
	s.clock.Advance(time.Hour)
	s.write(func(tx *catalog.Tx) error { return tx.CloseFile(f.ID, "again") }) // the first reason stays
	s.closedList(catalog.ClosedFile{File: f.ID, Number: number(1), Reason: "manifest missing", Since: since})

	// Days don't count: a row that a manifest brought, with any, closes too.
	s.write(func(tx *catalog.Tx) error {
		return tx.PutDenial(catalog.Grant{File: f.ID, User: catalog.Everybody, From: "2030-01-01", To: "2020-01-01"})
	})
	look("closed by a row with days", record.RelDenied, 1, 0)
	s.write(func(tx *catalog.Tx) error { return tx.OpenFile(f.ID) })
	look("opened again", 0, 2, 1)
	s.closedList()
}

func (s *suite) closedList(want ...catalog.ClosedFile) {
	s.Helper()
	s.read(func(tx *catalog.Tx) error {
		n, err := tx.CountClosedFiles()
		s.ok(err)
		if n != len(want) {
			s.Errorf("%d closed files, want %d", n, len(want))
		}
		got, err := tx.ClosedFiles("", 10)
		s.ok(err)
		if len(got) != len(want) || len(want) == 1 && got[0] != want[0] {
			s.Errorf("closed files %+v, want %+v", got, want)
		}
		if len(want) > 0 {
			if got, err = tx.ClosedFiles(want[len(want)-1].File, 10); len(got) > 0 {
				s.Errorf("behind the last: %+v", got)
			}
		}
		return err
	})
}
