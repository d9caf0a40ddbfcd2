package catalogtest

import (
	"reflect"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// scrub: how far everything was read again, and what the catalog knows about
// what must lie in the store.
func (s *suite) scrub() {
	t0 := s.clock.Now()
	rows := []catalog.Scrubbed{
		{Bucket: "keys", Prefix: "k/00/", ReadAt: t0, Had: 3, HadBytes: 30},
		{Bucket: "records", Prefix: "o/00/", After: "o/00/x", BeganAt: t0, Objects: 2, Bytes: 1 << 40},
		{Bucket: "records", Prefix: "o/01/", ReadAt: t0.Add(-48 * time.Hour), Had: 1 << 40, HadBytes: 1 << 50},
	}
	for range 2 { // the second time it changes them
		for i := range rows {
			rows[i].Objects++
			s.write(func(tx *catalog.Tx) error { return tx.PutScrub(rows[i]) })
		}
	}
	if got := get(s, (*catalog.Tx).Scrubs); !reflect.DeepEqual(got, rows) {
		s.Errorf("%+v", got)
	}
	c := get(s, func(tx *catalog.Tx) (catalog.Coverage, error) { return tx.ScrubCoverage(t0.Add(-24 * time.Hour)) })
	if want := (catalog.Coverage{Objects: 1<<40 + 3, Bytes: 1<<50 + 30, Shares: 2, Fresh: 1, Oldest: t0.Add(-48 * time.Hour)}); c != want {
		s.Errorf("%+v", c)
	}
	d := newDocument("", "u1")
	d.Cipher = record.Sum([]byte("cipher"))
	s.write(func(tx *catalog.Tx) error {
		if err := tx.InsertDocument(d, "03104"); err != nil {
			return err
		}
		if err := tx.SetManifestHead(catalog.Head{Subject: string(d.ID), Name: "m/head", Sequence: 1, Digest: record.Sum([]byte("head"))}); err != nil {
			return err
		}
		if err := tx.AddSuperseded([]string{"m/old", "m/older"}); err != nil {
			return err
		}
		return tx.LearnDigest("m/old", record.Sum([]byte("old")))
	})
	s.read(func(tx *catalog.Tx) error {
		byObject, byName, err := tx.KnownDigests([]record.ObjectID{d.Object, "nobody"}, []string{"m/head", "m/old", "m/older", "m/none"})
		if !reflect.DeepEqual(byObject, map[record.ObjectID]record.Digest{d.Object: d.Cipher}) || !reflect.DeepEqual(byName,
			map[string]record.Digest{"m/head": record.Sum([]byte("head")), "m/old": record.Sum([]byte("old"))}) {
			s.Errorf("%v, %v", byObject, byName)
		}
		return err
	})
}

// relocation: an original gets one new name, whoever tries how often, and the
// old one stays known.
func (s *suite) relocation() {
	now := s.clock.Now()
	d := newDocument("", "u1")
	d.LockedUntil = now.AddDate(1, 0, 0)
	s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "03104") })
	first := catalog.Relocation{Document: d.ID, Old: d.Object, New: record.ObjectID(record.NewID()), BegunAt: now}
	var r catalog.Relocation
	for _, id := range []record.ObjectID{first.New, record.ObjectID(record.NewID())} {
		try := first
		try.New = id
		s.write(func(tx *catalog.Tx) (err error) { r, err = tx.BeginRelocation(try); return err })
		if r != first {
			s.Errorf("%+v, want %+v", r, first)
		}
	}
	if got := get(s, (*catalog.Tx).RelocationsBegun); len(got) != 1 || got[0] != first {
		s.Errorf("begun: %+v", got)
	}
	moved := func() bool {
		m := get(s, func(tx *catalog.Tx) (map[record.ObjectID]bool, error) {
			return tx.Relocated([]record.ObjectID{d.Object, "nobody"})
		})
		return m[d.Object]
	}
	if moved() {
		s.Error("only begun")
	}
	s.write(func(tx *catalog.Tx) error { return tx.EndRelocation(r, now) })
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.EndRelocation(r, now) }), record.Conflict)
	for _, id := range []record.ObjectID{first.Old, first.New} {
		if got := get(s, func(tx *catalog.Tx) (record.Document, error) { return tx.DocumentOfObject(id) }); got.ID != d.ID || got.Object != first.New {
			s.Errorf("%+v", got)
		}
		if !get(s, func(tx *catalog.Tx) (bool, error) { return tx.NamesObject("o/xx/"+string(id), id) }) {
			s.Errorf("%s is not known", id)
		}
	}
	if !moved() || len(get(s, (*catalog.Tx).RelocationsBegun)) != 0 {
		s.Error("it is not ended")
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.PutFindings([]catalog.Finding{{Kind: catalog.FindingDamaged, Name: "o/1"}, {Kind: catalog.FindingDamaged, Name: "o/2"}}, now)
	})
	later := now.Add(time.Hour)
	s.write(func(tx *catalog.Tx) error { _, err := tx.ResolveFindings(later, later); return err })
	s.write(func(tx *catalog.Tx) error { return tx.ResolveNamed(catalog.FindingDamaged, []string{"o/1"}, later) })
	if got := get(s, (*catalog.Tx).CountFindings)[catalog.FindingDamaged]; got != 1 {
		s.Errorf("%d are open", got)
	}
	for end, want := range map[time.Time]int64{now.AddDate(0, 6, 0): 0, now.AddDate(0, 17, 0): 1} {
		if got := get(s, func(tx *catalog.Tx) (int64, error) { return tx.ShortLocks(end) }); got != want {
			s.Errorf("locks short of %s: %d", end, got)
		}
	}
}
