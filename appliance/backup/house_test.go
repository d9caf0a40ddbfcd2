package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/policy/access"
	"eakte/policy/hold"
	"eakte/search/indexer"
)

const archiveID = "00112233445566778899aabbccddeeff"

// house is an archive that was filled by its doors.
type house struct {
	testing.TB
	*archive.Archive
	clock   *catalogtest.Clock
	store   vault.Buckets
	ring    *vault.Keyring
	policy  *access.Policy
	in      *ingest.Intake
	outbox  *upkeep.Outbox
	logbook *upkeep.Logbook
	house   *admin.House
	users   map[string]record.Actor
	files   map[string]record.FileID
	docs    map[string]record.DocumentID
}

func newHouse(t testing.TB, open catalogtest.Opener, store vault.Buckets) *house {
	t.Helper()
	h := &house{TB: t, clock: catalogtest.NewClock(), store: store, users: map[string]record.Actor{},
		files: map[string]record.FileID{}, docs: map[string]record.DocumentID{}}
	h.clock.Advance(time.Since(h.clock.Now()).Truncate(time.Second))
	keyFile := filepath.Join(t.TempDir(), "key")
	_, err := vault.NewKeyFile(keyFile, h.clock.Now())
	h.ok(err)
	recovery, _, _, err := vault.NewRecovery(nil)
	h.ok(err)
	h.ring, err = vault.LoadKeyring(keyFile, recovery)
	h.ok(err)
	h.policy, err = access.NewPolicy(access.Default())
	h.ok(err)
	spool, err := ingest.OpenSpool(filepath.Join(t.TempDir(), "spool"))
	h.ok(err)
	log := slog.New(slog.DiscardHandler)
	cat, v := open(t, h.clock), vault.New(store, h.ring, h.clock)
	h.outbox = &upkeep.Outbox{Catalog: cat, Vault: v, Log: log}
	h.logbook = &upkeep.Logbook{Catalog: cat, Vault: v, Clock: h.clock, Log: log, Archive: archiveID}
	h.house = &admin.House{Vault: v, Clock: h.clock}
	h.in = ingest.New(ingest.Deps{Catalog: cat, Vault: v, Policy: h.policy, Spool: spool, Clock: h.clock, Log: log, Node: "test", MaxBytes: 1 << 20})
	h.Archive = archive.New(archive.Deps{Catalog: cat, Vault: v, Policy: h.policy, Outbox: h.outbox, Clock: h.clock, Log: log,
		IndexKind: indexer.Kind, ReadKind: ingest.KindRead})
	h.furnish(recovery)
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) tx(fn func(tx *catalog.Tx) error) {
	h.Helper()
	h.clock.Advance(time.Second)
	h.ok(h.Catalog.WithTx(context.Background(), fn))
}

func (h *house) furnish(recovery string) {
	h.tx(func(tx *catalog.Tx) error {
		err := errors.Join(tx.SetMeta("archive", archiveID), tx.SetMeta("recovery", recovery), tx.SetMeta("name", "Jobcenter Musterkreis"))
		for _, site := range []string{"03104", "03107"} {
			err = errors.Join(err, tx.PutSite(record.Site{Code: site, Name: "Dienststelle " + site, Postcodes: []string{"17033"},
				Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}}}))
		}
		return errors.Join(err, tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing"}))
	})
	for name, role := range map[string]record.RoleAt{
		"sommer": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"}, "herbst": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"},
		"lead": {Role: record.RoleTeamlead, Site: "03104", Team: "L1"}, "winter": {Role: record.RoleCaseworker, Site: "03107", Team: "L1"},
		"clearing": {Role: record.RoleClearing, Site: "*"}, "scan": {Role: record.RoleScan, Site: "03104"},
		"records": {Role: record.RoleRecords, Site: "*"},
	} {
		a := record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
		h.users[name] = a
		h.tx(func(tx *catalog.Tx) error {
			return errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: name, Display: strings.ToUpper(name)}), tx.PutRoles(a.User, []record.RoleAt{role}))
		})
	}
	h.tx(func(tx *catalog.Tx) error {
		return tx.PutSubstitution(catalog.Substitution{ID: record.NewID(), Absent: h.users["sommer"].User, Substitute: h.users["herbst"].User,
			From: "2026-01-01", By: h.users["lead"].User})
	})
	h.ok(h.house.Prepare(context.Background(), h.Catalog))
	h.tx(func(tx *catalog.Tx) error {
		_, err := h.house.Describe(context.Background(), tx, h.users["lead"].User)
		return err
	})
	h.ok(h.outbox.Drain(context.Background()))
}

func (h *house) newFile(name, number string, sens record.Sensitivity, members ...string) {
	h.Helper()
	h.clock.Advance(time.Second)
	n := archive.NewFile{Number: number, Kind: "leistung", Site: "03104", Team: "L1", Sensitivity: sens}
	for i, m := range members {
		n.Members = append(n.Members, archive.NewMember{Name: m, FirstName: "Sabine", BirthDate: "1984-06-17", Role: "applicant",
			CustomerNumber: fmt.Sprintf("031D%06d", len(h.files)*10+i), Address: "Musterweg 1"})
	}
	f, err := h.CreateFile(context.Background(), h.users["sommer"], n)
	h.ok(err)
	h.files[name] = f.ID
}

// post hands a document in; pages are what is read of it, none: it isn't read yet.
func (h *house) post(name, file string, pages ...string) {
	h.Helper()
	ctx := context.Background()
	h.clock.Advance(time.Second)
	who := "sommer"
	if file == "" {
		who = "scan"
	}
	r, err := h.in.Accept(ctx, h.users[who], ingest.Submission{File: string(h.files[file]), Title: "Schreiben " + name, Name: name + ".pdf", Channel: "api",
		Body: strings.NewReader("%PDF-1.4 " + name), Size: -1})
	h.ok(err)
	h.docs[name] = r.Document
	if len(pages) == 0 {
		return
	}
	var doc record.Document
	h.tx(func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(r.Document); return err })
	key, err := h.Vault.OpenKey(ctx, doc.Object)
	h.ok(err)
	h.ok(h.Vault.PutPack(ctx, key, func(w io.Writer) error { return writePack(h, w, pages) }))
	h.tx(func(tx *catalog.Tx) error {
		doc.Pages, doc.State = len(pages), record.StateReady
		if doc.File == "" {
			doc.State = record.StateClearing
		}
		return tx.UpdateDocument(doc)
	})
}

func writePack(t testing.TB, w io.Writer, pages []string) error {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 10, 14)), nil); err != nil {
		return err
	}
	p := vault.WritePack(w)
	for i, text := range pages {
		words := record.PageWords{Width: 1000, Height: 1400, Words: []record.Word{{Text: text, Raw: text, X: 10, Y: 10, W: 80, H: 20, Len: len(text)}}}
		if err := p.AddPage(vault.PackPage{Number: i + 1, Width: 1000, Height: 1400, DPI: 100, Source: "digital"}, text, text, words, b.Bytes(), nil, b.Bytes()); err != nil {
			return err
		}
	}
	return p.Close()
}

func (h *house) change(doc string, c archive.DocumentChange) {
	h.Helper()
	h.clock.Advance(time.Second)
	_, err := h.ChangeDocument(context.Background(), h.users["sommer"], h.docs[doc], c)
	h.ok(err)
}

func ptr[T any](v T) *T { return &v }

// fill does what a house does in a year, in small.
func (h *house) fill() {
	h.Helper()
	ctx := context.Background()
	h.newFile("a", "03104//0000001", 0, "Grünwiese", "Grünwiese-Öz")
	h.newFile("b", "03104//0000002", record.SensitivityRaised, "Geheim")
	h.newFile("r", "03104//0000004", record.SensitivityRestricted, "Zuflucht")
	h.post("r0", "r", "streng")
	h.newFile("c", "03104//0000003", 0, "Müller")
	for i := range 4 {
		h.post(fmt.Sprint("a", i), "a", "Seite eins", "Seite zwei")
	}
	h.post("b0", "b", "Zuflucht")
	h.post("moved", "a", "verlegt")
	h.change("moved", archive.DocumentChange{File: ptr(string(h.files["b"]))})
	h.change("a1", archive.DocumentChange{Title: ptr("Heizkosten"), Type: ptr("rechnung"), Received: ptr("2026-02-27")})
	h.change("a1", archive.DocumentChange{Section: ptr("Unterkunft")})
	h.post("clearing", "", "wohin")
	h.post("unread", "c")
	h.clock.Advance(time.Second)
	for _, who := range []string{"winter", "herbst"} {
		_, err := h.AddGrant(ctx, h.users["lead"], h.files["b"], archive.Grant{User: who, Reason: "Vertretung", From: "2026-01-01", To: "2027-01-01"})
		h.ok(err)
		h.clock.Advance(time.Second)
	}
	_, err := h.AddDenial(ctx, h.users["lead"], h.files["a"], archive.Grant{User: "herbst", Reason: "Angehörige", From: "2026-01-01"})
	h.ok(err)
	h.ok(h.logbook.Seal(ctx)) // so that there are two segments
	h.holds()
	h.marry("a")
	_, err = h.Files(ctx)
	h.ok(err)
	h.ok(h.logbook.Seal(ctx))
}

// holds places one on a file, and one on a document that is lifted again.
func (h *house) holds() {
	h.Helper()
	ctx := context.Background()
	_, _, err := h.PutHold(ctx, h.users["lead"], hold.Subject{File: h.files["b"]}, archive.NewHold{Kind: hold.Litigation, Reason: "S 11 AS 409/26"})
	h.ok(err)
	h.clock.Advance(time.Second)
	placed, _, err := h.PutHold(ctx, h.users["lead"], hold.Subject{Document: h.docs["a3"]}, archive.NewHold{Kind: hold.Objection, Reason: "W 17/26"})
	h.ok(err)
	h.clock.Advance(time.Second)
	_, _, err = h.LiftHold(ctx, h.users["lead"], hold.Subject{Document: h.docs["a3"]}, archive.LiftHold{Hold: placed.ID, Reason: "erledigt"})
	h.ok(err)
}

// marry gives the first person of a file another name, with its manifest.
func (h *house) marry(file string) {
	h.Helper()
	h.tx(func(tx *catalog.Tx) error {
		f, err := tx.FileByID(h.files[file])
		if err != nil {
			return err
		}
		p, err := tx.Person(f.Members[0].Person)
		if err != nil {
			return err
		}
		p.Names[0].To = "2026-02-01"
		p.Names = append([]record.DatedName{{Name: "Neu", FirstName: "Sabine", From: "2026-02-01"}}, p.Names...)
		head, err := tx.ManifestHead(string(p.ID))
		if err != nil {
			return err
		}
		key, err := h.Vault.OpenKey(context.Background(), record.ObjectID(p.ID))
		if err != nil {
			return err
		}
		id := record.ObjectID(record.NewID())
		body, err := h.Vault.BuildManifest(key, vault.Header{Manifest: id, Subject: string(p.ID), Object: key.Object(), Sequence: head.Sequence + 1,
			Predecessor: head.Name, PredecessorDigest: head.Digest, Change: "names", CreatedAt: h.clock.Now(), LockedUntil: h.clock.Now().AddDate(2, 0, 0)},
			vault.PersonPersonal{Names: p.Names, BirthDate: p.BirthDate, CustomerNumber: p.CustomerNumber, Address: p.Address})
		return errors.Join(err, tx.PutPerson(p), tx.InsertOutbox(catalog.OutboxRow{Name: vault.ManifestName(id), Subject: string(p.ID),
			Sequence: head.Sequence + 1, Body: body, Digest: record.Sum(body), LockUntil: h.clock.Now().AddDate(2, 0, 0)}))
	})
	h.ok(h.outbox.Drain(context.Background()))
}

// Files reads each file once, so that the log holds what people saw.
func (h *house) Files(ctx context.Context) (n int, err error) {
	for _, f := range h.files {
		h.clock.Advance(time.Second)
		if _, err := h.File(ctx, h.users["sommer"], string(f)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (h *house) deps(v *vault.Vault, into *catalog.Catalog) backup.Deps {
	return backup.Deps{Vault: v, Catalog: into, Clock: h.clock, Log: slog.New(slog.DiscardHandler), ReadAgain: readAgain}
}

func readAgain(tx *catalog.Tx, id record.DocumentID) error {
	return tx.Enqueue(job.Spec{Kind: ingest.KindRead, Key: string(id), Payload: map[string]record.DocumentID{"document": id}})
}

// rebuilt makes a new catalog from the store, with the old one beside it.
func (h *house) rebuilt(open catalogtest.Opener) (*catalog.Catalog, backup.Report) {
	h.Helper()
	cat := open(h, h.clock)
	d := h.deps(vault.New(h.store, h.ring, h.clock), cat)
	d.Old = h.Catalog
	r, err := backup.Rebuild(context.Background(), d)
	h.ok(err)
	return cat, r
}

// dump gives the tables that come back, row by row.
func dump(t testing.TB, c *catalog.Catalog) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range catalog.RebuiltTables() {
		var after *catalog.RebuiltRow
		for {
			var rows []catalog.RebuiltRow
			if err := c.Read(context.Background(), func(tx *catalog.Tx) (err error) { rows, err = tx.RebuiltRows(table, after, 100); return err }); err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				break
			}
			for _, r := range rows {
				out[table.Name+" "+r.Key] = strings.Join(r.Values, " | ")
			}
			after = &rows[len(rows)-1]
		}
	}
	return out
}

// differences lists where two dumps differ.
func differences(a, b map[string]string) (out []string) {
	for k, v := range a {
		if w, there := b[k]; !there {
			out = append(out, "gone: "+k)
		} else if v != w {
			out = append(out, fmt.Sprintf("%s:\n  %s\n  %s", k, v, w))
		}
	}
	for k := range b {
		if _, there := a[k]; !there {
			out = append(out, "new: "+k)
		}
	}
	return out
}

func memory() vault.Buckets { return vaulttest.NewBuckets() }
