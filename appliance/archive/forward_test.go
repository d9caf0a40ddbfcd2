package archive

import (
	"context"
	"errors"
	"slices"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

func TestForward(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	number := record.Clue{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0012345")}
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc := d.post("scan", "", "Antrag auf Wohngeld")
	d.tx(func(tx *catalog.Tx) error { return tx.SetClues(doc, []record.Clue{number}) })
	var first string
	d.tx(func(tx *catalog.Tx) error {
		row, err := tx.DocumentByID(doc)
		first = row.Received
		return err
	})
	waits := func(site string) bool {
		var ids []record.DocumentID
		d.tx(func(tx *catalog.Tx) error {
			docs, _, err := tx.UnfiledDocuments([]string{site}, "", 50)
			ids = idsOf(docs)
			return err
		})
		return slices.Contains(ids, doc)
	}
	pending := func() int {
		p, err := d.FilePending(ctx, d.as("reception"), file.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(p)
	}

	for who, want := range map[string]error{"scan": record.Denied, "sommer": record.NotFound, "admin": record.NotFound, "dpo": record.NotFound} {
		if _, err := d.ForwardDocument(ctx, d.as(who), doc, Forward{Addressee: "Wohngeldstelle"}); !errors.Is(err, want) {
			t.Errorf("%s: %v", who, err)
		}
	}
	for field, f := range map[string]Forward{"addressee": {Reason: "x"}, "reason": {Addressee: "Wohngeldstelle"}, "site": {Site: "99999", Reason: "x"}} {
		var e *record.Error
		if _, err := d.ForwardDocument(ctx, d.as("clearing"), doc, f); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}

	v, err := d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Addressee: "Wohngeldstelle, Markt 1", Reason: "Antrag auf Wohngeld", IdempotencyKey: "k"})
	if err != nil || v.Forwarded == nil || v.Forwarded.Addressee != "Wohngeldstelle, Markt 1" || !v.Forwarded.Undo || v.Received != first {
		t.Fatalf("%+v %v", v.Forwarded, err)
	}
	if waits("03104") || pending() != 0 {
		t.Error("what was handed on to another authority still waits here")
	}
	list, _, err := d.ForwardedDocuments(ctx, d.as("clearing"), "", 0)
	if err != nil || len(list) != 1 || list[0].ID != doc || list[0].Forwarded.Reason != "Antrag auf Wohngeld" {
		t.Errorf("the clearing desk can't find it: %+v %v", list, err)
	}
	if _, _, err := d.ForwardedDocuments(ctx, d.as("sommer"), "", 0); !errors.Is(err, record.Denied) {
		t.Errorf("a caseworker lists what was handed on: %v", err)
	}
	if again, err := d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Addressee: "Wohngeldstelle, Markt 1", Reason: "Antrag auf Wohngeld", IdempotencyKey: "k"}); err != nil || again.Forwarded == nil {
		t.Errorf("the same again: %v", err)
	}
	if _, err := d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Site: "03107", Reason: "x"}); !errors.Is(err, record.Conflict) {
		t.Errorf("handed on twice: %v", err)
	}
	if _, err := d.UndoForward(ctx, d.as("scan"), doc); !errors.Is(err, record.Denied) {
		t.Errorf("scan takes it back: %v", err)
	}
	if _, err := d.UndoForward(ctx, d.as("clearing"), doc); err != nil || !waits("03104") || pending() != 1 {
		t.Errorf("taken back: %v, %d pending", err, pending())
	}

	// To another site: it waits there, with its first date of receipt.
	v, err = d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Site: "03107", Reason: "zieht um"})
	if err != nil || waits("03104") || !waits("03107") || v.Received != first || v.Title != "" {
		t.Fatalf("%+v %v", v, err)
	}
	if pending() != 1 {
		t.Error("what waits at another site of the house is pending no more")
	}
	if _, err := d.UndoForward(ctx, d.as("clearing"), doc); err != nil || !waits("03104") {
		t.Errorf("taken back from the other site: %v", err)
	}
	if _, err := d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Site: "03107", Reason: "zieht um"}); err != nil {
		t.Fatal(err)
	}
	d.tx(func(tx *catalog.Tx) error { // somebody there decides
		return tx.SetRouting(doc, record.Routing{Outcome: record.OutcomeClearing, At: d.Clock.Now().Add(1)})
	})
	if _, err := d.UndoForward(ctx, d.as("clearing"), doc); !errors.Is(err, record.Conflict) {
		t.Errorf("taken back after somebody acted: %v", err)
	}
}

// TestCustodyAndHints: what came with a document stands on its page in order of
// time; who handed it in follows the steps, and not where it was sent.
func TestCustodyAndHints(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	doc := d.post("scan", "", "Widerspruch")
	d.tx(func(tx *catalog.Tx) error {
		row, err := tx.DocumentByID(doc)
		if err != nil {
			return err
		}
		row.Type = "widerspruch"
		if err := tx.UpdateDocument(row); err != nil {
			return err
		}
		n, err := tx.NoteOf(doc)
		if err != nil {
			return err
		}
		n.Delivery, n.Transfer = "d1", &record.TransferNote{Operator: "op-17", Anomalies: []string{"Umschlag mitgescannt"}}
		n.Paper = &catalog.PaperPosition{Box: "K-1", Position: 3}
		n.Custody = append(n.Custody, catalog.Custody{At: "2026-03-01T16:00:00+01:00", Event: "scanned", By: "op-17"},
			catalog.Custody{At: "2026-03-01", Event: "opened", By: "op-2"})
		return tx.SetNote(doc, n)
	})
	if _, err := d.ForwardDocument(ctx, d.as("clearing"), doc, Forward{Addressee: "Landratsamt", Reason: "nicht zuständig"}); err != nil {
		t.Fatal(err)
	}
	of := func(who string) (DocumentView, []string) {
		v, err := d.Document(ctx, d.as(who), doc)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, s := range v.Custody {
			out = append(out, s.Step)
		}
		return v, out
	}
	v, steps := of("clearing")
	if !slices.Equal(steps, []string{"opened", "scanned", "taken_in", "forwarded"}) || v.Custody[2].By != "scan" || v.Custody[3].Place != "Landratsamt" {
		t.Errorf("%+v", v.Custody)
	}
	if !v.Unsigned || v.Transfer.Operator != "op-17" || v.Paper.Position != 3 || len(v.Mailroom) != 1 || !v.Mailroom[0].Envelope {
		t.Errorf("%+v", v)
	}
	v, steps = of("scan")
	if !slices.Equal(steps, []string{"opened", "scanned", "taken_in"}) || v.Forwarded != nil || len(v.Mailroom) != 0 {
		t.Errorf("who handed it in sees %+v", v)
	}
}
