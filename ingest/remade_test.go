package ingest

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

// remade says whether others are being made of a document.
func (d *desk) remade(id record.DocumentID) (busy bool) {
	d.t.Helper()
	if err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) { busy, err = tx.BeingRemade(id); return err }); err != nil {
		d.t.Fatal(err)
	}
	return busy
}

// unrouted is a letter that nobody has looked at and that waits in clearing.
func (d *desk) unrouted(text string) record.DocumentID {
	d.t.Helper()
	id := d.letter(text, Submission{})
	d.change(id, func(doc *record.Document) { doc.State = record.StateClearing })
	return id
}

// TestNotRoutedWhileRemade: rules that would file a document, or bury their job,
// do nothing as long as it is being divided or put together; once that has
// failed they may.
func TestNotRoutedWhileRemade(t *testing.T) {
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		router, clerk := d.router(), d.clerk()
		m := &Merger{Intake: d.intake, Index: router.Index}
		a, b := d.unrouted(clearLetter), d.unrouted(bareLetter)
		d.ended(KindRoute)
		what, err := m.Merge(t.Context(), clerk, []record.DocumentID{a, b}, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range []func(job.Job) error{
			func(j job.Job) error { return router.Route(t.Context(), j) },
			func(j job.Job) error { router.Bury(t.Context(), j, ""); return nil },
		} {
			if err := run(d.jobOf(KindRoute, a)); err != nil {
				t.Fatal(err)
			}
			if doc, _, _ := d.now(a); doc.File != "" || doc.State != record.StateProcessing || !d.remade(a) {
				t.Fatalf("routed while it is being put together: %+v", doc)
			}
		}
		if n := d.routeJobs(a, b); n != 0 {
			t.Fatalf("%d jobs before it failed", n)
		}
		m.Bury(t.Context(), d.jobOf(KindMerge, record.DocumentID(what)), "")
		if n := d.routeJobs(a, b); n != 2 { // their file may have been made meanwhile
			t.Errorf("%d are routed afterwards", n)
		}
		if doc, _, _ := d.now(a); doc.State != record.StateClearing || d.remade(a) || d.remade(b) {
			t.Fatalf("after it failed: %+v", doc)
		}
		if err := router.Route(t.Context(), d.jobOf(KindRoute, a)); err != nil {
			t.Fatal(err)
		}
		if doc, _, _ := d.now(a); doc.File != d.file {
			t.Errorf("not routed afterwards: %+v", doc)
		}
	})
}

// jobOf is a job of a kind about something, whether or not it is in the queue.
func (d *desk) jobOf(kind string, id record.DocumentID) job.Job {
	if kind == KindMerge {
		return job.Job{Kind: kind, Payload: []byte(`{"merging":"` + string(id) + `"}`)}
	}
	return job.Job{Kind: kind, Payload: []byte(`{"document":"` + string(id) + `"}`)}
}

// TestMergeOnce: the same key gives the same undertaking, and what was made stays
// when the job is buried, or done again, before that was noted.
func TestMergeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		clerk := d.clerk()
		m := &Merger{Intake: d.intake, Index: job.Spec{Kind: "index"}}
		for name, end := range map[string]func(job.Job) error{
			"buried":     func(j job.Job) error { m.Bury(t.Context(), j, ""); return nil },
			"done again": func(j job.Job) error { return m.Handle(t.Context(), j) },
		} {
			ids := []record.DocumentID{d.unrouted(bareLetter), d.unrouted(bareLetter)}
			first, err := m.Merge(t.Context(), clerk, ids, name)
			again, err2 := m.Merge(t.Context(), clerk, ids, name)
			if err != nil || err2 != nil || first != again {
				t.Fatalf("%s: %q and %q, %v %v", name, first, again, err, err2)
			}
			what, docs, _, err := m.look(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			made, err := m.make(t.Context(), what, docs)
			if err != nil {
				t.Fatal(err)
			}
			if err := end(d.jobOf(KindMerge, record.DocumentID(first))); err != nil {
				t.Fatal(err)
			}
			if what, _, _, err = m.look(t.Context(), first); err != nil || what.Result != made || what.Reason != "" {
				t.Errorf("%s: %+v, want the result %s; %v", name, what, made, err)
			}
			for _, id := range ids {
				if doc, _, _ := d.now(id); doc.State != record.StateClearing || d.remade(id) {
					t.Errorf("%s: a part is %+v", name, doc)
				}
			}
		}
	})
}

// TestNotMerged: a mail with attachments, which nobody would see any more, and
// what is kept for a restricted file with what is not.
func TestNotMerged(t *testing.T) {
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		secret := d.otherFile("03104//0077777", record.SensitivityRestricted)
		s, m := &Splitter{Intake: d.intake}, &Merger{Intake: d.intake}
		letter, mail, part, kept := d.unrouted(bareLetter), d.unrouted(bareLetter), d.unrouted(bareLetter), d.unrouted(bareLetter)
		both := d.actor // responsible for the restricted file, and clears
		err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
			roles, err := tx.Roles(both.User)
			return errors.Join(err, tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: part, Place: 1}), tx.Reserve(kept, secret),
				tx.PutRoles(both.User, append(roles, record.RoleAt{Role: record.RoleClearing, Site: "03104"})))
		})
		if err != nil {
			t.Fatal(err)
		}
		for what, ids := range map[string][]record.DocumentID{"a mail": {letter, mail}, "an attachment": {letter, part}, "kept and not": {letter, kept}} {
			if _, err := m.Merge(t.Context(), both, ids, ""); !errors.Is(err, record.Conflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		second := d.unrouted(bareLetter)
		if err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.Reserve(second, secret) }); err != nil {
			t.Fatal(err)
		}
		if what, err := m.Merge(t.Context(), both, []record.DocumentID{kept, second}, ""); err != nil {
			t.Errorf("both kept for the same: %v", err)
		} else if err := m.Handle(t.Context(), d.jobOf(KindMerge, record.DocumentID(what))); err != nil {
			t.Error(err)
		} else if what, _, _, err := m.look(t.Context(), what); err != nil || what.Result == "" || d.mayOpen(d.clerk(), what.Result) {
			t.Errorf("what was made of them is %q, and open: %v", what.Result, err)
		}
		d.change(mail, func(doc *record.Document) { doc.Pages = 2 })
		if err := s.ByHand(t.Context(), both, mail, []int{2}, ""); !errors.Is(err, record.Conflict) {
			t.Errorf("a mail is divided: %v", err)
		}
		for _, id := range []record.DocumentID{letter, mail, part, kept} {
			if doc, _, _ := d.now(id); doc.State != record.StateClearing {
				t.Errorf("what was refused is %s", doc.State)
			}
		}
	})
}

// routeJobs counts the documents that are to be routed.
func (d *desk) routeJobs(ids ...record.DocumentID) int {
	d.t.Helper()
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	var open map[string]bool
	if err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) { open, err = tx.OpenJobs(KindRoute, keys); return err }); err != nil {
		d.t.Fatal(err)
	}
	return len(open)
}

// ended takes the jobs of a kind from the queue.
func (d *desk) ended(kind string) {
	d.t.Helper()
	jobs, err := d.cat.Lease(d.t.Context(), "test", []string{kind}, 100, time.Minute)
	for _, j := range jobs {
		err = errors.Join(err, d.cat.Finish(d.t.Context(), j.ID, "test"))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestSetAsideWhileParted: a document that is read again while it is being divided,
// and set aside, is work again when it can be read after all. If parts of it are
// out, a person decides.
func TestSetAsideWhileParted(t *testing.T) {
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		router, clerk := d.router(), d.clerk()
		s := &Splitter{Intake: d.intake, Index: router.Index}
		for name, half := range map[string]bool{"none out": false, "one out": true} {
			for at, again := range map[string]record.State{"before": record.StateQuarantined, "after": record.StateReceived} {
				id := d.unrouted(clearLetter)
				d.change(id, func(doc *record.Document) { doc.Pages, doc.ContentType = 3, "application/pdf" })
				if err := s.ByHand(t.Context(), clerk, id, []int{2}, ""); err != nil {
					t.Fatal(err)
				}
				if half {
					d.taken(origin{Document: id, Place: 1, Cut: &cut{First: 1, Last: 1, Parts: 2}}, "")
				}
				d.aside([]record.Document{d.doc(id)})
				d.change(id, func(doc *record.Document) { doc.State = again })
				if half {
					s.Bury(t.Context(), d.jobOf(KindSplit, id), "")
				} else if err := s.Split(t.Context(), d.jobOf(KindSplit, id)); err != nil {
					t.Fatal(err)
				}
				if got := d.doc(id); d.remade(id) || got.State != again {
					t.Errorf("%s, %s it is read again: being divided %v, %s", name, at, d.remade(id), got.State)
				}
				d.change(id, func(doc *record.Document) { doc.State = record.StateReceived })
				d.readAs(id, clearLetter)
				d.route(router, id)
				if got := d.doc(id); (got.File == d.file) == half || half && got.State != record.StateClearing {
					t.Errorf("%s, %s: %s in %q", name, at, got.State, got.File)
				}
			}
		}
	})
}

// TestSplitButSetAside: letters that are all out are the work, whatever became of
// their batch meanwhile.
func TestSplitButSetAside(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	s := &Splitter{Intake: d.intake}
	id := d.unrouted(bareLetter)
	d.change(id, func(doc *record.Document) { doc.Pages, doc.ContentType = 3, "application/pdf" })
	if err := s.ByHand(t.Context(), d.clerk(), id, []int{2}, ""); err != nil {
		t.Fatal(err)
	}
	d.aside([]record.Document{d.doc(id)})
	if err := s.close(t.Context(), id, catalog.Split{Parts: 2}); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.became(id); got.Parts != 2 || d.remade(id) || d.doc(id).State != record.StateQuarantined || len(d.waiting()) != 0 {
		t.Errorf("%+v, %s, %v wait", got, d.doc(id).State, d.waiting())
	}
}
