package catalogtest

import (
	"reflect"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

// throughput: counts are added up over nodes and minutes, fold into days, and
// go in the end.
func (s *suite) throughput() {
	t0 := s.clock.Now() // 08:00
	at := func(d time.Duration) time.Time { return t0.Add(d) }
	add := func(node string, counts ...catalog.Count) {
		s.write(func(tx *catalog.Tx) error { return tx.AddCounts(node, counts) })
	}
	add("a", catalog.Count{At: at(30 * time.Second), Kind: catalog.CountPages, N: 2}, catalog.Count{At: at(5 * time.Second), Kind: catalog.CountPages, N: 1},
		catalog.Count{At: t0, Kind: catalog.CountWorkers, N: 2}, catalog.Count{At: t0, Kind: catalog.CountStage, Name: "open", N: 1 << 40})
	add("a", catalog.Count{At: at(time.Minute), Kind: catalog.CountPages, N: 4}, catalog.Count{At: t0, Kind: catalog.CountWorkers, N: 1})
	add("b", catalog.Count{At: t0, Kind: catalog.CountPages, N: 8}, catalog.Count{At: t0, Kind: catalog.CountWorkers, N: 3})
	counts := func(from time.Time, width time.Duration) []catalog.Count {
		return get(s, func(tx *catalog.Tx) ([]catalog.Count, error) { return tx.Counts(from, width) })
	}
	if got, want := counts(t0, time.Minute), []catalog.Count{{At: t0, Kind: catalog.CountPages, N: 11}, {At: t0, Kind: catalog.CountStage, Name: "open", N: 1 << 40},
		{At: at(time.Minute), Kind: catalog.CountPages, N: 4}}; !reflect.DeepEqual(got, want) {
		s.Errorf("minutes: %v", got)
	}
	if got := counts(at(10*time.Minute), 30*time.Minute); len(got) != 2 || got[0].N != 15 || !got[0].At.Equal(t0) {
		s.Errorf("half hours: %v", got)
	}
	for since, want := range map[time.Time]int{t0: 5, at(time.Minute): 0} {
		if got := get(s, func(tx *catalog.Tx) (int, error) { return tx.CountedWorkers(since) }); got != want {
			s.Errorf("%d workers since %s", got, since)
		}
	}
	s.foldCounts(t0, add)
}

func (s *suite) foldCounts(t0 time.Time, add func(string, ...catalog.Count)) {
	fold := func(before time.Time) int64 {
		n, err := s.c.InSteps(s.Context(), func(tx *catalog.Tx) (int64, error) { return tx.FoldCounts(before) })
		s.ok(err)
		return n
	}
	day := t0.Truncate(24 * time.Hour)
	yesterday := catalog.Count{At: day.Add(-time.Minute), Kind: catalog.CountPages, N: 16}
	add("a", yesterday)
	if n := fold(t0.Add(time.Minute)); n != 6 {
		s.Errorf("%d rows folded", n)
	}
	if n := fold(t0.Add(time.Hour)); n != 1 { // the same day once more
		s.Errorf("%d rows folded", n)
	}
	days := func() []catalog.Count {
		return get(s, func(tx *catalog.Tx) ([]catalog.Count, error) { return tx.Days(day.AddDate(0, 0, -3)) })
	}
	want := []catalog.Count{{At: day.AddDate(0, 0, -1), Kind: catalog.CountPages, N: 16}, {At: day, Kind: catalog.CountPages, N: 15}, {At: day, Kind: catalog.CountStage, Name: "open", N: 1 << 40}}
	if got := days(); !reflect.DeepEqual(got, want) {
		s.Errorf("days: %v", got)
	}
	s.write(func(tx *catalog.Tx) error { _, err := tx.PurgeCounts(day); return err })
	if got := days(); !reflect.DeepEqual(got, want[1:]) {
		s.Errorf("what is left: %v", got)
	}
}

// queued: what waits to be read, why, and what is being read.
func (s *suite) queued() {
	held := [2]string{"no room", "no verdict"}
	enqueue := func(pages int, channel string, after time.Duration) record.DocumentID {
		d := newDocument("", "u1")
		d.Pages, d.Channel = pages, channel
		s.write(func(tx *catalog.Tx) error {
			if err := tx.InsertDocument(d, "03104"); err != nil {
				return err
			}
			return tx.Enqueue(job.Spec{Kind: "read", Key: string(d.ID), At: s.clock.Now().Add(after)})
		})
		return d.ID
	}
	t0 := s.clock.Now()
	enqueue(0, "web", 0) // leased first: it is the oldest
	js, err := s.c.Lease(s.Context(), "n1", []string{"read"}, 1, time.Hour)
	s.ok(err)
	s.ok(s.c.Snooze(s.Context(), js[0].ID, "n1", t0.Add(time.Minute), "again in 1m0s: no verdict: clamd is gone"))
	enqueue(7, "folder", 0)
	_, err = s.c.Lease(s.Context(), "n2", []string{"read"}, 1, time.Hour)
	s.ok(err)
	s.clock.Advance(time.Second)
	enqueue(0, "folder", 0)
	enqueue(3, "folder", 0)
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "other", Key: "x"}))
	got := get(s, func(tx *catalog.Tx) ([]catalog.Queue, error) { return tx.Queued("read", held) })
	want := []catalog.Queue{{Channel: "folder", Running: true, Node: "n2", Documents: 1, Known: 7, Oldest: t0},
		{Channel: "folder", Documents: 2, Known: 3, Unread: 1, Oldest: t0.Add(time.Second)},
		{Channel: "web", Held: "no verdict", Later: true, Documents: 1, Unread: 1, Oldest: t0}}
	if !reflect.DeepEqual(got, want) {
		s.Errorf("%+v", got)
	}
	if n := get(s, (*catalog.Tx).InQuarantine); n != 0 {
		s.Errorf("%d in quarantine", n)
	}
}
