package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
	"eakte/policy/hold"
)

// derived is why a column needn't stand in a manifest.
type derived string

// inManifest gives a column's value as the newest manifests say it.
type inManifest map[string]any

// places says of every column of the tables that a rebuild makes anew whether
// the manifests hold it, or why not. A column that is missing here fails the
// test: whoever adds one decides.
var places = map[string]map[string]any{
	"person":      {"id": 1, "birth_date": 1, "customer_number": 1, "address": 1},
	"person_name": {"person_id": 1, "place": 1, "name": 1, "first_name": 1, "valid_from": 1, "valid_to": 1},
	"file": {"id": 1, "ordinal": 1, "kind": 1, "site": 1, "team": 1, "responsible": 1, "retention_class": 1, "sensitivity": 1,
		"created_at": 1, "created_by": 1, "closed_at": 1},
	"file_number": {"file_id": 1, "place": 1, "number": 1, "norm": derived("from the number"), "valid_from": 1, "valid_to": 1},
	"file_member": {"file_id": 1, "place": 1, "person_id": 1, "role": 1, "valid_from": 1, "valid_to": 1},
	"file_grant":  {"file_id": 1, "user_id": 1, "reason": 1, "granted_by": 1, "valid_from": 1, "valid_to": 1, "ends_at": 1, "created_at": 1},
	"file_denial": {"file_id": 1, "user_id": 1, "reason": 1, "denied_by": 1, "valid_from": 1, "valid_to": 1, "created_at": 1},
	"hold": {"id": 1, "subject_kind": 1, "subject": 1, "kind": 1, "reason": 1, "origin": 1, "placed_by": 1, "placed_at": 1,
		"lifted_by": 1, "lifted_at": 1, "lift_reason": 1},
	"document": {"id": 1, "object_id": 1, "file_id": 1, "type": 1, "direction": 1, "title": 1, "section": 1, "sensitivity": 1, "dated": 1,
		"received": 1, "name": 1, "size": 1, "plain": 1, "cipher": 1, "cipher_size": 1, "channel": 1, "created_at": 1, "created_by": 1, "keep_until": 1,
		"site":         1, // in the first manifest: it counts only while the document is in no file
		"meant_for":    derived("the routing of what waits for a restricted file says it"),
		"state":        derived("from the pack; disposed from the tombstone"),
		"reason":       derived("why reading failed: it is read again"),
		"pages":        derived("from the pack"),
		"content_type": derived("from the bytes, when they are read"),
		"locked_until": derived("the object's own lock in the store"),
		"change_seq":   derived("the index is made anew"),
		"indexed_seq":  derived("the index is made anew"),
	},
}

// TestManifestsHoldEveryFact compares every column of an archive that has seen
// each door with what the newest manifest of its subject says.
func TestManifestsHoldEveryFact(t *testing.T) {
	tables := &catalogtest.Tables{}
	d := newDesk(t, func(t testing.TB, c record.Clock, opts ...catalog.Option) *catalog.Catalog {
		return catalogtest.SQLite(t, c, append(opts, catalog.WithConnector(tables.Wrap))...)
	})
	d.exercise()
	said := d.said()
	for table, columns := range places {
		have, rows := tables.Rows(t, table)
		for _, c := range have {
			if columns[c] == nil {
				t.Errorf("%s.%s: is it in the manifest, or why not?", table, c)
			}
		}
		if len(have) != len(columns) {
			t.Errorf("%s has columns %v, the test knows %d", table, have, len(columns))
		}
		if len(rows) < 2 {
			t.Errorf("%s: only %d rows, the test says little", table, len(rows))
		}
		want := said[table]
		for _, row := range rows {
			at := slices.IndexFunc(want, func(w inManifest) bool { return sameKey(table, row, w) })
			if at < 0 {
				t.Errorf("%s: no manifest says the row %v", table, row)
				continue
			}
			for c, place := range columns {
				if _, ok := place.(derived); ok || place == nil {
					continue
				}
				if got := fmt.Sprint(want[at][c]); got != row[c] {
					t.Errorf("%s.%s: the catalog has %q, the manifest %q", table, c, row[c], got)
				}
			}
			want = slices.Delete(want, at, at+1)
		}
		if len(want) > 0 {
			t.Errorf("%s: the manifests say more: %v", table, want)
		}
	}
}

// sameKey finds a row's counterpart.
func sameKey(table string, row map[string]string, w inManifest) bool {
	for _, c := range map[string][]string{"person": {"id"}, "person_name": {"person_id", "place"}, "file": {"id"}, "file_number": {"file_id", "place"},
		"file_member": {"file_id", "place"}, "file_grant": {"file_id", "user_id"}, "file_denial": {"file_id", "user_id"}, "hold": {"id"},
		"document": {"id"}}[table] {
		if fmt.Sprint(w[c]) != row[c] {
			return false
		}
	}
	return true
}

// exercise goes through every door that changes something.
func (d *desk) exercise() {
	d.t.Helper()
	ctx, lead, sommer := context.Background(), d.as("lead"), d.as("sommer")
	ok := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	f, err := d.CreateFile(ctx, sommer, NewFile{Number: "03104//0000001", Kind: "leistung", Site: "03104", Team: "L1", Responsible: "herbst",
		Members: []NewMember{{Name: "Probe", FirstName: "Sabine", BirthDate: "1984-06-17", CustomerNumber: "031D123456", Address: "Am Markt 1",
			Role: "applicant", From: "2024-01-01"}, {Name: "Probe", FirstName: "Max", Role: "child", From: "2024-01-01", To: "2030-01-01"}}})
	ok(err)
	other := d.makeFile("herbst", "03104//0000002", "Muster", record.SensitivityRaised)
	post := func(file record.FileID, s ingest.Submission) record.DocumentID {
		s.File, s.Channel, s.Size = string(file), "api", -1
		s.Body = strings.NewReader(record.NewID())
		r, err := d.in.Accept(ctx, d.as("herbst"), s)
		ok(err)
		return r.Document
	}
	full := ingest.Submission{Type: "bescheid", Direction: record.DirectionOut, Received: "2026-02-27", Dated: "2026-02-20", Title: "Bescheid", Name: "Bescheid.pdf"}
	filed, moved, bare := post(f.ID, full), post(f.ID, full), post("", ingest.Submission{})
	waiting := d.post("clearing", "", "wartet")
	text := func(s string) *string { return &s }
	target := string(other.ID)
	d.clock().Advance(time.Minute)
	_, err = d.ChangeDocument(ctx, d.as("herbst"), filed, DocumentChange{Type: text("antrag"), Title: text("Antrag"), Section: text("Leistung"), Received: text("2026-02-28")})
	ok(err)
	_, err = d.ChangeDocument(ctx, d.as("herbst"), moved, DocumentChange{File: &target})
	ok(err)
	_, err = d.ChangeDocument(ctx, d.as("clearing"), waiting, DocumentChange{File: text(string(f.ID))})
	ok(err)
	d.broken("herbst", f.ID, "reason.unreadable")
	for i, name := range []string{"winter", "reception"} {
		g := Grant{User: name, Reason: "Vertretung", From: "2026-03-01", To: "2026-04-0" + strconv.Itoa(i+1)}
		_, err = d.AddGrant(ctx, lead, f.ID, g)
		if err != nil && !errors.Is(err, record.Invalid) {
			d.t.Fatal(err)
		}
	}
	_, err = d.AddGrant(ctx, lead, f.ID, Grant{User: "herbst", Reason: "Krankheit"})
	ok(err)
	for _, name := range []string{"scan", "scan.other", "dpo"} {
		_, err = d.AddDenial(ctx, lead, f.ID, Grant{User: name, Reason: "befangen", From: "2026-03-01"})
		ok(err)
	}
	ok(d.RemoveDenial(ctx, lead, f.ID, "dpo", ""))
	for _, s := range []hold.Subject{{File: f.ID}, {Document: filed}} {
		h, _, err := d.PutHold(ctx, lead, s, NewHold{Kind: hold.Kinds()[0], Reason: "Klage"})
		ok(err)
		d.clock().Advance(time.Minute)
		_, _, err = d.PutHold(ctx, lead, s, NewHold{Kind: hold.Kinds()[0], Reason: "noch eine"})
		ok(err)
		_, _, err = d.LiftHold(ctx, lead, s, LiftHold{Hold: h.ID, Reason: "erledigt"})
		ok(err)
	}
	d.tx(func(tx *catalog.Tx) error { return tx.CloseFile(other.ID, "rebuild") })
	_, err = d.ReleaseFile(ctx, record.System(record.NewID()), other.Number, "lead", "geprüft")
	ok(err)
	_ = bare
}

func (d *desk) clock() *catalogtest.Clock { return d.Clock.(*catalogtest.Clock) }

// said reads the newest manifest of every subject, as rows.
func (d *desk) said() map[string][]inManifest {
	d.t.Helper()
	out := map[string][]inManifest{}
	add := func(table string, row inManifest) { out[table] = append(out[table], row) }
	var heads []catalog.Head
	d.tx(func(tx *catalog.Tx) (err error) { heads, err = tx.ManifestHeads("", 500); return err })
	for _, h := range heads {
		raw, err := d.Vault.GetLocked(context.Background(), h.Name)
		if err != nil {
			d.t.Fatal(err)
		}
		m, err := vault.ParseManifest(raw)
		if err != nil {
			d.t.Fatal(err)
		}
		switch m.Kind {
		case vault.KindDocument:
			var p vault.DocumentPersonal
			d.personal(m, &p)
			documentRows(m.Header, p, add)
		case vault.KindFile:
			var p vault.FilePersonal
			d.personal(m, &p)
			fileRows(m.Header, p, add)
		case vault.KindPerson:
			var p vault.PersonPersonal
			d.personal(m, &p)
			add("person", inManifest{"id": m.Header.Subject, "birth_date": p.BirthDate, "customer_number": p.CustomerNumber, "address": p.Address})
			for i, n := range p.Names {
				add("person_name", inManifest{"person_id": m.Header.Subject, "place": i, "name": n.Name, "first_name": n.FirstName, "valid_from": n.From, "valid_to": n.To})
			}
		}
	}
	return out
}

func (d *desk) personal(m vault.Manifest, into any) {
	d.t.Helper()
	if err := d.Vault.OpenPersonal(context.Background(), m, into); err != nil {
		d.t.Fatal(err)
	}
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func microsOf(s string) int64 {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0
	}
	return micros(t)
}

func holdRows(kind, subject string, holds []vault.HoldStatement, add func(string, inManifest)) {
	for _, h := range holds {
		add("hold", inManifest{"id": h.ID, "subject_kind": kind, "subject": subject, "kind": h.Kind, "reason": h.Reason, "origin": h.Origin,
			"placed_by": h.By, "placed_at": microsOf(h.PlacedAt), "lifted_by": h.LiftedBy, "lifted_at": microsOf(h.LiftedAt), "lift_reason": h.LiftReason})
	}
}

func documentRows(h vault.Header, p vault.DocumentPersonal, add func(string, inManifest)) {
	add("document", inManifest{"id": h.Subject, "object_id": h.Object, "file_id": p.File, "site": p.ReceivedPlace, "type": p.Type,
		"direction": p.Direction, "title": p.Title, "section": p.Section, "sensitivity": p.Sensitivity, "dated": p.Dated, "received": p.Received,
		"name": p.Name, "size": p.Size, "plain": p.Plain, "cipher": h.Cipher, "cipher_size": h.CipherSize, "channel": p.Channel,
		"created_at": micros(p.CreatedAt), "created_by": p.CreatedBy, "keep_until": h.KeepUntil})
	holdRows(catalog.HoldsDocument, h.Subject, p.Holds, add)
}

func fileRows(h vault.Header, p vault.FilePersonal, add func(string, inManifest)) {
	id := h.Subject
	add("file", inManifest{"id": id, "ordinal": p.Ordinal, "kind": p.Kind, "site": p.Site, "team": p.Team, "responsible": p.Responsible,
		"retention_class": p.RetentionClass, "sensitivity": p.Sensitivity, "created_at": micros(p.CreatedAt), "created_by": p.CreatedBy, "closed_at": microsOf(p.ClosedAt)})
	for i, n := range p.Numbers {
		add("file_number", inManifest{"file_id": id, "place": i, "number": n.Number, "valid_from": n.From, "valid_to": n.To})
	}
	for i, m := range p.Members {
		add("file_member", inManifest{"file_id": id, "place": i, "person_id": m.Person, "role": m.Role, "valid_from": m.From, "valid_to": m.To})
	}
	for _, g := range p.Grants {
		add("file_grant", inManifest{"file_id": id, "user_id": g.User, "reason": g.Reason, "granted_by": g.By, "valid_from": g.From, "valid_to": g.To,
			"ends_at": microsOf(g.EndsAt), "created_at": microsOf(g.CreatedAt)})
	}
	for _, g := range p.Denials {
		add("file_denial", inManifest{"file_id": id, "user_id": g.User, "reason": g.Reason, "denied_by": g.By, "valid_from": g.From, "valid_to": g.To,
			"created_at": microsOf(g.CreatedAt)})
	}
	holdRows(catalog.HoldsFile, id, p.Holds, add)
}
