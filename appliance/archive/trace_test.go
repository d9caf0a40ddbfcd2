package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
)

func bothCatalogs(t *testing.T, run func(*testing.T, *desk)) {
	openers := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		openers["postgres"] = pg.Open
	}
	for name, open := range openers {
		t.Run(name, func(t *testing.T) { run(t, newDesk(t, open)) })
	}
}

func (d *desk) refile(by string, id record.DocumentID, to, why string) DocumentView {
	d.t.Helper()
	v, err := d.ChangeDocument(context.Background(), d.as(by), id, DocumentChange{File: &to, Why: &why})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *desk) sees(by string, id record.DocumentID) {
	d.t.Helper()
	if _, err := d.View(context.Background(), d.as(by), id, ""); err != nil {
		d.t.Fatal(err)
	}
}

// jsonOf is all that an answer says.
func (d *desk) jsonOf(v any, err error) string {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// TestTraceSaysNothingOfTheOther: a document with canaries wherever one can
// stand lies in the wrong file and is filed again. Nothing that the wrong file
// shows to whoever may open it, and nothing of its audit trail for an auditor
// who was granted it, holds one of them.
func TestTraceSaysNothingOfTheOther(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		wrong := d.makeFile("sommer", "03104//0000001", "Falsch", 0)
		right := d.makeFile("herbst", "03104//7777777", "Kanarienvogel", 0)
		other := d.post("sommer", wrong.ID, "bleibt hier")
		id := d.post("sommer", wrong.ID, "Zwitschern Seite eins", "Seite zwei", "Seite drei")
		title, typ, section := "Zwitscherbescheid", "zwitschern", "Voliere"
		if _, err := d.ChangeDocument(ctx, d.as("sommer"), id, DocumentChange{Title: &title, Type: &typ, Section: &section}); err != nil {
			t.Fatal(err)
		}
		d.tx(func(tx *catalog.Tx) error {
			return tx.InsertLink(catalog.Link{Document: other, Kind: catalog.LinkEncloses, Other: id, Place: 1})
		})
		d.sees("lead", id)
		d.sees("sommer", id)
		d.refile("sommer", id, right.Number, WhyMisfiled)

		traces, err := d.Traces(ctx, d.as("lead"), wrong.ID)
		if err != nil || len(traces) != 1 || traces[0].Kind != TraceTakenOut || traces[0].Reason != WhyMisfiled || traces[0].By.Name != "sommer" {
			t.Fatalf("traces: %+v, %v", traces, err)
		}
		auditor := record.Actor{User: record.UserID(record.NewID()), Name: "auditor", Via: "api", Request: record.NewID()}
		d.users["auditor"] = auditor
		d.tx(func(tx *catalog.Tx) error {
			return errors.Join(tx.PutUser(catalog.User{ID: auditor.User, Name: "auditor"}), tx.PutRoles(auditor.User, []record.RoleAt{{Role: record.RoleAuditor, Site: "03104"}}),
				tx.PutGrant(catalog.Grant{File: wrong.ID, User: auditor.User, Reason: "x", By: d.as("lead").User, From: "2020-01-01"}))
		})
		said := map[string]string{}
		for _, who := range []string{"sommer", "lead", "auditor"} {
			list, err := d.FileDocuments(ctx, d.as(who), wrong.ID, "", 0)
			said[who+" list"] = d.jsonOf(list, err)
			file, err := d.File(ctx, d.as(who), string(wrong.ID))
			said[who+" file"] = d.jsonOf(file, err)
			one, err := d.Trace(ctx, d.as(who), wrong.ID, traces[0].ID)
			said[who+" trace"] = d.jsonOf(one, err)
			rest, err := d.View(ctx, d.as(who), other, "")
			said[who+" what stayed"] = d.jsonOf(rest, err)
			found, err := d.Search(ctx, d.as(who), SearchRequest{Q: "Zwitschern", File: string(wrong.ID)})
			found.Facets = nil
			said[who+" search"] = d.jsonOf(found, err)
		}
		o := oversight.New(d.Catalog, d.Policy, d.Clock)
		log, _, err := o.Entries(ctx, auditor, oversight.Query{File: string(wrong.ID)})
		said["audit"] = d.jsonOf(log, err)
		for where, s := range said {
			for _, canary := range []string{"Zwitscher", "zwitschern", "Voliere", "Kanarien", "7777777", string(right.ID), "herbst"} {
				if strings.Contains(s, canary) {
					t.Errorf("%s says %q: %s", where, canary, s)
				}
			}
			if strings.Contains(s, string(id)) && where != "audit" {
				t.Errorf("%s names the document: %s", where, s)
			}
		}
	})
}

// TestWhoSaw: the log says who saw a document in the wrong file, by name to who
// answers for that file and who supervises, as a number to the team; what was
// seen elsewhere does not count.
func TestWhoSaw(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		wrong := d.makeFile("sommer", "03104//0000001", "Falsch", 0)
		right := d.makeFile("herbst", "03104//0000002", "Richtig", 0)
		id := d.post("sommer", wrong.ID, "eins")
		d.clock().Advance(time.Minute)
		d.sees("lead", id)
		d.clock().Advance(time.Minute)
		if _, err := d.FileDocuments(ctx, d.as("herbst"), wrong.ID, "", 0); err != nil {
			t.Fatal(err)
		}
		d.clock().Advance(time.Minute)
		d.refile("sommer", id, right.Number, WhyMisfiled)
		d.clock().Advance(time.Minute)
		d.sees("herbst", id)
		traces, err := d.Traces(ctx, d.as("dpo"), wrong.ID)
		if err != nil || len(traces) != 1 {
			t.Fatalf("%+v, %v", traces, err)
		}
		for who, names := range map[string][]string{"sommer": {"lead", "herbst"}, "lead": {"lead", "herbst"}, "dpo": {"lead", "herbst"}, "herbst": nil} {
			v, err := d.Trace(ctx, d.as(who), wrong.ID, traces[0].ID)
			if err != nil {
				t.Fatal(who, err)
			}
			var got []string
			for _, w := range v.Witnesses {
				if w.Person.Name != "sommer" {
					got = append(got, w.Person.Name)
				}
			}
			if !slices.Equal(got, names) || v.Opened != 1 || v.Listed < 1 {
				t.Errorf("%s is told %v, %d opened, %d listed", who, got, v.Opened, v.Listed)
			}
		}
		for _, who := range []string{"winter", "admin", "clearing", "reception"} {
			if _, err := d.Trace(ctx, d.as(who), wrong.ID, traces[0].ID); !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if _, err := d.Trace(ctx, d.as("herbst"), right.ID, traces[0].ID); !errors.Is(err, record.NotFound) {
			t.Errorf("the trace of another file: %v", err)
		}
		here, err := d.Document(ctx, d.as("herbst"), id)
		if err != nil || here.CameFrom == nil || here.CameFrom.File != nil || here.CameFrom.Opened != 1 || here.CameFrom.Reason != WhyMisfiled {
			t.Errorf("in the right file: %+v, %v", here.CameFrom, err)
		}
		if here, err = d.Document(ctx, d.as("lead"), id); err != nil || here.CameFrom.File == nil || here.CameFrom.File.ID != wrong.ID {
			t.Errorf("for who answers for both: %+v, %v", here.CameFrom, err)
		}
		list, err := d.FileDocuments(ctx, d.as("herbst"), right.ID, "", 0)
		if err != nil || len(list.Traces) != 1 || list.Traces[0].Kind != TraceCameIn || list.Traces[0].Document != id {
			t.Errorf("trace in the right file: %+v, %v", list.Traces, err)
		}
	})
}

// TestListAsksOnce: how many calls of the catalog a file's list takes does not
// depend on how much in it was attached to something, nor a document's page on how
// often it was seen where it was taken out.
func TestListAsksOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	calls := func(what func() error) int {
		t.Helper()
		d.rows.FailAt(0)
		if err := what(); err != nil {
			t.Fatal(err)
		}
		return d.rows.Count()
	}
	list := func(parts int) int {
		file := d.makeFile("sommer", fmt.Sprintf("03104//%07d", parts), "Probe", 0)
		bodies := make([]string, parts)
		for i := range bodies {
			bodies[i] = fmt.Sprint("Anlage ", i)
		}
		d.enclose(d.postUnindexed("sommer", file.ID, "Anbei"), bodies...)
		return calls(func() error { // without its audit entry, which names each document
			return d.Catalog.Read(ctx, func(tx *catalog.Tx) error {
				row, err := findFile(tx, d.as("sommer"), string(file.ID))
				docs, _, err2 := tx.DocumentsOfFile(file.ID, "", 0)
				views, err3 := d.views(tx, d.as("sommer"), row.file, docs)
				if len(views) != parts+1 {
					t.Errorf("%d documents of %d", len(views), parts+1)
				}
				return errors.Join(err, err2, err3)
			})
		})
	}
	if few, many := list(2), list(9); few != many {
		t.Errorf("%d calls for two attachments, %d for nine", few, many)
	}
	seen := func(number string, times int) int {
		wrong, right := d.makeFile("sommer", "03104//"+number, "Falsch", 0), d.makeFile("sommer", "03104//1"+number, "Richtig", 0)
		id := d.post("sommer", wrong.ID, "eins")
		for range times {
			d.sees("lead", id)
		}
		d.clock().Advance(time.Minute)
		d.refile("sommer", id, right.Number, WhyMisfiled)
		d.clock().Advance(time.Second)
		for range times {
			d.sees("sommer", id)
		}
		return calls(func() error { _, err := d.Document(ctx, d.as("sommer"), id); return err }) +
			calls(func() error { _, err := d.TakeBack(ctx, d.as("sommer"), id); return err })
	}
	if few, many := seen("000100", 1), seen("000200", 60); few != many {
		t.Errorf("%d calls for what was seen once, %d for what was seen sixty times", few, many)
	}
}

// TestForgottenAtOnce: what was taken out is not found in the old file any more,
// nor in a PDF of it, before the index has heard of it.
func TestForgottenAtOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	wrong := d.makeFile("sommer", "03104//0000001", "Falsch", 0)
	right := d.makeFile("winter", "03107//0000002", "Richtig", 0)
	d.tx(func(tx *catalog.Tx) error {
		return tx.PutGrant(catalog.Grant{File: right.ID, User: d.as("sommer").User, Reason: "x", By: d.as("winter").User, From: "2020-01-01"})
	})
	id := d.post("sommer", wrong.ID, "Heizkostenabrechnung")
	if got := d.finds("lead", "Heizkostenabrechnung"); len(got) != 1 {
		t.Fatal("not found before", got)
	}
	d.tx(func(tx *catalog.Tx) error { // she may hand in there
		return tx.PutRoles(d.as("sommer").User, []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104", Team: "L1"}, {Role: record.RoleClearing, Site: "03107"}})
	})
	d.refile("sommer", id, right.Number, WhyMisfiled)
	if got := d.finds("lead", "Heizkostenabrechnung"); len(got) != 0 {
		t.Errorf("still found: %v", got)
	}
	for _, chosen := range [][]record.DocumentID{{id}} {
		if _, err := d.FilePDF(ctx, d.as("sommer"), wrong.ID, chosen, PDFTexts{}); !errors.Is(err, record.NotFound) {
			t.Errorf("the old file's PDF: %v", err)
		}
	}
	if _, err := d.PageImage(ctx, d.as("lead"), id, 1, 0); !errors.Is(err, record.NotFound) {
		t.Errorf("its page: %v", err)
	}
	sug, err := d.Suggest(ctx, d.as("lead"), "Heizk")
	if s := d.jsonOf(sug, err); strings.Contains(s, "eizkosten") {
		t.Errorf("suggested: %s", s)
	}
}

// TestTakeBack: one's own filing can be taken back for a minute, into clearing
// or into the file before, with what went along; where nobody else looked, no
// trace stays.
func TestTakeBack(t *testing.T) {
	bothCatalogs(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.makeFile("sommer", "03104//0000001", "Eins", 0)
		b := d.makeFile("herbst", "03104//0000002", "Zwei", 0)
		loose := d.post("scan", "", "Brief")
		d.refile("clearing", loose, a.Number, "")
		if _, err := d.TakeBack(ctx, d.as("sommer"), loose); !errors.Is(err, record.NotFound) {
			t.Errorf("by another: %v", err)
		}
		v, err := d.TakeBack(ctx, d.as("clearing"), loose)
		if err != nil || v.State != record.StateClearing || v.File != nil {
			t.Fatalf("back to clearing: %+v, %v", v, err)
		}
		d.bring(loose)
		if got := d.finds("sommer", "Brief"); len(got) != 0 {
			t.Errorf("found in the file it was taken back from: %v", got)
		}
		if _, err := d.TakeBack(ctx, d.as("clearing"), loose); !errors.Is(err, record.Conflict) {
			t.Errorf("twice: %v", err)
		}
		d.refile("clearing", loose, a.Number, "")
		letter := d.post("sommer", a.ID, "Falsch")
		d.refile("sommer", letter, b.Number, WhyMisfiled)
		if v, err = d.TakeBack(ctx, d.as("sommer"), letter); err != nil || v.File == nil || v.File.ID != a.ID {
			t.Fatalf("back to the file: %+v, %v", v.File, err)
		}
		for _, f := range []record.FileID{a.ID, b.ID} {
			if traces, err := d.Traces(ctx, d.as("lead"), f); err != nil || len(traces) != 0 {
				t.Errorf("traces of what was taken back at once: %+v, %v", traces, err)
			}
		}
		d.refile("sommer", letter, b.Number, WhyMisfiled)
		d.clock().Advance(time.Second)
		d.sees("herbst", letter)
		if _, err = d.TakeBack(ctx, d.as("sommer"), letter); err != nil {
			t.Fatal(err)
		}
		if traces, err := d.Traces(ctx, d.as("herbst"), b.ID); err != nil || len(traces) != 2 {
			t.Errorf("somebody looked, and %+v stays, %v", traces, err)
		}
		d.refile("sommer", letter, b.Number, WhyMisfiled)
		d.clock().Advance(2 * time.Minute)
		if _, err := d.TakeBack(ctx, d.as("sommer"), letter); !errors.Is(err, record.Conflict) {
			t.Errorf("too late: %v", err)
		}
	})
}
