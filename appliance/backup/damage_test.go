package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/audit"
	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/access"
)

// damaged is a house whose store somebody has been at, and what came back.
type damaged struct {
	*house
	cat    *catalog.Catalog
	report backup.Report
}

// chain gives the names of a subject's manifests, the first one first.
func (h *house) chain(subject string) []string {
	h.Helper()
	var head catalog.Head
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(subject); return err }))
	var out []string
	for name := head.Name; name != ""; {
		out = append([]string{name}, out...)
		raw, err := h.Vault.GetLocked(context.Background(), name)
		h.ok(err)
		m, err := vault.ParseManifest(raw)
		h.ok(err)
		name = m.Header.Predecessor
	}
	return out
}

// remove takes an object away behind everybody's back.
func (h *house) remove(b vault.Bucket, name string) {
	h.Helper()
	m := b.(*vaulttest.Memory)
	m.Lax.Deletes = true
	h.ok(m.Delete(context.Background(), name))
}

// plant puts bytes under a name that nobody expects.
func (h *house) plant(b vault.Bucket, name string, body []byte) {
	h.Helper()
	h.ok(b.Put(context.Background(), vault.PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body),
		LockUntil: h.clock.Now().Add(time.Hour)}))
}

// fork puts another manifest in the place of the newest one's successor.
func (h *house) next(subject, change string, personal any) (name string) {
	h.Helper()
	ctx := context.Background()
	c := h.chain(subject)
	raw, err := h.Vault.GetLocked(ctx, c[len(c)-1])
	h.ok(err)
	m, err := vault.ParseManifest(raw)
	h.ok(err)
	key, err := h.Vault.OpenKey(ctx, m.Header.Object)
	h.ok(err)
	hd := m.Header
	hd.Manifest, hd.Sequence, hd.Predecessor, hd.PredecessorDigest, hd.Change = record.ObjectID(record.NewID()), hd.Sequence+1, c[len(c)-1], record.Sum(raw), change
	hd.CreatedAt = h.clock.Now()
	body, err := h.Vault.BuildManifest(key, hd, personal)
	h.ok(err)
	h.plant(h.store.Records, vault.ManifestName(hd.Manifest), body)
	return vault.ManifestName(hd.Manifest)
}

func (h *house) object(doc string) record.ObjectID {
	h.Helper()
	var d record.Document
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { d, err = tx.DocumentByID(h.docs[doc]); return err }))
	return d.Object
}

func (h *house) tombstone(kind, subject string, object record.ObjectID) {
	h.Helper()
	id := record.ObjectID(record.NewID())
	b, err := vault.EncodeTombstone(vault.Tombstone{ID: id, Act: vault.ActErased, Kind: kind, Subject: subject, Object: object,
		ProposedBy: "u1", ApprovedBy: "u2", At: h.clock.Now()})
	h.ok(err)
	h.plant(h.store.Records, vault.TombstoneName(id), b)
}

// sees says who may view a document in the new catalog.
func (d damaged) sees(doc string) (who []string) {
	d.Helper()
	for name, a := range d.users {
		d.ok(d.cat.Read(context.Background(), func(tx *catalog.Tx) error {
			facts, err := tx.FactsForDocuments(a.User, []record.DocumentID{d.docs[doc]})
			if f, there := facts[d.docs[doc]]; there {
				for _, act := range []access.Action{access.DocumentView, access.DocumentList, access.DocumentState, access.DocumentSearch} {
					if d.policy.Decide(f, act).Allowed {
						who = append(who, name)
						break
					}
				}
			}
			return err
		}))
	}
	slices.Sort(who)
	return who
}

func (d damaged) document(name string) (doc record.Document, found bool) {
	d.Helper()
	err := d.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(d.docs[name]); return err })
	if err != nil && !errors.Is(err, record.NotFound) {
		d.Fatal(err)
	}
	return doc, err == nil
}

func (d damaged) closed(file string) bool { return slices.Contains(d.report.Closed, d.files[file]) }

func (d damaged) problem(kind, subject string) bool {
	return slices.ContainsFunc(d.report.Problems, func(p backup.Problem) bool { return p.Kind == kind && (subject == "" || p.Subject == subject) })
}

// expect fails unless all of these hold.
func (d damaged) expect(what ...bool) {
	d.Helper()
	for i, ok := range what {
		if !ok {
			d.Errorf("expectation %d doesn't hold: closed %v, problems %v", i+1, d.report.Closed, d.report.Problems)
		}
	}
}

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
			var f record.File
			h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { f, err = tx.FileByID(h.files["a"]); return err }))
			h.tombstone(vault.KindPerson, string(f.Members[0].Person), record.ObjectID(f.Members[0].Person))
		}, func(d damaged) {
			doc, there := d.document("a1")
			var f record.File
			d.ok(d.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { f, err = tx.FileByID(d.files["a"]); return err }))
			d.expect(there, doc.State == record.StateDisposed, doc.Title == "", doc.Name == "", doc.File == "", doc.Plain == "", len(f.Members) == 1,
				!d.closed("a"), len(d.sees("a1")) == 0 || doc.Title == "", d.report.Sound())
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

// damage flips a bit of an object just before some text.
func (h *house) damage(name, before string) {
	h.Helper()
	raw, err := h.Vault.GetLocked(context.Background(), name)
	h.ok(err)
	at := strings.Index(string(raw), before)
	if at < 0 {
		h.Fatalf("%q is not in %s", before, name)
	}
	h.store.Records.(*vaulttest.Memory).Damage(name, int64(at)-4)
}

// swap changes the order of a segment's first two entries.
func (h *house) swap(name string) {
	h.Helper()
	raw, err := h.Vault.GetAudit(context.Background(), name)
	h.ok(err)
	s, err := audit.DecodeSegment(raw, nil)
	h.ok(err)
	if len(s.Rows) < 2 {
		return
	}
	s.Rows[0], s.Rows[1] = s.Rows[1], s.Rows[0]
	body, err := audit.EncodeSegment(s, func(b []byte) ([]byte, error) { return b, nil })
	h.ok(err)
	h.remove(h.store.Audit, name)
	h.plant(h.store.Audit, name, body)
}

func (h *house) each(b vault.Bucket, part string, fn func(name string)) {
	h.Helper()
	var names []string
	h.ok(b.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
		if strings.Contains(o.Name, part) {
			names = append(names, o.Name)
		}
		return nil
	}))
	for _, n := range names {
		fn(n)
	}
}

// isSubject says whether a key is a document's, a file's, a person's or the house's.
func (h *house) isSubject(key string) bool {
	h.Helper()
	id, _, _ := vault.ParseKeyName(key)
	found := false
	h.each(h.store.Records, "m/", func(name string) {
		raw, err := h.Vault.GetLocked(context.Background(), name)
		h.ok(err)
		found = found || strings.Contains(string(raw), fmt.Sprintf(`"object": "%s"`, id))
	})
	return found
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
