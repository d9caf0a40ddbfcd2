package archive

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest"
)

// TestSheetOfRestrictedFile: after a no, the number on the separator sheet tells
// those who clear nothing of the restricted file.
func TestSheetOfRestrictedFile(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	secret, plain := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted), d.makeFile("sommer", "03104//0000004", "Offen", 0)
	for file, want := range map[*FileView]string{&secret: "sommer", &plain: "clearing"} {
		id := d.post("scan", "", "Seite")
		d.tx(func(tx *catalog.Tx) error { return tx.SetCut(id, catalog.Cut{First: 1, Last: 1, Sheet: file.Number}) })
		if file == &secret {
			d.decided(id, record.Routing{Reason: "name", Reserved: secret.ID})
			if v, _ := d.viewed("sommer", id); v.Sheet == nil || v.Sheet.ID != secret.ID {
				t.Errorf("who is asked does not see the sheet: %+v", v.Sheet)
			}
			if err := d.Unreserve(t.Context(), d.as("sommer"), id); err != nil {
				t.Fatal(err)
			}
		}
		v, all := d.viewed("clearing", id)
		if all == "" || (v.Sheet != nil) != (want == "clearing") || strings.Contains(all, secret.Number) || strings.Contains(all, string(secret.ID)) {
			t.Errorf("who clears sees %s", all)
		}
	}
}

// TestFilingShuts: who files a letter in a restricted file closes the batch that
// it was taken out of, from clearing or out of another file.
func TestFilingShuts(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, open)
			secret, plain := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted), d.makeFile("sommer", "03104//0000004", "Offen", 0)
			post := func() (batch, letter record.DocumentID) {
				batch, letter = d.post("scan", "", "Stapel"), d.post("scan", "", "Brief")
				d.tx(func(tx *catalog.Tx) error {
					return errors.Join(tx.InsertLink(catalog.Link{Document: batch, Kind: catalog.LinkSplits, Other: letter, Place: 1}),
						tx.SetSplit(batch, catalog.Split{Parts: 1}), tx.Reserve(letter, secret.ID))
				})
				return batch, letter
			}
			sees := func(id record.DocumentID) bool { _, all := d.viewed("clearing", id); return all != "" }
			batch, letter := post()
			if !sees(batch) {
				t.Fatal("the batch is closed before")
			}
			d.file("sommer", letter, secret.ID)
			if sees(batch) {
				t.Error("the batch of a letter in a restricted file is open")
			}
			batch, letter = post()
			d.file("sommer", letter, plain.ID)
			if !sees(batch) {
				t.Error("a letter in another file closes its batch")
			}
			d.file("sommer", letter, secret.ID)
			if sees(batch) {
				t.Error("re-filed into a restricted file: the batch is open")
			}
		})
	}
}

// TestFilingLetsGoOn: a mail that waits for its parts goes on when a person files
// it, or the part that it waits for.
func TestFilingLetsGoOn(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.RouteAgain = ingest.RouteAgain
	f := d.makeFile("sommer", "03104//0000001", "Hier", 0)
	routed := func(id record.DocumentID) (there bool) {
		d.tx(func(tx *catalog.Tx) error {
			open, err := tx.OpenJobs(ingest.KindRoute, []string{string(id)})
			there = open[string(id)]
			return err
		})
		return there
	}
	waiting := func() (mail, part record.DocumentID) {
		mail, part = d.post("scan", "", "Mail"), d.post("scan", "", "Anlage")
		d.tx(func(tx *catalog.Tx) error {
			return errors.Join(tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: part, Place: 1}),
				tx.SetState(mail, record.StateProcessing, ""), tx.SetState(part, record.StateProcessing, ""))
		})
		return mail, part
	}
	mail, _ := waiting()
	typ, file := "brief", string(f.ID)
	if _, err := d.ChangeDocument(t.Context(), d.as("clearing"), mail, DocumentChange{File: &file, Type: &typ}); err != nil || !routed(mail) {
		t.Errorf("the mail was filed: %v, goes on %v", err, routed(mail))
	}
	mail, part := waiting()
	if _, err := d.ChangeDocument(t.Context(), d.as("clearing"), part, DocumentChange{File: &file, Type: &typ}); err != nil || !routed(mail) {
		t.Errorf("its part was filed: %v, goes on %v", err, routed(mail))
	}
}

// TestForwardedStays: who corrects the type of what was handed on to another
// authority does not bring it back.
func TestForwardedStays(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	id := d.post("scan", "", "Seite")
	if _, err := d.ForwardDocument(t.Context(), d.as("clearing"), id, Forward{Addressee: "Wohngeldstelle", Reason: "dorthin"}); err != nil {
		t.Fatal(err)
	}
	typ := "antrag"
	v, err := d.ChangeDocument(t.Context(), d.as("clearing"), id, DocumentChange{Type: &typ})
	if err != nil || v.Type != typ || v.Routing == nil || v.Routing.Outcome != record.OutcomeForwarded || v.Forwarded == nil || !v.Forwarded.Undo {
		t.Errorf("%+v, %+v, %v", v.Routing, v.Forwarded, err)
	}
}
