package backup_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// What somebody did to the store, and what must come of it.
func TestRebuildOfDamage(t *testing.T) {
	for name, c := range map[string]struct {
		harm  func(h *house)
		check func(d damaged)
	}{
		"newest manifest of a file gone": {func(h *house) { c := h.chain(string(h.files["b"])); h.remove(h.store.Records, c[len(c)-1]) },
			func(d damaged) { // it stated the second grant
				d.expect(d.closed("b"), !d.closed("a"), len(d.sees("b0")) == 0, len(d.sees("a0")) > 0, d.problem(backup.ProblemChain, string(d.files["b"])))
			}},
		"manifest in the middle gone": {func(h *house) { h.remove(h.store.Records, h.chain(string(h.files["b"]))[1]) },
			func(d damaged) { d.expect(d.closed("b"), len(d.sees("b0")) == 0) }},
		"two newest manifests": {func(h *house) {
			h.next(string(h.files["a"]), "grant", vault.FilePersonal{Ordinal: 1, Site: "03107", Team: "L1"})
			h.next(string(h.files["a"]), "grant", vault.FilePersonal{Ordinal: 1, Site: "03104", Team: "L1"})
		}, func(d damaged) { d.expect(d.closed("a"), len(d.sees("a0")) == 0) }},
		"manifest of a file flipped": {func(h *house) {
			c := h.chain(string(h.files["b"]))
			h.damage(c[len(c)-1], "-----END AGE") // the personal part's last bytes
		}, func(d damaged) { d.expect(d.closed("b"), len(d.sees("b0")) == 0) }},
		"manifest that is no JSON any more": {func(h *house) {
			c := h.chain(string(h.docs["moved"]))
			h.damage(c[len(c)-1], `"header"`)
		}, func(d damaged) { // it said that the document moved to a file that fewer may see
			doc, _ := d.document("moved")
			d.expect(len(d.sees("moved")) == 0, doc.Sensitivity == record.SensitivityRestricted, d.problem(backup.ProblemUnreadable, string(d.docs["moved"])),
				!d.closed("a"), !d.closed("b"))
		}},
		"newest manifest of a moved document gone": {func(h *house) { h.remove(h.store.Records, h.chain(string(h.docs["moved"]))[1]) },
			func(d damaged) {
				d.expect(len(d.sees("moved")) == 0, d.problem(backup.ProblemChain, string(d.docs["moved"])), !d.closed("b"))
			}},
		"all manifests of a file gone": {func(h *house) {
			for _, name := range h.chain(string(h.files["r"])) {
				h.remove(h.store.Records, name)
			}
		}, func(d damaged) {
			doc, _ := d.document("r0")
			d.expect(d.closed("r"), doc.File == d.files["r"], len(d.sees("r0")) == 0)
		}},
		"all manifests of a file gone, and the log": {func(h *house) {
			for _, name := range h.chain(string(h.files["r"])) {
				h.remove(h.store.Records, name)
			}
			h.each(h.store.Audit, "/", func(name string) { h.remove(h.store.Audit, name) })
		}, func(d damaged) { // only its documents name it
			doc, _ := d.document("r0")
			d.expect(d.closed("r"), doc.File == d.files["r"], len(d.sees("r0")) == 0, d.problem(backup.ProblemLost, string(d.files["r"])))
		}},
		"key of a file gone": {func(h *house) { h.remove(h.store.Keys, vault.KeyName(record.ObjectID(h.files["b"]))) },
			func(d damaged) {
				doc, _ := d.document("b0")
				d.expect(d.closed("b"), doc.File == d.files["b"], len(d.sees("b0")) == 0, !d.closed("a"))
			}},
		"key of a document gone": {func(h *house) { h.remove(h.store.Keys, vault.KeyName(h.object("clearing"))) },
			func(d damaged) { // who clears for the whole house would see it in no file
				_, there := d.document("clearing")
				d.expect(there, len(d.sees("clearing")) == 0, d.problem(backup.ProblemChain, string(d.docs["clearing"])))
			}},
		"foreign objects": {func(h *house) {
			h.plant(h.store.Records, "m/readme.txt", []byte("hello"))
			h.plant(h.store.Records, vault.ManifestName(record.ObjectID(record.NewID())), []byte("{}"))
			h.plant(h.store.Audit, "notes", []byte("hello"))
		}, func(d damaged) {
			d.expect(len(d.report.Closed) == 0, d.problem(backup.ProblemForeign, ""), d.problem(backup.ProblemUnreadable, ""), d.report.Sound(),
				d.report.ByKind[backup.ProblemForeign] == 2, d.report.ByKind[backup.ProblemDiffersOld] == 0)
		}},
		"tombstones": {func(h *house) {
			h.tombstone(vault.KindDocument, string(h.docs["a1"]), h.object("a1"))
			h.remove(h.store.Keys, vault.KeyName(h.object("a1")))
			h.tombstone(vault.KindDocument, string(h.docs["a2"]), h.object("a2")) // its key is still there
			var f record.File
			h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { f, err = tx.FileByID(h.files["a"]); return err }))
			h.tombstone(vault.KindPerson, string(f.Members[0].Person), record.ObjectID(f.Members[0].Person))
		}, func(d damaged) {
			doc, there := d.document("a1")
			var f record.File
			d.ok(d.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { f, err = tx.FileByID(d.files["a"]); return err }))
			d.expect(there, doc.State == record.StateDisposed, doc.Title == "", doc.Name == "", doc.File == "", doc.Plain == "", len(f.Members) == 1,
				!d.closed("a"), len(d.sees("a1")) == 0 || doc.Title == "", d.report.Sound(), d.problem(backup.ProblemErasure, string(d.docs["a2"])),
				d.report.ByKind[backup.ProblemErasure] == 1)
			d.ok(d.cat.Read(context.Background(), func(tx *catalog.Tx) error {
				gone, err := tx.ErasureOf(d.docs["a1"])
				d.expect(gone.Act == vault.ActErased, !gone.DestroyedAt.IsZero(), gone.CopiesUntil != "")
				begun, berr := tx.ErasureOf(d.docs["a2"])
				d.expect(begun.DestroyedAt.IsZero(), !begun.FinalAt.IsZero(), begun.CopiesUntil == "")
				return errors.Join(err, berr)
			}))
		}},
		"packs gone and flipped": {func(h *house) {
			h.remove(h.store.Derived, vault.PackName(h.object("a0")))
			h.store.Derived.(*vaulttest.Memory).Damage(vault.PackName(h.object("a2")), 300)
		}, func(d damaged) {
			for _, name := range []string{"a0", "a2"} {
				doc, _ := d.document(name)
				d.expect(doc.State == record.StateReceived, doc.Pages == 0)
			}
			jobs, err := d.cat.Lease(context.Background(), "n", []string{"document.read"}, 10, time.Minute)
			d.ok(err)
			d.expect(len(jobs) == 3, d.report.Sound()) // with the one that was never read
		}},
		"a quarantined document": {func(h *house) {
			h.tx(func(tx *catalog.Tx) error {
				return tx.SetState(h.docs["unread"], record.StateQuarantined, "password")
			})
		}, func(d damaged) { // what was found out by reading stands in no manifest: it is read again
			doc, _ := d.document("unread")
			d.expect(doc.State == record.StateReceived, doc.Reason == "", d.report.Sound(), d.report.ByKind[backup.ProblemDiffersOld] == 1)
		}},
		"original gone": {func(h *house) { h.remove(h.store.Records, vault.OriginalName(h.object("a3"))) },
			func(d damaged) {
				_, there := d.document("a3")
				d.expect(there, d.problem(backup.ProblemOriginal, string(d.docs["a3"])))
			}},
		"never acknowledged": {func(h *house) { // key and manifest were put, the original not, and no entry names it
			ctx := context.Background()
			key, err := h.Vault.NewKey(record.ObjectID(record.NewID()))
			h.ok(err)
			h.ok(h.Vault.PutKey(ctx, key))
			id := record.ObjectID(record.NewID())
			body, err := h.Vault.BuildManifest(key, vault.Header{Manifest: id, Subject: record.NewID(), Object: key.Object(), Sequence: 1, CreatedAt: h.clock.Now()},
				vault.DocumentPersonal{File: h.files["a"]})
			h.ok(err)
			h.plant(h.store.Records, vault.ManifestName(id), body)
		}, func(d damaged) {
			d.expect(d.report.Counts.Documents == int64(len(d.docs)), d.problem(backup.ProblemUnconfirmed, ""), d.report.Sound())
		}},
		"first segment gone": {func(h *house) {
			first := true
			h.each(h.store.Audit, "/segment/", func(name string) {
				if first {
					h.remove(h.store.Audit, name)
				}
				first = false
			})
		}, func(d damaged) { // what lies behind the gap is kept without numbers
			var kept int
			d.ok(d.cat.Read(context.Background(), func(tx *catalog.Tx) error {
				es, _, err := tx.AuditEntries(catalog.AuditQuery{Limit: 500})
				kept = len(es)
				return err
			}))
			d.expect(!d.report.Sound(), d.problem(backup.ProblemLog, ""), d.report.Counts.Entries == 0, kept > 0)
		}},
		"entries swapped": {func(h *house) {
			h.each(h.store.Audit, "/segment/", func(name string) { h.swap(name) })
		}, func(d damaged) { // each is sound in itself; only what was signed shows it
			d.expect(!d.report.Sound(), d.problem(backup.ProblemLog, ""), d.report.Counts.Entries > 0, !d.report.Years[0].Fits)
		}},
		"all segments gone": {func(h *house) {
			h.each(h.store.Audit, "/segment/", func(name string) { h.remove(h.store.Audit, name) })
		}, func(d damaged) {
			d.expect(!d.report.Sound(), d.problem(backup.ProblemLog, ""), d.report.Counts.Documents == int64(len(d.docs)))
		}},
		"checkpoint forged": {func(h *house) {
			h.each(h.store.Audit, "/checkpoint/", func(name string) { h.store.Audit.(*vaulttest.Memory).Damage(name, 60) })
		}, func(d damaged) {
			d.expect(!d.report.Sound(), d.report.Counts.Entries > 0, len(d.report.Years) == 1 && !d.report.Years[0].Fits)
		}},
		"key of a segment gone": {func(h *house) {
			h.each(h.store.Audit, "/segment/", func(name string) {
				// the key's id stands in the segment's first line; every key that is no subject's goes
				h.each(h.store.Keys, "k/", func(key string) {
					if !h.isSubject(key) {
						h.remove(h.store.Keys, key)
					}
				})
			})
		}, func(d damaged) {
			d.expect(d.problem(backup.ProblemKey, ""), d.report.Sound(), d.report.Counts.Entries > 0)
		}},
		"house gone": {func(h *house) { h.remove(h.store.Records, h.chain(archiveID)[0]) },
			func(d damaged) {
				d.expect(d.problem(backup.ProblemHouse, ""), d.report.Counts.Documents == int64(len(d.docs)), len(d.sees("a0")) == 0)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, catalogtest.SQLite, memory())
			h.fill()
			c.harm(h)
			cat, report := h.rebuilt(catalogtest.SQLite)
			c.check(damaged{h, cat, report})
			if report.ByKind[backup.ProblemDiffers] != 0 {
				t.Errorf("the new catalog differs from the manifests: %v", report.Problems)
			}
		})
	}
}

// A file that a person has released stays open when the catalog is made anew
// once more: they have seen its rights, and the manifest states them.
func TestReleasedFileStaysOpen(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, catalogtest.SQLite, memory())
	h.fill()
	h.remove(h.store.Records, h.chain(string(h.files["b"]))[1])
	cat, report := h.rebuilt(catalogtest.SQLite)
	if !slices.Contains(report.Closed, h.files["b"]) {
		t.Fatalf("not closed: %+v", report)
	}
	h.moveTo(cat)
	_, err := h.ReleaseFile(ctx, record.System(record.NewID()), string(h.files["b"]), "lead", "geprüft")
	h.ok(err)
	h.ok(h.logbook.Seal(ctx))
	again, report := h.rebuilt(catalogtest.SQLite)
	if len(report.Closed) != 0 || !report.Sound() {
		t.Errorf("closed again: %+v", report)
	}
	if d := differences(dump(t, cat), dump(t, again)); len(d) > 0 {
		t.Errorf("%d rows differ:\n%s", len(d), d)
	}
}

// The rebuilt log goes on where the last segment ended: what is written after
// fits, and another rebuild finds it so.
func TestLogGoesOn(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, catalogtest.SQLite, memory())
	h.fill()
	cat, before := h.rebuilt(catalogtest.SQLite)
	h.moveTo(cat)
	_, err := h.ChangeDocument(ctx, h.users["sommer"], h.docs["a2"], archive.DocumentChange{Title: ptr("danach")})
	h.ok(err)
	h.ok(h.logbook.Seal(ctx))
	again, after := h.rebuilt(catalogtest.SQLite)
	if after.Counts.Entries <= before.Counts.Entries || !after.Sound() || after.Counts.Problems != 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if d := differences(dump(t, cat), dump(t, again)); len(d) > 0 {
		t.Errorf("%d rows differ:\n%s", len(d), d)
	}
}

// moveTo goes on with a rebuilt catalog, as a restart does.
func (h *house) moveTo(cat *catalog.Catalog) {
	h.Catalog, h.outbox.Catalog = cat, cat
	h.logbook = &upkeep.Logbook{Catalog: cat, Vault: h.Vault, Clock: h.clock, Log: h.Deps.Log, Archive: archiveID}
	h.clock.Advance(time.Minute)
}
