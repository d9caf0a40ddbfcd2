package catalogtest

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// item makes an open item in a user's inbox ("" = the team's) and adds it.
func (s *suite) item(d record.Document, holder record.UserID) catalog.Item {
	s.Helper()
	i := catalog.Item{ID: record.ItemID(record.NewID()), Kind: catalog.ItemDocument, Document: d.ID, File: d.File, Queue: catalog.QueueUser,
		ItemPlace: catalog.ItemPlace{Holder: holder, HeldAt: s.clock.Now(), State: catalog.ItemOpen, Waits: d.Received}, CreatedBy: "system"}
	if holder == "" {
		i.Queue = catalog.QueueTeam
	}
	s.write(func(tx *catalog.Tx) error { return tx.InsertItem(i) })
	return s.itemByID(i.ID)
}

func (s *suite) itemByID(id record.ItemID) catalog.Item {
	s.Helper()
	return get(s, func(tx *catalog.Tx) (catalog.Item, error) { return tx.ItemByID(id) })
}

// changed changes an item and gives what came of it.
func (s *suite) changed(i catalog.Item, by record.UserID) (out catalog.Item, err error) {
	s.Helper()
	err = s.c.WithTx(s.Context(), func(tx *catalog.Tx) (err error) {
		out, err = tx.ChangeItem(i, by)
		return err
	})
	return out, err
}

func (s *suite) items() {
	u, v := s.user("u"), s.user("v")
	d := s.document(s.file(newFile(number(1), "03104", "L1")).ID, u, "")
	i := s.item(d, "")
	if i.CreatedAt != s.clock.Now() || i.ChangedBy != "system" || i.Version != 1 || i.Undoable || i.State != catalog.ItemOpen || i.Waits != "2026-03-01" {
		s.Errorf("a new item: %+v", i)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { j := i; j.ID = "other"; return tx.InsertItem(j) }), record.Conflict)
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Item, error) { return tx.ItemByID("nothing") }), record.NotFound)

	s.clock.Advance(time.Minute)
	taken := i
	taken.Holder, taken.HeldBy, taken.HeldAt, taken.Due, taken.Note = u, u, s.clock.Now(), "2026-03-16", "nachfragen"
	got, err := s.changed(taken, u)
	if s.ok(err); got.Version != 2 || got.ChangedBy != u || got.ChangedAt != s.clock.Now() || !got.Undoable || !reflect.DeepEqual(s.itemByID(i.ID), got) {
		s.Errorf("taken: %+v, read %+v", got, s.itemByID(i.ID))
	}
	var faster *catalog.ItemChanged
	if _, err := s.changed(taken, v); !errors.As(err, &faster) || !errors.Is(err, record.Conflict) || faster.Now.Holder != u || faster.Now.HeldAt != s.clock.Now() {
		s.Errorf("who comes second learns %v", err)
	}
	undo := func(by record.UserID) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { _, err := tx.UndoItem(i.ID, by); return err })
	}
	s.is(undo(v), record.Conflict)
	s.ok(undo(u))
	want := i
	want.Version, want.ChangedAt, want.ChangedBy = 3, s.clock.Now(), u
	if got := s.itemByID(i.ID); !reflect.DeepEqual(got, want) {
		s.Errorf("taken back: %+v, want %+v", got, want)
	}
	s.is(undo(u), record.Conflict) // only the last change, once

	done := s.itemByID(i.ID)
	done.State, done.DoneAt, done.DoneBy = catalog.ItemDone, s.clock.Now(), u
	done, err = s.changed(done, u)
	s.ok(err)
	s.item(d, v) // the document came in again
	open := done
	open.State, open.DoneAt, open.DoneBy = catalog.ItemOpen, time.Time{}, ""
	_, err = s.changed(open, u)
	if !errors.As(err, &faster) || faster.Now.Holder != v {
		s.Errorf("open twice: %v", err)
	}
}

// itemTakers: of several who take at the same moment one gets it, the others
// learn who did, and when.
func (s *suite) itemTakers() {
	d := s.document(s.file(newFile(number(1), "03104", "L1")).ID, "x", "")
	seen := s.item(d, "")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	takers := make([]record.UserID, len(errs))
	for n := range errs {
		takers[n] = s.user("u" + string(rune('a'+n)))
	}
	for n := range errs {
		wg.Go(func() {
			errs[n] = s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
				mine := seen
				mine.Holder, mine.HeldBy, mine.HeldAt = takers[n], takers[n], s.clock.Now()
				_, err := tx.ChangeItem(mine, takers[n])
				return err
			})
		})
	}
	wg.Wait()
	winner := s.itemByID(seen.ID).Holder
	won := 0
	for n, err := range errs {
		var faster *catalog.ItemChanged
		switch {
		case err == nil:
			won++
			if takers[n] != winner {
				s.Errorf("%s was told to have it, %s has", takers[n], winner)
			}
		case !errors.As(err, &faster):
			s.Errorf("a loser learns %v", err)
		case faster.Now.Holder != winner || faster.Now.HeldAt.IsZero():
			s.Errorf("a loser learns of %+v, %s won", faster.Now, winner)
		}
	}
	if won != 1 {
		s.Errorf("%d have taken it", won)
	}
}

// itemLists: pages of every size give the same order, counts are lengths, and
// what is put off waits until its day.
func (s *suite) itemLists() {
	u := s.user("u", at("x", "a", "1"))
	fs := []record.File{s.file(newFile(number(1), "a", "1")), s.file(newFile(number(2), "a", "2"))}
	var want []record.ItemID // the longest waiting first
	for _, day := range []string{"2026-02-20", "2026-02-25", "2026-03-01"} {
		for n := range 4 {
			d := newDocument(fs[n%2].ID, "x")
			d.Received = day
			s.clock.Advance(time.Second)
			s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
			want = append(want, s.item(d, u).ID)
		}
	}
	open := [][]catalog.Clause{{{Sites: []string{"*"}, MaxSensitivity: 1}}}
	mine := catalog.ItemQuery{Actor: u, Open: open, Holder: u}
	for _, limit := range []int{1, 5, 12, 50} {
		if got := s.listed(mine, limit); !slices.Equal(got, want) {
			s.Errorf("pages of %d: %v, want %v", limit, got, want)
		}
	}
	after := mine
	after.After = want[4]
	if got := s.listed(after, 50); !slices.Equal(got, want[5:]) {
		s.Errorf("behind the fifth: %v", got)
	}
	s.putOff(want[0], u, "2026-03-05")
	s.putOff(want[1], u, "2026-03-02") // today
	off, back := mine, mine
	off.Day, back.Day = catalog.ItemsPutOff, catalog.ItemsComeBack
	for name, c := range map[string]struct {
		q    catalog.ItemQuery
		want []record.ItemID
	}{"now": {mine, want[1:]}, "put off": {off, []record.ItemID{want[1], want[0]}}, "come back": {back, want[1:2]}} {
		if got := s.listed(c.q, 1); !slices.Equal(got, c.want) {
			s.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	s.clock.Advance(72 * time.Hour)
	if got := s.listed(mine, 50); !slices.Equal(got, want) {
		s.Errorf("on its day: %v", got)
	}
	s.is(fails(s, func(tx *catalog.Tx) (int, error) {
		_, _, err := tx.Items(catalog.ItemQuery{Open: open, Cursor: "x"})
		return 0, err
	}), record.Invalid)
}

func (s *suite) putOff(id record.ItemID, by record.UserID, day string) {
	s.Helper()
	i := s.itemByID(id)
	i.Due = day
	_, err := s.changed(i, by)
	s.ok(err)
}

// listed goes through all pages of a list and holds the count to it.
func (s *suite) listed(q catalog.ItemQuery, limit int) []record.ItemID {
	s.Helper()
	var out []record.ItemID
	count := -1
	for q.Limit = limit; ; q.After = "" {
		var items []catalog.Item
		s.read(func(tx *catalog.Tx) (err error) {
			if count < 0 && q.After == "" {
				if count, err = tx.CountItems(q); err != nil {
					return err
				}
			}
			items, q.Cursor, err = tx.Items(q)
			return err
		})
		for _, i := range items {
			out = append(out, i.ID)
		}
		if q.Cursor == "" {
			break
		}
	}
	if count >= 0 && count != len(out) {
		s.Errorf("count %d, list of %d", count, len(out))
	}
	return out
}

// itemRights: a list holds what its clauses open, by place, relation and the
// sensitivity of file and document; nothing that is denied, nothing for the
// disabled.
func (s *suite) itemRights() {
	u, v := s.user("u", at("x", "a", "1")), s.user("v")
	ids := map[string]record.ItemID{}
	add := func(name, site string, file, doc record.Sensitivity, holder record.UserID) record.File {
		f := newFile(number(len(ids)), site, "1")
		f.Sensitivity, f.Responsible = file, v
		f = s.file(f)
		d := newDocument(f.ID, "x")
		d.Sensitivity = doc
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
		s.clock.Advance(time.Second)
		ids[name] = s.item(d, holder).ID
		return f
	}
	add("plain", "a", 1, 1, "")
	add("of v", "a", 1, 1, v)
	add("raised file", "a", 2, 1, "")
	add("raised document", "a", 1, 2, "")
	moving := add("elsewhere", "b", 1, 1, "")
	denied := add("denied", "a", 1, 1, "")
	s.write(func(tx *catalog.Tx) error { return tx.PutDenial(catalog.Grant{File: denied.ID, User: u}) })

	place := func(site string, max record.Sensitivity) []catalog.Clause {
		return []catalog.Clause{{Sites: []string{site}, MaxSensitivity: max}}
	}
	subst := []catalog.Clause{{Sites: []string{"*"}, Need: record.RelSubst, MaxSensitivity: 3}}
	all := place("*", 3)
	for name, c := range map[string]struct {
		q    catalog.ItemQuery
		want []string
	}{
		"nothing opens":          {catalog.ItemQuery{Team: all}, nil},
		"one filter does not":    {catalog.ItemQuery{Team: all, Open: [][]catalog.Clause{all, nil}}, nil},
		"both filters":           {catalog.ItemQuery{Team: all, Open: [][]catalog.Clause{place("a", 3), place("*", 1)}}, []string{"plain"}},
		"team":                   {catalog.ItemQuery{Team: place("a", 1), Open: [][]catalog.Clause{all}}, []string{"plain"}},
		"raised":                 {catalog.ItemQuery{Team: place("a", 2), Open: [][]catalog.Clause{all}}, []string{"plain", "raised file", "raised document"}},
		"house":                  {catalog.ItemQuery{Team: place("*", 1), Open: [][]catalog.Clause{all}}, []string{"plain", "elsewhere"}},
		"who distributes":        {catalog.ItemQuery{Distribute: place("a", 1), Open: [][]catalog.Clause{all}}, []string{"plain", "of v"}},
		"inbox of v":             {catalog.ItemQuery{Holder: v, Open: [][]catalog.Clause{all}}, []string{"of v"}},
		"inbox, no substitution": {catalog.ItemQuery{Holder: v, Open: [][]catalog.Clause{subst}}, nil},
	} {
		c.q.Actor = u
		var want []record.ItemID
		for _, n := range c.want {
			want = append(want, ids[n])
		}
		if got := s.listed(c.q, 2); !slices.Equal(got, want) {
			s.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	moving.Site = "a"
	s.write(func(tx *catalog.Tx) error { return tx.UpdateFile(moving) })
	if got := s.listed(catalog.ItemQuery{Actor: u, Team: place("a", 1), Open: [][]catalog.Clause{all}}, 9); !slices.Equal(got, []record.ItemID{ids["plain"], ids["elsewhere"]}) {
		s.Errorf("the file has moved to the team: %v", got)
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.PutSubstitution(catalog.Substitution{ID: "s", Absent: v, Substitute: u, From: "2026-03-02", To: "2026-03-04"})
	})
	standing := catalog.ItemQuery{Actor: u, Holder: v, Open: [][]catalog.Clause{subst}}
	absent := func() []catalog.User {
		return get(s, func(tx *catalog.Tx) ([]catalog.User, error) { return tx.SubstitutedBy(u) })
	}
	if got := s.listed(standing, 9); len(got) != 1 || len(absent()) != 1 || absent()[0].ID != v {
		s.Errorf("in substitution: %v, for %v", got, absent())
	}
	s.clock.Advance(48 * time.Hour)
	if got := s.listed(standing, 9); len(got) != 0 || len(absent()) != 0 {
		s.Errorf("after the substitution: %v, for %v", got, absent())
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetDisabled(u, true) })
	if got := s.listed(catalog.ItemQuery{Actor: u, Team: all, Open: [][]catalog.Clause{all}}, 9); len(got) != 0 {
		s.Errorf("for a disabled user: %v", got)
	}
	w := s.user("w", at("x", "a", ""), at("y", "a", "1"))
	if colleagues := get(s, func(tx *catalog.Tx) ([]catalog.User, error) { return tx.UsersAt("a", "1") }); len(colleagues) != 1 || colleagues[0].ID != w {
		s.Errorf("colleagues: %+v", colleagues)
	}
}

// itemRoute: what comes in goes to who is responsible, or to the team; it
// follows the document; what goes out makes no work.
func (s *suite) itemRoute() {
	u, v := s.user("u"), s.user("v")
	of := func(responsible record.UserID, n int) record.File {
		f := newFile(number(n), "a", "1")
		f.Responsible = responsible
		return s.file(f)
	}
	fu, fv, nobodys := of(u, 1), of(v, 2), of("", 3)
	may := func(f record.Facts) bool { return f.Actor != v }
	routed := func(d record.Document) (catalog.Item, bool) {
		s.Helper()
		s.write(func(tx *catalog.Tx) error { return tx.RouteItem(d.ID, "by", may) })
		var i catalog.Item
		err := s.c.Read(s.Context(), func(tx *catalog.Tx) (err error) { i, err = tx.OpenItemOf(d.ID); return err })
		return i, err == nil
	}
	d := s.document(fu.ID, "x", "")
	i, ok := routed(d)
	if !ok || i.Holder != u || i.Queue != catalog.QueueUser || i.File != fu.ID || i.Waits != d.Received || i.CreatedBy != "by" || i.HeldBy != "" {
		s.Errorf("to who is responsible: %+v", i)
	}
	if i, ok := routed(s.document(fv.ID, "x", "")); !ok || i.Holder != "" || i.Queue != catalog.QueueTeam {
		s.Errorf("who is responsible may not see it: %+v", i)
	}
	for _, dir := range []record.Direction{record.DirectionOut, record.DirectionInternal} {
		out := newDocument(fu.ID, "x")
		out.Direction = dir
		s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(out, "") })
		if i, ok := routed(out); ok {
			s.Errorf("%s makes %+v", dir, i)
		}
	}
	if i, ok := routed(s.document("", "x", "a")); ok {
		s.Errorf("in no file, and %+v", i)
	}
	follow := catalog.Item{ID: "f", Kind: catalog.ItemFollowUp, Document: d.ID, File: fu.ID, Queue: catalog.QueueUser,
		ItemPlace: catalog.ItemPlace{Holder: u, Waits: "2026-04-01", Due: "2026-04-01"}, CreatedBy: u}
	taken := i
	taken.Note = "x"
	_, err := s.changed(taken, u)
	s.ok(err)
	d.File, d.Received = nobodys.ID, "2026-02-02"
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.InsertItem(follow), tx.UpdateDocument(d), tx.DateItem(d.ID, d.Received))
	})
	moved, _ := routed(d)
	if moved.ID != i.ID || moved.File != nobodys.ID || moved.Holder != "" || moved.Queue != catalog.QueueTeam || moved.Waits != d.Received ||
		moved.Note != "" || moved.Undoable || moved.Version != i.Version+2 {
		s.Errorf("re-filed: %+v", moved)
	}
	if f := s.itemByID("f"); f.File != nobodys.ID || f.Holder != u || f.Due != "2026-04-01" {
		s.Errorf("a follow-up on it: %+v", f)
	}
	moved.State = catalog.ItemDone
	if _, err := s.changed(moved, u); err != nil {
		s.Fatal(err)
	}
	if again, ok := routed(d); !ok || again.ID == moved.ID {
		s.Errorf("filed anew after it was done: %+v", again)
	}
}

// unfiledCount is the length of the list of clearing.
func (s *suite) unfiledCount() {
	s.document("", "x", "a")
	s.document("", "x", "b")
	s.document("", "x", "")
	for _, c := range []struct {
		sites []string
		want  int
	}{{nil, 0}, {[]string{"a"}, 1}, {[]string{"a", ""}, 2}, {[]string{"*"}, 3}} {
		if got := get(s, func(tx *catalog.Tx) (int, error) { return tx.CountUnfiled(c.sites) }); got != c.want {
			s.Errorf("at %q: %d", c.sites, got)
		}
	}
}
