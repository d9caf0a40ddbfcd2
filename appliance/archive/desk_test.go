package archive

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/policy/access"
	"eakte/search/embedded"
	"eakte/search/indexer"
)

// desk is an archive with its real parts: catalog, vault, index and policy.
type desk struct {
	*Archive
	t     testing.TB
	rows  *catalogtest.Faults
	store *vaulttest.Faults
	index *indexer.Indexer
	in    *ingest.Intake
	users map[string]record.Actor
}

func newDesk(t testing.TB, open catalogtest.Opener) *desk {
	t.Helper()
	return newDeskOn(t, open, vaulttest.NewBuckets())
}

func newDeskOn(t testing.TB, open catalogtest.Opener, store vault.Buckets) *desk {
	t.Helper()
	d := &desk{t: t, rows: &catalogtest.Faults{}, store: &vaulttest.Faults{}, users: map[string]record.Actor{}}
	clock := catalogtest.NewClock()
	cat := open(t, clock, catalog.WithConnector(d.rows.Wrap))
	keyFile := filepath.Join(t.TempDir(), "key")
	if _, err := vault.NewKeyFile(keyFile, clock.Now()); err != nil {
		t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(keyFile, recovery)
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(d.store.Wrap(store), ring, clock)
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		t.Fatal(err)
	}
	engine, err := embedded.Open(filepath.Join(t.TempDir(), "index"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	spool, err := ingest.OpenSpool(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d.index = indexer.New(cat, v, engine)
	d.in = ingest.New(ingest.Deps{Catalog: cat, Vault: v, Policy: policy, Spool: spool, Clock: clock, Log: log, Node: "test", MaxBytes: 1 << 20})
	d.Archive = New(Deps{Catalog: cat, Vault: v, Engine: engine, Policy: policy, Outbox: &upkeep.Outbox{Catalog: cat, Vault: v, Log: log},
		Clock: clock, Log: log, IndexKind: indexer.Kind, ReadKind: ingest.KindRead})
	d.furnish()
	return d
}

// furnish makes two sites with a team each and users of several roles.
func (d *desk) furnish() {
	d.t.Helper()
	err := d.Catalog.WithTx(context.Background(), func(tx *catalog.Tx) error {
		for _, site := range []string{"03104", "03107"} {
			if err := tx.PutSite(record.Site{Code: site, Name: site, Teams: []record.Team{{Code: "L1", Name: "Leistung 1"}}}); err != nil {
				return err
			}
		}
		if err := tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing"}); err != nil {
			return err
		}
		for name, role := range map[string]record.RoleAt{
			"sommer": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"}, "herbst": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"},
			"lead": {Role: record.RoleTeamlead, Site: "03104", Team: "L1"}, "winter": {Role: record.RoleCaseworker, Site: "03107", Team: "L1"},
			"reception": {Role: record.RoleReception, Site: "03104"}, "admin": {Role: record.RoleSiteadmin, Site: "03104"},
			"clearing": {Role: record.RoleClearing, Site: "03104"}, "dpo": {Role: record.RoleDPO, Site: "*"},
			"scan": {Role: record.RoleScan, Site: "03104"}, "scan.other": {Role: record.RoleScan, Site: "03104"},
		} {
			a := record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
			d.users[name] = a
			if err := errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: name, Display: name}), tx.PutRoles(a.User, []record.RoleAt{role})); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// as gives a user as actor.
func (d *desk) as(name string) record.Actor { return d.users[name] }

// makeFile makes a file for one person; sens 0 means normal.
func (d *desk) makeFile(by, number, name string, sens record.Sensitivity) FileView {
	d.t.Helper()
	site := "03104"
	if by == "winter" {
		site = "03107"
	}
	f, err := d.CreateFile(context.Background(), d.as(by), NewFile{Number: number, Kind: "leistung", Site: site, Team: "L1", Sensitivity: sens,
		Customer: &NewMember{Name: name, FirstName: "Sabine", BirthDate: "1984-06-17"}})
	if err != nil {
		d.t.Fatal(err)
	}
	return f
}

// post hands a document in and reads it, with these texts as its pages.
func (d *desk) post(by string, file record.FileID, pages ...string) record.DocumentID {
	d.t.Helper()
	id := d.postUnindexed(by, file, pages...)
	d.bring(id)
	return id
}

func (d *desk) postUnindexed(by string, file record.FileID, pages ...string) record.DocumentID {
	d.t.Helper()
	ctx := context.Background()
	r, err := d.in.Accept(ctx, d.as(by), ingest.Submission{File: string(file), Title: "Schreiben", Channel: "api",
		Body: strings.NewReader(strings.Join(pages, "\f")), Size: -1})
	if err != nil {
		d.t.Fatal(err)
	}
	var doc record.Document
	d.tx(func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(r.Document); return err })
	key, err := d.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		d.t.Fatal(err)
	}
	err = d.Vault.PutPack(ctx, key, func(w io.Writer) error {
		p := vault.WritePack(w)
		for i, text := range pages {
			page := vault.PackPage{Number: i + 1, Width: 1000, Height: 1400, DPI: 100, Source: "digital"}
			if err := p.AddPage(page, text, text, wordsOf(text), tinyJPEG(d.t), nil, tinyJPEG(d.t)); err != nil {
				return err
			}
		}
		return p.Close()
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.tx(func(tx *catalog.Tx) error {
		doc.Pages, doc.State = len(pages), record.StateReady
		if doc.File == "" {
			doc.State = record.StateClearing
		}
		return tx.UpdateDocument(doc)
	})
	return doc.ID
}

func wordsOf(text string) record.PageWords {
	words := record.PageWords{Width: 1000, Height: 1400}
	at := 0
	for i, w := range strings.Fields(text) {
		at += strings.Index(text[at:], w)
		words.Words = append(words.Words, record.Word{Text: w, Raw: w, Confidence: 90, X: 10 + 90*(i%10), Y: 10 + 30*(i/10), W: 80, H: 20, Start: at, Len: len(w)})
		at += len(w)
	}
	return words
}

func (d *desk) bring(id record.DocumentID) {
	d.t.Helper()
	if err := d.index.Bring(context.Background(), id); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) tx(fn func(tx *catalog.Tx) error) {
	d.t.Helper()
	if err := d.Catalog.WithTx(context.Background(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// finds gives the documents that a user finds.
func (d *desk) finds(by, q string) []record.DocumentID {
	d.t.Helper()
	r, err := d.Search(context.Background(), d.as(by), SearchRequest{Q: q})
	if err != nil {
		d.t.Fatal(err)
	}
	if r.Total != len(r.Items) {
		d.t.Errorf("%s searching %q: total %d, items %d", by, q, r.Total, len(r.Items))
	}
	var ids []record.DocumentID
	for _, h := range r.Items {
		ids = append(ids, h.Document)
	}
	return ids
}

func tinyJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 10, 14)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
