package archive

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

func TestWay(t *testing.T) {
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) { testWay(t, newDesk(t, open)) })
		t.Run(name+" ready", func(t *testing.T) { testReadyMeansFound(t, newDesk(t, open)) })
	}
}

// testWay is the way of one letter, and of everybody who must not see it.
func testWay(t *testing.T, d *desk) {
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc := d.post("sommer", file.ID, "Die Heizkostenabrechnung vom Schornsteinfeger")
	for _, who := range []string{"sommer", "herbst", "lead"} {
		if got := d.finds(who, "kosten Schornsteinfager"); !slices.Equal(got, []record.DocumentID{doc}) {
			t.Errorf("%s finds %v", who, got)
		}
		v, err := d.View(ctx, d.as(who), doc, "kosten")
		if err != nil || len(v.Pages) != 1 || v.Pages[0].Hits != 1 {
			t.Errorf("%s views %+v, %v", who, v.Pages, err)
		}
	}
	for _, who := range []string{"winter", "reception", "admin", "clearing", "dpo"} {
		if got := d.finds(who, "Schornsteinfeger"); len(got) != 0 {
			t.Errorf("%s finds %v", who, got)
		}
		if s, err := d.Suggest(ctx, d.as(who), "schorn"); err != nil || len(s) != 0 {
			t.Errorf("%s gets suggestions %v, %v", who, s, err)
		}
		for what, try := range d.tries(who, file.ID, doc) {
			if err := try(); record.CategoryOf(err) != record.NotFound && record.CategoryOf(err) != record.Denied {
				t.Errorf("%s %s: %v", who, what, err)
			}
			if err := try(); (who == "winter" || who == "admin" || who == "dpo") && record.CategoryOf(err) != record.NotFound {
				t.Errorf("%s learns by %s that the thing exists: %v", who, what, err)
			}
		}
	}
	if f, err := d.File(ctx, d.as("reception"), "03104 BG 0012345"); err != nil || len(f.Members) != 1 || slices.Contains(f.Can, "contents") {
		t.Errorf("reception finds the file without its contents: %+v %v", f, err)
	}
}

// tries are all ways to a document's contents.
func (d *desk) tries(who string, file record.FileID, doc record.DocumentID) map[string]func() error {
	ctx, a := context.Background(), d.as(who)
	title := "x"
	return map[string]func() error{
		"original":  func() error { _, err := d.Original(ctx, a, doc); return err },
		"pdf":       func() error { _, err := d.PDF(ctx, a, doc, pdfTexts()); return err },
		"file pdf":  func() error { _, err := d.FilePDF(ctx, a, file, []record.DocumentID{doc}, pdfTexts()); return err },
		"whole pdf": func() error { _, err := d.FilePDF(ctx, a, file, nil, pdfTexts()); return err },
		"image":     func() error { _, err := d.PageImage(ctx, a, doc, 1, 0); return err },
		"words":     func() error { _, err := d.PageWords(ctx, a, doc, 1); return err },
		"text":      func() error { _, err := d.PageText(ctx, a, doc, 1, "kosten"); return err },
		"view":      func() error { _, err := d.View(ctx, a, doc, ""); return err },
		"document":  func() error { _, err := d.Document(ctx, a, doc); return err },
		"change":    func() error { _, err := d.ChangeDocument(ctx, a, doc, DocumentChange{Title: &title}); return err },
		"documents": func() error { _, err := d.FileDocuments(ctx, a, file, "", 0); return err },
		"grants":    func() error { _, err := d.Grants(ctx, a, file); return err },
		"grant":     func() error { _, err := d.AddGrant(ctx, a, file, Grant{User: "winter", Reason: "x"}); return err },
	}
}

// Invariant 5: if the log can't be written, nothing is read.
func TestNothingIsReadWithoutTheLog(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	ctx, a := context.Background(), d.as("sommer")
	reads := map[string]func() error{
		"original": func() error { c, err := d.Original(ctx, a, doc); return given(c.ReaderAt != nil, err) },
		"pdf":      func() error { p, err := d.PDF(ctx, a, doc, pdfTexts()); return given(p.ReaderAt != nil, err) },
		"file pdf": func() error {
			p, err := d.FilePDF(ctx, a, file.ID, nil, pdfTexts())
			return given(p.ReaderAt != nil, err)
		},
		"image":      func() error { i, err := d.PageImage(ctx, a, doc, 1, 0); return given(i.Bytes != nil, err) },
		"words":      func() error { _, err := d.PageWords(ctx, a, doc, 1); return err },
		"view":       func() error { _, err := d.View(ctx, a, doc, ""); return err },
		"text":       func() error { _, err := d.PageText(ctx, a, doc, 1, ""); return err },
		"document":   func() error { _, err := d.Document(ctx, a, doc); return err },
		"documents":  func() error { _, err := d.FileDocuments(ctx, a, file.ID, "", 0); return err },
		"file":       func() error { _, err := d.File(ctx, a, string(file.ID)); return err },
		"find files": func() error { _, err := d.FindFiles(ctx, a, FileQuery{Q: "Probe"}); return err },
		"search":     func() error { _, err := d.Search(ctx, a, SearchRequest{Q: "Heizung"}); return err },
		"suggest":    func() error { _, err := d.Suggest(ctx, a, "heiz"); return err },
	}
	for name, read := range reads {
		if err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d.rows.FailNext("exec") // reads of rows are queries; only the entry is written
		if err := read(); err == nil {
			t.Errorf("%s gives something out although its entry could not be written", name)
		}
		d.rows.FailAt(0)
	}
}

func given(something bool, err error) error {
	if err == nil && !something {
		return errors.New("nothing was given")
	}
	return err
}

// Invariant 6, through a re-filing: from its commit on, before the index knows,
// nobody finds the document who may not see it any more.
func TestRefilingHidesAtOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	open := d.makeFile("sommer", "03104//0000001", "Offen", 0)
	restricted := d.makeFile("sommer", "03104//0000002", "Gesperrt", record.SensitivityRestricted)
	doc := d.post("sommer", open.ID, "Frauenhaus Zuflucht")
	if got := d.finds("herbst", "Zuflucht"); len(got) != 1 {
		t.Fatalf("before: %v", got)
	}
	target := string(restricted.ID)
	v, err := d.ChangeDocument(ctx, d.as("sommer"), doc, DocumentChange{File: &target})
	if err != nil || v.File.ID != restricted.ID {
		t.Fatalf("re-file: %+v %v", v.File, err)
	}
	r, err := d.Search(ctx, d.as("herbst"), SearchRequest{Q: "Zuflucht"})
	if err != nil || r.Total != 0 || len(r.Items) != 0 || len(r.Facets["site"]) != 0 {
		t.Errorf("a colleague learns of it: %+v %v", r, err)
	}
	if s, err := d.Suggest(ctx, d.as("herbst"), "zufl"); err != nil || len(s) != 0 {
		t.Errorf("a colleague gets %v, %v", s, err)
	}
	d.bring(doc)
	if got := d.finds("sommer", "Zuflucht"); len(got) != 1 {
		t.Errorf("who is responsible finds %v", got)
	}
	if got := d.finds("herbst", "Zuflucht"); len(got) != 0 {
		t.Errorf("a colleague finds %v", got)
	}
	d.traced(doc, open.ID, restricted.ID)
}

// traced insists that the re-filing is in the log of both files, and that the
// second manifest carries the first one on.
func (d *desk) traced(doc record.DocumentID, files ...record.FileID) {
	d.t.Helper()
	ctx := context.Background()
	for _, f := range files {
		var entries []catalog.AuditEntry
		d.tx(func(tx *catalog.Tx) (err error) {
			entries, _, err = tx.AuditEntries(catalog.AuditQuery{File: f, Action: audit.DocumentFile})
			return err
		})
		if len(entries) != 1 {
			d.t.Errorf("%d entries of the re-filing in file %s", len(entries), f)
		}
	}
	var head catalog.Head
	d.tx(func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(string(doc)); return err })
	raw, err := d.Vault.GetLocked(ctx, head.Name)
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	var p vault.DocumentPersonal
	if err := d.Vault.OpenPersonal(ctx, m, &p); err != nil {
		d.t.Fatal(err)
	}
	if head.Sequence != 2 || head.Digest != record.Sum(raw) || p.File != files[1] || len(p.Custody) != 1 {
		d.t.Errorf("head %+v, manifest %+v, custody %v", head, m.Header, p.Custody)
	}
	first, err := d.Vault.GetLocked(ctx, m.Header.Predecessor)
	if err != nil || m.Header.PredecessorDigest != record.Sum(first) {
		d.t.Errorf("the predecessor has %s, %v; the manifest says %s", record.Sum(first), err, m.Header.PredecessorDigest)
	}
}

// A change carries on what stands in the newest manifest: if that is not the
// one that was written, nothing is built on it.
func TestChangeOnForgedManifest(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	d.tx(func(tx *catalog.Tx) error {
		head, err := tx.ManifestHead(string(doc))
		if err != nil {
			return err
		}
		head.Digest = record.Sum([]byte("another"))
		return tx.SetManifestHead(head)
	})
	title := "neu"
	if _, err := d.ChangeDocument(context.Background(), d.as("sommer"), doc, DocumentChange{Title: &title}); !errors.Is(err, record.Corrupt) {
		t.Errorf("a change on a manifest that was not written: %v", err)
	}
}

func TestCreateFile(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx, a := context.Background(), d.as("sommer")
	n := func() NewFile {
		return NewFile{Number: "03104//0000009", Kind: "leistung", Site: "03104", Team: "L1", IdempotencyKey: "k",
			Members: []NewMember{{Name: "Probe", FirstName: "P", BirthDate: "1990-01-01"}}}
	}
	f, err := d.CreateFile(ctx, a, n())
	if err != nil || f.Repeated || f.Responsible.Name != "sommer" || f.Number != "03104//0000009" {
		t.Fatalf("%+v %v", f, err)
	}
	again, err := d.CreateFile(ctx, a, n())
	if err != nil || again.ID != f.ID || !again.Repeated {
		t.Errorf("the same key: %+v %v", again, err)
	}
	other := n()
	other.Number = "03104//0000010"
	if _, err := d.CreateFile(ctx, a, other); !errors.Is(err, record.Conflict) {
		t.Errorf("the same key for another file: %v", err)
	}
	taken := n()
	taken.IdempotencyKey, taken.Number = "", "03104 BG 0000009"
	if _, err := d.CreateFile(ctx, a, taken); !errors.Is(err, record.Conflict) || strings.Contains(err.Error(), string(f.ID)) {
		t.Errorf("a number that is taken: %v", err)
	}
	for field, spoil := range map[string]func(*NewFile){
		"number": func(n *NewFile) { n.Number = " // " }, "kind": func(n *NewFile) { n.Kind = "" },
		"members": func(n *NewFile) { n.Members = nil }, "members[0].birth_date": func(n *NewFile) { n.Members[0].BirthDate = "1.1.1990" },
		"responsible": func(n *NewFile) { n.Responsible = "niemand" }, "retention_class": func(n *NewFile) { n.RetentionClass = "ewig" },
	} {
		bad := n()
		bad.IdempotencyKey, bad.Number = "", "03104//0000011"
		spoil(&bad)
		var e *record.Error
		if _, err := d.CreateFile(ctx, a, bad); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	elsewhere := n()
	elsewhere.Site, elsewhere.IdempotencyKey = "03107", ""
	if _, err := d.CreateFile(ctx, a, elsewhere); !errors.Is(err, record.Denied) {
		t.Errorf("at another site: %v", err)
	}
}

// testReadyMeansFound: "ready" means that search finds it; a document waits as "processing" while
// its indexing is on its way, and is ready without it when that has failed.
func testReadyMeansFound(t *testing.T, d *desk) {
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("sommer", file.ID, "Heizung")
	state := func(want record.State, indexed bool) {
		t.Helper()
		v, err := d.Document(ctx, d.as("sommer"), doc)
		if err != nil || v.State != want || v.Indexed != indexed {
			t.Errorf("state %s, indexed %v, want %s, %v; %v", v.State, v.Indexed, want, indexed, err)
		}
	}
	state(record.StateReady, true)
	title := "Anders"
	if _, err := d.ChangeDocument(ctx, d.as("sommer"), doc, DocumentChange{Title: &title}); err != nil {
		t.Fatal(err)
	}
	state(record.StateProcessing, false)
	jobs, err := d.Catalog.Lease(ctx, "test", []string{d.IndexKind}, 1, time.Minute)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	state(record.StateProcessing, false)
	if err := d.Catalog.Retry(ctx, jobs[0].ID, "test", d.Clock.Now(), "search is down"); err != nil {
		t.Fatal(err)
	}
	state(record.StateReady, false)
	d.bring(doc)
	state(record.StateReady, true)
}

// A clearing document is seen by clearing alone, and by the file's people once
// it is filed.
func TestClearing(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
	doc := d.post("reception", "", "Heizung ohne Nummer")
	if _, err := d.Original(ctx, d.as("sommer"), doc); !errors.Is(err, record.NotFound) {
		t.Errorf("a caseworker reads what is in clearing: %v", err)
	}
	c, err := d.Original(ctx, d.as("clearing"), doc)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size)); err != nil || string(b) != "Heizung ohne Nummer" {
		t.Errorf("%q %v", b, err)
	}
	target := "03104//0000001"
	v, err := d.ChangeDocument(ctx, d.as("clearing"), doc, DocumentChange{File: &target})
	if err != nil || v.ID != doc || v.File != nil || v.Title != "" || len(v.Persons) > 0 {
		t.Fatalf("who filed it gets a receipt and no more: %+v, %v", v, err)
	}
	d.bring(doc)
	if got := d.finds("sommer", "Heizung"); len(got) != 1 {
		t.Errorf("filed, and found by %v", got)
	}
	docs, err := d.FileDocuments(ctx, d.as("sommer"), file.ID, "", 0)
	if err != nil || len(docs.Items) != 1 || docs.Items[0].State != record.StateReady {
		t.Errorf("%+v %v", docs, err)
	}
}

// Who works in the whole site may make files in each of its teams; who is
// nobody there in none.
func TestPlaces(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.tx(func(tx *catalog.Tx) error {
		site := record.Site{Code: "03104", Name: "Neustadt", Teams: []record.Team{{Code: "L1", Name: "Leistung 1"}, {Code: "L2", Name: "Leistung 2"}}}
		return errors.Join(tx.PutSite(site), tx.PutRoles(d.as("herbst").User, []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104"}}))
	})
	for who, want := range map[string]string{"sommer": "03104/L1", "herbst": "03104/L1 03104/L2", "winter": "03107/L1", "admin": "", "dpo": ""} {
		sites, err := d.Places(context.Background(), d.as(who))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range sites {
			for _, team := range s.Teams {
				got = append(got, s.Code+"/"+team.Code)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s may make files in %v, want %s", who, got, want)
		}
	}
}
