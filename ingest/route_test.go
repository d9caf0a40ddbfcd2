package ingest

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

// A letter that names its customer by number and name, and one that names nobody.
const (
	clearLetter = "Jobcenter Neustadt\nBedarfsgemeinschaft " + number + "\nAnna Probe, geboren am 03.04.1985\nSehr geehrte Damen und Herren,\nanbei die Unterlagen."
	bareLetter  = "Sehr geehrte Damen und Herren,\nwie besprochen.\nMit freundlichen Grüßen"
)

// router is a Router beside a desk, with the customer of its file.
func (d *desk) router() *Router {
	d.t.Helper()
	d.member(d.file, record.Person{BirthDate: "1985-04-03", CustomerNumber: "031D123456",
		Names: []record.DatedName{{Name: "Probe", FirstName: "Anna"}}})
	return &Router{Deps: d.intake.Deps, Index: job.Spec{Kind: "index"}}
}

// member makes a person and a member of a file.
func (d *desk) member(file record.FileID, p record.Person) {
	d.t.Helper()
	p.ID = record.PersonID(record.NewID())
	err := d.cat.WithTx(d.t.Context(), func(tx *catalog.Tx) error {
		if err := tx.PutPerson(p); err != nil {
			return err
		}
		f, err := tx.FileByID(file)
		if err != nil {
			return err
		}
		f.Members = append(f.Members, record.Member{Person: p.ID, Role: "customer"})
		return tx.UpdateFile(f)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// letter hands a document in and notes what a Reader would find on its one page.
func (d *desk) letter(text string, s Submission) record.DocumentID {
	d.t.Helper()
	s.Name, s.Body, s.Size, s.Received = "brief.pdf", strings.NewReader("%PDF-1.4 "+record.NewID()), -1, "2026-02-20"
	if s.Channel == "" {
		s.Channel = "folder"
	}
	receipt, err := d.intake.Accept(d.t.Context(), d.actor, s)
	if err != nil {
		d.t.Fatal(err)
	}
	d.readAs(receipt.Document, text)
	return receipt.Document
}

// readAs notes a page of this text as what was read of a document.
func (d *desk) readAs(id record.DocumentID, text string) {
	d.t.Helper()
	r := &Reader{Deps: d.intake.Deps, Index: job.Spec{Kind: "index"}, Route: RouteAgain}
	doc, err := r.start(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	key, err := d.vault.OpenKey(d.t.Context(), doc.Object)
	if err != nil {
		d.t.Fatal(err)
	}
	var dot bytes.Buffer
	if err := jpeg.Encode(&dot, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		d.t.Fatal(err)
	}
	p := worker.Page{Number: 1, Width: 800, Height: 1100, DPI: 100, Source: worker.SourceOCR, Image: dot.Bytes(), Full: dot.Bytes(), Thumb: dot.Bytes(),
		Text: text, Raw: text, Words: wordsOf(text)}
	err = d.vault.PutPack(d.t.Context(), key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		return errors.Join(addPage(pack, p), pack.Close())
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := r.ready(d.t.Context(), id, worker.Summary{ContentType: doc.ContentType, Pages: 1}, nil, r.meter(job.Job{})); err != nil {
		d.t.Fatal(err)
	}
}

// wordsOf lays the words of a text out on a page, line by line.
func wordsOf(text string) (words []record.Word) {
	start := 0
	for n, line := range strings.Split(text, "\n") {
		x, at := 40, start
		for _, w := range strings.Fields(line) {
			at = start + strings.Index(text[start:], w)
			words = append(words, record.Word{Text: w, Raw: w, Confidence: 96, X: x, Y: 60 + 30*n, W: 9 * len(w), H: 18, Start: at, Len: len(w)})
			start, x = at+len(w), x+9*len(w)+9
		}
	}
	return words
}

// route runs the job that routes a document; there must be one.
func (d *desk) route(r *Router, id record.DocumentID) {
	d.t.Helper()
	j, ok := d.lease(KindRoute, id)
	if !ok {
		d.t.Fatalf("no job routes %s", id)
	}
	if err := r.Route(d.t.Context(), j); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cat.Finish(d.t.Context(), j.ID, "test"); err != nil {
		d.t.Fatal(err)
	}
}

// routing is what was decided about a document, and the clues that are left.
func (d *desk) routing(id record.DocumentID) (r record.Routing, clues []record.Clue) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) {
		if r, _, err = tx.RoutingOf(id); err != nil {
			return err
		}
		clues, err = tx.CluesOn(id)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return r, clues
}

// TestRouteEngines: what a decision does, in both catalogs.
func TestRouteEngines(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open} {
		t.Run(name, func(t *testing.T) {
			t.Run("files", func(t *testing.T) { routeFiles(t, open) })
			t.Run("reserves", func(t *testing.T) { routeReserves(t, open) })
			t.Run("orphans", func(t *testing.T) { routeOrphans(t, open) })
			t.Run("keeps", func(t *testing.T) { keptFrom(t, open) })
			t.Run("shuts", func(t *testing.T) { shutWith(t, open) })
			t.Run("keeps for several", func(t *testing.T) { keptForSeveral(t, open) })
			t.Run("overtaken", func(t *testing.T) { overtaken(t, open) })
			t.Run("simulates", func(t *testing.T) { simulate(t, open) })
		})
	}
}

// routeFiles: evidence for one file files the letter like a person would.
func routeFiles(t *testing.T, open catalogtest.Opener) {
	d := newDesk(t, open)
	r := d.router()
	id := d.letter(clearLetter, Submission{})
	if doc, _, _ := d.now(id); doc.State != record.StateProcessing {
		t.Fatalf("before it is routed it is %s", doc.State)
	}
	d.route(r, id)
	d.filed(id, 2)
	if j, ok := d.lease(KindRoute, id); ok { // nothing is left to do
		t.Errorf("one more job: %+v", j)
	}
	if err := r.Route(t.Context(), RouteJob(t, id)); err != nil { // done again, it does nothing
		t.Fatal(err)
	}
	d.filed(id, 2)
}

// RouteJob is the job that routes a document, as a runner gives it.
func RouteJob(t *testing.T, id record.DocumentID) job.Job {
	t.Helper()
	j, err := job.New(RouteAgain(id), catalogtest.NewClock().Now())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// filed insists that a letter lies in the desk's file in every respect.
func (d *desk) filed(id record.DocumentID, manifests int) {
	d.t.Helper()
	doc, _, _ := d.now(id)
	if doc.File != d.file || doc.State != record.StateReady || doc.KeepUntil != "" {
		d.t.Fatalf("it lies in %q, %s, kept until %q", doc.File, doc.State, doc.KeepUntil)
	}
	why, clues := d.routing(id)
	if why.Outcome != record.OutcomeFiled || why.File != d.file || why.Site != "03104" || why.By != "system" || len(why.Evidence) == 0 || len(clues) != 0 {
		d.t.Errorf("routing %+v, clues %v", why, clues)
	}
	m, sequence := d.newest(doc)
	if m.File != d.file || m.Routing.Outcome != record.OutcomeFiled || m.State != record.StateReady || sequence != manifests {
		d.t.Errorf("manifest %d: %q, %s, %+v", sequence, m.File, m.State, m.Routing.Outcome)
	}
	if !d.item(id) || !d.told(audit.DocumentFile, id) {
		d.t.Errorf("item %v, told %v", d.item(id), d.told(audit.DocumentFile, id))
	}
	if _, ok := d.lease("index", id); !ok && manifests == 0 {
		d.t.Error("no job indexes it")
	}
}

// TestRouteClears: what says nothing waits for a person, with what is known.
func TestRouteClears(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	bare := d.letter(bareLetter, Submission{})
	unknown := d.letter("Betreff: BG 03104//0099887\n"+bareLetter, Submission{})
	for _, id := range []record.DocumentID{bare, unknown} {
		if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
			t.Fatal(err)
		}
		doc, _, _ := d.now(id)
		why, _ := d.routing(id)
		if doc.File != "" || doc.State != record.StateClearing || why.Outcome != record.OutcomeClearing || why.Reason == "" || d.item(id) {
			t.Errorf("%s in %q: %+v", doc.State, doc.File, why)
		}
	}
	if _, clues := d.routing(unknown); !slices.Contains(clues, record.Clue{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0099887")}) {
		t.Errorf("clues %v", clues)
	}
	out := d.letter(clearLetter, Submission{Direction: record.DirectionOut})
	if _, ok := d.lease(KindRoute, out); ok {
		t.Error("an outgoing letter is routed")
	}
	if doc, _, _ := d.now(out); doc.State != record.StateClearing {
		t.Errorf("an outgoing one is %s", doc.State)
	}
}

// TestRouteAfterPerson: who files a letter, or describes it in clearing, before
// it is routed has decided.
func TestRouteAfterPerson(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	other := d.otherFile("03104//0077777", record.SensitivityNormal)
	id := d.letter(clearLetter, Submission{})
	d.change(id, func(doc *record.Document) { doc.File = other })
	d.route(r, id)
	if doc, _, _ := d.now(id); doc.File != other || doc.State != record.StateReady {
		t.Errorf("filed by a person: %s in %q", doc.State, doc.File)
	}
	touched := d.letter(clearLetter, Submission{})
	err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.SetRouting(touched, record.Routing{Outcome: record.OutcomeClearing, By: d.actor.User, At: d.clock.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	d.route(r, touched)
	if doc, _, _ := d.now(touched); doc.File != "" || doc.State != record.StateClearing {
		t.Errorf("touched by a person: %s in %q", doc.State, doc.File)
	}
}

// otherFile is one more file at the desk's site.
func (d *desk) otherFile(n string, s record.Sensitivity) record.FileID {
	d.t.Helper()
	f := record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: "03104", Team: "L1", Responsible: d.actor.User,
		RetentionClass: "leistung", Sensitivity: s, Numbers: []record.DatedNumber{{Number: n}}}
	err := d.cat.WithTx(d.t.Context(), func(tx *catalog.Tx) (err error) { f, err = tx.InsertFile(f); return err })
	if err != nil {
		d.t.Fatal(err)
	}
	return f.ID
}

// TestRouteFamily: a mail waits for what came in it, and all of it is filed at
// once.
func TestRouteFamily(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	mail, err := d.intake.Accept(t.Context(), d.actor, Submission{Name: "mail.eml", Channel: "folder", Body: strings.NewReader("From: …"), Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	for n, name := range []string{"bescheid.pdf", "foto.pdf"} {
		if err := d.intake.Unpack(t.Context(), mail.Document)(part(n+1, name, "%PDF-1.4 "+name)); err != nil {
			t.Fatal(err)
		}
	}
	parts := d.enclosed(mail.Document)
	d.readAs(mail.Document, bareLetter)
	d.route(r, mail.Document)
	if doc, _, _ := d.now(mail.Document); doc.State != record.StateProcessing {
		t.Fatalf("the mail does not wait for what came in it: %s", doc.State)
	}
	d.readAs(parts[0].ID, clearLetter)
	d.route(r, mail.Document)
	reader := &Reader{Deps: d.intake.Deps, Index: job.Spec{Kind: "index"}, Route: RouteAgain}
	if err := reader.quarantine(t.Context(), parts[1].ID, "broken", nil, reader.meter(job.Job{})); err != nil {
		t.Fatal(err)
	}
	d.route(r, mail.Document)
	for _, id := range []record.DocumentID{mail.Document, parts[0].ID, parts[1].ID} {
		if doc, _, _ := d.now(id); doc.File != d.file {
			t.Errorf("%s lies in %q, %s", doc.Name, doc.File, doc.State)
		}
	}
	if doc, _, _ := d.now(parts[1].ID); doc.State != record.StateQuarantined {
		t.Errorf("what can't be read is %s", doc.State)
	}
	if d.item(parts[0].ID) || !d.item(mail.Document) {
		t.Error("the mail's item does not stand for all of it")
	}
}

// TestRouteAgain: an unknown number's letter waits, and is filed when the number
// has a file.
func TestRouteAgain(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	id := d.letter("BG-Nummer: 03104//0066666\nBerta Neu\n"+bareLetter, Submission{})
	d.route(r, id)
	before, _, _ := d.now(id)
	file := d.otherFile("03104//0066666", record.SensitivityNormal)
	d.member(file, record.Person{Names: []record.DatedName{{Name: "Neu", FirstName: "Berta"}}})
	if err := d.cat.Enqueue(t.Context(), RouteAgain(id)); err != nil {
		t.Fatal(err)
	}
	d.route(r, id)
	if doc, _, _ := d.now(id); before.File != "" || doc.File != file || doc.State != record.StateReady {
		t.Errorf("before %q, after %q %s", before.File, doc.File, doc.State)
	}
}

// TestRouteType: the rules say what a document is where its sender didn't, in a
// file too.
func TestRouteType(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	const text = "Mietbescheinigung\nzur Vorlage beim Jobcenter\nVermieter: Wohnbau GmbH\nMieter: Anna Probe\nKaltmiete 400 Euro\nNebenkosten 80 Euro\nGesamtmiete 480 Euro\nWohnfläche 50 Quadratmeter\nMietbeginn 01.02.2020\nHiermit bescheinigen wir die Angaben zum Mietverhältnis."
	for name, s := range map[string]Submission{"none": {File: number}, "given": {File: number, Type: "brief"}} {
		id := d.letter(text, s)
		doc, _, _ := d.now(id)
		if want := map[string]record.State{"none": record.StateProcessing, "given": record.StateReady}[name]; doc.State != want {
			t.Fatalf("%s: it is %s", name, doc.State)
		}
		if s.Type != "" {
			if _, ok := d.lease(KindRoute, id); ok {
				t.Error("what has a type is looked at")
			}
			continue
		}
		d.route(r, id)
		doc, _, _ = d.now(id)
		why, _ := d.routing(id)
		m, _ := d.newest(doc)
		if doc.State != record.StateReady || doc.Type != "mietbescheinigung" || m.Type != doc.Type || len(why.Type.Reasons) == 0 {
			t.Errorf("type %q, manifest %q, %+v", doc.Type, m.Type, why.Type)
		}
	}
}
