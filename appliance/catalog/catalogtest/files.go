package catalogtest

import (
	"fmt"
	"reflect"
	"sync"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) files() {
	p, q := s.person("Anna", "Müller", "1985-04-03", "031D123456"), s.person("Ben", "Müller", "2015-01-02", "")
	f := newFile(number(1), "03104", "L1", p, q)
	f.Responsible, f.Sensitivity = "u1", record.SensitivityRaised
	f = s.file(f)
	if f.Ordinal != 1 || !f.CreatedAt.Equal(s.clock.Now()) {
		s.Errorf("inserted: %+v", f)
	}
	byID := func() record.File {
		return get(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByID(f.ID) })
	}
	if got := byID(); !reflect.DeepEqual(got, f) {
		s.Errorf("read %+v, want %+v", got, f)
	}
	second := s.file(newFile(number(2), "03104", "L2"))
	if second.Ordinal != 2 {
		s.Errorf("ordinal %d, want 2", second.Ordinal)
	}
	f.Team, f.ClosedAt, f.Members = "L2", s.clock.Now(), f.Members[:1]
	f.Numbers = []record.DatedNumber{{Number: number(3), From: "2026-01-01"}, {Number: number(1), From: "2024-01-01", To: "2026-01-01"}}
	s.write(func(tx *catalog.Tx) error { return tx.UpdateFile(f) })
	if got := byID(); !reflect.DeepEqual(got, f) {
		s.Errorf("changed %+v, want %+v", got, f)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.UpdateFile(newFile(number(9), "", "")) }), record.NotFound)
	s.is(fails(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByID("nothing") }), record.NotFound)
	all := get(s, func(tx *catalog.Tx) ([]record.File, error) { return tx.FilesAfter(0, 10) })
	if len(all) != 2 || all[0].ID != f.ID || all[1].ID != second.ID {
		s.Errorf("all files: %+v", all)
	}
	some := get(s, func(tx *catalog.Tx) (map[record.FileID]record.File, error) {
		return tx.FilesByID([]record.FileID{second.ID, "nothing", f.ID})
	})
	if len(some) != 2 || some[f.ID].Number() != number(3) {
		s.Errorf("some files: %+v", some)
	}
	files := get(s, func(tx *catalog.Tx) ([]record.FileID, error) { return tx.FilesOfPerson(p.ID) })
	if len(files) != 1 || files[0] != f.ID {
		s.Errorf("files of a person: %v", files)
	}
}

func (s *suite) fileNumbers() {
	f := s.file(newFile("03104//0012345", "03104", "L1"))
	byNumber := func(n string) (record.FileID, error) {
		var got record.File
		err := s.c.Read(s.Context(), func(tx *catalog.Tx) (err error) {
			got, err = tx.FileByNumber(n)
			return err
		})
		return got.ID, err
	}
	for _, n := range []string{"03104//0012345", "03104BG0012345", "03104 bg 0012345", "O3104//00I2345", "031040012345", " 03104 / 0012345"} {
		if id, err := byNumber(n); err != nil || id != f.ID {
			s.Errorf("%q: %v, %v", n, id, err)
		}
	}
	for _, n := range []string{"", "//", "03104//0012346"} {
		_, err := byNumber(n)
		s.is(err, record.NotFound)
	}
	insert := func(n string) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			_, err := tx.InsertFile(newFile(n, "03104", "L1"))
			return err
		})
	}
	s.is(insert("03104BG0012345"), record.Conflict)
	s.ok(insert("03104//0099999"))

	// A number that a file no longer bears is free; the old bearer is found
	// until somebody else has it.
	f.Numbers = []record.DatedNumber{{Number: "03104//0055555", From: "2026-01-01"}, {Number: "03104//0012345", To: "2026-01-01"}}
	s.write(func(tx *catalog.Tx) error { return tx.UpdateFile(f) })
	if id, err := byNumber("03104//0012345"); err != nil || id != f.ID {
		s.Errorf("former number: %v, %v", id, err)
	}
	next := s.file(newFile("03104//0012345", "03104", "L1"))
	if id, err := byNumber("03104//0012345"); err != nil || id != next.ID {
		s.Errorf("number of two files: %v, %v, want %v", id, err, next.ID)
	}
	f.Numbers = []record.DatedNumber{{Number: "03104//0012345"}}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.UpdateFile(f) }), record.Conflict)
}

func (s *suite) rebuiltOrdinals() {
	f := newFile(number(1), "03104", "L1")
	f.Ordinal = 77
	if got := s.file(f); got.Ordinal != 77 {
		s.Errorf("ordinal %d, want its own 77", got.Ordinal)
	}
	if got := s.file(newFile(number(2), "03104", "L1")); got.Ordinal != 78 {
		s.Errorf("ordinal %d, want 78", got.Ordinal)
	}
	f = newFile(number(3), "03104", "L1")
	f.Ordinal = 5
	s.file(f)
	if got := s.file(newFile(number(4), "03104", "L1")); got.Ordinal != 79 {
		s.Errorf("ordinal %d, want 79", got.Ordinal)
	}
	f = newFile(number(6), "03104", "L1")
	f.Ordinal = 77
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		_, err := tx.InsertFile(f)
		return err
	}), record.Conflict)
}

func (s *suite) persons() {
	p := s.person("Anna", "Müller", "1985-04-03", "031D123456")
	got := get(s, func(tx *catalog.Tx) (record.Person, error) { return tx.Person(p.ID) })
	if !reflect.DeepEqual(got, p) {
		s.Errorf("person %+v, want %+v", got, p)
	}
	p.Names = append([]record.DatedName{{Name: "Schulze", FirstName: "Anna", From: "2026-01-01"}}, p.Names...)
	p.Address = "Neuer Weg 2"
	s.write(func(tx *catalog.Tx) error { return tx.PutPerson(p) })
	all := get(s, func(tx *catalog.Tx) (map[record.PersonID]record.Person, error) {
		return tx.Persons([]record.PersonID{p.ID, "nobody"})
	})
	if len(all) != 1 || !reflect.DeepEqual(all[p.ID], p) {
		s.Errorf("persons: %+v", all)
	}
	s.is(fails(s, func(tx *catalog.Tx) (record.Person, error) { return tx.Person("nobody") }), record.NotFound)
	s.file(newFile(number(1), "03104", "L1", p))
	byCustomer := func(n string) func(tx *catalog.Tx) (record.Person, error) {
		return func(tx *catalog.Tx) (record.Person, error) { return tx.PersonByCustomerNumber(n) }
	}
	if got := get(s, byCustomer("031 D 123456")); got.ID != p.ID {
		s.Errorf("by customer number: %+v", got)
	}
	s.is(fails(s, byCustomer(number(1))), record.NotFound)
}

func (s *suite) grants() {
	f := s.file(newFile(number(1), "03104", "L1"))
	g := catalog.Grant{File: f.ID, User: "u1", Reason: "Vertretung", By: "u2", From: "2026-03-01", To: "2026-04-01", CreatedAt: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutGrant(catalog.Grant{File: f.ID, User: "u1", Reason: "first"}); err != nil {
			return err
		}
		if err := tx.PutGrant(g); err != nil {
			return err
		}
		return tx.PutDenial(g)
	})
	list := func(fn func(*catalog.Tx, record.FileID) ([]catalog.Grant, error)) []catalog.Grant {
		return get(s, func(tx *catalog.Tx) ([]catalog.Grant, error) { return fn(tx, f.ID) })
	}
	for _, got := range [][]catalog.Grant{list((*catalog.Tx).Grants), list((*catalog.Tx).Denials)} {
		if !reflect.DeepEqual(got, []catalog.Grant{g}) {
			s.Errorf("grants or denials: %+v", got)
		}
	}
	s.write(func(tx *catalog.Tx) error { return tx.DeleteGrant(f.ID, "u1") })
	if len(list((*catalog.Tx).Grants)) != 0 || len(list((*catalog.Tx).Denials)) != 1 {
		s.Error("ending the grant did not end it alone")
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.DeleteGrant(f.ID, "u1") }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.DeleteDenial(f.ID, "u9") }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		return tx.PutGrant(catalog.Grant{File: "nothing", User: "u1"})
	}), record.Conflict)
}

func (s *suite) substitutions() {
	sub := catalog.Substitution{ID: record.NewID(), Absent: "u1", Substitute: "u2", From: "2026-03-01", To: "2026-03-08", By: "u3", CreatedAt: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error { return tx.PutSubstitution(sub) })
	of := func(u record.UserID) []catalog.Substitution {
		return get(s, func(tx *catalog.Tx) ([]catalog.Substitution, error) { return tx.Substitutions(u) })
	}
	for _, u := range []record.UserID{"u1", "u2", ""} {
		if got := of(u); !reflect.DeepEqual(got, []catalog.Substitution{sub}) {
			s.Errorf("substitutions of %q: %+v", u, got)
		}
	}
	if got := of("u3"); len(got) != 0 {
		s.Errorf("substitutions of who set one: %+v", got)
	}
	s.write(func(tx *catalog.Tx) error { return tx.DeleteSubstitution(sub.ID) })
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.DeleteSubstitution(sub.ID) }), record.NotFound)
}

// sameNumber lets many insert a file of one number at the same time.
func (s *suite) sameNumber() {
	const racers = 8
	var all sync.WaitGroup
	errs := make([]error, racers)
	for i := range racers {
		all.Go(func() {
			errs[i] = s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
				_, err := tx.InsertFile(newFile("03104//0012345", "03104", fmt.Sprint("L", i)))
				return err
			})
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			s.is(err, record.Conflict)
		}
	}
	files := get(s, func(tx *catalog.Tx) ([]record.File, error) { return tx.FilesAfter(0, 10) })
	if won != 1 || len(files) != 1 || files[0].Ordinal != 1 {
		s.Errorf("%d of %d inserts succeeded, %d files", won, racers, len(files))
	}
}
