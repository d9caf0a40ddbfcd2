package indexer_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/search"
	"eakte/search/embedded"
	"eakte/search/indexer"
)

// bench is a catalog, a vault and an engine with an indexer between them.
type bench struct {
	*testing.T
	catalog *catalog.Catalog
	vault   *vault.Vault
	engine  *faulty
	derived *hooked
	indexer *indexer.Indexer
	file    record.File
}

// faulty is the embedded engine; before is called ahead of each write and may
// fail it.
type faulty struct {
	*embedded.Engine
	before func() error
}

func (f *faulty) Index(ctx context.Context, e []search.Entry) error {
	if f.before != nil {
		if err := f.before(); err != nil {
			return err
		}
	}
	return f.Engine.Index(ctx, e)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	if _, err := vault.NewKeyFile(filepath.Join(dir, "key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(filepath.Join(dir, "key"), recovery)
	if err != nil {
		t.Fatal(err)
	}
	e, err := embedded.Open(filepath.Join(dir, "index"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	buckets := vaulttest.NewBuckets()
	derived := &hooked{Bucket: buckets.Derived, read: func() {}}
	buckets.Derived = derived
	b := &bench{T: t, catalog: catalogtest.SQLite(t, record.SystemClock{}), engine: &faulty{Engine: e}, derived: derived,
		vault: vault.New(buckets, ring, record.SystemClock{})}
	b.indexer = indexer.New(b.catalog, b.vault, b.engine)
	b.file = b.newFile("03104//0000001")
	return b
}

func (b *bench) tx(fn func(*catalog.Tx) error) {
	b.Helper()
	if err := b.catalog.WithTx(context.Background(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) newFile(number string) record.File {
	b.Helper()
	f := record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: "03104", Team: "L1", RetentionClass: "leistung",
		Sensitivity: record.SensitivityNormal, Numbers: []record.DatedNumber{{Number: number, From: "2024-01-01"}}}
	b.tx(func(tx *catalog.Tx) (err error) {
		f, err = tx.InsertFile(f)
		return err
	})
	return f
}

// document adds a ready document with a pack of these pages, or without one.
func (b *bench) document(pages ...string) record.Document {
	b.Helper()
	d := record.Document{ID: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()), File: b.file.ID, Type: "bescheid",
		Direction: record.DirectionIn, Sensitivity: record.SensitivityNormal, Received: "2026-03-01", State: record.StateReady,
		Pages: len(pages), Plain: record.Sum(nil), Cipher: record.Sum(nil), Channel: "api"}
	b.tx(func(tx *catalog.Tx) error { return tx.InsertDocument(d, "") })
	if len(pages) > 0 {
		b.pack(d, pages...)
	}
	return d
}

func (b *bench) pack(d record.Document, pages ...string) {
	b.Helper()
	ctx := context.Background()
	key, err := b.vault.OpenKey(ctx, d.Object)
	if errors.Is(err, record.NotFound) {
		if key, err = b.vault.NewKey(d.Object); err == nil {
			err = b.vault.PutKey(ctx, key)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	var img bytes.Buffer
	if err := jpeg.Encode(&img, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		b.Fatal(err)
	}
	err = b.vault.PutPack(ctx, key, func(w io.Writer) error {
		pw := vault.WritePack(w)
		for i, text := range pages {
			p := vault.PackPage{Number: i + 1, Width: 8, Height: 8, Source: "digital"}
			if err := pw.AddPage(p, text, text, record.PageWords{Width: 8, Height: 8}, img.Bytes(), nil, img.Bytes()); err != nil {
				return err
			}
		}
		return pw.Close()
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) run(d record.Document) error {
	j, err := job.New(indexer.Spec(d.ID), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return b.indexer.Handle(context.Background(), j)
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// total searches in the given files.
func (b *bench) total(q string, files ...record.File) int {
	b.Helper()
	p, err := search.Parse(q)
	b.ok(err)
	s := search.Scope{Files: roaring.New(), MaxSensitivity: record.SensitivityRestricted}
	for _, f := range files {
		s.Files.Add(f.Ordinal)
	}
	r, err := b.engine.Search(context.Background(), search.Query{Parsed: p, Scopes: []search.Scope{s}})
	b.ok(err)
	return r.Total
}

func (b *bench) finds(q string, n int) {
	b.Helper()
	if got := b.total(q, b.file); got != n {
		b.Errorf("%q finds %d, want %d", q, got, n)
	}
}

// dirty gives the length of the dirty list.
func (b *bench) dirty() (n int) {
	b.Helper()
	b.ok(b.catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		ds, fs, err := tx.Dirty()
		n = len(ds) + len(fs)
		return err
	}))
	return n
}

func (b *bench) change(d record.Document) {
	b.Helper()
	b.tx(func(tx *catalog.Tx) error {
		if err := tx.UpdateDocument(d); err != nil {
			return err
		}
		_, err := tx.AddDirty(d.ID, "")
		return err
	})
}

func (b *bench) indexed(d record.Document) (yes bool) {
	b.Helper()
	b.ok(b.catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		got, err := tx.DocumentByID(d.ID)
		yes = got.Indexed
		return err
	}))
	return yes
}

// hooked is a bucket that does something when it is read.
type hooked struct {
	vault.Bucket
	read func()
}

func (h *hooked) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	h.read()
	return h.Bucket.Get(ctx, name, off, n)
}
