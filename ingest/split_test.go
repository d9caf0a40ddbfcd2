package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

func TestLetters(t *testing.T) {
	for _, c := range []struct {
		pages string // a letter's page, a separator, a blank page
		want  []worker.Range
	}{
		{"ll|l|lll", []worker.Range{{First: 1, Last: 2}, {First: 4, Last: 4}, {First: 6, Last: 8}}},
		{"|ll|", []worker.Range{{First: 2, Last: 3}}},
		{"||l||", []worker.Range{{First: 3, Last: 3}}},
		{"|-l|-", []worker.Range{{First: 2, Last: 3}}}, // the last one's back
		{"|-|l-|-l", []worker.Range{{First: 4, Last: 5}, {First: 7, Last: 8}}},
		{"-|l", []worker.Range{{First: 1, Last: 1}, {First: 3, Last: 3}}}, // nobody's back
		{"|--|l", []worker.Range{{First: 2, Last: 3}, {First: 5, Last: 5}}},
		{"||", nil},
		{"", nil},
	} {
		var marks []record.Mark
		for i, p := range c.pages {
			if kind := map[rune]string{'|': record.MarkSeparator, '-': record.MarkBlank}[p]; kind != "" {
				marks = append(marks, record.Mark{Page: i + 1, Kind: kind})
			}
		}
		if got := letters(len(c.pages), marks); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.pages, got, c.want)
		}
	}
}

// scannedBatch is three letters of a sheet each in one scan, with our own sheet, a patch T and another program's sheet before and between them,
// and one more of ours at the end.
func scannedBatch(t testing.TB, form sample.Form) []byte {
	t.Helper()
	o := sample.Jobcenter(1, 6)
	var sheets []sample.Sheet
	for i, s := range []sample.Separator{{QR: "eakte:sep:1:file:" + number}, {PatchT: true}, {Code39: "PATCHT"}} {
		l := o.Letter(o.Files[i], sample.Slip, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), i)
		sheets = append(sheets, sample.Sheet{Separator: s}, sample.Sheet{Letter: &l})
	}
	sheets = append(sheets, sample.Sheet{Separator: sample.Separator{QR: "eakte:sep:1"}})
	r, err := o.Batch("scan.pdf", form, sheets...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Body
}

func greyScan() sample.Form {
	return sample.Form{Container: sample.PDF, DPI: 150, Compression: sample.DCT, Quality: 60}
}

// lease is a job of a kind about a document, taken from the queue; ok is false
// if there is none.
func (d *desk) lease(kind string, id record.DocumentID) (job.Job, bool) {
	d.t.Helper()
	jobs, err := d.cat.Lease(d.t.Context(), "test", []string{kind}, 100, time.Minute)
	if err != nil {
		d.t.Fatal(err)
	}
	i := slices.IndexFunc(jobs, func(j job.Job) bool { return j.Key == string(id) })
	if i < 0 {
		return job.Job{}, false
	}
	return jobs[i], true
}

// handIn hands a batch in.
func (d *desk) handIn(body []byte, to Submission) record.DocumentID {
	d.t.Helper()
	to.Name, to.Body, to.Size, to.Received = "scan.pdf", bytes.NewReader(body), -1, "2026-02-20"
	receipt, err := d.intake.Accept(d.t.Context(), d.actor, to)
	if err != nil {
		d.t.Fatal(err)
	}
	return receipt.Document
}

// recognised notes what a Reader finds in scannedBatch, as TestSplitBatch sees
// it do, without the time that recognising takes.
func (d *desk) recognised(r *Reader, id record.DocumentID) {
	d.t.Helper()
	if _, err := r.start(d.t.Context(), id); err != nil {
		d.t.Fatal(err)
	}
	doc, _, _ := d.now(id)
	key, err := d.vault.OpenKey(d.t.Context(), doc.Object)
	if err != nil {
		d.t.Fatal(err)
	}
	var dot bytes.Buffer
	if err := jpeg.Encode(&dot, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		d.t.Fatal(err)
	}
	var marks []record.Mark
	err = d.vault.PutPack(d.t.Context(), key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		for i, code := range batchCodes {
			p := worker.Page{Number: i + 1, Width: 8, Height: 8, DPI: 100, Source: worker.SourceOCR, Image: dot.Bytes(), Full: dot.Bytes(), Thumb: dot.Bytes()}
			if code.Format != "" {
				p.Codes = []record.Code{code}
			}
			if err := addPage(pack, p); err != nil {
				return err
			}
		}
		marks = pack.Info().Marks()
		return pack.Close()
	})
	if err != nil {
		d.t.Fatal(err)
	}
	typ := contentType(d.bytesOf(doc))
	if err := r.ready(d.t.Context(), id, worker.Summary{ContentType: typ, Pages: len(batchCodes)}, marks, r.meter(job.Job{})); err != nil {
		d.t.Fatal(err)
	}
}

// batchCodes are the codes of scannedBatch, page by page.
var batchCodes = []record.Code{{Format: "qr", Text: "eakte:sep:1:file:" + number}, {}, {Format: "patch-t", Text: "T"}, {},
	{Format: "code39", Text: "PATCHT"}, {}, {Format: "qr", Text: "eakte:sep:1"}}

// parts are the letters that were taken out of a batch.
func (d *desk) parts(id record.DocumentID) []record.Document {
	d.t.Helper()
	return d.enclosed(id)
}

// page is all that a document's pack says of a page.
func (d *desk) page(doc record.Document, n int) string {
	d.t.Helper()
	p, err := d.vault.OpenPack(d.t.Context(), doc.Object)
	if err != nil {
		d.t.Fatal(err)
	}
	info, err := p.Page(n)
	info.Number = 0
	words, err2 := p.Words(n)
	text, err3 := p.Text(n)
	raw, err4 := p.Raw(n)
	out := fmt.Sprintf("%+v %+v %s %s", info, words, text, raw)
	for _, kind := range []string{vault.ImagePage, vault.ImageFull, vault.ImageThumb} {
		b, imageErr := p.Image(n, kind)
		if imageErr != nil && !errors.Is(imageErr, record.NotFound) {
			d.t.Fatal(imageErr)
		}
		out += " " + string(record.Sum(b))
	}
	if err := errors.Join(err, err2, err3, err4); err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) became(id record.DocumentID) (s catalog.Split, ok bool) {
	d.t.Helper()
	if err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) { s, ok, err = tx.SplitOf(id); return err }); err != nil {
		d.t.Fatal(err)
	}
	return s, ok
}

func (d *desk) bytesOf(doc record.Document) []byte {
	d.t.Helper()
	c, err := d.vault.OpenOriginal(d.t.Context(), doc.Object)
	if err != nil {
		d.t.Fatal(err)
	}
	b, err := io.ReadAll(c.Reader())
	if err != nil || record.Sum(b) != doc.Plain {
		d.t.Fatalf("document %s: %v", doc.ID, err)
	}
	return b
}

// imagesOf are the images of a PDF, as they lie in it.
func imagesOf(t testing.TB, pdf []byte) [][]byte {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("pdfimages", "-all", name, filepath.Join(dir, "p")).CombinedOutput(); err != nil {
		t.Fatalf("pdfimages: %v %s", err, said)
	}
	names, err := filepath.Glob(filepath.Join(dir, "p-*"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// TestSplitBatch takes a batch all the way, in both catalogs: read, split, and
// each letter read again.
func TestSplitBatch(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, open)
			d.intake.MaxBytes = 64 << 20
			body := scannedBatch(t, greyScan())
			r := d.reader(nil)
			s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
			id := d.handIn(body, Submission{Channel: "folder"})
			if name == "sqlite" {
				if err := r.Read(t.Context(), d.readJob(id)); err != nil {
					t.Fatal(err)
				}
			} else {
				d.recognised(r, id)
			}
			if doc, _, _ := d.now(id); doc.State != record.StateProcessing || doc.Pages != 7 {
				t.Fatalf("before it is split: %s, %d pages", doc.State, doc.Pages)
			}
			j, ok := d.lease(KindSplit, id)
			if !ok {
				t.Fatal("no job splits it")
			}
			for range 2 { // done again, it does nothing
				if err := s.Split(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			d.splitUp(id, body)
			batch, _, _ := d.now(id)
			part := d.parts(id)[1]
			s.Pool.Close() // what was read with the batch is not read again
			if err := r.Read(t.Context(), d.readJob(part.ID)); err != nil {
				t.Fatal(err)
			}
			if doc, _, _ := d.now(part.ID); doc.State != record.StateClearing || doc.Pages != 1 || doc.ContentType != "application/pdf" {
				t.Errorf("letter: %s, %d pages", doc.State, doc.Pages)
			}
			if got, want := d.page(part, 1), d.page(batch, 4); got != want || name == "sqlite" && len(got) < 1000 {
				t.Errorf("letter: its page is not the batch's:\n%.300s\n%.300s", got, want)
			}
		})
	}
}

// splitUp insists that a batch of scannedBatch was split as it should.
func (d *desk) splitUp(id record.DocumentID, body []byte) {
	d.t.Helper()
	batch, _, _ := d.now(id)
	if s, ok := d.became(id); !ok || s != (catalog.Split{Parts: 3}) || batch.State != record.StateClearing {
		d.t.Fatalf("the batch: %+v %v, %s", s, ok, batch.State)
	}
	if !bytes.Equal(d.bytesOf(batch), body) {
		d.t.Error("the batch's bytes have changed")
	}
	all, parts := imagesOf(d.t, body), d.parts(id)
	if len(parts) != 3 {
		d.t.Fatalf("%d letters", len(parts))
	}
	for i, p := range parts {
		if p.File != "" || p.Received != "2026-02-20" || p.Direction != record.DirectionIn || p.Channel != "split" ||
			p.CreatedBy != d.actor.User || p.Sensitivity != batch.Sensitivity || p.Name != []string{"scan-1.pdf", "scan-2.pdf", "scan-3.pdf"}[i] {
			d.t.Errorf("letter %d: %+v", i+1, p)
		}
		page := 2 * (i + 1)
		want := vault.DerivedFrom{Document: id, How: "split", FirstPage: page, LastPage: page, Place: i + 1, Parts: 3, Sheet: []string{number, "", ""}[i]}
		if from := d.derivedFrom(p); len(from) != 1 || from[0] != want {
			d.t.Errorf("letter %d comes from %+v", i+1, from)
		}
		if got := imagesOf(d.t, d.bytesOf(p)); len(got) != 1 || !bytes.Equal(got[0], all[page-1]) {
			d.t.Errorf("letter %d: its image is not that of page %d", i+1, page)
		}
	}
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		for i, p := range parts {
			site, err := tx.WaitingSite(p.ID)
			where, _, err2 := tx.CutOf(p.ID)
			if err := errors.Join(err, err2); err != nil || site != "03104" || where != (catalog.Cut{First: 2 * (i + 1), Last: 2 * (i + 1), Sheet: []string{number, "", ""}[i]}) {
				d.t.Errorf("letter %d waits at %q, stood at %+v, %v", i+1, site, where, err)
			}
		}
		waiting, _, err := tx.UnfiledDocuments([]string{"*"}, "", 50)
		if slices.ContainsFunc(waiting, func(w record.Document) bool { return w.ID == id }) || len(waiting) < 3 {
			d.t.Errorf("%d wait, the batch among them?", len(waiting))
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestSplitFaxBatch: a TIFF of bilevel pages, by a scan operator's upload.
func TestSplitFaxBatch(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.intake.MaxBytes = 64 << 20
	d.scans()
	r := d.reader(nil)
	s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
	id := d.handIn(scannedBatch(t, sample.FaxScan(100)), Submission{Channel: "web"})
	d.recognised(r, id)
	j, ok := d.lease(KindSplit, id)
	if !ok {
		t.Fatal("no job splits it")
	}
	if err := s.Split(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	parts := d.parts(id)
	if got, _ := d.became(id); len(parts) != 3 || got.Parts != 3 {
		t.Fatalf("%d letters, %+v", len(parts), got)
	}
	for _, p := range parts {
		if p.ContentType != "image/tiff" {
			t.Errorf("a letter is %s", p.ContentType)
		}
	}
}

// scans makes the actor one who scans.
func (d *desk) scans() {
	d.t.Helper()
	err := d.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
		return tx.PutRoles(d.actor.User, []record.RoleAt{{Role: record.RoleScan, Site: "03104"}})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestNotSplit: what lies in a file, what a caseworker hands in, and what came
// in a mail keeps its separators.
func TestNotSplit(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.intake.MaxBytes = 64 << 20
	body := scannedBatch(t, greyScan())
	r := d.reader(nil)
	for name, to := range map[string]Submission{"in a file": {Channel: "folder", File: number}, "a caseworker's": {Channel: "web"},
		"a program's": {Channel: "api"}} {
		id := d.handIn(body, to)
		d.recognised(r, id)
		doc, _, _ := d.now(id)
		if _, ok := d.lease(KindSplit, id); ok || doc.State == record.StateProcessing {
			t.Errorf("%s is split; it is %s", name, doc.State)
		}
		if n := d.separators(id); n != 4 {
			t.Errorf("%s: %d separators are marked", name, n)
		}
	}
	mail, err := d.intake.Accept(t.Context(), d.actor, Submission{Name: "mail.eml", Channel: "folder", Body: strings.NewReader("From: …"), Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	d.scans()
	if err := d.intake.Unpack(t.Context(), mail.Document)(part(1, "scan.pdf", string(body))); err != nil {
		t.Fatal(err)
	}
	id := d.enclosed(mail.Document)[0].ID
	d.recognised(r, id)
	if _, ok := d.lease(KindSplit, id); ok {
		t.Error("an attachment is split")
	}
}

func (d *desk) separators(id record.DocumentID) (n int) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		marks, err := tx.Marks(id)
		for _, m := range marks {
			if m.Kind == record.MarkSeparator {
				n++
			}
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// waitingBatch is a batch that was read, and the job that splits it.
func (d *desk) waitingBatch(r *Reader, body []byte, key string) (record.DocumentID, job.Job) {
	d.t.Helper()
	id := d.handIn(body, Submission{Channel: "folder", IdempotencyKey: key})
	d.recognised(r, id)
	j, ok := d.lease(KindSplit, id)
	if !ok {
		d.t.Fatal("no job splits it")
	}
	return id, j
}

// TestSplitOnceAtEveryCall lets each call to the catalog fail in turn, for good
// until the job is done again: however far it came, there is one copy of each
// letter, and the batch is done with only when all are there.
func TestSplitOnceAtEveryCall(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.intake.MaxBytes = 64 << 20
	body := scannedBatch(t, greyScan())
	r := d.reader(nil)
	s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
	id, j := d.waitingBatch(r, body, "first")
	seen := 0
	for n := 1; ; n++ {
		if n > 200 {
			t.Fatal("more calls than were tried")
		}
		d.rows.FailAt(n)
		err := s.Split(t.Context(), j)
		done := d.rows.Count() < n
		d.rows.FailAt(0)
		if parts := d.parts(id); len(parts) < seen || len(parts) > 3 {
			t.Fatalf("call %d: %d letters after %d", n, len(parts), seen)
		} else if seen = len(parts); seen < 3 {
			if _, ok := d.became(id); ok {
				t.Fatalf("call %d: done with after %d letters", n, seen)
			}
		}
		if done && err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
	}
	d.splitUp(id, body)
}

// TestSplitWhole: of an encrypted batch no page can be taken. It waits whole and
// says why; nothing was taken out of it. The same when the machine is at fault
// for good.
func TestSplitWhole(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.intake.MaxBytes = 64 << 20
	r := d.reader(nil)
	s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
	body := scannedBatch(t, greyScan())
	torn := bytes.Replace(body, []byte("startxref"), []byte("startxxxx"), 1) // poppler mends it without a word, qpdf warns
	for name, try := range map[string]struct {
		body   []byte
		reason string
		act    func(j job.Job) error
	}{
		"torn":    {torn, "damaged", func(j job.Job) error { return s.Split(t.Context(), j) }},
		"machine": {body, "machine", func(j job.Job) error { s.Bury(t.Context(), j, "the store was down"); return nil }},
	} {
		id, j := d.waitingBatch(r, try.body, name)
		if err := try.act(j); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		doc, _, _ := d.now(id)
		if got, ok := d.became(id); !ok || got != (catalog.Split{Reason: try.reason}) || doc.State != record.StateClearing || len(d.parts(id)) != 0 {
			t.Errorf("%s: %+v %v, %s, %d letters", name, got, ok, doc.State, len(d.parts(id)))
		}
	}
}

// TestSplitAfterFiling: a batch that lies in a file when its turn comes stays
// whole, and can be filed elsewhere again.
func TestSplitAfterFiling(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.intake.MaxBytes = 64 << 20
	r := d.reader(nil)
	s := &Splitter{Intake: d.intake, Pool: r.Pool, Index: r.Index}
	id, j := d.waitingBatch(r, scannedBatch(t, greyScan()), "")
	d.change(id, func(doc *record.Document) { doc.File = d.file })
	if err := s.Split(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if doc, _, _ := d.now(id); doc.State != record.StateReady || len(d.parts(id)) != 0 || d.remade(id) {
		t.Errorf("%s, %d letters", doc.State, len(d.parts(id)))
	}
}
