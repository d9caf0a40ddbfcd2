package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/search"
	bleve "eakte/search/embedded"
)

// TestRebuildCommands makes index and catalog anew under a running server and
// without one: what was found and seen before is found and seen again, by
// those and nobody else, and a file that can't be shown complete stays closed
// until a person releases it.
func TestRebuildCommands(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	sommer := s.as("k.sommer")
	var account sample.Letter
	for _, l := range sample.Showcase().Letters {
		if l.Type == sample.Account {
			account = l
		}
	}
	letter, err := account.Render()
	if err != nil {
		t.Fatal(err)
	}
	kept, shut := sommer.makeFile("03104//0000001", "Grünwiese", "03104"), sommer.makeFile("03104//0000002", "Probe", "03104")
	for _, f := range []string{kept, shut} {
		sommer.until(sommer.post(f, letter.Body).Document, "ready")
	}
	before := finds(sommer)
	if before != 2 {
		t.Fatalf("%d documents are found", before)
	}
	if out := h.must("rebuild", "--data", h.data, "index"); !strings.Contains(out, "2 of 2 documents") || !strings.Contains(out, ": 0 differences") {
		t.Errorf("rebuild index through the server:\n%s", out)
	}
	if got := finds(sommer); got != before {
		t.Errorf("after the index was made anew %d documents are found, before %d", got, before)
	}
	if _, _, code := h.run("rebuild", "--data", h.data, "catalog"); code != exitUnavailable {
		t.Errorf("the catalog is made anew under a server: exit %d", code)
	}
	s.stop()
	spoilsIndex(t, h)
	releasesFile(t, h, shut)
	remakesCatalog(t, h, before)
}

func finds(c *client) int {
	c.s.t.Helper()
	var r struct{ Total int }
	c.want(200, "GET", "/search?q=kontoauszug", nil).into(c.s.t, &r)
	return r.Total
}

// spoilsIndex puts something into the index behind the catalog's back while
// nothing runs: what is left over is taken out, and the answer names nothing.
func spoilsIndex(t *testing.T, h *house) {
	t.Helper()
	e, err := bleve.Open(filepath.Join(h.data, "index"))
	if err != nil {
		t.Fatal(err)
	}
	err = e.Index(context.Background(), []search.Entry{{Document: record.DocumentID(record.NewID()), Ordinal: 1, Sensitivity: 1, Pages: []string{"Geist"}}})
	if err = errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"--empty"}} {
		out := h.must(append([]string{"rebuild", "--data", h.data, "index"}, more...)...)
		if !strings.Contains(out, "2 documents, ") || !strings.Contains(out, ": 0 differences") {
			t.Errorf("rebuild index %v:\n%s", more, out)
		}
	}
}

func releasesFile(t *testing.T, h *house, id string) {
	t.Helper()
	h.inCatalog(func(tx *catalog.Tx) error { return tx.CloseFile(record.FileID(id), "its manifest is missing") })
	if out := h.must("rebuild", "--data", h.data, "closed"); !strings.Contains(out, "03104//0000002") || !strings.Contains(out, "its manifest is missing") {
		t.Errorf("closed:\n%s", out)
	}
	release := []string{"rebuild", "--data", h.data, "release", "--file", "03104//0000002", "--reason", "mit der Papierakte verglichen", "--user"}
	if _, _, code := h.run(append(release, "nobody")...); code != exitUsage {
		t.Errorf("released by nobody: exit %d", code)
	}
	if _, _, code := h.run(release[:6]...); code != exitUsage {
		t.Errorf("released without a reason: exit %d", code)
	}
	s := h.serve()
	if n := finds(s.as("k.sommer")); n != 1 {
		t.Errorf("with a closed file %d documents are found", n)
	}
	s.as("k.sommer").want(404, "GET", "/files/"+id, nil)
	h.must(append(release, "l.herbst")...) // through the server
	if n := finds(s.as("k.sommer")); n != 2 {
		t.Errorf("after the release %d documents are found", n)
	}
	if _, _, code := h.run(append(release, "l.herbst")...); code != exitNo {
		t.Errorf("released twice: exit %d", code)
	}
	s.stop()
}

// remakesCatalog throws the catalog away and makes it anew from the buckets.
func remakesCatalog(t *testing.T, h *house, before int) {
	t.Helper()
	if err := os.Remove(filepath.Join(h.data, "catalog.db")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.data, "catalog.db.new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := h.run("serve", "--data", h.data, "--listen", "127.0.0.1:0"); code != exitUnavailable || !strings.Contains(errs, "rebuild") {
		t.Errorf("a rebuild was cut off, and serve ends with %d:\n%s", code, errs)
	}
	out := h.must("rebuild", "--data", h.data, "catalog")
	if !strings.Contains(out, "2 documents, 2 files, 2 persons") || !strings.Contains(out, ": 0 problems") {
		t.Errorf("rebuild catalog:\n%s", out)
	}
	s := h.serve()
	h.must("rebuild", "--data", h.data, "index")
	if n := finds(s.as("k.sommer")); n != before {
		t.Errorf("with the catalog made anew %d documents are found, before %d", n, before)
	}
	if n := finds(s.as("b.winter")); n != 0 {
		t.Errorf("another site finds %d", n)
	}
	s.stop()
}

// inCatalog changes the catalog while nothing runs on the folder.
func (h *house) inCatalog(fn func(*catalog.Tx) error) {
	h.t.Helper()
	c, err := catalog.Open(context.Background(), "sqlite:"+filepath.Join(h.data, "catalog.db"), record.SystemClock{})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(c.WithTx(context.Background(), fn), c.Close()); err != nil {
		h.t.Fatal(err)
	}
}
