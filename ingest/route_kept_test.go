package ingest

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

const secretNumber = "03104//0055555"

// open gives what says whether who clears for the site may read a document.
func (d *desk) open() func(record.DocumentID) bool {
	clerk := d.clerk()
	return func(id record.DocumentID) bool { return d.mayOpen(clerk, id) }
}

func (d *desk) mayOpen(clerk record.Actor, id record.DocumentID) bool {
	d.t.Helper()
	var f record.Facts
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		facts, err := tx.FactsForDocuments(clerk.User, []record.DocumentID{id})
		f = facts[id]
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.intake.mayRead(f)
}

// taken takes a document in that came out of another one, or of several.
func (d *desk) taken(o origin, text string) record.DocumentID {
	d.t.Helper()
	o.By, o.Sensitivity = d.actor.User, record.SensitivityNormal
	r, err := d.intake.take(d.t.Context(), record.System(record.NewID()), Submission{Name: "teil.pdf", Channel: channelSplit, Size: -1,
		Received: "2026-02-20", Body: strings.NewReader("%PDF-1.4 " + record.NewID()), IdempotencyKey: record.NewID(), origin: &o},
		destination{site: "03104", sensitivity: record.SensitivityNormal})
	if err != nil {
		d.t.Fatal(err)
	}
	if text != "" {
		d.readAs(r.Document, text)
	}
	return r.Document
}

// keptFrom: post for a restricted file is out of the sight of those who clear
// from the moment it is a document, with all that comes out of it, and stays so
// whatever the rules find.
func keptFrom(t *testing.T, opener catalogtest.Opener) {
	d := newDesk(t, opener)
	open := d.open()
	r := d.router()
	secret := d.otherFile(secretNumber, record.SensitivityRestricted)
	named := func(name string) record.DocumentID {
		t.Helper()
		got, err := d.intake.Accept(t.Context(), d.actor, Submission{Name: name, Channel: "folder", Body: strings.NewReader("%PDF-1.4 " + record.NewID()), Size: -1,
			Note: &catalog.Note{Barcodes: []string{secretNumber, number}}})
		if err != nil {
			t.Fatal(err)
		}
		return got.Document
	}
	batch, mail := named("stapel.pdf"), named("mail.eml")
	if open(batch) || !d.item(batch) {
		t.Errorf("before anything reads it: open %v, asked %v", open(batch), d.item(batch))
	}
	letter := d.taken(origin{Document: batch, Place: 1, Cut: &cut{First: 1, Last: 1, Parts: 2}}, bareLetter)
	if open(letter) || !d.item(letter) {
		t.Errorf("its letter: open %v, asked %v", open(letter), d.item(letter))
	}
	d.route(r, letter)
	why, _ := d.routing(letter)
	if doc, _, _ := d.now(letter); open(letter) || why.Reserved != secret || doc.State != record.StateClearing || !d.item(letter) {
		t.Errorf("routed: open %v, %+v, %s", open(letter), why, doc.State)
	}
	if m, _ := d.newest(d.doc(letter)); m.Routing.Reserved != secret {
		t.Error("a rebuild would show it to those who clear")
	}
	ours := d.taken(origin{Document: batch, Place: 2, Cut: &cut{First: 2, Last: 2, Parts: 2}}, clearLetter)
	d.route(r, ours)
	d.filed(ours, 2) // evidence for another file is stronger
	whole := d.taken(origin{Document: letter, Merged: []record.DocumentID{letter, d.letter(bareLetter, Submission{})}}, "")
	if open(whole) {
		t.Error("what it was put together into is open")
	}
	for n := range familyLooked + 1 {
		if err := d.intake.Unpack(t.Context(), mail)(part(n+1, "teil.pdf", "%PDF-1.4 "+record.NewID())); err != nil {
			t.Fatal(err)
		}
	}
	parts := d.enclosed(mail)
	if open(parts[0].ID) || d.item(parts[0].ID) {
		t.Errorf("what came in it: open %v, asked for itself %v", open(parts[0].ID), d.item(parts[0].ID))
	}
	d.readAs(mail, bareLetter)
	d.aside(parts)
	if err := r.Route(t.Context(), RouteJob(t, mail)); err != nil {
		t.Fatal(err)
	}
	if why, _ := d.routing(mail); why.Reason != reasonMany || open(mail) || open(parts[0].ID) || !d.item(mail) {
		t.Errorf("more than is looked at: open %v and %v, %+v", open(mail), open(parts[0].ID), why)
	}
}

// aside sets documents aside: they can't be read.
func (d *desk) aside(docs []record.Document) {
	d.t.Helper()
	reader := &Reader{Deps: d.intake.Deps, Index: job.Spec{Kind: "index"}, Route: RouteAgain}
	for _, p := range docs {
		if err := reader.quarantine(d.t.Context(), p.ID, "broken", nil, reader.meter(job.Job{})); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) doc(id record.DocumentID) record.Document {
	d.t.Helper()
	doc, _, _ := d.now(id)
	return doc
}

// shutWith: what is filed in a restricted file, or kept for it, closes the batch
// it was taken out of and what it was put together from.
func shutWith(t *testing.T, opener catalogtest.Opener) {
	d := newDesk(t, opener)
	open := d.open()
	r := d.router()
	d.otherFile(secretNumber, record.SensitivityRestricted)
	route := func(id record.DocumentID) {
		t.Helper()
		if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	secretLetter := "BG " + secretNumber + "\n" + bareLetter
	for name, sheet := range map[string]string{"sheet": secretNumber, "page": ""} {
		batch := d.letter(bareLetter, Submission{})
		letter := d.taken(origin{Document: batch, Place: 1, Cut: &cut{First: 1, Last: 1, Parts: 1, Sheet: sheet}}, secretLetter)
		if name == "sheet" && open(batch) {
			t.Error("the sheet names a restricted file, and the batch is open")
		}
		route(letter)
		if got := d.doc(letter); open(batch) || open(letter) {
			t.Errorf("%s: the letter in %q, the batch open %v", name, got.File, open(batch))
		}
	}
	one, two := d.letter(bareLetter, Submission{}), d.letter(bareLetter, Submission{})
	for _, id := range []record.DocumentID{one, two} {
		route(id)
	}
	if !open(one) {
		t.Fatal("what waits is closed")
	}
	whole := d.taken(origin{Document: one, Merged: []record.DocumentID{one, two}}, secretLetter)
	route(whole)
	if open(whole) || open(one) || open(two) {
		t.Errorf("put together %v, of %v and %v", open(whole), open(one), open(two))
	}
}

// overtaken: whatever happens between looking and acting, the job looks again and
// leaves nothing in work.
func overtaken(t *testing.T, open catalogtest.Opener) {
	d := newDesk(t, open)
	r := d.router()
	look := func(id record.DocumentID) (c letterCase) {
		t.Helper()
		err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) { c, err = r.look(tx, id); return err })
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	typed := d.letter("Mietbescheinigung\nzur Vorlage beim Jobcenter\nVermieter: Wohnbau GmbH\nMieter: Anna Probe\nKaltmiete 400 Euro\nMietbeginn 01.02.2020", Submission{File: number})
	c := look(typed)
	d.change(typed, func(doc *record.Document) { doc.Type = "brief" })
	if err := r.name(t.Context(), c); !errors.Is(err, errOvertaken) {
		t.Errorf("somebody has said what it is: %v", err)
	}
	d.route(r, typed)
	if doc := d.doc(typed); doc.State != record.StateReady || doc.Type != "brief" {
		t.Errorf("%s, %q", doc.State, doc.Type)
	}

	out := d.letter(bareLetter, Submission{File: number, Type: "brief"})
	d.change(out, func(doc *record.Document) { doc.State = record.StateProcessing })
	c = look(out)
	d.change(out, func(doc *record.Document) { doc.File = "" })
	if err := r.settle(t.Context(), c); !errors.Is(err, errOvertaken) {
		t.Errorf("it was taken out of its file: %v", err)
	}

	id := d.letter("BG-Nummer: 03104//0066666\nBerta Neu\n"+bareLetter, Submission{})
	c = look(id)
	types, where, err := r.rules.current(t.Context(), d.cat)
	if err != nil {
		t.Fatal(err)
	}
	letter, err := r.letter(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	c.guess(types)
	var dec decision
	decide := func(tx *catalog.Tx) (decision, error) { return r.decide(tx, c, where, letter) }
	if err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) { dec, err = decide(tx); return err }); err != nil {
		t.Fatal(err)
	}
	dec.again = decide
	file := d.otherFile("03104//0066666", record.SensitivityNormal)
	d.member(file, record.Person{Names: []record.DatedName{{Name: "Neu", FirstName: "Berta"}}})
	if err := r.clear(t.Context(), c, dec); !errors.Is(err, errOvertaken) {
		t.Errorf("its file was made meanwhile: %v", err)
	}
	d.route(r, id)
	if doc := d.doc(id); doc.File != file {
		t.Errorf("it lies in %q", doc.File)
	}
}

// TestMailFiledWhileItWaits: who files a mail that waits for its parts, or the
// part that it waits for, lets it go on.
func TestMailFiledWhileItWaits(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	mail := d.mail("")
	if err := d.intake.Unpack(t.Context(), mail)(part(1, "a.pdf", "%PDF-1.4 a")); err != nil {
		t.Fatal(err)
	}
	d.readAs(mail, bareLetter)
	d.route(r, mail)
	if doc := d.doc(mail); doc.State != record.StateProcessing {
		t.Fatalf("it does not wait: %s", doc.State)
	}
	d.change(mail, func(doc *record.Document) { doc.File, doc.Type = d.file, "brief" })
	if err := r.Route(t.Context(), RouteJob(t, mail)); err != nil { // as filing asks for
		t.Fatal(err)
	}
	if doc := d.doc(mail); doc.State != record.StateReady {
		t.Errorf("it is %s", doc.State)
	}
}

// TestAskedAfterRebuild: what can't be read and is kept for a restricted file is
// asked about when the job runs, as a rebuild lets it.
func TestAskedAfterRebuild(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	d.otherFile(secretNumber, record.SensitivityRestricted)
	id := d.letter(bareLetter, Submission{Note: &catalog.Note{Barcodes: []string{secretNumber}}})
	err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return errors.Join(tx.SetState(id, record.StateQuarantined, "broken"), tx.DropItem(id, "system"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
		t.Fatal(err)
	}
	if !d.item(id) || d.told(audit.DocumentFile, id) {
		t.Error("nobody is asked")
	}
}

// keptForSeveral: what has pages for two restricted files waits with somebody as
// long as it is work, and is closed to everybody when it is none any more.
func keptForSeveral(t *testing.T, opener catalogtest.Opener) {
	d := newDesk(t, opener)
	s := &Splitter{Intake: d.intake}
	const otherNumber = "03104//0066666"
	first, second := d.otherFile(secretNumber, record.SensitivityRestricted), d.otherFile(otherNumber, record.SensitivityRestricted)
	kept := func(id record.DocumentID) (file record.FileID, orphans int) {
		t.Helper()
		err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) {
			if file, err = tx.ReservedFor(id); err == nil {
				orphans, err = tx.CountOrphaned()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return file, orphans
	}
	letter := func(batch record.DocumentID, place int, sheet string) record.DocumentID {
		return d.taken(origin{Document: batch, Place: place, Cut: &cut{First: place, Last: place, Parts: 2, Sheet: sheet}}, "")
	}
	named := d.letter(bareLetter, Submission{Note: &catalog.Note{Barcodes: []string{secretNumber}}})
	own := letter(named, 1, otherNumber)
	d.aside([]record.Document{d.doc(own)})
	if err := d.router().Route(t.Context(), RouteJob(t, own)); err != nil {
		t.Fatal(err)
	}
	if file, n := kept(own); file != second || n != 0 || !d.item(own) {
		t.Errorf("a letter that can't be read, its sheet for one and its batch for another: kept for %q, asked %v, %d orphans", file, d.item(own), n)
	}
	for name, became := range map[string]catalog.Split{"split": {Parts: 2}, "whole": {Reason: "damaged"}} {
		batch := d.letter(bareLetter, Submission{})
		err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.BeginParting(batch, nil, "system") })
		if err != nil {
			t.Fatal(err)
		}
		letter(batch, 1, secretNumber)
		letter(batch, 2, otherNumber)
		if err := s.close(t.Context(), batch, became); err != nil {
			t.Fatal(err)
		}
		whole := became.Parts == 0
		if file, n := kept(batch); (file == first) != whole || file == "" || file == second || d.item(batch) != whole || n != 0 {
			t.Errorf("%s: kept for %q, asked %v, %d orphans", name, file, d.item(batch), n)
		}
	}
}
