package catalogtest

import (
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// inTransit: a delivery is on its way to a customer until its documents are in
// the archive, or it is withdrawn.
func (s *suite) inTransit() {
	n := func(v string) record.Clue { return record.Clue{Kind: record.ClueNumber, Value: v} }
	d := catalog.Delivery{ID: record.NewID(), Provider: "Scandienst Nord", Number: "1", State: "announced", Problems: "[]",
		AnnouncedAt: s.clock.Now(), ChangedAt: s.clock.Now()}
	doc := record.NewID()
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
		for _, name := range []string{"1.pdf", "2.pdf"} {
			if err := tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: name, Kind: "document", State: "wanted", Said: "{}"}); err != nil {
				return err
			}
			if err := tx.SetDeliveryClues(d.ID, name, []record.Clue{n("1"), n("2")}); err != nil {
				return err
			}
		}
		return nil
	})
	coming := func(c ...record.Clue) []catalog.Transit {
		return get(s, func(tx *catalog.Tx) ([]catalog.Transit, error) { return tx.InTransit(c, 50) })
	}
	want := catalog.Transit{Delivery: d.ID, Provider: "Scandienst Nord", State: "announced", Announced: d.AnnouncedAt, Documents: 2}
	if got := coming(n("1"), n("2"), n("3")); len(got) != 1 || got[0] != want {
		s.Errorf("in transit %+v", got)
	}
	if len(coming(n("3"))) != 0 || len(coming()) != 0 {
		s.Error("something is in transit for who is not named")
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: "1.pdf", Kind: "document", State: "taken", Said: "{}", Document: record.DocumentID(doc)})
	})
	if got := coming(n("1")); len(got) != 1 || got[0].Documents != 1 {
		s.Errorf("one of two taken in: %+v", got)
	}
	for _, state := range []string{"done", "withdrawn"} {
		d.State = state
		s.write(func(tx *catalog.Tx) error { return tx.PutDelivery(d) })
		if got := coming(n("1")); len(got) != 0 {
			s.Errorf("%s and still in transit: %+v", state, got)
		}
	}
}

// missingDeliveries: a missing day is noted once, and resolved when it is not
// missing any more.
func (s *suite) missingDeliveries() {
	plan := record.DeliveryPlan{Provider: "Scandienst Nord", Weekdays: []int{1, 2}, By: "16:00", From: "2026-01-01", Off: []string{"2026-12-24"}}
	s.write(func(tx *catalog.Tx) error { return tx.SetDeliveryPlan(plan, "u1") })
	d := catalog.Delivery{ID: record.NewID(), Provider: "Scandienst Nord", Number: "1", State: "announced", Problems: "[]", ChangedAt: s.clock.Now()}
	plans := func() []catalog.PlannedProvider { return get(s, (*catalog.Tx).DeliveryPlans) }
	s.write(func(tx *catalog.Tx) error { return tx.PutDelivery(d) })
	if got := plans(); len(got) != 1 || !slices.Equal(got[0].Plan.Weekdays, plan.Weekdays) || !got[0].Last.IsZero() {
		s.Errorf("an announcement counts as a delivery: %+v", got)
	}
	d.State, d.OpenedAt = "waiting", s.clock.Now()
	s.write(func(tx *catalog.Tx) error { return tx.PutDelivery(d) })
	if got := plans(); !got[0].Last.Equal(d.OpenedAt) {
		s.Errorf("%+v", got)
	}
	plan.From = "2026-03-02"
	note := func(now, last string) (found, resolved int64) {
		at := func(day string) time.Time { // its evening
			t, err := time.Parse(time.DateOnly, day)
			if s.ok(err); day == "0001-01-01" {
				return time.Time{}
			}
			return t.Add(18 * time.Hour)
		}
		s.write(func(tx *catalog.Tx) (err error) {
			found, resolved, err = tx.NoteMissing(catalog.PlannedProvider{Plan: plan, Last: at(last)}, at(now))
			return err
		})
		return found, resolved
	}
	open := func() (days []string) {
		for _, m := range get(s, (*catalog.Tx).MissingDeliveries) {
			days = append(days, m.Day)
		}
		return days
	}
	const never = "0001-01-01"
	if f, r := note("2026-03-02", never); f != 1 || r != 0 {
		s.Errorf("found %d, resolved %d", f, r)
	}
	if f, r := note("2026-03-03", never); f != 1 || r != 0 || !slices.Equal(open(), []string{"2026-03-02", "2026-03-03"}) {
		s.Errorf("found %d, resolved %d, open %v", f, r, open())
	}
	if f, r := note("2026-06-30", never); f == 0 || r != 0 || int64(len(open())) != f+2 || open()[0] != "2026-03-02" {
		s.Errorf("after months without a delivery: found %d, resolved %d, open %v", f, r, open())
	}
	if f, r := note("2026-06-30", "2026-03-02"); f != 0 || r != 1 || open()[0] != "2026-03-03" {
		s.Errorf("it came on the first day: found %d, resolved %d, open %v", f, r, open())
	}
	if f, r := note("2026-06-30", "2026-06-30"); f != 0 || r == 0 || len(open()) != 0 {
		s.Errorf("found %d, resolved %d, open %v", f, r, open())
	}
	note("2026-07-06", "2026-06-30")
	s.write(func(tx *catalog.Tx) error { return tx.DropDeliveryPlan("Scandienst Nord") })
	if len(open()) != 0 || len(plans()) != 0 {
		s.Error("without a plan something is missing")
	}
}

// postBook: a day goes on behind its first page, and somebody's own entries are
// not lost among those of others; p was entered first.
func (s *suite) postBook(p catalog.Post) {
	var want []string
	for i := range 5 {
		x := p
		x.ID, x.At = record.NewID(), p.At.Add(time.Duration(i/2)*time.Second) // two at once
		if x.By = "u2"; i == 4 {
			x.By = "u1"
			want = []string{p.ID, x.ID}
		}
		s.write(func(tx *catalog.Tx) error { return tx.InsertPost(x) })
	}
	pages := func(q catalog.PostQuery) (ids []string, pages int) {
		for q.Sites, q.Day, q.Limit = []string{"*"}, p.Day, 1; ; pages++ {
			var posts []catalog.Post
			s.read(func(tx *catalog.Tx) (err error) { posts, q.Cursor, err = tx.Posts(q); return err })
			for _, x := range posts {
				ids = append(ids, x.ID)
			}
			if q.Cursor == "" {
				return ids, pages + 1
			}
		}
	}
	if ids, n := pages(catalog.PostQuery{}); len(ids) != 6 || n != 6 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 6 {
		s.Errorf("%d pages of %v", n, ids)
	}
	if ids, _ := pages(catalog.PostQuery{By: "u1"}); !slices.Equal(ids, want) {
		s.Errorf("one's own are %v, want %v", ids, want)
	}
	if got := get(s, func(tx *catalog.Tx) (catalog.Post, error) { return tx.PostByID(p.ID) }); got != p {
		s.Errorf("%+v", got)
	}
}

// mailroom: the post book of a day at a site, and what a document was forwarded
// from.
func (s *suite) mailroom() {
	p := catalog.Post{ID: record.NewID(), Site: "03104", Day: "2026-03-02", Kind: "personal", Sender: "Dr. Ä", HandedTo: "Frau Sommer", By: "u1", At: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error { return tx.InsertPost(p) })
	for _, c := range []struct {
		sites []string
		day   string
		want  int
	}{{[]string{"03104"}, "2026-03-02", 1}, {[]string{"*"}, "2026-03-02", 1}, {[]string{"03107"}, "2026-03-02", 0}, {nil, "2026-03-02", 0}, {[]string{"03104"}, "2026-03-03", 0}} {
		got := get(s, func(tx *catalog.Tx) ([]catalog.Post, error) {
			posts, _, err := tx.Posts(catalog.PostQuery{Sites: c.sites, Day: c.day})
			return posts, err
		})
		if len(got) != c.want || c.want == 1 && got[0] != p {
			s.Errorf("%+v: %+v", c, got)
		}
	}
	s.postBook(p)
	doc := s.document("", "u1", "03104")
	f := catalog.Forward{Document: doc.ID, FromSite: "03104", Addressee: "Landratsamt", Reason: "x", By: "u1", At: s.clock.Now(),
		Before: catalog.ForwardBefore{Routing: &record.Routing{Outcome: record.OutcomeClearing}, Clues: []record.Clue{{Kind: record.ClueNumber, Value: "1"}}}}
	s.write(func(tx *catalog.Tx) error { return tx.SetForward(f) })
	s.read(func(tx *catalog.Tx) error {
		got, ok, err := tx.ForwardOf(doc.ID)
		if !ok || got.Addressee != "Landratsamt" || !got.At.Equal(f.At) || got.Before.Routing.Outcome != record.OutcomeClearing || len(got.Before.Clues) != 1 {
			s.Errorf("%+v %v", got, ok)
		}
		return err
	})
	s.write(func(tx *catalog.Tx) error { return tx.DisposeDocument(doc.ID) })
	if _, ok, err := func() (f catalog.Forward, ok bool, err error) {
		s.read(func(tx *catalog.Tx) error { f, ok, err = tx.ForwardOf(doc.ID); return err })
		return
	}(); ok || err != nil {
		s.Errorf("where an erased document was sent is still there: %v", err)
	}
}
