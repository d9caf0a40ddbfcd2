package archive

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/hold"
)

func onFileOf(f FileView) HoldSubject             { return HoldSubject{File: f.ID} }
func onDocument(id record.DocumentID) HoldSubject { return HoldSubject{Document: id} }
func because(reason string) NewHold               { return NewHold{Kind: hold.Litigation, Reason: reason} }
func (d *desk) held(id record.DocumentID) (h bool) {
	d.tx(func(tx *catalog.Tx) (err error) { h, err = tx.Held(id); return err })
	return h
}

// officer adds somebody with the role records to the desk.
func (d *desk) officer() {
	d.t.Helper()
	a := record.Actor{User: record.UserID(record.NewID()), Name: "records", Via: "api", Request: record.NewID()}
	d.users["records"] = a
	err := d.Catalog.WithTx(context.Background(), func(tx *catalog.Tx) error {
		return errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: a.Name, Display: "Rita Records"}),
			tx.PutRoles(a.User, []record.RoleAt{{Role: record.RoleRecords, Site: "03104"}}))
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// place and lift must succeed.
func (d *desk) place(by string, s HoldSubject, reason string) Hold {
	d.t.Helper()
	h, repeated, err := d.PutHold(context.Background(), d.as(by), s, because(reason))
	if err != nil || repeated {
		d.t.Fatalf("place: %v %v", repeated, err)
	}
	return h
}

func (d *desk) lift(by string, s HoldSubject, id string) Hold {
	d.t.Helper()
	h, _, err := d.LiftHold(context.Background(), d.as(by), s, LiftHold{Hold: id, Reason: "Urteil rechtskräftig"})
	if err != nil {
		d.t.Fatal(err)
	}
	return h
}

// followers gives the subjects for which the store is to follow, and ends those jobs.
func (d *desk) followers() map[string]bool {
	d.t.Helper()
	out := map[string]bool{}
	jobs, err := d.Catalog.Lease(context.Background(), "test", []string{hold.JobKind}, 100, time.Minute)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, j := range jobs {
		var s HoldSubject
		if err := json.Unmarshal(j.Payload, &s); err != nil || j.Key != s.Key() {
			d.t.Errorf("payload %s under key %s: %v", j.Payload, j.Key, err)
		}
		out[j.Key] = true
		if err := d.Catalog.Finish(context.Background(), j.ID, "test"); err != nil && !errors.Is(err, job.ErrLost) {
			d.t.Fatal(err)
		}
	}
	return out
}

// saidByManifest are the holds in a subject's newest manifest.
func (d *desk) saidByManifest(subject string) []vault.HoldStatement {
	d.t.Helper()
	ctx := context.Background()
	var head catalog.Head
	d.tx(func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(subject); return err })
	raw, err := d.Vault.GetLocked(ctx, head.Name)
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	if m.Kind == vault.KindFile {
		var p vault.FilePersonal
		if err := d.Vault.OpenPersonal(ctx, m, &p); err != nil {
			d.t.Fatal(err)
		}
		return p.Holds
	}
	var p vault.DocumentPersonal
	if err = d.Vault.OpenPersonal(ctx, m, &p); err != nil {
		d.t.Fatal(err)
	}
	return p.Holds
}

func TestHolds(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	d.officer()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	d.followers()

	h := d.place("lead", onFileOf(file), "  S 11 AS 409/26 ")
	if h.Reason != "S 11 AS 409/26" || h.On != "file" || h.PlacedBy.Name != "lead" || h.LiftedAt != nil || h.PlacedAt.IsZero() {
		t.Errorf("placed: %+v", h)
	}
	if !d.held(doc) || !d.followers()[string(file.ID)] {
		t.Error("the document is not held, or the store isn't told")
	}
	own := d.place("records", onDocument(doc), "Prüfung")
	if !d.followers()[string(doc)] {
		t.Error("the store isn't told of the document's hold")
	}
	v, err := d.Document(ctx, d.as("sommer"), doc)
	if err != nil || len(v.Holds) != 2 || v.Holds[0].ID != own.ID || v.Holds[1].ID != h.ID {
		t.Errorf("the document shows %+v, %v", v.Holds, err)
	}
	list, err := d.FileDocuments(ctx, d.as("sommer"), file.ID, "", 0)
	if err != nil || len(list.Items) != 1 || len(list.Items[0].Holds) != 2 {
		t.Errorf("the list shows %+v, %v", list.Items, err)
	}
	d.lift("records", onFileOf(file), h.ID)
	if !d.held(doc) {
		t.Error("its own hold has gone with the file's")
	}
	lifted := d.lift("lead", onDocument(doc), own.ID)
	if lifted.LiftedBy == nil || lifted.LiftedBy.Name != "lead" || lifted.LiftReason != "Urteil rechtskräftig" || d.held(doc) || !d.followers()[string(doc)] {
		t.Errorf("lifted: %+v", lifted)
	}
	for _, s := range []HoldSubject{onFileOf(file), onDocument(doc)} {
		if all, err := d.Holds(ctx, d.as("sommer"), s); err != nil || len(all) != 1 || all[0].LiftedAt == nil {
			t.Errorf("history: %+v, %v", all, err)
		}
		if said := d.saidByManifest(s.Key()); len(said) != 1 || said[0].To == "" || said[0].LiftReason == "" || said[0].By == "" {
			t.Errorf("the newest manifest says %+v", said)
		}
	}
	if n := d.entries(audit.HoldChange, audit.Done); n != 4 {
		t.Errorf("%d entries, want 4", n)
	}
}

// TestHoldsRefused: who may not, learns nothing; every refusal is in the log;
// who may, is told what is wrong.
func TestHoldsRefused(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	d.officer()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	locked := d.makeFile("sommer", "03104//0000002", "Gesperrt", record.SensitivityRestricted)
	doc := d.post("sommer", file.ID, "Heizung")
	h := d.place("lead", onFileOf(file), "x")
	nothing := HoldSubject{File: "00000000000000000000000000000000"}
	for _, c := range []struct {
		who           string
		s             HoldSubject
		change, reads error
	}{
		{"sommer", onFileOf(file), record.Denied, nil}, {"sommer", onDocument(doc), record.Denied, nil},
		{"reception", onFileOf(file), record.Denied, record.Denied}, {"reception", onDocument(doc), record.NotFound, record.NotFound},
		{"winter", onFileOf(file), record.NotFound, record.NotFound}, {"winter", onDocument(doc), record.NotFound, record.NotFound},
		{"admin", onFileOf(file), record.NotFound, record.NotFound}, {"dpo", onDocument(doc), record.NotFound, record.NotFound},
		{"lead", onFileOf(locked), record.NotFound, record.NotFound}, {"lead", nothing, record.NotFound, record.NotFound},
		{"lead", onDocument("nothing"), record.NotFound, record.NotFound},
		{"records", onFileOf(locked), nil, nil}, // may hold what it may not open
	} {
		before := d.entries(audit.HoldChange, audit.Denied)
		_, _, put := d.PutHold(ctx, d.as(c.who), c.s, because("x"))
		_, _, bad := d.PutHold(ctx, d.as(c.who), c.s, NewHold{Kind: "no kind"})
		_, _, lift := d.LiftHold(ctx, d.as(c.who), c.s, LiftHold{Hold: h.ID, Reason: "x"})
		_, read := d.Holds(ctx, d.as(c.who), c.s)
		if c.change != nil && (!errors.Is(put, c.change) || !errors.Is(bad, c.change) || !errors.Is(lift, c.change)) {
			t.Errorf("%s on %+v: place %v, wrong %v, lift %v; want %v", c.who, c.s, put, bad, lift, c.change)
		}
		if n := d.entries(audit.HoldChange, audit.Denied) - before; c.change != nil && n != 3 {
			t.Errorf("%s on %+v: %d refusals in the log, want 3", c.who, c.s, n)
		}
		if c.change == nil && put != nil || !errors.Is(read, c.reads) {
			t.Errorf("%s on %+v: place %v, read %v", c.who, c.s, put, read)
		}
	}
	other := d.place("lead", onDocument(doc), "x")
	lead := d.as("lead")
	for name, c := range map[string]struct{ err, want error }{
		"no kind":             {given3(d.PutHold(ctx, lead, onFileOf(file), NewHold{Reason: "x"})), record.Invalid},
		"no reason":           {given3(d.PutHold(ctx, lead, onFileOf(file), because(" "))), record.Invalid},
		"lift without reason": {given3(d.LiftHold(ctx, lead, onFileOf(file), LiftHold{Hold: h.ID})), record.Invalid},
		"lift which":          {given3(d.LiftHold(ctx, lead, onFileOf(file), LiftHold{Reason: "x"})), record.Invalid},
		"another's":           {given3(d.LiftHold(ctx, lead, onFileOf(file), LiftHold{Hold: other.ID, Reason: "x"})), record.NotFound},
		"the file's":          {given3(d.LiftHold(ctx, lead, onDocument(doc), LiftHold{Hold: h.ID, Reason: "x"})), record.NotFound},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	d.lift("lead", onDocument(doc), other.ID)
	if _, _, err := d.LiftHold(ctx, lead, onDocument(doc), LiftHold{Hold: other.ID, Reason: "x"}); !errors.Is(err, record.NotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	if v, err := d.File(ctx, d.as("reception"), string(file.ID)); err != nil || len(v.Holds) != 0 {
		t.Errorf("reception reads %+v, %v", v.Holds, err)
	}
	if v, err := d.File(ctx, d.as("records"), string(locked.ID)); err != nil || len(v.Holds) != 1 {
		t.Errorf("records reads %+v, %v", v.Holds, err)
	}
}

func given3[T any](_ T, _ bool, err error) error { return err }

func TestHoldsOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	lead, n := d.as("lead"), because("x")
	n.IdempotencyKey = "k"
	first, repeated, err := d.PutHold(ctx, lead, onFileOf(file), n)
	again, twice, err2 := d.PutHold(ctx, lead, HoldSubject{File: "03104//0000001"}, n)
	if err != nil || err2 != nil || repeated || !twice || first.ID != again.ID {
		t.Errorf("%+v %v %v, %+v %v %v", first, repeated, err, again, twice, err2)
	}
	n.Reason = "y"
	if _, _, err := d.PutHold(ctx, lead, onFileOf(file), n); !errors.Is(err, record.Conflict) {
		t.Errorf("the same key for another hold: %v", err)
	}
	l := LiftHold{Hold: first.ID, Reason: "x", IdempotencyKey: "l"}
	for i, want := range []bool{false, true} {
		if h, repeated, err := d.LiftHold(ctx, lead, onFileOf(file), l); err != nil || repeated != want || h.LiftedAt == nil {
			t.Errorf("lift %d: %+v %v %v", i, h, repeated, err)
		}
	}
}

// TestHoldsFollowTheDocument: filing elsewhere never frees a document. It takes
// the holds of the file it leaves along; what it took along ends when it comes
// back to where that hold stands, and only then by itself.
func TestHoldsFollowTheDocument(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	held, free := d.makeFile("sommer", "03104//0000001", "Probe", 0), d.makeFile("sommer", "03104//0000002", "Andere", 0)
	doc := d.post("sommer", held.ID, "Heizung")
	onFile := d.place("lead", onFileOf(held), "Klage")
	d.followers()
	move := func(f FileView) {
		t.Helper()
		to := string(f.ID)
		if _, err := d.ChangeDocument(ctx, d.as("sommer"), doc, DocumentChange{File: &to}); err != nil {
			t.Fatal(err)
		}
		if !d.followers()[string(doc)] {
			t.Error("the store isn't told of the move")
		}
	}
	standing := func(want int) []Hold {
		t.Helper()
		v, err := d.Document(ctx, d.as("sommer"), doc)
		if err != nil || len(v.Holds) != want || d.held(doc) != (want > 0) {
			t.Fatalf("stand on it: %+v, %v; want %d", v.Holds, err, want)
		}
		return v.Holds
	}
	move(free)
	taken := standing(1)[0]
	if taken.On != "document" || !taken.TakenAlong || taken.Reason != "Klage" || taken.PlacedBy.Name != "lead" || !taken.PlacedAt.Equal(onFile.PlacedAt) {
		t.Errorf("taken along: %+v", taken)
	}
	if said := d.saidByManifest(string(doc)); len(said) != 1 || said[0].Origin != onFile.ID || said[0].To != "" {
		t.Errorf("the manifest says %+v", said)
	}
	move(held) // back: the file's covers it again
	if back := standing(1)[0]; back.On != "file" {
		t.Errorf("back again: %+v", back)
	}
	move(free)
	d.lift("lead", onFileOf(held), onFile.ID)
	taken = standing(1)[0] // the file's is lifted, what was taken along stands until somebody looks
	second := d.place("lead", onFileOf(free), "zweite")
	standing(2)
	move(held)
	standing(2) // both its own now
	d.lift("lead", onDocument(doc), taken.ID)
	move(free)
	if h := standing(1)[0]; h.ID != second.ID {
		t.Errorf("in the end: %+v", h)
	}
	d.lift("lead", onFileOf(free), second.ID)
	standing(0)
}

// TestHoldsOnWhatComesLater: what is handed into a held file is held from its
// first moment, and the store is told.
func TestHoldsOnWhatComesLater(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	d.place("lead", onFileOf(file), "Klage")
	d.followers()
	later, loose := d.postUnindexed("sommer", file.ID, "Heizung"), d.postUnindexed("scan", "", "Miete")
	if !d.held(later) || d.held(loose) {
		t.Error("held: what came into the file or what didn't")
	}
	if told := d.followers(); !told[string(later)] || told[string(loose)] {
		t.Errorf("the store is told of %v", told)
	}
}

// TestHoldsWithoutTheLog: a hold whose audit entry or manifest can't be kept is
// not placed; one whose manifest isn't in the store yet isn't answered for.
func TestHoldsWithoutTheLog(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	for n := 1; ; n++ {
		before := len(d.saidByCatalog(doc))
		d.rows.FailAt(n)
		_, _, err := d.PutHold(ctx, d.as("lead"), onDocument(doc), because("x"))
		reached := d.rows.Count() >= n
		d.rows.FailAt(0)
		after := d.saidByCatalog(doc)
		if err == nil && len(after) != before+1 || err != nil && len(after) > before+1 {
			t.Errorf("call %d: %v, %d holds before, %d after", n, err, before, len(after))
		}
		if err := d.Outbox.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if said := d.saidByManifest(string(doc)); len(said) != len(after) {
			t.Errorf("call %d: the manifest says %d holds, the catalog %d", n, len(said), len(after))
		}
		if done := d.entries(audit.HoldChange, audit.Done); done != len(after) {
			t.Errorf("call %d: %d entries, %d holds", n, done, len(after))
		}
		if !reached {
			break
		}
	}
}

func (d *desk) saidByCatalog(id record.DocumentID) (hs []catalog.Hold) {
	d.t.Helper()
	d.tx(func(tx *catalog.Tx) (err error) { hs, err = tx.HoldsOf(string(id)); return err })
	return hs
}

// between does something once, while a change reads what it needs.
type between struct {
	Outbox
	act func()
}

func (b *between) Flush(ctx context.Context) error {
	if act := b.act; act != nil {
		b.act = nil
		act()
	}
	return b.Outbox.Flush(ctx)
}

// TestHoldsDecideAtLast: a right that goes while a hold is being placed is gone.
func TestHoldsDecideAtLast(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	d.Outbox = &between{Outbox: d.Outbox, act: func() {
		d.write(func(tx *catalog.Tx) error {
			return tx.PutDenial(catalog.Grant{File: file.ID, User: d.as("lead").User, Reason: "befangen", By: d.as("sommer").User})
		})
	}}
	if _, _, err := d.PutHold(context.Background(), d.as("lead"), onDocument(doc), because("x")); !errors.Is(err, record.NotFound) || d.held(doc) {
		t.Errorf("placed without the right: %v", err)
	}
}

// TestHoldsOnReceipts: who handed a document in follows its state, and learns
// nothing of holds.
func TestHoldsOnReceipts(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	loose := d.postUnindexed("scan", "", "Miete")
	d.write(func(tx *catalog.Tx) error {
		return tx.PutHold(catalog.Hold{ID: record.NewID(), SubjectKind: catalog.HoldsDocument, Subject: string(loose), Kind: hold.Inquiry, Reason: "x"})
	})
	for who, want := range map[string]int{"scan": 0, "clearing": 1} {
		if v, err := d.Document(context.Background(), d.as(who), loose); err != nil || len(v.Holds) != want {
			t.Errorf("%s sees %+v, %v", who, v.Holds, err)
		}
	}
}

func (d *desk) write(fn func(tx *catalog.Tx) error) {
	d.t.Helper()
	if err := d.Catalog.WithTx(context.Background(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// TestNoHoldTooLate: once nothing can stop an erasure, no hold is promised.
func TestNoHoldTooLate(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.officer()
	file := d.makeFile("sommer", "03104//0000077", "Probe", 0)
	doc := d.post("sommer", file.ID, "eins")
	final := func(at time.Time) {
		err := d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
			return tx.PutErasure(catalog.Erasure{Document: doc, Object: "x", Act: vault.ActErased, Tombstone: "t", BegunAt: time.Now(), FinalAt: at})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	final(time.Now())
	if _, _, err := d.PutHold(t.Context(), d.as("records"), onDocument(doc), because("zu spät")); !errors.Is(err, record.Conflict) {
		t.Errorf("%v", err)
	}
	final(time.Time{})
	d.place("records", onDocument(doc), "noch aufzuhalten")
}
