package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
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
