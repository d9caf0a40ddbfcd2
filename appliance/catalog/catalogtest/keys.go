package catalogtest

import (
	"bytes"
	"errors"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// keys holds what rotations and erasures leave in the catalog.
func (s *suite) keys() {
	r := catalog.Rotation{Generation: 2, Recipient: "age1x", State: catalog.RotationWaiting, Began: s.clock.Now(), After: "k/ab/x", Seen: 7, Done: 5, Waiting: 1}
	s.write(func(tx *catalog.Tx) error {
		if none, err := tx.Rotation(); err != nil || none != (catalog.Rotation{}) || none.Unfinished() {
			s.Errorf("before the first: %+v, %v", none, err)
		}
		return tx.SetRotation(r)
	})
	d := s.document("", s.user("u"+record.NewID()), "03104")
	e := catalog.Erasure{Document: d.ID, Object: d.Object, Act: "erased", Tombstone: "t/ab/x", Body: []byte{0, 1, 255}, BegunAt: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error { return tx.PutErasure(e) })
	s.read(func(tx *catalog.Tx) error {
		if got, err := tx.Rotation(); err != nil || got != r || !got.Unfinished() {
			s.Errorf("%+v, %v", got, err)
		}
		if open, err := tx.OpenErasures(); err != nil || len(open) != 1 || !bytes.Equal(open[0].Body, e.Body) {
			s.Errorf("open: %+v, %v", open, err)
		}
		_, err := tx.ErasureOf(record.DocumentID(record.NewID()))
		if !errors.Is(err, record.NotFound) {
			s.Errorf("of another document: %v", err)
		}
		return nil
	})
	stopped := e
	stopped.BegunAt = time.Time{}
	s.write(func(tx *catalog.Tx) error { return tx.PutErasure(stopped) })
	s.openErasures(0)
	e.DestroyedAt, e.CopiesUntil = s.clock.Now(), "2026-04-06"
	s.write(func(tx *catalog.Tx) error { return errors.Join(tx.PutErasure(e), tx.DisposeDocument(d.ID)) })
	s.openErasures(0)
	s.read(func(tx *catalog.Tx) error {
		got, err := tx.ErasureOf(d.ID)
		if err != nil || !got.DestroyedAt.Equal(e.DestroyedAt) || got.CopiesUntil != e.CopiesUntil || got.Act != e.Act || got.Tombstone != e.Tombstone {
			s.Errorf("%+v, %v", got, err)
		}
		now, err := tx.DocumentByID(d.ID)
		if now.State != record.StateDisposed || now.Name != "" || now.Title != "" {
			s.Errorf("%+v", now)
		}
		return err
	})
	s.write(func(tx *catalog.Tx) error {
		if err := tx.DisposeDocument(record.DocumentID(record.NewID())); !errors.Is(err, record.NotFound) {
			s.Errorf("a document that isn't there: %v", err)
		}
		return nil
	})
}

func (s *suite) openErasures(want int) {
	s.Helper()
	s.read(func(tx *catalog.Tx) error {
		open, err := tx.OpenErasures()
		if len(open) != want {
			s.Errorf("%d erasures are open, want %d", len(open), want)
		}
		return err
	})
}

// sealedJournal holds what the journal keeps of keys, before and after an
// erasure.
func (s *suite) sealedJournal() {
	var rows []catalog.JournalRow
	for i, state := range []string{catalog.JournalSpooled, catalog.JournalStored, catalog.JournalSpooled} {
		d := s.document("", s.user("u"+record.NewID()), "03104")
		row := catalog.JournalRow{ID: record.NewID(), Node: "n", Document: d.ID, Object: d.Object, KeySealed: []byte{byte(i), 7}, Manifest: []byte("m"),
			Submission: "s", State: state}
		rows = append(rows, row)
		s.write(func(tx *catalog.Tx) error { return tx.InsertJournal(row) })
	}
	s.read(func(tx *catalog.Tx) error {
		sealed, err := tx.SealedUnfinished("")
		if err != nil || len(sealed) != 2 {
			s.Fatalf("%+v, %v", sealed, err)
		}
		for _, r := range sealed {
			if len(r.Sealed) != 2 || r.Object == rows[1].Object {
				s.Errorf("%+v", r)
			}
		}
		rest, err := tx.SealedUnfinished(sealed[0].Row)
		if len(rest) != 1 || rest[0].Row != sealed[1].Row {
			s.Errorf("behind the first: %+v", rest)
		}
		return err
	})
	s.write(func(tx *catalog.Tx) error { return tx.DisposeDocument(rows[1].Document) })
	s.read(func(tx *catalog.Tx) error {
		row, err := tx.JournalByDocument(rows[1].Document)
		if len(row.KeySealed)+len(row.Manifest)+len(row.Submission) > 0 {
			s.Errorf("the journal still holds what was erased: %+v", row)
		}
		return err
	})
}
