package catalogtest

import (
	"reflect"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// putHold places a hold on a file or document.
func (s *suite) putHold(kind, subject string) catalog.Hold {
	s.Helper()
	h := catalog.Hold{ID: record.NewID(), SubjectKind: kind, Subject: subject, Kind: "litigation", Reason: "Klage „Ä“", By: "u1", At: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error { return tx.PutHold(h) })
	return h
}

// heldAre insists on who is held, asked in every way there is.
func (s *suite) heldAre(all []record.Document, want ...record.Document) {
	s.Helper()
	ids := func(ds []record.Document) (out []record.DocumentID) {
		for _, d := range ds {
			out = append(out, d.ID)
		}
		slices.Sort(out)
		return out
	}
	wanted := ids(want)
	var one, of, listed, kept, covered []record.DocumentID
	s.read(func(tx *catalog.Tx) error {
		many, err := tx.HeldOf(ids(all))
		s.ok(err)
		covering, err := tx.Covering(ids(all))
		s.ok(err)
		for _, id := range ids(all) {
			held, err := tx.Held(id)
			s.ok(err)
			k, err := tx.KeepingOf(id)
			s.ok(err)
			for _, by := range []struct {
				says bool
				list *[]record.DocumentID
			}{{held, &one}, {many[id], &of}, {k.Held, &kept}, {len(covering[id]) > 0, &covered}} {
				if by.says {
					*by.list = append(*by.list, id)
				}
			}
			if (k.LastDay() == "") != (k.Held || k.KeepUntil == "") {
				s.Errorf("held %v, kept until %q: last day %q", k.Held, k.KeepUntil, k.LastDay())
			}
		}
		for after := record.DocumentID(""); ; {
			rows, err := tx.HeldDocuments("", after, 1)
			if err != nil || len(rows) == 0 {
				return err
			}
			listed, after = append(listed, rows[0].Document), rows[0].Document
		}
	})
	for name, got := range map[string][]record.DocumentID{"one by one": one, "several": of, "listed": listed, "keeping": kept, "covered": covered} {
		if !slices.Equal(got, wanted) {
			s.Errorf("%s: held are %v, want %v", name, got, wanted)
		}
	}
}

func (s *suite) holds() {
	held, other := s.file(newFile(number(1), "03104", "L1")), s.file(newFile(number(2), "03104", "L1"))
	in, out, loose := s.document(held.ID, "u1", ""), s.document(other.ID, "u1", ""), s.document("", "u1", "03104")
	all := []record.Document{in, out, loose}
	s.heldAre(all)
	onFile := s.putHold(catalog.HoldsFile, string(held.ID))
	s.heldAre(all, in)
	later := s.document(held.ID, "u1", "") // what comes later is held as well
	all = append(all, later)
	s.clock.Advance(time.Minute)
	own := s.putHold(catalog.HoldsDocument, string(loose.ID))
	second := s.putHold(catalog.HoldsDocument, string(in.ID))
	s.heldAre(all, in, later, loose)

	got := get(s, func(tx *catalog.Tx) (map[record.DocumentID][]catalog.Hold, error) {
		return tx.Covering([]record.DocumentID{in.ID, out.ID, loose.ID})
	})
	if want := map[record.DocumentID][]catalog.Hold{in.ID: {second, onFile}, loose.ID: {own}}; !reflect.DeepEqual(got, want) {
		s.Errorf("covering %+v, want %+v", got, want)
	}
	s.moveHeld(all, later, other.ID, held.ID, in, loose)
	s.liftAll(all, onFile, own, second, in)
	for name, err := range map[string]error{
		"a document that isn't there": fails(s, func(tx *catalog.Tx) (bool, error) { return tx.Held("nothing") }),
		"a hold that isn't there":     fails(s, func(tx *catalog.Tx) (catalog.Hold, error) { return tx.HoldByID("nothing") }),
	} {
		if err == nil {
			s.Errorf("%s reads as free", name)
		}
		s.is(err, record.NotFound)
	}
}

// moveHeld: the file's hold covers what lies in the file now.
func (s *suite) moveHeld(all []record.Document, d record.Document, to, back record.FileID, rest ...record.Document) {
	for _, file := range []record.FileID{to, back} {
		d.File = file
		s.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(d) })
		if file == to {
			s.heldAre(all, rest...)
		} else {
			s.heldAre(all, append(rest, d)...)
		}
	}
}

// liftAll: only the last hold frees a document; a lifted one stays as a row.
func (s *suite) liftAll(all []record.Document, onFile, own, second catalog.Hold, both record.Document) {
	at := s.clock.Now()
	lift := func(h catalog.Hold) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.LiftHold(h.ID, "u2", at, "erledigt") })
	}
	for i, h := range []catalog.Hold{onFile, own} {
		s.ok(lift(h))
		s.is(lift(h), record.NotFound)
		if i == 0 {
			file := get(s, func(tx *catalog.Tx) (bool, error) { return tx.HeldFile(record.FileID(onFile.Subject)) })
			if file {
				s.Error("the file is still held")
			}
		}
	}
	s.heldAre(all, both)
	s.ok(lift(second))
	s.heldAre(all)
	onFile.LiftedBy, onFile.LiftedAt, onFile.LiftReason = "u2", at, "erledigt"
	if got := get(s, func(tx *catalog.Tx) ([]catalog.Hold, error) { return tx.HoldsOf(onFile.Subject) }); len(got) != 1 || !reflect.DeepEqual(got[0], onFile) || got[0].Stands() {
		s.Errorf("after lifting: %+v", got)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.PutHold(onFile) }), record.Conflict)
}

// heldNotDue: nothing that is held is due, at any day; it is counted apart.
func (s *suite) heldNotDue() {
	f := s.file(newFile(number(1), "03104", "L1"))
	var held []record.DocumentID
	for i := range 12 {
		d := newDocument(f.ID, "u1")
		if i%2 == 0 {
			d.File = ""
		}
		d.KeepUntil = s.clock.Now().AddDate(0, 0, i).Format(time.DateOnly)
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
		if i%3 == 0 {
			s.putHold(catalog.HoldsDocument, string(d.ID))
			held = append(held, d.ID)
		}
	}
	due := func(day string) (catalog.DueCount, int) {
		var n catalog.DueCount
		var listed []record.Document
		s.read(func(tx *catalog.Tx) (err error) {
			if n, err = tx.CountDue(day); err != nil {
				return err
			}
			listed, _, err = tx.DueDocuments(day, "", 500)
			return err
		})
		for _, d := range listed {
			if slices.Contains(held, d.ID) {
				s.Errorf("on %s %s is due, though held", day, d.ID)
			}
		}
		return n, len(listed)
	}
	if n, listed := due("2050-01-01"); n.Due != 8 || n.Held != 4 || listed != 8 || n.Earliest != "2026-03-03" {
		s.Errorf("%+v, %d listed", n, listed)
	}
	s.putHold(catalog.HoldsFile, string(f.ID))
	if n, listed := due("2050-01-01"); n.Due != 4 || n.Held != 8 || listed != 4 {
		s.Errorf("with the file held: %+v, %d listed", n, listed)
	}
	if n, _ := due("2026-03-03"); n.Due != 0 || n.Held != 1 || n.Earliest != "" {
		s.Errorf("only what is held has passed: %+v", n)
	}
}

// heldObjects: what the store holds or may hold is listed until it is let go.
func (s *suite) heldObjects() {
	f := s.file(newFile(number(1), "03104", "L1"))
	d, free := s.document(f.ID, "u1", ""), s.document("", "u1", "")
	h := s.putHold(catalog.HoldsFile, string(f.ID))
	count := func() catalog.HoldCount { return get(s, (*catalog.Tx).CountHolds) }
	if n := count(); n != (catalog.HoldCount{Standing: 1, Documents: 1, Missing: 1}) {
		s.Errorf("before the store: %+v", n)
	}
	s.write(func(tx *catalog.Tx) error { return tx.AddHeldObjects(d.ID, []string{"m/aa/1", "o/bb/2"}) })
	s.write(func(tx *catalog.Tx) error { return tx.ConfirmHeld("o/bb/2", s.clock.Now()) })
	s.write(func(tx *catalog.Tx) error { return tx.AddHeldObjects(d.ID, []string{"o/bb/2"}) }) // stays confirmed
	want := []catalog.HeldObject{{Name: "m/aa/1"}, {Name: "o/bb/2", SetAt: s.clock.Now()}}
	if got := get(s, func(tx *catalog.Tx) ([]catalog.HeldObject, error) { return tx.HeldObjects(d.ID) }); !reflect.DeepEqual(got, want) {
		s.Errorf("listed %+v, want %+v", got, want)
	}
	if n := count(); n != (catalog.HoldCount{Standing: 1, Documents: 1}) {
		s.Errorf("confirmed: %+v", n)
	}
	release := func(file record.FileID) []record.DocumentID {
		return get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.DocumentsToRelease(file, "", 500) })
	}
	if got := release(""); len(got) != 0 {
		s.Errorf("to release while it is held: %v", got)
	}
	s.write(func(tx *catalog.Tx) error { return tx.LiftHold(h.ID, "u1", s.clock.Now(), "x") })
	for file, want := range map[record.FileID]int{"": 1, f.ID: 1, "another": 0} {
		if got := release(file); len(got) != want {
			s.Errorf("to release of %q: %v", file, got)
		}
	}
	if n := count(); n != (catalog.HoldCount{Waiting: 1}) {
		s.Errorf("lifted: %+v", n)
	}
	s.write(func(tx *catalog.Tx) error { return tx.DropHeldObject("o/bb/2") })
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.ConfirmHeld("o/bb/2", s.clock.Now()) }), record.NotFound)
	s.write(func(tx *catalog.Tx) error { return tx.DropHeldObject("m/aa/1") })
	if n := count(); n != (catalog.HoldCount{}) {
		s.Errorf("released: %+v", n)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.ConfirmHeld("m/aa/1", time.Time{}) }), record.NotFound)
	s.heldAre([]record.Document{d, free})
}
