package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

func part(n int, name, body string) worker.Part {
	return worker.Part{Number: n, Name: name, Body: strings.NewReader(body)}
}

// enclosed lists what came in a document, in its order.
func (d *desk) enclosed(id record.DocumentID) []record.Document {
	d.t.Helper()
	var out []record.Document
	err := d.cat.Read(context.Background(), func(tx *catalog.Tx) error {
		links, err := tx.LinksOf(id)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.Document != id {
				continue
			}
			doc, err := tx.DocumentByID(l.Other)
			if err != nil {
				return err
			}
			out = append(out, doc)
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// change changes a document's row, as a person would.
func (d *desk) change(id record.DocumentID, how func(*record.Document)) {
	d.t.Helper()
	err := d.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(id)
		if err != nil {
			return err
		}
		how(&doc)
		return tx.UpdateDocument(doc)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestUnpackBesidesTheMail(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	mail, err := d.intake.Accept(t.Context(), d.actor, Submission{File: number, Received: "2026-02-20", Name: "mail.eml",
		Channel: "api", Body: strings.NewReader("From: …"), Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	d.change(mail.Document, func(doc *record.Document) { doc.Sensitivity = record.SensitivityRestricted })
	take := d.intake.Unpack(t.Context(), mail.Document)
	for range 2 { // a job that is done again makes no second copy
		for i, p := range []worker.Part{part(1, "../../Lohn.pdf", "%PDF-1"), part(2, "", ""), part(3, "Lohn.pdf", "%PDF-1")} {
			if err := take(p); err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
		}
	}
	got := d.enclosed(mail.Document)
	if len(got) != 3 || len(d.documents()) != 4 {
		t.Fatalf("%d enclosed, %d in the file", len(got), len(d.documents()))
	}
	for i, doc := range got {
		if doc.File != d.file || doc.Received != "2026-02-20" || doc.Direction != record.DirectionIn || doc.Channel != "unpacked" ||
			doc.CreatedBy != d.actor.User || doc.Sensitivity != record.SensitivityRestricted {
			t.Errorf("part %d: %+v", i+1, doc)
		}
		from := d.derivedFrom(doc)
		if len(from) != 1 || from[0] != (vault.DerivedFrom{Document: mail.Document, How: "attachment", Place: i + 1}) {
			t.Errorf("part %d comes from %+v", i+1, from)
		}
	}
	if got[0].Name != "../../Lohn.pdf" || got[1].Name != "" || got[0].ContentType != "application/pdf" {
		t.Errorf("names and types: %+v", got)
	}
	d.holds(got[0].ID, "%PDF-1")
}

func (d *desk) derivedFrom(doc record.Document) []vault.DerivedFrom {
	d.t.Helper()
	var head catalog.Head
	if err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(string(doc.ID)); return err }); err != nil {
		d.t.Fatal(err)
	}
	raw, err := d.vault.GetLocked(d.t.Context(), head.Name)
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	var p vault.DocumentPersonal
	if err := d.vault.OpenPersonal(d.t.Context(), m, &p); err != nil {
		d.t.Fatal(err)
	}
	return p.DerivedFrom
}

// TestUnpackAfterMoving: what is unpacked after the mail was moved goes after it,
// also when the first try had come half way.
func TestUnpackAfterMoving(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	mail, err := d.intake.Accept(t.Context(), d.actor, Submission{Name: "mail.eml", Channel: "api", Body: strings.NewReader("From: …"), Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	take := d.intake.Unpack(t.Context(), mail.Document)
	if err := take(part(1, "a.pdf", "%PDF-a")); err != nil {
		t.Fatal(err)
	}
	broken := worker.Part{Number: 2, Name: "b.pdf", Body: io.MultiReader(strings.NewReader("%PDF-"), failing{})}
	if err := take(broken); !errors.Is(err, errBroken) {
		t.Fatalf("a part that breaks off: %v", err)
	}
	d.change(mail.Document, func(doc *record.Document) { doc.File = d.file })
	if err := take(part(2, "b.pdf", "%PDF-b")); err != nil {
		t.Fatal(err)
	}
	got := d.enclosed(mail.Document)
	if len(got) != 2 || got[0].File != "" || got[1].File != d.file {
		t.Fatalf("%+v", got)
	}
	var site string
	if err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) { site, err = tx.WaitingSite(got[0].ID); return err }); err != nil || site != "03104" {
		t.Errorf("waits at %q, %v", site, err)
	}
}

var errBroken = errors.New("it broke off")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// TestUnpackOnceAtEveryCall lets each call to catalog and store fail in turn:
// however often the job is done again, there is one copy of each part.
func TestUnpackOnceAtEveryCall(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	for n := 1; n <= 200; n++ {
		mail, err := d.accept("From: …", fmt.Sprint("mail ", n))
		if err != nil {
			t.Fatal(err)
		}
		take := d.intake.Unpack(t.Context(), mail.Document)
		d.rows.FailAt(n)
		err = take(part(1, "a.pdf", "%PDF-a"))
		done := d.rows.Count() < n
		d.rows.FailAt(0)
		if done && err != nil {
			t.Fatal(err)
		}
		if err := take(part(1, "a.pdf", "%PDF-a")); err != nil {
			t.Fatalf("call %d, done again: %v", n, err)
		}
		if got := d.enclosed(mail.Document); len(got) != 1 || len(d.documents()) != 2*n {
			t.Fatalf("call %d: %d copies, %d documents", n, len(got), len(d.documents()))
		}
		if done {
			return
		}
	}
	t.Error("more calls than were tried")
}

func TestUnpackIsBounded(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	var f *worker.Fault
	outer, err := d.accept("PK", "zip")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.intake.Unpack(t.Context(), outer.Document)(part(1, "a", strings.Repeat("x", 2<<20))); !errors.As(err, &f) || f.Reason != worker.ReasonTooLarge {
		t.Errorf("a part beyond the limit: %v", err)
	}
	at := outer.Document
	for depth := 1; ; depth++ {
		err := d.intake.Unpack(t.Context(), at)(part(1, "inner.zip", "PK"))
		if errors.As(err, &f) && f.Reason == worker.ReasonTooDeep && depth == unpackDepth+1 {
			break
		}
		if err != nil || depth > unpackDepth {
			t.Fatalf("depth %d: %v", depth, err)
		}
		at = d.enclosed(at)[0].ID
	}
	err = d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		for i := range unpackParts {
			if err := tx.InsertLink(catalog.Link{Document: outer.Document, Kind: catalog.LinkEncloses, Other: record.DocumentID(record.NewID()), Place: i + 2}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.intake.Unpack(t.Context(), outer.Document)(part(unpackParts+2, "one more", "x"))
	if !errors.As(err, &f) || f.Reason != worker.ReasonManyParts {
		t.Errorf("one part more than allowed: %v", err)
	}
}
