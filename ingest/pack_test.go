package ingest

import (
	"bytes"
	"slices"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

// TestCodesGetIntoThePack: what was read on a page lies beside its words, and a
// separator sheet is marked as one.
func TestCodesGetIntoThePack(t *testing.T) {
	var b bytes.Buffer
	w := vault.WritePack(&b)
	letter := []record.Code{{Format: "code128", Text: "03104//0012345", X: 1, Y: 2, W: 3, H: 4}}
	pages := [][]record.Code{letter, {{Format: "qr", Text: "eakte:sep:1:file:03104//0012345", X: 1, Y: 2, W: 3, H: 4}}, nil}
	for i, codes := range pages {
		if err := addPage(w, worker.Page{Number: i + 1, Width: 10, Height: 10, DPI: 200, Source: worker.SourceOCR, Codes: codes}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := vault.ReadPack(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, codes := range pages {
		words, err := p.Words(i + 1)
		if err != nil || !slices.Equal(words.Codes, codes) {
			t.Errorf("page %d: %+v, %v", i+1, words.Codes, err)
		}
		if page := p.Info().Pages[i]; page.Separator != (i == 1) {
			t.Errorf("page %d: %+v", i+1, page)
		}
	}
}
