package catalogtest

import (
	"bytes"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) dirtyIs(documents []record.DocumentID, files ...uint32) {
	s.Helper()
	s.read(func(tx *catalog.Tx) error {
		ds, fs, err := tx.Dirty()
		if !slices.Equal(ds, documents) || !slices.Equal(fs, files) {
			s.Errorf("dirty %v and %v, want %v and %v", ds, fs, documents, files)
		}
		return err
	})
}

// indexed reads documents as an index run does, and reports what happens in
// between only after.
func (s *suite) indexed(between func(), ids ...record.DocumentID) {
	s.Helper()
	rows := get(s, func(tx *catalog.Tx) (map[record.DocumentID]catalog.IndexRow, error) { return tx.IndexRows(ids) })
	between()
	s.write(func(tx *catalog.Tx) error {
		for id, r := range rows {
			if err := tx.SetIndexed([]record.DocumentID{id}, r.Sequence); err != nil {
				return err
			}
		}
		return tx.ClearDirty(1 << 60)
	})
}

func (s *suite) dirty() {
	f := s.file(newFile(number(1), "03104", "L1"))
	a, b := s.document(f.ID, "", ""), s.document(f.ID, "", "")
	mark := func(id record.DocumentID) int64 {
		var seq int64
		s.write(func(tx *catalog.Tx) (err error) {
			seq, err = tx.AddDirty(id, "")
			return err
		})
		return seq
	}
	nothing := func() {}
	s.indexed(nothing, a.ID, b.ID)
	if !s.documentByID(a.ID).Indexed {
		s.Error("the index has seen it, and it doesn't count as indexed")
	}
	both := []record.DocumentID{a.ID, b.ID}
	slices.Sort(both)
	first, second := mark(a.ID), mark(b.ID)
	if second <= first || s.documentByID(a.ID).Indexed {
		s.Errorf("marked %d then %d", first, second)
	}
	s.dirtyIs(both)
	s.indexed(nothing, b.ID) // the later one is done first
	s.dirtyIs([]record.DocumentID{a.ID})
	s.indexed(func() { mark(a.ID) }, a.ID) // changed again while the index read it
	s.dirtyIs([]record.DocumentID{a.ID})
	s.indexed(nothing, a.ID)
	s.dirtyIs(nil)
	third := mark(a.ID)
	s.write(func(tx *catalog.Tx) error {
		if err := tx.SetIndexed([]record.DocumentID{a.ID}, third); err != nil {
			return err
		}
		return tx.ClearDirty(third - 1)
	})
	s.dirtyIs([]record.DocumentID{a.ID})
	s.write(func(tx *catalog.Tx) error { return tx.ClearDirty(third) })
	s.dirtyIs(nil)
}

func (s *suite) dirtyFile() {
	f, other := s.file(newFile(number(1), "03104", "L1")), s.file(newFile(number(2), "03104", "L1"))
	ready := func() record.DocumentID {
		d := newDocument(f.ID, "")
		d.State = record.StateReady
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
		return d.ID
	}
	a, b := ready(), ready()
	bad := s.document(f.ID, "", "") // never comes into the index
	nothing := func() {}
	s.indexed(nothing, a, b)
	s.write(func(tx *catalog.Tx) error {
		if _, err := tx.AddDirty("", other.ID); err != nil {
			return err
		}
		_, err := tx.AddDirty("", f.ID)
		return err
	})
	s.dirtyIs(nil, f.Ordinal, other.Ordinal)
	todo := get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.Unindexed(10) })
	if len(todo) != 2 || slices.Contains(todo, bad.ID) {
		s.Errorf("to be indexed: %v", todo)
	}
	s.indexed(nothing, a)
	s.dirtyIs(nil, f.Ordinal) // a file without documents is done at once
	s.indexed(nothing, b)
	s.dirtyIs(nil)
	s.write(func(tx *catalog.Tx) error {
		_, err := tx.TouchFile(f.ID)
		return err
	})
	if todo := get(s, func(tx *catalog.Tx) ([]record.DocumentID, error) { return tx.Unindexed(10) }); len(todo) != 2 {
		s.Errorf("after a touch: %v", todo)
	}
	s.dirtyIs(nil)
	s.indexed(nothing, a, b)
	s.write((*catalog.Tx).ForgetIndex)
	if n := get(s, (*catalog.Tx).Totals).Unindexed; n != 2 {
		s.Errorf("an empty index misses %d", n)
	}
}

func (s *suite) indexRows() {
	f := newFile(number(1), "03104", "L1")
	f.Sensitivity = record.SensitivityRestricted
	f = s.file(f)
	filed, unfiled := s.document(f.ID, "", ""), s.document("", "", "03104")
	rows := get(s, func(tx *catalog.Tx) (map[record.DocumentID]catalog.IndexRow, error) {
		return tx.IndexRows([]record.DocumentID{filed.ID, unfiled.ID, "nothing"})
	})
	seq := get(s, (*catalog.Tx).Sequence)
	r := rows[filed.ID]
	if len(rows) != 2 || r.File != f.ID || r.Ordinal != f.Ordinal || r.Site != "03104" || r.Team != "L1" ||
		r.Sensitivity != record.SensitivityRestricted || r.Sequence != seq || r.Document.Title != filed.Title {
		s.Errorf("filed: %+v", r)
	}
	if r := rows[unfiled.ID]; r.File != "" || r.Ordinal != 0 || r.Site != "" || r.Sensitivity != record.SensitivityNormal {
		s.Errorf("unfiled: %+v", r)
	}
}

// scan goes through the catalog as the verifier does.
func (s *suite) scan() {
	filed := s.document("", "", "")
	s.write(func(tx *catalog.Tx) error {
		if err := tx.InsertJournal(catalog.JournalRow{ID: "j1", Object: "waits", ManifestName: "m/journal"}); err != nil {
			return err
		}
		if err := tx.InsertJournal(catalog.JournalRow{ID: "j2", Object: "gone", State: catalog.JournalFailed}); err != nil {
			return err
		}
		if err := tx.SetManifestHead(catalog.Head{Subject: "subject", Name: "m/head", Sequence: 1, Digest: record.Sum(nil)}); err != nil {
			return err
		}
		return tx.InsertOutbox(catalog.OutboxRow{Name: "m/outbox", Subject: "other", Sequence: 1})
	})
	for _, c := range []struct {
		name string
		id   record.ObjectID
		want bool
	}{
		{"o/x", filed.Object, true}, {"o/x", "waits", true}, {"o/x", "gone", false}, {"m/journal", "x", true}, {"m/head", "x", true},
		{"m/x", "subject", true}, {"m/outbox", "x", true}, {"m/x", "x", false}, {"", "x", false},
	} {
		if got := get(s, func(tx *catalog.Tx) (bool, error) { return tx.NamesObject(c.name, c.id) }); got != c.want {
			s.Errorf("%q or %q is named: %v", c.name, c.id, got)
		}
	}
	heads := get(s, func(tx *catalog.Tx) ([]catalog.Head, error) { return tx.ManifestHeads("other", 10) })
	all := get(s, func(tx *catalog.Tx) ([]catalog.Head, error) { return tx.ManifestHeads("", 10) })
	if len(heads) != 1 || heads[0] != (catalog.Head{Subject: "subject", Name: "m/head", Sequence: 1, Digest: record.Sum(nil)}) || len(all) != 2 {
		s.Errorf("heads %+v of %+v", heads, all)
	}
	if n := get(s, (*catalog.Tx).DocumentCount); n != 1 {
		s.Errorf("%d documents", n)
	}
	for range 5 {
		s.appendAll(s.entry(audit.Search, "u1"))
	}
	s.sequence(10)
	leaves := get(s, func(tx *catalog.Tx) ([]catalog.AuditLeaf, error) { return tx.AuditLeaves(2026, 2, 2) })
	entries := get(s, func(tx *catalog.Tx) ([]catalog.AuditEntry, error) { return tx.AuditNumbered(2026, 2, 2) })
	if len(leaves) != 2 || len(entries) != 2 {
		s.Fatalf("%d leaves and %d entries, want 2 of each", len(leaves), len(entries))
	}
	for i, l := range leaves {
		if e := entries[i]; l.Number != uint64(2+i) || e.Number != int64(2+i) || !bytes.Equal(l.Hash, audit.LeafHash(e.Header)) {
			s.Errorf("leaf %+v of entry %+v", l, e)
		}
	}
	s.read(func(tx *catalog.Tx) error {
		size, frontier, err := tx.AuditFrontier(2026)
		if hashes, perr := audit.ParseFrontier(frontier); size != 5 || perr != nil || len(hashes) != 2 {
			s.Errorf("frontier of size %d: %q, %v", size, frontier, perr)
		}
		return err
	})
}
