package archive

import (
	"context"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// A type that a person puts right is kept as ground truth: what the rules said,
// what it became, by which version. Nothing is kept of other changes, nor of a
// document that no rules have looked at.
func TestTypeCorrections(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc, unseen := d.post("sommer", file.ID, "Auszug"), d.post("sommer", file.ID, "Brief")
	if err := d.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.SetRouting(doc, record.Routing{Outcome: record.OutcomeFiled, File: file.ID, Type: record.TypeGuess{Type: "bescheid", Rules: 4, Reasons: []record.TypeReason{{Kind: "heading"}}}})
	}); err != nil {
		t.Fatal(err)
	}
	change := func(id record.DocumentID, c DocumentChange) {
		t.Helper()
		if _, err := d.ChangeDocument(ctx, d.as("sommer"), id, c); err != nil {
			t.Fatal(err)
		}
	}
	sums := func() (out []catalog.CorrectionSum) {
		t.Helper()
		if err := d.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { out, err = tx.TypeCorrections(10); return err }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	title, kind := "Anders", "kontoauszug"
	change(doc, DocumentChange{Title: &title})
	change(unseen, DocumentChange{Type: &kind})
	if got := sums(); len(got) != 0 {
		t.Errorf("kept: %+v", got)
	}
	change(doc, DocumentChange{Type: &kind})
	if got := sums(); len(got) != 1 || got[0].Was != "bescheid" || got[0].Became != "kontoauszug" || got[0].Rules != 4 || got[0].Documents != 1 {
		t.Errorf("kept: %+v", got)
	}
}
