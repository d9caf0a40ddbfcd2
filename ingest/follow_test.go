package ingest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/malware"
	"eakte/ingest/malware/malwaretest"
	"eakte/ingest/worker"
)

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(t *testing.T, open catalogtest.Opener)) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// meanwhile is a body that does something while it is being taken in.
type meanwhile struct {
	io.Reader
	act func()
}

func (m *meanwhile) Read(p []byte) (int, error) {
	if m.act != nil {
		m.act()
		m.act = nil
	}
	return m.Reader.Read(p)
}

// mail takes in a mail to a file, or to clearing.
func (d *desk) mail(file string) record.DocumentID {
	d.t.Helper()
	r, err := d.intake.Accept(d.t.Context(), d.actor, Submission{File: file, Name: "mail.eml", Channel: "api", Body: strings.NewReader("From: …"), Size: -1})
	if err != nil {
		d.t.Fatal(err)
	}
	return r.Document
}

// newest is a document's newest manifest, wherever it is, with its number.
func (d *desk) newest(doc record.Document) (vault.DocumentPersonal, int) {
	d.t.Helper()
	w, err := d.intake.written(d.t.Context(), doc)
	if err != nil {
		d.t.Fatal(err)
	}
	return w.personal, w.head.Sequence
}

func (d *desk) item(id record.DocumentID) (there bool) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		_, err := tx.OpenItemOf(id)
		there = err == nil
		if errors.Is(err, record.NotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return there
}

// TestPartsGoAfterTheMail: a mail is filed, and made more sensitive, while one
// of its parts is on its way to the store. The part comes out where the mail
// lies now, its manifests say both, and it waits for nobody by itself.
func TestPartsGoAfterTheMail(t *testing.T) {
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		mail := d.mail("")
		body := &meanwhile{strings.NewReader("%PDF-1"), func() {
			d.change(mail, func(doc *record.Document) { doc.File, doc.Sensitivity = d.file, record.SensitivityRestricted })
		}}
		if err := d.intake.Unpack(t.Context(), mail)(worker.Part{Number: 1, Name: "a.pdf", Body: body}); err != nil {
			t.Fatal(err)
		}
		got := d.enclosed(mail)
		if len(got) != 1 || got[0].File != d.file || got[0].Sensitivity != record.SensitivityRestricted || got[0].State != record.StateReceived {
			t.Fatalf("%+v", got)
		}
		said, n := d.newest(got[0])
		if n != 2 || said.File != d.file || said.Sensitivity != record.SensitivityRestricted || said.DerivedFrom[0].Document != mail || said.Name != "a.pdf" {
			t.Errorf("manifest %d says %+v", n, said)
		}
		if d.item(got[0].ID) || !d.told(audit.DocumentFile, got[0].ID) {
			t.Error("the part has an item of its own, or the log doesn't say that it went after the mail")
		}
		stays := d.mail(number)
		if err := d.intake.Unpack(t.Context(), stays)(part(1, "b.pdf", "%PDF-2")); err != nil {
			t.Fatal(err)
		}
		b := d.enclosed(stays)[0]
		if _, n := d.newest(b); n != 1 || b.File != d.file || d.item(b.ID) || !d.item(stays) {
			t.Errorf("besides a mail that stays: %+v, manifest %d, item %v, the mail's %v", b, n, d.item(b.ID), d.item(stays))
		}
	})
}

// told says whether the log has an entry of an action that names a document
// and a manifest.
func (d *desk) told(action string, id record.DocumentID) (told bool) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) error {
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Limit: 500})
		for _, e := range entries {
			header := string(e.Header)
			told = told || strings.Contains(header, `"`+action+`"`) && strings.Contains(header, string(id)) && strings.Contains(header, audit.KindManifest)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return told
}

// TestPartsGoAfterTheMailOnce: whatever breaks while a part goes after its
// mail, in the end there is one part, beside it, and row and manifest agree.
func TestPartsGoAfterTheMailOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	for n := 1; ; n++ {
		mail := d.mail("")
		body := func() *meanwhile {
			return &meanwhile{strings.NewReader("%PDF-1"), func() {
				d.change(mail, func(doc *record.Document) { doc.File = d.file })
				d.rows.FailAt(n)
			}}
		}
		err := d.intake.Unpack(t.Context(), mail)(worker.Part{Number: 1, Name: "a.pdf", Body: body()})
		passed := d.rows.Count() < n
		d.rows.FailAt(0)
		if again := d.intake.Unpack(t.Context(), mail)(part(1, "a.pdf", "%PDF-1")); again != nil {
			t.Fatalf("call %d: again: %v", n, again)
		}
		got := d.enclosed(mail)
		if len(got) != 1 || got[0].File != d.file {
			t.Fatalf("call %d: %+v", n, got)
		}
		if said, _ := d.newest(got[0]); said.File != d.file {
			t.Fatalf("call %d: the manifest says %q", n, said.File)
		}
		if passed {
			if err != nil || n < 10 {
				t.Errorf("%d calls were let fail; in the end %v", n-1, err)
			}
			return
		}
	}
}

// TestHarmfulForGood: what a scanner found stands in the manifest, is set aside
// again where nobody looks any more, and is taken back when a scanner knows better.
func TestHarmfulForGood(t *testing.T) {
	clamd := malwaretest.Start(t)
	onBoth(t, func(t *testing.T, open catalogtest.Opener) {
		d := newDesk(t, open)
		r := d.reader(nil)
		scanner, err := malware.New(clamd.Unix, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := d.accept(pages(t, 10)+malwaretest.Pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		j := d.readJob(receipt.Document)
		read := func(s *malware.Scanner, state record.State, reason string, manifests int) {
			t.Helper()
			r.Malware = s
			d.change(receipt.Document, func(doc *record.Document) { doc.State, doc.Reason = record.StateReceived, "" })
			if err := r.Read(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			doc, _, _ := d.now(receipt.Document)
			said, n := d.newest(doc)
			if doc.State != state || doc.Reason != reason || n != manifests || n > 1 && (said.State != state || said.Reason != reason) {
				t.Errorf("%s %q, manifest %d says %s %q; want %s %q in manifest %d", doc.State, doc.Reason, n, said.State, said.Reason, state, reason, manifests)
			}
		}
		read(scanner, record.StateQuarantined, "malware", 2)
		read(scanner, record.StateQuarantined, "malware", 2)
		read(nil, record.StateQuarantined, "malware", 2)
		if !d.told(audit.DocumentChange, receipt.Document) {
			t.Error("the log doesn't vouch for the manifest")
		}
		small, err := malware.New(clamd.Unix, 10)
		if err != nil {
			t.Fatal(err)
		}
		read(small, record.StateQuarantined, "unchecked", 3)
	})
}

// TestHarmlessAfterAll: a scanner that knows better takes back what was said.
func TestHarmlessAfterAll(t *testing.T) {
	clamd := malwaretest.Start(t)
	d := newDesk(t, catalogtest.SQLite)
	receipt, err := d.accept(pages(t, 10), "")
	if err != nil {
		t.Fatal(err)
	}
	j := d.readJob(receipt.Document)
	for _, limit := range []int64{10, 1 << 20} {
		r := d.reader(nil)
		if r.Malware, err = malware.New(clamd.Unix, limit); err != nil {
			t.Fatal(err)
		}
		d.change(receipt.Document, func(doc *record.Document) { doc.State, doc.Reason = record.StateReceived, "" })
		if err := r.Read(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	doc, _, _ := d.now(receipt.Document)
	if said, n := d.newest(doc); doc.State != record.StateReady || n != 3 || said.State != record.StateReady || said.Reason != "" {
		t.Errorf("%s, manifest %d says %s %q", doc.State, n, said.State, said.Reason)
	}
}

// flush puts what lies in the outbox, as upkeep does.
func (d *desk) flush() {
	d.t.Helper()
	err := d.cat.WithTx(d.t.Context(), func(tx *catalog.Tx) error {
		rows, err := tx.OutboxPending(100)
		for _, r := range rows {
			err = errors.Join(err, d.vault.PutLocked(d.t.Context(), r.Name, int64(len(r.Body)), r.Digest, bytes.NewReader(r.Body), r.LockUntil),
				tx.DeleteOutbox(r.Name))
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}
