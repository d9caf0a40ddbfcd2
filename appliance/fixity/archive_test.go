package fixity

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// archive is a small sound archive, made by the packages that write the real
// one and kept in the fakes.
type archive struct {
	*testing.T
	v             *vault.Vault
	keyFile       string
	id            string
	records, keys *fakeStore
	audit         *fakeStore
	catalog       *fakeCatalog
	log           *fakeLog
	bound         map[record.ObjectID]record.ObjectID // relocated object: the one that its key names
	names         map[string]string                   // id or object name -> how the tests call it
	made          [][]audit.Object                    // what the entries of the log name: subject and manifest
	cfg           Config
}

const (
	lockedDays = 700
	aheadDays  = 520
)

func lockDate() time.Time { return now.AddDate(0, 0, lockedDays) }

func newArchive(t *testing.T) *archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if _, err := vault.NewKeyFile(path, now); err != nil {
		t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(path, recovery)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{T: t, keyFile: path, v: vault.New(vault.Buckets{}, ring, fixedClock{}), id: record.NewID(),
		records: newFakeStore(), keys: newFakeStore(), audit: newFakeStore(),
		catalog: &fakeCatalog{files: map[record.FileID]File{}, people: map[record.PersonID]record.Person{}, heads: map[string]Head{}, known: map[string]bool{}, outbox: map[string][]byte{}},
		log:     &fakeLog{rows: map[int][]Row{}, notes: map[int][]Note{}}, names: map[string]string{}, bound: map[record.ObjectID]record.ObjectID{}}
	a.cfg = Config{Archive: a.id, AuditKey: ed25519.NewKeyFromSeed(ring.AuditSeed()).Public().(ed25519.PublicKey), Clock: fixedClock{},
		Ahead: aheadDays * 24 * time.Hour, AuditAhead: aheadDays * 24 * time.Hour}
	for i := range 3 {
		a.addDocument(fmt.Sprint("d", i+1), i+1)
	}
	a.addFile("f1", 2)
	a.addPerson("p1", 1)
	a.addLog(2025, 7, []uint64{0, 7}, [][2]uint64{{0, 6}})
	a.addLog(2026, 20, []uint64{5, 12, 18}, [][2]uint64{{0, 7}, {8, 15}})
	a.records.put(objectName("p", record.ObjectID(record.NewID())), nil, now)
	a.audit.put(objectName("p", record.ObjectID(record.NewID())), nil, now)
	return a
}

// clone gives a test an archive of its own to spoil.
func (a *archive) clone(t *testing.T) *archive {
	t.Helper()
	c := *a
	c.T, c.names, c.bound = t, maps.Clone(a.names), maps.Clone(a.bound)
	c.records, c.keys, c.audit = a.records.clone(), a.keys.clone(), a.audit.clone()
	c.catalog = &fakeCatalog{docs: slices.Clone(a.catalog.docs), files: maps.Clone(a.catalog.files), people: maps.Clone(a.catalog.people), house: a.catalog.house, heads: maps.Clone(a.catalog.heads),
		known: maps.Clone(a.catalog.known), outbox: maps.Clone(a.catalog.outbox)}
	c.log = &fakeLog{rows: map[int][]Row{}, notes: map[int][]Note{}}
	for year, rows := range a.log.rows {
		c.log.rows[year], c.log.notes[year] = slices.Clone(rows), slices.Clone(a.log.notes[year])
	}
	for _, s := range a.log.states {
		s.Frontier = slices.Clone(s.Frontier)
		c.log.states = append(c.log.states, s)
	}
	return &c
}

func (s *fakeStore) clone() *fakeStore {
	c := newFakeStore()
	for name, o := range s.objects {
		copied := *o
		copied.body = bytes.Clone(o.body)
		c.objects[name] = &copied
	}
	c.above = maps.Clone(s.above)
	return c
}

func (a *archive) ok(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *archive) call(name, by string) {
	if a.names[name] == "" {
		a.names[name] = by
	}
}

// newKey makes a key and puts it.
func (a *archive) newKey(by string) (vault.Key, record.ObjectID) {
	id := record.ObjectID(record.NewID())
	key, err := a.v.NewKey(id)
	a.ok(err)
	a.keys.put(objectName("k", id), key.Sealed(), time.Time{})
	a.call(objectName("k", id), "key of "+by)
	return key, id
}

func (a *archive) encrypt(key vault.Key, plain []byte) []byte {
	var b bytes.Buffer
	w, err := key.Encrypt(&b)
	a.ok(err)
	_, err = w.Write(plain)
	a.ok(err)
	a.ok(w.Close())
	return b.Bytes()
}

func (a *archive) addDocument(by string, manifests int, kept ...string) {
	key, object := a.newKey(by)
	plain := []byte(strings.Repeat("Bescheid "+by+"\n", 10000))
	cipher := a.encrypt(key, plain)
	d := Document{ID: record.DocumentID(record.NewID()), Object: object, File: "f", Type: "bescheid", Direction: record.DirectionOut, Title: by,
		Section: "s", Sensitivity: 1, Dated: "2026-01-02", Received: "2026-01-03", Name: by + ".pdf", Cipher: record.Sum(cipher),
		CipherSize: int64(len(cipher)), Plain: record.Sum(plain), Size: int64(len(plain)), State: record.StateReady, LockedUntil: lockDate(),
		KeepUntil: strings.Join(kept, "")}
	a.catalog.docs = append(a.catalog.docs, d)
	a.call(string(d.ID), by)
	a.records.put(objectName("o", object), cipher, lockDate())
	a.call(objectName("o", object), "original of "+by)
	a.chain(by, string(d.ID), key, manifests, vault.Header{Cipher: d.Cipher, CipherSize: d.CipherSize, KeepUntil: d.KeepUntil}, personalOf(d))
}

func personalOf(d Document) vault.DocumentPersonal {
	return vault.DocumentPersonal{File: d.File, Type: d.Type, Direction: d.Direction, Title: d.Title, Section: d.Section,
		Sensitivity: d.Sensitivity, Dated: d.Dated, Received: d.Received, Name: d.Name, Size: d.Size, Plain: d.Plain}
}

func (a *archive) addFile(by string, manifests int) {
	key, object := a.newKey(by)
	a.call(string(object), by)
	f := File{ID: record.FileID(object), Ordinal: 7, Kind: "leistung", Site: "s", Team: "t", Responsible: "u", RetentionClass: "r", Sensitivity: 1,
		ClosedAt: now.Add(-time.Hour), Numbers: []record.DatedNumber{{Number: "1", From: "2026-01-01"}}, Members: []record.Member{{Person: "p", Role: "applicant"}},
		Grants: []Grant{{User: "u2", Reason: "x"}}, Denials: []Grant{{User: "u3", Reason: "y"}}}
	a.catalog.files[f.ID] = f
	a.chain(by, string(f.ID), key, manifests, vault.Header{}, vault.FilePersonal{Ordinal: f.Ordinal, Kind: f.Kind, Site: f.Site, Team: f.Team,
		Responsible: f.Responsible, RetentionClass: f.RetentionClass, Sensitivity: f.Sensitivity, Numbers: f.Numbers, Members: f.Members,
		Grants: []vault.Grant{{User: "u2", Reason: "x"}}, Denials: []vault.Denial{{User: "u3", Reason: "y"}}, ClosedAt: f.ClosedAt.Format(time.RFC3339Nano)})
}

func (a *archive) addPerson(by string, manifests int) {
	key, object := a.newKey(by)
	a.call(string(object), by)
	p := record.Person{ID: record.PersonID(object), Names: []record.DatedName{{Name: "Muster", FirstName: "Max"}}, BirthDate: "1980-02-29",
		CustomerNumber: "031D1", Address: "Am Markt 1"}
	a.catalog.people[p.ID] = p
	a.chain(by, string(p.ID), key, manifests, vault.Header{}, vault.PersonPersonal{Names: p.Names, BirthDate: p.BirthDate,
		CustomerNumber: p.CustomerNumber, Address: p.Address})
}

// chain writes a subject's manifests and its head.
func (a *archive) chain(by, subject string, key vault.Key, n int, h vault.Header, personal any) {
	name, digest := "", record.Digest("")
	for i := range n {
		id := record.ObjectID(record.NewID())
		h.Manifest, h.Subject, h.Object, h.Sequence = id, subject, key.Object(), i+1
		h.Predecessor, h.PredecessorDigest = name, digest
		h.CreatedAt, h.LockedUntil = now, lockDate()
		b, err := a.v.BuildManifest(key, h, personal)
		a.ok(err)
		name, digest = objectName("m", id), record.Sum(b)
		a.records.put(name, b, lockDate())
		a.call(name, fmt.Sprintf("m%d of %s", i+1, by))
		a.made = append(a.made, []audit.Object{{Kind: audit.KindDocument, ID: subject}, {Kind: audit.KindManifest, ID: string(digest)}})
	}
	a.catalog.heads[subject] = Head{subject, name, n, digest}
}

// addLog writes a year's log: entry 3 is erased, entry 4 says so.
func (a *archive) addLog(year, n int, signed []uint64, segments [][2]uint64) {
	origin, err := audit.Origin(a.id, year)
	a.ok(err)
	signer, err := audit.NewSigner(origin, a.v.Keyring().AuditSeed())
	a.ok(err)
	tree, err := audit.NewTree(0, nil)
	a.ok(err)
	sign := func() {
		if !slices.Contains(signed, tree.Size()) {
			return
		}
		root, err := tree.Root()
		a.ok(err)
		b, err := signer.Sign(tree.Size(), root, now)
		a.ok(err)
		name, err := audit.CheckpointName(year, tree.Size())
		a.ok(err)
		a.audit.put(name, b, lockDate())
		a.log.notes[year] = append(a.log.notes[year], Note{tree.Size(), b})
	}
	sign()
	erased := ""
	for i := range n {
		e := audit.Entry{At: time.Date(year, 2, 1, 0, 0, i, 0, time.UTC), Action: audit.DocumentView, Outcome: audit.Allowed,
			Actor: record.UserID(record.NewID()), Via: "web", Objects: []audit.Object{{Kind: audit.KindDocument, ID: record.NewID()}},
			Personal: audit.Personal{ActorName: "e.mustermann"}}
		if i == 4 {
			e.Action, e.Outcome, e.Objects = audit.AuditErase, audit.Done, []audit.Object{{Kind: audit.KindEntry, ID: erased}}
		}
		if made := i - 5; year == 2026 && made >= 0 && made < len(a.made) {
			e.Objects = a.made[made]
		}
		l, err := audit.Seal(e)
		a.ok(err)
		row := Row{Index: uint64(i), Header: l.Header, Salt: l.Salt, Payload: l.Payload, Leaf: audit.LeafHash(l.Header)}
		if i == 3 {
			erased, row.Salt, row.Payload = l.ID, nil, nil
		}
		a.log.rows[year] = append(a.log.rows[year], row)
		_, err = tree.Append(row.Leaf)
		a.ok(err)
		sign()
	}
	a.log.states = append(a.log.states, LogState{year, uint64(n), tree.Frontier()})
	for _, s := range segments {
		a.addSegment(year, s[0], s[1], 1)
	}
}

func (a *archive) addSegment(year int, first, last uint64, edition int) {
	origin, err := audit.Origin(a.id, year)
	a.ok(err)
	key, id := a.newKey(fmt.Sprintf("segment %d/%d", year, first))
	s := audit.Segment{Origin: origin, Edition: edition, Key: string(id), First: first}
	for _, r := range a.log.rows[year][first : last+1] {
		s.Rows = append(s.Rows, audit.Row{Header: r.Header, Salt: r.Salt, Payload: r.Payload})
	}
	b, err := audit.EncodeSegment(s, func(b []byte) ([]byte, error) { return a.encrypt(key, b), nil })
	a.ok(err)
	name, err := s.Name()
	a.ok(err)
	a.audit.put(name, b, lockDate())
}

func (a *archive) sources() Sources {
	return Sources{Records: a.records, Keys: a.keys, Audit: a.audit, Catalog: a.catalog, Outbox: a.catalog, Log: a.log, Key: realKeys{a.v, a.bound}}
}

// verify runs the verifier and gives what it found, as "kind subject: what"
// with the tests' own names in it.
func (a *archive) verify() ([]string, Result, error) {
	var found []string
	longest := slices.SortedFunc(maps.Keys(a.names), func(x, y string) int { return len(y) - len(x) })
	a.cfg.Report = func(f Finding) {
		if f.Do == "" || f.What == "" {
			a.Errorf("a finding that says too little: %+v", f)
		}
		s := f.Kind + " " + f.Subject + ": " + f.What
		for _, id := range longest { // a key's name holds the id of what it is for
			s = strings.ReplaceAll(s, id, a.names[id])
		}
		found = append(found, s)
	}
	r, err := Run(a.Context(), a.sources(), a.cfg)
	if int64(len(found)) != r.Findings || r.Sound() != (len(found) == 0) {
		a.Errorf("%d findings were reported, the result says %d", len(found), r.Findings)
	}
	return found, r, err
}

// doc gives a document row to be changed.
func (a *archive) doc(by string) *Document {
	for i, d := range a.catalog.docs {
		if a.names[string(d.ID)] == by {
			return &a.catalog.docs[i]
		}
	}
	a.Fatalf("no document %s", by)
	return nil
}

// object gives the name of an object by how the tests call it.
func (a *archive) object(by string) string {
	for name, b := range a.names {
		if b == by {
			return name
		}
	}
	a.Fatalf("no object %s", by)
	return ""
}

// rewrite replaces an object's bytes, as one would who can write to the disks:
// the store's own checksum is made to fit.
func (s *fakeStore) rewrite(name string, change func([]byte) []byte) {
	o := s.objects[name]
	o.body = change(bytes.Clone(o.body))
	o.Size, o.Digest = int64(len(o.body)), record.Sum(o.body)
}

// rewriteAll rewrites a manifest as one would who can write to the disks and to the
// catalog: every later manifest and the catalog keep the hash that fits, so
// that only what the manifest says can give it away.
func (a *archive) rewriteAll(by string, change func([]byte) []byte) {
	name := a.object(by)
	for {
		old := a.records.objects[name].Digest
		a.records.rewrite(name, change)
		fits := a.records.objects[name].Digest
		for subject, h := range a.catalog.heads {
			if h.Name == name {
				h.Digest = fits
				a.catalog.heads[subject] = h
			}
		}
		name = ""
		for n, o := range a.records.objects {
			if bytes.Contains(o.body, []byte(`"predecessor_digest": "`+string(old)+`"`)) {
				name, change = n, replaced(string(old), string(fits))
			}
		}
		if name == "" {
			return
		}
	}
}
