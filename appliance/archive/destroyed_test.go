package archive

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestDestroyedIsNotShown: once the catalog says that a key is destroyed, nobody
// gets anything of the document, though a process may still have the key in its
// memory; who may see the document sees when the last copy of the key is gone,
// and search has forgotten it.
func TestDestroyedIsNotShown(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	f := d.makeFile("sommer", "03104//0000123", "Sommer", 0)
	doc := d.post("sommer", f.ID, "Heizkosten")
	ctx, by := t.Context(), d.as("sommer")
	if _, err := d.PageImage(ctx, by, doc, 1, 0); err != nil { // the key is in memory now
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	d.tx(func(tx *catalog.Tx) error {
		_, err := tx.AddDirty(doc, "")
		return errors.Join(err, tx.DisposeDocument(doc), tx.PutErasure(catalog.Erasure{Document: doc, Act: "erased", BegunAt: at, DestroyedAt: at, CopiesUntil: "2026-04-06"}))
	})
	d.bring(doc)
	for name, read := range map[string]func() error{
		"original": func() error { _, err := d.Original(ctx, by, doc); return err },
		"page":     func() error { _, err := d.PageImage(ctx, by, doc, 1, 0); return err },
		"words":    func() error { _, err := d.PageWords(ctx, by, doc, 1); return err },
	} {
		if err := read(); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v, err := d.Document(ctx, by, doc)
	if err != nil || v.Destroyed == nil || *v.Destroyed != (Destroyed{Act: "erased", At: at, CopiesUntil: "2026-04-06"}) {
		t.Errorf("%+v, %v", v.Destroyed, err)
	}
	shown, err := d.View(ctx, by, doc, "")
	if err != nil || len(shown.Pages) != 0 || shown.Document.Destroyed == nil {
		t.Errorf("%+v, %v", shown, err)
	}
	found, err := d.Search(ctx, by, SearchRequest{Q: "Heizkosten"})
	if err != nil || found.Total != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
