package fixity

import (
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// hold makes a hold stand on a document or its file, in the catalog and the
// manifest; the store is for the test to make follow.
func (a *archive) hold(by string) {
	d := a.doc(by)
	d.FileHolds = []Standing{{ID: "h1", Kind: "litigation", At: now.Add(-2 * time.Hour)}}
}

func TestHoldFaults(t *testing.T) {
	follow := func(a *archive, names ...string) {
		for _, n := range names {
			a.records.objects[a.object(n)].Hold = true
		}
	}
	tryFaults(t, map[string]fault{
		"held": {func(a *archive) { a.hold("d1"); follow(a, "original of d1", "m1 of d1") }, nil},
		"original not held in the store": {func(a *archive) { a.hold("d1"); follow(a, "m1 of d1") },
			[]string{"hold document d1: The original has no legal hold in the store"}},
		"manifest not held in the store": {func(a *archive) { a.hold("d1"); follow(a, "original of d1") },
			[]string{"hold document d1: Manifest 1 (m1 of d1) has no legal hold in the store"}},
		"the store is still to follow": {func(a *archive) { a.hold("d1"); a.cfg.Young = 3 * time.Hour }, nil},
		"lock must reach beyond keep_until while held": {func(a *archive) {
			endsIn30Days(a, 30)
			a.hold("d4")
			follow(a, "original of d4", "m1 of d4")
		}, []string{"lock document d4: The original is locked until 2026-07-15T03:00:00Z, today it must"}},
		"hold in the row only": {func(a *archive) {
			a.doc("d1").Holds = []Standing{{ID: "h1", Kind: "litigation", At: now.Add(-time.Hour)}}
			follow(a, "original of d1", "m1 of d1")
		}, []string{"mismatch document d1: Manifest 1 (m1 of d1) and the catalog differ in: holds."}},
		"file's hold in the row only": {func(a *archive) { a.changeFile(func(f *File) { f.Holds = []Standing{{ID: "h2", Kind: "x"}} }) },
			[]string{"mismatch file f1: Manifest 2 (m2 of f1) and the catalog differ in: holds."}},
	})
	for name, c := range map[string]struct {
		described []describedHold
		rows      []Standing
		same      bool
	}{
		"lifted":       {[]describedHold{{ID: "a", Kind: "k", To: "2026-01-01"}}, nil, true},
		"row removed":  {[]describedHold{{ID: "a", Kind: "k"}}, nil, false},
		"the same":     {[]describedHold{{ID: "a", Kind: "k"}}, []Standing{{ID: "a", Kind: "k"}}, true},
		"another kind": {[]describedHold{{ID: "a", Kind: "k"}}, []Standing{{ID: "a", Kind: "l"}}, false},
	} {
		if sameHolds(c.described, c.rows) != c.same {
			t.Errorf("%s: %v", name, !c.same)
		}
	}
}

// addHouse gives the archive a house with a manifest.
func (a *archive) addHouse() {
	h := House{Archive: a.id, Name: "Jobcenter", Recovery: "age1", Sites: []record.Site{{Code: "1", Teams: []record.Team{{Code: "L1"}}}},
		Retention: []record.RetentionClass{{Class: "leistung", Years: 10}},
		Users:     []User{{ID: "u1", Name: "k.sommer", Roles: []record.RoleAt{{Role: "caseworker", Site: "1"}}}, {ID: "u0", Name: "x", Disabled: true}}}
	a.catalog.house = h
	key, err := a.v.NewKey(record.ObjectID(a.id))
	a.ok(err)
	a.keys.put(objectName("k", key.Object()), key.Sealed(), time.Time{})
	p := vault.HousePersonal{Archive: h.Archive, Name: h.Name, Recovery: h.Recovery, Sites: h.Sites, Retention: h.Retention}
	for _, u := range []User{h.Users[1], h.Users[0]} { // another engine's order
		p.Users = append(p.Users, vault.HouseUser{ID: u.ID, Name: u.Name, Display: u.Display, Disabled: u.Disabled, Roles: u.Roles})
	}
	a.chain("house", a.id, key, 2, vault.Header{}, p)
}

func TestHouseFaults(t *testing.T) {
	differs := func(fields string) []string {
		return []string{"mismatch house H: Manifest 2 (m2 of house) and the catalog differ in: " + fields + "."}
	}
	faults := map[string]fault{
		"sound":         {func(*archive) {}, nil},
		"role slipped":  {func(a *archive) { a.catalog.house.Users[0].Roles = []record.RoleAt{{Role: "dpo", Site: "1"}} }, differs("users")},
		"user enabled":  {func(a *archive) { a.catalog.house.Users[1].Disabled = false }, differs("users")},
		"years":         {func(a *archive) { a.catalog.house.Retention[0].Years = 1 }, differs("retention")},
		"team, custody": {func(a *archive) { a.catalog.house.Sites[0].Teams, a.catalog.house.Recovery = nil, "age2" }, differs("recovery, sites")},
		"name":          {func(a *archive) { a.catalog.house.Name = "x" }, differs("name")},
	}
	for name, f := range faults {
		faults[name] = fault{func(a *archive) {
			a.addHouse()
			a.call(a.id, "H")
			f.plant(a)
		}, f.want}
	}
	tryFaults(t, faults)
}

// relocate puts a document's original once more, under another name, and says
// so in a manifest.
func (a *archive) relocate(by, change string) {
	d := a.doc(by)
	old, next := d.Object, record.ObjectID(record.NewID())
	first := old
	for a.bound[first] != "" {
		first = a.bound[first]
	}
	key, err := a.v.KeyFromSealed(first, a.sealed(by))
	a.ok(err)
	head := a.catalog.heads[string(d.ID)]
	id := record.ObjectID(record.NewID())
	b, err := a.v.BuildManifest(key, vault.Header{Manifest: id, Subject: string(d.ID), Object: first, Sequence: head.Sequence + 1, Change: change,
		Predecessor: head.Name, PredecessorDigest: head.Digest, CreatedAt: now, LockedUntil: lockDate(), Cipher: d.Cipher,
		CipherSize: d.CipherSize}, personalOf(*d))
	a.ok(err)
	b = []byte(strings.Replace(string(b), `"object": "`+string(first), `"object": "`+string(next), 1))
	a.records.put(objectName("m", id), b, lockDate())
	a.records.put(objectName("o", next), a.records.objects[objectName("o", old)].body, lockDate())
	a.keys.put(objectName("k", next), a.sealed(by), time.Time{})
	a.call(objectName("m", id), "m of the new place")
	a.catalog.heads[string(d.ID)] = Head{string(d.ID), objectName("m", id), head.Sequence + 1, record.Sum(b)}
	d.Object = next
	a.bound[next] = old
}

func TestRelocationFaults(t *testing.T) {
	tryFaults(t, map[string]fault{
		"relocated and erased": {func(a *archive) {
			a.relocate("d2", relocated)
			delete(a.keys.objects, a.object("key of d2"))
			bury(a, "d2", false)
			delete(a.keys.objects, objectName("k", a.doc("d2").Object))
		}, nil},
		"relocated and erased, the earlier key left": {func(a *archive) {
			a.relocate("d2", relocated)
			bury(a, "d2", false)
			delete(a.keys.objects, objectName("k", a.doc("d2").Object))
		}, []string{"erasure document d2: A tombstone says that it is erased, but its key"}},
		"relocated": {func(a *archive) { a.relocate("d2", relocated) }, nil},
		"relocated, the earlier one damaged": {func(a *archive) {
			a.relocate("d2", relocated)
			a.records.rewrite(a.object("original of d2"), flip)
		}, nil},
		"relocated, the earlier one gone": {func(a *archive) {
			a.relocate("d2", relocated)
			delete(a.records.objects, a.object("original of d2"))
		}, nil},
		"relocated twice": {func(a *archive) {
			a.relocate("d2", relocated)
			a.relocate("d2", relocated)
		}, nil},
		"another object without a relocation": {func(a *archive) { a.relocate("d2", "filed") },
			[]string{"mismatch document d2: Manifest 2 (m2 of d2) speaks of another original", "mismatch document d2: Manifest 1 (m1 of d2) speaks of another original",
				"alien object original of d2"}},
		"relocated to other bytes": {func(a *archive) {
			a.relocate("d2", relocated)
			d := a.doc("d2")
			name := objectName("o", d.Object)
			a.records.rewrite(name, func(b []byte) []byte { return append(b, 0) })
			d.Cipher, d.CipherSize = a.records.objects[name].Digest, a.records.objects[name].Size
		}, []string{"changed document d2: The original is unchanged, but", "mismatch document d2: Manifest 3", "mismatch document d2: Manifest 2", "mismatch document d2: Manifest 1"}},
	})
}
