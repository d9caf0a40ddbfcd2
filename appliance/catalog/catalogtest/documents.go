package catalogtest

import (
	"reflect"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) documentByID(id record.DocumentID) record.Document {
	s.Helper()
	return get(s, func(tx *catalog.Tx) (record.Document, error) { return tx.DocumentByID(id) })
}

func (s *suite) documents() {
	f := s.file(newFile(number(1), "03104", "L1"))
	d := newDocument("", "u1")
	d.KeepUntil, d.LockedUntil = "2040-12-31", s.clock.Now().AddDate(2, 0, 0)
	s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "03104") })
	d.CreatedAt = s.clock.Now()
	if got := s.documentByID(d.ID); !reflect.DeepEqual(got, d) {
		s.Errorf("read %+v, want %+v", got, d)
	}
	if got := get(s, func(tx *catalog.Tx) (record.Document, error) { return tx.DocumentByObject(d.Object) }); got.ID != d.ID {
		s.Errorf("by object: %+v", got)
	}
	want := d
	want.File, want.Type, want.Title, want.State, want.Pages, want.KeepUntil = f.ID, "bescheid", "Bescheid", record.StateReady, 7, ""
	change := want
	change.Plain, change.Object, change.CreatedBy, change.Name = "x", "x", "x", "x" // what never changes
	change.LockedUntil = s.clock.Now()                                              // a lock never shrinks
	s.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(change) })
	if got := s.documentByID(d.ID); !reflect.DeepEqual(got, want) {
		s.Errorf("changed %+v, want %+v", got, want)
	}
	want.State, want.Reason, want.LockedUntil = record.StateQuarantined, "encrypted", want.LockedUntil.Add(time.Hour)
	s.write(func(tx *catalog.Tx) error {
		if err := tx.SetState(d.ID, record.StateQuarantined, "encrypted"); err != nil {
			return err
		}
		if err := tx.SetLockedUntil(d.ID, want.LockedUntil); err != nil {
			return err
		}
		if err := tx.SetLockedUntil(d.ID, s.clock.Now()); err != nil {
			return err
		}
		return tx.SetWaitingSite(d.ID, "03101")
	})
	if got := s.documentByID(d.ID); !reflect.DeepEqual(got, want) {
		s.Errorf("state %+v, want %+v", got, want)
	}
	if got := get(s, func(tx *catalog.Tx) (string, error) { return tx.WaitingSite(d.ID) }); got != "03101" {
		s.Errorf("waits at %q", got)
	}
	for what, fn := range map[string]func(tx *catalog.Tx) error{
		"update":  func(tx *catalog.Tx) error { return tx.UpdateDocument(newDocument("", "")) },
		"state":   func(tx *catalog.Tx) error { return tx.SetState("nothing", record.StateReady, "") },
		"read":    func(tx *catalog.Tx) error { _, err := tx.DocumentByID("nothing"); return err },
		"object":  func(tx *catalog.Tx) error { _, err := tx.DocumentByObject("nothing"); return err },
		"dirty":   func(tx *catalog.Tx) error { _, err := tx.AddDirty("nothing", ""); return err },
		"dirty f": func(tx *catalog.Tx) error { _, err := tx.AddDirty("", "nothing"); return err },
	} {
		if err := s.c.WithTx(s.Context(), fn); err == nil {
			s.Errorf("%s: no error for what isn't there", what)
		} else {
			s.is(err, record.NotFound)
		}
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.InsertDocument(newDocument("nothing", ""), "") }), record.Conflict)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") }), record.Conflict)
	totals := get(s, (*catalog.Tx).Totals)
	if totals.Files != 1 || totals.Documents != 1 || totals.Pages != 7 || totals.ByState[record.StateQuarantined] != 1 {
		s.Errorf("totals: %+v", totals)
	}
}

func (s *suite) documentLists() {
	f := s.file(newFile(number(1), "03104", "L1"))
	var want []record.DocumentID // of the file, newest first
	for i := range 12 {
		d := newDocument(f.ID, "u1")
		d.Received = []string{"2026-01-05", "2026-02-28", "2026-03-01"}[i/4]
		s.clock.Advance(time.Second)
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
		want = append([]record.DocumentID{d.ID}, want...)
	}
	pages := func(limit int, list func(tx *catalog.Tx, after string, limit int) ([]record.Document, string, error)) []record.DocumentID {
		var out []record.DocumentID
		after := ""
		for {
			var ds []record.Document
			s.read(func(tx *catalog.Tx) (err error) {
				ds, after, err = list(tx, after, limit)
				return err
			})
			for _, d := range ds {
				out = append(out, d.ID)
			}
			if after == "" {
				return out
			}
		}
	}
	ofFile := func(tx *catalog.Tx, after string, limit int) ([]record.Document, string, error) {
		return tx.DocumentsOfFile(f.ID, after, limit)
	}
	for _, limit := range []int{1, 5, 12, 50} {
		if got := pages(limit, ofFile); !slices.Equal(got, want) {
			s.Errorf("pages of %d: %v, want %v", limit, got, want)
		}
	}
	if got := get(s, func(tx *catalog.Tx) (int, error) { return tx.CountDocuments(f.ID) }); got != 12 {
		s.Errorf("%d documents", got)
	}
	here, there, nowhere := s.document("", "u2", "a"), s.document("", "u1", "b"), s.document("", "u2", "")
	for _, c := range []struct {
		sites []string
		want  int
	}{{[]string{"a"}, 1}, {[]string{"a", "b"}, 2}, {[]string{"*"}, 3}, {[]string{""}, 1}, {nil, 0}} {
		got := pages(1, func(tx *catalog.Tx, after string, limit int) ([]record.Document, string, error) {
			return tx.UnfiledDocuments(c.sites, after, limit)
		})
		if len(got) != c.want {
			s.Errorf("unfiled at %q: %v", c.sites, got)
		}
	}
	mine := pages(1, func(tx *catalog.Tx, after string, limit int) ([]record.Document, string, error) {
		return tx.DocumentsBy("u2", after, limit)
	})
	if len(mine) != 2 || !slices.Contains(mine, here.ID) || !slices.Contains(mine, nowhere.ID) || slices.Contains(mine, there.ID) {
		s.Errorf("handed in by u2: %v", mine)
	}
	received := pages(7, func(tx *catalog.Tx, after string, limit int) ([]record.Document, string, error) {
		return tx.DocumentsByState(record.StateReceived, after, limit)
	})
	if len(received) != 15 {
		s.Errorf("%d received", len(received))
	}
	all := get(s, func(tx *catalog.Tx) ([]record.Document, error) { return tx.DocumentsAfter("", 500) })
	if len(all) != 15 {
		s.Errorf("%d documents", len(all))
	}
	for _, c := range []string{"x", "YQ", "YQph"} {
		s.is(fails(s, func(tx *catalog.Tx) ([]record.Document, error) {
			ds, _, err := tx.DocumentsOfFile(f.ID, c, 0)
			return ds, err
		}), record.Invalid)
	}
}

func (s *suite) identical() {
	a, b := newDocument("", ""), newDocument("", "")
	b.Plain = a.Plain
	empty := newDocument("", "")
	empty.Plain = ""
	for _, d := range []record.Document{a, b, empty} {
		s.clock.Advance(time.Second)
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
	}
	of := func(d record.Digest) []record.DocumentID {
		return get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.IdenticalTo(d) })
	}
	if got := of(a.Plain); !slices.Equal(got, []record.DocumentID{a.ID, b.ID}) {
		s.Errorf("identical: %v", got)
	}
	if got := of(""); len(got) != 0 {
		s.Errorf("identical to nothing known: %v", got)
	}
}
