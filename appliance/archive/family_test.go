package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/worker"
)

func onBoth(t *testing.T, test func(d *desk)) {
	t.Run("sqlite", func(t *testing.T) { test(newDesk(t, catalogtest.SQLite)) })
	if pg := catalogtest.StartPostgres(t); pg != nil {
		t.Run("postgres", func(t *testing.T) { test(newDesk(t, pg.Open)) })
	}
}

// enclose takes in parts of a container and gives them in their order.
func (d *desk) enclose(container record.DocumentID, bodies ...string) []record.DocumentID {
	d.t.Helper()
	take := d.in.Unpack(context.Background(), container)
	for i, body := range bodies {
		if err := take(worker.Part{Number: i + 1, Name: fmt.Sprintf("%d.pdf", i+1), Body: strings.NewReader(body)}); err != nil {
			d.t.Fatal(err)
		}
	}
	var out []record.DocumentID
	d.tx(func(tx *catalog.Tx) error {
		for i := range bodies {
			id, err := tx.EnclosedAt(container, i+1)
			if err != nil {
				return err
			}
			out = append(out, id)
		}
		return nil
	})
	return out
}

// family is a mail with a letter, an archive and what lies in the archive.
func (d *desk) family(by string, file record.FileID) []record.DocumentID {
	d.t.Helper()
	mail := d.postUnindexed(by, file, "Anbei die Unterlagen")
	parts := d.enclose(mail, "ein Brief", "ein Archiv")
	inner := d.enclose(parts[1], "ein Bescheid")
	return append([]record.DocumentID{mail}, append(parts, inner...)...)
}

func (d *desk) file(by string, id record.DocumentID, file record.FileID) DocumentView {
	d.t.Helper()
	v, err := d.ChangeDocument(context.Background(), d.as(by), id, DocumentChange{File: ref(string(file))})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func ref(s string) *string { return &s }

// where says in which file documents lie, by the catalog and by their newest
// manifests, which have to agree.
func (d *desk) where(ids ...record.DocumentID) (files []record.FileID) {
	d.t.Helper()
	for _, id := range ids {
		var doc record.Document
		d.tx(func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(id); return err })
		said, err := d.newestManifest(context.Background(), doc)
		if err != nil {
			d.t.Fatal(err)
		}
		if said.personal.File != doc.File {
			d.t.Errorf("%s lies in %q, its manifest says %q", id, doc.File, said.personal.File)
		}
		files = append(files, doc.File)
	}
	return files
}

func (d *desk) lieIn(file record.FileID, ids ...record.DocumentID) {
	d.t.Helper()
	if at := d.where(ids...); slices.ContainsFunc(at, func(f record.FileID) bool { return f != file }) {
		d.t.Errorf("lie in %v, want all in %q", at, file)
	}
}

// items lists which documents have an open item.
func (d *desk) items(ids ...record.DocumentID) (has []record.DocumentID) {
	d.t.Helper()
	d.tx(func(tx *catalog.Tx) error {
		for _, id := range ids {
			if _, err := tx.OpenItemOf(id); err == nil {
				has = append(has, id)
			} else if !errors.Is(err, record.NotFound) {
				return err
			}
		}
		return nil
	})
	return has
}

// TestFamilyIsFiledTogether: out of clearing, from file to file and back, each
// with its manifest, its entry and its place on the dirty list; what was filed
// elsewhere before stays there.
func TestFamilyIsFiledTogether(t *testing.T) {
	onBoth(t, func(d *desk) {
		a, b := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
		all := d.family("scan", "")
		mail, letter, packed := all[0], all[1], all[2]
		d.lieIn("", all...)
		if v := d.file("clearing", mail, a.ID); !slices.Equal(v.Moved, all[1:]) {
			t.Fatalf("went along %v, want %v", v.Moved, all[1:])
		}
		d.lieIn(a.ID, all...)
		if got := d.items(all...); !slices.Equal(got, all[:1]) {
			t.Errorf("items of %v", got)
		}
		if n := d.entries(audit.DocumentFile, audit.Done); n != len(all) {
			t.Errorf("%d entries for %d documents", n, len(all))
		}
		d.tx(func(tx *catalog.Tx) error {
			dirty, _, err := tx.Dirty()
			if slices.Sort(dirty); len(dirty) != len(all) {
				t.Errorf("dirty: %v", dirty)
			}
			return err
		})
		if v := d.file("sommer", letter, b.ID); len(v.Moved) != 0 {
			t.Errorf("with the letter went %v", v.Moved)
		}
		if got := d.items(all...); !slices.Equal(got, all[:2]) {
			t.Errorf("a letter that was moved away: items of %v", got)
		}
		c := d.makeFile("sommer", "03104//0000003", "Dritte", 0)
		if v := d.file("sommer", mail, c.ID); !slices.Equal(v.Moved, all[2:]) {
			t.Errorf("with the mail went %v", v.Moved)
		}
		d.lieIn(b.ID, letter)
		d.lieIn(c.ID, mail, packed, all[3])
		if v, err := d.ChangeDocument(t.Context(), d.as("sommer"), mail, DocumentChange{Title: ref("Neu")}); err != nil || v.Moved != nil {
			t.Errorf("a new title moves %v, %v", v.Moved, err)
		}
		d.lieIn(c.ID, mail, packed, all[3])
	})
}

// TestFamilyIsFoundWhereItLies: an attachment that was read leaves search with
// its mail, and comes back in the new file.
func TestFamilyIsFoundWhereItLies(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	a, b := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("winter", "03107//0000002", "Fremd", 0)
	mail := d.post("sommer", a.ID, "Anbei die Heizkostenabrechnung")
	letter := d.post("sommer", a.ID, "Mietbescheinigung")
	d.tx(func(tx *catalog.Tx) error {
		return tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: letter, Place: 1})
	})
	if got := d.finds("sommer", "Mietbescheinigung"); !slices.Equal(got, []record.DocumentID{letter}) {
		t.Fatalf("before: %v", got)
	}
	d.tx(func(tx *catalog.Tx) error {
		return tx.PutRoles(d.as("sommer").User, []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104", Team: "L1"}, {Role: record.RoleCaseworker, Site: "03107", Team: "L1"}})
	})
	d.file("sommer", mail, b.ID)
	for who, want := range map[string]int{"herbst": 0, "winter": 0} {
		if got := d.finds(who, "Mietbescheinigung"); len(got) != want {
			t.Errorf("%s finds %v before the index has seen it", who, got)
		}
	}
	waiting := map[string]bool{}
	d.tx(func(tx *catalog.Tx) (err error) {
		waiting, err = tx.UntriedJobs(d.IndexKind, []string{string(mail), string(letter)})
		return err
	})
	if len(waiting) != 2 {
		t.Errorf("to be indexed: %v", waiting)
	}
	d.bring(letter)
	if got := d.finds("winter", "Mietbescheinigung"); !slices.Equal(got, []record.DocumentID{letter}) {
		t.Errorf("winter finds %v", got)
	}
	if got := d.finds("herbst", "Mietbescheinigung"); len(got) != 0 {
		t.Errorf("herbst finds %v", got)
	}
}

// TestFamilyIsRefusedTogether: where policy keeps one part, nothing moves, the
// answer says why, and the log names both.
func TestFamilyIsRefusedTogether(t *testing.T) {
	onBoth(t, func(d *desk) {
		a, b := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
		all := d.family("sommer", a.ID)
		last := all[len(all)-1]
		sensitive := func(s record.Sensitivity) {
			d.tx(func(tx *catalog.Tx) error {
				doc, err := tx.DocumentByID(last)
				if err != nil {
					return err
				}
				doc.Sensitivity = s
				return tx.UpdateDocument(doc)
			})
		}
		sensitive(record.SensitivityRestricted)
		file := DocumentChange{File: ref(string(b.ID)), IdempotencyKey: "k"}
		_, err := d.ChangeDocument(t.Context(), d.as("lead"), all[0], file)
		if !errors.Is(err, record.Denied) || !strings.Contains(err.Error(), "Something came with this document") || d.entries(audit.DocumentFile, audit.Denied) != 1 || d.entries(audit.DocumentFile, audit.Done) != 0 {
			t.Errorf("%v; %d refusals, %d filed", err, d.entries(audit.DocumentFile, audit.Denied), d.entries(audit.DocumentFile, audit.Done))
		}
		if at := d.where(all...); slices.Contains(at, b.ID) {
			t.Errorf("lie in %v", at)
		}
		sensitive(record.SensitivityNormal)
		if v, err := d.ChangeDocument(t.Context(), d.as("lead"), all[0], file); err != nil || len(v.Moved) != 3 {
			t.Errorf("allowed, with the same key: %v, %v", v.Moved, err)
		}
		if _, err := d.ChangeDocument(t.Context(), d.as("winter"), all[0], DocumentChange{File: ref(string(a.ID))}); !errors.Is(err, record.NotFound) {
			t.Errorf("who may see none of it: %v", err)
		}
		d.lieIn(b.ID, all...)
	})
}

// TestFamilyAllOrNothing lets each call to the catalog and to the store fail in
// turn: in the end all of it lies in one file, or none does, and manifests,
// entries and rows agree.
func TestFamilyAllOrNothing(t *testing.T) {
	for name, fail := range map[string]func(d *desk, n int) (passed func() bool){
		"catalog": func(d *desk, n int) func() bool {
			d.rows.FailAt(n)
			return func() bool { defer d.rows.FailAt(0); return d.rows.Count() < n }
		},
		"store": func(d *desk, n int) func() bool {
			d.store.From = d.store.Calls() + n
			return func() bool { defer func() { d.store.From = 0 }(); return d.store.Calls() < d.store.From }
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, catalogtest.SQLite)
			a, b := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
			all := []record.DocumentID{d.postUnindexed("sommer", a.ID, "Anbei")}
			all = append(all, d.enclose(all[0], "eins", "zwei")...)
			to, from := b.ID, a.ID
			for n := 1; ; n += 1 + n/20 { // the later, the more they are alike
				before := d.entries(audit.DocumentFile, audit.Done)
				passed := fail(d, n)
				change := DocumentChange{File: ref(string(to)), IdempotencyKey: fmt.Sprint(n)}
				_, err := d.ChangeDocument(t.Context(), d.as("sommer"), all[0], change)
				done := passed()
				at := d.where(all...)
				moved := d.entries(audit.DocumentFile, audit.Done) - before
				if slices.ContainsFunc(at, func(f record.FileID) bool { return f != at[0] }) ||
					moved != 0 && moved != len(all) || (at[0] == to) != (moved > 0) || err == nil && at[0] != to {
					t.Fatalf("call %d: %v; lie in %v, %d entries", n, err, at, moved)
				}
				if v, err := d.ChangeDocument(t.Context(), d.as("sommer"), all[0], change); err != nil || len(v.Moved) != len(all)-1 {
					t.Fatalf("call %d, sent again: %v, %v", n, v.Moved, err)
				}
				d.lieIn(to, all...)
				if done {
					if n < 10 {
						t.Errorf("only %d calls were let fail", n-1)
					}
					return
				}
				to, from = from, to
			}
		})
	}
}

// TestFamilyGrowsMeanwhile: what comes out of the container while it is being
// filed goes along.
func TestFamilyGrowsMeanwhile(t *testing.T) {
	onBoth(t, func(d *desk) {
		a := d.makeFile("sommer", "03104//0000001", "Probe", 0)
		mail := d.postUnindexed("scan", "", "Anbei")
		var parts []record.DocumentID
		d.Outbox = &between{Outbox: d.Outbox, act: func() { parts = d.enclose(mail, "eins", "zwei") }}
		v := d.file("clearing", mail, a.ID)
		if !slices.Equal(v.Moved, parts) || len(parts) != 2 {
			t.Errorf("went along %v, want %v", v.Moved, parts)
		}
		d.lieIn(a.ID, append(parts, mail)...)
		later := d.enclose(mail, "eins", "zwei", "drei")
		d.lieIn(a.ID, later...)
		if got := d.items(append(later, mail)...); !slices.Equal(got, []record.DocumentID{mail}) {
			t.Errorf("items of %v", got)
		}
	})
}

// TestHoldsOnAFamily: a hold on a mail covers what came in it, also what comes
// later and what was moved away; on a part it shows where it is lifted.
func TestHoldsOnAFamily(t *testing.T) {
	onBoth(t, func(d *desk) {
		d.officer()
		a, b := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
		all := d.family("sommer", a.ID)
		mail, letter := all[0], all[1]
		h := d.place("records", onDocument(mail), "Klage")
		d.file("sommer", letter, b.ID)
		later := d.enclose(mail, "ein Brief", "ein Archiv", "später")[2]
		for _, id := range append(all, later) {
			if !d.held(id) {
				t.Errorf("%s is not held", id)
			}
		}
		if told := d.followers(); !told[string(mail)] || !told[string(later)] {
			t.Errorf("the store is told of %v", told)
		}
		v, err := d.Document(t.Context(), d.as("sommer"), letter)
		list, err2 := d.Holds(t.Context(), d.as("sommer"), onDocument(letter))
		if err != nil || err2 != nil || len(v.Holds) != 1 || v.Holds[0].On != HoldOnContainer || len(list) != 1 || list[0].On != HoldOnContainer {
			t.Errorf("the letter shows %+v and %+v; %v %v", v.Holds, list, err, err2)
		}
		if said := d.saidByManifest(string(letter)); len(said) != 0 {
			t.Errorf("the letter's manifest says %+v", said)
		}
		if _, _, err := d.LiftHold(t.Context(), d.as("records"), onDocument(letter), LiftHold{Hold: h.ID, Reason: "x"}); !errors.Is(err, record.NotFound) {
			t.Errorf("lifted on the part: %v", err)
		}
		d.lift("records", onDocument(mail), h.ID)
		for _, id := range append(all, later) {
			if d.held(id) {
				t.Errorf("%s is still held", id)
			}
		}
	})
}

// TestHoldsTakenAlongByAFamily: a mail that leaves a held file takes the hold
// along, once for all that came in it; coming back ends it.
func TestHoldsTakenAlongByAFamily(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	held, other := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Muster", 0)
	all := d.family("sommer", held.ID)
	d.place("lead", onFileOf(held), "Klage")
	d.followers()
	d.file("sommer", all[0], other.ID)
	told := d.followers()
	for i, id := range all {
		own := d.saidByCatalog(id)
		if !d.held(id) || !told[string(id)] || (i == 0) != (len(own) == 1) {
			t.Errorf("document %d: held %v, told %v, of its own %+v", i, d.held(id), told[string(id)], own)
		}
	}
	d.file("sommer", all[1], d.makeFile("sommer", "03104//0000003", "Dritte", 0).ID)
	if !d.held(all[1]) {
		t.Error("the letter is free by being moved on")
	}
	d.file("sommer", all[0], held.ID)
	if own := d.saidByCatalog(all[0]); len(own) != 1 || own[0].Stands() {
		t.Errorf("back: %+v", own)
	}
	if !d.held(all[3]) {
		t.Error("the file's hold doesn't cover what came back")
	}
}

// TestReadAgainNeedsAScanner: what was found to be harmful isn't given free by
// reading it where nobody looks.
func TestReadAgainNeedsAScanner(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	doc := d.post("sommer", d.makeFile("sommer", "03104//0000001", "Probe", 0).ID, "eins")
	d.tx(func(tx *catalog.Tx) error { return tx.SetState(doc, record.StateQuarantined, "malware") })
	if err := d.ReadAgain(t.Context(), d.as("sommer"), doc); !errors.Is(err, record.Conflict) {
		t.Errorf("without a scanner: %v", err)
	}
	d.Checked = true
	if err := d.ReadAgain(t.Context(), d.as("sommer"), doc); err != nil {
		t.Errorf("with one: %v", err)
	}
}
