package catalogtest

import (
	"fmt"
	"reflect"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

func (s *suite) schedules() {
	start, end := s.clock.Now(), s.clock.Now().Add(time.Minute)
	if moved, err := s.c.Advance(s.Context(), "x", time.Time{}, start, nil); err != nil || !moved {
		s.Fatal(moved, err)
	}
	s.write(func(tx *catalog.Tx) error { return tx.StartSchedule("x", start) })
	s.write(func(tx *catalog.Tx) error { return tx.StartSchedule("a", start) }) // run by hand before it was ever due
	row := catalog.ScheduleRow{Name: "x", Due: start, StartedAt: start, Counts: map[string]int64{}}
	if got := get(s, (*catalog.Tx).Schedules); len(got) != 2 || got[0].Name != "a" || !reflect.DeepEqual(got[1], row) {
		s.Errorf("started: %+v", got)
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.EndSchedule("x", end, catalog.OutcomeFailed, "No Ä.", map[string]int64{"documents": 3})
	})
	row.EndedAt, row.Outcome, row.Result, row.Counts = end, catalog.OutcomeFailed, "No Ä.", map[string]int64{"documents": 3}
	if got := get(s, (*catalog.Tx).Schedules); !reflect.DeepEqual(got[1], row) {
		s.Errorf("ended: %+v", got)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.EndSchedule("y", end, "", "", nil) }), record.NotFound)
	progress := func(name string) string {
		return get(s, func(tx *catalog.Tx) (string, error) { return tx.Progress(name) })
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetProgress("z", `{"after":"m"}`) })
	if progress("z") != `{"after":"m"}` || progress("x")+progress("nothing") != "" {
		s.Errorf("progress %q, %q", progress("z"), progress("x"))
	}
}

func (s *suite) findings() {
	t0 := s.clock.Now()
	put := func(at time.Time, names ...string) {
		var fs []catalog.Finding
		for _, n := range names {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoRow, Name: n})
		}
		s.write(func(tx *catalog.Tx) error { return tx.PutFindings(fs, at) })
	}
	open := func(after string, limit int) string {
		out := ""
		for _, f := range get(s, func(tx *catalog.Tx) ([]catalog.Finding, error) {
			return tx.OpenFindings(catalog.FindingNoRow, after, limit)
		}) {
			out += fmt.Sprintf("%s %v %v; ", f.Name, f.FoundAt.Sub(t0), f.SeenAt.Sub(t0))
		}
		return out
	}
	put(t0, "a", "b", "c")
	s.write(func(tx *catalog.Tx) error {
		return tx.PutFindings([]catalog.Finding{{Kind: catalog.FindingNoObject, Name: "a", Subject: "d1"}}, t0)
	})
	t1 := t0.Add(time.Hour)
	put(t1, "b", "c")
	s.write(func(tx *catalog.Tx) error {
		n, err := tx.ResolveFindings(t1, t1)
		if n != 2 {
			s.Errorf("%d resolved", n)
		}
		return err
	})
	t2 := t0.Add(2 * time.Hour)
	put(t2, "a", "c") // a is back
	if got, want := open("", 500), "a 2h0m0s 2h0m0s; b 0s 1h0m0s; c 0s 2h0m0s; "; got != want {
		s.Errorf("open %q, want %q", got, want)
	}
	if got, want := open("a", 1), "b 0s 1h0m0s; "; got != want {
		s.Errorf("page %q, want %q", got, want)
	}
	if got := get(s, (*catalog.Tx).CountFindings); !reflect.DeepEqual(got, map[string]int64{catalog.FindingNoRow: 3}) {
		s.Errorf("counts %v", got)
	}
	for range 2 {
		s.write(func(tx *catalog.Tx) error { return tx.AddSuperseded([]string{"m/1", "m/2"}) })
	}
	known := get(s, func(tx *catalog.Tx) (map[string]bool, error) {
		return tx.Superseded([]string{"m/0", "m/1", "m/2", "m/3"})
	})
	if !reflect.DeepEqual(known, map[string]bool{"m/1": true, "m/2": true}) {
		s.Errorf("superseded %v", known)
	}
}

// keeping: what the nightly locks, the due list and the comparison read.
func (s *suite) keeping() {
	now := s.clock.Now()
	full := record.RetentionClass{Class: "full", Years: 3, From: "received", Lock: "full"}
	f := newFile(number(1), "03104", "L1")
	f.RetentionClass = full.Class
	s.write(func(tx *catalog.Tx) error { return tx.PutRetentionClass(full) })
	f = s.file(f)
	add := func(file record.FileID, keep string, locked time.Time, state record.State) record.Document {
		d := newDocument(file, "u1")
		d.KeepUntil, d.LockedUntil, d.State = keep, locked, state
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
		return d
	}
	soon, later := now.AddDate(0, 1, 0), now.AddDate(0, 30, 0)
	loose := add("", "", soon, record.StateClearing)
	filed := add(f.ID, "2026-03-01", soon.Add(time.Second), record.StateReady)
	add(f.ID, "2026-02-01", soon, record.StateDisposed)
	long := add(f.ID, "2040-12-31", later, record.StateReady)

	locks := func(after catalog.Keeping, limit int) []catalog.Keeping {
		return get(s, func(tx *catalog.Tx) ([]catalog.Keeping, error) {
			return tx.LocksBefore(now.AddDate(0, 18, 0), after, limit)
		})
	}
	all := locks(catalog.Keeping{}, 500)
	want := []catalog.Keeping{{Document: loose.ID, Object: loose.Object, State: loose.State, LockedUntil: soon},
		{Document: filed.ID, Object: filed.Object, State: filed.State, KeepUntil: "2026-03-01", LockedUntil: soon.Add(time.Second), Class: full}}
	if !reflect.DeepEqual(all, want) {
		s.Errorf("locks %+v, want %+v", all, want)
	}
	if first := locks(catalog.Keeping{}, 1); len(first) != 1 || !reflect.DeepEqual(locks(first[0], 1), want[1:]) || len(locks(want[1], 1)) != 0 {
		s.Errorf("paged: %+v", first)
	}
	if got := get(s, func(tx *catalog.Tx) ([]catalog.Keeping, error) { return tx.FullLocks("", 500) }); len(got) != 2 ||
		!(got[0].Document < got[1].Document) || got[0].Class != full {
		s.Errorf("full locks %+v", got)
	}
	one := get(s, func(tx *catalog.Tx) (catalog.Keeping, error) { return tx.KeepingOf(long.ID) })
	if one.Object != long.Object || !one.LockedUntil.Equal(later) || one.Class != full {
		s.Errorf("one %+v", one)
	}
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Keeping, error) { return tx.KeepingOf("nothing") }), record.NotFound)
	s.due(add, f.ID, filed)
	s.storeSide(loose, filed, long)
}

func (s *suite) due(add func(record.FileID, string, time.Time, record.State) record.Document, file record.FileID, first record.Document) {
	second := add(file, "2026-03-01", s.clock.Now(), record.StateReady)
	third := add("", "2026-03-02", s.clock.Now(), record.StateClearing)
	for day, want := range map[string]int64{"2026-03-01": 0, "2026-03-02": 2, "2026-03-03": 3, "2041-01-01": 4} {
		s.read(func(tx *catalog.Tx) error {
			n, err := tx.CountDue(day)
			if n.Due != want || n.Held != 0 || (n.Earliest == "2026-03-01") != (n.Due > 0) {
				s.Errorf("on %s are due: %+v; want %d", day, n, want)
			}
			return err
		})
	}
	var got []record.DocumentID
	for cursor, more := "", true; more; more = cursor != "" {
		s.read(func(tx *catalog.Tx) error {
			ds, next, err := tx.DueDocuments("2026-03-03", cursor, 1)
			for _, d := range ds {
				got = append(got, d.ID)
			}
			cursor = next
			return err
		})
	}
	want := []record.DocumentID{min(first.ID, second.ID), max(first.ID, second.ID), third.ID}
	if !reflect.DeepEqual(got, want) {
		s.Errorf("due %v, want %v", got, want)
	}
	s.is(s.c.Read(s.Context(), func(tx *catalog.Tx) error { _, _, err := tx.DueDocuments("2026-03-03", "x", 1); return err }), record.Invalid)
}

// storeSide: objects and heads come in the order of the store's names.
func (s *suite) storeSide(some ...record.Document) {
	seen := map[record.DocumentID]record.ObjectID{}
	for after := record.ObjectID(""); ; {
		rows := get(s, func(tx *catalog.Tx) ([]catalog.Stored, error) { return tx.StoredObjects(after, 2) })
		for _, r := range rows {
			if r.Object <= after {
				s.Errorf("%s comes after %s", r.Object, after)
			}
			seen[r.Document], after = r.Object, r.Object
		}
		if len(rows) == 0 {
			break
		}
	}
	if len(seen) != 5 { // the disposed one is left out
		s.Errorf("%d objects", len(seen))
	}
	for _, d := range some {
		if seen[d.ID] != d.Object {
			s.Errorf("document %s has object %q", d.ID, seen[d.ID])
		}
	}
	s.write(func(tx *catalog.Tx) error {
		for i, name := range []string{"m/bb/2", "m/aa/1", "m/cc/3"} {
			if err := tx.SetManifestHead(catalog.Head{Subject: fmt.Sprint("s", i), Name: name, Sequence: i + 1}); err != nil {
				return err
			}
		}
		return nil
	})
	heads := get(s, func(tx *catalog.Tx) ([]catalog.Head, error) { return tx.HeadsByName("m/aa/1", 500) })
	if len(heads) != 2 || heads[0] != (catalog.Head{Subject: "s0", Name: "m/bb/2", Sequence: 1}) || heads[1].Name != "m/cc/3" {
		s.Errorf("heads %+v", heads)
	}
}

// purge: what is old goes in bounded steps, what is still needed stays.
func (s *suite) purge() {
	old := s.clock.Now()
	user := s.user("k.sommer")
	row := func(state string) catalog.JournalRow {
		d := newDocument("", user)
		j := catalog.JournalRow{ID: record.NewID(), Node: "n1", Actor: user, IdempotencyKey: record.NewID(), RequestDigest: "r", Document: d.ID,
			Object: d.Object, KeySealed: []byte("key"), Manifest: []byte("{}"), ManifestName: "m/x", Submission: "{}", State: state}
		s.write(func(tx *catalog.Tx) error { return tx.InsertJournal(j) })
		return j
	}
	done, reading, underway := row(catalog.JournalStored), row(catalog.JournalStored), row(catalog.JournalSpooled)
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "readback", Key: string(reading.Document)}))
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "other", Key: string(done.Document)}))
	s.write(func(tx *catalog.Tx) error {
		for i := range 700 {
			if err := tx.PutSignInFailure("x", old.Add(time.Duration(i)*time.Microsecond)); err != nil {
				return err
			}
		}
		if err := tx.PutSession(catalog.Session{Hash: "h", User: user, ExpiresAt: old}); err != nil {
			return err
		}
		if err := tx.PutToken(catalog.Token{Hash: "t", User: user}); err != nil { // without end
			return err
		}
		return tx.IdempotentPut(user, "k", "r", 201, nil)
	})
	s.clock.Advance(time.Hour)
	step := func(fn func(tx *catalog.Tx) (int64, error)) (n int64) {
		s.write(func(tx *catalog.Tx) (err error) { n, err = fn(tx); return err })
		return n
	}
	expired := func(tx *catalog.Tx) (int64, error) { return tx.PurgeExpired(s.clock.Now()) }
	for i, want := range []int64{1, 500, 200, 0} {
		if n := step(expired); n != want {
			s.Errorf("expired, step %d: %d, want %d", i, n, want)
		}
	}
	if k := get(s, func(tx *catalog.Tx) (catalog.Token, error) { return tx.TokenByHash("t") }); k.User != user {
		s.Error("a token without end is gone")
	}
	for before, want := range map[time.Time]int64{old: 0, s.clock.Now(): 1} {
		if n := step(func(tx *catalog.Tx) (int64, error) { return tx.PurgeAnswers(before) }); n != want {
			s.Errorf("answers before %s: %d", before, n)
		}
	}
	s.purgeJournal(step, done, reading, underway)
}

func (s *suite) purgeJournal(step func(func(tx *catalog.Tx) (int64, error)) int64, done, reading, underway catalog.JournalRow) {
	slim := func(tx *catalog.Tx) (int64, error) { return tx.SlimJournal(s.clock.Now()) }
	if n, again := step(slim), step(slim); n != 2 || again != 0 {
		s.Errorf("slimmed %d, then %d", n, again)
	}
	byID := func(j catalog.JournalRow) catalog.JournalRow {
		return get(s, func(tx *catalog.Tx) (catalog.JournalRow, error) { return tx.JournalByID(j.ID) })
	}
	if got := byID(done); len(got.KeySealed)+len(got.Manifest)+len(got.Submission) != 0 || got.RequestDigest != "r" || got.ManifestName != "m/x" {
		s.Errorf("slimmed: %+v", got)
	}
	if got := byID(underway); string(got.KeySealed) != "key" {
		s.Errorf("one that is on its way: %+v", got)
	}
	open := get(s, func(tx *catalog.Tx) (map[string]bool, error) {
		return tx.OpenJobs("readback", []string{string(done.Document), string(reading.Document)})
	})
	if !reflect.DeepEqual(open, map[string]bool{string(reading.Document): true}) {
		s.Errorf("open jobs %v", open)
	}
	rows := get(s, func(tx *catalog.Tx) (map[record.ObjectID]catalog.JournalRow, error) {
		return tx.JournalOf([]record.ObjectID{done.Object, underway.Object, "x"})
	})
	if len(rows) != 2 || rows[done.Object].State != catalog.JournalStored || rows[underway.Object].Document != underway.Document {
		s.Errorf("journal of: %+v", rows)
	}
	unfinished := func(before time.Time, after string) []catalog.Unfinished {
		return get(s, func(tx *catalog.Tx) ([]catalog.Unfinished, error) { return tx.UnfinishedBefore(before, after) })
	}
	if got := unfinished(s.clock.Now(), ""); len(got) != 1 || got[0] != (catalog.Unfinished{Row: underway.ID, Object: underway.Object}) ||
		len(unfinished(s.clock.Now(), underway.ID))+len(unfinished(s.clock.Now().Add(-time.Hour), "")) != 0 {
		s.Errorf("unfinished: %+v", got)
	}
	gone := func(tx *catalog.Tx) (int64, error) { return tx.PurgeJournal(s.clock.Now(), "readback") }
	if n := step(gone); n != 1 {
		s.Errorf("%d journal rows went", n)
	}
	js, err := s.c.Lease(s.Context(), "n", []string{"readback"}, 1, time.Minute)
	s.ok(err)
	s.ok(s.c.Bury(s.Context(), js[0].ID, "n", "no use"))
	if n := step(gone); n != 0 || byID(reading).ID == "" {
		s.Errorf("the row of a job that was set aside: %d went", n)
	}
}
