package archive

import (
	"errors"
	"slices"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// inClearing are the documents that wait at a site.
func (d *desk) inClearing(site string) (ids []record.DocumentID) {
	d.t.Helper()
	d.tx(func(tx *catalog.Tx) error {
		docs, _, err := tx.UnfiledDocuments([]string{site}, "", 50)
		ids = idsOf(docs)
		return err
	})
	return ids
}

// waitRead lets documents wait in clearing, read.
func (d *desk) waitRead(ids ...record.DocumentID) {
	d.t.Helper()
	d.tx(func(tx *catalog.Tx) error {
		for _, id := range ids {
			if err := tx.SetState(id, record.StateClearing, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestForwardFamily: a mail is handed on with what came in it, and comes back with
// it; of what was handed on with its mail nothing comes back alone.
func TestForwardFamily(t *testing.T) {
	onBoth(t, func(d *desk) {
		ctx, desk := t.Context(), d.as("clearing")
		all := d.family("scan", "")
		mail := all[0]
		if _, err := d.ForwardDocument(ctx, desk, mail, Forward{Site: "03107", Reason: "x"}); !errors.Is(err, record.Conflict) {
			t.Errorf("what is being read: %v", err)
		}
		d.waitRead(mail)
		if _, err := d.ForwardDocument(ctx, desk, mail, Forward{Site: "03107", Reason: "x"}); !errors.Is(err, record.Conflict) {
			t.Errorf("an attachment is being read: %v", err)
		}
		d.waitRead(all...)
		forwarded := func(want bool) {
			t.Helper()
			for _, id := range all {
				d.tx(func(tx *catalog.Tx) error {
					if _, ok, err := tx.ForwardOf(id); ok != want || err != nil {
						t.Errorf("%s handed on: %v, want %v; %v", id, ok, want, err)
					}
					return nil
				})
			}
		}
		for _, f := range []Forward{{Site: "03107", Reason: "x"}, {Addressee: "Landratsamt", Reason: "x"}} {
			if _, err := d.ForwardDocument(ctx, desk, mail, f); err != nil {
				t.Fatal(err)
			}
			forwarded(true)
			if here, there := d.inClearing("03104"), d.inClearing("03107"); len(here) != 0 || f.Site != "" && !slices.Equal(there, all[:1]) {
				t.Errorf("%+v: %v wait here and %v there", f, here, there)
			}
			if _, err := d.UndoForward(ctx, desk, all[1]); !errors.Is(err, record.Conflict) {
				t.Errorf("%+v: an attachment comes back alone: %v", f, err)
			}
			d.clock().Advance(time.Minute)
			if _, err := d.UndoForward(ctx, desk, mail); err != nil {
				t.Fatal(err)
			}
			forwarded(false)
			if here := d.inClearing("03104"); !slices.Equal(here, all[:1]) {
				t.Errorf("%+v: after it was taken back %v wait", f, here)
			}
		}
	})
}

// TestForwardedFamilyIsListedOnce: what went to another authority with its mail is
// found there, and an attachment that went alone stays there.
func TestForwardedFamilyIsListedOnce(t *testing.T) {
	onBoth(t, func(d *desk) {
		ctx, desk := t.Context(), d.as("clearing")
		all := d.family("scan", "")
		d.waitRead(all...)
		if _, err := d.ForwardDocument(ctx, desk, all[1], Forward{Addressee: "Bank", Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		d.clock().Advance(time.Minute)
		if _, err := d.ForwardDocument(ctx, desk, all[0], Forward{Addressee: "Landratsamt", Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		list, _, err := d.ForwardedDocuments(ctx, desk, "", 0)
		if err != nil || len(list) != 1 || list[0].ID != all[0] {
			t.Errorf("listed: %+v, %v", list, err)
		}
		if v, err := d.UndoForward(ctx, desk, all[0]); err != nil || v.Forwarded != nil {
			t.Fatalf("%+v, %v", v.Forwarded, err)
		}
		if v, err := d.Document(ctx, desk, all[1]); err != nil || v.Forwarded == nil || v.Forwarded.Addressee != "Bank" || !v.Forwarded.Undo {
			t.Errorf("what went alone: %+v, %v", v.Forwarded, err)
		}
	})
}

// TestReservedStaysAndComesBack: what is kept for a restricted file is handed on to
// nobody; who said yes to it may take that back, and it is kept for it again.
func TestReservedStaysAndComesBack(t *testing.T) {
	onBoth(t, func(d *desk) {
		ctx := t.Context()
		secret := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted)
		id := d.post("scan", "", "Seite")
		d.decided(id, record.Routing{Reason: "name", Reserved: secret.ID, Candidates: []record.Candidate{{File: secret.ID, Confidence: 0.5}}})
		for _, f := range []Forward{{Addressee: "Landratsamt", Reason: "x"}, {Site: "03107", Reason: "x"}} {
			if _, err := d.ForwardDocument(ctx, d.as("sommer"), id, f); !errors.Is(err, record.Conflict) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		d.file("sommer", id, secret.ID)
		v, err := d.TakeBack(ctx, d.as("sommer"), id)
		if err != nil || v.File != nil || v.Routing == nil || v.Routing.Reserved == nil || v.Routing.Reserved.ID != secret.ID {
			t.Fatalf("taken back: %+v, %v", v.Routing, err)
		}
		if _, seen := d.viewed("clearing", id); seen != "" || len(d.inClearing("03104")) != 0 {
			t.Errorf("it is open to who clears: %s", seen)
		}
		if !slices.Equal(d.items(id), []record.DocumentID{id}) {
			t.Error("nobody is asked any more")
		}
		early := d.post("scan", "", "Seite") // kept by the number on its envelope, and nobody has decided yet
		d.tx(func(tx *catalog.Tx) error { return tx.Reserve(early, secret.ID) })
		d.file("sommer", early, secret.ID)
		if v, err := d.TakeBack(ctx, d.as("sommer"), early); err != nil || v.File != nil {
			t.Errorf("taken back: %+v, %v", v.Routing, err)
		}
		if _, seen := d.viewed("clearing", early); seen != "" {
			t.Errorf("it is open to who clears: %s", seen)
		}
	})
}

// TestNotFiledWhileRemade: what is being divided or put together stays where it
// is, alone and with the mail that it came in.
func TestNotFiledWhileRemade(t *testing.T) {
	onBoth(t, func(d *desk) {
		file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
		all := d.family("scan", "")
		d.waitRead(all...)
		to := string(file.ID)
		d.tx(func(tx *catalog.Tx) error { return tx.BeginParting(all[1], []int{1, 2}, d.as("clearing").User) })
		for _, id := range all[:2] {
			if _, err := d.ChangeDocument(t.Context(), d.as("clearing"), id, DocumentChange{File: &to}); !errors.Is(err, record.Conflict) {
				t.Errorf("filed: %v", err)
			}
		}
		d.lieIn("", all...)
		d.tx(func(tx *catalog.Tx) error { return tx.EndParting(all[1]) })
		d.file("clearing", all[0], file.ID)
		d.lieIn(file.ID, all...)
	})
}
