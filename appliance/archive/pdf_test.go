package archive

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

func pdfTexts() PDFTexts {
	same := func(s string) string { return s }
	return PDFTexts{Heading: "Inhalt", File: "Akte", Title: "Schreiben", Type: "Art", Date: "Datum", Page: "Seite", Untitled: "Schreiben",
		Kind: same, Day: same, Missing: func(s record.State) string { return string(s) }}
}

// readPDF reads a PDF's text with pdftotext, and checks its digest on the way.
func readPDF(t *testing.T, p PDF) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(p, 0, p.Size))
	if err != nil {
		t.Fatal(err)
	}
	if record.Sum(b) != p.SHA256 {
		t.Error("the digest is another one's")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestPDF: the words are in it, each asking is one entry that names the
// document, and the same question has the same answer, by range too.
func TestPDF(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc := d.post("sommer", file.ID, "Die Heizkostenabrechnung", "Anlage zwei")
	p, err := d.PDF(context.Background(), d.as("sommer"), doc, pdfTexts())
	if err != nil {
		t.Fatal(err)
	}
	text := readPDF(t, p)
	if !strings.Contains(text, "Heizkostenabrechnung") || !strings.Contains(text, "Anlage") || p.Level != "2u" || p.Signed {
		t.Errorf("%s, signed %v: %q", p.Level, p.Signed, text)
	}
	again, err := d.PDF(context.Background(), d.as("herbst"), doc, pdfTexts())
	if err != nil || again.SHA256 != p.SHA256 || again.Size != p.Size {
		t.Errorf("another asker gets other bytes: %v", err)
	}
	whole, part := make([]byte, p.Size), make([]byte, 300)
	if _, err := p.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	for off := int64(0); off < p.Size; off += 211 {
		if n, err := again.ReadAt(part, off); err != nil && err != io.EOF || !bytes.Equal(part[:n], whole[off:off+int64(n)]) {
			t.Fatalf("range at %d: %v", off, err)
		}
	}
	d.noted(audit.DocumentPDF, 2, doc)
}

// noted wants so many allowed entries of an action that name a document.
func (d *desk) noted(action string, n int, doc record.DocumentID) {
	d.t.Helper()
	err := d.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Action: action, Outcome: audit.Allowed, Document: doc})
		if len(entries) != n {
			d.t.Errorf("%s: %d entries name the document, want %d", action, len(entries), n)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestFilePDF: what may be read, in order, and no word of anything else.
func TestFilePDF(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	other := d.makeFile("sommer", "03104//0012346", "Blaubach", 0)
	first := d.post("sommer", file.ID, "Erstes Anliegen")
	d.clock().Advance(time.Minute)
	second := d.post("sommer", file.ID, "Zweites Anliegen")
	secret := d.post("sommer", file.ID, "Geheimes Gutachten")
	foreign := d.post("sommer", other.ID, "Fremdes Schreiben")
	broken := d.post("sommer", file.ID, "Unlesbar")
	d.tx(func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(secret)
		if err != nil {
			return err
		}
		doc.Sensitivity = record.SensitivityRestricted
		if err := tx.UpdateDocument(doc); err != nil {
			return err
		}
		return tx.SetState(broken, record.StateQuarantined, "damaged")
	})
	p, err := d.FilePDF(ctx, d.as("herbst"), file.ID, nil, pdfTexts())
	if err != nil {
		t.Fatal(err)
	}
	text := readPDF(t, p)
	inOrder(t, text, "Inhalt", "quarantined", "Erstes", "Zweites")
	for _, word := range []string{"Geheimes", "Fremdes", "Unlesbar"} {
		if strings.Contains(text, word) {
			t.Errorf("%s is in it:\n%s", word, text)
		}
	}
	d.noted(audit.FilePDF, 1, second)
	d.noted(audit.FilePDF, 0, secret)
	p, err = d.FilePDF(ctx, d.as("sommer"), file.ID, []record.DocumentID{second, first}, pdfTexts())
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, readPDF(t, p), "Zweites", "Erstes")
	for _, bad := range []record.DocumentID{secret, foreign, "x"} {
		if _, err := d.FilePDF(ctx, d.as("herbst"), file.ID, []record.DocumentID{first, bad}, pdfTexts()); record.CategoryOf(err) != record.NotFound {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Fatalf("%q is missing or out of order in:\n%s", w, text)
		}
		rest = after
	}
}

// TestPDFOfSigned: the rendition says what it is not.
func TestPDFOfSigned(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc := d.post("sommer", file.ID, "Vollmacht")
	d.tx(func(tx *catalog.Tx) error { return tx.SetMarks(doc, []record.Mark{{Kind: record.MarkSigned}}) })
	if p, err := d.PDF(context.Background(), d.as("sommer"), doc, pdfTexts()); err != nil || !p.Signed {
		t.Errorf("signed: %v, %v", p.Signed, err)
	}
}
