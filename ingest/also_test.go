package ingest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestFileAlso: a form of two customers lies in both files, each for itself.
func TestFileAlso(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	other := d.otherFile("03104//0077777", record.SensitivityNormal)
	id := d.letter(clearLetter, Submission{File: number, Type: "brief"})
	first, _, _ := d.now(id)
	r, err := d.intake.FileAlso(t.Context(), d.actor, id, "03104//0077777", "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.intake.FileAlso(t.Context(), d.actor, id, string(other), "")
	if err != nil || !again.Repeated || again.Document != r.Document {
		t.Errorf("again: %+v, %v", again, err)
	}
	copied, _, _ := d.now(r.Document)
	if copied.File != other || copied.Object == first.Object || copied.Plain != first.Plain || copied.Type != "brief" || copied.Received != first.Received {
		t.Errorf("%+v", copied)
	}
	if from := d.derivedFrom(copied); len(from) != 1 || from[0].How != "copy" || from[0].Document != id {
		t.Errorf("derived from %+v", from)
	}
	if n := d.copiesTold(id); n != 2 || !d.told(audit.DocumentCreate, copied.ID) {
		t.Errorf("the log tells of %d copies", n)
	}
	reader := d.reader(nil)
	reader.Pool.Close() // what was read of the same bytes is not read again
	if err := reader.Read(t.Context(), d.readJob(copied.ID)); err != nil {
		t.Fatal(err)
	}
	if copied, _, _ = d.now(copied.ID); copied.State != record.StateReady || copied.Pages != 1 || d.page(copied, 1) != d.page(first, 1) {
		t.Errorf("%s, %d pages", copied.State, copied.Pages)
	}
	d.change(id, func(doc *record.Document) { doc.File = other })
	if _, err := d.intake.FileAlso(t.Context(), d.actor, id, string(other), ""); !errors.Is(err, record.Conflict) {
		t.Errorf("into the file where it lies: %v", err)
	}
}

// TestFileAlsoRights: it takes the right to read the one and to hand in to the
// other, and says nothing to who lacks one of them.
func TestFileAlsoRights(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	far := d.otherFile("03107//0011111", record.SensitivityNormal)
	secret := d.otherFile("03104//0055555", record.SensitivityRestricted)
	err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		for _, id := range []record.FileID{far, secret} { // of the other one, at the other site or not
			f, err := tx.FileByID(id)
			if err != nil {
				return err
			}
			f.Responsible = d.other.User
			if id == far {
				f.Site = "03107"
			}
			if err := tx.UpdateFile(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	id := d.letter(clearLetter, Submission{File: number, Type: "brief"})
	for name, try := range map[string]func() (Receipt, error){
		"not the document": func() (Receipt, error) { return d.intake.FileAlso(t.Context(), d.other, id, string(far), "") },
		"not the file":     func() (Receipt, error) { return d.intake.FileAlso(t.Context(), d.actor, id, string(far), "") },
		"a restricted one": func() (Receipt, error) { return d.intake.FileAlso(t.Context(), d.actor, id, string(secret), "") },
		"no such file":     func() (Receipt, error) { return d.intake.FileAlso(t.Context(), d.actor, id, "03104//9999999", "") },
		"no such document": func() (Receipt, error) {
			return d.intake.FileAlso(t.Context(), d.actor, record.DocumentID(record.NewID()), string(d.file), "")
		},
	} {
		if _, err := try(); !errors.Is(err, record.NotFound) || err.Error() != record.Missing().Error() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if docs := d.documents(); len(docs) != 1 || !slices.ContainsFunc(docs, func(x record.Document) bool { return x.ID == id }) {
		t.Errorf("%d documents", len(docs))
	}
}

// copiesTold counts the entries that say that a document's bytes were read.
func (d *desk) copiesTold(id record.DocumentID) (n int) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Limit: 500})
		for _, e := range entries {
			if header := string(e.Header); strings.Contains(header, `"`+audit.DocumentOriginal+`"`) && strings.Contains(header, string(id)) {
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
