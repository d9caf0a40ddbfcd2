package fixity

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

func replaced(old, with string) func([]byte) []byte {
	return func(b []byte) []byte {
		if !bytes.Contains(b, []byte(old)) {
			panic("the fault changes nothing")
		}
		return bytes.Replace(b, []byte(old), []byte(with), 1)
	}
}

func TestChainFaults(t *testing.T) {
	tryFaults(t, map[string]fault{
		"no manifest": {func(a *archive) { delete(a.records.objects, a.object("m1 of d1")) },
			[]string{"missing document d1: The manifest m1 of d1"}},
		"no head": {func(a *archive) { delete(a.catalog.heads, string(a.doc("d1").ID)) },
			[]string{"missing document d1: The catalog knows no manifest", "alien object m1 of d1"}},
		"manifest in the middle missing": {func(a *archive) { delete(a.records.objects, a.object("m2 of d3")) },
			[]string{"missing document d3: The manifest m2 of d3", "alien object m1 of d3"}},
		"head set back": {func(a *archive) {
			id := string(a.doc("d3").ID)
			a.catalog.heads[id] = Head{id, a.object("m2 of d3"), 2, a.records.objects[a.object("m2 of d3")].Digest}
		}, []string{"alien object m3 of d3: It looks like a manifest", "missing audit entry 2026/10: The log names a manifest"}},
		"head's number": {func(a *archive) {
			id := string(a.doc("d3").ID)
			a.catalog.heads[id] = Head{id, a.object("m3 of d3"), 4, a.records.objects[a.object("m3 of d3")].Digest}
		}, []string{"chain document d3: Manifest 4 (m3 of d3) has the number 3", "alien object m2 of d3", "alien object m1 of d3"}},
		"manifest left out": {func(a *archive) {
			a.rewriteAll("m3 of d3", replaced(a.object("m2 of d3"), a.object("m1 of d3")))
		}, []string{"chain document d3: Manifest 2 (m1 of d3) has the number 1", "alien object m2 of d3"}},
		"chain cut": {func(a *archive) {
			a.rewriteAll("m3 of d3", replaced(a.object("m2 of d3"), ""))
		}, []string{"chain document d3: Manifest 3 (m3 of d3) names a predecessor", "alien object m2 of d3", "alien object m1 of d3"}},
		"chain in a ring": {func(a *archive) {
			a.rewriteAll("m2 of d3", replaced(a.object("m1 of d3"), a.object("m3 of d3")))
		}, []string{"chain document d3: Manifest 1 (m3 of d3) has the number 3", "alien object m1 of d3"}},
		"manifest under another's name": {func(a *archive) {
			other := a.records.objects[a.object("m1 of d3")].body
			a.rewriteAll("m2 of d3", func([]byte) []byte { return bytes.Clone(other) })
		}, []string{"chain document d3: Manifest 2 (m2 of d3) lies under", "alien object m1 of d3"}},
		"manifest of another": {func(a *archive) {
			a.rewriteAll("m1 of d1", replaced(string(a.doc("d1").ID), string(a.doc("d2").ID)))
		}, []string{"chain document d1: Manifest 1 (m1 of d1) is one of another"}},
		"manifest speaks of another original": {func(a *archive) {
			a.rewriteAll("m1 of d2", replaced(string(a.doc("d2").Cipher), string(record.Sum(nil))))
		}, []string{"mismatch document d2: Manifest 1 (m1 of d2) speaks of another original"}},
		"manifest of another size": {func(a *archive) {
			size := fmt.Sprintf(`"cipher_size": %d`, a.doc("d2").CipherSize)
			a.rewriteAll("m1 of d2", replaced(size, `"cipher_size": 1`))
		}, []string{"mismatch document d2: Manifest 1 (m1 of d2) speaks of another original"}},
		"manifest of another kind": {func(a *archive) {
			a.rewriteAll("m1 of d2", replaced(`"kind": "document"`, `"kind": "file"`))
		}, []string{"mismatch document d2: Manifest 1 (m1 of d2) speaks of another original"}},
		"manifest of another object": {func(a *archive) {
			a.rewriteAll("m1 of d2", replaced(string(a.doc("d2").Object), string(a.doc("d1").Object)))
		}, []string{"mismatch document d2: Manifest 1 (m1 of d2) speaks of another original"}},
		"manifest of another size in the store": {func(a *archive) { a.records.objects[a.object("m1 of d1")].Size++ },
			[]string{"changed document d1: The manifest m1 of d1 is damaged"}},
		"manifest unreadable": {func(a *archive) { a.records.fail[a.object("m3 of d3")] = errDisk },
			[]string{"unreadable document d3: The manifest m3 of d3 could not be read"}},
		"manifest no JSON": {func(a *archive) { a.rewriteAll("m1 of d1", func([]byte) []byte { return []byte("x") }) },
			[]string{"changed document d1: The manifest m1 of d1 can't be read"}},
		"manifest of another version": {func(a *archive) { a.rewriteAll("m1 of d1", replaced(`"version": 1`, `"version": 9`)) },
			[]string{"changed document d1: The manifest m1 of d1 can't be read"}},
		"manifest damaged on the disk": {func(a *archive) { flip(a.records.objects[a.object("m1 of d1")].body) },
			[]string{"changed document d1: The manifest m1 of d1 is damaged"}},
		"personal part changed": {func(a *archive) {
			a.rewriteAll("m1 of d1", func(b []byte) []byte {
				i := bytes.Index(b, []byte("-----BEGIN")) + 300
				for b[i] == '\\' || b[i] == 'n' { // the line feeds, in JSON
					i++
				}
				if b[i]++; b[i] == '{' || b[i] == '[' || b[i] == ':' || b[i] == ',' || b[i] == '0' {
					b[i] = 'A'
				}
				return b
			})
		}, []string{"changed document d1: The personal part of Manifest 1"}},
		"personal part gone": {func(a *archive) { a.rewriteAll("m1 of d1", replaced("-----BEGIN", "----")) },
			[]string{"changed document d1: Manifest 1 (m1 of d1) has no personal part"}},
		"no lock on a manifest": {func(a *archive) { a.records.objects[a.object("m1 of d3")].Mode = "" },
			[]string{"lock document d3: Manifest 1 (m1 of d3) has no COMPLIANCE"}},
		"short lock on a manifest": {func(a *archive) {
			a.records.objects[a.object("m1 of d3")].LockedUntil = lockDate().Add(-time.Second)
		}, []string{"lock document d3: Manifest 1 (m1 of d3) is locked until 2028-05-15T02:59:59Z, the catalog says"}},
		"file's manifest": {func(a *archive) { delete(a.records.objects, a.object("m1 of f1")) },
			[]string{"missing file f1: The manifest m1 of f1"}},
		"file's newest manifest": {func(a *archive) { delete(a.records.objects, a.object("m2 of f1")) },
			[]string{"missing subject f1: The manifest m2 of f1", "alien object m1 of f1"}},
		"file's key": {func(a *archive) { delete(a.keys.objects, a.object("key of f1")) },
			[]string{"missing file f1: The sealed key"}},
		"person's manifest without lock": {func(a *archive) { a.records.objects[a.object("m1 of p1")].Mode = "" },
			[]string{"lock person p1: Manifest 1 (m1 of p1) has no COMPLIANCE"}},
	})
}

// Only the hashes give these away: each manifest is well-formed, opens, and
// says what the row says.
func TestHashChainFaults(t *testing.T) {
	change := replaced(`"change": "`, `"change": "x`)
	tryFaults(t, map[string]fault{
		"newest manifest changed": {func(a *archive) { a.records.rewrite(a.object("m3 of d3"), change) },
			[]string{"changed document d3: Manifest 3 (m3 of d3) is not the one whose hash the catalog keeps"}},
		"only manifest changed": {func(a *archive) { a.records.rewrite(a.object("m1 of p1"), change) },
			[]string{"changed person p1: Manifest 1 (m1 of p1) is not the one whose hash the catalog keeps"}},
		"manifest in the middle changed": {func(a *archive) { a.records.rewrite(a.object("m2 of d3"), change) },
			[]string{"chain document d3: Manifest 2 (m2 of d3) is not the one whose hash its successor keeps"}},
		"first manifest of a file changed": {func(a *archive) { a.records.rewrite(a.object("m1 of f1"), change) },
			[]string{"chain file f1: Manifest 1 (m1 of f1) is not the one whose hash its successor keeps"}},
		"first and second changed, the second to fit": {func(a *archive) {
			old := a.records.objects[a.object("m1 of d3")].Digest
			a.records.rewrite(a.object("m1 of d3"), change)
			a.records.rewrite(a.object("m2 of d3"), replaced(string(old), string(a.records.objects[a.object("m1 of d3")].Digest)))
		}, []string{"chain document d3: Manifest 2 (m2 of d3) is not the one whose hash its successor keeps"}},
		"hash changed in the catalog": {func(a *archive) {
			h := a.catalog.heads[string(a.doc("d1").ID)]
			h.Digest = record.Sum(nil)
			a.catalog.heads[h.Subject] = h
		}, []string{"changed document d1: Manifest 1 (m1 of d1) is not the one whose hash the catalog keeps"}},
		"hash removed from the catalog": {func(a *archive) {
			h := a.catalog.heads[string(a.doc("d1").ID)]
			h.Digest = ""
			a.catalog.heads[h.Subject] = h
		}, []string{"changed document d1: Manifest 1 (m1 of d1) is not the one whose hash the catalog keeps"}},
		"hash removed from a manifest": {func(a *archive) {
			a.rewriteAll("m3 of d3", replaced(string(a.records.objects[a.object("m2 of d3")].Digest), ""))
		}, []string{"chain document d3: Manifest 2 (m2 of d3) is not the one whose hash its successor keeps"}},
		"first manifest with a predecessor's hash": {func(a *archive) {
			a.rewriteAll("m1 of d1", replaced(`"predecessor_digest": "`, `"predecessor_digest": "`+string(record.Sum(nil))))
		}, []string{"chain document d1: Manifest 1 (m1 of d1) names the hash of a predecessor"}},
		"changed while it waits in the outbox": {func(a *archive) {
			name := a.object("m3 of d3")
			a.catalog.outbox[name] = change(a.records.objects[name].body)
			delete(a.records.objects, name)
		}, []string{"changed document d3: Manifest 3 (m3 of d3) is not the one whose hash the catalog keeps"}},
		"changed with everything that keeps its hash": {func(a *archive) { a.rewriteAll("m1 of d3", change) }, // only the signed log can tell
			[]string{"missing audit entry 2026/8: The log names", "missing audit entry 2026/9: The log names", "missing audit entry 2026/10: The log names"}},
	})
}

func TestStrangers(t *testing.T) {
	id := record.ObjectID(record.NewID())
	put := func(letter string) func(*archive) {
		return func(a *archive) {
			a.call(objectName(letter, id), "X")
			s := a.records
			if letter == "k" {
				s = a.keys
			}
			s.put(objectName(letter, id), []byte("x"), lockDate())
		}
	}
	tryFaults(t, map[string]fault{
		"original":  {put("o"), []string{"alien object X: It looks like an original"}},
		"spare key": {put("k"), nil},
		"manifest":  {put("m"), []string{"changed object X: The manifest X can't be read"}},
		"tombstone": {put("t"), []string{"changed tombstone X: The tombstone can't be read"}},
		"name": {func(a *archive) { a.records.put("invoice.exe", []byte("x"), time.Time{}) },
			[]string{"alien object invoice.exe: The appliance makes no objects"}},
		"nearly a name": {func(a *archive) { a.records.put("o/00/"+strings.Repeat("f", 32), []byte("x"), time.Time{}) },
			[]string{"alien object o/00/"}},
		"original among the keys": {func(a *archive) { a.keys.put(objectName("o", id), []byte("x"), time.Time{}) },
			[]string{"alien object o/"}},
		"known to the journal": {func(a *archive) {
			a.records.put(objectName("o", id), []byte("x"), lockDate())
			a.catalog.known[objectName("o", id)] = true
		}, nil},
		"too young to judge": {func(a *archive) {
			put("o")(a)
			a.cfg.Young = time.Hour
			a.records.objects[objectName("o", id)].Modified = now.Add(-time.Minute)
		}, nil},
		"old enough": {func(a *archive) {
			put("o")(a)
			a.cfg.Young = time.Hour
			a.records.objects[objectName("o", id)].Modified = now.Add(-time.Hour)
		}, []string{"alien object X"}},
		"in the audit bucket": {func(a *archive) {
			for _, n := range []string{"x", "2026/other/0000000001", "2026/checkpoint/1", "1999/checkpoint/0000000001",
				"2026/segment/0000000009-0000000008", "2026/segment/0000000000-0000000007.1", "2026/segment/1-2",
				"2026/segment/0000000000-0000000007.02", "10000/checkpoint/0000000001"} {
				a.audit.put(n, []byte("x"), lockDate())
			}
		}, slices.Repeat([]string{"alien object"}, 9)},
	})
}

// putBehind gives d1 a second manifest after the documents were read; keeps is
// the hash that the catalog then has of it.
func putBehind(a *archive, keeps func([]byte) record.Digest) {
	d := a.doc("d1")
	key, err := a.v.KeyFromSealed(d.Object, a.keys.objects[a.object("key of d1")].body)
	a.ok(err)
	before := a.catalog.heads[string(d.ID)]
	id := record.ObjectID(record.NewID())
	h := vault.Header{Manifest: id, Subject: string(d.ID), Object: d.Object, Sequence: 2, Predecessor: before.Name,
		PredecessorDigest: before.Digest, CreatedAt: now, LockedUntil: lockDate(), Cipher: d.Cipher, CipherSize: d.CipherSize}
	b, err := a.v.BuildManifest(key, h, personalOf(*d))
	a.ok(err)
	a.records.put(objectName("m", id), b, lockDate())
	next := Head{string(d.ID), objectName("m", id), 2, keeps(b)}
	a.log.grow = func() { a.catalog.heads[string(d.ID)] = next } // after the documents were read
}

// What changes while a run reads is no finding.
func TestChangesDuringTheRun(t *testing.T) {
	tryFaults(t, map[string]fault{
		"newest manifest still in the outbox": {func(a *archive) {
			for _, m := range []string{"m2 of d3", "m3 of d3"} {
				name := a.object(m)
				a.catalog.outbox[name] = a.records.objects[name].body
				delete(a.records.objects, name)
			}
		}, nil},
		"outbox speaks of another": {func(a *archive) {
			name := a.object("m3 of d3")
			a.catalog.outbox[name] = replaced(string(a.doc("d3").ID), string(a.doc("d1").ID))(a.records.objects[name].body)
			delete(a.records.objects, name)
		}, []string{"chain document d3: Manifest 3 (m3 of d3) is one of another", "alien object m1 of d3", "alien object m2 of d3"}},
		"document filed meanwhile": {func(a *archive) {
			row := *a.doc("d1")
			a.doc("d1").File = "before"
			a.catalog.fresh = func(id record.DocumentID) {
				if id == row.ID {
					*a.doc("d1") = row
				}
			}
		}, nil},
		"manifest put behind the head": {func(a *archive) { putBehind(a, record.Sum) }, nil},
		"manifest put behind the head, other bytes": {func(a *archive) { putBehind(a, func([]byte) record.Digest { return record.Sum(nil) }) },
			[]string{"alien object m/"}},
	})
}

// bury puts a tombstone of a document, and destroys its key.
func bury(a *archive, by string, keyGone bool) string {
	d := a.doc(by)
	id := record.ObjectID(record.NewID())
	b, err := vault.EncodeTombstone(vault.Tombstone{ID: id, Act: vault.ActErased, Kind: vault.KindDocument, Subject: string(d.ID), Object: d.Object,
		ProposedBy: "a", ApprovedBy: "b", At: now})
	a.ok(err)
	name := objectName("t", id)
	a.records.put(name, b, lockDate())
	a.call(name, "T")
	if keyGone {
		delete(a.keys.objects, a.object("key of "+by))
	}
	return name
}

func TestTombstones(t *testing.T) {
	tryFaults(t, map[string]fault{
		"erased": {func(a *archive) { bury(a, "d2", true) }, nil},
		"disposed": {func(a *archive) {
			bury(a, "d2", true)
			a.doc("d2").State = record.StateDisposed
			delete(a.records.objects, a.object("original of d2"))
		}, nil},
		"key still there": {func(a *archive) { bury(a, "d2", false) },
			[]string{"erasure document d2: A tombstone says that it is erased, but its key"}},
		"tombstone without lock": {func(a *archive) { a.records.objects[bury(a, "d2", true)].Mode = "" },
			[]string{"lock tombstone T: The tombstone has no COMPLIANCE"}},
		"tombstone of another version": {func(a *archive) {
			a.records.rewrite(bury(a, "d2", true), replaced(`"version": 1`, `"version": 9`))
		}, []string{"changed tombstone T: The tombstone can't be read", "missing document d2: The document's sealed key"}},
		"tombstone of nothing": {func(a *archive) {
			a.records.rewrite(bury(a, "d2", true), replaced(string(a.doc("d2").ID), "x"))
		}, []string{"changed tombstone T: The tombstone can't be read", "missing document d2: The document's sealed key"}},
		"tombstone under another name": {func(a *archive) {
			name := bury(a, "d2", false)
			a.records.objects[objectName("t", "ffffffffffffffffffffffffffffffff")] = a.records.objects[name]
			a.records.objects[name].Name = objectName("t", "ffffffffffffffffffffffffffffffff")
			delete(a.records.objects, name)
		}, []string{"changed tombstone t/ff/"}},
	})
}
