package archive

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest"
)

// broken hands a document in and has it quarantined.
func (d *desk) broken(by string, file record.FileID, reason string) record.DocumentID {
	d.t.Helper()
	id := d.post(by, file, "unlesbar "+record.NewID())
	d.tx(func(tx *catalog.Tx) error { return tx.SetState(id, record.StateQuarantined, reason) })
	return id
}

func TestQuarantine(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := t.Context()
	a := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	b := d.makeFile("winter", "03107//0000002", "Braun", 0)
	locked := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted)
	names := map[record.DocumentID]string{
		d.broken("sommer", a.ID, "damaged"): "a", d.broken("winter", b.ID, "empty"): "b", d.broken("sommer", locked.ID, "damaged"): "locked",
		d.broken("scan", "", "encrypted"): "loose", d.broken("scan.other", "", "timeout"): "other"}
	d.post("scan", "", "lesbar")
	for _, c := range []struct{ who, want string }{
		{"sommer", "locked a"}, {"herbst", "a"}, {"lead", "a"}, {"winter", "b"}, {"scan", "loose"}, {"scan.other", "other"},
		{"clearing", "other loose"}, {"reception", ""},
	} {
		page, err := d.Quarantined(ctx, d.as(c.who), "", 0)
		if err != nil {
			t.Fatal(c.who, err)
		}
		var got []string
		for _, v := range page.Items {
			got = append(got, names[v.ID])
		}
		if !sameSet(strings.Join(got, " "), c.want) || page.Total != len(got) || page.More || page.Next != "" {
			t.Errorf("%s sees %v of %d, want %s", c.who, got, page.Total, c.want)
		}
	}
	page, err := d.Quarantined(ctx, d.as("scan"), "", 0)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if v := page.Items[0]; v.Title != "" || v.Type != "" || v.File != nil || v.Reason != "encrypted" || v.SHA256 == "" || v.Size == 0 || v.Received == "" {
		t.Errorf("who handed it in is shown %+v", v)
	}
	for _, who := range []string{"admin", "dpo"} {
		if _, err := d.Quarantined(ctx, d.as(who), "nonsense", -1); !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", who, err)
		}
		if _, _, err := d.HandedIn(ctx, d.as(who), "", 0); !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, err := d.Quarantined(ctx, d.as("scan"), "", -1); !errors.Is(err, record.Invalid) {
		t.Errorf("limit -1: %v", err)
	}
}

func sameSet(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	for _, w := range x {
		if !strings.Contains(" "+b+" ", " "+w+" ") {
			return false
		}
	}
	return len(x) == len(y)
}

// Pages of one's own among those of others: nothing twice, nothing left out.
func TestQuarantinePages(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	want := map[record.DocumentID]bool{}
	for i := range 9 {
		id := d.broken([]string{"scan", "scan.other", "scan.other"}[i%3], "", "damaged")
		if i%3 == 0 {
			want[id] = true
		}
	}
	cursor, rounds := "", 0
	for {
		page, err := d.Quarantined(t.Context(), d.as("scan"), cursor, 2)
		if err != nil || len(page.Items) > 2 {
			t.Fatal(page, err)
		}
		if cursor == "" && page.Total != 3 {
			t.Errorf("total %d", page.Total)
		}
		for _, v := range page.Items {
			if !want[v.ID] {
				t.Errorf("%s is not one's own, or twice", v.ID)
			}
			delete(want, v.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		if rounds++; rounds > 9 {
			t.Fatal("the pages have no end")
		}
	}
	if len(want) != 0 {
		t.Errorf("%d were left out", len(want))
	}
}

func TestReadAgain(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := t.Context()
	id := d.broken("scan", "", "timeout")
	leased := func() string { // the jobs that wait, which are then done
		t.Helper()
		jobs, err := d.Catalog.Lease(ctx, "test", []string{ingest.KindRead}, 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var all string
		for _, j := range jobs {
			all += string(j.Payload)
			if err := d.Catalog.Finish(ctx, j.ID, "test"); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	leased()
	woken := 0
	d.Wake = func() { woken++ }
	if err := d.ReadAgain(ctx, d.as("scan"), id); err != nil {
		t.Fatal(err)
	}
	v, err := d.Document(ctx, d.as("scan"), id)
	if err != nil || v.State != record.StateReceived || v.Reason != "" || woken != 1 {
		t.Errorf("it stands at %+v, %v; woken %d times", v, err, woken)
	}
	if got := leased(); got != `{"document":"`+string(id)+`"}` {
		t.Errorf("jobs %s", got)
	}
	if err := d.ReadAgain(ctx, d.as("scan"), id); !errors.Is(err, record.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	filed := d.broken("sommer", file.ID, "damaged")
	for who, id := range map[string]record.DocumentID{"scan.other": d.broken("scan", "", "timeout"), "winter": filed, "admin": filed, "dpo": filed, "reception": filed, "herbst": record.DocumentID("nonsense")} {
		if err := d.ReadAgain(ctx, d.as(who), id); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if err := d.ReadAgain(ctx, d.as("herbst"), filed); err != nil {
		t.Errorf("a colleague of the team: %v", err)
	}
	if n := d.entries(audit.DocumentChange, audit.Denied); n != 6 {
		t.Errorf("%d refusals are in the log, want 6", n)
	}
	if n := d.entries(audit.DocumentChange, audit.Done); n != 2 {
		t.Errorf("%d changes are in the log, want 2", n)
	}
}

func TestHandedIn(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	own := d.post("scan", "", "eins")
	d.post("scan.other", "", "zwei")
	mine := d.post("sommer", file.ID, "drei")
	for who, want := range map[string]record.DocumentID{"scan": own, "sommer": mine} {
		list, next, err := d.HandedIn(t.Context(), d.as(who), "", 0)
		if err != nil || next != "" || len(list) != 1 || list[0].ID != want || (list[0].Title != "") != (who == "sommer") {
			t.Errorf("%s handed in %+v, %v", who, list, err)
		}
	}
	if list, _, err := d.HandedIn(t.Context(), d.as("lead"), "", 0); err != nil || len(list) != 0 {
		t.Errorf("who handed nothing in: %+v, %v", list, err)
	}
}

// entries counts the entries of an action and outcome.
func (d *desk) entries(action, outcome string) (n int) {
	d.t.Helper()
	err := d.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		list, _, err := tx.AuditEntries(catalog.AuditQuery{Action: action, Outcome: outcome, Limit: 500})
		n = len(list)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestReadAgainOfRead: what was read well is not read again; what was read
// badly is, and stays open meanwhile.
func TestReadAgainOfRead(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	for kind, want := range map[string]bool{"": false, record.MarkBlank: false, record.MarkDoubtful: true, record.MarkUnreadable: true} {
		id := d.post("sommer", file.ID, "ein Brief")
		if kind != "" {
			d.tx(func(tx *catalog.Tx) error { return tx.SetMarks(id, []record.Mark{{Page: 1, Kind: kind}}) })
		}
		err := d.ReadAgain(t.Context(), d.as("sommer"), id)
		if want != (err == nil) || err != nil && !errors.Is(err, record.Conflict) {
			t.Errorf("%q: %v", kind, err)
		}
		if v, err := d.View(t.Context(), d.as("sommer"), id, ""); err != nil || v.Document.State != record.StateReady || len(v.Pages) != 1 {
			t.Errorf("%q: %s, %d pages, %v", kind, v.Document.State, len(v.Pages), err)
		}
		if err := d.ReadAgain(t.Context(), d.as("winter"), id); !errors.Is(err, record.NotFound) {
			t.Errorf("%q, by a stranger: %v", kind, err)
		}
	}
}

// TestListsTellMarksAndFamily: a list says which kinds of mark a document has
// and in which mail it came; what the asker may not see is not named.
func TestListsTellMarksAndFamily(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	mail, first, second, secret := d.post("sommer", file.ID, "Mail"), d.post("sommer", file.ID, "A"), d.post("sommer", file.ID, "B"), d.post("sommer", file.ID, "C")
	d.tx(func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(secret)
		if err != nil {
			return err
		}
		doc.Sensitivity = record.SensitivityRestricted
		for i, id := range []record.DocumentID{first, secret, second} {
			err = errors.Join(err, tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: id, Place: i + 1}))
		}
		return errors.Join(err, tx.UpdateDocument(doc), tx.SetMarks(first, []record.Mark{{Page: 1, Kind: record.MarkDoubtful}, {Page: 2, Kind: record.MarkDoubtful}}))
	})
	list, err := d.FileDocuments(t.Context(), d.as("herbst"), file.ID, "", 0)
	if err != nil || len(list.Items) != 3 {
		t.Fatalf("%d documents, %v", len(list.Items), err)
	}
	for _, v := range list.Items {
		switch v.ID {
		case first:
			if !slices.Equal(v.Marked, []string{record.MarkDoubtful}) || len(v.Links) != 1 || v.Links[0].Kind != LinkEnclosedIn || v.Links[0].Document != mail || v.Links[0].Place != 1 {
				t.Errorf("the first: %v %v", v.Marked, v.Links)
			}
		case mail:
			if len(v.Marked)+len(v.Links) != 0 {
				t.Errorf("the mail: %v %v", v.Marked, v.Links)
			}
		}
	}
	v, err := d.Document(t.Context(), d.as("herbst"), first)
	if err != nil || len(v.Links) != 2 || v.Links[1].Kind != LinkNext || v.Links[1].Document != second || v.Links[1].Place != 3 {
		t.Errorf("behind the first comes what may be seen: %v, %v", v.Links, err)
	}
	if v, err = d.Document(t.Context(), d.as("herbst"), second); err != nil || len(v.Links) != 2 || v.Links[1].Kind != LinkPrevious || v.Links[1].Document != first {
		t.Errorf("before the last: %v, %v", v.Links, err)
	}
}
