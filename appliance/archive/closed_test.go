package archive

import (
	"context"
	"errors"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
)

// TestClosedFileIsClosedToAll: no door shows a closed file to anybody, counts
// it or suggests its words; a person's release opens it to who had it before.
func TestClosedFileIsClosedToAll(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file, beside := d.makeFile("sommer", "03104//0000001", "Zebra", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
	doc := d.post("sommer", file.ID, "Heizung Zebrastreifen")
	d.post("sommer", beside.ID, "Heizung")
	d.broken("sommer", file.ID, "reason.unreadable")
	if _, err := d.AddGrant(ctx, d.as("lead"), file.ID, Grant{User: "winter", Reason: "Umzug"}); err != nil {
		t.Fatal(err)
	}
	d.tx(func(tx *catalog.Tx) error {
		return tx.PutSubstitution(catalog.Substitution{ID: record.NewID(), Absent: d.as("sommer").User, Substitute: d.as("herbst").User})
	})
	before := d.shows(file, doc)
	for _, way := range []string{"find", "file", "documents", "original", "search", "suggest", "handed in", "quarantine", "post", "identical"} {
		if before[way] == 0 {
			t.Fatalf("open, %q shows it to nobody: the test says little", way)
		}
	}
	d.tx(func(tx *catalog.Tx) error { return tx.CloseFile(file.ID, "its manifest is missing") })
	for way, n := range d.shows(file, doc) {
		if n > 0 {
			t.Errorf("closed, %q shows it to %d", way, n)
		}
	}
	for who := range d.users {
		for name, try := range d.tries(who, file.ID, doc) {
			if err := try(); !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
				t.Errorf("%s, %s: %v", who, name, err)
			}
		}
	}
	d.releases(file, before, doc)
}

// shows counts the users to whom each way shows anything of a file.
func (d *desk) shows(file FileView, doc record.DocumentID) map[string]int {
	d.t.Helper()
	ctx, out := context.Background(), map[string]int{}
	for who, a := range d.users {
		saw := func(way string, yes bool) {
			if yes {
				out[way]++
			}
		}
		page, _ := d.FindFiles(ctx, a, FileQuery{Q: "Zebra"})
		saw("find", len(page.Items) > 0)
		_, err := d.File(ctx, a, file.Number)
		saw("file", err == nil || errors.Is(err, record.Denied))
		_, err = d.FileDocuments(ctx, a, file.ID, "", 0)
		saw("documents", err == nil || errors.Is(err, record.Denied))
		_, err = d.Document(ctx, a, doc)
		saw("document", err == nil || errors.Is(err, record.Denied))
		_, err = d.Original(ctx, a, doc)
		saw("original", err == nil || errors.Is(err, record.Denied))
		found, _ := d.Search(ctx, a, SearchRequest{Q: "Heizung"})
		for _, h := range found.Items {
			saw("search", h.Document == doc)
		}
		found, _ = d.Search(ctx, a, SearchRequest{Q: "Zebrastreifen"})
		saw("search", found.Total > 0)
		words, _ := d.Suggest(ctx, a, "zebrast")
		saw("suggest", len(words) > 0)
		mine, _, _ := d.HandedIn(ctx, a, "", 0)
		for _, v := range mine {
			saw("handed in", v.ID == doc)
		}
		broken, _ := d.Quarantined(ctx, a, "", 0)
		saw("quarantine", broken.Total+len(broken.Items) > 0)
		r, err := d.in.Accept(ctx, a, ingest.Submission{File: file.Number, Channel: "api", Body: strings.NewReader(record.NewID()), Size: -1})
		saw("post", err == nil || errors.Is(err, record.Denied))
		_ = r
		if who == "sommer" {
			r, err = d.in.Accept(ctx, a, ingest.Submission{Channel: "api", Body: strings.NewReader("Heizung Zebrastreifen"), Size: -1})
			if err != nil {
				d.t.Fatal(err)
			}
			for _, id := range r.IdenticalTo {
				saw("identical", id == doc)
			}
		}
	}
	return out
}

// releases opens the file again: only the operator can, for somebody who is
// there, and who decided stands in the log and in the manifest.
func (d *desk) releases(file FileView, before map[string]int, doc record.DocumentID) {
	t, ctx, op := d.t, context.Background(), record.System(record.NewID())
	for who, a := range d.users {
		if _, err := d.ReleaseFile(ctx, a, file.Number, "lead", "ich"); !errors.Is(err, record.NotFound) {
			t.Errorf("%s releases: %v", who, err)
		}
		if _, err := d.ClosedFiles(ctx, a, ""); !errors.Is(err, record.NotFound) {
			t.Errorf("%s lists the closed files: %v", who, err)
		}
	}
	closed, err := d.ClosedFiles(ctx, op, "")
	if err != nil || len(closed) != 1 || closed[0].Number != file.Number || closed[0].Reason != "its manifest is missing" {
		t.Errorf("closed files: %+v, %v", closed, err)
	}
	for _, c := range []struct{ file, user, reason string }{{file.Number, "nobody", "r"}, {file.Number, "lead", " "}} {
		if _, err := d.ReleaseFile(ctx, op, c.file, c.user, c.reason); !errors.Is(err, record.Invalid) {
			t.Errorf("released by %q because %q: %v", c.user, c.reason, err)
		}
	}
	if n, err := d.ReleaseFile(ctx, op, file.Number, "lead", "mit der Kopie verglichen"); err != nil || n != file.Number {
		t.Fatalf("released: %q, %v", n, err)
	}
	if _, err := d.ReleaseFile(ctx, op, file.Number, "lead", "noch einmal"); !errors.Is(err, record.NotFound) {
		t.Errorf("released twice: %v", err)
	}
	for way, n := range d.shows(file, doc) {
		if n < before[way] { // what was taken in meanwhile shows to more
			t.Errorf("released, %q shows it to %d, before to %d", way, n, before[way])
		}
	}
	var head catalog.Head
	d.tx(func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(string(file.ID)); return err })
	raw, err := d.Vault.GetLocked(ctx, head.Name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	var p vault.FilePersonal
	d.personal(m, &p)
	if p.ChangedBy != d.as("lead").User || p.ChangeReason != "mit der Kopie verglichen" || len(p.Denials) != 0 || m.Header.Change != "released" {
		t.Errorf("the manifest of the release: %+v %+v", m.Header, p)
	}
	if n := d.entries("grant.change", "done"); n != 2 {
		t.Errorf("%d entries about grants and the release, want 2", n)
	}
}
