package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// commitAnswerLost: the server has committed, and nobody hears of it. The
// outcome is unknown, so the catalog must not repeat the transaction by itself;
// whoever repeats it finds what is there.
func (s *suite) commitAnswerLost() {
	lose := false
	faults := &Faults{Meet: func(_ context.Context, kind string) (before, after error) {
		if kind == "commit" && lose {
			lose = false
			return nil, errors.New("the connection is lost")
		}
		return nil, nil
	}}
	c := s.open(s.T, s.clock, catalog.WithConnector(faults.Wrap))
	f := newFile(number(1), "03104", "L1")
	runs := 0
	put := func() error {
		return c.WithTx(s.Context(), func(tx *catalog.Tx) error {
			runs++
			_, err := tx.InsertFile(f)
			return err
		})
	}
	lose = true
	if err := put(); err == nil || errors.Is(err, record.NotFound) || errors.Is(err, record.Conflict) {
		s.Errorf("a commit whose answer is lost: %v", err)
	}
	if runs != 1 {
		s.Errorf("it was run %d times", runs)
	}
	s.is(put(), record.Conflict)
	s.ok(c.Read(s.Context(), func(tx *catalog.Tx) error { _, err := tx.FileByID(f.ID); return err }))
}

// orderOfNames: what is compared with a store's listing comes in the order of
// bytes, whatever language the database sorts by, and pages leave nothing out.
func (s *suite) orderOfNames() {
	var names []string
	s.write(func(tx *catalog.Tx) error {
		for i := range 40 {
			id := fmt.Sprintf("%02x%030x", (i*37)%256, i*7919)
			name := "m/" + id[:2] + "/" + id
			names = append(names, name)
			if err := tx.InsertOutbox(catalog.OutboxRow{Name: name, Subject: id, Sequence: 1, Body: []byte("{}")}); err != nil {
				return err
			}
			if err := tx.AddSuperseded([]string{name}); err != nil {
				return err
			}
			if err := tx.InsertDocument(record.Document{ID: record.DocumentID(id), Object: record.ObjectID(id), State: record.StateReady,
				Direction: record.DirectionIn}, ""); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(names)
	var heads, before, objects []string
	s.read(func(tx *catalog.Tx) error {
		for after := ""; ; {
			rows, err := tx.HeadsByName(after, 7)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			for _, h := range rows {
				heads = append(heads, h.Name)
			}
			after = rows[len(rows)-1].Name
		}
		for after := ""; ; {
			rows, err := tx.DescribedBefore(after, 7)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			before = append(before, rows...)
			after = rows[len(rows)-1]
		}
		for after := record.ObjectID(""); ; {
			rows, err := tx.StoredObjects(after, 7)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, r := range rows {
				objects = append(objects, "m/"+string(r.Object[:2])+"/"+string(r.Object))
			}
			after = rows[len(rows)-1].Object
		}
	})
	for what, got := range map[string][]string{"heads": heads, "superseded": before, "objects": objects} {
		if !slices.Equal(got, names) {
			s.Errorf("%s come as %v", what, got)
		}
	}
	s.orderOfFindings()
}

// orderOfFindings: foreign names are any text. Pages go through each once,
// in whatever order.
func (s *suite) orderOfFindings() {
	names := []string{"a", "A", "ä", "Z", "z/1", "z-1", "z 1", "z1", "ß", "ss", "readme.txt", "README.txt", "1", "10", "2", "_", "o/ab"}
	s.write(func(tx *catalog.Tx) error {
		var fs []catalog.Finding
		for _, n := range names {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoRow, Name: n})
		}
		return tx.PutFindings(fs, s.clock.Now())
	})
	var got []string
	s.read(func(tx *catalog.Tx) error {
		for after := ""; ; {
			rows, err := tx.OpenFindings(catalog.FindingNoRow, after, 2)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, r := range rows {
				got = append(got, r.Name)
			}
			after = rows[len(rows)-1].Name
		}
	})
	slices.Sort(got)
	slices.Sort(names)
	if !slices.Equal(got, names) {
		s.Errorf("findings in pages: %q, want %q", got, names)
	}
	s.clock.Advance(time.Hour)
	sums := get(s, func(tx *catalog.Tx) (map[string]catalog.FindingSum, error) { return tx.SumFindings() })
	if sum := sums[catalog.FindingNoRow]; sum.Open != int64(len(names)) || !sum.Oldest.Before(s.clock.Now()) {
		s.Errorf("sum %+v", sum)
	}
}

// undescribed: files and persons without a manifest are found, those with one
// are not.
func (s *suite) undescribed() {
	f := s.file(newFile(number(1), "03104", "L1"))
	p := record.PersonID(record.NewID())
	s.write(func(tx *catalog.Tx) error { return tx.PutPerson(record.Person{ID: p}) })
	list := func() []string {
		return get(s, func(tx *catalog.Tx) ([]string, error) { return tx.Undescribed("", 10) })
	}
	want := []string{string(f.ID), string(p)}
	slices.Sort(want)
	if got := list(); !slices.Equal(got, want) {
		s.Errorf("%v, want %v", got, want)
	}
	s.write(func(tx *catalog.Tx) error {
		return tx.InsertOutbox(catalog.OutboxRow{Name: "m/1", Subject: string(f.ID), Sequence: 1, Body: []byte("{}")})
	})
	if got := list(); !slices.Equal(got, []string{string(p)}) {
		s.Errorf("%v, want %v", got, p)
	}
}
