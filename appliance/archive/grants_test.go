package archive

import (
	"context"
	"errors"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

func TestGrantsAndDenials(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	lead := d.as("lead")
	if _, err := d.AddGrant(ctx, lead, file.ID, Grant{User: "winter"}); !errors.Is(err, record.Invalid) {
		t.Errorf("a grant without reason: %v", err)
	}
	if _, err := d.AddGrant(ctx, lead, file.ID, Grant{User: "lead", Reason: "ich"}); !errors.Is(err, record.Invalid) {
		t.Errorf("a grant to oneself: %v", err)
	}
	if _, err := d.AddGrant(ctx, lead, file.ID, Grant{User: "admin", Reason: "x"}); !errors.Is(err, record.Invalid) {
		t.Errorf("a grant to an administrator: %v", err)
	}
	if _, err := d.AddGrant(ctx, lead, file.ID, Grant{User: "winter", Reason: "Umzug"}); err != nil {
		t.Fatal(err)
	}
	if got := d.finds("winter", "Heizung"); len(got) != 1 {
		t.Errorf("with a grant: %v", got)
	}
	if _, err := d.AddDenial(ctx, lead, file.ID, Grant{User: "winter", Reason: "befangen"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddDenial(ctx, lead, file.ID, Grant{User: "sommer", Reason: "befangen"}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"winter", "sommer"} {
		if got := d.finds(who, "Heizung"); len(got) != 0 {
			t.Errorf("%s, denied, finds %v", who, got)
		}
		if _, err := d.Original(ctx, d.as(who), doc); !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
			t.Errorf("%s, denied, reads: %v", who, err)
		}
	}
	if err := d.RemoveDenial(ctx, lead, file.ID, "sommer", ""); err != nil {
		t.Fatal(err)
	}
	if got := d.finds("sommer", "Heizung"); len(got) != 1 {
		t.Errorf("after the denial: %v", got)
	}
	once := Grant{User: "herbst", Reason: "befangen", IdempotencyKey: "k"}
	for i, want := range []bool{false, true} {
		if repeated, err := d.AddDenial(ctx, lead, file.ID, once); err != nil || repeated != want {
			t.Errorf("transmission %d: %v %v", i, repeated, err)
		}
	}
	once.Reason = "anders"
	if _, err := d.AddDenial(ctx, lead, file.ID, once); !errors.Is(err, record.Conflict) {
		t.Errorf("the same key for another denial: %v", err)
	}
	for range 2 {
		if err := d.RemoveDenial(ctx, lead, file.ID, "herbst", "r"); err != nil {
			t.Error(err)
		}
	}
	list, err := d.Denials(ctx, lead, file.ID)
	if err != nil || len(list) != 1 || list[0].User != "winter" || list[0].By != "lead" {
		t.Errorf("denials: %+v %v", list, err)
	}
	d.manifestNames(file.ID, 1, 1)
}

// manifestNames insists that a rebuilt file would be as closed as this one.
func (d *desk) manifestNames(file record.FileID, grants, denials int) {
	d.t.Helper()
	var head catalog.Head
	d.tx(func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(string(file)); return err })
	raw, err := d.Vault.GetLocked(context.Background(), head.Name)
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	var p vault.FilePersonal
	if err := d.Vault.OpenPersonal(context.Background(), m, &p); err != nil {
		d.t.Fatal(err)
	}
	if len(p.Grants) != grants || len(p.Denials) != denials || len(p.Members) != 1 || p.Ordinal == 0 {
		d.t.Errorf("the newest manifest: %+v", p)
	}
}
