package ingest

import (
	"errors"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// routeOrphans: what is filed in a restricted file goes to who stands in for the
// person it names, never to the team; where there is nobody, that is counted.
func routeOrphans(t *testing.T, open catalogtest.Opener) {
	d := newDesk(t, open)
	r := d.router()
	secret := d.otherFile("03104//0055555", record.SensitivityRestricted)
	holder := func() (i catalog.Item, orphans int) {
		t.Helper()
		id := d.letter("BG 03104//0055555\n"+bareLetter, Submission{Note: &catalog.Note{Barcodes: []string{"03104//0055555"}}})
		if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
			t.Fatal(err)
		}
		if doc, _, _ := d.now(id); doc.File != secret {
			t.Fatalf("it lies in %q", doc.File)
		}
		err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) {
			if i, err = tx.OpenItemOf(id); err != nil {
				return err
			}
			orphans, err = tx.CountOrphaned()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return i, orphans
	}
	if i, n := holder(); i.Holder != d.actor.User || n != 0 {
		t.Errorf("held by %q, %d orphans", i.Holder, n)
	}
	change := func(fn func(tx *catalog.Tx) error) {
		t.Helper()
		if err := d.cat.WithTx(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	change(func(tx *catalog.Tx) error { return tx.SetDisabled(d.actor.User, true) })
	if i, n := holder(); i.Holder != d.actor.User || i.Queue != catalog.QueueUser || n != 2 {
		t.Errorf("nobody is left: held by %q in %s, %d orphans", i.Holder, i.Queue, n)
	}
	change(func(tx *catalog.Tx) error {
		roles := []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104", Team: "L1"}}
		return errors.Join(tx.PutRoles(d.other.User, roles), tx.PutSubstitution(catalog.Substitution{ID: record.NewID(), Absent: d.actor.User,
			Substitute: d.other.User, From: "2020-01-01", By: d.other.User}))
	})
	if i, n := holder(); i.Holder != d.other.User || n != 0 {
		t.Errorf("who stands in: held by %q, %d orphans", i.Holder, n)
	}
}

// routeReserves: what seems to be for a restricted file, and isn't sure, is
// out of the sight of those who clear, and waits with the person it names.
func routeReserves(t *testing.T, open catalogtest.Opener) {
	d := newDesk(t, open)
	r := d.router()
	secret := d.otherFile("03104//0055555", record.SensitivityRestricted)
	d.member(secret, record.Person{BirthDate: "1971-01-09", Names: []record.DatedName{{Name: "Kollegin", FirstName: "Karla"}}})
	id := d.letter("Karla Kollegin\n"+bareLetter, Submission{Note: &catalog.Note{Barcodes: []string{"03104//0055555", "03104//0012345"}}})
	var waiting []record.Document
	var n int
	see := func() {
		err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) {
			if waiting, _, err = tx.UnfiledDocuments([]string{"*"}, "", 50); err != nil {
				return err
			}
			n, err = tx.CountUnfiled([]string{"*"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	see()
	if len(waiting) != 0 || n != 0 || !d.item(id) {
		t.Errorf("before it is routed: %d in clearing, counted %d, asked %v", len(waiting), n, d.item(id))
	}
	d.route(r, id)
	see()
	doc, _, _ := d.now(id)
	why, clues := d.routing(id)
	if len(waiting) != 0 || n != 0 || !d.item(id) || doc.File != "" || why.Reserved != secret {
		t.Errorf("%d in clearing, counted %d, asked %v, %+v", len(waiting), n, d.item(id), why)
	}
	for _, c := range clues { // they name the restricted file's customer, and nobody else
		if c.Value == catalog.NormalizeNumber(number) {
			t.Errorf("clues %v", clues)
		}
	}
	if m, _ := d.newest(doc); m.Routing.Reserved != secret {
		t.Error("a rebuild would show it to those who clear")
	}
}
