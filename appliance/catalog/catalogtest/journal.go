package catalogtest

import (
	"bytes"
	"reflect"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) journal() {
	row := catalog.JournalRow{ID: record.NewID(), Node: "n1", Actor: "u1", IdempotencyKey: "k1", RequestDigest: record.Sum([]byte("r")),
		Document: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()), KeySealed: []byte{0, 1, 255}, Cipher: record.Sum([]byte("c")),
		CipherSize: 12, Plain: record.Sum([]byte("p")), Size: 10, SpoolPath: "ab/cd", ManifestName: "m/ab/x", ManifestDigest: record.Sum([]byte("m")),
		Manifest: []byte("{}"), LockUntil: s.clock.Now().AddDate(2, 0, 0), Submission: `{"title":"Ä"}`, State: catalog.JournalSpooled,
		CreatedAt: s.clock.Now(), ChangedAt: s.clock.Now()}
	insert := func(j catalog.JournalRow) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.InsertJournal(j) })
	}
	s.ok(insert(row))
	byKey := func(actor record.UserID, key string) (catalog.JournalRow, error) {
		var out catalog.JournalRow
		err := s.c.Read(s.Context(), func(tx *catalog.Tx) (err error) {
			out, err = tx.JournalByKey(actor, key)
			return err
		})
		return out, err
	}
	if got, err := byKey("u1", "k1"); err != nil || !reflect.DeepEqual(got, row) {
		s.Errorf("read %+v, %v, want %+v", got, err, row)
	}
	again := row
	again.ID = record.NewID()
	s.is(insert(again), record.Conflict)
	again.Actor, again.Node, again.Document = "u2", "n2", "d2"
	s.ok(insert(again))
	for range 2 { // without a key there is no second time
		free := row
		free.ID, free.IdempotencyKey, free.Document = record.NewID(), "", "d3"
		s.clock.Advance(time.Second)
		free.CreatedAt = s.clock.Now()
		s.ok(insert(free))
	}
	_, err := byKey("u1", "")
	s.is(err, record.NotFound)
	_, err = byKey("u3", "k1")
	s.is(err, record.NotFound)

	unfinished := func(node string) []catalog.JournalRow {
		return get(s, func(tx *catalog.Tx) ([]catalog.JournalRow, error) { return tx.JournalUnfinished(node) })
	}
	if got := unfinished("n1"); len(got) != 3 || got[0].ID != row.ID {
		s.Errorf("unfinished at n1: %+v", got)
	}
	s.clock.Advance(time.Hour)
	s.write(func(tx *catalog.Tx) error {
		if err := tx.SetJournalManifest(row.ID, "m/cd/y", record.Sum([]byte("n")), []byte("[]")); err != nil {
			return err
		}
		if err := tx.SetJournalState(again.ID, catalog.JournalFailed); err != nil {
			return err
		}
		return tx.SetJournalState(row.ID, catalog.JournalStored)
	})
	if len(unfinished("n1")) != 2 || len(unfinished("n2")) != 0 {
		s.Errorf("unfinished after: %+v and %+v", unfinished("n1"), unfinished("n2"))
	}
	byDocument := get(s, func(tx *catalog.Tx) (catalog.JournalRow, error) { return tx.JournalByDocument(row.Document) })
	knows := get(s, func(tx *catalog.Tx) (bool, error) { return tx.JournalKnows(row.Object) })
	knowsNot := get(s, func(tx *catalog.Tx) (bool, error) { return tx.JournalKnows("nothing") })
	if byDocument.ID != row.ID || !knows || knowsNot {
		s.Errorf("by document %+v, knows %v, %v", byDocument, knows, knowsNot)
	}
	s.write(func(tx *catalog.Tx) error { return tx.DeleteJournal(row.ID) })
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.DeleteJournal(row.ID) }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetJournalState(row.ID, "x") }), record.NotFound)
	s.is(fails(s, func(tx *catalog.Tx) (catalog.JournalRow, error) { return tx.JournalByID(row.ID) }), record.NotFound)
}

func (s *suite) outbox() {
	put := func(name, subject string, sequence int) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			return tx.InsertOutbox(catalog.OutboxRow{Name: name, Subject: subject, Sequence: sequence, Body: []byte{0, 255},
				Digest: record.Sum([]byte(name)), LockUntil: s.clock.Now().AddDate(2, 0, 0)})
		})
	}
	s.ok(put("m/2", "f1", 1))
	s.ok(put("m/1", "f2", 1))
	s.ok(put("m/3", "f1", 2))
	s.is(put("m/4", "f1", 2), record.Conflict) // somebody was faster
	s.is(put("m/4", "f1", 4), record.Conflict)
	s.is(put("m/3", "f1", 3), record.Conflict)
	pending := func(n int) []catalog.OutboxRow {
		return get(s, func(tx *catalog.Tx) ([]catalog.OutboxRow, error) { return tx.OutboxPending(n) })
	}
	got := pending(10)
	if len(got) != 3 || got[0].Name != "m/2" || got[1].Name != "m/1" || got[2].Name != "m/3" ||
		!reflect.DeepEqual(got[0], catalog.OutboxRow{Name: "m/2", Subject: "f1", Sequence: 1, Body: []byte{0, 255},
			Digest: record.Sum([]byte("m/2")), LockUntil: s.clock.Now().AddDate(2, 0, 0), CreatedAt: s.clock.Now()}) {
		s.Errorf("pending: %+v", got)
	}
	if got := pending(1); len(got) != 1 {
		s.Errorf("one pending: %+v", got)
	}
	body := func(tx *catalog.Tx) ([]byte, error) { return tx.OutboxBody("m/2") }
	if got := get(s, body); !bytes.Equal(got, []byte{0, 255}) {
		s.Errorf("body %v", got)
	}
	s.write(func(tx *catalog.Tx) error {
		if err := tx.DeleteOutbox("m/2"); err != nil {
			return err
		}
		if err := tx.DeleteOutbox("m/2"); err != nil {
			return err
		}
		if err := tx.SetManifestHead(catalog.Head{Subject: "d1", Name: "m/8", Sequence: 7, Digest: "x"}); err != nil {
			return err
		}
		return tx.SetManifestHead(catalog.Head{Subject: "d1", Name: "m/9", Sequence: 1, Digest: record.Sum(nil)})
	})
	s.is(fails(s, body), record.NotFound)
	if n := get(s, (*catalog.Tx).OutboxSize); n != 2 {
		s.Errorf("%d left", n)
	}
	for _, want := range []catalog.Head{
		{Subject: "f1", Name: "m/3", Sequence: 2, Digest: record.Sum([]byte("m/3"))},
		{Subject: "d1", Name: "m/9", Sequence: 1, Digest: record.Sum(nil)}, {Subject: "x"},
	} {
		if got := get(s, func(tx *catalog.Tx) (catalog.Head, error) { return tx.ManifestHead(want.Subject) }); got != want {
			s.Errorf("head %+v, want %+v", got, want)
		}
	}
}

func (s *suite) answers() {
	put := func(actor record.UserID, key string) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			return tx.IdempotentPut(actor, key, record.Sum([]byte("r")), 201, []byte(`{"id":"x"}`))
		})
	}
	s.ok(put("u1", "k"))
	s.is(put("u1", "k"), record.Conflict)
	s.ok(put("u2", "k"))
	read := func(tx *catalog.Tx) (catalog.Answer, error) { return tx.IdempotentGet("u1", "k") }
	want := catalog.Answer{RequestDigest: record.Sum([]byte("r")), Status: 201, Body: []byte(`{"id":"x"}`), CreatedAt: s.clock.Now()}
	if got := get(s, read); !reflect.DeepEqual(got, want) {
		s.Errorf("answer %+v", got)
	}
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Answer, error) { return tx.IdempotentGet("u1", "l") }), record.NotFound)
	s.ok(put("u1", ""))
	for key, again := range map[string]bool{"k": true, "l": false, "": false} {
		s.write(func(tx *catalog.Tx) error {
			body, repeated, err := tx.Answered("u1", key, record.Sum([]byte("r")))
			if repeated != again || again != (body == `{"id":"x"}`) {
				s.Errorf("%q: %q, %v", key, body, repeated)
			}
			return err
		})
	}
	s.is(s.c.Read(s.Context(), func(tx *catalog.Tx) error {
		_, _, err := tx.Answered("u1", "k", record.Sum([]byte("another")))
		return err
	}), record.Conflict)
	s.write(func(tx *catalog.Tx) error { _, err := tx.PurgeAnswers(s.clock.Now().Add(time.Second)); return err })
	s.is(fails(s, read), record.NotFound)
}
