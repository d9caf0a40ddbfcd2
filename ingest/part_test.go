package ingest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// clerk is somebody who clears at 03104.
func (d *desk) clerk() record.Actor {
	d.t.Helper()
	a := record.Actor{User: record.UserID(record.NewID()), Name: "c.klar", Via: "api", Request: record.NewID()}
	err := d.cat.WithTx(d.t.Context(), func(tx *catalog.Tx) error {
		return errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: a.Name, Display: a.Name}),
			tx.PutRoles(a.User, []record.RoleAt{{Role: record.RoleClearing, Site: "03104"}}))
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// waiting are the documents in clearing.
func (d *desk) waiting() (ids []record.DocumentID) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		docs, _, err := tx.Clearing(catalog.ClearingQuery{Sites: []string{"*"}})
		for _, doc := range docs {
			ids = append(ids, doc.ID)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return ids
}

// TestByHand divides a document where a person says and puts two of its parts
// together again: originals stay, nothing is recognised twice, nothing waits
// twice, in both catalogs.
func TestByHand(t *testing.T) {
	openers := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		openers["postgres"] = pg.Open
	}
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, open)
			d.intake.MaxBytes = 64 << 20
			clerk, body := d.clerk(), scannedBatch(t, greyScan())
			r := d.reader(nil)
			s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
			id := d.handIn(body, Submission{Channel: "api"})
			d.recognised(r, id)
			d.refusedParting(s, clerk, id)
			for range 2 { // sent twice, it is one
				if err := s.ByHand(t.Context(), clerk, id, []int{3, 6}, "once"); err != nil {
					t.Fatal(err)
				}
			}
			j, ok := d.lease(KindSplit, id)
			if !ok {
				t.Fatal("no job divides it")
			}
			for range 2 {
				if err := s.Split(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			parts := d.parts(id)
			whole, _, _ := d.now(id)
			if len(parts) != 3 || !bytes.Equal(d.bytesOf(whole), body) || whole.State != record.StateClearing {
				t.Fatalf("%d parts of %+v", len(parts), whole)
			}
			all := imagesOf(t, body)
			for i, at := range []struct{ first, last int }{{1, 2}, {3, 5}, {6, 7}} {
				if err := r.Read(t.Context(), job.Job{Kind: KindRead, Payload: []byte(`{"document":"` + string(parts[i].ID) + `"}`)}); err != nil {
					t.Fatal(err)
				}
				got := imagesOf(t, d.bytesOf(parts[i]))
				if len(got) != at.last-at.first+1 || !bytes.Equal(got[0], all[at.first-1]) {
					t.Errorf("part %d has %d images", i+1, len(got))
				}
			}
			if err := s.ByHand(t.Context(), clerk, id, []int{2}, ""); !errors.Is(err, record.Conflict) {
				t.Errorf("divided once more: %v", err)
			}
			d.mergedAgain(r, clerk, parts)
		})
	}
}

// refusedParting: wrong pages and those who don't clear change nothing.
func (d *desk) refusedParting(s *Splitter, clerk record.Actor, id record.DocumentID) {
	d.t.Helper()
	for _, starts := range [][]int{nil, {1}, {3, 3}, {8}, {4, 2}, {-1}} {
		if err := s.ByHand(d.t.Context(), clerk, id, starts, ""); !errors.Is(err, record.Invalid) {
			d.t.Errorf("%v: %v", starts, err)
		}
	}
	if err := s.ByHand(d.t.Context(), d.other, id, []int{2}, ""); !errors.Is(err, record.NotFound) {
		d.t.Errorf("by somebody of another site: %v", err)
	}
	if err := s.ByHand(d.t.Context(), d.actor, id, []int{2}, ""); !errors.Is(err, record.Denied) {
		d.t.Errorf("by who handed it in and does not clear: %v", err)
	}
	if _, ok := d.lease(KindSplit, id); ok {
		d.t.Error("what was refused is done all the same")
	}
}

func (d *desk) mergedAgain(r *Reader, clerk record.Actor, parts []record.Document) {
	d.t.Helper()
	t := d.t
	m := &Merger{Intake: d.intake, Pool: r.Pool, Index: r.Index}
	order := []record.DocumentID{parts[2].ID, parts[0].ID}
	for _, bad := range [][]record.DocumentID{{parts[0].ID}, {parts[0].ID, parts[0].ID}} {
		if _, err := m.Merge(t.Context(), clerk, bad, ""); !errors.Is(err, record.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := m.Merge(t.Context(), d.other, order, ""); !errors.Is(err, record.NotFound) {
		t.Errorf("by somebody of another site: %v", err)
	}
	what, err := m.Merge(t.Context(), clerk, order, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Merge(t.Context(), clerk, []record.DocumentID{parts[0].ID, parts[1].ID}, ""); !errors.Is(err, record.Conflict) {
		t.Errorf("one that is on its way already: %v", err)
	}
	j, ok := d.lease(KindMerge, record.DocumentID(what))
	if !ok {
		t.Fatal("no job puts them together")
	}
	for range 2 {
		if err := m.Handle(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	waiting := d.waiting()
	if len(waiting) != 2 || !slices.Contains(waiting, parts[1].ID) {
		t.Fatalf("%v wait after putting together %v", waiting, order)
	}
	id := waiting[slices.IndexFunc(waiting, func(w record.DocumentID) bool { return w != parts[1].ID })]
	if err := r.Read(t.Context(), job.Job{Kind: KindRead, Payload: []byte(`{"document":"` + string(id) + `"}`)}); err != nil {
		t.Fatal(err)
	}
	doc, _, _ := d.now(id)
	if doc.State != record.StateClearing || doc.Pages != 4 || doc.Channel != channelMerge || doc.CreatedBy != d.actor.User || doc.ContentType != "application/pdf" {
		t.Errorf("%+v", doc)
	}
	for i, from := range []struct {
		part record.Document
		page int
	}{{parts[2], 1}, {parts[2], 2}, {parts[0], 1}, {parts[0], 2}} {
		if d.page(doc, i+1) != d.page(from.part, from.page) {
			t.Errorf("page %d is not page %d of its part", i+1, from.page)
		}
	}
	want := []vault.DerivedFrom{{Document: order[0], How: "merge", Place: 1}, {Document: order[1], How: "merge", Place: 2}}
	if got := d.derivedFrom(doc); !slices.Equal(got, want) {
		t.Errorf("the manifest says %+v", got)
	}
	for _, p := range []record.Document{parts[0], parts[2]} {
		if now, _, _ := d.now(p.ID); now.State != record.StateClearing || record.Sum(d.bytesOf(now)) != p.Plain {
			t.Errorf("a part: %+v", now)
		}
	}
}
