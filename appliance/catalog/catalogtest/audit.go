package catalogtest

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func object(kind, id string) audit.Object { return audit.Object{Kind: kind, ID: id} }

// appendAll appends entries in a transaction.
func (s *suite) appendAll(leaves ...audit.Leaf) {
	s.Helper()
	s.write(func(tx *catalog.Tx) error {
		for _, l := range leaves {
			if err := tx.Append(l); err != nil {
				return err
			}
		}
		return nil
	})
}

// sequence numbers all that is pending.
func (s *suite) sequence(max int) (total int) {
	s.Helper()
	for {
		n, err := s.c.Sequence(s.Context(), max)
		s.ok(err)
		if n == 0 {
			return total
		}
		total += n
	}
}

func (s *suite) auditAppend() {
	leaf := s.entry(audit.FileView, "u1", object("file", "f1"), object("document", "d1"), object("file", "f1"))
	s.appendAll(leaf)
	entry := get(s, func(tx *catalog.Tx) (catalog.AuditEntry, error) { return tx.AuditEntry(leaf.ID) })
	want := catalog.AuditEntry{ID: leaf.ID, Log: 2026, Number: -1, At: s.clock.Now(), Header: leaf.Header, Salt: leaf.Salt, Payload: leaf.Payload}
	if !reflect.DeepEqual(entry, want) {
		s.Errorf("entry %+v, want %+v", entry, want)
	}
	s.ok(audit.Check(entry.Header, entry.Salt, entry.Payload))
	second := s.entry(audit.DocumentOriginal, "u1")
	s.ok(s.c.AppendAudit(s.Context(), second))
	if n := get(s, (*catalog.Tx).AuditPending); n != 2 {
		s.Errorf("%d pending", n)
	}
	s.is(s.c.AppendAudit(s.Context(), second), record.Conflict)
	bad := leaf
	bad.Payload = []byte("{}")
	s.is(s.c.AppendAudit(s.Context(), bad), record.Corrupt)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.Append(bad) }), record.Corrupt)
	s.is(fails(s, func(tx *catalog.Tx) (catalog.AuditEntry, error) { return tx.AuditEntry("nothing") }), record.NotFound)
	s.sequence(10)
	s.write(func(tx *catalog.Tx) error { return tx.ErasePayloads([]string{leaf.ID}) })
	entry = get(s, func(tx *catalog.Tx) (catalog.AuditEntry, error) { return tx.AuditEntry(leaf.ID) })
	if entry.Payload != nil || entry.Salt != nil || !bytes.Equal(entry.Header, leaf.Header) {
		s.Errorf("erased: %+v", entry)
	}
}

func (s *suite) auditQuery() {
	start := s.clock.Now()
	var ids []string
	for i := range 12 {
		leaf := s.entry([]string{audit.FileView, audit.Search}[i%2], record.UserID(fmt.Sprint("u", i%3)),
			object("file", fmt.Sprint("f", i%4)), object("document", fmt.Sprint("d", i%6)))
		s.appendAll(leaf)
		ids = append(ids, leaf.ID)
		s.clock.Advance(time.Minute)
	}
	s.sequence(7)
	list := func(q catalog.AuditQuery) (out []int) {
		for {
			var next string
			s.read(func(tx *catalog.Tx) error {
				es, n, err := tx.AuditEntries(q)
				next = n
				for _, e := range es {
					for i, id := range ids {
						if id == e.ID {
							out = append(out, i)
						}
					}
				}
				return err
			})
			if next == "" {
				return out
			}
			q.Cursor = next
		}
	}
	for name, c := range map[string]struct {
		q    catalog.AuditQuery
		want []int
	}{
		"all":               {catalog.AuditQuery{}, []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}},
		"actor":             {catalog.AuditQuery{Actor: "u1"}, []int{10, 7, 4, 1}},
		"file":              {catalog.AuditQuery{File: "f3"}, []int{11, 7, 3}},
		"document":          {catalog.AuditQuery{Document: "d5"}, []int{11, 5}},
		"file and document": {catalog.AuditQuery{File: "f1", Document: "d5"}, []int{5}},
		"file and actor":    {catalog.AuditQuery{File: "f3", Actor: "u1"}, []int{7}},
		"action":            {catalog.AuditQuery{Action: audit.Search, Actor: "u0"}, []int{9, 3}},
		"actions":           {catalog.AuditQuery{Actions: []string{audit.Search, audit.Suggest, audit.SignIn}, Actor: "u0"}, []int{9, 3}},
		"all but":           {catalog.AuditQuery{Except: []string{audit.Search, audit.Suggest}, Actor: "u0"}, []int{6, 0}},
		"outcome":           {catalog.AuditQuery{Outcome: audit.Denied}, nil},
		"time":              {catalog.AuditQuery{From: start.Add(2 * time.Minute), To: start.Add(5 * time.Minute)}, []int{4, 3, 2}},
		"file and time":     {catalog.AuditQuery{File: "f3", From: start.Add(4 * time.Minute), To: start.Add(11 * time.Minute)}, []int{7}},
		"nothing":           {catalog.AuditQuery{File: "f9"}, nil},
	} {
		for _, limit := range []int{1, 2, 50} {
			c.q.Limit = limit
			if got := list(c.q); !reflect.DeepEqual(got, c.want) {
				s.Errorf("%s, %d at a time: %v, want %v", name, limit, got, c.want)
			}
		}
	}
	s.is(fails(s, func(tx *catalog.Tx) ([]catalog.AuditEntry, error) {
		es, _, err := tx.AuditEntries(catalog.AuditQuery{Cursor: "x"})
		return es, err
	}), record.Invalid)
}

// checkLog holds the log of a year to its entries: numbered without a gap, the
// head's root is theirs, and proofs hold.
func (s *suite) checkLog(log int, want int) {
	s.Helper()
	s.read(func(tx *catalog.Tx) error {
		head, err := tx.AuditHead(log)
		s.ok(err)
		rows, err := tx.AuditRows(log, 0, want+10)
		s.ok(err)
		if head.Size != uint64(want) || len(rows) != want {
			s.Fatalf("log %d has size %d and %d rows, want %d", log, head.Size, len(rows), want)
		}
		tree, err := audit.NewTree(0, nil)
		s.ok(err)
		var half []byte
		for i, r := range rows {
			s.ok(audit.Check(r.Header, r.Salt, r.Payload))
			_, err := tree.Append(audit.LeafHash(r.Header))
			s.ok(err)
			if i+1 == want/2 {
				half, err = tree.Root()
				s.ok(err)
			}
		}
		root, err := tree.Root()
		s.ok(err)
		if !bytes.Equal(root, head.Root) {
			s.Fatalf("the root of log %d is not that of its rows", log)
		}
		for i := 0; i < want; i += 1 + want/7 {
			path, err := tx.AuditInclusion(log, uint64(i), head.Size)
			s.ok(err)
			s.ok(audit.VerifyInclusion(uint64(i), head.Size, audit.LeafHash(rows[i].Header), path, root))
		}
		path, err := tx.AuditConsistency(log, uint64(want/2), head.Size)
		s.ok(err)
		return audit.VerifyConsistency(uint64(want/2), head.Size, path, half, root)
	})
}

func (s *suite) auditTree() {
	if n := s.sequence(10); n != 0 {
		s.Errorf("numbered %d of none", n)
	}
	head := get(s, func(tx *catalog.Tx) (catalog.AuditHead, error) { return tx.AuditHead(2026) })
	if head.Size != 0 || len(head.Root) != audit.HashSize {
		s.Errorf("head of an empty log: %+v", head)
	}
	var leaves []audit.Leaf
	for i := range 23 {
		leaves = append(leaves, s.entry(audit.Search, record.UserID(fmt.Sprint("u", i))))
		s.clock.Advance(time.Second)
	}
	s.appendAll(leaves...)
	if n, err := s.c.Sequence(s.Context(), 5); err != nil || n != 5 {
		s.Errorf("numbered %d, %v", n, err)
	}
	if n := s.sequence(10); n != 18 {
		s.Errorf("numbered %d more", n)
	}
	rows := get(s, func(tx *catalog.Tx) ([]audit.Row, error) { return tx.AuditRows(2026, 20, 10) })
	if len(rows) != 3 || !bytes.Equal(rows[0].Header, leaves[20].Header) {
		s.Errorf("%d rows from 20 on, in another order than they happened", len(rows))
	}
	s.checkLog(2026, 23)
	s.is(fails(s, func(tx *catalog.Tx) ([][]byte, error) { return tx.AuditInclusion(2026, 3, 24) }), record.NotFound)
	s.is(fails(s, func(tx *catalog.Tx) ([][]byte, error) { return tx.AuditConsistency(2025, 0, 1) }), record.NotFound)
}

// auditConcurrent numbers while many append, on their own and in transactions.
func (s *suite) auditConcurrent() {
	const writers, each = 8, 25
	var all, sequencers sync.WaitGroup
	var finished atomic.Bool
	for w := range writers {
		leaves := make([]audit.Leaf, each)
		for i := range leaves {
			leaves[i] = s.entry(audit.Search, record.UserID(fmt.Sprint("u", w)), object("file", fmt.Sprint("f", i)))
		}
		all.Go(func() {
			for i, l := range leaves {
				var err error
				if w%2 == 0 || i%5 == 0 {
					err = s.c.AppendAudit(s.Context(), l)
				} else {
					err = s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.Append(l) })
				}
				if err != nil {
					s.Error(err)
				}
			}
		})
	}
	for range 2 {
		sequencers.Go(func() {
			for !finished.Load() {
				if _, err := s.c.Sequence(s.Context(), 17); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	finished.Store(true)
	sequencers.Wait()
	s.sequence(500)
	s.checkLog(2026, writers*each)
	if n := get(s, (*catalog.Tx).AuditPending); n != 0 {
		s.Errorf("%d pending", n)
	}
}

// auditYears: what happened on either side of New Year is in two logs.
func (s *suite) auditYears() {
	s.clock.Advance(time.Date(2026, 12, 31, 23, 59, 58, 0, time.UTC).Sub(s.clock.Now()))
	for range 4 {
		s.appendAll(s.entry(audit.Search, "u1"))
		s.clock.Advance(time.Second)
	}
	s.sequence(3)
	s.checkLog(2026, 2)
	s.checkLog(2027, 2)
	if logs := get(s, (*catalog.Tx).AuditLogs); !reflect.DeepEqual(logs, []int{2026, 2027}) {
		s.Errorf("logs: %v", logs)
	}
}

func (s *suite) checkpoints() {
	put := func(size uint64) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			return tx.PutCheckpoint(catalog.Checkpoint{Log: 2026, Size: size, At: s.clock.Now(), Note: []byte("note — x\n")})
		})
	}
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Checkpoint, error) { return tx.LastCheckpoint(2026) }), record.NotFound)
	s.ok(put(10))
	s.ok(put(9))
	s.is(put(10), record.Conflict)
	last := get(s, func(tx *catalog.Tx) (catalog.Checkpoint, error) { return tx.LastCheckpoint(2026) })
	if last.Size != 10 || string(last.Note) != "note — x\n" || !last.At.Equal(s.clock.Now()) {
		s.Errorf("last: %+v", last)
	}
	all := get(s, func(tx *catalog.Tx) ([]catalog.Checkpoint, error) { return tx.Checkpoints(2026) })
	if len(all) != 2 || all[0].Size != 9 {
		s.Errorf("all: %+v", all)
	}
}

// auditClosed: after Close nothing is taken, and nobody waits for ever.
func (s *suite) auditClosed() {
	c := s.open(s.T, s.clock)
	var all sync.WaitGroup
	for range 16 {
		leaf := s.entry(audit.Search, "u1")
		all.Go(func() {
			if err := c.AppendAudit(s.Context(), leaf); err != nil {
				s.is(err, record.Unavailable)
			}
		})
	}
	s.ok(c.Close())
	all.Wait()
	s.is(c.AppendAudit(s.Context(), s.entry(audit.Search, "u1")), record.Unavailable)
}
