package catalogtest

import (
	"maps"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// enclose links documents as the parts of a container, in their order.
func (s *suite) enclose(container record.Document, parts ...record.Document) {
	s.Helper()
	for i, p := range parts {
		s.write(func(tx *catalog.Tx) error {
			return tx.InsertLink(catalog.Link{Document: container.ID, Kind: catalog.LinkEncloses, Other: p.ID, Place: i + 1})
		})
	}
}

// refile moves a document into a file, as far as its own row goes.
func (s *suite) refile(d record.Document, file record.FileID) {
	s.Helper()
	s.write(func(tx *catalog.Tx) error {
		now, err := tx.DocumentByID(d.ID)
		if err != nil {
			return err
		}
		now.File = file
		return tx.UpdateDocument(now)
	})
}

func (s *suite) familyIs(of record.Document, want ...record.Document) {
	s.Helper()
	var ids []record.DocumentID
	for _, d := range want {
		ids = append(ids, d.ID)
	}
	sizes := map[record.DocumentID]int{of.ID: len(want)}
	if len(want) == 0 {
		sizes = map[record.DocumentID]int{}
	}
	s.read(func(tx *catalog.Tx) error {
		got, err := tx.Family(of.ID, 100)
		n, err2 := tx.FamilySizes([]record.DocumentID{of.ID})
		if err != nil || err2 != nil || !slices.Equal(got, ids) || !maps.Equal(n, sizes) {
			s.Errorf("family %v (%v, %v), sizes %v (%v)", got, ids, err, n, err2)
		}
		return nil
	})
}

// families: what lies beside its container belongs to it, is not listed by
// itself in clearing and has no item of its own; what was moved away lives its
// own life, with what came in it.
func (s *suite) families() {
	file := s.file(newFile(number(1), "03104", "L1"))
	mail, a, zip, inner := s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104"), s.document("", "u1", "03104")
	elsewhere := s.document("", "u1", "03107")
	s.enclose(mail, zip, a, elsewhere)
	s.enclose(zip, inner)
	s.familyIs(mail, zip, a, inner)
	s.familyIs(zip, inner)
	s.familyIs(a)
	unfiled := func(sites ...string) []record.DocumentID {
		return get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) {
			docs, _, err := tx.UnfiledDocuments(sites, "", 0)
			n, err2 := tx.CountUnfiled(sites)
			if s.ok(err2); n != len(docs) {
				s.Errorf("counted %d, listed %d", n, len(docs))
			}
			var out []record.DocumentID
			for _, d := range docs {
				out = append(out, d.ID)
			}
			slices.Sort(out)
			return out, err
		})
	}
	want := []record.DocumentID{elsewhere.ID, mail.ID}
	if slices.Sort(want); !slices.Equal(unfiled("*"), want) || !slices.Equal(unfiled("03104"), []record.DocumentID{mail.ID}) {
		s.Errorf("in clearing: %v, want %v", unfiled("*"), want)
	}
	s.refile(zip, file.ID) // alone: the one within stays, beside nobody
	s.familyIs(mail, a)
	s.familyIs(zip)
	if got := unfiled("03104"); len(got) != 2 || !slices.Contains(got, inner.ID) {
		s.Errorf("in clearing without its archive: %v", got)
	}
	s.routedFamily(mail, a, file.ID)
	if limited := get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.Enclosed(mail.ID, 2) }); len(limited) != 2 {
		s.Errorf("two of them: %v", limited)
	}
	if all := get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.Enclosed(mail.ID, 100) }); len(all) != 4 {
		s.Errorf("wherever they lie: %v", all)
	}
}

// routedFamily routes a mail and one attachment: one item, until they part.
func (s *suite) routedFamily(mail, part record.Document, file record.FileID) {
	s.Helper()
	route := func(d record.Document) {
		s.Helper()
		s.write(func(tx *catalog.Tx) error {
			return tx.RouteItem(d.ID, "u1", func(record.Facts) bool { return false })
		})
	}
	has := func(d record.Document) bool {
		var n int
		s.read(func(tx *catalog.Tx) error {
			if _, err := tx.OpenItemOf(d.ID); err == nil {
				n++
			}
			return nil
		})
		return n > 0
	}
	s.refile(mail, file)
	s.refile(part, file)
	route(mail)
	if route(part); !has(mail) || has(part) {
		s.Errorf("items: mail %v, attachment %v", has(mail), has(part))
	}
	other := s.file(newFile(number(2), "03104", "L1"))
	s.refile(part, other.ID)
	if route(part); !has(part) {
		s.Error("an attachment that was moved away waits for nobody")
	}
	s.refile(part, file)
	if route(part); !has(part) {
		s.Error("the work that hung on an attachment is gone")
	}
}

// heldFamilies: a hold on a container holds what came in it, wherever it lies,
// also one that the container took along from a file.
func (s *suite) heldFamilies() {
	file := s.file(newFile(number(1), "03104", "L1"))
	mail, zip, inner, other := s.document("", "u1", ""), s.document("", "u1", ""), s.document("", "u1", ""), s.document("", "u1", "")
	all := []record.Document{mail, zip, inner, other}
	s.enclose(mail, zip)
	s.enclose(zip, inner)
	onMail := s.putHold(catalog.HoldsDocument, string(mail.ID))
	s.heldAre(all, mail, zip, inner)
	s.refile(inner, file.ID)
	s.heldAre(all, mail, zip, inner)
	s.enclose(inner, other) // comes later
	s.heldAre(all, all...)
	s.clock.Advance(time.Minute)
	s.write(func(tx *catalog.Tx) error { return tx.LiftHold(onMail.ID, "u1", s.clock.Now(), "vorbei") })
	s.heldAre(all)
	s.write(func(tx *catalog.Tx) error {
		return tx.PutHold(catalog.Hold{ID: record.NewID(), SubjectKind: catalog.HoldsDocument, Subject: string(mail.ID), Kind: "audit", Reason: "x",
			Origin: record.NewID(), By: "u1"})
	})
	s.heldAre(all, all...)
	outside := s.document("", "u1", "")
	s.enclose(outside, mail) // a hold within doesn't hold what is around it
	s.heldAre(append(all, outside), all...)
}
