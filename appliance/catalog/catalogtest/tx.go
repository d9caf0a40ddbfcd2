package catalogtest

import (
	"context"
	"errors"
	"strings"
	"sync"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

func (s *suite) rollback() {
	stop := errors.New("stop")
	f := newFile(number(1), "03104", "L1")
	err := s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		if _, err := tx.InsertFile(f); err != nil {
			return err
		}
		if _, err := tx.FileByID(f.ID); err != nil {
			return err // a transaction sees its own writes
		}
		return stop
	})
	if !errors.Is(err, stop) {
		s.Errorf("error %v", err)
	}
	s.is(fails(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByID(f.ID) }), record.NotFound)
	func() {
		defer func() { _ = recover() }()
		_ = s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			if _, err := tx.InsertFile(f); err != nil {
				return err
			}
			panic("a mistake")
		})
	}()
	s.is(fails(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByID(f.ID) }), record.NotFound)
	if got := s.file(f); got.Ordinal != 1 {
		s.Errorf("ordinal %d was lost with the rollback", got.Ordinal-1)
	}
}

// goesOn: NotFound and the conflicts that methods promise are answers, after
// which a transaction goes on.
func (s *suite) goesOn() {
	f := s.file(newFile(number(1), "03104", "L1"))
	s.user("taken")
	s.write(func(tx *catalog.Tx) error {
		_, err := tx.FileByID("nothing")
		s.is(err, record.NotFound)
		_, err = tx.InsertFile(newFile(number(1), "03104", "L1"))
		s.is(err, record.Conflict)
		s.is(tx.PutUser(catalog.User{ID: "x", Name: "taken"}), record.Conflict)
		s.is(tx.DeleteGrant(f.ID, "x"), record.NotFound)
		_, err = tx.InsertFile(newFile(number(2), "03104", "L1"))
		return err
	})
	if got := get(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByNumber(number(2)) }); got.Number() != number(2) {
		s.Errorf("got %+v", got)
	}
}

// stops: after a statement has failed nothing is committed, even if fn
// swallows the error.
func (s *suite) stops() {
	f := newFile(number(1), "03104", "L1")
	err := s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		if _, err := tx.InsertFile(f); err != nil {
			return err
		}
		_ = tx.PutRoles("nobody", []record.RoleAt{at("dpo", "*", "")})
		_, err := tx.FileByID(f.ID)
		if err == nil {
			s.Error("the transaction goes on")
		}
		return nil
	})
	s.is(err, record.Conflict)
	s.is(fails(s, func(tx *catalog.Tx) (record.File, error) { return tx.FileByID(f.ID) }), record.NotFound)
	if err := s.c.Read(s.Context(), func(tx *catalog.Tx) error { return tx.SetMeta("x", "y") }); err == nil {
		s.Error("a reader has written")
	}
}

// texts: what is stored comes back, and what can't be stored is refused on
// every database, without being repeated.
func (s *suite) texts() {
	for _, text := range []string{"", " ", "Ä„—“ß", "日本 👍", "a'b\"c\\d;--", "\t\r\n", "%_$1", strings.Repeat("x", 100_000)} {
		s.write(func(tx *catalog.Tx) error { return tx.SetMeta("text", text) })
		if got := get(s, func(tx *catalog.Tx) (string, error) { return tx.Meta("text") }); got != text {
			s.Errorf("%q came back as %q", text, got)
		}
	}
	for _, text := range []string{"secret\x00", "secret\xff"} {
		err := s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetMeta("text", text) })
		s.is(err, record.Invalid)
		if err != nil && strings.Contains(err.Error(), "secret") {
			s.Errorf("the error repeats the text: %v", err)
		}
	}
	s.file(newFile("SECRET-1", "03104", "L1"))
	for what, fn := range map[string]func(tx *catalog.Tx) error{
		"number": func(tx *catalog.Tx) error { _, err := tx.InsertFile(newFile("SECRET-1", "", "")); return err },
		"unique": func(tx *catalog.Tx) error { return tx.PutSession(catalog.Session{Hash: "SECRET-2", User: "SECRET-3"}) },
	} {
		err := s.c.WithTx(s.Context(), fn)
		s.is(err, record.Conflict)
		if err == nil || strings.Contains(err.Error(), "SECRET") {
			s.Errorf("%s: %v", what, err)
		}
	}
}

// snapshot: a reader sees nothing of what is committed after it began to read,
// and doesn't wait for it.
func (s *suite) snapshot() {
	s.write(func(tx *catalog.Tx) error { return tx.SetMeta("x", "old") })
	s.read(func(tx *catalog.Tx) error {
		before, err := tx.Meta("x")
		s.ok(err)
		s.write(func(tx *catalog.Tx) error { return tx.SetMeta("x", "new") })
		after, err := tx.Meta("x")
		if before != "old" || after != "old" {
			s.Errorf("a reader saw %q, then %q", before, after)
		}
		return err
	})
	if got := get(s, func(tx *catalog.Tx) (string, error) { return tx.Meta("x") }); got != "new" {
		s.Errorf("later %q", got)
	}
}

func (s *suite) contexts() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	nothing := func(tx *catalog.Tx) error { return nil }
	for what, err := range map[string]error{
		"write": s.c.WithTx(ctx, nothing), "read": s.c.Read(ctx, nothing), "append": s.c.AppendAudit(ctx, s.entry(audit.Search, "u1")),
	} {
		if err != nil && !errors.Is(err, context.Canceled) || err == nil && what != "append" {
			s.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel = context.WithCancel(s.Context())
	err := s.c.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := tx.SetMeta("x", "y"); err != nil {
			return err
		}
		cancel()
		return tx.SetMeta("x", "z")
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("cancelled on the way: %v", err)
	}
	if got := get(s, func(tx *catalog.Tx) (string, error) { return tx.Meta("x") }); got != "" {
		s.Errorf("a cancelled transaction has written %q", got)
	}
}

// counters: numbers of concurrent transactions have no gap and no double, and
// who reads sees all before the last.
func (s *suite) counters() {
	const writers, each = 6, 10
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				err := s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.InsertDocument(newDocument("", ""), "") })
				if err != nil {
					s.Error(err)
				}
				s.read(func(tx *catalog.Tx) error {
					seq, err := tx.Sequence()
					s.ok(err)
					totals, err := tx.Totals()
					if totals.Documents != seq {
						s.Errorf("%d documents at change %d", totals.Documents, seq)
					}
					return err
				})
			}
		})
	}
	all.Wait()
	if seq := get(s, (*catalog.Tx).Sequence); seq != writers*each {
		s.Errorf("change %d, want %d", seq, writers*each)
	}
}

// intake is a representative write: what taking a document in commits.
func (s *suite) intake(f record.File, p record.Person, leaf audit.Leaf) func(tx *catalog.Tx) error {
	d := newDocument(f.ID, "u1")
	return func(tx *catalog.Tx) error {
		if err := tx.PutPerson(p); err != nil {
			return err
		}
		if _, err := tx.InsertFile(f); err != nil {
			return err
		}
		if err := tx.InsertDocument(d, ""); err != nil {
			return err
		}
		if _, err := tx.AddDirty(d.ID, ""); err != nil {
			return err
		}
		if err := tx.InsertJournal(catalog.JournalRow{ID: "j", Actor: "u1", IdempotencyKey: "k"}); err != nil {
			return err
		}
		if err := tx.InsertOutbox(catalog.OutboxRow{Name: "m", Subject: string(f.ID), Sequence: 1}); err != nil {
			return err
		}
		if err := tx.Enqueue(job.Spec{Kind: "a", Key: "k"}); err != nil {
			return err
		}
		return tx.Append(leaf)
	}
}

// faults lets each call of a representative write fail, one after the other.
func (s *suite) faults() {
	var faults Faults
	c := s.open(s.T, s.clock, catalog.WithConnector(faults.Wrap))
	p := record.Person{ID: "p", Names: []record.DatedName{{Name: "Müller", FirstName: "Anna"}}}
	f := newFile(number(1), "03104", "L1", p)
	write := s.intake(f, p, s.entry(audit.DocumentCreate, "u1", object("file", string(f.ID))))
	for n := 1; ; n++ {
		faults.FailAt(n)
		err := c.WithTx(s.Context(), write)
		calls := faults.Count()
		faults.FailAt(0)
		if err == nil {
			if calls != n-1 || n < 30 {
				s.Errorf("succeeded at the %d. fault after %d calls", n, calls)
			}
			break
		}
		if !errors.Is(err, ErrInjected) {
			s.Fatalf("fault %d: %v", n, err)
		}
		s.empty(c, n)
	}
	s.ok(c.Read(s.Context(), func(tx *catalog.Tx) error {
		f, err := tx.FileByID(f.ID)
		if f.Ordinal != 1 {
			s.Errorf("ordinal %d after all the faults", f.Ordinal)
		}
		return err
	}))
}

// empty insists that nothing of a failed write is left.
func (s *suite) empty(c *catalog.Catalog, n int) {
	s.Helper()
	s.ok(c.Read(s.Context(), func(tx *catalog.Tx) error {
		totals, err := tx.Totals()
		s.ok(err)
		seq, err := tx.Sequence()
		s.ok(err)
		outbox, err := tx.OutboxSize()
		s.ok(err)
		stats, err := tx.JobStats()
		s.ok(err)
		pending, err := tx.AuditPending()
		s.ok(err)
		dirty, _, err := tx.Dirty()
		s.ok(err)
		if totals.Files+totals.Documents+seq != 0 || outbox+len(stats)+pending+len(dirty) != 0 {
			s.Fatalf("fault %d left %+v, change %d, outbox %d, jobs %v, audit %d, dirty %v", n, totals, seq, outbox, stats, pending, dirty)
		}
		_, err = tx.Person("p")
		s.is(err, record.NotFound)
		_, err = tx.JournalByID("j")
		s.is(err, record.NotFound)
		heads, err := tx.ManifestHeads("", 1)
		if len(heads) != 0 {
			s.Errorf("fault %d left a manifest head", n)
		}
		return err
	}))
}

func (s *suite) commitFails() {
	var faults Faults
	c := s.open(s.T, s.clock, catalog.WithConnector(faults.Wrap))
	faults.FailNext("commit")
	err := c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetMeta("x", "y") })
	faults.FailAt(0)
	if !errors.Is(err, ErrInjected) {
		s.Errorf("error %v", err)
	}
	s.ok(c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetMeta("z", "y") }))
	s.ok(c.Read(s.Context(), func(tx *catalog.Tx) error {
		x, err := tx.Meta("x")
		if x != "" {
			s.Error("a transaction whose commit failed has written")
		}
		return err
	}))
}

// appendFails: who appends learns that the entry isn't durable, and one bad
// entry doesn't keep others out.
func (s *suite) appendFails() {
	var faults Faults
	c := s.open(s.T, s.clock, catalog.WithConnector(faults.Wrap))
	leaf := s.entry(audit.Search, "u1", object("file", "f1"))
	for n := 1; ; n++ {
		faults.FailAt(n)
		err := c.AppendAudit(s.Context(), leaf)
		faults.FailAt(0)
		if err == nil {
			if n < 6 {
				s.Errorf("succeeded at the %d. fault", n)
			}
			break
		}
		if !errors.Is(err, ErrInjected) {
			s.Fatalf("fault %d: %v", n, err)
		}
		s.ok(c.Read(s.Context(), func(tx *catalog.Tx) error {
			_, err := tx.AuditEntry(leaf.ID)
			s.is(err, record.NotFound)
			return nil
		}))
	}
	var all sync.WaitGroup
	for range 20 { // in one batch or several
		good := s.entry(audit.Search, "u1")
		all.Go(func() { s.is(c.AppendAudit(s.Context(), leaf), record.Conflict) })
		all.Go(func() {
			if err := c.AppendAudit(s.Context(), good); err != nil {
				s.Error(err)
			}
		})
	}
	all.Wait()
}
